"""Checks of single cells: words among numbers, line breaks in names, and what was emptied as the user said."""

import numpy as np
import pandas as pd

from alsmodels.data.breaches import breach, counted
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.missing import Cells, list_words
from alsmodels.data.numbering import Mask, number_levels

__all__ = ["check_emptied", "check_line_breaks", "check_words"]

_SHOWN = 5


def check_words(draft: Draft) -> list[Finding]:
    """Find words in columns of numbers that are no outcomes; outcomes have a check of their own."""
    remedy = (
        "The column is numbers and these cells are empty. If that is right, say missing={}; if the column holds names, "
        "such as sites, write them as text: 'site 3'."
    )
    found = []
    for cells in draft.words:
        says = f"a word in a column of numbers: {list_words(cells.words)}"
        listed = "[" + ", ".join(repr(word) for word in pd.unique(cells.words)[:_SHOWN]) + "]"
        found += _told(draft, "word-among-numbers", cells, says, remedy.format(listed))
    return found


def check_emptied(draft: Draft) -> list[Finding]:
    """Say which cells were emptied because the user said so."""
    found = []
    for cells in draft.emptied:
        says = f"the cell is emptied, as {cells.why} says: {list_words(cells.words)}"
        found += _told(draft, "cells-emptied", cells, says, "Kept with these cells empty; the rest of each row counts.")
    return found


def check_line_breaks(draft: Draft) -> list[Finding]:
    """Find names of subjects and arms with a line break."""
    remedy = "Write the name in one line; a quote that is opened and not closed makes one row of several."
    found: list[Finding] = []
    for name in (name for name in ("subject", "arm") if name in draft.visits.columns):
        broken = _breaks(draft, name)
        found += breach(draft, "line-break", broken, column=name, says="a line break inside the name", remedy=remedy)
    return found


def _breaks(draft: Draft, name: str) -> Mask:
    """Which rows have a line break in a name; each name is looked at once."""
    if name == "subject":
        return draft.numbering.rows_of(_broken(pd.Series(draft.numbering.labels, dtype="str")))
    codes, names = number_levels(draft.visits[name])
    return np.append(_broken(names), False)[codes]


def _broken(names: pd.Series) -> Mask:
    return np.array(names.str.contains("\n", regex=False) | names.str.contains("\r", regex=False), dtype=bool)


def _told(draft: Draft, rule: str, cells: Cells, says: str, remedy: str) -> list[Finding]:
    """The finding of cells in the rows that are still there."""
    there = draft.visits if cells.table == "visits" or draft.subjects is None else draft.subjects
    words = cells.words[cells.words.index.isin(there.index)]
    if words.empty:
        return []
    where = "" if cells.table == "visits" else " of the table of subjects"
    message = f"{counted(len(words), 'row')}{where}: {says}."
    column = draft.roles.columns.get(cells.column, cells.column)
    shown = tuple(_offender(draft, cells, row, word) for row, word in words.head(_SHOWN).items())
    return [Finding(rule, RULES[rule].severity, column, tuple(words.index.tolist()), message, remedy, shown)]


def _offender(draft: Draft, cells: Cells, row: object, word: object) -> str:
    told = draft.visits if cells.table == "visits" or draft.subjects is None else draft.subjects
    said = repr(word) if isinstance(word, str) else f"{word:g}"
    return f"row {row}: subject {told.loc[[row], 'subject'].iloc[0]!r}, {cells.column} {said}"
