"""Markers in blood: a level of each subject, a drift, an effect of treatment that antibodies end, and limits.

    m_ij   = c + tau_i + delta t_ij + [treated] f_i(t_ij) + e_ij,   tau_i = between x_i,   e_ij ~ N(0, within^2)
    f_i(t) = size min(t / full_week, 1)                            before antibodies appear in week A_i
    f_i(t) = size min(t / full_week, 1) exp(-(t - A_i) / fade)     after it

c is the typical value, t in months where it drifts and in weeks elsewhere. On the log scale c is the logarithm of the
median and the marker is exp(m_ij). What is reported is rounded; below the limit of quantification it is the limit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.data.number_checks import check_above, check_finite, check_not_negative, check_share
from alsmodels.data.outcomes import Direction, Outcome, Scale
from alsmodels.errors import SpecError
from alsmodels.kernels.arrays import Float
from alsmodels.model.timescale import WEEKS_PER_MONTH
from alsmodels.simulation.codec import UNTOLD, unit
from alsmodels.simulation.numbers import check_name
from alsmodels.simulation.people import check_decimals

__all__ = ["Antibodies", "Marker", "MarkerEffect", "effect_paths", "onset_weeks", "realise_marker"]


_OWN = unit(lambda marker: marker.measure or "")
_SCALED = unit(lambda marker: marker.scale_unit)


@final
@dataclass(frozen=True, slots=True)
class Marker:
    """A marker measured at visits.

    Parameters
    ----------
    name : str
        The column of the marker.
    typical : float
        The median of the untreated in week 0, in its own units; on the identity scale also the mean.
    between, within : float
        The standard deviations of subjects' levels, and of a subject's values about them; on the log scale those of the
        logarithm.
    drift : float
        Change in a month, on the same scale.
    scale : {"identity", "log"}, default "log"
        "log" for log-normal values, "identity" for Gaussian ones.
    lloq : float or None
        The lower limit of quantification.
    lower : float or None
        The lowest value on the identity scale; values below are put to it.
    decimals : int
        The number of decimals that are reported.
    absent : float
        Share of visits without a sample, at random.
    weeks : sequence of float or None
        The nominal weeks of visits at which the marker is measured; None for all of them.
    label : str or None
        The name in tables and figures.
    measure : str or None
        The unit of the values.
    direction : {"higher is better", "lower is better"} or None
        The direction of improvement, if there is one.

    Examples
    --------
    >>> Marker("nfl", 65.0, between=0.63, within=0.2, measure="pg/mL").outcome.title
    'nfl (pg/mL)'
    """

    name: str
    typical: float = field(metadata=_OWN)
    between: float = field(metadata=_SCALED)
    within: float = field(metadata=_SCALED)
    drift: float = field(default=0.0, metadata=unit(lambda marker: f"{marker.scale_unit} a month"))
    scale: Scale = "log"
    lloq: float | None = field(default=None, metadata=_OWN)
    lower: float | None = field(default=None, metadata=_OWN)
    decimals: int = field(default=2, metadata=UNTOLD)
    absent: float = field(default=0.0, metadata=unit("share"))
    weeks: tuple[float, ...] | None = field(default=None, metadata=unit("weeks"))
    label: str | None = None
    measure: str | None = None
    direction: Direction | None = None

    def __post_init__(self) -> None:
        check_name("Marker", self.name)
        what = f"Marker {self.name!r}"
        check_finite(what, typical=self.typical, drift=self.drift)
        check_not_negative(what, between=self.between, within=self.within)
        check_share(what, absent=self.absent)
        check_decimals(what, self.decimals)
        if self.weeks is not None:
            object.__setattr__(self, "weeks", tuple(self.weeks))
        _check_scale(self, what)
        self.outcome  # noqa: B018 - an outcome refuses names and limits of its own

    @property
    def scale_unit(self) -> str:
        """The unit of what is added on its scale."""
        return "ln" if self.scale == "log" else self.measure or ""

    @property
    def outcome(self) -> Outcome:
        """What a cohort is told of it."""
        return Outcome(
            self.name,
            label=self.label,
            unit=self.measure,
            direction=self.direction,
            scale=self.scale,
            lloq=None if self.lloq is None else float(self.lloq),
        )


def _check_scale(marker: Marker, what: str) -> None:
    if marker.scale == "log":
        check_above(what, typical=marker.typical)
        if marker.lower is not None:
            raise SpecError(f"{what}: on the log scale values are above 0 anyway; leave lower out.")
    elif marker.lower is not None:
        check_finite(what, lower=marker.lower)


@final
@dataclass(frozen=True, slots=True)
class MarkerEffect:
    """What treatment does to a marker.

    Parameters
    ----------
    marker : str
        The name of the marker.
    size : float
        The whole effect, on the marker's scale; below 0 it lowers.
    full_week : float
        The effect grows in a straight line until this week.
    fade_weeks : float
        After antibodies have appeared the effect falls to a third (1/e) in so many weeks.
    """

    marker: str
    size: float = field(metadata=unit("marker's scale"))
    full_week: float = field(metadata=unit("weeks"))
    fade_weeks: float = field(metadata=unit("weeks"))

    def __post_init__(self) -> None:
        check_name("MarkerEffect", self.marker)
        what = f"MarkerEffect on {self.marker!r}"
        check_finite(what, size=self.size)
        check_above(what, full_week=self.full_week, fade_weeks=self.fade_weeks)

    @property
    def name(self) -> str:
        """The marker."""
        return self.marker


@final
@dataclass(frozen=True, slots=True)
class Antibodies:
    """Antibodies against the drug.

    Parameters
    ----------
    share : float
        The share of the subjects who would make antibodies.
    first_week, last_week : float
        The first and the last week in which antibodies appear; all weeks between are equally likely.
    """

    share: float = field(metadata=unit("share"))
    first_week: float = field(metadata=unit("weeks"))
    last_week: float = field(metadata=unit("weeks"))

    def __post_init__(self) -> None:
        check_share("Antibodies", share=self.share)
        check_not_negative("Antibodies", first_week=self.first_week, last_week=self.last_week)
        if self.first_week > self.last_week:
            raise SpecError(
                f"Antibodies: the first week, {self.first_week:g}, is after the last week, {self.last_week:g}."
            )


def onset_weeks(antibodies: Sequence[Antibodies | None], arm: NDArray[np.int64], uniforms: Float) -> Float:
    """Week in which each subject's antibodies appear, shape (n,), infinite without any; ``uniforms`` are (n, 2)."""
    share = np.array([0.0 if one is None else one.share for one in antibodies])
    first = np.array([0.0 if one is None else one.first_week for one in antibodies])
    last = np.array([0.0 if one is None else one.last_week for one in antibodies])
    week = first[arm] + (last - first)[arm] * uniforms[:, 1]
    return np.where(uniforms[:, 0] < share[arm], week, np.inf)


