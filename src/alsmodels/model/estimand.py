"""Questions about trajectories, as functions of the design and never of coefficient names.

A question knows how to turn a design into a `Contrast`: rows of weights on the fixed effects, and what to do with their
products. Both engines answer it: one from an estimate and its covariance, one from draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, final

import numpy as np
from numpy.typing import NDArray

from alsmodels.data.roles import TimeUnit
from alsmodels.errors import EstimandError
from alsmodels.model.followup import Look, is_beyond
from alsmodels.model.stack import AnyDesign, Stack
from alsmodels.model.timescale import asked_unit, asked_week, told_time
from alsmodels.model.trajectory import mean_rows, phase_ends, slope_row
from alsmodels.model.units import CORRELATION, PER_MONTH, RESPONSE, SHARE, Unit

__all__ = [
    "Change",
    "Contrast",
    "Difference",
    "EffectCorrelation",
    "Estimand",
    "Slope",
    "SlopeDifference",
    "Slowing",
    "change",
    "difference",
    "effect_correlation",
    "find_extrapolated",
    "looks_of",
    "resolve_all",
    "slope",
    "slope_difference",
    "slowing",
    "unit_of",
    "words_of",
]

Vector = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """A function of the fixed effects: ``weights @ beta``, or one minus a ratio of two such.

    Attributes
    ----------
    weights : shape (p,), the linear contrast, or the numerator; shape (R, p) of the R data sets of a stack
    over : of the same shape, the denominator; None for a linear contrast
    """

    weights: Vector
    over: Vector | None = None

    def of(self, number: int) -> "Contrast":
        """That of one data set of a stack."""
        return Contrast(self.weights[number], None if self.over is None else self.over[number])

    def value(self, beta: Vector) -> Vector:
        """The value at beta, shape (p,), or at each of many draws, shape (..., p)."""
        top = np.asarray(beta @ self.weights)
        return top if self.over is None else 1.0 - top / (beta @ self.over)

    def gradient(self, beta: Vector) -> Vector:
        """Derivative in beta, shape (p,)."""
        if self.over is None:
            return self.weights
        top, bottom = beta @ self.weights, beta @ self.over
        return np.asarray((top / bottom**2) * self.over - self.weights / bottom)


class Estimand(Protocol):
    """A question that a fitted longitudinal model can answer."""

    def words(self, minus: str = "-") -> str:
        """The question without its unit; what is between two arms is ``minus``, as it is printed."""
        ...

    @property
    def unit(self) -> Unit:
        """The unit of the answer."""
        ...

    @property
    def label(self) -> str:
        """The question with its unit, as the tables name it."""
        ...

    def contrast(self, design: AnyDesign) -> Contrast:
        """The function of the fixed effects that answers it."""
        ...

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The weeks of arms that it rests on; a question without this is never called extrapolated."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Slope:
    """Mean change of an arm per month, over one phase."""

    arm: str | None
    phase: int

    def words(self, minus: str = "-") -> str:
        """As in ``slope, phase 1, anakinra``."""
        return f"slope, phase {self.phase}{_of(self.arm)}"

    @property
    def unit(self) -> Unit:
        """That of the response, per month."""
        return PER_MONTH

    @property
    def label(self) -> str:
        """The question with its unit."""
        return _label(self)

    def contrast(self, design: AnyDesign) -> Contrast:
        """Difference of the means at the ends of the phase over its months."""
        return Contrast(slope_row(design, self.arm, self.phase))

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The phase."""
        return _phase_looks(design, (self.arm,), (self.phase,))


