"""The likelihood with the random effects integrated out, and the fixed effects too under a Gaussian prior.

    y_i | b_i, beta ~ N(X_i beta + Z_i b_i, T_i^-1),   b_i ~ N(0, L L'),   beta ~ N(m0, P0^-1)

where the rows of group g have precision tau_g (one group for one residual variance; one for each outcome of a joint
model). With ``A_i = Z_i'T_i Z_i``, ``M_i = L'A_i L + I`` and ``w = [X, y]``,

    W = w'V^-1 w = w'T w - sum_i w_i'T_i Z_i L M_i^-1 L'Z_i'T_i w_i,   log|V| = sum_i log|M_i| - sum_g n_g log tau_g

and with ``Q = P0 + W_xx``, ``h = P0 m0 + W_xy`` the integral over beta is

    -2 log p(y) = n log 2 pi + log|V| + log|Q| - log|P0| + W_yy + m0'P0 m0 - h'Q^-1 h

(Lindley & Smith 1972; Bates et al. 2015, section 3.4, for the algebra over subjects). Given the rest,
``beta ~ N(Q^-1 h, Q^-1)`` and ``b_i ~ N(G_i Z_i'T_i (y_i - X_i beta), G_i)``, ``G_i = L M_i^-1 L'``. With
``D_i = M_i^-1 L'Z_i'T_i w_i`` and ``F_i = Z_i'V_i^-1 w_i = Z_i'T_i w_i - A_i L D_i``, the gradient in L is
``-sum (A_i L M_i^-1 - F_x Q^-1 D_x' - e d')``, e and d being F and D of the residual ``y - X E(beta)``. That in
log tau_g is by Fisher's identity ``(n_g - tau_g E(rss_g | y)) / 2``; with one group it follows from the others, since
the likelihood depends on L sqrt(tau) and tau alone.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import solve_triangular

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.scaling import Scaling
from alsmodels.kernels.sweep import sweep
from alsmodels.kernels.triangular import factorise, solve_lower, solve_upper

__all__ = [
    "FixedPrior",
    "GroupedBlocks",
    "Marginal",
    "expected_rss",
    "factor_slope",
    "fixed_prior",
    "flat_prior",
    "integrate",
    "integrate_into",
    "integrate_point",
    "only_tau_slope",
    "weigh",
]

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class GroupedBlocks:
    """Subject blocks of K groups of rows, each with its own residual precision, in the engine's coordinates.

    Attributes
    ----------
    ztz : ndarray of shape (K, q, q, m)
        Subjects lie along the last axis.
    ztw : ndarray of shape (K, q, p + 1, m)
    wtw : ndarray of shape (K, p + 1, p + 1)
    n_obs : ndarray of int of shape (K,)
        Rows of each group.
    """

    ztz: Float
    ztw: Float
    wtw: Float
    n_obs: Int

    @property
    def n_subjects(self) -> int:
        """Subjects, m."""
        return int(self.ztz.shape[-1])

    @classmethod
    def of(cls, blocks: SubjectBlocks) -> "GroupedBlocks":
        """The blocks of one outcome with one residual variance."""
        ztz, ztw = blocks.by_subject()
        return cls(
            ztz=ztz[None],
            ztw=ztw[None],
            wtw=blocks.wtw[None],
            n_obs=np.array([blocks.n_obs]),
        )


@dataclass(frozen=True, slots=True, eq=False)
class FixedPrior:
    """The Gaussian prior of the fixed effects in the engine's coordinates, or none.

    Attributes
    ----------
    precision : ndarray of shape (p, p)
        ``P0``.
    shift : ndarray of shape (p,)
        ``P0 m0``.
    constant : float
        ``m0'P0 m0 - log|P0|``.
    """

    precision: Float
    shift: Float
    constant: float


@dataclass(frozen=True, slots=True, eq=False)
class Marginal:
    """The integrated likelihood at one point, with its gradient and the conditional of beta.

    Attributes
    ----------
    value : float
        log p(y) in the engine's coordinates; -inf where it does not exist.
    factor_slope : ndarray of shape (q, q)
        Gradient in L, all of it.
    tau_slope : ndarray of shape (K,)
        Gradient in log tau.
    beta : ndarray of shape (p,)
        Conditional mean.
    beta_factor : ndarray of shape (p, p)
        Lower, ``Q = beta_factor beta_factor'``.
    """

    value: float
    factor_slope: Float
    tau_slope: Float
    beta: Float
    beta_factor: Float


def fixed_prior(mean: Float, sd: Float, scaling: Scaling) -> FixedPrior:
    """Carry independent normals on beta (p,) into the engine's coordinates, ``beta = c + s R^-1 beta~``."""
    root = solve_triangular(scaling.x_factor, np.diag(1 / sd), trans=1, lower=False) * scaling.size
    precision = root @ root.T
    centre = scaling.x_factor @ (mean - scaling.beta_ls) / scaling.size
    logdet = 2 * np.log(np.abs(np.diagonal(root))).sum()
    shift = precision @ centre
    return FixedPrior(precision, shift, float(centre @ shift - logdet))


