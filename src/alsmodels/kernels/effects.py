"""What is known of each subject's random effects once the parameters are: conditional modes and covariances.

    E(b_i | y) = G_i Z_i'(y_i - X_i beta),   Var(b_i | y, beta) = sigma^2 G_i,   G_i = R M_i^-1 R,   M_i = I + R A_i R

(Robinson 1991, Statistical Science 6, section 2; the variance does not count that beta is estimated, as in lme4.)
"""

from dataclasses import dataclass

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.optimum import Profile

__all__ = ["ConditionalEffects", "conditional_effects"]


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalEffects:
    """Random effects given the data, in the user's units.

    Attributes
    ----------
    modes : ndarray of shape (m, q)
    covariance : ndarray of shape (m, q, q)
    """

    modes: Float
    covariance: Float


def conditional_effects(at: Profile, blocks: SubjectBlocks) -> ConditionalEffects:
    """Random effects of every subject given the data and the parameters at a point."""
    R, T, size = at.root, blocks.scaling.z_factor, blocks.scaling.size
    M = np.eye(len(R)) + np.einsum("ab,bcg,cd->gad", R, blocks.ztz, R)
    half = T @ R @ np.linalg.solve(M, R[None])
    left = blocks.own - np.einsum("ajg,j->ag", blocks.ztx, at.beta)[:, blocks.codes]
    modes = size * np.einsum("mab,bm->ma", half[blocks.codes], left)
    return ConditionalEffects(modes=modes, covariance=size**2 * at.sigma2 * (half @ T.T)[blocks.codes])
