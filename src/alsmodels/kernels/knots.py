"""The posterior density of the covariance parameters and of an unknown knot, with all effects integrated out.

A column of a phase is ``other f(week)`` with ``f`` the weeks before the knot, ``min(week, kappa)``, or those after it,
``week - min(week, kappa)``. With ``c = min(week, kappa) - min(week, kappa_0)`` the columns at any knot are

    w(kappa) = w_0 + c r,   w = [X, y, Z] in the coordinates of the engine, which are those of the knot kappa_0

where r is plus or minus the others for the columns of a phase and zero for the rest. For a value before the knot c
does not depend on kappa, for one after it c is ``kappa`` less a constant. So between two of a subject's visits its
cross-products are a quadratic in kappa, whose coefficients are summed once, for every stretch between visits:

    w_i'w_i = K_0 + g K_1 + g^2 K_2,   g = kappa - kappa_0

The slope in kappa is Fisher's: ``-tau/2 E(d rss / d kappa | y)``, and ``rss`` is linear in the cross-products, so that
it is `expected_rss` of their derivatives. The density is continuous, with a kink in every week that has a visit.

The parameters are those of `posterior` and, last, ``(kappa - mean) / sd`` in units of the normal prior of the knot.
"""

from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.marginal import LOG_2PI, expected_rss
from alsmodels.kernels.posterior import Target, evaluate_into
from alsmodels.kernels.recovery import SubjectSquares, recover_point

__all__ = [
    "KnotTarget",
    "Quadratics",
    "evaluate_knot",
    "evaluate_knot_range",
    "move_squares",
    "move_target",
    "recover_knot_range",
    "sum_quadratics",
]


class Quadratics(NamedTuple):
    """Cross-products of rows as functions of the knot, in groups of rows: the subjects, or all rows as one.

    Attributes
    ----------
    weeks : ndarray of shape (n,)
        Ascending within each group.
    starts : ndarray of int of shape (groups + 1,)
        The first row of each group, then n.
    terms : ndarray of shape (n + groups, 3, v (v + 1)
        / 2); of a group with k rows k + 1 places, as many as it may have rows before the knot; constant, slope and
        square; the lower triangle row by row.
    """

    weeks: Float
    starts: Int
    terms: Float


class KnotTarget(NamedTuple):
    """The data and priors behind the density; the weeks of the blocks are those of one outcome.

    Attributes
    ----------
    fixed : Target
        The density with the knot at ``centre``.
    counts : ndarray of int of shape (1, m)
        Rows of each subject.
    subjects, rows : Quadratics
        The cross-products of each subject, and of all rows together.
    centre : float
        The knot of the engine's coordinates.
    mean, sd : float
        Of the prior of the knot.
    """

    fixed: Target
    counts: Int
    subjects: Quadratics
    rows: Quadratics
    centre: float
    mean: float
    sd: float

    @property
    def n_parameters(self) -> int:
        """Length of x."""
        return self.fixed.n_parameters + 1


