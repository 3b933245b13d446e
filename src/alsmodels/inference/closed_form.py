"""The precision that a truth and a design promise, by formula: standard errors without fitting anything.

The information of the formula (`alsmodels.model.information`) is averaged over the subjects of an outlook
(`alsmodels.inference.outlook`). The variances are taken as known; the price for estimating them is the t distribution
in place of the normal one.
"""

from collections.abc import Mapping
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.errors import SpecError, shown
from alsmodels.inference.outlook import (
    Outlook,
    common_places,
    common_weeks,
    look_ahead,
    phase_basis,
    score_covariance,
    slope_effects,
)
from alsmodels.kernels.arrays import Float
from alsmodels.model.information import difference_covariance, mean_information
from alsmodels.model.power import detectable_ratio
from alsmodels.model.slopes import slope_difference
from alsmodels.simulation.decline import months_in_phases
from alsmodels.simulation.truth import Truth

__all__ = ["Baseline", "expected_precision", "precision_of", "sample_size", "slope_information"]

Baseline = Literal["separate", "shared"]


def expected_precision(
    truth: Truth,
    *,
    arms: Mapping[str, int] | None = None,
    weeks: float | None = None,
    baseline: Baseline = "separate",
) -> pd.DataFrame:
    """Standard errors of the standard questions of a design, by formula.

    Parameters
    ----------
    truth : Truth
        The generating model.
    arms : mapping of str to int, optional
        The numbers of subjects in two arms or more; by default those of the truth. The first arm in the truth is the
        reference.
    weeks : float, optional
        The week of the last visit; by default all visits of the truth are made.
    baseline : {"separate", "shared"}, default "separate"
        Whether each arm has its own mean at baseline (``"separate"``) or all arms share one (``"shared"``), for
        randomised arms only.

    Returns
    -------
    pandas.DataFrame
        For each arm against the reference a row for the difference of slopes in each phase, by the random-slope model
        (points a month), and one for the difference of mean changes from baseline to the last visit that all arms have,
        by a model with unstructured means and covariance (MMRM; points). Columns arm, estimand, model, effect (of the
        truth), std_error, df.

    Raises
    ------
    SpecError
        If there are fewer than two arms, or the visits do not tell slopes or means apart.

    Notes
    -----
    The degrees of freedom are subjects less arms, those of a t-test on one slope a subject. Skewness, the ends of the
    scale and the estimation of variances are not in the formula.

    Examples
    --------
    >>> from alsmodels.simulation import truths
    >>> table = expected_precision(truths.gaussian(), arms={"control": 47, "treated": 17}, weeks=24)
    >>> table["std_error"].round(3).tolist()
    [0.224, 1.309]
    """
    return precision_of(look_ahead(truth, arms=arms, weeks=weeks), baseline=baseline)


def precision_of(outlook: Outlook, *, baseline: Baseline = "separate") -> pd.DataFrame:
    """The table of `expected_precision`, of an outlook that is there."""
    if baseline not in ("separate", "shared"):
        raise SpecError(f"baseline is 'separate' or 'shared', not {shown(baseline)}.")
    if len(outlook.plan.arms) < 2:
        raise SpecError("A comparison needs two arms; name another.")
    slopes = [slope_information(outlook, arm) for arm in range(len(outlook.plan.arms))]
    means = [_visit_information(outlook, arm) for arm in range(len(outlook.plan.arms))]
    rows = []
    for other in range(1, len(outlook.plan.arms)):
        sizes, shared = (outlook.plan.sizes[0], outlook.plan.sizes[other]), baseline == "shared"
        by_slope = difference_covariance(slopes[0], slopes[other], sizes=sizes, shared_baseline=shared)
        by_visit = difference_covariance(means[0], means[other], sizes=sizes, shared_baseline=shared)
        change = by_visit[-1, -1] - 2 * by_visit[0, -1] + by_visit[0, 0]
        rows += _rows(outlook, other, np.sqrt(np.diagonal(by_slope)), float(np.sqrt(change)))
    return pd.DataFrame(rows)


