"""One question put to one fit: from an estimate and its covariance, or from draws."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, TypeAlias, cast, final

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.joint import JointFit
from alsmodels.bayes.monte_carlo import mean_error
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.quantities import draws_of, resolve
from alsmodels.errors import EstimandError
from alsmodels.frequentist.fit import MixedFit
from alsmodels.frequentist.intervals import Inference, infer
from alsmodels.model.estimand import Contrast, Estimand, resolve_contrast
from alsmodels.model.intervals import Interval, find_interval
from alsmodels.model.ratios import OnRatioScale, no_effect

__all__ = [
    "NOTHING",
    "Answer",
    "AnyFit",
    "Fit",
    "Reading",
    "answer",
    "check_named",
    "check_single",
    "engine_name",
    "resolve_for",
]

Fit: TypeAlias = MixedFit | PosteriorFit
AnyFit: TypeAlias = Fit | JointFit
Vector = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True)
class Reading:
    """How draws and estimates are read.

    Attributes
    ----------
    level : float, default 0.95
        The level of the intervals.
    interval : {"eti", "hdi"}, default "eti"
        ``"eti"`` or ``"hdi"``; of posteriors.
    margin : float or None
        The probability is that of being above it; None for the value that says that nothing differs.
    rope : tuple of (float, float) or None
        Limits of the region of practical equivalence; None for none.
    """

    level: float = 0.95
    interval: Interval = "eti"
    margin: float | None = None
    rope: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.rope is not None and not self.rope[0] < self.rope[1]:
            msg = f"A region of practical equivalence has its lower limit before its upper one, not {self.rope}."
            raise EstimandError(msg)


@final
@dataclass(frozen=True, slots=True)
class Answer:
    """An estimate of one quantity with its uncertainty; what an engine does not know is NaN.

    Attributes
    ----------
    estimate, std_error, df : float
        Estimate, standard error and degrees of freedom; or posterior mean and SD.
    lower, upper : float
        The interval.
    p_value : float
        The two-sided p-value of zero.
    probability : float
        The probability that the quantity is above the margin.
    in_rope : float
        Probability of the region of practical equivalence.
    mcse : float
        Monte Carlo error of the estimate; zero if there is none.
    """

    estimate: float
    std_error: float
    df: float
    lower: float
    upper: float
    p_value: float
    probability: float
    in_rope: float
    mcse: float


NOTHING: Final = Answer(*[np.nan] * len(fields(Answer)))
"""The answer of a question that has none."""


def check_named(fits: object, others: Sequence[object], verb: str) -> None:
    """Refuse fits without names, and fits beside those in the mapping."""
    if isinstance(fits, Mapping) and not others:
        return
    msg = f"{verb} takes fits by name, in braces, all in its first argument: {verb}({{'first': fit, 'second': other}})."
    raise EstimandError(msg)


def resolve_for(fit: AnyFit, question: Estimand) -> Contrast | None:
    """The contrast of the fixed effects that a question asks for; None for a correlation of random effects."""
    return resolve_contrast(question, fit.design) if isinstance(fit, MixedFit) else resolve(fit, question)


def answer(fit: AnyFit, question: Estimand, contrast: Contrast | None, reading: Reading) -> Answer:
    """Answer a question that `resolve_for` has resolved."""
    if isinstance(fit, MixedFit):
        return _of_estimate(fit, question, cast("Contrast", contrast), reading)
    return _of_draws(fit, question, contrast, reading)


def _of_estimate(fit: MixedFit, question: Estimand, contrast: Contrast, reading: Reading) -> Answer:
    gradient = contrast.gradient(fit.beta)
    std_error = float(np.sqrt(gradient @ fit.beta_cov @ gradient))
    found = infer(float(contrast.value(fit.beta)), std_error, fit.df(gradient), level=reading.level)
    if isinstance(question, OnRatioScale):
        found = _turned_back(question, found)
    return Answer(
        estimate=found.estimate,
        std_error=found.std_error,
        df=found.df,
        lower=found.lower,
        upper=found.upper,
        p_value=found.p_value,
        probability=np.nan,
        in_rope=np.nan,
        mcse=0.0,
    )


def _of_draws(fit: PosteriorFit | JointFit, question: Estimand, contrast: Contrast | None, reading: Reading) -> Answer:
    draws = draws_of(fit, question, contrast)
    if isinstance(question, OnRatioScale):
        draws = question.turn_back(draws)
    margin = no_effect(question) if reading.margin is None else reading.margin
    lower, upper = find_interval(draws, level=reading.level, kind=reading.interval)
    inside = np.nan
    if reading.rope is not None:
        inside = float(np.mean((draws >= reading.rope[0]) & (draws <= reading.rope[1])))
    return Answer(
        estimate=float(draws.mean()),
        std_error=float(draws.std(ddof=1)),
        df=np.nan,
        lower=lower,
        upper=upper,
        p_value=np.nan,
        probability=float(np.mean(draws > margin)),
        in_rope=inside,
        mcse=_monte_carlo_error(fit, draws),
    )


def _turned_back(question: OnRatioScale, found: Inference) -> Inference:
    """The answer on the scale of the outcome: ends of the interval turned back, the error by the delta method."""
    estimate, lower, upper = question.turn_back(np.array([found.estimate, found.lower, found.upper]))
    std_error = question.gradient(found.estimate) * found.std_error
    return replace(found, estimate=float(estimate), std_error=std_error, lower=float(lower), upper=float(upper))


def _monte_carlo_error(fit: PosteriorFit | JointFit, draws: Vector) -> float:
    if fit.effective is not None:
        return float(draws.std(ddof=1) / np.sqrt(fit.effective))
    chains = draws.reshape(fit.draws["posterior"].sizes["chain"], -1)
    return mean_error(chains)


def engine_name(fit: AnyFit) -> str:
    """What made a fit, as tables name it."""
    return f"{fit.engine} {fit.method}" if isinstance(fit, MixedFit) else fit.engine


def check_single(fit: object) -> None:
    """Refuse a joint fit where a fit of one outcome is wanted."""
    if isinstance(fit, JointFit):
        msg = f"This takes fits of one outcome: joint.fits[...], with {', '.join(fit.fits)}."
        raise EstimandError(msg)
