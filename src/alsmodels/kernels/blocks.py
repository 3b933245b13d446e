"""Subject blocks: every cross-product that the Gaussian likelihood takes from the data, in one pass.

After this pass the cost of a likelihood depends on the number of patterns of visits and covariates, and no longer on
visits or on subjects. Of the subjects of a pattern the likelihood needs the mean of ``Z_i'y_i`` and the scatter about
it; what else it needs they have in common. Two roads lead there: one compiled as a whole, for one data set of a size
that a thread takes at a time, and one that spreads each step over threads.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.kernels.likelihood import Reduced
from alsmodels.kernels.patterns import Patterns, find_patterns, group_subjects, hash_words
from alsmodels.kernels.ranges import over_ranges
from alsmodels.kernels.scaling import (
    Scaling,
    basis_of,
    fit_least_squares,
    orthogonal_basis,
    random_basis,
    random_basis_of,
    regress,
)

__all__ = [
    "Condensed",
    "SubjectBlocks",
    "build_blocks",
    "condense",
    "cross_products",
    "fit_response",
    "gather",
    "project",
]

# Rows up to which a data set is reduced in one compiled call.
SMALL = 65536
# Patterns, and subjects, that a thread takes at a time.
PATTERN_RANGE = 4096
SUBJECT_RANGE = 16384


@dataclass(frozen=True, slots=True, eq=False)
class SubjectBlocks:
    """The data as the likelihood sees them, in the engine's coordinates; patterns lie along the last axis.

    Attributes
    ----------
    ztz : ndarray of shape (q, q, g)
        ``Z_i'Z_i`` of the subjects of each pattern.
    ztx : ndarray of shape (q, p, g)
        ``Z_i'X_i``.
    zty : ndarray of shape (q, g)
        The mean of ``Z_i'y_i`` over the subjects of each pattern.
    spread : ndarray of shape (q, q, g)
        The sum of squares and products of ``Z_i'y_i`` about that mean.
    counts : ndarray of shape (g,)
        Subjects of each pattern.
    codes : ndarray of int of shape (m,)
        The pattern of each subject.
    own : ndarray of shape (q, m)
        ``Z_i'y_i`` of each subject.
    wtw : ndarray of shape (p + 1, p + 1)
        Pooled ``[X, y]'[X, y]``.
    n_obs : int
        Rows of data, n.
    log_weights : float
        The sum of the logarithms of the weights of the rows; zero without weights.
    template : CovarianceTemplate
        How Lambda is made of theta.
    scaling : Scaling
        The way back to the user's coordinates.
    """

    ztz: Float
    ztx: Float
    zty: Float
    spread: Float
    counts: Float
    codes: Int
    own: Float
    wtw: Float
    n_obs: int
    log_weights: float
    template: CovarianceTemplate
    scaling: Scaling

    @property
    def n_subjects(self) -> int:
        """Subjects, m."""
        return len(self.codes)

    @property
    def n_fixed(self) -> int:
        """Fixed effects, p."""
        return int(self.wtw.shape[0]) - 1

    def by_subject(self) -> tuple[Float, Float]:
        """``Z_i'Z_i``, shape (q, q, m), and ``Z_i'[X_i, y_i]``, shape (q, p + 1, m), subjects along the last axis."""
        ztw = np.concatenate([self.ztx[:, :, self.codes], self.own[:, None]], axis=1)
        return np.ascontiguousarray(self.ztz[:, :, self.codes]), np.ascontiguousarray(ztw)


def build_blocks(
    y: Float, X: Float, Z: Float, starts: Int, template: CovarianceTemplate, *, weights: Float | None = None
) -> SubjectBlocks:
    """Reduce the data to subject blocks.

    Parameters
    ----------
    y, X, Z : ndarray of shape (n,), (n, p), (n, q)
        C-contiguous; rows of one subject adjacent.
    starts : ndarray of int of shape (m + 1,)
        First row of each subject, then n.
    template : CovarianceTemplate
        How Lambda is made of theta.
    weights : ndarray or None of shape (n,)
        Positive; a row's residual variance is ``sigma^2`` over its weight.
    """
    if weights is not None:
        root = np.sqrt(weights)
        y, X, Z = y * root, X * root[:, None], Z * root[:, None]
    reduce = _reduce_here if len(y) <= SMALL else _reduce_in_threads
    found = reduce(y, X, Z, starts, template)
    log_weights = 0.0 if weights is None else float(np.log(weights).sum())
    return _as_blocks(found, len(y), log_weights, template)


class Condensed(NamedTuple):
    """One data set, reduced: fields of `SubjectBlocks` and of `Scaling`.

    Attributes
    ----------
    fixed_independent, random_independent : bool
        Whether the columns of X, and those of each block of Z, are independent.
    data : Reduced
        The fields of ``SubjectBlocks`` that the likelihood reads.
    codes, own : ndarray of int, ndarray
        See ``SubjectBlocks``.
    beta_ls, x_factor, x_inverse, z_factor, size : ndarray, float
        See ``Scaling``.
    """

    fixed_independent: bool
    random_independent: bool
    data: Reduced
    codes: Int
    own: Float
    beta_ls: Float
    x_factor: Float
    x_inverse: Float
    z_factor: Float
    size: float


def count_condense_steps(y: Float, X: Float, Z: Float, *_others: object) -> float:
    """Steps of `condense`: every row is hashed, and goes into the cross-products of X and of Z twice."""
    return float(2 * len(y) * (X.shape[1] + Z.shape[1]) ** 2)


@njit(cache=True, nogil=True, optimise=2, seconds=10.0, steps=count_condense_steps)
def condense(y, X, Z, starts, edges, words):  # type: ignore[no-untyped-def]  # a Condensed
    """Reduce one data set in one compiled call.

    Parameters
    ----------
    y, X, Z, starts : as in `build_blocks`
    edges : ndarray of shape (b + 1,)
        The first effect of each block, then q.
    words : from `hash_words`
    """
    codes, firsts = group_subjects(X.view(np.uint64), Z.view(np.uint64), starts, words)
    counts, places, X, Z, row_counts = _take_firsts(X, Z, starts, codes, firsts)
    fixed_independent, X, x_factor, x_inverse = basis_of(X, row_counts)
    random_independent, Z, z_factor = random_basis_of(Z, row_counts, edges)
    rest, finer, along = _regress_twice(y, X, starts, codes, places, row_counts)
    q, p, g = Z.shape[1], X.shape[1], len(firsts)
    own, ztz, ztx, beta_ls = np.empty((q, len(codes))), np.empty((q, q, g)), np.empty((q, p, g)), np.zeros(p)
    size = np.sqrt(_project_range(rest, finer, Z, starts, codes, places, 0, len(codes), own) / len(y))
    if size > 0:
        own /= size
    _multiply_range(X, Z, places, 0, g, ztz, ztx)
    data = Reduced(ztz, ztx, *gather(own, codes, counts), counts.astype(np.float64))
    for j in range(p):
        for k in range(j, p):
            beta_ls[j] += x_inverse[j, k] * along[k]
    return Condensed(
        fixed_independent, random_independent, data, codes, own, beta_ls, x_factor, x_inverse, z_factor, size
    )


def _reduce_here(y: Float, X: Float, Z: Float, starts: Int, template: CovarianceTemplate) -> Condensed:
    words = hash_words(int((starts[1:] - starts[:-1]).max()) * (X.shape[1] + Z.shape[1]))
    y, X, Z = (array if array.flags.writeable else array.copy() for array in (y, X, Z))  # one kind, compiled once
    found: Condensed = condense(y, X, Z, starts, template.edges, words)
    return found


def _reduce_in_threads(y: Float, X: Float, Z: Float, starts: Int, template: CovarianceTemplate) -> Condensed:
    patterns = find_patterns(X, Z, starts)
    counts = patterns.row_counts
    X_scaled, x_factor, x_inverse = orthogonal_basis(patterns.take(X), counts)
    Z_scaled, _, z_factor = random_basis(patterns.take(Z), counts, template)
    rest, finer, along = fit_response(y, X_scaled, starts, patterns)
    own, squares = project(rest, finer, Z_scaled, starts, patterns)
    size = float(np.sqrt(squares / len(y)))
    own = own / size if size > 0 else own
    ztz, ztx = cross_products(X_scaled, Z_scaled, patterns.starts)
    zty, spread = gather(own, patterns.codes, patterns.counts)
    data = Reduced(ztz, ztx, zty, spread, patterns.counts.astype(float))
    return Condensed(True, True, data, patterns.codes, own, x_inverse @ along, x_factor, x_inverse, z_factor, size)


def _as_blocks(found: Condensed, n: int, log_weights: float, template: CovarianceTemplate) -> SubjectBlocks:
    data, p = found.data, len(found.beta_ls)
    return SubjectBlocks(
        ztz=data.ztz,
        ztx=data.ztx,
        zty=data.zty,
        spread=data.spread,
        counts=data.counts,
        codes=found.codes,
        own=found.own,
        wtw=n * np.diag([*np.ones(p), float(found.size > 0)]),
        n_obs=n,
        log_weights=log_weights,
        template=template,
        scaling=Scaling(
            beta_ls=found.beta_ls,
            x_factor=found.x_factor,
            x_inverse=found.x_inverse,
            z_factor=found.z_factor,
            size=found.size,
            logdet_x=float(2 * np.log(np.diagonal(found.x_factor)).sum()),
        ),
    )


@njit(cache=True, nogil=True, optimise=2)
def _take_firsts(X, Z, starts, codes, firsts):  # type: ignore[no-untyped-def]  # numba infers the types
    """Subjects of each pattern; of the first of each where its rows begin, and X, Z, rows of data they stand for."""
    g, p, q = len(firsts), X.shape[1], Z.shape[1]
    counts, places = np.zeros(g, np.int64), np.zeros(g + 1, np.int64)
    for i in range(len(codes)):
        counts[codes[i]] += 1
    if g == len(codes):
        return counts, starts, X, Z, np.ones(len(X))
    for c in range(g):
        places[c + 1] = places[c] + starts[firsts[c] + 1] - starts[firsts[c]]
    first_X, first_Z, row_counts = np.empty((places[g], p)), np.empty((places[g], q)), np.empty(places[g])
    for c in range(g):
        shift = starts[firsts[c]] - places[c]
        for row in range(places[c], places[c + 1]):
            row_counts[row] = counts[c]
            for j in range(p):
                first_X[row, j] = X[row + shift, j]
            for j in range(q):
                first_Z[row, j] = Z[row + shift, j]
    return counts, places, first_X, first_Z, row_counts


@njit(cache=True, nogil=True, optimise=2)
def _regress_twice(y, X, starts, codes, places, row_counts):  # type: ignore[no-untyped-def]  # three arrays
    """What a least-squares fit of y on X leaves, shape (n,), what one of that fits in turn, and their coefficients."""
    rest, m, g = np.empty(len(y)), len(codes), len(places) - 1
    total = y if g == m else _sum_visits(y, starts, codes, places, 0, m)
    fitted, along = regress(X, total, row_counts)
    _subtract_range(y, fitted, starts, codes, places, 0, m, rest)
    total = rest if g == m else _sum_visits(rest, starts, codes, places, 0, m)
    finer, more = regress(X, total, row_counts)
    return rest, finer, along + more


def _total_visits(y: Float, starts: Int, patterns: Patterns) -> Float:
    """The response summed over the subjects of each pattern, visit by visit."""
    if patterns.rows is None:
        return y
    parts = over_ranges(
        lambda a, b: _sum_visits(y, starts, patterns.codes, patterns.starts, a, b), len(starts) - 1, SUBJECT_RANGE
    )
    return np.asarray(sum(parts[1:], parts[0]))


def fit_response(y: Float, basis: Float, starts: Int, patterns: Patterns) -> tuple[Float, Float, Float]:
    """What a least-squares fit of y leaves, shape (n,), what a fit of that takes of it, and their coefficients."""
    fitted, along = fit_least_squares(basis, _total_visits(y, starts, patterns), patterns.row_counts)
    rest, codes, places = np.empty(len(y)), patterns.codes, patterns.starts
    over_ranges(
        lambda a, b: _subtract_range(y, fitted, starts, codes, places, a, b, rest), len(starts) - 1, SUBJECT_RANGE
    )
    finer, more = fit_least_squares(basis, _total_visits(rest, starts, patterns), patterns.row_counts)
    return rest, finer, along + more


def project(y: Float, fitted: Float, Z: Float, starts: Int, patterns: Patterns) -> tuple[Float, float]:
    """``Z_i'e_i`` of each subject's least-squares residuals e_i, shape (q, m), and the sum of ``e_i'e_i``."""
    m = len(starts) - 1
    own = np.empty((Z.shape[1], m))
    parts = over_ranges(
        lambda a, b: _project_range(y, fitted, Z, starts, patterns.codes, patterns.starts, a, b, own), m, SUBJECT_RANGE
    )
    return own, float(sum(parts))


