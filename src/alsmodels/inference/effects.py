"""The smallest effect that a design detects, between the effects that a study has tried."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtri

from alsmodels.errors import SpecError, shown
from alsmodels.inference.operating import Found, loaded, rule_of, successes
from alsmodels.kernels.arrays import Float
from alsmodels.simulation.rules import Rule

__all__ = ["check_power", "minimum_detectable_effect"]


def minimum_detectable_effect(results: Found, *, power: float = 0.8, rule: Rule | None = None) -> pd.DataFrame:
    """The effect that is found with a given power, by interpolation between the truths of a study.

    Parameters
    ----------
    results : StudyResults, str or Path
        The results of `run_study`, or the folder that holds them; the truths must differ in their effect.
    power : float, default 0.8
        The power that is wanted.
    rule : Rule, optional
        The rule that decides whether a trial is a success; by default that of each analysis.

    Returns
    -------
    pandas.DataFrame
        A row for each design, analysis and estimand: effect, in the unit of the estimand, and its Monte Carlo error;
        below and above, the true effects it lies between. NaN where the truths do not enclose it: add truths.

    Raises
    ------
    SpecError
        If the power is not between 0 and 1.

    Notes
    -----
    Power on the probit scale is taken as a straight line between two neighbouring effects. The error is by the delta
    method, over replicates, so that it holds where truths share random numbers too.
    """
    check_power(power)
    rows = []
    for found in loaded(results).datasets.values():
        hits, chosen = successes(found, rule).astype(float), rule_of(found, rule)
        target = found["target"].to_numpy()
        ran = np.asarray((found["status"].to_numpy() > 0).all(axis=0))
        for col, design in enumerate(map(str, found["design"].values)):
            for at, estimand in enumerate(map(str, found["estimand"].values)):
                own = _interpolate(target[:, col, at], hits[:, col, ran[col], at], power, chosen)
                head = {"design": design, "analysis": found.attrs["analysis"], "estimand": estimand}
                rows.append({**head, "power": power, **own})
    return pd.DataFrame(rows)


def check_power(power: object) -> None:
    """Refuse what is no power to plan for."""
    if not isinstance(power, float) or not 0 < power < 1:
        raise SpecError(f"A power to plan for is between 0 and 1, such as 0.8; not {shown(power)}.")


def _interpolate(effect: Float, hits: Float, power: float, rule: Rule) -> dict[str, Any]:
    """Where power is reached, on the side of the margin that the rule looks to.

    ``effect`` has shape (truths,), ``hits`` (truths, replicates).
    """
    sign = -1.0 if rule.direction == "below" else 1.0
    size = sign * (effect - rule.margin)
    order = [at for at in np.argsort(size, kind="stable") if size[at] >= 0]
    n = hits.shape[1]
    shares = (hits.sum(axis=1) + 1) / (n + 2)
    below = [at for at in range(len(order) - 1) if shares[order[at]] < power <= shares[order[at + 1]]]
    if not below or n < 2:
        return dict.fromkeys(("effect", "effect_mcse", "below", "above"), np.nan)
    pair = [order[below[-1]], order[below[-1] + 1]]
    value, error = _crossing(size[pair], shares[pair], hits[pair], power)
    found = {"effect": rule.margin + sign * value, "effect_mcse": error}
    return {**found, "below": float(effect[pair[0]]), "above": float(effect[pair[1]])}


def _crossing(size: Float, shares: Float, hits: Float, power: float) -> tuple[float, float]:
    z, wanted = ndtri(shares), ndtri(power)
    width, rise = size[1] - size[0], z[1] - z[0]
    value = size[0] + width * (wanted - z[0]) / rise
    density = np.exp(-0.5 * z**2) / np.sqrt(2 * np.pi)
    moves = width / rise**2 * np.array([wanted - z[1], z[0] - wanted]) / density
    spread = np.std(moves @ hits, ddof=1) / np.sqrt(hits.shape[1])
    return float(value), float(spread)
