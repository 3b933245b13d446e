"""Exact draws of what was integrated out, given draws of the covariance parameters, and each subject's likelihood.

In the notation of ``marginal``, with ``U_i = C_i^-1 L'Z_i'T_i [X_i, y_i]`` from the sweep and standard normals e,

    beta = Q^-1 h + Q^-T/2 e,   b_i = L C_i^-T (U_y - U_X beta + e_i)

since ``Var(b_i | y, beta) = L M_i^-1 L'``; and with ``r_i = y_i - X_i beta`` the likelihood of subject i, random
effects integrated out and beta given, is

    -2 log p(y_i | beta) = n_i log 2 pi + log|M_i| - sum_g n_ig log tau_g + r_i'T_i r_i - |U_y - U_X beta|^2

so that leaving out a subject leaves out all of its visits.
"""

from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.marginal import weigh
from alsmodels.kernels.posterior import LOG_2PI, Target, enter_engine, fill_factors
from alsmodels.kernels.sweep import sweep
from alsmodels.kernels.triangular import factorise, solve_lower, solve_upper

__all__ = ["SubjectSquares", "recover_fixed_range", "recover_point", "recover_range", "square_subjects"]


class SubjectSquares(NamedTuple):
    """What the likelihood of one subject needs beside the blocks.

    Attributes
    ----------
    wtw : ndarray of shape (K, p + 1, p + 1, m)
        ``[X_i, y_i]'[X_i, y_i]`` of each group's rows, in the engine's coordinates.
    counts : ndarray of int of shape (K, m)
        Rows.
    """

    wtw: Float
    counts: Int


def square_subjects(w: Float, starts: Int, groups: Int, n_groups: int) -> SubjectSquares:
    """Take the squares of ``w = [X~, y~]``, shape (n, p + 1); ``groups``, shape (n,), numbers each row's outcome."""
    wtw, counts = _squares(np.ascontiguousarray(w), starts, groups, n_groups)
    return SubjectSquares(wtw, counts)


@njit(cache=True, nogil=True)
def _squares(w: Float, starts: Int, groups: Int, n_groups: int) -> tuple[Float, Int]:
    m, r = len(starts) - 1, w.shape[1]
    wtw, counts = np.zeros((n_groups, r, r, m)), np.zeros((n_groups, m), dtype=np.int64)
    for i in range(m):
        for row in range(starts[i], starts[i + 1]):
            g = groups[row]
            counts[g, i] += 1
            for a in range(r):
                for b in range(r):
                    wtw[g, a, b, i] += w[row, a] * w[row, b]
    return wtw, counts


@njit(cache=True, nogil=True, optimise=1, error_model="numpy")
def recover_range(
    xs: Float,
    target: Target,
    squares: SubjectSquares,
    beta_noise: Float,
    noise: Float,
    beta: Float,
    b: Float,
    loglik: Float,
) -> None:
    """Recover draws: fills beta (s, p), b (s, m, q) and loglik (s, m).

    ``xs`` has shape (s, d), ``beta_noise`` (s, p) and ``noise`` (s, m, q) hold standard normals.
    """
    for s in range(len(xs)):
        recover_point(xs[s], target, squares, beta_noise[s], noise[s], beta[s], b[s], loglik[s])


@njit(cache=True, nogil=True, error_model="numpy")
def recover_fixed_range(xs: Float, target: Target, beta_noise: Float, beta: Float) -> None:
    """As `recover_range`, the fixed effects alone: fills beta, shape (s, p)."""
    q, r, m = target.ztw.shape[1:]
    f, AL, C, U = np.empty((q, r, m)), np.empty((q, q, m)), np.empty((q, q, m)), np.empty((q, r, m))
    for s in range(len(xs)):
        _, L = fill_factors(xs[s], q, target.pair_row, target.pair_col, target.pair_start)
        factor, tau = enter_engine(xs[s], L, target)
        W = weigh(tau, target.wtw)
        sweep(0, m, factor, tau, target.ztz, target.ztw, f, AL, C, U, W)
        _leave_engine(_draw_beta(W, target.precision, target.shift, beta_noise[s]), target, beta[s])


