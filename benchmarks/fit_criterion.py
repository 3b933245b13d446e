"""The REML criterion at any estimates, from each subject's own covariance matrix: the judge of fit_times.py.

It shares nothing with the engine. `V_i = Z_i G Z_i' + sigma^2 I` is written out and factorised for every subject; no
cross-products, no scaling, no profiling. Subjects with the same number of visits are factorised in one NumPy call.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fit_data import Matrix

MOST_AT_ONCE = 4096


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What a package says.

    Attributes
    ----------
    beta : shape (p,), fixed effects
    covariance : shape (q, q), covariance of the random effects
    sigma2 : residual variance
    said : of convergence, in a word or in the package's own
    std_errors : shape (p,), of the fixed effects
    """

    beta: Matrix
    covariance: Matrix
    sigma2: float
    said: str
    std_errors: Matrix | None = None


def restricted_criterion(answer: Answer, *, y: Matrix, X: Matrix, Z: Matrix, codes: NDArray[np.int64]) -> float:
    """``-2 log`` restricted likelihood at an answer.

    The weighted sum of squares is about the answer's own ``beta``, so that fixed effects beside their optimum cost too.

    Parameters
    ----------
    answer : the estimates
    y, X, Z : shapes (n,), (n, p), (n, q)
    codes : shape (n,), the number of each row's subject, ascending
    """
    n, p = X.shape
    residual = y - X @ answer.beta
    log_det, squares, information = 0.0, 0.0, np.zeros((p, p))
    for rows in batches(codes):
        V = Z[rows] @ answer.covariance @ Z[rows].transpose(0, 2, 1) + answer.sigma2 * np.eye(rows.shape[1])
        L = np.linalg.cholesky(V)
        half = np.linalg.solve(L, np.concatenate([X[rows], residual[rows][..., None]], axis=2))
        half_X, half_r = half[..., :p], half[..., p]
        log_det += 2.0 * float(np.log(np.diagonal(L, axis1=1, axis2=2)).sum())
        squares += float((half_r**2).sum())
        information += np.einsum("mkp,mkr->pr", half_X, half_X)
    return float((n - p) * np.log(2 * np.pi) + log_det + np.linalg.slogdet(information)[1] + squares)


def batches(codes: NDArray[np.int64]) -> Iterator[NDArray[np.int64]]:
    """Rows of subjects with equally many, shape (subjects, rows each)."""
    starts = np.flatnonzero(np.r_[True, np.diff(codes) != 0])
    counts = np.diff(np.r_[starts, len(codes)])
    for count in np.unique(counts):
        first = starts[counts == count]
        for part in np.array_split(first, -(-len(first) // MOST_AT_ONCE)):
            yield part[:, None] + np.arange(count)


def covariance_from_theta(theta: Matrix, sigma2: float, q: int) -> Matrix:
    """Covariance of the random effects from lme4's theta, the lower triangle of Lambda column by column."""
    factor = np.zeros((q, q))
    factor.T[np.triu_indices(q)] = theta
    return np.asarray(sigma2 * factor @ factor.T)


def digits(found: Matrix, best: Matrix) -> float:
    """To how many decimal digits every element of ``found`` is that of ``best``; 16 is as good as equal, NaN is 0."""
    if not np.isfinite(found).all():
        return 0.0
    error = np.abs(np.ravel(found) - np.ravel(best)) / np.abs(np.ravel(best))
    return float(min(16.0, -np.log10(max(float(error.max()), 1e-16))))


def variances(answer: Answer) -> Matrix:
    """Variances of the random effects, then of the residual, shape (q + 1,)."""
    return np.asarray(np.r_[np.diagonal(answer.covariance), answer.sigma2])
