"""Events of an ADTTE table: the records that are not censored."""

from collections.abc import Collection, Mapping
from types import MappingProxyType

import pandas as pd

from alsmodels.data.columns import as_text
from alsmodels.data.events import empty_events
from alsmodels.data.flow import Flow
from alsmodels.data.readers.adam_records import adam_weeks, read_numbers
from alsmodels.errors import DataError

__all__ = ["EVENT_CODES", "read_events"]

EVENT_CODES: Mapping[str, str] = MappingProxyType({"OS": "death", "DEATH": "death"})
"""PARAMCD of ADTTE that are kinds of event without being told."""


def read_events(
    adtte: pd.DataFrame | None, kinds: Mapping[str, str], *, subjects: Collection[str]
) -> tuple[pd.DataFrame, Flow]:
    """Return subject, event and week of the records with CNSR 0, and the count.

    The week is that of ADY, or of AVAL in days from day 1 where there is no ADY.
    """
    if adtte is None:
        return empty_events(), Flow(0, 0)
    table = adtte.assign(USUBJID=as_text(adtte["USUBJID"]), PARAMCD=as_text(adtte["PARAMCD"]))
    flow = Flow(len(table), table["USUBJID"].nunique())
    here, flow = _keep(table, flow, "left out: their subject is left out", table["USUBJID"].isin(list(subjects)))
    happened, flow = _keep(here, flow, "left out: censored (CNSR is not 0)", _censoring(here) == 0)
    names = {**EVENT_CODES, **kinds}
    kind = happened["PARAMCD"].map(names).astype("str").fillna(happened["PARAMCD"])
    week = adam_weeks(_days(happened))
    return pd.DataFrame({"subject": happened["USUBJID"], "event": kind, "week": week}), flow


def _keep(table: pd.DataFrame, flow: Flow, step: str, kept: pd.Series) -> tuple[pd.DataFrame, Flow]:
    if kept.all():
        return table, flow
    left = table[kept]
    lost = table["USUBJID"].nunique() - left["USUBJID"].nunique()
    return left, flow.without(step, rows=len(table) - len(left), subjects=lost)


def _censoring(table: pd.DataFrame) -> pd.Series:
    numbers = read_numbers(table["CNSR"], "ADTTE", "CNSR")
    if numbers.isna().any():
        raise DataError(f"ADTTE: CNSR is missing in row {numbers.isna().idxmax()}; 0 is an event, others are none.")
    return numbers


def _days(table: pd.DataFrame) -> pd.Series:
    if "ADY" in table.columns:
        return read_numbers(table["ADY"], "ADTTE", "ADY")
    units = set(as_text(table["AVALU"]).str.upper().dropna()) if "AVALU" in table.columns else set()
    if units - {"DAY", "DAYS"}:
        raise DataError(f"ADTTE: AVAL is in {min(units)}; give ADY, or AVAL in days.")
    return read_numbers(table["AVAL"], "ADTTE", "AVAL")
