"""The hierarchical posterior in coordinates in which the random effects are nearly independent of all else.

Non-centred effects z, ``b = L z``, have a simple prior, but where a subject has many visits the data say what b is,
and z has to follow L and beta wherever they go. With any fixed row weights and pseudo-values, and so fixed ``A_i =
Z_i'W_i Z_i`` and ``h_i(beta) = Z_i'W_i (y_i - X_i beta)``, put

    M_i = I + tau L'A_i L = C_i C_i',   z_i = M_i^-1 tau L'h_i + C_i^-T e_i

which is one to one between z and e, with Jacobian ``prod 1 / |C_i|``. If residuals are Gaussian with precision tau W,
e is standard normal whatever the other parameters (it is the exact conditional of ``recovery``); near that, it is
nearly so. The density is exact whatever the weights: they decide how fast a chain moves, not where to.
(Papaspiliopoulos, Roberts & Skold 2007, for what parametrisations do to samplers.) The gradient goes back through the
Cholesky factor by ``M_slope = C^-T Phi(C'C_slope) C^-1``, Phi taking the lower triangle with half its diagonal
(Murray 2016).
"""

from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.hierarchical import HierarchicalTarget, evaluate_hierarchical, find_point
from alsmodels.kernels.posterior import correlation_slopes
from alsmodels.kernels.triangular import factorise

__all__ = ["Recentring", "evaluate_recentred", "place_effects"]


class Recentring(NamedTuple):
    """The fixed part of the change of coordinates.

    Attributes
    ----------
    A : ndarray of shape (m, q, q)
        ``Z_i'W_i Z_i``.
    h : ndarray of shape (m, q)
        ``Z_i'W_i (y_i - X_i beta_centre)``.
    H : ndarray of shape (m, q, p)
        ``Z_i'W_i X_i beta_map``, so that ``h_i(beta) = h - H beta~``.
    group : ndarray of int of shape (m,)
        Which residual SD gives tau.
    """

    A: Float
    h: Float
    H: Float
    group: Int


@njit(cache=True, nogil=True, error_model="numpy")
def place_effects(x: Float, target: HierarchicalTarget, fixed: Recentring) -> Float:
    """The same point with z in the place of e, shape (d,)."""
    point, moved = find_point(x, target), x.copy()
    q = fixed.h.shape[1]
    C, score, gain = np.empty((q, q)), np.empty(q), np.empty(q)
    for i in range(len(fixed.h)):
        tau = np.exp(-2.0 * point.log_sigma[fixed.group[i]])
        _find_score(i, x, fixed, score)
        _find_root(i, tau, point.L, fixed, C)
        place = point.z_place + i * q
        _find_z(tau, point.L, score, C, x[place : place + q], gain, moved[place : place + q])
    return moved


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate_recentred(x: Float, target: HierarchicalTarget, fixed: Recentring) -> tuple[float, Float]:
    """Log posterior density of x, e in the place of z, and its gradient, shape (d,); -inf where it does not exist."""
    moved = place_effects(x, target, fixed)
    value, slope = evaluate_hierarchical(moved, target)
    if not np.isfinite(value):
        return -np.inf, slope
    point = find_point(x, target)
    p, q, k = target.X.shape[1], fixed.h.shape[1], len(target.pair_row)
    first_sigma, L, L_slope = point.df_place - len(point.sigma), point.L, np.zeros((q, q))
    C, M_slope, AL = np.empty((q, q)), np.empty((q, q)), np.empty((q, q))
    score, gain, gain_slope, e_slope, Lg = np.empty(q), np.empty(q), np.empty(q), np.empty(q), np.empty(q)
    for i in range(len(fixed.h)):
        tau, place = np.exp(-2.0 * point.log_sigma[fixed.group[i]]), point.z_place + i * q
        _find_score(i, x, fixed, score)
        _find_root(i, tau, L, fixed, C)
        z, z_slope = moved[place : place + q], slope[place : place + q]
        for a in range(q):  # gain = tau L'h
            gain[a] = 0.0
            for c in range(a, q):
                gain[a] += tau * L[c, a] * score[c]
            value -= np.log(C[a, a])
            e_slope[a] = z_slope[a]
        _solve(C, e_slope)
        for a in range(q):
            gain_slope[a] = e_slope[a]
        _solve_transposed(C, gain_slope)
        _root_slope(C, x[place : place + q], gain_slope, z, e_slope, M_slope)
        tau_slope = 0.0
        for a in range(q):
            for c in range(q):
                AL[a, c] = 0.0
                for d in range(c, q):
                    AL[a, c] += fixed.A[i, a, d] * L[d, c]
            Lg[a] = 0.0
            for c in range(a + 1):
                Lg[a] += L[a, c] * gain_slope[c]
            tau_slope += gain_slope[a] * gain[a]
        for a in range(q):
            for c in range(a + 1):
                L_slope[a, c] += tau * score[a] * gain_slope[c]
                for d in range(q):
                    L_slope[a, c] += 2.0 * tau * AL[a, d] * M_slope[d, c]
        for a in range(q):
            for c in range(q):
                inner = 0.0
                for d in range(a, q):
                    inner += L[d, a] * AL[d, c]
                tau_slope += tau * inner * M_slope[a, c]
            for j in range(p):
                slope[j] -= tau * fixed.H[i, a, j] * Lg[a]
            slope[place + a] = e_slope[a]
        slope[first_sigma + fixed.group[i]] -= 2.0 * tau_slope
    pair = target.pair_row, target.pair_col, target.pair_start
    correlation_slopes(x[p : p + q + k], point.C, L, L_slope, pair[0], pair[1], pair[2], slope[p : p + q + k])
    return value, slope


