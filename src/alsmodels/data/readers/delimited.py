"""Text tables: commas, semicolons or tabs between values, decimal points, UTF-8."""

import csv
import io
from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from alsmodels.data.censoring import missing_text
from alsmodels.errors import ReadError

__all__ = ["as_numbers", "delimited_column_names", "read_delimited", "refuse_decimal_commas"]

_DELIMITERS = (",", ";", "\t")
_DECIMAL_COMMA = r"^\s*[<>≤≥]?=?\s*[+-]?\d+,\d+\s*$"
_NUMBER_LIKE = r"^\s*[<>≤≥]?=?\s*[+-]?(?:\d+[.,]?\d*|[.,]\d+)(?:[eE][+-]?\d+)?\s*$"
_INTEGER = r"[+-]?\d{1,18}"
_PADDED = r"[+-]?0\d+"


def read_delimited(path: Path, *, text: Collection[str] = ()) -> pd.DataFrame:
    """Read a text table whose first line names the columns.

    The delimiter is the one of comma, semicolon and tab that the first line has most of. A column becomes
    numbers if every value that is there is one; numbers with leading zeros, such as 007, stay text.

    Parameters
    ----------
    path
        The file.
    text
        Columns that stay text.
    """
    header, rows = _split(path)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    if len(set(header)) < len(header):
        twice = next(name for name in header if header.count(name) > 1)
        raise ReadError(f"{path}: the column {twice!r} is there more than once; keep one.")
    frame = pd.DataFrame(dict(zip(header, columns, strict=True)), dtype="str")
    for name in header:
        refuse_decimal_commas(frame[name], path)
    return pd.DataFrame({name: as_numbers(frame[name], keep=name in text) for name in header})


def delimited_column_names(path: Path) -> list[str]:
    """Read the first line of a text table."""
    return [name.strip() for name in next(_lines(path))]


def refuse_decimal_commas(column: pd.Series, path: Path) -> None:
    """Refuse a column of text in which numbers are written 39,5, naming the first."""
    commas = column.str.match(_DECIMAL_COMMA)
    if not commas.any() or not (column.str.match(_NUMBER_LIKE) | missing_text(column)).all():
        return
    row = int(commas.to_numpy().argmax())
    example = f"row {row + 1}: {column.iloc[row]!r}"
    raise ReadError(f"{path}: the column {column.name!r} is written with decimal commas ({example}); write points.")


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
    missing = missing_text(column)
    present = column.where(~missing)
    if keep or missing.all() or present.str.strip().str.fullmatch(_PADDED, na=False).any():
        return present
    if not missing.any() and column.str.strip().str.fullmatch("true|false", case=False).all():
        return column.str.strip().str.lower() == "true"
    numbers = pd.to_numeric(present.str.strip(), errors="coerce")
    if (numbers.isna() & ~missing).any():
        return present
    whole = not missing.any() and column.str.strip().str.fullmatch(_INTEGER).all()
    return numbers.astype("int64" if whole else "float64")


def _split(path: Path) -> tuple[list[str], list[list[str]]]:
    first, *rows = _lines(path)
    header = [name.strip() for name in first]
    _check_shape(header, rows, path)
    return header, rows


def _lines(path: Path) -> Iterator[list[str]]:
    """The lines of a text table, at least one, without the blank ones, as lists of cells."""
    content = _decode(path)
    first = next((line for line in content.splitlines() if line.strip()), "")
    empty = True
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=max(_DELIMITERS, key=first.count))
    try:
        for line in reader:
            if any(cell.strip() for cell in line):
                empty = False
                yield line
    except csv.Error as reason:
        raise ReadError(f"{path} cannot be read as a table of text: {reason}.") from reason
    if empty:
        raise ReadError(f"{path} is empty.")


def _decode(path: Path) -> str:
    try:
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as reason:
        raise ReadError(f"{path} cannot be opened: {reason.strerror}.") from reason
    except UnicodeDecodeError as reason:
        raise ReadError(
            f"{path} is not UTF-8 text (byte {reason.start + 1}); save it again as CSV with encoding UTF-8."
        ) from reason
    if "\0" in content:
        raise ReadError(f"{path} holds binary data, not text; save it as CSV.")
    return content


def _check_shape(header: list[str], rows: list[list[str]], path: Path) -> None:
    if not all(header):
        raise ReadError(f"{path}: column {header.index('') + 1} has no name in the first line; name or drop it.")
    for number, row in enumerate(rows, 1):
        if len(row) != len(header):
            raise ReadError(
                f"{path}: row {number} has {len(row)} values, but the first line names {len(header)} columns."
            )
