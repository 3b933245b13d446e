"""CDISC Dataset-JSON 1.1: a table as JSON (.json), or as JSON line by line (.ndjson).

The specification is "CDISC Dataset-JSON Specification" version 1.1, 2024-12-05. Dates and times stay the ISO 8601
texts that they are in the file; decimals, which are text there, become numbers.
"""

import json
import re
import reprlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn, final

import pandas as pd

from alsmodels.data.columns import as_names
from alsmodels.errors import ReadError, shown

__all__ = ["dataset_json_column_names", "read_dataset_json"]

_VERSION = re.compile(r"1\.1(\.\d+)?")
_DECIMAL = re.compile(r"[+-]?(?:(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?")


@final
@dataclass(frozen=True, slots=True)
class _Column:
    """The name of a column and its dataType."""

    name: str
    kind: str


def read_dataset_json(path: Path) -> pd.DataFrame:
    """Read a Dataset-JSON file as a table.

    Parameters
    ----------
    path : Path
        A .json file, or an .ndjson file: its first line describes the table, each other line is a row.

    Raises
    ------
    ReadError
        If the file is not Dataset-JSON 1.1, if rows are missing or may be, or have not one value for each column, or
        if a value is not of the dataType that its column says; with the row and the column.
    """
    description, rows = _open(path)
    columns = _columns(description, path)
    _check_rows(rows, columns, description.get("records"), path)
    values = zip(*rows, strict=True) if rows else ([] for _ in columns)
    return pd.DataFrame(
        {column.name: _read(column, found, path) for column, found in zip(columns, values, strict=True)}
    )


def dataset_json_column_names(path: Path) -> list[str]:
    """Read the names of the columns of a Dataset-JSON file."""
    description = _parse(next(_lines(path), ""), path) if _by_lines(path) else _parse(_text(path), path)
    return [column.name for column in _columns(description, path)]


def _open(path: Path) -> tuple[Mapping[str, Any], Sequence[Any]]:
    if _by_lines(path):
        first, *rows = [_parse(line, path) for line in _lines(path)] or [None]
        return _described(first, path), rows
    description = _described(_parse(_text(path), path), path)
    rows = description.get("rows", [])
    if not isinstance(rows, list):
        raise ReadError(f"{path}: 'rows' is no list of rows.")
    return description, rows


def _by_lines(path: Path) -> bool:
    return path.suffix.lower() == ".ndjson"


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as reason:
        raise ReadError(f"{path} cannot be opened: {reason.strerror}.") from reason
    except UnicodeDecodeError as reason:
        raise ReadError(f"{path} is not UTF-8 text (byte {reason.start + 1}), as Dataset-JSON is.") from reason


def _lines(path: Path) -> Iterator[str]:
    return (line for line in _text(path).split("\n") if line.strip())


def _parse(text: str, path: Path) -> Any:
    def refuse(constant: str) -> NoReturn:
        raise ValueError(f"{constant} is no value of JSON")

    try:
        parsed = json.loads(text, parse_constant=refuse, object_pairs_hook=_without_twins)
        if "\\ud" in text.lower():  # halves of characters are no text
            json.dumps(parsed, ensure_ascii=False).encode()
    except UnicodeEncodeError as reason:
        raise ReadError(f"{path} cannot be read as JSON: it holds half a character.") from reason
    except (ValueError, RecursionError) as reason:
        raise ReadError(f"{path} cannot be read as JSON: {reason}.") from reason
    return parsed


