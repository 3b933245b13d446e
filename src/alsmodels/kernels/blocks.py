"""Subject blocks: every cross-product that the Gaussian likelihood takes from the data, in one pass.

After this pass the cost of a likelihood depends on the number of subjects and no longer on their visits.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.kernels.scaling import Scaling, find_scaling

__all__ = ["SubjectBlocks", "build_blocks"]


@dataclass(frozen=True, slots=True, eq=False)
class SubjectBlocks:
    """The data as the likelihood sees them, in the engine's coordinates, with ``w = [X~, y~]``.

    Attributes
    ----------
    ztz : shape (m, q, q), ``Z_i'Z_i``
    ztw : shape (m, q, p + 1), ``Z_i'[X_i, y_i]``
    wtw : shape (p + 1, p + 1), pooled ``[X, y]'[X, y]``
    n_obs : rows of data, n
    template : how Lambda is made of theta
    scaling : the way back to the user's coordinates
    """

    ztz: Float
    ztw: Float
    wtw: Float
    n_obs: int
    template: CovarianceTemplate
    scaling: Scaling

    @property
    def n_subjects(self) -> int:
        """Subjects, m."""
        return int(self.ztz.shape[0])

    @property
    def n_fixed(self) -> int:
        """Fixed effects, p."""
        return int(self.wtw.shape[0]) - 1


def build_blocks(y: Float, X: Float, Z: Float, starts: Int, template: CovarianceTemplate) -> SubjectBlocks:
    """Reduce the data to subject blocks.

    Parameters
    ----------
    y, X, Z : shapes (n,), (n, p), (n, q); rows of one subject adjacent
    starts : shape (m + 1,), first row of each subject, then n
    template : how Lambda is made of theta
    """
    scaling, y_scaled, X_scaled, Z_scaled = find_scaling(y, X, Z, template)
    w = np.ascontiguousarray(np.column_stack([X_scaled, y_scaled]))
    ztz, ztw = _cross_products(np.ascontiguousarray(Z_scaled), w, starts)
    return SubjectBlocks(ztz=ztz, ztw=ztw, wtw=w.T @ w, n_obs=len(y), template=template, scaling=scaling)


@njit(cache=True, nogil=True)
def _cross_products(Z: Float, w: Float, starts: Int) -> tuple[Float, Float]:
    m, q, r = len(starts) - 1, Z.shape[1], w.shape[1]
    ztz, ztw = np.zeros((m, q, q)), np.zeros((m, q, r))
    for i in range(m):
        for row in range(starts[i], starts[i + 1]):
            for a in range(q):
                for b in range(q):
                    ztz[i, a, b] += Z[row, a] * Z[row, b]
                for b in range(r):
                    ztw[i, a, b] += Z[row, a] * w[row, b]
    return ztz, ztw
