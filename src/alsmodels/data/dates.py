"""Dates as hospitals and spreadsheets write them, as days since 1970-01-01.

A date is the day that is written: a time of day and a time zone beside it are not counted. What can be read in two
ways, such as 03/04/2021, is decided by the other dates of the column, or asked about; it is never guessed.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, final

import numpy as np
import pandas as pd

from alsmodels.data.numbering import Mask
from alsmodels.data.texts import missing_text
from alsmodels.errors import DataError, shown

__all__ = ["DateFormat", "DateReadings", "find_orders", "name_format", "read_dates", "tell_forms"]

DateFormat = Literal["ymd", "dmy", "mdy", "excel", "sas", "r"]
"""The order of year, month and day; or the program whose numbers of days the dates are."""

_ORIGINS: Mapping[str, int] = MappingProxyType({"excel": -25_569, "sas": -3_653, "r": 0})
"""Day 0 of each program, in days since 1970-01-01."""

_SAID: Mapping[str, str] = MappingProxyType(
    {
        "ymd": "year-month-day",
        "dmy": "day/month/year",
        "mdy": "month/day/year",
        "excel": "days of a spreadsheet",
        "sas": "days since 1960-01-01",
        "r": "days since 1970-01-01",
    }
)
_ENGLISH = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTHS = MappingProxyType(
    {name: number for number, name in enumerate(_ENGLISH, 1)} | {"mär": 3, "mrz": 3, "mai": 5, "okt": 10, "dez": 12}
)
_TIME = (
    r"(?:(?:T|:|\s)\s*\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[ap]\.?m\.?)?\s*(?:Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?)?"
)
_YEAR_FIRST = re.compile(rf"(?P<year>\d{{4}})([-/.])(?P<month>\d{{1,2}})\2(?P<day>\d{{1,2}}){_TIME}", re.IGNORECASE)
_COMPACT = re.compile(rf"(?P<year>\d{{4}})(?P<month>\d{{2}})(?P<day>\d{{2}}){_TIME}", re.IGNORECASE)
_YEAR_LAST = re.compile(rf"(?P<first>\d{{1,2}})([-/.])(?P<second>\d{{1,2}})\2(?P<year>\d{{4}}){_TIME}", re.IGNORECASE)
_NAMED = re.compile(
    rf"(?:(?P<day>\d{{1,2}})[-.\s]*(?P<month>[^\W\d_]{{3,9}})|(?P<word>[^\W\d_]{{3,9}})\.?\s*(?P<number>\d{{1,2}}),?)"
    rf"\.?[-\s]*(?P<year>\d{{4}}){_TIME}",
    re.IGNORECASE,
)
_MOST_DAYS, _MOST_MONTHS, _WHOLE_DATE = 31, 12, (10_000_000, 100_000_000)

_Parts = tuple[int, int, int, bool]
"""A date as it is written: year and two numbers, and whether these may be exchanged; else month and day."""


@final
@dataclass(frozen=True, slots=True)
class DateReadings:
    """A column read as dates.

    Parameters
    ----------
    days : pandas.Series
        Days since 1970-01-01; NaN where missing or unreadable.
    unreadable : ndarray of bool
        Shape (n,), where something is written that is no date of the calendar.
    """

    days: pd.Series
    unreadable: Mask


def name_format(form: str) -> str:
    """Say a form of dates in words.

    Examples
    --------
    >>> name_format("dmy")
    'day/month/year'
    """
    return _SAID[form]


def tell_forms(column: pd.Series, form: DateFormat) -> str:
    """Say in words how the dates of a column are written, which is in several ways at times.

    Examples
    --------
    >>> tell_forms(pd.Series(["2021-02-01", "01.03.2021", "1. Apr 2021"]), "dmy")
    'day/month/year, names of months and year-month-day'
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _SAID["ymd"]
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype != "bool" and form in _ORIGINS:
        return _SAID[form]
    texts = [text for text in _as_texts(column).dropna().unique() if _parts(text) is not None]
    by_name = {text for text in texts if _NAMED.fullmatch(text)}
    in_order = {text for text in texts if _YEAR_LAST.fullmatch(text)}
    told = [
        _SAID[form] if in_order else "",
        "names of months" if by_name else "",
        _SAID["ymd"] if len(texts) > len(by_name | in_order) else "",
    ]
    *first, last = [words for words in told if words] or [_SAID[form]]
    return f"{', '.join(first)} and {last}" if first else last


def find_orders(columns: Mapping[str, pd.Series], given: DateFormat | None) -> dict[str, DateFormat]:
    """Find in which order each column of dates is written.

    A column whose own dates do not tell takes the order of the others, if these have one.

    Parameters
    ----------
    columns : mapping of str to pandas.Series
        Name, for an error, to the column.
    given : {"ymd", "dmy", "mdy", "excel", "sas", "r"} or None
        What the user says of all of them.

    Raises
    ------
    DataError
        If a column can be read in two ways or contradicts itself, or holds numbers.

    Examples
    --------
    >>> find_orders({"visit": pd.Series(["25/01/2021", "03/04/2021"])}, None)
    {'visit': 'dmy'}
    """
    if given is not None:
        return dict.fromkeys(columns, given)
    told = {name: _order(column, name) for name, column in columns.items()}
    others: set[DateFormat] = {order for order in told.values() if order is not None and order != "ymd"}
    for name, order in told.items():
        if order is None and len(others) != 1:
            raise DataError(_ambiguous(name, _ambiguous_example(columns[name])))
    return {name: order if order is not None else next(iter(others)) for name, order in told.items()}


