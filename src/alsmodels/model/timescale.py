"""Time scales: what a slope is a slope over, and in which unit time is spoken of.

A time scale turns time into the columns whose coefficients are slopes, and says over which weeks each slope is
taken. Time is weeks inside; ``day`` and ``month`` in a formula are the same time in another unit. A new time scale is a
final class with the members of the protocol (see CONTRIBUTING.md).
"""

import itertools
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol, TypeAlias, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.number_checks import is_finite
from alsmodels.data.roles import TimeUnit
from alsmodels.errors import EstimandError, SpecError, shown

__all__ = [
    "TIME_COLUMNS",
    "WEEKS_PER_MONTH",
    "WEEKS_PER_UNIT",
    "Interval",
    "OnePhase",
    "Phases",
    "TimeScale",
    "TwoPhase",
    "asked_unit",
    "asked_week",
    "at_weeks",
    "from_weeks",
    "phase",
    "phase_columns",
    "spell_knot",
    "time_scale",
    "told_time",
]

WEEKS_PER_MONTH = 365.25 / 12 / 7
"""Rates are per month of 365.25 / 12 days."""

WEEKS_PER_UNIT: Mapping[TimeUnit, float] = MappingProxyType({"week": 1.0, "month": WEEKS_PER_MONTH, "day": 1 / 7})
"""The units that formulas and questions know time in; each is a column's name too."""

TIME_COLUMNS = frozenset(WEEKS_PER_UNIT)
"""The columns that hold time."""

Weeks: TypeAlias = NDArray[np.float64]
Interval: TypeAlias = tuple[float | Weeks, float | Weeks]


def phase(week: "pd.Series[float]", *knots: float) -> pd.DataFrame:
    """Time spent before, between and after the knots; the coefficient of each column is the slope of its phase.

    Examples
    --------
    >>> phase(pd.Series([-1.0, 10.0, 30.0]), 24).to_numpy().tolist()
    [[-1.0, 0.0], [10.0, 0.0], [24.0, 6.0]]
    >>> phase(pd.Series([10.0, 60.0]), 24, 48).to_numpy().tolist()
    [[10.0, 0.0, 0.0], [24.0, 24.0, 12.0]]
    """
    columns = phase_columns(np.asarray(week, dtype=float), *knots)
    return pd.DataFrame(dict(enumerate(columns, start=1)), index=week.index)


def phase_columns(week: Weeks, *knots: float) -> tuple[Weeks, ...]:
    """The columns of `phase`, one more than there are knots, each of the shape of ``week``."""
    reached = [np.minimum(week, knot) for knot in knots]
    return (reached[0], *(after - before for before, after in itertools.pairwise([*reached, week])))


def from_weeks(weeks: Weeks, unit: TimeUnit) -> Weeks:
    """Weeks in another unit; what differs from a whole number or a short fraction by rounding alone is that.

    Examples
    --------
    >>> from_weeks(np.array([26.089285714285715, 4.0]), "month").round(6).tolist()
    [6.0, 0.919918]
    """
    found = np.asarray(weeks, dtype=float) / WEEKS_PER_UNIT[unit]
    tidy = np.round(found, 9)
    return np.where(np.abs(found - tidy) <= 1e-12 * np.maximum(1.0, np.abs(tidy)), tidy, found)


def at_weeks(table: pd.DataFrame, weeks: Weeks | float, *, units: Collection[str] = ()) -> pd.DataFrame:
    """The same rows in other weeks; columns of time in another unit, there or among ``units``, go with them."""
    moved = table.assign(week=weeks)
    others = [unit for unit in WEEKS_PER_UNIT if unit != "week" and (unit in table.columns or unit in units)]
    return moved.assign(**{unit: from_weeks(moved["week"].to_numpy(dtype=float), unit) for unit in others})


