"""The search for the minimum of the profiled criterion, as a machine that asks for one evaluation at a time.

A start from moments, trust-region Newton, a look behind the boundary; for several blocks of effects the same again from
another start. Who evaluates is not its business: a loop compiled as a whole, or threads over subjects where there are
many.

Newton's method runs without bounds in the symmetric root of S, ``S = R R``, where a variance of zero or a correlation
of one is an ordinary point. Such a point may be a trap; what tells is the first-order condition over the positive
semidefinite matrices: the gradient in S must itself be positive semidefinite on every block. Where it is not, the
search is started again from inside, along the offending eigenvector. Steps are taken along the eigenvectors of R:
turned so, R is diagonal, and the symmetric matrices D of ``coordinates.symmetric_basis`` move S by ``R D + D R``.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.derivatives import Sums, contract, unpack
from alsmodels.kernels.eigen import diagonalise
from alsmodels.kernels.triangular import factorise, solve_lower, solve_upper

__all__ = [
    "ACCEPTED",
    "DONE",
    "Evaluation",
    "Frame",
    "Guide",
    "Search",
    "begin",
    "digest",
    "find_frame",
    "look",
    "make_guide",
    "start_at",
    "weigh",
]

MAX_STEPS = 200
MAX_REENTRIES = 10
SCORE_WANTED = 1e-9
# A gradient in S more negative than this, for each row of data, points back inside.
TRAP_TOLERANCE = 1e-9
# How far inside is tried, in units of the residual variance.
INWARD = (1.0, 0.1, 0.01, 1e-3, 1e-4, 1e-6)
# Standard deviations, over the residual one, that are no different from zero where the criterion agrees; and anyway.
ZERO_SD = 1e-6
TINY = 1e-15
ROUNDING = 1e-9
# Residual variances, as shares of the response's about the fixed effects: one that is taken for zero, and one under
# which there is nothing but rounding.
NO_RESIDUAL = 1e-9
UNRESOLVED = 1e-12
# A score from which a whole Newton step can be expected to lead to the optimum.
NEAR = 0.01
# The vague prior standard deviation of the moments, and the least variance that the start may have.
VAGUE = 100.0
MOMENT_FLOOR = 1e-3
# The standard deviation, over the residual one, of every effect at a start that knows nothing of the data.
NEUTRAL = 0.1

# What the evaluation that was asked for is of.
AT_VAGUE, AT_MOMENTS, AT_NEUTRAL, AT_NEWTON, AT_POLISH, AT_ZEROS, AT_INSIDE, DONE = range(8)
# What to do next; each step asks for an evaluation or hands on to the step after it.
ASKED, TRY_NEWTON, TRY_SHORT, TRY_ZEROS, TRY_TRAP, TRY_INSIDE, NOTHING = range(7)
# Places in the integers and the numbers of a search.
PHASE, STEPS, REENTRIES, TRIES, TRAPPED, SEARCHES, KEPT_TRAPPED, ACCEPTED = range(8)
CRITERION, SCORE, RADIUS, PREDICTED, LENGTH, RESIDUAL, KEPT_CRITERION = range(7)


class Frame(NamedTuple):
    """A symmetric root ``R = U diag(s) U'``, block by block."""

    vectors: Float
    sizes: Float


class Guide(NamedTuple):
    """What does not change during a search.

    Attributes
    ----------
    basis : shape (k, q, q), the directions of R along its eigenvectors
    bends : shape (k, k, q, q), ``d2S`` for each pair of them
    edges : shape (b + 1,), the first effect of each block, then q
    n_obs, n_subjects, dof : sizes of the data, and nu
    constant : what the criterion owes to the coordinates and to nu alone
    reml : restricted likelihood or not
    """

    basis: Float
    bends: Float
    edges: Int
    n_obs: int
    n_subjects: int
    dof: int
    constant: float
    reml: bool


class Evaluation(NamedTuple):
    """The criterion at a frame, with what its derivatives are made of; the criterion is inf where there is none."""

    criterion: float
    rss: float
    beta: Float
    beta_root: Float
    frame: Frame
    sums: Sums


