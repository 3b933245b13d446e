"""One step of a search: the quadratic model at a point, and Newton's step within a trust region."""

import numpy as np

from alsmodels.kernels.compiling import count_numbers, njit
from alsmodels.kernels.derivatives import contract
from alsmodels.kernels.eigen import diagonalise
from alsmodels.kernels.frames import diagonal_of, norm, turn
from alsmodels.kernels.state import (
    ASKED,
    AT_NEWTON,
    AT_POLISH,
    CRITERION,
    LENGTH,
    NO_RESIDUAL,
    NOTHING,
    PHASE,
    PREDICTED,
    RADIUS,
    RESIDUAL,
    ROUNDING,
    SCORE,
    SEARCHES,
    STEPS,
    TRY_ZEROS,
)

__all__ = ["fits_prediction", "look", "propose_newton"]

# Steps that each search may take.
MAX_STEPS = 200
SCORE_WANTED = 1e-9
# A score from which a whole Newton step can be expected to lead to the optimum.
NEAR = 0.01


@njit(cache=True, nogil=True, seconds=2.0, steps=count_numbers)
def look(guide, found):  # type: ignore[no-untyped-def]  # numba infers the types
    """The quadratic model at a point: eigenvalues and eigenvectors of the Hessian, slopes along them, and the score.

    The score is the distance from the optimum in standard errors, ``sqrt(g'|H|^-1 g / 2)``; inf where there is none.
    """
    k, q = guide.basis.shape[0], guide.basis.shape[1]
    first = np.empty((k, q, q))
    for t in range(k):
        for a in range(q):
            for b in range(q):
                first[t, a, b] = (found.frame.sizes[a] + found.frame.sizes[b]) * guide.basis[t, a, b]
    logdet_g, rss_g, logdet_h, rss_h, _ = contract(first, guide.bends, found.sums, guide.reml)
    scale = guide.dof / found.rss
    hessian, slopes = np.empty((k, k)), np.zeros(k)
    for s in range(k):
        for t in range(k):
            hessian[s, t] = logdet_h[s, t] + scale * (rss_h[s, t] - rss_g[s] * rss_g[t] / found.rss)
    values, axes = diagonalise(hessian)
    least, total = _least_size(values), 0.0
    for s in range(k):
        for t in range(k):
            slopes[s] += axes[t, s] * (logdet_g[t] + scale * rss_g[t])
        total += slopes[s] ** 2 / max(abs(values[s]), least)
    score = np.sqrt(0.5 * total)
    if not (np.isfinite(score) and np.isfinite(found.criterion)):
        score = np.inf
    return values, axes, slopes, score


@njit(cache=True, nogil=True)
def propose_newton(search, guide, may_polish):  # type: ignore[no-untyped-def]  # edits the search
    """A Newton step: a whole one judged by the score once that is small, else one within the trust region."""
    if search.numbers[RESIDUAL] < NO_RESIDUAL:
        return NOTHING
    if search.numbers[SCORE] < SCORE_WANTED or search.counters[STEPS] >= MAX_STEPS * (1 + search.counters[SEARCHES]):
        return TRY_ZEROS
    k, least = len(search.values), _least_size(search.values)
    polish = may_polish and search.numbers[SCORE] < NEAR
    shift = 0.0 if polish else _shift(search.slopes, search.values, least, search.numbers[RADIUS])
    along, predicted = np.empty(k), 0.0
    for s in range(k):
        along[s] = -search.slopes[s] / (max(abs(search.values[s]), least) + shift)
        predicted -= search.slopes[s] * along[s] + 0.5 * search.values[s] * along[s] ** 2
    if not polish and predicted < ROUNDING:
        return TRY_ZEROS
    search.numbers[PREDICTED], search.numbers[LENGTH] = predicted, norm(along)
    search.counters[STEPS] += 1
    search.counters[PHASE] = AT_POLISH if polish else AT_NEWTON
    moved = diagonal_of(search.sizes)
    for t in range(k):
        step = 0.0
        for s in range(k):
            step += search.axes[t, s] * along[s]
        for a in range(len(moved)):
            for b in range(len(moved)):
                moved[a, b] += step * guide.basis[t, a, b]
    turn(moved, search.vectors, search.proposal)
    return ASKED


@njit(cache=True, nogil=True)
def fits_prediction(search, criterion):  # type: ignore[no-untyped-def]  # edits the search
    """Judge a step by the fall of the criterion over the one predicted, and size the trust region."""
    ratio = (search.numbers[CRITERION] - criterion) / search.numbers[PREDICTED]
    if not ratio >= 0.25:
        search.numbers[RADIUS] = 0.25 * search.numbers[LENGTH]
    elif ratio > 0.75:
        search.numbers[RADIUS] = max(search.numbers[RADIUS], 3.0 * search.numbers[LENGTH])
    return ratio > 0.05


@njit(cache=True, nogil=True)
def _shift(slopes, values, least, radius):  # type: ignore[no-untyped-def]  # a float
    """What must be added to the curvatures for a Newton step of length ``radius``; zero if it is shorter."""
    if _step_length(slopes, values, least, 0.0) <= radius:
        return 0.0
    low, high = 0.0, norm(slopes) / radius
    for _ in range(20):
        middle = 0.5 * (low + high)
        if _step_length(slopes, values, least, middle) > radius:
            low = middle
        else:
            high = middle
    return high


@njit(cache=True, nogil=True)
def _step_length(slopes, values, least, shift):  # type: ignore[no-untyped-def]  # a float
    total = 0.0
    for s in range(len(slopes)):
        total += (slopes[s] / (max(abs(values[s]), least) + shift)) ** 2
    return np.sqrt(total)


@njit(cache=True, nogil=True)
def _least_size(values):  # type: ignore[no-untyped-def]  # a float
    """The size under which a curvature is not believed."""
    largest = 1e-8
    for value in values:
        largest = max(largest, abs(value))
    return 1e-10 * largest
