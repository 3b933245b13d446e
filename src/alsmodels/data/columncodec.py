"""Columns as plain values with a description of their kind, and back without loss."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from alsmodels.errors import DataError, shown

__all__ = [
    "column_from_list",
    "column_kind",
    "column_to_array",
    "column_to_list",
    "padding",
    "restore_column",
]

_EXACT = 2**53
_PLAIN = frozenset({"float64", "int64", "bool", "str", "datetime64[us]"})


def column_kind(column: pd.Series) -> dict[str, Any]:
    """Describe a column: its name, its kind, and the categories of a categorical one."""
    dtype = column.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        levels = {"categories": [str(level) for level in dtype.categories], "ordered": bool(dtype.ordered)}
        return {"name": column.name, "kind": "category", **levels}
    return {"name": column.name, "kind": str(dtype)}


def column_to_array(column: pd.Series) -> np.ndarray:
    """Return a column as an array that pads: NaN, NaT or empty text stands for missing."""
    if isinstance(column.dtype, (pd.CategoricalDtype, pd.StringDtype)):
        return column.astype("object").where(column.notna(), "").to_numpy(dtype="object")
    if column.dtype == "int64" and (column.abs() < _EXACT).all():
        return column.to_numpy(dtype="float64")
    return column.to_numpy()


def padding(values: np.ndarray) -> Any:
    """Return what fills the cells of a grid where no visit is."""
    fill = {"f": np.nan, "M": np.datetime64("NaT", "us"), "b": False, "O": "", "i": 0}
    return fill[values.dtype.kind]


def restore_column(values: np.ndarray, kind: Mapping[str, Any]) -> pd.Series:
    """Return the column that `column_to_array` made an array of."""
    name = kind["kind"]
    if name == "category":
        text = _text(values)
        if not text.dropna().isin(kind["categories"]).all():
            raise DataError(f"the column {shown(kind['name'])} has values outside of its categories")
        categorical = pd.Categorical(
            text, categories=pd.Index(kind["categories"], dtype="str"), ordered=kind["ordered"]
        )
        return pd.Series(categorical)
    if name == "str":
        return _text(values)
    if name not in _PLAIN:
        raise DataError(f"the column {shown(kind['name'])} is of an unknown kind {shown(name)}")
    return pd.Series(values).astype(name)


def column_to_list(column: pd.Series) -> list[Any]:
    """Return a column as values that JSON can hold; None where missing."""
    plain = column.astype("str") if column.dtype.kind == "M" else column
    values: list[Any] = plain.astype("object").where(column.notna(), None).to_list()
    return values


def column_from_list(values: Sequence[Any], kind: Mapping[str, Any]) -> pd.Series:
    """Return the column that `column_to_list` made a list of."""
    if kind["kind"] in {"category", "str"}:
        return restore_column(np.array(["" if value is None else value for value in values], dtype="object"), kind)
    if kind["kind"] == "float64":
        numbers = np.array([np.nan if value is None else value for value in values], dtype="float64")
        return pd.Series(numbers.reshape(len(values)))
    if kind["kind"] not in _PLAIN:
        raise DataError(f"the column {shown(kind['name'])} is of an unknown kind {shown(kind['kind'])}")
    return pd.Series(values).astype(kind["kind"])


def _text(values: np.ndarray) -> pd.Series:
    text = pd.Series([str(value) for value in values], dtype="str")
    return text.mask(text == "")