class Search(NamedTuple):
    """The state of a search: counters, numbers, the best point so far with its quadratic model, and the next proposal.

    Attributes
    ----------
    counters, numbers : see the names of their places
    root : shape (q, q), R of the best point
    vectors, sizes : its frame
    gradient_S : shape (q, q), the gradient in S along its eigenvectors
    values, axes, slopes : shapes (k,), (k, k), (k,), eigenvalues and -vectors of the Hessian, the gradient along them
    proposal : shape (q, q), R of the point to be evaluated next
    inward : shape (q, q), the direction of S in which a trap is left
    kept : shape (q, q), R where the first of two searches ended
    """

    counters: Int
    numbers: Float
    root: Float
    vectors: Float
    sizes: Float
    gradient_S: Float
    values: Float
    axes: Float
    slopes: Float
    proposal: Float
    inward: Float
    kept: Float


@njit(cache=True, nogil=True)
def make_guide(basis, bends, edges, sizes, scale, logdet_x, reml):  # type: ignore[no-untyped-def]  # a Guide
    """The guide of one data set.

    Parameters
    ----------
    basis, bends, edges, reml : see ``Guide``
    sizes : rows, subjects and fixed effects, n, m and p
    scale, logdet_x : ``size`` and ``logdet_x`` of the ``Scaling``
    """
    n, m, p = sizes
    dof, constant = n - p if reml else n, np.inf
    if scale > 0.0:
        constant = dof * (1.0 + np.log(2.0 * np.pi * scale**2 / dof))
    if reml:
        constant += logdet_x
    return Guide(basis, bends, edges, n, m, dof, constant, reml)


@njit(cache=True, nogil=True)
def begin(guide):  # type: ignore[no-untyped-def]  # a Guide makes a Search
    """A search that asks for the vague point, where the moments are taken."""
    k, q = guide.basis.shape[0], guide.basis.shape[1]
    numbers, proposal = np.zeros(7), np.zeros((q, q))
    numbers[CRITERION] = numbers[SCORE] = np.inf
    _set_diagonal(proposal, VAGUE)
    root, vectors, gradient_S, inward = np.zeros((q, q)), np.zeros((q, q)), np.zeros((q, q)), np.zeros((q, q))
    values, axes, slopes = np.zeros(k), np.zeros((k, k)), np.zeros(k)
    counters, sizes = np.zeros(8, np.int64), np.zeros(q)
    return Search(
        counters, numbers, root, vectors, sizes, gradient_S, values, axes, slopes, proposal, inward, np.zeros((q, q))
    )


@njit(cache=True, nogil=True)
def start_at(guide, found):  # type: ignore[no-untyped-def]  # a Search
    """A search that stands at a given point and asks only whether that is a trap."""
    search = begin(guide)
    values, axes, slopes, score = look(guide, found)
    _accept(search, guide, found, values, axes, slopes, score)
    search.counters[SEARCHES], search.numbers[KEPT_CRITERION] = 1, np.inf
    _go_on(search, guide, TRY_TRAP)
    return search


@njit(cache=True, nogil=True)
def find_frame(root, edges):  # type: ignore[no-untyped-def]  # a Frame
    """Eigenvectors and sizes of the eigenvalues of a symmetric block-diagonal root."""
    values, vectors = _diagonalise_blocks(root, edges)
    for a in range(len(values)):
        values[a] = abs(values[a])
    return Frame(vectors, values)


@njit(cache=True, nogil=True)
def _diagonalise_blocks(S, edges):  # type: ignore[no-untyped-def]  # two arrays
    """Eigenvalues, ascending within each block, shape (q,), and eigenvectors, block diagonal, shape (q, q)."""
    q = len(S)
    values, vectors = np.zeros(q), np.zeros((q, q))
    for block in range(len(edges) - 1):
        first, last = edges[block], edges[block + 1]
        part = np.empty((last - first, last - first))
        for a in range(first, last):
            for b in range(first, last):
                part[a - first, b - first] = S[a, b]
        found, axes = diagonalise(part)
        for a in range(first, last):
            values[a] = found[a - first]
            for b in range(first, last):
                vectors[a, b] = axes[a - first, b - first]
    return values, vectors


