"""Suspicions of codes for missing among numbers (-9, -99, 999, 9999), and of concentrations below zero.

A code is one of the usual numbers, beyond all other values and far from them. How far, and in how many subjects it has
to stand, depends on how often the number is met as an honest value: -99 seldom, 9 often.
"""

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.breaches import breach, counted
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.numbering import Mask
from alsmodels.data.outcomes import Outcome
from alsmodels.data.roles import to_weeks

__all__ = ["check_missing_codes", "check_negative", "check_time_codes"]

Vector = NDArray[np.float64]

_BELOW = (-9.0, -99.0, -999.0, -9999.0, -99999.0, -999999.0)
_ABOVE = (888.0, 999.0, 8888.0, 9999.0, 99999.0, 999999.0)
_ABOVE_TWO_DIGITS = (77.0, 88.0, 99.0)
_ABOVE_ONE_DIGIT = 9.0
_CODES = np.array([*_BELOW, *_ABOVE, *_ABOVE_TWO_DIGITS, _ABOVE_ONE_DIGIT])
_TIME_CODES = np.array([*_BELOW[1:], *_ABOVE, *_ABOVE_TWO_DIGITS])
_FEWEST_OTHERS = 3
_FEW_SUBJECTS, _SOME_SUBJECTS = 2, 3
_MOST_GRADES = 3

_CONCENTRATION = re.compile(r"(?:mol|g|u|iu|kat|eq|cells|copies)\s*/\s*[dcmuµμn]?l\b", re.IGNORECASE)
_MARKERS = """
nfl nefl neurofilament pnfh pnf gfap crp hscrp fibrinogen creatinine albumin urate ferritin tnf il6 il1b il10 mcp1 ck
chit1 ykl40 cystatin
"""
_MARKER_NAMES = frozenset(_MARKERS.split())
_TRANSFORMED = "change chg cfb delta diff difference log ln log2 log10 z zscore score slope"
_NO_CONCENTRATION = frozenset(_TRANSFORMED.split())


def check_missing_codes(draft: Draft) -> list[Finding]:
    """Find numbers in outcomes and covariates that look like codes for missing."""
    return [finding for name in _columns(draft.visits, draft) for finding in _in_visits(draft, name)] + [
        finding
        for name in (() if draft.subjects is None else _columns(draft.subjects, draft))
        for finding in _in_subjects(draft, name)
    ]


def check_time_codes(draft: Draft) -> list[Finding]:
    """Find times that look like codes for missing."""
    weeks = draft.visits["week"].to_numpy()
    usual = to_weeks(pd.Series(_TIME_CODES), draft.roles.time_unit).to_numpy()
    found: list[Finding] = []
    ends = weeks[np.isfinite(weeks)]
    if not len(ends) or not np.isin([ends.min(), ends.max()], usual).any():
        return found
    for code, week in zip(_TIME_CODES, usual, strict=True):
        cells = weeks == week
        others = weeks[np.isfinite(weeks) & ~np.isin(weeks, usual)]
        if cells.any() and _is_code(float(code), week - code, _subjects(draft, cells), others):
            says = f"the time {code:g} is far from all others and a usual code for missing"
            remedy = "Kept as a time. If it is a code, leave_out=['time-code'] leaves these rows out; or give the time."
            found += breach(draft, "time-code", cells, column="week", says=says, remedy=remedy)
    return found


def check_negative(draft: Draft) -> list[Finding]:
    """Find concentrations below zero."""
    found: list[Finding] = []
    for name in _columns(draft.visits, draft):
        outcome = draft.outcomes.get(name)
        if not _is_concentration(name, outcome) or (outcome is not None and outcome.scale == "log"):
            continue
        values = draft.visits[name].to_numpy(dtype=np.float64)
        low = (values < 0) & np.isfinite(values) & ~np.isin(values, _BELOW)
        remedy = "Kept as they are. A value below a limit is written <0.5; empty=['value-negative'] empties the cells."
        says = "a concentration below 0"
        found += breach(draft, "value-negative", low, column=name, says=says, remedy=remedy)
    return found