def cross_products(X: Float, Z: Float, starts: Int) -> tuple[Float, Float]:
    """``Z_i'Z_i``, shape (q, q, g), and ``Z_i'X_i``, shape (q, p, g), of g stretches of rows."""
    g, p, q = len(starts) - 1, X.shape[1], Z.shape[1]
    ztz, ztx = np.empty((q, q, g)), np.empty((q, p, g))
    over_ranges(lambda a, b: _multiply_range(X, Z, starts, a, b, ztz, ztx), g, PATTERN_RANGE)
    return ztz, ztx


@njit(cache=True, nogil=True)
def _sum_visits(y: Float, starts: Int, codes: Int, places: Int, first: int, last: int) -> Float:
    total = np.zeros(places[-1])
    for i in range(first, last):
        place = places[codes[i]]
        for visit in range(starts[i + 1] - starts[i]):
            total[place + visit] += y[starts[i] + visit]
    return total


@njit(cache=True, nogil=True)
def _subtract_range(
    y: Float, fitted: Float, starts: Int, codes: Int, places: Int, first: int, last: int, rest: Float
) -> None:
    for i in range(first, last):
        shift = places[codes[i]] - starts[i]
        for row in range(starts[i], starts[i + 1]):
            rest[row] = y[row] - fitted[row + shift]


