"""Finding the tables of an ADaM study in a folder or a mapping."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

import pandas as pd

from alsmodels.data.columns import as_names, as_pandas, as_text, require_columns
from alsmodels.data.paths import as_path
from alsmodels.data.readers.dataset_json import read_dataset_json
from alsmodels.data.readers.transport import read_xpt
from alsmodels.data.storage import read_parquet
from alsmodels.errors import DataError, ReadError, shown

__all__ = ["AdamTables", "open_tables"]

_ENDINGS = (".xpt", ".parquet", ".json", ".ndjson")
_BDS = frozenset({"USUBJID", "PARAMCD", "AVAL"})
_TIMES = frozenset({"ADY", "ADT", "ADTM"})
_TTE = frozenset({"USUBJID", "PARAMCD", "AVAL", "CNSR"})


@final
@dataclass(frozen=True, slots=True)
class AdamTables:
    """The tables of a study.

    Parameters
    ----------
    adsl : pandas.DataFrame
        One row a subject.
    bds : mapping of str to pandas.DataFrame
        Tables of one row a subject, parameter and record, by name.
    adtte : pandas.DataFrame or None
        Times to events, or None.
    """

    adsl: pd.DataFrame
    bds: Mapping[str, pd.DataFrame]
    adtte: pd.DataFrame | None


def open_tables(source: str | Path | Mapping[str, object]) -> AdamTables:
    """Read the tables and tell ADSL, BDS tables and ADTTE apart; others are not used."""
    if not isinstance(source, (str, Path, Mapping)):
        raise ReadError(f"A study is a folder, or a mapping of names to tables, not {type(source).__name__}.")
    found = _from_mapping(source) if isinstance(source, Mapping) else _from_folder(as_path(source))
    if "ADSL" not in found:
        raise ReadError(f"There is no table ADSL; the tables are {as_names(found)}.")
    _check_subjects(found["ADSL"])
    bds = {name: table for name, table in found.items() if _is_bds(table)}
    if not bds:
        raise ReadError(
            f"There is no BDS table, one with {as_names(sorted(_BDS))} and 'ADY' (or 'ADT' or 'ADTM'); the tables are "
            f"{as_names(found)}."
        )
    times = [name for name, table in found.items() if set(table.columns) >= _TTE]
    if len(times) > 1:
        raise ReadError(f"There are {len(times)} tables of times to events ({as_names(times)}); give one of them.")
    return AdamTables(found["ADSL"], bds, found[times[0]] if times else None)


def _is_bds(table: pd.DataFrame) -> bool:
    columns = set(table.columns)
    return columns >= _BDS and bool(columns & _TIMES) and "CNSR" not in columns


def _check_subjects(adsl: pd.DataFrame) -> None:
    require_columns(adsl, ["USUBJID"], "ADSL")
    missing = as_text(adsl["USUBJID"]).isna()
    if missing.any():
        raise DataError(f"ADSL: row {missing.idxmax()} has no USUBJID; give it one or drop the row.")


def _from_mapping(source: Mapping[str, object]) -> dict[str, pd.DataFrame]:
    names = [str(name).upper() for name in source]
    if len(set(names)) < len(names):
        raise ReadError(f"A table is given twice; the tables are {as_names(names)}.")
    return {name: _upper(as_pandas(table, name), name) for name, table in zip(names, source.values(), strict=True)}


def _from_folder(folder: Path) -> dict[str, pd.DataFrame]:
    if not folder.is_dir():
        raise ReadError(f"{folder} is not a folder; give the folder that holds adsl.xpt, adsl.parquet or adsl.json.")
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in _ENDINGS)
    if not files:
        raise ReadError(f"{folder} holds no file that ends in {', '.join(_ENDINGS)}.")
    names = [file.stem.upper() for file in files]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ReadError(f"{folder} holds {as_names(twice)} more than once; keep one file of each table.")
    return {name: _upper(as_pandas(_read(file), name), name) for name, file in zip(names, files, strict=True)}


def _read(file: Path) -> pd.DataFrame:
    ending = file.suffix.lower()
    if ending in {".json", ".ndjson"}:
        return read_dataset_json(file)
    return read_xpt(file) if ending == ".xpt" else read_parquet(file)


def _upper(table: pd.DataFrame, name: str) -> pd.DataFrame:
    upper = table.rename(columns=str.upper)
    twice = upper.columns[upper.columns.duplicated()]
    if len(twice):
        raise DataError(
            f"{name}: the column {shown(twice[0])} is there more than once, in upper and lower case; keep one."
        )
    return upper
