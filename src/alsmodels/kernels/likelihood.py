"""The profiled (RE)ML criterion of a linear mixed model with one grouping factor.

With ``A_i = Z_i'Z_i``, ``V_i = I + Z_i S Z_i'``, ``w = [X, y]`` and the root ``S = R R = U diag(s)^2 U'``, everything
is taken along the eigenvectors U of S (marked ~), where

    M_i = I + diag(s) A~_i diag(s) = C_i C_i',   P_i = I - A~_i diag(s) M_i^-1 diag(s),
    B_i = Z_i'V_i^-1 Z_i = P_i A~_i,   F_i = Z_i'V_i^-1 w_i = P_i Z_i~'w_i,
    W = w'V^-1 w = w'w - sum_i w_i'Z_i~ diag(s) M_i^-1 diag(s) Z_i~'w_i = R_W'R_W,   log|V| = sum_i 2 log|C_i|

and the criterion is, with nu = n - p (REML) or n (ML) and r the last diagonal element of R_W,

    c(S) = logdet + nu (1 + log(2 pi r^2 / nu)),   logdet = log|V| [+ 2 log|R_X| for REML]

(Bates et al. 2015, equations 34 and 39). Where ``s_a`` is large the a-th row of P_i is taken as ``M_i^-1 s / s_a``,
which is the same and loses no digits. Subjects of a pattern share all of this but y, of which the mean and the scatter
are enough. Patterns lie along the last axis, so the innermost loops run over them. ``derivatives`` differentiates the
criterion. Both have a dense twin in ``tests/support/dense.py``.
"""

from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.stretches import STRETCH, factorise_stretch, invert_lower, rotate_square, square_inverse
from alsmodels.kernels.triangular import factorise

__all__ = ["Fixed", "Reduced", "Workspace", "accumulate", "finish", "make_workspace"]

# Standard deviations over the residual one from which rows of P are taken the other way.
LARGE = 30.0


class Reduced(NamedTuple):
    """What the likelihood takes of the data; see ``SubjectBlocks``."""

    ztz: Float
    ztx: Float
    zty: Float
    spread: Float
    counts: Float


class Workspace(NamedTuple):
    """What a pass over the patterns leaves for the next, along the eigenvectors of S.

    Attributes
    ----------
    B : ndarray of shape (q, q, g)
        ``Z_i'V_i^-1 Z_i``; lower triangles.
    F : ndarray of shape (q, p, g)
        ``Z_i'V_i^-1 X_i``.
    Fy : ndarray of shape (q, g)
        The mean of ``Z_i'V_i^-1 y_i`` over the subjects of a pattern.
    Y : ndarray of shape (q, q, g)
        Their scatter about it; lower triangles.
    """

    B: Float
    F: Float
    Fy: Float
    Y: Float


class Fixed(NamedTuple):
    """The fixed effects at one S: beta, ``R_X^-1`` (upper triangular), log|R_X|, and r^2, NaN where there is none."""

    beta: Float
    beta_root: Float
    logdet: float
    rss: float


@njit(cache=True, nogil=True)
def make_workspace(data):  # type: ignore[no-untyped-def]  # a Reduced makes a Workspace
    """An empty workspace for the data."""
    q, p, g = data.ztx.shape
    return Workspace(np.empty((q, q, g)), np.empty((q, p, g)), np.empty((q, g)), np.empty((q, q, g)))


