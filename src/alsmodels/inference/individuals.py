"""Predictions for people: the mean of a population, a subject of the trial, or a new one with some visits."""

from typing import Literal

import numpy as np
import pandas as pd

from alsmodels.data.columns import as_pandas, as_text
from alsmodels.errors import EstimandError
from alsmodels.frequentist.fit import MixedFit
from alsmodels.inference.answers import Fit, check_single
from alsmodels.inference.drawn_people import predict_drawn
from alsmodels.inference.estimated_people import predict_estimated
from alsmodels.inference.histories import check_arms, checked_history
from alsmodels.model.encoding import check_columns
from alsmodels.model.intervals import Interval
from alsmodels.model.seeds import check_seed
from alsmodels.model.timetable import with_time

__all__ = ["predict"]

Of = Literal["population", "subjects"]
COLUMNS = ("estimate", "std_error", "lower", "upper", "predictive_lower", "predictive_upper")


def predict(
    fit: Fit,
    new: object,
    *,
    of: Of = "subjects",
    history: object = None,
    level: float = 0.95,
    interval: Interval = "eti",
    seed: int = 0,
) -> pd.DataFrame:
    """Predict the response in new rows.

    Parameters
    ----------
    fit : LMMFit, RegistryFit or PosteriorFit
        A fitted model, or the posterior of one.
    new : DataFrame
        The rows to predict, as a pandas, polars or pyarrow table, with the columns of the formula less the response,
        and ``subject`` unless it is the population's mean that is asked for. For a table without rows the answer is an
        empty table.
    of : {"population", "subjects"}, default "subjects"
        The target of the prediction. With ``"subjects"``, a subject of the trial gets its own trajectory, one who is in
        ``history`` the trajectory that its visits speak for, and any other that of a person about whom nothing is known
        but the covariates. ``"population"`` is the mean of all people with the row's covariates.
    history : DataFrame, optional
        The visits of new subjects, with the response, in the form of the fitted data. They are checked as every table
        is; rows without a response are left out.
    level : float, default 0.95
        The level of the intervals.
    interval : {"eti", "hdi"}, default "eti"
        The type of interval of a posterior: equal-tailed or of highest density.
    seed : int, default 0
        The seed of what is drawn from a posterior; the same seed gives the same table.

    Returns
    -------
    pandas.DataFrame
        The rows of ``new``, with ``estimate`` and ``std_error``, ``lower`` and ``upper`` (limits of the trajectory),
        ``predictive_lower`` and ``predictive_upper`` (limits for a value measured there). All on the scale of the
        formula. Of a posterior these are the mean, the SD and quantiles of its draws.

    Raises
    ------
    EstimandError
        If there is no subject, an arm is unknown, a history is given to a model beyond the Gaussian, or it holds
        subjects of the trial or another arm than the rows to predict.
    DataError
        If the history breaks a rule that every table has to keep: a value out of bounds, two rows at one time.
    DesignError
        If columns are missing, or hold levels that the fit has not seen.

    Notes
    -----
    A posterior counts the uncertainty of every parameter. A fit by (restricted) maximum likelihood counts that of the
    fixed effects and of the random effects given the data, and takes the variances as known, as lme4 and SAS do: with
    few subjects its intervals are too narrow. Limits of a population's mean are by Satterthwaite's t, others normal.

    Examples
    --------
    >>> from alsmodels.data.examples import load_example
    >>> from alsmodels.frequentist.lmm import fit_lmm
    >>> fit = fit_lmm("alsfrs_r ~ week + (week | subject)", load_example())
    >>> past = pd.DataFrame({"subject": ["new", "new"], "week": [0, 12], "alsfrs_r": [41, 36]})
    >>> ahead = pd.DataFrame({"subject": ["new"], "week": [24]})
    >>> predict(fit, ahead, history=past)[["lower", "estimate", "upper"]].round(1).to_dict("records")
    [{'lower': 28.8, 'estimate': 33.7, 'upper': 38.5}]
    """
    check_single(fit)
    if of not in ("subjects", "population"):
        msg = f"Predictions are of 'subjects' or of the 'population', not of {of!r}."
        raise EstimandError(msg)
    rows = with_time(as_pandas(new, "The table of rows to predict").reset_index(drop=True), fit.spec)
    _check_rows(fit, rows, of=of)
    if rows.empty:
        return _nothing(fit, rows, history=history)
    population = of == "population"
    if isinstance(fit, MixedFit):
        return predict_estimated(fit, rows, population=population, history=history, level=level)
    rng = np.random.default_rng(check_seed(seed))
    return predict_drawn(fit, rows, population=population, history=history, level=level, interval=interval, rng=rng)


def _check_rows(fit: Fit, rows: pd.DataFrame, *, of: Of) -> None:
    if of == "subjects":
        if "subject" not in rows.columns:
            msg = "To predict for subjects the rows need a column 'subject'; for the mean of all, of='population'."
            raise EstimandError(msg)
        missing = as_text(rows["subject"]).isna()
        if missing.any():
            row = int(np.flatnonzero(missing)[0]) + 1
            msg = f"Row {row} of the rows to predict has no subject; of somebody unknown any new name will do."
            raise EstimandError(msg)
    check_columns([name for name in fit.spec.columns[1:] if name != "subject"], rows)
    check_arms(fit, rows, "The table of rows to predict")


def _nothing(fit: Fit, rows: pd.DataFrame, *, history: object) -> pd.DataFrame:
    """No rows, with the columns of a prediction."""
    if history is not None and "subject" in rows.columns:
        checked_history(fit, history, rows)
    return rows.assign(**{name: pd.Series(dtype=float) for name in COLUMNS})
