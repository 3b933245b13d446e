"""The posterior density of the covariance parameters, with the random and the fixed effects integrated out.

The parameters are ``x = (log sd_1 .. log sd_q, u_1 .. u_k, log sigma_1 .. log sigma_K)`` in the user's units, with
``tanh u`` the canonical partial correlations of each block of random effects. Row r of a block's correlation factor is

    C[r, c] = p_c prod_{j < c} sqrt(1 - p_j^2),   C[r, r] = prod_{j < r} sqrt(1 - p_j^2),   p = tanh u

(Lewandowski, Kurowicka & Joe 2009, section 2.4), so ``dC[r, c]/du_c = (1 - p_c^2) prod_{j < c} sqrt(1 - p_j^2)`` and,
for e > c, ``dC[r, e]/du_c = -p_c C[r, e]``. The standard deviations have half-t or half-normal priors, the
correlations LKJ(eta), under which the partial correlations are independent with density ``(1 - p^2)^(a - 1)``, ``a =
eta + (n - 2 - c) / 2``. The density is that of x: the Jacobians of exp and tanh are in it, and every constant is, so
that its integral is the marginal likelihood.
"""

import math
from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.marginal import integrate_into

__all__ = [
    "Target",
    "correlation_slopes",
    "enter_engine",
    "evaluate",
    "evaluate_into",
    "evaluate_range",
    "fill_factors",
    "find_correlations",
    "prior_density",
    "prior_terms",
]

LOG_2PI = float(np.log(2 * np.pi))


class Target(NamedTuple):
    """The data and priors behind a posterior density; q effects, p coefficients, K outcomes, k correlations.

    Attributes
    ----------
    ztz, ztw, wtw, n_obs : ndarray, ndarray of int
        The blocks, see `GroupedBlocks`.
    precision, shift, constant : ndarray, float
        The prior of the fixed effects, see `FixedPrior`.
    inward : ndarray of shape (q, q)
        Takes a factor of the random effects' covariance into the engine's coordinates.
    sizes : ndarray of shape (K,)
        Of the response in the engine's coordinates.
    beta_centre, beta_map : ndarray of shape (p,), (p, p)
        ``beta = beta_centre + beta_map beta~``.
    half_df, half_scale : ndarray of shape (q + K,)
        Half-t priors of the SDs and residual SDs; an infinite df is half-normal.
    pair_row, pair_col, pair_start : ndarray of int of shape (k,)
        Row, column and first row of the block of each correlation, row by row.
    pair_shape : ndarray of shape (k,)
        ``a`` of the prior of its partial correlation.
    """

    ztz: Float
    ztw: Float
    wtw: Float
    n_obs: Int
    precision: Float
    shift: Float
    constant: float
    inward: Float
    sizes: Float
    beta_centre: Float
    beta_map: Float
    half_df: Float
    half_scale: Float
    pair_row: Int
    pair_col: Int
    pair_start: Int
    pair_shape: Float

    @property
    def n_parameters(self) -> int:
        """Length of x."""
        return len(self.half_df) + len(self.pair_row)


@njit(cache=True, nogil=True, error_model="numpy")
def fill_factors(x: Float, q: int, row: Int, col: Int, start: Int) -> tuple[Float, Float]:
    """``C`` and ``L = diag(sd) C``, both (q, q): the factors of correlation and covariance at x."""
    C = np.zeros((q, q))
    for a in range(q):
        C[a, a] = 1.0
    for t in range(len(row)):
        r, c = row[t], col[t]
        partial = np.tanh(x[q + t])
        C[r, c] = partial * C[r, r]
        C[r, r] *= np.sqrt(1.0 - partial**2)
    L = C.copy()
    for a in range(q):
        for b in range(a + 1):
            L[a, b] *= np.exp(x[a])
    return C, L


@njit(cache=True, nogil=True, error_model="numpy")
def prior_terms(log_sd: float, df: float, scale: float) -> tuple[float, float]:
    """Log density of ``log sd`` and its slope, where sd is half-t, or half-normal for an infinite df."""
    ratio = (np.exp(log_sd) / scale) ** 2
    if np.isinf(df):
        return log_sd + 0.5 * np.log(2.0 / np.pi) - np.log(scale) - 0.5 * ratio, 1.0 - ratio
    constant = (
        np.log(2.0) - np.log(scale) + math.lgamma(0.5 * (df + 1.0)) - math.lgamma(0.5 * df) - 0.5 * np.log(df * np.pi)
    )
    value = log_sd + constant - 0.5 * (df + 1.0) * np.log1p(ratio / df)
    return value, 1.0 - (df + 1.0) * ratio / (df + ratio)


@njit(cache=True, nogil=True, error_model="numpy")
def prior_density(x: Float, q: int, half_df: Float, half_scale: Float, pair_shape: Float, slope: Float) -> float:
    """Log prior density of x; adds its gradient to ``slope``."""
    k, value = len(pair_shape), 0.0
    for t in range(len(half_df)):
        place = t if t < q else t + k
        density, change = prior_terms(x[place], half_df[t], half_scale[t])
        value += density
        slope[place] += change
    for t in range(k):
        a, partial = pair_shape[t], np.tanh(x[q + t])
        # log(1 - tanh^2 u) without loss for large u
        size = abs(x[q + t])
        log_left = 2.0 * (np.log(2.0) - size - np.log1p(np.exp(-2.0 * size)))
        value += a * log_left + math.lgamma(2.0 * a) - 2.0 * math.lgamma(a) - (2.0 * a - 1.0) * np.log(2.0)
        slope[q + t] -= 2.0 * a * partial
    return value


