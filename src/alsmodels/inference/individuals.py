"""Predictions for people: the mean of a population, a subject of the trial, or a new one with some visits."""

from typing import Literal

import numpy as np
import pandas as pd

from alsmodels.data.columns import as_pandas, as_text, with_columns
from alsmodels.errors import EstimandError, shown
from alsmodels.frequentist.fit import MixedFit
from alsmodels.inference.answers import Fit, check_single
from alsmodels.inference.drawn_people import predict_drawn
from alsmodels.inference.estimated_people import predict_estimated
from alsmodels.inference.histories import check_arms, check_clocks, checked_history
from alsmodels.inference.people import check_own_arm, find_known, find_row_gaps, note_gaps, note_unknown
from alsmodels.model.encoding import check_columns
from alsmodels.model.intervals import Interval
from alsmodels.model.ratios import Scale, base_of
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
    scale: Scale = "model",
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
    scale : {"model", "ratio"}, default "model"
        ``"ratio"`` turns a model of a logarithm back into the units of the outcome. The estimate is then the median of
        the values that a person may have, which is the geometric mean of a population; the limits are those of the
        logarithm, turned back, and the standard error is by the delta method.

    Returns
    -------
    pandas.DataFrame
        The rows of ``new``, with ``estimate`` and ``std_error``, ``lower`` and ``upper`` (limits of the trajectory),
        ``predictive_lower`` and ``predictive_upper`` (limits for a value measured there). On the scale of the formula
        unless `scale` says otherwise. Of a posterior these are the mean, the SD and quantiles of its draws. Then
        ``extrapolated``: where the week lies beyond the visits of the row's arm, how, such as "control after week 24";
        else empty. Of subjects also ``known_by``: "trial", "history", or "nothing" of a person unknown to the fit.
        ``attrs["notes"]`` says both in sentences.

    Raises
    ------
    EstimandError
        If there is no subject, an arm is unknown, a history is given to a model beyond the Gaussian, or it holds
        subjects of the trial or another arm than the rows to predict. If a subject of the trial is put into another
        arm than its own, for no visit tells what it would have done there. If a name is that of a subject but for case,
        blanks or zeros, such as 1 for 001.
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
        msg = f"Predictions are of 'subjects' or of the 'population', not of {shown(of)}."
        raise EstimandError(msg)
    base = base_of(scale, fit.spec)
    rows = with_time(as_pandas(new, "The table of rows to predict").reset_index(drop=True), fit.spec)
    _check_rows(fit, rows, of=of)
    population = of == "population"
    past = _past(fit, rows, history, population=population)
    known = None if population else find_known(fit, rows, past)
    if rows.empty:
        found = rows.assign(**{name: pd.Series(dtype=float) for name in COLUMNS})
    elif isinstance(fit, MixedFit):
        found = predict_estimated(fit, rows, population=population, past=past, level=level)
    else:
        rng = np.random.default_rng(check_seed(seed))
        found = predict_drawn(fit, rows, population=population, past=past, level=level, interval=interval, rng=rng)
    return _marked(fit, rows, _turned_back(found, base), known)


def _past(fit: Fit, rows: pd.DataFrame, history: object, *, population: bool) -> pd.DataFrame | None:
    """The history, checked; and the arms of subjects of the trial."""
    asked = history is not None and "subject" in rows.columns and not (population and len(rows))
    past = checked_history(fit, history, rows) if asked else None
    if not population:
        check_own_arm(fit, rows, "the rows to predict")
    return past


def _turned_back(found: pd.DataFrame, base: float | None) -> pd.DataFrame:
    """Predictions of a logarithm in the units of the outcome."""
    if base is None:
        return found
    with np.errstate(over="ignore"):  # far beyond the data; the rows are marked
        raised = {name: base ** found[name] for name in COLUMNS if name != "std_error"}
        error = raised["estimate"] * np.log(base) * found["std_error"]
    return with_columns(found, raised | {"std_error": error})


def _marked(fit: Fit, rows: pd.DataFrame, found: pd.DataFrame, known: pd.Series | None) -> pd.DataFrame:
    """Predictions with what a reader has to know of each row, and with notes."""
    gaps = find_row_gaps(fit, rows)
    marks: dict[str, object] = {"extrapolated": pd.Series(["; ".join(map(str, own)) for own in gaps], dtype="str")}
    marks |= {} if known is None else {"known_by": known}
    marked = with_columns(found, marks)
    marked.attrs["notes"] = [*note_gaps(gaps), *([] if known is None else note_unknown(rows, known))]
    return marked


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
    check_clocks(fit, rows, "The table of rows to predict")
