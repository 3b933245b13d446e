"""Draws of an arm's mean trajectory, at the knot of the formula or at an unknown one."""

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.knots import columns_at, phase_kinds
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.model.timescale import TwoPhase
from alsmodels.model.trajectory import mean_rows

__all__ = ["mean_draws"]

Matrix = NDArray[np.float64]


def mean_draws(fit: PosteriorFit, arm: str | None, weeks: Matrix) -> Matrix:
    """Draws of an arm's mean response in each week, shape (s, len(weeks)); covariates are averaged over subjects."""
    beta, timescale = fit.stacked("beta"), fit.spec.timescale
    rows = mean_rows(fit.design, arm, weeks)
    if fit.response.knot is None or not isinstance(timescale, TwoPhase):
        return np.asarray(beta @ rows.T)
    apart = mean_rows(fit.design, arm, np.full(len(weeks), 2 * timescale.knot)) / timescale.knot
    kinds = phase_kinds(fit.design.fixed_names)
    other = np.where(kinds == 0, rows, apart)
    knots = fit.stacked("knot")
    return np.array([columns_at(knot, other, kinds, weeks) @ one for knot, one in zip(knots, beta, strict=True)])