@njit(cache=True, nogil=True, error_model="numpy")
def correlation_slopes(
    x: Float, C: Float, L: Float, L_slope: Float, row: Int, col: Int, start: Int, slope: Float
) -> None:
    """Carry a gradient in L, shape (q, q), to log sd and u; adds to ``slope``."""
    q = len(C)
    for a in range(q):
        for b in range(a + 1):
            slope[a] += L_slope[a, b] * L[a, b]
    for t in range(len(row)):
        r, c, first = row[t], col[t], start[t]
        partial, sd = np.tanh(x[q + t]), np.exp(x[r])
        left = 1.0
        for j in range(first, c):
            left -= C[r, j] ** 2
        total = (1.0 - partial**2) * np.sqrt(max(left, 0.0)) * L_slope[r, c]
        for e in range(c + 1, r + 1):
            total -= partial * C[r, e] * L_slope[r, e]
        slope[q + t] += sd * total


@njit(cache=True, nogil=True, error_model="numpy")
def enter_engine(x: Float, L: Float, target: Target) -> tuple[Float, Float]:
    """The factor L, shape (q, q), and the precisions tau, shape (K,), in the engine's coordinates."""
    q, groups = len(L), len(target.sizes)
    factor, tau = np.zeros((q, q)), np.empty(groups)
    for a in range(q):
        for b in range(a + 1):
            for c in range(b, a + 1):
                factor[a, b] += target.inward[a, c] * L[c, b]
    for g in range(groups):
        tau[g] = target.sizes[g] ** 2 * np.exp(-2.0 * x[q + len(target.pair_row) + g])
    return factor, tau


@njit(cache=True, nogil=True, optimise=1, error_model="numpy")
def evaluate(x: Float, target: Target, with_slope: bool = True) -> tuple[float, Float]:
    """Log posterior density of x and its gradient, shape (d,); -inf where it does not exist.

    Without a slope the value costs half, and the gradient is of no use.
    """
    _, q, r, m = target.ztw.shape
    f, AL, C, U = np.empty((q, r, m)), np.empty((q, q, m)), np.empty((q, q, m)), np.empty((q, r, m))
    value, slope, _, _, _, _ = evaluate_into(x, target, with_slope, f, AL, C, U)
    return value, slope


@njit(cache=True, nogil=True, optimise=1, error_model="numpy")
def evaluate_into(
    x: Float, target: Target, with_slope: bool, f: Float, AL: Float, C: Float, U: Float
) -> tuple[float, Float, Float, Float, Float, Float]:
    """`evaluate` in work arrays (`sweep`), which it leaves as `factor_slope` does.

    Value and gradient are followed by the factor of the random effects (q, q), tau (K,), and mean (p,) and factor
    (p, p) of beta given x, all in the engine's coordinates.
    """
    q, k, groups = len(target.inward), len(target.pair_row), len(target.n_obs)
    slope = np.zeros(len(x))
    value = prior_density(x, q, target.half_df, target.half_scale, target.pair_shape, slope)
    R, L = fill_factors(x, q, target.pair_row, target.pair_col, target.pair_start)
    factor, tau = enter_engine(x, L, target)
    for g in range(groups):
        value -= target.n_obs[g] * np.log(target.sizes[g])
    found, factor_slope, tau_slope, beta, Q = integrate_into(
        factor,
        tau,
        target.ztz,
        target.ztw,
        target.wtw,
        target.n_obs,
        target.precision,
        target.shift,
        target.constant,
        with_slope,
        f,
        AL,
        C,
        U,
    )
    if not with_slope:
        return value + found, slope, factor, tau, beta, Q
    L_slope = np.zeros((q, q))
    for a in range(q):
        for b in range(a + 1):
            for c in range(a, q):
                L_slope[a, b] += target.inward[c, a] * factor_slope[c, b]
    correlation_slopes(x, R, L, L_slope, target.pair_row, target.pair_col, target.pair_start, slope)
    for g in range(groups):
        slope[q + k + g] -= 2.0 * tau_slope[g]
    return value + found, slope, factor, tau, beta, Q


@njit(cache=True, nogil=True, optimise=1, error_model="numpy")
def evaluate_range(xs: Float, target: Target, values: Float, start: int, stop: int) -> None:
    """Fill ``values``, shape (s,), with the log density of rows ``start`` to ``stop`` of ``xs``, shape (s, d)."""
    with_slope = stop < start  # never; as a constant it would be a kind of argument of its own, and all compiled twice
    for s in range(start, stop):
        values[s] = evaluate(xs[s], target, with_slope)[0]


@njit(cache=True, nogil=True, error_model="numpy")
def find_correlations(xs: Float, q: int, row: Int, col: Int, start: Int) -> Float:
    """Correlations, shape (s, k), at each row of ``xs``, shape (s, d)."""
    found = np.zeros((len(xs), len(row)))
    for s in range(len(xs)):
        C = fill_factors(xs[s], q, row, col, start)[0]
        for t in range(len(row)):
            for a in range(col[t] + 1):
                found[s, t] += C[row[t], a] * C[col[t], a]
    return found
