"""How values scatter about a subject's trajectory, where that is not one Gaussian residual."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, final

from alsmodels.errors import SpecError, shown
from alsmodels.model.distributions import Gamma, Normal, distribution_from_dict

__all__ = ["ResponseModel"]

Tails = Literal["gaussian", "student_t"]

DF_PRIOR = Gamma(2.0, 0.1, lower=1.0, source="Juarez & Steel 2010; brms")


@final
@dataclass(frozen=True, slots=True)
class ResponseModel:
    """What the values of the response are, given a subject's trajectory.

    Parameters
    ----------
    tails : {"gaussian", "student_t"}, default "gaussian"
        The distribution of the residuals: Gaussian, or Student's t for outlying visits.
    censored : bool, default False
        Whether values at a limit of quantification, or at a bound of the scale (0 and 48 on the ALSFRS-R), are
        censored: known to lie beyond it, and not measured there.
    sd_by_arm : bool, default False
        Whether each arm has its own residual standard deviation, all with the same prior.
    sd_by_level : bool, default False
        Whether the residual standard deviation changes with the level of the trajectory, by the factor
        ``exp(level_effect * (level - centre))``, in which the centre is the mean of the response.
    knot : Normal, optional
        The prior of the week of the knot, which replaces the knot of the formula; by default the knot is known.
    df : Gamma, optional
        The prior of the degrees of freedom of Student's t; brms's default (Juarez & Steel 2010).
    level_effect : Normal, optional
        The prior of the effect of the level, per unit of the response; by default ``Normal(0, 1 / sd(y))``.

    Examples
    --------
    >>> ResponseModel().is_gaussian, ResponseModel(censored=True).is_gaussian
    (True, False)
    """

    tails: Tails = "gaussian"
    censored: bool = False
    sd_by_arm: bool = False
    sd_by_level: bool = False
    knot: Normal | None = None
    df: Gamma = DF_PRIOR
    level_effect: Normal | None = None

    def __post_init__(self) -> None:
        if self.tails not in ("gaussian", "student_t"):
            msg = f"tails is 'gaussian' or 'student_t'; not {shown(self.tails)}."
            raise SpecError(msg)
        knot: object = self.knot
        if knot is not None and not isinstance(knot, Normal):
            msg = f"The prior of the knot is a Normal over weeks, such as Normal(24, 4); not {shown(self.knot)}."
            raise SpecError(msg)

    @property
    def is_gaussian(self) -> bool:
        """Whether it is the Gaussian model with one residual variance and a knot that is known."""
        return self.integrates and self.knot is None

    @property
    def integrates(self) -> bool:
        """Whether the random effects can be integrated out exactly, given the knot if that is unknown."""
        return self.tails == "gaussian" and not (self.censored or self.sd_by_arm or self.sd_by_level)

    @property
    def features(self) -> tuple[str, ...]:
        """In words, what is beyond the Gaussian with one residual standard deviation."""
        said = {
            "Student-t residuals": self.tails == "student_t",
            "censored values": self.censored,
            "residual SD by arm": self.sd_by_arm,
            "residual SD by level": self.sd_by_level,
            "unknown knot": self.knot is not None,
        }
        return tuple(words for words, holds in said.items() if holds)

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        record = {name: getattr(self, name) for name in ("tails", "censored", "sd_by_arm", "sd_by_level")}
        for name in ("knot", "df", "level_effect"):
            prior = getattr(self, name)
            record[name] = None if prior is None else {"kind": type(prior).__name__, **asdict(prior)}
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "ResponseModel":
        """Read what `to_dict` gave."""
        values = dict(record)
        for name in ("knot", "df", "level_effect"):
            if values.get(name) is not None:
                values[name] = distribution_from_dict(values[name])
        try:
            return cls(**values)
        except TypeError as error:
            msg = f"A response model does not have the fields {', '.join(map(str, record))}."
            raise SpecError(msg) from error
