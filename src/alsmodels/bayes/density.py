"""The kernels of a density: of the covariance parameters alone, or with an unknown knot beside them."""

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from alsmodels.kernels.knots import KnotTarget, evaluate_knot, evaluate_knot_range
from alsmodels.kernels.mode import Density
from alsmodels.kernels.posterior import Target, evaluate, evaluate_range

__all__ = ["AnyTarget", "base_of", "density_of", "fill_values"]

Array = NDArray[np.float64]

AnyTarget: TypeAlias = Target | KnotTarget


def base_of(target: AnyTarget) -> Target:
    """The density without the knot, or with the knot where the formula has it."""
    return target.fixed if isinstance(target, KnotTarget) else target


def density_of(target: AnyTarget) -> Density:
    """Value and gradient at a point, shape (d,)."""
    if isinstance(target, KnotTarget):
        return lambda x: evaluate_knot(x, target, True)
    return lambda x: evaluate(x, target, True)


def fill_values(xs: Array, target: AnyTarget, values: Array, start: int, stop: int) -> None:
    """Fill ``values``, shape (s,), with the log density of rows ``start`` to ``stop`` of ``xs``, shape (s, d)."""
    if isinstance(target, KnotTarget):
        evaluate_knot_range(xs, target, values, start, stop)
    else:
        evaluate_range(xs, target, values, start, stop)
