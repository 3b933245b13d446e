"""The two derivatives of the profiled criterion, exact, from sums over the patterns of subjects.

They are taken in S, in which V is linear. With ``H = (X'V^-1 X)^-1``, ``K_i = F_i H F_i'`` over the columns of X,
``e_i = Z_i'V_i^-1 (y_i - X_i beta)``, the rest as in ``likelihood``, and any symmetric directions D, E,

    logdet'[D]    = sum tr(B_i D) - tr(K_i D)
    rss'[D]       = -sum e_i'D e_i
    logdet''[D,E] = sum -tr(B_i D B_i E) + 2 tr(K_i D B_i E)  - tr(H P_D H P_E),   P_D = sum F_i'D F_i
    rss''[D,E]    = 2 [sum e_i'D B_i E e_i - g_D'H g_E],                           g_D = sum F_i'D e_i

(the terms in K and P belong to REML only; differentiate ``dV^-1 = -V^-1 dV V^-1`` once more). All of it follows
from sums of products of the elements of B, K, sum e e' and F R_X^-1, taken once for all directions.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.compiling import count_numbers, njit
from alsmodels.kernels.frames import turn
from alsmodels.kernels.stretches import STRETCH

__all__ = ["Curvature", "Products", "Sums", "add_products", "contract", "make_products", "turn_moves", "unpack"]


class Products(NamedTuple):
    """Sums over patterns of products of packed elements, the pairs (a, b) with b <= a in rows.

    Attributes
    ----------
    firsts : ndarray of shape (3, t)
        The elements of B, K and ee' themselves, t = q (q + 1) / 2.
    pairs : ndarray of shape (3, t, t)
        Of B with B (its lower triangle), K with B, and ee' with B.
    crosses : ndarray of shape (q p, q p)
        Of the elements of F R_X^-1 with each other (its lower triangle).
    slopes : ndarray of shape (q p, q)
        Of them with those of e.
    """

    firsts: Float
    pairs: Float
    crosses: Float
    slopes: Float


class Sums(NamedTuple):
    """The sums from which every derivative at one point follows, along the eigenvectors of S.

    Attributes
    ----------
    logdet_S, rss_S : ndarray of shape (q, q)
        Symmetric gradients in S.
    B_S : ndarray of shape (q, q)
        The sum of B.
    pairs : ndarray of shape (3, q, q, q, q)
        Sums of ``B x B``, ``K x B`` and ``ee' x B``.
    crosses : ndarray of shape (q, q, p, p + 1)
        Sum of ``f_a x [f_b, e_b]``, f the columns of ``F R_X^-1``.
    """

    logdet_S: Float
    rss_S: Float
    B_S: Float
    pairs: Float
    crosses: Float


@dataclass(frozen=True, slots=True, eq=False)
class Curvature:
    """First and second derivatives of the two parts of the criterion, and of Var(beta), along k directions.

    Attributes
    ----------
    logdet_gradient, rss_gradient : ndarray of shape (k,)
    logdet_hessian, rss_hessian : ndarray of shape (k, k)
    information_change : ndarray of shape (k, p, p)
        ``R_X^-T (X'V^-1 dV V^-1 X) R_X^-1``.
    rss : float
        Residual sum of squares ``r^2``.
    dof : int
        Nu.
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


@njit(cache=True, nogil=True)
def make_products(q, p):  # type: ignore[no-untyped-def]  # numba infers the types
    """Sums of nothing."""
    t = q * (q + 1) // 2
    return Products(np.zeros((3, t)), np.zeros((3, t, t)), np.zeros((q * p, q * p)), np.zeros((q * p, q)))


@njit(cache=True, nogil=True)
def add_products(start, stop, counts, at, fixed, total):  # type: ignore[no-untyped-def]  # numba infers the types
    """Add the patterns ``start`` to ``stop`` to ``total``.

    Parameters
    ----------
    start, stop : the range of patterns
    counts : ndarray of shape (g,)
        Subjects of each.
    at : the ``Workspace`` that `accumulate` filled
    fixed : the ``Fixed`` that `finish` made of its W
    total : a ``Products``
    """
    q, p = at.F.shape[0], at.F.shape[1]
    t = q * (q + 1) // 2
    B, K, E = np.empty((t, STRETCH)), np.empty((t, STRETCH)), np.empty((t, STRETCH))
    h, e = np.empty((q * p, STRETCH)), np.empty((q, STRETCH))
    for first in range(start, stop, STRETCH):
        n = min(STRETCH, stop - first)
        _find_elements(first, n, counts, at, fixed, B, K, E, h, e)
        _multiply_elements(first, n, counts, B, K, E, h, e, total)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _find_elements(first, n, counts, at, fixed, B, K, E, h, e):  # type: ignore[no-untyped-def]
    """B; counts times K; the sum of ee'; ``h = F R_X^-1``; the mean of e."""
    q, p = at.F.shape[0], at.F.shape[1]
    for a in range(q):
        for s in range(n):
            e[a, s] = at.Fy[a, first + s]
        for j in range(p):
            weight = fixed.beta[j]
            for s in range(n):
                e[a, s] -= weight * at.F[a, j, first + s]
            row = a * p + j
            for s in range(n):
                h[row, s] = 0.0
            for c in range(j + 1):
                weight = fixed.beta_root[c, j]
                for s in range(n):
                    h[row, s] += weight * at.F[a, c, first + s]
    t = 0
    for a in range(q):
        for b in range(a + 1):
            for s in range(n):
                B[t, s] = at.B[a, b, first + s]
                E[t, s] = at.Y[a, b, first + s] + counts[first + s] * e[a, s] * e[b, s]
                K[t, s] = 0.0
            for j in range(p):
                for s in range(n):
                    K[t, s] += h[a * p + j, s] * h[b * p + j, s]
            for s in range(n):
                K[t, s] *= counts[first + s]
            t += 1


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _multiply_elements(first, n, counts, B, K, E, h, e, total):  # type: ignore[no-untyped-def]
    for t in range(B.shape[0]):
        b, k, ee = 0.0, 0.0, 0.0
        for s in range(n):
            b += counts[first + s] * B[t, s]
            k += K[t, s]
            ee += E[t, s]
        total.firsts[0, t] += b
        total.firsts[1, t] += k
        total.firsts[2, t] += ee
        for u in range(B.shape[0]):
            b, k, ee = 0.0, 0.0, 0.0
            for s in range(n):
                k += K[t, s] * B[u, s]
                ee += E[t, s] * B[u, s]
            total.pairs[1, t, u] += k
            total.pairs[2, t, u] += ee
            if u <= t:
                for s in range(n):
                    b += counts[first + s] * B[t, s] * B[u, s]
                total.pairs[0, t, u] += b
    for row in range(h.shape[0]):
        for a in range(e.shape[0]):
            g = 0.0
            for s in range(n):
                g += counts[first + s] * h[row, s] * e[a, s]
            total.slopes[row, a] += g
        for column in range(row + 1):
            f = 0.0
            for s in range(n):
                f += counts[first + s] * h[row, s] * h[column, s]
            total.crosses[row, column] += f


@njit(cache=True, nogil=True)
def unpack(total, q, reml):  # type: ignore[no-untyped-def]  # a Products makes Sums
    """The sums as full tensors."""
    p = total.crosses.shape[0] // q
    place = np.empty((q, q), np.int64)
    t = 0
    for a in range(q):
        for b in range(a + 1):
            place[a, b] = place[b, a] = t
            t += 1
    logdet_S, rss_S, B_S = np.empty((q, q)), np.empty((q, q)), np.empty((q, q))
    pairs, crosses = np.empty((3, q, q, q, q)), np.empty((q, q, p, p + 1))
    for a in range(q):
        for b in range(q):
            t = place[a, b]
            logdet_S[a, b] = total.firsts[0, t] - (total.firsts[1, t] if reml else 0.0)
            rss_S[a, b], B_S[a, b] = -total.firsts[2, t], total.firsts[0, t]
            for c in range(q):
                for d in range(q):
                    u = place[c, d]
                    pairs[0, a, b, c, d] = total.pairs[0, max(t, u), min(t, u)]
                    pairs[1, a, b, c, d] = total.pairs[1, t, u]
                    pairs[2, a, b, c, d] = total.pairs[2, t, u]
            for j in range(p):
                crosses[a, b, j, p] = total.slopes[a * p + j, b]
                for c in range(p):
                    row, column = a * p + j, b * p + c
                    crosses[a, b, j, c] = total.crosses[max(row, column), min(row, column)]
    return Sums(logdet_S, rss_S, B_S, pairs, crosses)


@njit(cache=True, nogil=True, seconds=1.0, steps=count_numbers)
def turn_moves(vectors, first, second):  # type: ignore[no-untyped-def]  # two arrays
    """Moves of S, shapes (k, q, q) and (k, k, q, q), along the eigenvectors of S: ``U'first U``, ``U'second U``."""
    k, turned, bent = len(first), np.empty_like(first), np.empty_like(second)
    across = np.ascontiguousarray(vectors.T)
    for s in range(k):
        turn(first[s], across, turned[s])
        for t in range(s + 1):
            turn(second[s, t], across, bent[s, t])
            bent[t, s] = bent[s, t]
    return turned, bent


@njit(cache=True, nogil=True)
def contract(first, second, sums, reml):  # type: ignore[no-untyped-def]  # numba infers the types
    """The first five fields of ``Curvature``."""
    k, q, p = first.shape[0], first.shape[1], sums.crosses.shape[2]
    P = np.zeros((k, p, p + 1))
    logdet_g, rss_g = np.zeros(k), np.zeros(k)
    logdet_h, rss_h = np.zeros((k, k)), np.zeros((k, k))
    for t in range(k):
        for a in range(q):
            for b in range(q):
                weight = first[t, a, b]
                if weight != 0.0:
                    logdet_g[t] += weight * sums.logdet_S[a, b]
                    rss_g[t] += weight * sums.rss_S[a, b]
                    for j in range(p):
                        for c in range(p + 1):
                            P[t, j, c] += sums.crosses[a, b, j, c] * weight
    for s in range(k):
        for t in range(s + 1):
            bb, kb, eb = 0.0, 0.0, 0.0  # tr(B D B E), tr(K D B E), e'D B E e
            for b in range(q):
                for c in range(q):
                    logdet_h[s, t] += second[s, t, b, c] * sums.logdet_S[b, c]
                    rss_h[s, t] += second[s, t, b, c] * sums.rss_S[b, c]
                    if first[s, b, c] == 0.0:
                        continue
                    for d in range(q):
                        for a in range(q):
                            weight = first[s, b, c] * first[t, d, a]
                            if weight != 0.0:
                                bb += sums.pairs[0, a, b, c, d] * weight
                                kb += sums.pairs[1, a, b, c, d] * weight
                                eb += sums.pairs[2, a, b, c, d] * weight
            pp, gg = 0.0, 0.0  # tr(H P_D H P_E), g_D'H g_E
            for j in range(p):
                gg += P[s, j, p] * P[t, j, p]
                for c in range(p):
                    pp += P[s, j, c] * P[t, c, j]
            logdet_h[s, t] += 2.0 * kb - bb - pp if reml else -bb
            rss_h[s, t] += 2.0 * (eb - gg)
            logdet_h[t, s], rss_h[t, s] = logdet_h[s, t], rss_h[s, t]
    return logdet_g, rss_g, logdet_h, rss_h, P[:, :, :p].copy()
