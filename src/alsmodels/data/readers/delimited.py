"""Text tables: commas, semicolons or tabs between values, decimal points, UTF-8."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd

from alsmodels.data.readers.cells import read_cells, read_names
from alsmodels.data.texts import from_arrow, missing_text, numbers_or_missing, plain_numbers
from alsmodels.errors import ReadError

__all__ = ["as_numbers", "delimited_column_names", "read_delimited", "refuse_decimal_commas"]

_DECIMAL_COMMA = r"^\s*[<>≤≥]?=?\s*[+-]?\d+,\d+\s*$"
_NUMBER_LIKE = r"^\s*[<>≤≥]?=?\s*[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?\s*$"
_INTEGER = r"[+-]?\d{1,18}"
_PADDED = r"[+-]?0\d+"
_LONG = r"[+-]?\d{16,}"


def read_delimited(path: Path, *, text: Collection[str] = ()) -> pd.DataFrame:
    """Read a text table whose first line names the columns.

    The delimiter is the one of comma, semicolon and tab that the first line has most of. A column becomes
    numbers if every value that is there is one. Numbers with leading zeros, such as 007, stay text, and so do
    whole ones of so many digits that a float would lose some.

    Parameters
    ----------
    path
        The file.
    text
        Columns that stay text.
    """
    cells = read_cells(path)
    columns = {}
    for name in cells.column_names:
        written = from_arrow(cells[name]).rename(name)
        columns[name] = as_numbers(written, keep=name in text)
        if isinstance(columns[name].dtype, pd.StringDtype):
            refuse_decimal_commas(written, path)
    return pd.DataFrame(columns, copy=False)


def delimited_column_names(path: Path) -> list[str]:
    """Read the first line of a text table."""
    return read_names(path)


def refuse_decimal_commas(column: pd.Series, path: Path) -> None:
    """Refuse a column of text in which numbers are written 39,5, naming the first."""
    if not column.str.contains(",", regex=False).any():
        return
    commas = column.str.match(_DECIMAL_COMMA)
    if not commas.any() or not (column.str.match(_NUMBER_LIKE) | missing_text(column)).all():
        return
    row = int(commas.to_numpy().argmax())
    example = f"row {row + 1}: {column.iloc[row]!r}"
    raise ReadError(
        f"{path}: the column {column.name!r} is written with decimal commas, or commas between thousands ({example}); "
        "write 1234.5 with a point and no other sign."
    )


def as_numbers(column: pd.Series, *, keep: bool) -> pd.Series:
    """Read a column of texts as numbers, or as true and false, where all that are there are such.

    Parameters
    ----------
    column
        The texts; texts that stand for a missing value become missing.
    keep
        Whether the column is to stay text.

    Examples
    --------
    >>> as_numbers(pd.Series(["40", "NA", "38.5"]), keep=False).tolist()
    [40.0, nan, 38.5]
    """
    numbers = None if keep else plain_numbers(column)
    if numbers is not None:
        return pd.Series(numbers, index=column.index, name=column.name, copy=False)
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    texts = pd.Series(distinct)
    read = _read_distinct(texts, keep=keep)
    if read.equals(texts):
        return column
    return pd.Series(read.array.take(codes), index=column.index, name=column.name, copy=False)


def _read_distinct(column: pd.Series, *, keep: bool) -> pd.Series:
    missing = missing_text(column)
    present = column.where(~missing)
    if keep or missing.all() or present.str.strip().str.fullmatch(_PADDED, na=False).any():
        return present
    if not missing.any() and column.str.strip().str.fullmatch("true|false", case=False).all():
        return column.str.strip().str.lower() == "true"
    numbers = numbers_or_missing(present.str.strip())
    if (numbers.isna() & ~missing).any():
        return present
    whole = not missing.any() and column.str.strip().str.fullmatch(_INTEGER).all()
    if not whole and (present.str.strip().str.fullmatch(_LONG, na=False) & (numbers.abs() >= 2**53)).any():
        return present
    return column.str.strip().map(int).astype("int64") if whole else numbers
