"""Cells that hold no value: the words and codes that the user calls missing, and words among numbers.

What the user names is emptied and counted. A word in a column of numbers never makes levels of the numbers: the
column is numbers, the word is told.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.censoring import read_values
from alsmodels.data.columns import with_columns
from alsmodels.data.findings import TableName
from alsmodels.data.number_checks import is_finite
from alsmodels.data.texts import missing_text, numbers_or_missing, plain_numbers
from alsmodels.errors import DataError, shown

__all__ = [
    "Cells",
    "Missing",
    "MissingLike",
    "clean_part",
    "empty_cells",
    "holds_numbers",
    "list_words",
    "read_hidden_numbers",
    "read_missing",
]

MissingLike = Collection[str | float] | Mapping[str, Collection[str | float]]
"""Words and numbers that stand for no value, in every column or by column."""

# What is written where nothing was measured, without anything but letters.
_WORDS = (
    "nd nk nr ns unk unknown missing notdone notmeasured notknown none nil blq bloq bql lloq hemolysed hemolyzed "
    "haemolysed haemolyzed hemolytic insufficient qns clotted lost keine unbekannt fehlend inconnu ignoto"
)
_NO_VALUE = frozenset(_WORDS.split())
_FEWEST_NUMBERS, _FEW_NUMBERS = 5, 2
_NUMBERS_FOR_A_CODE = 10
_SHOWN = 5
_SAMPLE = 2_000


@final
@dataclass(frozen=True, slots=True)
class Missing:
    """Texts, folded, and numbers that stand for no value."""

    texts: frozenset[str]
    numbers: frozenset[float]

    def __bool__(self) -> bool:
        return bool(self.texts or self.numbers)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Cells of a column that are read as empty.

    Parameters
    ----------
    table : {"visits", "events", "subjects"}
        "visits" or "subjects".
    column : str
        The name of the column.
    words : pandas.Series
        What stands there, by row number.
    why : str, default ""
        The argument that asked for it; empty if none did.
    """

    table: TableName
    column: str
    words: pd.Series
    why: str = ""


def read_missing(missing: object) -> Missing | Mapping[str, Missing]:
    """Read what the user calls missing: a word, a number, a list of them, or such by column.

    Examples
    --------
    >>> sorted(read_missing(["ND", -99]).texts)
    ['nd']
    >>> read_missing(["ND", "-99"]).numbers
    frozenset({-99.0})
    """
    if isinstance(missing, Mapping):
        return {name: _read_words(words) for name, words in missing.items()}
    return _read_words(missing)


def empty_cells(
    frame: pd.DataFrame, missing: Missing | Mapping[str, Missing], *, roles: Collection[str], table: TableName
) -> tuple[pd.DataFrame, list[Cells]]:
    """Empty the cells that hold what is missing; return the table with them, and which they were.

    Parameters
    ----------
    frame : pandas.DataFrame
        The table, with rows numbered.
    missing : Missing or mapping of str to Missing
        Texts and numbers for every column but those of the roles; or such by column.
    roles : collection of str
        The columns of subject, time and arm.
    table : {"visits", "events", "subjects"}
        The kind of table that it is.
    """
    others = [name for name in frame.columns if name not in roles]
    by_column = missing if isinstance(missing, Mapping) else dict.fromkeys(others, missing)
    columns, emptied = {}, []
    for name in (name for name in frame.columns if by_column.get(name)):
        cells = _cells(frame[name], by_column[name])
        if cells.any():
            columns[name] = _without(frame[name], cells)
            emptied.append(Cells(table, name, frame[name][cells], "missing="))
    return (with_columns(frame, columns) if columns else frame), emptied


def read_hidden_numbers(
    frame: pd.DataFrame, names: Collection[str], table: TableName
) -> tuple[pd.DataFrame, list[Cells]]:
    """Read columns of numbers among which words stand as numbers; return the table with them, and the words."""
    columns, words = {}, []
    for name in (name for name in names if holds_numbers(frame[name])):
        readings = read_values(frame[name])
        columns[name] = readings.values
        words.append(Cells(table, name, frame[name][readings.unreadable]))
    return (with_columns(frame, columns) if columns else frame), words


def clean_part(table: pd.DataFrame, missing: Missing | Mapping[str, Missing]) -> pd.DataFrame:
    """Empty what is missing in one part of a table whose other parts are not at hand.

    A column of texts becomes numbers if nothing but numbers is left, in whichever part its words stood.
    """
    roles = ("subject", "week", "arm")
    cleaned, _ = empty_cells(table, missing, roles=roles, table="visits")
    named = missing if isinstance(missing, Mapping) else cleaned.columns
    nothing = np.zeros(len(cleaned), dtype=bool)
    texts = [name for name in named if name not in roles and isinstance(cleaned[name].dtype, pd.StringDtype)]
    return cleaned.assign(**{name: _without(cleaned[name], nothing) for name in texts}) if texts else cleaned


