"""What is true of a question: its answer in the truth that the data were simulated from.

Mean trajectories of a truth are straight lines with one bend at most, so every question about slopes and means has an
exact answer. It is of the trajectories, before floor, ceiling, death and dropout.
"""

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.model.estimand import Change, Difference, Estimand, Slope, SlopeDifference, Slowing
from alsmodels.model.spec import ModelSpec
from alsmodels.model.timescale import WEEKS_PER_MONTH
from alsmodels.simulation.truth import Truth

__all__ = ["true_value"]

# The score that a truth is of.
_SCORE = "alsfrs_r"


def true_value(question: Estimand, truth: Truth, spec: ModelSpec) -> float:
    """The answer to a question.

    Parameters
    ----------
    question : about slopes or means of arms
    truth : with the arms of the question
    spec : the model that is asked; it says which weeks its phases are

    Returns
    -------
    float
        NaN if there is no one answer: another response than the ALSFRS-R, an arm that is not there, no arm where there
        are several, or a phase of the model in which the truth has a bend.

    Examples
    --------
    >>> from alsmodels.model.estimand import slowing
    >>> from alsmodels.model.spec import two_phase
    >>> from alsmodels.simulation import truths
    >>> truth = truths.realistic(ratio=(0.7, 1.0))
    >>> round(true_value(slowing("treated", "control", phase=1), truth, two_phase("alsfrs_r", arm="arm")), 6)
    0.3
    """
    if spec.response != _SCORE:
        return float("nan")
    match question:
        case Slope():
            return _slope(truth, spec, question.arm, question.phase)
        case SlopeDifference():
            first, second = (_slope(truth, spec, arm, question.phase) for arm in (question.arm, question.reference))
            return first - second
        case Slowing():
            top, bottom = (_slope(truth, spec, arm, question.phase) for arm in (question.arm, question.reference))
            return 1.0 - top / bottom if bottom else float("nan")
        case Change():
            return _change(truth, spec, question)
        case Difference():
            return _difference(truth, question)
        case _:
            return float("nan")


def _change(truth: Truth, spec: ModelSpec, question: Change) -> float:
    later, before = question.phase, question.phase - 1
    own = _slope(truth, spec, question.arm, later) - _slope(truth, spec, question.arm, before)
    if question.reference is None:
        return own
    return own - _slope(truth, spec, question.reference, later) + _slope(truth, spec, question.reference, before)


def _slope(truth: Truth, spec: ModelSpec, arm: str | None, phase: int) -> float:
    """Points a month over a phase of the model; NaN if the truth bends in it."""
    slopes = _arm_slopes(truth, arm)
    if phase > spec.timescale.n_phases or slopes is None:
        return float("nan")
    knot = truth.decline.knot
    last = max(max(one.weeks) for one in [truth.schedule, *(a.schedule for a in truth.arms if a.schedule)])
    start, end = spec.timescale.interval(phase, last)
    if knot is None or end <= knot or len(set(slopes)) == 1:
        return float(slopes[0])
    return float(slopes[-1]) if start >= knot else float("nan")


def _difference(truth: Truth, question: Difference) -> float:
    """Of mean trajectories; what bounds do to baselines of unlike populations has no simple answer."""
    pair = [_arm_slopes(truth, name) for name in (question.arm, question.reference)]
    if pair[0] is None or pair[1] is None:
        return float("nan")
    shifts = {one.name: one.baseline_shift for one in truth.arms}
    shift = shifts[question.arm] - shifts[question.reference]
    if shift and truth.decline.baseline_range is not None:
        return float("nan")
    knot, week = truth.decline.knot, question.week
    weeks = [week] if knot is None else [min(week, knot), max(week - knot, 0.0)]
    return float(shift + np.dot(pair[0] - pair[1], weeks) / WEEKS_PER_MONTH)


def _arm_slopes(truth: Truth, name: str | None) -> Float | None:
    """Mean slopes of an arm, a month, one for each phase of the truth; None if no one arm is meant."""
    if name is None and len(truth.arms) > 1:
        return None
    table = truth.slopes()
    own = table[table["arm"] == (truth.arms[0].name if name is None else name)]
    return own.sort_values("phase")["mean"].to_numpy(dtype=float) if len(own) else None