def _without_twins(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that says one thing twice, of which only the last would be heard."""
    twice = next((key for key, count in Counter(key for key, _ in pairs).items() if count > 1), None)
    if twice is not None:
        raise ValueError(f"{shown(twice)} is there more than once")
    return dict(pairs)


def _described(description: Any, path: Path) -> Mapping[str, Any]:
    if not isinstance(description, dict) or "datasetJSONVersion" not in description:
        raise ReadError(
            f"{path} is not CDISC Dataset-JSON: it does not say its datasetJSONVersion. Other JSON is not read; save "
            "the table as CSV or Parquet."
        )
    version = description["datasetJSONVersion"]
    if not (isinstance(version, str) and _VERSION.fullmatch(version)):
        raise ReadError(f"{path} is Dataset-JSON {version}; only version 1.1 is read.")
    return description


def _columns(description: Any, path: Path) -> list[_Column]:
    listed = _described(description, path).get("columns")
    if not isinstance(listed, list) or not listed:
        raise ReadError(f"{path}: 'columns' does not list the columns.")
    columns = [_one_column(column, number, path) for number, column in enumerate(listed, 1)]
    names = [column.name for column in columns]
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise ReadError(f"{path}: the column {shown(twice)} is there more than once; keep one.")
    return columns


def _one_column(column: Any, number: int, path: Path) -> _Column:
    name = column.get("name") if isinstance(column, dict) else None
    if not (isinstance(name, str) and name.strip()):
        raise ReadError(f"{path}: column {number} has no name.")
    kind = column.get("dataType")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ReadError(
            f"{path}: the dataType of column {shown(name)} is {shown(kind)}; it must be one of {as_names(_KINDS)}."
        )
    return _Column(name, kind)


def _check_rows(rows: Sequence[Any], columns: Sequence[_Column], records: Any, path: Path) -> None:
    for number, row in enumerate(rows, 1):
        if not isinstance(row, list) or len(row) != len(columns):
            found = f"{len(row)} values" if isinstance(row, list) else "no list of values"
            raise ReadError(f"{path}: row {number} has {found}, but there are {len(columns)} columns.")
    if records is None and _by_lines(path):
        raise ReadError(
            f"{path} does not say how many records it has, as Dataset-JSON has to, so nothing tells whether it was cut "
            'between two rows; write their number into its first line, such as "records": 100.'
        )
    if records is not None and records != len(rows):
        raise ReadError(f"{path} says that it has {records} records, but it has {len(rows)}; it may be cut short.")


def _read(column: _Column, values: Sequence[Any], path: Path) -> pd.Series:
    read = [None if value is None else _one_value(column, value, row, path) for row, value in enumerate(values, 1)]
    if column.kind == "integer" and None not in read:
        return pd.Series(read, dtype="int64")
    if column.kind == "boolean":
        return pd.Series(read, dtype="object" if None in read else "bool")
    return pd.Series(read, dtype="float64" if column.kind in _NUMBERS else "str")


def _one_value(column: _Column, value: Any, row: int, path: Path) -> Any:
    read = _KINDS[column.kind](value)
    if read is None:
        raise ReadError(
            f"{path}: {reprlib.repr(value)} in row {row}, column {shown(column.name)}, is no {column.kind}."
        )
    return read


def _as_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _as_float(value: Any) -> float | None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    try:
        return float(value)
    except OverflowError:
        return None


def _as_integer(value: Any) -> int | None:
    number = _as_float(value)
    return int(value) if number is not None and number.is_integer() and abs(number) < 2**63 else None


def _as_decimal(value: Any) -> float | None:
    if not isinstance(value, str):
        return _as_float(value)
    written = value.strip()
    return float(written.replace(",", "")) if _DECIMAL.fullmatch(written) else None


def _as_truth(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


_NUMBERS = frozenset({"integer", "float", "double", "decimal"})

_KINDS: Mapping[str, Callable[[Any], Any]] = MappingProxyType(
    {
        "string": _as_text,
        "integer": _as_integer,
        "decimal": _as_decimal,
        "float": _as_float,
        "double": _as_float,
        "boolean": _as_truth,
        "datetime": _as_text,
        "date": _as_text,
        "time": _as_text,
        "URI": _as_text,
    }
)
"""How a value of each dataType is read; None means that it is not of that type."""
