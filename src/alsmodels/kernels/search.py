"""The search for the minimum of the profiled criterion, as a machine that asks for one evaluation at a time.

A start (``starts``), trust-region Newton (``steps``), a look behind the boundary (``traps``); where one search is
not to be trusted the same again from other starts. Who evaluates is not its business: a loop compiled as a whole, or
threads over subjects where there are many.

Newton's method runs without bounds in the symmetric root of S, ``S = R R``, where a variance of zero or a correlation
of one is an ordinary point. Such a point may be a trap; what tells is the first-order condition over the positive
semidefinite matrices: the gradient in S must itself be positive semidefinite on every block. Where it is not, the
search is started again from inside, along the offending eigenvector. Steps are taken along the eigenvectors of R:
turned so, R is diagonal, and the symmetric matrices D of ``coordinates.symmetric_basis`` move S by ``R D + D R``.
"""

import numpy as np

from alsmodels.kernels.compiling import njit
from alsmodels.kernels.derivatives import unpack
from alsmodels.kernels.frames import diagonal_of, norm, set_diagonal, turn
from alsmodels.kernels.starts import VAGUE, propose_moments, propose_neutral, search_again
from alsmodels.kernels.state import (
    ACCEPTED,
    AT_INSIDE,
    AT_MOMENTS,
    AT_NEWTON,
    AT_POLISH,
    AT_VAGUE,
    AT_ZEROS,
    CRITERION,
    DONE,
    KEPT_CRITERION,
    NOTHING,
    PHASE,
    RADIUS,
    REENTRIES,
    RESIDUAL,
    ROUNDING,
    SCORE,
    TRAPPED,
    TRY_INSIDE,
    TRY_NEWTON,
    TRY_SHORT,
    TRY_TRAP,
    TRY_ZEROS,
    Evaluation,
    Search,
)
from alsmodels.kernels.steps import fits_prediction, look, propose_newton
from alsmodels.kernels.traps import find_trap, propose_inside, propose_zeros

__all__ = ["begin", "digest", "start_at", "weigh"]

# A standard deviation, over the residual one, that is zero whatever the criterion says.
TINY = 1e-15
# The residual variance, as a share of the response's about the fixed effects, under which is only rounding.
UNRESOLVED = 1e-12


@njit(cache=True, nogil=True, optimise=1)
def begin(guide):  # type: ignore[no-untyped-def]  # a Guide makes a Search
    """A search that asks for the vague point, where the moments are taken."""
    k, q = guide.basis.shape[0], guide.basis.shape[1]
    numbers, proposal = np.zeros(7), np.zeros((q, q))
    numbers[CRITERION] = numbers[SCORE] = numbers[KEPT_CRITERION] = np.inf
    set_diagonal(proposal, VAGUE)
    root, vectors, gradient_S, inward = np.zeros((q, q)), np.zeros((q, q)), np.zeros((q, q)), np.zeros((q, q))
    values, axes, slopes = np.zeros(k), np.zeros((k, k)), np.zeros(k)
    counters, sizes = np.zeros(9, np.int64), np.zeros(q)
    return Search(
        counters, numbers, root, vectors, sizes, gradient_S, values, axes, slopes, proposal, inward, np.zeros((q, q))
    )


@njit(cache=True, nogil=True, optimise=1)
def start_at(guide, found):  # type: ignore[no-untyped-def]  # a Search
    """A search that stands at a given point and asks only whether that is a trap; its guide is for one search."""
    search = begin(guide)
    values, axes, slopes, score = look(guide, found)
    _accept(search, guide, found, values, axes, slopes, score)
    _go_on(search, guide, TRY_TRAP)
    return search


