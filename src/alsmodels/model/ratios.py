"""Answers of a model of a logarithm, said on the scale of the outcome: geometric means, ratios, per cent a month."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, final

import numpy as np
from numpy.typing import NDArray

from alsmodels.errors import EstimandError, shown
from alsmodels.model.combinations import Combination
from alsmodels.model.estimand import Contrast, Estimand, looks_of, unit_of, words_of
from alsmodels.model.followup import Look
from alsmodels.model.means import ChangeFromBaseline, Difference, Mean
from alsmodels.model.spec import ModelSpec
from alsmodels.model.stack import AnyDesign
from alsmodels.model.units import GEOMETRIC, RATIO, Measure, Unit

__all__ = ["OnRatioScale", "Scale", "base_of", "is_level", "no_effect", "put_on_scale"]

Scale: TypeAlias = Literal["model", "ratio"]
Array: TypeAlias = NDArray[np.float64]

_NAMES: Final = {
    Mean: "geometric mean",
    Difference: "ratio of geometric means",
    ChangeFromBaseline: "ratio to baseline",
}


@final
@dataclass(frozen=True, slots=True)
class OnRatioScale:
    """A question about a logarithm, whose answer is turned back.

    Attributes
    ----------
    asked : Estimand
        The question, on the scale of the model.
    base : float
        The base of the logarithm.
    """

    asked: Estimand
    base: float

    def words(self, minus: str = "-") -> str:
        """As in ``ratio of geometric means, week 24, anakinra / control``."""
        name = _NAMES.get(type(self.asked))
        if name is not None and isinstance(self.asked, (Mean, Difference, ChangeFromBaseline)):
            return f"{name}{self.asked.rest('/')}"
        return words_of(self.asked, "/")

    @property
    def unit(self) -> Unit:
        """The outcome's own of a mean or an average of means, per cent of a rate, a ratio of any other."""
        per = unit_of(self.asked).per
        if isinstance(self.asked, Mean) or (per is None and _level(self.asked) != 0):
            return GEOMETRIC
        return RATIO if per is None else Unit(Measure.PERCENT, per)

    @property
    def label(self) -> str:
        """The question with its unit."""
        unit = str(self.unit)
        return f"{self.words()} ({unit})" if unit else self.words()

    def contrast(self, design: AnyDesign) -> Contrast:
        """That of the question on the scale of the model."""
        return self.asked.contrast(design)

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """Those of the question."""
        return looks_of(self.asked, design)

    def turn_back(self, value: Array) -> Array:
        """From the scale of the model to that of the outcome."""
        raised = self.base ** np.asarray(value, dtype=float)
        return np.asarray(100.0 * (raised - 1.0) if self.unit.measure is Measure.PERCENT else raised)

    def gradient(self, value: float) -> float:
        """How the answer moves with that on the scale of the model."""
        factor = 100.0 if self.unit.measure is Measure.PERCENT else 1.0
        return float(factor * np.log(self.base) * self.base**value)


def put_on_scale(questions: Sequence[Estimand], scale: Scale, spec: ModelSpec) -> list[Estimand]:
    """Questions on the scale that is asked for; shares and correlations have one scale alone.

    Raises
    ------
    EstimandError
        If the scale is none, the response is not modelled as a logarithm, or a sum of means is neither a mean nor a
        ratio there.
    """
    base = base_of(scale, spec)
    if base is None:
        return list(questions)
    for one in questions:
        _check_level(one)
    own = (Measure.SHARE, Measure.CORRELATION)
    return [one if unit_of(one).measure in own else OnRatioScale(one, base) for one in questions]


def base_of(scale: Scale, spec: ModelSpec) -> float | None:
    """The base of the logarithm to turn back from, or None to stay on the scale of the model."""
    if scale not in ("model", "ratio"):
        raise EstimandError(f"scale is 'model' or 'ratio', not {shown(scale)}.")
    if scale == "model":
        return None
    base = spec.transform.base
    if base is None:
        msg = (
            f"scale='ratio' turns answers about a logarithm into ratios, and '{spec.response}' is modelled as it is; "
            f"a model of log({spec.columns[0]}) has such answers."
        )
        raise EstimandError(msg)
    return base


def _level(question: Estimand) -> int:
    """1 of an average of means, 0 of what compares them; whole but for rounding once it is checked."""
    return round(question.level) if isinstance(question, Combination) else 0


def _check_level(question: Estimand) -> None:
    """Refuse a sum of means that would be a power of the outcome's unit."""
    if not isinstance(question, Combination) or unit_of(question).per is not None:
        return
    if not any(np.isclose(question.level, whole, rtol=0, atol=1e-9) for whole in (0.0, 1.0)):
        msg = (
            f"On the ratio scale the weights of means sum to 0, for a ratio, or to 1, for a geometric mean; those of "
            f"'{words_of(question)}' sum to {question.level:g}, which has no unit there. Ask with scale='model'."
        )
        raise EstimandError(msg)


def is_level(question: Estimand) -> bool:
    """Whether an answer is a mean or an average of means, so that it compares nothing."""
    asked = question.asked if isinstance(question, OnRatioScale) else question
    return unit_of(asked).per is None and (isinstance(asked, Mean) or _level(asked) != 0)


def no_effect(question: Estimand) -> float:
    """What an answer is where nothing differs: 1 of a ratio, 0 of all else."""
    return 1.0 if unit_of(question).measure in (Measure.RATIO, Measure.GEOMETRIC) else 0.0
