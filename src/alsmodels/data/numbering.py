"""Subjects by number: texts are compared once, and integers stand for them from then on."""

from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray
from pandas.arrays import NumpyExtensionArray

__all__ = [
    "Codes",
    "Mask",
    "Numbering",
    "changes",
    "is_among",
    "is_missing",
    "number_levels",
    "number_names",
    "number_visits",
    "places",
    "plain_dtype",
]

Codes = NDArray[np.intp]
Mask = NDArray[np.bool_]
Column: TypeAlias = pd.Series | ExtensionArray

# Rows below which it costs more to look for runs of one name than to look every name up.
FEW = 4_096


@final
@dataclass(frozen=True, slots=True, eq=False)
class Numbering:
    """Whose each row of a table is, and the order of the rows by subject and time.

    Parameters
    ----------
    codes : Codes
        Shape (n,), the place of the row's subject in `labels`; -1 where there is none.
    labels : pandas.Index
        The m subjects, sorted.
    order : Codes or None
        The rows by subject and time, ties as they stand; None if they stand so already.
    """

    codes: Codes
    labels: pd.Index
    order: Codes | None

    def count(self) -> NDArray[np.intp]:
        """Return the number of rows of each subject, shape (m,)."""
        return np.bincount(self.codes[self.codes >= 0], minlength=len(self.labels))

    def subjects_of(self, rows: Mask) -> Mask:
        """Return which subjects, shape (m,), any of these rows is of, shape (n,)."""
        marked = np.zeros(len(self.labels) + 1, dtype=bool)  # -1, no subject, is the last
        marked[self.codes[rows]] = True
        return marked[:-1]

    def rows_of(self, subjects: Mask) -> Mask:
        """Return which rows, shape (n,), are of any of these subjects, shape (m,)."""
        return np.append(subjects, False)[self.codes]

    def varying(self, values: Codes) -> Mask:
        """Return which subjects, shape (m,), have more than one value; -1 is none, shape (n,)."""
        codes, values = self.in_order(self.codes), self.in_order(values)
        known = (codes >= 0) & (values >= 0)
        if not known.all():
            codes, values = codes[known], values[known]
        marked = np.zeros(len(self.labels), dtype=bool)
        marked[codes[1:][(codes[1:] == codes[:-1]) & (values[1:] != values[:-1])]] = True
        return marked

    def in_order(self, values: NDArray[Any]) -> NDArray[Any]:
        """Put the values of rows, shape (n,), in the order by subject and time."""
        return values if self.order is None else values[self.order]

    def as_given(self, values: NDArray[Any]) -> NDArray[Any]:
        """Put values that are in the order by subject and time, shape (n,), back to their rows."""
        if self.order is None:
            return values
        back = np.empty_like(values)
        back[self.order] = values
        return back

    def only(self, kept: Mask) -> "Numbering":
        """Return the numbering of some of the rows; subjects who lose all of theirs keep their place."""
        order = None if self.order is None else (np.cumsum(kept) - 1)[self.order[kept[self.order]]]
        return Numbering(self.codes[kept], self.labels, order)


def number_visits(subjects: Column, weeks: Column) -> Numbering:
    """Number the subjects of visits by their names, and put the visits in order.

    Examples
    --------
    >>> visits = number_visits(pd.Series(["b", None, "a", "b"]), pd.Series([4.0, 0.0, 0.0, 0.0]))
    >>> visits.codes.tolist(), visits.labels.tolist(), visits.order.tolist()
    ([1, -1, 0, 1], ['a', 'b'], [1, 2, 3, 0])
    """
    codes, labels = number_names(subjects)
    times, step = weeks.to_numpy(), np.diff(codes)
    stands = ((step > 0) | ((step == 0) & (times[1:] >= times[:-1]))).all()
    return Numbering(codes, labels, None if stands else np.lexsort((times, codes)))


def number_names(names: Column) -> tuple[Codes, pd.Index]:
    """Return the place of each row's name, shape (n,), among the names, and these, sorted; -1 where there is none."""
    if len(names) > FEW:
        heads, lengths = _runs(names)
        codes, found = pd.factorize(heads)
        codes = np.repeat(codes, lengths)
    else:
        codes, found = pd.factorize(_array(names))  # type: ignore[call-overload]  # its stubs know no arrays of pandas
    labels = pd.Index(found, dtype=plain_dtype(names))
    order = labels.argsort()
    if (order[1:] > order[:-1]).all():
        return codes, labels
    places = np.append(np.argsort(order), -1)
    return places[codes], labels[order]


def number_levels(column: pd.Series) -> tuple[Codes, pd.Series]:
    """Return the place of each row's level, shape (n,), among the levels as texts, and these; -1 for none."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.intp), pd.Series(column.cat.categories.astype("str"))
    heads, lengths = _runs(column)
    codes, found = pd.factorize(heads)
    return np.repeat(codes, lengths), pd.Series(np.asarray(found, dtype=object), dtype="str")


def changes(column: Column) -> Mask:
    """Return where a value is not that of the row before, shape (n - 1,); two missing values are the same.

    Examples
    --------
    >>> changes(pd.Series(["a", "a", None, None, "b"])).tolist()
    [False, True, False, True]
    """
    missing = is_missing(column)
    values = _array(column)
    differs = np.asarray(values[1:] != values[:-1])
    return differs & ~(missing[1:] & missing[:-1])


def is_missing(column: Column) -> Mask:
    """Return where a value is missing, shape (n,); as ``isna`` of the column, which makes a column of its own."""
    return np.asarray(_array(column).isna(), dtype=bool)


def places(subjects: pd.Series, labels: pd.Index) -> Codes:
    """Return the place of each row's subject, shape (n,), among others, each of which is there once; -1 if it is not.

    Examples
    --------
    >>> places(pd.Series(["b", "b", "c", None]), pd.Index(["a", "b"])).tolist()
    [1, 1, -1, -1]
    """
    heads, lengths = _runs(subjects)
    stand = len(heads) == len(labels) and heads.equals(labels.array)
    found = np.arange(len(heads)) if stand else labels.get_indexer(pd.Index(heads, dtype=subjects.dtype))
    return np.repeat(found, lengths)


def is_among(subjects: pd.Series | pd.Index, labels: pd.Index) -> Mask:
    """Return which of some subjects, shape (n,), are among others, each of which is there once."""
    return labels.get_indexer(pd.Index(subjects)) >= 0


def plain_dtype(column: Column) -> Any:
    """Return the kind of a column, as that of a table has it and not of the array behind it."""
    return column.to_numpy().dtype if isinstance(column, NumpyExtensionArray) else column.dtype


def _array(column: Column) -> ExtensionArray:
    return column.array if isinstance(column, pd.Series) else column


def _runs(subjects: Column) -> tuple[Any, Codes]:
    """Return the first row of each run of one subject, and the length of the run: few texts are looked up then."""
    begins = np.append(True, changes(subjects))[: len(subjects)]
    return _array(subjects)[begins], np.diff(np.flatnonzero(np.append(begins, True)))