def holds_numbers(column: pd.Series) -> bool:
    """Say whether a column of texts is one of numbers among which a few words stand.

    It is where no number is written 007 and the different words are few beside the different numbers, whatever their
    shares of the cells: two numbers are enough where all words are such as ND and unknown, three for each word and five
    in all (or fractions) where no word holds a digit, and ten for each word that does, such as 4A. A stage of 1, 2, 3,
    4A and 4B is no number. Where words are half of the cells or more, they have to repeat as well.

    Examples
    --------
    >>> holds_numbers(pd.Series(["61", "55", "ND", "70"]))
    True
    >>> holds_numbers(pd.Series(["1", "2", "3", "4A", "4B"]))
    False
    """
    if not isinstance(column.dtype, pd.StringDtype) or not _may_hold(column.iloc[:: 1 + len(column) // _SAMPLE]):
        return False
    codes, distinct = pd.factorize(column)
    texts = pd.Series(distinct, dtype="str")
    readings = read_values(texts)
    number, word = readings.values.notna().to_numpy(), readings.unreadable.to_numpy()
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    if not word.any() or not number.any():
        return False
    mostly_words = 2 * counts[number].sum() <= counts[number | word].sum()
    if mostly_words and counts[word].sum() < 2 * word.sum():
        return False
    return _are_numbers(texts[number].str.strip(), readings.values[number], texts[word].str.strip())


def list_words(words: pd.Series) -> str:
    """Write what stands in cells with the counts of each, the most frequent first.

    Examples
    --------
    >>> list_words(pd.Series(["ND", "NK", "ND"]))
    "'ND' (2), 'NK' (1)"
    """
    counts = words.astype("object").map(_written).value_counts()
    shown = ", ".join(f"{word} ({count})" for word, count in counts.head(_SHOWN).items())
    return shown if len(counts) <= _SHOWN else f"{shown} and {len(counts) - _SHOWN} more"


def _may_hold(texts: pd.Series) -> bool:
    """Whether one text in fifty begins as a number does."""
    return 50 * texts.str.match(r"\s*[+-]?[.0-9]", na=False).sum() > texts.notna().sum()


def _are_numbers(numbers: pd.Series, values: pd.Series, words: pd.Series) -> bool:
    if numbers.str.fullmatch(r"[+-]?0\d+|[+-]?\d{16,}").any():
        return False
    coded = int(words.str.contains(r"\d").sum())
    if coded:
        return len(numbers) >= _NUMBERS_FOR_A_CODE * coded
    if words.str.replace(r"[\W_]", "", regex=True).str.casefold().isin(["", *_NO_VALUE]).all():
        return len(numbers) >= _FEW_NUMBERS
    fractions = bool((values != np.floor(values)).any())
    return len(numbers) >= 3 * len(words) and (fractions or len(numbers) >= _FEWEST_NUMBERS)


def _read_words(words: object) -> Missing:
    listed = [words] if isinstance(words, (str, int, float)) else words
    if not isinstance(listed, Collection) or not all(_is_word(word) for word in listed):
        raise DataError(
            f"missing is a list of words and numbers, such as ['ND', -99], or such by column; not {shown(words)}."
        )
    texts = pd.Series([str(word).strip().casefold() for word in listed], dtype="str")
    numbers = numbers_or_missing(texts)
    return Missing(frozenset(texts[numbers.isna()]), frozenset(numbers.dropna()))


def _is_word(word: object) -> bool:
    """Whether it is a text or a number; an integer beyond all floats is in no column."""
    return isinstance(word, (str, float, np.floating)) or is_finite(word)


def _cells(column: pd.Series, missing: Missing) -> NDArray[np.bool_]:
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype != "bool":
        return column.isin(missing.numbers).to_numpy()
    if column.dtype.kind in "bM":
        return np.zeros(len(column), dtype=bool)
    codes, distinct = pd.factorize(column)
    texts = pd.Series(np.asarray(distinct, dtype=object), dtype="str").str.strip().str.casefold()
    named = texts.isin(missing.texts)
    if missing.numbers:
        named |= numbers_or_missing(texts).isin(missing.numbers)
    return np.append(named.to_numpy(dtype=bool), False)[codes]


def _without(column: pd.Series, cells: NDArray[np.bool_]) -> pd.Series:
    """The column with empty cells; of text it becomes numbers if nothing but numbers is left."""
    left = column.astype("float64").mask(cells) if column.dtype == "int64" else column.mask(cells)
    if not isinstance(left.dtype, pd.StringDtype):
        return left
    numbers = plain_numbers(left.mask(missing_text(left)))
    return left if numbers is None else pd.Series(numbers, index=left.index, name=left.name)


def _written(word: object) -> str:
    return f"{word:g}" if isinstance(word, float) else repr(word)
