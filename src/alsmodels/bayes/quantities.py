"""Draws of the quantities that questions ask for, at the knot of the formula or at an unknown one."""

from typing import cast

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.joint import JointFit
from alsmodels.bayes.knots import columns_at, divide_phases, phase_kinds
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.errors import EstimandError
from alsmodels.model.estimand import Contrast, Difference, EffectCorrelation, Estimand
from alsmodels.model.timescale import TwoPhase
from alsmodels.model.trajectory import mean_rows

__all__ = ["draws_of", "mean_draws", "resolve"]

Matrix = NDArray[np.float64]


def mean_draws(fit: PosteriorFit, arm: str | None, weeks: Matrix) -> Matrix:
    """Draws of an arm's mean response in each week, shape (s, len(weeks)); covariates are averaged over subjects."""
    beta, timescale = fit.stacked("beta"), fit.spec.timescale
    rows = mean_rows(fit.design, arm, weeks)
    if fit.response.knot is None or not isinstance(timescale, TwoPhase):
        return np.asarray(beta @ rows.T)
    apart = mean_rows(fit.design, arm, np.full(len(weeks), 2 * timescale.knot))
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
    return question.contrast(fit.design)


def draws_of(fit: PosteriorFit | JointFit, question: Estimand, contrast: Contrast | None = None) -> Matrix:
    """Posterior draws of a quantity, shape (s,), chain by chain."""
    if isinstance(question, EffectCorrelation):
        return fit.correlation_draws(question.first, question.second)
    contrast = resolve(fit, question) if contrast is None else contrast
    fit = cast("PosteriorFit", fit)
    if fit.response.knot is not None and isinstance(question, Difference):
        weeks = np.array([question.week])
        return (mean_draws(fit, question.arm, weeks) - mean_draws(fit, question.reference, weeks))[:, 0]
    return cast("Contrast", contrast).value(fit.stacked("beta"))
