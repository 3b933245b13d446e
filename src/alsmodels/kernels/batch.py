"""Many data sets of one model, fitted in compiled loops: nothing of Python is paid for each.

A data set goes the whole way alone, by the kernels of a single fit: its rows are reduced to blocks (`reduce_sets`), the
optimum is searched (`search_sets`), contrasts are answered there (``outcomes``). So its answer does not depend on which
others are fitted with it, nor on how the loop is cut. One that cannot be fitted keeps its fault, and NaN. The blocks of
all lie one after another in flat arrays, from which each set's are views.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.blocks import condense
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.kernels.likelihood import Reduced
from alsmodels.kernels.optimum import SCORE_TOLERATED, directions, search_here
from alsmodels.kernels.patterns import hash_words
from alsmodels.kernels.state import STEPS, TRAPPED, make_guide
from alsmodels.kernels.steps import look

__all__ = ["BROKEN", "FITTED", "Found", "Sets", "Shelf", "Task", "make_task", "reduce_sets", "search_sets"]

FITTED: Final = 0
EMPTY, NOT_FINITE, TOO_FEW, X_DEPENDENT, Z_DEPENDENT, EXACT = range(1, 7)
"""Why a data set cannot be fitted: no rows, values that are not finite, no more rows than fixed effects, dependent
columns, a response that the fixed effects explain."""
BROKEN: Final = 7
"""Why one was not fitted: its numbers broke down in a way that no check foresaw."""

# Root mean square of the least-squares residual over that of the response, at which nothing is left to explain.
NOTHING_LEFT = 1e-12


class Task(NamedTuple):
    """What is the same for all data sets.

    Attributes
    ----------
    basis, bends, edges : ndarray, ndarray of int
        See ``Guide``.
    rows, cols : ndarray of int of shape (k,)
        The places of theta, see ``CovarianceTemplate``.
    words : ndarray of int
        To hash patterns by.
    reml : bool
        Restricted likelihood or not.
    """

    basis: Float
    bends: Float
    edges: Int
    rows: Int
    cols: Int
    words: NDArray[np.uint64]
    reml: bool


class Sets(NamedTuple):
    """Rows of R data sets, one after another.

    Attributes
    ----------
    y, X, Z : ndarray of shape (n,), (n, p), (n, q)
    starts : ndarray of int of shape (m + 1,)
        First row of each subject, then n.
    offsets : ndarray of int of shape (R + 1,)
        First subject of each data set, then m.
    """

    y: Float
    X: Float
    Z: Float
    starts: Int
    offsets: Int


class Shelf(NamedTuple):
    """R data sets, reduced; see ``Condensed``.

    Attributes
    ----------
    fault : ndarray of int of shape (R,)
        Why a set cannot be fitted.
    sizes : ndarray of int of shape (R, 3)
        Rows, subjects and patterns.
    ztz, ztx, zty, spread, counts : ndarray
        The fields of ``Reduced`` of all sets, flat; there is room for m patterns.
    beta_ls, x_inverse, z_factor, size, logdet_x : ndarray of shape (R, p), (R, p, p), (R, q, q), (R,), (R,)
    """

    fault: Int
    sizes: Int
    ztz: Float
    ztx: Float
    zty: Float
    spread: Float
    counts: Float
    beta_ls: Float
    x_inverse: Float
    z_factor: Float
    size: Float
    logdet_x: Float


class Found(NamedTuple):
    """Where R searches ended, in the engine's coordinates; NaN where there is nothing.

    Attributes
    ----------
    criterion, rss, score : ndarray of shape (R,)
    least : ndarray of shape (R,)
        The least eigenvalue of the Hessian in the symmetric root, in size.
    n_steps : ndarray of int of shape (R,)
    converged : ndarray of bool of shape (R,)
        Whether the score is zero to tolerance and no direction leads down.
    beta, beta_root : ndarray of shape (R, p) and (R, p, p)
    vectors, sizes : ndarray of shape (R, q, q) and (R, q)
        Of the symmetric root of S.
    logdet_S, rss_S, B_S, pairs, crosses : ndarray
        The ``Sums`` of each set.
    """

    criterion: Float
    rss: Float
    score: Float
    least: Float
    n_steps: Int
    converged: NDArray[np.bool_]
    beta: Float
    beta_root: Float
    vectors: Float
    sizes: Float
    logdet_S: Float
    rss_S: Float
    B_S: Float
    pairs: Float
    crosses: Float


def make_task(template: CovarianceTemplate, *, most_numbers: int, reml: bool) -> Task:
    """What is the same for all data sets of a model; ``most_numbers`` are those of a subject's rows of X and Z."""
    return Task(*directions(template.sizes), template.rows, template.cols, hash_words(most_numbers), reml)


def reduce_sets(sets: Sets, task: Task) -> Shelf:
    """Reduce every data set to its blocks."""
    r, m, p, q = len(sets.offsets) - 1, len(sets.starts) - 1, sets.X.shape[1], sets.Z.shape[1]
    blocks = [np.empty(size * m) for size in (q * q, q * p, q, q * q, 1)]
    numbers = [np.empty(shape) for shape in ((r, p), (r, p, p), (r, q, q), r, r)]
    shelf = Shelf(np.zeros(r, np.int64), np.zeros((r, 3), np.int64), *blocks, *numbers)
    _reduce_sets(sets, task, shelf)
    return shelf


