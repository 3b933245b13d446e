"""Symmetric roots of the random effects' covariance, block by block, and the matrices that a search makes of them."""

from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.eigen import diagonalise

__all__ = [
    "Frame",
    "diagonal_of",
    "diagonalise_blocks",
    "find_frame",
    "norm",
    "set_diagonal",
    "take_root",
    "turn",
]


class Frame(NamedTuple):
    """A symmetric root ``R = U diag(s) U'``, block by block."""

    vectors: Float
    sizes: Float


@njit(cache=True, nogil=True)
def find_frame(root, edges):  # type: ignore[no-untyped-def]  # a Frame
    """Eigenvectors and sizes of the eigenvalues of a symmetric block-diagonal root."""
    values, vectors = diagonalise_blocks(root, edges)
    for a in range(len(values)):
        values[a] = abs(values[a])
    return Frame(vectors, values)


@njit(cache=True, nogil=True)
def diagonalise_blocks(S, edges):  # type: ignore[no-untyped-def]  # two arrays
    """Eigenvalues, ascending within each block, shape (q,), and eigenvectors, block diagonal, shape (q, q)."""
    q = len(S)
    values, vectors = np.zeros(q), np.zeros((q, q))
    for block in range(len(edges) - 1):
        first, last = edges[block], edges[block + 1]
        part = np.empty((last - first, last - first))
        for a in range(first, last):
            for b in range(first, last):
                part[a - first, b - first] = S[a, b]
        found, axes = diagonalise(part)
        for a in range(first, last):
            values[a] = found[a - first]
            for b in range(first, last):
                vectors[a, b] = axes[a - first, b - first]
    return values, vectors


@njit(cache=True, nogil=True)
def take_root(S, edges, floor, root):  # type: ignore[no-untyped-def]  # fills ``root``
    """R with ``R R = S``, block by block; eigenvalues of S under ``floor`` are raised to it."""
    values, axes = diagonalise_blocks(S, edges)
    for a in range(len(values)):
        values[a] = np.sqrt(max(values[a], floor))
    turn(diagonal_of(values), axes, root)


@njit(cache=True, nogil=True)
def turn(matrix, vectors, turned):  # type: ignore[no-untyped-def]  # fills ``turned``
    """``U matrix U'`` for a symmetric matrix."""
    q = len(vectors)
    half = np.zeros((q, q))
    for a in range(q):
        for b in range(q):
            for c in range(q):
                half[a, b] += vectors[a, c] * matrix[c, b]
    for a in range(q):
        for b in range(a + 1):
            total = 0.0
            for c in range(q):
                total += half[a, c] * vectors[b, c]
            turned[a, b] = turned[b, a] = total


@njit(cache=True, nogil=True)
def diagonal_of(sizes):  # type: ignore[no-untyped-def]  # an array
    """A diagonal matrix."""
    matrix = np.zeros((len(sizes), len(sizes)))
    for a in range(len(sizes)):
        matrix[a, a] = sizes[a]
    return matrix


@njit(cache=True, nogil=True)
def set_diagonal(matrix, value):  # type: ignore[no-untyped-def]  # edits the matrix
    """``value`` times the identity."""
    for a in range(len(matrix)):
        for b in range(len(matrix)):
            matrix[a, b] = value if a == b else 0.0


@njit(cache=True, nogil=True)
def norm(vector):  # type: ignore[no-untyped-def]  # a float
    """The Euclidean norm, without BLAS."""
    total = 0.0
    for element in vector:
        total += element * element
    return np.sqrt(total)
