"""The profiled (RE)ML criterion of a linear mixed model with one grouping factor, and its two derivatives.

With ``A_i = Z_i'Z_i``, ``M_i = Lambda'A_i Lambda + I = L_i L_i'``, ``V_i = I + Z_i S Z_i'``, ``S = Lambda Lambda'`` and
``w = [X, y]``, one pass over the subjects gives

    B_i = Z_i'V_i^-1 Z_i,   F_i = Z_i'V_i^-1 w_i,   W = w'V^-1 w = R'R,   log|V| = sum_i 2 log|L_i|

and the criterion is, with nu = n - p (REML) or n (ML) and r the last diagonal element of R,

    c(S) = logdet + nu (1 + log(2 pi r^2 / nu)),   logdet = log|V| [+ 2 log|R_X| for REML]

(Bates et al. 2015, equations 34 and 39). The derivatives are taken in S = Lambda Lambda', in which V is linear:
with ``H = (X'V^-1 X)^-1``, ``K_i = F_i H F_i'`` over the columns of X, ``e_i = Z_i'V_i^-1 (y_i - X_i beta)`` and any
symmetric directions D, E,

    logdet'[D]    = sum tr(B_i D) - tr(K_i D)
    rss'[D]       = -sum e_i'D e_i
    logdet''[D,E] = sum -tr(B_i D B_i E) + 2 tr(K_i D B_i E)  - tr(H P_D H P_E),   P_D = sum F_i'D F_i
    rss''[D,E]    = 2 [sum e_i'D B_i E e_i - g_D'H g_E],                           g_D = sum F_i'D e_i

(the terms in K and P belong to REML only; differentiate ``dV^-1 = -V^-1 dV V^-1`` once more).
The dense twin of all of this is ``tests/support/dense.py``.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.blocks import SubjectBlocks

__all__ = ["Curvature", "Profile", "Sums", "curvature", "profile", "sum_subjects"]


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The likelihood at one S, with beta and sigma^2 profiled out; all in the engine's coordinates.

    Attributes
    ----------
    criterion : minus twice the profiled log (restricted) likelihood of the user's data; inf where it is not finite
    beta : shape (p,)
    sigma2 : residual variance
    dof : ``n - p`` for REML, ``n`` for ML
    beta_root : shape (p, p), upper triangular ``R_X^-1``; ``Var(beta~) = sigma2 R_X^-1 R_X^-T``
    root : shape (q, q), a root of S
    B : shape (m, q, q), ``Z_i'V_i^-1 Z_i``
    F : shape (m, q, p + 1), ``Z_i'V_i^-1 [X_i, y_i]``
    reml : restricted likelihood or not
    """

    criterion: float
    beta: Float
    sigma2: float
    dof: int
    beta_root: Float
    root: Float
    B: Float
    F: Float
    reml: bool

    @property
    def is_finite(self) -> bool:
        """Whether the likelihood exists here."""
        return bool(np.isfinite(self.criterion))


@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    """First and second derivatives of the two parts of the criterion, and of Var(beta), along k directions.

    Attributes
    ----------
    logdet_gradient, rss_gradient : shape (k,)
    logdet_hessian, rss_hessian : shape (k, k)
    information_change : shape (k, p, p), ``R_X^-T (X'V^-1 dV V^-1 X) R_X^-1``
    rss : residual sum of squares ``r^2``
    dof : nu
    """

    logdet_gradient: Float
    rss_gradient: Float
    logdet_hessian: Float
    rss_hessian: Float
    information_change: Float
    rss: float
    dof: int

    @property
    def gradient(self) -> Float:
        """Gradient of the profiled criterion, shape (k,)."""
        return self.logdet_gradient + self.rss_gradient * (self.dof / self.rss)

    @property
    def hessian(self) -> Float:
        """Hessian of the profiled criterion, shape (k, k)."""
        scaled = self.rss_gradient / self.rss
        return self.logdet_hessian + self.dof * (self.rss_hessian / self.rss - np.outer(scaled, scaled))


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """The sums over subjects from which every derivative at one point follows.

    Attributes
    ----------
    logdet_S, rss_S : shape (q, q), symmetric gradients in S
    pairs : shape (3, q, q, q, q), sums of ``B x B``, ``K x B`` and ``ee' x B``
    crosses : shape (q, q, p + 1, p + 1), sum of ``f_a x f_b`` over the columns of ``[F R_X^-1, e]``
    at : where they were taken
    """

    logdet_S: Float
    rss_S: Float
    pairs: Float
    crosses: Float
    at: Profile

    @property
    def gradient_S(self) -> Float:
        """Gradient of the profiled criterion in S, shape (q, q)."""
        return self.logdet_S + self.rss_S / self.at.sigma2


