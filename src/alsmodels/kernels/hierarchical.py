"""The posterior density of a mixed model whose random effects cannot be integrated out, non-centred.

    (y_ij - mu_ij) / sigma_ij ~ N(0, 1) or t(nu), or known by an interval;   mu_i = X_i(kappa) beta + Z_i(kappa) b_i
    b_i = L z_i,  L = diag(sd) C,  z_i ~ N(0, I);   log sigma_ij = log sigma_g + gamma (mu_ij - centre)

over the unconstrained vector, q effects, p coefficients, k correlations and K residual SDs,

    x = (beta~ (p), log sd (q), u (k), log sigma (K), [log(nu - lower)], [gamma~], [kappa~], z (m q, by subject))

with ``beta = centre + map beta~``, u as in `posterior`, and gamma and the week kappa of the knot in units of their
priors, as in ``kappa = mean + sd kappa~``; what stands in brackets is there only if the model has it. A column of
phase 1 is ``other min(week, kappa)``, one of phase 2 ``other (week - min(week, kappa))``, so ``dmu/dkappa`` is plus or
minus the others' part of mu after the knot, and zero before it. The density is that of x, with every Jacobian and
constant in it.
"""

from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.posterior import correlation_slopes, fill_factors, prior_density
from alsmodels.kernels.residual import Tails, find_tails, row_density

__all__ = ["HierarchicalTarget", "Point", "evaluate_hierarchical", "find_point", "move_columns", "row_densities"]

BEFORE, AFTER = 1, 2


class HierarchicalTarget(NamedTuple):
    """The data and priors behind a hierarchical posterior; n rows, m subjects.

    Attributes
    ----------
    lower, upper : ndarray of shape (n,)
        The interval each value lies in; equal where it was observed.
    X, Z : ndarray of shape (n, p), (n, q)
        A column that moves with the knot holds what its phase is multiplied by.
    kind_X, kind_Z : ndarray of int of shape (p,), (q,)
        0 for a column that stays, 1 and 2 for phases.
    week : ndarray of shape (n,)
        Or empty if the knot is fixed.
    starts : ndarray of int of shape (m + 1,)
        First row of each subject, then n.
    group : ndarray of int of shape (n,)
        Which residual SD a row has, or empty if there is one for all.
    beta_centre, beta_map : ndarray of shape (p,), (p, p)
        ``beta = beta_centre + beta_map beta~``.
    beta_mean, beta_sd : ndarray of shape (p,)
        Normal priors of beta.
    half_df, half_scale : ndarray of shape (q + K,)
        Half-t priors of the SDs and residual SDs; an infinite df is half-normal.
    pair_row, pair_col, pair_start, pair_shape : ndarray of int, ndarray of shape (k,)
        See `posterior.Target`.
    df_prior : ndarray
        Shape rate and lower end of the gamma prior of nu, or empty for Gaussian residuals.
    level_prior : ndarray
        Mean and SD of gamma's normal prior and the centre of the level, or empty.
    knot_prior : ndarray
        Mean and SD of kappa's normal prior, or empty.
    constant : float
        What the log density owes to no parameter.
    origin : ndarray of shape (d,)
        A sane place to start from.
    """

    lower: Float
    upper: Float
    X: Float
    Z: Float
    kind_X: Int
    kind_Z: Int
    week: Float
    starts: Int
    group: Int
    beta_centre: Float
    beta_map: Float
    beta_mean: Float
    beta_sd: Float
    half_df: Float
    half_scale: Float
    pair_row: Int
    pair_col: Int
    pair_start: Int
    pair_shape: Float
    df_prior: Float
    level_prior: Float
    knot_prior: Float
    constant: float
    origin: Float

    @property
    def n_parameters(self) -> int:
        """Length of x."""
        return len(self.origin)


class Point(NamedTuple):
    """What x says, in the user's units.

    Attributes
    ----------
    beta : ndarray of shape (p,)
    C, L : ndarray of shape (q, q)
        Factors of the correlation and the covariance of the random effects.
    log_sigma, sigma : ndarray of shape (K,)
        Residual SDs at the centre of the level.
    tails : {"gaussian", "student_t"}
        The shape of the residuals.
    level : float
        ``gamma``, zero if it is not in the model.
    knot : float
        ``kappa``, NaN if it is fixed.
    df_place, level_place, knot_place, z_place : int
        Where each is in x, or would be.
    """

    beta: Float
    C: Float
    L: Float
    log_sigma: Float
    sigma: Float
    tails: Tails
    level: float
    knot: float
    df_place: int
    level_place: int
    knot_place: int
    z_place: int


