"""Intervals of a posterior from its draws: equal-tailed, or of highest density."""

from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from alsmodels.errors import EstimandError, shown

__all__ = ["Interval", "find_interval"]

Interval: TypeAlias = Literal["eti", "hdi"]


def find_interval(draws: NDArray[np.float64], *, level: float, kind: Interval = "eti") -> tuple[float, float]:
    """Limits that hold a share ``level`` of the draws, shape (s,).

    Parameters
    ----------
    draws : ndarray
        The draws of one quantity.
    level : float
        Between 0 and 1.
    kind : {"eti", "hdi"}, default "eti"
        ``"eti"``, as much outside on either side; ``"hdi"``, the shortest interval (Chen & Shao 1999).

    Raises
    ------
    EstimandError
        If the level or the kind is none.

    Examples
    --------
    >>> low, high = find_interval(np.arange(101.0), level=0.9)
    >>> round(low), round(high)
    (5, 95)
    """
    if not 0 < level < 1:
        msg = f"The level of an interval is between 0 and 1, not {shown(level)}."
        raise EstimandError(msg)
    if kind not in ("eti", "hdi"):
        msg = f"An interval is 'eti' (equal-tailed) or 'hdi' (highest density), not {shown(kind)}."
        raise EstimandError(msg)
    if kind == "eti":
        low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
        return float(low), float(high)
    ordered = np.sort(draws)
    inside = min(int(np.ceil(level * len(ordered))), len(ordered) - 1)
    first = int(np.argmin(ordered[inside:] - ordered[: len(ordered) - inside]))
    return float(ordered[first]), float(ordered[first + inside])
