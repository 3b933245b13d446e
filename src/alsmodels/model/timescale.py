"""Time scales: what a slope is a slope over.

A time scale turns weeks into the columns whose coefficients are slopes, and says over which weeks each slope is
taken. A new one is a final class with the same three members (see CONTRIBUTING.md).
"""

from dataclasses import dataclass
from typing import Protocol, TypeAlias, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.errors import SpecError

__all__ = ["TIME_COLUMNS", "WEEKS_PER_MONTH", "Interval", "OnePhase", "TimeScale", "TwoPhase", "phase", "phase_columns"]

WEEKS_PER_MONTH = 365.25 / 12 / 7
"""Rates are per month of 365.25 / 12 days."""

TIME_COLUMNS = frozenset({"week"})
"""The columns that hold time."""

Weeks: TypeAlias = NDArray[np.float64]
Interval: TypeAlias = tuple[float | Weeks, float | Weeks]


def phase(week: "pd.Series[float]", knot: float) -> pd.DataFrame:
    """Weeks spent before and after the knot; the coefficient of each column is the slope of its phase.

    Examples
    --------
    >>> phase(pd.Series([-1.0, 10.0, 30.0]), 24).to_numpy().tolist()
    [[-1.0, 0.0], [10.0, 0.0], [24.0, 6.0]]
    """
    before, after = phase_columns(np.asarray(week, dtype=float), knot)
    return pd.DataFrame({1: before, 2: after}, index=week.index)


def phase_columns(week: Weeks, knot: float) -> tuple[Weeks, Weeks]:
    """The two columns of `phase`, each of the shape of ``week``."""
    before = np.minimum(week, knot)
    return before, week - before


class TimeScale(Protocol):
    """What the rest of the package asks of a time scale."""

    @property
    def expression(self) -> str:
        """How formulas spell it."""
        ...

    @property
    def n_phases(self) -> int:
        """How many slopes a trajectory has."""
        ...

    def interval(self, number: int, last_week: float | Weeks) -> Interval:
        """First and last week of a phase, counted from 1; ``last_week`` may be that of each of several data sets."""
        ...


@final
@dataclass(frozen=True, slots=True)
class OnePhase:
    """One slope from baseline to the last visit."""

    @property
    def expression(self) -> str:
        """How formulas spell it."""
        return "week"

    @property
    def n_phases(self) -> int:
        """One."""
        return 1

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
    knot : the week in which the second phase begins
    """

    knot: float = 24.0

    def __post_init__(self) -> None:
        if not isinstance(self.knot, (int, float, np.number)) or not 0 < self.knot < float("inf"):
            msg = f"The knot of a two-phase time scale is a week after baseline, not {self.knot!r}."
            raise SpecError(msg)

    @property
    def expression(self) -> str:
        """How formulas spell it."""
        short = f"{self.knot:g}"
        return f"phase(week, {short if float(short) == self.knot else repr(float(self.knot))})"

    @property
    def n_phases(self) -> int:
        """Two."""
        return 2

    def interval(self, number: int, last_week: float | Weeks) -> Interval:
        """Baseline to the knot, or the knot to the last visit."""
        _check_number(number, self.n_phases)
        if number == 2 and np.max(last_week) <= self.knot:
            last = float(np.max(last_week))
            msg = f"There is no second phase: the last visit is in week {last:g}, the knot in week {self.knot:g}."
            raise SpecError(msg)
        return (0.0, self.knot) if number == 1 else (self.knot, last_week)


def _check_number(number: int, n_phases: int) -> None:
    if number not in range(1, n_phases + 1):
        known = "phase 1" if n_phases == 1 else "phases 1 and 2"
        msg = f"The model has {known}; there is no phase {number}."
        raise SpecError(msg)
