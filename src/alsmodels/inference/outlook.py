"""What is to be expected of the subjects of a design: their visits, and the covariance of their scores.

The scores of an arm have the covariance V = Z D Z' + R that the truth implies: D of baseline and slopes, R of the
scatter about them. The visits that are seen, with their jitter, and who has died or left, are those of a large
simulated cohort.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from alsmodels.errors import SpecError, shown
from alsmodels.kernels.arrays import Float
from alsmodels.simulation.arms import Arm
from alsmodels.simulation.courses import REASONS, Course, realise_courses
from alsmodels.simulation.decline import months_in_phases, trajectory
from alsmodels.simulation.plan import Plan, make_plan
from alsmodels.simulation.scatter import residual_sd
from alsmodels.simulation.schedule import Schedule
from alsmodels.simulation.truth import Truth
from alsmodels.simulation.variates import draw_variates

__all__ = [
    "Outlook",
    "common_places",
    "common_weeks",
    "cut_follow_up",
    "look_ahead",
    "phase_basis",
    "score_covariance",
    "slope_effects",
]

Places: TypeAlias = NDArray[np.int64] | slice

# Subjects of each arm whose visits stand for all: the share that is missing is then known to about 1%.
_SUBJECTS = 2_000
_SEED = 20_150_101
# Of a uniform variable between two whole numbers.
_ROUNDING_VARIANCE = 1 / 12


@final
@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What is to be expected of the subjects of a design.

    Attributes
    ----------
    truth : Truth
        With the schedules cut at the end of the follow-up.
    plan : Plan
        The arms and their sizes.
    course : Course
        Of many subjects of each arm, those of an arm next to each other.
    n_phases : int
        Slopes that a model of these visits can have.
    """

    truth: Truth
    plan: Plan
    course: Course
    n_phases: int

    def shares(self) -> dict[str, dict[str, float]]:
        """For each arm the shares that die, or are put on a ventilator, and that withdraw."""
        lost = {}
        for number, arm in enumerate(self.plan.arms):
            reason = self.course.reason[self.members(number)]
            kinds = {name: float(np.mean(reason == REASONS.index(name))) for name in REASONS[1:]}
            lost[arm.name] = {"deaths": kinds["death"] + kinds["tracheostomy"], "dropouts": kinds["withdrawal"]}
        return lost

    def members(self, arm: int) -> slice:
        """The subjects of an arm among those of the course."""
        size = len(self.course.arm) // len(self.plan.arms)
        return slice(arm * size, (arm + 1) * size)


def cut_follow_up(truth: Truth, weeks: float | None) -> Truth:
    """The same truth with the visits until a week; the last must not be after the last planned visit.

    Raises
    ------
    SpecError
        If the week is not after baseline, or nobody is to be seen so late.
    """
    if weeks is None:
        return truth
    last = max(one.weeks[-1] for one in (truth.schedule, *(arm.schedule for arm in truth.arms if arm.schedule)))
    if not 0 < weeks <= last:
        raise SpecError(
            f"The follow-up ends between week 0 and week {last:g}, the last visit planned; not {shown(weeks)}."
        )
    arms = tuple(replace(arm, schedule=_cut(arm.schedule, weeks)) if arm.schedule else arm for arm in truth.arms)
    return replace(truth, schedule=_cut(truth.schedule, weeks), arms=arms)


def _cut(schedule: Schedule, weeks: float) -> Schedule:
    return replace(schedule, weeks=tuple(week for week in schedule.weeks if week <= weeks))


def look_ahead(
    truth: Truth, *, arms: Mapping[str, int] | None = None, weeks: float | None = None, subjects: int = _SUBJECTS
) -> Outlook:
    """Follow many subjects of each arm of a design, with a seed of its own: the same design, the same outlook."""
    if not isinstance(truth, Truth):
        raise SpecError(f"A design is of a Truth, such as truths.realistic(); not {type(truth).__name__}.")
    cut = cut_follow_up(truth, weeks)
    plan = make_plan(cut, arms)
    many = make_plan(cut, dict.fromkeys((arm.name for arm in plan.arms), subjects))
    drawn = draw_variates(cut, many.n_subjects, many.n_visits, np.random.default_rng(_SEED))
    knot = cut.decline.knot
    two = knot is not None and float(plan.calendar.weeks.max()) > knot
    return Outlook(cut, plan, realise_courses(cut, many, drawn, copies=1), 2 if two else 1)


