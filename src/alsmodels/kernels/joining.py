"""Subject blocks of data that are never in memory at once: each part reduced alone, and the parts joined.

A part is reduced in an orthogonal basis of its own columns, ``X_k = Q_k R_k`` and ``Z_k = P_k L_k``, with the response
about its own least-squares fit ``Q_k a_k``. The factors are all that the coordinates of the whole depend on. With
``n_k`` rows in part k, one QR factorisation of the stacked small matrices

    [sqrt(n_1) R_1; sqrt(n_2) R_2; ...] = A sqrt(n) R

gives the R of all rows, and in its own rows ``A_k`` of A the way of a part there, ``X_k R^-1 = Q_k A_k sqrt(n / n_k)``
(Demmel, Grigori, Hoemmen & Langou 2012, SIAM J. Sci. Comput. 34(1), section 3). The blocks follow by small products;
no row is read again, and no cross-product is formed of raw columns. A part may have too few rows for a full basis, or
lack an arm: the columns of Q_k that it does not have are zero.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.blocks import SubjectBlocks, cross_products, fit_response, gather, project
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.kernels.patterns import WORTH, find_patterns, hash_subjects, match_hashes
from alsmodels.kernels.scaling import Scaling, orthogonal_basis, random_basis

__all__ = ["PartBlocks", "join_parts", "reduce_part", "stack_factors"]

# How far the cross-products of two subjects of one hash may differ, for rounding.
SAME = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class PartBlocks:
    """The subjects of one part of the data, in coordinates of their own.

    Attributes
    ----------
    ztz, ztx : ndarray of shape (q, q, g) and (q, p, g)
        ``P_i'P_i`` and ``P_i'Q_i`` of each pattern of subjects.
    own : ndarray of shape (q, m)
        ``P_i'e_i`` of each subject's residuals from the least-squares fit of the part.
    codes : ndarray of int of shape (m,)
        The pattern of each subject.
    hashes : ndarray of int of shape (g,)
        Of the rows of X and Z of each pattern.
    x_factor, z_factor : ndarray of shape (p, p) and (q, q)
        ``R_k`` and ``L_k``.
    along : ndarray of shape (p,)
        ``a_k``.
    squares : float
        Sum of ``e_i'e_i``.
    response_squares : float
        Sum of the squares of the response.
    n_obs : int
        Rows, ``n_k``.
    log_weights : float
        The sum of the logarithms of the weights of the rows.
    """

    ztz: Float
    ztx: Float
    own: Float
    codes: Int
    hashes: NDArray[np.uint64]
    x_factor: Float
    z_factor: Float
    along: Float
    squares: float
    response_squares: float
    n_obs: int
    log_weights: float


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """From the coordinates of a part to those of all.

    Attributes
    ----------
    x, z : ndarray of shape (p, p) and (q, q)
        ``Q = Q_k x`` and ``P = P_k z``.
    shift : ndarray of shape (p,)
        ``e = e_k + Q_k shift``.
    """

    x: Float
    z: Float
    shift: Float


def reduce_part(
    y: Float, X: Float, Z: Float, starts: Int, template: CovarianceTemplate, *, weights: Float | None = None
) -> PartBlocks:
    """Reduce a part of the data; its columns may be dependent.

    Parameters
    ----------
    y, X, Z, starts, template, weights : ndarray, ndarray of int, CovarianceTemplate, ndarray or None
        As for ``build_blocks``, of subjects who are in this part alone.
    """
    log_weights = 0.0
    if weights is not None:
        root, log_weights = np.sqrt(weights), float(np.log(weights).sum())
        y, X, Z = y * root, X * root[:, None], Z * root[:, None]
    patterns = find_patterns(X, Z, starts)
    counts, first_X, first_Z = patterns.row_counts, patterns.take(X), patterns.take(Z)
    Q, x_factor, _ = orthogonal_basis(first_X, counts)
    P, z_factor, _ = random_basis(first_Z, counts, template)
    rest, finer, along = fit_response(y, Q, starts, patterns)
    own, squares = project(rest, finer, P, starts, patterns)
    ztz, ztx = cross_products(Q, P, patterns.starts)
    return PartBlocks(
        ztz=ztz,
        ztx=ztx,
        own=own,
        codes=patterns.codes,
        hashes=hash_subjects(first_X, first_Z, patterns.starts),
        x_factor=x_factor,
        z_factor=z_factor,
        along=along,
        squares=squares,
        response_squares=float(y @ y),
        n_obs=len(y),
        log_weights=log_weights,
    )


def stack_factors(parts: Sequence[PartBlocks]) -> tuple[Float, Float]:
    """Matrices with the cross-products of X, shape (k p, p), and of Z, shape (k q, q), of all rows, over n."""
    weighted = list(zip(_shares(parts), parts, strict=True))
    X = np.concatenate([share * part.x_factor for share, part in weighted])
    Z = np.concatenate([share * part.z_factor for share, part in weighted])
    return X, Z


def join_parts(parts: list[PartBlocks], template: CovarianceTemplate, *, order: Int | None = None) -> SubjectBlocks:
    """Join the parts to the subject blocks of all rows; the columns of X, and of each block of Z, are independent.

    Parameters
    ----------
    parts : list of PartBlocks
        Emptied on the way, so that memory does not hold the blocks twice.
    template : CovarianceTemplate
        How Lambda is made of theta.
    order : ndarray of int or None of shape (m,)
        The subjects of the parts, one part after another, in the order that is wanted.
    """
    n, log_weights = sum(part.n_obs for part in parts), sum(part.log_weights for part in parts)
    scaling, ways = _find_coordinates(parts, template)
    groups = [len(part.hashes) for part in parts]
    q, p = template.n_effects, len(scaling.beta_ls)
    ztz, ztx = np.empty((q, q, sum(groups))), np.empty((q, p, sum(groups)))
    own, codes, hashes = [], [], []
    for way, first in zip(ways, np.cumsum([0, *groups]), strict=False):
        part = parts.pop(0)
        there = slice(first, first + len(part.hashes))
        left = part.own + np.einsum("qpg,p->qg", part.ztx, way.shift)[:, part.codes]
        own.append(way.z.T @ left / (scaling.size if scaling.size > 0 else 1.0))
        ztz[:, :, there] = np.einsum("ab,acg,cd->bdg", way.z, part.ztz, way.z, optimize=True)
        ztx[:, :, there] = np.einsum("ab,apg,pc->bcg", way.z, part.ztx, way.x, optimize=True)
        codes.append(part.codes + first)
        hashes.append(part.hashes)
    places = np.concatenate(codes)
    all_own = np.concatenate(own, axis=1)
    del own, codes
    if order is not None:
        places, all_own = places[order], np.ascontiguousarray(all_own[:, order])
    places, ztz, ztx = _pool(places, np.concatenate(hashes), ztz, ztx)
    counts = np.bincount(places, minlength=ztz.shape[2])
    zty, spread = gather(all_own, places, counts)
    return SubjectBlocks(
        ztz=ztz,
        ztx=ztx,
        zty=zty,
        spread=spread,
        counts=counts.astype(float),
        codes=places,
        own=all_own,
        wtw=n * np.diag([*np.ones(p), float(scaling.size > 0)]),
        n_obs=n,
        log_weights=log_weights,
        template=template,
        scaling=scaling,
    )


def _find_coordinates(parts: Sequence[PartBlocks], template: CovarianceTemplate) -> tuple[Scaling, list[_Way]]:
    """The coordinates of all rows, and the way there from each part's."""
    shares = _shares(parts)
    stacked_x, stacked_z = stack_factors(parts)
    x_basis, x_factor = _factor(stacked_x)
    x_ways = np.split(x_basis, len(parts))
    z_ways, z_factor = _random_ways(stacked_z, template)
    response = np.concatenate([share * part.along for share, part in zip(shares, parts, strict=True)])
    along, left = np.zeros(len(x_factor)), response
    for _ in range(2):
        step = x_basis.T @ left
        along, left = along + step, left - x_basis @ step
    shifts = np.split(left, len(parts))
    n = sum(part.n_obs for part in parts)
    size = float(np.sqrt(sum(part.squares for part in parts) / n + left @ left))
    x_inverse = solve_triangular(x_factor, np.eye(len(x_factor)))
    scaling = Scaling(
        beta_ls=x_inverse @ along,
        x_factor=x_factor,
        x_inverse=x_inverse,
        z_factor=z_factor,
        size=size,
        logdet_x=float(2 * np.log(np.diagonal(x_factor)).sum()),
    )
    pairs = zip(shares, x_ways, np.split(z_ways, len(parts)), shifts, strict=True)
    return scaling, [_Way(x / share, z / share, shift / share) for share, x, z, shift in pairs]


