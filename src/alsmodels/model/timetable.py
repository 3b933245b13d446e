"""Time in a table: the column that a formula is in, from the weeks or the weeks from it."""

from collections.abc import Collection
from typing import Any, cast

import numpy as np
import pandas as pd

from alsmodels.data.roles import TimeUnit
from alsmodels.errors import DesignError
from alsmodels.model.spec import ModelSpec
from alsmodels.model.timescale import TIME_COLUMNS, WEEKS_PER_UNIT, from_weeks

__all__ = ["lacked_columns", "with_time", "with_units"]

# The share of a unit by which a column of time may be rounded.
ROUNDING = 0.051


def with_time(table: pd.DataFrame, spec: ModelSpec) -> pd.DataFrame:
    """A table with the time that a model is in, and with its weeks.

    Raises
    ------
    DesignError
        If the table has a column of time in another unit that is not the weeks in that unit.
    """
    formula, time = spec.parsed, spec.parsed.time
    if "week" not in table.columns and time in table.columns and pd.api.types.is_numeric_dtype(table[time]):
        table = table.assign(week=table[time] * WEEKS_PER_UNIT[cast("TimeUnit", time)])
    for unit in WEEKS_PER_UNIT:
        named = unit in formula.term_columns and unit not in formula.factors
        if named and unit != "week" and unit in table.columns and "week" in table.columns:
            _check_same(table, unit)
    return with_units(table, spec.columns)


def with_units(table: pd.DataFrame, names: Collection[str]) -> pd.DataFrame:
    """A table with the columns of time among these names: made of its weeks where it lacks them."""
    lacking = [unit for unit in WEEKS_PER_UNIT if unit in names and unit not in table.columns]
    if not lacking or "week" not in table.columns or not pd.api.types.is_numeric_dtype(table["week"]):
        return table
    weeks = table["week"].to_numpy(dtype=float, na_value=np.nan)
    return table.assign(**{unit: from_weeks(weeks, unit) for unit in lacking})


def _check_same(table: pd.DataFrame, unit: TimeUnit) -> None:
    """Refuse a column called month that is not the time in months, such as the month of a visit's date."""
    if not pd.api.types.is_numeric_dtype(table[unit]) or not pd.api.types.is_numeric_dtype(table["week"]):
        return
    own = table[unit].to_numpy(dtype=float, na_value=np.nan)
    told = from_weeks(table["week"].to_numpy(dtype=float, na_value=np.nan), unit)
    apart = np.abs(own - told) > ROUNDING
    if apart.any():
        first = int(np.argmax(apart))
        msg = (
            f"'{unit}' in a formula is the time in {unit}s, and the data have a column '{unit}' that is not: row "
            f"{first + 1} has {own[first]:g} in week {table['week'].iloc[first]:g}, which is {unit} {told[first]:g}. "
            f"Rename the column, or take it out of the data; then '{unit}' is made of the weeks."
        )
        raise DesignError(msg)


def lacked_columns(names: Collection[str], table: Any) -> list[str]:
    """The columns that a table must have so that these are there: the weeks in place of time in another unit."""
    there = set(table.columns)
    made = [name for name in names if name in TIME_COLUMNS and name not in there]
    return list(dict.fromkeys([*(name for name in names if name not in made), *(["week"] if made else [])]))
