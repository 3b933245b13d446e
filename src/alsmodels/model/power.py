"""From an effect and a standard error to the power of a test, and back.

    power = P(|T| > c), or towards one side P(T > c),   T ~ t(df, effect / std_error)

T is noncentral t, with infinite degrees of freedom normal; c is the two-sided critical value at the level. Nothing here
knows what the effect is of: the standard error carries the design.
"""

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import nctdtr, ndtr, ndtri, stdtrit

from alsmodels.data.number_checks import finite_array
from alsmodels.errors import SpecError, shown

__all__ = ["detectable_effect", "detectable_ratio", "power_for"]

Vector = NDArray[np.float64]
Direction = Literal["either", "above"]

# Effects in standard errors beyond which every test at a sensible level has all power.
_FARTHEST = 1e3


def power_for(
    effect: ArrayLike,
    std_error: ArrayLike,
    *,
    df: float = np.inf,
    level: float = 0.05,
    direction: Direction = "either",
) -> Vector:
    """Power of the two-sided test of zero.

    Parameters
    ----------
    effect : float or array_like
        The true value of the effect, of any shape.
    std_error : float or array_like
        The standard error of its estimate, of a shape that broadcasts with ``effect``.
    df : float, default inf
        The degrees of freedom; infinite for a z-test.
    level : float, default 0.05
        The significance level of the two-sided test.
    direction : {"either", "above"}, default "either"
        The rejections that count: ``"either"`` counts every one, ``"above"`` only those whose estimate is above zero.

    Returns
    -------
    ndarray
        The power, in the common shape. At an effect of zero it is the level, or half of it towards one side.

    Raises
    ------
    SpecError
        If a standard error or the degrees of freedom are not above 0, or the level is not between 0 and 1.

    Examples
    --------
    >>> power_for([0.0, 2.8], 1.0).round(3).tolist()
    [0.05, 0.8]
    """
    _check(df, level=level)
    size, error = np.asarray(effect, dtype=float), np.asarray(std_error, dtype=float)
    if not ((error > 0) & np.isfinite(size)).all():
        msg = "Power is of finite effects with standard errors above 0."
        raise SpecError(msg)
    if direction not in ("either", "above"):
        msg = f"direction is 'either' or 'above', not {shown(direction)}."
        raise SpecError(msg)
    return _power(np.abs(size / error), df, level) if direction == "either" else _above(size / error, df, level)


def detectable_ratio(*, df: float = np.inf, level: float = 0.05, power: float = 0.8) -> float:
    """The effect, in standard errors, that the two-sided test sees with a given power.

    Examples
    --------
    >>> round(detectable_ratio(), 3), round(detectable_ratio(df=10), 3)
    (2.802, 3.11)
    """
    _check(df, level=level, power=power)
    if power <= level:
        msg = f"The power of a test is above its level; {power:g} is not above {level:g}."
        raise SpecError(msg)
    return float(brentq(lambda ratio: float(_power(np.asarray(ratio), df, level)) - power, 0.0, _FARTHEST, xtol=1e-12))


def detectable_effect(std_error: ArrayLike, *, df: float = np.inf, level: float = 0.05, power: float = 0.8) -> Vector:
    """The smallest effect that the two-sided test sees with a given power: the minimum detectable effect.

    Parameters
    ----------
    std_error : float or array_like
        The standard error of the estimate, of any shape.
    df : float, default inf
        The degrees of freedom of the test; infinite for a z-test.
    level : float, default 0.05
        The significance level of the test.
    power : float, default 0.8
        The power that is wanted.

    Returns
    -------
    ndarray
        The effects, in the shape of ``std_error``.

    Examples
    --------
    >>> detectable_effect([0.1, 0.2]).round(3).tolist()
    [0.28, 0.56]
    """
    errors = finite_array("Standard errors", std_error).reshape(np.shape(std_error))
    return np.asarray(detectable_ratio(df=df, level=level, power=power) * errors)


def _power(ratio: Vector, df: float, level: float) -> Vector:
    return _above(ratio, df, level) + _above(-ratio, df, level)


def _above(ratio: Vector, df: float, level: float) -> Vector:
    """Probability of a statistic above the critical value."""
    if np.isinf(df):
        return np.asarray(ndtr(ratio - ndtri(1 - level / 2)))
    critical, ratio = stdtrit(df, 1 - level / 2), np.clip(ratio, -_FARTHEST, _FARTHEST)
    # SciPy gives NaN for some shares too small for a float.
    return np.asarray(1 - np.nan_to_num(nctdtr(df, ratio, critical), nan=0.0))


def _check(df: float, **shares: float) -> None:
    if not df > 0:
        msg = f"Degrees of freedom are above 0, not {shown(df)}."
        raise SpecError(msg)
    for name, share in shares.items():
        if not 0 < share < 1:
            msg = f"The {name} of a test is between 0 and 1, not {shown(share)}."
            raise SpecError(msg)
