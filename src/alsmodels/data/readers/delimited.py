"""Text tables: commas, semicolons, tabs or bars between cells, in any encoding, with either decimal sign."""

from collections.abc import Collection, Iterator
from pathlib import Path

import pandas as pd

from alsmodels.data.findings import Finding
from alsmodels.data.readers.cells import read_cells, read_names
from alsmodels.data.readers.decimals import settle_decimals
from alsmodels.data.readers.line_breaks import check_line_breaks
from alsmodels.data.readers.numbers import as_numbers
from alsmodels.data.readers.opened import Opened
from alsmodels.data.readers.text_form import PLAIN, TextForm
from alsmodels.data.readers.text_source import TextSource
from alsmodels.data.texts import from_arrow

__all__ = ["delimited_column_names", "read_delimited"]

_DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}


def read_delimited(path: Path, *, text: Collection[str] = (), form: TextForm = PLAIN) -> Opened:
    """Read a text table whose first line names the columns.

    A column becomes numbers if every value that is there is one. Numbers with leading zeros, such as 007, stay text,
    and so do whole ones of so many digits that a float would lose some.

    Parameters
    ----------
    path : Path
        The file.
    text : collection of str, default ()
        Columns that stay text.
    form : TextForm
        What is said of the file; what is not is found where only one thing can be meant, and told in the findings.
    """
    cells = read_cells(path, form)
    texts = {name: from_arrow(cells.table[name]).rename(name) for name in cells.table.column_names}
    read = {name: as_numbers(written, keep=name in text) for name, written in texts.items()}
    other = cells.source.delimiter != ","
    columns, comma = settle_decimals(read, texts, keep=text, decimal=form.decimal, may_find=other, where=path)
    found = (*_told(cells.source, form, comma), *check_line_breaks(cells.table, cells.source))
    return Opened(pd.DataFrame(columns, copy=False), found)


def delimited_column_names(path: Path, *, form: TextForm = PLAIN) -> list[str]:
    """Read the first line of a text table."""
    return read_names(path, form)


def _told(source: TextSource, form: TextForm, comma: str | None) -> Iterator[Finding]:
    """Say what was found of a file and not said by the user."""
    file = source.path.name
    if source.assumed:
        message = (
            f"{file} is not UTF-8 and was read as {source.encoding}, Western European text, with {_quoted(source)}."
        )
        remedy = f"If these words are right, say encoding={source.encoding!r}; if not, say the encoding that it has."
        yield Finding("encoding-assumed", "warning", None, (), message, remedy)
    told: dict[str, str] = {}
    if source.encoding and not source.assumed:
        told[f"as {source.encoding}"] = f"encoding={source.encoding!r}"
    if form.delimiter is None and (source.is_named or source.delimiter == "|"):
        told[f"with {_DELIMITERS[source.delimiter]} between cells"] = f"delimiter={source.delimiter!r}"
    if form.decimal is None and comma is not None:
        told[f"with decimal commas, as in {comma}"] = "decimal=','"
    if told:
        message = f"{file} was read {', '.join(told)}."
        yield Finding("read-as", "note", None, (), message, f"To say so, give {', '.join(told.values())}.")


def _quoted(source: TextSource) -> str:
    return ", ".join(repr(word) for word in source.assumed)
