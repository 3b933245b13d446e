"""Columns of PRO-ACT tables: one spelling for their names, numbers out of text, one value for each subject."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

import pandas as pd

from alsmodels.data.breaches import counted
from alsmodels.data.censoring import read_values
from alsmodels.data.columns import as_text
from alsmodels.data.findings import Finding

__all__ = ["ProactTable", "first_of_each", "fold", "note", "quoted_texts", "read_numbers", "yes_or_no"]

_QUOTED = 3
_YES = frozenset({"yes", "y", "1", "true"})
_NO = frozenset({"no", "n", "0", "false"})


@final
@dataclass(frozen=True, slots=True, eq=False)
class ProactTable:
    """One table as it was read.

    Parameters
    ----------
    name : str
        Its name without the prefix of its release, such as "ALSFRS".
    file : str
        The file it came from, for messages.
    frame : pandas.DataFrame
        Its columns by folded names, and the subject as text; the index is the number of the row in the file.
    """

    name: str
    file: str
    frame: pd.DataFrame


def fold(name: str) -> str:
    """Bring the spellings of a column in different releases together.

    Examples
    --------
    >>> fold("Subject_Liters__Trial_2_"), fold("Site_of_Onset___Limb"), fold("Subject_Normal")
    ('subject_liters_trial_2', 'site_of_onset_limb', 'subject_normal')
    """
    return re.sub(r"[\W_]+", "_", name.casefold()).strip("_")


def note(rule: str, column: str | None, message: str, remedy: str) -> Finding:
    """Make a warning of what a reader met and how it took it."""
    return Finding(f"proact-{rule}", "warning", column, (), message, remedy)


def quoted_texts(texts: pd.Series) -> str:
    """Write the commonest texts with how often each is there.

    Examples
    --------
    >>> quoted_texts(pd.Series(["-", "Normal", "-"]))
    "'-' (2), 'Normal' (1)"
    """
    counts = texts.value_counts()
    shown = ", ".join(f"{text!r} ({count})" for text, count in counts.head(_QUOTED).items())
    return f"{shown} and {len(counts) - _QUOTED} more" if len(counts) > _QUOTED else shown


def read_numbers(table: ProactTable, columns: Iterable[str]) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read columns as floats; what is no number becomes missing, with a warning that counts it.

    Parameters
    ----------
    table : ProactTable
        The table.
    columns : iterable of str
        Names as the archive writes them; a column that is not there is all missing.

    Returns
    -------
    pandas.DataFrame
        The same names and rows, as floats.
    tuple of Finding
        One warning for each column with text in it.
    """
    numbers: dict[str, pd.Series] = {}
    findings: list[Finding] = []
    for name in columns:
        column = table.frame.get(fold(name), pd.Series(index=table.frame.index, dtype="float64"))
        readings = read_values(column)
        texts = column[readings.unreadable | (readings.marks != "none")]
        numbers[name] = readings.values.drop(texts.index).reindex(table.frame.index)
        if len(texts):
            findings.append(_text_note(table, name, texts))
    return pd.DataFrame(numbers, index=table.frame.index), tuple(findings)


def first_of_each(subjects: pd.Series, values: pd.Series) -> tuple[pd.Series, int]:
    """Give each subject the first value there is, and count the subjects whose rows disagree.

    Examples
    --------
    >>> first, disagreeing = first_of_each(pd.Series(["a", "a", "b"]), pd.Series([None, "x", "y"]))
    >>> first.to_dict(), disagreeing
    ({'a': 'x', 'b': 'y'}, 0)
    """
    there = pd.DataFrame({"subject": subjects, "value": values}).dropna()
    by_subject = there.groupby("subject")["value"]
    return by_subject.first(), int((by_subject.nunique() > 1).sum())


def yes_or_no(column: pd.Series) -> pd.Series:
    """Read an answer as "yes", "no" or missing.

    Examples
    --------
    >>> yes_or_no(pd.Series(["Yes", "no", "unknown", None])).tolist()
    ['yes', 'no', nan, nan]
    """
    said = as_text(column).str.casefold()
    return pd.Series("yes", index=said.index, dtype="str").where(said.isin(_YES), "no").where(said.isin(_YES | _NO))


def _text_note(table: ProactTable, name: str, texts: pd.Series) -> Finding:
    message = f"{table.file}: {counted(len(texts), 'value')} of {name} is no number: {quoted_texts(texts)}."
    return note("not-numeric", name, message, "Taken as missing.")
