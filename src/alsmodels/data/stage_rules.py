"""The rules of King's and MiToS staging, on columns of answers in three values: true, false and missing.

King's counts the regions that are involved, and sets gastrostomy and respiratory failure above them (Roche et al.,
Brain 2012;135:847-852; from the items by Balendra et al., Amyotroph Lateral Scler Frontotemporal Degener
2014;15:279-284):

    stages 1 to 3   how many of: bulbar (item 1, 2 or 3 below 4), upper limb (4 or 5 below 4), lower limb (8 below 4)
    stage 4A        a gastrostomy
    stage 4B        respiratory failure: item 10 is 0, or item 12 is below 4

MiToS counts the functions in which independence is lost (Chio et al., J Neurol Neurosurg Psychiatry 2015;86:38-44,
table 1):

    movement        item 6 or item 8 is at most 1
    swallowing      item 3 is at most 1
    communicating   item 1 and item 4 are at most 1
    breathing       item 10 is at most 1, or item 12 at most 2

A part is missing if the answers that are missing could decide it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, final

import numpy as np
import pandas as pd

from alsmodels.data.alsfrsr import find_items
from alsmodels.errors import DataError, shown

__all__ = [
    "KINGS_ITEMS",
    "MITOS_ITEMS",
    "Part",
    "count_parts",
    "find_gastrostomy",
    "kings_number",
    "kings_regions",
    "mitos_functions",
    "respiratory_failure",
    "unanswered_items",
]

KINGS_ITEMS = ("1", "2", "3", "4", "5", "8", "10", "12")
"""The items that King's stages need."""

MITOS_ITEMS = ("1", "3", "4", "6", "8", "10", "12")
"""The items that MiToS stages need."""

_TRUTHS: Mapping[str, bool] = MappingProxyType(
    dict.fromkeys(("yes", "y", "true", "1", "1.0"), True) | dict.fromkeys(("no", "n", "false", "0", "0.0"), False)
)


@final
@dataclass(frozen=True, slots=True)
class Part:
    """Something that is so at a visit, is not so, or is open.

    Parameters
    ----------
    holds : pandas.Series
        True, false or missing, for each visit.
    items : tuple of str
        The numbers of the items that decide it.
    """

    holds: "pd.Series[bool]"
    items: tuple[str, ...]


def kings_regions(items: Mapping[str, pd.Series]) -> dict[str, Part]:
    """Say which regions are involved.

    Parameters
    ----------
    items : mapping of str to pandas.Series
        Number of the item to its answers, as nullable numbers.
    """
    bulbar = (items["1"] < 4) | (items["2"] < 4) | (items["3"] < 4)
    upper_limb = (items["4"] < 4) | (items["5"] < 4)
    return {
        "bulbar": Part(bulbar, ("1", "2", "3")),
        "upper limb": Part(upper_limb, ("4", "5")),
        "lower limb": Part(items["8"] < 4, ("8",)),
    }


def respiratory_failure(items: Mapping[str, pd.Series]) -> Part:
    """Say whether there is respiratory failure as King's stage 4B has it."""
    return Part((items["10"] <= 0) | (items["12"] < 4), ("10", "12"))


def mitos_functions(items: Mapping[str, pd.Series], *, either: bool) -> dict[str, Part]:
    """Say in which functions independence is lost.

    Parameters
    ----------
    items : mapping of str to pandas.Series
        Number of the item to its answers, as nullable numbers.
    either : bool
        Whether speech or handwriting alone is enough for communicating to be lost.
    """
    speech, writing = items["1"] <= 1, items["4"] <= 1
    return {
        "movement": Part((items["6"] <= 1) | (items["8"] <= 1), ("6", "8")),
        "swallowing": Part(items["3"] <= 1, ("3",)),
        "communicating": Part(speech | writing if either else speech & writing, ("1", "4")),
        "breathing": Part((items["10"] <= 1) | (items["12"] <= 2), ("10", "12")),
    }


