"""A table on its way to a cohort: columns renamed and read as numbers, nothing checked yet."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
import pandas as pd

from alsmodels.data.alsfrsr import DOMAINS, ItemColumns, find_items, score_items
from alsmodels.data.censoring import MARKS, Readings, apply_limits, holds_censored_values, read_limit_words, read_values
from alsmodels.data.columns import as_names, as_pandas, as_text, rename_roles, require_columns, with_columns
from alsmodels.data.day_count import DayCount, count_days
from alsmodels.data.events import draft_events, open_events
from alsmodels.data.forms import Forms, join_forms
from alsmodels.data.missing import Cells, Missing, MissingLike, empty_cells, read_hidden_numbers, read_missing
from alsmodels.data.numbering import Mask, Numbering, number_visits, places
from alsmodels.data.outcomes import KNOWN_OUTCOMES, Outcome, is_alsfrs_r, known_outcome
from alsmodels.data.roles import Roles, to_weeks
from alsmodels.errors import DataError, shown

__all__ = ["Draft", "OutcomeLike", "make_draft"]

OutcomeLike = Outcome | str
SCORES = ("alsfrs_r", *DOMAINS)


@final
@dataclass(frozen=True, slots=True)
class Draft:
    """Tables with the cohort's names, indexed by the user's row numbers, which are counted from 1.

    Parameters
    ----------
    roles : Roles
        The columns outside.
    visits : pandas.DataFrame
        Subject, week, arm, and every other column; outcomes and items as floats.
    raw : pandas.DataFrame
        All rows, with the same names, as the user wrote them.
    numbering : Numbering
        The subject of each visit, and the order of the visits.
    unreadable : mapping of str to Mask
        The columns with text that is no number, and in which of all rows it is.
    outcomes : mapping of str to Outcome
        Name to outcome.
    items : ItemColumns
        The ALSFRS-R items there are.
    scores : pandas.DataFrame or None
        The totals and domains that the items give, when all items are there; else None.
    events, raw_events : pandas.DataFrame
        Subject, week, event and more, read and as written.
    subjects : pandas.DataFrame or None
        The separate table of subjects, or None.
    known : pandas.Index
        The subjects of the tables as read.
    day_count : DayCount or None
        How weeks were counted from dates, in all rows; None where the times were no dates.
    emptied : tuple of Cells
        The cells that were emptied because the user said so.
    words : tuple of Cells
        The words in columns of numbers that are no outcomes, which are read as missing.
    forms : Forms or None
        Rows of one visit, joined, and those that contradict each other.
    """

    roles: Roles
    visits: pd.DataFrame
    raw: pd.DataFrame
    numbering: Numbering
    unreadable: Mapping[str, Mask]
    outcomes: Mapping[str, Outcome]
    items: ItemColumns
    scores: pd.DataFrame | None
    events: pd.DataFrame
    raw_events: pd.DataFrame
    subjects: pd.DataFrame | None
    known: pd.Index
    day_count: DayCount | None
    emptied: tuple[Cells, ...] = ()
    words: tuple[Cells, ...] = ()
    forms: Forms | None = None

    def as_written(self, name: str) -> pd.Series:
        """Return a column of the visits as the user wrote it."""
        column = self.raw[name]
        return column if len(column) == len(self.visits) else column.loc[self.visits.index]

    def without_visits(self, rows: Sequence[int]) -> "Draft":
        """Return the draft without the visits of these row numbers."""
        kept = ~self.visits.index.isin(rows)
        return replace(self, visits=self.visits[kept], numbering=self.numbering.only(kept))

    def without_cells(self, name: str, rows: Sequence[int], why: str) -> "Draft":
        """Return the draft with empty cells in a column of numbers; scores are made again of what is left."""
        if name not in self.visits.columns and self.subjects is not None:
            gone = Cells("subjects", name, self.subjects[name].loc[list(rows)], why)
            table = with_columns(self.subjects, {name: self.subjects[name].mask(self.subjects.index.isin(rows))})
            return replace(self, subjects=table, emptied=(*self.emptied, gone))
        cells = self.visits.index.isin(rows)
        columns = {name: self.visits[name].mask(cells)}
        companion = f"{name}_censored"
        if companion in self.visits.columns:
            columns[companion] = self.visits[companion].mask(cells, MARKS[0])
        visits = with_columns(self.visits, columns)
        scores = self.scores
        if scores is not None and name in self.items.columns.values():
            scores = score_items(visits, self.items)
            visits = with_columns(visits, {score: scores[score] for score in SCORES if self._is_made(score)})
        emptied = Cells("visits", name, self.raw[name].loc[list(rows)], why)
        unreadable = {column: mask for column, mask in self.unreadable.items() if column != name}
        left = self.unreadable.get(name, np.zeros(len(self.raw), dtype=bool)) & ~self.raw.index.isin(rows)
        unreadable |= {name: left} if left.any() else {}
        told = (*self.emptied, emptied)
        return replace(self, visits=visits, scores=scores, unreadable=unreadable, emptied=told)

    def _is_made(self, score: str) -> bool:
        """Whether a score was computed, and not given."""
        return score in self.visits.columns and score not in self.raw.columns

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
    missing: MissingLike = (),
    joins: bool = True,
) -> Draft:
    """Rename, join rows of one visit, read numbers, and add up the ALSFRS-R; refuse only what leaves no check."""
    frame, emptied, table = _without_missing(as_pandas(frame, "The table"), subjects, roles, read_missing(missing))
    raw = _renamed_visits(frame, roles, table)
    opened = open_events(events, roles)
    count = count_days(raw, roles, subjects=table, events=None if opened is None else opened.dates)
    subject, week = as_text(raw["subject"]), _read_time(raw["week"], roles) if count is None else count.weeks
    numbering = number_visits(subject, week)
    forms = join_forms(raw, numbering, week) if joins else Forms(raw)
    raw = forms.frame
    wanted = _resolve(outcomes, raw, numbering)
    items = find_items(name for name in raw.columns if name not in {"subject", "week", "arm"})
    visits, unreadable = _read_columns(raw, wanted, items)
    visits, words = read_hidden_numbers(visits, _covariates(visits, wanted), "visits")
    table, others = (None, []) if table is None else read_hidden_numbers(table, _covariates(table, {}), "subjects")
    visits = visits.assign(subject=subject, week=week)
    scores = None if items.absent else score_items(visits, items)
    visits, wanted = _with_scores(visits, wanted, scores)
    _refuse_made_twice(visits, table)
    drafted, raw_events = draft_events(opened, count)
    return Draft(
        roles=roles,
        visits=visits,
        raw=raw,
        numbering=numbering,
        unreadable=unreadable,
        outcomes=wanted,
        items=items,
        scores=scores,
        events=drafted,
        raw_events=raw_events,
        subjects=table,
        known=numbering.labels if table is None else numbering.labels.union(pd.Index(table["subject"].unique())),
        day_count=count,
        emptied=tuple(emptied),
        words=(*words, *others),
        forms=forms,
    )


def _without_missing(
    frame: pd.DataFrame, subjects: object | None, roles: Roles, missing: Missing | Mapping[str, Missing]
) -> tuple[pd.DataFrame, list[Cells], pd.DataFrame | None]:
    """Empty what the user calls missing in the visits and in the table of subjects."""
    table = _subjects_table(subjects, roles)
    if isinstance(missing, Mapping):
        there = [*frame.columns, *([] if table is None else table.columns.difference(frame.columns))]
        require_columns(pd.DataFrame(columns=there), missing, "missing")
    frame, emptied = empty_cells(frame, missing, roles=roles.columns.values(), table="visits")
    if table is None:
        return frame, emptied, None
    table, others = empty_cells(table, missing, roles=("subject", "arm"), table="subjects")
    return frame, [*emptied, *others], table


def _subjects_table(subjects: object | None, roles: Roles) -> pd.DataFrame | None:
    if subjects is None:
        return None
    table = as_pandas(subjects, "The subjects table")
    columns = {"subject": roles.subject if roles.subject in table.columns else "subject"}
    if roles.arm is not None and (roles.arm in table.columns or "arm" in table.columns):
        columns["arm"] = roles.arm if roles.arm in table.columns else "arm"
    table = rename_roles(table, columns, "The subjects table")
    table = with_columns(table, {name: as_text(table[name]) for name in columns})
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
        once = subjects.drop_duplicates("subject")
        place = places(as_text(renamed["subject"]), pd.Index(once["subject"]))
        renamed.insert(2, "arm", once["arm"].array.take(place, allow_fill=True))
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


def _refuse_made_twice(visits: pd.DataFrame, subjects: pd.DataFrame | None) -> None:
    """Refuse columns of the subjects table that have the name of a score or of a mark of censoring."""
    made = [] if subjects is None else [name for name in subjects.columns if name in visits.columns]
    made = [name for name in made if name not in {"subject", "arm"}]
    if made:
        raise DataError(f"The subjects table has the column {as_names(made)}, which the visits give too; rename it.")


def _resolve(outcomes: Sequence[OutcomeLike], raw: pd.DataFrame, numbering: Numbering) -> dict[str, Outcome]:
    if not isinstance(outcomes, (Outcome, Collection)):
        raise DataError(f"outcomes is a list of outcomes, or of names of columns, not {shown(outcomes)}.")
    listed = [outcomes] if isinstance(outcomes, (str, Outcome)) else list(outcomes)
    declared = [_as_outcome(outcome) for outcome in listed]
    found = {outcome.name: outcome for outcome in declared}
    if len(found) < len(declared):
        raise DataError("An outcome is declared twice; declare each once.")
    scored = set() if find_items(raw.columns).absent else set(SCORES)
    require_columns(raw, [name for name in found if name not in scored], "The outcomes")
    return found | {name: outcome for name, outcome in _recognised(raw, numbering).items() if name not in found}


def _as_outcome(outcome: OutcomeLike) -> Outcome:
    if isinstance(outcome, Outcome):
        return outcome
    if not isinstance(outcome, str):
        raise DataError(f"An outcome is an Outcome or the name of a column, not {shown(outcome)}.")
    return known_outcome(outcome) or Outcome(outcome)


def _recognised(raw: pd.DataFrame, numbering: Numbering) -> dict[str, Outcome]:
    totals = {name: _as_outcome(name) for name in raw.columns if is_alsfrs_r(name) or name == "alsfrs"}
    there = [name for name in DOMAINS if name in raw.columns]
    domains = {name: KNOWN_OUTCOMES[name] for name in there if _varies(raw[name], numbering)}
    others = [name for name in raw.columns if name not in {"subject", "week", "arm"}]
    censored = {name: Outcome(name) for name in others if holds_censored_values(raw[name])}
    return censored | totals | domains


def _varies(column: pd.Series, numbering: Numbering) -> bool:
    """Tell a domain score from, say, a yes-no column for bulbar onset that has the same name."""
    if not pd.api.types.is_numeric_dtype(column.dtype) or column.dtype == "bool":
        return False
    return bool(numbering.varying(pd.factorize(column)[0]).any())


def _read_columns(
    raw: pd.DataFrame, wanted: Mapping[str, Outcome], items: ItemColumns
) -> tuple[pd.DataFrame, dict[str, Mask]]:
    """Read outcomes with their marks of censoring, items and arms; return where they are no numbers as well."""
    companions = {outcome.censored_column for outcome in wanted.values()}
    names: list[str] = []
    read: dict[str, pd.Series] = {"arm": as_text(raw["arm"])} if "arm" in raw.columns else {}
    unreadable: dict[str, Mask] = {}
    for name in (name for name in raw.columns if name not in companions):
        names.append(name)
        if name not in wanted and name not in items.columns.values():
            continue
        readings = _read_outcome(raw, wanted[name]) if name in wanted else read_values(raw[name])
        read[name] = readings.values
        if readings.unreadable.any():
            unreadable[name] = readings.unreadable.to_numpy()
        if name in wanted and _has_marks(readings, wanted[name], raw):
            names.append(wanted[name].censored_column)
            read[names[-1]] = readings.marks
    return with_columns(raw, read)[names], unreadable


def _covariates(table: pd.DataFrame, wanted: Mapping[str, Outcome]) -> list[str]:
    """Return the columns that are neither a role's nor an outcome's."""
    known = {"subject", "week", "arm", *wanted, *(outcome.censored_column for outcome in wanted.values())}
    return [name for name in table.columns if name not in known]


def _has_marks(readings: Readings, outcome: Outcome, raw: pd.DataFrame) -> bool:
    limited = outcome.lloq is not None or outcome.uloq is not None
    return limited or outcome.censored_column in raw.columns or bool(readings.sides.any())


def _read_time(column: pd.Series, roles: Roles) -> pd.Series:
    readings = read_values(column)
    times = readings.values.where(readings.sides == 0) if readings.sides.any() else readings.values
    return to_weeks(times, roles.time_unit)


def _read_outcome(raw: pd.DataFrame, outcome: Outcome) -> Readings:
    companion = outcome.censored_column
    readings = read_limit_words(read_values(raw[outcome.name]), raw[outcome.name], outcome)
    if companion in raw.columns:
        given = raw[companion].astype("str").fillna("none")
        if not given.isin(MARKS).all():
            raise DataError(
                f"The column {shown(companion)} may hold only 'left', 'right', 'interval' and 'none'; rename it."
            )
        sides = pd.Index(MARKS).get_indexer(pd.Index(given)).astype(np.int8)
        readings = replace(readings, sides=np.where(sides == 0, readings.sides, sides))
    return apply_limits(readings, outcome)


def _with_scores(
    visits: pd.DataFrame, wanted: dict[str, Outcome], scores: pd.DataFrame | None
) -> tuple[pd.DataFrame, dict[str, Outcome]]:
    if scores is None:
        return visits, wanted
    has_total = any(outcome.is_alsfrs_r for outcome in wanted.values())
    new = [name for name in SCORES if name not in visits.columns and not (has_total and is_alsfrs_r(name))]
    added = with_columns(visits, {name: scores[name] for name in new})
    return added, wanted | {name: wanted.get(name, KNOWN_OUTCOMES[name]) for name in new}