@njit(cache=True, nogil=True)
def accumulate(start, stop, vectors, sizes, data, out, W):  # type: ignore[no-untyped-def]  # numba infers the types
    """Take the patterns ``start`` to ``stop``: fill ``out``, bring the lower triangle of W up to date, return log|V|.

    Parameters
    ----------
    start, stop : the range of patterns
    vectors, sizes : ndarray of shape (q, q) and (q,)
        U and s.
    data : a ``Reduced``
    out : a ``Workspace``
    W : ndarray of shape (p + 1, p + 1)
        Its part from these patterns is subtracted.
    """
    q, p = data.ztx.shape[0], data.ztx.shape[1]
    A, C = np.empty((q, q, STRETCH)), np.empty((q, q, STRETCH))
    P, T = np.empty((q, q, STRETCH)), np.empty((q, q, STRETCH))
    f, u = np.empty((q, p + 1, STRETCH)), np.empty((q, p + 1, STRETCH))
    logdet = 0.0
    for first in range(start, stop, STRETCH):
        n = min(STRETCH, stop - first)
        rotate_square(first, n, vectors, data.ztz, T, A)
        _rotate_rows(first, n, vectors, data.ztx, data.zty, f)
        logdet += factorise_stretch(first, n, sizes, A, data.counts, C)
        invert_lower(n, C)
        _subtract_from(first, n, sizes, data.counts, C, f, u, W)
        square_inverse(n, C, T)
        _projections(n, sizes, A, T, P)
        _apply(first, n, sizes, A, f, P, out)
        _spread_out(first, n, vectors, sizes, data.counts, data.spread, T, P, A, C, out, W)
    return logdet


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _rotate_rows(first, n, U, ztx, zty, f):  # type: ignore[no-untyped-def]
    """``f = U'[ztx, zty]``."""
    q, p = ztx.shape[0], ztx.shape[1]
    for a in range(q):
        for j in range(p + 1):
            for s in range(n):
                f[a, j, s] = 0.0
        for c in range(q):
            weight = U[c, a]
            if weight != 0.0:
                for j in range(p):
                    for s in range(n):
                        f[a, j, s] += weight * ztx[c, j, first + s]
                for s in range(n):
                    f[a, p, s] += weight * zty[c, first + s]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _subtract_from(first, n, sizes, counts, inverse, f, u, W):  # type: ignore[no-untyped-def]
    """``W -= sum counts u'u`` with ``u = C^-1 diag(s) f``; its lower triangle."""
    q, r = f.shape[0], f.shape[1]
    for a in range(q):
        for j in range(r):
            for s in range(n):
                u[a, j, s] = 0.0
        for c in range(a + 1):
            weight = sizes[c]
            if weight != 0.0:
                for j in range(r):
                    for s in range(n):
                        u[a, j, s] += inverse[a, c, s] * weight * f[c, j, s]
    for j in range(r):
        for k in range(j + 1):
            total = 0.0
            for a in range(q):
                for s in range(n):
                    total += counts[first + s] * u[a, j, s] * u[a, k, s]
            W[j, k] -= total


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _projections(n, sizes, A, inverse, P):  # type: ignore[no-untyped-def]
    """``P = I - A diag(s) M^-1 diag(s)``, rows of large s the other way."""
    q = len(sizes)
    for a in range(q):
        for b in range(q):
            if sizes[a] > LARGE:
                weight = sizes[b] / sizes[a]
                for s in range(n):
                    P[a, b, s] = weight * inverse[a, b, s]
                continue
            one = 1.0 if a == b else 0.0
            for s in range(n):
                P[a, b, s] = one
            for c in range(q):
                row, column, weight = max(a, c), min(a, c), sizes[c] * sizes[b]
                if weight != 0.0:
                    for s in range(n):
                        P[a, b, s] -= weight * A[row, column, s] * inverse[c, b, s]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _apply(first, n, sizes, A, f, P, out):  # type: ignore[no-untyped-def]
    """``B = P A`` (by the row of P that keeps more digits), ``F = P f``."""
    q, p = len(sizes), f.shape[1] - 1
    for a in range(q):
        for b in range(a + 1):
            row, column = (b, a) if sizes[b] > sizes[a] else (a, b)
            for s in range(n):
                out.B[a, b, first + s] = 0.0
            for c in range(q):
                i, j = max(c, column), min(c, column)
                for s in range(n):
                    out.B[a, b, first + s] += P[row, c, s] * A[i, j, s]
        for j in range(p):
            for s in range(n):
                out.F[a, j, first + s] = P[a, 0, s] * f[0, j, s]
            for c in range(1, q):
                for s in range(n):
                    out.F[a, j, first + s] += P[a, c, s] * f[c, j, s]
        for s in range(n):
            out.Fy[a, first + s] = P[a, 0, s] * f[0, p, s]
        for c in range(1, q):
            for s in range(n):
                out.Fy[a, first + s] += P[a, c, s] * f[c, p, s]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _spread_out(first, n, U, sizes, counts, spread, inverse, P, A, T, out, W):  # type: ignore[no-untyped-def]
    """``Y = P spread~ P'`` and the part of the scatter in W_yy; nothing where no pattern has two subjects."""
    q, last = len(sizes), W.shape[0] - 1
    shared = False
    for s in range(n):
        shared = shared or counts[first + s] > 1.0
    if not shared:
        for a in range(q):
            for b in range(a + 1):
                for s in range(n):
                    out.Y[a, b, first + s] = 0.0
        return
    rotate_square(first, n, U, spread, T, A)
    for a in range(q):
        for b in range(a):
            for s in range(n):
                A[b, a, s] = A[a, b, s]
    for a in range(q):
        for b in range(q):
            weight, total = sizes[a] * sizes[b], 0.0
            for s in range(n):
                total += inverse[a, b, s] * A[a, b, s]
            W[last, last] -= weight * total
            for s in range(n):
                T[a, b, s] = P[a, 0, s] * A[0, b, s]
            for c in range(1, q):
                for s in range(n):
                    T[a, b, s] += P[a, c, s] * A[c, b, s]
    for a in range(q):
        for b in range(a + 1):
            for s in range(n):
                out.Y[a, b, first + s] = T[a, 0, s] * P[b, 0, s]
            for c in range(1, q):
                for s in range(n):
                    out.Y[a, b, first + s] += T[a, c, s] * P[b, c, s]


@njit(cache=True, nogil=True)
def finish(W):  # type: ignore[no-untyped-def]  # numba infers the types
    """The fixed effects from W, shape (p + 1, p + 1), of which the lower triangle is overwritten."""
    p = W.shape[0] - 1
    beta, beta_root = np.zeros(p), np.zeros((p, p))
    if not factorise(W):
        return Fixed(beta, beta_root, np.nan, np.nan)
    logdet = 0.0
    for j in range(p):  # R_X^-1 = L_W^-T: solve L_W' beta_root = I from below
        logdet += np.log(W[j, j])
        for row in range(j, -1, -1):
            total = 1.0 if row == j else 0.0
            for c in range(row + 1, j + 1):
                total -= W[c, row] * beta_root[c, j]
            beta_root[row, j] = total / W[row, row]
    for a in range(p):
        for b in range(a, p):
            beta[a] += beta_root[a, b] * W[p, b]
    return Fixed(beta, beta_root, logdet, W[p, p] ** 2)
