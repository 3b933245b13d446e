"""What is known of each subject's random effects once the parameters are: conditional modes and covariances.

    E(b_i | y) = S Z_i'V_i^-1 (y_i - X_i beta),   Var(b_i | y, beta) = sigma^2 (S - S B_i S)

(Robinson 1991, Statistical Science 6, section 2; the variance does not count that beta is estimated, as in lme4.)
"""

from dataclasses import dataclass

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.likelihood import Profile

__all__ = ["ConditionalEffects", "conditional_effects"]


@dataclass(frozen=True, slots=True, eq=False)
class ConditionalEffects:
    """Random effects given the data, in the user's units.

    Attributes
    ----------
    modes : shape (m, q)
    covariance : shape (m, q, q)
    """

    modes: Float
    covariance: Float


def conditional_effects(at: Profile, blocks: SubjectBlocks) -> ConditionalEffects:
    """Random effects of every subject given the data and the parameters at a point."""
    S, T, size = at.root @ at.root.T, blocks.scaling.z_factor, blocks.scaling.size
    scores = at.F[:, :, -1] - at.F[:, :, :-1] @ at.beta
    inner = at.sigma2 * (S - S @ at.B @ S)
    return ConditionalEffects(modes=size * scores @ (T @ S).T, covariance=np.asarray(size**2 * T @ inner @ T.T))
