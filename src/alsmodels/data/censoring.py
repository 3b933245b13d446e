"""Reading values that may be censored: ``<0.5`` is a measurement at its limit, not a missing one."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.texts import missing_text, numbers_or_missing

if TYPE_CHECKING:
    from alsmodels.data.outcomes import Outcome

__all__ = [
    "MARKS",
    "Readings",
    "apply_limits",
    "holds_censored_values",
    "is_limit_word",
    "read_limit_words",
    "read_values",
]

MARKS = ("none", "left", "right", "interval")
"""What a censoring mark may be; the upper end of an interval stands in the column ``<name>_upper``."""

_NUMBER = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_VALUE = rf"^\s*(?P<sign><=|>=|<|>|≤|≥)?\s*(?P<number>{_NUMBER}|[+-]?inf(?:inity)?)\s*$"
# Below or above a limit of quantification, or below one of detection, which lies lower; without blanks and points.
_BELOW_WORDS = "blq bloq bql <lloq <loq lloq belowlloq belowloq <lod <llod blod belowlod belowdetection"
_ABOVE_WORDS = "alq aloq aql >uloq uloq aboveuloq"
_BELOW, _ABOVE = frozenset(_BELOW_WORDS.split()), frozenset(_ABOVE_WORDS.split())
_LEFT, _RIGHT = np.int8(MARKS.index("left")), np.int8(MARKS.index("right"))
_SIDES = dict.fromkeys(("<", "<=", "≤"), _LEFT) | dict.fromkeys((">", ">=", "≥"), _RIGHT)


@final
@dataclass(frozen=True, slots=True)
class Readings:
    """A column read as numbers.

    Parameters
    ----------
    values : pandas.Series
        Floats; NaN where missing or unreadable, the limit where censored.
    sides : ndarray of int
        Shape (n,), the place in `MARKS` of each value's mark.
    unreadable : pandas.Series
        True where there was text that is no number.
    """

    values: pd.Series
    sides: NDArray[np.int8]
    unreadable: pd.Series

    @property
    def marks(self) -> pd.Series:
        """The mark of each value: "left", "right", "interval" or "none"."""
        return pd.Series(MARKS, dtype="str").take(self.sides).set_axis(self.values.index)


def read_values(column: pd.Series) -> Readings:
    """Read a column of numbers and texts such as ``0.7``, ``<0.5``, ``> 48`` or ``≤2``.

    Blank text, ``.``, ``NA``, ``N/A``, ``NaN`` and ``null`` are missing, whatever their case.

    Examples
    --------
    >>> read_values(pd.Series(["0.7", "< 0.5", "", "n.d."])).values.tolist()
    [0.7, 0.5, nan, nan]
    """
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        return _plain(column)
    if not isinstance(column.dtype, pd.StringDtype):
        column = column.astype("object").map(str, na_action="ignore")
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    read = _read_texts(pd.Series(distinct).astype("str"))
    values, unreadable = (part.take(codes).set_axis(column.index) for part in (read.values, read.unreadable))
    return Readings(values, read.sides[codes], unreadable)


def holds_censored_values(column: pd.Series) -> bool:
    """Say whether a text column is a measurement with censored values.

    It is one if it holds a censored value and a plain number and most of its values are one or the other;
    age groups such as ``<65``, ``65-80`` and ``>80`` are not.

    Examples
    --------
    >>> holds_censored_values(pd.Series(["0.7", "<0.5"]))
    True
    >>> holds_censored_values(pd.Series(["<65", "65-80", ">80"]))
    False
    """
    if not (column.dtype == "object" or isinstance(column.dtype, pd.StringDtype)):
        return False
    if not column.astype("str").str.contains("[<>≤≥]", na=False).any():
        return False
    readings = read_values(column)
    censored = readings.sides != 0
    plain = readings.values.notna() & ~censored
    return bool(censored.any() and plain.any() and (censored | plain).sum() > readings.unreadable.sum())


def is_limit_word(texts: pd.Series) -> pd.Series:
    """Say which texts are words for a value beyond a limit, such as BLQ, without the limit itself.

    Examples
    --------
    >>> is_limit_word(pd.Series(["BLQ", "< LLOQ", "ND"])).tolist()
    [True, True, False]
    """
    return _bare(texts).isin(_BELOW | _ABOVE)


def apply_limits(readings: Readings, outcome: "Outcome") -> Readings:
    """Keep values beyond the limits of quantification at the limit, and mark them.

    A number below the `lloq` becomes the `lloq`, marked "left"; above the `uloq`, the `uloq`, marked "right".

    Examples
    --------
    >>> from alsmodels.data.outcomes import Outcome
    >>> limited = apply_limits(read_values(pd.Series([0.2, 0.5])), Outcome("il6", lloq=0.5))
    >>> limited.values.tolist(), limited.marks.tolist()
    ([0.5, 0.5], ['left', 'none'])
    """
    values, sides = readings.values, readings.sides
    if outcome.lloq is not None:
        below = (values < outcome.lloq) & np.isfinite(values)
        values, sides = values.mask(below, outcome.lloq), np.where(below, _LEFT, sides)
    if outcome.uloq is not None:
        above = (values > outcome.uloq) & np.isfinite(values)
        values, sides = values.mask(above, outcome.uloq), np.where(above, _RIGHT, sides)
    return Readings(values, sides, readings.unreadable)


def read_limit_words(readings: Readings, texts: pd.Series, outcome: "Outcome") -> Readings:
    """Read words such as BLQ as values at the limit that the outcome has; without the limit they stay unreadable.

    Examples
    --------
    >>> from alsmodels.data.outcomes import Outcome
    >>> texts = pd.Series(["0.7", "BLQ", "ND"])
    >>> read = read_limit_words(read_values(texts), texts, Outcome("il6", lloq=0.5))
    >>> read.values.tolist(), read.marks.tolist(), read.unreadable.tolist()
    ([0.7, 0.5, nan], ['none', 'left', 'none'], [False, False, True])
    """
    if not readings.unreadable.any():
        return readings
    words, values, sides, unreadable = _bare(texts), readings.values, readings.sides, readings.unreadable
    for limit, known, side in ((outcome.lloq, _BELOW, _LEFT), (outcome.uloq, _ABOVE, _RIGHT)):
        if limit is not None:
            cells = unreadable & words.isin(known)
            values, sides = values.mask(cells, limit), np.where(cells, side, sides)
            unreadable = unreadable & ~cells
    return Readings(values, sides, unreadable)


def _bare(texts: pd.Series) -> pd.Series:
    return texts.astype("str").str.replace(r"[\s._-]", "", regex=True).str.casefold()


def _read_texts(text: pd.Series) -> Readings:
    plain = text.str.fullmatch(_NUMBER, na=False)  # most texts are, and need not be taken apart
    parts = text[~plain].str.extract(_VALUE, flags=2)
    number = text.where(plain, parts["number"].str.lower().reindex(text.index))
    sides = np.zeros(len(text), dtype=np.int8)
    sides[~plain.to_numpy()] = parts["sign"].map(_SIDES).fillna(0)
    return Readings(numbers_or_missing(number), sides, number.isna() & ~missing_text(text))


def _plain(column: pd.Series) -> Readings:
    if column.dtype != np.float64:
        column = pd.Series(column.to_numpy(dtype="float64", na_value=np.nan), index=column.index, copy=False)
    return Readings(column, np.zeros(len(column), dtype=np.int8), pd.Series(data=False, index=column.index))
