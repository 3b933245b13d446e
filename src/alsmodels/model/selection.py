"""The rows and columns of a cohort or a table that a model takes, in order of subject and time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray
from pandas.arrays import NumpyExtensionArray

from alsmodels.data.cohort import Cohort
from alsmodels.data.columns import as_pandas
from alsmodels.data.lookup import Lookup
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
    cells : Lookup
        The n rows with a value in every column of the model, those of a subject adjacent, in order of time.
    begins : ndarray of int of shape (m,)
        The first row of each subject.
    subjects : pandas.Index
        The m subjects, in order.
    left_out : pandas.DataFrame
        The other rows, and subjects who lose all of theirs, by the first column without a value.
    """

    cells: Lookup
    begins: Places
    subjects: "pd.Index[Any]"
    left_out: pd.DataFrame

    @property
    def rows(self) -> pd.DataFrame:
        """The rows as a table."""
        return self.cells.frame


def select_rows(spec: ModelSpec, data: object, *, weights: str | None) -> Selection:
    """Select what a model takes; the data are not touched.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    data : object
        A cohort, or a table with a column ``subject``.
    weights : str or None
        A column that the model needs too, or None.

    Raises
    ------
    DataError
        If the data are no table.
    DesignError
        If a column is missing or there twice, a row has no subject, or no row has a value in every column.
    """
    source = _unfold(data) if isinstance(data, Cohort) else _as_source(data)
    if isinstance(data, Cohort):
        check_roles(spec, data)
    chosen = _select(spec, source, weights)
    if not len(chosen.cells):
        with naming_losses(chosen.left_out, n_rows=0, response=spec.columns[0]):
            raise empty_rows(needed_columns(spec, weights))
    return chosen


def select_some(spec: ModelSpec, table: pd.DataFrame, *, weights: str | None) -> Selection:
    """As `select_rows`, of a part of the data, in which there may be nothing to select."""
    return _select(spec, _as_source(table), weights)


def needed_columns(spec: ModelSpec, weights: str | None) -> list[str]:
    """The columns in which a row must have a value: those of the formula, and of the weights."""
    return list(dict.fromkeys([*spec.columns, *([weights] if weights is not None else [])]))


def context_columns(table: Any) -> list[str]:
    """The columns that say whose a row is, which are kept if a table, of pandas or Dask, has them."""
    return [name for name in ("subject", "week", "arm") if name in table.columns]


def check_present(name: str, table: pd.DataFrame) -> None:
    """Refuse a row without a value in a column that says whose it is."""
    _refuse_missing(name, table[name].array)


def _refuse_missing(name: str, values: ExtensionArray) -> None:
    missing = is_missing(values)
    if missing.any():
        msg = f"Column '{name}' is missing in row {int(np.argmax(missing)) + 1}."
        raise DesignError(msg)


def times_of(table: pd.DataFrame) -> ExtensionArray:
    """The week of each row, or what has the order of what stands there; zero without weeks."""
    return _in_order(table["week"].array if "week" in table.columns else None, len(table))


def _in_order(weeks: ExtensionArray | None, n_rows: int) -> ExtensionArray:
    if weeks is None:
        return NumpyExtensionArray(np.zeros(n_rows))
    if pd.api.types.is_numeric_dtype(weeks.dtype):
        return weeks
    codes, _ = pd.factorize(weeks, sort=True, use_na_sentinel=False)  # type: ignore[call-overload]  # its stubs know no arrays of pandas
    return NumpyExtensionArray(codes)


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Source:
    """A table whose subjects are numbered.

    Attributes
    ----------
    table : pandas.DataFrame
        As it is.
    arrays : mapping of str to ExtensionArray
        Those of its columns that have been looked up, by name.
    codes : ndarray of int
        The number of each row's subject, shape (n,).
    labels : pandas.Index
        The subjects in the order of their numbers.
    order : ndarray of int or None
        The rows in order of subject and time; None if they stand so.
    """

    table: pd.DataFrame
    arrays: Mapping[str, ExtensionArray]
    codes: Places
    labels: "pd.Index[Any]"
    order: Places | None


def _select(spec: ModelSpec, source: _Source, weights: str | None) -> Selection:
    needed = needed_columns(spec, weights)
    table = with_time(source.table, spec)
    wanted = list(dict.fromkeys([*context_columns(table), *needed, *companions(spec.columns[0], table)]))
    check_columns(wanted, table)
    arrays = {name: source.arrays[name] if name in source.arrays else table[name].array for name in wanted}
    refuse_dates({name: arrays[name] for name in needed if name not in {"subject", "week", "arm"}})
    complete, left_out = _find_complete(needed, arrays, source.codes)
    places = _places(complete, source.order)
    cells = {name: values.copy() if places is None else values.take(places) for name, values in arrays.items()}
    codes = source.codes if places is None else source.codes[places]
    begins = np.flatnonzero(np.append(True, codes[1:] != codes[:-1])) if len(codes) else np.zeros(0, np.intp)
    subjects = source.labels if len(begins) == len(source.labels) else source.labels[codes[begins]]
    if subjects.dtype == np.object_:  # texts among objects are texts
        subjects = pd.Index(subjects.array)
    return Selection(Lookup(cells, len(codes)), begins, subjects, left_out)


def _unfold(cohort: Cohort) -> _Source:
    """The table of a cohort; its rows stand in order of subject and time."""
    table = cohort.to_frame()
    subjects = table["subject"].array
    first = np.append(True, changes(subjects))[: len(subjects)]
    return _Source(table, {"subject": subjects}, np.cumsum(first) - 1, pd.Index(subjects[first]), None)


def _as_source(frame: object) -> _Source:
    """A table with subjects."""
    frame = frame if isinstance(frame, pd.DataFrame) else as_pandas(frame, "The data")
    known = ["subject", *(["week"] if "week" in frame.columns else [])]
    check_columns(known, frame)
    arrays = {name: frame[name].array for name in known}
    _refuse_missing("subject", arrays["subject"])
    found = number_visits(arrays["subject"], _in_order(arrays.get("week"), len(frame)))
    return _Source(frame, arrays, found.codes, found.labels, found.order)


def _find_complete(
    needed: Sequence[str], arrays: Mapping[str, ExtensionArray], codes: Places
) -> tuple[Mask, pd.DataFrame]:
    """Which rows, shape (n,), have a value in every column of the model, and the count of the others by column."""
    counts, kept = [], np.ones(len(codes), dtype=bool)
    for name in needed:
        absent = is_missing(arrays[name])
        if absent.any():
            missing = kept & absent
            kept &= ~absent
            gone = np.zeros(codes.max(initial=-1) + 1, dtype=bool)
            gone[codes[missing]] = True
            gone[codes[kept]] = False
            counts.append((missing_reason(name), int(missing.sum()), int(gone.sum())))
    counts = [count for count in counts if count[1]]
    return kept, pd.DataFrame(counts, columns=list(_NOTHING.columns)) if counts else _NOTHING.copy(deep=False)


def _places(kept: Mask, order: Places | None) -> Places | None:
    """The rows that are kept, in order; None if they are all of them as they stand."""
    if kept.all():
        return order
    return np.flatnonzero(kept) if order is None else order[kept[order]]
