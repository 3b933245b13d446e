"""The coordinates the engine works in, and the way back to the user's.

Raw cross-products cost digits. The engine therefore sees the response as its least-squares residual over its
own size, the columns of X as an orthogonal basis of their span, and the columns of Z as an orthogonal basis
block by block:

    X = X~ R,   y = X c + s y~,   Z T = Z~   (T lower triangular within a block, so Lambda = T Lambda~ is too)

and the answers go back by ``beta = c + s R^-1 beta~``, ``sigma = s sigma~``, ``Lambda = T Lambda~``.

The bases are found by Cholesky's method on the cross-products, twice (Yamamoto, Nakatsukasa, Yanagisawa & Fukaya 2015),
or by Gram-Schmidt where the columns are too nearly dependent for that. A row may stand for several equal ones.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.linalg import solve_triangular

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import count_numbers, njit
from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.kernels.ranges import over_ranges
from alsmodels.kernels.stretches import STRETCH
from alsmodels.kernels.triangular import factorise

__all__ = [
    "Scaling",
    "basis_of",
    "dependent_columns",
    "find_scaling",
    "fit_least_squares",
    "orthogonal_basis",
    "random_basis",
    "random_basis_of",
    "regress",
]

# What rounding leaves of a column that depends on others.
ROUNDING = 1e-14
# The share of its length that is left of a column which counts as dependent.
DEPENDENT = 1e-10
# The least pivot, of columns of length one, with which the cross-products are trusted.
SAFE_PIVOT = 1e-8
# Rows that a thread takes at a time.
ROW_RANGE = 65536


@dataclass(frozen=True, slots=True, eq=False)
class Scaling:
    """The change of coordinates of one data set.

    Attributes
    ----------
    beta_ls : ndarray of shape (p,)
        The least-squares coefficients ``c``.
    x_factor, x_inverse : ndarray of shape (p, p)
        Upper triangular ``R`` and ``R^-1``.
    z_factor : ndarray of shape (q, q)
        Lower triangular ``T``, block diagonal.
    size : float
        Root mean square ``s`` of the least-squares residual.
    logdet_x : float
        ``2 log|R|``, what the restricted likelihood owes to the change of basis.
    """

    beta_ls: Float
    x_factor: Float
    x_inverse: Float
    z_factor: Float
    size: float
    logdet_x: float

    def beta(self, beta_scaled: Float) -> Float:
        """Fixed effects in the user's units."""
        return np.asarray(self.beta_ls + self.size * (self.x_inverse @ beta_scaled))

    def beta_root(self, root_scaled: Float) -> Float:
        """``R^-1`` times a matrix: takes a root of a covariance of beta~ to one of beta, less ``size``."""
        return np.asarray(self.x_inverse @ root_scaled)


def find_scaling(y: Float, X: Float, Z: Float, template: CovarianceTemplate) -> tuple[Scaling, Float, Float, Float]:
    """Find the coordinates and carry the data into them.

    Parameters
    ----------
    y, X, Z : ndarray of shape (n,), (n, p), (n, q)
        X and each block of Z of full column rank.
    template : CovarianceTemplate
        The blocks of Z.

    Returns
    -------
    The scaling, and y~ (n,), X~ (n, p), Z~ (n, q) with ``X~'X~ = n I`` and mean square of y~ equal to one
    (y~ stays zero where the fixed effects explain the response exactly).
    """
    counts = np.ones(len(y))
    X_scaled, x_factor, x_inverse = orthogonal_basis(X, counts)
    fitted, along = fit_least_squares(X_scaled, y, counts)
    finer, more = fit_least_squares(X_scaled, y - fitted, counts)
    residual = y - fitted - finer
    Z_scaled, _, z_factor = random_basis(Z, counts, template)
    size = float(np.sqrt(residual @ residual / len(y)))
    scaling = Scaling(
        beta_ls=x_inverse @ (along + more),
        x_inverse=x_inverse,
        x_factor=x_factor,
        z_factor=z_factor,
        size=size,
        logdet_x=float(2 * np.log(np.diagonal(x_factor)).sum()),
    )
    return scaling, residual / size if size > 0 else residual, X_scaled, Z_scaled