def flat_prior(n_fixed: int) -> FixedPrior:
    """No prior: the integral is the restricted likelihood, up to a constant."""
    return FixedPrior(np.zeros((n_fixed, n_fixed)), np.zeros(n_fixed), 0.0)


def integrate(factor: Float, tau: Float, blocks: GroupedBlocks, prior: FixedPrior) -> Marginal:
    """Evaluate the integrated likelihood at ``L`` (q, q) and ``tau`` (K,)."""
    parts = integrate_point(
        factor,
        tau,
        blocks.ztz,
        blocks.ztw,
        blocks.wtw,
        blocks.n_obs,
        prior.precision,
        prior.shift,
        prior.constant,
        True,
    )
    return Marginal(*parts)


@njit(cache=True, nogil=True, error_model="numpy")
def integrate_point(
    factor: Float,
    tau: Float,
    ztz: Float,
    ztw: Float,
    wtw: Float,
    n_obs: Int,
    precision: Float,
    shift: Float,
    constant: float,
    with_slopes: bool,
) -> tuple[float, Float, Float, Float, Float]:
    """The fields of `Marginal`, in their order; the slopes are left at zero, at half the cost, if not asked for."""
    _, q, r, m = ztw.shape
    f, AL, C, U = np.empty((q, r, m)), np.empty((q, q, m)), np.empty((q, q, m)), np.empty((q, r, m))
    return integrate_into(factor, tau, ztz, ztw, wtw, n_obs, precision, shift, constant, with_slopes, f, AL, C, U)


@njit(cache=True, nogil=True, optimise=2, error_model="numpy")
def integrate_into(
    factor: Float,
    tau: Float,
    ztz: Float,
    ztw: Float,
    wtw: Float,
    n_obs: Int,
    precision: Float,
    shift: Float,
    constant: float,
    with_slopes: bool,
    f: Float,
    AL: Float,
    C: Float,
    U: Float,
) -> tuple[float, Float, Float, Float, Float]:
    """`integrate_point` in work arrays (`sweep`), which it leaves as `factor_slope` does if there are slopes."""
    groups, q, r, m = ztw.shape
    p = r - 1
    slope, tau_slope, beta, Q = np.zeros((q, q)), np.zeros(groups), np.zeros((p, 1)), np.zeros((p, p))
    W, value = weigh(tau, wtw), constant
    for g in range(groups):
        value += n_obs[g] * (LOG_2PI - np.log(tau[g]))
    value += sweep(0, m, factor, tau, ztz, ztw, f, AL, C, U, W)
    for j in range(p):
        beta[j, 0] = shift[j] + W[p, j]
        for c in range(j + 1):
            Q[j, c] = precision[j, c] + W[j, c]
    if not factorise(Q) or not np.isfinite(value):
        return -np.inf, slope, tau_slope, beta[:, 0], Q
    solve_lower(Q, beta)
    value += W[p, p]
    for j in range(p):
        value += 2.0 * np.log(Q[j, j]) - beta[j, 0] ** 2
    solve_upper(Q, beta)
    if not with_slopes:
        return -0.5 * value, slope, tau_slope, beta[:, 0], Q
    slope = factor_slope(f, AL, C, U, beta[:, 0], Q)
    if groups == 1:
        tau_slope[0] = only_tau_slope(factor, slope, W, beta[:, 0], Q, n_obs[0])
    else:
        rss = expected_rss(factor, ztz, ztw, wtw, C, U, beta[:, 0], Q)
        for g in range(groups):
            tau_slope[g] = 0.5 * (n_obs[g] - tau[g] * rss[g])
    return -0.5 * value, slope, tau_slope, beta[:, 0], Q


