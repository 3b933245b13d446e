"""The cells of a text table: its text, with one delimiter between them.

There are two roads to the same cells. Arrow's parser is quick, and takes every file whose lines have as many cells as
the first. What it refuses goes to Python's csv module, line by line, which finds what is wrong and where.
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from alsmodels.data.breaches import counted
from alsmodels.data.columns import MOST_COLUMNS
from alsmodels.data.readers.text_form import PLAIN, TextForm
from alsmodels.data.readers.text_source import MARK, TextSource, find_delimiter, open_source
from alsmodels.errors import ReadError, shown

__all__ = ["Cells", "read_cells", "read_names"]

_BATCH = 65_536
_QUOTE = ord('"')

Row = list[str]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Every cell of a text table: a column of text for each name, an empty cell is empty text."""

    table: pa.Table
    source: TextSource


def read_cells(path: Path, form: TextForm = PLAIN) -> Cells:
    """Read every cell of a text table as it is written. Blank lines are none.

    Parameters
    ----------
    path : Path
        The file, whose first line names the columns.
    form : TextForm
        What is said of the file.

    Raises
    ------
    ReadError
        If the file cannot be opened, is no text, is empty, or its lines differ in length; if a column has no name
        or the name of another.
    """
    source = open_source(path, form)
    table = _parse(source.content, source.delimiter)
    return Cells(_gather(source.content, path, source.delimiter) if table is None else table, source)


def read_names(path: Path, form: TextForm = PLAIN) -> Row:
    """Read the first line of a text table."""
    source = open_source(path, form)
    return _stripped(next(_lines(source.content, path, source.delimiter)))


def _parse(content: bytes, delimiter: str | None = None) -> pa.Table | None:
    """Take the quick road; None if it ends before the file does."""
    sign = _found(content) if delimiter is None else delimiter
    try:
        first = next(_rows(content, sign), None)
        if first is None or b"\0" in content or _has_mark_inside(content) or len(first) > MOST_COLUMNS:
            return None
        if not _is_well_quoted(content, sign):
            return None
        table = _without_blank_lines(_parse_lines(content, len(first), sign))
    except (UnicodeDecodeError, csv.Error, pa.ArrowInvalid):
        return None
    names = _stripped(first)
    tidy = all(names) and len(set(names)) == len(names) and not _has_long_cells(table)
    if not tidy or [column[0].as_py() for column in table.columns] != first:
        return None
    return table.slice(1).rename_columns(names)


def _found(content: bytes) -> str:
    return find_delimiter(content, Path())


def _has_mark_inside(content: bytes) -> bool:
    return not content.isascii() and content.find(MARK, len(MARK)) >= 0


def _is_well_quoted(content: bytes, delimiter: str) -> bool:
    """Whether every quote opens a cell, closes one, or stands before another inside one."""
    if b'"' not in content:
        return True
    signs = np.frombuffer(content, dtype=np.uint8)
    places = np.flatnonzero(signs == _QUOTE)
    if len(places) % 2:
        return False
    edges = [_QUOTE, ord("\n"), ord("\r"), ord(delimiter)]
    start = len(MARK) if content.startswith(MARK) else 0
    opening, closing = places[::2], places[1::2]
    before = np.isin(signs[opening[opening > start] - 1], edges)
    after = np.isin(signs[closing[closing < len(signs) - 1] + 1], edges)
    return bool(before.all() and after.all())


def _parse_lines(content: bytes, width: int, delimiter: str) -> pa.Table:
    quoted = b'"' in content
    names = [str(column) for column in range(width)]
    return read_csv(
        pa.BufferReader(content),
        read_options=ReadOptions(column_names=names),
        parse_options=ParseOptions(delimiter=delimiter, quote_char='"' if quoted else False, newlines_in_values=quoted),
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


def _gather(content: bytes, path: Path, delimiter: str | None = None) -> pa.Table:
    """Take the careful road: line by line, some thousands at a time."""
    _check_text(content, path)
    lines = _lines(content, path, _found(content) if delimiter is None else delimiter)
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
    again = "save it again as CSV with encoding UTF-8"
    try:
        content.decode("utf-8-sig")
    except UnicodeDecodeError as reason:
        line = content.count(b"\n", 0, reason.start) + 1
        raise ReadError(f"{path} is not UTF-8 text (byte {reason.start + 1}, in line {line}); {again}.") from reason
    if b"\0" in content:
        raise ReadError(
            f"{path} holds bytes of zero, so it is binary data or UTF-16, not UTF-8 text; {again}, or say "
            "encoding='utf-16-le' or 'utf-16-be'."
        )
    mark = content.find(MARK, 3)
    if mark >= 0:
        line = content.count(b"\n", 0, mark) + 1
        raise ReadError(f"{path} has a byte order mark inside it (line {line}), as joined files do; take it away.")


def _lines(content: bytes, path: Path, delimiter: str) -> Iterator[Row]:
    """The lines that are not blank, at least one, as lists of cells."""
    _check_text(content, path)
    number = 0
    try:
        for row in _rows(_without_spaces_after_quotes(content, delimiter), delimiter):
            yield row
            number += 1
    except csv.Error as reason:
        where = f"row {number}" if number else "the first line"
        raise ReadError(f"{path} cannot be read as a table of text: {where} {_fault(str(reason))}.") from reason
    if not number:
        raise ReadError(f"{path} is empty.")


def _fault(reason: str) -> str:
    """What is wrong with the quotes of a line, in place of the csv module's words."""
    if "unexpected end" in reason:
        return "opens a quote that is not closed; close it, or take it away"
    if "expected after" in reason:
        return "goes on after a closing quote; a quote inside quotes is written twice"
    return f"has a cell of more than {csv.field_size_limit()} characters; a quote may be left open"


def _without_spaces_after_quotes(content: bytes, sign: str) -> bytes:
    """Take away spaces between a closing quote and the end of its cell, which only some programs write."""
    if _is_well_quoted(content, sign):
        return content
    spaces = b" +" if sign == "\t" else b"[ \t]+"
    return re.sub(b'(?<!")"' + spaces + b"(?=[" + re.escape(sign).encode() + b"\r\n]|\\Z)", b'"', content)


def _rows(content: bytes, delimiter: str) -> Iterator[Row]:
    for row in csv.reader(_text(content), delimiter=delimiter, strict=True):
        if any(cell.strip() for cell in row):
            yield row


def _text(content: bytes) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig", newline="")


def _stripped(row: Row) -> Row:
    return [name.strip() for name in row]


def _check_names(names: Row, path: Path) -> None:
    if len(names) > MOST_COLUMNS:
        raise ReadError(
            f"{path} has {len(names)} columns; at most {MOST_COLUMNS} are read. Keep those that are needed."
        )
    if not all(names):
        raise ReadError(f"{path}: column {names.index('') + 1} has no name in the first line; name or drop it.")


def _ragged(batch: Sequence[Row], width: int, start: int, path: Path) -> ReadError | None:
    """The refusal of the first row, counted from ``start``, that has not as many cells as the first line."""
    for number, row in enumerate(batch, start):
        if len(row) != width:
            values, columns = counted(len(row), "value"), counted(width, "column")
            return ReadError(
                f"{path}: row {number} has {values}, but the first line names {columns}; look at separators and quotes."
            )
    return None


def _check_twice(names: Row, path: Path) -> None:
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise ReadError(f"{path}: the column {shown(twice)} is there more than once; keep one.")
