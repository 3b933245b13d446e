"""Columns of texts read as numbers, or as true and false, where all that are there are such."""

import pandas as pd

from alsmodels.data.texts import missing_text, numbers_or_missing, plain_numbers

__all__ = ["as_numbers"]

_INTEGER = r"[+-]?\d{1,18}"
_PADDED = r"[+-]?0\d+"
_LONG = r"[+-]?\d{16,}"


def as_numbers(column: pd.Series, *, keep: bool) -> pd.Series:
    """Read a column of texts as numbers, or as true and false, where all that are there are such.

    Parameters
    ----------
    column : pandas.Series
        The texts; texts that stand for a missing value become missing.
    keep : bool
        Whether the column is to stay text.

    Examples
    --------
    >>> as_numbers(pd.Series(["40", "NA", "38.5"]), keep=False).tolist()
    [40.0, nan, 38.5]
    """
    numbers = None if keep else plain_numbers(column)
    if numbers is not None:
        return pd.Series(numbers, index=column.index, name=column.name, copy=False)
    codes, distinct = pd.factorize(column, use_na_sentinel=False)
    texts = pd.Series(distinct)
    read = _read_distinct(texts, keep=keep)
    if read.equals(texts):
        return column
    return pd.Series(read.array.take(codes), index=column.index, name=column.name, copy=False)


def _read_distinct(column: pd.Series, *, keep: bool) -> pd.Series:
    missing = missing_text(column)
    present = column.where(~missing)
    if keep or missing.all() or present.str.strip().str.fullmatch(_PADDED, na=False).any():
        return present
    if not missing.any() and column.str.strip().str.fullmatch("true|false", case=False).all():
        return column.str.strip().str.lower() == "true"
    numbers = numbers_or_missing(present.str.strip())
    if (numbers.isna() & ~missing).any():
        return present
    whole = not missing.any() and column.str.strip().str.fullmatch(_INTEGER).all()
    if not whole and (present.str.strip().str.fullmatch(_LONG, na=False) & (numbers.abs() >= 2**53)).any():
        return present
    return column.str.strip().map(int).astype("int64") if whole else numbers