@final
@dataclass(frozen=True, slots=True)
class SlopeDifference:
    """Slope of one arm minus slope of another, in one phase."""

    arm: str
    reference: str
    phase: int

    def words(self, minus: str = "-") -> str:
        """As in ``slope difference, phase 1, anakinra - control``."""
        return f"slope difference, phase {self.phase}, {self.arm} {minus} {self.reference}"

    @property
    def unit(self) -> Unit:
        """That of the response, per month."""
        return PER_MONTH

    @property
    def label(self) -> str:
        """The question with its unit."""
        return _label(self)

    def contrast(self, design: AnyDesign) -> Contrast:
        """Difference of two slopes."""
        return Contrast(slope_row(design, self.arm, self.phase) - slope_row(design, self.reference, self.phase))

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The phase, in both arms."""
        return _phase_looks(design, (self.arm, self.reference), (self.phase,))


@final
@dataclass(frozen=True, slots=True)
class Change:
    """Slope of a phase minus slope of the phase before it; between two arms if a reference is given."""

    arm: str | None
    reference: str | None = None
    phase: int = 2

    def words(self, minus: str = "-") -> str:
        """As in ``change of slope, phase 2 - phase 1, anakinra``."""
        against = "" if self.reference is None else f" {minus} {self.reference}"
        return f"change of slope, phase {self.phase} {minus} phase {self.phase - 1}{_of(self.arm)}{against}"

    @property
    def unit(self) -> Unit:
        """That of the response, per month."""
        return PER_MONTH

    @property
    def label(self) -> str:
        """The question with its unit."""
        return _label(self)

    def contrast(self, design: AnyDesign) -> Contrast:
        """Difference of the slopes of two phases."""
        later, before = self.phase, self.phase - 1
        rows = slope_row(design, self.arm, later) - slope_row(design, self.arm, before)
        if self.reference is not None:
            rows = rows - slope_row(design, self.reference, later) + slope_row(design, self.reference, before)
        return Contrast(rows)

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """Both phases, in the arm or in both arms."""
        arms = (self.arm,) if self.reference is None else (self.arm, self.reference)
        return _phase_looks(design, arms, (self.phase - 1, self.phase))


@final
@dataclass(frozen=True, slots=True)
class Difference:
    """Mean response of one arm minus that of another, in one week."""

    arm: str
    reference: str
    week: float
    told_in: TimeUnit = "week"

    def words(self, minus: str = "-") -> str:
        """As in ``difference, week 24, anakinra - control``, or in the unit that was asked in."""
        return f"difference, {told_time(self.week, self.told_in)}, {self.arm} {minus} {self.reference}"

    @property
    def unit(self) -> Unit:
        """That of the response."""
        return RESPONSE

    @property
    def label(self) -> str:
        """The question with its unit."""
        return _label(self)

    def contrast(self, design: AnyDesign) -> Contrast:
        """Difference of two mean rows."""
        weeks = np.array([self.week])
        return Contrast((mean_rows(design, self.arm, weeks) - mean_rows(design, self.reference, weeks))[0])

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The week, in both arms."""
        return tuple(Look(arm, self.week, self.week) for arm in (self.arm, self.reference))


@final
@dataclass(frozen=True, slots=True)
class Slowing:
    """Share of the reference arm's slope that the arm is spared: one minus the ratio of slopes."""

    arm: str
    reference: str
    phase: int

    def words(self, minus: str = "-") -> str:
        """As in ``slowing, phase 1, anakinra / control``."""
        return f"slowing, phase {self.phase}, {self.arm} / {self.reference}"

    @property
    def unit(self) -> Unit:
        """A share of the slope of the reference."""
        return SHARE

    @property
    def label(self) -> str:
        """The question with its unit."""
        return _label(self)

    def contrast(self, design: AnyDesign) -> Contrast:
        """One minus a ratio of slopes; its standard error is by the delta method."""
        top, bottom = (slope_row(design, arm, self.phase) for arm in (self.arm, self.reference))
        return Contrast(top, over=bottom)

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The phase, in both arms."""
        return _phase_looks(design, (self.arm, self.reference), (self.phase,))


@final
@dataclass(frozen=True, slots=True)
class EffectCorrelation:
    """Correlation of two random effects of a posterior, of one outcome or of two."""

    first: str
    second: str

    def words(self, minus: str = "-") -> str:
        """As in ``correlation, alsfrs_r: week and log(nfl): week``."""
        return f"correlation, {self.first} and {self.second}"

    @property
    def unit(self) -> Unit:
        """None: a correlation."""
        return CORRELATION

    @property
    def label(self) -> str:
        """The question; it says that it is of a correlation."""
        return self.words()

    def contrast(self, design: AnyDesign) -> Contrast:
        """Refuse: it is no function of the fixed effects."""
        msg = f"'{self.label}' is a question to a posterior, from sample_lmm or sample_joint."
        raise EstimandError(msg)

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """None."""
        return ()


def slope(*, phase: int = 1, arm: str | None = None) -> Slope:
    """Mean change per month of an arm in a phase, counted from 1; a model without phases has phase 1 alone."""
    return Slope(arm=arm, phase=phase)


def slope_difference(arm: str, reference: str, *, phase: int = 1) -> SlopeDifference:
    """Slope of ``arm`` minus slope of ``reference`` in a phase, per month."""
    return SlopeDifference(arm=arm, reference=reference, phase=phase)


def change(*, arm: str | None = None, reference: str | None = None, phase: int = 2) -> Change:
    """Slope in a phase minus slope in the phase before it, per month; minus the reference arm's if one is given."""
    return Change(arm=arm, reference=reference, phase=phase)


