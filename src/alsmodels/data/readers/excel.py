"""Excel workbooks (.xlsx): one sheet, one line of names, then one row after another."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from alsmodels.data.findings import Finding
from alsmodels.data.readers.decimals import settle_decimals
from alsmodels.data.readers.excel_sheet import (
    Sheet,
    column_names,
    is_empty,
    name_cell,
    open_sheet,
    refuse_what_is_no_table,
    write_value,
)
from alsmodels.data.readers.numbers import as_numbers
from alsmodels.data.readers.opened import Opened
from alsmodels.errors import ReadError, shown

__all__ = ["excel_column_names", "read_excel"]

_Kind = Literal["number", "text", "truth", "date", "time of day"]

_LARGEST_WHOLE = 2.0**53


def read_excel(
    path: Path, *, sheet: str | None = None, text: Collection[str] = (), decimal: str | None = None
) -> Opened:
    """Read one sheet of a workbook as a table.

    A column becomes numbers if every value that is there is one, also where some are stored as text, as in a CSV
    file. A column of dates becomes dates. Empty rows and columns at the end are not read; hidden ones are.

    Parameters
    ----------
    path : Path
        The .xlsx file.
    sheet : str or None
        The name of the sheet; None if only one of them holds anything.
    text : collection of str, default ()
        Columns that stay text, such as identifiers.
    decimal : str or None
        The decimal sign of numbers that are stored as text; None refuses commas in them.

    Raises
    ------
    ReadError
        If the sheet is no plain table, with the cells that are in the way: merged cells, errors of Excel, formulas
        without a value, empty lines between others, columns without a name, dates among other values.
    """
    found = open_sheet(path, sheet)
    names = column_names(found)
    refuse_what_is_no_table(found)
    columns = list(zip(*found.rows, strict=True)) if found.rows else [()] * len(names)
    cells = dict(zip(names, columns, strict=True))
    written = {name: _column(cells[name], name, found) for name in names}
    texts = {name: column for name, column in written.items() if isinstance(column.dtype, pd.StringDtype)}
    numbers = {name: as_numbers(column, keep=name in text) for name, column in texts.items()}
    settled, _ = settle_decimals(
        written | numbers, texts, keep=text, decimal=decimal, may_find=False, where=found.where
    )
    return Opened(pd.DataFrame(settled), _told(found))


def _told(sheet: Sheet) -> tuple[Finding, ...]:
    if not sheet.is_hidden:
        return ()
    remedy = "If another sheet is meant, name it: sheet=..."
    return (Finding("sheet-hidden", "note", None, (), f"{sheet.where} is hidden in the workbook.", remedy),)


def excel_column_names(path: Path, *, sheet: str | None = None) -> list[str]:
    """Read the names of the columns of one sheet of a workbook."""
    return column_names(open_sheet(path, sheet))


def _column(cells: Sequence[Any], name: str, sheet: Sheet) -> pd.Series:
    present = [cell for cell in cells if not is_empty(cell)]
    kinds = {_kind(cell) for cell in present}
    _refuse_dates_among_others(present, kinds, name, sheet)
    values = [None if is_empty(cell) else cell.value for cell in cells]
    if kinds == {"date"}:
        return pd.to_datetime(pd.Series(values, dtype="object")).astype("datetime64[us]")
    if kinds == {"truth"} and len(present) == len(cells):
        return pd.Series(values, dtype="bool")
    if kinds <= {"number"}:
        return _numbers(values)
    return pd.Series([None if value is None else write_value(value) for value in values], dtype="str", name=name)


def _kind(cell: Any) -> _Kind:
    if cell.data_type == "d":
        return "date" if isinstance(cell.value, (date, datetime)) else "time of day"
    if cell.data_type == "b":
        return "truth"
    return "number" if cell.data_type == "n" else "text"


def _refuse_dates_among_others(present: Sequence[Any], kinds: set[_Kind], name: str, sheet: Sheet) -> None:
    if "time of day" in kinds:
        wrong, what = "time of day", "a time of day"
    elif "date" in kinds and len(kinds) > 1:
        wrong, what = "date", "a date among other values"
    else:
        return
    cell = next(cell for cell in present if _kind(cell) == wrong)
    told = f"{cell.value:%Y-%m-%d}" if wrong == "date" else cell.value
    raise ReadError(
        f"{sheet.where}: the column {shown(name)} holds {what}: {name_cell(cell, sheet)} is {told}. Excel turns "
        "entries such as 1-2 and 12:30 into dates and times; write what was meant, as a number or as text."
    )


def _numbers(values: Sequence[Any]) -> pd.Series:
    numbers = pd.Series([np.nan if value is None else float(value) for value in values], dtype="float64")
    whole = (numbers == numbers.round()) & (numbers.abs() < _LARGEST_WHOLE)
    return numbers.astype("int64") if len(whole) and whole.all() else numbers
