"""From an estimate, its standard error and degrees of freedom to a test and an interval."""

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit

from alsmodels.errors import EstimandError

__all__ = ["Inference", "infer"]


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
    if not 0 < level < 1:
        msg = f"The level of an interval is between 0 and 1, not {level}."
        raise EstimandError(msg)
    statistic = estimate / std_error if std_error > 0 else np.nan
    tail = ndtr(-abs(statistic)) if np.isinf(df) else stdtr(df, -abs(statistic))
    width = std_error * (ndtri((1 + level) / 2) if np.isinf(df) else stdtrit(df, (1 + level) / 2))
    return Inference(estimate, std_error, df, statistic, float(2 * tail), estimate - width, estimate + width)
