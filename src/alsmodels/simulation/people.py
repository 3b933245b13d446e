"""What is known of subjects at baseline: covariates that are numbers, groups of two, and how traits go together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.data.number_checks import check_finite, check_not_negative, check_share
from alsmodels.errors import SpecError, shown
from alsmodels.kernels.arrays import Float
from alsmodels.simulation.codec import UNTOLD, unit
from alsmodels.simulation.numbers import check_name

__all__ = ["Correlation", "Covariate", "CovariateShift", "Group", "realise_covariate"]

_MOST_DECIMALS = 10
_OWN = unit(lambda covariate: covariate.measure)


@final
@dataclass(frozen=True, slots=True)
class Covariate:
    """A number known at baseline: Gaussian, kept within a range, rounded.

    Parameters
    ----------
    name : str
        The column of the covariate; ``months_since_onset`` makes a column ``delta_frs`` too, (48 - total) / months.
    mean, sd : float
        The mean and the standard deviation before the range and the rounding.
    lower, upper : float or None
        The limits that values beyond them are put to; None means that there is none.
    decimals : int
        The number of decimals that are kept.
    measure : str, default ""
        The unit of the covariate, for tables.
    """

    name: str
    mean: float = field(metadata=_OWN)
    sd: float = field(metadata=_OWN)
    lower: float | None = field(default=None, metadata=_OWN)
    upper: float | None = field(default=None, metadata=_OWN)
    decimals: int = field(default=0, metadata=UNTOLD)
    measure: str = ""

    def __post_init__(self) -> None:
        check_name("Covariate", self.name)
        what = f"Covariate {self.name!r}"
        check_finite(what, mean=self.mean)
        check_not_negative(what, sd=self.sd)
        for name in ("lower", "upper"):
            if getattr(self, name) is not None:
                check_finite(what, **{name: getattr(self, name)})
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise SpecError(f"{what}: lower {self.lower:g} is not below upper {self.upper:g}.")
        check_decimals(what, self.decimals)


def check_decimals(what: str, decimals: object) -> None:
    """Refuse what is no number of decimals."""
    if isinstance(decimals, bool) or not isinstance(decimals, int) or not 0 <= decimals <= _MOST_DECIMALS:
        raise SpecError(f"{what}: decimals is a whole number from 0 to {_MOST_DECIMALS}, not {shown(decimals)}.")


@final
@dataclass(frozen=True, slots=True)
class Group:
    """A division of the subjects in two, such as sex, independent of everything else.

    Parameters
    ----------
    name : str
        The column of the group.
    inside, outside : str
        The values of the column for those in the group and for the others.
    share : float
        The share of the subjects who are in the group.
    """

    name: str
    inside: str
    outside: str
    share: float = field(metadata=unit("share"))

    def __post_init__(self) -> None:
        check_name("Group", self.name)
        what = f"Group {self.name!r}"
        check_name(what, self.inside)
        check_name(what, self.outside)
        if self.inside == self.outside:
            raise SpecError(f"{what}: those inside and outside have the same word, {shown(self.inside)}.")
        check_share(what, share=self.share)


@final
@dataclass(frozen=True, slots=True)
class CovariateShift:
    """By how much the mean of a covariate is higher in the population of an arm."""

    covariate: str
    by: float

    def __post_init__(self) -> None:
        check_name("CovariateShift", self.covariate)
        check_finite(f"CovariateShift of {self.covariate!r}", by=self.by)

    @property
    def name(self) -> str:
        """The covariate."""
        return self.covariate


@final
@dataclass(frozen=True, slots=True)
class Correlation:
    """The correlation of two traits of a subject; of those not named it is 0.

    Parameters
    ----------
    first, second : str
        "baseline", "slope 1", "slope 2", or the name of a covariate or of a marker, of which it is the level; before
        any range and rounding.
    value : float
        The correlation of the variables themselves where slopes are skewed, not of their normal scores.
    """

    first: str
    second: str
    value: float

    def __post_init__(self) -> None:
        what = f"Correlation of {self.first!r} and {self.second!r}"
        check_finite(what, value=self.value)
        if not -1 <= self.value <= 1:
            raise SpecError(f"{what}: the value is between -1 and 1, not {shown(self.value)}.")
        if self.first == self.second:
            raise SpecError(f"{what}: a trait's correlation with itself is 1; name two traits.")

    @property
    def name(self) -> str:
        """Both traits."""
        return f"of {self.first} and {self.second}"


def realise_covariate(
    covariate: Covariate, shifts: Sequence[Sequence[CovariateShift]], arm: NDArray[np.int64], scores: Float
) -> Float:
    """Values of a covariate, shape (n,), from normal scores; ``shifts`` has those of each arm."""
    shift = np.array([sum(one.by for one in own if one.covariate == covariate.name) for own in shifts], dtype=float)
    values = covariate.mean + shift[arm] + covariate.sd * scores
    if covariate.lower is not None or covariate.upper is not None:
        values = np.clip(values, covariate.lower, covariate.upper)
    return np.asarray(np.round(values, covariate.decimals))