@njit(cache=True, nogil=True, error_model="numpy")
def weigh(tau: Float, wtw: Float) -> Float:
    """``sum_g tau_g wtw_g``, shape (p + 1, p + 1); in loops, which compile much sooner than sums of whole arrays."""
    groups, r, _ = wtw.shape
    W = np.zeros((r, r))
    for g in range(groups):
        for a in range(r):
            for b in range(r):
                W[a, b] += tau[g] * wtw[g, a, b]
    return W


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def factor_slope(f: Float, AL: Float, C: Float, U: Float, beta: Float, Q: Float) -> Float:
    """Gradient of log p in L, shape (q, q). Overwrites f with F and then its images, U with D; C keeps the factors."""
    q, r, m = f.shape
    p = r - 1
    slope, inverse = np.zeros((q, q)), np.zeros((q, m))
    _back_substitute(C, U)
    for a in range(q):
        for j in range(r):
            for c in range(q):
                for s in range(m):
                    f[a, j, s] -= AL[a, c, s] * U[c, j, s]
    for V in (f, U):  # the residual's column first, then those of X times Q^-1/2
        for a in range(q):
            for j in range(p):
                for s in range(m):
                    V[a, p, s] -= V[a, j, s] * beta[j]
            for j in range(p):
                for c in range(j):
                    for s in range(m):
                        V[a, j, s] -= Q[j, c] * V[a, c, s]
                for s in range(m):
                    V[a, j, s] /= Q[j, j]
    for b in range(q):
        _unit_solve(b, C, inverse)
        for a in range(q):
            total = 0.0
            for j in range(r):
                for s in range(m):
                    total += f[a, j, s] * U[b, j, s]
            for c in range(q):
                for s in range(m):
                    total -= AL[a, c, s] * inverse[c, s]
            slope[a, b] = total
    return slope


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _back_substitute(C: Float, U: Float) -> None:
    """Overwrite U with ``C^-T U``; the diagonals of C are inverted already."""
    q, r, m = U.shape
    for a in range(q - 1, -1, -1):
        for j in range(r):
            for c in range(a + 1, q):
                for s in range(m):
                    U[a, j, s] -= C[c, a, s] * U[c, j, s]
            for s in range(m):
                U[a, j, s] *= C[a, a, s]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _unit_solve(b: int, C: Float, column: Float) -> None:
    """Column b of every ``M_i^-1``, into ``column``, shape (q, m)."""
    q, m = column.shape
    for a in range(q):
        for s in range(m):
            column[a, s] = 1.0 if a == b else 0.0
        for c in range(b, a):
            for s in range(m):
                column[a, s] -= C[a, c, s] * column[c, s]
        for s in range(m):
            column[a, s] *= C[a, a, s]
    for a in range(q - 1, -1, -1):
        for c in range(a + 1, q):
            for s in range(m):
                column[a, s] -= C[c, a, s] * column[c, s]
        for s in range(m):
            column[a, s] *= C[a, a, s]


@njit(cache=True, nogil=True, error_model="numpy")
def only_tau_slope(factor: Float, slope: Float, W: Float, beta: Float, Q: Float, n_obs: int) -> float:
    """Gradient in log tau of the one group: ``(n - E(rss at fixed L sqrt(tau))) / 2`` and what L owes to it."""
    p, q = len(beta), len(factor)
    inverse = np.eye(p)
    solve_lower(Q, inverse)
    rss, through_factor = W[p, p], 0.0
    solve_upper(Q, inverse)
    for j in range(p):
        rss -= 2.0 * beta[j] * W[p, j]
        for c in range(p):
            rss += (inverse[j, c] + beta[j] * beta[c]) * W[max(j, c), min(j, c)]
    for a in range(q):
        for b in range(a + 1):
            through_factor += slope[a, b] * factor[a, b]
    return float(0.5 * (n_obs - rss + through_factor))


@njit(cache=True, nogil=True, error_model="numpy")
def expected_rss(factor: Float, ztz: Float, ztw: Float, wtw: Float, C: Float, D: Float, beta: Float, Q: Float) -> Float:
    """``E(rss_g | y)`` of each group, shape (K,); D has been through `factor_slope`.

    ``b_i = m_i - N_i (beta - E beta) + noise`` with ``m_i = L d_i``, ``N_i = L D_x``; here ``N_i Q^-1/2`` is at hand.
    """
    groups, q, r, m = ztw.shape
    p = r - 1
    rss, N, G = np.empty(groups), np.empty((q, p + 1)), np.empty((q, q))
    inverse = np.empty((q, m))
    covariance, root = np.zeros((q, q, m)), np.eye(p)
    solve_lower(Q, root)  # root = Q^-1/2, lower
    for b in range(q):
        _unit_solve(b, C, inverse)
        for a in range(q):
            for s in range(m):
                covariance[a, b, s] = inverse[a, s]
    for g in range(groups):
        rss[g] = wtw[g, p, p]
        for j in range(p):
            rss[g] -= 2.0 * beta[j] * wtw[g, j, p]
            for c in range(p):
                weight = beta[j] * beta[c]
                for k in range(p):
                    weight += root[k, j] * root[k, c]
                rss[g] += weight * wtw[g, j, c]
    for i in range(m):
        for a in range(q):
            for j in range(r):
                N[a, j] = 0.0
                for c in range(a + 1):
                    N[a, j] += factor[a, c] * D[c, j, i]
        for a in range(q):
            for b in range(q):
                G[a, b] = 0.0
                for c in range(a + 1):
                    for d in range(b + 1):
                        G[a, b] += factor[a, c] * covariance[c, d, i] * factor[b, d]
        for g in range(groups):
            for a in range(q):
                left = ztw[g, a, p, i]
                for j in range(p):
                    left -= ztw[g, a, j, i] * beta[j]
                    image = 0.0
                    for k in range(p):
                        image += root[k, j] * N[a, k]
                    rss[g] -= 2.0 * ztw[g, a, j, i] * image
                rss[g] -= 2.0 * N[a, p] * left
                for b in range(q):
                    second = N[a, p] * N[b, p] + G[a, b]
                    for j in range(p):
                        second += N[a, j] * N[b, j]
                    rss[g] += ztz[g, a, b, i] * second
    return rss
