"""Values of a subject that the table gives on some rows alone, such as an age on the row of the baseline.

A column is the subject's if no subject has two different values of it, and most subjects who have one have it on their
first row. A word that is there once and never otherwise, such as a *yes* from some visit on, is a visit's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import pandas as pd

from alsmodels.data.breaches import counted
from alsmodels.data.columns import with_columns
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.numbering import Codes, Mask, changes, is_missing

__all__ = ["Filled", "fill_by_subject", "find_filled", "tell_filled"]

# What is known of a visit alone, although it may be given once: kings_stage reads it by visit.
_OF_VISITS = frozenset({"gastrostomy"})


@final
@dataclass(frozen=True, slots=True)
class Filled:
    """A column whose values are the subjects'.

    Parameters
    ----------
    name : str
        The column.
    given : int
        Rows with a value.
    filled : int
        Rows of the same subjects without one.
    rows : int
        All rows.
    """

    name: str
    given: int
    filled: int
    rows: int


def find_filled(draft: Draft) -> list[Filled]:
    """Find the columns that are given on some rows of a subject alone, and are the subject's all the same."""
    codes = draft.numbering.in_order(draft.numbering.codes)
    found = (_filled(_in_order(draft, name), codes) for name in _candidates(draft))
    return [filled for filled in found if filled is not None]


def fill_by_subject(visits: pd.DataFrame, codes: Codes, names: Collection[str]) -> pd.DataFrame:
    """Give each row, in order of subject, the value that its subject has of each column; shape (n,) of codes."""
    columns = {}
    for name in names:
        present = ~is_missing(visits[name])
        where = np.full(codes.max(initial=-1) + 2, -1)  # the last is of rows without a subject
        where[codes[present]] = np.flatnonzero(present)
        columns[name] = pd.Series(visits[name].array.take(where[codes], allow_fill=True), index=visits.index)
    return with_columns(visits, columns) if columns else visits


def tell_filled(draft: Draft) -> list[Finding]:
    """Say which columns were filled, and in how many rows."""
    return [_finding(filled) for filled in find_filled(draft)]


def _finding(filled: Filled) -> Finding:
    are = "is" if filled.filled == 1 else "are"
    message = (
        f"{filled.name!r} is given in {filled.given} of {counted(filled.rows, 'row')}, and no subject has two values "
        f"of it; it is taken as the subject's, and {counted(filled.filled, 'row')} {are} filled."
    )
    remedy = f"If it is measured at visits, outcomes=[{filled.name!r}] leaves it as it stands."
    return Finding("filled-by-subject", RULES["filled-by-subject"].severity, filled.name, (), message, remedy)


def _candidates(draft: Draft) -> Sequence[str]:
    beside = {f"{name}{ending}" for name in draft.outcomes for ending in ("_censored", "_upper")}
    fixed = {"subject", "week", "arm", draft.roles.baseline, *draft.measured, *beside, *_OF_VISITS}
    return [name for name in draft.visits.columns if name not in fixed and draft.visits[name].hasnans]


def _in_order(draft: Draft, name: str) -> pd.Series:
    order = draft.numbering.order
    return draft.visits[name] if order is None else draft.visits[name].take(order)


def _filled(column: pd.Series, codes: Codes) -> Filled | None:
    present = ~is_missing(column) & (codes >= 0)
    given, owners = column[present], codes[present]
    if not len(given) or (changes(given) & (owners[1:] == owners[:-1])).any():
        return None
    has = np.zeros(codes.max(initial=-1) + 2, dtype=bool)
    has[owners] = True
    gaps = int((has[codes] & (codes >= 0) & ~present).sum())
    if not gaps or not _is_of_subjects(given, present, codes, int(has.sum())):
        return None
    return Filled(str(column.name), len(given), gaps, len(column))


def _is_of_subjects(given: pd.Series, present: Mask, codes: Codes, subjects: int) -> bool:
    first = np.append(True, codes[1:] != codes[:-1])
    return 2 * int((present & first).sum()) > subjects and not (given.array[:-1] == given.array[1:]).all()
