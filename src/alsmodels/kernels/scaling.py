"""The coordinates the engine works in, and the way back to the user's.

Raw cross-products cost digits. The engine therefore sees the response as its least-squares residual over its
own size, the columns of X as an orthogonal basis of their span, and the columns of Z as an orthogonal basis
block by block:

    X = X~ R,   y = X c + s y~,   Z T = Z~   (T lower triangular within a block, so Lambda = T Lambda~ is too)

and the answers go back by ``beta = c + s R^-1 beta~``, ``sigma = s sigma~``, ``Lambda = T Lambda~``.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from scipy.linalg import solve_triangular

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.covariance import CovarianceTemplate

__all__ = ["Scaling", "dependent_columns", "find_scaling"]

# What rounding leaves of a column that depends on others.
ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """The change of coordinates of one data set.

    Attributes
    ----------
    beta_ls : shape (p,), the least-squares coefficients ``c``
    x_factor : shape (p, p), upper triangular ``R``
    z_factor : shape (q, q), lower triangular ``T``, block diagonal
    size : root mean square ``s`` of the least-squares residual
    logdet_x : ``2 log|R|``, what the restricted likelihood owes to the change of basis
    """

    beta_ls: Float
    x_factor: Float
    z_factor: Float
    size: float
    logdet_x: float

    def beta(self, beta_scaled: Float) -> Float:
        """Fixed effects in the user's units."""
        return np.asarray(self.beta_ls + self.size * solve_triangular(self.x_factor, beta_scaled))

    def beta_root(self, root_scaled: Float) -> Float:
        """``R^-1`` times a matrix: takes a root of a covariance of beta~ to one of beta, less ``size``."""
        return np.asarray(solve_triangular(self.x_factor, root_scaled))


def find_scaling(y: Float, X: Float, Z: Float, template: CovarianceTemplate) -> tuple[Scaling, Float, Float, Float]:
    """Find the coordinates and carry the data into them.

    Parameters
    ----------
    y, X, Z : shapes (n,), (n, p), (n, q); X and each block of Z of full column rank
    template : the blocks of Z

    Returns
    -------
    The scaling, and y~ (n,), X~ (n, p), Z~ (n, q) with ``X~'X~ = n I`` and mean square of y~ equal to one
    (y~ stays zero where the fixed effects explain the response exactly).
    """
    p = X.shape[1]
    basis, factor = _orthogonalise(np.column_stack([X, y]), ROUNDING)
    size, x_factor = float(factor[p, p]), factor[:p, :p].copy()
    z_factor = _z_factor(Z, template)
    scaling = Scaling(
        beta_ls=np.asarray(solve_triangular(x_factor, factor[:p, p])),
        x_factor=x_factor,
        z_factor=z_factor,
        size=size,
        logdet_x=float(2 * np.log(np.diagonal(x_factor)).sum()),
    )
    return scaling, basis[:, p], basis[:, :p], Z @ z_factor


def dependent_columns(X: Float, *, tolerance: float = 1e-10) -> dict[int, list[int]]:
    """The columns of X (n, p) that depend on columns before them, and on which of those.

    A column depends on the others if projecting them out leaves less than ``tolerance`` of its length.
    """
    factor = _orthogonalise(X, tolerance)[1]
    kept = np.flatnonzero(np.diagonal(factor) > 0)
    found = {}
    for column in np.flatnonzero(np.diagonal(factor) == 0):
        before = kept[kept < column]
        weights = (
            solve_triangular(factor[np.ix_(before, before)], factor[before, column]) if len(before) else np.empty(0)
        )
        share = np.abs(weights) * np.sqrt(np.mean(X[:, before] ** 2, axis=0))
        found[int(column)] = before[share > 1e-6 * np.sqrt(np.mean(X[:, column] ** 2))].tolist()
    return found


def _z_factor(Z: Float, template: CovarianceTemplate) -> Float:
    """T with ``Z_b T_b`` orthogonal of mean square one for every block b; lower, so columns are taken last to first."""
    T = np.zeros((Z.shape[1], Z.shape[1]))
    for block in template.blocks:
        reverse = _orthogonalise(np.ascontiguousarray(Z[:, block][:, ::-1]), ROUNDING)[1]
        T[block, block] = solve_triangular(reverse, np.eye(len(reverse)))[::-1, ::-1]
    return T


@njit(cache=True, nogil=True)
def _orthogonalise(X: Float, tolerance: float) -> tuple[Float, Float]:
    """Q, R with ``X = Q R``, ``Q'Q = n I``, R upper triangular with a non-negative diagonal: Gram-Schmidt, twice.

    Twice is enough (Giraud, Langou & Rozloznik 2005). A column of which less than ``tolerance``
    of its length is left is taken as dependent on those before it, and leaves zeros.
    No BLAS: its threads cost more than they save on a few columns.
    """
    n, p = X.shape
    Q, R = X.copy(), np.zeros((p, p))
    for j in range(p):
        before = 0.0
        for row in range(n):
            before += Q[row, j] ** 2
        for _ in range(2):
            for c in range(j):
                dot = 0.0
                for row in range(n):
                    dot += Q[row, c] * Q[row, j]
                dot /= n
                R[c, j] += dot
                for row in range(n):
                    Q[row, j] -= dot * Q[row, c]
        after = 0.0
        for row in range(n):
            after += Q[row, j] ** 2
        independent = after > tolerance**2 * before
        R[j, j] = np.sqrt(after / n) if independent else 0.0
        for row in range(n):
            Q[row, j] = Q[row, j] / R[j, j] if independent else 0.0
    return Q, R