def orthogonal_basis(X: Float, counts: Float) -> tuple[Float, Float, Float]:
    """Q, R and ``R^-1`` with ``X = Q R``, ``Q'C Q = n I``, R upper triangular with a positive diagonal.

    Parameters
    ----------
    X : ndarray of shape (r, p)
        Of full column rank.
    counts : ndarray of shape (r,)
        The diagonal of C: how many rows of data each row stands for; their sum is n.
    """
    n = counts.sum()
    trusted, first, first_inverse = _factor(_gram(X, counts) / n)
    if not trusted:
        _, slow, R, inverse = _slow_basis(X, counts)
        return slow, R, inverse
    Q = _transform(X, first_inverse)
    _, second, second_inverse = _factor(_gram(Q, counts) / n)
    return _transform(Q, second_inverse), second @ first, first_inverse @ second_inverse


def random_basis(Z: Float, counts: Float, template: CovarianceTemplate) -> tuple[Float, Float, Float]:
    """Z~, shape (r, q), L and ``T = L^-1`` with ``Z = Z~ L``, ``Z_b~'C Z_b~ = n I`` for every block b.

    L and T are lower triangular, so columns are taken last to first.
    """
    q = Z.shape[1]
    scaled, L, T = np.empty_like(Z), np.zeros((q, q)), np.zeros((q, q))
    for block in template.blocks:
        Q, R, inverse = orthogonal_basis(np.ascontiguousarray(Z[:, block][:, ::-1]), counts)
        scaled[:, block], L[block, block], T[block, block] = Q[:, ::-1], R[::-1, ::-1], inverse[::-1, ::-1]
    return scaled, L, T


def fit_least_squares(basis: Float, total: Float, counts: Float) -> tuple[Float, Float]:
    """Fitted values, shape (r,), and coefficients along an orthogonal basis, shape (p,).

    They leave what is rounding beside the response. Where its origin is far away that is much beside what is left, so
    what is left is fitted once more.

    Parameters
    ----------
    basis : ndarray of shape (r, p)
        From `orthogonal_basis`.
    total : ndarray of shape (r,)
        The sum of the response over the rows of data that each row stands for.
    counts : ndarray of shape (r,)
        Their number.
    """
    fitted = np.empty(len(basis))
    parts = over_ranges(lambda a, b: _project_range(basis, total, a, b), len(basis), ROW_RANGE)
    along = np.asarray(sum(parts) / counts.sum())
    over_ranges(partial(_combine_range, basis, along, fitted), len(basis), ROW_RANGE)
    return fitted, along


def _gram(X: Float, counts: Float) -> Float:
    """``X'C X``, shape (p, p)."""
    parts = over_ranges(lambda a, b: _gram_range(X, counts, a, b), len(X), ROW_RANGE)
    return np.asarray(sum(parts[1:], parts[0]))


def _transform(X: Float, matrix: Float) -> Float:
    """``X matrix`` for an upper triangular matrix."""
    product = np.empty_like(X)
    over_ranges(lambda a, b: _transform_range(X, matrix, product, a, b), len(X), ROW_RANGE)
    return product


def dependent_columns(X: Float, *, tolerance: float = DEPENDENT) -> dict[int, list[int]]:
    """The columns of X (n, p) that depend on columns before them, and on which of those.

    A column depends on the others if projecting them out leaves less than ``tolerance`` of its length.
    """
    if X.size and _factor(_gram(X, np.ones(len(X))))[0]:
        return {}
    factor = _orthogonalise(X, tolerance)[1]
    kept = np.flatnonzero(np.diagonal(factor) > 0)
    found = {}
    for column in np.flatnonzero(np.diagonal(factor) == 0):
        before = kept[kept < column]
        weights = (
            solve_triangular(factor[np.ix_(before, before)], factor[before, column]) if len(before) else np.empty(0)
        )
        share = np.abs(weights) * np.sqrt(np.mean(X[:, before] ** 2, axis=0))
        found[int(column)] = before[share > 1e-6 * np.sqrt(np.mean(X[:, column] ** 2))].tolist()
    return found


