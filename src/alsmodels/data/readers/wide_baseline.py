"""Columns of a wide table that begin as an outcome's do and are not of its pattern: its baseline, most likely.

Sheets often call the first visit otherwise than the others: ``ALSFRSR_BL`` beside ``ALSFRSR_M3``. It must not be lost
among the covariates without a word.
"""

import re
from collections.abc import Collection, Mapping, Sequence

import pandas as pd

from alsmodels.data.censoring import read_values
from alsmodels.data.columns import as_names, require_columns
from alsmodels.data.findings import Finding
from alsmodels.errors import DataError, shown

__all__ = ["ask_for_baseline", "baseline_columns", "tell_relatives"]

# What stands before the number in a pattern, after the name of the outcome.
_VISIT = re.compile(
    r"[^A-Za-z0-9]*(?:weeks?|wk|w|months?|mon|mo|m|days?|d|visits?|vis|v|t)?[^A-Za-z0-9]*", re.IGNORECASE
)
_WORDS = (
    "bl base baseline basal v0 visit0 t0 w0 wk0 week0 m0 month0 d0 d1 day0 day1 screening screen scr start initial pre"
)
_BASELINE = frozenset(_WORDS.split())
_SHORTEST = 2


def baseline_columns(baseline: object, outcomes: Collection[str], table: pd.DataFrame) -> dict[str, str]:
    """Read which column is the baseline of which outcome.

    Parameters
    ----------
    baseline : object
        A column, where there is one outcome with a pattern; or outcome to column; or None.
    outcomes : collection of str
        The outcomes with a pattern.
    table : pandas.DataFrame
        The wide table.
    """
    if baseline is None:
        return {}
    if isinstance(baseline, str) and len(outcomes) == 1:
        baseline = {next(iter(outcomes)): baseline}
    if not isinstance(baseline, Mapping) or not set(baseline) <= set(outcomes):
        raise DataError(
            f"baseline: name the column of the baseline of each outcome with a pattern ({as_names(outcomes)}), as in "
            f"{{'alsfrs_r': 'ALSFRSR_BL'}}, not {shown(baseline)}."
        )
    require_columns(table, [str(column) for column in baseline.values()], "baseline")
    return {str(outcome): str(column) for outcome, column in baseline.items()}


def ask_for_baseline(outcome: str, pattern: str, before: str, free: Sequence[str], table: pd.DataFrame) -> None:
    """Refuse a table in which an outcome has no column at time 0, and another column may be it.

    Parameters
    ----------
    outcome : str
        The outcome, none of whose columns is at time 0.
    pattern : str
        Its pattern.
    before : str
        What stands in it before the number.
    free : sequence of str
        The columns that are of no outcome, nor named for another purpose.
    table : pandas.DataFrame
        The wide table.
    """
    likely = [name for name in free if _is_baseline(name, _stem(before)) and _holds_numbers(table[name])]
    if likely:
        raise DataError(
            f"columns: no column like {shown(pattern)} is of time 0, and {as_names(likely)} may be the baseline of "
            f"{shown(outcome)}. If it is, say baseline={shown(likely[0])}; if not, name it among the covariates, or "
            "drop it."
        )


def tell_relatives(stems: Mapping[str, str], others: Sequence[str]) -> tuple[Finding, ...]:
    """Tell of columns that begin as those of an outcome and are kept with the subjects.

    Parameters
    ----------
    stems : mapping of str to str
        Outcome to what stands before the number in its pattern.
    others : sequence of str
        The columns that are kept with the subjects.
    """
    found = []
    for outcome, before in stems.items():
        alike = [name for name in others if _rest(name, _stem(before)) is not None]
        if alike:
            message = (
                f"{as_names(alike)} begin{'s' * (len(alike) == 1)} as the columns of {shown(outcome)} do, and are no "
                "visits."
            )
            remedy = "Kept with the subjects. If one is a visit, name the columns one by one, or say baseline=..."
            found.append(Finding("column-alike", "warning", alike[0], (), message, remedy))
    return tuple(found)


def _stem(before: str) -> str:
    """What a pattern calls the outcome.

    Examples
    --------
    >>> [_stem(before) for before in ("ALSFRSR_M", "als_w", "NfL month ", "alsfrs_r_")]
    ['ALSFRSR', 'als', 'NfL', 'alsfrs_r']
    """
    tail = next(place for place in range(len(before) + 1) if _VISIT.fullmatch(before[place:]))
    return before[:tail]


def _rest(name: str, stem: str) -> str | None:
    """What a name has after a stem, without signs between; None if it does not begin so."""
    after = name[len(stem) :]
    begins = len(stem) >= _SHORTEST and name.casefold().startswith(stem.casefold())
    return re.sub(r"[^a-z0-9]", "", after.casefold()) if begins and not after[:1].isalnum() else None


def _is_baseline(name: str, stem: str) -> bool:
    bare = re.sub(r"[^a-z0-9]", "", name.casefold())
    rest = _rest(name, stem)
    return bare in _BASELINE or (rest is not None and (rest in _BASELINE or rest == ""))


def _holds_numbers(column: pd.Series) -> bool:
    if column.dtype == "bool" or pd.api.types.is_datetime64_any_dtype(column.dtype):
        return False
    read = read_values(column)
    return bool(read.values.notna().any()) and not bool(read.unreadable.all())