def asked_week(*, week: float | None = None, month: float | None = None, day: float | None = None) -> float:
    """The week that a question means, which names it in one unit.

    Raises
    ------
    EstimandError
        If it is named in none, in several, or is not a number.
    """
    named: dict[TimeUnit, object] = {"week": week, "month": month, "day": day}
    given = {unit: value for unit, value in named.items() if value is not None}
    if len(given) != 1:
        said = f"{' and '.join(given)} are given" if given else "none of week, month and day is given"
        msg = f"Name the time once, as week=24 or month=6; {said}."
        raise EstimandError(msg)
    (unit, value), *_ = given.items()
    if not is_finite(value):
        msg = f"{unit} is a number, such as {unit}=6; not {shown(value)}."
        raise EstimandError(msg)
    return float(value) * WEEKS_PER_UNIT[unit]


def asked_unit(*, week: float | None = None, month: float | None = None) -> TimeUnit:
    """The unit of the time that `asked_week` is given."""
    return "week" if week is not None else "month" if month is not None else "day"


def told_time(week: float, unit: TimeUnit = "week") -> str:
    """A week as labels tell it, such as ``week 24`` or ``month 6``."""
    return f"{unit} {float(from_weeks(np.array(week), unit)):g}"


class TimeScale(Protocol):
    """What the rest of the package asks of a time scale."""

    @property
    def unit(self) -> TimeUnit:
        """In which it is spelt, and its coefficients are rates."""
        ...

    @property
    def expression(self) -> str:
        """How formulas spell it."""
        ...

    @property
    def n_phases(self) -> int:
        """How many slopes a trajectory has."""
        ...

    @property
    def knot_weeks(self) -> tuple[float, ...]:
        """The weeks in which the slope may change."""
        ...

    def interval(self, number: int, last_week: float | Weeks) -> Interval:
        """First and last week of a phase, counted from 1; ``last_week`` may be that of each of several data sets."""
        ...


@final
@dataclass(frozen=True, slots=True)
class OnePhase:
    """One slope from baseline to the last visit.

    Parameters
    ----------
    unit : {"week", "day", "month"}, default "week"
        The unit of time in the formula.
    """

    unit: TimeUnit = "week"

    def __post_init__(self) -> None:
        _check_unit(self.unit)

    @property
    def expression(self) -> str:
        """How formulas spell it."""
        return self.unit

    @property
    def n_phases(self) -> int:
        """One."""
        return 1

    @property
    def knot_weeks(self) -> tuple[float, ...]:
        """None."""
        return ()

    def interval(self, number: int, last_week: float | Weeks) -> Interval:
        """The whole of the follow-up."""
        _check_number(number, self.n_phases)
        return 0.0, last_week


@final
@dataclass(frozen=True, slots=True)
class TwoPhase:
    """One slope before the knot and one after it, joined there.

    Parameters
    ----------
    knot : float, default 24.0
        The time at which the second phase begins.
    unit : {"week", "day", "month"}, default "week"
        The unit of the knot.
    """

    knot: float = 24.0
    unit: TimeUnit = "week"

    def __post_init__(self) -> None:
        _check_unit(self.unit)
        _check_knot(self.knot, self.unit, "The knot of a two-phase time scale")

    def __repr__(self) -> str:
        """The knot, and its unit if that is not the week."""
        return f"TwoPhase(knot={self.knot!r}{_repr_unit(self.unit)})"

    @property
    def expression(self) -> str:
        """How formulas spell it."""
        return _spell_phases((self.knot,), self.unit)

    @property
    def n_phases(self) -> int:
        """Two."""
        return 2

    @property
    def knot_weeks(self) -> tuple[float, ...]:
        """The week in which the second phase begins."""
        return _weeks_of((self.knot,), self.unit)

    def interval(self, number: int, last_week: float | Weeks) -> Interval:
        """Baseline to the knot, or the knot to the last visit."""
        return _interval(self, number, last_week)


