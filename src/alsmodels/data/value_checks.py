"""Checks of outcomes and of the ALSFRS-R and its items."""

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.alsfrsr import DOMAINS
from alsmodels.data.breaches import breach
from alsmodels.data.censoring import is_limit_word
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.missing import list_words
from alsmodels.data.numbering import Mask

__all__ = [
    "check_bounds",
    "check_infinite",
    "check_item_range",
    "check_item_whole",
    "check_items_incomplete",
    "check_not_numeric",
    "check_not_positive",
    "check_observed",
    "check_q5_both",
    "check_q5_neither",
    "check_rise",
    "check_total",
]

_LARGEST_RISE = 6.0
_ROUNDING = 1e-6
_MOST_ITEMS = 9
_SHOWN = 5


def check_not_numeric(draft: Draft) -> list[Finding]:
    """Find text where a number should be."""
    found: list[Finding] = []
    rows = draft.visits.index.to_numpy() - 1
    for name in (name for name in draft.measured if name in draft.unreadable):
        broken = np.asarray(draft.unreadable[name][rows])
        words = draft.as_written(name)[broken]
        says = f"text, not a number: {list_words(words)}" if broken.any() else ""
        found += breach(draft, "value-not-numeric", broken, column=name, says=says, remedy=_remedy_for(words))
    return found


def _remedy_for(words: pd.Series) -> str:
    shown = ", ".join(repr(str(word)) for word in pd.unique(words.dropna())[:_SHOWN])
    written = words.astype("str")
    limits = " A word such as BLQ is a value at its limit once the outcome has it: Outcome(..., lloq=0.5)."
    limits = limits if is_limit_word(words).any() else ""
    if written.str.fullmatch(r"\s*[+-]?\d+,\d+\s*", na=False).any():
        limits += (
            " Where commas are decimal, write points, or read the text file again with decimal=',' (--decimal , on the "
            "command)."
        )
    return (
        f"Where they stand for no value, missing=[{shown}] empties these cells and keeps the rows. A value below "
        f"a limit is written <0.5.{limits} Else correct them; "
        "leave_out=['value-not-numeric'] leaves out the whole rows."
    )


def check_infinite(draft: Draft) -> list[Finding]:
    """Find infinite values."""
    remedy = "Write the number that was measured, or nothing if none was."

    def broken(name: str) -> Mask:
        return np.isinf(_values(draft, name))

    return _in_each(draft, "value-infinite", draft.measured, broken, says="an infinite value", remedy=remedy)


def check_bounds(draft: Draft) -> list[Finding]:
    """Find outcomes outside their bounds; computed scores are so only if an item is outside its own."""
    found = []
    for name in (name for name in draft.outcomes if name in draft.raw.columns):
        outcome = draft.outcomes[name]
        values = _values(draft, name)
        low = -np.inf if outcome.lower is None else outcome.lower
        high = np.inf if outcome.upper is None else outcome.upper
        outside = np.isfinite(values) & ((values < low) | (values > high))
        says = f"the value is outside {low:g} to {high:g}"
        remedy = (
            "Correct the values, or empty the cells that hold a code for missing such as 99 or -9: "
            "empty=['value-outside-bounds'] does it."
        )
        if outcome.known_as == "alsfrs":
            remedy += " If the total is that of the revised scale (0 to 48), call the column 'alsfrs_r'."
        found += breach(draft, "value-outside-bounds", outside, column=name, says=says, remedy=remedy)
    return found


def check_not_positive(draft: Draft) -> list[Finding]:
    """Find values of 0 or less of an outcome on the log scale."""
    remedy = "A value below the limit of quantification is written <limit; or give the outcome its lloq."
    logs = [name for name, outcome in draft.outcomes.items() if outcome.scale == "log"]

    def broken(name: str) -> Mask:
        return (_values(draft, name) <= 0) & (_values(draft, name) > -np.inf)

    says = "the value has no logarithm"
    return _in_each(draft, "value-not-positive", logs, broken, says=says, remedy=remedy)


def check_item_range(draft: Draft) -> list[Finding]:
    """Find items outside 0-4, when there are enough of them to be the ALSFRS-R."""
    remedy = "Correct the items; empty the cells that hold a code for missing: empty=['item-outside-0-4'] does it."

    def broken(name: str) -> Mask:
        values = _values(draft, name)
        return np.isfinite(values) & ((values < 0) | (values > 4))

    says = "the item is outside 0 to 4"
    return _in_each(draft, "item-outside-0-4", _items(draft), broken, says=says, remedy=remedy)


def check_item_whole(draft: Draft) -> list[Finding]:
    """Find items between two whole numbers, which nobody can have scored."""
    remedy = "Kept: look whether the column holds means, or values filled in."

    def broken(name: str) -> Mask:
        values = _values(draft, name)
        return np.asarray((values >= 0) & (values <= 4) & (values != np.floor(values)))

    says = "the item is no whole number"
    return _in_each(draft, "item-not-whole", _items(draft), broken, says=says, remedy=remedy)


