"""The two derivatives of the profiled criterion, exact, from sums over the subjects.

They are taken in S = Lambda Lambda', in which V is linear. With ``H = (X'V^-1 X)^-1``, ``K_i = F_i H F_i'`` over the
columns of X, ``e_i = Z_i'V_i^-1 (y_i - X_i beta)``, the rest as in ``likelihood``, and any symmetric directions D, E,

    logdet'[D]    = sum tr(B_i D) - tr(K_i D)
    rss'[D]       = -sum e_i'D e_i
    logdet''[D,E] = sum -tr(B_i D B_i E) + 2 tr(K_i D B_i E)  - tr(H P_D H P_E),   P_D = sum F_i'D F_i
    rss''[D,E]    = 2 [sum e_i'D B_i E e_i - g_D'H g_E],                           g_D = sum F_i'D e_i

(the terms in K and P belong to REML only; differentiate ``dV^-1 = -V^-1 dV V^-1`` once more).
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.likelihood import Profile

__all__ = ["Curvature", "Sums", "are_compiled", "curvature", "sum_subjects"]


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


def are_compiled() -> bool:
    """Whether the kernels of a fit are ready in this process: these are the last of them to be compiled."""
    return bool(_accumulate.signatures and _contract.signatures)


@njit(cache=True, nogil=True)
def _accumulate(B: Float, F: Float, beta: Float, root: Float, reml: bool) -> tuple[Float, Float, Float, Float]:
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
def _contract(first: Float, pairs: Float, crosses: Float, reml: bool) -> tuple[Float, Float, Float]:
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
