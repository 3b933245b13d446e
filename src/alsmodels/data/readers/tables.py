"""Reading a cohort from a CSV file, a Parquet file or the folder of a saved cohort."""

from collections.abc import Collection, Sequence
from pathlib import Path

from alsmodels.data.cohort import Cohort
from alsmodels.data.draft import OutcomeLike
from alsmodels.data.readers.delimited import delimited_column_names, read_delimited
from alsmodels.data.roles import Roles
from alsmodels.data.storage import parquet_column_names, read_parquet
from alsmodels.errors import ReadError

__all__ = ["read_cohort", "read_column_names", "read_table"]

_ENDINGS = "a .csv or .parquet file, or the folder of a saved cohort"


def read_cohort(
    path: str | Path,
    roles: Roles | None = None,
    *,
    outcomes: Sequence[OutcomeLike] = (),
    events: object | None = None,
    subjects: object | None = None,
    leave_out: Collection[str] = (),
) -> Cohort:
    """Read a cohort from a file or a saved folder, and check it.

    Parameters
    ----------
    path
        A .csv or .parquet file with one row a visit, or a folder that `Cohort.save` wrote.
    roles
        The columns that name subject, time and arm; None for a saved folder, which knows them.
    outcomes
        Outcomes, or names of columns that are outcomes. Columns known by name, such as alsfrs_r, and columns
        with censored values, such as ``<0.5``, need not be named.
    events, subjects
        A table, or the path of one: events with subject, event and time; subjects with one row a subject.
    leave_out
        Names of rules whose offending rows are to be left out and counted.

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
    place = Path(path)
    if place.is_dir():
        return _read_saved(place, given=(roles, outcomes, events, subjects, leave_out))
    table = read_table(place, text=_text_columns(roles))
    if roles is None:
        raise ReadError(f"{place}: say which columns name the subject, the time and the arm: roles=Roles(...).")
    return Cohort.from_frame(
        table,
        roles,
        outcomes=outcomes,
        events=_table_or_path(events, roles),
        subjects=_table_or_path(subjects, roles),
        leave_out=leave_out,
    )


def read_table(path: str | Path, *, text: Collection[str] = ()) -> object:
    """Read one .csv or .parquet file as a pandas table.

    Parameters
    ----------
    path
        The file.
    text
        Columns of a CSV file that are to stay text, such as identifiers.
    """
    place = Path(path)
    return read_parquet(place) if _is_parquet(place) else read_delimited(place, text=text)


def read_column_names(path: str | Path) -> list[str]:
    """Read the names of the columns of a .csv or .parquet file, and none of its values."""
    place = Path(path)
    return parquet_column_names(place) if _is_parquet(place) else delimited_column_names(place)


def _is_parquet(place: Path) -> bool:
    """Whether a file is Parquet or text, by its ending; refuses what is neither."""
    if not place.exists():
        raise ReadError(f"{place} is not there; give {_ENDINGS}.")
    ending = place.suffix.lower()
    if place.is_file() and ending in {".parquet", ".csv", ".tsv"}:
        return ending == ".parquet"
    raise ReadError(f"{place}: the ending {ending or '(none)'} is not one that can be read; give {_ENDINGS}.")


def _read_saved(folder: Path, *, given: Sequence[object]) -> Cohort:
    if any(argument is not None and argument != () for argument in given):
        raise ReadError(
            f"{folder} is a folder; a saved cohort knows its roles, outcomes and events: give the path alone."
        )
    return Cohort.load(folder)


def _table_or_path(table: object | None, roles: Roles) -> object | None:
    return read_table(table, text=_text_columns(roles)) if isinstance(table, (str, Path)) else table


def _text_columns(roles: Roles | None) -> set[str]:
    if roles is None:
        return {"subject"}
    return {roles.subject, "subject"} | ({roles.arm, "arm"} if roles.arm else set())