def _columns(table: pd.DataFrame, draft: Draft) -> list[str]:
    """The columns of numbers, but for items and times, which have checks of their own."""
    known = {"subject", "week", "arm", *draft.items.columns.values()}
    return [name for name in table.columns if name not in known and table[name].dtype.kind in "fi"]


def _in_visits(draft: Draft, name: str) -> list[Finding]:
    values, outcome = draft.visits[name].to_numpy(dtype=np.float64), draft.outcomes.get(name)
    found: list[Finding] = []
    for code, others in _codes(values, outcome):
        cells = values == code
        if _is_code(code, 0.0, _subjects(draft, cells), others):
            found += breach(
                draft, "missing-code", cells, column=name, says=_says(code, others), remedy=_remedy(name, code)
            )
    return found


def _in_subjects(draft: Draft, name: str) -> list[Finding]:
    if draft.subjects is None:
        return []
    values, found = draft.subjects[name].to_numpy(dtype=np.float64), []
    for code, others in _codes(values, None):
        cells = values == code
        if _is_code(code, 0.0, int(cells.sum()), others):
            rows = tuple(draft.subjects.index[cells].tolist())
            message = f"{counted(len(rows), 'row')} of the table of subjects: {_says(code, others)}."
            severity = RULES["missing-code"].severity
            found.append(Finding("missing-code", severity, name, rows, message, _remedy(name, code)))
    return found


def _says(code: float, others: Vector) -> str:
    span = f"{others.min():g} to {others.max():g}"
    return f"the value {code:g} is far from all others ({span}) and a usual code for missing"


def _remedy(name: str, code: float) -> str:
    return (
        f"Kept as a number. If it stands for no value, missing={{{name!r}: [{code:g}]}}, --missing {code:g} on the "
        "command, or empty=['missing-code'] empties these cells and keeps the rows."
    )


def _codes(values: Vector, outcome: Outcome | None) -> list[tuple[float, Vector]]:
    """The usual codes that are the least or the largest value, each with the values that are no codes."""
    finite = values[np.isfinite(values)]
    if not len(finite) or (finite.min() not in _BELOW and finite.max() not in _CODES):
        return []
    others = finite[~np.isin(finite, _CODES)]
    low = -np.inf if outcome is None or outcome.lower is None else outcome.lower
    high = np.inf if outcome is None or outcome.upper is None else outcome.upper
    there = [float(code) for code in _CODES if low <= code <= high and (finite == code).any()]
    return [(code, others) for code in there] if len(others) >= _FEWEST_OTHERS else []


def _is_code(code: float, shift: float, subjects: int, others: Vector) -> bool:
    """Whether a usual number is far enough from the others to be a code.

    Parameters
    ----------
    code : float
        The number, as the user writes it.
    shift : float
        What it is more in the unit of the others.
    subjects : int
        In how many subjects it stands.
    others : ndarray
        The values that are no codes.
    """
    low, high = float(others.min()), float(others.max())
    spread, number = high - low, code + shift
    gap = max(low - number, number - high)
    if gap <= 0:
        return False
    is_repeated = subjects >= _SOME_SUBJECTS and gap > spread / 2
    if number < low:
        alone = low > 0 or code != _BELOW[0] or subjects >= _FEW_SUBJECTS
        return (low >= 0 and alone) or gap > 2 * spread or is_repeated
    if code in _ABOVE:
        return gap > 2 * spread or is_repeated
    if code in _ABOVE_TWO_DIGITS:
        return subjects >= _FEW_SUBJECTS and gap > 2 * spread
    return subjects >= _SOME_SUBJECTS and low >= 0 and high <= _MOST_GRADES and bool((others == np.floor(others)).all())


def _subjects(draft: Draft, cells: Mask) -> int:
    return int(draft.numbering.subjects_of(cells).sum())


def _is_concentration(name: str, outcome: Outcome | None) -> bool:
    words = set(re.findall(r"[a-z]+\d*", name.casefold().replace("-", "")))
    if words & _NO_CONCENTRATION:
        return False
    unit = "" if outcome is None else outcome.unit or ""
    return bool(words & _MARKER_NAMES) or any(_CONCENTRATION.search(text) for text in (unit, name))
