"""From parameters to data: subjects' trajectories at the rows of a design, and values about them.

mu_i = X_i beta + Z_i b_i,   y_ij = mu_ij + sigma_ij e_ij,   e_ij ~ N(0, 1) or t(nu)
log sigma_ij = log sigma_arm + gamma (mu_ij - centre)
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.knots import AFTER, BEFORE, FIXED, split_phases
from alsmodels.bayes.scatter import arm_codes
from alsmodels.model.design import Design
from alsmodels.model.response import ResponseModel

__all__ = ["censor_values", "scatter_values", "subject_trajectories"]

Array = NDArray[np.float64]

# Beyond it the exponential of a level's effect is no number; the prior that asks for it is absurd all the same.
MOST_LOG_SD = 500.0


def subject_trajectories(design: Design, response: ResponseModel, draws: Mapping[str, Array]) -> Array:
    """``X beta + Z b`` at every row, shape (s, n), the phases at each draw's own knot."""
    if response.knot is None:
        return _combine(design, draws, design.X, design.Z)
    split = split_phases(design)
    before = np.minimum(split.week, draws["knot"][:, None])
    rates = {
        kind: _combine(design, draws, split.x_other * (split.x_kind == kind), split.z_other * (split.z_kind == kind))
        for kind in (FIXED, BEFORE, AFTER)
    }
    return np.asarray(rates[FIXED] + before * rates[BEFORE] + (split.week - before) * rates[AFTER])


def scatter_values(
    design: Design,
    response: ResponseModel,
    draws: Mapping[str, Array],
    mu: Array,
    rng: np.random.Generator,
    *,
    arms: NDArray[np.int64] | None = None,
) -> Array:
    """Values about trajectories, shape (s, n), uncensored; ``arms`` numbers the arms of rows that are new."""
    sigma, own = draws["sigma"], arms if arms is not None or not response.sd_by_arm else arm_codes(design)
    sd = sigma[:, None] if own is None else sigma[:, own]
    if response.sd_by_level:
        log_ratio = draws["level_effect"][:, None] * (mu - float(np.mean(design.y)))
        sd = sd * np.exp(np.minimum(log_ratio, MOST_LOG_SD))
    heavy = response.tails == "student_t"
    noise = rng.standard_t(draws["df"][:, None], mu.shape) if heavy else rng.standard_normal(mu.shape)
    return np.asarray(mu + sd * noise)


def censor_values(y: Array, design: Design) -> Array:
    """Put predicted values, shape (..., n), to the limits that the design's data are censored at.

    A row that was censored keeps its own limit; the others have the outermost one of the data.
    """
    limits, floor, ceiling = design.limits, np.full(design.n_obs, -np.inf), np.full(design.n_obs, np.inf)
    left, right = np.isinf(limits.lower), np.isinf(limits.upper)
    if left.any():
        floor = np.where(left, design.y, design.y[left].min())
    if right.any():
        ceiling = np.where(right, design.y, design.y[right].max())
    return np.asarray(np.clip(y, floor, ceiling))


def _combine(design: Design, draws: Mapping[str, Array], X: Array, Z: Array) -> Array:
    total = np.asarray(draws["beta"] @ X.T)
    for number in range(Z.shape[1]):
        total += draws["b"][:, design.codes, number] * Z[:, number]
    return total
