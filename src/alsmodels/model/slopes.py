"""Questions about slopes: of an arm, between arms, between phases, and the slowing of a decline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np

from alsmodels.data.roles import TimeUnit
from alsmodels.errors import EstimandError
from alsmodels.model.asking import (
    Held,
    Stretch,
    as_held,
    as_phase,
    as_stretch,
    named_phase,
    say_against,
    say_held,
    say_phase,
)
from alsmodels.model.estimand import Contrast, Named, Vector
from alsmodels.model.followup import Look
from alsmodels.model.spec import ModelSpec
from alsmodels.model.stack import AnyDesign
from alsmodels.model.timescale import WEEKS_PER_MONTH
from alsmodels.model.trajectory import Point, combine_means, phase_ends, slope_row
from alsmodels.model.units import PER_MONTH, SHARE

__all__ = ["Change", "Slope", "SlopeDifference", "Slowing", "change", "slope", "slope_difference", "slowing"]


@final
@dataclass(frozen=True, slots=True)
class Slope(Named):
    """Mean change of an arm per month, over one phase or between two weeks."""

    arm: str | None
    phase: int | None = None
    weeks: Stretch | None = None
    told_in: TimeUnit = "week"
    at: Held = ()

    name = "slope"
    unit = PER_MONTH

    def rest(self, sign: str = "-") -> str:
        """As in ``, phase 1, anakinra``."""
        return (
            f"{say_phase(self.phase, self.weeks, self.told_in)}{say_against(self.arm, None, sign)}{say_held(self.at)}"
        )

    def put_to(self, spec: ModelSpec) -> "Slope":
        """As a model with these phases puts it."""
        return replace(self, phase=named_phase(self.phase, self.weeks, spec))

    def points(self) -> tuple[Point, ...]:
        """The two means of a slope between weeks; none of a phase."""
        if self.weeks is None:
            return ()
        first, last = self.weeks
        share = WEEKS_PER_MONTH / (last - first)
        return Point(share, self.arm, last, self.at), Point(-share, self.arm, first, self.at)

    def row(self, design: AnyDesign) -> Vector:
        """Difference of the means at the ends over the months between them."""
        if self.weeks is not None:
            return combine_means(design, self.points())
        return slope_row(design, self.arm, 1 if self.phase is None else self.phase, at=self.at)

    def contrast(self, design: AnyDesign) -> Contrast:
        """Difference of the means at the ends over the months between them."""
        return Contrast(self.row(design))

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The phase, or the weeks."""
        if self.weeks is not None:
            first, last = map(np.float64, self.weeks)
            return (Look(self.arm, first, last, self.at),)
        return (Look(self.arm, *phase_ends(design, 1 if self.phase is None else self.phase), at=self.at),)


