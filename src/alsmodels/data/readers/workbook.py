"""The cells of an Excel workbook, and nothing else of it.

openpyxl, asked for a workbook, opens whatever the workbook refers to, and fails where that is absent or odd: pictures,
comments, themes, names of ranges. R's openxlsx, for one, writes relations to drawings that it does not write. Here its
parts are asked one by one for what cells need: the list of sheets, shared texts, formats (which tell dates), cells, and
merged ranges.
"""

import importlib
import warnings
from pathlib import Path
from typing import Any

from alsmodels.errors import ReadError

__all__ = ["load_sheets"]


def load_sheets(path: Path, *, values: bool) -> Any:
    """Load the worksheets of a workbook, as an openpyxl workbook without anything else.

    Parameters
    ----------
    path : Path
        The .xlsx file.
    values : bool
        Whether cells are what their formulas gave, or the formulas.

    Raises
    ------
    ReadError
        If openpyxl is not installed.
    """
    try:
        parts = importlib.import_module("openpyxl.reader.excel")
        sheets = importlib.import_module("openpyxl.worksheet._reader")
    except ImportError as reason:
        raise ReadError(
            "Reading .xlsx files needs the package openpyxl, which is not installed: pip install 'alsmodels[excel]'."
        ) from reason
    with warnings.catch_warnings():
        # It warns of formats and extensions that it does not know, which do not matter here.
        warnings.simplefilter("ignore")
        reader = parts.ExcelReader(path, data_only=values, keep_links=False)
        try:
            return _read(reader, parts, sheets)
        finally:
            reader.archive.close()


def _read(reader: Any, parts: Any, sheets: Any) -> Any:
    reader.read_manifest()
    texts = _read_texts(reader, parts)
    reader.read_workbook()
    parts.apply_stylesheet(reader.archive, reader.wb)
    for sheet, relation in reader.parser.find_sheets():
        if relation.target in reader.valid_files and relation.Type.endswith("/worksheet"):
            _read_sheet(reader, sheets, sheet, relation.target, texts)
    return reader.wb


def _read_texts(reader: Any, parts: Any) -> list[str]:
    """The texts that cells share; a workbook of numbers may announce them and have none."""
    found = reader.package.find(parts.SHARED_STRINGS)
    if found is None or found.PartName[1:] not in reader.valid_files:
        return []
    with reader.archive.open(found.PartName[1:]) as opened:
        texts: list[str] = parts.read_string_table(opened)
    return texts


def _read_sheet(reader: Any, sheets: Any, sheet: Any, target: str, texts: list[str]) -> None:
    with reader.archive.open(target) as opened:
        made = reader.wb.create_sheet(sheet.name)
        cells = sheets.WorksheetReader(made, opened, texts, reader.data_only, rich_text=False)
        cells.bind_cells()
        cells.bind_merged_cells()
    made.sheet_state = sheet.state
