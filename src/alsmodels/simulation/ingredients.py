"""What several ready truths are made of: numbers of ALS trials with their sources."""

from typing import Final

from alsmodels.simulation.decline import Decline, Slope
from alsmodels.simulation.dropout import Death, Withdrawal
from alsmodels.simulation.items import Items
from alsmodels.simulation.markers import Marker
from alsmodels.simulation.numbers import ASSUMED, Sourced, sourced, sourced_pair
from alsmodels.simulation.people import Correlation, Covariate, Group
from alsmodels.simulation.scatter import Residual, ScoreScale
from alsmodels.simulation.schedule import Schedule

__all__ = [
    "SLOPE_SD",
    "SOLVED_BY_ONSET",
    "STUDY",
    "age",
    "by_level",
    "constant_scatter",
    "fibrinogen",
    "follow_up",
    "from_baseline",
    "hazard",
    "il6",
    "leaving",
    "level_and_slope",
    "losses",
    "nfl",
    "onset_and_slope",
    "phase_correlations",
    "riluzole",
    "sexes",
    "since_onset",
    "sites",
    "skewed",
    "vital_capacity",
    "whole_scale",
]

STUDY: Final = "Maier et al. 2015"
SLOPE_SD: Final = "HEALEY 0.76; valproate 0.66"

SOLVED_BY_ONSET: Final = "solved: corr(delta-FRS, slope) -0.3, CENTAUR"

_PEOPLE: Final = "CENTAUR; PRO-ACT"
_SCALE: Final = "the scale"
# Edges of the levels of the ALSFRS-R, and the residual SDs from the lowest level up.
_EDGES, _SDS = (15.0, 25.0, 32.0, 38.0, 42.0), (2.7, 2.5, 2.35, 1.6, 1.4, 1.0)


def from_baseline(slopes: tuple[Slope, ...], *, knot: float | None = None, bounded: bool = True) -> Decline:
    """Slopes from a baseline of 37 (5.5), at most 48."""
    source = "CENTAUR 36.0 (5.5); HEALEY 34.3-36.1; valproate 39.8 (5.5)"
    limits = sourced((0.0, 48.0), _SCALE) if bounded else None
    return Decline(Sourced(37.0, source), Sourced(5.5, source), slopes, knot, limits)


def skewed() -> Sourced:
    """The shape of the Gamma that slopes are minus of."""
    return Sourced(2.0, "valproate: skewness -1.7 of fitted slopes")


def level_and_slope() -> Correlation:
    """Higher baselines go with slower declines."""
    return Correlation("baseline", "slope 1", Sourced(0.2, "valproate 0.22"))


def phase_correlations(*, second: float, between: float, source: str) -> tuple[Correlation, ...]:
    """Of the baseline with the first slope, with the second, and between the slopes."""
    return (
        level_and_slope(),
        Correlation("baseline", "slope 2", Sourced(second, ASSUMED)),
        Correlation("slope 1", "slope 2", Sourced(between, source)),
    )


def onset_and_slope(source: str = ASSUMED) -> Correlation:
    """A longer time since onset goes with a slower decline; so does a smaller delta-FRS, by -0.3 where it is solved."""
    return Correlation("slope 1", "months_since_onset", Sourced(0.28, source))


def whole_scale() -> ScoreScale:
    """Whole scores from 0 to 48."""
    return ScoreScale(*sourced_pair(0.0, 48.0, _SCALE))


def constant_scatter() -> Residual:
    """One residual SD."""
    return Residual(sourced((1.8,), "HEALEY 1.77"))


def by_level() -> Residual:
    """Less scatter near the ceiling, and half of the variance correlated in time."""
    share, reach = (Sourced(0.5, f"{ASSUMED}; valproate: AIC 3973 to 3945 by it"), Sourced(12.0, ASSUMED))
    return Residual(sourced(_SDS, "valproate"), sourced(_EDGES, "valproate"), share, reach)


def follow_up(until: float) -> Schedule:
    """A visit every 4 weeks, up to 7 days early or late, some missed."""
    return Schedule.every(
        4, until=until, jitter_days=Sourced(7.0, "HEALEY"), missed=Sourced(0.08, ASSUMED), source="HEALEY"
    )


