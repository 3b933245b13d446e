"""Checks of single cells: words among numbers, line breaks in names, and what was emptied as the user said."""

import numpy as np
import pandas as pd

from alsmodels.data.breaches import breach, counted
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.missing import Cells, list_words
from alsmodels.data.numbering import Mask

__all__ = ["check_emptied", "check_level_breaks", "check_line_breaks", "check_words"]

_SHOWN = 5
_DELIMITERS = (",", ";", "\t")


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
    """Find names with a line break, and cells that hold as many separators as the lines that a quote swallowed."""
    remedy = "Look for a quote that is opened and not closed, which makes one row of several; correct the file."
    found: list[Finding] = []
    for name in _texts(draft):
        broken = _breaks(draft, name)
        if not broken.any():
            continue
        if name not in {"subject", "arm"}:
            broken = broken & _swallows(draft.as_written(name), len(draft.raw.columns))
        says = "a line break inside the cell, as a quote leaves that swallows the lines below it"
        found += breach(draft, "line-break", broken, column=name, says=says, remedy=remedy)
    return found


def check_level_breaks(draft: Draft) -> list[Finding]:
    """Find line breaks in other texts."""
    remedy = "Kept as it is. In a comment all is well; in a level, look whether a quote swallowed the line below it."
    found: list[Finding] = []
    for name in (name for name in _texts(draft) if name not in {"subject", "arm"}):
        broken = _breaks(draft, name)
        if broken.any():
            broken = broken & ~_swallows(draft.as_written(name), len(draft.raw.columns))
            says = "a line break inside the cell"
            found += breach(draft, "level-line-break", broken, column=name, says=says, remedy=remedy)
    return found


def _texts(draft: Draft) -> list[str]:
    names = [
        name for name in draft.visits.columns if name not in {"week", *draft.measured} and name in draft.raw.columns
    ]
    return [name for name in names if isinstance(draft.raw[name].dtype, pd.StringDtype)]


def _breaks(draft: Draft, name: str) -> Mask:
    written = draft.as_written(name)
    found = written.str.contains("\n", regex=False, na=False) | written.str.contains("\r", regex=False, na=False)
    return np.asarray(found, dtype=bool)


def _swallows(column: pd.Series, width: int) -> Mask:
    """Whether the separators in a cell are those of the lines that it holds, for a table of some columns."""
    lines = column.str.count(r"\r\n|\n|\r").fillna(0)
    counts = [column.str.count(sign).fillna(0) for sign in _DELIMITERS]
    return np.asarray(pd.concat([count == lines * (width - 1) for count in counts], axis=1).any(axis=1) & (lines > 0))


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
