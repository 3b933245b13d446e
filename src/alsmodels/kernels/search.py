"""The search for the minimum of the profiled criterion, as a machine that asks for one evaluation at a time.

A start from moments, trust-region Newton, a look behind the boundary. Who evaluates is not its
business: a loop compiled as a whole, or threads over subjects where there are many.

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
# Standard deviations, over the residual one, that are no different from zero where the criterion agrees.
ZERO_SD = 1e-6
ROUNDING = 1e-9
# A score from which a whole Newton step can be expected to lead to the optimum.
NEAR = 0.01
# The vague prior standard deviation of the moments, and the least variance that the start may have.
VAGUE = 100.0
MOMENT_FLOOR = 1e-3

# What the evaluation that was asked for is of.
AT_VAGUE, AT_MOMENTS, AT_NEUTRAL, AT_NEWTON, AT_POLISH, AT_ZEROS, AT_INSIDE, DONE = range(8)
# Places in the integers and the numbers of a search.
PHASE, STEPS, REENTRIES, TRIES, TRAPPED, ACCEPTED = range(6)
CRITERION, SCORE, RADIUS, PREDICTED, LENGTH = range(5)


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
    numbers = np.zeros(5)
    numbers[CRITERION], numbers[SCORE] = np.inf, np.inf
    return Search(
        np.zeros(6, np.int64),
        numbers,
        np.eye(q),
        np.eye(q),
        np.ones(q),
        np.zeros((q, q)),
        np.ones(k),
        np.eye(k),
        np.zeros(k),
        VAGUE * np.eye(q),
        np.zeros((q, q)),
    )


@njit(cache=True, nogil=True)
def start_at(guide, found):  # type: ignore[no-untyped-def]  # a Search
    """A search that stands at a given point and asks only whether that is a trap."""
    search = begin(guide)
    _accept(search, guide, found)
    _leave_trap(search, guide)
    return search


@njit(cache=True, nogil=True)
def weigh(logdet, fixed, frame, products, guide):  # type: ignore[no-untyped-def]  # an Evaluation
    """The criterion and its sums from what a pass over the patterns gave."""
    criterion = logdet + guide.dof * np.log(fixed.rss) + guide.constant
    if guide.reml:
        criterion += 2.0 * fixed.logdet
    if not np.isfinite(criterion):
        criterion = np.inf
    sums = unpack(products, len(frame.sizes), guide.reml)
    return Evaluation(criterion, fixed.rss, fixed.beta, fixed.beta_root, frame, sums)


@njit(cache=True, nogil=True)
def find_frame(root, edges):  # type: ignore[no-untyped-def]  # a Frame
    """Eigenvectors and sizes of the eigenvalues of a symmetric block-diagonal root."""
    q = root.shape[0]
    vectors, sizes = np.zeros((q, q)), np.zeros(q)
    if np.isfinite(root).all():
        for block in range(len(edges) - 1):
            a, b = edges[block], edges[block + 1]
            if b - a == 1:
                vectors[a, a], sizes[a] = 1.0, abs(root[a, a])
            else:
                values, axes = np.linalg.eigh(np.ascontiguousarray(root[a:b, a:b]))
                vectors[a:b, a:b], sizes[a:b] = axes, np.abs(values)
    else:
        sizes[:] = np.nan
    return Frame(vectors, sizes)


@njit(cache=True, nogil=True)
def digest(search, guide, found):  # type: ignore[no-untyped-def]  # numba infers the types
    """Take in the evaluation that was asked for, and ask for the next one; the phase is DONE at the end."""
    phase = search.counters[PHASE]
    better = found.criterion < search.numbers[CRITERION]
    if phase == AT_VAGUE:
        search.proposal[:] = _moments(found, guide)
        search.counters[PHASE] = AT_MOMENTS
    elif phase in (AT_MOMENTS, AT_NEUTRAL):
        if better:
            _accept(search, guide, found)
            _set_out(search, guide)
        elif phase == AT_MOMENTS:
            search.proposal[:] = np.eye(search.root.shape[0])
            search.counters[PHASE] = AT_NEUTRAL
        else:
            search.counters[PHASE] = DONE
    elif phase == AT_NEWTON:
        _judge_newton(search, guide, found)
    elif phase == AT_POLISH:
        seen = look(guide, found)
        improved = seen[3] < 0.5 * search.numbers[SCORE]
        if improved:
            _keep(search, guide, found, *seen)
        _propose_newton(search, guide, improved)
    elif phase == AT_ZEROS:
        if found.criterion <= search.numbers[CRITERION] + ROUNDING:
            _accept(search, guide, found)
        _leave_trap(search, guide)
    elif phase == AT_INSIDE:
        if found.criterion < search.numbers[CRITERION] - ROUNDING:
            _accept(search, guide, found)
            search.counters[REENTRIES] += 1
            search.counters[TRAPPED] = 0
            _set_out(search, guide)
        else:
            _propose_inside(search, guide)


@njit(cache=True, nogil=True)
def look(guide, found):  # type: ignore[no-untyped-def]  # numba infers the types
    """The quadratic model at a point: eigenvalues and eigenvectors of the Hessian, slopes along them, and the score.

    The score is the distance from the optimum in standard errors, ``sqrt(g'|H|^-1 g / 2)``.
    """
    k, q = guide.basis.shape[0], guide.basis.shape[1]
    first = np.empty((k, q, q))
    for t in range(k):
        for a in range(q):
            for b in range(q):
                first[t, a, b] = (found.frame.sizes[a] + found.frame.sizes[b]) * guide.basis[t, a, b]
    logdet_g, rss_g, logdet_h, rss_h, _ = contract(first, guide.bends, found.sums, guide.reml)
    scale = guide.dof / found.rss
    hessian = np.empty((k, k))
    for s in range(k):
        for t in range(k):
            hessian[s, t] = logdet_h[s, t] + scale * (rss_h[s, t] - rss_g[s] * rss_g[t] / found.rss)
    if not (np.isfinite(hessian).all() and np.isfinite(found.criterion)):
        return np.ones(k), np.eye(k), np.zeros(k), np.inf
    values, axes = np.linalg.eigh(hessian)
    slopes = np.zeros(k)
    for s in range(k):
        for t in range(k):
            slopes[s] += axes[t, s] * (logdet_g[t] + scale * rss_g[t])
    return values, axes, slopes, np.sqrt(0.5 * np.sum(slopes**2 / _size(values)))


@njit(cache=True, nogil=True)
def _accept(search, guide, found):  # type: ignore[no-untyped-def]  # edits the search
    _keep(search, guide, found, *look(guide, found))


@njit(cache=True, nogil=True)
def _keep(search, guide, found, values, axes, slopes, score):  # type: ignore[no-untyped-def]  # edits the search
    """Take a point, whose quadratic model has been looked at, as the best so far."""
    search.counters[ACCEPTED] += 1
    search.values[:], search.axes[:], search.slopes[:] = values, axes, slopes
    search.numbers[CRITERION], search.numbers[SCORE] = found.criterion, score
    search.vectors[:], search.sizes[:] = found.frame.vectors, found.frame.sizes
    search.root[:] = _turn(np.diag(found.frame.sizes), found.frame.vectors)
    search.gradient_S[:] = found.sums.logdet_S + found.sums.rss_S * (guide.dof / found.rss)


@njit(cache=True, nogil=True)
def _moments(found, guide):  # type: ignore[no-untyped-def]  # a root
    """MINQUE with the vague prior weight ``S0 = VAGUE^2 I`` (Rao 1972), its eigenvalues kept above a floor.

    ``sum B_i S B_i = sum e_i e_i' / sigma^2 - sum (B_i - B_i S0 B_i)`` is linear in S. S0 has the frame of the data.
    """
    q = found.sums.logdet_S.shape[0]
    if not found.rss > 0.0:
        return np.eye(q)
    spent = max(guide.dof - guide.n_subjects * q, 0.1 * guide.dof) / found.rss
    left, right = np.zeros((q * q, q * q)), np.zeros(q * q)
    for a in range(q):
        for d in range(q):
            right[a * q + d] = -found.sums.rss_S[a, d] * spent - found.sums.B_S[a, d]
            for b in range(q):
                right[a * q + d] += VAGUE**2 * found.sums.pairs[0, a, b, b, d]
                for c in range(q):
                    left[a * q + d, b * q + c] = found.sums.pairs[0, a, b, c, d]
    S = np.linalg.lstsq(left, right)[0].reshape(q, q)
    return _root_of(0.5 * (S + S.T), guide.edges, MOMENT_FLOOR)


@njit(cache=True, nogil=True)
def _set_out(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """The first Newton step from a new start."""
    search.numbers[RADIUS] = 1.0 + np.sqrt(np.sum(search.sizes**2))
    _propose_newton(search, guide, True)


@njit(cache=True, nogil=True)
def _propose_newton(search, guide, may_polish):  # type: ignore[no-untyped-def]  # edits the search
    """A Newton step: a whole one judged by the score once that is small, else one within the trust region."""
    if search.numbers[SCORE] < SCORE_WANTED or search.counters[STEPS] == MAX_STEPS:
        _propose_zeros(search, guide)
        return
    polish = may_polish and search.numbers[SCORE] < NEAR
    size = _size(search.values)
    along = -search.slopes / size
    if not polish:
        along = -search.slopes / (size + _shift(search.slopes, size, search.numbers[RADIUS]))
        predicted = -np.sum(search.slopes * along) - 0.5 * np.sum(search.values * along**2)
        if predicted < ROUNDING:
            _propose_zeros(search, guide)
            return
        search.numbers[PREDICTED], search.numbers[LENGTH] = predicted, np.sqrt(np.sum(along**2))
    search.counters[STEPS] += 1
    search.counters[PHASE] = AT_POLISH if polish else AT_NEWTON
    moved = np.diag(search.sizes)
    for t in range(len(along)):
        step = 0.0
        for s in range(len(along)):
            step += search.axes[t, s] * along[s]
        moved += step * guide.basis[t]
    search.proposal[:] = _turn(moved, search.vectors)


@njit(cache=True, nogil=True)
def _judge_newton(search, guide, found):  # type: ignore[no-untyped-def]  # edits the search
    """Take or leave a step by the fall of the criterion over the one predicted, and size the trust region."""
    ratio = (search.numbers[CRITERION] - found.criterion) / search.numbers[PREDICTED]
    length = search.numbers[LENGTH]
    if not ratio >= 0.25:
        search.numbers[RADIUS] = 0.25 * length
    elif ratio > 0.75:
        search.numbers[RADIUS] = max(search.numbers[RADIUS], 3.0 * length)
    accepted = ratio > 0.05
    if accepted:
        _accept(search, guide, found)
    _propose_newton(search, guide, accepted)


@njit(cache=True, nogil=True)
def _propose_zeros(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """Set to zero the eigenvalues of the root that are zero to rounding, if the criterion does not mind."""
    near = (search.sizes < ZERO_SD) & (search.sizes > 1e-15)
    if not near.any():
        _leave_trap(search, guide)
        return
    search.proposal[:] = _turn(np.diag(np.where(search.sizes < ZERO_SD, 0.0, search.sizes)), search.vectors)
    search.counters[PHASE] = AT_ZEROS


@njit(cache=True, nogil=True)
def _leave_trap(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """Look for the block whose gradient points back inside; where there is none the search is done."""
    search.counters[TRIES] = 0
    search.counters[TRAPPED] = 0
    worst = -TRAP_TOLERANCE * guide.n_obs
    for block in range(len(guide.edges) - 1):
        a, b = guide.edges[block], guide.edges[block + 1]
        values, axes = np.linalg.eigh(np.ascontiguousarray(search.gradient_S[a:b, a:b]))
        if values[0] < worst:
            worst = values[0]
            inward = np.zeros_like(search.inward)
            for row in range(a, b):
                for column in range(a, b):
                    inward[row, column] = axes[row - a, 0] * axes[column - a, 0]
            search.inward[:] = _turn(inward, search.vectors)
            search.counters[TRAPPED] = 1
    if search.counters[TRAPPED] == 1 and search.counters[REENTRIES] < MAX_REENTRIES:
        _propose_inside(search, guide)
    else:
        search.counters[PHASE] = DONE


@njit(cache=True, nogil=True)
def _propose_inside(search, guide):  # type: ignore[no-untyped-def]  # edits the search
    """The next point inside the boundary; where none was lower, what looked like a trap is none."""
    tries = search.counters[TRIES]
    if tries == len(INWARD):
        search.counters[TRAPPED] = 0
        search.counters[PHASE] = DONE
        return
    S = _turn(np.diag(search.sizes**2), search.vectors) + INWARD[tries] * search.inward
    search.proposal[:] = _root_of(S, guide.edges, 0.0)
    search.counters[TRIES] = tries + 1
    search.counters[PHASE] = AT_INSIDE


@njit(cache=True, nogil=True)
def _shift(slopes, size, radius):  # type: ignore[no-untyped-def]  # a float
    """What must be added to the curvatures for a Newton step of length ``radius``; zero if it is shorter."""
    if np.sqrt(np.sum((slopes / size) ** 2)) <= radius:
        return 0.0
    low, high = 0.0, np.sqrt(np.sum(slopes**2)) / radius
    for _ in range(20):
        middle = 0.5 * (low + high)
        if np.sqrt(np.sum((slopes / (size + middle)) ** 2)) > radius:
            low = middle
        else:
            high = middle
    return high


@njit(cache=True, nogil=True)
def _size(values):  # type: ignore[no-untyped-def]  # an array
    """|eigenvalues|, kept away from zero."""
    size = np.abs(values)
    return np.maximum(size, 1e-10 * max(size.max(), 1e-8))


@njit(cache=True, nogil=True)
def _turn(matrix, vectors):  # type: ignore[no-untyped-def]  # an array
    """``U matrix U'``."""
    q = len(vectors)
    half, turned = np.zeros((q, q)), np.zeros((q, q))
    for a in range(q):
        for b in range(q):
            for c in range(q):
                half[a, b] += vectors[a, c] * matrix[c, b]
    for a in range(q):
        for b in range(a + 1):
            for c in range(q):
                turned[a, b] += half[a, c] * vectors[b, c]
            turned[b, a] = turned[a, b]
    return turned


@njit(cache=True, nogil=True)
def _root_of(S, edges, floor):  # type: ignore[no-untyped-def]  # an array
    """R with ``R R = S``, block by block; eigenvalues of S under ``floor`` are raised to it."""
    root = np.zeros_like(S)
    if not np.isfinite(S).all():
        return np.eye(len(S))
    for block in range(len(edges) - 1):
        a, b = edges[block], edges[block + 1]
        values, axes = np.linalg.eigh(np.ascontiguousarray(S[a:b, a:b]))
        root[a:b, a:b] = _turn(np.diag(np.sqrt(np.maximum(values, floor))), axes)
    return root
