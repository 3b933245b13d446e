"""What is known of simulated subjects and visits at the end of a study, as arrays."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from alsmodels.data.alsfrsr import MAXIMUM
from alsmodels.kernels.arrays import Float, Int
from alsmodels.simulation.courses import Course, realise_courses
from alsmodels.simulation.items import item_scores, loss_order
from alsmodels.simulation.markers import Marker, effect_paths, onset_weeks, realise_marker
from alsmodels.simulation.people import realise_covariate
from alsmodels.simulation.plan import Plan
from alsmodels.simulation.truth import ONSET, Truth
from alsmodels.simulation.variates import Variates

__all__ = ["People", "Visits", "realise"]

Mask = NDArray[np.bool_]


@final
@dataclass(frozen=True, slots=True, eq=False)
class People:
    """m subjects.

    Attributes
    ----------
    arm : ndarray of int of shape (m,)
        Number of the arm among those of the plan.
    baseline : ndarray of shape (m,)
        Slopes : shape (m, phases), of the true trajectories, in points and points a month.
    covariates : ndarray of shape (m, covariates)
    groups : ndarray of bool
        Shape (m, groups), whether inside.
    delta_frs : ndarray of shape (m,)
        NaN where months since onset are not simulated.
    left : ndarray of shape (m,)
        Week of death or withdrawal, infinite if neither was seen.
    reason : ndarray of int of shape (m,)
        Place in `alsmodels.simulation.courses.REASONS`.
    antibodies : ndarray of shape (m,)
        Week of the visit at which antibodies were found, infinite if never.
    """

    arm: Int
    baseline: Float
    slopes: Float
    covariates: Float
    groups: Mask
    delta_frs: Float
    left: Float
    reason: Int
    antibodies: Float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Visits:
    """r visits; those of a subject are adjacent, in order of time.

    Attributes
    ----------
    subject : ndarray of int of shape (r,)
        Number of the subject.
    week, score : ndarray of shape (r,)
    markers : ndarray of shape (r, markers)
        As reported; NaN without a sample.
    censored : ndarray of bool
        Shape (r, markers), whether below the limit of quantification.
    items : ndarray of int of shape (r, 12)
        (r, 0) if they are not simulated.
    """

    subject: Int
    week: Float
    score: Float
    markers: Float
    censored: Mask
    items: NDArray[np.int8]


def realise(truth: Truth, plan: Plan, drawn: Variates, *, copies: int = 1) -> tuple[People, Visits]:
    """Calculate what happens in one cohort, or in several whose draws are stacked.

    Parameters
    ----------
    truth, plan : Truth, Plan
        The model, and who takes part.
    drawn : Variates
        The random numbers of ``copies`` times as many subjects as the plan has.
    copies : int, default 1
        Cohorts.
    """
    course = realise_courses(truth, plan, drawn, copies=copies)
    onset = onset_weeks([one.antibodies for one in plan.arms], course.arm, drawn.antibodies)
    return _realise_people(truth, plan, drawn, course, onset), _realise_visits(truth, plan, drawn, course, onset)


def _realise_people(truth: Truth, plan: Plan, drawn: Variates, course: Course, onset: Float) -> People:
    covariates = _covariates(truth, plan, course)
    names = [one.name for one in truth.covariates]
    months = covariates[:, names.index(ONSET)] if ONSET in names else np.full(len(course.arm), np.nan)
    return People(
        arm=course.arm,
        baseline=course.effects.baseline,
        slopes=course.effects.slopes,
        covariates=covariates,
        groups=drawn.groups < np.array([float(group.share) for group in truth.groups]),
        delta_frs=(MAXIMUM - course.observed[:, 0]) / months,
        left=course.left,
        reason=course.reason,
        antibodies=_first_positive(course, onset),
    )


def _covariates(truth: Truth, plan: Plan, course: Course) -> Float:
    shifts, first = [one.shifts for one in plan.arms], 1 + truth.decline.n_phases
    values = np.empty((len(course.arm), len(truth.covariates)))
    for at, covariate in enumerate(truth.covariates):
        values[:, at] = realise_covariate(covariate, shifts, course.arm, course.scores[:, first + at])
    return values


def _first_positive(course: Course, onset: Float) -> Float:
    """Week of the first visit after antibodies have appeared, shape (m,)."""
    positive = course.seen & (course.weeks >= onset[:, None])
    first = np.argmax(positive, axis=1)
    return np.where(positive.any(axis=1), course.weeks[np.arange(len(onset)), first], np.inf)


def _realise_visits(truth: Truth, plan: Plan, drawn: Variates, course: Course, onset: Float) -> Visits:
    subject, place = np.nonzero(course.seen)
    week, score = course.weeks[course.seen], course.observed[course.seen]
    first = len(truth.traits) - len(truth.markers)
    values = np.empty((len(week), len(truth.markers)))
    limited = np.zeros(values.shape, dtype=bool)
    for at, marker in enumerate(truth.markers):
        effects = [next((one for one in own.marker_effects if one.marker == marker.name), None) for own in plan.arms]
        path = effect_paths(effects, course.arm[subject], week, onset[subject])
        levels, normals = course.scores[subject, first + at], drawn.within[subject, place, at]
        reported, measured = realise_marker(marker, levels, week, path, normals)
        sampled = _to_measure(marker, plan)[course.arm[subject], place]
        sampled &= drawn.absent[subject, place, at] >= marker.absent
        values[:, at] = np.where(sampled, reported, np.nan)
        limited[:, at] = sampled & (measured < reported)
    return Visits(subject, week, score, values, limited, _items(truth, drawn, subject, score))


def _to_measure(marker: Marker, plan: Plan) -> Mask:
    """At which visits of each arm a marker is to be measured, on the grid of the plan."""
    weeks = plan.calendar.weeks
    return np.ones(weeks.shape, dtype=bool) if marker.weeks is None else np.isin(weeks, marker.weeks)


def _items(truth: Truth, drawn: Variates, subject: Int, score: Float) -> NDArray[np.int8]:
    if truth.items is None:
        return np.empty((len(subject), 0), dtype=np.int8)
    normals = drawn.domains
    if truth.items.bulbar_group is not None:
        at = [group.name for group in truth.groups].index(truth.items.bulbar_group)
        # Those inside have the smallest uniforms; they get the largest normals.
        first = -ndtri(np.maximum(drawn.groups[:, at], np.finfo(float).tiny))
        normals = np.column_stack([first, normals[:, 1:]])
    return item_scores(loss_order(truth.items, drawn.points, normals), subject, score)
