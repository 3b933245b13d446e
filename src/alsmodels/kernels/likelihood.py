"""The profiled (RE)ML criterion of a linear mixed model with one grouping factor.

With ``A_i = Z_i'Z_i``, ``M_i = Lambda'A_i Lambda + I = L_i L_i'``, ``V_i = I + Z_i S Z_i'``, ``S = Lambda Lambda'`` and
``w = [X, y]``, one pass over the subjects gives

    B_i = Z_i'V_i^-1 Z_i,   F_i = Z_i'V_i^-1 w_i,   W = w'V^-1 w = R'R,   log|V| = sum_i 2 log|L_i|

and the criterion is, with nu = n - p (REML) or n (ML) and r the last diagonal element of R,

    c(S) = logdet + nu (1 + log(2 pi r^2 / nu)),   logdet = log|V| [+ 2 log|R_X| for REML]

(Bates et al. 2015, equations 34 and 39). ``derivatives`` differentiates it. Both have a dense twin in
``tests/support/dense.py``.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.triangular import factorise, solve_lower

__all__ = ["Profile", "profile"]


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


@njit(cache=True, nogil=True)
def _solve_subjects(root: Float, ztz: Float, ztw: Float, wtw: Float) -> tuple[float, float, Float, Float, Float, Float]:
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
        ok = ok and factorise(M)
        if not ok:
            break
        solve_lower(M, half_a)
        solve_lower(M, half_w)
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
    if not ok or not factorise(W):
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
