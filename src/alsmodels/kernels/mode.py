"""The mode of a smooth log density of few variables, with the curvature there.

Newton's method on the exact gradient; the Hessian is its central difference, ``2 d`` gradients a step. Where the
curvature is not that of a maximum its eigenvalues are turned round (Gill, Murray & Wright 1981, section 4.4.2), and a
step that does not go up is halved.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alsmodels.kernels.arrays import Float

__all__ = ["Density", "Mode", "find_mode"]

Density = Callable[[Float], tuple[float, Float]]

MOST_STEPS = 100
# Of the Newton decrement, in standard deviations of the normal approximation.
TOLERANCE = 1e-5
_WIDTH = 1e-4
_FLOOR = 1e-3
_LONGEST = 3.0
_HALVINGS = 30


@dataclass(frozen=True, slots=True, eq=False)
class Mode:
    """Where a search for the mode ended.

    Attributes
    ----------
    x : ndarray of shape (d,)
    value : float
        log density there.
    precision : ndarray of shape (d, d)
        Minus the Hessian there, made positive definite.
    score : float
        Distance from the mode in standard deviations of the normal approximation, to first order.
    n_steps : int
        Of Newton's method.
    """

    x: Float
    value: float
    precision: Float
    score: float
    n_steps: int

    @property
    def converged(self) -> bool:
        """Whether the score is zero, to rounding."""
        return self.score <= 1e-3


def find_mode(density: Density, start: Float) -> Mode:
    """Climb from a start, shape (d,), at which the density exists."""
    x, (value, slope) = start, density(start)
    precision = _precision(density, x)
    score, steps = _score(slope, precision), 0
    while score > TOLERANCE and steps < MOST_STEPS:
        step = np.asarray(np.linalg.solve(precision, slope))
        step = step * min(1.0, _LONGEST / float(np.abs(step).max()))
        found = _climb(density, x, value, step)
        if found is None:
            break
        x, value, slope = found
        precision, steps = _precision(density, x), steps + 1
        score = _score(slope, precision)
    return Mode(x=x, value=value, precision=precision, score=score, n_steps=steps)


def _climb(density: Density, x: Float, value: float, step: Float) -> tuple[Float, float, Float] | None:
    """The first of the step, its half, its quarter … that goes up; None if none does."""
    for _ in range(_HALVINGS):
        candidate = x + step
        reached, slope = density(candidate)
        if reached > value and np.isfinite(slope).all():
            return candidate, reached, slope
        step = step / 2
    return None


def _score(slope: Float, precision: Float) -> float:
    return float(np.sqrt(slope @ np.linalg.solve(precision, slope)))


def _precision(density: Density, x: Float) -> Float:
    """Minus the Hessian by central differences; eigenvalues under a floor or below zero are made positive."""
    steps = _WIDTH * np.eye(len(x))
    rows = np.array([(density(x - step)[1] - density(x + step)[1]) / (2 * _WIDTH) for step in steps])
    values, vectors = np.linalg.eigh((rows + rows.T) / 2)
    values = np.maximum(np.abs(values), _FLOOR * max(float(np.abs(values).max()) * 1e-3, 1.0))
    return np.asarray(vectors * values @ vectors.T)
