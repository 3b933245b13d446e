"""A cohort as a folder: three Parquet tables and a JSON file that says what they mean.

Loading checks everything once more; nothing in the folder is ever executed.
"""

import json
import reprlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from alsmodels.data.assembly import Tables, verify
from alsmodels.data.findings import Finding
from alsmodels.data.flow import Flow
from alsmodels.data.outcomes import Outcome
from alsmodels.data.roles import Roles
from alsmodels.errors import DataError, ReadError, shown
from alsmodels.files.disk import told
from alsmodels.files.folders import current, foreign, read_together, replaced_files

__all__ = [
    "DESCRIPTION",
    "describe",
    "is_saved_cohort",
    "load_tables",
    "parquet_column_names",
    "read_parquet",
    "rebuild",
    "save_tables",
]

DESCRIPTION = "cohort.json"
"""The file that makes a folder a saved cohort."""

_FORMAT = "alsmodels cohort"
_VERSION = 1
_TABLES = ("subjects", "visits", "events")
_TEXTS = dict.fromkeys([pa.string(), pa.large_string(), pa.string_view()], pd.StringDtype(na_value=np.nan))
_FIELDS = frozenset({"format", "version", "roles", "outcomes", "findings", "flow", "events_flow"})


def is_saved_cohort(folder: Path) -> bool:
    """Say whether a folder holds a saved cohort."""
    return current(folder, DESCRIPTION).is_file()


def save_tables(tables: Tables, folder: Path) -> None:
    """Write the tables of a cohort to a folder, making it; an earlier cohort there is replaced."""
    if folder.exists() and not folder.is_dir():
        raise ReadError(f"{folder} is a file; a cohort is saved to a folder.")
    with told(folder):
        if folder.is_dir() and foreign(folder) and not is_saved_cohort(folder):
            raise ReadError(f"{folder} holds other files; save the cohort to a new or empty folder.")
    text = json.dumps(describe(tables), indent=2, ensure_ascii=False, allow_nan=False)
    with replaced_files(folder, manifest=True) as stage:
        for name in _TABLES:
            getattr(tables, name).to_parquet(stage / f"{name}.parquet", index=False)
        (stage / DESCRIPTION).write_text(text + "\n", encoding="utf-8")


def load_tables(folder: Path) -> Tables:
    """Read and check what `save_tables` wrote."""
    if not is_saved_cohort(folder):
        raise ReadError(f"{folder} is no saved cohort: it has no {DESCRIPTION}.")
    _describe_folder(folder, read_together(folder, (DESCRIPTION,)))  # says what is wrong before tables are looked for
    files = {name: f"{name}.parquet" for name in _TABLES}
    found = read_together(folder, (DESCRIPTION, *files.values()))
    record = _describe_folder(folder, found)
    frames = {name: _read_parquet(folder / file, pa.BufferReader(found[file])) for name, file in files.items()}
    return rebuild(record, frames, str(folder))


def describe(tables: Tables) -> dict[str, Any]:
    """Return everything about the tables but the tables, as JSON can hold it."""
    return {
        "format": _FORMAT,
        "version": _VERSION,
        "roles": tables.roles.to_dict(),
        "outcomes": [outcome.to_dict() for outcome in tables.outcomes],
        "findings": [finding.to_dict() for finding in tables.findings],
        "flow": tables.flow.to_dict(),
        "events_flow": tables.events_flow.to_dict(),
    }


def rebuild(record: object, frames: Mapping[str, pd.DataFrame], where: str) -> Tables:
    """Join a description and its tables, and check them.

    Parameters
    ----------
    record : object
        What `describe` gave.
    frames : mapping of str to pandas.DataFrame
        Subjects, visits and events.
    where : str
        What is being read, for an error.
    """
    checked = _check_record(record, where)
    try:
        return verify(_tables(checked, frames))
    except DataError as reason:
        why = str(reason).removesuffix(".")
        raise ReadError(f"{where} is not a cohort as it was saved: {why}.") from reason


