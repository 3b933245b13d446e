"""Coordinates in which a variable of known distribution is standard normal.

A margin is a density known on some nodes: its logarithm is linear between them and goes on with the outermost slopes
beyond, so that the tails are exponential. With distribution function P the variable ``z = P^-1(Phi(v))`` has this
density if v is standard normal, and

    log dz/dv = log phi(v) - log p(z),   d/dv (log dz/dv) = -v - (d log p / dz)(dz/dv)

A posterior that leans on a boundary, or has several modes along one variable, is close to normal in v if p is close to
its margin; what is left is for weights or chains to find.
"""

import math
from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.compiling import njit

__all__ = ["Margin", "bend", "bend_range", "make_margin"]

LOG_ROOT_2PI = 0.5 * math.log(2.0 * math.pi)
ROOT_HALF = math.sqrt(0.5)
# Beyond this v the normal distribution is zero in double precision.
_FARTHEST = 37.0


class Margin(NamedTuple):
    """A density on the line, normalised.

    Attributes
    ----------
    nodes, logs : ndarray of shape (k,)
        Increasing, and log density at each.
    slopes : ndarray of shape (k + 1,)
        Of the log density before the first node, between the nodes, after the last.
    below, above : ndarray of shape (k,)
        Probability on either side of each node.
    """

    nodes: Float
    logs: Float
    slopes: Float
    below: Float
    above: Float


def make_margin(nodes: Float, logs: Float) -> Margin:
    """Normalise a log density given on k nodes, k > 2, that rises at the first of them and falls at the last."""
    inner = np.diff(logs) / np.diff(nodes)
    slopes = np.concatenate([inner[:1], inner, inner[-1:]])
    logs = logs - logs.max()
    cells = _cell_masses(logs[:-1], inner, np.diff(nodes))
    masses = np.concatenate([[np.exp(logs[0]) / slopes[0]], cells, [np.exp(logs[-1]) / -slopes[-1]]])
    total = masses.sum()
    below, above = np.cumsum(masses[:-1]) / total, np.cumsum(masses[:0:-1])[::-1] / total
    return Margin(nodes.copy(), logs - np.log(total), slopes, below, np.ascontiguousarray(above))


def _cell_masses(start: Float, slope: Float, width: Float) -> Float:
    """Integrals of ``exp(start + slope z)`` over ``0 .. width``, from the higher end, however steep."""
    rise = slope * width
    steep = np.maximum(np.abs(rise), 1e-12)
    return np.asarray(np.exp(start + np.maximum(rise, 0.0)) * width * -np.expm1(-steep) / steep)


@njit(cache=True, nogil=True, error_model="numpy")
def bend(v: float, margin: Margin) -> tuple[float, float, float]:
    """``z``, ``dz/dv`` and the slope of the log density at z, for a standard normal v.

    Each half of the line is counted from its own end, so that no tail is lost to rounding.
    """
    last = len(margin.nodes) - 1
    v = min(max(v, -_FARTHEST), _FARTHEST)
    left, node, side = v < 0.0, 0, 1.0
    share = 0.5 * math.erfc((-v if left else v) * ROOT_HALF)
    if left:
        cell = int(np.searchsorted(margin.below, share))  # the nodes that lie to the left of z
        node = max(cell - 1, 0)
        start = margin.below[node]
    else:
        cell = last + 1 - int(np.searchsorted(margin.above[::-1], share))
        node, side = min(cell, last), -1.0
        start = margin.above[node]
    slope = margin.slopes[cell]
    if cell == 0:
        far = margin.below[0] if left else 1.0 - margin.above[0]
        z = margin.nodes[0] + math.log((share if left else 1.0 - share) / far) / slope
        log_density = margin.logs[0] + slope * (z - margin.nodes[0])
    elif cell == last + 1:
        far = 1.0 - margin.below[last] if left else margin.above[last]
        z = margin.nodes[last] + math.log((1.0 - share if left else share) / far) / slope
        log_density = margin.logs[last] + slope * (z - margin.nodes[last])
    else:
        step = _walk(math.log(max(share - start, 1e-300)) - margin.logs[node], side * slope)
        z = margin.nodes[node] + side * min(step, margin.nodes[cell] - margin.nodes[cell - 1])
        log_density = margin.logs[node] + slope * (z - margin.nodes[node])
    return z, math.exp(-0.5 * v * v - LOG_ROOT_2PI - log_density), slope


@njit(cache=True, nogil=True, error_model="numpy")
def _walk(log_ratio: float, slope: float) -> float:
    """How far until the mass is ``exp(log_ratio)``, in units of the density at the start, whose log has a slope."""
    if slope > 0.0 and log_ratio + math.log(slope) > 30.0:
        return (log_ratio + math.log(slope)) / slope
    ratio = math.exp(min(log_ratio, 700.0))
    if abs(slope * ratio) < 1e-10:
        return ratio
    return math.log1p(max(slope * ratio, -1.0 + 1e-15)) / slope


@njit(cache=True, nogil=True, error_model="numpy")
def bend_range(v: Float, margin: Margin, z: Float, log_rate: Float) -> None:
    """Fill ``z`` and ``log dz/dv``, shape (s,), for v of shape (s,)."""
    for s in range(len(v)):
        z[s], rate, _ = bend(v[s], margin)
        log_rate[s] = math.log(rate)