@njit(cache=True, nogil=True, optimise=2, error_model="numpy")
def basis_of(X: Float, counts: Float) -> tuple[bool, Float, Float, Float]:
    """`orthogonal_basis` in one compiled call, after whether the columns are independent."""
    r, p, n = *X.shape, counts.sum()
    trusted, first, first_inverse = _factor(_gram_range(X, counts, 0, r) / n)
    if not trusted:
        return _slow_basis(X, counts)
    Q, basis, R, inverse = np.empty_like(X), np.empty_like(X), np.zeros_like(first), np.zeros_like(first)
    _transform_range(X, first_inverse, Q, 0, r)
    _, second, second_inverse = _factor(_gram_range(Q, counts, 0, r) / n)
    _transform_range(Q, second_inverse, basis, 0, r)
    _transform_range(second, first, R, 0, p)
    _transform_range(first_inverse, second_inverse, inverse, 0, p)
    return True, basis, R, inverse


@njit(cache=True, nogil=True, optimise=2)
def random_basis_of(Z: Float, counts: Float, edges: Int) -> tuple[bool, Float, Float]:
    """`random_basis` in one compiled call, after whether the columns of every block are independent.

    ``edges``, shape (b + 1,), are the first effect of each block, then q.
    """
    r, q, all_independent = *Z.shape, True
    scaled, T = np.empty((r, q)), np.zeros((q, q))
    for block in range(len(edges) - 1):
        a, b = edges[block], edges[block + 1]
        reverse = np.empty((r, b - a))
        for row in range(r):
            for c in range(b - a):
                reverse[row, c] = Z[row, b - 1 - c]
        independent, Q, _, inverse = basis_of(reverse, counts)
        all_independent = all_independent and independent
        for c in range(b - a):
            for row in range(r):
                scaled[row, b - 1 - c] = Q[row, c]
            for d in range(b - a):
                T[b - 1 - c, b - 1 - d] = inverse[c, d]
    return all_independent, scaled, T


@njit(cache=True, nogil=True)
def regress(basis: Float, total: Float, counts: Float) -> tuple[Float, Float]:
    """`fit_least_squares` in one compiled call."""
    fitted, along = np.empty(len(basis)), _project_range(basis, total, 0, len(basis)) / counts.sum()
    _combine_range(basis, along, fitted, 0, len(basis))
    return fitted, along


@njit(cache=True, nogil=True, optimise=2, error_model="numpy")
def _slow_basis(X: Float, counts: Float) -> tuple[bool, Float, Float, Float]:
    """As `basis_of`, by Gram-Schmidt."""
    (r, p), share, weighted = X.shape, np.sqrt(counts.sum() / len(X)), X.copy()
    for row in range(r):
        for j in range(p):
            weighted[row, j] *= np.sqrt(counts[row])
    independent = bool(np.diag(_orthogonalise(weighted, DEPENDENT)[1]).min() > 0.0)
    Q, R = _orthogonalise(weighted, ROUNDING)
    for row in range(r):
        for j in range(p):
            Q[row, j] *= share / np.sqrt(counts[row])
    R /= share
    return independent, Q, R, _invert_upper(R)


def count_gram_steps(X: Float, _counts: Float, start: int, stop: int) -> float:
    """Steps of `_gram_range`: a product for each row and pair of columns."""
    return float((stop - start) * X.shape[1] ** 2 / 2)


