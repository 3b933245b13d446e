"""From a design, its priors and the prior of its knot to the density with everything else integrated out."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from alsmodels.bayes.knots import AFTER, BEFORE, PhaseColumns, check_mean, knot_of, split_phases
from alsmodels.kernels.knots import KnotTarget, Quadratics, sum_quadratics
from alsmodels.kernels.posterior import Target
from alsmodels.kernels.scaling import Scaling
from alsmodels.model.design import Design
from alsmodels.model.distributions import Normal

__all__ = ["build_knot_target"]

Array = NDArray[np.float64]
Places = NDArray[np.int64]


def build_knot_target(design: Design, fixed: Target, scaling: Scaling, knot: Normal) -> KnotTarget:
    """The posterior density of the covariance parameters and the knot of a Gaussian model.

    Parameters
    ----------
    design : Design
        With the phases about a known knot.
    fixed : Target
        The density with the knot there.
    scaling : Scaling
        The scaling of the design.
    knot : Normal
        The prior of the knot.

    Raises
    ------
    SpecError
        If there is no knot to move, or the mean of its prior leaves a phase without visits.
    """
    parts, centre = split_phases(design), knot_of(design)
    check_mean(design, parts, knot)
    columns, rate = _columns(design, parts, scaling)
    by_subject = np.lexsort((parts.week, design.codes))
    by_week = np.argsort(parts.week, kind="stable")
    every = np.array([0, design.n_obs], dtype=np.int64)
    return KnotTarget(
        fixed=fixed,
        counts=np.diff(design.starts)[None].astype(np.int64),
        subjects=_sum(columns, rate, parts.week - centre, by_subject, design.starts, centre),
        rows=_sum(columns[:, : design.X.shape[1] + 1], rate, parts.week - centre, by_week, every, centre),
        centre=centre,
        mean=float(knot.mean),
        sd=float(knot.sd),
    )


def _columns(design: Design, parts: PhaseColumns, scaling: Scaling) -> tuple[Array, Array]:
    """``[X, y, Z]`` at the knot of the formula, shape (n, v), and what a week's move of the knot adds to a row."""
    x_rate, z_rate = (
        other * ((kind == BEFORE).astype(float) - (kind == AFTER))
        for other, kind in ((parts.x_other, parts.x_kind), (parts.z_other, parts.z_kind))
    )
    y, y_rate = (design.y - design.X @ scaling.beta_ls) / scaling.size, -x_rate @ scaling.beta_ls / scaling.size
    outward = [(design.X, y, design.Z), (x_rate, y_rate, z_rate)]
    there, rate = (np.column_stack([_divide(X, scaling.x_factor), one, Z @ scaling.z_factor]) for X, one, Z in outward)
    return there, rate


def _divide(X: Array, factor: Array) -> Array:
    return np.asarray(solve_triangular(factor, X.T, trans=1).T)


def _sum(columns: Array, rate: Array, apart: Array, order: Places, starts: Places, centre: float) -> Quadratics:
    """``apart`` are the weeks less that of the knot, shape (n,); ``order`` puts each group's rows by week."""
    columns, rate, apart = columns[order], rate[order, : columns.shape[1]], apart[order, None]
    before, after = columns + np.maximum(apart, 0.0) * rate, columns - np.minimum(apart, 0.0) * rate
    starts, rate = np.array(starts, dtype=np.int64), np.ascontiguousarray(rate)
    return Quadratics(apart[:, 0] + centre, starts, sum_quadratics(before, after, rate, starts))
