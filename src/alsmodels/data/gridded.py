"""A cohort as an xarray Dataset with dimensions subject and visit, and back without loss.

The visits of a subject are numbered from 0 in order of time; where a subject has fewer visits than another,
`week` and the numbers are NaN and texts are empty. Everything else is JSON in one attribute.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from alsmodels.data.assembly import Tables
from alsmodels.data.columncodec import (
    column_from_list,
    column_kind,
    column_to_array,
    column_to_list,
    padding,
    restore_column,
)
from alsmodels.data.storage import describe, rebuild
from alsmodels.errors import DataError, ReadError, shown

__all__ = ["from_dataset", "to_dataset"]

_ATTRIBUTE = "alsmodels"
_WHERE = "The dataset"
_DIMS = ("subject", "visit")


def to_dataset(tables: Tables) -> xr.Dataset:
    """Spread the visits of a cohort over dimensions subject and visit."""
    ids = tables.subjects["subject"]
    taken = set(_DIMS)
    kinds = {"subjects": _kinds(tables.subjects, taken), "visits": _kinds(tables.visits, taken)}
    fixed = {
        kind["variable"]: ("subject", column_to_array(tables.subjects[kind["name"]])) for kind in kinds["subjects"]
    }
    place = (
        ids.searchsorted(tables.visits["subject"]),
        tables.visits.groupby("subject").cumcount().to_numpy(),
    )
    shape = (len(ids), int(place[1].max()) + 1)
    grids = {kind["variable"]: (_DIMS, _grid(tables.visits[kind["name"]], place, shape)) for kind in kinds["visits"]}
    record = {"description": describe(tables), **kinds, "events": _events_record(tables.events)}
    dataset = xr.Dataset(fixed | grids, coords={"subject": column_to_array(ids)})
    coordinates = [name for name in ("week", "arm") if name in dataset]
    return dataset.set_coords(coordinates).assign_attrs({_ATTRIBUTE: json.dumps(record)})


def from_dataset(dataset: xr.Dataset) -> Tables:
    """Gather the tables of a cohort from what `to_dataset` gave, and check them."""
    record = _read_record(dataset)
    try:
        frames = {
            "subjects": _subjects(dataset, record["subjects"]),
            "visits": _visits(dataset, record["visits"]),
            "events": _events(record["events"]),
        }
        description = record["description"]
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError, DataError) as reason:
        why = f"{reason} is missing" if isinstance(reason, KeyError) else str(reason).removesuffix(".")
        raise ReadError(f"{_WHERE} is not a cohort as `to_xarray` makes it: {why}.") from reason
    return rebuild(description, frames, _WHERE)


def _kinds(frame: pd.DataFrame, taken: set[str]) -> list[dict[str, Any]]:
    """Describe the columns, and name their variables so that none is called as a dimension."""
    kinds = []
    for name in frame.columns.drop("subject"):
        variable = name
        while variable in taken:
            variable += "_"
        taken.add(variable)
        kinds.append({**column_kind(frame[name]), "variable": variable})
    return kinds


def _grid(column: pd.Series, place: tuple[np.ndarray, np.ndarray], shape: tuple[int, int]) -> np.ndarray:
    values = column_to_array(column)
    grid = np.full(shape, padding(values), dtype=values.dtype)
    grid[place] = values
    return grid


def _events_record(events: pd.DataFrame) -> list[dict[str, Any]]:
    return [{**column_kind(events[name]), "values": column_to_list(events[name])} for name in events.columns]


def _read_record(dataset: xr.Dataset) -> Mapping[str, Any]:
    try:
        record = json.loads(dataset.attrs[_ATTRIBUTE])
        json.dumps(record, ensure_ascii=False).encode()  # halves of characters are no text
    except (KeyError, TypeError, ValueError, RecursionError, AttributeError) as reason:
        raise ReadError(
            f"{_WHERE} is no cohort: its attribute {shown(_ATTRIBUTE)} is not there or is no JSON."
        ) from reason
    if not isinstance(record, dict):
        raise ReadError(f"{_WHERE} is no cohort: its attribute {shown(_ATTRIBUTE)} is not what `to_xarray` wrote.")
    return record


def _subjects(dataset: xr.Dataset, kinds: list[dict[str, Any]]) -> pd.DataFrame:
    columns = {"subject": _ids(dataset)}
    return _table(columns | {kind["name"]: restore_column(dataset[kind["variable"]].values, kind) for kind in kinds})


def _visits(dataset: xr.Dataset, kinds: list[dict[str, Any]]) -> pd.DataFrame:
    present = np.isfinite(dataset["week"].transpose(*_DIMS).values)
    subject = _ids(dataset).take(np.nonzero(present)[0]).reset_index(drop=True)
    grids = {kind["name"]: (dataset[kind["variable"]].transpose(*_DIMS).values[present], kind) for kind in kinds}
    return _table({"subject": subject} | {name: restore_column(*grid) for name, grid in grids.items()})


def _events(record: list[dict[str, Any]]) -> pd.DataFrame:
    return _table({kind["name"]: column_from_list(kind["values"], kind) for kind in record})


def _table(columns: Mapping[Any, pd.Series]) -> pd.DataFrame:
    """Put columns side by side that have names and are of one length."""
    if not all(isinstance(name, str) for name in columns) or len({len(column) for column in columns.values()}) > 1:
        raise DataError("its columns have no names, or differ in length")
    return pd.DataFrame(columns)


def _ids(dataset: xr.Dataset) -> pd.Series:
    return pd.Series([str(subject) for subject in dataset["subject"].values], dtype="str")
