"""Reading a cohort from a file, whose ending says what it is, or from the folder of a saved cohort."""

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from alsmodels.data.cohort import Cohort
from alsmodels.data.draft import OutcomeLike
from alsmodels.data.missing import MissingLike
from alsmodels.data.paths import as_path
from alsmodels.data.readers.dataset_json import dataset_json_column_names, read_dataset_json
from alsmodels.data.readers.delimited import delimited_column_names, read_delimited
from alsmodels.data.readers.excel import excel_column_names, read_excel
from alsmodels.data.roles import Roles
from alsmodels.data.storage import is_saved_cohort, parquet_column_names, read_parquet
from alsmodels.errors import DataError, ReadError

__all__ = ["read_cohort", "read_column_names", "read_given", "read_table"]

_EXCEL = ".xlsx"
_NAMES: Mapping[str, Callable[[Path], list[str]]] = MappingProxyType(
    {
        ".csv": delimited_column_names,
        ".tsv": delimited_column_names,
        ".parquet": parquet_column_names,
        _EXCEL: excel_column_names,
        ".json": dataset_json_column_names,
        ".ndjson": dataset_json_column_names,
    }
)
_ENDINGS = "a .csv, .parquet, .xlsx, .json or .ndjson file, or the folder of a saved cohort"


def read_cohort(
    path: str | Path,
    roles: Roles | None = None,
    *,
    outcomes: Sequence[OutcomeLike] = (),
    events: object | None = None,
    subjects: object | None = None,
    leave_out: Collection[str] = (),
    missing: MissingLike = (),
    empty: Collection[str] = (),
    sheet: str | None = None,
) -> Cohort:
    """Read a cohort from a file or a saved folder, and check it.

    Parameters
    ----------
    path
        A file with one row a visit: text (.csv), Parquet (.parquet), Excel (.xlsx) or CDISC Dataset-JSON 1.1 (.json,
        .ndjson); or a folder that `Cohort.save` wrote.
    roles
        The columns that name subject, time and arm; None for a saved folder, which knows them.
    outcomes
        Outcomes, or names of columns that are outcomes. Columns known by name, such as alsfrs_r, and columns
        with censored values, such as ``<0.5``, need not be named.
    events, subjects
        A table, the path of one, or the path of a workbook and the name of a sheet, ``("trial.xlsx", "events")``:
        events with subject, event and time; subjects with one row a subject.
    leave_out
        Names of rules whose offending rows are to be left out and counted.
    missing
        Words and numbers that stand for no value, such as ``["ND", -99]``; such cells are emptied and counted, in
        every column but those of subject, time and arm. A mapping says it by column.
    empty
        Names of rules about values, such as "value-not-numeric", whose offending cells are emptied and counted.
    sheet
        The sheet of a workbook; it must be said if several hold something.

    Returns
    -------
    Cohort
        The checked cohort.

    Raises
    ------
    ReadError
        If the file cannot be read as what its ending says.
    DataError
        If the table breaks a rule; all breaches are reported together.
    """
    place = as_path(path)
    if place.is_dir():
        return _read_saved(place, given=(roles, outcomes, events, subjects, leave_out, missing, empty, sheet))
    if roles is not None and not isinstance(roles, Roles):
        raise DataError(f"roles must be Roles(subject=..., time=..., arm=...), not {roles!r}.")
    table = read_table(place, text=_text_columns(roles), sheet=sheet)
    if roles is None:
        raise ReadError(f"{place}: say which columns name the subject, the time and the arm: roles=Roles(...).")
    return Cohort.from_frame(
        table,
        roles,
        outcomes=outcomes,
        events=read_given(events, text=_text_columns(roles)),
        subjects=read_given(subjects, text=_text_columns(roles)),
        leave_out=leave_out,
        missing=missing,
        empty=empty,
    )


def read_table(path: str | Path, *, text: Collection[str] = (), sheet: str | None = None) -> pd.DataFrame:
    """Read one file as a pandas table, as its ending says.

    Parameters
    ----------
    path
        A .csv, .tsv, .parquet, .xlsx, .json or .ndjson file.
    text
        Columns of a CSV file or a workbook that are to stay text, such as identifiers.
    sheet
        The sheet of a workbook.
    """
    place = as_path(path)
    ending = _ending(place, sheet)
    if ending == _EXCEL:
        return read_excel(place, sheet=sheet, text=text)
    if ending in {".json", ".ndjson"}:
        return read_dataset_json(place)
    return read_parquet(place) if ending == ".parquet" else read_delimited(place, text=text)


def read_column_names(path: str | Path, *, sheet: str | None = None) -> list[str]:
    """Read the names of the columns of a file that `read_table` reads."""
    place = as_path(path)
    ending = _ending(place, sheet)
    return excel_column_names(place, sheet=sheet) if ending == _EXCEL else _NAMES[ending](place)


def read_given(table: object | None, *, text: Collection[str]) -> object | None:
    """Read a table that is given by its path, alone or with the name of a sheet; return any other as it is."""
    match table:
        case str() | Path():
            return read_table(table, text=text)
        case (str() | Path() as path, str() as sheet):
            return read_table(path, text=text, sheet=sheet)
    return table


def _ending(place: Path, sheet: str | None) -> str:
    """Return the ending of a file; refuses what cannot be read, and a sheet of what has none."""
    if not place.exists():
        raise ReadError(f"{place} is not there; give {_ENDINGS}.")
    ending = place.suffix.lower()
    if not place.is_file():
        raise ReadError(f"{place} is {'a folder' if place.is_dir() else 'no ordinary file'}, not a table.")
    if ending not in _NAMES:
        raise ReadError(f"{place}: the ending {ending or '(none)'} is not one that can be read; give {_ENDINGS}.")
    if sheet is not None and ending != _EXCEL:
        raise ReadError(f"{place} has no sheets, as only .xlsx files have; leave out sheet={sheet!r}.")
    return ending


def _read_saved(folder: Path, *, given: Sequence[object]) -> Cohort:
    nothing = (argument is None or (isinstance(argument, Collection) and not argument) for argument in given)
    if is_saved_cohort(folder) and not all(nothing):
        raise ReadError(
            f"{folder} is a folder; a saved cohort knows its roles, outcomes and events: give the path alone."
        )
    return Cohort.load(folder)


def _text_columns(roles: Roles | None) -> set[str]:
    if roles is None:
        return {"subject"}
    return {roles.subject, "subject"} | ({roles.arm, "arm"} if roles.arm else set())