@njit(cache=True, nogil=True)
def weigh(logdet, fixed, frame, products, guide):  # type: ignore[no-untyped-def]  # an Evaluation
    """The criterion and its sums from what a pass over the patterns gave."""
    criterion = logdet + guide.dof * np.log(fixed.rss) + guide.constant
    if guide.reml:
        criterion += 2.0 * fixed.logdet
    if not (np.isfinite(criterion) and fixed.rss > UNRESOLVED * guide.dof):
        criterion = np.inf
    sums = unpack(products, len(frame.sizes), guide.reml)
    return Evaluation(criterion, fixed.rss, fixed.beta, fixed.beta_root, frame, sums)


@njit(cache=True, nogil=True)
def digest(search, guide, found):  # type: ignore[no-untyped-def]  # numba infers the types
    """Take in the evaluation that was asked for, and ask for the next one; the phase is DONE at the end."""
    if search.counters[PHASE] == AT_VAGUE:
        _propose_moments(search, guide, found)
    else:
        _go_on(search, guide, _judge(search, guide, found))


@njit(cache=True, nogil=True)
def _go_on(search, guide, step):  # type: ignore[no-untyped-def]  # edits the search
    """From step to step until one asks for an evaluation, or nothing is left to do."""
    if step in (TRY_NEWTON, TRY_SHORT):
        step = _propose_newton(search, guide, step == TRY_NEWTON)
    if step == TRY_ZEROS:
        step = _propose_zeros(search)
    if step == TRY_TRAP:
        step = _find_trap(search, guide)
    if step == TRY_INSIDE:
        step = _propose_inside(search, guide)
    if step == NOTHING:
        step = _search_again(search, guide)
    if step == NOTHING:
        search.counters[PHASE] = DONE


@njit(cache=True, nogil=True)
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
def _judge(search, guide, found):  # type: ignore[no-untyped-def]  # edits the search
    """Take or leave the point that was evaluated; what to try next."""
    phase, best = search.counters[PHASE], search.numbers[CRITERION]
    if phase == AT_ZEROS:
        accepted = found.criterion <= best + ROUNDING
    elif phase == AT_INSIDE:
        accepted = found.criterion < best - ROUNDING
    elif phase == AT_NEWTON:
        accepted = _fits_prediction(search, found.criterion)
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
        return _propose_neutral(search)
    if search.numbers[CRITERION] == np.inf:
        return NOTHING
    search.counters[REENTRIES] += 1 if phase == AT_INSIDE else 0
    search.counters[TRAPPED] = 0
    search.numbers[RADIUS] = 1.0 + _norm(search.sizes)
    return TRY_NEWTON


@njit(cache=True, nogil=True)
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
    _turn(_diagonal(search.sizes), search.vectors, search.root)


@njit(cache=True, nogil=True)
def _propose_moments(search, guide, found):  # type: ignore[no-untyped-def]  # edits the search
    """MINQUE with the vague prior weight ``S0 = VAGUE^2 I`` (Rao 1972), its eigenvalues kept above a floor.

    ``sum B_i S B_i = sum e_i e_i' / sigma^2 - sum (B_i - B_i S0 B_i)`` is linear in S, here along the basis. S0 has the
    frame of the data.
    """
    k, q = guide.basis.shape[0], guide.basis.shape[1]
    left, right, S = np.zeros((k, k)), np.zeros((k, 1)), np.zeros((q, q))
    spent = max(guide.dof - guide.n_subjects * q, 0.1 * guide.dof) / found.rss
    for a in range(q):
        for d in range(q):
            total = -found.sums.rss_S[a, d] * spent - found.sums.B_S[a, d]
            for b in range(q):
                total += VAGUE**2 * found.sums.pairs[0, a, b, b, d]
                for c in range(q):
                    for s in range(k):
                        for t in range(k):
                            weight = guide.basis[s, b, c] * guide.basis[t, d, a]
                            left[s, t] += weight * found.sums.pairs[0, a, b, c, d]
            for s in range(k):
                right[s, 0] += guide.basis[s, a, d] * total
    solved = factorise(left)
    if solved:
        solve_lower(left, right)
        solve_upper(left, right)
    for t in range(k):
        for a in range(q):
            for b in range(q):
                S[a, b] += guide.basis[t, a, b] * right[t, 0]
    if not (solved and np.isfinite(_norm(right[:, 0]))):
        _set_diagonal(S, 1.0)
    _take_root(S, guide.edges, MOMENT_FLOOR, search.proposal)
    search.counters[PHASE] = AT_MOMENTS


