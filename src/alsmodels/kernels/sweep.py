"""The sweep over subjects that every Bayesian likelihood starts with.

Subjects lie along the last axis, so that the innermost loop runs over them and the processor takes several at once.
For a stretch of subjects, with ``A_i = Z_i'T_i Z_i`` and ``f_i = Z_i'T_i [X_i, y_i]`` (T_i the precisions of the rows),

    M_i = L'A_i L + I = C_i C_i',   U_i = C_i^-1 L'f_i,   W -= sum U_i'U_i,   log|M_i| = 2 log|C_i|
"""

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.compiling import njit

__all__ = ["sweep"]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def sweep(
    start: int,
    stop: int,
    factor: Float,
    tau: Float,
    ztz: Float,
    ztw: Float,
    f: Float,
    AL: Float,
    C: Float,
    U: Float,
    W: Float,
) -> float:
    """Take subjects ``start`` to ``stop``; returns ``sum log|M_i|``, NaN where a factorisation fails.

    Parameters
    ----------
    start, stop : int
        The stretch; it fits into the work arrays.
    factor : ndarray of shape (q, q)
        Lower triangular ``L``.
    tau : ndarray of shape (K,)
    ztz, ztw : ndarray of shape (K, q, q, m) and (K, q, p + 1, m)
    f, AL, C, U : ndarray
        Work arrays, shapes (q, p + 1, s), (q, q, s), (q, q, s), (q, p + 1, s); left filled.
    W : ndarray of shape (p + 1, p + 1)
        Its lower triangle is brought up to date.
    """
    q, r = f.shape[0], f.shape[1]
    n = stop - start
    for a in range(q):
        for j in range(r):
            for s in range(n):
                f[a, j, s] = tau[0] * ztw[0, a, j, start + s]
        for b in range(q):
            for s in range(n):
                AL[a, b, s] = 0.0
                C[a, b, s] = 1.0 if a == b else 0.0
    for g in range(1, len(tau)):
        for a in range(q):
            for j in range(r):
                for s in range(n):
                    f[a, j, s] += tau[g] * ztw[g, a, j, start + s]
    for g in range(len(tau)):
        for a in range(q):
            for b in range(q):
                for c in range(b, q):
                    weight = tau[g] * factor[c, b]
                    if weight != 0.0:
                        for s in range(n):
                            AL[a, b, s] += weight * ztz[g, a, c, start + s]
    for a in range(q):
        for c in range(a, q):
            weight = factor[c, a]
            if weight != 0.0:
                for b in range(a + 1):
                    for s in range(n):
                        C[a, b, s] += weight * AL[c, b, s]
    for a in range(q):
        for j in range(r):
            for s in range(n):
                U[a, j, s] = factor[a, a] * f[a, j, s]
            for c in range(a + 1, q):
                weight = factor[c, a]
                if weight != 0.0:
                    for s in range(n):
                        U[a, j, s] += weight * f[c, j, s]
    _factorise_all(n, C)
    for a in range(q):
        for j in range(r):
            for c in range(a):
                for s in range(n):
                    U[a, j, s] -= C[a, c, s] * U[c, j, s]
            for s in range(n):
                U[a, j, s] *= C[a, a, s]
    for j in range(r):
        for k in range(j + 1):
            total = 0.0
            for a in range(q):
                for s in range(n):
                    total += U[a, j, s] * U[a, k, s]
            W[j, k] -= total
    logdet = 0.0
    for s in range(n):
        product = 1.0
        for a in range(q):
            product *= C[a, a, s]
        logdet -= 2.0 * np.log(product)
    return logdet


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _factorise_all(n: int, C: Float) -> None:
    """Overwrite the lower triangles with Cholesky factors, their diagonals inverted; NaN where there is none."""
    q = C.shape[0]
    for j in range(q):
        for c in range(j):
            for s in range(n):
                C[j, j, s] -= C[j, c, s] * C[j, c, s]
        for s in range(n):
            C[j, j, s] = 1.0 / np.sqrt(C[j, j, s])
        for row in range(j + 1, q):
            for c in range(j):
                for s in range(n):
                    C[row, j, s] -= C[row, c, s] * C[j, c, s]
            for s in range(n):
                C[row, j, s] *= C[j, j, s]
