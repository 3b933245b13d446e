"""From dates to weeks: since a date of each subject, or since the first visit."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
import pandas as pd

from alsmodels.data.columns import as_text, require_columns
from alsmodels.data.dates import DateFormat, find_orders, read_dates, tell_forms
from alsmodels.data.numbering import Mask
from alsmodels.data.roles import Roles

__all__ = ["DayCount", "count_days"]

_EVENTS = "time of the events"


@final
@dataclass(frozen=True, slots=True, eq=False)
class DayCount:
    """Weeks of visits that were given by their dates.

    Parameters
    ----------
    forms : mapping of str to {"ymd", "dmy", "mdy", "excel", "sas", "r"}
        The columns of dates, and how they are written.
    words : mapping of str to str
        The same in words, such as "day/month/year"; without the dates of events.
    zero : pandas.Series
        The date of week 0 by subject, in days since 1970-01-01; NaN where there is none, or more than one.
    weeks : pandas.Series
        The week of each visit; NaN where its date or that of week 0 is missing.
    unreadable : ndarray of bool
        Shape (n,), the visits with a date that is none.
    uncounted : ndarray of bool
        Shape (n,), the visits of subjects without a date of week 0.
    """

    forms: Mapping[str, DateFormat]
    words: Mapping[str, str]
    zero: pd.Series
    weeks: pd.Series
    unreadable: Mask
    uncounted: Mask

    def weeks_of_events(self, dates: pd.Series, subject: pd.Series) -> pd.Series:
        """Return the weeks of events from their dates; NaN where a date or the subject's week 0 is missing."""
        return _weeks(read_dates(dates, self.forms[_EVENTS]).days, subject, self.zero)

    def describe(self, roles: Roles) -> str:
        """Say from which date weeks are counted, and how dates were read."""
        since = f"the date in {roles.baseline!r}" if roles.baseline else "each subject's first visit"
        read = ", ".join(f"{name!r} as {words}" for name, words in self.words.items())
        return f"weeks are counted from {since}; dates are read in {read}."


def count_days(
    visits: pd.DataFrame, roles: Roles, *, subjects: pd.DataFrame | None, events: pd.Series | None
) -> DayCount | None:
    """Count the weeks of visits from their dates; None where the roles say that times are no dates.

    Parameters
    ----------
    visits : pandas.DataFrame
        The visits as written, with the names of a cohort.
    roles : Roles
        The roles.
    subjects : pandas.DataFrame or None
        The table of subjects, which may hold the baseline date.
    events : pandas.Series or None
        The times of the events as written, if these are dates.

    Raises
    ------
    DataError
        If a column can be read in two ways, or the column of the baseline date is not there.
    """
    if roles.time_unit != "date":
        return None
    subject, columns, base = as_text(visits["subject"]), {roles.time: visits["week"]}, None
    if roles.baseline is not None:
        base = _base_table(visits, roles.baseline, subjects)
        columns[roles.baseline] = base[roles.baseline]
    if events is not None:
        columns[_EVENTS] = events
    forms = find_orders(columns, roles.date_format)
    read = read_dates(visits["week"], forms[roles.time])
    zero = read.days.groupby(subject).min() if base is None else _zero(base, roles.baseline or "", forms)
    weeks = _weeks(read.days, subject, zero)
    uncounted = (subject.notna() & weeks.isna() & read.days.notna()).to_numpy()
    words = {name: tell_forms(column, forms[name]) for name, column in columns.items() if name != _EVENTS}
    return DayCount(forms, words, zero, weeks, read.unreadable, uncounted)


def _base_table(visits: pd.DataFrame, baseline: str, subjects: pd.DataFrame | None) -> pd.DataFrame:
    table = subjects if subjects is not None and baseline in subjects.columns else visits
    require_columns(table, [baseline], "Roles: the column of the baseline date")
    return table.assign(subject=as_text(table["subject"]))


def _zero(table: pd.DataFrame, baseline: str, forms: Mapping[str, DateFormat]) -> pd.Series:
    """The one date of each subject, which may stand on one of the rows alone."""
    read = read_dates(table[baseline], forms[baseline])
    days = read.days.mask(read.unreadable, np.inf)  # a subject with a date that is none has no one date
    told = days.groupby(table["subject"]).agg(["min", "max"])
    return told["min"].where((told["min"] == told["max"]) & np.isfinite(told["max"]))


def _weeks(days: pd.Series, subject: pd.Series, zero: pd.Series) -> pd.Series:
    return (days - subject.map(zero).astype("float64")) / 7
