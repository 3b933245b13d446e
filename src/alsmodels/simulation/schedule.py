"""When subjects are meant to be seen, and when they are.

    t_ij = tau_j + d_ij / 7,   d_ij uniform on the whole days -J .. J,   d_i0 = 0

tau_j are the nominal weeks; every visit but the first is missed with probability ``missed``, independently of
everything. Each arm may have a schedule of its own.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.data.number_checks import check_finite, check_not_negative, check_share
from alsmodels.errors import SpecError, shown
from alsmodels.kernels.arrays import Float
from alsmodels.simulation.codec import unit
from alsmodels.simulation.numbers import GIVEN

__all__ = ["Calendar", "Schedule", "held_visits", "lay_out", "visit_weeks"]

Mask = NDArray[np.bool_]


@final
@dataclass(frozen=True, slots=True)
class Schedule:
    """The planned visits, and how far life keeps to them.

    Parameters
    ----------
    weeks : sequence of float
        The nominal weeks of the visits, from 0 upwards.
    jitter_days : float
        The largest number of days by which a visit is early or late; the first is not.
    missed : float
        The share of the visits after the first that are missed, at random.
    source : str
        The source of the weeks.

    Examples
    --------
    >>> Schedule.every(12, until=48).weeks
    (0.0, 12.0, 24.0, 36.0, 48.0)
    """

    weeks: tuple[float, ...] = field(metadata=unit("weeks", of_part=True))
    jitter_days: float = field(default=0.0, metadata=unit("days"))
    missed: float = field(default=0.0, metadata=unit("share"))
    source: str = field(default=GIVEN, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "weeks", tuple(self.weeks))
        check_finite("Schedule", **{f"weeks[{at}]": week for at, week in enumerate(self.weeks)})
        check_not_negative("Schedule", jitter_days=self.jitter_days)
        check_share("Schedule", missed=self.missed)
        _check_order(self)

    @staticmethod
    def every(
        weeks: float, *, until: float, jitter_days: float = 0.0, missed: float = 0.0, source: str = GIVEN
    ) -> "Schedule":
        """A visit every so many weeks, from 0 to ``until``."""
        check_finite("Schedule", until=until)
        if not weeks > 0:
            raise SpecError(f"Schedule: visits are some weeks apart, not {shown(weeks)}.")
        planned = tuple(float(week) for week in np.arange(0, until + 1e-9, weeks))
        return Schedule(planned, jitter_days, missed, source)


def _check_order(schedule: Schedule) -> None:
    weeks = schedule.weeks
    if not weeks or weeks[0] != 0:
        raise SpecError(f"Schedule: the first visit is in week 0, the baseline; not {weeks[:1]}.")
    gaps = np.diff(weeks)
    if (gaps <= 0).any():
        late = int(np.argmax(gaps <= 0))
        raise SpecError(f"Schedule: the weeks ascend, but week {weeks[late + 1]:g} comes after week {weeks[late]:g}.")
    if len(gaps) and 2 * schedule.jitter_days >= 7 * gaps.min():
        raise SpecError(
            f"Schedule: with {schedule.jitter_days:g} days of jitter, visits {gaps.min():g} weeks apart could change "
            "places; the jitter is less than half of the shortest gap."
        )


@final
@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The schedules of the arms as one grid; a shorter one repeats its last week in places that are not planned.

    Attributes
    ----------
    weeks : ndarray of shape (a, j)
        Nominal weeks.
    planned : ndarray of bool
        Shape (a, j), whether a visit is planned there.
    jitter, missed : ndarray of shape (a,)
    """

    weeks: Float
    planned: Mask
    jitter: Float
    missed: Float


def lay_out(schedules: Sequence[Schedule]) -> Calendar:
    """Lay the arms' schedules out on one grid."""
    longest = max(len(one.weeks) for one in schedules)
    weeks = np.array([[*one.weeks, *[one.weeks[-1]] * (longest - len(one.weeks))] for one in schedules], dtype=float)
    counts = np.array([len(one.weeks) for one in schedules])
    return Calendar(
        weeks=weeks,
        planned=np.arange(longest) < counts[:, None],
        jitter=np.floor([one.jitter_days for one in schedules]),
        missed=np.array([one.missed for one in schedules], dtype=float),
    )


def visit_weeks(calendar: Calendar, arm: NDArray[np.int64], uniforms: Float) -> Float:
    """Actual weeks of all visits on the grid, shape (n, j), whole days from baseline; ``uniforms`` have that shape."""
    jitter = calendar.jitter[arm, None]
    shift = np.floor(uniforms * (2 * jitter + 1)) - jitter
    # Places that are not planned stay with the last visit, so that time does not run on.
    shift = np.where(calendar.planned[arm], shift, 0.0)
    shift[:, 0] = 0.0
    weeks = (np.rint(7 * calendar.weeks[arm]) + shift) / 7
    return np.asarray(np.maximum.accumulate(weeks, axis=1))


def held_visits(calendar: Calendar, arm: NDArray[np.int64], uniforms: Float) -> Mask:
    """Which visits are planned and not missed, shape (n, j); the first is held always."""
    held = calendar.planned[arm] & (uniforms >= calendar.missed[arm, None])
    held[:, 0] = True
    return np.asarray(held)
