"""Checks of numbers at every door: what is no number, or none of the range that is asked for, is refused in words."""

from typing import TypeGuard

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alsmodels.errors import SpecError, shown

__all__ = ["check_above", "check_finite", "check_not_negative", "check_share", "finite_array", "is_finite"]


def is_finite(value: object) -> TypeGuard[float]:
    """Say whether a value is a number that is finite as a float, which integers of 400 digits are not."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        return False
    try:
        return bool(np.isfinite(float(value)))
    except OverflowError:
        return False


def finite_array(what: str, values: ArrayLike) -> NDArray[np.float64]:
    """Numbers as an array, one number as an array of one; ``what`` opens the refusal of anything else.

    Examples
    --------
    >>> finite_array("The weeks of means", 24).tolist()
    [24.0]
    """
    try:
        found = np.atleast_1d(np.asarray(values, dtype=float))
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"{what} are finite numbers, not {shown(values)}."
        raise SpecError(msg) from error
    if not np.isfinite(found).all():
        msg = f"{what} are finite numbers, not {shown(values)}."
        raise SpecError(msg)
    return found


def check_finite(what: str, **numbers: object) -> None:
    """Refuse what is no finite number; ``what`` opens the sentence."""
    for name, value in numbers.items():
        if not is_finite(value):
            msg = f"{what}: {name} is a finite number, not {shown(value)}."
            raise SpecError(msg)


def check_not_negative(what: str, **numbers: object) -> None:
    """Refuse what is no number of 0 or more."""
    check_finite(what, **numbers)
    for name, value in numbers.items():
        if value < 0:  # type: ignore[operator]  # it has been checked to be a number
            msg = f"{what}: {name} is 0 or more, not {shown(value)}."
            raise SpecError(msg)


def check_above(what: str, **numbers: object) -> None:
    """Refuse what is no number above 0."""
    check_finite(what, **numbers)
    for name, value in numbers.items():
        if not value > 0:  # type: ignore[operator]  # it has been checked to be a number
            msg = f"{what}: {name} is above 0, not {shown(value)}."
            raise SpecError(msg)


def check_share(what: str, **numbers: object) -> None:
    """Refuse what is no number from 0 to 1."""
    check_finite(what, **numbers)
    for name, value in numbers.items():
        if not 0 <= value <= 1:  # type: ignore[operator]  # it has been checked to be a number
            msg = f"{what}: {name} is a share between 0 and 1, not {shown(value)}."
            raise SpecError(msg)
