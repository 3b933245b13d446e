"""Stages of the disease, visit by visit, from the items of the ALSFRS-R: King's and MiToS.

The rules are in `stage_rules.py`. Nothing is imputed: what is missing leaves a stage open unless every answer that
could be there gives the same one.
"""

from collections.abc import Sequence
from typing import Literal, get_args

import pandas as pd

from alsmodels.data.alsfrsr import find_items, item_five
from alsmodels.data.cohort import Cohort
from alsmodels.data.columns import as_names
from alsmodels.data.stage_rules import (
    KINGS_ITEMS,
    MITOS_ITEMS,
    count_parts,
    find_gastrostomy,
    kings_number,
    kings_regions,
    mitos_functions,
    respiratory_failure,
    unanswered_items,
)
from alsmodels.errors import DataError, shown

__all__ = ["kings_stage", "mitos_stage"]

_DEATH = 5

UnknownGastrostomy = Literal["missing", "none"]
Communicating = Literal["both", "either"]


def kings_stage(cohort: Cohort, *, unknown_gastrostomy: UnknownGastrostomy = "missing") -> pd.DataFrame:
    """Return King's clinical stage at each visit.

    Stages 1 to 3 count the regions involved: bulbar (item 1, 2 or 3 below 4), upper limb (4 or 5 below 4), lower limb
    (8 below 4). Stage 4A is a gastrostomy, stage 4B respiratory failure (item 10 is 0, or item 12 below 4); both may
    be. A gastrostomy is told by a column called gastrostomy (yes or no, true or false, 1 or 0), or by which of the
    items 5a (without) and 5b (with gastrostomy) was answered. A cohort with neither cannot tell 4A from the stages
    below it.

    Parameters
    ----------
    cohort : Cohort
        A cohort with the items 1 to 5, 8, 10 and 12. Deaths among its events are stage 5; where deaths are not
        recorded, nobody reaches it. No other event changes a stage.
    unknown_gastrostomy : {"missing", "none"}, default "missing"
        The treatment of a visit at which it is not known whether there is a gastrostomy: "missing" gives it no stage,
        unless it is 4B; "none" takes it that there is none, and says so in `reason`.

    Returns
    -------
    pandas.DataFrame
        One row a subject and week, sorted. A death is a row of its own, in place of a visit at the same time; its
        week is missing if its time is.

        - subject, week
        - stage: 1 to 5, or missing
        - regions: how many of the three are involved; missing if that is open
        - gastrostomy, respiratory_failure: true, false, or missing
        - reason: why there is no stage, or what it rests on besides the items; else missing. A visit without an
          involved region, a gastrostomy or respiratory failure has no King's stage.

    Raises
    ------
    DataError
        If an item has no column, or a value in the column gastrostomy is neither yes nor no.

    References
    ----------
    Roche et al., Brain 2012;135:847-852. Balendra et al., Amyotroph Lateral Scler Frontotemporal Degener
    2014;15:279-284.

    Examples
    --------
    >>> from alsmodels.data.alsfrsr import ITEMS
    >>> from alsmodels.data.roles import Roles
    >>> items = dict.fromkeys((name for number, name in ITEMS.items() if number.isdigit()), 4)
    >>> frame = pd.DataFrame({"id": [1, 1], "week": [0, 12], "gastrostomy": "no"} | items | {"q8_walking": 3})
    >>> cohort = Cohort.from_frame(frame.assign(q1_speech=[4, 2]), Roles("id", "week"))
    >>> kings_stage(cohort)[["subject", "week", "stage"]]
      subject  week  stage
    0       1   0.0      1
    1       1  12.0      2
    """
    _require_choice("unknown_gastrostomy", unknown_gastrostomy, get_args(UnknownGastrostomy))
    frame = cohort.to_frame()
    items = _answers(frame, KINGS_ITEMS, "King's stage")
    parts, failure = kings_regions(items), respiratory_failure(items)
    tube, doubt = find_gastrostomy(frame)
    regions, taken = count_parts(parts.values()), tube.isna() & (unknown_gastrostomy == "none")
    stage = kings_number(regions, tube.mask(taken, other=False), failure.holds)
    unanswered = unanswered_items(items, [*parts.values(), failure])
    told = {"regions": regions, "gastrostomy": tube, "respiratory_failure": failure.holds}
    table = frame[["subject", "week"]].assign(stage=stage, **told)
    reason = _kings_reason(table, unanswered, doubt, taken)
    return _with_deaths(table.assign(reason=reason), cohort.events)


