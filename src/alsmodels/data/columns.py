"""Bringing any table to plain pandas columns with the names a cohort uses."""

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import pyarrow as pa

from alsmodels.errors import DataError, shown

__all__ = [
    "MOST_COLUMNS",
    "as_names",
    "as_pandas",
    "as_text",
    "join_rows",
    "rename_roles",
    "require_columns",
    "require_levels",
    "with_columns",
]


MOST_COLUMNS = 10_000
"""The most columns that a table may have: more are a mistake, such as a table on its side, and cost minutes."""


def as_pandas(table: object, what: str) -> pd.DataFrame:
    """Copy a pandas, polars or pyarrow table to pandas with plain columns and rows numbered from 1.

    Any other table that hands its columns over as Arrow does is taken too; a lazy one is refused. Every column
    becomes float64, int64, bool, str, datetime64 or a category of texts; blank text, null and NaN are missing.
    Named index levels become columns.
    """
    frame = _to_pandas(table, what)
    named = [name for name in frame.index.names if name is not None and name not in frame.columns]
    frame = frame.reset_index(level=named).reset_index(drop=True) if named else frame.reset_index(drop=True)
    _check_names(frame, what)
    plain = {name: _plain_column(frame[name], what) for name in frame.columns}
    copied = pd.DataFrame(plain, index=frame.index, copy=True)  # the user may go on writing to the arrays
    return copied.set_axis(pd.RangeIndex(1, len(frame) + 1), axis="index")