@njit(cache=True, nogil=True)
def _project_range(
    y: Float, fitted: Float, Z: Float, starts: Int, codes: Int, places: Int, first: int, last: int, own: Float
) -> float:
    squares = 0.0
    for i in range(first, last):
        place = places[codes[i]]
        for a in range(Z.shape[1]):
            own[a, i] = 0.0
        for visit in range(starts[i + 1] - starts[i]):
            residual = y[starts[i] + visit] - fitted[place + visit]
            squares += residual * residual
            for a in range(Z.shape[1]):
                own[a, i] += Z[place + visit, a] * residual
    return squares


@njit(cache=True, nogil=True)
def _multiply_range(X: Float, Z: Float, starts: Int, first: int, last: int, ztz: Float, ztx: Float) -> None:
    q, p = Z.shape[1], X.shape[1]
    with_z, with_x = np.empty((q, q)), np.empty((q, p))
    for i in range(first, last):
        with_z[:], with_x[:] = 0.0, 0.0
        for row in range(starts[i], starts[i + 1]):
            for a in range(q):
                for b in range(q):
                    with_z[a, b] += Z[row, a] * Z[row, b]
                for j in range(p):
                    with_x[a, j] += Z[row, a] * X[row, j]
        for a in range(q):
            for b in range(q):
                ztz[a, b, i] = with_z[a, b]
            for j in range(p):
                ztx[a, j, i] = with_x[a, j]


@njit(cache=True, nogil=True)
def gather(own: Float, codes: Int, counts: Int) -> tuple[Float, Float]:
    """Mean and scatter of the subjects' own products by pattern."""
    q, g = own.shape[0], len(counts)
    mean, spread, away = np.zeros((q, g)), np.zeros((q, q, g)), np.empty(q)
    for i in range(len(codes)):
        for a in range(q):
            mean[a, codes[i]] += own[a, i] / counts[codes[i]]
    for i in range(len(codes)):
        if counts[codes[i]] > 1:
            for a in range(q):
                away[a] = own[a, i] - mean[a, codes[i]]
            for a in range(q):
                for b in range(q):
                    spread[a, b, codes[i]] += away[a] * away[b]
    return mean, spread