def profile(root: Float, blocks: SubjectBlocks, *, reml: bool) -> Profile:
    """Evaluate the profiled criterion at ``S = root root'``; Lambda is one such root, shape (q, q)."""
    dof = blocks.n_obs - (blocks.n_fixed if reml else 0)
    logdet, rss, beta, beta_root, B, F = _solve_subjects(root, blocks.ztz, blocks.ztw, blocks.wtw)
    criterion = float("inf")
    if rss > 0:  # false where a factorisation failed
        if reml:
            logdet += blocks.scaling.logdet_x - 2 * np.log(np.diagonal(beta_root)).sum()
        criterion = logdet + dof * (1 + np.log(2 * np.pi * rss * blocks.scaling.size**2 / dof))
    return Profile(
        criterion=float(criterion) if np.isfinite(criterion) else float("inf"),
        beta=beta,
        sigma2=float(rss / dof),
        dof=dof,
        beta_root=beta_root,
        root=root,
        B=B,
        F=F,
        reml=reml,
    )


def sum_subjects(at: Profile) -> Sums:
    """Take the sums over subjects that the derivatives need, at a point where the criterion was evaluated."""
    return Sums(*_accumulate(at.B, at.F, at.beta, at.beta_root, at.reml), at=at)


def curvature(sums: Sums, first: Float, second: Float) -> Curvature:
    """Differentiate the criterion twice along any parametrisation of S.

    Parameters
    ----------
    sums : the sums over subjects
    first : shape (k, q, q), ``dS`` for each parameter
    second : shape (k, k, q, q), ``d2S`` for each pair of them
    """
    logdet_hessian, rss_hessian, change = _contract(first, sums.pairs, sums.crosses, sums.at.reml)
    return Curvature(
        logdet_gradient=np.einsum("tab,ab->t", first, sums.logdet_S),
        rss_gradient=np.einsum("tab,ab->t", first, sums.rss_S),
        logdet_hessian=logdet_hessian + np.einsum("stab,ab->st", second, sums.logdet_S),
        rss_hessian=rss_hessian + np.einsum("stab,ab->st", second, sums.rss_S),
        information_change=change,
        rss=sums.at.sigma2 * sums.at.dof,
        dof=sums.at.dof,
    )


@njit(cache=True, nogil=True)
def _cholesky(M: Float) -> bool:  # pragma: no cover
    """Overwrite the lower triangle of ``M`` with its Cholesky factor; False if it has none."""
    for j in range(M.shape[0]):
        for c in range(j):
            M[j, j] -= M[j, c] * M[j, c]
        if not M[j, j] > 0.0:
            return False
        M[j, j] = np.sqrt(M[j, j])
        for r in range(j + 1, M.shape[0]):
            for c in range(j):
                M[r, j] -= M[r, c] * M[j, c]
            M[r, j] /= M[j, j]
    return True


@njit(cache=True, nogil=True)
def _solve_lower(L: Float, U: Float) -> None:  # pragma: no cover
    """Overwrite ``U`` with ``L^-1 U``."""
    for j in range(U.shape[1]):
        for r in range(L.shape[0]):
            for c in range(r):
                U[r, j] -= L[r, c] * U[c, j]
            U[r, j] /= L[r, r]


@njit(cache=True, nogil=True)
def _solve_subjects(
    root: Float, ztz: Float, ztw: Float, wtw: Float
) -> tuple[float, float, Float, Float, Float, Float]:  # pragma: no cover
    """``log|V|, rss, beta, R_X^-1, B, F``; rss is not finite where a factorisation fails."""
    m, q, r = ztw.shape
    p = r - 1
    B, F, W = np.empty((m, q, q)), np.empty((m, q, r)), wtw.copy()
    M, AL, half_a, half_w = np.empty((q, q)), np.empty((q, q)), np.empty((q, q)), np.empty((q, r))
    beta, beta_root = np.zeros(p), np.zeros((p, p))
    logdet, ok = 0.0, True
    for i in range(m):
        for a in range(q):
            for b in range(q):
                AL[a, b] = 0.0
                for c in range(q):
                    AL[a, b] += ztz[i, a, c] * root[c, b]
        for a in range(q):
            for b in range(q):
                M[a, b] = 1.0 if a == b else 0.0
                half_a[a, b] = AL[b, a]
                for c in range(q):
                    M[a, b] += root[c, a] * AL[c, b]
            for b in range(r):
                half_w[a, b] = 0.0
                for c in range(q):
                    half_w[a, b] += root[c, a] * ztw[i, c, b]
        ok = ok and _cholesky(M)
        if not ok:
            break
        _solve_lower(M, half_a)
        _solve_lower(M, half_w)
        for a in range(q):
            logdet += 2.0 * np.log(M[a, a])
            for b in range(q):
                B[i, a, b] = ztz[i, a, b]
                for c in range(q):
                    B[i, a, b] -= half_a[c, a] * half_a[c, b]
            for b in range(r):
                F[i, a, b] = ztw[i, a, b]
                for c in range(q):
                    F[i, a, b] -= half_a[c, a] * half_w[c, b]
        for a in range(r):
            for b in range(a + 1):
                for c in range(q):
                    W[a, b] -= half_w[c, a] * half_w[c, b]
    if not ok or not _cholesky(W):
        return logdet, np.nan, beta, beta_root, B, F
    for j in range(p):  # R_X^-1 = L_W^-T: solve L_W' beta_root = I from below
        for row in range(j, -1, -1):
            total = 1.0 if row == j else 0.0
            for c in range(row + 1, j + 1):
                total -= W[c, row] * beta_root[c, j]
            beta_root[row, j] = total / W[row, row]
    for a in range(p):
        for b in range(a, p):
            beta[a] += beta_root[a, b] * W[p, b]
    return logdet, W[p, p] ** 2, beta, beta_root, B, F


