"""A table on its way to a cohort: columns renamed and read as numbers, nothing checked yet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import pandas as pd

from alsmodels.data.alsfrsr import DOMAINS, ItemColumns, find_items, score_items
from alsmodels.data.censoring import MARKS, Readings, apply_limits, holds_censored_values, read_values
from alsmodels.data.columns import as_names, as_pandas, as_text, rename_roles, require_columns
from alsmodels.data.events import draft_events
from alsmodels.data.outcomes import KNOWN_OUTCOMES, Outcome, is_alsfrs_r, known_outcome
from alsmodels.data.roles import Roles, to_weeks
from alsmodels.errors import DataError

__all__ = ["Draft", "OutcomeLike", "make_draft"]

OutcomeLike = Outcome | str
SCORES = ("alsfrs_r", *DOMAINS)


@final
@dataclass(frozen=True, slots=True)
class Draft:
    """Tables with the cohort's names, indexed by the user's row numbers.

    Parameters
    ----------
    roles
        The columns outside.
    visits
        subject, week, arm, and every other column; outcomes and items as floats.
    raw
        The same rows and names as the user wrote them.
    outcomes
        Name to outcome.
    items
        The ALSFRS-R items there are.
    scores
        The totals and domains that the items give, when all items are there; else None.
    events, raw_events
        subject, week, event and more, read and as written.
    subjects
        The separate table of subjects, or None.
    known
        The subjects of the tables as read.
    """

    roles: Roles
    visits: pd.DataFrame
    raw: pd.DataFrame
    outcomes: Mapping[str, Outcome]
    items: ItemColumns
    scores: pd.DataFrame | None
    events: pd.DataFrame
    raw_events: pd.DataFrame
    subjects: pd.DataFrame | None
    known: frozenset[str]

    @property
    def measured(self) -> list[str]:
        """The columns that must hold numbers: outcomes, then items."""
        items = [column for column in self.items.columns.values() if column in self.visits.columns]
        return [*self.outcomes, *(column for column in items if column not in self.outcomes)]


def make_draft(
    frame: object,
    roles: Roles,
    *,
    outcomes: Sequence[OutcomeLike],
    events: object | None,
    subjects: object | None,
) -> Draft:
    """Rename, read numbers, and add up the ALSFRS-R; refuse only what leaves nothing to check."""
    table = _subjects_table(subjects, roles)
    raw = _renamed_visits(as_pandas(frame, "The table"), roles, table)
    wanted = _resolve(outcomes, raw)
    items = find_items(raw.columns.drop(["subject", "week", "arm"], errors="ignore"))
    visits = _read_columns(raw, roles, wanted, items)
    scores = None if items.absent else score_items(visits, items)
    visits, wanted = _with_scores(visits, wanted, scores)
    drafted, raw_events = draft_events(events, roles)
    seen = [visits["subject"]] + ([] if table is None else [table["subject"]])
    known = frozenset(pd.concat(seen).dropna())
    return Draft(roles, visits, raw, wanted, items, scores, drafted, raw_events, table, known)


def _subjects_table(subjects: object | None, roles: Roles) -> pd.DataFrame | None:
    if subjects is None:
        return None
    table = as_pandas(subjects, "The subjects table")
    columns = {"subject": roles.subject if roles.subject in table.columns else "subject"}
    if roles.arm is not None and (roles.arm in table.columns or "arm" in table.columns):
        columns["arm"] = roles.arm if roles.arm in table.columns else "arm"
    table = rename_roles(table, columns, "The subjects table")
    table = table.assign(**{name: as_text(table[name]) for name in columns})
    if table["subject"].isna().any():
        row = table.index[table["subject"].isna()][0]
        raise DataError(f"The subjects table: row {row} has no subject; give it one or drop the row.")
    return table


def _renamed_visits(frame: pd.DataFrame, roles: Roles, subjects: pd.DataFrame | None) -> pd.DataFrame:
    if frame.empty:
        raise DataError("The table has no rows.")
    columns = roles.columns
    if subjects is not None and "arm" in subjects.columns and roles.arm not in frame.columns:
        columns.pop("arm", None)
        renamed = rename_roles(frame, columns, "The table")
        arms = subjects.drop_duplicates("subject").set_index("subject")["arm"]
        renamed.insert(2, "arm", as_text(renamed["subject"]).map(arms))
    else:
        renamed = rename_roles(frame, columns, "The table")
    if roles.arm is None and "arm" in renamed.columns:
        raise DataError(
            "The table has a column 'arm', but the roles name none: say Roles(..., arm=\"arm\") or drop it."
        )
    _refuse_overlap(renamed, subjects)
    return renamed


def _refuse_overlap(visits: pd.DataFrame, subjects: pd.DataFrame | None) -> None:
    if subjects is None:
        return
    both = [name for name in subjects.columns if name in visits.columns and name not in {"subject", "arm"}]
    if both or "week" in subjects.columns:
        names = as_names(both or ["week"])
        raise DataError(f"The subjects table and the visits both have the column {names}; keep it in one of them.")


def _resolve(outcomes: Sequence[OutcomeLike], raw: pd.DataFrame) -> dict[str, Outcome]:
    listed = [outcomes] if isinstance(outcomes, (str, Outcome)) else list(outcomes)
    declared = [_as_outcome(outcome) for outcome in listed]
    found = {outcome.name: outcome for outcome in declared}
    if len(found) < len(declared):
        raise DataError("An outcome is declared twice; declare each once.")
    scored = set() if find_items(raw.columns).absent else set(SCORES)
    require_columns(raw, [name for name in found if name not in scored], "The outcomes")
    return found | {name: outcome for name, outcome in _recognised(raw).items() if name not in found}


def _as_outcome(outcome: OutcomeLike) -> Outcome:
    if isinstance(outcome, Outcome):
        return outcome
    if not isinstance(outcome, str):
        raise DataError(f"An outcome is an Outcome or the name of a column, not {outcome!r}.")
    return known_outcome(outcome) or Outcome(outcome)


def _recognised(raw: pd.DataFrame) -> dict[str, Outcome]:
    totals = {name: _as_outcome(name) for name in raw.columns if is_alsfrs_r(name) or name == "alsfrs"}
    domains = {name: KNOWN_OUTCOMES[name] for name in DOMAINS if name in raw.columns and _varies(raw, name)}
    others = [name for name in raw.columns if name not in {"subject", "week", "arm"}]
    censored = {name: Outcome(name) for name in others if holds_censored_values(raw[name])}
    return censored | totals | domains


def _varies(raw: pd.DataFrame, name: str) -> bool:
    """Tell a domain score from, say, a yes-no column for bulbar onset that has the same name."""
    if not pd.api.types.is_numeric_dtype(raw[name].dtype) or raw[name].dtype == "bool":
        return False
    return bool((raw.groupby(as_text(raw["subject"]))[name].nunique() > 1).any())


def _read_columns(raw: pd.DataFrame, roles: Roles, wanted: Mapping[str, Outcome], items: ItemColumns) -> pd.DataFrame:
    read: dict[str, pd.Series] = {}
    companions = {outcome.censored_column for outcome in wanted.values()}
    for name in raw.columns:
        if name in wanted:
            read |= _read_outcome(raw, wanted[name])
        elif name in items.columns.values():
            read[name] = read_values(raw[name]).values
        elif name not in companions:
            read[name] = raw[name]
    read["subject"] = as_text(raw["subject"])
    read["week"] = _read_time(raw["week"], roles)
    if "arm" in raw.columns:
        read["arm"] = as_text(raw["arm"])
    return pd.DataFrame(read, index=raw.index)


def _read_time(column: pd.Series, roles: Roles) -> pd.Series:
    readings = read_values(column)
    return to_weeks(readings.values.where(readings.marks == "none"), roles.time_unit)


def _read_outcome(raw: pd.DataFrame, outcome: Outcome) -> dict[str, pd.Series]:
    companion = outcome.censored_column
    readings = read_values(raw[outcome.name])
    if companion in raw.columns:
        given = raw[companion].astype("str").fillna("none")
        if not given.isin(MARKS).all():
            raise DataError(
                f"The column {companion!r} may hold only 'left', 'right', 'interval' and 'none'; rename it."
            )
        readings = Readings(readings.values, readings.marks.mask(given != "none", given), readings.unreadable)
    readings = apply_limits(readings, outcome)
    marked = (readings.marks != "none").any() or outcome.lloq is not None or outcome.uloq is not None
    kept = {outcome.name: readings.values}
    return kept | {companion: readings.marks} if marked or companion in raw.columns else kept


def _with_scores(
    visits: pd.DataFrame, wanted: dict[str, Outcome], scores: pd.DataFrame | None
) -> tuple[pd.DataFrame, dict[str, Outcome]]:
    if scores is None:
        return visits, wanted
    has_total = any(is_alsfrs_r(name) for name in wanted)
    new = [name for name in SCORES if name not in visits.columns and not (has_total and is_alsfrs_r(name))]
    added = visits.assign(**{name: scores[name] for name in new})
    return added, wanted | {name: wanted.get(name, KNOWN_OUTCOMES[name]) for name in new}
