"""How many of a truth's subjects are alive: the hazard of death integrated over time and over subjects.

    S(t) = E exp(-HR_arm H_i(t)),

the mean being over baselines and slopes, by Gauss-Hermite quadrature over their normal scores.
"""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.optimize import brentq

from alsmodels.data.number_checks import check_above, check_share, finite_array
from alsmodels.errors import SpecError, shown
from alsmodels.kernels.arrays import Float
from alsmodels.simulation.copula import correlate, normal_nodes
from alsmodels.simulation.decline import realise_effects
from alsmodels.simulation.dropout import Death, cumulative_hazard, hazard_grid
from alsmodels.simulation.truth import Truth, score_factor

__all__ = ["expected_survival", "match_survival"]

_NODES = 20
# Scales of the Weibull hazard, in weeks, between which one is looked for.
_SCALES = (1e-2, 1e8)


def expected_survival(truth: Truth, weeks: ArrayLike) -> pd.DataFrame:
    """The share of each arm that is alive and without permanent ventilation, had nobody withdrawn.

    Parameters
    ----------
    truth : Truth
        The generating model.
    weeks : float or array_like
        The week or weeks at which survival is wanted.

    Returns
    -------
    pandas.DataFrame
        The table has the columns arm, week and survival.

    Raises
    ------
    SpecError
        If the truth knows no death, or a week is before baseline.

    Examples
    --------
    >>> from alsmodels.simulation import truths
    >>> expected_survival(truths.healey_like(), 24)["survival"].round(3).tolist()
    [0.95, 0.95]
    """
    death = _death_of(truth)
    asked = finite_array("The weeks of survival", weeks)
    if asked.size == 0 or not (asked >= 0).all():
        raise SpecError(f"Survival is asked for weeks of 0 or more, not {shown(weeks)}.")
    grid = np.union1d(hazard_grid(float(asked.max()), truth.decline.knot), asked)
    table = [
        pd.DataFrame({"arm": arm.name, "week": asked, "survival": _survival(truth, death, number, grid, asked)})
        for number, arm in enumerate(truth.arms)
    ]
    return pd.concat(table, ignore_index=True)


def match_survival(truth: Truth, *, week: float, deaths: float) -> Truth:
    """The same truth with the scale of the hazard such that this share of the first arm has died by a week.

    Parameters
    ----------
    truth : Truth
        The generating model with a hazard of death, whose shape and dependence on the trajectory are kept.
    week : float
        The week of the comparison, above 0.
    deaths : float
        The share of the first arm that has died by then, between 0 and 1.

    Returns
    -------
    Truth
        The truth with the rescaled hazard.

    Examples
    --------
    >>> from alsmodels.simulation import truths
    >>> harder = match_survival(truths.healey_like(), week=24, deaths=0.10)
    >>> expected_survival(harder, 24)["survival"].round(3).tolist()
    [0.9, 0.9]
    """
    death = _death_of(truth)
    check_above("match_survival", week=week, deaths=deaths)
    check_share("match_survival", deaths=deaths)
    grid, asked = hazard_grid(week, truth.decline.knot), np.array([float(week)])
    grid = np.union1d(grid, asked)

    def excess(log_scale: float) -> float:
        moved = replace(death, scale=float(np.exp(log_scale)))
        return float(1 - _survival(truth, moved, 0, grid, asked)[0] - deaths)

    low, high = np.log(_SCALES)
    if not excess(low) > 0 > excess(high):
        raise SpecError(f"No scale of the hazard lets a share of {deaths:g} die by week {week:g}.")
    return replace(truth, death=replace(death, scale=float(np.exp(brentq(excess, low, high, xtol=1e-10)))))


def _death_of(truth: Truth) -> Death:
    if truth.death is None:
        raise SpecError(f"Nobody dies in the truth {shown(truth.name)}; give it a Death.")
    return truth.death


def _survival(truth: Truth, death: Death, arm: int, grid: Float, weeks: Float) -> Float:
    """Mean survival of an arm in weeks of the grid."""
    normals, weights = _nodes(1 + truth.decline.n_phases)
    size = 1 + truth.decline.n_phases
    scores = correlate(normals, score_factor(truth)[:size, :size])
    effects = realise_effects(truth.decline, truth.arms, np.full(len(weights), arm), scores)
    hazard = truth.arms[arm].hazard_ratio * cumulative_hazard(death, effects, grid, truth.decline.knot)
    return np.asarray(weights @ np.exp(-hazard[:, np.searchsorted(grid, weeks)]))


def _nodes(dimensions: int) -> tuple[Float, Float]:
    """Nodes, shape (n, d), and weights, shape (n,), of means over independent normals."""
    places, weights = normal_nodes(_NODES)
    grid = np.array(list(product(places, repeat=dimensions)))
    return grid, np.prod(np.array(list(product(weights, repeat=dimensions))), axis=1)