@njit(cache=True, nogil=True)
def _accumulate(
    B: Float, F: Float, beta: Float, root: Float, reml: bool
) -> tuple[Float, Float, Float, Float]:  # pragma: no cover
    """The fields of ``Sums``, in their order."""
    m, q, r = F.shape
    p = r - 1
    logdet_S, rss_S = np.zeros((q, q)), np.zeros((q, q))
    pairs, crosses = np.zeros((3, q, q, q, q)), np.zeros((q, q, r, r))
    f, K = np.empty((q, r)), np.empty((q, q))
    for i in range(m):
        for a in range(q):
            f[a, p] = F[i, a, p]
            for j in range(p):
                f[a, p] -= F[i, a, j] * beta[j]
                f[a, j] = 0.0
                for c in range(j + 1):
                    f[a, j] += F[i, a, c] * root[c, j]
        for a in range(q):
            for b in range(q):
                K[a, b] = 0.0
                if reml:
                    for j in range(p):
                        K[a, b] += f[a, j] * f[b, j]
                logdet_S[a, b] += B[i, a, b] - K[a, b]
                rss_S[a, b] -= f[a, p] * f[b, p]
                for j in range(r):
                    for c in range(r):
                        crosses[a, b, j, c] += f[a, j] * f[b, c]
        for a in range(q):
            for b in range(q):
                ee = f[a, p] * f[b, p]
                for c in range(q):
                    for d in range(q):
                        pairs[0, a, b, c, d] += B[i, a, b] * B[i, c, d]
                        pairs[1, a, b, c, d] += K[a, b] * B[i, c, d]
                        pairs[2, a, b, c, d] += ee * B[i, c, d]
    return logdet_S, rss_S, pairs, crosses


@njit(cache=True, nogil=True)
def _contract(first: Float, pairs: Float, crosses: Float, reml: bool) -> tuple[Float, Float, Float]:  # pragma: no cover
    """The second derivatives along k directions of S, and the change of X'V^-1 X along each."""
    k, q, r = first.shape[0], first.shape[1], crosses.shape[2]
    p = r - 1
    P = np.zeros((k, r, r))
    logdet_h, rss_h = np.zeros((k, k)), np.zeros((k, k))
    for t in range(k):
        for a in range(q):
            for b in range(q):
                if first[t, a, b] != 0.0:
                    for j in range(r):
                        for c in range(r):
                            P[t, j, c] += crosses[a, b, j, c] * first[t, a, b]
    for s in range(k):
        for t in range(s + 1):
            bb, kb, eb = 0.0, 0.0, 0.0  # tr(B D B E), tr(K D B E), e'D B E e
            for b in range(q):
                for c in range(q):
                    if first[s, b, c] == 0.0:
                        continue
                    for d in range(q):
                        for a in range(q):
                            weight = first[s, b, c] * first[t, d, a]
                            bb += pairs[0, a, b, c, d] * weight
                            kb += pairs[1, a, b, c, d] * weight
                            eb += pairs[2, a, b, c, d] * weight
            pp, gg = 0.0, 0.0  # tr(H P_D H P_E), g_D'H g_E
            for j in range(p):
                gg += P[s, j, p] * P[t, j, p]
                for c in range(p):
                    pp += P[s, j, c] * P[t, c, j]
            logdet_h[s, t] = 2.0 * kb - bb - (pp if reml else 0.0)
            rss_h[s, t] = 2.0 * (eb - gg)
            logdet_h[t, s], rss_h[t, s] = logdet_h[s, t], rss_h[s, t]
    return logdet_h, rss_h, P[:, :p, :p].copy()
