"""The past visits of people who are to be predicted, with the checks that every table gets."""

from typing import cast

import numpy as np
import pandas as pd

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.data.cohort import Cohort
from alsmodels.data.columns import as_pandas, as_text
from alsmodels.data.roles import Roles
from alsmodels.data.spelling import suggest
from alsmodels.errors import DataError, EstimandError
from alsmodels.inference.answers import Fit
from alsmodels.model.clock import ROUNDED, Curve
from alsmodels.model.encoding import check_columns
from alsmodels.model.registry import Registry
from alsmodels.model.soundness import check_response, read_response
from alsmodels.model.timetable import with_time

__all__ = ["check_arms", "check_clocks", "checked_history"]


def check_clocks(fit: Fit, table: pd.DataFrame, what: str) -> None:
    """Refuse a row whose own column of time is not what it is in the row's week."""
    if isinstance(fit.design, Registry) or "week" not in table.columns:
        return
    week = table["week"].to_numpy(dtype=float, na_value=np.nan)
    for name, pace in fit.design.paces.items():
        if isinstance(pace, Curve) and name in table.columns:
            own, told = table[name].to_numpy(dtype=float, na_value=np.nan), pace.value(week)
            seen = fit.design.rows[name].to_numpy(dtype=float)
            apart = np.flatnonzero(np.abs(own - told) > ROUNDED * np.ptp(seen))
            if len(apart):
                row = int(apart[0])
                msg = (
                    f"{what}, row {row + 1}: '{name}' is {own[row]:g} in week {week[row]:g}, and in the fit's data "
                    f"it is a function of the week, which is {told[row]:g} there. Correct one of the two."
                )
                raise EstimandError(msg)


def checked_history(fit: Fit, history: object, rows: pd.DataFrame) -> pd.DataFrame:
    """The visits of a history with a response, subjects as text.

    Parameters
    ----------
    fit : LMMFit, RegistryFit or PosteriorFit
        What predicts.
    history : object
        The table that was given.
    rows : pandas.DataFrame
        The rows to predict.

    Raises
    ------
    EstimandError
        If the fit cannot use a history, it lacks a column, or it contradicts the trial or the rows to predict.
    DataError
        If it breaks a rule that every table has to keep: a value out of bounds, a second row at one time.
    DesignError
        If a column of the model is missing, or a transform of the response does not exist.
    """
    _check_fit(fit)
    past = as_pandas(history, "The history").reset_index(drop=True)
    response = fit.spec.columns[0]
    for name in ("subject", response):
        if name not in past.columns:
            msg = f"The history needs a column '{name}'."
            raise EstimandError(msg)
    past = with_time(past, fit.spec)
    check_columns(_wanted(fit), past)
    check_arms(fit, past, "The history")
    check_clocks(fit, past, "The history")
    _check_rules(fit, past)
    past = past.assign(subject=as_text(past["subject"]))
    _check_subjects(fit, past)
    _check_same_arm(past, rows)
    known = past[past[response].notna()].reset_index(drop=True)
    check_response(read_response(fit.spec, known), fit.spec, known)
    return known


def check_arms(fit: Fit, table: pd.DataFrame, what: str) -> None:
    """Refuse an arm that the fit has not seen, if it has arms."""
    if "arm" not in fit.design.encoding.fixed_columns or "arm" not in table.columns:
        return
    arms = as_text(table["arm"])
    strange = arms.notna() & ~arms.isin(fit.design.arms)
    if strange.any():
        place = int(np.flatnonzero(strange)[0])
        arm = str(arms.iloc[place])
        hint = suggest(arm, fit.design.arms)
        msg = f"{what} has in row {place + 1} the arm '{arm}', which the fit does not know; {hint}"
        raise EstimandError(msg)


def _check_fit(fit: Fit) -> None:
    if isinstance(fit, PosteriorFit) and not fit.response.is_gaussian:
        msg = f"A history can be used with the Gaussian model only, not with {', '.join(fit.response.features)}."
        raise EstimandError(msg)
    if fit.design.weight_range is not None:
        msg = "A history cannot be used with a fit by weights of rows, for its visits have no weights."
        raise EstimandError(msg)


def _wanted(fit: Fit) -> list[str]:
    return [name for name in fit.spec.columns[1:] if name != "subject"]


def _check_rules(fit: Fit, past: pd.DataFrame) -> None:
    """Make a cohort of the history, as of any table; what is no column of the model is left aside."""
    response = fit.spec.columns[0]
    known = [name for name in ("subject", "week", "arm") if name in past.columns]
    table = past[list(dict.fromkeys([*known, response, *_wanted(fit)]))]
    if "week" not in table.columns:  # of a model without time: no two rows are at one time
        table = table.assign(week=np.arange(float(len(table))))
    roles = Roles("subject", "week", "arm" if "arm" in table.columns else None)
    outcomes = [fit.design.outcome] if fit.design.outcome is not None else [response]
    try:
        Cohort.from_frame(table, roles, outcomes=outcomes)
    except DataError as reason:
        raise DataError(f"The history is refused. {reason}") from None


def _check_subjects(fit: Fit, past: pd.DataFrame) -> None:
    """Refuse a subject of the trial, whose visits the fit knows; a fit in parts has kept none of them."""
    if isinstance(fit.design, Registry):
        return
    own = past["subject"].isin(as_text(pd.Series(fit.design.subjects)))
    if own.any():
        name = past["subject"][own].iloc[0]
        msg = (
            f"The history holds '{name}', a subject of the trial, whose visits the fit knows already. Leave '{name}' "
            "out of the history to predict from the visits in the trial; or, if this is another person, give it "
            "another name in both tables."
        )
        raise EstimandError(msg)


def _check_same_arm(past: pd.DataFrame, rows: pd.DataFrame) -> None:
    if "arm" not in past.columns or "arm" not in rows.columns:
        return
    before = past.assign(arm=as_text(past["arm"])).groupby("subject", sort=False)["arm"].first()
    ahead = pd.DataFrame({"subject": as_text(rows["subject"]), "arm": as_text(rows["arm"])})
    was = ahead["subject"].map(before)
    other = was.notna() & (was != ahead["arm"])
    if other.any():
        place = int(np.flatnonzero(other)[0])
        row = cast("pd.Series[str]", ahead.iloc[place])
        msg = (
            f"'{row['subject']}' is in the arm '{was.iloc[place]}' in the history, and in '{row['arm']}' in row "
            f"{place + 1} of the rows to predict. A person has one arm: correct whichever is wrong."
        )
        raise EstimandError(msg)
