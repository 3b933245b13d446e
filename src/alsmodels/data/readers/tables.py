"""Reading a cohort from a file, whose ending says what it is, or from the folder of a saved cohort."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import final

import pandas as pd

from alsmodels.data.cohort import Cohort
from alsmodels.data.draft import OutcomeLike
from alsmodels.data.findings import Finding
from alsmodels.data.missing import MissingLike
from alsmodels.data.paths import as_path
from alsmodels.data.readers.dataset_json import dataset_json_column_names, read_dataset_json
from alsmodels.data.readers.delimited import delimited_column_names, read_delimited
from alsmodels.data.readers.excel import excel_column_names, read_excel
from alsmodels.data.readers.opened import Opened
from alsmodels.data.readers.text_form import PLAIN, TextForm
from alsmodels.data.roles import Roles
from alsmodels.data.storage import is_saved_cohort, parquet_column_names, read_parquet
from alsmodels.errors import DataError, ReadError, shown

__all__ = ["open_given", "open_table", "read_cohort", "read_column_names", "read_table"]

_EXCEL = ".xlsx"
_TEXT = (".csv", ".tsv")
_OTHERS: Mapping[str, Callable[[Path], list[str]]] = MappingProxyType(
    {
        ".parquet": parquet_column_names,
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
    delimiter: str | None = None,
    decimal: str | None = None,
    encoding: str | None = None,
) -> Cohort:
    """Read a cohort from a file or a saved folder, and check it.

    Parameters
    ----------
    path : str or Path
        A file with one row a visit: text (.csv), Parquet (.parquet), Excel (.xlsx) or CDISC Dataset-JSON 1.1 (.json,
        .ndjson); or a folder that `Cohort.save` wrote.
    roles : Roles, optional
        The columns that name subject, time and arm; None for a saved folder, which knows them.
    outcomes : sequence of Outcome or str, default ()
        The outcomes, or names of columns that are outcomes. Columns known by name, such as alsfrs_r, and columns with
        censored values, such as ``<0.5``, need not be named.
    events, subjects : DataFrame, str, Path or tuple of (str, str), optional
        A table, the path of one, or the path of a workbook and the name of a sheet, ``("trial.xlsx", "events")``:
        events with subject, event and time; subjects with one row a subject.
    leave_out : collection of str, default ()
        Names of rules whose offending rows are to be left out and counted.
    missing : collection of str or float, or mapping of str to such a collection, default ()
        Words and numbers that stand for no value, such as ``["ND", -99]``; such cells are emptied and counted, in every
        column but those of subject, time and arm. A mapping says it by column.
    empty : collection of str, default ()
        Names of rules about values, such as "value-not-numeric", whose offending cells are emptied and counted.
    sheet : str, optional
        The sheet of a workbook; it must be said if several hold something.
    delimiter, decimal, encoding : str, optional
        The form of a text table: the sign between cells (or "tab"), the decimal sign, "." or ",", and the encoding.
        What is not given is found where only one thing can be meant, and a finding tells it; what may be read in two
        ways is refused.

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
        said = (roles, outcomes, events, subjects, leave_out, missing, empty, sheet, delimiter, decimal, encoding)
        return _read_saved(place, given=said)
    if roles is not None and not isinstance(roles, Roles):
        raise DataError(f"roles must be Roles(subject=..., time=..., arm=...), not {shown(roles)}.")
    form, text = TextForm(delimiter, decimal, encoding), _text_columns(roles)
    visits = open_table(place, text=text, sheet=sheet, form=form)
    if roles is None:
        raise ReadError(f"{place}: say which columns name the subject, the time and the arm: roles=Roles(...).")
    others = [open_given(table, text=text, form=form) for table in (events, subjects)]
    cohort = Cohort.from_frame(
        visits.frame,
        roles,
        outcomes=outcomes,
        events=others[0].table,
        subjects=others[1].table,
        leave_out=leave_out,
        missing=missing,
        empty=empty,
    )
    return cohort.told((*visits.findings, *others[0].findings, *others[1].findings))


