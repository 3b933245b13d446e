"""From the posterior of a pilot to the next trial: truths that are still possible, and the assurance of a design.

Assurance is the power of a design averaged over what is not known of the truth. Each draw of the posterior is a truth;
its power is by formula. A pilot against historical controls is biased by more than its posterior knows, so what it says
of the effect may be discounted and blurred by assumption.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import final

import numpy as np
import pandas as pd

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.errors import SpecError, shown
from alsmodels.inference.closed_form import Baseline, slope_information
from alsmodels.inference.outlook import look_ahead, slope_effects
from alsmodels.kernels.arrays import Float
from alsmodels.model.estimand import resolve_contrast
from alsmodels.model.information import difference_covariance
from alsmodels.model.power import power_for
from alsmodels.model.seeds import check_seed
from alsmodels.model.slopes import slope, slope_difference
from alsmodels.model.timescale import WEEKS_PER_MONTH, TwoPhase
from alsmodels.model.trajectory import mean_rows, settle_rows
from alsmodels.simulation.arms import Arm
from alsmodels.simulation.decline import Decline, Slope
from alsmodels.simulation.numbers import Sourced
from alsmodels.simulation.people import Correlation
from alsmodels.simulation.plan import make_plan
from alsmodels.simulation.scatter import Residual
from alsmodels.simulation.truth import Truth

__all__ = ["Assurance", "expected_assurance", "pilot_truths"]

_SOURCE = "drawn from the posterior of the pilot"
# Subjects whose visits stand for all, in each of many truths.
_SUBJECTS = 200


@final
@dataclass(frozen=True, eq=False, repr=False)
class Assurance:
    """What a design promises, given a pilot.

    Attributes
    ----------
    draws : pandas.DataFrame
        The table has a row for each truth: effect (points a month, after discount and drift), std_error, power.
    value : float
        The assurance, which is the mean power.
    mcse : float
        The Monte Carlo error of the assurance, from the number of truths.
    ceiling : float
        The share of the truths in which the arm is better at all. But for false positives, no number of subjects lifts
        the assurance above it.
    """

    draws: pd.DataFrame
    value: float
    mcse: float
    ceiling: float

    def __repr__(self) -> str:
        return (
            f"Assurance {self.value:.3f} ± {self.mcse:.3f}, over {len(self.draws)} truths; the arm is better in "
            f"{100 * self.ceiling:.0f}% of them"
        )


def pilot_truths(
    fit: PosteriorFit, template: Truth, *, arm: str, reference: str, n_truths: int = 200, seed: int
) -> tuple[Truth, ...]:
    """Truths drawn from the posterior of a pilot.

    Parameters
    ----------
    fit : PosteriorFit
        The posterior of ``linear_decline`` or ``two_phase`` for the ALSFRS-R, with correlated random slopes and
        Gaussian residuals.
    template : Truth
        The truth that gives what the posterior does not know: visits, deaths, dropout and the scale.
    arm, reference : str
        The arms of the fit that are to be compared. The truths have these two arms, whose difference is the treatment.
    n_truths : int, default 200
        The number of draws to take.
    seed : int
        The seed by which draws are chosen.

    Returns
    -------
    tuple of Truth
        The truths. Baselines and slopes are Gaussian in them, and the residual SD is constant, as in the model that was
        fitted.

    Raises
    ------
    SpecError
        If the model has other random effects, or there are fewer draws than truths.
    """
    drawn = _read_draws(fit, arm, reference)
    total = len(drawn.sigma)
    if not 2 <= n_truths <= total:
        raise SpecError(f"The posterior has {total} draws, and at least 2 are needed; not {shown(n_truths)}.")
    chosen = np.random.default_rng(check_seed(seed)).choice(total, size=n_truths, replace=False)
    return tuple(_truth(template, drawn, int(at), arm, reference, _knot(fit)) for at in np.sort(chosen))


def expected_assurance(
    truths: Sequence[Truth],
    *,
    arms: Mapping[str, int],
    weeks: float | None = None,
    level: float = 0.05,
    discount: float = 0.0,
    drift_sd: float = 0.0,
    phase: int = 1,
    baseline: Baseline = "separate",
    seed: int = 1,
) -> Assurance:
    """Assurance of a design: the mean over truths of the power to find the arm better, by formula.

    Parameters
    ----------
    truths : sequence of Truth
        The truths that the power is averaged over, such as those of `pilot_truths`.
    arms : mapping of str to int
        The numbers of subjects in two arms; the first arm in the truths is the reference.
    weeks : float, optional
        The week of the last visit; by default all visits of the truths are made.
    level : float, default 0.05
        The significance level of the two-sided test of the difference of slopes; only rejections in favour of the arm
        count.
    discount : float, default 0.0
        The share of the pilot's effect that is taken off, which is an assumption.
    drift_sd : float, default 0.0
        The standard deviation, in points a month, of differences from historical controls that treatment does not
        cause, which is an assumption. A difference is drawn for each truth and added to its effect.
    phase : int, default 1
        The number of the phase whose slopes are compared.
    baseline : {"separate", "shared"}, default "separate"
        Whether each arm has its own mean at baseline (``"separate"``) or randomised arms share one (``"shared"``).
    seed : int, default 1
        The seed of the drifts.

    Returns
    -------
    Assurance
        The mean power over the truths, with its Monte Carlo error and its ceiling.

    Raises
    ------
    SpecError
        If there are no truths, the discount is no share, or the SD is negative.
    """
    if len(truths) < 2 or not 0 <= discount <= 1 or not 0 <= drift_sd < np.inf:
        raise SpecError(
            "Assurance is over two truths or more, with a discount from 0 to 1 and a drift_sd of 0 or more."
        )
    if baseline not in ("separate", "shared"):
        raise SpecError(f"baseline is 'separate' or 'shared', not {shown(baseline)}.")
    sizes = _sizes(truths[0], arms)
    rows = [_row(truth, sizes, weeks, phase, baseline) for truth in truths]
    drift = drift_sd * np.random.default_rng(check_seed(seed)).standard_normal(len(rows))
    draws = pd.DataFrame(rows, columns=["effect", "std_error"])
    draws["effect"] = (1 - discount) * draws["effect"] + drift
    df = float(sum(sizes.values()) - 2)
    draws["power"] = power_for(draws["effect"], draws["std_error"], df=df, level=level, direction="above")
    spread = float(draws["power"].std(ddof=1) / np.sqrt(len(draws)))
    return Assurance(draws, float(draws["power"].mean()), spread, float((draws["effect"] > 0).mean()))


def _sizes(truth: Truth, arms: Mapping[str, int]) -> dict[str, int]:
    plan = make_plan(truth, arms)
    if len(plan.arms) != 2:
        raise SpecError("Assurance is of two arms; name two in arms.")
    return dict(zip((arm.name for arm in plan.arms), plan.sizes, strict=True))


def _row(
    truth: Truth, sizes: Mapping[str, int], weeks: float | None, phase: int, baseline: Baseline
) -> tuple[float, float]:
    """Effect and standard error."""
    effects, informations = _learn(truth, tuple(sizes), weeks)
    n_phases = len(informations[0]) - 1
    if phase not in range(1, n_phases + 1):
        raise SpecError(f"These visits have {n_phases} phase(s); there is no phase {phase}.")
    pair = difference_covariance(*informations, sizes=list(sizes.values()), shared_baseline=baseline == "shared")
    return float(effects[phase - 1]), float(np.sqrt(pair[phase, phase]))


@lru_cache(maxsize=1024)
def _learn(truth: Truth, names: tuple[str, ...], weeks: float | None) -> tuple[Float, tuple[Float, ...]]:
    """True effects and the information a subject brings, which designs of several sizes share."""
    outlook = look_ahead(truth, arms=dict.fromkeys(names, 1), weeks=weeks, subjects=_SUBJECTS)
    informations = tuple(slope_information(outlook, arm) for arm in range(len(names)))
    return slope_effects(outlook.truth, *outlook.plan.arms), informations


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Draws:
    """Draws of a posterior in the units of a truth: points, and points a month."""

    baseline: Float
    slopes: Float
    effects: Float
    covariance: Float
    sigma: Float


def _knot(fit: PosteriorFit) -> float | None:
    scale = fit.spec.timescale
    return scale.knot_weeks[0] if isinstance(scale, TwoPhase) else None


def _check_model(fit: PosteriorFit, n_phases: int) -> None:
    if not fit.response.is_gaussian:
        raise SpecError(f"A truth is drawn from a Gaussian model; this one has {' and '.join(fit.response.features)}.")
    if fit.spec.response != "alsfrs_r" or len(fit.design.random_names) != 1 + n_phases:
        raise SpecError(
            f"'{fit.spec.formula}' is no model that a truth can be drawn from: it takes the ALSFRS-R with a random "
            "intercept and a random slope in each phase, as linear_decline and two_phase write it."
        )


def _read_draws(fit: PosteriorFit, arm: str, reference: str) -> _Draws:
    n_phases = fit.spec.timescale.n_phases
    _check_model(fit, n_phases)
    phases, beta = range(1, n_phases + 1), fit.stacked("beta")
    slopes = [resolve_contrast(slope(phase=at, arm=reference), fit.design).weights for at in phases]
    effects = [resolve_contrast(slope_difference(arm, reference, phase=at), fit.design).weights for at in phases]
    scale = np.array([1.0, *[WEEKS_PER_MONTH] * n_phases])
    return _Draws(
        baseline=beta @ settle_rows(fit.design, mean_rows(fit.design, reference, np.array([0.0])))[0][0],
        slopes=beta @ np.transpose(slopes),
        effects=beta @ np.transpose(effects),
        covariance=fit.covariance_draws() * np.outer(scale, scale),
        sigma=fit.stacked("sigma"),
    )


def _truth(template: Truth, drawn: _Draws, at: int, arm: str, reference: str, knot: float | None) -> Truth:
    sds = np.sqrt(np.diagonal(drawn.covariance[at]))
    correlation = drawn.covariance[at] / np.outer(sds, sds)
    slopes = tuple(
        Slope(Sourced(float(mean), _SOURCE), Sourced(float(sd), _SOURCE))
        for mean, sd in zip(drawn.slopes[at], sds[1:], strict=True)
    )
    names = ["baseline", *(f"slope {phase + 1}" for phase in range(len(slopes)))]
    pairs = [(row, col) for col in range(len(names)) for row in range(col)]
    shift = tuple(Sourced(float(one), _SOURCE) for one in drawn.effects[at])
    return replace(
        template,
        name=f"{template.name}, draw {at}",
        arms=(Arm(reference, 1), Arm(arm, 1, slope_shift=shift)),
        decline=Decline(Sourced(float(drawn.baseline[at]), _SOURCE), Sourced(float(sds[0]), _SOURCE), slopes, knot),
        residual=Residual((Sourced(float(drawn.sigma[at]), _SOURCE),)),
        covariates=(),
        groups=(),
        markers=(),
        items=None,
        correlations=tuple(
            Correlation(names[row], names[col], Sourced(float(correlation[row, col]), _SOURCE)) for row, col in pairs
        ),
        note="Drawn from the posterior of a pilot; visits, deaths and dropout are assumed.",
    )
