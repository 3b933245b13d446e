"""The course of each subject: trajectory, scores, and until when they are seen."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from alsmodels.kernels.arrays import Float, Int
from alsmodels.simulation.copula import correlate
from alsmodels.simulation.decline import Effects, realise_effects, slope_at, trajectory
from alsmodels.simulation.dropout import cumulative_hazard, death_weeks, hazard_grid, last_observed, withdrawal_weeks
from alsmodels.simulation.plan import Plan
from alsmodels.simulation.scatter import observe, serial_process
from alsmodels.simulation.schedule import held_visits, visit_weeks
from alsmodels.simulation.truth import Truth, score_factor
from alsmodels.simulation.variates import Variates

__all__ = ["REASONS", "Course", "realise_courses"]

REASONS: Final = ("", "death", "tracheostomy", "withdrawal")
"""The kinds of event that end a course, by number; 0 is none."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """What happens to m subjects on a grid of j visits, all visits after leaving included.

    Attributes
    ----------
    arm : ndarray of int of shape (m,)
        Number of the arm.
    scores : ndarray of shape (m, traits)
        Normal scores of the traits.
    effects : Effects
        Baselines and slopes.
    weeks, observed : ndarray of shape (m, j)
    left : ndarray of shape (m,)
        Week of death or withdrawal, infinite if neither is seen.
    reason : ndarray of int of shape (m,)
        Place in `REASONS`.
    seen : ndarray of bool of shape (m, j)
        The visits that take place.
    """

    arm: Int
    scores: Float
    effects: Effects
    weeks: Float
    observed: Float
    left: Float
    reason: Int
    seen: NDArray[np.bool_]


def realise_courses(truth: Truth, plan: Plan, drawn: Variates, *, copies: int) -> Course:
    """Calculate the courses of the subjects of several cohorts whose draws are stacked.

    Parameters
    ----------
    truth, plan : Truth, Plan
        The model, and who takes part.
    drawn : Variates
        The random numbers of ``copies`` times as many subjects as the plan has.
    copies : int
        Cohorts.
    """
    arm, knot = plan.arm_of(copies), truth.decline.knot
    scores = correlate(np.concatenate([drawn.traits, drawn.levels], axis=1), score_factor(truth))
    effects = realise_effects(truth.decline, plan.arms, arm, scores)
    weeks = visit_weeks(plan.calendar, arm, drawn.jitter)
    held = held_visits(plan.calendar, arm, drawn.held)
    u = serial_process(weeks, truth.residual.serial_range, drawn.serial)
    observed = observe(truth.residual, truth.scale, trajectory(effects, weeks, knot), u, drawn.nugget)
    end = np.maximum(weeks[:, -1], plan.calendar.weeks[arm, -1])
    died = _deaths(truth, plan, drawn, arm, effects, end)
    last, slopes = last_observed(observed, held), slope_at(effects, weeks, knot)
    withdrew = _withdrawals(truth, drawn, last, slopes, np.column_stack([weeks, end]))
    left, reason = _first(truth, drawn, died, withdrew, end)
    return Course(arm, scores, effects, weeks, observed, left, reason, held & (weeks < left[:, None]))


def _deaths(truth: Truth, plan: Plan, drawn: Variates, arm: Int, effects: Effects, end: Float) -> Float:
    if truth.death is None:
        return np.full(len(arm), np.inf)
    grid = hazard_grid(float(end.max()), truth.decline.knot)
    ratio = np.array([float(one.hazard_ratio) for one in plan.arms])
    hazard = ratio[arm, None] * cumulative_hazard(truth.death, effects, grid, truth.decline.knot)
    return death_weeks(truth.death, hazard, grid, drawn.death)


def _withdrawals(truth: Truth, drawn: Variates, last: Float, slopes: Float, weeks: Float) -> Float:
    if truth.withdrawal is None:
        return np.full(len(weeks), np.inf)
    return withdrawal_weeks(truth.withdrawal, last, slopes, weeks, drawn.withdrawal)


def _first(truth: Truth, drawn: Variates, died: Float, withdrew: Float, end: Float) -> tuple[Float, Int]:
    """Whichever comes first, and what it is told as; nobody is followed after the end."""
    ventilated = 0.0 if truth.death is None else truth.death.tracheostomy
    fatal = np.where(drawn.kind < ventilated, REASONS.index("tracheostomy"), REASONS.index("death"))
    reason = np.where(died <= withdrew, fatal, REASONS.index("withdrawal"))
    left = np.minimum(died, withdrew)
    stayed = left > end
    return np.where(stayed, np.inf, left), np.where(stayed, 0, reason)
