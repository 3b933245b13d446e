"""Satterthwaite's degrees of freedom for a contrast of the fixed effects.

For ``l'beta`` with estimated variance ``v(psi) = l'V(psi) l``, where psi = (theta, sigma),

    df = 2 v^2 / (g'A g),   g = dv/dpsi,   A = 2 H^-1

and H is the Hessian in psi of minus twice the log (restricted) likelihood with only beta profiled out
(Fai & Cornelius 1996; Kuznetsova, Brockhoff & Christensen 2017, J. Stat. Softw. 82(13), section 2). psi is
lme4's, as lmerTest takes it: at a singular fit, where theta has zeros, the answer depends on the parameters chosen.
"""

from dataclasses import dataclass

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.compiling import count_numbers, njit
from alsmodels.kernels.coordinates import move_theta
from alsmodels.kernels.covariance import lower_factor
from alsmodels.kernels.derivatives import contract, turn_moves
from alsmodels.kernels.eigen import diagonalise
from alsmodels.kernels.frames import turn
from alsmodels.kernels.optimum import Profile

__all__ = ["Freedom", "find_freedom", "match_moments", "satterthwaite", "take_freedom"]

# Curvature, of parameters scaled to curvature one, at which a direction counts as flat.
FLAT = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Freedom:
    """What Satterthwaite's formula needs, in the user's units.

    Attributes
    ----------
    beta_cov : ndarray of shape (p, p)
        Var(beta).
    beta_cov_change : ndarray of shape (k + 1, p, p)
        Its derivative in theta and sigma.
    parameter_cov : ndarray of shape (k + 1, k + 1)
        Asymptotic covariance of (theta, sigma).
    """

    beta_cov: Float
    beta_cov_change: Float
    parameter_cov: Float


def find_freedom(at: Profile, blocks: SubjectBlocks) -> Freedom:
    """Derivatives of Var(beta) and the covariance of (theta, sigma) at the optimum."""
    scaling, template = blocks.scaling, blocks.template
    root = np.sqrt(at.sigma2) * scaling.size * scaling.beta_root(at.beta_root)
    factor = lower_factor(at.root, template.edges)
    first, second = move_theta(factor, template.rows, template.cols, scaling.z_factor)
    first, second = turn_moves(at.vectors, first, second)
    return Freedom(*take_freedom(root, first, second, at.sums, at.sigma2, scaling.size, at.dof, at.reml))


def satterthwaite(contrast: Float, freedom: Freedom) -> float:
    """Degrees of freedom of ``contrast @ beta``, contrast of shape (p,)."""
    contrast = np.ascontiguousarray(contrast, dtype=float)
    return float(match_moments(contrast, freedom.beta_cov, freedom.beta_cov_change, freedom.parameter_cov))


@njit(cache=True, nogil=True, error_model="numpy", seconds=1.0, steps=count_numbers)
def match_moments(contrast: Float, beta_cov: Float, beta_cov_change: Float, parameter_cov: Float) -> float:
    """`satterthwaite` from the fields of a ``Freedom``."""
    p, k = len(contrast), len(parameter_cov)
    variance, spread, gradient = 0.0, 0.0, np.zeros(k)
    for a in range(p):
        for b in range(p):
            weight = contrast[a] * contrast[b]
            variance += weight * beta_cov[a, b]
            for t in range(k):
                gradient[t] += weight * beta_cov_change[t, a, b]
    for s in range(k):
        for t in range(k):
            spread += gradient[s] * parameter_cov[s, t] * gradient[t]
    return 2.0 * variance**2 / spread if spread > 0 else np.inf


@njit(cache=True, nogil=True, optimise=2, seconds=3.0, steps=count_numbers)
def take_freedom(root, first, second, sums, sigma2, size, dof, reml):  # type: ignore[no-untyped-def]  # three arrays
    """The fields of ``Freedom``.

    Parameters
    ----------
    root : ndarray of shape (p, p)
        ``Var(beta) = root root'``.
    first, second : ndarray of shape (k, q, q) and (k, k, q, q)
        How theta moves S, along its eigenvectors.
    sums, sigma2, dof, reml : of the ``Profile``
    size : of the ``Scaling``
    """
    _, rss_g, logdet_h, rss_h, information = contract(first, second, sums, reml)
    k, p, sigma = len(first), len(root), np.sqrt(sigma2) * size
    beta_cov, changes = np.empty((p, p)), np.empty((k + 1, p, p))
    turn(np.eye(p), root, beta_cov)
    for t in range(k):
        turn(information[t], root, changes[t])
    changes[k] = 2.0 * beta_cov / sigma
    hessian = np.empty((k + 1, k + 1))
    hessian[:k, :k] = logdet_h + rss_h / sigma2
    hessian[k, :k] = hessian[:k, k] = -2.0 * rss_g / (sigma2**1.5 * size)
    hessian[k, k] = 4.0 * dof / sigma**2
    return beta_cov, changes, _twice_inverse(hessian)


@njit(cache=True, nogil=True, error_model="numpy")
def _twice_inverse(hessian: Float) -> Float:
    """``2 H^-1`` over (theta, sigma); directions in which the likelihood is flat or falls are left out."""
    k = len(hessian)
    inverse, scaled, unit = np.zeros((k, k)), np.empty((k, k)), np.ones(k)
    for t in range(k):
        if hessian[t, t] != 0.0:
            unit[t] = np.sqrt(np.abs(hessian[t, t]))
    for s in range(k):
        for t in range(k):
            scaled[s, t] = hessian[s, t] / (unit[s] * unit[t])
    values, vectors = diagonalise(scaled)
    for direction in range(k):
        if values[direction] > FLAT:
            for s in range(k):
                for t in range(k):
                    product = vectors[s, direction] * vectors[t, direction]
                    inverse[s, t] += 2.0 * product / (values[direction] * unit[s] * unit[t])
    return inverse