def sample_size(
    truth: Truth,
    *,
    arms: Mapping[str, int] | None = None,
    weeks: float | None = None,
    effect: float | None = None,
    power: float = 0.8,
    level: float = 0.05,
    phase: int = 1,
    baseline: Baseline = "separate",
) -> dict[str, int]:
    """Subjects of each arm that see a difference of slopes with a given power, by formula.

    Parameters
    ----------
    truth : Truth
        The generating model.
    arms : mapping of str to int, optional
        The numbers of subjects in two arms, whose ratio is kept; by default those of the truth.
    weeks : float, optional
        The week of the last visit; by default all visits of the truth are made.
    effect : float, optional
        The difference of slopes in points a month; by default that of the truth.
    power : float, default 0.8
        The power that is wanted.
    level : float, default 0.05
        The significance level of the two-sided test.
    phase : int, default 1
        The number of the phase whose slopes are compared.
    baseline : {"separate", "shared"}, default "separate"
        Whether each arm has its own mean at baseline (``"separate"``) or all arms share one (``"shared"``), for
        randomised arms only.

    Returns
    -------
    dict of str to int
        The numbers of subjects by arm, rounded upwards.

    Examples
    --------
    >>> from alsmodels.simulation import truths
    >>> sample_size(truths.gaussian(), weeks=24, effect=0.3)
    {'control': 111, 'treated': 111}
    """
    outlook = look_ahead(truth, arms=arms, weeks=weeks)
    if len(outlook.plan.arms) != 2:
        raise SpecError(f"A sample size is of two arms; there are {len(outlook.plan.arms)}. Name two in arms.")
    if phase not in range(1, outlook.n_phases + 1):
        raise SpecError(f"These visits have {outlook.n_phases} phase(s); there is no phase {shown(phase)}.")
    row = precision_of(outlook, baseline=baseline).iloc[phase - 1]
    wanted = abs(row["effect"] if effect is None else effect)
    if not (np.isfinite(wanted) and wanted > 0):
        raise SpecError("No number of subjects sees an effect of 0; give an effect in points a month.")
    unit = np.array(outlook.plan.sizes) / sum(outlook.plan.sizes)
    variance = float(row["std_error"]) ** 2 * sum(outlook.plan.sizes)
    total, df = np.inf, np.inf
    for _ in range(50):
        before, total = total, variance * (detectable_ratio(df=df, level=level, power=power) / wanted) ** 2
        df = max(total - 2, 1.0)
        if abs(total - before) < 1e-6 * total:
            break
    sizes = np.ceil(np.round(total * unit, 6)).astype(int)
    return {arm.name: max(int(n), 2) for arm, n in zip(outlook.plan.arms, sizes, strict=True)}


def _rows(outlook: Outlook, other: int, slopes: Float, at_end: float) -> list[dict[str, object]]:
    reference, arm = outlook.plan.arms[0], outlook.plan.arms[other]
    effects = slope_effects(outlook.truth, reference, arm)
    df = float(sum(outlook.plan.sizes) - len(outlook.plan.sizes))
    rows: list[dict[str, object]] = [
        {
            "estimand": slope_difference(arm.name, reference.name, phase=phase if outlook.n_phases > 1 else None).label,
            "model": "random slopes",
            "effect": effects[phase - 1],
            "std_error": slopes[phase],
        }
        for phase in range(1, outlook.n_phases + 1)
    ]
    last = common_weeks(outlook)[-1]
    months = np.array([float(part[0]) for part in months_in_phases(np.array([last]), outlook.truth.decline.knot)])
    rows.append(
        {
            "estimand": f"difference of change to week {last:g}, {arm.name} - {reference.name}",
            "model": "MMRM",
            "effect": float(effects @ months),
            "std_error": at_end,
        }
    )
    return [{"arm": arm.name, **row, "df": df} for row in rows]


def slope_information(outlook: Outlook, arm: int) -> Float:
    """Mean information of a subject of an arm on baseline and slopes, by the random-slope model."""
    members = outlook.members(arm)
    weeks, seen = _distinct(outlook.course.weeks[members], outlook.course.seen[members])
    knot = outlook.truth.decline.knot if outlook.n_phases == 2 else None
    covariance = score_covariance(outlook, arm, weeks, slice(None))
    return mean_information(phase_basis(weeks, knot), covariance, seen)


def _visit_information(outlook: Outlook, arm: int) -> Float:
    weeks, places = common_weeks(outlook), common_places(outlook, arm)
    seen = outlook.course.seen[outlook.members(arm)][:, places]
    return mean_information(np.eye(len(weeks)), score_covariance(outlook, arm, weeks[None], places), seen)


def _distinct(weeks: Float, seen: NDArray[np.bool_]) -> tuple[Float, NDArray[np.bool_]]:
    """One subject for all, where all are seen at the same weeks."""
    same = bool((weeks == weeks[0]).all() and (seen == seen[0]).all())
    return (weeks[:1], seen[:1]) if same else (weeks, seen)