@final
@dataclass(frozen=True, slots=True)
class SlopeDifference(Named):
    """Slope of one arm minus slope of another, in one phase or between two weeks."""

    arm: str
    reference: str
    phase: int | None = None
    weeks: Stretch | None = None
    told_in: TimeUnit = "week"
    at: Held = ()

    name = "slope difference"
    unit = PER_MONTH

    def rest(self, sign: str = "-") -> str:
        """As in ``, phase 1, anakinra - control``."""
        when = say_phase(self.phase, self.weeks, self.told_in)
        return f"{when}{say_against(self.arm, self.reference, sign)}{say_held(self.at)}"

    def put_to(self, spec: ModelSpec) -> "SlopeDifference":
        """As a model with these phases puts it."""
        return replace(self, phase=named_phase(self.phase, self.weeks, spec))

    @property
    def slopes(self) -> tuple[Slope, Slope]:
        """Those of the arm and of the reference."""
        own, other = (Slope(arm, self.phase, self.weeks, self.told_in, self.at) for arm in (self.arm, self.reference))
        return own, other

    def points(self) -> tuple[Point, ...]:
        """The means of slopes between weeks; none of a phase."""
        own, other = self.slopes
        return (*own.points(), *(replace(point, weight=-point.weight) for point in other.points()))

    def contrast(self, design: AnyDesign) -> Contrast:
        """Difference of two slopes."""
        own, other = self.slopes
        return Contrast(own.row(design) - other.row(design))

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The phase or the weeks, in both arms."""
        return tuple(look for one in self.slopes for look in one.looks(design))


@final
@dataclass(frozen=True, slots=True)
class Change(Named):
    """Slope of a phase minus slope of the phase before it; between two arms if a reference is given."""

    arm: str | None
    reference: str | None = None
    phase: int = 2
    at: Held = ()

    name = "change of slope"
    unit = PER_MONTH

    def rest(self, sign: str = "-") -> str:
        """As in ``, phase 2 - phase 1, anakinra``."""
        phases = f", phase {self.phase} {sign} phase {self.phase - 1}"
        return f"{phases}{say_against(self.arm, self.reference, sign)}{say_held(self.at)}"

    @property
    def slopes(self) -> tuple[tuple[float, Slope], ...]:
        """The slopes with their weights."""
        found = [(1.0, Slope(self.arm, self.phase, at=self.at)), (-1.0, Slope(self.arm, self.phase - 1, at=self.at))]
        if self.reference is not None:
            found += [(-weight, replace(one, arm=self.reference)) for weight, one in found]
        return tuple(found)

    def contrast(self, design: AnyDesign) -> Contrast:
        """Difference of the slopes of two phases."""
        return Contrast(np.sum([weight * one.row(design) for weight, one in self.slopes], axis=0))

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """Both phases, in the arm or in both arms."""
        return tuple(look for _, one in self.slopes for look in one.looks(design))


@final
@dataclass(frozen=True, slots=True)
class Slowing(Named):
    """Share of the reference arm's slope that the arm is spared: one minus the ratio of slopes."""

    arm: str
    reference: str
    phase: int | None = None
    weeks: Stretch | None = None
    told_in: TimeUnit = "week"
    at: Held = ()

    name = "slowing"
    unit = SHARE

    def rest(self, sign: str = "/") -> str:
        """As in ``, phase 1, anakinra / control``."""
        when = say_phase(self.phase, self.weeks, self.told_in)
        return f"{when}{say_against(self.arm, self.reference, '/')}{say_held(self.at)}"

    def put_to(self, spec: ModelSpec) -> "Slowing":
        """As a model with these phases puts it."""
        return replace(self, phase=named_phase(self.phase, self.weeks, spec))

    @property
    def slopes(self) -> tuple[Slope, Slope]:
        """Those of the arm and of the reference."""
        own, other = (Slope(arm, self.phase, self.weeks, self.told_in, self.at) for arm in (self.arm, self.reference))
        return own, other

    def contrast(self, design: AnyDesign) -> Contrast:
        """One minus a ratio of slopes; its standard error is by the delta method."""
        own, other = self.slopes
        return Contrast(own.row(design), over=other.row(design))

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The phase or the weeks, in both arms."""
        return tuple(look for one in self.slopes for look in one.looks(design))


def slope(
    *,
    phase: int | None = None,
    arm: str | None = None,
    weeks: Sequence[float] | None = None,
    months: Sequence[float] | None = None,
    at: Mapping[str, str | float] | None = None,
) -> Slope:
    """Mean change per month of an arm, over a phase or between two weeks or months.

    Parameters
    ----------
    phase : int, optional
        The number of the phase, counted from 1; by default the first, or the only one.
    arm : str, optional
        The treatment arm; None for a model without arms.
    weeks : tuple of (float, float), optional
        The first and the last week, such as ``weeks=(0, 48)``, in place of a phase: the average slope between them.
    months : tuple of (float, float), optional
        The first and the last month, in place of a phase or weeks.
    at : mapping of str to str or float, optional
        The values at which covariates are held, such as ``{"onset": "bulbar"}``.

    Returns
    -------
    Slope
        The question, to be given to `estimate`.
    """
    return Slope(arm, *_stretch(phase, weeks, months), at=as_held(at))


def slope_difference(
    arm: str,
    reference: str,
    *,
    phase: int | None = None,
    weeks: Sequence[float] | None = None,
    months: Sequence[float] | None = None,
    at: Mapping[str, str | float] | None = None,
) -> SlopeDifference:
    """Slope of ``arm`` minus slope of ``reference``, per month; over a phase, or between weeks as in `slope`.

    Parameters
    ----------
    arm : str
        The treatment arm.
    reference : str
        The arm that it is compared with.
    phase : int, optional
        The number of the phase, counted from 1; by default the first, or the only one.
    weeks : tuple of (float, float), optional
        The first and the last week, in place of a phase.
    months : tuple of (float, float), optional
        The first and the last month, in place of a phase or weeks.
    at : mapping of str to str or float, optional
        The values at which covariates are held, such as ``{"onset": "bulbar"}``.

    Returns
    -------
    SlopeDifference
        The question, to be given to `estimate`.
    """
    return SlopeDifference(arm, reference, *_stretch(phase, weeks, months), at=as_held(at))


def change(
    *,
    arm: str | None = None,
    reference: str | None = None,
    phase: int = 2,
    at: Mapping[str, str | float] | None = None,
) -> Change:
    """Slope in a phase minus slope in the phase before it, per month; minus the reference arm's if one is given.

    Parameters
    ----------
    arm : str, optional
        The treatment arm; None for a model without arms.
    reference : str, optional
        The arm whose change is subtracted; by default none is.
    phase : int, default 2
        The number of the later phase, counted from 1.
    at : mapping of str to str or float, optional
        The values at which covariates are held, such as ``{"onset": "bulbar"}``.

    Returns
    -------
    Change
        The question, to be given to `estimate`.
    """
    return Change(arm, reference, as_phase(phase) or 2, at=as_held(at))


def slowing(
    arm: str,
    reference: str,
    *,
    phase: int | None = None,
    weeks: Sequence[float] | None = None,
    months: Sequence[float] | None = None,
    at: Mapping[str, str | float] | None = None,
) -> Slowing:
    """One minus the ratio of the slopes of ``arm`` and ``reference``: 0.3 is a decline slowed by 30%.

    It is asked of outcomes that decline by nature, with a reference that does decline.

    Parameters
    ----------
    arm : str
        The treatment arm.
    reference : str
        The arm that it is compared with.
    phase : int, optional
        The number of the phase, counted from 1; by default the first, or the only one.
    weeks : tuple of (float, float), optional
        The first and the last week, in place of a phase.
    months : tuple of (float, float), optional
        The first and the last month, in place of a phase or weeks.
    at : mapping of str to str or float, optional
        The values at which covariates are held, such as ``{"onset": "bulbar"}``.

    Returns
    -------
    Slowing
        The question, to be given to `estimate`.
    """
    return Slowing(arm, reference, *_stretch(phase, weeks, months), at=as_held(at))


def _stretch(phase: object, weeks: object, months: object) -> tuple[int | None, Stretch | None, TimeUnit]:
    """A phase, or weeks and the unit they were asked in."""
    number, stretch = as_phase(phase), as_stretch(weeks, months)
    if number is not None and stretch[0] is not None:
        raise EstimandError("A slope is over a phase or between two weeks: give phase= or weeks=, one of them.")
    return (number, *stretch)
