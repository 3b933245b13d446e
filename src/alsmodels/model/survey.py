"""The first reading of data in parts: their levels, and the subjects whose rows lie in several parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.censoring import read_values
from alsmodels.data.columns import join_rows
from alsmodels.data.missing import holds_numbers, list_words
from alsmodels.errors import DesignError
from alsmodels.model.encoding import Encoding, learn_stretches
from alsmodels.model.selection import needed_columns, select_some
from alsmodels.model.soundness import empty_rows
from alsmodels.model.spec import ModelSpec

__all__ = ["PartSurvey", "Survey", "join_surveys", "survey_part"]

# Rows of subjects in several parts that are held until all parts have been read.
MOST_HELD = 500_000
WAY_OUT = (
    "Sort the data by subject once, so that the rows of each are together: "
    "frame.set_index('subject').to_parquet(folder) with dask, and fit what is in the folder."
)


@final
@dataclass(frozen=True, slots=True, eq=False)
class PartSurvey:
    """What the first reading finds in one part.

    Attributes
    ----------
    subjects : pandas.Index
        The subjects who have rows in the part.
    counts : ndarray of int
        Rows of each.
    kinds : dict of str to str
        What each column of the model holds: numbers, truth values or words.
    examples : pandas.DataFrame
        Complete rows, the first of each level of each column that has levels.
    """

    subjects: "pd.Index[Any]"
    counts: NDArray[np.int64]
    kinds: dict[str, str]
    examples: pd.DataFrame


@final
@dataclass(frozen=True, slots=True, eq=False)
class Survey:
    """What the first reading finds in all parts.

    Attributes
    ----------
    encoding : Encoding
        How rows become X and Z.
    examples : pandas.DataFrame
        Complete rows with every level.
    divided : pandas.Index
        The subjects whose rows lie in several parts.
    """

    encoding: Encoding
    examples: pd.DataFrame
    divided: "pd.Index[Any]"


def survey_part(number: int, table: pd.DataFrame, *, spec: ModelSpec, weights: str | None) -> PartSurvey:
    """Read one part for the first time; a row without a subject is refused."""
    del number
    _refuse_words_among_numbers(table, spec, weights)
    rows = select_some(spec, table, weights=weights).rows
    subjects = plain_subjects(table["subject"])
    codes, labels = pd.factorize(subjects)
    needed = [name for name in needed_columns(spec, weights) if name in table.columns]
    levelled = [name for name in rows.columns if name in spec.parsed.factors or _has_levels(name, rows, spec)]
    firsts = [np.flatnonzero(~rows[name].duplicated()) for name in levelled]
    places = np.unique(np.concatenate([np.arange(min(1, len(rows))), *firsts]).astype(np.int64))
    return PartSurvey(
        subjects=pd.Index(labels),
        counts=np.bincount(codes, minlength=len(labels)),
        kinds=_kinds(table.assign(subject=subjects), ["subject", *needed]),
        examples=rows.iloc[places],
    )


def join_surveys(surveys: Sequence[PartSurvey], spec: ModelSpec, weights: str | None) -> Survey:
    """Learn the encoding of all parts together, and whose rows have to be joined.

    Raises
    ------
    DesignError
        If there is no complete row, a column does not hold the same in all parts, or rows of subjects are scattered.
    """
    _check_kinds(surveys)
    divided = _find_divided(surveys)
    examples = _join_examples([survey.examples for survey in surveys])
    if examples.empty:
        raise empty_rows(needed_columns(spec, weights))
    encoding, _ = learn_stretches(spec.parsed, examples)
    return Survey(encoding, examples, divided)


def _refuse_words_among_numbers(table: pd.DataFrame, spec: ModelSpec, weights: str | None) -> None:
    """Refuse a word in a column of numbers, which would make a level of every number."""
    apart = {"subject", "arm", *spec.parsed.factors}
    names = [name for name in needed_columns(spec, weights) if name in table.columns and name not in apart]
    for name in (name for name in names if _kind(table[name]) == "words"):
        texts = table[name].astype("object").astype("str")
        if holds_numbers(texts):
            words = list_words(texts[read_values(texts).unreadable])
            msg = (
                f"Column '{name}' holds words among numbers: {words}. If they stand for no value, say missing=[...]; "
                f"if the column names levels, write factor({name})."
            )
            raise DesignError(msg)


def plain_subjects(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Names of subjects as values, where parts have them as categories of their own."""
    return column.astype(column.cat.categories.dtype) if isinstance(column.dtype, pd.CategoricalDtype) else column


def _has_levels(name: str, rows: pd.DataFrame, spec: ModelSpec) -> bool:
    return name == "arm" or (name in spec.parsed.term_columns and _kind(rows[name]) != "numbers")


def _kinds(table: pd.DataFrame, names: Sequence[str]) -> dict[str, str]:
    """What columns hold; a column without a value in this part holds what it holds in others."""
    return {name: _kind(table[name]) for name in names if table[name].notna().any()}


def _kind(column: "pd.Series[Any]") -> str:
    if pd.api.types.is_bool_dtype(column.dtype):
        return "truth values"
    return "numbers" if pd.api.types.is_numeric_dtype(column) else "words"


def _check_kinds(surveys: Sequence[PartSurvey]) -> None:
    known: dict[str, tuple[int, str]] = {}
    for number, survey in enumerate(surveys):
        for name, kind in survey.kinds.items():
            first, before = known.setdefault(name, (number, kind))
            if kind != before:
                msg = (
                    f"Column '{name}' holds {before} in part {first + 1} of the data and {kind} in part {number + 1}; "
                    "give it one type in all parts."
                )
                raise DesignError(msg)


def _find_divided(surveys: Sequence[PartSurvey]) -> "pd.Index[Any]":
    """Subjects with rows in several parts, which have to follow each other; parts without rows do not count."""
    filled = [(number, survey) for number, survey in enumerate(surveys) if len(survey.subjects)]
    if len(filled) < 2:
        return pd.Index([])
    subjects = filled[0][1].subjects.append([survey.subjects for _, survey in filled[1:]])
    divided = subjects.duplicated(keep=False)
    sizes = [len(survey.subjects) for _, survey in filled]
    table = pd.DataFrame(
        {
            "place": np.repeat(np.arange(len(filled)), sizes)[divided],
            "part": np.repeat([number + 1 for number, _ in filled], sizes)[divided],
            "rows": np.concatenate([survey.counts for _, survey in filled])[divided],
        }
    )
    groups = table.groupby(subjects[divided], sort=False)
    found = groups.agg(first=("place", "first"), last=("place", "last"), part=("part", "first"), other=("part", "last"))
    apart = found["last"] - found["first"] + 1 != groups.size()
    if apart.any():
        _refuse_scattered(found[apart], "which are not next to each other")
    if table["rows"].sum() > MOST_HELD:
        _refuse_scattered(found, f"and {table['rows'].sum()} rows are of subjects in several parts, too many to join")
    joined: pd.Index[Any] = found.index
    return joined


def _refuse_scattered(found: pd.DataFrame, why: str) -> None:
    first, others = found.iloc[0], len(found) - 1
    more = f" The same is true of {others} other subject{'s' if others > 1 else ''}." if others else ""
    msg = (
        f"Subject '{found.index[0]}' has rows in parts {first['part']} and {first['other']} of the data, {why}."
        f"{more} {WAY_OUT}"
    )
    raise DesignError(msg)


def _join_examples(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """The examples below each other; categories are those of all parts, as they first occur."""
    filled = [table for table in tables if len(table)]
    return join_rows(filled) if filled else tables[0]
