"""Reading wide tables: one row a subject, one column an outcome and visit."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from alsmodels.data.alsfrsr import find_items
from alsmodels.data.cohort import Cohort
from alsmodels.data.columns import as_names, as_pandas, as_text, require_columns
from alsmodels.data.draft import OutcomeLike
from alsmodels.data.findings import Finding
from alsmodels.data.flow import Flow
from alsmodels.data.missing import MissingLike
from alsmodels.data.outcomes import Outcome
from alsmodels.data.readers.tables import open_given, open_table
from alsmodels.data.readers.text_form import PLAIN, TextForm
from alsmodels.data.readers.wide_baseline import tell_relatives
from alsmodels.data.readers.wide_columns import Places, find_columns, pattern_stems
from alsmodels.data.roles import Roles, TimeUnit
from alsmodels.data.visit_checks import written
from alsmodels.errors import DataError, ReadError, shown

__all__ = ["read_wide"]

_TABLE = "The wide table"


def read_wide(
    source: object,
    columns: Mapping[str, str | Mapping[str, float]],
    *,
    subject: str,
    arm: str | None = None,
    control: str | None = None,
    time_unit: TimeUnit | None = None,
    outcomes: Sequence[Outcome] = (),
    covariates: Sequence[str] | None = None,
    events: object | None = None,
    leave_out: Collection[str] = (),
    missing: MissingLike = (),
    empty: Collection[str] = (),
    baseline: str | Mapping[str, str] | None = None,
    sheet: str | None = None,
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
) -> Cohort:
    """Read a cohort from a table with one row a subject.

    Parameters
    ----------
    source : DataFrame, str or Path
        A table of pandas, polars (collected) or pyarrow, or the path of a file that `read_cohort` reads.
    columns : mapping of str to str, or to mapping of str to float
        The columns of each outcome, or item of the ALSFRS-R: the name it gets to a pattern such as ``"als_w{week}"``
        (or ``{day}``, ``{month}``), or to its columns and their times, ``{"als_screening": -4, "als_base": 0}``.
    subject : str
        The column that identifies a subject.
    arm : str, optional
        The column with the treatment arm; None for a cohort without arms.
    control : str, optional
        The reference arm, as in `Roles`.
    time_unit : {"week", "day", "month"}, optional
        The unit of times that are given for columns one by one: "week" (the default), "day" or "month".
    outcomes : sequence of Outcome, default ()
        The descriptions of the outcomes, by the names they get.
    covariates : sequence of str, optional
        The other columns to keep, with the subjects; None keeps all.
    events : DataFrame, str, Path or tuple of (str, str), optional
        A table, its path, or the path and sheet of a workbook: the subject, event, and the time in a column called
        week, day or month.
    leave_out : collection of str, default ()
        Names of rules whose offending rows are to be left out and counted.
    missing : collection of str or float, or mapping of str to such a collection, default ()
        Words and numbers that stand for no value, as in `read_cohort`.
    empty : collection of str, default ()
        Names of rules about values whose offending cells are emptied, as in `read_cohort`.
    baseline : str or mapping of str to str, optional
        The column of the baseline where it is not of the pattern, such as ``"ALSFRSR_BL"``; or outcome to such a
        column. It is of week 0.
    sheet : str, optional
        The sheet of a workbook.
    delimiter, decimal, encoding : str, optional
        The form of a text table, as in `read_cohort`.

    Returns
    -------
    Cohort
        The checked cohort, with one visit for each subject and time with a value of at least one outcome. Where all of
        a visit's cells are empty the visit was missed; `Cohort.flow` counts these. A subject without any value stays
        among the subjects.

    Raises
    ------
    DataError
        If a column or pattern fits nothing, or more than one thing; if two columns of an outcome have one time, or a
        time is no number; if a subject has two rows; or if the visits break a rule.

    Examples
    --------
    >>> frame = pd.DataFrame({"id": ["a", "b"], "sex": ["f", "m"], "als_w0": [40, 38], "als_w12": [37, None]})
    >>> cohort = read_wide(frame, {"alsfrs_r": "als_w{week}"}, subject="id")
    >>> cohort.visits
      subject  week  alsfrs_r
    0       a   0.0      40.0
    1       a  12.0      37.0
    2       b   0.0      38.0
    """
    form = TextForm(delimiter, decimal, encoding)
    table, found = _open(source, [subject, *([arm] if arm else [])], sheet, form)
    given = open_given(events, text={subject, "subject"}, form=form)
    apart = {subject, *([arm] if arm else []), *(covariates or ())}
    require_columns(table, apart, _TABLE)
    _refuse_reserved(columns, [subject, arm, "week"])
    places = find_columns(columns, table, apart=apart, time_unit=time_unit, baseline=baseline)
    _check_subjects(table, subject)
    kept = _subjects(table, places, [subject, *([arm] if arm else [])], covariates)
    long = _stack(table, subject, places)
    visits = long[_observed(long, list(places))]
    if visits.empty:
        raise DataError(f"{_TABLE}: no column of {as_names(places)} holds a value.")
    cohort = _checked(
        visits,
        Roles(subject, "week", arm, control=control),
        outcomes=_declared(outcomes, places),
        events=given.table,
        subjects=kept,
        leave_out=leave_out,
        missing=missing,
        empty=empty,
    )
    others = [name for name in kept.columns if name not in apart]
    relatives = tell_relatives(pattern_stems(columns), others)
    return _counted(cohort, len(long), len(visits), len(table)).told((*found, *given.findings, *relatives))


def _open(
    source: object, text: Collection[str], sheet: str | None, form: TextForm
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    if isinstance(source, (str, Path)):
        opened = open_table(source, text=text, sheet=sheet, form=form)
        return as_pandas(opened.frame, _TABLE), opened.findings
    if sheet is not None:
        raise ReadError(f"sheet={shown(sheet)} is for .xlsx files, but a table is given, not a path.")
    if form != PLAIN:
        raise ReadError("delimiter, decimal and encoding are of text tables, but a table is given, not a path.")
    return as_pandas(source, _TABLE), ()


def _refuse_reserved(columns: object, names: Collection[str | None]) -> None:
    taken = [name for name in columns if name in names] if isinstance(columns, Mapping) else []
    if taken:
        raise DataError(
            f"columns: an outcome cannot be called {shown(taken[0])}, as the visits have another column of it."
        )


def _check_subjects(table: pd.DataFrame, subject: str) -> None:
    if table.empty:
        raise DataError(f"{_TABLE} has no rows.")
    names = as_text(table[subject])
    if names.isna().any():
        raise DataError(f"{_TABLE}: row {names.index[names.isna()][0]} has no subject; give it one or drop the row.")
    again = names.duplicated()
    if again.any():
        row = names.index[again][0]
        raise DataError(
            f"{_TABLE}: row {row} is a second one of subject {shown(names[row])}; it must have one row a subject. A "
            "table with one row a visit is for read_cohort."
        )


def _subjects(
    table: pd.DataFrame, places: Mapping[str, Places], roles: Sequence[str], covariates: Sequence[str] | None
) -> pd.DataFrame:
    taken = {column for found in places.values() for column in found}
    others = [name for name in table.columns if name not in taken and name not in roles]
    kept = table[[*roles, *(others if covariates is None else covariates)]]
    clash = [name for name in kept.columns if name in places or (name == "week" and name not in roles)]
    if clash:
        raise DataError(
            f"{_TABLE} has a column {shown(clash[0])} of its own, which visits have in a cohort; rename it, or list "
            "the columns to keep without it: covariates=[...]."
        )
    return kept


def _stack(table: pd.DataFrame, subject: str, places: Mapping[str, Places]) -> pd.DataFrame:
    """Make one row of each subject and time, in the order of the subjects."""
    at = {outcome: {week: column for column, week in found.items()} for outcome, found in places.items()}
    weeks = sorted({week for found in at.values() for week in found})
    nothing = pd.Series(np.nan, index=table.index)
    blocks = []
    for week in weeks:
        values = {name: table[found[week]] if week in found else nothing for name, found in at.items()}
        blocks.append(pd.DataFrame({subject: table[subject], "week": week, **values}, index=table.index))
    return pd.concat(blocks).sort_index(kind="stable").reset_index(drop=True)


def _observed(long: pd.DataFrame, names: Sequence[str]) -> pd.Series:
    return pd.concat([written(long[name]) for name in names], axis=1).any(axis=1)


def _declared(outcomes: Sequence[Outcome], places: Mapping[str, Places]) -> list[OutcomeLike]:
    told = {outcome.name for outcome in outcomes} | set(find_items(places).columns.values())
    return [*outcomes, *(name for name in places if name not in told)]


def _checked(frame: pd.DataFrame, roles: Roles, **given: object) -> Cohort:
    try:
        return Cohort.from_frame(frame, roles, **given)  # type: ignore[arg-type]
    except DataError as reason:
        raise DataError(
            f"{reason}\n(Rows are those of the long table: subject by subject, visit by visit.)"
        ) from reason


def _counted(cohort: Cohort, rows: int, visits: int, subjects: int) -> Cohort:
    """Count the visits that were missed, before what the checks left out."""
    flow = Flow(rows, subjects)
    if visits < rows:
        flow = flow.without("left out: missed visit (empty cells)", rows=rows - visits, subjects=0)
    read = cohort.flow(of="events").iloc[0]
    return cohort.after(flow, Flow(int(read["rows"]), int(read["subjects"])))
