"""Study days of ADaM tables that have dates and no ADY: from ADT or ADTM, and the first day of treatment.

Dates are numbers of days as SAS counts them (ADTM: of seconds), columns of dates, or ISO texts. Study days have no day
0: the first day of treatment is day 1, the day before it day -1.
"""

from dataclasses import replace

import pandas as pd

from alsmodels.data.columns import as_names, as_text
from alsmodels.data.dates import find_orders, name_format, read_dates
from alsmodels.data.findings import Finding
from alsmodels.data.readers.adam_tables import AdamTables
from alsmodels.errors import DataError, shown

__all__ = ["with_study_days"]

_DATES = ("ADT", "ADTM")
_STARTS = ("TRTSDT", "TRTSDTM")
_SECONDS = 86_400
_WHOLE_DATE = (10_000_000, 100_000_000)


def with_study_days(tables: AdamTables) -> tuple[AdamTables, tuple[Finding, ...]]:
    """Add ADY to the tables that have dates in its place, and say so.

    Raises
    ------
    DataError
        If nothing says when treatment began, or a date cannot be read.
    """
    found: list[Finding] = []
    bds = {name: _with_day(table, name, tables.adsl, found, needed=True) for name, table in tables.bds.items()}
    adtte = None if tables.adtte is None else _with_day(tables.adtte, "ADTTE", tables.adsl, found, needed=False)
    return replace(tables, bds=bds, adtte=adtte), tuple(found)


def _with_day(
    table: pd.DataFrame, name: str, adsl: pd.DataFrame, found: list[Finding], *, needed: bool
) -> pd.DataFrame:
    date = next((column for column in _DATES if column in table.columns), None)
    if "ADY" in table.columns or date is None:
        return table
    start = _start(table, adsl)
    if start is None:
        if not needed:
            return table
        raise DataError(
            f"{name} has {date} and no ADY, and neither it nor ADSL has {as_names(_STARTS)}, from which study days are "
            "counted; give one of them."
        )
    source, began = start
    days, form = _days(table[date], date, name)
    elapsed = days - began
    message = f"{name} has no ADY; study days were counted from {date} ({form}) and {source}."
    found.append(Finding("weeks-from-dates", "note", date, (), message, "Give ADY to say otherwise."))
    return table.assign(ADY=elapsed + (elapsed >= 0))


def _start(table: pd.DataFrame, adsl: pd.DataFrame) -> tuple[str, pd.Series] | None:
    """Where the first day of treatment stands, in words, and that day for each row of the table."""
    own = next((column for column in _STARTS if column in table.columns), None)
    if own is not None:
        return own, _days(table[own], own, "its table")[0]
    column = next((column for column in _STARTS if column in adsl.columns), None)
    if column is None:
        return None
    once = adsl.assign(USUBJID=as_text(adsl["USUBJID"])).drop_duplicates("USUBJID")
    began = pd.Series(_days(once[column], column, "ADSL")[0].to_numpy(), index=once["USUBJID"].to_numpy())
    return f"{column} of ADSL", as_text(table["USUBJID"]).map(began).astype("float64")


def _days(column: pd.Series, name: str, where: str) -> tuple[pd.Series, str]:
    """Days since 1970-01-01 and how they were read; refuses a date that is none."""
    if (
        pd.api.types.is_numeric_dtype(column.dtype)
        and not column.dropna().between(*_WHOLE_DATE, inclusive="left").all()
    ):
        days = column // _SECONDS if name.endswith("DTM") else column
        return read_dates(days.astype("float64"), "sas").days, f"{'seconds' if name.endswith('DTM') else 'days'} of SAS"
    form = find_orders({name: column}, None)[name]
    read = read_dates(column, form)
    if read.unreadable.any():
        place = int(read.unreadable.argmax())
        raise DataError(f"{where}: {name} is no date in row {column.index[place]}: {shown(str(column.iloc[place]))}.")
    return read.days, name_format(form)