@njit(cache=True, nogil=True, error_model="numpy")
def find_point(x: Float, target: HierarchicalTarget) -> Point:
    """Read x, shape (d,)."""
    p, q = target.X.shape[1], target.Z.shape[1]
    k, groups = len(target.pair_row), len(target.half_df) - q
    beta = target.beta_centre.copy()
    for j in range(p):
        for c in range(p):
            beta[j] += target.beta_map[j, c] * x[c]
    C, L = fill_factors(x[p : p + q + k], q, target.pair_row, target.pair_col, target.pair_start)
    df_place = p + q + k + groups
    log_sigma = x[df_place - groups : df_place].copy()
    level_place, df, level, knot = df_place, np.inf, 0.0, np.nan
    if len(target.df_prior) > 0:
        df = target.df_prior[2] + np.exp(x[df_place])
        level_place += 1
    knot_place = level_place
    if len(target.level_prior) > 0:
        level = target.level_prior[0] + target.level_prior[1] * x[level_place]
        knot_place += 1
    z_place = knot_place
    if len(target.knot_prior) > 0:
        knot = target.knot_prior[0] + target.knot_prior[1] * x[knot_place]
        z_place += 1
    tails = find_tails(df)
    return Point(
        beta, C, L, log_sigma, np.exp(log_sigma), tails, level, knot, df_place, level_place, knot_place, z_place
    )


@njit(cache=True, nogil=True, error_model="numpy")
def move_columns(others: Float, kind: Int, week: Float, knot: float) -> Float:
    """Columns (n, c) at a knot, from what each is multiplied by; as they are if the knot is NaN."""
    if np.isnan(knot):
        return others
    columns = others.copy()
    for j in range(len(kind)):
        if kind[j] != 0:
            for r in range(len(week)):
                before = min(week[r], knot)
                columns[r, j] *= before if kind[j] == BEFORE else week[r] - before
    return columns


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate_hierarchical(x: Float, target: HierarchicalTarget) -> tuple[float, Float]:
    """Log posterior density of x and its gradient, shape (d,); -inf where it does not exist."""
    p, q, k = target.X.shape[1], target.Z.shape[1], len(target.pair_row)
    point, slope, beta_slope, L_slope = find_point(x, target), np.zeros(len(x)), np.zeros(p), np.zeros((q, q))
    stop = point.df_place
    value = target.constant
    value += prior_density(x[p:stop], q, target.half_df, target.half_scale, target.pair_shape, slope[p:stop])
    value += _add_normal_priors(x, point, target, beta_slope, slope)
    value += _add_rows(x, point, target, beta_slope, L_slope, slope)
    if len(target.df_prior) > 0:
        value += _add_df_prior(x, point, target, slope)
    if not np.isfinite(value):
        return -np.inf, slope
    pair = target.pair_row, target.pair_col, target.pair_start
    correlation_slopes(x[p : p + q + k], point.C, point.L, L_slope, pair[0], pair[1], pair[2], slope[p : p + q + k])
    for c in range(p):
        for j in range(p):
            slope[c] += target.beta_map[j, c] * beta_slope[j]
    return value, slope


@njit(cache=True, nogil=True, error_model="numpy")
def _add_normal_priors(x: Float, point: Point, target: HierarchicalTarget, beta_slope: Float, slope: Float) -> float:
    """Priors of beta, gamma~, kappa~ and z less their constants; adds their slopes."""
    value = 0.0
    for j in range(len(beta_slope)):
        score = (point.beta[j] - target.beta_mean[j]) / target.beta_sd[j]
        value -= 0.5 * score * score
        beta_slope[j] -= score / target.beta_sd[j]
    for t in range(point.level_place, len(x)):
        value -= 0.5 * x[t] * x[t]
        slope[t] -= x[t]
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def _add_df_prior(x: Float, point: Point, target: HierarchicalTarget, slope: Float) -> float:
    """Prior of nu less its constant, and the way of all that nu's slope has gathered to ``log(nu - lower)``."""
    shape, rate, lower = target.df_prior[0], target.df_prior[1], target.df_prior[2]
    df, place = point.tails.df, point.df_place
    slope[place] = (slope[place] + (shape - 1.0) / df - rate) * (df - lower) + 1.0
    return float((shape - 1.0) * np.log(df) - rate * df + x[place])


