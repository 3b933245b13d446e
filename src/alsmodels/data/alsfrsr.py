"""The revised ALS functional rating scale: twelve items of 0-4, four domains of 0-12, a total of 0-48.

Item 5 (cutting food) is asked as 5a without and as 5b with gastrostomy; one of the two counts. The older
ALSFRS has ten items and a total of 0-40; the two are never mixed.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar, final

import numpy as np
import pandas as pd

from alsmodels.data.roles import DAYS_PER_MONTH
from alsmodels.errors import DataError

__all__ = [
    "DOMAINS",
    "ITEMS",
    "MAXIMUM",
    "ItemColumns",
    "delta_frs",
    "find_items",
    "item_five",
    "months_between",
    "score_items",
]

MAXIMUM = 48
"""The highest total."""

ITEMS: Mapping[str, str] = MappingProxyType(
    {
        "1": "q1_speech",
        "2": "q2_salivation",
        "3": "q3_swallowing",
        "4": "q4_handwriting",
        "5": "q5_cutting",
        "5a": "q5a_cutting_without_gastrostomy",
        "5b": "q5b_cutting_with_gastrostomy",
        "6": "q6_dressing",
        "7": "q7_turning",
        "8": "q8_walking",
        "9": "q9_stairs",
        "10": "q10_dyspnoea",
        "11": "q11_orthopnoea",
        "12": "q12_respiratory_insufficiency",
    }
)
"""The items by number. Also read: ``q1``, ``alsfrs_q1``, ``alsfrs_r_q1``; upper and lower case are one."""

DOMAINS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "bulbar": ("1", "2", "3"),
        "fine_motor": ("4", "5", "6"),
        "gross_motor": ("7", "8", "9"),
        "respiratory": ("10", "11", "12"),
    }
)
"""The domains and the numbers of their items."""

_NUMBERS = tuple(number for numbers in DOMAINS.values() for number in numbers)
_SHORT = re.compile(r"(?:alsfrs_(?:r_)?)?q(\d{1,2}[ab]?)")
_LONG = {name: number for number, name in ITEMS.items()}

Number = TypeVar("Number", float, np.ndarray, pd.Series)


@final
@dataclass(frozen=True, slots=True)
class ItemColumns:
    """The columns of a table that hold the items.

    Parameters
    ----------
    columns : mapping of str to str
        Item number ("1", ..., "5" or "5a" and "5b", ..., "12") to column.
    """

    columns: Mapping[str, str]

    @property
    def absent(self) -> tuple[str, ...]:
        """The numbers of the items that no column holds."""
        has_q5 = {"5", "5a", "5b"} & set(self.columns)
        return tuple(n for n in _NUMBERS if n not in self.columns and not (n == "5" and has_q5))

    @property
    def gastrostomy_pair(self) -> tuple[str, str] | None:
        """The columns of items 5a and 5b, when there are both."""
        if "5a" in self.columns and "5b" in self.columns:
            return self.columns["5a"], self.columns["5b"]
        return None


def find_items(columns: Iterable[str]) -> ItemColumns:
    """Find the columns that hold ALSFRS-R items.

    Examples
    --------
    >>> find_items(["id", "Q1", "q2_salivation", "q1_date"]).columns
    {'1': 'Q1', '2': 'q2_salivation'}
    """
    found = defaultdict(list)
    for column in columns:
        number = _item_number(column.strip().casefold())
        if number is not None:
            found[number].append(column)
    for number, names in found.items():
        if len(names) > 1:
            raise DataError(f"ALSFRS-R item {number} is in {len(names)} columns ({', '.join(names)}); keep one.")
    return ItemColumns({number: found[number][0] for number in ITEMS if number in found})


def score_items(items: pd.DataFrame, found: ItemColumns) -> pd.DataFrame:
    """Add the items up to domains and total.

    A domain with a missing item is missing, and so is the total; nothing is imputed. Of 5a and 5b the one
    that is there counts; where both are, neither.

    Parameters
    ----------
    items : pandas.DataFrame
        A table with the columns that `found` names, as numbers.
    found : ItemColumns
        Which column holds which item; all twelve must be there.

    Returns
    -------
    pandas.DataFrame
        Columns alsfrs_r, bulbar, fine_motor, gross_motor and respiratory, on the same index.
    """
    values = {number: items[found.columns[number]] for number in _NUMBERS if number in found.columns}
    values["5"] = item_five(items, found)
    domains = {
        name: pd.concat([values[number] for number in numbers], axis=1).sum(axis=1, skipna=False)
        for name, numbers in DOMAINS.items()
    }
    total = pd.concat(domains, axis=1).sum(axis=1, skipna=False)
    return pd.DataFrame({"alsfrs_r": total, **domains}, index=items.index, dtype="float64")


def item_five(items: pd.DataFrame, found: ItemColumns) -> pd.Series:
    """Return item 5 as it counts: of 5a and 5b the one that is there; where both are, neither."""
    pair = found.gastrostomy_pair
    if pair is None:
        only = next(found.columns[number] for number in ("5", "5a", "5b") if number in found.columns)
        return items[only]
    without, with_tube = items[pair[0]], items[pair[1]]
    return without.fillna(with_tube).mask(without.notna() & with_tube.notna())


def delta_frs(total: Number, months_since_onset: Number) -> Number:
    """Return the rate of decline before baseline, (48 - total) / months, in points a month.

    Parameters
    ----------
    total : float, ndarray or pandas.Series
        The ALSFRS-R total at baseline.
    months_since_onset : float, ndarray or pandas.Series
        The number of months, of 365.25/12 days, from the first symptom to baseline; it is above 0.

    Returns
    -------
    float, ndarray or pandas.Series
        The rate of decline in points a month; it is positive for a decline.

    Examples
    --------
    >>> delta_frs(38.0, 20.0)
    0.5
    """
    if np.any(np.asarray(months_since_onset) <= 0):
        raise DataError("delta-FRS needs the months since onset to be above 0; some are not.")
    if np.any((np.asarray(total) < 0) | (np.asarray(total) > MAXIMUM)):
        raise DataError("delta-FRS needs ALSFRS-R totals between 0 and 48; some are not.")
    rate: Number = (MAXIMUM - total) / months_since_onset
    return rate


def months_between(days: Number) -> Number:
    """Return days as months of 365.25/12 days.

    Examples
    --------
    >>> months_between(365.25)
    12.0
    """
    return days / DAYS_PER_MONTH


def _item_number(name: str) -> str | None:
    if name in _LONG:
        return _LONG[name]
    short = _SHORT.fullmatch(name)
    return short[1] if short and short[1] in ITEMS else None