@njit(cache=True, nogil=True, error_model="numpy")
def _leave_engine(scaled: Float, target: Target, beta: Float) -> None:
    """Fill beta, shape (p,), from the engine's."""
    for j in range(len(beta)):
        beta[j] = target.beta_centre[j]
        for c in range(len(beta)):
            beta[j] += target.beta_map[j, c] * scaled[c]


@njit(cache=True, nogil=True, optimise=2, error_model="numpy")
def recover_point(
    x: Float,
    target: Target,
    squares: SubjectSquares,
    beta_noise: Float,
    noise: Float,
    beta: Float,
    b: Float,
    loglik: Float,
) -> None:
    """One draw of ``recover_range``."""
    q, r, m = target.ztw.shape[1:]
    _, L = fill_factors(x, q, target.pair_row, target.pair_col, target.pair_start)
    factor, tau = enter_engine(x, L, target)
    f, AL, C, U = np.empty((q, r, m)), np.empty((q, q, m)), np.empty((q, q, m)), np.empty((q, r, m))
    W = weigh(tau, target.wtw)
    sweep(0, m, factor, tau, target.ztz, target.ztw, f, AL, C, U, W)
    scaled = _draw_beta(W, target.precision, target.shift, beta_noise)
    _leave_engine(scaled, target, beta)
    _subject_likelihoods(scaled, tau, target.sizes, squares, C, U, loglik)
    _draw_effects(L, C, U[:, r - 1], noise, b)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _draw_effects(L: Float, C: Float, u: Float, noise: Float, b: Float) -> None:
    """``b_i = L C_i^-T (u_i + e_i)`` into b, shape (m, q); overwrites u, shape (q, m). C has its diagonals inverted."""
    q, m = u.shape
    for a in range(q - 1, -1, -1):
        for i in range(m):
            u[a, i] += noise[i, a]
        for c in range(a + 1, q):
            for i in range(m):
                u[a, i] -= C[c, a, i] * u[c, i]
        for i in range(m):
            u[a, i] *= C[a, a, i]
    for a in range(q):
        for i in range(m):
            b[i, a] = L[a, 0] * u[0, i]
        for c in range(1, a + 1):
            for i in range(m):
                b[i, a] += L[a, c] * u[c, i]


@njit(cache=True, nogil=True, error_model="numpy")
def _draw_beta(W: Float, precision: Float, shift: Float, noise: Float) -> Float:
    """A draw of beta~, shape (p,)."""
    p = len(shift)
    Q, beta, drawn = np.empty((p, p)), np.empty((p, 1)), np.empty(p)
    for j in range(p):
        beta[j, 0] = shift[j] + W[p, j]
        for c in range(p):
            Q[j, c] = precision[j, c] + W[j, c]
    factorise(Q)
    solve_lower(Q, beta)
    for j in range(p):
        beta[j, 0] += noise[j]
    solve_upper(Q, beta)
    for j in range(p):
        drawn[j] = beta[j, 0]
    return drawn


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _subject_likelihoods(
    beta: Float, tau: Float, sizes: Float, squares: SubjectSquares, C: Float, U: Float, loglik: Float
) -> None:
    """Fill ``loglik``, shape (m,); leaves ``U_y - U_X beta`` in the last column of U. C has its diagonals inverted."""
    q, r, m = U.shape
    p = r - 1
    w = np.ones(r)
    for j in range(p):
        w[j] = -beta[j]
    for i in range(m):
        loglik[i] = 0.0
    for g in range(len(tau)):
        constant = LOG_2PI - np.log(tau[g]) + 2.0 * np.log(sizes[g])
        for i in range(m):
            loglik[i] -= 0.5 * constant * squares.counts[g, i]
        for a in range(r):
            for c in range(a + 1):
                weight = tau[g] * w[a] * w[c] * (0.5 if a == c else 1.0)
                for i in range(m):
                    loglik[i] -= weight * squares.wtw[g, a, c, i]
    for a in range(q):
        for j in range(p):
            for i in range(m):
                U[a, p, i] -= U[a, j, i] * beta[j]
        for i in range(m):
            loglik[i] += 0.5 * U[a, p, i] ** 2 + np.log(C[a, a, i])
