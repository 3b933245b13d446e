"""The cells of a text table: UTF-8, with commas, semicolons or tabs between them.

There are two roads to the same cells. Arrow's parser is quick, and takes every file whose lines have as many cells as
the first. What it refuses goes to Python's csv module, line by line, which finds what is wrong and where.
"""

import csv
import io
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from alsmodels.errors import ReadError

__all__ = ["read_cells", "read_names"]

_DELIMITERS = (",", ";", "\t")
_BATCH = 65_536

Row = list[str]


def read_cells(path: Path) -> pa.Table:
    """Read every cell of a text table as it is written.

    The delimiter is the one of comma, semicolon and tab that the first line has most of. Blank lines are none.

    Parameters
    ----------
    path
        The file, whose first line names the columns.

    Returns
    -------
    pyarrow.Table
        A column of text for each name; an empty cell is empty text.

    Raises
    ------
    ReadError
        If the file cannot be opened, is no text, is empty, or its lines differ in length; if a column has no name
        or the name of another.
    """
    content = _contents(path)
    table = _parse(content)
    return _gather(content, path) if table is None else table


def read_names(path: Path) -> Row:
    """Read the first line of a text table."""
    return _stripped(next(_lines(_contents(path), path)))


def _contents(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as reason:
        raise ReadError(f"{path} cannot be opened: {reason.strerror}.") from reason


def _parse(content: bytes) -> pa.Table | None:
    """Take the quick road; None if it ends before the file does."""
    try:
        first = next(_rows(content), None)
        if first is None or b"\0" in content:
            return None
        table = _without_blank_lines(_parse_lines(content, len(first)))
    except (UnicodeDecodeError, csv.Error, pa.ArrowInvalid):
        return None
    names = _stripped(first)
    tidy = all(names) and len(set(names)) == len(names) and not _has_long_cells(table)
    if not tidy or [column[0].as_py() for column in table.columns] != first:
        return None
    return table.slice(1).rename_columns(names)


def _parse_lines(content: bytes, width: int) -> pa.Table:
    quoted = b'"' in content
    names = [str(column) for column in range(width)]
    return read_csv(
        pa.BufferReader(content),
        read_options=ReadOptions(column_names=names),
        parse_options=ParseOptions(
            delimiter=_delimiter(content), quote_char='"' if quoted else False, newlines_in_values=quoted
        ),
        convert_options=ConvertOptions(column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False),
    )


def _without_blank_lines(table: pa.Table) -> pa.Table:
    blank = pa.scalar(value=True)
    for column in table.columns:
        blank = pc.and_(blank, pc.equal(pc.utf8_trim_whitespace(column), ""))
        if not pc.any(blank).as_py():
            return table
    return table.filter(pc.invert(blank))


def _has_long_cells(table: pa.Table) -> bool:
    """Whether a cell may be longer than the csv module would take."""
    longest = (pc.max(pc.binary_length(column)).as_py() or 0 for column in table.columns)
    return max(longest) > csv.field_size_limit()


def _gather(content: bytes, path: Path) -> pa.Table:
    """Take the careful road: line by line, some thousands at a time."""
    _check_text(content, path)
    lines = _lines(content, path)
    names = _stripped(next(lines))
    columns: list[list[pa.Array]] = [[] for _ in names]
    ragged, number = None, 1
    while batch := list(islice(lines, _BATCH)):
        ragged = ragged or _ragged(batch, len(names), number, path)
        number += len(batch)
        if ragged is None:
            for column, cells in zip(columns, zip(*batch, strict=True), strict=True):
                column.append(pa.array(cells, pa.string()))
    _check_names(names, path)
    if ragged is not None:
        raise ragged
    _check_twice(names, path)
    return pa.table([pa.chunked_array(column, pa.string()) for column in columns], names=names)


def _check_text(content: bytes, path: Path) -> None:
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        raise ReadError(
            f"{path} is not UTF-8 text (byte {reason.start + 1}); save it again as CSV with encoding UTF-8."
        ) from reason
    if b"\0" in content:
        raise ReadError(f"{path} holds binary data, not text; save it as CSV.")


def _lines(content: bytes, path: Path) -> Iterator[Row]:
    """The lines that are not blank, at least one, as lists of cells."""
    _check_text(content, path)
    empty = True
    try:
        for row in _rows(content):
            empty = False
            yield row
    except csv.Error as reason:
        raise ReadError(f"{path} cannot be read as a table of text: {reason}.") from reason
    if empty:
        raise ReadError(f"{path} is empty.")


def _rows(content: bytes) -> Iterator[Row]:
    for row in csv.reader(_text(content), delimiter=_delimiter(content)):
        if any(cell.strip() for cell in row):
            yield row


def _delimiter(content: bytes) -> str:
    lines = (line for part in _text(content) for line in part.splitlines() if line.strip())
    return max(_DELIMITERS, key=next(lines, "").count)


def _text(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")


def _stripped(row: Row) -> Row:
    return [name.strip() for name in row]


def _check_names(names: Row, path: Path) -> None:
    if not all(names):
        raise ReadError(f"{path}: column {names.index('') + 1} has no name in the first line; name or drop it.")


def _ragged(batch: Sequence[Row], width: int, start: int, path: Path) -> ReadError | None:
    """The refusal of the first row, counted from ``start``, that has not as many cells as the first line."""
    for number, row in enumerate(batch, start):
        if len(row) != width:
            return ReadError(f"{path}: row {number} has {len(row)} values, but the first line names {width} columns.")
    return None


def _check_twice(names: Row, path: Path) -> None:
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ReadError(f"{path}: the column {twice!r} is there more than once; keep one.")