def read_dates(column: pd.Series, form: DateFormat) -> DateReadings:
    """Read a column of dates, texts or numbers of days.

    Examples
    --------
    >>> read_dates(pd.Series(["2021-01-15T09:30", "15.01.2021", "", "30.02.2021"]), "dmy").days.tolist()
    [18642.0, 18642.0, nan, nan]
    """
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return _of_days(_whole_days(column), column.notna().to_numpy(), column.index)
    if pd.api.types.is_numeric_dtype(column.dtype) and column.dtype != "bool" and form in _ORIGINS:
        numbers = np.floor(column.to_numpy(dtype="float64", na_value=np.nan)) + _ORIGINS[form]
        return _of_days(numbers, column.notna().to_numpy(), column.index)
    codes, distinct = pd.factorize(_as_texts(column), use_na_sentinel=False)
    texts = pd.Series(distinct).astype("str")
    said = ~missing_text(texts).to_numpy()
    days = _text_days(texts, form)
    return _of_days(days[codes], said[codes], column.index)


def _of_days(days: np.ndarray, said: Mask, index: pd.Index) -> DateReadings:
    return DateReadings(pd.Series(days, index=index), said & np.isnan(days))


def _whole_days(column: pd.Series) -> np.ndarray:
    days = column.to_numpy(dtype="datetime64[D]")
    return np.where(np.isnat(days), np.nan, days.astype("int64").astype("float64"))


def _as_texts(column: pd.Series) -> pd.Series:
    """Write a column as texts; a whole number of eight digits is a date without signs between."""
    if pd.api.types.is_float_dtype(column.dtype):
        return column.astype("object").map(lambda number: f"{number:.15g}", na_action="ignore").astype("str")
    return column.astype("object").map(str, na_action="ignore").astype("str").str.strip()


def _text_days(texts: pd.Series, form: DateFormat) -> np.ndarray:
    dates = [_iso(parts, form) if (parts := _parts(text)) else None for text in texts.fillna("")]
    return _whole_days(pd.to_datetime(pd.Series(dates, dtype="str"), format="%Y-%m-%d", errors="coerce"))


def _iso(parts: _Parts, form: DateFormat) -> str | None:
    year, first, second, exchangeable = parts
    if year < 1 or (exchangeable and form not in {"dmy", "mdy"}):
        return None
    month, day = (second, first) if exchangeable and form == "dmy" else (first, second)
    return f"{year:04d}-{month:02d}-{day:02d}"


def _parts(text: str) -> _Parts | None:
    """Take a date apart; None if it is none."""
    if match := _YEAR_FIRST.fullmatch(text) or _COMPACT.fullmatch(text):
        return int(match["year"]), int(match["month"]), int(match["day"]), False
    if match := _YEAR_LAST.fullmatch(text):
        return int(match["year"]), int(match["first"]), int(match["second"]), True
    if match := _NAMED.fullmatch(text):
        month = _MONTHS.get((match["month"] or match["word"])[:3].casefold())
        return (int(match["year"]), month, int(match["day"] or match["number"]), False) if month else None
    return None


def _order(column: pd.Series, name: str) -> DateFormat | None:
    """The order that the dates of a column tell; None if they can be read in two ways."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        return "ymd"
    _refuse_numbers(column, name)
    texts = _as_texts(column).dropna().unique()
    written = {text: parts for text in texts if (parts := _parts(text)) is not None and parts[3]}
    days_first = [text for text, (_, first, second, _) in written.items() if _MOST_MONTHS < first <= _MOST_DAYS]
    months_first = [text for text, (_, first, second, _) in written.items() if _MOST_MONTHS < second <= _MOST_DAYS]
    if days_first and months_first:
        raise DataError(
            f"The column {shown(name)} holds {shown(days_first[0])}, where the day is first, and "
            f"{shown(months_first[0])}, where the "
            "month is. Write all dates as 2021-01-25; or say Roles(..., date_format='dmy') or 'mdy', and the others "
            "are found and shown."
        )
    if days_first or months_first:
        return "dmy" if days_first else "mdy"
    if not written:
        return "ymd"
    return "dmy" if all("." in text or first == second for text, (_, first, second, _) in written.items()) else None


def _refuse_numbers(column: pd.Series, name: str) -> None:
    if not pd.api.types.is_numeric_dtype(column.dtype) or column.dtype == "bool":
        return
    present = column.dropna()
    if len(present) and not present.between(*_WHOLE_DATE, inclusive="left").all():
        raise DataError(
            f"The column {shown(name)} holds numbers such as {present.iloc[0]:g}, not dates. Say what they count: "
            "Roles(..., date_format='excel') for days of a spreadsheet, 'sas' for days since 1960-01-01, 'r' for days "
            "since 1970-01-01; or time_unit='day' if they are days since baseline."
        )


def _ambiguous_example(column: pd.Series) -> str:
    texts: list[str] = _as_texts(column).dropna().unique().tolist()
    return next(text for text in texts if (parts := _parts(text)) and parts[3] and parts[1] != parts[2])


def _ambiguous(name: str, text: str) -> str:
    _, first, second, _ = _parts(text) or (0, 0, 0, True)
    return (
        f"The column {name!r} holds dates such as {text!r}, and none of them says whether it is day {first} of month "
        f"{second} or day {second} of month {first}. Say which is first: Roles(..., date_format='dmy') for the day, "
        "'mdy' for the month."
    )