def _shares(parts: Sequence[PartBlocks]) -> Float:
    """Roots of the shares of the rows that are in each part."""
    sizes = np.array([part.n_obs for part in parts], dtype=float)
    return np.asarray(np.sqrt(sizes / sizes.sum()))


def _factor(matrix: Float) -> tuple[Float, Float]:
    """Q and R by Householder's method, R upper triangular with a positive diagonal."""
    Q, R = np.linalg.qr(matrix)
    signs = np.where(np.diagonal(R) < 0, -1.0, 1.0)
    return Q * signs, R * signs[:, None]


def _random_ways(stacked: Float, template: CovarianceTemplate) -> tuple[Float, Float]:
    """The ways of the parts in Z, shape (k q, q), and T, shape (q, q): see `Scaling`."""
    q = template.n_effects
    ways, T = np.zeros_like(stacked), np.zeros((q, q))
    for block in template.blocks:
        rows = np.flatnonzero(np.isin(np.arange(len(stacked)) % q, np.arange(q)[block]))
        Q, R = _factor(stacked[rows][:, block][:, ::-1])
        ways[np.ix_(rows, np.arange(q)[block])] = Q[:, ::-1]
        T[block, block] = solve_triangular(R, np.eye(len(R)))[::-1, ::-1]
    return ways, T


def _pool(codes: Int, hashes: NDArray[np.uint64], ztz: Float, ztx: Float) -> tuple[Int, Float, Float]:
    """Join patterns of several parts that are one: of the same hash, with the same cross-products to rounding."""
    joint, firsts = match_hashes(hashes)
    if len(firsts) > WORTH * len(hashes) or not _all_agree(ztz, ztx, joint, firsts):
        return codes, ztz, ztx
    return joint[codes], np.ascontiguousarray(ztz[:, :, firsts]), np.ascontiguousarray(ztx[:, :, firsts])


@njit(cache=True, nogil=True)
def _all_agree(ztz: Float, ztx: Float, codes: Int, firsts: Int) -> bool:
    """Whether the cross-products of each pattern are those of the first of its hash."""
    q, p, g = ztx.shape
    for i in range(g):
        j = firsts[codes[i]]
        if i == j:
            continue
        size, away = 1.0, 0.0
        for a in range(q):
            for b in range(q):
                size, away = max(size, abs(ztz[a, b, j])), max(away, abs(ztz[a, b, i] - ztz[a, b, j]))
            for c in range(p):
                size, away = max(size, abs(ztx[a, c, j])), max(away, abs(ztx[a, c, i] - ztx[a, c, j]))
        if not away <= SAME * size:
            return False
    return True
