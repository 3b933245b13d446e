"""From rows that break a rule to the finding that says so."""

from typing import Any

import pandas as pd

from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.numbering import Mask

__all__ = ["breach", "counted", "shown"]

_SHOWN = 5


def breach(draft: Draft, rule: str, broken: Mask, *, column: str | None, says: str, remedy: str) -> list[Finding]:
    """Return the finding for the rows where `broken` holds, or nothing.

    Parameters
    ----------
    draft : Draft
        The tables.
    rule : str
        The name of the rule.
    broken : ndarray of bool
        Shape (n,), true for each row, of the table the rule is about, that breaks it.
    column : str or None
        The column it is about, by its name inside the cohort.
    says, remedy : str
        What is wrong with these rows, after "12 rows: ", and what to do about it.
    """
    if not broken.any():
        return []
    table = {"visits": draft.visits, "events": draft.events, "subjects": draft.subjects}[RULES[rule].table]
    rows = [] if table is None else table.index[broken].tolist()
    told = tuple(_offender(draft, rule, row, column) for row in rows[:_SHOWN])
    outside = None if column is None else draft.roles.columns.get(column, column)
    message = f"{counted(len(rows), 'row')}: {says}."
    return [Finding(rule, RULES[rule].severity, outside, tuple(rows), message, remedy, told)]


def counted(count: int, noun: str) -> str:
    """Write a count and its noun.

    Examples
    --------
    >>> counted(1, "row"), counted(2, "row")
    ('1 row', '2 rows')
    """
    return f"{count} {noun}{'s' * (count != 1)}"


def _offender(draft: Draft, rule: str, row: int, column: str | None) -> str:
    told = {"visits": draft.raw, "events": draft.raw_events, "subjects": draft.subjects}[RULES[rule].table]
    if told is None:
        return f"row {row}"
    record = told.loc[[row]].iloc[0]
    names = [name for name in ("subject", "week", column) if name in told.columns]
    parts = [f"{_outside(draft, name)} {shown(record[name])}" for name in dict.fromkeys(names) if name]
    return f"row {row}: {', '.join(parts)}"


def _outside(draft: Draft, name: str | None) -> str:
    known = {"subject": "subject", "week": draft.roles.time_unit}
    return known.get(str(name), str(name))


def shown(value: Any) -> str:
    """Write a value as a finding shows it."""
    if pd.isna(value):
        return "missing"
    return f"{value:g}" if isinstance(value, float) else repr(value) if isinstance(value, str) else str(value)