@njit(
    cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"}, seconds=1.0, steps=count_gram_steps
)
def _gram_range(X: Float, counts: Float, start: int, stop: int) -> Float:
    """``X'C X`` of a range of rows; no BLAS: its threads cost more than they save on a few columns."""
    p = X.shape[1]
    gram, some, weighted = np.zeros((p, p)), np.empty((p, STRETCH)), np.empty(STRETCH)
    for first in range(start, stop, STRETCH):
        n = min(STRETCH, stop - first)
        for row in range(n):
            for j in range(p):
                some[j, row] = X[first + row, j]
        for j in range(p):
            for row in range(n):
                weighted[row] = counts[first + row] * some[j, row]
            for k in range(j + 1):
                total = 0.0
                for row in range(n):
                    total += weighted[row] * some[k, row]
                gram[j, k] += total
    for j in range(p):
        for k in range(j):
            gram[k, j] = gram[j, k]
    return gram


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
def _transform_range(X: Float, matrix: Float, product: Float, start: int, stop: int) -> None:
    p = X.shape[1]
    some, made = np.empty((p, STRETCH)), np.empty((p, STRETCH))
    for first in range(start, stop, STRETCH):
        n = min(STRETCH, stop - first)
        for row in range(n):
            for j in range(p):
                some[j, row] = X[first + row, j]
        for j in range(p):
            for row in range(n):
                made[j, row] = some[0, row] * matrix[0, j]
            for k in range(1, j + 1):
                for row in range(n):
                    made[j, row] += some[k, row] * matrix[k, j]
        for row in range(n):
            for j in range(p):
                product[first + row, j] = made[j, row]


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _project_range(basis: Float, total: Float, start: int, stop: int) -> Float:
    along = np.zeros(basis.shape[1])
    for row in range(start, stop):
        for j in range(basis.shape[1]):
            along[j] += total[row] * basis[row, j]
    return along


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def _combine_range(basis: Float, along: Float, fitted: Float, start: int, stop: int) -> None:
    for row in range(start, stop):
        fitted[row] = 0.0
        for j in range(basis.shape[1]):
            fitted[row] += along[j] * basis[row, j]


@njit(cache=True, nogil=True, error_model="numpy", seconds=1.5, steps=count_numbers)
def _factor(gram: Float) -> tuple[bool, Float, Float]:
    """Whether cross-products are to be trusted, R with ``R'R = gram``, upper triangular, and ``R^-1``."""
    p = len(gram)
    unit, R, lengths = gram.copy(), np.zeros((p, p)), np.sqrt(np.diag(gram))
    for j in range(p):
        for k in range(p):
            unit[j, k] /= lengths[j] * lengths[k]
    if not lengths.min() > 0.0 or not factorise(unit):
        return False, R, R
    trusted = True
    for j in range(p):
        trusted = trusted and unit[j, j] ** 2 > SAFE_PIVOT
        for k in range(j + 1):
            R[k, j] = unit[j, k] * lengths[j]
    return trusted, R, _invert_upper(R)


@njit(cache=True, nogil=True, error_model="numpy")
def _invert_upper(R: Float) -> Float:
    p = len(R)
    inverse = np.zeros((p, p))
    for j in range(p):
        for row in range(j, -1, -1):
            total = 1.0 if row == j else 0.0
            for k in range(row + 1, j + 1):
                total -= R[row, k] * inverse[k, j]
            inverse[row, j] = total / R[row, row]
    return inverse


@njit(cache=True, nogil=True)
def _orthogonalise(X: Float, tolerance: float) -> tuple[Float, Float]:
    """Q, R with ``X = Q R``, ``Q'Q = n I``, R upper triangular with a non-negative diagonal: Gram-Schmidt, twice.

    Twice is enough (Giraud, Langou & Rozloznik 2005). A column of which less than ``tolerance``
    of its length is left is taken as dependent on those before it, and leaves zeros.
    No BLAS: its threads cost more than they save on a few columns.
    """
    n, p = X.shape
    Q, R = X.copy(), np.zeros((p, p))
    for j in range(p):
        before = 0.0
        for row in range(n):
            before += Q[row, j] ** 2
        for _ in range(2):
            for c in range(j):
                dot = 0.0
                for row in range(n):
                    dot += Q[row, c] * Q[row, j]
                dot /= n
                R[c, j] += dot
                for row in range(n):
                    Q[row, j] -= dot * Q[row, c]
        after = 0.0
        for row in range(n):
            after += Q[row, j] ** 2
        independent = after > tolerance**2 * before
        R[j, j] = np.sqrt(after / n) if independent else 0.0
        for row in range(n):
            Q[row, j] = Q[row, j] / R[j, j] if independent else 0.0
    return Q, R
