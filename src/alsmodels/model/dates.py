"""Dates in a formula: a model takes numbers and levels, and a date is neither."""

import re
from collections.abc import Mapping

import pandas as pd
from pandas.api.extensions import ExtensionArray

from alsmodels.errors import DesignError, shown

__all__ = ["refuse_dates"]

_DATE = re.compile(
    r"\s*(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{2,4}|\d{1,2}[- ./]?[^\W\d_]{3,9}\.?[- ./]?\d{2,4})"
    r"(?:[ T]\d{1,2}:\d{2}.*)?\s*"
)


def refuse_dates(columns: Mapping[str, ExtensionArray]) -> None:
    """Refuse columns of dates, kept as dates or as texts that all are dates, before each becomes a level.

    Raises
    ------
    DesignError
        Naming the column, a value, and how to count days.
    """
    for name, values in columns.items():
        if pd.api.types.is_numeric_dtype(values.dtype):
            continue
        column = pd.Series(values)
        found = column.dropna() if column.dtype.kind == "M" else _dates_in(column)
        if found is not None and len(found):
            msg = (
                f"'{name}' holds dates, such as {shown(str(found.iloc[0]))}, and each would be a level of its own. "
                "Count "
                f"days instead, in a column of the table, (table['{name}'] - pd.Timestamp('2020-01-01')).dt.days, or "
                "days since each subject's first visit."
            )
            raise DesignError(msg)


def _dates_in(column: "pd.Series[str]") -> "pd.Series[str] | None":
    """The different texts, where all are dates; None where one is not."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        texts = pd.Series(column.cat.categories)
    elif isinstance(column.dtype, pd.StringDtype) or column.dtype == "object":
        texts = column
    else:
        return None
    if not len(texts) or not _is_date(next((text for text in texts if pd.notna(text)), None)):
        return None
    distinct = pd.Series(texts.dropna().unique())
    return distinct if all(_is_date(text) for text in distinct) else None


def _is_date(text: object) -> bool:
    return isinstance(text, str) and _DATE.fullmatch(text) is not None
