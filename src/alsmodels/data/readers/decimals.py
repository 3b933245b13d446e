"""Decimal commas: found where nothing else can be meant, and asked about where something can.

41,5 is a number with a decimal comma, and 1,234,567 one with commas between thousands; 1,234 may be either. A table is
written with one decimal sign: a column with certain commas tells how the others are to be read, and one with certain
points beside it contradicts.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import final

import pandas as pd
import pyarrow.compute as pc

from alsmodels.data.readers.numbers import as_numbers
from alsmodels.data.texts import missing_text, to_arrow
from alsmodels.errors import ReadError

__all__ = ["settle_decimals"]

_SIGNS = r"[<>≤≥]?=?\s*[+-]?"
_EXPONENT = r"(?:[eE][+-]?\d+)?"
_NUMBER_LIKE = rf"{_SIGNS}(?:\d+(?:[.,]\d+)*|[.,]\d+){_EXPONENT}"
_COMMA = rf"{_SIGNS}\d*,\d+{_EXPONENT}"
_EITHER = rf"{_SIGNS}[1-9]\d{{0,2}},\d{{3}}"
_POINT = rf"{_SIGNS}\d*\.\d+{_EXPONENT}"
_EITHER_POINT = rf"{_SIGNS}[1-9]\d{{0,2}}(?:\.\d{{3}})+"
_ANY = r".*"
_BOTH = rf"{_SIGNS}[\d.,]*(?:,[\d.,]*[.,]|\.[\d.,]*,)[\d.,]*{_EXPONENT}"


@final
@dataclass(frozen=True, slots=True)
class _Place:
    """A cell, by its column and row."""

    column: str
    row: int
    text: str

    def __str__(self) -> str:
        return f"the column {self.column!r} (row {self.row}: {self.text!r})"


def settle_decimals(
    read: Mapping[str, pd.Series],
    texts: Mapping[str, pd.Series],
    *,
    keep: Collection[str],
    decimal: str | None,
    may_find: bool,
    where: object,
) -> tuple[dict[str, pd.Series], str | None]:
    """Read numbers with decimal commas, and say where one is; None where there is none.

    Parameters
    ----------
    read : mapping of str to pandas.Series
        The columns, numbers with decimal points read.
    texts : mapping of str to pandas.Series
        The columns that were texts, as they are written.
    keep : collection of str
        Columns that stay text.
    decimal : str or None
        The decimal sign that the user says; None to find it.
    may_find : bool
        Whether decimal commas may be found, and not only said.
    where : object
        The table, for an error.

    Raises
    ------
    ReadError
        If the table has commas between thousands, or can be read in two ways.
    """
    written = {name: text for name, text in texts.items() if name not in keep}
    open_ones = {name: text for name, text in written.items() if isinstance(read[name].dtype, pd.StringDtype)}
    commas = {name: column for name, text in open_ones.items() if len(column := _numbers_with(text, ","))}
    _refuse_thousands(commas, decimal, where)
    if not commas:
        return dict(read), None
    comma = _certain_comma(commas, decimal, where)
    if decimal is None and not may_find:
        raise ReadError(
            f"{where}: {comma} is written with decimal commas, or holds several numbers. If commas are decimal, say "
            "decimal=','; if not, write something else between the numbers."
        )
    for name, text in written.items():
        _check_points(name, text, comma, said=decimal is not None, where=where)
    return {**read, **{name: as_numbers(_with_points(texts[name]), keep=False) for name in commas}}, str(comma)


def _refuse_thousands(commas: Mapping[str, pd.Series], decimal: str | None, where: object) -> None:
    place = next(_cells(commas, _BOTH if decimal != "." else _ANY, matching=True), None)
    if place is not None:
        raise ReadError(
            f"{where}: {place} is written with commas or points between thousands; write 1234.5 with a point and no "
            "other sign."
        )


def _certain_comma(commas: Mapping[str, pd.Series], decimal: str | None, where: object) -> _Place:
    certain = next(_cells(commas, _EITHER, matching=False), None)
    place = certain or next(_cells(commas, _EITHER, matching=True))
    if certain is None and decimal is None:
        text = place.text.lstrip("<>≤≥= +-")
        raise ReadError(
            f"{where}: in {place} the comma may be decimal, so that {text} is {text.replace(',', '.')}, or stand "
            f"between thousands, so that it is {text.replace(',', '')}. If it is decimal, say decimal=','; if not, "
            "write numbers without commas."
        )
    return place


def _check_points(name: str, text: pd.Series, comma: _Place, *, said: bool, where: object) -> None:
    """Refuse decimal points beside decimal commas; where the user says that commas are decimal, only unclear ones."""
    found = _numbers_with(text, ".")
    points = {name: found[found.str.fullmatch(rf"{_POINT}|{_EITHER_POINT}")]}  # 25.01.2021 is no number
    certain = next(_cells(points, _EITHER_POINT, matching=False), None)
    unclear = next(_cells(points, _EITHER_POINT, matching=True), None)
    if certain is None and unclear is not None:
        raise ReadError(
            f"{where}: in {unclear} the point may be decimal or stand between thousands, since {comma} has a decimal "
            "comma. Write all numbers of the table with one decimal sign, and none between thousands."
        )
    if certain is not None and not said:
        raise ReadError(
            f"{where}: {comma} has a decimal comma, and {certain} a decimal point. Write all numbers of the table with "
            "one decimal sign; or say decimal=',' if both are decimal signs."
        )


def _with_points(column: pd.Series) -> pd.Series:
    """Write decimal points for the decimal commas of a column of numbers; other columns stay as they are.

    Examples
    --------
    >>> _with_points(pd.Series(["41,5", "<0,5", "ND", "3"])).tolist()
    ['41.5', '<0.5', 'ND', '3']
    >>> _with_points(pd.Series(["1,2", "knee, left", "hip, right"])).tolist()
    ['1,2', 'knee, left', 'hip, right']
    """
    if not len(_numbers_with(column, ",")):
        return column
    number = column.str.strip().str.fullmatch(_COMMA, na=False)
    return column.where(~number, column.str.replace(",", ".", regex=False))


def _numbers_with(column: pd.Series, sign: str) -> pd.Series:
    """The number-like cells of a column that have a sign in them; none unless most cells are numbers.

    Cells that are alike are told once, by their first row.
    """
    if not pc.any(pc.match_substring(to_arrow(column), sign)).as_py():
        return column.iloc[:0]
    distinct = column.drop_duplicates()
    distinct = distinct[~missing_text(distinct)].str.strip()
    like = distinct.str.fullmatch(_NUMBER_LIKE, na=False)
    if 2 * like.sum() <= len(like):
        return column.iloc[:0]
    numbers = distinct[like]
    return numbers[numbers.str.contains(sign, regex=False)]


def _cells(columns: Mapping[str, pd.Series], pattern: str, *, matching: bool) -> Iterator[_Place]:
    for name, column in columns.items():
        found = column[column.str.fullmatch(pattern, na=False) == matching]
        if len(found):
            yield _Place(name, int(found.index[0]) + 1, str(found.iloc[0]))
