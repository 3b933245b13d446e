"""Things that happen once to a subject: death, tracheostomy, withdrawal, antibodies, adverse events."""

import pandas as pd

from alsmodels.data.censoring import read_values
from alsmodels.data.columns import as_names, as_pandas, as_text, rename_roles
from alsmodels.data.roles import Roles, TimeUnit, to_weeks
from alsmodels.errors import DataError

__all__ = ["EVENT_KINDS", "draft_events", "empty_events"]

EVENT_KINDS = ("death", "tracheostomy", "withdrawal", "antibody-positive", "adverse event")
"""The kinds of event known by name; case, hyphens and underscores do not matter when they are read."""

_SPELLINGS = {kind.replace("-", " "): kind for kind in EVENT_KINDS}
_UNITS: tuple[TimeUnit, ...] = ("week", "day", "month")


_NO_EVENTS = pd.DataFrame(
    {
        "subject": pd.Series(dtype="str"),
        "event": pd.Series(dtype="str"),
        "week": pd.Series(dtype="float64"),
    }
)


def empty_events() -> pd.DataFrame:
    """Return an events table without rows."""
    return _NO_EVENTS.copy(deep=False)


def draft_events(events: object | None, roles: Roles) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the events table; return it with the cohort's names, and the same as written.

    The time may be in the roles' time column and unit, or in a column called week, day or month.
    """
    if events is None:
        return empty_events(), empty_events()
    table = as_pandas(events, "The events table")
    column, unit = _time_column(table, roles)
    subject = roles.subject if roles.subject in table.columns else "subject"
    names = {"subject": subject, "event": "event", "week": column}
    raw = rename_roles(table, names, "The events table")
    readings = read_values(raw["week"])
    week = to_weeks(readings.values.where(readings.marks == "none"), unit)
    return raw.assign(subject=as_text(raw["subject"]), event=_kinds(raw["event"]), week=week), raw


def _time_column(table: pd.DataFrame, roles: Roles) -> tuple[str, TimeUnit]:
    if roles.time in table.columns:
        return roles.time, roles.time_unit
    for unit in _UNITS:
        if unit in table.columns:
            return unit, unit
    raise DataError(
        f"The events table: there is no time column; call it {roles.time!r}, 'week', 'day' or 'month'. "
        f"The columns are {as_names(table.columns)}."
    )


def _kinds(column: pd.Series) -> pd.Series:
    text = as_text(column)
    folded = text.str.casefold().str.replace(r"[-_\s]+", " ", regex=True)
    return folded.map(_SPELLINGS).astype("str").fillna(text)
