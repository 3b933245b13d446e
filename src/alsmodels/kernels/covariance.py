"""theta <-> Lambda: the relative covariance factor of the random effects.

Lambda is lower triangular and block diagonal, one block for each set of correlated effects. theta holds the
lower triangles of the blocks column by column, as in lme4 (Bates et al. 2015, section 2.2).
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import count_numbers, njit

__all__ = [
    "CovarianceTemplate",
    "block_factor",
    "correlation_of",
    "covariance_template",
    "fill_factor",
    "lower_factor",
    "read_theta",
]


@dataclass(frozen=True, slots=True, eq=False)
class CovarianceTemplate:
    """Where each element of theta stands in Lambda.

    Attributes
    ----------
    sizes : tuple of int
        Sizes of the blocks of correlated effects, in the order of the columns of Z.
    rows, cols : ndarray of int of shape (k,)
        Row and column of each element of theta.
    """

    sizes: tuple[int, ...]
    rows: Int
    cols: Int

    @property
    def n_effects(self) -> int:
        """Columns of Z, q."""
        return sum(self.sizes)

    @property
    def n_theta(self) -> int:
        """Length of theta, k."""
        return len(self.rows)

    @property
    def edges(self) -> Int:
        """The first column of each block, then q, shape (b + 1,)."""
        return np.array([0, *itertools.accumulate(self.sizes)], dtype=np.int64)

    @property
    def blocks(self) -> tuple[slice, ...]:
        """The columns of Z that belong to each block."""
        ends = itertools.accumulate(self.sizes)
        return tuple(slice(end - size, end) for size, end in zip(self.sizes, ends, strict=True))


def covariance_template(sizes: Sequence[int]) -> CovarianceTemplate:
    """Lay out theta for blocks of the given sizes; ``(1, 1)`` is a diagonal matrix, ``(2,)`` a full one.

    Examples
    --------
    >>> covariance_template([2]).rows.tolist(), covariance_template([2]).cols.tolist()
    ([0, 1, 1], [0, 0, 1])
    """
    places, start = [], 0
    for size in sizes:
        places += [(start + r, start + c) for c in range(size) for r in range(c, size)]
        start += size
    rows, cols = np.array(places, dtype=np.int64).reshape(-1, 2).T
    return CovarianceTemplate(sizes=tuple(sizes), rows=rows.copy(), cols=cols.copy())


def fill_factor(theta: Float, template: CovarianceTemplate) -> Float:
    """Lambda, shape (q, q), from theta, shape (k,)."""
    lam = np.zeros((template.n_effects, template.n_effects))
    lam[template.rows, template.cols] = theta
    return lam


def read_theta(lam: Float, template: CovarianceTemplate) -> Float:
    """Theta, shape (k,), from Lambda, shape (q, q)."""
    return lam[template.rows, template.cols]


def block_factor(root: Float, template: CovarianceTemplate) -> Float:
    """Lambda, lower triangular with a non-negative diagonal, from any block-diagonal root of S of any rank."""
    lam: Float = lower_factor(root, template.edges)
    return lam


@njit(cache=True, nogil=True, seconds=1.0, steps=count_numbers)
def lower_factor(root: Float, edges: Int) -> Float:
    """`block_factor` by Householder's method; ``edges``, shape (b + 1,), are the first column of each block, then q."""
    lam = root.copy()
    for block in range(len(edges) - 1):
        for a in range(edges[block], edges[block + 1]):
            _reflect(lam, a, edges[block + 1])
    return lam


@njit(cache=True, nogil=True)
def _reflect(lam: Float, a: int, last: int) -> None:
    """Turn row a, from its diagonal to ``last``, onto the diagonal, and the rows below with it."""
    squares = 0.0
    for c in range(a, last):
        squares += lam[a, c] ** 2
    length, sign = np.sqrt(squares), -1.0 if lam[a, a] < 0 else 1.0
    size = 2.0 * (squares + abs(lam[a, a]) * length)  # of the mirror's normal, squared
    lam[a, a] += sign * length
    for row in range(a + 1, last):
        along = 0.0
        for c in range(a, last):
            along += lam[row, c] * lam[a, c]
        for c in range(a, last):
            lam[row, c] -= 2.0 * along / size * lam[a, c] if size > 0.0 else 0.0
        lam[row, a] *= -sign if size > 0.0 else 1.0
    lam[a, a] = length
    for c in range(a + 1, last):
        lam[a, c] = 0.0


def correlation_of(covariance: Float) -> Float:
    """Correlations, shape (q, q); NaN off the diagonal where a variance is zero."""
    sd = np.sqrt(np.diagonal(covariance))
    scale = np.where(sd > 0, sd, np.nan)
    correlation = covariance / np.outer(scale, scale)
    np.fill_diagonal(correlation, 1.0)
    return np.asarray(np.clip(correlation, -1.0, 1.0))
