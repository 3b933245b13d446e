"""The likelihood with the random effects integrated out and the fixed effects given, for samplers that draw beta.

With ``W = w'V^-1 w``, ``w = [X, y]``, as in `alsmodels.kernels.marginal`,

    log p(y | beta, L, tau) = -1/2 (n log 2 pi + log|V| + W_yy - 2 beta'W_xy + beta'W_xx beta)

whose gradient in beta is ``W_xy - W_xx beta``. Those in L and tau are the ones of the integral over beta where its
conditional has no spread, ``Q^-1 = 0``.
"""

from dataclasses import dataclass

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.marginal import LOG_2PI, GroupedBlocks, expected_rss, factor_slope, only_tau_slope, weigh
from alsmodels.kernels.sweep import sweep

__all__ = ["Conditional", "condition", "condition_point"]


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """The likelihood at one beta, L and tau, with its gradient.

    Attributes
    ----------
    value : float
        log p(y | beta, L, tau) in the engine's coordinates; -inf where it does not exist.
    beta_slope : ndarray of shape (p,)
    factor_slope : ndarray of shape (q, q)
        Lower triangular.
    tau_slope : ndarray of shape (K,)
        Gradient in log tau.
    """

    value: float
    beta_slope: Float
    factor_slope: Float
    tau_slope: Float


def condition(beta: Float, factor: Float, tau: Float, blocks: GroupedBlocks) -> Conditional:
    """Evaluate the likelihood at ``beta`` (p,), ``L`` (q, q) and ``tau`` (K,)."""
    return Conditional(*condition_point(beta, factor, tau, blocks.ztz, blocks.ztw, blocks.wtw, blocks.n_obs))


@njit(cache=True, nogil=True, error_model="numpy")
def condition_point(
    beta: Float, factor: Float, tau: Float, ztz: Float, ztw: Float, wtw: Float, n_obs: Int
) -> tuple[float, Float, Float, Float]:
    """The fields of `Conditional`, in their order."""
    groups, q, r, m = ztw.shape
    p = r - 1
    f, AL, C, U = np.empty((q, r, m)), np.empty((q, q, m)), np.empty((q, q, m)), np.empty((q, r, m))
    beta_slope, slope, tau_slope = np.zeros(p), np.zeros((q, q)), np.zeros(groups)
    W, value = weigh(tau, wtw), 0.0
    for g in range(groups):
        value += n_obs[g] * (LOG_2PI - np.log(tau[g]))
    value += sweep(0, m, factor, tau, ztz, ztw, f, AL, C, U, W)
    value += W[p, p]
    for j in range(p):
        beta_slope[j] = W[p, j]
        for c in range(p):
            beta_slope[j] -= W[max(j, c), min(j, c)] * beta[c]
        value -= beta[j] * (W[p, j] + beta_slope[j])
    if not np.isfinite(value):
        return -np.inf, np.zeros(p), slope, tau_slope
    certain = np.zeros((p, p))
    for j in range(p):
        certain[j, j] = np.inf
    slope = factor_slope(f, AL, C, U, beta, certain)
    for a in range(q):
        for b in range(a + 1, q):
            slope[a, b] = 0.0
    if groups == 1:
        tau_slope[0] = only_tau_slope(factor, slope, W, beta, certain, n_obs[0])
    else:
        rss = expected_rss(factor, ztz, ztw, wtw, C, U, beta, certain)
        for g in range(groups):
            tau_slope[g] = 0.5 * (n_obs[g] - tau[g] * rss[g])
    return -0.5 * value, beta_slope, slope, tau_slope
