"""Checks of the events, alone and against the visits."""

import numpy as np

from alsmodels.data.breaches import breach
from alsmodels.data.columns import as_names
from alsmodels.data.draft import Draft
from alsmodels.data.events import EVENT_KINDS
from alsmodels.data.findings import Finding
from alsmodels.data.numbering import is_among
from alsmodels.data.visit_checks import MOST_WEEKS, written

__all__ = [
    "check_after_death",
    "check_event_kind",
    "check_event_missing",
    "check_event_subject",
    "check_event_time",
    "check_event_time_impossible",
    "check_event_time_missing",
]

_ROUNDING = 1e-9


def check_after_death(draft: Draft) -> list[Finding]:
    """Find visits after the subject's death."""
    deaths = draft.events[(draft.events["event"] == "death") & np.isfinite(draft.events["week"])]
    if deaths.empty:
        return []
    died = deaths.groupby("subject")["week"].min().reindex(draft.numbering.labels).to_numpy()
    after = draft.visits["week"].to_numpy() > np.append(died, np.nan)[draft.numbering.codes] + _ROUNDING
    remedy = "Correct the date of the visit or of the death, or leave these rows out."
    says = "the visit is after the subject's death"
    return breach(draft, "visit-after-death", after, column="week", says=says, remedy=remedy)


def check_event_subject(draft: Draft) -> list[Finding]:
    """Find events of subjects who are in no other table."""
    unknown = ~is_among(draft.events["subject"], draft.known)
    remedy = "Correct the subject of these events, or leave them out."
    says = "no visit has this subject"
    return breach(draft, "event-subject-unknown", unknown, column="subject", says=says, remedy=remedy)


def check_event_missing(draft: Draft) -> list[Finding]:
    """Find events without a kind."""
    missing = draft.events["event"].isna().to_numpy()
    remedy = f"Say what happened: {as_names(EVENT_KINDS)}."
    return breach(draft, "event-missing", missing, column="event", says="no kind of event", remedy=remedy)


def check_event_time(draft: Draft) -> list[Finding]:
    """Find events at a time that is no finite number."""
    said = written(draft.raw_events.loc[draft.events.index, "week"])
    wrong = (said & ~np.isfinite(draft.events["week"])).to_numpy()
    if draft.day_count is None:
        remedy, says = "Write the time since baseline as a number.", "the time is no finite number"
    else:
        remedy = "Correct the date, or give the subject the date that weeks are counted from."
        says = "the time is no date or number, or the subject has no date to count from"
    return breach(draft, "event-time-not-numeric", wrong, column="week", says=says, remedy=remedy)


def check_event_time_impossible(draft: Draft) -> list[Finding]:
    """Find events more than a lifetime from baseline."""
    weeks = draft.events["week"].to_numpy()
    far = np.isfinite(weeks) & (np.abs(weeks) > MOST_WEEKS)
    remedy = "Write the time since baseline; a number such as 43831 is a date of a spreadsheet."
    says = "the time is more than 100 years from baseline"
    return breach(draft, "event-time-impossible", far, column="week", says=says, remedy=remedy)


def check_event_time_missing(draft: Draft) -> list[Finding]:
    """Find events without a time."""
    missing = ~written(draft.raw_events.loc[draft.events.index, "week"]).to_numpy()
    remedy = "Kept: such an event is counted, but cannot be placed in time."
    return breach(draft, "event-time-missing", missing, column="week", says="no time", remedy=remedy)


def check_event_kind(draft: Draft) -> list[Finding]:
    """Find kinds of event that are not known by name."""
    kinds = draft.events["event"]
    unknown = (kinds.notna() & ~kinds.isin(EVENT_KINDS)).to_numpy()
    remedy = f"Kept as they are. The kinds known by name are {as_names(EVENT_KINDS)}."
    says = "the kind of event is not one known by name"
    return breach(draft, "event-kind-unknown", unknown, column="event", says=says, remedy=remedy)
