"""What a design tells of means before there are data: generalised least squares with the covariance known.

Subjects of an arm have y = B a + e, Var e = V, in the rows that are seen. A subject whose rows S are seen brings the
information B_S' V_SS^-1 B_S of the arm's coefficients a; what is missing at random is left out of it, and its mean
over the arm's patterns of visits times the number of subjects is the information of the arm (Lu, Luo & Chen 2008 for
unstructured means; Diggle, Heagerty, Liang & Zeger 2002 for slopes). Arms with coefficients of their own are
independent; arms that share the first coefficient, the mean at baseline, are joined by it.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from alsmodels.errors import SpecError

__all__ = ["difference_covariance", "mean_information"]

Matrix = NDArray[np.float64]


def mean_information(basis: Matrix, covariance: Matrix, seen: NDArray[np.bool_]) -> Matrix:
    """Mean information that a subject brings of the coefficients of the arm, shape (p, p).

    Parameters
    ----------
    basis : ndarray of shape (k, j, p)
        Or (j, p) if it is the same for all.
    covariance : ndarray of shape (k, j, j)
        Or (j, j).
    seen : ndarray of bool of shape (k, j)
        The mask of the rows of k subjects that are seen.

    Notes
    -----
    Rows that are not seen are put out of the sum by a zero in the basis, and a one on the diagonal of a covariance that
    has nothing else in their rows and columns.
    """
    both = seen[:, :, None] & seen[:, None, :]
    size = seen.shape[1]
    restricted = np.where(both, covariance, np.eye(size))
    rows = np.where(seen[:, :, None], basis, 0.0)
    return np.asarray(np.einsum("kjp,kjq->pq", rows, np.linalg.solve(restricted, rows)) / len(seen))


def difference_covariance(
    reference: Matrix, other: Matrix, *, sizes: Sequence[float], shared_baseline: bool = False
) -> Matrix:
    """Covariance of the differences of the coefficients of two arms, shape (p, p).

    Parameters
    ----------
    reference, other : ndarray of shape (p, p)
        Mean information of a subject of each arm.
    sizes : sequence of float
        Subjects of each.
    shared_baseline : bool, default False
        Whether the first coefficient is one for both arms; its difference is then zero.

    Raises
    ------
    SpecError
        If the visits do not tell the coefficients apart.
    """
    first, second = sizes[0] * reference, sizes[1] * other
    if not shared_baseline:
        return np.asarray(_inverse(first) + _inverse(second))
    # Coefficients: those of the reference, then the differences of all but the first.
    joint = np.block([[first + second, second[:, 1:]], [second[1:, :], second[1:, 1:]]])
    size = len(first)
    found = np.zeros((size, size))
    found[1:, 1:] = _inverse(joint)[size:, size:]
    return found


def _inverse(information: Matrix) -> Matrix:
    scale = np.sqrt(np.diagonal(information))
    if not (scale > 0).all() or np.linalg.cond(information / np.outer(scale, scale)) > 1e12:
        msg = "The visits do not tell all coefficients apart; a slope needs two visits in its phase, a mean one visit."
        raise SpecError(msg)
    return np.asarray(np.linalg.inv(information))