@njit(cache=True, nogil=True, error_model="numpy")
def _add_rows(
    x: Float, point: Point, target: HierarchicalTarget, beta_slope: Float, L_slope: Float, slope: Float
) -> float:
    """The log density of the data; adds its gradient in beta, L, log sigma, nu, gamma~, kappa~ and z."""
    X = move_columns(target.X, target.kind_X, target.week, point.knot)
    Z = move_columns(target.Z, target.kind_Z, target.week, point.knot)
    p, q, first_sigma = X.shape[1], Z.shape[1], point.df_place - len(point.sigma)
    levelled, moving, grouped = len(target.level_prior) > 0, len(target.knot_prior) > 0, len(target.group) > 0
    beta, L, tails, level = point.beta, point.L, point.tails, point.level
    b, b_slope, value, level_slope, knot_slope, df_slope = np.empty(q), np.empty(q), 0.0, 0.0, 0.0, 0.0
    for i in range(len(target.starts) - 1):
        place = point.z_place + i * q
        _find_effects(L, x, place, b)
        b_slope[:] = 0.0
        for r in range(target.starts[i], target.starts[i + 1]):
            g, mean = target.group[r] if grouped else 0, _row_mean(r, X, Z, beta, b)
            log_sigma, sigma = point.log_sigma[g], point.sigma[g]
            if levelled:
                log_sigma += level * (mean - target.level_prior[2])
                sigma = np.exp(log_sigma)
            density, by_mean, by_sigma, by_df = row_density(
                target.lower[r], target.upper[r], mean, log_sigma, sigma, tails
            )
            value += density
            slope[first_sigma + g] += by_sigma
            df_slope += by_df
            if levelled:
                level_slope += by_sigma * (mean - target.level_prior[2])
                by_mean += level * by_sigma
            if moving and target.week[r] > point.knot:
                knot_slope += by_mean * _knot_effect(r, target, beta, b)
            for j in range(p):
                beta_slope[j] += by_mean * X[r, j]
            for a in range(q):
                b_slope[a] += by_mean * Z[r, a]
        for a in range(q):
            for c in range(a + 1):
                L_slope[a, c] += b_slope[a] * x[place + c]
                slope[place + c] += b_slope[a] * L[a, c]
    if len(target.df_prior) > 0:
        slope[point.df_place] += df_slope
    if levelled:
        slope[point.level_place] += target.level_prior[1] * level_slope
    if moving:
        slope[point.knot_place] += target.knot_prior[1] * knot_slope
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def _find_effects(L: Float, x: Float, place: int, b: Float) -> None:
    """``b_i = L z_i`` into b, shape (q,)."""
    for a in range(len(b)):
        b[a] = 0.0
        for c in range(a + 1):
            b[a] += L[a, c] * x[place + c]


@njit(cache=True, nogil=True, error_model="numpy")
def _row_mean(r: int, X: Float, Z: Float, beta: Float, b: Float) -> float:
    """``mu`` of a row."""
    mean = 0.0
    for j in range(len(beta)):
        mean += X[r, j] * beta[j]
    for a in range(len(b)):
        mean += Z[r, a] * b[a]
    return mean


@njit(cache=True, nogil=True, error_model="numpy")
def _knot_effect(r: int, target: HierarchicalTarget, beta: Float, b: Float) -> float:
    """``dmu / dkappa`` of a row after the knot."""
    effect = 0.0
    for j in range(len(beta)):
        if target.kind_X[j] != 0:
            effect += (1.0 if target.kind_X[j] == BEFORE else -1.0) * target.X[r, j] * beta[j]
    for a in range(len(b)):
        if target.kind_Z[a] != 0:
            effect += (1.0 if target.kind_Z[a] == BEFORE else -1.0) * target.Z[r, a] * b[a]
    return effect


@njit(cache=True, nogil=True, error_model="numpy")
def row_densities(x: Float, target: HierarchicalTarget) -> Float:
    """Log density of each row at x, given the random effects, shape (n,)."""
    point = find_point(x, target)
    X = move_columns(target.X, target.kind_X, target.week, point.knot)
    Z = move_columns(target.Z, target.kind_Z, target.week, point.knot)
    values, b = np.empty(len(target.lower)), np.empty(Z.shape[1])
    for i in range(len(target.starts) - 1):
        _find_effects(point.L, x, point.z_place + i * len(b), b)
        for r in range(target.starts[i], target.starts[i + 1]):
            mean = _row_mean(r, X, Z, point.beta, b)
            log_sigma = point.log_sigma[target.group[r] if len(target.group) > 0 else 0]
            if len(target.level_prior) > 0:
                log_sigma += point.level * (mean - target.level_prior[2])
            values[r] = row_density(target.lower[r], target.upper[r], mean, log_sigma, np.exp(log_sigma), point.tails)[
                0
            ]
    return values
