"""Finding the columns of a wide table that hold an outcome, and the time of each.

They are named one by one, or by a pattern such as ``alsfrs_r_w{week}``, which says the unit of the numbers as well.
Only whole and decimal numbers without a sign are read by a pattern; upper and lower case are one.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import final, get_args

import pandas as pd

from alsmodels.data.columns import as_names, require_columns
from alsmodels.data.number_checks import is_finite
from alsmodels.data.readers.wide_baseline import ask_for_baseline, baseline_columns
from alsmodels.data.roles import TimeUnit, to_weeks
from alsmodels.errors import DataError, shown

__all__ = ["Places", "find_columns", "pattern_stems"]

Places = Mapping[str, float]
"""Column to week."""

_UNITS: tuple[TimeUnit, ...] = get_args(TimeUnit)
_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_NUMBER = r"[0-9]+(?:\.[0-9]+)?"


@final
@dataclass(frozen=True, slots=True)
class _Pattern:
    """A pattern as written, what stands before and after its number, and the unit of the number."""

    written: str
    before: str
    after: str
    unit: TimeUnit

    def inside(self, column: str) -> str | None:
        """Return what a column has in place of the number; None if it is not like this pattern at all."""
        around = rf"{re.escape(self.before)}(.*){re.escape(self.after)}"
        match = re.fullmatch(around, column, flags=re.IGNORECASE | re.DOTALL)
        return match[1] if match else None

    def number(self, column: str) -> str | None:
        """Return the number of a column, as written; None if it is not of this pattern."""
        inside = self.inside(column)
        return inside if inside is not None and re.fullmatch(_NUMBER, inside) else None


def find_columns(
    wanted: Mapping[str, str | Mapping[str, float]],
    table: pd.DataFrame,
    *,
    apart: Collection[str],
    time_unit: TimeUnit | None,
    baseline: object | None = None,
) -> dict[str, Places]:
    """Find the columns of each outcome and their weeks.

    Parameters
    ----------
    wanted : mapping of str to str or mapping of str to float
        Outcome to a pattern, or to its columns and their times.
    table : pandas.DataFrame
        The wide table.
    apart : collection of str
        Columns that are no visits, whatever they are called.
    time_unit : {"week", "day", "month"} or None
        The unit of the times of columns named one by one, by default weeks; of a pattern it may be said again.
    baseline : object or None
        The column of time 0 that is not of the pattern, or outcome to such a column.
    """
    _check_request(wanted, time_unit)
    named, patterns = {}, {}
    for outcome, place in wanted.items():
        if isinstance(place, Mapping):
            named[outcome] = _named(outcome, place, table, time_unit)
        else:
            patterns[outcome] = _pattern(outcome, place, time_unit)
    first = baseline_columns(baseline, patterns, table)
    _refuse_twice({**named, **{outcome: {column: 0.0} for outcome, column in first.items()}}, apart)
    taken = {*apart, *first.values(), *(column for places in named.values() for column in places)}
    free = [name for name in table.columns if name not in taken]
    _refuse_shared(patterns, free)
    matched = {
        outcome: _with_baseline(outcome, pattern, _matched(outcome, pattern, free, patterns), first)
        for outcome, pattern in patterns.items()
    }
    seen = {column for places in matched.values() for column in places}
    for outcome, pattern in patterns.items():
        if 0.0 not in matched[outcome].values():
            others = [name for name in free if name not in seen]
            ask_for_baseline(outcome, pattern.written, pattern.before, others, table)
    return {outcome: (named | matched)[outcome] for outcome in wanted}


def _check_request(wanted: object, time_unit: TimeUnit | None) -> None:
    if not isinstance(wanted, Mapping) or not wanted:
        raise DataError(
            "columns: say where each outcome is, as in {'alsfrs_r': 'alsfrs_r_w{week}'} or {'alsfrs_r': {'als_0': 0}}."
        )
    if time_unit is not None and time_unit not in _UNITS:
        raise DataError(f"time_unit is {shown(time_unit)}; it must be 'week', 'day' or 'month'.")


def _named(outcome: str, place: Mapping[str, float], table: pd.DataFrame, unit: TimeUnit | None) -> Places:
    """Read the times of columns that are named one by one."""
    if not place:
        raise DataError(f"columns: no column is given for {shown(outcome)}.")
    require_columns(table, place, f"The columns of {outcome!r}")
    for column, time in place.items():
        if not is_finite(time):
            raise DataError(
                f"columns: the time of {shown(column)} is {shown(time)}; it must be a number of {unit or 'week'}s."
            )
    return _in_weeks(list(place), [float(time) for time in place.values()], unit or "week", outcome)


def _pattern(outcome: str, place: object, unit: TimeUnit | None) -> _Pattern:
    if not isinstance(place, str):
        raise DataError(
            f"columns: {shown(outcome)} is in {shown(place)}; give a pattern, or its columns and their times."
        )
    found = _PLACEHOLDER.findall(place)
    if len(found) != 1 or found[0] not in _UNITS:
        raise DataError(f"columns: the pattern {shown(place)} must hold one of {{week}}, {{day}} and {{month}}, once.")
    if unit is not None and unit != found[0]:
        raise DataError(f"columns: the pattern {shown(place)} says {found[0]}s, but time_unit says {unit}s.")
    before, after = _PLACEHOLDER.split(place)[::2]
    if before[-1:].isdigit() or after[:1].isdigit() or before[-1:] == "." or after[:1] == ".":
        raise DataError(
            f"columns: in the pattern {shown(place)} a digit or a point stands beside the number, so that it cannot be "
            "told where the number begins or ends; name the columns one by one."
        )
    return _Pattern(place, before, after, found[0])


def _matched(outcome: str, pattern: _Pattern, free: Sequence[str], patterns: Mapping[str, _Pattern]) -> Places:
    found = {column: float(text) for column in free if (text := pattern.number(column)) is not None}
    if not found:
        raise DataError(f"columns: no column is like {shown(pattern.written)}; the columns are {as_names(free)}.")
    others = [other for other in patterns.values() if other is not pattern]
    for column in free:
        if column not in found and all(other.number(column) is None for other in others):
            _refuse_alike(column, pattern, outcome)
    return _in_weeks(list(found), list(found.values()), pattern.unit, outcome)


def _with_baseline(outcome: str, pattern: _Pattern, found: Places, first: Mapping[str, str]) -> Places:
    if outcome not in first:
        return found
    zero = next((column for column, week in found.items() if week == 0), None)
    if zero is not None:
        raise DataError(
            f"columns: {shown(zero)}, which is like {shown(pattern.written)}, and baseline={shown(first[outcome])} are "
            f"both {shown(outcome)} at time 0; keep one."
        )
    return {first[outcome]: 0.0, **found}


def pattern_stems(wanted: Mapping[str, str | Mapping[str, float]]) -> dict[str, str]:
    """Return what stands before the number in the pattern of each outcome that has one."""
    return {outcome: _PLACEHOLDER.split(place)[0] for outcome, place in wanted.items() if isinstance(place, str)}


def _refuse_alike(column: str, pattern: _Pattern, outcome: str) -> None:
    """Refuse a column that is like a pattern but for its number: it may be a visit that would be lost."""
    inside = pattern.inside(column)
    if inside is not None and (pattern.before or pattern.after):
        raise DataError(
            f"columns: {shown(column)} is like {shown(pattern.written)}, but {shown(inside)} is no number without a "
            "sign. If it is a "
            f"visit of {shown(outcome)}, name the columns one by one with their times; if not, name it among the "
            "covariates, or drop it."
        )


def _in_weeks(columns: Sequence[str], times: Sequence[float], unit: TimeUnit, outcome: str) -> Places:
    weeks = to_weeks(pd.Series(times, dtype="float64"), unit)
    if weeks.duplicated().any():
        place = int(weeks.duplicated().to_numpy().argmax())
        first = columns[times.index(times[place])]
        raise DataError(
            f"columns: {shown(first)} and {shown(columns[place])} are both {shown(outcome)} at {unit} "
            f"{times[place]:g}; keep one."
        )
    return dict(zip(columns, weeks.tolist(), strict=True))


def _refuse_shared(patterns: Mapping[str, _Pattern], free: Sequence[str]) -> None:
    for column in free:
        fits = [name for name, pattern in patterns.items() if pattern.number(column) is not None]
        if len(fits) > 1:
            raise DataError(
                f"columns: {shown(column)} fits the patterns of {as_names(fits)}; name the columns one by one."
            )


def _refuse_twice(named: Mapping[str, Places], apart: Collection[str]) -> None:
    owners = dict.fromkeys(apart, "the subject, the arm or a covariate")
    for outcome, places in named.items():
        for column in places:
            if column in owners:
                raise DataError(
                    f"columns: {shown(column)} is given for {owners[column]} and for {shown(outcome)}; keep one."
                )
            owners[column] = repr(outcome)