@njit(cache=True, nogil=True)
def _propose_neutral(search):  # type: ignore[no-untyped-def]  # edits the search
    _set_diagonal(search.proposal, NEUTRAL)
    search.counters[PHASE] = AT_NEUTRAL
    return ASKED


@njit(cache=True, nogil=True)
def _search_again(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """Search once more where there are several blocks; then the lower end is kept.

    Blocks that know nothing of each other can share the variation in several ways, each an optimum.
    """
    search.counters[SEARCHES] += 1
    if search.counters[SEARCHES] == 1 and len(guide.edges) > 2:
        search.kept[:] = search.root
        search.counters[KEPT_TRAPPED] = search.counters[TRAPPED]
        search.numbers[KEPT_CRITERION] = search.numbers[CRITERION]
        search.numbers[CRITERION] = search.numbers[SCORE] = np.inf
        return _propose_neutral(search)
    if search.counters[SEARCHES] == 2 and search.numbers[KEPT_CRITERION] <= search.numbers[CRITERION] + ROUNDING:
        search.root[:] = search.kept
        search.counters[ACCEPTED] = 0  # the end is not the point that was accepted last
        search.counters[TRAPPED] = search.counters[KEPT_TRAPPED]
    return NOTHING


@njit(cache=True, nogil=True)
def _propose_newton(search, guide, may_polish):  # type: ignore[no-untyped-def]  # edits the search
    """A Newton step: a whole one judged by the score once that is small, else one within the trust region."""
    if search.numbers[RESIDUAL] < NO_RESIDUAL:
        return NOTHING
    if search.numbers[SCORE] < SCORE_WANTED or search.counters[STEPS] == MAX_STEPS:
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
    search.numbers[PREDICTED], search.numbers[LENGTH] = predicted, _norm(along)
    search.counters[STEPS] += 1
    search.counters[PHASE] = AT_POLISH if polish else AT_NEWTON
    moved = _diagonal(search.sizes)
    for t in range(k):
        step = 0.0
        for s in range(k):
            step += search.axes[t, s] * along[s]
        for a in range(len(moved)):
            for b in range(len(moved)):
                moved[a, b] += step * guide.basis[t, a, b]
    _turn(moved, search.vectors, search.proposal)
    return ASKED


@njit(cache=True, nogil=True)
def _fits_prediction(search, criterion):  # type: ignore[no-untyped-def]  # edits the search
    """Judge a step by the fall of the criterion over the one predicted, and size the trust region."""
    ratio = (search.numbers[CRITERION] - criterion) / search.numbers[PREDICTED]
    if not ratio >= 0.25:
        search.numbers[RADIUS] = 0.25 * search.numbers[LENGTH]
    elif ratio > 0.75:
        search.numbers[RADIUS] = max(search.numbers[RADIUS], 3.0 * search.numbers[LENGTH])
    return ratio > 0.05


@njit(cache=True, nogil=True)
def _propose_zeros(search):  # type: ignore[no-untyped-def]  # edits the search
    """Set to zero the eigenvalues of the root that are zero to rounding, if the criterion does not mind."""
    kept, found = _diagonal(search.sizes), False
    for a in range(len(kept)):
        if search.sizes[a] < ZERO_SD:
            found = found or search.sizes[a] > 0.0
            kept[a, a] = 0.0
    if not found:
        return TRY_TRAP
    _turn(kept, search.vectors, search.proposal)
    search.counters[PHASE] = AT_ZEROS
    return ASKED


@njit(cache=True, nogil=True)
def _find_trap(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """Look for the block whose gradient points back inside most."""
    search.counters[TRIES] = search.counters[TRAPPED] = 0
    worst, q = -TRAP_TOLERANCE * guide.n_obs, len(search.sizes)
    values, axes = _diagonalise_blocks(search.gradient_S, guide.edges)
    outer = np.empty((q, q))
    for place in guide.edges[:-1]:
        if values[place] < worst:
            worst = values[place]
            search.counters[TRAPPED] = 1
            for a in range(q):
                for b in range(q):
                    outer[a, b] = axes[a, place] * axes[b, place]
            _turn(outer, search.vectors, search.inward)
    return TRY_INSIDE if search.counters[TRAPPED] == 1 and search.counters[REENTRIES] < MAX_REENTRIES else NOTHING


@njit(cache=True, nogil=True)
def _propose_inside(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """The next point inside the boundary; where none was lower, what looked like a trap is none."""
    tries, q = search.counters[TRIES], len(search.sizes)
    if tries == len(INWARD):
        search.counters[TRAPPED] = 0
        return NOTHING
    S, squares = np.empty((q, q)), _diagonal(search.sizes)
    for a in range(q):
        squares[a, a] *= squares[a, a]
    _turn(squares, search.vectors, S)
    for a in range(q):
        for b in range(q):
            S[a, b] += INWARD[tries] * search.inward[a, b]
    _take_root(S, guide.edges, 0.0, search.proposal)
    search.counters[TRIES] = tries + 1
    search.counters[PHASE] = AT_INSIDE
    return ASKED


@njit(cache=True, nogil=True)
def _shift(slopes, values, least, radius):  # type: ignore[no-untyped-def]  # a float
    """What must be added to the curvatures for a Newton step of length ``radius``; zero if it is shorter."""
    if _step_length(slopes, values, least, 0.0) <= radius:
        return 0.0
    low, high = 0.0, _norm(slopes) / radius
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


@njit(cache=True, nogil=True)
def _norm(vector):  # type: ignore[no-untyped-def]  # a float
    total = 0.0
    for element in vector:
        total += element * element
    return np.sqrt(total)


@njit(cache=True, nogil=True)
def _diagonal(sizes):  # type: ignore[no-untyped-def]  # an array
    matrix = np.zeros((len(sizes), len(sizes)))
    for a in range(len(sizes)):
        matrix[a, a] = sizes[a]
    return matrix


@njit(cache=True, nogil=True)
def _set_diagonal(matrix, value):  # type: ignore[no-untyped-def]  # edits the matrix
    """``value`` times the identity."""
    for a in range(len(matrix)):
        for b in range(len(matrix)):
            matrix[a, b] = value if a == b else 0.0


@njit(cache=True, nogil=True)
def _turn(matrix, vectors, turned):  # type: ignore[no-untyped-def]  # fills ``turned``
    """``U matrix U'``."""
    q = len(vectors)
    half = np.zeros((q, q))
    for a in range(q):
        for b in range(q):
            for c in range(q):
                half[a, b] += vectors[a, c] * matrix[c, b]
    for a in range(q):
        for b in range(a + 1):
            total = 0.0
            for c in range(q):
                total += half[a, c] * vectors[b, c]
            turned[a, b] = turned[b, a] = total


@njit(cache=True, nogil=True)
def _take_root(S, edges, floor, root):  # type: ignore[no-untyped-def]  # fills ``root``
    """R with ``R R = S``, block by block; eigenvalues of S under ``floor`` are raised to it."""
    values, axes = _diagonalise_blocks(S, edges)
    for a in range(len(values)):
        values[a] = np.sqrt(max(values[a], floor))
    _turn(_diagonal(values), axes, root)
