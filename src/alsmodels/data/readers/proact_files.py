"""Finding and opening the tables of a PRO-ACT folder, whichever release it is of.

The archive has named its files in three ways: `alsfrs.csv`, `PROACT_ALSFRS.csv` and `F_PROACT_ALSFRS.csv`. A
table is known by its stem without the prefix, in upper or lower case.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import final

import pandas as pd

from alsmodels.data.breaches import counted
from alsmodels.data.columns import as_names, as_pandas, as_text
from alsmodels.data.findings import Finding
from alsmodels.data.missing import Cells, Missing, empty_cells, list_words
from alsmodels.data.readers.proact_columns import ProactTable, fold, note, read_numbers
from alsmodels.data.readers.tables import open_table, read_column_names
from alsmodels.errors import DataError, ReadError

__all__ = ["TABLES", "Archive", "open_archive"]

TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "ALSFRS": (
            "ALSFRS_Delta",
            "Q1_Speech",
            "Q2_Salivation",
            "Q3_Swallowing",
            "Q4_Handwriting",
            "Q5a_Cutting_without_Gastrostomy",
            "Q5b_Cutting_with_Gastrostomy",
            "Q6_Dressing_and_Hygiene",
            "Q7_Turning_in_Bed",
            "Q8_Walking",
            "Q9_Climbing_Stairs",
            "Q10_Respiratory",
            "ALSFRS_Total",
            "ALSFRS_R_Total",
            "R_1_Dyspnea",
            "R_2_Orthopnea",
            "R_3_Respiratory_Insufficiency",
        ),
        "FVC": ("Forced_Vital_Capacity_Delta", "Subject_Liters_Trial_1"),
        "SVC": ("Slow_vital_Capacity_Delta", "Subject_Liters_Trial_1"),
        "LABS": ("Test_Name", "Test_Result", "Test_Unit", "Laboratory_Delta"),
        "DEATHDATA": ("Subject_Died", "Death_Days"),
        "TREATMENT": ("Study_Arm",),
        "ALSHISTORY": ("Onset_Delta", "Diagnosis_Delta"),
        "DEMOGRAPHICS": ("Age", "Sex"),
        "RILUZOLE": ("Subject_used_Riluzole",),
        "VITALSIGNS": (),
        "ELESCORIAL": (),
        "FAMILYHISTORY": (),
        "HANDGRIPSTRENGTH": (),
        "MUSCLESTRENGTH": (),
        "ADVERSEEVENTS": (),
        "CONMEDS": (),
    }
)
"""The tables of the archive, and the columns beside subject_id that each must have where it is used."""

_PREFIXES = ("f_proact_", "proact_", "")
_ENDINGS = frozenset({".csv", ".tsv", ".parquet"})
_TEXT = frozenset({"subject_id", "test_name", "test_result", "test_unit"})
_BEFORE_ENROLMENT = frozenset({"onset_delta", "diagnosis_delta"})


@final
@dataclass(frozen=True, slots=True, eq=False)
class Archive:
    """The tables that are read for their values, and the days of all.

    Parameters
    ----------
    tables : mapping of str to ProactTable
        Name to table.
    contacts : pandas.DataFrame
        Subject, table, day: the largest day since enrolment of each subject in each table.
    findings : tuple of Finding
        What is odd about the folder.
    """

    tables: Mapping[str, ProactTable]
    contacts: pd.DataFrame
    findings: tuple[Finding, ...]

    @property
    def subjects(self) -> frozenset[str]:
        """Everyone whom any table names."""
        return frozenset(self.contacts["subject"])


def open_archive(
    folder: Path,
    *,
    used: Collection[str],
    required: Collection[str],
    missing: Missing | Mapping[str, Missing] = MappingProxyType({}),
) -> Archive:
    """Read every table of a folder, keep those that are used, and of the others their days alone.

    Parameters
    ----------
    folder : Path
        The folder.
    used : collection of str
        The names of the tables that are read for their values.
    required : collection of str
        Those of them that must be there.
    missing : Missing or mapping of str to Missing
        What stands for no value, in every column but those of subjects and days; or by column; nothing by default.

    Raises
    ------
    ReadError
        If a required table is absent or one is there twice; else if a column is missing or a table has no rows,
        with all of these faults together.
    """
    paths = _find_tables(folder, required)
    opened: dict[str, ProactTable] = {}
    contacts: list[pd.DataFrame] = []
    faults: list[str] = []
    notes = list(_folder_notes(paths, used))
    named = {fold(column): words for column, words in missing.items()} if isinstance(missing, Mapping) else missing
    known: set[str] = set()
    for name, path in paths.items():
        table, told = _read(name, path, named if name in used else {})
        notes += told
        known.update(table.frame.columns if name in used else ())
        found = list(_faults(table, used=name in used))
        faults += found
        if not found:
            met, days = _contacts(table, told=TABLES[name] if name in used else ())
            contacts.append(days)
            notes += met
            opened |= {name: table} if name in used else {}
    if faults:
        raise ReadError(f"{folder} cannot be read as PRO-ACT:\n" + "\n".join(faults))
    _check_named(missing, known)
    return Archive(opened, pd.concat(contacts, ignore_index=True), tuple(notes))


def _find_tables(folder: Path, required: Collection[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise ReadError(f"{folder} is not a folder; give the folder that holds the files of PRO-ACT.")
    files = sorted(file for file in folder.iterdir() if file.is_file())
    found = [(name, file) for file in files if (name := _table_name(file))]
    names = [name for name, _ in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        both = as_names(file.name for name, file in found if name in twice)
        raise ReadError(f"{folder} holds {as_names(twice)} more than once ({both}); keep one file of each table.")
    absent = [name for name in required if name not in names]
    if absent:
        spellings = as_names(f"{prefix.upper()}{absent[0]}.csv" for prefix in reversed(_PREFIXES))
        raise ReadError(
            f"{folder} holds no table {as_names(absent)}: no file is called {spellings}, in upper or lower case; "
            f"the files are {as_names(file.name for file in files)}."
        )
    return dict(found)


def _table_name(file: Path) -> str | None:
    stem = file.stem.casefold()
    name = stem.removeprefix(_prefix(stem)).upper()
    return name if name in TABLES and file.suffix.casefold() in _ENDINGS else None


def _prefix(stem: str) -> str:
    return next(prefix for prefix in _PREFIXES if stem.casefold().startswith(prefix))


def _read(name: str, path: Path, missing: Missing | Mapping[str, Missing]) -> tuple[ProactTable, tuple[Finding, ...]]:
    text = [column for column in read_column_names(path) if fold(column) in _TEXT]
    try:
        opened = open_table(path, text=text)
        frame = as_pandas(opened.frame, path.name)
    except DataError as reason:
        raise ReadError(str(reason)) from reason
    folded = [fold(column) for column in frame.columns]
    twice = sorted({column for column in folded if folded.count(column) > 1})
    if twice:
        same = as_names(column for column in frame.columns if fold(column) in twice)
        raise ReadError(f"{path}: the columns {same} are spellings of one; keep one of them.")
    frame = frame.set_axis(folded, axis="columns")
    if "subject_id" in frame.columns:
        frame = frame.assign(subject=_subjects(frame["subject_id"])).drop(columns="subject_id")
    apart = ["subject", *(column for column in frame.columns if _is_day(column))]
    frame, emptied = empty_cells(frame, missing, roles=apart, table="visits") if missing else (frame, [])
    return ProactTable(name, path.name, frame), (*opened.findings, *(_emptied_note(path, cells) for cells in emptied))


def _is_day(column: str) -> bool:
    return column.endswith("_delta") or column == "delta_days"


def _emptied_note(path: Path, cells: Cells) -> Finding:
    says = f"the cell is emptied, as {cells.why} says: {list_words(cells.words)}"
    message = f"{path.name}: {counted(len(cells.words), 'row')}: {says}."
    return note("cells-emptied", cells.column, message, "Kept with these cells empty; the rest of each row counts.")


def _check_named(missing: Missing | Mapping[str, Missing], known: Collection[str]) -> None:
    """Refuse words for a column that no table has."""
    absent = [name for name in (missing if isinstance(missing, Mapping) else ()) if fold(name) not in known]
    if absent:
        raise ReadError(f"missing: no table that is read for its values has a column {as_names(absent)}.")


def _subjects(column: pd.Series) -> pd.Series:
    """Subjects as text; a file that was saved with a blank among them may write 12 as 12.0."""
    return as_text(column).str.replace(r"^(\d+)\.0+$", r"\1", regex=True)


def _faults(table: ProactTable, *, used: bool) -> Iterator[str]:
    columns = table.frame.columns
    wanted = {"subject_id": "subject"} | {name: fold(name) for name in (TABLES[table.name] if used else ())}
    absent = [name for name, folded in wanted.items() if folded not in columns]
    if absent:
        there = as_names("subject_id" if column == "subject" else column for column in columns)
        yield f"{table.file}: there is no column {as_names(absent)}; the columns are {there}."
    if table.frame.empty:
        yield f"{table.file} has no rows; give the whole file, or take it out of the folder."


def _contacts(table: ProactTable, *, told: Collection[str]) -> tuple[tuple[Finding, ...], pd.DataFrame]:
    """The texts among the days of a table, and the largest day of each subject; NaN for those without one.

    Parameters
    ----------
    table : ProactTable
        The table.
    told : collection of str
        Columns whose texts are told of elsewhere.
    """
    deltas = [column for column in table.frame.columns if _is_day(column) and column not in _BEFORE_ENROLMENT]
    numbers, texts = read_numbers(table, deltas)
    largest = numbers.max(axis=1).astype("float64").groupby(table.frame["subject"]).max()
    contacts = pd.DataFrame({"subject": largest.index.astype("str"), "table": table.name, "day": largest.to_numpy()})
    folded = {fold(column) for column in told}
    return tuple(text for text in texts if text.column not in folded), contacts


def _folder_notes(paths: Mapping[str, Path], used: Collection[str]) -> Iterator[Finding]:
    absent = [name for name in TABLES if name in used and name not in paths]
    if absent:
        message = f"the folder holds no table {as_names(absent)}; what they say is not in the cohort."
        yield note("table-absent", None, message, "Add the files if you have them.")
    prefixes = {_prefix(path.stem) for path in paths.values()}
    if len(prefixes) > 1:
        message = f"the files are named as in {len(prefixes)} releases ({as_names(_examples(paths))})."
        yield note("mixed-releases", None, message, "See that all of them are of one release of the archive.")


def _examples(paths: Mapping[str, Path]) -> list[str]:
    one_of_each = {_prefix(path.stem): path.name for path in paths.values()}
    return sorted(one_of_each.values())
