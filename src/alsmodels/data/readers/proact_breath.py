"""The tables FVC and SVC: vital capacity in litres and in percent of what is normal.

The largest of up to three trials counts (Graham et al. 2019, Am. J. Respir. Crit. Care Med. 200:e70). Where the
units say "Percent Predicted", the columns called litres already hold the percent.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
import pandas as pd

from alsmodels.data.breaches import counted
from alsmodels.data.columns import as_text
from alsmodels.data.findings import Finding
from alsmodels.data.outcomes import Outcome
from alsmodels.data.readers.proact_columns import ProactTable, fold, note, read_numbers

__all__ = ["breath_outcomes", "read_breath"]

_DELTAS: Mapping[str, str] = MappingProxyType(
    {"FVC": "Forced_Vital_Capacity_Delta", "SVC": "Slow_vital_Capacity_Delta"}
)
_UNITS: Mapping[str, str] = MappingProxyType({"FVC": "Forced_Vital_Capacity_Units", "SVC": "Slow_Vital_Capacity_Units"})
_LABELS: Mapping[str, str] = MappingProxyType({"FVC": "Forced vital capacity", "SVC": "Slow vital capacity"})
_LITRES = tuple(f"Subject_Liters_Trial_{trial}" for trial in (1, 2, 3))
_PERCENTS = tuple(f"pct_of_Normal_Trial_{trial}" for trial in (1, 2, 3))
_NORMAL = "Subject_Normal"

_LITRE_UNITS = frozenset({"l", "liter", "liters", "litre", "litres"})
_MOST_LITRES = 12.0
"""More than any lung holds (an assumption): a larger number is not taken for litres, whatever the unit."""


def breath_outcomes(name: str) -> tuple[Outcome, Outcome]:
    """Return the outcomes of the table FVC or SVC.

    Examples
    --------
    >>> [outcome.title for outcome in breath_outcomes("FVC")]
    ['Forced vital capacity (L)', 'Forced vital capacity (% of normal)']
    """
    stem, label = name.lower(), _LABELS[name]
    litres = Outcome(f"{stem}_litres", label=label, unit="L", lower=0, direction="higher is better")
    percent = Outcome(f"{stem}_percent", label=label, unit="% of normal", lower=0, direction="higher is better")
    return litres, percent


def read_breath(table: ProactTable) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read vital capacity in litres and percent.

    The percent is the largest of the trials' own; where these are missing, it is the litres in percent of
    Subject_Normal.

    Parameters
    ----------
    table : ProactTable
        The table FVC or SVC.

    Returns
    -------
    pandas.DataFrame
        subject, day, file, row; fvc_litres and fvc_percent, or svc_litres and svc_percent.
    tuple of Finding
        What was met: percents in the columns of litres, percents made of litres, numbers whose unit nobody knows.
    """
    numbers, findings = read_numbers(table, [_DELTAS[table.name], *_LITRES, *_PERCENTS, _NORMAL])
    units = _units(table)
    told = numbers[list(_LITRES)].max(axis=1)
    as_percent = units.eq("percent").fillna(value=False)
    unclear = ~as_percent & ((told > _MOST_LITRES) | told.notna() & ~(units.isna() | units.isin(_LITRE_UNITS)))
    litres = told.mask(as_percent | unclear)
    own = numbers[list(_PERCENTS)].max(axis=1).fillna(told.where(as_percent))
    made = own.isna() & litres.notna() & (numbers[_NORMAL] > 0)
    stem = table.name.lower()
    frame = pd.DataFrame(
        {
            "subject": table.frame["subject"],
            "day": numbers[_DELTAS[table.name]],
            "file": table.file,
            "row": table.frame.index,
            f"{stem}_litres": litres,
            f"{stem}_percent": own.where(~made, 100 * litres / numbers[_NORMAL].where(made, np.nan)),
        }
    )
    return frame, (*findings, *_notes(table, as_percent & told.notna(), made, unclear))


def _units(table: ProactTable) -> pd.Series:
    """The unit of each record: "percent", whatever else it says in small letters, or missing."""
    column = table.frame.get(fold(_UNITS[table.name]), pd.Series(index=table.frame.index, dtype="str"))
    text = as_text(column).str.casefold()
    return text.mask(text.str.contains("percent|%", na=False), "percent")


def _notes(table: ProactTable, as_percent: pd.Series, made: pd.Series, unclear: pd.Series) -> Iterator[Finding]:
    units = _UNITS[table.name]
    if as_percent.any():
        message = f"{table.file}: {counted(int(as_percent.sum()), 'record')} with percents in the columns of litres."
        yield note(
            "percent-as-litres", units, message, "Taken as percents, as the units say; litres are missing there."
        )
    if made.any():
        message = f"{table.file}: {counted(int(made.sum()), 'record')} with litres and Subject_Normal, but no percent."
        yield note("percent-made", _PERCENTS[0], message, "The percent is 100 x litres / Subject_Normal.")
    if unclear.any():
        message = f"{table.file}: {counted(int(unclear.sum()), 'record')} above {_MOST_LITRES:g}, or in another unit."
        yield note("unit-unclear", units, message, "Taken neither as litres nor as percents.")
