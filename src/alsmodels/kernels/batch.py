"""Many data sets of one model, each fitted from its rows to its contrasts inside one compiled loop.

A data set goes the whole way alone, by the kernels of a single fit: reduced to blocks, searched, its degrees of
freedom taken. So its answer does not depend on which others are fitted with it, and nothing of Python is paid for each.
A data set that cannot be fitted leaves its fault and NaN.
"""

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.blocks import condense
from alsmodels.kernels.coordinates import move_theta
from alsmodels.kernels.covariance import CovarianceTemplate, lower_factor
from alsmodels.kernels.derivatives import turn_moves
from alsmodels.kernels.freedom import match_moments, take_freedom
from alsmodels.kernels.optimum import directions, search_here
from alsmodels.kernels.patterns import hash_words
from alsmodels.kernels.search import STEPS, TRAPPED, look, make_guide

__all__ = ["FAULTS", "FITTED", "Ends", "Sets", "Task", "fit_sets", "make_ends", "make_task"]

FITTED: Final = 0
FAULTS: Final = ("", "no rows", "not finite", "too few rows", "X dependent", "Z dependent", "explained exactly", "failed")
"""Why a data set cannot be fitted, by its number; the first is none."""
_EMPTY, _NOT_FINITE, _TOO_FEW, _X_DEPENDENT, _Z_DEPENDENT, _EXACT = range(1, 7)

# Root mean square of the least-squares residual over that of the response, at which nothing is left to explain.
_NOTHING_LEFT = 1e-12
# A score with which the search has converged.
_SCORE_TOLERATED = 1e-5


class Task(NamedTuple):
    """What is the same for all data sets.

    Attributes
    ----------
    basis, bends, edges : see ``Guide``
    rows, cols : shape (k,), the places of theta, see ``CovarianceTemplate``
    words : to hash patterns by
    reml : restricted likelihood or not
    """

    basis: Float
    bends: Float
    edges: Int
    rows: Int
    cols: Int
    words: NDArray[np.uint64]
    reml: bool


class Sets(NamedTuple):
    """R data sets, one after another.

    Attributes
    ----------
    y, X, Z : shapes (n,), (n, p), (n, q)
    starts : shape (m + 1,), first row of each subject, then n
    offsets : shape (R + 1,), first subject of each data set, then m
    weights : shape (R, c, p), contrasts of the fixed effects, or the numerators of ratios
    over : shape (R, c, p), the denominators of ratios
    is_ratio : shape (c,), whether a contrast is one minus a ratio
    """

    y: Float
    X: Float
    Z: Float
    starts: Int
    offsets: Int
    weights: Float
    over: Float
    is_ratio: NDArray[np.bool_]


class Ends(NamedTuple):
    """Where the searches ended, in the user's units but for three; NaN where there is none.

    Attributes
    ----------
    fault : shape (R,), place in `FAULTS`
    n_obs, n_subjects, n_steps : shape (R,)
    converged : shape (R,), whether the score is zero to tolerance and no direction leads down
    criterion, score, sigma : shape (R,)
    sigma2 : shape (R,), the residual variance over the mean square of the least-squares residual
    curvature : shape (R,), the least of the Hessian's eigenvalues in the symmetric root, in size, times 1 + |root|^2
    root : shape (R, q, q), the symmetric root of S in the engine's coordinates
    covariance : shape (R, q, q), of the random effects
    value, std_error, df : shape (R, c), of the contrasts
    """

    fault: Int
    n_obs: Int
    n_subjects: Int
    n_steps: Int
    converged: NDArray[np.bool_]
    criterion: Float
    score: Float
    sigma: Float
    sigma2: Float
    curvature: Float
    root: Float
    covariance: Float
    value: Float
    std_error: Float
    df: Float


def make_task(template: CovarianceTemplate, *, most_numbers: int, reml: bool) -> Task:
    """What is the same for all data sets of a model; ``most_numbers`` are those of a subject's rows of X and Z."""
    return Task(*directions(template.sizes), template.rows, template.cols, hash_words(most_numbers), reml)


def make_ends(n_sets: int, n_effects: int, n_contrasts: int) -> Ends:
    """Ends of nothing."""
    numbers = [np.full(n_sets, np.nan) for _ in range(5)]
    squares = [np.full((n_sets, n_effects, n_effects), np.nan) for _ in range(2)]
    answers = [np.full((n_sets, n_contrasts), np.nan) for _ in range(3)]
    counts = [np.zeros(n_sets, np.int64) for _ in range(4)]
    return Ends(*counts, np.zeros(n_sets, np.bool_), *numbers, *squares, *answers)


@njit(cache=True, nogil=True)
def fit_sets(task, sets, ends):  # type: ignore[no-untyped-def]  # fills ends
    """Fit a ``Task`` to ``Sets``, each data set on its own."""
    for r in range(len(sets.offsets) - 1):
        subjects = slice(sets.offsets[r], sets.offsets[r + 1] + 1)
        rows = slice(sets.starts[sets.offsets[r]], sets.starts[sets.offsets[r + 1]])
        y, X, Z, starts = sets.y[rows], sets.X[rows], sets.Z[rows], sets.starts[subjects] - rows.start
        ends.n_obs[r], ends.n_subjects[r] = len(y), len(starts) - 1
        ends.fault[r] = _look_at(y, X, Z)
        if ends.fault[r] == FITTED:
            _fit(r, y, X, Z, starts, task, sets, ends)


