"""Things that happen once to a subject: death, tracheostomy, withdrawal, antibodies, adverse events."""

from dataclasses import dataclass
from typing import final

import pandas as pd

from alsmodels.data.censoring import read_values
from alsmodels.data.columns import as_names, as_pandas, as_text, rename_roles
from alsmodels.data.day_count import DayCount
from alsmodels.data.roles import Roles, RoleUnit, TimeUnit, to_weeks
from alsmodels.errors import DataError, shown

__all__ = ["EVENT_KINDS", "EventTable", "draft_events", "empty_events", "open_events"]

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


@final
@dataclass(frozen=True, slots=True, eq=False)
class EventTable:
    """A table of events with the cohort's names, as written, and what its times are."""

    raw: pd.DataFrame
    unit: RoleUnit

    @property
    def dates(self) -> pd.Series | None:
        """The times, where they are dates."""
        return self.raw["week"] if self.unit == "date" else None


def open_events(events: object | None, roles: Roles) -> EventTable | None:
    """Open the events table; None if there is none.

    The time may be in the roles' time column and unit, or in a column called week, day or month.
    """
    if events is None:
        return None
    table = as_pandas(events, "The events table")
    column, unit = _time_column(table, roles)
    subject = roles.subject if roles.subject in table.columns else "subject"
    names = {"subject": subject, "event": "event", "week": column}
    return EventTable(rename_roles(table, names, "The events table"), unit)


def draft_events(opened: EventTable | None, count: DayCount | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Read the events table; return it with weeks and known kinds, and the same as written."""
    if opened is None:
        return empty_events(), empty_events()
    raw, subject = opened.raw, as_text(opened.raw["subject"])
    if count is not None and opened.unit == "date":
        week = count.weeks_of_events(raw["week"], subject)
    else:
        readings = read_values(raw["week"])
        week = to_weeks(readings.values.where(readings.marks == "none"), opened.unit)
    return raw.assign(subject=subject, event=_kinds(raw["event"]), week=week), raw


def _time_column(table: pd.DataFrame, roles: Roles) -> tuple[str, RoleUnit]:
    if roles.time in table.columns:
        return roles.time, roles.time_unit
    units: tuple[RoleUnit, ...] = (*(("date",) if roles.time_unit == "date" else ()), *_UNITS)
    for unit in units:
        if unit in table.columns:
            return unit, unit
    names = f"{as_names(units[:-1])} or {units[-1]!r}"
    raise DataError(
        f"The events table: there is no time column; call it {shown(roles.time)}, {names}. "
        f"The columns are {as_names(table.columns)}."
    )


def _kinds(column: pd.Series) -> pd.Series:
    text = as_text(column)
    folded = text.str.casefold().str.replace(r"[-_\s]+", " ", regex=True)
    return folded.map(_SPELLINGS).astype("str").fillna(text)
