"""Mean trajectories of the arms, with bands."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from alsmodels.frequentist.fit import LMMFit
from alsmodels.frequentist.intervals import infer
from alsmodels.model.trajectory import mean_rows

__all__ = ["mean_trajectories"]

GRID = 61


def mean_trajectories(fit: LMMFit, *, weeks: ArrayLike | None = None, level: float = 0.95) -> pd.DataFrame:
    """The fitted mean response of each arm over time, with pointwise confidence limits.

    Parameters
    ----------
    fit : a fitted model
    weeks : where to look; by default an even grid from baseline to the last visit, with the knot
    level : of the pointwise limits

    Returns
    -------
    pandas.DataFrame
        arm (absent if the model has none), week, estimate, std_error, lower, upper; on the scale of the response.
    """
    design = fit.design
    grid = _default_weeks(fit) if weeks is None else np.atleast_1d(np.asarray(weeks, dtype=float))
    arms = design.arms if "arm" in design.encoding.fixed_columns else (None,)
    return pd.concat([_trajectory(fit, arm, grid, level) for arm in arms], ignore_index=True)


def _trajectory(fit: LMMFit, arm: str | None, weeks: NDArray[np.float64], level: float) -> pd.DataFrame:
    rows = mean_rows(fit.design, arm, weeks)
    means, errors = rows @ fit.beta, np.sqrt(np.einsum("wp,pq,wq->w", rows, fit.beta_cov, rows))
    found = [infer(float(m), float(e), fit.df(row), level=level) for m, e, row in zip(means, errors, rows, strict=True)]
    table = pd.DataFrame(
        {
            "week": weeks,
            "estimate": means,
            "std_error": errors,
            "lower": [one.lower for one in found],
            "upper": [one.upper for one in found],
        }
    )
    if arm is not None:
        table.insert(0, "arm", arm)
    return table


def _default_weeks(fit: LMMFit) -> NDArray[np.float64]:
    timescale, last = fit.spec.timescale, fit.design.last_week
    grid = np.linspace(0.0, last, GRID)
    ends = [timescale.interval(number, last)[1] for number in range(1, timescale.n_phases)]
    return np.unique(np.concatenate([grid, ends]))
