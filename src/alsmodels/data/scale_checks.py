"""Telling the older ALSFRS (ten items, 0 to 40) from the ALSFRS-R (twelve items, 0 to 48) under the name of the latter.

What cannot be the ALSFRS-R is refused; what looks as if it were not is a warning. Where the items are all there and
add up to the total, nothing is suspected.
"""

from collections.abc import Iterable

import pandas as pd

from alsmodels.data.alsfrsr import item_five
from alsmodels.data.breaches import counted
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding

__all__ = ["check_scale_doubtful", "check_scale_older"]

_OLDER_MAXIMUM = 40
_NINE = ("1", "2", "3", "4", "6", "7", "8", "9")
_RESPIRATORY = frozenset({"q10_respiratory", "alsfrs_q10_respiratory", "alsfrs_r_q10_respiratory"})
_ROUNDING = 1e-6
_FEWEST_SUMS = 3
_FEWEST_VISITS = 10
# With normal baselines of mean 36 and SD 5.5 (CENTAUR) one subject in five is above 40, and none of 50 in one table of
# 100,000; with mean 34.3 (HEALEY; the same SD is an assumption) in one of 1,000.
_FEWEST_SUBJECTS = 50
_NEAR_MAXIMUM = 36

_CALL_IT = "If it is the older ALSFRS (0 to 40), call the column 'alsfrs'."


def check_scale_older(draft: Draft) -> list[Finding]:
    """Find totals called ALSFRS-R that are the sum of ten items, or declared with an upper bound of 40.

    A total of the revised scale is the sum of twelve. It equals that of the first nine and one respiratory item only
    where the two others are 0; where it does so at three visits or more, and at every visit, and no column holds
    items 11 and 12, it is the older scale.
    """
    found = []
    for name, outcome in draft.outcomes.items():
        if not outcome.is_alsfrs_r:
            continue
        if outcome.upper == _OLDER_MAXIMUM:
            found += _finding("scale-older", name, "the ALSFRS-R goes to 48, but an upper bound of 40 is declared.")
        elif _is_sum_of_ten(draft, name):
            found += _finding("scale-older", name, "the total is the sum of ten items, and no column holds 11 and 12.")
    return found


def check_scale_doubtful(draft: Draft) -> list[Finding]:
    """Suspect a total called ALSFRS-R of being the older ALSFRS.

    Suspected, unless all twelve items are there, where the total is equal to the column alsfrs at ten visits or more
    and at every visit; or exceeds the sum of the first nine items by 0 to 4 points at ten visits or more and at every
    visit, while there is no respiratory item; or has no value above 40, but one of 36 or more, in 50 subjects or more.
    """
    if draft.scores is not None:
        return []
    totals = [name for name, outcome in draft.outcomes.items() if outcome.is_alsfrs_r]
    names = [name for name in totals if name in draft.raw.columns]
    return [finding for name in names for finding in _doubts(draft, name)]


def _doubts(draft: Draft, name: str) -> list[Finding]:
    if _equals_older(draft, name):
        return _finding("scale-doubtful", name, "at every visit with both the total is equal to 'alsfrs'.")
    if _leaves_one_item(draft, name):
        message = "at every visit the total exceeds the sum of items 1 to 9 by no more than one item can give."
        return _finding("scale-doubtful", name, message)
    observed = draft.visits.dropna(subset=[name, "subject"])
    subjects, highest = observed["subject"].nunique(), observed[name].max()
    if subjects >= _FEWEST_SUBJECTS and _NEAR_MAXIMUM <= highest <= _OLDER_MAXIMUM:
        message = f"no value of {counted(subjects, 'subject')} is above 40, and the highest is {highest:g}."
        return _finding("scale-doubtful", name, message)
    return []


def _finding(rule: str, column: str, message: str) -> list[Finding]:
    remedy = {"scale-older": f"{_CALL_IT} If not, correct it.", "scale-doubtful": f"{_CALL_IT} If not, all is well."}
    return [Finding(rule, RULES[rule].severity, column, (), message, remedy[rule])]


def _is_sum_of_ten(draft: Draft, name: str) -> bool:
    nine, tenth = _sum_of_nine(draft), _tenth_item(draft)
    if name not in draft.raw.columns or nine is None or tenth is None or not {"11", "12"} <= set(draft.items.absent):
        return False
    differences = draft.visits[name].sub(nine + tenth).dropna().abs()
    return len(differences) >= _FEWEST_SUMS and bool((differences <= _ROUNDING).all())


def _equals_older(draft: Draft, name: str) -> bool:
    if "alsfrs" not in draft.outcomes:
        return False
    differences = draft.visits[name].sub(draft.visits["alsfrs"]).dropna().abs()
    return len(differences) >= _FEWEST_VISITS and bool((differences <= _ROUNDING).all())


def _leaves_one_item(draft: Draft, name: str) -> bool:
    nine = _sum_of_nine(draft)
    if nine is None or not {"10", "11", "12"} <= set(draft.items.absent) or _tenth_item(draft) is not None:
        return False
    rest = draft.visits[name].sub(nine).dropna()
    return len(rest) >= _FEWEST_VISITS and bool(rest.between(-_ROUNDING, 4 + _ROUNDING).all())


def _sum_of_nine(draft: Draft) -> pd.Series | None:
    """Add up the items that both scales share; None if one has no column."""
    columns = draft.items.columns
    if not set(_NINE) <= set(columns) or "5" in draft.items.absent:
        return None
    return _sum([*(draft.visits[columns[number]] for number in _NINE), item_five(draft.visits, draft.items)])


def _tenth_item(draft: Draft) -> pd.Series | None:
    """Return item 10, under the name of either scale."""
    older = (name for name in draft.visits.columns if name.strip().casefold() in _RESPIRATORY)
    column = draft.items.columns.get("10", next(older, None))
    return None if column is None else pd.to_numeric(draft.visits[column], errors="coerce")


def _sum(items: Iterable[pd.Series]) -> pd.Series:
    return pd.concat(list(items), axis=1).sum(axis=1, skipna=False)
