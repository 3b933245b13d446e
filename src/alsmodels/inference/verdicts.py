"""What a design can and cannot show, in sentences with its own numbers."""

from dataclasses import dataclass
from typing import Final, final

from scipy.special import stdtrit

from alsmodels.model.power import detectable_ratio, power_for

__all__ = ["Reach", "judge_design"]

# Share by which historical controls may decline slower; HEALEY's plan tries 10%.
_DRIFT: Final = 0.1


@final
@dataclass(frozen=True, slots=True)
class Reach:
    """The numbers that the sentences are made of, all of the slopes in the first phase.

    Attributes
    ----------
    std_error, df : float
        The standard error and the degrees of freedom of their difference.
    decline : float
        Mean slope of the reference, points a month.
    drift : float
        Difference that the populations have without treatment, points a month.
    level, power : float
        The level of the test, and the power of the minimum detectable effect.
    deaths : bool
        Whether subjects die.
    """

    std_error: float
    df: float
    decline: float
    drift: float
    level: float
    power: float
    deaths: bool

    def percent(self, effect: float) -> str:
        """An effect in per cent of the decline of the reference; empty where there is none."""
        return f" ({100 * effect / abs(self.decline):.0f}% of the reference's decline)" if self.decline else ""


def judge_design(reach: Reach, *, historical: bool) -> tuple[str, ...]:
    """Say what can be shown, what cannot, and what historical controls add to that."""
    said = [*_can(reach), *_cannot(reach)]
    return (*said, *(_historical(reach) if historical else []))


def _can(reach: Reach) -> list[str]:
    seen = reach.std_error * detectable_ratio(df=reach.df, level=reach.level, power=reach.power)
    return [
        f"It sees a difference of slopes of {seen:.2f} points a month{reach.percent(seen)} with "
        f"{100 * reach.power:g}% power at two-sided {100 * reach.level:g}%."
    ]


def _cannot(reach: Reach) -> list[str]:
    width = float(stdtrit(reach.df, 1 - reach.level / 2)) * reach.std_error
    said = [
        f"It cannot show that there is no effect: the interval will reach about {width:.2f} points a "
        f"month{reach.percent(width)} to either side of the estimate, and effects smaller than that are more "
        "likely missed than found."
    ]
    quarter = 0.25 * abs(reach.decline)
    if quarter:
        chance = float(power_for(quarter, reach.std_error, df=reach.df, level=reach.level))
        said.append(f"A slowing by 25%, {quarter:.2f} points a month, would be found with probability {chance:.2f}.")
    if reach.deaths:
        said.append(
            "Slopes are those had nobody died, under missing at random; what deaths themselves tell of treatment is "
            "not in them."
        )
    return said


def _historical(reach: Reach) -> list[str]:
    shift = _DRIFT * abs(reach.decline)
    chance = float(power_for(shift, reach.std_error, df=reach.df, level=reach.level))
    said = [
        "The controls are historical: nobody was randomised. A difference may come from treatment, from who was "
        "chosen, or from care and measurement having changed; neither the p-value nor matching tells these apart.",
        f"Were the controls to decline {100 * _DRIFT:g}% faster or slower for other reasons, the estimate would be off "
        f"by {shift:.2f} points a month, and a treatment without effect would be declared different in "
        f"{100 * chance:.1f}% of such studies instead of {100 * reach.level:g}%. (HEALEY's plan found .060 for its "
        "own, larger design with shared controls that decline 10% slower.)",
        "A caution: CENTAUR against matched PRO-ACT controls gave a hazard ratio of death of 0.48; the randomised "
        "PHOENIX trial of the same drug was neutral (p = 0.667).",
        "Controls may be matched on the rate before baseline (delta-FRS); matching on the slope in the study "
        "conditions on the outcome.",
    ]
    if reach.drift:
        said.append(
            f"{reach.drift:+.2f} points a month of the difference in this truth come from the populations, not from "
            "treatment."
        )
    return said
