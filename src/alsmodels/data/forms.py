"""Visits on several rows, as systems export them that write a row for each form: joined where nothing contradicts.

Rows of one subject and time are joined if no column holds two different values in them. A column that names the form
is no contradiction: a text that differs among the rows of every such visit, each of whose words alone comes with some
column filled.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.columns import with_columns
from alsmodels.data.numbering import Numbering
from alsmodels.data.texts import missing_text, numbers_or_missing

__all__ = ["Contradiction", "Forms", "join_forms"]

_MOST_FORMS = 30
_MOST_TOLD = 50
_BETWEEN = " + "


@final
@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two cells that cannot be of one visit: the column, and row and value of both."""

    column: str
    rows: tuple[int, int]
    values: tuple[object, object]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Forms:
    """A table in which rows of one visit are joined.

    Parameters
    ----------
    frame : pandas.DataFrame
        All rows, the first of each joined visit with the values of the others.
    absorbed : tuple of int
        The numbers of the rows whose values are in an earlier one.
    visits : int, default 0
        How many visits were made of several rows.
    named_by : tuple of str
        The columns that name the form.
    contradictions : mapping of int to Contradiction or None
        Row number of a further row of a visit to its first contradiction with an earlier one.
    """

    frame: pd.DataFrame
    absorbed: tuple[int, ...] = ()
    visits: int = 0
    named_by: tuple[str, ...] = ()
    contradictions: Mapping[int, Contradiction] | None = None


def join_forms(raw: pd.DataFrame, numbering: Numbering, weeks: pd.Series) -> Forms:
    """Join the rows of one subject and time where they nowhere contradict each other.

    Parameters
    ----------
    raw : pandas.DataFrame
        The visits as written, with rows numbered from 1.
    numbering : Numbering
        The subject of each row.
    weeks : pandas.Series
        The times of the rows.
    """
    places, groups = _repeated(numbering, weeks.to_numpy())
    if not len(places):
        return Forms(raw)
    rows = raw.iloc[places]
    columns = [name for name in raw.columns if name not in {"subject", "week"}]
    keys = pd.DataFrame({name: _keys(rows[name]) for name in columns}, index=rows.index)
    kinds = keys.where(keys >= 0).groupby(groups).nunique()
    differing = [name for name in columns if name != "arm" and (kinds[name] > 1).any()]
    named_by = [name for name in differing if _names_form(raw, name, groups, keys)]
    others = [name for name in columns if name not in named_by]
    contrary = (kinds[others] > 1).any(axis="columns")
    joined = ~contrary.reindex(groups).to_numpy()
    frame, absorbed = _fill(raw, rows[joined], groups[joined], others, named_by)
    told = _contradictions(rows[~joined], groups[~joined], keys[others][~joined])
    return Forms(frame, absorbed, int((~contrary).sum()), tuple(named_by), told)


def _repeated(numbering: Numbering, weeks: NDArray[np.float64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The places of rows of visits with several, in order of the table, and the number of the visit of each."""
    codes, times = numbering.in_order(numbering.codes), numbering.in_order(weeks)
    same = (codes[1:] == codes[:-1]) & (times[1:] == times[:-1]) & (codes[1:] >= 0)
    if not same.any():
        return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
    visit = numbering.as_given(np.cumsum(np.append(True, ~same)))
    several = numbering.as_given(np.append(same, False) | np.append(False, same))
    places = np.flatnonzero(several)
    return places, visit[places]


def _keys(column: pd.Series) -> NDArray[np.intp]:
    """Numbers that are equal where values are; -1 where nothing is written. 40 and 40.0 are one value."""
    if isinstance(column.dtype, pd.StringDtype):
        text = column.where(~missing_text(column)).str.strip()
        numbers = numbers_or_missing(text.fillna(""))
        column = text.where(numbers.isna(), numbers.astype("object").map(repr, na_action="ignore"))
    return pd.factorize(column)[0]


def _names_form(raw: pd.DataFrame, name: str, groups: NDArray[np.intp], keys: pd.DataFrame) -> bool:
    """Whether a column names the form: each word once in a visit, and each with a column that it alone fills."""
    if not isinstance(raw[name].dtype, pd.StringDtype) or (keys[name] < 0).any():
        return False
    words = raw[name].str.strip()
    if pd.DataFrame({"visit": groups, "word": words.loc[keys.index]}).duplicated().any():
        return False
    if words.nunique() > _MOST_FORMS:
        return False
    others = [column for column in keys.columns if column != name]
    filled = pd.DataFrame({column: _is_written(raw[column]) for column in others}).groupby(words).any()
    alone = filled.loc[:, filled.sum() == 1]
    return bool(alone.loc[words.loc[keys.index].unique()].any(axis="columns").all())


def _is_written(column: pd.Series) -> "pd.Series[bool]":
    return ~missing_text(column) if isinstance(column.dtype, pd.StringDtype) else column.notna()


def _fill(
    raw: pd.DataFrame, rows: pd.DataFrame, groups: NDArray[np.intp], others: Sequence[str], named_by: Sequence[str]
) -> tuple[pd.DataFrame, tuple[int, ...]]:
    """Give the first row of each visit the values of the others."""
    if rows.empty:
        return raw, ()
    later = pd.Series(groups, index=rows.index).duplicated()
    first = rows.index[~later]
    columns = {}
    for name in others:
        column = rows[name].where(_is_written(rows[name]))
        if column[later].notna().any():
            values = column.groupby(groups, sort=False).first()
            columns[name] = _with_values(raw[name], first, values)
    for name in named_by:
        words = rows[name].astype("str").str.strip().groupby(groups, sort=False).agg(_BETWEEN.join)
        columns[name] = _with_values(raw[name], first, words)
    return (with_columns(raw, columns) if columns else raw), tuple(rows.index[later].tolist())


def _with_values(column: pd.Series, rows: pd.Index, values: pd.Series) -> pd.Series:
    given = pd.Series(values.array, index=rows, name=column.name)
    present = given.dropna()
    changed = column.copy()
    if isinstance(column.dtype, pd.CategoricalDtype):
        changed = changed.cat.add_categories(
            [level for level in present.unique() if level not in column.cat.categories]
        )
    changed.loc[present.index] = present
    return changed


def _contradictions(rows: pd.DataFrame, groups: NDArray[np.intp], keys: pd.DataFrame) -> dict[int, Contradiction]:
    """For further rows of a visit, the first cell that an earlier row contradicts; for some of many rows."""
    found: dict[int, Contradiction] = {}
    some = np.isin(groups, pd.unique(groups)[:_MOST_TOLD])
    for _, block in keys[some].groupby(groups[some], sort=False):
        for place, row in enumerate(block.index[1:], 1):
            told = _first_contrary(rows, block.iloc[: place + 1])
            if told is not None:
                found[int(row)] = told
    return found


def _first_contrary(rows: pd.DataFrame, block: pd.DataFrame) -> Contradiction | None:
    """The first column in which the last row of a visit contradicts an earlier one."""
    row = block.index[-1]
    for name in block.columns:
        mine, before = block[name].loc[row], block[name].iloc[:-1]
        other = before.index[(before >= 0) & (before != mine)]
        if mine >= 0 and len(other):
            pair = (int(other[0]), int(row))
            return Contradiction(name, pair, (rows[name].loc[pair[0]], rows[name].loc[pair[1]]))
    return None
