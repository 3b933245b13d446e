"""Mean trajectories of the arms, with bands."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.quantities import mean_draws
from alsmodels.data.number_checks import finite_array
from alsmodels.frequentist.intervals import infer
from alsmodels.inference.answers import Fit, Reading, check_single
from alsmodels.model.followup import Look, find_gaps
from alsmodels.model.intervals import Interval, find_interval
from alsmodels.model.ratios import Scale, base_of
from alsmodels.model.timescale import from_weeks
from alsmodels.model.trajectory import mean_rows, settle_rows

__all__ = ["mean_trajectories"]

GRID = 61


def mean_trajectories(
    fit: Fit,
    *,
    weeks: ArrayLike | None = None,
    level: float = 0.95,
    interval: Interval = "eti",
    scale: Scale = "model",
) -> pd.DataFrame:
    """The fitted mean response of each arm over time, with pointwise confidence or credible limits.

    Parameters
    ----------
    fit : LMMFit, RegistryFit or PosteriorFit
        A fitted model, or the posterior of one.
    weeks : array_like, optional
        The weeks at which the mean is wanted; by default an even grid from baseline to the last visit, with the knot.
    level : float, default 0.95
        The level of the pointwise limits.
    interval : {"eti", "hdi"}, default "eti"
        The type of interval of a posterior: equal-tailed or of highest density.
    scale : {"model", "ratio"}, default "model"
        The scale of the means; ``"ratio"`` gives geometric means of a model of a logarithm, in the units of the
        outcome.

    Returns
    -------
    pandas.DataFrame
        The table has the columns arm (absent if the model has none), week (and month or day, if the formula is in
        them), estimate, std_error, lower and upper, on the scale of the response; NaN where no visit informs the mean;
        and extrapolated: where the week lies beyond the arm's visits, how, such as "control after week 24"; else empty.
    """
    check_single(fit)
    design = fit.design
    grid = _default_weeks(fit) if weeks is None else finite_array("The weeks of means", weeks)
    arms = design.arms if "arm" in design.encoding.fixed_columns else (None,)
    reading, base = Reading(level=level, interval=interval), base_of(scale, fit.spec)
    return pd.concat([_trajectory(fit, arm, grid, reading, base) for arm in arms], ignore_index=True)


def _trajectory(
    fit: Fit, arm: str | None, weeks: NDArray[np.float64], reading: Reading, base: float | None
) -> pd.DataFrame:
    found = _band(fit, arm, weeks, reading, base)
    table = pd.DataFrame({"week": weeks} | dict(zip(("estimate", "std_error", "lower", "upper"), found, strict=True)))
    gaps = [find_gaps(fit.design, [Look(arm, week, week)]) for week in weeks]
    table["extrapolated"] = ["; ".join(map(str, own)) for own in gaps]
    unit = fit.spec.timescale.unit
    if unit != "week":
        table.insert(1, unit, from_weeks(weeks, unit))
    if arm is not None:
        table.insert(0, "arm", arm)
    return table


def _band(
    fit: Fit, arm: str | None, weeks: NDArray[np.float64], reading: Reading, base: float | None
) -> NDArray[np.float64]:
    """Estimate, standard error, lower and upper limit in each week, shape (4, weeks); NaN where no visit informs it."""
    told = settle_rows(fit.design, mean_rows(fit.design, arm, weeks))[1]
    found = np.full((4, len(weeks)), np.nan)
    if told.any():
        found[:, told] = _told_band(fit, arm, weeks[told], reading, base)
    return found


def _told_band(
    fit: Fit, arm: str | None, weeks: NDArray[np.float64], reading: Reading, base: float | None
) -> NDArray[np.float64]:
    """As `_band`, in weeks in which the data tell the mean."""
    if isinstance(fit, PosteriorFit):
        draws = mean_draws(fit, arm, weeks)
        draws = draws if base is None else base**draws
        limits = [find_interval(column, level=reading.level, kind=reading.interval) for column in draws.T]
        return np.vstack([draws.mean(axis=0), draws.std(axis=0, ddof=1), np.transpose(limits)])
    rows, _ = settle_rows(fit.design, mean_rows(fit.design, arm, weeks))
    means, errors = rows @ fit.beta, np.sqrt(np.einsum("wp,pq,wq->w", rows, fit.beta_cov, rows))
    found = [
        infer(float(m), float(e), fit.df(row), level=reading.level)
        for m, e, row in zip(means, errors, rows, strict=True)
    ]
    band = np.vstack([means, errors, [one.lower for one in found], [one.upper for one in found]])
    if base is None:
        return band
    raised = base**band
    raised[1] = raised[0] * np.log(base) * errors  # the delta method
    return raised


def _default_weeks(fit: Fit) -> NDArray[np.float64]:
    timescale, last = fit.spec.timescale, fit.design.last_week
    grid = np.linspace(0.0, last, GRID)
    ends = [timescale.interval(number, last)[1] for number in range(1, timescale.n_phases)]
    return np.unique(np.concatenate([grid, ends]))
