"""What tells the arms of a truth apart: their sizes, what treatment does, and the population they come from."""

from dataclasses import dataclass, field
from typing import final

from alsmodels.data.number_checks import check_above, check_finite
from alsmodels.errors import SpecError, shown
from alsmodels.simulation.codec import unit
from alsmodels.simulation.markers import Antibodies, MarkerEffect
from alsmodels.simulation.numbers import GIVEN, check_name
from alsmodels.simulation.people import CovariateShift
from alsmodels.simulation.schedule import Schedule

__all__ = ["Arm"]


@final
@dataclass(frozen=True, slots=True)
class Arm:
    """An arm of a trial, historical controls, or a pool of candidates to choose controls from.

    Parameters
    ----------
    name : str
        The name of the arm.
    n : int
        The number of subjects, unless a simulation says otherwise.
    slope_ratio : float or sequence of float
        The factor by which treatment multiplies the slopes, one for all phases or one for each; 0.7 slows by 30%.
    slope_shift : float or sequence of float
        The number of points a month that treatment adds to the slopes, one for all phases or one for each.
    hazard_ratio : float
        The factor by which treatment multiplies the hazard of death.
    drift : float
        The ratio of the population's slopes to those of the truth; historical controls may decline at 0.9.
    baseline_shift : float
        The number of points by which the population's baselines are higher.
    shifts : sequence of CovariateShift
        The differences of the population's covariates.
    marker_effects : sequence of MarkerEffect
        The effects of treatment on the markers.
    antibodies : Antibodies or None
        The antibodies against the drug; None if none are made.
    schedule : Schedule or None
        The schedule of the arm, if it is not the truth's.
    source : str
        The source of ``n``.

    Examples
    --------
    >>> Arm("drug", 17, slope_ratio=(0.7, 1.0)).ratio(0)
    0.7
    """

    name: str
    n: int = field(metadata=unit("subjects", of_part=True))
    slope_ratio: tuple[float, ...] = field(default=(1.0,), metadata=unit("ratio"))
    slope_shift: tuple[float, ...] = field(default=(0.0,), metadata=unit("points a month"))
    hazard_ratio: float = field(default=1.0, metadata=unit("ratio"))
    drift: float = field(default=1.0, metadata=unit("ratio"))
    baseline_shift: float = field(default=0.0, metadata=unit("points"))
    shifts: tuple[CovariateShift, ...] = ()
    marker_effects: tuple[MarkerEffect, ...] = field(default=(), metadata={"label": "effect on"})
    antibodies: Antibodies | None = None
    schedule: Schedule | None = None
    source: str = field(default=GIVEN, compare=False)

    def __post_init__(self) -> None:
        check_name("Arm", self.name)
        what = f"Arm {self.name!r}"
        if isinstance(self.n, bool) or not isinstance(self.n, int) or self.n < 1:
            raise SpecError(f"{what}: n is a whole number of subjects, 1 or more; not {shown(self.n)}.")
        for name in ("slope_ratio", "slope_shift"):
            object.__setattr__(self, name, _as_tuple(what, name, getattr(self, name)))
        for name in ("shifts", "marker_effects"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        check_above(what, hazard_ratio=self.hazard_ratio, drift=self.drift)
        check_finite(what, baseline_shift=self.baseline_shift)

    def ratio(self, phase: int) -> float:
        """What treatment multiplies the slopes of a phase by, counted from 0."""
        return self.slope_ratio[min(phase, len(self.slope_ratio) - 1)]

    def shift(self, phase: int) -> float:
        """What treatment adds to the slopes of a phase, counted from 0, in points a month."""
        return self.slope_shift[min(phase, len(self.slope_shift) - 1)]


def _as_tuple(what: str, name: str, value: object) -> tuple[float, ...]:
    """One number, or one for each phase."""
    numbers = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if not 1 <= len(numbers) <= 2:
        raise SpecError(f"{what}: {name} is one number, or one for each of two phases; not {shown(value)}.")
    check_finite(what, **{name if len(numbers) == 1 else f"{name}[{at}]": one for at, one in enumerate(numbers)})
    return numbers
