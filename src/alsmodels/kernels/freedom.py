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
from alsmodels.kernels.coordinates import theta_moves
from alsmodels.kernels.covariance import block_factor
from alsmodels.kernels.derivatives import Curvature
from alsmodels.kernels.optimum import Profile, differentiate

__all__ = ["Freedom", "find_freedom", "satterthwaite"]

# Curvature, of parameters scaled to curvature one, at which a direction counts as flat.
FLAT = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class Freedom:
    """What Satterthwaite's formula needs, in the user's units.

    Attributes
    ----------
    beta_cov : shape (p, p), Var(beta)
    beta_cov_change : shape (k + 1, p, p), its derivative in theta and sigma
    parameter_cov : shape (k + 1, k + 1), asymptotic covariance of (theta, sigma)
    """

    beta_cov: Float
    beta_cov_change: Float
    parameter_cov: Float


def find_freedom(at: Profile, blocks: SubjectBlocks) -> Freedom:
    """Derivatives of Var(beta) and the covariance of (theta, sigma) at the optimum."""
    scaling = blocks.scaling
    factor = block_factor(at.root, blocks.template)
    slopes = differentiate(at, *theta_moves(factor, blocks.template, scaling.z_factor))
    sigma = np.sqrt(at.sigma2) * scaling.size
    root = sigma * scaling.beta_root(at.beta_root)
    beta_cov = root @ root.T
    changes = np.concatenate([root @ slopes.information_change @ root.T, 2 * beta_cov[None] / sigma])
    return Freedom(beta_cov, changes, _parameter_cov(slopes, at.sigma2, scaling.size))


def satterthwaite(contrast: Float, freedom: Freedom) -> float:
    """Degrees of freedom of ``contrast @ beta``, contrast of shape (p,)."""
    variance = contrast @ freedom.beta_cov @ contrast
    gradient = np.einsum("a,tab,b->t", contrast, freedom.beta_cov_change, contrast)
    spread = gradient @ freedom.parameter_cov @ gradient
    return float(2 * variance**2 / spread) if spread > 0 else float("inf")


def _parameter_cov(slopes: Curvature, sigma2: float, size: float) -> Float:
    """``2 H^-1`` over (theta, sigma); directions in which the likelihood is flat or falls are left out."""
    k = len(slopes.rss_gradient)
    hessian = np.empty((k + 1, k + 1))
    hessian[:k, :k] = slopes.logdet_hessian + slopes.rss_hessian / sigma2
    hessian[k, :k] = hessian[:k, k] = -2 * slopes.rss_gradient / (sigma2**1.5 * size)
    hessian[k, k] = 4 * slopes.dof / (sigma2 * size**2)
    steep = np.sqrt(np.abs(np.diagonal(hessian)))
    unit = np.where(steep > 0, steep, 1.0)
    values, vectors = np.linalg.eigh(hessian / np.outer(unit, unit))
    kept = values > FLAT
    root = vectors[:, kept] / np.sqrt(values[kept]) / unit[:, None]
    return np.asarray(2 * root @ root.T)
