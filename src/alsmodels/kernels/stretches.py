"""Small symmetric matrices of a stretch of patterns at once: the pattern is the last axis, and the innermost loop.

The processor takes several patterns with each instruction, whatever the size of the matrices; BLAS, called for each
of them, would cost more than the work.
"""

import numpy as np

from alsmodels.kernels.compiling import njit

__all__ = ["STRETCH", "factorise_stretch", "invert_lower", "rotate_square", "square_inverse"]

STRETCH = 64
"""Patterns taken at a time: what is worked on stays in the cache."""


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def rotate_square(first, n, U, square, T, A):  # type: ignore[no-untyped-def]
    """The lower triangles of ``A = U' square U``; T is work."""
    q = U.shape[0]
    for a in range(q):
        for b in range(q):
            for s in range(n):
                T[a, b, s] = square[a, 0, first + s] * U[0, b]
            for c in range(1, q):
                weight = U[c, b]
                for s in range(n):
                    T[a, b, s] += square[a, c, first + s] * weight
    for a in range(q):
        for b in range(a + 1):
            for s in range(n):
                A[a, b, s] = U[0, a] * T[0, b, s]
            for c in range(1, q):
                weight = U[c, a]
                for s in range(n):
                    A[a, b, s] += weight * T[c, b, s]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def factorise_stretch(first, n, sizes, A, counts, C):  # type: ignore[no-untyped-def]
    """Lower triangles of Cholesky factors of M, their diagonals inverted; returns ``sum counts log|M|``."""
    q = len(sizes)
    for a in range(q):
        for b in range(a + 1):
            weight, one = sizes[a] * sizes[b], 1.0 if a == b else 0.0
            for s in range(n):
                C[a, b, s] = weight * A[a, b, s] + one
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
    logdet = 0.0
    for s in range(n):
        product = 1.0
        for a in range(q):
            product *= C[a, a, s]
        logdet -= 2.0 * counts[first + s] * np.log(product)
    return logdet


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def invert_lower(n, C):  # type: ignore[no-untyped-def]
    """Lower triangular factors, their diagonals inverted, to their inverses; in place."""
    q = C.shape[0]
    for b in range(q):
        for a in range(b + 1, q):
            for s in range(n):
                C[a, b, s] *= C[b, b, s]
            for c in range(b + 1, a):
                for s in range(n):
                    C[a, b, s] += C[a, c, s] * C[c, b, s]
            for s in range(n):
                C[a, b, s] *= -C[a, a, s]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def square_inverse(n, inverse, T):  # type: ignore[no-untyped-def]
    """``T = M^-1 = C^-T C^-1``, whole."""
    q = T.shape[0]
    for a in range(q):
        for b in range(a + 1):
            for s in range(n):
                T[a, b, s] = inverse[a, a, s] * inverse[a, b, s]
            for c in range(a + 1, q):
                for s in range(n):
                    T[a, b, s] += inverse[c, a, s] * inverse[c, b, s]
            if a != b:
                for s in range(n):
                    T[b, a, s] = T[a, b, s]
