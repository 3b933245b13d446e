"""Questions about means in a week: of an arm, between arms, and their change since baseline."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np

from alsmodels.data.roles import TimeUnit
from alsmodels.errors import EstimandError
from alsmodels.model.asking import Held, as_held, say_against, say_held
from alsmodels.model.estimand import Contrast, Named
from alsmodels.model.followup import Look
from alsmodels.model.stack import AnyDesign
from alsmodels.model.timescale import asked_unit, asked_week, told_time
from alsmodels.model.trajectory import Point, combine_means
from alsmodels.model.units import RESPONSE

__all__ = ["ChangeFromBaseline", "Difference", "Mean", "change_from_baseline", "difference", "mean"]


class _OfMeans(Named):
    """A weighted sum of means of arms in single weeks."""

    __slots__ = ()

    @abstractmethod
    def points(self) -> tuple[Point, ...]:
        """The means and their weights."""

    def contrast(self, design: AnyDesign) -> Contrast:
        """The weighted sum of the mean rows."""
        return Contrast(combine_means(design, self.points()))

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """Each week, in its arm."""
        points = self.points()
        return tuple(Look(point.arm, np.float64(point.week), np.float64(point.week), point.at) for point in points)


@final
@dataclass(frozen=True, slots=True)
class Mean(_OfMeans):
    """Mean response of an arm in one week."""

    arm: str | None
    week: float
    told_in: TimeUnit = "week"
    at: Held = ()

    name = "mean"
    unit = RESPONSE

    def rest(self, sign: str = "-") -> str:
        """As in ``, week 24, anakinra``."""
        return f", {told_time(self.week, self.told_in)}{say_against(self.arm, None, sign)}{say_held(self.at)}"

    def points(self) -> tuple[Point, ...]:
        """The mean."""
        return (Point(1.0, self.arm, self.week, self.at),)


@final
@dataclass(frozen=True, slots=True)
class Difference(_OfMeans):
    """Mean response of one arm minus that of another, in one week."""

    arm: str
    reference: str
    week: float
    told_in: TimeUnit = "week"
    at: Held = ()

    name = "difference"
    unit = RESPONSE

    def rest(self, sign: str = "-") -> str:
        """As in ``, week 24, anakinra - control``."""
        return f", {told_time(self.week, self.told_in)}{say_against(self.arm, self.reference, sign)}{say_held(self.at)}"

    def points(self) -> tuple[Point, ...]:
        """The two means."""
        return Point(1.0, self.arm, self.week, self.at), Point(-1.0, self.reference, self.week, self.at)


@final
@dataclass(frozen=True, slots=True)
class ChangeFromBaseline(_OfMeans):
    """Mean response in a week minus that in week 0; of an arm, or of one minus that of another."""

    arm: str | None
    reference: str | None
    week: float
    told_in: TimeUnit = "week"
    at: Held = ()

    name = "change from baseline"
    unit = RESPONSE

    def rest(self, sign: str = "-") -> str:
        """As in ``, week 24, anakinra - control``."""
        return f", {told_time(self.week, self.told_in)}{say_against(self.arm, self.reference, sign)}{say_held(self.at)}"

    def points(self) -> tuple[Point, ...]:
        """The means in the week and at baseline, of the arm and of the reference."""
        own = Point(1.0, self.arm, self.week, self.at), Point(-1.0, self.arm, 0.0, self.at)
        if self.reference is None:
            return own
        return (*own, Point(-1.0, self.reference, self.week, self.at), Point(1.0, self.reference, 0.0, self.at))


def mean(
    arm: str | None = None,
    *,
    week: float | None = None,
    month: float | None = None,
    day: float | None = None,
    at: Mapping[str, str | float] | None = None,
) -> Mean:
    """Mean response of an arm in a week, month or day; ``at`` holds covariates, as in ``{"onset": "bulbar"}``.

    Parameters
    ----------
    arm : str, optional
        The treatment arm; None for a model without arms.
    week : float, optional
        The week of the mean; one of week, month and day is given.
    month : float, optional
        The month of the mean, in place of a week.
    day : float, optional
        The day of the mean, in place of a week.
    at : mapping of str to str or float, optional
        The values at which covariates are held, such as ``{"onset": "bulbar"}``.

    Returns
    -------
    Mean
        The question, to be given to `estimate`.
    """
    when = asked_week(week=week, month=month, day=day), asked_unit(week=week, month=month)
    return Mean(arm, *when, at=as_held(at))


def difference(
    arm: str,
    reference: str,
    *,
    week: float | None = None,
    month: float | None = None,
    day: float | None = None,
    at: Mapping[str, str | float] | None = None,
) -> Difference:
    """Mean response of ``arm`` minus that of ``reference`` in a week, month or day; ``at`` holds covariates.

    Parameters
    ----------
    arm : str
        The treatment arm.
    reference : str
        The arm that it is compared with.
    week : float, optional
        The week of the means; one of week, month and day is given.
    month : float, optional
        The month of the means, in place of a week.
    day : float, optional
        The day of the means, in place of a week.
    at : mapping of str to str or float, optional
        The values at which covariates are held, such as ``{"onset": "bulbar"}``.

    Returns
    -------
    Difference
        The question, to be given to `estimate`.
    """
    when = asked_week(week=week, month=month, day=day), asked_unit(week=week, month=month)
    return Difference(arm, reference, *when, at=as_held(at))


def change_from_baseline(
    arm: str | None = None,
    reference: str | None = None,
    *,
    week: float | None = None,
    month: float | None = None,
    day: float | None = None,
    at: Mapping[str, str | float] | None = None,
) -> ChangeFromBaseline:
    """Mean response in a week, month or day minus that in week 0; minus the reference arm's change if one is given.

    Parameters
    ----------
    arm : str, optional
        The treatment arm; None for a model without arms.
    reference : str, optional
        The arm whose change is subtracted; by default none is.
    week : float, optional
        The week of the mean; one of week, month and day is given.
    month : float, optional
        The month of the mean, in place of a week.
    day : float, optional
        The day of the mean, in place of a week.
    at : mapping of str to str or float, optional
        The values at which covariates are held, such as ``{"onset": "bulbar"}``.

    Returns
    -------
    ChangeFromBaseline
        The question, to be given to `estimate`.
    """
    if arm is None and reference is not None:
        raise EstimandError("A change between arms has two of them: change_from_baseline(arm, reference, week=...).")
    when = asked_week(week=week, month=month, day=day), asked_unit(week=week, month=month)
    return ChangeFromBaseline(arm, reference, *when, at=as_held(at))