def mitos_stage(cohort: Cohort, *, communicating: Communicating = "both") -> pd.DataFrame:
    """Return the MiToS stage (Milano-Torino staging) at each visit.

    It counts the functions in which independence is lost: movement (item 6 or item 8 at most 1), swallowing (item 3 at
    most 1), communicating (item 1 and item 4 at most 1) and breathing (item 10 at most 1, or item 12 at most 2).

    Parameters
    ----------
    cohort : Cohort
        A cohort with the items 1, 3, 4, 6, 8, 10 and 12. Deaths among its events are stage 5; where deaths are not
        recorded, nobody reaches it. No other event changes a stage.
    communicating : {"both", "either"}, default "both"
        Whether communicating is lost with speech and handwriting "both", as Chio et al. have it, or with "either" of
        them, as some databases count.

    Returns
    -------
    pandas.DataFrame
        One row a subject and week, sorted. A death is a row of its own, in place of a visit at the same time; its
        week is missing if its time is.

        - subject, week
        - stage: 0 to 5, or missing
        - movement, swallowing, communicating, breathing: whether independence is lost; true, false, or missing
        - reason: why there is no stage, or "death"; else missing

    Raises
    ------
    DataError
        If an item has no column.

    References
    ----------
    Chio et al., J Neurol Neurosurg Psychiatry 2015;86:38-44, table 1.
    """
    _require_choice("communicating", communicating, get_args(Communicating))
    frame = cohort.to_frame()
    items = _answers(frame, MITOS_ITEMS, "The MiToS stage")
    functions = mitos_functions(items, either=communicating == "either")
    stage = count_parts(functions.values())
    lost = {name: part.holds for name, part in functions.items()}
    reason = unanswered_items(items, functions.values())
    return _with_deaths(frame[["subject", "week"]].assign(stage=stage, **lost, reason=reason), cohort.events)


def _require_choice(argument: str, given: object, choices: Sequence[str]) -> None:
    if given not in choices:
        raise DataError(f"{argument} is {shown(given)}; it must be one of {as_names(choices)}.")


def _answers(frame: pd.DataFrame, numbers: Sequence[str], what: str) -> dict[str, pd.Series]:
    """Return the items by number, as nullable numbers."""
    found = find_items(frame.columns)
    absent = [number for number in numbers if number in found.absent]
    if absent:
        raise DataError(
            f"{what} needs the ALSFRS-R items {', '.join(numbers)}; no column holds item {', '.join(absent)}. Items "
            "are found by names such as q1 or q1_speech."
        )
    values = {number: frame[found.columns[number]] for number in numbers if number in found.columns}
    if "5" in numbers:
        values["5"] = item_five(frame, found)
    return {number: values[number].astype("Float64") for number in numbers}


def _kings_reason(table: pd.DataFrame, unanswered: pd.Series, doubt: pd.Series, taken: pd.Series) -> pd.Series:
    """Say why a stage is missing, and where it rests on there being no gastrostomy."""
    why = unanswered.str.cat(doubt.mask(taken, ""), sep="; ").str.strip("; ")
    why = why.mask(why.eq(""), "no region involved")
    rests = taken & ~table["respiratory_failure"].fillna(value=False)
    given = pd.Series("", index=table.index, dtype="str").mask(rests, "gastrostomy taken as none")
    return why.where(table["stage"].isna(), given)


def _with_deaths(table: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Add each subject's death as stage 5, instead of a visit at the same time."""
    died = events[events["event"] == "death"].groupby("subject", as_index=False)["week"].min()
    weeks = table["subject"].map(died.set_index("subject")["week"])
    alive = table[~table["week"].ge(weeks)].assign(reason=table["reason"].replace("", pd.NA).astype("str"))
    deaths = died.assign(stage=_DEATH, reason="death").reindex(columns=alive.columns)
    together: pd.DataFrame = pd.concat([alive, deaths.astype(alive.dtypes.to_dict())], ignore_index=True)
    return together.sort_values(["subject", "week"], kind="stable", ignore_index=True)
