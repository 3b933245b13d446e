"""Coordinates for S = Lambda Lambda': how S moves, to first and second order, when a parameter does.

Two are needed. ``theta``, the lower triangle of Lambda, is what the field reports and what degrees of freedom are
defined in. The search runs in the symmetric square root, ``S = R R``: it has as many parameters, its order of
effects is nobody's choice, a zero eigenvalue is an interior point of it, and there (unlike on the triangle) the
second-order condition in R is the first-order condition over the positive semidefinite S.
"""

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import count_numbers, njit
from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.kernels.triangular import solve_lower

__all__ = ["first_moves", "move_theta", "second_moves", "symmetric_basis", "symmetric_root", "theta_moves"]


def theta_moves(lam: Float, template: CovarianceTemplate, z_factor: Float) -> tuple[Float, Float]:
    """``dS`` (k, q, q) and ``d2S`` (k, k, q, q) in the user's theta.

    ``lam`` is Lambda in the engine's coordinates, where a unit of the user's theta is a column of ``z_factor^-1``.
    """
    first, second = move_theta(lam, template.rows, template.cols, z_factor)
    return first, second


@njit(cache=True, nogil=True, seconds=1.0, steps=count_numbers)
def move_theta(lam: Float, rows: Int, cols: Int, z_factor: Float) -> tuple[Float, Float]:
    """`theta_moves` for elements of theta at ``rows`` and ``cols``, shapes (k,).

    The step of an element has one column, ``z`` of ``z_factor^-1`` in column c, so ``dS = z lam_c' + lam_c z'``, and
    two of them bend S by ``z1 z2' + z2 z1'`` where their columns are the same.
    """
    k, q = len(rows), len(lam)
    inverse = np.eye(q)
    solve_lower(z_factor, inverse)
    first, second = np.empty((k, q, q)), np.zeros((k, k, q, q))
    for s in range(k):
        for a in range(q):
            for b in range(q):
                first[s, a, b] = inverse[a, rows[s]] * lam[b, cols[s]] + lam[a, cols[s]] * inverse[b, rows[s]]
        for t in range(k):
            if cols[s] == cols[t]:
                for a in range(q):
                    for b in range(q):
                        second[s, t, a, b] = (
                            inverse[a, rows[s]] * inverse[b, rows[t]] + inverse[a, rows[t]] * inverse[b, rows[s]]
                        )
    return first, second


def first_moves(basis: Float, root: Float) -> Float:
    """``dS``, shape (k, q, q), when a root of S moves from ``root`` along each matrix of ``basis``, shape (k, q, q)."""
    half = basis @ root.T
    return half + half.transpose(0, 2, 1)


def second_moves(basis: Float) -> Float:
    """``d2S``, shape (k, k, q, q), along each pair of the matrices; the same at every root."""
    products = np.einsum("sac,tbc->stab", basis, basis)
    return np.asarray(products + products.transpose(0, 1, 3, 2))


def symmetric_basis(template: CovarianceTemplate) -> Float:
    """The symmetric matrices that theta's places span, orthonormal, shape (k, q, q)."""
    basis = np.zeros((template.n_theta, template.n_effects, template.n_effects))
    size = np.where(template.rows == template.cols, 1.0, np.sqrt(0.5))
    places = np.arange(template.n_theta)
    basis[places, template.rows, template.cols] = size
    basis[places, template.cols, template.rows] = size
    return basis


def symmetric_root(S: Float, template: CovarianceTemplate, *, floor: float = 0.0) -> Float:
    """R with ``R R = S``, block by block, shape (q, q); eigenvalues of S under ``floor`` are raised to it."""
    root = np.zeros_like(S)
    for block in template.blocks:
        values, vectors = np.linalg.eigh(S[block, block])
        root[block, block] = vectors * np.sqrt(np.maximum(values, floor)) @ vectors.T
    return root
