"""Every check, run in order and reported together.

A rule named in `leave_out` takes its offending rows away, and the count of them is kept; one named in `empty` takes
the offending cells away; every other breach is a finding. The rules that follow look at what remains.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import final

import pandas as pd

from alsmodels.data import (
    alike_checks,
    arm_checks,
    cell_checks,
    code_checks,
    event_checks,
    far_checks,
    filling,
    form_checks,
    scale_checks,
    unit_checks,
    value_checks,
    visit_checks,
)
from alsmodels.data.columns import as_names
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding, report
from alsmodels.data.flow import Flow
from alsmodels.data.numbering import is_among
from alsmodels.errors import DataError, shown

__all__ = ["Checked", "run_checks"]

Check = Callable[[Draft], list[Finding]]

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "subject-missing": visit_checks.check_subject_missing,
        "subject-unknown": visit_checks.check_subject_unknown,
        "time-missing": visit_checks.check_time_missing,
        "time-not-numeric": visit_checks.check_time_not_numeric,
        "date-unreadable": visit_checks.check_date_unreadable,
        "baseline-date": visit_checks.check_baseline_date,
        "time-infinite": visit_checks.check_time_infinite,
        "time-impossible": visit_checks.check_time_impossible,
        "arm-missing": visit_checks.check_arm_missing,
        "arm-changes": visit_checks.check_arm_changes,
        "value-not-numeric": value_checks.check_not_numeric,
        "value-infinite": value_checks.check_infinite,
        "value-outside-bounds": value_checks.check_bounds,
        "value-not-positive": value_checks.check_not_positive,
        "item-outside-0-4": value_checks.check_item_range,
        "q5-both": value_checks.check_q5_both,
        "total-not-sum": value_checks.check_total,
        "scale-older": scale_checks.check_scale_older,
        "line-break": cell_checks.check_line_breaks,
        "duplicate-visit": form_checks.check_duplicates,
        "visit-after-death": event_checks.check_after_death,
        "subject-repeated": visit_checks.check_subject_repeated,
        "event-subject-unknown": event_checks.check_event_subject,
        "event-missing": event_checks.check_event_missing,
        "event-time-not-numeric": event_checks.check_event_time,
        "event-time-impossible": event_checks.check_event_time_impossible,
        "event-time-missing": event_checks.check_event_time_missing,
        "event-kind-unknown": event_checks.check_event_kind,
        "event-alike": alike_checks.check_event_alike,
        "subject-alike": alike_checks.check_subject_alike,
        "word-among-numbers": cell_checks.check_words,
        "reference-by-alphabet": arm_checks.check_reference,
        "arm-alike": alike_checks.check_arm_alike,
        "level-alike": alike_checks.check_level_alike,
        "missing-code": code_checks.check_missing_codes,
        "time-code": code_checks.check_time_codes,
        "time-far": far_checks.check_far,
        "value-negative": code_checks.check_negative,
        "item-not-whole": value_checks.check_item_whole,
        "q5-neither": value_checks.check_q5_neither,
        "items-incomplete": value_checks.check_items_incomplete,
        "scale-doubtful": scale_checks.check_scale_doubtful,
        "rise-over-6": value_checks.check_rise,
        "visit-before-baseline": visit_checks.check_before_baseline,
        "time-in-days": unit_checks.check_days,
        "decline-steep": unit_checks.check_decline,
        "no-observed-outcome": value_checks.check_observed,
        "single-visit": visit_checks.check_single_visit,
        "no-visit": visit_checks.check_no_visit,
        "weeks-from-dates": visit_checks.tell_dates,
        "rows-joined": form_checks.tell_joined,
        "filled-by-subject": filling.tell_filled,
        "cells-emptied": cell_checks.check_emptied,
    }
)
"""The check of each rule, in the order in which they run."""

JOINED = "joined: same subject and time"
_ROWLESS = frozenset(
    {"items-incomplete", "scale-older", "scale-doubtful", "time-in-days", "decline-steep", "weeks-from-dates"}
    | {"word-among-numbers", "cells-emptied", "filled-by-subject", "reference-by-alphabet", "arm-alike", "level-alike"}
    | {"event-alike", "rows-joined"}
)
# What is wrong with a value, and with no other value of its row.
_OF_CELLS = (
    "value-not-numeric",
    "value-infinite",
    "value-outside-bounds",
    "value-not-positive",
    "item-outside-0-4",
    "item-not-whole",
    "missing-code",
    "value-negative",
)


@final
@dataclass(frozen=True, slots=True)
class Checked:
    """A draft without the rows left out, the warnings, and the counts of visits and events."""

    draft: Draft
    findings: tuple[Finding, ...]
    flow: Flow
    events_flow: Flow


def run_checks(draft: Draft, *, leave_out: Collection[str] = (), empty: Collection[str] = ()) -> Checked:
    """Run every check; raise one DataError for all errors, keep the warnings.

    Parameters
    ----------
    draft : Draft
        The tables as read.
    leave_out : collection of str, default ()
        The rules whose offending rows are to be left out and counted.
    empty : collection of str, default ()
        The rules whose offending cells are to be emptied and counted.
    """
    leaving = _known_rules(leave_out, [name for name in RULES if name not in _ROWLESS], "leave_out")
    emptying = _known_rules(empty, _OF_CELLS, "empty")
    if leaving & emptying:
        raise DataError(f"{as_names(sorted(leaving & emptying))}: leave rows out by a rule or empty cells, not both.")
    visits = Flow(len(draft.visits), len(draft.known))
    events = Flow(len(draft.events), draft.events["subject"].nunique() if len(draft.events) else 0)
    checked = _without_absorbed(Checked(draft, (), visits, events))
    for rule, check in CHECKS.items():
        idle = RULES[rule].table == "events" and draft.events.empty
        found = [] if idle else check(checked.draft)
        checked = _empty(checked, rule, found) if rule in emptying else _apply(checked, rule, found, leaving)
    if any(finding.severity == "error" for finding in checked.findings):
        raise DataError(report(checked.findings))
    return _without_lost_subjects(_require_rows(checked))


def _without_absorbed(checked: Checked) -> Checked:
    """Count the rows whose values are in an earlier row of the same visit."""
    forms = checked.draft.forms
    return checked if forms is None or not forms.absorbed else _leave_visits(checked, JOINED, list(forms.absorbed))


def _known_rules(rules: Collection[str], allowed: Sequence[str], argument: str) -> frozenset[str]:
    if not isinstance(rules, Collection):
        raise DataError(f"{argument} is a list of names of rules, not {shown(rules)}.")
    names = {rules} if isinstance(rules, str) else set(rules)
    unknown = sorted(str(name) for name in names if name not in allowed)
    if unknown:
        kind = "rows" if argument == "leave_out" else "cells to empty"
        raise DataError(f"{argument}: {as_names(unknown)} is no rule with {kind}; the rules are {as_names(allowed)}.")
    return frozenset(names)


def _empty(checked: Checked, rule: str, found: list[Finding]) -> Checked:
    draft = checked.draft
    for finding in found:
        draft = draft.without_cells(str(finding.column), finding.rows, f"empty=[{rule!r}]")
    return replace(checked, draft=draft)


def _apply(checked: Checked, rule: str, found: list[Finding], leaving: frozenset[str]) -> Checked:
    if rule not in leaving:
        return replace(checked, findings=(*checked.findings, *found)) if found else checked
    rows = sorted({row for finding in found for row in finding.rows})
    table = RULES[rule].table
    if table == "events":
        return _leave_events(checked, f"left out: {rule}", pd.Index(rows))
    if table == "subjects":
        return _leave_subjects(checked, rule, rows)
    return _leave_visits(checked, f"left out: {rule}", rows)


def _leave_visits(checked: Checked, step: str, rows: list[int]) -> Checked:
    before, draft = checked.draft.numbering, checked.draft.without_visits(rows)
    lost = before.labels[(before.count() > 0) & (draft.numbering.count() == 0)]
    flow = checked.flow.without(step, rows=len(rows), subjects=len(lost))
    return replace(checked, draft=_without(draft, lost), flow=flow)


def _leave_subjects(checked: Checked, rule: str, rows: list[int]) -> Checked:
    draft = checked.draft
    if draft.subjects is None:
        return checked
    left = draft.subjects.drop(index=rows)
    lost = set(draft.subjects["subject"]) - set(left["subject"])
    flow = checked.flow.without(f"left out: {rule}", rows=0, subjects=len(lost))
    return replace(checked, draft=replace(draft, subjects=left), flow=flow)


def _leave_events(checked: Checked, step: str, rows: pd.Index) -> Checked:
    events = checked.draft.events
    left = events.drop(index=rows)
    lost = events["subject"].nunique() - left["subject"].nunique()
    flow = checked.events_flow.without(step, rows=len(rows), subjects=lost)
    return replace(checked, draft=replace(checked.draft, events=left), events_flow=flow)


def _without(draft: Draft, lost: pd.Index) -> Draft:
    if draft.subjects is None or lost.empty:
        return draft
    return replace(draft, subjects=draft.subjects[~is_among(draft.subjects["subject"], lost)])


def _require_rows(checked: Checked) -> Checked:
    if checked.draft.visits.empty:
        raise DataError(f"Every row is left out:\n{checked.flow.table().to_string(index=False)}")
    return checked


def _without_lost_subjects(checked: Checked) -> Checked:
    draft = checked.draft
    if draft.events.empty:
        return checked
    here = draft.numbering.labels[draft.numbering.count() > 0]
    if draft.subjects is not None:
        here = here.union(pd.Index(draft.subjects["subject"].unique()))
    gone = draft.events.index[~is_among(draft.events["subject"], here)]
    return _leave_events(checked, "left out: their subject is left out", gone) if len(gone) else checked
