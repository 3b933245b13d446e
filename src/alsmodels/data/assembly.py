"""From checked drafts to the tables of a cohort."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import pandas as pd

from alsmodels.data.checks import Checked, run_checks
from alsmodels.data.columns import require_columns
from alsmodels.data.draft import Draft, OutcomeLike, make_draft
from alsmodels.data.filling import fill_by_subject, find_filled
from alsmodels.data.findings import Finding
from alsmodels.data.flow import Flow
from alsmodels.data.missing import MissingLike
from alsmodels.data.numbering import Codes, changes, places
from alsmodels.data.outcomes import Outcome
from alsmodels.data.roles import Roles, order_arms
from alsmodels.errors import DataError, shown

__all__ = ["Tables", "assemble", "join", "verify"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """What a cohort holds.

    Parameters
    ----------
    roles : Roles
        The columns outside.
    outcomes : tuple of Outcome
        The outcomes, in the order of the columns.
    subjects : pandas.DataFrame
        Subject, arm, covariates; one row a subject, sorted.
    visits : pandas.DataFrame
        Subject, week, outcomes, other columns; one row a visit, sorted.
    events : pandas.DataFrame
        Subject, event, week, other columns; sorted by subject and week.
    findings : tuple of Finding
        The warnings.
    flow, events_flow : Flow
        The counts of visits and of events.
    """

    roles: Roles
    outcomes: tuple[Outcome, ...]
    subjects: pd.DataFrame
    visits: pd.DataFrame
    events: pd.DataFrame
    findings: tuple[Finding, ...]
    flow: Flow
    events_flow: Flow


def assemble(
    frame: object,
    roles: Roles,
    *,
    outcomes: Sequence[OutcomeLike] = (),
    events: object | None = None,
    subjects: object | None = None,
    leave_out: Collection[str] = (),
    missing: MissingLike = (),
    empty: Collection[str] = (),
) -> Tables:
    """Read, check and split a table into the tables of a cohort."""
    draft = make_draft(frame, roles, outcomes=outcomes, events=events, subjects=subjects, missing=missing)
    return _split(run_checks(draft, leave_out=leave_out, empty=empty))


def _split(checked: Checked) -> Tables:
    draft, order = checked.draft, checked.draft.numbering.order
    ordered = (draft.visits if order is None else draft.visits.take(order)).reset_index(drop=True)
    codes = draft.numbering.in_order(draft.numbering.codes)
    ordered = fill_by_subject(ordered, codes, [filled.name for filled in find_filled(draft)])
    constant = _constant_columns(ordered, codes, draft)
    first = ordered.take(np.flatnonzero(np.diff(codes, prepend=-1)))
    events = draft.events
    if len(events):
        events = events.sort_values(["subject", "week", "event"], kind="stable").reset_index(drop=True)
    return Tables(
        roles=draft.roles,
        outcomes=tuple(draft.outcomes[name] for name in ordered.columns if name in draft.outcomes),
        subjects=_subjects(first[["subject", *constant]].reset_index(drop=True), draft),
        visits=ordered.drop(columns=constant),
        events=events,
        findings=checked.findings,
        flow=checked.flow,
        events_flow=checked.events_flow,
    )


def _constant_columns(visits: pd.DataFrame, codes: Codes, draft: Draft) -> list[str]:
    companions = [outcome.censored_column for outcome in draft.outcomes.values()]
    fixed = {"subject", "week", *draft.measured, *companions}
    same = codes[1:] == codes[:-1]
    return [name for name in visits.columns if name not in fixed and not (changes(visits[name]) & same).any()]


def _subjects(rows: pd.DataFrame, draft: Draft) -> pd.DataFrame:
    if draft.subjects is not None:
        both = [name for name in draft.subjects.columns if name in rows.columns and name != "subject"]
        rows = rows.merge(draft.subjects.drop(columns=both), on="subject", how="outer")
        rows = _with_arms_of_absent(rows, draft.subjects)
        rows = rows.sort_values("subject").reset_index(drop=True)
    return _with_ordered_arms(rows, draft.roles)


def _with_arms_of_absent(rows: pd.DataFrame, subjects: pd.DataFrame) -> pd.DataFrame:
    """Give subjects without a visit the arm that the subjects table says."""
    if "arm" not in subjects.columns:
        return rows
    planned = rows["subject"].map(subjects.set_index("subject")["arm"])
    return rows.assign(arm=rows["arm"].fillna(planned))


def _with_ordered_arms(rows: pd.DataFrame, roles: Roles) -> pd.DataFrame:
    if "arm" not in rows.columns:
        return rows
    codes, there = pd.factorize(rows["arm"])
    levels = order_arms(list(there), roles.control)
    ranks = np.array([*(levels.index(level) for level in there), -1])
    arms = pd.Categorical.from_codes(ranks[codes], categories=pd.Index(levels, dtype="str"), ordered=False)
    others = [name for name in rows.columns if name not in {"subject", "arm"}]
    return rows.assign(arm=arms)[["subject", "arm", *others]]


def join(tables: Tables) -> pd.DataFrame:
    """Give each visit its subject's columns: subject, week and arm first, then the visits', then the subjects'."""
    visits, subjects = tables.visits, tables.subjects
    place = places(visits["subject"], pd.Index(subjects["subject"]))
    columns = {name: visits[name] for name in visits.columns}
    for name in (name for name in subjects.columns if name != "subject"):
        columns[name] = pd.Series(subjects[name].array.take(place), index=visits.index, copy=False)
    first = [name for name in ("subject", "week", "arm") if name in columns]
    order = (*first, *(name for name in columns if name not in first))
    return pd.DataFrame({name: columns[name] for name in order}, copy=False)


