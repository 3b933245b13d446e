"""The rows and columns of a cohort or a table that a model takes, in order of subject and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.cohort import Cohort
from alsmodels.data.columns import as_pandas
from alsmodels.data.numbering import changes, is_missing, number_visits
from alsmodels.errors import DesignError
from alsmodels.model.dates import refuse_dates
from alsmodels.model.encoding import check_columns
from alsmodels.model.limits import companions
from alsmodels.model.losses import missing_reason, naming_losses
from alsmodels.model.soundness import check_roles, empty_rows
from alsmodels.model.spec import ModelSpec
from alsmodels.model.timetable import with_time

__all__ = [
    "Selection",
    "check_present",
    "context_columns",
    "needed_columns",
    "select_rows",
    "select_some",
    "times_of",
]

Mask = NDArray[np.bool_]
Places = NDArray[np.intp]

# Building an empty table takes longer than copying one.
_NOTHING = pd.DataFrame([], columns=["reason", "rows", "subjects"])


@final
@dataclass(frozen=True, slots=True, eq=False)
class Selection:
    """What a model takes of its data.

    Attributes
    ----------
    rows : the n rows with a value in every column of the model, those of a subject adjacent, in order of time
    begins : shape (m,), the first row of each subject
    left_out : the other rows, and subjects who lose all of theirs, by the first column without a value
    """

    rows: pd.DataFrame
    begins: Places
    left_out: pd.DataFrame


def select_rows(spec: ModelSpec, data: object, *, weights: str | None) -> Selection:
    """Select what a model takes; the data are not touched.

    Parameters
    ----------
    spec : the model
    data : a cohort, or a table with a column ``subject``
    weights : a column that the model needs too, or None

    Raises
    ------
    DataError
        If the data are no table.
    DesignError
        If a column is missing or there twice, a row has no subject, or no row has a value in every column.
    """
    table, codes, order = _unfold(data) if isinstance(data, Cohort) else _as_table(data)
    if isinstance(data, Cohort):
        check_roles(spec, data)
    chosen = _select(spec, table, codes, order, weights)
    if chosen.rows.empty:
        with naming_losses(chosen.left_out, n_rows=0, response=spec.columns[0]):
            raise empty_rows(needed_columns(spec, weights))
    return chosen


def select_some(spec: ModelSpec, table: pd.DataFrame, *, weights: str | None) -> Selection:
    """As `select_rows`, of a part of the data, in which there may be nothing to select."""
    return _select(spec, *_as_table(table), weights)


def needed_columns(spec: ModelSpec, weights: str | None) -> list[str]:
    """The columns in which a row must have a value: those of the formula, and of the weights."""
    return list(dict.fromkeys([*spec.columns, *([weights] if weights is not None else [])]))


def context_columns(table: Any) -> list[str]:
    """The columns that say whose a row is, which are kept if a table, of pandas or Dask, has them."""
    return [name for name in ("subject", "week", "arm") if name in table.columns]


def check_present(name: str, table: pd.DataFrame) -> None:
    """Refuse a row without a value in a column that says whose it is."""
    missing = is_missing(table[name])
    if missing.any():
        msg = f"Column '{name}' is missing in row {int(np.argmax(missing)) + 1}."
        raise DesignError(msg)


def times_of(table: pd.DataFrame) -> "pd.Series[Any]":
    """The week of each row, or what has the order of what stands there; zero without weeks."""
    weeks = table["week"] if "week" in table.columns else pd.Series(0, index=table.index)
    if pd.api.types.is_numeric_dtype(weeks):
        return weeks
    return pd.Series(pd.factorize(weeks, sort=True, use_na_sentinel=False)[0], index=table.index)


def _select(
    spec: ModelSpec, table: pd.DataFrame, codes: Places, order: Places | None, weights: str | None
) -> Selection:
    needed = needed_columns(spec, weights)
    table = with_time(table, spec)
    check_columns(needed, table)
    refuse_dates([name for name in needed if name not in {"subject", "week", "arm"}], table)
    complete, left_out = _find_complete(needed, table, codes)
    places = _places(complete, order)
    rows = _take(table, [*needed, *companions(spec.columns[0], table)], places)
    codes = codes if places is None else codes[places]
    begins = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])) if len(codes) else np.zeros(0, np.intp)
    return Selection(rows, begins, left_out)


def _unfold(cohort: Cohort) -> tuple[pd.DataFrame, Places, None]:
    """The table of a cohort, as `_as_table`; its rows stand in order of subject and time."""
    table = cohort.to_frame()
    return table, np.append(0, np.cumsum(changes(table["subject"]))), None


def _as_table(frame: object) -> tuple[pd.DataFrame, Places, Places | None]:
    """A table with subjects; the number of each row's subject, shape (n,); and the rows in order, None if they are."""
    frame = frame if isinstance(frame, pd.DataFrame) else as_pandas(frame, "The data")
    check_columns(["subject", *(["week"] if "week" in frame.columns else [])], frame)
    check_present("subject", frame)
    numbering = number_visits(frame["subject"], times_of(frame))
    return frame, numbering.codes, numbering.order


def _find_complete(needed: Sequence[str], table: pd.DataFrame, codes: Places) -> tuple[Mask, pd.DataFrame]:
    """Which rows, shape (n,), have a value in every column of the model, and the count of the others by column."""
    counts, kept = [], np.ones(len(table), dtype=bool)
    for name in needed:
        absent = is_missing(table[name])
        if absent.any():
            missing = kept & absent
            kept &= ~absent
            gone = np.zeros(codes.max(initial=-1) + 1, dtype=bool)
            gone[codes[missing]] = True
            gone[codes[kept]] = False
            counts.append((missing_reason(name), int(missing.sum()), int(gone.sum())))
    counts = [count for count in counts if count[1]]
    return kept, pd.DataFrame(counts, columns=list(_NOTHING.columns)) if counts else _NOTHING.copy()


def _places(kept: Mask, order: Places | None) -> Places | None:
    """The rows that are kept, in order; None if they are all of them as they stand."""
    if kept.all():
        return order
    return np.flatnonzero(kept) if order is None else order[kept[order]]


def _take(table: pd.DataFrame, names: Sequence[str], places: Places | None) -> pd.DataFrame:
    """Rows of a table, in columns of these names and those that say whose each row is; numbered from 0."""
    wanted = list(dict.fromkeys([*context_columns(table), *names]))
    check_columns(wanted, table)
    # To take columns by their places is twice as quick as by their names.
    columns: list[Any] = [table.columns.get_loc(name) for name in wanted]
    rows = table.take(columns, axis=1)
    rows = rows if places is None else rows.take(places)
    rows.index = pd.RangeIndex(len(rows))
    return rows
