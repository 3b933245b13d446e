"""The trajectory of each subject: a baseline and a straight line in each phase.

    mu_i(t) = a_i + s_i1 p_1(t) + s_i2 p_2(t)
    a_i  = alpha + kappa_arm + sd_0 x_i0, kept within ``baseline_range``
    s_ik = rho_arm,k delta_arm (beta_k + sd_k x_ik) + nu_arm,k

p_1 and p_2 are the months spent before and after the knot; x_i are variables of mean 0 and variance 1 with the
correlations of the truth (`alsmodels.simulation.copula`). rho is the ratio and nu the shift by which the arm's
treatment changes the slopes, delta the drift and kappa the shift of the baseline of the population it comes from.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.data.number_checks import check_above, check_finite, check_not_negative
from alsmodels.errors import SpecError, shown
from alsmodels.kernels.arrays import Float
from alsmodels.model.timescale import WEEKS_PER_MONTH
from alsmodels.simulation.arms import Arm
from alsmodels.simulation.codec import unit
from alsmodels.simulation.copula import standard_variate

__all__ = ["Decline", "Effects", "Slope", "months_in_phases", "realise_effects", "slope_at", "trajectory"]

PER_MONTH = unit("points a month")


@final
@dataclass(frozen=True, slots=True)
class Slope:
    """Slopes of the untreated in one phase.

    Parameters
    ----------
    mean, sd : float
        The mean and the standard deviation in points a month; a decline is negative.
    gamma_shape : float or None
        None for Gaussian slopes; else they are skewed to the left, minus a Gamma variable of this shape with mean and
        SD as stated, of skewness ``-2 / sqrt(gamma_shape)``; none is then above ``mean + sd * sqrt(gamma_shape)``.
    """

    mean: float = field(metadata=PER_MONTH)
    sd: float = field(metadata=PER_MONTH)
    gamma_shape: float | None = None

    def __post_init__(self) -> None:
        check_finite("Slope", mean=self.mean)
        check_not_negative("Slope", sd=self.sd)
        if self.gamma_shape is not None:
            check_above("Slope", gamma_shape=self.gamma_shape)


@final
@dataclass(frozen=True, slots=True)
class Decline:
    """Baselines and slopes of the untreated.

    Parameters
    ----------
    baseline_mean, baseline_sd : float
        The mean and the standard deviation of the trajectory in week 0, which is Gaussian, in points.
    slopes : tuple of Slope
        One slope, or one before and one after the knot.
    knot : float or None
        Week in which the second phase begins; None with one slope.
    baseline_range : tuple of (float, float) or None
        The range of baselines; those beyond it are put to its ends. None keeps them.

    Examples
    --------
    >>> Decline(37.0, 5.5, (Slope(-1.0, 0.7),)).n_phases
    1
    """

    baseline_mean: float = field(metadata=unit("points"))
    baseline_sd: float = field(metadata=unit("points"))
    slopes: tuple[Slope, ...] = field(metadata={"label": "slope"})
    knot: float | None = field(default=None, metadata=unit("weeks"))
    baseline_range: tuple[float, ...] | None = field(default=None, metadata=unit("points"))

    def __post_init__(self) -> None:
        object.__setattr__(self, "slopes", tuple(self.slopes))
        check_finite("Decline", baseline_mean=self.baseline_mean)
        check_not_negative("Decline", baseline_sd=self.baseline_sd)
        _check_phases(self)
        if self.baseline_range is not None:
            object.__setattr__(self, "baseline_range", _checked_range("Decline: baseline_range", self.baseline_range))

    @property
    def n_phases(self) -> int:
        """One or two."""
        return len(self.slopes)


def _check_phases(decline: Decline) -> None:
    if len(decline.slopes) not in (1, 2):
        raise SpecError(f"Decline: there is one slope, or one for each of two phases; not {len(decline.slopes)}.")
    if len(decline.slopes) == 1 and decline.knot is not None:
        raise SpecError("Decline: one slope has no knot; leave the knot out, or give a second slope.")
    if len(decline.slopes) == 2:
        if decline.knot is None:
            raise SpecError("Decline: two slopes need the week of the knot between them.")
        check_above("Decline", knot=decline.knot)


def _checked_range(what: str, limits: Sequence[float]) -> tuple[float, float]:
    """Two finite numbers, the lower first."""
    if len(limits) != 2:
        raise SpecError(f"{what} is a lower and an upper limit, not {shown(limits)}.")
    check_finite(what, lower=limits[0], upper=limits[1])
    if limits[0] >= limits[1]:
        raise SpecError(f"{what}: the lower limit {limits[0]:g} is not below the upper limit {limits[1]:g}.")
    return limits[0], limits[1]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """What the trajectories of n subjects are made of.

    Attributes
    ----------
    baseline : ndarray of shape (n,)
        Points.
    slopes : ndarray of shape (n, phases)
        Points a month.
    """

    baseline: Float
    slopes: Float


def realise_effects(decline: Decline, arms: Sequence[Arm], arm: NDArray[np.int64], scores: Float) -> Effects:
    """Turn normal scores of baseline and slopes into baselines and slopes.

    Parameters
    ----------
    decline, arms : Decline, sequence of Arm
        The decline and the arms of the truth.
    arm : ndarray of int of shape (n,)
        The number of each subject's arm.
    scores : ndarray of shape (n, 1 + phases)
        Correlated normal scores.
    """
    shift = np.array([float(one.baseline_shift) for one in arms])
    baseline = decline.baseline_mean + shift[arm] + decline.baseline_sd * scores[:, 0]
    if decline.baseline_range is not None:
        low, high = decline.baseline_range
        baseline = np.clip(baseline, low, high)
    slopes = np.empty((len(arm), decline.n_phases))
    for phase, slope in enumerate(decline.slopes):
        factor = np.array([one.drift * one.ratio(phase) for one in arms])
        added = np.array([one.shift(phase) for one in arms])
        own = slope.mean + slope.sd * standard_variate(scores[:, 1 + phase], slope.gamma_shape)
        slopes[:, phase] = factor[arm] * own + added[arm]
    return Effects(baseline=np.asarray(baseline), slopes=slopes)


def months_in_phases(weeks: Float, knot: float | None) -> tuple[Float, ...]:
    """Months spent in each phase by each of the weeks."""
    if knot is None:
        return (weeks / WEEKS_PER_MONTH,)
    before = np.minimum(weeks, knot)
    return before / WEEKS_PER_MONTH, (weeks - before) / WEEKS_PER_MONTH


def trajectory(effects: Effects, weeks: Float, knot: float | None) -> Float:
    """Values of the trajectories, shape (n, j), in weeks of shape (n, j) or (j,)."""
    value = effects.baseline[:, None]
    for phase, months in enumerate(months_in_phases(weeks, knot)):
        value = value + effects.slopes[:, phase, None] * months
    return np.asarray(value)


def slope_at(effects: Effects, weeks: Float, knot: float | None) -> Float:
    """Slope of the phase that each week lies in, shape (n, j); the knot belongs to the second."""
    if knot is None:
        return np.broadcast_to(effects.slopes[:, :1], (len(effects.slopes), weeks.shape[-1]))
    return np.where(weeks < knot, effects.slopes[:, :1], effects.slopes[:, 1:])