def count_parts(parts: Iterable[Part]) -> pd.Series:
    """Count how many hold; missing where one of them is open."""
    first, *others = (part.holds.astype("Int64") for part in parts)
    for other in others:
        first = first + other
    return first


def kings_number(regions: pd.Series, tube: pd.Series, failure: pd.Series) -> pd.Series:
    """Return King's stage, 1 to 4; missing where it is open, and where no region is involved.

    Parameters
    ----------
    regions : pandas.Series
        How many regions are involved.
    tube, failure : pandas.Series
        Whether there is a gastrostomy, and respiratory failure.
    """
    fourth = tube | failure
    below = regions.where((fourth.eq(other=False) & regions.gt(0)).fillna(value=False))
    return below.mask(fourth.fillna(value=False), 4)


def unanswered_items(items: Mapping[str, pd.Series], parts: Iterable[Part]) -> pd.Series:
    """Name the missing items that leave a part open, such as "items 4, 12 missing"; empty where there are none."""
    open_items = {number: items[number].isna() & part.holds.isna() for part in parts for number in part.items}
    numbers = sorted(open_items, key=int)
    table = np.column_stack([open_items[number] for number in numbers])
    patterns, place = np.unique(table, axis=0, return_inverse=True)
    texts = [
        _missing([number for number, is_open in zip(numbers, pattern, strict=True) if is_open]) for pattern in patterns
    ]
    return pd.Series(np.array(texts, dtype=object)[place.ravel()], index=next(iter(items.values())).index, dtype="str")


def find_gastrostomy(frame: pd.DataFrame) -> tuple["pd.Series[bool]", pd.Series]:
    """Say whether there is a gastrostomy at each visit, and where it is not known why.

    Parameters
    ----------
    frame : pandas.DataFrame
        A table that may have a column gastrostomy, and the columns of items 5a and 5b.

    Returns
    -------
    tuple
        True, false or missing; and the reason where it is missing, else empty text.
    """
    said, answered = _said(frame), _answered(frame)
    contradicted = said.ne(answered).fillna(value=False)
    doubt = pd.Series("gastrostomy not known", index=frame.index, dtype="str")
    doubt = doubt.mask(contradicted, "gastrostomy contradicts items 5a and 5b")
    known = said.fillna(answered).mask(contradicted)
    return known, doubt.where(known.isna(), "")


def _missing(numbers: list[str]) -> str:
    return f"item{'s' * (len(numbers) > 1)} {', '.join(numbers)} missing" if numbers else ""


def _said(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Read the column gastrostomy."""
    if "gastrostomy" not in frame.columns:
        return _unknown(frame)
    written = frame["gastrostomy"].astype("object").map(lambda value: str(value).strip().casefold(), na_action="ignore")
    strange = written.notna() & ~written.isin(list(_TRUTHS))
    if strange.any():
        first = frame.loc[strange.to_numpy(), ["subject", "gastrostomy"]].iloc[0]
        raise DataError(
            f"The column 'gastrostomy' says {shown(first['gastrostomy'])} of subject {shown(first['subject'])}; it "
            "must be yes or no, true or false, 1 or 0."
        )
    return written.map(_TRUTHS).astype("boolean")


def _answered(frame: pd.DataFrame) -> "pd.Series[bool]":
    """Tell from which of the items 5a and 5b was answered; both, or neither, tell nothing."""
    columns = find_items(frame.columns).columns
    nobody = pd.Series(data=False, index=frame.index)
    without = frame[columns["5a"]].notna() if "5a" in columns else nobody
    with_tube = frame[columns["5b"]].notna() if "5b" in columns else nobody
    return _unknown(frame).mask(with_tube & ~without, other=True).mask(without & ~with_tube, other=False)


def _unknown(frame: pd.DataFrame) -> "pd.Series[Any]":
    return pd.Series(pd.NA, index=frame.index, dtype="boolean")