def difference(
    arm: str, reference: str, *, week: float | None = None, month: float | None = None, day: float | None = None
) -> Difference:
    """Mean response of ``arm`` minus that of ``reference`` in a week, or at a month or day since baseline."""
    found = asked_week(week=week, month=month, day=day)
    return Difference(arm=arm, reference=reference, week=found, told_in=asked_unit(week=week, month=month))


def slowing(arm: str, reference: str, *, phase: int = 1) -> Slowing:
    """One minus the ratio of the slopes of ``arm`` and ``reference``: 0.3 is a decline slowed by 30%."""
    return Slowing(arm=arm, reference=reference, phase=phase)


def effect_correlation(first: str, second: str) -> EffectCorrelation:
    """Correlation of two random effects, by name; in a joint model ``response: name``."""
    return EffectCorrelation(first=first, second=second)


def looks_of(question: Estimand, design: AnyDesign) -> tuple[Look, ...]:
    """The weeks of arms that a question rests on, as far as it says so."""
    return question.looks(design) if hasattr(question, "looks") else ()


def resolve_all(questions: Sequence[Estimand], stack: Stack) -> list[Contrast]:
    """The contrasts that questions ask for of every data set of a stack.

    Raises
    ------
    EstimandError
        If one is no question, or the model cannot answer it or sets it to a constant.
    """
    found = []
    for question in questions:
        if not hasattr(question, "contrast"):
            msg = f"A question is made by slope, slope_difference, change, difference or slowing; {question!r} is none."
            raise EstimandError(msg)
        contrast = question.contrast(stack)
        over = contrast.weights if contrast.over is None else contrast.over
        if not np.nansum(np.abs(over)) > 0 or _are_same(contrast):
            msg = f"'{question.label}' is not estimated: the model sets it to a constant, whatever the data."
            raise EstimandError(msg)
        found.append(contrast)
    return found


def find_extrapolated(questions: Sequence[Estimand], stack: Stack) -> NDArray[np.bool_]:
    """Which questions look beyond an arm's visits, shape (R, questions)."""
    found = np.zeros((stack.n_replicates, len(questions)), dtype=bool)
    for place, question in enumerate(questions):
        found[:, place] = is_beyond(stack, looks_of(question, stack))
    return found


def _are_same(contrast: Contrast) -> bool:
    """Whether a ratio is of one and the same."""
    return contrast.over is not None and np.array_equal(contrast.weights, contrast.over, equal_nan=True)


def unit_of(asked: Estimand) -> Unit:
    """The unit of a question; of one that says none it is that of the response."""
    return getattr(asked, "unit", RESPONSE)


def words_of(asked: Estimand, minus: str = "-") -> str:
    """A question without its unit; of one that knows no other words it is the label."""
    return asked.words(minus) if hasattr(asked, "words") else asked.label


def _phase_looks(design: AnyDesign, arms: Sequence[str | None], phases: Sequence[int]) -> tuple[Look, ...]:
    return tuple(Look(arm, *phase_ends(design, phase)) for arm in arms for phase in phases)


def _label(asked: Estimand) -> str:
    unit = str(asked.unit)
    return f"{asked.words()} ({unit})" if unit else asked.words()


def _of(arm: str | None) -> str:
    return "" if arm is None else f", {arm}"