def join_rows(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables below each other; the categories of a column are those of all of them, as they first occur."""
    joined = pd.concat(tables, ignore_index=True)
    for name in joined.columns:
        columns = [table[name] for table in tables if name in table.columns]
        if all(isinstance(column.dtype, pd.CategoricalDtype) for column in columns):
            levels = dict.fromkeys(level for column in columns for level in column.cat.categories)
            joined[name] = pd.Categorical(joined[name].astype(object), categories=list(levels))
    return joined


def as_text(column: pd.Series) -> pd.Series:
    """Return identifiers as text: 3, 3.0 and " 3 " are all "3"; blank is missing."""
    if isinstance(column.dtype, pd.StringDtype):
        return _stripped(column.astype("str"))
    if column.dtype == "object":  # 1, 1.0 and True would be one
        return _stripped(column.map(str, na_action="ignore").astype("str"))
    codes, distinct = pd.factorize(column)
    texts = _distinct_as_text(pd.Series(distinct))
    return pd.Series(texts.array.take(codes, allow_fill=True), index=column.index, name=column.name)


def _stripped(text: pd.Series) -> pd.Series:
    stripped = text.str.strip()
    blank = stripped == ""
    if blank.any():
        stripped = stripped.mask(blank)
    return text if stripped.equals(text) else stripped


def _distinct_as_text(column: pd.Series) -> pd.Series:
    if pd.api.types.is_float_dtype(column.dtype):
        whole = column.notna() & (column == np.floor(column)) & (column.abs() < 2**53)
        text = column.astype("object").map(str, na_action="ignore")
        return text.mask(whole, column.where(whole, 0).astype("int64").astype("str")).astype("str")
    return _stripped(column.astype("object").map(str, na_action="ignore").astype("str"))


def rename_roles(frame: pd.DataFrame, columns: Mapping[str, str], what: str) -> pd.DataFrame:
    """Give the roles' columns the names they have inside a cohort.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table.
    columns : mapping of str to str
        Name inside to name outside.
    what : str
        What the table is called in an error.
    """
    require_columns(frame, columns.values(), what)
    for inside, outside in columns.items():
        if inside != outside and inside in frame.columns and inside not in columns.values():
            raise DataError(
                f"{what}: the column {shown(outside)} is called {shown(inside)} inside a cohort, but the table has "
                f"another column {shown(inside)}; rename or drop that one."
            )
    renamed = frame.rename(columns={outside: inside for inside, outside in columns.items()})
    return renamed[[*columns, *(name for name in renamed.columns if name not in columns)]]


def require_columns(frame: pd.DataFrame, names: Iterable[str], what: str) -> None:
    """Refuse a table that lacks a column, naming those there are and the nearest one."""
    missing = [name for name in names if name not in frame.columns]
    if not missing:
        return
    there = as_names(frame.columns)
    raise DataError(
        f"{what}: there is no column {' and no column '.join(repr(name) for name in missing)}; "
        f"the columns are {there}.{_suggestion(missing, list(frame.columns))}"
    )


def require_levels(wanted: Iterable[str], there: list[str], verb: str, what: str) -> None:
    """Refuse arms or labels that do not occur, naming those that do and the nearest one."""
    unknown = [name for name in wanted if name not in there]
    if unknown:
        near = _suggestion(unknown, there)
        raise DataError(f"{verb}: there is no {what} {as_names(unknown)}; there are {as_names(there)}.{near}")


def as_names(names: Iterable[str]) -> str:
    """Write names in quotes with commas, or "none"."""
    return ", ".join(repr(name) for name in names) or "none"


def _suggestion(missing: list[str], there: list[str]) -> str:
    folded = {name.casefold(): name for name in there}
    near = (difflib.get_close_matches(name.casefold(), list(folded), n=1, cutoff=0.6) for name in missing)
    pairs = [f"{folded[match[0]]!r}" for match in near if match]
    return f" Did you mean {' and '.join(pairs)}?" if pairs else ""


def _to_pandas(table: object, what: str) -> pd.DataFrame:
    if isinstance(table, pd.DataFrame):
        return table.copy(deep=False)
    if nw.dependencies.is_polars_lazyframe(table):
        raise DataError(f"{what} is a polars LazyFrame, a plan that has not been carried out; give frame.collect().")
    if nw.dependencies.is_dask_dataframe(table):
        raise DataError(f"{what} is a dask DataFrame; fit_parts takes it as it is; its rows are frame.compute().")
    try:
        native = nw.from_native(_from_arrow(table), eager_only=True)
    except TypeError as reason:
        raise DataError(
            f"{what} must be a table of pandas, polars (collected) or pyarrow, not {type(table).__name__}."
        ) from reason
    try:
        frame: pd.DataFrame = native.to_pandas()
    except (pa.ArrowException, NotImplementedError) as reason:
        raise DataError(f"{what} has a column of a type that pandas does not know: {reason}. Cast it.") from reason
    return frame


def _from_arrow(table: object) -> Any:
    """Gather what is no data frame, but hands its columns over as Arrow does, such as a record batch."""
    known = nw.dependencies.is_into_dataframe(table) or nw.dependencies.is_into_series(table)
    if known or not (hasattr(table, "__arrow_c_stream__") or hasattr(table, "__arrow_c_array__")):
        return table
    try:
        return pa.table(table)
    except pa.ArrowException as reason:
        raise TypeError(str(reason)) from reason


def _check_names(frame: pd.DataFrame, what: str) -> None:
    if len(frame.columns) > MOST_COLUMNS:
        raise DataError(f"{what} has {len(frame.columns)} columns; at most {MOST_COLUMNS} are read. Keep those needed.")
    strange = [name for name in frame.columns if not (isinstance(name, str) and name.strip())]
    if strange:
        raise DataError(f"{what}: column names must be text; {shown(strange[0])} is not. Rename the columns.")
    twice = [name for name, count in Counter(frame.columns).items() if count > 1]
    if twice:
        raise DataError(f"{what}: the column {shown(twice[0])} is there more than once; keep one.")


def _plain_column(column: pd.Series, what: str) -> pd.Series:
    dtype = column.dtype
    if isinstance(dtype, pd.ArrowDtype):
        return _plain_column(_without_arrow(column, what), what)
    if isinstance(dtype, pd.CategoricalDtype):
        return _text_categories(column)
    if pd.api.types.is_complex_dtype(dtype):
        return _objects_as_text(column, what)
    if pd.api.types.is_bool_dtype(dtype) and not column.isna().any():
        return column.astype("bool")
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        return _plain_numbers(column)
    if isinstance(dtype, np.dtype) and dtype.kind == "M":
        return _plain_dates(column, what)
    return _plain_objects(column, what)


def _without_arrow(column: pd.Series, what: str) -> pd.Series:
    """Return a column of pandas that is kept as Arrow's as the same table of pyarrow would give it."""
    try:
        plain = pa.array(column.array).to_pandas()
    except (pa.ArrowException, NotImplementedError) as reason:
        raise DataError(
            f"{what}: the column {shown(column.name)} is of type {column.dtype}; cast it to another."
        ) from reason
    return pd.Series(plain.array, index=column.index, name=column.name)


def _plain_numbers(column: pd.Series) -> pd.Series:
    if column.dtype == np.float64:
        return column
    if pd.api.types.is_integer_dtype(column.dtype) and not column.isna().any():
        try:
            return column.astype("int64")
        except (OverflowError, ValueError):
            return column.astype("float64")
    values = column.to_numpy(dtype="float64", na_value=np.nan)
    return pd.Series(values, index=column.index)


def _plain_dates(column: pd.Series, what: str) -> pd.Series:
    try:
        return column.astype("datetime64[us]")
    except pd.errors.OutOfBoundsDatetime as reason:
        raise DataError(
            f"{what}: the column {shown(column.name)} holds a date beyond all calendars: {reason}."
        ) from reason


def _plain_objects(column: pd.Series, what: str) -> pd.Series:
    if column.dtype == "object":
        inferred = column.infer_objects()
        if inferred.dtype != "object":
            return _plain_column(inferred, what)
        present = column.dropna()
        if len(present) and present.map(_is_number).all():
            return column.where(column.notna(), np.nan).astype("float64")
        if len(present) and present.map(lambda value: type(value) is date).all():
            return pd.to_datetime(column).astype("datetime64[us]")
    return _objects_as_text(column, what)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, Decimal, np.integer, np.floating)) and not isinstance(value, bool)


def _objects_as_text(column: pd.Series, what: str) -> pd.Series:
    if column.dtype == "object":
        _refuse_collections(column, what)
    if isinstance(column.dtype, pd.StringDtype):
        text = column.astype("str")
    else:
        text = column.astype("object").map(str, na_action="ignore").astype("str")
    blank = text.str.strip() == ""
    return text.mask(blank) if blank.any() else text


def _refuse_collections(column: pd.Series, what: str) -> None:
    if column.map(lambda value: isinstance(value, (list, tuple, dict, set, np.ndarray))).any():
        raise DataError(f"{what}: the column {shown(column.name)} holds lists or other collections; spread them out.")
    if column.map(lambda value: isinstance(value, bytes)).any():
        raise DataError(f"{what}: the column {shown(column.name)} holds bytes, not text; decode them.")


def _text_categories(column: pd.Series) -> pd.Series:
    categories = [str(category) for category in column.cat.categories]
    if len(set(categories)) < len(categories) or "" in categories:
        return as_text(column)
    return column.cat.rename_categories(categories)


def with_columns(frame: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    """The same table with these columns, whatever they are called; `DataFrame.assign` knows none called ``self``.

    >>> with_columns(pd.DataFrame({"a": [1]}), {"self": [2]}).columns.tolist()
    ['a', 'self']
    """
    made = frame.copy(deep=False)
    for name, values in columns.items():
        made[name] = values
    return made
