"""What a search knows: of its problem (`Guide`), of one evaluation, and of where it stands (`Search`)."""

from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import count_numbers, njit
from alsmodels.kernels.derivatives import Sums
from alsmodels.kernels.frames import Frame

__all__ = [
    "ACCEPTED",
    "ASKED",
    "AT_INSIDE",
    "AT_MOMENTS",
    "AT_NEWTON",
    "AT_POLISH",
    "AT_START",
    "AT_VAGUE",
    "AT_ZEROS",
    "CRITERION",
    "DONE",
    "KEPT_CRITERION",
    "KEPT_TRAPPED",
    "LENGTH",
    "NOTHING",
    "NO_RESIDUAL",
    "PHASE",
    "PREDICTED",
    "RADIUS",
    "REENTRIES",
    "RESIDUAL",
    "ROUNDING",
    "SCORE",
    "SEARCHES",
    "SPLIT",
    "STEPS",
    "TRAPPED",
    "TRIES",
    "TRY_INSIDE",
    "TRY_NEWTON",
    "TRY_SHORT",
    "TRY_TRAP",
    "TRY_ZEROS",
    "Evaluation",
    "Guide",
    "Search",
    "make_guide",
]

# What the evaluation that was asked for is of.
AT_VAGUE, AT_MOMENTS, AT_START, AT_NEWTON, AT_POLISH, AT_ZEROS, AT_INSIDE, DONE = range(8)
# What to do next; each step asks for an evaluation or hands on to the step after it.
ASKED, TRY_NEWTON, TRY_SHORT, TRY_ZEROS, TRY_TRAP, TRY_INSIDE, NOTHING = range(7)
# Places in the integers and the numbers of a search.
PHASE, STEPS, REENTRIES, TRIES, TRAPPED, SEARCHES, SPLIT, KEPT_TRAPPED, ACCEPTED = range(9)
CRITERION, SCORE, RADIUS, PREDICTED, LENGTH, RESIDUAL, KEPT_CRITERION = range(7)

# Differences of the criterion that are rounding.
ROUNDING = 1e-9
# The residual variance, as a share of the response's about the fixed effects, that is taken for zero.
NO_RESIDUAL = 1e-9
# Subjects, in all and for each covariance parameter of a model of many effects, with fewer of which one search is not
# trusted, nor a few.
FEW_SUBJECTS, FEW_FOR_EACH, MANY_EFFECTS = 10, 10, 4
A_FEW, SEVERAL = 3, 10


class Guide(NamedTuple):
    """What does not change during a search.

    Attributes
    ----------
    basis : ndarray of shape (k, q, q)
        The directions of R along its eigenvectors.
    bends : ndarray of shape (k, k, q, q)
        ``d2S`` for each pair of them.
    edges : ndarray of int of shape (b + 1,)
        The first effect of each block, then q.
    n_obs, n_subjects, dof : int
        Sizes of the data, and nu.
    constant : float
        What the criterion owes to the coordinates and to nu alone.
    reml : bool
        Restricted likelihood or not.
    n_searches : int
        Searches from different starts, more if they do not agree.
    """

    basis: Float
    bends: Float
    edges: Int
    n_obs: int
    n_subjects: int
    dof: int
    constant: float
    reml: bool
    n_searches: int


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
    counters, numbers : ndarray of int, ndarray
        See the names of their places.
    root : ndarray of shape (q, q)
        R of the best point.
    vectors, sizes : ndarray
        Its frame.
    gradient_S : ndarray of shape (q, q)
        The gradient in S along its eigenvectors.
    values, axes, slopes : ndarray of shape (k,), (k, k), (k,)
        Eigenvalues and -vectors of the Hessian, the gradient along them.
    proposal : ndarray of shape (q, q)
        R of the point to be evaluated next.
    inward : ndarray of shape (q, q)
        The direction of S in which a trap is left.
    kept : ndarray of shape (q, q)
        R of the lowest end of the searches so far.
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


@njit(cache=True, nogil=True, seconds=0.5, steps=count_numbers)
def make_guide(basis, bends, edges, sizes, scale, logdet_x, weighted, reml):  # type: ignore[no-untyped-def]  # a Guide
    """The guide of one data set.

    Parameters
    ----------
    basis, bends, edges, reml : see ``Guide``
    sizes : rows, subjects and fixed effects, n, m and p
    scale, logdet_x : ``size`` and ``logdet_x`` of the ``Scaling``
    weighted : whether the rows have weights

    Notes
    -----
    Lower optima elsewhere were seen with weights, where several blocks can share the variation in more than one way,
    with a handful of subjects, or with four effects; never in two thousand fits of the other models.
    """
    n, m, p = sizes
    dof, constant = n - p if reml else n, np.inf
    if scale > 0.0:
        constant = dof * (1.0 + np.log(2.0 * np.pi * scale**2 / dof))
    if reml:
        constant += logdet_x
    is_large = len(edges) > 2 or edges[-1] >= MANY_EFFECTS
    n_searches = A_FEW if is_large else 1
    if weighted or m < FEW_SUBJECTS or (is_large and m < FEW_FOR_EACH * len(basis)):
        n_searches = SEVERAL
    return Guide(basis, bends, edges, n, m, dof, constant, reml, n_searches)