def verify(tables: Tables) -> Tables:
    """Check tables that were kept elsewhere once more, and put their arms in order.

    Raises
    ------
    DataError
        If the tables do not fit each other or break a rule.
    """
    _require_inside(tables)
    roles = Roles("subject", "week", "arm" if tables.roles.arm else None, control=tables.roles.control)
    draft = make_draft(
        tables.visits, roles, outcomes=tables.outcomes, events=tables.events, subjects=tables.subjects, joins=False
    )
    run_checks(draft)
    _require_as_kept(draft, tables)
    kept = (len(tables.visits), len(tables.subjects), len(tables.events))
    if kept != (tables.flow.kept.rows, tables.flow.kept.subjects, tables.events_flow.kept.rows):
        raise DataError("the count of what was kept is not the number of rows and subjects there are")
    return replace(tables, subjects=_with_ordered_arms(tables.subjects, tables.roles))


def _require_as_kept(draft: Draft, tables: Tables) -> None:
    """Refuse columns that are read otherwise than they stand there: numbers as texts, values beyond a new limit."""
    companions = [outcome.censored_column for outcome in draft.outcomes.values()]
    visits = [name for name in ("subject", "week", *draft.measured, *companions) if name in tables.visits.columns]
    for name in visits:
        if not draft.visits[name].reset_index(drop=True).equals(tables.visits[name].reset_index(drop=True)):
            raise DataError(f"the column {shown(name)} of the visits is not as it was kept")
    for name in ("subject", "event", "week"):
        if not draft.events[name].reset_index(drop=True).equals(tables.events[name].reset_index(drop=True)):
            raise DataError(f"the column {shown(name)} of the events is not as it was kept")


def _require_inside(tables: Tables) -> None:
    arm = ["arm"] if tables.roles.arm else []
    require_columns(tables.subjects, ["subject", *arm], "The subjects")
    require_columns(tables.visits, ["subject", "week"], "The visits")
    require_columns(tables.events, ["subject", "event", "week"], "The events")
    if not arm and "arm" in tables.subjects.columns:
        raise DataError("the subjects have arms, but the roles name no arm")
    if not isinstance(tables.subjects["subject"].dtype, pd.StringDtype):
        raise DataError("the subjects are not identified by text")
    if arm and not all(isinstance(level, str) for level in tables.subjects["arm"].astype("object").dropna()):
        raise DataError("the arms are not texts")
