"""Cells of a text table that go on in the next line: notes may, but a stray quote swallows rows."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from alsmodels.data.breaches import counted
from alsmodels.data.findings import Finding
from alsmodels.data.readers.text_source import TextSource
from alsmodels.errors import ReadError, shown

__all__ = ["check_line_breaks"]

_BREAK = r"[\r\n]"


def check_line_breaks(table: pa.Table, source: TextSource) -> Iterator[Finding]:
    """Tell of cells that hold line breaks; refuse one that has swallowed whole rows.

    Raises
    ------
    ReadError
        If a quoted cell makes whole rows of the table where its quotes are not counted.
    """
    if b'"' not in source.content:
        return
    for place, name in enumerate(table.column_names):
        broken = pc.match_substring_regex(table[name], _BREAK)
        rows = pc.indices_nonzero(broken).to_pylist()
        for row in rows:
            _refuse_swallowed(table, row, place, source)
        if rows:
            go = "goes" if len(rows) == 1 else "go"
            message = f"{counted(len(rows), 'cell')} in {source.path.name} {go} on in the next line."
            remedy = "Kept as they are. If a quote stands there by mistake, take it away: it swallows the rows below."
            yield Finding("line-break-in-cell", "warning", name, tuple(row + 1 for row in rows), message, remedy)


def _refuse_swallowed(table: pa.Table, row: int, place: int, source: TextSource) -> None:
    text, width, sign = table[table.column_names[place]][row].as_py(), table.num_columns, source.delimiter
    lines = [line.count(sign) + 1 for line in text.splitlines()]
    whole = [place + lines[0], *lines[1:-1], lines[-1] + width - place - 1]
    if len(lines) > 1 and sign in text and all(cells == width for cells in whole):
        raise ReadError(
            f"{source.path}: row {row + 1} has a quote in the column {shown(table.column_names[place])} that is closed "
            "only "
            f"in a later line; without the quotes these are {len(lines)} rows of {width} values each. Take the quotes "
            "away, or the line breaks."
        )
