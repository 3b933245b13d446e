"""Ready truths, and the parts to make others of.

Each number has its source, which ``truth.table()`` shows; what has none is called an assumption. HEALEY is the platform
trial and its master statistical analysis plan, version 3.0 (JAMA 2025, supplements); CENTAUR the trial of sodium
phenylbutyrate and taurursodiol; PRO-ACT the pooled resource of trials; valproate the trial of valproic acid, its models
fitted anew. PRECISION-ALS is van Eijk et al. 2025 (Amyotroph Lateral Scler Frontotemporal Degener 26 sup 1:30-40).
Maier et al. 2015 (PLoS ONE 10(10):e0139684) is the model study: what is named after it was reported there.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from alsmodels.simulation import ingredients
from alsmodels.simulation.arms import Arm
from alsmodels.simulation.decline import Decline, Slope
from alsmodels.simulation.dropout import Death, Withdrawal
from alsmodels.simulation.items import Items
from alsmodels.simulation.markers import Antibodies, Marker, MarkerEffect
from alsmodels.simulation.numbers import ASSUMED, Sourced, sourced, sourced_pair
from alsmodels.simulation.people import Correlation, Covariate, CovariateShift, Group
from alsmodels.simulation.scatter import Residual, ScoreScale
from alsmodels.simulation.schedule import Schedule
from alsmodels.simulation.truth import Truth

__all__ = [
    "PRESETS",
    "Antibodies",
    "Arm",
    "Correlation",
    "Covariate",
    "CovariateShift",
    "Death",
    "Decline",
    "Group",
    "Items",
    "Marker",
    "MarkerEffect",
    "Residual",
    "Schedule",
    "ScoreScale",
    "Slope",
    "Sourced",
    "Withdrawal",
    "anakinra_like",
    "fast_progressors",
    "gaussian",
    "healey_like",
    "realistic",
    "registry",
]

_PLAN: Final = "HEALEY M-SAP 3.0"
_PHASES: Final = "valproate, random slopes in both phases"
_BOTH: Final = "valproate, from SDs 0.93 and 0.90 (change), correlation -0.84"


def gaussian(*, shift: tuple[float, ...] = (0.0,)) -> Truth:
    """Random intercept and slopes exactly Gaussian, no bounds, no rounding, all visits on time: closed forms hold.

    The mixed model ``alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)`` is true of it.

    Parameters
    ----------
    shift : float or sequence of float, default 0.0
        The number of points a month by which the arm "treated" is better, one for both phases or one for each.
    """
    slope = Slope(
        Sourced(-1.0, "HEALEY -1.03; Thakore 2018 -0.99; Atassi 2014 -1.02"), Sourced(0.70, ingredients.SLOPE_SD)
    )
    return Truth(
        "gaussian",
        (Arm("control", 60, source=ASSUMED), Arm("treated", 60, slope_shift=shift, source=ASSUMED)),
        ingredients.from_baseline((slope, slope), knot=Sourced(24.0, ingredients.STUDY), bounded=False),
        ingredients.constant_scatter(),
        Schedule.every(4, until=52, source="HEALEY"),
        ScoreScale(lower=None, upper=None, whole=False),
        correlations=ingredients.phase_correlations(second=0.2, between=0.34, source=_BOTH),
        note="A Gaussian mixed model, without any unkindness.",
    )


def realistic(*, ratio: tuple[float, ...] = (1.0,), hazard_ratio: float = 1.0, items: bool = False) -> Truth:
    """As unkind as real data: skewed slopes, scatter by level, serial correlation, floor and ceiling, death, dropout.

    Parameters
    ----------
    ratio : float or sequence of float, default 1.0
        The factor by which treatment multiplies the slopes, one for both phases or one for each; 0.7 slows by 30%.
    hazard_ratio : float, default 1.0
        The factor by which treatment multiplies the hazard of death.
    items : bool, default False
        Whether the twelve items are simulated too.
    """
    slopes = (
        Slope(Sourced(-1.19, _PHASES), Sourced(0.93, _PHASES), ingredients.skewed()),
        Slope(Sourced(-0.85, _PHASES), Sourced(0.52, _BOTH), ingredients.skewed()),
    )
    return Truth(
        "realistic",
        (
            Arm("control", 60, source=ASSUMED),
            Arm("treated", 60, slope_ratio=ratio, hazard_ratio=hazard_ratio, source=ASSUMED),
        ),
        ingredients.from_baseline(slopes, knot=Sourced(24.0, "valproate: 6 months; Maier et al. 2015")),
        ingredients.by_level(),
        ingredients.follow_up(52),
        ingredients.whole_scale(),
        death=ingredients.hazard(),
        withdrawal=ingredients.leaving(),
        covariates=(ingredients.age(), ingredients.since_onset(6.0, 60.0), ingredients.vital_capacity()),
        groups=(ingredients.sexes(), ingredients.sites(), ingredients.riluzole()),
        markers=(ingredients.nfl((0.0, 12.0, 24.0, 36.0, 48.0)), ingredients.il6()),
        correlations=(
            *ingredients.phase_correlations(second=0.2, between=0.34, source=_BOTH),
            ingredients.onset_and_slope(ingredients.SOLVED_BY_ONSET),
            Correlation("baseline", "vc", Sourced(0.3, ASSUMED)),
            Correlation("slope 1", "nfl", Sourced(-0.5, ASSUMED)),
            Correlation("slope 2", "nfl", Sourced(-0.4, ASSUMED)),
        ),
        items=ingredients.losses() if items else None,
        note="Two arms of a trial of a year, with all that is unkind in such data.",
    )


def anakinra_like() -> Truth:
    """The size and the kind of controls of the model study; synthetic, and no finding about anakinra.

    17 patients on anakinra and 47 historical controls over 52 weeks. Anakinra lowers the two serum markers until
    antibodies appear, and does nothing to the ALSFRS-R. The numbers are those of the bundled cohort
    (`alsmodels.load_example`), with these differences: death follows the current score, not the first one alone;
    antibodies end the effect on the markers, which there follows a path laid down; and a longer time since onset goes
    with a slower decline.
    """
    first = Slope(Sourced(-0.8, ASSUMED), Sourced(0.70, ingredients.SLOPE_SD))
    second = Slope(Sourced(-0.8, ASSUMED), Sourced(0.86, f"{ASSUMED}: 0.70, and a change of SD 0.50"))
    entry = f"{ingredients.STUDY}, registry entry"
    solved = "solved: 5% in 24 weeks, 14% in 12 months, HEALEY"
    lasting = sourced_pair(12.0, 10.0, ASSUMED)
    anakinra = Arm(
        "anakinra",
        17,
        marker_effects=(
            MarkerEffect("fibrinogen", Sourced(-1.3, ASSUMED), *lasting),
            MarkerEffect("il6", Sourced(-0.8, ASSUMED), *lasting),
        ),
        antibodies=Antibodies(Sourced(16 / 17, f"{ingredients.STUDY}: 16 of 17"), *sourced_pair(12.0, 24.0, ASSUMED)),
        source=ingredients.STUDY,
    )
    death = replace(
        ingredients.hazard(),
        shape=Sourced(0.98, solved),
        scale=Sourced(697.0, solved),
        per_slope=0.0,
        slope_centre=None,
        tracheostomy=0.0,
    )
    return Truth(
        "anakinra-like",
        (Arm("control", 47, source=ingredients.STUDY), anakinra),
        ingredients.from_baseline((first, second), knot=Sourced(24.0, ingredients.STUDY)),
        ingredients.constant_scatter(),
        ingredients.follow_up(52),
        ingredients.whole_scale(),
        death=death,
        withdrawal=Withdrawal(Sourced(0.02, "HEALEY")),
        covariates=(
            ingredients.age(18.0, 80.0, source=entry),
            ingredients.since_onset(6.0, 48.0, range_source=entry),
        ),
        groups=(
            ingredients.sexes(),
            ingredients.sites(0.10, source=f"{ASSUMED}: lower motor neuron dominant"),
        ),
        markers=(ingredients.fibrinogen(), ingredients.il6()),
        correlations=(
            *ingredients.phase_correlations(
                second=0.163, between=0.814, source=f"{ASSUMED}: the change is independent of the first slope"
            ),
            ingredients.onset_and_slope(ingredients.SOLVED_BY_ONSET),
        ),
        note="Synthetic: no patient of the model study is in it.",
    )


def healey_like(*, ratio: float = 1.0, hazard_ratio: float = 1.0, shared: int = 0, drift: float = 1.0) -> Truth:
    """A regimen of the HEALEY platform as its analysis plan simulates it: 120 active, 40 on placebo, 24 weeks.

    Parameters
    ----------
    ratio : float, default 1.0
        The factor by which treatment multiplies the slope; the plan looks at 1, 0.75, 0.70 and 0.65.
    hazard_ratio : float, default 1.0
        The factor by which treatment multiplies the hazard of death.
    shared : int, default 0
        The number of patients on placebo in other regimens, as an arm of their own; 0 is none.
    drift : float, default 1.0
        The ratio of their slopes to those of the regimen.
    """
    active = Arm("active", 120, slope_ratio=(ratio,), hazard_ratio=hazard_ratio, source=_PLAN)
    others = (Arm("shared placebo", shared, drift=drift),) if shared else ()
    baseline = (Sourced(35.2, "HEALEY 34.3-36.1, the middle"), Sourced(5.5, "CENTAUR"))
    slope = Slope(Sourced(-1.03, _PLAN), Sourced(0.76, _PLAN))
    return Truth(
        "healey-like",
        (Arm("placebo", 40, source=_PLAN), active, *others),
        Decline(*baseline, (slope,), baseline_range=sourced((0.0, 48.0), "the scale")),
        Residual(sourced((1.77,), _PLAN)),
        ingredients.follow_up(24),
        ingredients.whole_scale(),
        death=Death(Sourced(1.0, _PLAN), Sourced(468.0, f"solved: 5% in 24 weeks, {_PLAN}")),
        withdrawal=Withdrawal(Sourced(0.02, _PLAN)),
        covariates=(ingredients.since_onset(6.0, 60.0),),
        groups=(ingredients.riluzole(),),
        markers=(ingredients.nfl((0.0, 8.0, 16.0, 24.0)),),
        correlations=(ingredients.onset_and_slope(), Correlation("slope 1", "nfl", Sourced(-0.5, ASSUMED))),
        note="One regimen of a platform trial.",
    )


def registry() -> Truth:
    """Patients of a population register, seen every 12 weeks for two years: candidates for historical controls."""
    spread = "PRECISION-ALS: 95% between -0.04 and -1.96"
    schedule = Schedule.every(
        12, until=96, jitter_days=Sourced(14.0, ASSUMED), missed=Sourced(0.15, ASSUMED), source=ASSUMED
    )
    return Truth(
        "registry",
        (Arm("registry", 500, source=ASSUMED),),
        ingredients.from_baseline((Slope(Sourced(-0.89, "PRECISION-ALS"), *sourced_pair(0.49, 18.0, spread)),)),
        ingredients.by_level(),
        schedule,
        ingredients.whole_scale(),
        death=ingredients.hazard(),
        withdrawal=ingredients.leaving(ASSUMED),
        covariates=(
            ingredients.age(),
            ingredients.since_onset(2.0, 120.0, mean=18.0, sd=9.0, source=ASSUMED),
        ),
        groups=(ingredients.sexes(), ingredients.sites(), ingredients.riluzole()),
        correlations=(ingredients.level_and_slope(), ingredients.onset_and_slope()),
        note="A register, not a trial: patients seldom seen, and not chosen.",
    )


def fast_progressors(*, ratio: float = 1.0, hazard_ratio: float = 1.0) -> Truth:
    """A trial in patients chosen for a fast decline: definite ALS within 18 months of onset, 24 weeks.

    Parameters
    ----------
    ratio : float, default 1.0
        The factor by which treatment multiplies the slope.
    hazard_ratio : float, default 1.0
        The factor by which treatment multiplies the hazard of death.
    """
    chosen = "HEALEY; PRECISION-ALS; Thakore 2018; Atassi 2014: definite ALS, 18 months or less"
    slope = Slope(Sourced(-1.23, chosen), Sourced(0.70, ingredients.SLOPE_SD), ingredients.skewed())
    return Truth(
        "fast progressors",
        (
            Arm("control", 60, source=ASSUMED),
            Arm("treated", 60, slope_ratio=(ratio,), hazard_ratio=hazard_ratio, source=ASSUMED),
        ),
        ingredients.from_baseline((slope,)),
        ingredients.by_level(),
        ingredients.follow_up(24),
        ingredients.whole_scale(),
        death=ingredients.hazard(),
        withdrawal=ingredients.leaving(),
        covariates=(ingredients.age(), ingredients.since_onset(3.0, 18.0)),
        groups=(ingredients.sexes(), ingredients.sites(), ingredients.riluzole()),
        correlations=(ingredients.level_and_slope(), ingredients.onset_and_slope()),
        note="A trial enriched for fast decline.",
    )


PRESETS: Final[Mapping[str, Callable[[], Truth]]] = {
    "gaussian": gaussian,
    "realistic": realistic,
    "anakinra_like": anakinra_like,
    "healey_like": healey_like,
    "registry": registry,
    "fast_progressors": fast_progressors,
}
"""The functions of the ready truths by name."""
