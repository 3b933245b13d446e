"""What is true of a question: its answer in the truth that the data were simulated from.

Mean trajectories of a truth are straight lines with one bend at most, so every question about slopes and means has an
exact answer. It is of the trajectories, before floor, ceiling, death and dropout.
"""

import numpy as np

from alsmodels.data.spelling import suggest
from alsmodels.errors import EstimandError, shown
from alsmodels.kernels.arrays import Float
from alsmodels.model.combinations import Combination
from alsmodels.model.estimand import Estimand
from alsmodels.model.means import ChangeFromBaseline, Difference, Mean
from alsmodels.model.slopes import Change, Slope, SlopeDifference, Slowing
from alsmodels.model.spec import ModelSpec
from alsmodels.model.timescale import WEEKS_PER_MONTH
from alsmodels.simulation.truth import Truth

__all__ = ["true_value", "why_unknown"]

# The score that a truth is of.
_SCORE = "alsfrs_r"


def true_value(question: Estimand, truth: Truth, spec: ModelSpec) -> float:
    """The answer to a question.

    Parameters
    ----------
    question : Estimand
        About slopes or means of arms.
    truth : Truth
        With the arms of the question.
    spec : ModelSpec
        The model that is asked; it says which weeks its phases are.

    Returns
    -------
    float
        NaN if there is no one answer: another response than the ALSFRS-R, an arm that is not there, no arm where there
        are several, a phase of the model in which the truth has a bend, and others that `why_unknown` tells of.

    Examples
    --------
    >>> from alsmodels.model.slopes import slowing
    >>> from alsmodels.model.spec import two_phase
    >>> from alsmodels.simulation import truths
    >>> truth = truths.realistic(ratio=(0.7, 1.0))
    >>> round(true_value(slowing("treated", "control", phase=1), truth, two_phase("alsfrs_r", arm="arm")), 6)
    0.3
    """
    try:
        return _value(question, truth, spec)
    except EstimandError:
        return float("nan")


def why_unknown(question: Estimand, truth: Truth, spec: ModelSpec) -> str:
    """Why a question has no one true answer, in a sentence; empty if it has one.

    Examples
    --------
    >>> from alsmodels.model.means import mean
    >>> from alsmodels.simulation import truths
    >>> why_unknown(mean("placebo", week=24), truths.healey_like(), ModelSpec("alsfrs_r ~ week + (week | subject)"))
    'Bounds of the score cut baselines, so that no mean has a simple true value; ask for changes or differences.'
    """
    try:
        _value(question, truth, spec)
    except EstimandError as reason:
        return str(reason)
    return ""


def _value(question: Estimand, truth: Truth, spec: ModelSpec) -> float:
    if spec.response != _SCORE:
        raise EstimandError(f"A truth is of {_SCORE}; it says nothing of {spec.response}.")
    if getattr(question, "at", ()):
        raise EstimandError("A truth has one mean slope for each arm, and none for a subgroup.")
    match question:
        case Slope():
            return _slope(truth, spec, question)
        case SlopeDifference():
            first, second = (_slope(truth, spec, one) for one in question.slopes)
            return first - second
        case Slowing():
            top, bottom = (_slope(truth, spec, one) for one in question.slopes)
            if not bottom:
                raise EstimandError(f"'{question.reference}' does not decline in the truth, so nothing is slowed.")
            return 1.0 - top / bottom
        case Change():
            return float(sum(weight * _slope(truth, spec, one) for weight, one in question.slopes))
        case Difference():
            return _difference(truth, question)
        case ChangeFromBaseline():
            own = _rise(truth, question.arm, question.week)
            return own if question.reference is None else own - _rise(truth, question.reference, question.week)
        case Mean():
            raise EstimandError(
                "Bounds of the score cut baselines, so that no mean has a simple true value; ask for changes or "
                "differences."
            )
        case Combination():
            return _sum(truth, spec, question)
        case _:
            raise EstimandError("A truth answers questions about slopes, changes and differences of means alone.")


def _sum(truth: Truth, spec: ModelSpec, question: Combination) -> float:
    total = 0.0
    for part, weight in question.parts:
        if isinstance(part, str):
            raise EstimandError(f"A truth has no coefficient '{part}'; weigh questions instead.")
        total += weight * _value(part, truth, spec)
    return total


def _slope(truth: Truth, spec: ModelSpec, question: Slope) -> float:
    """Points a month over a phase of the model, or between two weeks."""
    if question.weeks is not None:
        first, last = question.weeks
        return (_rise(truth, question.arm, last) - _rise(truth, question.arm, first)) / (last - first) * WEEKS_PER_MONTH
    slopes, phase = _arm_slopes(truth, question.arm), 1 if question.phase is None else question.phase
    if phase > spec.timescale.n_phases:
        raise EstimandError(f"The model has no phase {phase}.")
    knot = truth.decline.knot
    last = max(max(one.weeks) for one in [truth.schedule, *(a.schedule for a in truth.arms if a.schedule)])
    start, end = spec.timescale.interval(phase, last)
    if knot is None or end <= knot or len(set(slopes)) == 1:
        return float(slopes[0])
    if start >= knot:
        return float(slopes[-1])
    raise EstimandError(
        f"The truth bends in week {knot:g}, within the phase from week {start:g} to {end:g}, so there is no one slope."
    )


def _difference(truth: Truth, question: Difference) -> float:
    """Of mean trajectories; what bounds do to baselines of unlike populations has no simple answer."""
    risen = _rise(truth, question.arm, question.week) - _rise(truth, question.reference, question.week)
    shifts = {one.name: one.baseline_shift for one in truth.arms}
    shift = shifts[question.arm] - shifts[question.reference]
    if shift and truth.decline.baseline_range is not None:
        raise EstimandError("Bounds of the score cut the baselines of unlike populations by unlike amounts.")
    return float(shift + risen)


def _rise(truth: Truth, arm: str | None, week: float) -> float:
    """Mean of an arm in a week less that in week 0."""
    slopes, knot = _arm_slopes(truth, arm), truth.decline.knot
    weeks = [week] if knot is None else [min(week, knot), max(week - knot, 0.0)]
    return float(np.dot(slopes, weeks) / WEEKS_PER_MONTH)


def _arm_slopes(truth: Truth, name: str | None) -> Float:
    """Mean slopes of an arm, a month, one for each phase of the truth."""
    names = [arm.name for arm in truth.arms]
    if name is None and len(names) > 1:
        raise EstimandError(f"The truth has several arms, {', '.join(names)}, and none is named.")
    if name is not None and name not in names:
        raise EstimandError(f"The truth has no arm {shown(name)}; {suggest(name, names)}")
    table = truth.slopes()
    own = table[table["arm"] == (names[0] if name is None else name)]
    return own.sort_values("phase")["mean"].to_numpy(dtype=float)
