"""A cohort at a glance: who, how long, what was measured, what happened, what to mind."""

from dataclasses import dataclass
from html import escape
from typing import final

import numpy as np
import pandas as pd

from alsmodels.data.assembly import Tables
from alsmodels.data.breaches import counted
from alsmodels.data.findings import Finding
from alsmodels.data.outcomes import Outcome

__all__ = ["CohortSummary", "headline", "summarise"]


@final
@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CohortSummary:
    """The tables of a summary; it prints as text and shows as HTML in a notebook.

    Parameters
    ----------
    headline : str
        Subjects and visits in a sentence.
    arms : pandas.DataFrame
        Arm, subjects, visits, visits_per_subject (median), weeks (median follow-up), longest (weeks).
    outcomes : pandas.DataFrame
        Outcome, observed (of which censored), missing, baseline_n, baseline_mean, baseline_sd. The baseline of a
        subject is the last observed value at or before week 0.
    events : pandas.DataFrame
        Event, events, subjects, and the subjects in each arm.
    warnings : tuple of Finding
        The findings kept on the cohort: warnings, and notes on how the table was read.
    """

    headline: str
    arms: pd.DataFrame
    outcomes: pd.DataFrame
    events: pd.DataFrame
    warnings: tuple[Finding, ...]

    def __str__(self) -> str:
        tables = [table.to_string(index=False, float_format=_short) for table in self._tables()]
        told = [f"{finding.severity}, {finding}" for finding in self.warnings]
        return "\n\n".join([self.headline, *tables, *told])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        tables = [table.to_html(index=False, float_format=_short, border=0) for table in self._tables()]
        told = "".join(f"<li><pre>{escape(f'{finding.severity}, {finding}')}</pre></li>" for finding in self.warnings)
        warnings = f"<p>Warnings and notes</p><ul>{told}</ul>" if told else ""
        return f"<div><p><b>{escape(self.headline)}</b></p>{''.join(tables)}{warnings}</div>"

    def _tables(self) -> list[pd.DataFrame]:
        return [table for table in (self.arms, self.outcomes, self.events) if len(table)]


def summarise(tables: Tables) -> CohortSummary:
    """Summarise the tables of a cohort."""
    return CohortSummary(
        headline=headline(tables),
        arms=_arms(tables),
        outcomes=pd.DataFrame([_outcome(outcome, tables.visits) for outcome in tables.outcomes]),
        events=_events(tables),
        warnings=tables.findings,
    )


def headline(tables: Tables) -> str:
    """Say how many subjects, visits and arms there are."""
    sizes = f"{counted(len(tables.subjects), 'subject')}, {counted(len(tables.visits), 'visit')}"
    if "arm" not in tables.subjects.columns:
        return f"Cohort of {sizes}, without arms"
    counts = tables.subjects["arm"].value_counts(sort=False)
    told = ", ".join(f"{arm} {count}" for arm, count in counts.items())
    reference = f", reference {counts.index[0]!r}" if len(counts) > 1 else ""
    return f"Cohort of {sizes}, {counted(len(counts), 'arm')} ({told}){reference}"


def _short(number: float) -> str:
    return f"{number:.4g}"


def _arms(tables: Tables) -> pd.DataFrame:
    followed = tables.visits.groupby("subject")["week"].agg(["size", "max"])
    subjects = tables.subjects.join(followed, on="subject")
    subjects["size"] = subjects["size"].fillna(0)
    if "arm" not in subjects.columns:
        return pd.DataFrame([_arm("all", subjects)])
    groups = [(str(arm), group) for arm, group in subjects.groupby("arm", observed=False)]
    rows = [_arm(arm, group) for arm, group in groups]
    return pd.DataFrame(rows if len(rows) == 1 else [*rows, _arm("all", subjects)])


def _arm(name: str, subjects: pd.DataFrame) -> dict[str, object]:
    return {
        "arm": name,
        "subjects": len(subjects),
        "visits": int(subjects["size"].sum()),
        "visits_per_subject": subjects["size"].median(),
        "weeks": subjects["max"].median(),
        "longest": subjects["max"].max(),
    }


def _outcome(outcome: Outcome, visits: pd.DataFrame) -> dict[str, object]:
    values = visits[outcome.name]
    marks = visits.get(outcome.censored_column)
    before = visits[(visits["week"] <= 0) & values.notna()]
    baseline = before.drop_duplicates("subject", keep="last")[outcome.name]
    return {
        "outcome": outcome.name,
        "unit": outcome.unit or "",
        "observed": int(values.notna().sum()),
        "censored": 0 if marks is None else int((marks != "none").sum()),
        "missing": int(values.isna().sum()),
        "baseline_n": len(baseline),
        "baseline_mean": baseline.mean() if len(baseline) else np.nan,
        "baseline_sd": baseline.std() if len(baseline) > 1 else np.nan,
    }


def _events(tables: Tables) -> pd.DataFrame:
    counts = tables.events.groupby("event")["subject"].agg(["size", "nunique"])
    counts = counts.rename(columns={"size": "events", "nunique": "subjects"})
    if "arm" in tables.subjects.columns and len(counts):
        counts = counts.join(_subjects_by_arm(tables))
    return counts.reset_index()


def _subjects_by_arm(tables: Tables) -> pd.DataFrame:
    """The subjects of each arm with each kind of event."""
    once = (
        tables.events[["subject", "event"]].drop_duplicates().merge(tables.subjects[["subject", "arm"]], on="subject")
    )
    counts = pd.crosstab(once["event"], once["arm"], dropna=False)
    return counts.set_axis([f"in {arm}" for arm in counts.columns], axis="columns")