def search_sets(shelf: Shelf, task: Task) -> Found:
    """Search the optimum of every data set without a fault."""
    (r, p), q = shelf.beta_ls.shape, shelf.z_factor.shape[1]
    shapes = [(r, p), (r, p, p), (r, q, q), (r, q), *3 * [(r, q, q)], (r, 3, q, q, q, q), (r, q, q, p, p + 1)]
    numbers = [np.full(r, np.nan) for _ in range(4)]
    ends = [np.zeros(r, np.int64), np.zeros(r, np.bool_)]
    found = Found._make([*numbers, *ends, *(np.full(shape, np.nan) for shape in shapes)])
    _search_sets(shelf, task, found)
    return found


@njit(cache=True, nogil=True, optimise=2)
def _reduce_sets(sets, task, shelf):  # type: ignore[no-untyped-def]  # fills the shelf
    q, p = sets.Z.shape[1], sets.X.shape[1]
    for r in range(len(sets.offsets) - 1):
        first, last = sets.offsets[r], sets.offsets[r + 1]
        a, b = sets.starts[first], sets.starts[last]
        y, X, Z = sets.y[a:b], sets.X[a:b], sets.Z[a:b]
        shelf.sizes[r, 0], shelf.sizes[r, 1] = b - a, last - first
        shelf.fault[r] = _find_fault(y, X, Z)
        if shelf.fault[r] == FITTED:
            found = condense(y, X, Z, sets.starts[first : last + 1] - a, task.edges, task.words)
            g = len(found.data.counts)
            shelf.fault[r], shelf.sizes[r, 2] = _judge(y, found), g
            shelf.ztz[first * q * q :][: q * q * g] = found.data.ztz.reshape(-1)
            shelf.ztx[first * q * p :][: q * p * g] = found.data.ztx.reshape(-1)
            shelf.zty[first * q :][: q * g] = found.data.zty.reshape(-1)
            shelf.spread[first * q * q :][: q * q * g] = found.data.spread.reshape(-1)
            shelf.counts[first:][:g] = found.data.counts
            shelf.beta_ls[r], shelf.x_inverse[r], shelf.z_factor[r] = found.beta_ls, found.x_inverse, found.z_factor
            shelf.size[r], shelf.logdet_x[r] = found.size, 2.0 * np.log(np.diag(found.x_factor)).sum()


@njit(cache=True, nogil=True)
def _find_fault(y, X, Z):  # type: ignore[no-untyped-def]  # an integer
    """What keeps rows from being reduced."""
    if len(y) == 0:
        return EMPTY
    if not np.isfinite(_no_change(y) + _no_change(X.reshape(-1)) + _no_change(Z.reshape(-1))):
        return NOT_FINITE
    return TOO_FEW if len(y) <= X.shape[1] else FITTED


@njit(cache=True, nogil=True, fastmath={"reassoc"})
def _no_change(numbers):  # type: ignore[no-untyped-def]  # a float
    """Zero; not a number if one of the numbers is not finite."""
    total = 0.0
    for i in range(len(numbers)):
        total += numbers[i] - numbers[i]
    return total


@njit(cache=True, nogil=True)
def _judge(y, found):  # type: ignore[no-untyped-def]  # an integer
    """What keeps a reduced data set from being searched."""
    if not found.fixed_independent:
        return X_DEPENDENT
    if not found.random_independent:
        return Z_DEPENDENT
    return FITTED if found.size > NOTHING_LEFT * np.sqrt(np.mean(y**2)) else EXACT


@njit(cache=True, nogil=True, optimise=2)
def _search_sets(shelf, task, found):  # type: ignore[no-untyped-def]  # fills found
    p, q, first = shelf.beta_ls.shape[1], shelf.z_factor.shape[1], 0
    wtw = np.eye(p + 1)
    for r in range(len(shelf.fault)):
        n, m, g = shelf.sizes[r, 0], shelf.sizes[r, 1], shelf.sizes[r, 2]
        if shelf.fault[r] == FITTED:
            data = Reduced(
                shelf.ztz[first * q * q :][: q * q * g].reshape((q, q, g)),
                shelf.ztx[first * q * p :][: q * p * g].reshape((q, p, g)),
                shelf.zty[first * q :][: q * g].reshape((q, g)),
                shelf.spread[first * q * q :][: q * q * g].reshape((q, q, g)),
                shelf.counts[first:][:g],
            )
            sizes, scale, logdet = (n, m, p), shelf.size[r], shelf.logdet_x[r]
            guide = make_guide(task.basis, task.bends, task.edges, sizes, scale, logdet, False, task.reml)
            at, counters = search_here(data, n * wtw, guide)
            values, _, _, found.score[r] = look(guide, at)
            found.criterion[r], found.rss[r], found.least[r] = at.criterion, at.rss, np.abs(values).min()
            found.n_steps[r] = counters[STEPS]
            found.converged[r] = found.score[r] < SCORE_TOLERATED and counters[TRAPPED] == 0
            found.beta[r], found.beta_root[r] = at.beta, at.beta_root
            found.vectors[r], found.sizes[r] = at.frame.vectors, at.frame.sizes
            found.logdet_S[r], found.rss_S[r], found.B_S[r] = at.sums.logdet_S, at.sums.rss_S, at.sums.B_S
            found.pairs[r], found.crosses[r] = at.sums.pairs, at.sums.crosses
        first += m
