"""Eigenvalues and eigenvectors of one small symmetric matrix, by Jacobi's rotations.

For matrices of a handful of rows it costs no more than LAPACK, compiles in a tenth of the time, and finds small
eigenvalues of a graded matrix to more digits (Demmel & Veselic 1992).
"""

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.compiling import njit

__all__ = ["diagonalise"]

MAX_SWEEPS = 30
ROUNDING = 1e-32


@njit(cache=True, nogil=True, error_model="numpy")
def diagonalise(S: Float) -> tuple[Float, Float]:
    """Eigenvalues, ascending, shape (k,), and eigenvectors in columns, shape (k, k); NaN where S is not finite."""
    k = len(S)
    A, V = S.copy(), np.eye(k)
    for _ in range(MAX_SWEEPS):
        off, size = 0.0, 0.0
        for i in range(k):
            size += A[i, i] ** 2
            for j in range(i):
                off += A[i, j] ** 2
        if off <= ROUNDING * size:
            break
        for i in range(k - 1):
            for j in range(i + 1, k):
                if A[i, j] != 0.0:
                    _rotate(A, V, i, j)
    values = np.empty(k)
    for i in range(k):
        values[i] = A[i, i]
    _sort(values, V)
    return values, V


@njit(cache=True, nogil=True, error_model="numpy")
def _rotate(A: Float, V: Float, i: int, j: int) -> None:
    """Turn the plane of i and j so that ``A[i, j]`` becomes zero."""
    slope = (A[j, j] - A[i, i]) / (2.0 * A[i, j])
    tangent = 1.0 / (abs(slope) + np.sqrt(slope * slope + 1.0))
    tangent = tangent if slope >= 0.0 else -tangent
    cosine = 1.0 / np.sqrt(tangent * tangent + 1.0)
    sine = tangent * cosine
    for row in range(len(A)):
        a, b = A[row, i], A[row, j]
        A[row, i], A[row, j] = cosine * a - sine * b, sine * a + cosine * b
        a, b = V[row, i], V[row, j]
        V[row, i], V[row, j] = cosine * a - sine * b, sine * a + cosine * b
    for column in range(len(A)):
        a, b = A[i, column], A[j, column]
        A[i, column], A[j, column] = cosine * a - sine * b, sine * a + cosine * b
    A[i, j] = A[j, i] = 0.0


@njit(cache=True, nogil=True)
def _sort(values: Float, vectors: Float) -> None:
    """Order by insertion, in place."""
    for last in range(1, len(values)):
        place = last
        while place > 0 and values[place - 1] > values[place]:
            values[place - 1], values[place] = values[place], values[place - 1]
            for row in range(len(values)):
                held = vectors[row, place]
                vectors[row, place] = vectors[row, place - 1]
                vectors[row, place - 1] = held
            place -= 1