@njit(cache=True, nogil=True, error_model="numpy")
def sum_quadratics(before: Float, after: Float, rate: Float, starts: Int) -> Float:
    """The ``terms`` of `Quadratics`.

    Parameters
    ----------
    before : ndarray of shape (n, v)
        The columns of each row if it lies before the knot.
    after, rate : ndarray of shape (n, v)
        The same if it lies after: ``after + g rate``.
    starts : ndarray of int of shape (groups + 1,)
    """
    groups, v = len(starts) - 1, before.shape[1]
    terms, running = np.zeros((len(before) + groups, 3, v * (v + 1) // 2)), np.zeros(v * (v + 1) // 2)
    for i in range(groups):
        for row in range(starts[i + 1] - 1, starts[i] - 1, -1):
            place = row + i
            for a in range(v):
                for b in range(a + 1):
                    pair = a * (a + 1) // 2 + b
                    for degree in range(3):
                        terms[place, degree, pair] = terms[place + 1, degree, pair]
                    terms[place, 0, pair] += after[row, a] * after[row, b]
                    terms[place, 1, pair] += after[row, a] * rate[row, b] + rate[row, a] * after[row, b]
                    terms[place, 2, pair] += rate[row, a] * rate[row, b]
        running[:] = 0.0
        for row in range(starts[i], starts[i + 1]):
            for a in range(v):
                for b in range(a + 1):
                    running[a * (a + 1) // 2 + b] += before[row, a] * before[row, b]
            terms[row + i + 1, 0] += running
    return terms


@njit(cache=True, nogil=True, error_model="numpy")
def _place(knot: float, part: Quadratics, group: int) -> int:
    """Where the terms of a group stand for a knot."""
    row = int(part.starts[group])
    while row < part.starts[group + 1] and part.weeks[row] <= knot:
        row += 1
    return row + group


@njit(cache=True, nogil=True, error_model="numpy")
def _move_rows(knot: float, target: KnotTarget, as_rate: bool) -> Float:
    """``[X, y]'[X, y]`` of all rows at a knot, shape (1, r, r), or its derivative there."""
    part, g, r = target.rows, knot - target.centre, target.fixed.wtw.shape[1]
    place = np.searchsorted(part.weeks, knot, side="right")
    wtw = np.empty((1, r, r))
    for a in range(r):
        for b in range(a + 1):
            pair = a * (a + 1) // 2 + b
            zero, one, two = part.terms[place, 0, pair], part.terms[place, 1, pair], part.terms[place, 2, pair]
            wtw[0, a, b] = one + 2.0 * g * two if as_rate else zero + g * (one + g * two)
            wtw[0, b, a] = wtw[0, a, b]
    return wtw


@njit(cache=True, nogil=True, error_model="numpy")
def _move_subjects(knot: float, target: KnotTarget, as_rate: bool) -> tuple[Float, Float]:
    """``Z_i'Z_i``, shape (1, q, q, m), and ``Z_i'[X_i, y_i]``, shape (1, q, r, m), or their derivatives."""
    part, g = target.subjects, knot - target.centre
    _, q, r, m = target.fixed.ztw.shape
    ztz, ztw = np.empty((1, q, q, m)), np.empty((1, q, r, m))
    for i in range(m):
        terms = part.terms[_place(knot, part, i)]
        for a in range(q):
            first = (r + a) * (r + a + 1) // 2
            for b in range(r + a + 1):
                zero, one, two = terms[0, first + b], terms[1, first + b], terms[2, first + b]
                value = one + 2.0 * g * two if as_rate else zero + g * (one + g * two)
                if b < r:
                    ztw[0, a, b, i] = value
                else:
                    ztz[0, a, b - r, i] = value
                    ztz[0, b - r, a, i] = value
    return ztz, ztw


@njit(cache=True, nogil=True, error_model="numpy")
def move_target(knot: float, target: KnotTarget) -> Target:
    """The density of the other parameters with the knot in a given week."""
    ztz, ztw = _move_subjects(knot, target, False)
    fixed = target.fixed
    return Target(
        ztz,
        ztw,
        _move_rows(knot, target, False),
        fixed.n_obs,
        fixed.precision,
        fixed.shift,
        fixed.constant,
        fixed.inward,
        fixed.sizes,
        fixed.beta_centre,
        fixed.beta_map,
        fixed.half_df,
        fixed.half_scale,
        fixed.pair_row,
        fixed.pair_col,
        fixed.pair_start,
        fixed.pair_shape,
    )


@njit(cache=True, nogil=True, error_model="numpy")
def evaluate_knot(x: Float, target: KnotTarget, with_slope: bool = True) -> tuple[float, Float]:
    """Log posterior density of x and its gradient, shape (d,), as `posterior.evaluate`; the knot is the last of x.

    In a week with a visit the slope is the one to the right.
    """
    d = len(x)
    knot = target.mean + target.sd * x[d - 1]
    _, q, r, m = target.fixed.ztw.shape
    f, AL, C, U = np.empty((q, r, m)), np.empty((q, q, m)), np.empty((q, q, m)), np.empty((q, r, m))
    slope = np.zeros(d)
    value, slope[: d - 1], factor, tau, beta, Q = evaluate_into(
        x[: d - 1], move_target(knot, target), with_slope, f, AL, C, U
    )
    value -= 0.5 * (LOG_2PI + x[d - 1] ** 2)
    if with_slope and np.isfinite(value):
        ztz, ztw = _move_subjects(knot, target, True)
        rate = expected_rss(factor, ztz, ztw, _move_rows(knot, target, True), C, U, beta, Q)
        slope[d - 1] = -0.5 * tau[0] * rate[0] * target.sd - x[d - 1]
    return value, slope


@njit(cache=True, nogil=True, optimise=1, error_model="numpy")
def evaluate_knot_range(xs: Float, target: KnotTarget, values: Float, start: int, stop: int) -> None:
    """Fill ``values``, shape (s,), with the log density of rows ``start`` to ``stop`` of ``xs``, shape (s, d)."""
    with_slope = stop < start  # never; as a constant it would be a kind of argument of its own, and all compiled twice
    for s in range(start, stop):
        values[s] = evaluate_knot(xs[s], target, with_slope)[0]


@njit(cache=True, nogil=True, error_model="numpy")
def move_squares(knot: float, target: KnotTarget) -> SubjectSquares:
    """What each subject's likelihood needs, at a knot."""
    part, g, r = target.subjects, knot - target.centre, target.fixed.wtw.shape[1]
    m = len(part.starts) - 1
    wtw = np.empty((1, r, r, m))
    for i in range(m):
        terms = part.terms[_place(knot, part, i)]
        for a in range(r):
            for b in range(a + 1):
                pair = a * (a + 1) // 2 + b
                wtw[0, a, b, i] = terms[0, pair] + g * (terms[1, pair] + g * terms[2, pair])
                wtw[0, b, a, i] = wtw[0, a, b, i]
    return SubjectSquares(wtw, target.counts)


@njit(cache=True, nogil=True, optimise=1, error_model="numpy")
def recover_knot_range(
    xs: Float, target: KnotTarget, beta_noise: Float, noise: Float, beta: Float, b: Float, loglik: Float
) -> None:
    """`recovery.recover_range`, each draw at its own knot."""
    last = xs.shape[1] - 1
    for s in range(len(xs)):
        knot = target.mean + target.sd * xs[s, last]
        here, squares = move_target(knot, target), move_squares(knot, target)
        recover_point(xs[s, :last], here, squares, beta_noise[s], noise[s], beta[s], b[s], loglik[s])
