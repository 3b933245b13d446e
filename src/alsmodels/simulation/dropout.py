"""Why subjects are not seen any more: death, and withdrawal.

Death (or permanent ventilation) of subject i in week t has a Weibull hazard that follows the trajectory,

    h_i(t) = HR_arm (k / lambda) (t / lambda)^(k - 1) exp(g (mu_i(t) - c) + h (s_i(t) - d)),

s_i(t) being the slope of the phase that t lies in. Withdrawal has a constant hazard from one visit to the next,

    w_i(t) = w_0 exp(g' (y_i(t) - c') + h' (s_i(t_ij) - d')),   t_ij <= t < t_i,j+1,

y_i(t) being the last score that was observed. With g' = h' = 0 leaving is completely at random, with g' alone at
random, with h' not at random. Given the trajectory and the scores the two are independent; the first of them counts.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.data.number_checks import check_above, check_finite, check_share
from alsmodels.errors import SpecError
from alsmodels.kernels.arrays import Float
from alsmodels.model.timescale import WEEKS_PER_MONTH
from alsmodels.simulation.codec import unit
from alsmodels.simulation.decline import Effects, months_in_phases

__all__ = [
    "Death",
    "Withdrawal",
    "cumulative_hazard",
    "death_weeks",
    "hazard_grid",
    "last_observed",
    "withdrawal_weeks",
]

PER_POINT = unit("log hazard a point")
PER_SLOPE = unit("log hazard a point a month")
# Weeks of the grid before the first.
_FIRST_WEEK = (0.125, 0.25, 0.5)
# Nodes of Gauss and Legendre on (0, 1), in each stretch of the grid; with two, both have half of the weight.
_PLACES = 0.5 + np.polynomial.legendre.leggauss(2)[0] / 2


@final
@dataclass(frozen=True, slots=True)
class Death:
    """The hazard of death or permanent ventilation.

    Parameters
    ----------
    shape, scale : float
        The shape and the scale, in weeks, of the Weibull hazard of a subject who stays at ``centre`` and
        ``slope_centre``.
    per_point : float
        Change of the log hazard for each point of the trajectory; below 0, higher scores live longer.
    centre : float or None
        The score at which the hazard has this shape and scale, in points; needed where ``per_point`` is not 0.
    per_slope : float
        Change of the log hazard for each point a month of the slope.
    slope_centre : float or None
        The slope at which it has them, in points a month; needed where ``per_slope`` is not 0.
    tracheostomy : float
        Share of these events that are told as "tracheostomy", the others as "death".
    """

    shape: float
    scale: float = field(metadata=unit("weeks"))
    per_point: float = field(default=0.0, metadata=PER_POINT)
    centre: float | None = field(default=None, metadata=unit("points"))
    per_slope: float = field(default=0.0, metadata=PER_SLOPE)
    slope_centre: float | None = field(default=None, metadata=unit("points a month"))
    tracheostomy: float = field(default=0.0, metadata=unit("share"))

    def __post_init__(self) -> None:
        check_above("Death", shape=self.shape, scale=self.scale)
        _check_tilt("Death", self)
        check_share("Death", tracheostomy=self.tracheostomy)


@final
@dataclass(frozen=True, slots=True)
class Withdrawal:
    """The hazard of leaving the study for other reasons.

    Parameters
    ----------
    monthly : float
        Share who leave in a month, of subjects whose last score is ``centre`` and slope ``slope_centre``.
    per_point : float
        Change of the log hazard for each point of the last observed score: missing at random.
    centre : float or None
        The last score at which ``monthly`` is the share, in points; needed where ``per_point`` is not 0.
    per_slope : float
        Change of the log hazard for each point a month of the slope: missing not at random.
    slope_centre : float or None
        The slope at which it is the share, in points a month; needed where ``per_slope`` is not 0.

    Examples
    --------
    >>> round(Withdrawal(0.02).weekly_hazard, 6)
    0.004646
    """

    monthly: float = field(metadata=unit("share a month"))
    per_point: float = field(default=0.0, metadata=PER_POINT)
    centre: float | None = field(default=None, metadata=unit("points"))
    per_slope: float = field(default=0.0, metadata=PER_SLOPE)
    slope_centre: float | None = field(default=None, metadata=unit("points a month"))

    def __post_init__(self) -> None:
        check_share("Withdrawal", monthly=self.monthly)
        if self.monthly == 1:
            raise SpecError("Withdrawal: monthly is below 1; nobody would be left of a cohort that all leave at once.")
        _check_tilt("Withdrawal", self)

    @property
    def weekly_hazard(self) -> float:
        """w_0, a week; infinite if all leave."""
        return float(-np.log1p(-self.monthly)) / WEEKS_PER_MONTH


def _check_tilt(what: str, hazard: Death | Withdrawal) -> None:
    """Refuse a hazard that changes with something, and does not say where it is as stated."""
    for slope, centre in (("per_point", "centre"), ("per_slope", "slope_centre")):
        change, at = getattr(hazard, slope), getattr(hazard, centre)
        check_finite(what, **{slope: change})
        if at is not None:
            check_finite(what, **{centre: at})
        elif change != 0:
            raise SpecError(f"{what}: {slope} needs a {centre}, at which the hazard is as stated.")


def hazard_grid(last_week: float, knot: float | None) -> Float:
    """Weeks between which the hazard of death is integrated: every week, the knot, and finer after baseline.

    In the first week the trajectory is no smooth function of (t / lambda)^k.
    """
    weeks = np.union1d(np.arange(np.ceil(last_week) + 1), _FIRST_WEEK)
    return weeks if knot is None or knot >= weeks[-1] else np.union1d(weeks, [float(knot)])


def cumulative_hazard(death: Death, effects: Effects, grid: Float, knot: float | None) -> Float:
    """Integral of the hazard of death from 0 to each week of the grid, without the arm's ratio, shape (n, g).

    By Gauss-Legendre quadrature with two nodes in each stretch, over (t / lambda)^k, in which the Weibull part is flat.
    """
    edges = (grid / death.scale) ** death.shape
    widths = np.diff(edges)
    heights = []
    for place in _PLACES:
        weeks = death.scale * (edges[:-1] + place * widths) ** (1 / death.shape)
        heights.append(np.exp(_log_ratio(death, effects, weeks, knot)))
    steps = widths / len(_PLACES) * (heights[0] + heights[1])
    return np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)


def _log_ratio(death: Death, effects: Effects, weeks: Float, knot: float | None) -> Float:
    """What trajectory and slope add to the log hazard, shape (n, j): linear in each subject's baseline and slopes."""
    at, slope_at_centre = death.centre or 0.0, death.slope_centre or 0.0
    added = (death.per_point * (effects.baseline - at) - death.per_slope * slope_at_centre)[:, None]
    now = [np.ones(len(weeks))] if knot is None else [weeks < knot, weeks >= knot]
    for phase, months in enumerate(months_in_phases(weeks, knot)):
        added = added + effects.slopes[:, phase, None] * (death.per_point * months + death.per_slope * now[phase])
    return np.asarray(added)


