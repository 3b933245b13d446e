"""Finding the table in a sheet of an Excel workbook, and refusing what is no plain table.

A sheet is read cell by cell. Read as a table of values at once, an error such as #N/A, a formula that was never
computed and the lower cells of a merged range would all be missing values, and nobody would be told.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile
from zlib import error as ZlibError  # noqa: N812 - it is a class

from alsmodels.data.columns import as_names
from alsmodels.data.readers.workbook import load_sheets
from alsmodels.errors import ReadError, shown

__all__ = ["Sheet", "column_names", "is_empty", "name_cell", "open_sheet", "refuse_what_is_no_table", "write_value"]

_MOST_CELLS = 5_000_000
_SHOWN = 5
_FORMULA = (b"<f>", b"<f ")
# What a damaged part of a workbook can make of its reader.
_FAULTS = (ArithmeticError, AttributeError, EOFError, LookupError, ParseError, TypeError, ValueError, ZlibError)


@final
@dataclass(frozen=True, slots=True)
class Sheet:
    """The used part of a sheet, as cells of openpyxl.

    Parameters
    ----------
    path : Path
        The file.
    title : str
        The name of the sheet.
    header : tuple of object
        The first line that is not empty, one cell for each column that holds anything.
    rows : tuple of tuple of object
        The lines below it, down to the last that holds anything.
    is_hidden : bool, default False
        Whether the workbook does not show the sheet.
    """

    path: Path
    title: str
    header: tuple[Any, ...]
    rows: tuple[tuple[Any, ...], ...]
    is_hidden: bool = False

    @property
    def where(self) -> str:
        """The file and the sheet, for an error."""
        return f"{self.path}, sheet {self.title!r}"


def open_sheet(path: Path, name: str | None) -> Sheet:
    """Open a sheet: the one of this name, or the only one that holds anything.

    Raises
    ------
    ReadError
        If the file is no workbook, if openpyxl is not installed, if the sheet is not there, is empty or has merged
        cells, or if none is named and several hold something.
    """
    sheet = _choose(_load(path, values=True).worksheets, name, path)
    where = f"{path}, sheet {sheet.title!r}"
    if sheet.max_row * sheet.max_column > _MOST_CELLS:
        raise ReadError(
            f"{where} reaches to {sheet.dimensions.split(':')[-1]}, most of it empty; delete the empty rows and "
            "columns at its end and save it again."
        )
    rows = [row for row in sheet.iter_rows() if not _all_empty(row)]
    if not rows:
        raise ReadError(f"{where} is empty.")
    used = [column for column in range(len(rows[0])) if any(not is_empty(row[column]) for row in rows)]
    lines = sheet.iter_rows(min_row=rows[0][0].row, max_row=rows[-1][0].row)
    header, *below = [tuple(line[column] for column in used) for line in lines]
    found = Sheet(path, sheet.title, header, tuple(below), is_hidden=sheet.sheet_state != "visible")
    _refuse_merged(found, sheet.merged_cells.ranges)
    return found


def column_names(sheet: Sheet) -> list[str]:
    """Read the first line as names of columns; refuse it where it cannot be."""
    names = [_name(cell, sheet) for cell in sheet.header]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ReadError(f"{sheet.where}: the column {shown(twice)} is there more than once; keep one.")
    return names


def refuse_what_is_no_table(sheet: Sheet) -> None:
    """Refuse errors of Excel, empty lines between others, and formulas without a value."""
    _refuse_errors(sheet)
    _refuse_empty_lines(sheet)
    _refuse_uncomputed(sheet)


def name_cell(cell: Any, sheet: Sheet) -> str:
    """Name a cell by its row, counted as the checks do, and as the sheet does.

    The row is counted from 1 below the names.
    """
    return f"row {cell.row - sheet.header[0].row} (cell {cell.coordinate})"


def is_empty(cell: Any) -> bool:
    """Whether a cell holds nothing but blanks."""
    return cell.value is None or (isinstance(cell.value, str) and not cell.value.strip())


def write_value(value: Any) -> str:
    """Write a cell's value as a text table would hold it.

    Examples
    --------
    >>> write_value(40.0), write_value(0.5), write_value("<0.5")
    ('40', '0.5', '<0.5')
    """
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _load(path: Path, *, values: bool) -> Any:
    """Load a workbook: what its formulas gave, or the formulas."""
    try:
        return load_sheets(path, values=values)
    except (BadZipFile, NotImplementedError, RuntimeError, OSError) as reason:
        raise ReadError(f"{path} cannot be read as an Excel workbook (.xlsx): {reason}.") from reason
    except _FAULTS as reason:
        raise ReadError(
            f"{path} cannot be read as an Excel workbook (.xlsx): a part is missing or damaged."
        ) from reason


def _choose(sheets: Sequence[Any], name: str | None, path: Path) -> Any:
    there = {sheet.title: sheet for sheet in sheets}
    if name is not None:
        if name not in there:
            raise ReadError(f"{path} has no sheet {shown(name)}; its sheets are {as_names(there)}.")
        return there[name]
    filled = {title: sheet for title, sheet in there.items() if not _holds_nothing(sheet)}
    if len(filled) > 1:
        raise ReadError(
            f"{path} has {len(filled)} sheets, {_named(filled)}; say which: "
            f"sheet={shown(next(iter(filled)))}, or (path, {shown(next(iter(filled)))}) for a table of events or "
            "subjects."
        )
    if not filled:
        raise ReadError(f"{path} is empty.")
    return next(iter(filled.values()))


def _named(sheets: Mapping[str, Any]) -> str:
    hidden = {title for title, sheet in sheets.items() if sheet.sheet_state != "visible"}
    return ", ".join(f"{title!r}{' (hidden)' if title in hidden else ''}" for title in sheets)


def _holds_nothing(sheet: Any) -> bool:
    if sheet.max_row * sheet.max_column > _MOST_CELLS:
        return False
    return all(_all_empty(row) for row in sheet.iter_rows())


def _refuse_merged(sheet: Sheet, ranges: Collection[Any]) -> None:
    first, last = sheet.header[0].row, (sheet.rows or (sheet.header,))[-1][0].row
    columns = {cell.column for cell in sheet.header}
    inside = [
        block.coord
        for block in sorted(ranges, key=lambda block: (block.min_row, block.min_col))
        if block.min_row <= last
        and block.max_row >= first
        and not columns.isdisjoint(range(block.min_col, block.max_col + 1))
    ]
    if inside:
        raise ReadError(
            f"{sheet.where}: the cells {_told(inside)} are merged; unmerge them and write each value in its own cell."
        )


def _name(cell: Any, sheet: Sheet) -> str:
    if is_empty(cell):
        raise ReadError(
            f"{sheet.where}: column {cell.column_letter} has no name in line {cell.row}, the first that is not empty; "
            "name the column, and delete what stands above the names."
        )
    if cell.data_type == "s" or (cell.data_type == "n" and float(cell.value).is_integer()):
        return write_value(cell.value).strip()
    raise ReadError(f"{sheet.where}: the name of column {cell.column_letter} is {cell.value}; write it as text.")


def _refuse_errors(sheet: Sheet) -> None:
    wrong = [cell for row in sheet.rows for cell in row if cell.data_type == "e"]
    if wrong:
        told = _told([f"{name_cell(cell, sheet)} {cell.value}" for cell in wrong])
        raise ReadError(f"{sheet.where} holds errors of Excel: {told}. Correct them, or empty the cells.")


def _refuse_empty_lines(sheet: Sheet) -> None:
    """Refuse empty lines, which may divide two tables, and after which rows would be numbered wrongly."""
    empty = [str(row[0].row) for row in sheet.rows if _all_empty(row)]
    if empty:
        lines = f"line {empty[0]} is" if len(empty) == 1 else f"lines {_told(empty)} are"
        raise ReadError(
            f"{sheet.where}: {lines} empty, with others below; delete them, and move what is not part of the table."
        )


def _refuse_uncomputed(sheet: Sheet) -> None:
    """Refuse formulas that programs other than Excel leave without a value; they look like empty cells."""
    blank = [cell.coordinate for row in sheet.rows for cell in row if is_empty(cell)]
    if not blank or not _has_formulas(sheet.path):
        return
    formulas = _load(sheet.path, values=False)[sheet.title]
    uncomputed = [place for place in blank if formulas[place].data_type == "f"]
    if uncomputed:
        raise ReadError(
            f"{sheet.where}: the formulas in {_told(uncomputed)} have no value; open the file in Excel and save it."
        )


def _has_formulas(path: Path) -> bool:
    with ZipFile(path) as parts:
        sheets = [name for name in parts.namelist() if name.startswith("xl/worksheets/")]
        return any(sign in parts.read(name) for name in sheets for sign in _FORMULA)


def _all_empty(row: Sequence[Any]) -> bool:
    return all(is_empty(cell) for cell in row)


def _told(places: Sequence[str]) -> str:
    more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
    return f"{', '.join(places[:_SHOWN])}{more}"
