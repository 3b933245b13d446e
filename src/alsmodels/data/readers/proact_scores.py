"""The table ALSFRS: two scales in one, kept apart.

Part of the subjects were asked the revised scale (items 1 to 9 and the three respiratory items R-1 to R-3, 0 to
48), part the older one (items 1 to 9 and one respiratory item, 0 to 40), some both. `alsfrs_r` is the total of
the first and `alsfrs` that of the second; neither ever stands in for the other.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from alsmodels.data.alsfrsr import ITEMS
from alsmodels.data.breaches import counted
from alsmodels.data.findings import Finding
from alsmodels.data.outcomes import Outcome
from alsmodels.data.readers.proact_columns import ProactTable, note, read_numbers

__all__ = ["ITEM_COLUMNS", "OLDER_RESPIRATORY", "read_scores", "scale_notes"]

ITEM_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "Q1_Speech": ITEMS["1"],
        "Q2_Salivation": ITEMS["2"],
        "Q3_Swallowing": ITEMS["3"],
        "Q4_Handwriting": ITEMS["4"],
        "Q6_Dressing_and_Hygiene": ITEMS["6"],
        "Q7_Turning_in_Bed": ITEMS["7"],
        "Q8_Walking": ITEMS["8"],
        "Q9_Climbing_Stairs": ITEMS["9"],
        "R_1_Dyspnea": ITEMS["10"],
        "R_2_Orthopnea": ITEMS["11"],
        "R_3_Respiratory_Insufficiency": ITEMS["12"],
    }
)
"""The archive's items, but for item 5, and the names they get; together with item 5 they are the revised scale."""

OLDER_RESPIRATORY = Outcome(
    "q10_respiratory", label="ALSFRS item 10", unit="points", lower=0, upper=4, direction="higher is better"
)
"""The respiratory item of the older scale, which is none of the revised one."""

_WITHOUT, _WITH = "Q5a_Cutting_without_Gastrostomy", "Q5b_Cutting_with_Gastrostomy"
_TENTH = "Q10_Respiratory"
_TOTALS: Mapping[str, str] = MappingProxyType({"ALSFRS_R_Total": "alsfrs_r", "ALSFRS_Total": "alsfrs"})
_REVISED_ONLY = (ITEMS["10"], ITEMS["11"], ITEMS["12"])
_ROUNDING = 1e-6


def read_scores(table: ProactTable) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read items, gastrostomy and totals.

    Item 5 is Q5a (without gastrostomy) if that is answered, else Q5b (with it). A total that is missing is the
    sum of the items of its own scale, where all of these are answered.

    Parameters
    ----------
    table : ProactTable
        The table ALSFRS.

    Returns
    -------
    pandas.DataFrame
        subject, day, file, row; the items by their names in a cohort, q10_respiratory (of the older scale),
        gastrostomy ("yes", "no", or missing), alsfrs_r, alsfrs; contradictory, true where a total is not the
        sum of its items.
    tuple of Finding
        What was met: half points, items 5 answered twice or not at all, totals made of items.
    """
    numbers, findings = read_numbers(table, ["ALSFRS_Delta", *ITEM_COLUMNS, _WITHOUT, _WITH, _TENTH, *_TOTALS])
    items = _items(numbers)
    sums = pd.DataFrame({"alsfrs_r": _sum_of(items, OLDER_RESPIRATORY.name), "alsfrs": _sum_of(items, *_REVISED_ONLY)})
    given = numbers[list(_TOTALS)].rename(columns=dict(_TOTALS))
    frame = pd.DataFrame(
        {
            "subject": table.frame["subject"],
            "day": numbers["ALSFRS_Delta"],
            "file": table.file,
            "row": table.frame.index,
            **items,
            "gastrostomy": _gastrostomy(numbers),
            **given.fillna(sums),
            "contradictory": (given - sums).abs().gt(_ROUNDING).any(axis=1),
        }
    )
    return frame, (*findings, *_notes(numbers, items, given, sums))


def scale_notes(scores: pd.DataFrame) -> Iterator[Finding]:
    """Say how many subjects have the older scale alone, and so no `alsfrs_r`."""
    has = scores[["alsfrs_r", "alsfrs"]].notna().groupby(scores["subject"]).any()
    older = int((has["alsfrs"] & ~has["alsfrs_r"]).sum())
    if older:
        message = f"{counted(older, 'subject')} with the older scale of 10 items alone; alsfrs_r is missing there."
        remedy = "It is never filled with the 40-point total, which is the outcome alsfrs."
        yield note("two-scales", "ALSFRS_R_Total", message, remedy)


def _items(numbers: pd.DataFrame) -> pd.DataFrame:
    """The items of both scales, in the order of the scale."""
    named = {name: numbers[column] for column, name in ITEM_COLUMNS.items()}
    named[ITEMS["5"]] = numbers[_WITHOUT].fillna(numbers[_WITH])
    ordered = {name: named[name] for name in ITEMS.values() if name in named}
    return pd.DataFrame({**ordered, OLDER_RESPIRATORY.name: numbers[_TENTH]})


def _sum_of(items: pd.DataFrame, *others: str) -> pd.Series:
    """The sum of one scale's items; those of the other scale are named."""
    total: pd.Series = items.drop(columns=list(others)).sum(axis=1, skipna=False)
    return total


def _gastrostomy(numbers: pd.DataFrame) -> pd.Series:
    """Which of 5a and 5b is answered; where both are, nobody knows."""
    without, with_tube = numbers[_WITHOUT].notna(), numbers[_WITH].notna()
    said = pd.Series("yes", index=numbers.index, dtype="str").where(with_tube, "no")
    return said.where(without ^ with_tube)


def _notes(numbers: pd.DataFrame, items: pd.DataFrame, given: pd.DataFrame, sums: pd.DataFrame) -> Iterator[Finding]:
    yield from _half_point_notes(items)
    yield from _item_five_notes(numbers, items)
    for column, name in _TOTALS.items():
        made = int((given[name].isna() & sums[name].notna()).sum())
        if made:
            message = f"{counted(made, 'record')} without {column}, but with all items of this scale."
            yield note("total-made", column, message, f"{name} is their sum.")


def _half_point_notes(items: pd.DataFrame) -> Iterator[Finding]:
    parts = items.notna() & (items % 1 != 0)
    if parts.to_numpy().any():
        records = int(parts.any(axis=1).sum())
        message = (
            f"{counted(int(parts.to_numpy().sum()), 'item')} in {counted(records, 'record')} with parts of points."
        )
        yield note("half-points", None, message, "Kept as they are; a model of ordered scores would need whole points.")


def _item_five_notes(numbers: pd.DataFrame, items: pd.DataFrame) -> Iterator[Finding]:
    both = numbers[[_WITHOUT, _WITH]].notna().all(axis=1)
    if both.any():
        differ = int((both & (numbers[_WITHOUT] != numbers[_WITH])).sum())
        message = f"{counted(int(both.sum()), 'record')} with both Q5a and Q5b, {differ} with different answers."
        yield note("q5-both", _WITH, message, "Q5a counts; gastrostomy is missing there, as it cannot be told.")
    neither = int((items[ITEMS["5"]].isna() & items.drop(columns=ITEMS["5"]).notna().any(axis=1)).sum())
    if neither:
        message = f"{counted(neither, 'record')} with neither Q5a nor Q5b, though other items are answered."
        yield note("q5-neither", _WITHOUT, message, "Item 5 is missing there, and so is a total that was not given.")
