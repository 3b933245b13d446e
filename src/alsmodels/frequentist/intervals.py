"""From an estimate, its standard error and degrees of freedom to a test and an interval."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from alsmodels.errors import EstimandError, shown

__all__ = ["Inference", "check_level", "infer", "infer_all"]

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Inference:
    """A test of zero and an interval for one quantity."""

    estimate: float
    std_error: float
    df: float
    statistic: float
    p_value: float
    lower: float
    upper: float


def infer(estimate: float, std_error: float, df: float, *, level: float) -> Inference:
    """Two-sided t-test of zero and interval at ``level``; normal where ``df`` is infinite."""
    check_level(level)
    statistic = estimate / std_error if std_error > 0 else np.nan
    tail = ndtr(-abs(statistic)) if np.isinf(df) else stdtr(df, -abs(statistic))
    width = std_error * (ndtri((1 + level) / 2) if np.isinf(df) else stdtrit(df, (1 + level) / 2))
    return Inference(estimate, std_error, df, statistic, float(2 * tail), estimate - width, estimate + width)


def infer_all(estimate: Numbers, std_error: Numbers, df: Numbers, *, level: float) -> dict[str, Numbers]:
    """`infer` of many quantities at once, arrays of one shape: ``statistic``, ``p_value``, ``lower`` and ``upper``."""
    check_level(level)
    with np.errstate(invalid="ignore", divide="ignore"):
        statistic = np.where(std_error > 0, estimate / std_error, np.nan)
        tail = np.where(np.isinf(df), ndtr(-abs(statistic)), stdtr(df, -abs(statistic)))
        width = std_error * np.where(np.isinf(df), ndtri((1 + level) / 2), stdtrit(df, (1 + level) / 2))
    return {"statistic": statistic, "p_value": 2 * tail, "lower": estimate - width, "upper": estimate + width}


def check_level(level: float) -> None:
    """Refuse what is no level of an interval."""
    if not 0 < level < 1:
        msg = f"The level of an interval is between 0 and 1, not {shown(level)}."
        raise EstimandError(msg)
