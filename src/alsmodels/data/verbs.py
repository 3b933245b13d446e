"""What is done with cohorts: rows chosen and counted, labels written anew, cohorts put below each other."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from alsmodels.data.alike_checks import cores, has_levels
from alsmodels.data.arm_checks import doubt_reference
from alsmodels.data.assembly import Tables, join
from alsmodels.data.columns import as_names, join_rows, require_columns, require_levels, with_columns
from alsmodels.data.findings import Finding
from alsmodels.data.flow import Flow
from alsmodels.data.numbering import Mask
from alsmodels.data.query import rows_where
from alsmodels.data.reference import find_reference
from alsmodels.data.roles import Roles, order_arms
from alsmodels.errors import DataError, shown

__all__ = ["choose", "put_together", "relabel"]

Labels = Mapping[str, str]
_TOTALS = frozenset({"alsfrs_r", "alsfrs"})


def choose(
    tables: Tables,
    condition: object | None,
    *,
    arms: str | Collection[str] | None,
    subjects: Collection[object] | None,
    weeks: tuple[float, float] | None,
) -> Tables:
    """Keep some of the rows, and count what is left out, a step for each choice."""
    if condition is None and arms is None and subjects is None and weeks is None:
        raise DataError("where: say what to keep: a condition, arms=, subjects= or weeks=.")
    if arms is not None:
        tables = _only_subjects(tables, _in_arms(tables, arms), f"not in arm {_said(arms)}")
    if subjects is not None:
        tables = _only_subjects(tables, _named(tables, subjects), "not among the subjects named")
    if weeks is not None:
        tables = _only_visits(tables, _within(tables, weeks), f"not in weeks {weeks[0]:g} to {weeks[1]:g}")
    if condition is not None:
        said = f"not {condition}" if isinstance(condition, str) else "not in the mask"
        none_is = f"{condition} holds for none" if isinstance(condition, str) else None
        tables = _only_visits(tables, _mask(tables, condition), said, none_is)
    return _with_arms(tables, tables.roles.control)


def relabel(tables: Tables, control: str | None, labels: Mapping[str, Labels]) -> Tables:
    """Write labels anew, so that those written alike are one; the reference stays what it is, or is given."""
    for name, new in labels.items():
        tables = _relabelled(tables, name, new)
    kept = tables.roles.control
    given = labels.get("arm", {}).get(kept, kept) if kept is not None else None
    chosen = control if control is not None else given
    if chosen is not None and "arm" not in tables.subjects.columns:
        raise DataError(f"relabel: control={shown(chosen)} names an arm, but the cohort has no arms.")
    return _with_arms(tables, chosen)


def put_together(tables: Sequence[Tables], names: Sequence[str] | None) -> Tables:
    """Put cohorts below each other; with names, subjects are called ``name: subject`` and have a column ``source``."""
    _check_names(tables, names)
    _check_together(tables)
    if names is not None:
        tables = [_prefixed(part, name) for part, name in zip(tables, names, strict=True)]
    _refuse_same_subjects(tables)
    moved = _of_visits(tables)
    parts = [_with_columns_at_visits(part, moved) for part in tables]
    outcomes = {outcome.name: outcome for part in parts for outcome in part.outcomes}
    controls = {part.roles.control for part in parts}
    control = controls.pop() if len(controls) == 1 else None
    arm = "arm" if "arm" in parts[0].subjects.columns else None
    together = Tables(
        roles=Roles("subject", "week", arm, control=control),
        outcomes=tuple(outcomes.values()),
        subjects=_sorted([_plain_arms(part.subjects) for part in parts], ["subject"]),
        visits=_with_marks(_sorted([part.visits for part in parts], ["subject", "week"]), outcomes),
        events=_sorted([part.events for part in parts], ["subject", "week"]),
        findings=tuple(finding for part in parts for finding in part.findings),
        flow=_added([part.flow for part in parts]),
        events_flow=_added([part.events_flow for part in parts]),
    )
    return _with_arms(together, control)


def _said(arms: str | Collection[str]) -> str:
    return arms if isinstance(arms, str) else ", ".join(map(str, arms))


def _in_arms(tables: Tables, arms: str | Collection[str]) -> Mask:
    if "arm" not in tables.subjects.columns:
        raise DataError("where: the cohort has no arms.")
    wanted = [arms] if isinstance(arms, str) else [str(arm) for arm in arms]
    require_levels(wanted, list(tables.subjects["arm"].cat.categories), "where", "arm")
    return tables.subjects["arm"].isin(wanted).to_numpy()


def _named(tables: Tables, subjects: Collection[object]) -> Mask:
    wanted = [str(name) for name in ([subjects] if isinstance(subjects, str) else subjects)]
    unknown = sorted(set(wanted) - set(tables.subjects["subject"]))
    if unknown:
        raise DataError(f"where: there is no subject {as_names(unknown[:5])} in the cohort.")
    return tables.subjects["subject"].isin(wanted).to_numpy()


def _within(tables: Tables, weeks: tuple[float, float]) -> Mask:
    try:
        first, last = (float(week) for week in weeks)
    except (TypeError, ValueError) as reason:
        raise DataError(f"where: weeks is a first and a last week, such as (0, 52), not {shown(weeks)}.") from reason
    return tables.visits["week"].between(first, last).to_numpy()


def _mask(tables: Tables, condition: object) -> Mask:
    """Which visits a condition, or a mask of the rows of `to_frame`, keeps."""
    if isinstance(condition, str):
        return rows_where(condition, join(tables))
    mask = np.asarray(condition)
    if mask.dtype != bool or mask.shape != (len(tables.visits),):
        raise DataError(
            f"where: a mask has a true or false for each of the {len(tables.visits)} rows of cohort.to_frame(); "
            f"this has {mask.dtype} and shape {mask.shape}."
        )
    return mask


def _only_subjects(tables: Tables, kept: Mask, why: str) -> Tables:
    names = pd.Index(tables.subjects["subject"][kept])
    visits = tables.visits[tables.visits["subject"].isin(names)]
    return _left(tables, visits, tables.subjects[kept], why)


def _only_visits(tables: Tables, kept: Mask, why: str, none_is: str | None = None) -> Tables:
    visits = tables.visits[kept]
    subjects = tables.subjects[tables.subjects["subject"].isin(visits["subject"])]
    return _left(tables, visits, subjects, why, none_is)


def _left(tables: Tables, visits: pd.DataFrame, subjects: pd.DataFrame, why: str, none_is: str | None = None) -> Tables:
    if visits.empty:
        said = none_is or f"none is {why.removeprefix('not ')}"
        raise DataError(f"where: no visit is left; {said}.")
    events = tables.events[tables.events["subject"].isin(subjects["subject"])]
    gone = len(tables.subjects) - len(subjects)
    lost = tables.events["subject"].nunique() - events["subject"].nunique()
    step = f"left out: {why}"
    return replace(
        tables,
        visits=visits.reset_index(drop=True),
        subjects=subjects.reset_index(drop=True),
        events=events.reset_index(drop=True),
        flow=tables.flow.without(step, rows=len(tables.visits) - len(visits), subjects=gone),
        events_flow=tables.events_flow.without(step, rows=len(tables.events) - len(events), subjects=lost),
    )


def _with_arms(tables: Tables, control: str | None) -> Tables:
    """Put the reference first among the arms that are left, and tell of it and of spellings anew."""
    if "arm" not in tables.subjects.columns:
        return replace(tables, findings=_still_true(tables))
    arms = tables.subjects["arm"].astype("object")
    there = [str(arm) for arm in arms.dropna().unique()]
    named = control if control in there or control is None else None
    if (
        control is not None
        and named is None
        and control not in tables.subjects["arm"].astype("category").cat.categories
    ):
        order_arms(there, control)  # refuses it
    ordered = pd.Index(order_arms(there, named), dtype="str")
    subjects = tables.subjects.assign(arm=pd.Categorical(arms, categories=ordered))
    moved = replace(tables, subjects=subjects, roles=replace(tables.roles, control=named))
    doubts = doubt_reference(find_reference(there, named), str(tables.roles.arm))
    return replace(moved, findings=(*_still_true(moved), *doubts))


def _still_true(tables: Tables) -> tuple[Finding, ...]:
    """The findings but those on a reference and on spellings that are no more."""
    return tuple(finding for finding in tables.findings if _is_true(finding, tables))


def _is_true(finding: Finding, tables: Tables) -> bool:
    if finding.rule == "reference-by-alphabet":
        return False
    if finding.rule not in {"arm-alike", "level-alike", "event-alike"}:
        return True
    name = "arm" if finding.rule == "arm-alike" else str(finding.column)
    table = _table_of(tables, name)
    if table is None:
        return True
    levels = pd.Series(getattr(tables, table)[name].dropna().astype("object").unique(), dtype="str")
    return not cores(levels).is_unique


def _table_of(tables: Tables, name: str) -> str | None:
    where = ("events",) if name == "event" else ("subjects", "visits")
    return next((table for table in where if name in getattr(tables, table).columns), None)


def _relabelled(tables: Tables, name: str, labels: Labels) -> Tables:
    if not isinstance(labels, Mapping) or not all(isinstance(text, str) for pair in labels.items() for text in pair):
        raise DataError(f"relabel: {name} takes old and new labels, such as {name}={{'Placebo': 'placebo'}}.")
    table = _table_of(tables, name)
    if table is None or name == "subject":
        there = [
            column for column in (*tables.subjects.columns, *tables.visits.columns) if column not in {"subject", "week"}
        ]
        require_columns(pd.DataFrame(columns=there), [name], "relabel")
    frame = getattr(tables, str(table))
    if not has_levels(frame[name]):
        raise DataError(f"relabel: the column {shown(name)} holds {frame[name].dtype}, not labels.")
    levels = [str(level) for level in frame[name].astype("object").dropna().unique()]
    require_levels(list(labels), levels, "relabel", "arm" if name == "arm" else f"label in {name!r}")
    changed: dict[str, Any] = {str(table): with_columns(frame, {name: _renamed(frame[name], labels)})}
    return replace(tables, **changed)


def _renamed(column: pd.Series, labels: Labels) -> pd.Series:
    """The column with new labels; categories keep their order, those that become one stand where the first stood."""
    texts = column.astype("object").map(lambda text: labels.get(text, text), na_action="ignore")
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return texts.astype("str")
    levels = list(dict.fromkeys(labels.get(level, level) for level in column.cat.categories))
    kept = pd.Categorical(texts, categories=pd.Index(levels, dtype="str"), ordered=column.cat.ordered)
    return pd.Series(kept, index=column.index, name=column.name)


def _check_names(tables: Sequence[Tables], names: Sequence[str] | None) -> None:
    if names is None:
        return
    if len(set(names)) != len(tables) or not all(isinstance(name, str) and name.strip() for name in names):
        raise DataError(
            f"concat: names gives each of the {len(tables)} cohorts a name of its own, not {shown(list(names))}."
        )
    if any("source" in part.subjects.columns or "source" in part.visits.columns for part in tables):
        raise DataError("concat: with names there is a column 'source'; rename the one that is there.")


def _check_together(tables: Sequence[Tables]) -> None:
    """Refuse cohorts some of which have arms, or whose outcomes or kinds of columns differ."""
    if len({"arm" in part.subjects.columns for part in tables}) > 1:
        raise DataError(
            "concat: some of the cohorts have arms and others have none; give each its arm when it is read."
        )
    known: dict[str, object] = {}
    for outcome in (outcome for part in tables for outcome in part.outcomes):
        if known.setdefault(outcome.name, outcome) != outcome:
            raise DataError(
                f"concat: the outcome {shown(outcome.name)} is not the same in all cohorts: "
                f"{shown(known[outcome.name])} and {shown(outcome)}. Units and limits must agree."
            )
    _refuse_two_names(tables)
    _check_kinds(tables, set(known))


def _refuse_two_names(tables: Sequence[Tables]) -> None:
    """Refuse one known total under two names, which would be two outcomes."""
    names: dict[str, set[str]] = {}
    for part in tables:
        here: dict[str, set[str]] = {}
        for outcome in part.outcomes:
            if outcome.known_as in _TOTALS:
                here.setdefault(outcome.known_as, set()).add(outcome.name)
        for known, called in here.items():
            kept = names.setdefault(known, called)
            if not kept & called:
                one, other = sorted(kept)[0], sorted(called)[0]
                raise DataError(
                    f"concat: {shown(one)} of one cohort and {shown(other)} of another are the same total, {known}. "
                    "Give it one "
                    f"name before the cohorts are made: frame.rename(columns={{{shown(other)}: {shown(one)}}})."
                )


def _check_kinds(tables: Sequence[Tables], outcomes: set[str]) -> None:
    kinds: dict[str, bool] = {}
    for part in tables:
        declared = {outcome.name for outcome in part.outcomes}
        for name, column in [*part.subjects.items(), *part.visits.items()]:
            if kinds.setdefault(str(name), has_levels(column)) != has_levels(column):
                raise DataError(
                    f"concat: the column {shown(name)} is text in one cohort and none in another; make it one kind."
                )
            if name in outcomes and name not in declared:
                raise DataError(
                    f"concat: {shown(name)} is an outcome in one cohort and none in another; declare it in both."
                )


def _refuse_same_subjects(tables: Sequence[Tables]) -> None:
    names = pd.concat([part.subjects["subject"] for part in tables])
    twice = names[names.duplicated()].unique().tolist()
    if twice:
        raise DataError(
            f"concat: {len(twice)} subjects are in more than one cohort, such as {as_names(twice[:3])}. If they are "
            "different people, names=['trial', 'registry'] calls them 'trial: 1' and 'registry: 1'."
        )


def _prefixed(tables: Tables, name: str) -> Tables:
    def called(frame: pd.DataFrame) -> pd.DataFrame:
        return frame.assign(subject=(f"{name}: " + frame["subject"]).astype("str"))

    told = tuple(replace(finding, message=f"in {name}, {finding.message}") for finding in tables.findings)
    subjects = called(tables.subjects).assign(source=pd.Series(name, index=tables.subjects.index, dtype="str"))
    visits, events = called(tables.visits), called(tables.events)
    return replace(tables, subjects=subjects, visits=visits, events=events, findings=told)


def _of_visits(tables: Sequence[Tables]) -> set[str]:
    """The columns that are with the visits in any cohort, which are so in all."""
    return {str(name) for part in tables for name in part.visits.columns} - {"subject"}


def _with_columns_at_visits(tables: Tables, names: set[str]) -> Tables:
    moved = [name for name in tables.subjects.columns if name in names]
    if not moved:
        return tables
    visits = tables.visits.merge(tables.subjects[["subject", *moved]], on="subject", how="left")
    return replace(tables, visits=visits, subjects=tables.subjects.drop(columns=moved))


def _plain_arms(subjects: pd.DataFrame) -> pd.DataFrame:
    return subjects.assign(arm=subjects["arm"].astype("str")) if "arm" in subjects.columns else subjects


def _sorted(frames: Sequence[pd.DataFrame], by: list[str]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)] or list(frames[:1])
    return join_rows(filled).sort_values(by, kind="stable").reset_index(drop=True)


def _with_marks(visits: pd.DataFrame, outcomes: Mapping[str, object]) -> pd.DataFrame:
    """A mark of censoring in every row, where a cohort has none of them."""
    names = [f"{name}_censored" for name in outcomes if f"{name}_censored" in visits.columns]
    return with_columns(visits, {name: visits[name].fillna("none").astype("str") for name in names})


def _added(flows: Sequence[Flow]) -> Flow:
    steps = tuple(step for flow in flows for step in flow.steps)
    return Flow(sum(flow.rows for flow in flows), sum(flow.subjects for flow in flows), steps)
