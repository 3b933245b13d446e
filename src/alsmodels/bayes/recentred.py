"""The fixed weights of the recentred posterior: what each value says of its trajectory, near the mode."""

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.marginal_draws import MarginalModel
from alsmodels.kernels.hierarchical import HierarchicalTarget, find_point, move_columns
from alsmodels.kernels.mode import Mode
from alsmodels.kernels.posterior import Target
from alsmodels.kernels.recentring import Recentring
from alsmodels.kernels.recovery import recover_range
from alsmodels.kernels.residual import Tails, mean_slopes
from alsmodels.model.design import Design

__all__ = ["build_recentring", "start_recentred"]

Array = NDArray[np.float64]

ROUNDS = 4
LEAST, MOST = 0.02, 1.0
_STEP = 1e-3


def start_recentred(design: Design, target: HierarchicalTarget, mode: Mode) -> Array:
    """Where chains start, shape (d,): the variances at the mode of the Gaussian model, the effects in their middle."""
    q, k, p = design.template.n_effects, len(target.pair_row), target.X.shape[1]
    x = target.origin.copy()
    x[p : p + q + k] = mode.x[: q + k]
    place = find_point(x, target).df_place
    x[p + q + k : place] = mode.x[-1]
    return x


def build_recentring(
    design: Design, target: HierarchicalTarget, gaussian: MarginalModel[Target], mode: Mode, x: Array
) -> Recentring:
    """Weights and pseudo-values by a few steps of Newton's method about the fit of the Gaussian model.

    A value's weight is minus the curvature of its log density in its mean, over that of a Gaussian one; its
    pseudo-value is where a Gaussian of that weight would have the same slope.
    """
    point = find_point(x, target)
    X = move_columns(target.X, target.kind_X, target.week, point.knot)
    Z = move_columns(target.Z, target.kind_Z, target.week, point.knot)
    group = target.group if len(target.group) else np.zeros(len(X), dtype=np.int64)
    sigma, codes, m = point.sigma[group], design.codes, design.n_subjects
    beta, b = _gaussian_effects(gaussian, mode)
    S_inverse = np.linalg.inv(point.L @ point.L.T)
    for _ in range(ROUNDS):
        mean = X @ beta + np.einsum("nq,nq->n", Z, b[codes])
        weight, pseudo = _weigh(mean, sigma, target, point.tails)
        A = _by_subject(np.einsum("n,na,nb->nab", weight / sigma**2, Z, Z), codes, m)
        score = _by_subject(Z * (weight / sigma**2 * (pseudo - X @ beta))[:, None], codes, m)
        b = np.asarray(np.linalg.solve(A + S_inverse, score[..., None])[..., 0], dtype=np.float64)
    error = pseudo - X @ target.beta_centre
    return Recentring(
        A=_by_subject(np.einsum("n,na,nb->nab", weight, Z, Z), codes, m),
        h=_by_subject(Z * (weight * error)[:, None], codes, m),
        H=_by_subject(np.einsum("n,na,nj->naj", weight, Z, X @ target.beta_map), codes, m),
        group=np.ascontiguousarray(group[design.starts[:-1]]),
    )


def _gaussian_effects(gaussian: MarginalModel[Target], mode: Mode) -> tuple[Array, Array]:
    """Means of beta (p,) and b (m, q) of the Gaussian model at its mode."""
    q, r, m = gaussian.target.ztw.shape[1:]
    beta, b, loglik = np.empty((1, r - 1)), np.empty((1, m, q)), np.empty((1, m))
    still = np.zeros((1, r - 1)), np.zeros((1, m, q))
    recover_range(mode.x[None], gaussian.target, gaussian.squares, *still, beta, b, loglik)
    return beta[0], b[0]


def _weigh(mean: Array, sigma: Array, target: HierarchicalTarget, tails: Tails) -> tuple[Array, Array]:
    """Weights and pseudo-values of the rows, shape (n,)."""
    step = _STEP * sigma
    slope, above, below = (
        mean_slopes(target.lower, target.upper, place, sigma, tails) for place in (mean, mean + step, mean - step)
    )
    weight = np.clip((below - above) / (2 * step) * sigma**2, LEAST, MOST)
    return weight, mean + slope * sigma**2 / weight


def _by_subject(rows: Array, codes: NDArray[np.int64], m: int) -> Array:
    """Sums over the rows of each subject, shape (m, ...)."""
    found = np.zeros((m, *rows.shape[1:]))
    np.add.at(found, codes, rows)
    return found