@njit(cache=True, nogil=True, error_model="numpy")
def _find_score(i: int, x: Float, fixed: Recentring, score: Float) -> None:
    """``h_i(beta)`` into score, shape (q,)."""
    for a in range(len(score)):
        score[a] = fixed.h[i, a]
        for j in range(fixed.H.shape[2]):
            score[a] -= fixed.H[i, a, j] * x[j]


@njit(cache=True, nogil=True, error_model="numpy")
def _find_root(i: int, tau: float, L: Float, fixed: Recentring, C: Float) -> None:
    """The Cholesky factor of ``M_i`` into the lower triangle of C, shape (q, q)."""
    q = len(C)
    for a in range(q):
        for b in range(a + 1):
            C[a, b] = 1.0 if a == b else 0.0
            for c in range(a, q):
                for d in range(b, q):
                    C[a, b] += tau * L[c, a] * fixed.A[i, c, d] * L[d, b]
    factorise(C)


@njit(cache=True, nogil=True, error_model="numpy")
def _find_z(tau: float, L: Float, score: Float, C: Float, e: Float, gain: Float, z: Float) -> None:
    """``M^-1 tau L'h + C^-T e`` into z, shape (q,)."""
    q = len(z)
    for a in range(q):
        z[a] = 0.0
        for c in range(a, q):
            z[a] += tau * L[c, a] * score[c]
    _solve(C, z)
    for a in range(q):
        z[a] += e[a]
    _solve_transposed(C, z)


@njit(cache=True, nogil=True, error_model="numpy")
def _solve(C: Float, v: Float) -> None:
    """Overwrite v, shape (q,), with ``C^-1 v``."""
    for a in range(len(v)):
        for c in range(a):
            v[a] -= C[a, c] * v[c]
        v[a] /= C[a, a]


@njit(cache=True, nogil=True, error_model="numpy")
def _solve_transposed(C: Float, v: Float) -> None:
    """Overwrite v, shape (q,), with ``C^-T v``."""
    for a in range(len(v) - 1, -1, -1):
        for c in range(a + 1, len(v)):
            v[a] -= C[c, a] * v[c]
        v[a] /= C[a, a]


@njit(cache=True, nogil=True, error_model="numpy")
def _root_slope(C: Float, e: Float, gain_slope: Float, z: Float, e_slope: Float, M_slope: Float) -> None:
    """The gradient in M, symmetric, shape (q, q): through ``M^-1 gain``, ``C^-T e`` and ``-log|C|``."""
    q = len(C)
    apart = e.copy()  # C^-T e
    _solve_transposed(C, apart)
    inner = np.zeros((q, q))
    for a in range(q):  # Phi(C' C_slope), C_slope = -(C^-T e) e_slope' - diag(1 / C)
        for b in range(a + 1):
            for c in range(a, q):
                part = -apart[c] * e_slope[b] if b <= c else 0.0
                if c == b:
                    part -= 1.0 / C[c, c]
                inner[a, b] += C[c, a] * part
        inner[a, a] *= 0.5
    for b in range(q):  # C^-T Phi
        column = inner[:, b].copy()
        _solve_transposed(C, column)
        inner[:, b] = column
    for a in range(q):  # (C^-T Phi) C^-1, by rows
        row = inner[a].copy()
        _solve_transposed(C, row)
        inner[a] = row
    for a in range(q):
        for b in range(q):
            mean = apart[a] - z[a]  # minus M^-1 gain
            other = apart[b] - z[b]
            M_slope[a, b] = 0.5 * (inner[a, b] + inner[b, a]) + 0.5 * (gain_slope[a] * other + mean * gain_slope[b])
