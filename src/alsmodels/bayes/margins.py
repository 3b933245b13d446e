"""Margins of a density along one coordinate, each point with the others at their mode (Laplace's approximation).

With the others at their mode the integral over them is about ``exp(value) |precision|^-1/2`` (Tierney & Kadane 1986).
It need not be exact: a margin gives coordinates (`kernels.margins`) in which the posterior is close to normal.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.kernels.margins import Margin, make_margin
from alsmodels.kernels.mode import Density, Mode, find_mode

__all__ = ["Course", "find_leaning", "trace_knot", "trace_sd"]

Array = NDArray[np.float64]

# How far the log density has fallen where a margin may go on by itself.
_DROP = 12.0
# Of the knot, in SDs of its prior.
_REACH, _SPACING = 5.0, 1.0 / 3.0
_MOST_STEPS = 40
# Of the mass: what a piece between two nodes may hold, and how many nodes there may be.
_HEAVY, _MOST_NODES = 0.08, 64
# A log SD: nodes in curvature SDs to the right, and in units of the tail's length, which is one, to the left.
_LEFT_STEP, _STRAIGHT = 0.5, 0.98
# How many SDs to the left are looked at, where a normal density has fallen by 8, and the least fall taken for normal.
_FOUR, _LEAST_FALL = 4.0, 6.0


@final
@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A density followed along one coordinate.

    Attributes
    ----------
    margin : Margin
        The density of the coordinate.
    place : int
        The number of the coordinate.
    at : float
        Where along it the density is highest.
    mode : Mode
        The mode of the other coordinates there.
    """

    margin: Margin
    place: int
    at: float
    mode: Mode


def trace_knot(density: Density, start: Array) -> Course:
    """Follow the last coordinate, an unknown knot in SDs of its prior, from ``start``, shape (d,)."""
    trail = _Trail(density, len(start) - 1, start[:-1])
    half = int(_REACH / _SPACING)
    for number in range(half + 1):
        trail.add(number * _SPACING)
    for number in range(1, half + 1):
        trail.add(-number * _SPACING)
    trail.extend(1.0)
    trail.refine()
    return trail.end()


def trace_sd(density: Density, mode: Mode, place: int) -> Course:
    """Follow the logarithm of an SD from the mode: to the left until it falls as it must, like the SD itself."""
    trail = _Trail(density, place, np.delete(mode.x, place))
    sd = float(1.0 / np.sqrt(mode.precision[place, place]))
    trail.add(mode.x[place])
    for _ in range(_MOST_STEPS):
        trail.add(trail.nodes[0] - _LEFT_STEP)
        if len(trail.nodes) > 3 and trail.slope(0) > _STRAIGHT and trail.slope(1) > _STRAIGHT:
            break
    trail.add(mode.x[place] + 0.5 * sd)
    trail.extend(0.5 * sd, left=False)
    trail.refine()
    return trail.end()


def find_leaning(density: Density, mode: Mode, n_effects: int) -> list[int]:
    """Which log SDs have a tail to the left that no normal density has.

    Four SDs to the left a normal density has fallen by 8, with the others moved along as they are correlated.
    """
    covariance = np.linalg.inv(mode.precision)
    found = []
    for place in range(n_effects):
        away = covariance[:, place] / np.sqrt(covariance[place, place])
        fall = mode.value - density(mode.x - _FOUR * away)[0]
        if fall < _LEAST_FALL:
            found.append(place)
    return found


class _Trail:
    """Nodes along one coordinate in their order, with Laplace's approximation at each and the mode of the others."""

    def __init__(self, density: Density, place: int, others: Array) -> None:
        self.density, self.place, self.others = density, place, others
        self.nodes: list[float] = []
        self.logs: list[float] = []
        self.modes: list[Mode] = []

    def add(self, node: float) -> None:
        """Put a node where it belongs; the search begins at the mode of its neighbour."""
        number = int(np.searchsorted(self.nodes, node))
        near = self.modes[min(number, len(self.modes) - 1)].x if self.modes else self.others
        mode = find_mode(self._restrict(node), near)
        self.nodes.insert(number, float(node))
        self.modes.insert(number, mode)
        self.logs.insert(number, mode.value - 0.5 * float(np.linalg.slogdet(mode.precision)[1]))

    def _restrict(self, node: float) -> Density:
        place = self.place

        def restricted(y: Array) -> tuple[float, Array]:
            value, slope = self.density(np.insert(y, place, node))
            return value, np.delete(slope, place)

        return restricted

    def slope(self, cell: int) -> float:
        """Of the log density between two nodes."""
        return (self.logs[cell + 1] - self.logs[cell]) / (self.nodes[cell + 1] - self.nodes[cell])

    def extend(self, step: float, *, left: bool = True) -> None:
        """Go on to both sides, or to the right, until the density is as good as zero and falls."""
        for _ in range(_MOST_STEPS):
            if self.logs[-1] < max(self.logs) - _DROP and self.slope(len(self.nodes) - 2) < 0:
                break
            self.add(self.nodes[-1] + step)
        for _ in range(_MOST_STEPS * left):
            if self.logs[0] < max(self.logs) - _DROP and self.slope(0) > 0:
                break
            self.add(self.nodes[0] - step)

    def refine(self) -> None:
        """Halve pieces that hold much of the mass."""
        while len(self.nodes) < _MOST_NODES:
            masses = np.diff(self.margin().below)
            heaviest = int(np.argmax(masses))
            if masses[heaviest] < _HEAVY:
                break
            self.add(0.5 * (self.nodes[heaviest] + self.nodes[heaviest + 1]))

    def margin(self) -> Margin:
        """The density between and beyond the nodes."""
        return make_margin(np.array(self.nodes), np.array(self.logs))

    def end(self) -> Course:
        """What was found."""
        best = int(np.argmax(self.logs))
        return Course(self.margin(), self.place, self.nodes[best], self.modes[best])
