"""Draws of the quantities that questions ask for, at the knot of the formula or at an unknown one."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.joint import JointFit
from alsmodels.bayes.knots import columns_at, divide_phases, phase_kinds
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.errors import EstimandError
from alsmodels.model.asking import Held
from alsmodels.model.combinations import Combination, EffectCorrelation
from alsmodels.model.estimand import Contrast, Estimand, resolve_contrast
from alsmodels.model.ratios import OnRatioScale
from alsmodels.model.slopes import Slowing
from alsmodels.model.timescale import TwoPhase
from alsmodels.model.trajectory import Point, mean_rows, settle_rows

__all__ = ["draws_of", "mean_draws", "resolve"]

Matrix = NDArray[np.float64]


def mean_draws(fit: PosteriorFit, arm: str | None, weeks: Matrix, *, at: Held = ()) -> Matrix:
    """Draws of an arm's mean response in each week, shape (s, len(weeks)); NaN where the data do not tell it.

    Covariates are averaged over subjects, but for those that are held.
    """
    beta, timescale = fit.stacked("beta"), fit.spec.timescale
    rows = mean_rows(fit.design, arm, weeks, at=at)
    if fit.response.knot is None or not isinstance(timescale, TwoPhase):
        rows, told = settle_rows(fit.design, rows)
        return np.where(told, beta @ rows.T, np.nan)
    apart = mean_rows(fit.design, arm, np.full(len(weeks), 2 * timescale.knot), at=at)
    kinds = phase_kinds(fit.design.fixed_terms)
    other = divide_phases(rows, apart, kinds, timescale.knot)
    knots = fit.stacked("knot")
    return np.array([columns_at(knot, other, kinds, weeks) @ one for knot, one in zip(knots, beta, strict=True)])


def resolve(fit: PosteriorFit | JointFit, question: Estimand) -> Contrast | None:
    """The contrast of the fixed effects that a question asks for; None for a correlation of random effects."""
    if isinstance(question, EffectCorrelation):
        return None
    if isinstance(fit, JointFit):
        msg = f"'{question.label}' is a question about one outcome; ask it of joint.fits[...]: {', '.join(fit.fits)}."
        raise EstimandError(msg)
    return resolve_contrast(question, fit.design)


def draws_of(fit: PosteriorFit | JointFit, question: Estimand, contrast: Contrast | None = None) -> Matrix:
    """Posterior draws of a quantity, shape (s,), chain by chain."""
    if isinstance(question, EffectCorrelation):
        return fit.correlation_draws(question.first, question.second)
    contrast = resolve(fit, question) if contrast is None else contrast
    fit = cast("PosteriorFit", fit)
    if fit.response.knot is not None:
        return _at_unknown_knot(fit, question, cast("Contrast", contrast))
    return cast("Contrast", contrast).value(fit.stacked("beta"))


def _at_unknown_knot(fit: PosteriorFit, question: Estimand, contrast: Contrast) -> Matrix:
    """Draws of a quantity whose knot differs between draws.

    Coefficients are slopes whatever the knot; what is made of means in given weeks depends on it.
    """
    match question:
        case OnRatioScale():
            return _at_unknown_knot(fit, question.asked, contrast)
        case Slowing():
            own, other = (_at_unknown_knot(fit, one, one.contrast(fit.design)) for one in question.slopes)
            return 1.0 - own / other
        case Combination():
            parts = [(part, weight) for part, weight in question.parts if not isinstance(part, str)]
            found = [weight * _at_unknown_knot(fit, part, part.contrast(fit.design)) for part, weight in parts]
            rest = contrast.weights - sum(weight * part.contrast(fit.design).weights for part, weight in parts)
            return np.asarray(np.sum(found, axis=0) + fit.stacked("beta") @ rest)
    points: tuple[Point, ...] = question.points() if hasattr(question, "points") else ()
    if not points:
        return contrast.value(fit.stacked("beta"))
    draws = [one.weight * mean_draws(fit, one.arm, np.array([one.week]), at=one.at)[:, 0] for one in points]
    return np.asarray(np.sum(draws, axis=0))
