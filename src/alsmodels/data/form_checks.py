"""Checks of several rows of one subject and time."""

import numpy as np

from alsmodels.data.breaches import breach, counted, shown
from alsmodels.data.columns import as_names
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding

__all__ = ["check_duplicates", "tell_joined"]


def check_duplicates(draft: Draft) -> list[Finding]:
    """Find second rows of one subject at one time; the first in the table is not an offender."""
    weeks = draft.visits["week"].to_numpy()
    codes, weeks = (draft.numbering.in_order(values) for values in (draft.numbering.codes, weeks))
    again = np.zeros(len(codes), dtype=bool)
    again[1:] = (codes[1:] == codes[:-1]) & (weeks[1:] == weeks[:-1]) & (codes[1:] >= 0)
    again = draft.numbering.as_given(again)
    remedy = (
        "Correct the times, or keep one row for each subject and time; leave_out=['duplicate-visit'] keeps the first "
        "in the table. Rows that nowhere contradict each other are joined."
    )
    says = "the subject already has a row at this time" + _told(draft, again)
    return breach(draft, "duplicate-visit", again, column="week", says=says, remedy=remedy)


def tell_joined(draft: Draft) -> list[Finding]:
    """Tell how many visits were made of several rows."""
    forms = draft.forms
    if forms is None or not forms.absorbed:
        return []
    named = f" (the forms are named by {as_names(forms.named_by)})" if forms.named_by else ""
    completes = "row completes" if len(forms.absorbed) == 1 else "rows complete"
    message = (
        f"{len(forms.absorbed)} {completes} an earlier row of the same subject and time{named}, and no column holds "
        f"two different values; joined to {counted(forms.visits, 'visit')}."
    )
    remedy = "If they are visits of their own, correct the times of one."
    return [Finding("rows-joined", RULES["rows-joined"].severity, None, forms.absorbed, message, remedy)]


def _told(draft: Draft, again: np.ndarray) -> str:
    """Name the first two cells that contradict each other."""
    known = {} if draft.forms is None or draft.forms.contradictions is None else draft.forms.contradictions
    first = next((known[row] for row in draft.visits.index[again] if row in known), None)
    if first is None:
        return ""
    name = draft.roles.columns.get(first.column, first.column)
    cells = " and ".join(f"row {row} has {shown(value)}" for row, value in zip(first.rows, first.values, strict=True))
    return f", and the two contradict each other: in {name!r} {cells}"