@final
@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """A table as the user gave it, read where it was a path, and what has to be said of how."""

    table: object | None
    findings: tuple[Finding, ...] = ()


def open_table(
    path: str | Path, *, text: Collection[str] = (), sheet: str | None = None, form: TextForm = PLAIN
) -> Opened:
    """Read one file as a table, as its ending says, and say how it was read.

    Parameters
    ----------
    path : str or Path
        A .csv, .tsv, .parquet, .xlsx, .json or .ndjson file.
    text : collection of str, default ()
        Columns of a text table or a workbook that are to stay text, such as identifiers.
    sheet : str or None
        The sheet of a workbook.
    form : TextForm
        What is said of a text table.
    """
    place = as_path(path)
    ending = _ending(place, sheet, form)
    if ending == _EXCEL:
        return read_excel(place, sheet=sheet, text=text, decimal=form.decimal)
    if ending in _TEXT:
        return read_delimited(place, text=text, form=form)
    return Opened(read_parquet(place) if ending == ".parquet" else read_dataset_json(place))


def read_table(path: str | Path, *, text: Collection[str] = (), sheet: str | None = None) -> pd.DataFrame:
    """Read one file as a pandas table, as its ending says."""
    return open_table(path, text=text, sheet=sheet).frame


def read_column_names(path: str | Path, *, sheet: str | None = None, form: TextForm = PLAIN) -> list[str]:
    """Read the names of the columns of a file that `read_table` reads."""
    place = as_path(path)
    ending = _ending(place, sheet, form)
    if ending == _EXCEL:
        return excel_column_names(place, sheet=sheet)
    return delimited_column_names(place, form=form) if ending in _TEXT else _OTHERS[ending](place)


def open_given(table: object | None, *, text: Collection[str], form: TextForm = PLAIN) -> Given:
    """Read a table that is given by its path, alone or with the name of a sheet; any other is taken as it is.

    What is said of a text table holds for another of them.
    """
    match table:
        case str() | Path():
            path, sheet = table, None
        case (str() | Path() as path, str() as sheet):
            pass
        case _:
            return Given(table)
    mine = form if Path(path).suffix.lower() in _TEXT else PLAIN
    opened = open_table(path, text=text, sheet=sheet, form=mine)
    return Given(opened.frame, opened.findings)


def _ending(place: Path, sheet: str | None, form: TextForm) -> str:
    """Return the ending of a file; refuses what cannot be read, and a sheet of what has none."""
    if not place.exists():
        raise ReadError(f"{place} is not there; give {_ENDINGS}.")
    ending = place.suffix.lower()
    if not place.is_file():
        raise ReadError(f"{place} is {'a folder' if place.is_dir() else 'no ordinary file'}, not a table.")
    if ending not in {*_TEXT, _EXCEL, *_OTHERS}:
        raise ReadError(f"{place}: the ending {ending or '(none)'} is not one that can be read; give {_ENDINGS}.")
    if sheet is not None and ending != _EXCEL:
        raise ReadError(f"{place} has no sheets, as only .xlsx files have; leave out sheet={shown(sheet)}.")
    _refuse_form(place, ending, form)
    return ending


def _refuse_form(place: Path, ending: str, form: TextForm) -> None:
    """Refuse what is said of a text table where the file is none."""
    said = {"delimiter": form.delimiter, "decimal": form.decimal, "encoding": form.encoding}
    wrong = [f"{name}={shown(value)}" for name, value in said.items() if value is not None]
    if ending == _EXCEL:
        wrong = [text for text in wrong if not text.startswith("decimal=")]
    if wrong and ending not in _TEXT:
        raise ReadError(f"{place} is no text table, as .csv and .tsv files are; leave out {', '.join(wrong)}.")


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