@njit(cache=True, nogil=True)
def _look_at(y, X, Z):  # type: ignore[no-untyped-def]  # an integer
    """What keeps rows from being reduced."""
    if len(y) == 0:
        return _EMPTY
    if not (np.isfinite(y).all() and np.isfinite(X).all() and np.isfinite(Z).all()):
        return _NOT_FINITE
    return _TOO_FEW if len(y) <= X.shape[1] else FITTED


@njit(cache=True, nogil=True)
def _fit(r, y, X, Z, starts, task, sets, ends):  # type: ignore[no-untyped-def]  # fills row r of ends
    found = condense(y, X, Z, starts, task.edges, task.words)
    if not found.fixed_independent:
        ends.fault[r] = _X_DEPENDENT
    elif not found.random_independent:
        ends.fault[r] = _Z_DEPENDENT
    elif not found.size > _NOTHING_LEFT * np.sqrt(np.mean(y**2)):
        ends.fault[r] = _EXACT
    if ends.fault[r] != FITTED:
        return
    logdet_x = 0.0
    for j in range(X.shape[1]):
        logdet_x += 2.0 * np.log(found.x_factor[j, j])
    sizes = len(y), len(starts) - 1, X.shape[1]
    guide = make_guide(task.basis, task.bends, task.edges, sizes, found.size, logdet_x, task.reml)
    at, counters = search_here(found.data, len(y) * np.eye(X.shape[1] + 1), guide)
    ends.n_steps[r], ends.criterion[r] = counters[STEPS], at.criterion
    if np.isfinite(at.criterion):
        _sum_up(r, found, at, counters, guide, task, ends)
        _answer(r, found, at, guide, task, sets, ends)


@njit(cache=True, nogil=True)
def _sum_up(r, found, at, counters, guide, task, ends):  # type: ignore[no-untyped-def]  # fills row r of ends
    """How the search ended, and the variances."""
    values, _, _, ends.score[r] = look(guide, at)
    ends.converged[r] = ends.score[r] < _SCORE_TOLERATED and counters[TRAPPED] == 0
    ends.sigma2[r] = at.rss / guide.dof
    ends.sigma[r] = np.sqrt(ends.sigma2[r]) * found.size
    root = ends.root[r]
    _multiply(at.frame.vectors * at.frame.sizes, at.frame.vectors.T, root)
    ends.curvature[r] = np.abs(values).min() * (1.0 + np.sum(root**2))
    factor = np.empty_like(root)
    _multiply(found.z_factor * ends.sigma[r], lower_factor(root, task.edges), factor)
    _multiply(factor, factor.T, ends.covariance[r])


@njit(cache=True, nogil=True, error_model="numpy")
def _answer(r, found, at, guide, task, sets, ends):  # type: ignore[no-untyped-def]  # fills row r of ends
    """Values, standard errors and degrees of freedom of the contrasts."""
    p = len(found.beta_ls)
    root, beta = np.empty((p, p)), np.empty((p, 1))
    _multiply(found.x_inverse * ends.sigma[r], at.beta_root, root)
    _multiply(found.x_inverse * found.size, at.beta.reshape(-1, 1), beta)
    beta[:, 0] += found.beta_ls
    factor = lower_factor(ends.root[r], task.edges)
    first, second = move_theta(factor, task.rows, task.cols, found.z_factor)
    first, second = turn_moves(at.frame.vectors, first, second)
    freedom = take_freedom(root, first, second, at.sums, ends.sigma2[r], found.size, guide.dof, task.reml)
    for c in range(len(sets.is_ratio)):
        ends.value[r, c], gradient = _value(beta[:, 0], sets.weights[r, c], sets.over[r, c], sets.is_ratio[c])
        variance = 0.0
        for a in range(p):
            along = 0.0
            for b in range(p):
                along += root[b, a] * gradient[b]
            variance += along**2
        ends.std_error[r, c] = np.sqrt(variance)
        ends.df[r, c] = match_moments(gradient, *freedom)


@njit(cache=True, nogil=True, error_model="numpy")
def _value(beta, weights, over, is_ratio):  # type: ignore[no-untyped-def]  # a number and its gradient
    """``weights @ beta``, or one minus its ratio to ``over @ beta``, and the derivative in beta."""
    top, bottom = 0.0, 0.0
    for a in range(len(beta)):
        top += weights[a] * beta[a]
        bottom += over[a] * beta[a]
    if not is_ratio:
        return top, weights.copy()
    return 1.0 - top / bottom, top / bottom**2 * over - weights / bottom


@njit(cache=True, nogil=True)
def _multiply(left, right, product):  # type: ignore[no-untyped-def]  # fills product
    for a in range(left.shape[0]):
        for b in range(right.shape[1]):
            product[a, b] = 0.0
            for c in range(left.shape[1]):
                product[a, b] += left[a, c] * right[c, b]
