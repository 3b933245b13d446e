"""The function of the week that goes through all points, if a simple one does with points to spare."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["find_curve"]

Vector = NDArray[np.float64]
Function = Callable[[Vector], Vector]

# Functions that bend, and the least week in which each exists.
_BENT: tuple[tuple[str, Function, float], ...] = (
    ("a root", np.sqrt, 0.0),
    ("a logarithm", np.log1p, 0.0),
    ("a logarithm", np.log, 1e-12),
)


def find_curve(x: Vector, y: Vector, tolerance: float) -> tuple[str, Function] | None:
    """A polynomial, a root, a logarithm or a broken line through all points; None if there is none.

    Parameters
    ----------
    x : ndarray of shape (k,)
        Increasing.
    y : ndarray of shape (k,)
    tolerance : float
        By which a point may lie beside it.

    Returns
    -------
    What it is in words, and the function
    """
    for degree in (1, 2, 3):
        if len(x) >= degree + 2:
            line = np.polynomial.Polynomial.fit(x, y, degree)
            if np.abs(line(x) - y).max() <= tolerance:
                return {1: "a line", 2: "a square", 3: "a cube"}[degree], lambda week, line=line: np.asarray(line(week))
    for words, function, least in (
        ("a root", np.sqrt, 0.0),
        ("a logarithm", np.log1p, 0.0),
        ("a logarithm", np.log, 1e-12),
    ):
        if len(x) >= 4 and x[0] >= least:
            found = _through(x, y, function, tolerance)
            if found is not None:
                return words, found
    broken = _broken_line(x, y, tolerance)
    return None if broken is None else ("a broken line", broken)


def _through(x: Vector, y: Vector, function: Function, tolerance: float) -> Function | None:
    """``a + b f(x)`` through all points."""
    basis = np.column_stack([np.ones_like(x), function(x)])
    (a, b), *_ = np.linalg.lstsq(basis, y, rcond=None)
    if np.abs(basis @ np.array([a, b]) - y).max() > tolerance:
        return None
    return lambda week: np.asarray(a + b * function(week))


def _broken_line(x: Vector, y: Vector, tolerance: float) -> Function | None:
    """Lines joined at kinks through all points, three or more on each."""
    lines: list[np.polynomial.Polynomial] = []
    kinks: list[float] = []
    start = 0
    while start < len(x) - 1:
        end = _last_on_line(x, y, start, tolerance)
        if end - start < 2:
            return None
        lines.append(np.polynomial.Polynomial.fit(x[start : end + 1], y[start : end + 1], 1))
        if end == len(x) - 1:
            break
        shares = _last_on_line(x, y, end, tolerance) - end >= 2  # the kink is in a week with visits
        kink = x[end] if shares else _meeting(lines[-1], x, y, end)
        if kink is None or not x[end] <= kink <= x[end + 1]:
            return None
        kinks.append(float(kink))
        start = end if shares else end + 1
    else:
        return None
    return lambda week: _evaluate(np.asarray(week, dtype=float), lines, np.array(kinks))


def _last_on_line(x: Vector, y: Vector, start: int, tolerance: float) -> int:
    """The last point that lies with all before it on the line through the first two."""
    end = min(start + 1, len(x) - 1)
    while end + 1 < len(x):
        slope = (y[end + 1] - y[start]) / (x[end + 1] - x[start])
        inside = slice(start, end + 2)
        if np.abs(y[inside] - y[start] - slope * (x[inside] - x[start])).max() > tolerance:
            break
        end += 1
    return end


def _meeting(before: np.polynomial.Polynomial, x: Vector, y: Vector, end: int) -> float | None:
    """Where a line meets the one through the next two points."""
    if end + 2 >= len(x):
        return None
    slope = (y[end + 2] - y[end + 1]) / (x[end + 2] - x[end + 1])
    own = before.deriv()(0.0)
    if slope == own:
        return None
    gap = before(x[end + 1]) - y[end + 1]
    return float(x[end + 1] + gap / (slope - own))


def _evaluate(week: Vector, lines: list[np.polynomial.Polynomial], kinks: Vector) -> Vector:
    which = np.searchsorted(kinks, week, side="right")
    return np.choose(which, [line(week) for line in lines])