def check_q5_both(draft: Draft) -> list[Finding]:
    """Find visits with both 5a and 5b."""
    pair = draft.items.gastrostomy_pair
    if pair is None or not _items(draft):
        return []
    both = draft.visits[list(pair)].notna().all(axis=1).to_numpy()
    says = "items 5a (without) and 5b (with gastrostomy) are both answered"
    remedy = "Keep 5b for subjects with a gastrostomy and 5a for the others."
    return breach(draft, "q5-both", both, column=pair[1], says=says, remedy=remedy)


def check_q5_neither(draft: Draft) -> list[Finding]:
    """Find visits with neither 5a nor 5b, though other items are answered."""
    pair = draft.items.gastrostomy_pair
    if pair is None or not _items(draft):
        return []
    others = [column for column in _items(draft) if column not in pair]
    neither = draft.visits[list(pair)].isna().all(axis=1) & draft.visits[others].notna().any(axis=1)
    says = "neither item 5a nor item 5b is answered"
    remedy = "Kept: fine motor and total are missing at these visits. Give the item that was asked."
    return breach(draft, "q5-neither", neither.to_numpy(), column=pair[0], says=says, remedy=remedy)


def check_items_incomplete(draft: Draft) -> list[Finding]:
    """Warn when some item columns are absent, so that no total can be made."""
    absent = draft.items.absent
    if not absent or not _items(draft):
        return []
    message = f"no column holds item {', '.join(absent)}, so totals and domains are not computed."
    remedy = "Add the columns, named as alsmodels.data.alsfrsr.ITEMS lists, if the items were asked."
    return [Finding("items-incomplete", RULES["items-incomplete"].severity, None, (), message, remedy)]


def check_total(draft: Draft) -> list[Finding]:
    """Find totals and domains that are not the sum of their items."""
    scores = draft.scores
    if scores is None:
        return []
    remedy = "Correct the items or the total; the two must agree."

    def broken(name: str) -> Mask:
        expected = scores[draft.outcomes[name].known_as].loc[draft.visits.index]
        return draft.visits[name].sub(expected).abs().gt(_ROUNDING).to_numpy()

    names = [name for name, outcome in draft.outcomes.items() if outcome.known_as in {"alsfrs_r", *DOMAINS}]
    says = "the value is not the sum of its items"
    return _in_each(draft, "total-not-sum", names, broken, says=says, remedy=remedy)


def check_rise(draft: Draft) -> list[Finding]:
    """Find a total more than 6 points above the visit before."""

    def broken(name: str) -> Mask:
        columns = (draft.numbering.codes, _values(draft, "week"), _values(draft, name))
        codes, weeks, values = (draft.numbering.in_order(column) for column in columns)
        seen = np.flatnonzero((codes >= 0) & ~np.isnan(weeks) & ~np.isnan(values))
        rise = np.zeros(len(codes), dtype=bool)
        with np.errstate(invalid="ignore"):  # infinite values are another check's
            rise[seen[1:]] = (np.diff(values[seen]) > _LARGEST_RISE) & (np.diff(codes[seen]) == 0)
        return draft.numbering.as_given(rise)

    totals = [name for name, outcome in draft.outcomes.items() if outcome.is_alsfrs_r]
    says = "the total rose by more than 6 points since the visit before"
    remedy = "Kept: look for a typing error or an exchanged subject, as the scale seldom rises so much."
    return _in_each(draft, "rise-over-6", totals, broken, says=says, remedy=remedy)


def check_observed(draft: Draft) -> list[Finding]:
    """Find subjects without any observed outcome."""
    if not draft.outcomes:
        return []
    observed = np.zeros(len(draft.visits), dtype=bool)
    for name in draft.outcomes:
        observed |= ~np.isnan(_values(draft, name))
    nothing = draft.numbering.rows_of(~draft.numbering.subjects_of(observed))
    says = "the subject has no observed value of any outcome"
    remedy = "Kept among the subjects; no fit can use them."
    return breach(draft, "no-observed-outcome", nothing, column=None, says=says, remedy=remedy)


def _values(draft: Draft, name: str) -> NDArray[np.float64]:
    return draft.visits[name].to_numpy()


def _items(draft: Draft) -> list[str]:
    """Return the item columns; a few columns called q1, q2, ... may be any questionnaire's."""
    columns = list(draft.items.columns.values())
    return columns if len(columns) >= _MOST_ITEMS else []


def _in_each(
    draft: Draft, rule: str, names: list[str], broken: Callable[[str], Mask], *, says: str, remedy: str
) -> list[Finding]:
    found: list[Finding] = []
    for name in names:
        found += breach(draft, rule, broken(name), column=name, says=says, remedy=remedy)
    return found