@njit(cache=True, nogil=True, optimise=2)
def weigh(logdet, fixed, frame, products, guide):  # type: ignore[no-untyped-def]  # an Evaluation
    """The criterion and its sums from what a pass over the patterns gave."""
    criterion = logdet + guide.dof * np.log(fixed.rss) + guide.constant
    if guide.reml:
        criterion += 2.0 * fixed.logdet
    if not (np.isfinite(criterion) and fixed.rss > UNRESOLVED * guide.dof):
        criterion = np.inf
    sums = unpack(products, len(frame.sizes), guide.reml)
    return Evaluation(criterion, fixed.rss, fixed.beta, fixed.beta_root, frame, sums)


@njit(cache=True, nogil=True, optimise=2)
def digest(search, guide, found):  # type: ignore[no-untyped-def]  # numba infers the types
    """Take in the evaluation that was asked for, and ask for the next one; the phase is DONE at the end."""
    if search.counters[PHASE] == AT_VAGUE:
        propose_moments(search, guide, found)
    else:
        _go_on(search, guide, _judge(search, guide, found))


@njit(cache=True, nogil=True, optimise=1)
def _go_on(search, guide, step):  # type: ignore[no-untyped-def]  # edits the search
    """From step to step until one asks for an evaluation, or nothing is left to do."""
    if step in (TRY_NEWTON, TRY_SHORT):
        step = propose_newton(search, guide, step == TRY_NEWTON)
    if step == TRY_ZEROS:
        step = propose_zeros(search)
    if step == TRY_TRAP:
        step = find_trap(search, guide)
    if step == TRY_INSIDE:
        step = propose_inside(search, guide)
    if step == NOTHING:
        step = search_again(search, guide)
    if step == NOTHING:
        search.counters[PHASE] = DONE


@njit(cache=True, nogil=True, optimise=2)
def _judge(search, guide, found):  # type: ignore[no-untyped-def]  # edits the search
    """Take or leave the point that was evaluated; what to try next."""
    phase, best = search.counters[PHASE], search.numbers[CRITERION]
    if phase == AT_ZEROS:
        accepted = found.criterion <= best + ROUNDING
    elif phase == AT_INSIDE:
        accepted = found.criterion < best - ROUNDING
    elif phase == AT_NEWTON:
        accepted = fits_prediction(search, found.criterion)
    else:
        accepted = found.criterion < best
    values, axes, slopes, score = look(guide, found)
    if phase == AT_POLISH:
        accepted = score < 0.5 * search.numbers[SCORE]
    if accepted:
        _accept(search, guide, found, values, axes, slopes, score)
    if phase == AT_ZEROS:
        return TRY_TRAP
    if phase in (AT_NEWTON, AT_POLISH):
        return TRY_NEWTON if accepted else TRY_SHORT
    if phase == AT_INSIDE and not accepted:
        return TRY_INSIDE
    if phase == AT_MOMENTS and not accepted:
        return propose_neutral(search)
    if search.numbers[CRITERION] == np.inf:
        return NOTHING
    search.counters[REENTRIES] += 1 if phase == AT_INSIDE else 0
    search.counters[TRAPPED] = 0
    search.numbers[RADIUS] = 1.0 + norm(search.sizes)
    return TRY_NEWTON


@njit(cache=True, nogil=True, optimise=2)
def _accept(search, guide, found, values, axes, slopes, score):  # type: ignore[no-untyped-def]  # edits the search
    q, k = len(search.sizes), len(values)
    search.counters[ACCEPTED] += 1
    search.numbers[CRITERION], search.numbers[SCORE] = found.criterion, score
    search.numbers[RESIDUAL] = found.rss / guide.dof
    for a in range(q):
        if found.frame.sizes[a] <= TINY:
            found.frame.sizes[a] = 0.0
        search.sizes[a] = found.frame.sizes[a]
        for b in range(q):
            search.vectors[a, b] = found.frame.vectors[a, b]
            slope = found.sums.rss_S[a, b] * (guide.dof / found.rss)
            search.gradient_S[a, b] = found.sums.logdet_S[a, b] + slope
    for s in range(k):
        search.values[s], search.slopes[s] = values[s], slopes[s]
        for t in range(k):
            search.axes[s, t] = axes[s, t]
    turn(diagonal_of(search.sizes), search.vectors, search.root)