def death_weeks(death: Death, hazard: Float, grid: Float, exponentials: Float) -> Float:
    """Week of death of each subject, shape (n,); infinite if after the grid.

    Parameters
    ----------
    death : Death
        The hazard of death in the truth.
    hazard : ndarray of shape (n, g)
        The cumulative hazard, with the arm's ratio.
    grid : ndarray of shape (g,)
    exponentials : ndarray of shape (n,)
        Standard; death comes when the cumulative hazard reaches it.

    Notes
    -----
    Between two weeks of the grid the cumulative hazard is taken as a straight line over ``(t / lambda)^k``.
    """
    after = np.argmax(hazard > exponentials[:, None], axis=1)
    rows = np.arange(len(hazard))
    before = np.maximum(after - 1, 0)
    low, high = hazard[rows, before], hazard[rows, after]
    edges = (grid / death.scale) ** death.shape
    with np.errstate(invalid="ignore", divide="ignore"):
        share = (exponentials - low) / (high - low)
        week = death.scale * (edges[before] + share * (edges[after] - edges[before])) ** (1 / death.shape)
    return np.where(after > 0, week, np.inf)


def last_observed(scores: Float, held: NDArray[np.bool_]) -> Float:
    """The last score observed up to each visit, shape (n, j); the first visit is always held."""
    number = np.where(held, np.arange(scores.shape[1]), 0)
    return np.take_along_axis(scores, np.maximum.accumulate(number, axis=1), axis=1)


def withdrawal_weeks(withdrawal: Withdrawal, last: Float, slopes: Float, weeks: Float, exponentials: Float) -> Float:
    """Week of withdrawal of each subject, shape (n,); infinite if not before the end.

    Parameters
    ----------
    withdrawal : Withdrawal
        The hazard of withdrawal in the truth.
    last : ndarray of shape (n, j)
        Last observed scores.
    slopes : ndarray of shape (n, j)
        At the visits.
    weeks : ndarray of shape (n, j + 1)
        The weeks of the visits and of the end.
    exponentials : ndarray of shape (n,)
        Standard.
    """
    log_ratio = withdrawal.per_point * (last - (withdrawal.centre or 0.0))
    log_ratio = log_ratio + withdrawal.per_slope * (slopes - (withdrawal.slope_centre or 0.0))
    hazard = withdrawal.weekly_hazard * np.exp(log_ratio)
    steps = hazard * np.diff(weeks, axis=1)
    reached = np.cumsum(steps, axis=1)
    at = np.argmax(reached > exponentials[:, None], axis=1)
    rows = np.arange(len(weeks))
    leaves = reached[rows, at] > exponentials
    with np.errstate(invalid="ignore", divide="ignore"):
        week = weeks[rows, at] + (exponentials - (reached - steps)[rows, at]) / hazard[rows, at]
    return np.where(leaves, week, np.inf)
