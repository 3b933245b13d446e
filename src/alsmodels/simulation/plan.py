"""Who takes part in a simulated cohort, and when they are to be seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from alsmodels.data.spelling import suggest
from alsmodels.errors import SpecError, shown
from alsmodels.kernels.arrays import Int
from alsmodels.simulation.arms import Arm
from alsmodels.simulation.schedule import Calendar, lay_out
from alsmodels.simulation.truth import Truth

__all__ = ["Plan", "make_plan"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The arms of a cohort.

    Attributes
    ----------
    arms : tuple of Arm
        The arms that take part, in the order of the truth.
    sizes : tuple of int
        Subjects of each.
    calendar : Calendar
        Visits of each.
    """

    arms: tuple[Arm, ...]
    sizes: tuple[int, ...]
    calendar: Calendar

    @property
    def n_subjects(self) -> int:
        """Of one cohort."""
        return sum(self.sizes)

    @property
    def n_visits(self) -> int:
        """Places on the grid of visits."""
        return int(self.calendar.weeks.shape[1])

    def arm_of(self, copies: int) -> Int:
        """The number of the arm of each subject of several cohorts, shape (copies * n,)."""
        return np.tile(np.repeat(np.arange(len(self.sizes)), self.sizes), copies)


_MOST_SUBJECTS = 10_000_000
"""Of an arm; no memory holds the visits of more at once."""


def make_plan(truth: Truth, arms: Mapping[str, int] | None) -> Plan:
    """Choose arms and their sizes; by default those of the truth.

    Raises
    ------
    SpecError
        If an arm is not in the truth, a size is no whole number of 1 or more, or no arm is named.
    """
    sizes = dict(truth.sizes if arms is None else arms)
    for name, n in sizes.items():
        if name not in truth.sizes:
            raise SpecError(f"The truth has no arm {shown(name)}; {suggest(str(name), list(truth.sizes))}")
        if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
            raise SpecError(f"Arm {shown(name)} needs a whole number of subjects, 1 or more; not {shown(n)}.")
        if n > _MOST_SUBJECTS:
            raise SpecError(f"Arm {shown(name)} has at most {_MOST_SUBJECTS:,} subjects; not {shown(n)}.")
    chosen = tuple(arm for arm in truth.arms if arm.name in sizes)
    if not chosen:
        raise SpecError("There is no arm to simulate; name one at least.")
    calendar = lay_out([arm.schedule or truth.schedule for arm in chosen])
    return Plan(chosen, tuple(int(sizes[arm.name]) for arm in chosen), calendar)
