"""What many ended searches say in the user's units: variances, and contrasts with their degrees of freedom.

The second half of ``batch``: `answer_sets` takes every set's optimum the way that a single fit takes (``freedom``).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.batch import Found, Shelf, Task
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.coordinates import move_theta
from alsmodels.kernels.covariance import lower_factor
from alsmodels.kernels.derivatives import Sums, turn_moves
from alsmodels.kernels.freedom import match_moments, take_freedom

__all__ = ["Contrasts", "Outcomes", "answer_sets", "make_outcomes"]


class Contrasts(NamedTuple):
    """Functions of the fixed effects that are asked for of R data sets.

    Attributes
    ----------
    weights : ndarray of shape (R, c, p)
        Of linear contrasts, or of the numerators of ratios.
    over : ndarray of shape (R, c, p)
        Of the denominators of ratios.
    is_ratio : ndarray of bool of shape (c,)
        Whether one minus a ratio is asked for.
    """

    weights: Float
    over: Float
    is_ratio: NDArray[np.bool_]


class Outcomes(NamedTuple):
    """What R searches found, in the user's units but for two; NaN where there is nothing.

    Attributes
    ----------
    fault : ndarray of int of shape (R,)
        See ``batch``.
    n_obs, n_subjects, n_steps : ndarray of int of shape (R,)
    converged : ndarray of bool of shape (R,)
    criterion, score, sigma : ndarray of shape (R,)
    sigma2 : ndarray of shape (R,)
        The residual variance over the mean square of the least-squares residual.
    curvature : ndarray of shape (R,)
        The least eigenvalue of the Hessian in the symmetric root, in size, times 1 + |root|^2.
    root : ndarray of shape (R, q, q)
        The symmetric root of S in the engine's coordinates.
    covariance : ndarray of shape (R, q, q)
        Of the random effects.
    value, std_error, df : ndarray of shape (R, c)
        Of the contrasts.
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


def make_outcomes(n_sets: int, n_effects: int, n_contrasts: int) -> Outcomes:
    """Outcomes of nothing."""
    counts = [np.zeros(n_sets, np.int64) for _ in range(4)]
    numbers = [np.full(n_sets, np.nan) for _ in range(5)]
    squares = [np.full((n_sets, n_effects, n_effects), np.nan) for _ in range(2)]
    answers = [np.full((n_sets, n_contrasts), np.nan) for _ in range(3)]
    return Outcomes._make([*counts, np.zeros(n_sets, np.bool_), *numbers, *squares, *answers])


def answer_sets(shelf: Shelf, found: Found, task: Task, contrasts: Contrasts, out: Outcomes) -> None:
    """Fill the outcomes of every data set."""
    out.fault[:], out.n_obs[:], out.n_subjects[:] = shelf.fault, shelf.sizes[:, 0], shelf.sizes[:, 1]
    out.n_steps[:], out.converged[:] = found.n_steps, found.converged
    out.criterion[:], out.score[:] = found.criterion, found.score
    _answer_sets(shelf, found, task, contrasts, out)


@njit(cache=True, nogil=True, optimise=2)
def _answer_sets(shelf, found, task, contrasts, out):  # type: ignore[no-untyped-def]  # fills out
    for r in range(len(shelf.fault)):
        if np.isfinite(found.criterion[r]):
            dof = shelf.sizes[r, 0] - (shelf.beta_ls.shape[1] if task.reml else 0)
            out.sigma2[r] = found.rss[r] / dof
            out.sigma[r] = np.sqrt(out.sigma2[r]) * shelf.size[r]
            _multiply(found.vectors[r] * found.sizes[r], found.vectors[r].T, out.root[r])
            out.curvature[r] = found.least[r] * (1.0 + np.sum(out.root[r] ** 2))
            factor, scaled = lower_factor(out.root[r], task.edges), np.empty_like(out.root[r])
            _multiply(shelf.z_factor[r] * out.sigma[r], factor, scaled)
            _multiply(scaled, scaled.T, out.covariance[r])
            _answer(r, dof, factor, shelf, found, task, contrasts, out)


@njit(cache=True, nogil=True, optimise=2)
def _answer(r, dof, factor, shelf, found, task, contrasts, out):  # type: ignore[no-untyped-def]  # fills a row of out
    """Values, standard errors and degrees of freedom of the contrasts."""
    p = shelf.beta_ls.shape[1]
    root, beta = np.empty((p, p)), np.empty((p, 1))
    _multiply(shelf.x_inverse[r] * out.sigma[r], found.beta_root[r], root)
    _multiply(shelf.x_inverse[r] * shelf.size[r], found.beta[r].reshape(-1, 1), beta)
    beta[:, 0] += shelf.beta_ls[r]
    first, second = move_theta(factor, task.rows, task.cols, shelf.z_factor[r])
    first, second = turn_moves(found.vectors[r], first, second)
    sums = Sums(found.logdet_S[r], found.rss_S[r], found.B_S[r], found.pairs[r], found.crosses[r])
    freedom = take_freedom(root, first, second, sums, out.sigma2[r], shelf.size[r], dof, task.reml)
    for c in range(len(contrasts.is_ratio)):
        given = contrasts.weights[r, c], contrasts.over[r, c], contrasts.is_ratio[c]
        out.value[r, c], gradient = _evaluate(beta[:, 0], *given)
        variance = 0.0
        for a in range(p):
            along = 0.0
            for b in range(p):
                along += root[b, a] * gradient[b]
            variance += along**2
        out.std_error[r, c] = np.sqrt(variance)
        out.df[r, c] = match_moments(gradient, *freedom)


@njit(cache=True, nogil=True, error_model="numpy")
def _evaluate(beta, weights, over, is_ratio):  # type: ignore[no-untyped-def]  # a number and an array
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
