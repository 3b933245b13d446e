"""Small triangular factorisations in place, for loops over subjects: no BLAS, whose calls cost more than the work."""

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.compiling import njit

__all__ = ["factorise", "solve_lower", "solve_upper"]


@njit(cache=True, nogil=True, error_model="numpy")
def factorise(M: Float) -> bool:
    """Overwrite the lower triangle of ``M``, shape (q, q), with its Cholesky factor; False if it has none."""
    for j in range(M.shape[0]):
        for c in range(j):
            M[j, j] -= M[j, c] * M[j, c]
        if not M[j, j] > 0.0:
            return False
        M[j, j] = np.sqrt(M[j, j])
        for r in range(j + 1, M.shape[0]):
            for c in range(j):
                M[r, j] -= M[r, c] * M[j, c]
            M[r, j] /= M[j, j]
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def solve_lower(L: Float, U: Float) -> None:
    """Overwrite ``U``, shape (q, k), with ``L^-1 U``."""
    for j in range(U.shape[1]):
        for r in range(L.shape[0]):
            for c in range(r):
                U[r, j] -= L[r, c] * U[c, j]
            U[r, j] /= L[r, r]


@njit(cache=True, nogil=True, error_model="numpy")
def solve_upper(L: Float, U: Float) -> None:
    """Overwrite ``U``, shape (q, k), with ``L^-T U``."""
    for j in range(U.shape[1]):
        for r in range(L.shape[0] - 1, -1, -1):
            for c in range(r + 1, L.shape[0]):
                U[r, j] -= L[c, r] * U[c, j]
            U[r, j] /= L[r, r]
