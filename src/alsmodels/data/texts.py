"""Columns of text as Arrow arrays, where what is done to them costs little however long they are."""

from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["from_arrow", "missing_text", "numbers_or_missing", "plain_numbers", "to_arrow", "without_mark"]

_MISSING = ("", ".", "na", "n/a", "nan", "null", "<na>", "nat")
_SPELLINGS = ["".join(signs) for word in _MISSING for signs in product(*({sign, sign.upper()} for sign in word))]
_PLAIN = r"-?[0-9]+(?:\.[0-9]+)?"
_SIGNS = ("", "+", "-")
_MOST_WHOLE = 10**18
_EXACT = 2**53


def without_mark(text: Any) -> Any:
    r"""Take away the byte order mark with which Windows editors begin a text; what is no text stays as it is.

    Examples
    --------
    >>> without_mark("\ufeff{}")
    '{}'
    """
    return text.removeprefix("\ufeff") if isinstance(text, str) else text


def to_arrow(column: pd.Series) -> Any:
    """Return a column of dtype str as an Arrow array or chunked array, without a copy where pandas holds it so."""
    return pa.array(column)


def from_arrow(text: pa.ChunkedArray) -> pd.Series:
    """Return a chunked array of text as a column of dtype str, with rows from 0."""
    column: pd.Series = text.to_pandas(types_mapper=lambda _: pd.StringDtype(na_value=np.nan))
    return column


def missing_text(text: pd.Series) -> pd.Series:
    """Say which texts stand for a missing value.

    Examples
    --------
    >>> missing_text(pd.Series([" ", "NA", "0"])).tolist()
    [True, True, False]
    """
    return text.isna() | text.str.strip().isin(_SPELLINGS)


def numbers_or_missing(text: pd.Series) -> pd.Series:
    """Read each text as the nearest float; NaN where it is no number.

    Examples
    --------
    >>> numbers_or_missing(pd.Series(["3e23", "+5", "five"], dtype="str")).tolist()
    [3e+23, 5.0, nan]
    """
    plain = text.str.fullmatch(_PLAIN, na=False)
    numbers = pd.Series(to_arrow(text.where(plain)).cast(pa.float64()).to_numpy(zero_copy_only=False), index=text.index)
    # What pandas takes for a number is right; its rounding may be one unit in the last place off.
    others = text[~plain].astype("object")
    known = pd.to_numeric(others, errors="coerce").notna()
    return numbers.where(plain, others.where(known).map(float, na_action="ignore").astype("float64"))


def plain_numbers(column: pd.Series) -> NDArray[Any] | None:
    """Read texts as numbers, if every one that is there is plainly one.

    Not plain are, in a column of whole numbers, those written ``007``, ``+5``, ``5.0`` or with more than 18 digits; and
    in another those so large that a float may not hold them to the last digit.

    Returns
    -------
    numpy.ndarray or None
        int64 if all are there and whole, else float64 with NaN where a text stands for a missing value. None if a
        text is not plainly a number, or none is there.

    Examples
    --------
    >>> plain_numbers(pd.Series(["40", " 38.5", "NA"])).tolist()
    [40.0, 38.5, nan]
    >>> plain_numbers(pd.Series(["007", "1"])) is None
    True
    """
    text = to_arrow(column)
    values = _cast(text)
    if values is None:
        text = _without_missing(text)
        values = _cast(text)
    if values is None:
        text = _without_missing(pc.utf8_trim_whitespace(text))
        values = _cast(text)
    if values is None or values.null_count == len(values):
        return None
    floats: NDArray[np.float64] = values.to_numpy(zero_copy_only=False)
    whole = floats == np.floor(floats)
    if whole.any() and _any_padded(text.filter(pa.array(whole))):
        return None
    if whole.all():
        return _whole_numbers(text)
    return None if (np.abs(floats) >= _EXACT).any() else floats


def _without_missing(text: Any) -> Any:
    return pc.if_else(pc.is_in(text, value_set=pa.array(_SPELLINGS, text.type)), None, text)


def _cast(text: Any) -> Any:
    try:
        values = text.cast(pa.float64())
    except pa.ArrowInvalid:
        return None
    return None if pc.any(pc.is_nan(values)).as_py() else values


def _any_padded(text: Any) -> bool:
    """Whether there are whole numbers with leading zeros."""
    for sign in _SIGNS:
        begun = pc.starts_with(text, f"{sign}0")
        if pc.any(begun).as_py() and pc.any(pc.match_substring_regex(text.filter(begun), r"^[+-]?0\d+$")).as_py():
            return True
    return False


def _whole_numbers(text: Any) -> NDArray[np.int64] | None:
    try:
        whole: NDArray[np.int64] = text.cast(pa.int64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    return whole if ((whole > -_MOST_WHOLE) & (whole < _MOST_WHOLE)).all() else None