def hazard() -> Death:
    """Death that follows the current score and the slope, with the shares of HEALEY in the realistic truth."""
    solved = "solved: realistic has 5% in 24 weeks, 14% in 12 months, HEALEY"
    return Death(
        Sourced(1.11, solved),
        Sourced(653.0, solved),
        per_point=Sourced(-0.085, "valproate"),
        centre=Sourced(37.0, "by definition"),
        per_slope=Sourced(-0.3, f"{ASSUMED}; PRECISION-ALS: the rate counts beside the value"),
        slope_centre=Sourced(-1.0, "by definition"),
        tracheostomy=Sourced(0.1, ASSUMED),
    )


def leaving(source: str = "HEALEY") -> Withdrawal:
    """2% a month at a score of 33, more at lower scores: missing at random."""
    return Withdrawal(Sourced(0.02, source), per_point=Sourced(-0.04, ASSUMED), centre=Sourced(33.0, ASSUMED))


def age(lower: float = 18.0, upper: float = 90.0, *, source: str = ASSUMED) -> Covariate:
    """Age in years."""
    return Covariate("age", *sourced_pair(57.5, 9.5, _PEOPLE), *sourced_pair(lower, upper, source), measure="years")


def since_onset(
    lower: float,
    upper: float,
    *,
    mean: float = 13.5,
    sd: float = 3.8,
    source: str = "CENTAUR",
    range_source: str = ASSUMED,
) -> Covariate:
    """Months from the first symptom to baseline."""
    limits = sourced_pair(lower, upper, range_source)
    return Covariate("months_since_onset", *sourced_pair(mean, sd, source), *limits, decimals=1, measure="months")


def vital_capacity() -> Covariate:
    """Vital capacity at baseline, in per cent of what is predicted."""
    return Covariate("vc", *sourced_pair(84.0, 17.0, _PEOPLE), *sourced_pair(30.0, 150.0, ASSUMED), measure="%")


def sexes() -> Group:
    """Two men to each woman."""
    return Group("sex", "male", "female", Sourced(0.67, f"{_PEOPLE}: 65-70%"))


def sites(share: float = 0.25, *, source: str = _PEOPLE) -> Group:
    """Site of onset."""
    return Group("onset", "bulbar", "limb", Sourced(share, source))


def riluzole() -> Group:
    """On riluzole at baseline."""
    return Group("riluzole", "yes", "no", Sourced(0.75, _PEOPLE))


def nfl(weeks: tuple[float, ...]) -> Marker:
    """Neurofilament light in serum."""
    known = "PMC7793911; HEALEY"
    return Marker(
        "nfl",
        Sourced(65.0, known),
        between=Sourced(0.63, known),
        within=Sourced(0.2, ASSUMED),
        drift=Sourced(0.02, known),
        lloq=Sourced(4.0, f"{known}: 1-4"),
        decimals=1,
        absent=Sourced(0.03, ASSUMED),
        weeks=sourced(weeks, ASSUMED),
        label="NfL",
        measure="pg/mL",
        direction="lower is better",
    )


def il6() -> Marker:
    """Interleukin 6, in part below its limit of quantification."""
    return Marker(
        "il6",
        Sourced(1.7, ASSUMED),
        between=Sourced(0.55, ASSUMED),
        within=Sourced(0.4, ASSUMED),
        drift=Sourced(0.01, f"{ASSUMED}; Lu 2016: it rises late"),
        lloq=Sourced(1.5, ASSUMED),
        absent=Sourced(0.03, ASSUMED),
        label="IL-6",
        measure="pg/mL",
        direction="lower is better",
    )


def fibrinogen() -> Marker:
    """Fibrinogen, N(3.5, 0.8) g/L in all."""
    return Marker(
        "fibrinogen",
        Sourced(3.5, ASSUMED),
        between=Sourced(0.7, ASSUMED),
        within=Sourced(0.4, ASSUMED),
        scale="identity",
        lower=Sourced(0.5, ASSUMED),
        absent=Sourced(0.03, ASSUMED),
        label="Fibrinogen",
        measure="g/L",
    )


def losses() -> Items:
    """Items whose domains have about CENTAUR's means and SDs at baseline; bulbar onset loses bulbar points first."""
    source = f"{ASSUMED}: fitted to the domains of CENTAUR"
    weights, spreads = (0.42, 1.0, 1.16, 0.18), (1.2, 0.7, 0.7, 1.3)
    return Items(sourced(weights, source), sourced(spreads, source), bulbar_group="onset")