def read_parquet(path: Path) -> pd.DataFrame:
    """Read a Parquet file, or say why not.

    The file is read by itself: the folders it lies in add no columns. What it holds is checked before it is used, such
    as that texts are UTF-8.
    """
    if not path.is_file():
        raise ReadError(f"{path} is {'a folder, not a file' if path.is_dir() else 'not there'}.")
    return _read_parquet(path, path)


def _read_parquet(path: Path, content: object) -> pd.DataFrame:
    with _parquet_errors(path):
        table = pq.ParquetFile(content).read(use_pandas_metadata=True)
        _check_twice(table.column_names, path)
        _check_columns(table, path)
        frame: pd.DataFrame = table.to_pandas(types_mapper=_TEXTS.get)
    return frame


def parquet_column_names(path: Path) -> list[str]:
    """Read the names of the columns of a Parquet file, or say why not; an index without a name is none."""
    if not path.is_file():
        raise ReadError(f"{path} is {'a folder, not a file' if path.is_dir() else 'not there'}.")
    with _parquet_errors(path):
        names = pq.read_schema(path).names
    return [str(name) for name in names if not str(name).startswith("__index_level_")]


def _check_twice(names: Sequence[str], path: Path) -> None:
    twice = next((name for name, count in Counter(names).items() if count > 1), None)
    if twice is not None:
        raise ReadError(f"{path}: the column {shown(twice)} is there more than once; keep one.")


def _check_columns(table: pa.Table, path: Path) -> None:
    """Refuse columns whose values are not what they say they are, such as text that is not UTF-8."""
    for name, column in zip(table.column_names, table.columns, strict=True):
        try:
            column.validate(full=True)
        except pa.ArrowInvalid as reason:
            why = "holds text that is not UTF-8" if "UTF8" in str(reason) else "is damaged"
            raise ReadError(f"{path} cannot be read as Parquet: the column {shown(name)} {why}.") from reason


@contextmanager
def _parquet_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except (UnicodeDecodeError, json.JSONDecodeError, LookupError, TypeError, AttributeError) as reason:
        raise ReadError(f"{path} cannot be read as Parquet: its description of the columns is damaged.") from reason
    except (pa.ArrowException, OSError, ValueError) as reason:
        why = _first_line(reason)
        raise ReadError(f"{path} cannot be read as Parquet; it may be cut short or damaged ({why}).") from reason


def _tables(record: Mapping[str, Any], frames: Mapping[str, pd.DataFrame]) -> Tables:
    return Tables(
        roles=Roles.from_dict(record["roles"]),
        outcomes=tuple(Outcome.from_dict(outcome) for outcome in record["outcomes"]),
        findings=tuple(Finding.from_dict(finding) for finding in record["findings"]),
        flow=Flow.from_dict(record["flow"]),
        events_flow=Flow.from_dict(record["events_flow"]),
        **{name: frames[name] for name in _TABLES},
    )


def _check_record(record: object, where: str) -> Mapping[str, Any]:
    if not isinstance(record, dict) or record.get("format") != _FORMAT:
        raise ReadError(f"{where} is no saved cohort: its description does not say so.")
    version = record.get("version")
    if type(version) is not int or version != _VERSION:
        raise ReadError(f"{where} has format version {reprlib.repr(version)}; this version reads {_VERSION}.")
    if set(record) != _FIELDS or not all(isinstance(record[name], list) for name in ("outcomes", "findings")):
        raise ReadError(f"{where} is not a cohort as it was saved: fields of its description are not as they were.")
    return record


def _describe_folder(folder: Path, found: Mapping[str, bytes]) -> object:
    path = folder / DESCRIPTION
    try:
        record: object = json.loads(found[DESCRIPTION].decode())
        json.dumps(record, ensure_ascii=False).encode()
    except UnicodeEncodeError as reason:
        raise ReadError(f"{path} cannot be read as JSON: it holds half a character.") from reason
    except (ValueError, RecursionError) as reason:
        raise ReadError(f"{path} cannot be read as JSON: {_first_line(reason)}.") from reason
    return record


def _first_line(reason: BaseException) -> str:
    first = (str(reason).splitlines() or [type(reason).__name__])[0]
    return "".join(sign for sign in first if sign.isprintable()).removesuffix(".")