def effect_paths(
    effects: Sequence[MarkerEffect | None], arm: NDArray[np.int64], weeks: Float, antibodies: Float
) -> Float:
    """What treatment has done to a marker, for rows of visits, shape (r,).

    Parameters
    ----------
    effects : sequence of MarkerEffect or None
        Of each arm, None where there is none.
    arm, weeks : ndarray of int, ndarray of shape (r,)
    antibodies : ndarray of shape (r,)
        Week in which the subject's antibodies appear.
    """
    size = np.array([0.0 if one is None else one.size for one in effects])
    full = np.array([1.0 if one is None else one.full_week for one in effects])
    fade = np.array([1.0 if one is None else one.fade_weeks for one in effects])
    grown = size[arm] * np.minimum(weeks / full[arm], 1.0)
    return np.asarray(grown * np.exp(-np.maximum(weeks - antibodies, 0.0) / fade[arm]))


def realise_marker(marker: Marker, levels: Float, weeks: Float, effect: Float, normals: Float) -> tuple[Float, Float]:
    """Values of a marker at rows of visits as reported, and as they were before the limit, both of shape (r,).

    Parameters
    ----------
    marker : Marker
        The marker.
    levels : ndarray
        Normal scores of the rows' subjects.
    weeks, effect : ndarray
        Of the rows.
    normals : ndarray
        Of the rows, for what varies within subjects.
    """
    centre = np.log(marker.typical) if marker.scale == "log" else float(marker.typical)
    value = centre + marker.between * levels + marker.drift * (weeks / WEEKS_PER_MONTH) + effect
    value = value + marker.within * normals
    if marker.scale == "log":
        step = 10.0**-marker.decimals
        measured = np.maximum(np.round(np.exp(value), marker.decimals), step)
    else:
        low = -np.inf if marker.lower is None else marker.lower
        measured = np.round(np.maximum(value, low), marker.decimals)
    reported = measured if marker.lloq is None else np.maximum(measured, marker.lloq)
    return np.asarray(reported), np.asarray(measured)