@final
@dataclass(frozen=True, slots=True)
class Phases:
    """One slope between each two knots, and before the first and after the last; joined at the knots.

    Parameters
    ----------
    knots : tuple of float
        The times at which phases begin, in order.
    unit : {"week", "day", "month"}, default "week"
        The unit of the knots.
    """

    knots: tuple[float, ...]
    unit: TimeUnit = "week"

    def __post_init__(self) -> None:
        _check_unit(self.unit)
        for knot in self.knots:
            _check_knot(knot, self.unit, "A knot of a time scale")
        if not self.knots or not all(one < other for one, other in itertools.pairwise(self.knots)):
            msg = f"The knots of a time scale are times after baseline in order, such as (24, 48); not {self.knots}."
            raise SpecError(msg)

    def __repr__(self) -> str:
        """The knots, and their unit if that is not the week."""
        return f"Phases(knots={self.knots!r}{_repr_unit(self.unit)})"

    @property
    def expression(self) -> str:
        """How formulas spell it."""
        return _spell_phases(self.knots, self.unit)

    @property
    def n_phases(self) -> int:
        """One more than there are knots."""
        return len(self.knots) + 1

    @property
    def knot_weeks(self) -> tuple[float, ...]:
        """The weeks in which phases begin."""
        return _weeks_of(self.knots, self.unit)

    def interval(self, number: int, last_week: float | Weeks) -> Interval:
        """Baseline, a knot or the last visit, to the next of them."""
        return _interval(self, number, last_week)


def time_scale(knots: Sequence[float], unit: TimeUnit = "week") -> TimeScale:
    """The time scale with these knots."""
    if not knots:
        return OnePhase(unit)
    return TwoPhase(knots[0], unit) if len(knots) == 1 else Phases(tuple(knots), unit)


def _interval(scale: TwoPhase | Phases, number: int, last_week: float | Weeks) -> Interval:
    _check_number(number, scale.n_phases)
    edges, last = (0.0, *scale.knot_weeks), float(np.max(last_week))
    if last <= edges[number - 1]:
        named = {2: "second", 3: "third"}.get(number, f"{number}th")
        which = "knot" if scale.n_phases == 2 else f"knot of phase {number}"
        msg = (
            f"There is no {named} phase: the last visit is in {told_time(last, scale.unit)}, "
            f"the {which} in {told_time(edges[number - 1], scale.unit)}."
        )
        raise SpecError(msg)
    if number == scale.n_phases:
        return edges[-1], last_week
    return edges[number - 1], edges[number]


def _weeks_of(knots: Sequence[float], unit: TimeUnit) -> tuple[float, ...]:
    return tuple(float(knot) * WEEKS_PER_UNIT[unit] for knot in knots)


def _spell_phases(knots: Sequence[float], unit: TimeUnit) -> str:
    return f"phase({unit}, {', '.join(map(spell_knot, knots))})"


def spell_knot(knot: float) -> str:
    """A knot as formulas spell it, with as many digits as it has."""
    short = f"{knot:g}"
    return short if float(short) == knot else repr(float(knot))


def _repr_unit(unit: TimeUnit) -> str:
    return "" if unit == "week" else f", unit={unit!r}"


def _check_unit(unit: object) -> None:
    if not isinstance(unit, str) or unit not in WEEKS_PER_UNIT:
        msg = f"Time is in one of {', '.join(map(repr, WEEKS_PER_UNIT))}; not in {shown(unit)}."
        raise SpecError(msg)


def _check_knot(knot: object, unit: TimeUnit, what: str) -> None:
    if not is_finite(knot) or not knot > 0:
        msg = f"{what} is a {unit} after baseline, not {shown(knot)}."
        raise SpecError(msg)


def _check_number(number: int, n_phases: int) -> None:
    if number not in range(1, n_phases + 1):
        known = {1: "one phase", 2: "phases 1 and 2"}.get(n_phases, f"phases 1 to {n_phases}")
        msg = f"The model has {known}; there is no phase {shown(number)}."
        raise SpecError(msg)
