"""Deaths, and the last day on which anybody saw a subject alive.

Someone who is not in DEATHDATA is not alive: nothing is known. Someone who died on an unknown day is an event
without a time. The last contact of all others is the largest day of any table; ends of adverse events and of
medication are among them, which may be plans or slips, so the cohort says which table it was.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import final

import pandas as pd

from alsmodels.data.breaches import counted
from alsmodels.data.columns import as_names
from alsmodels.data.events import empty_events
from alsmodels.data.findings import Finding
from alsmodels.data.flow import Flow
from alsmodels.data.readers.proact_columns import ProactTable, note, read_numbers, yes_or_no

__all__ = ["Deaths", "contact_notes", "last_contacts", "read_deaths"]

_LATE_WEEKS = 52.0
"""Weeks between the last visit and the last contact that call for a warning (an assumption)."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Deaths:
    """What DEATHDATA says.

    Parameters
    ----------
    died : pandas.Series
        Subject to "yes" or "no".
    day : pandas.Series
        Subject to the day of death since enrolment, where it is known.
    events : pandas.DataFrame
        Subject, event, day of the deaths of subjects who are kept; the day is missing where it is unknown.
    flow : Flow
        The count of the rows of DEATHDATA.
    findings : tuple of Finding
        What is odd.
    """

    died: pd.Series
    day: pd.Series
    events: pd.DataFrame
    flow: Flow
    findings: tuple[Finding, ...]


def read_deaths(table: ProactTable | None, *, kept: Collection[str]) -> Deaths:
    """Read the deaths; of several rows of one subject, "yes" counts before "no" and the earliest day before others.

    Parameters
    ----------
    table : ProactTable or None
        The table DEATHDATA, or None.
    kept : collection of str
        The subjects of the cohort; deaths of others are left out and counted.
    """
    if table is None:
        nothing = pd.Series(dtype="float64")
        return Deaths(nothing.astype("str"), nothing, empty_events().rename(columns={"week": "day"}), Flow(0, 0), ())
    rows, findings = _rows(table)
    flow = Flow(len(rows), rows["subject"].nunique())
    told, flow = _keep(rows, flow, "no subject, or no word on death", rows["subject"].notna() & rows["died"].notna())
    died, flow = _keep(told, flow, "did not die (Subject_Died)", told["died"] == "yes")
    died = died.assign(day=died["day"].mask(died["day"] < 0)).sort_values("day", kind="stable")
    once, flow = _keep(died, flow, "a second row of one death", ~died["subject"].duplicated())
    here, flow = _keep(once, flow, "their subject is left out", once["subject"].isin(list(kept)))
    return Deaths(
        told.groupby("subject")["died"].max(),
        once.dropna(subset="day").set_index("subject")["day"],
        pd.DataFrame({"subject": here["subject"], "event": "death", "day": here["day"]}).reset_index(drop=True),
        flow,
        (*findings, *_death_notes(told)),
    )


def last_contacts(contacts: pd.DataFrame, deaths: Deaths) -> pd.DataFrame:
    """Return, by subject, the last week of which it is known whether the subject lived, and the table that says so.

    Parameters
    ----------
    contacts : pandas.DataFrame
        Subject, table, day: the largest day of each subject in each table.
    deaths : Deaths
        The deaths; a known day of death is the last contact of whom died.

    Returns
    -------
    pandas.DataFrame
        last_contact_week, last_contact_table; the index is the subject.
    """
    alive = contacts[contacts["table"] != "DEATHDATA"].dropna(subset=["day"])
    latest = alive.sort_values("day", kind="stable").drop_duplicates("subject", keep="last").set_index("subject")
    day = deaths.day.combine_first(latest["day"])
    said = pd.Series("DEATHDATA", index=deaths.day.index, dtype="str").combine_first(latest["table"])
    return pd.DataFrame({"last_contact_week": day / 7, "last_contact_table": said})


def contact_notes(subjects: pd.DataFrame, visits: pd.DataFrame) -> Iterator[Finding]:
    """Warn of last contacts long after the last visit, and say in which tables they are.

    Parameters
    ----------
    subjects : pandas.DataFrame
        Subject, last_contact_week, last_contact_table.
    visits : pandas.DataFrame
        Subject and day of every visit.
    """
    last_visit = visits.groupby("subject")["day"].max() / 7
    gap = subjects["last_contact_week"] - subjects["subject"].map(last_visit)
    late = subjects[(gap > _LATE_WEEKS) & (subjects["last_contact_table"] != "DEATHDATA")]
    if len(late):
        where = as_names(sorted(late["last_contact_table"].unique()))
        message = (
            f"{counted(len(late), 'subject')} with a last contact more than {_LATE_WEEKS:g} weeks after the last "
            f"visit, the latest in week {late['last_contact_week'].max():.0f}; by {where}."
        )
        remedy = "Kept: look at last_contact_table before you censor a survival time there."
        yield note("late-contact", None, message, remedy)


def _rows(table: ProactTable) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    numbers, findings = read_numbers(table, ["Death_Days"])
    said = yes_or_no(table.frame["subject_died"])
    return pd.DataFrame({"subject": table.frame["subject"], "died": said, "day": numbers["Death_Days"]}), findings


def _keep(rows: pd.DataFrame, flow: Flow, step: str, kept: pd.Series) -> tuple[pd.DataFrame, Flow]:
    if kept.all():
        return rows, flow
    left = rows[kept]
    lost = rows["subject"].nunique() - left["subject"].nunique()
    return left, flow.without(f"left out: {step}", rows=len(rows) - len(left), subjects=lost)


def _death_notes(rows: pd.DataFrame) -> Iterator[Finding]:
    words = rows.groupby("subject")["died"].nunique()
    if (words > 1).any():
        message = f"{counted(int((words > 1).sum()), 'subject')} with both Yes and No in Subject_Died."
        yield note("death-twice", "Subject_Died", message, "Yes counts.")
    days = rows[rows["died"] == "yes"].groupby("subject")["day"].nunique()
    if (days > 1).any():
        message = f"{counted(int((days > 1).sum()), 'subject')} with several days of death."
        yield note("death-days-differ", "Death_Days", message, "The earliest counts.")
    alive = int(((rows["died"] == "no") & rows["day"].notna()).sum())
    if alive:
        message = f"{counted(alive, 'row')} with a day of death, though Subject_Died is No."
        yield note("death-day-of-living", "Death_Days", message, "The day does not count.")
    early = int(((rows["died"] == "yes") & (rows["day"] < 0)).sum())
    if early:
        message = f"{counted(early, 'row')} with a day of death before enrolment."
        yield note("death-before-enrolment", "Death_Days", message, "The day is taken as missing; the death counts.")