def common_weeks(outlook: Outlook) -> Float:
    """The nominal weeks at which all arms are to be seen."""
    calendar = outlook.plan.calendar
    planned = [set(weeks[there]) for weeks, there in zip(calendar.weeks, calendar.planned, strict=True)]
    return np.array(sorted(set.intersection(*planned)))


def common_places(outlook: Outlook, arm: int) -> NDArray[np.int64]:
    """Where on the grid of visits an arm has the `common_weeks`."""
    calendar = outlook.plan.calendar
    return np.flatnonzero(calendar.planned[arm] & np.isin(calendar.weeks[arm], common_weeks(outlook)))


def slope_effects(truth: Truth, reference: Arm, arm: Arm) -> Float:
    """Differences of the true mean slopes of two arms in each phase, points a month."""
    table = truth.slopes().set_index(["arm", "phase"])["mean"]
    phases = range(1, truth.decline.n_phases + 1)
    return np.array([table[arm.name, phase] - table[reference.name, phase] for phase in phases])


def effect_covariance(truth: Truth, arm: Arm) -> Float:
    """Covariance D of baseline and slopes in an arm, shape (1 + phases, 1 + phases), per month."""
    names = ["baseline", *(f"slope {phase + 1}" for phase in range(truth.decline.n_phases))]
    sds = [truth.decline.baseline_sd]
    sds += [abs(arm.drift * arm.ratio(at)) * slope.sd for at, slope in enumerate(truth.decline.slopes)]
    signs = np.array([1.0, *(np.sign(arm.drift * arm.ratio(at)) for at in range(truth.decline.n_phases))])
    matrix = np.eye(len(names))
    for pair in truth.correlations:
        if pair.first in names and pair.second in names:
            at, to = names.index(pair.first), names.index(pair.second)
            matrix[at, to] = matrix[to, at] = pair.value
    scale = np.array(sds) * signs
    return np.asarray(matrix * np.outer(scale, scale))


def residual_covariance(outlook: Outlook, arm: int, weeks: Float, places: Places) -> Float:
    """Covariance R of the scatter in weeks of shape (k, j), shape (k, j, j), at the levels that the arm has there.

    ``places`` says which columns of the grid of visits the weeks are.
    """
    residual, members = outlook.truth.residual, outlook.members(arm)
    level = trajectory(outlook.course.effects, outlook.course.weeks, outlook.truth.decline.knot)[members, places]
    variance = (residual_sd(residual, level) ** 2).mean(axis=0)
    size = weeks.shape[1]
    alike = np.broadcast_to(np.eye(size), (len(weeks), size, size))
    if residual.serial_range is not None:
        gaps = np.abs(weeks[:, :, None] - weeks[:, None, :])
        share = residual.serial_share
        alike = share * np.exp(-gaps / residual.serial_range) + (1 - share) * alike
    rounding = _ROUNDING_VARIANCE if outlook.truth.scale.whole else 0.0
    return np.asarray(alike * np.sqrt(np.outer(variance, variance)) + rounding * np.eye(size))


def score_covariance(outlook: Outlook, arm: int, weeks: Float, places: Places) -> Float:
    """Covariance V of the scores of an arm in weeks of shape (k, j), shape (k, j, j)."""
    Z = phase_basis(weeks, outlook.truth.decline.knot)
    covariance = effect_covariance(outlook.truth, outlook.plan.arms[arm])
    return np.asarray(Z @ covariance @ Z.swapaxes(1, 2) + residual_covariance(outlook, arm, weeks, places))


def phase_basis(weeks: Float, knot: float | None) -> Float:
    """Columns of baseline and slopes in weeks of shape (k, j), shape (k, j, 1 + phases)."""
    return np.stack([np.ones_like(weeks), *months_in_phases(weeks, knot)], axis=-1)
