"""From draws of the covariance parameters to draws of everything, under the names of `naming`."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from alsmodels.bayes.density import AnyTarget, base_of
from alsmodels.bayes.parallel import in_chunks
from alsmodels.kernels.knots import KnotTarget, recover_knot_range
from alsmodels.kernels.posterior import Target, find_correlations
from alsmodels.kernels.recovery import SubjectSquares, recover_fixed_range, recover_range, square_subjects
from alsmodels.kernels.scaling import Scaling
from alsmodels.model.design import Design

__all__ = ["Recovered", "covariance_draws", "design_squares", "recover", "recover_fixed"]

Array = NDArray[np.float64]

# Draws that share a generator.
STRETCH = 250


@final
@dataclass(frozen=True, slots=True, eq=False)
class Recovered:
    """Draws of what was integrated out.

    Attributes
    ----------
    beta : ndarray of shape (s, p)
    b : ndarray of shape (s, m, q)
    loglik : ndarray of shape (s, m)
        The log likelihood of each subject with its random effects integrated out.
    """

    beta: Array
    b: Array
    loglik: Array


def design_squares(design: Design, scaling: Scaling) -> SubjectSquares:
    """The squares of one design's rows, in the engine's coordinates."""
    X = solve_triangular(scaling.x_factor, design.X.T, trans=1).T
    y = (design.y - design.X @ scaling.beta_ls) / scaling.size
    return square_subjects(np.column_stack([X, y]), design.starts, np.zeros(design.n_obs, dtype=np.int64), 1)


def recover(xs: Array, target: AnyTarget, squares: SubjectSquares, rng: np.random.Generator) -> Recovered:
    """Draw the fixed and the random effects given each row of ``xs``, shape (s, d).

    ``squares`` are those at the knot of the formula; where the knot is unknown the target has them at any.

    Each stretch of draws has a generator of its own, so that the draws do not depend on the number of threads.
    """
    q, r, m = base_of(target).ztw.shape[1:]
    size, xs = len(xs), np.ascontiguousarray(xs)
    beta, b, loglik = np.empty((size, r - 1)), np.empty((size, m, q)), np.empty((size, m))
    edges = [*range(0, size, STRETCH), size]
    generators = rng.spawn(len(edges) - 1)

    def work(first: int, last: int) -> None:
        for number in range(first, last):
            start, stop = edges[number], edges[number + 1]
            beta_noise = generators[number].standard_normal((stop - start, r - 1))
            noise = generators[number].standard_normal((stop - start, m, q))
            here = slice(start, stop)
            room = beta_noise, noise, beta[here], b[here], loglik[here]
            if isinstance(target, KnotTarget):
                recover_knot_range(xs[here], target, *room)
            else:
                recover_range(xs[here], target, squares, *room)

    in_chunks(work, len(generators), least=1)
    return Recovered(beta, b, loglik)


def recover_fixed(xs: Array, target: Target, rng: np.random.Generator) -> Array:
    """The fixed effects that `recover` draws, shape (s, p), without the rest; in one thread."""
    size, xs = len(xs), np.ascontiguousarray(xs)
    beta, edges = np.empty((size, target.ztw.shape[2] - 1)), [*range(0, size, STRETCH), size]
    for start, stop, generator in zip(edges[:-1], edges[1:], rng.spawn(len(edges) - 1), strict=True):
        noise = generator.standard_normal((stop - start, beta.shape[1]))
        recover_fixed_range(xs[start:stop], target, noise, beta[start:stop])
    return beta


def covariance_draws(xs: Array, target: AnyTarget) -> dict[str, Array]:
    """Standard deviations (s, q), correlations (s, k), residual SDs (s, K) and knots (s,) at each row of ``xs``."""
    base = base_of(target)
    q, k, groups = len(base.inward), len(base.pair_row), len(base.n_obs)
    pairs = find_correlations(np.ascontiguousarray(xs), q, base.pair_row, base.pair_col, base.pair_start)
    found = {"sd": np.exp(xs[:, :q]), "sigma": np.exp(xs[:, q + k : q + k + groups]), "correlation": pairs}
    return found | ({"knot": target.mean + target.sd * xs[:, -1]} if isinstance(target, KnotTarget) else {})
