"""Figures of simulated trials with their Monte Carlo errors, over the axis of the replicates.

The formulas are those of Morris, White & Crowther (2019), Stat. Med. 38:2074-2102, table 6, but that no figure relies
on estimates being normal, and that a share of none or all has an error too. NaN marks a replicate without an answer.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from alsmodels.kernels.arrays import Float

__all__ = ["Figure", "mean", "ratio_of_errors", "root_mean_square", "share", "spread"]


class Figure(NamedTuple):
    """A figure, and the standard error that comes of a finite number of replicates."""

    value: Float
    mcse: Float


def share(events: NDArray[np.bool_], among: NDArray[np.bool_]) -> Figure:
    """How many of ``among`` are ``events``, over the first axis.

    The error is binomial, of the share with one event and one failure added: x of n observed gives
    ``sqrt(q (1 - q) / n)`` with ``q = (x + 1) / (n + 2)``.
    """
    n, x = among.sum(axis=0), (events & among).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        q = (x + 1) / (n + 2)
        return Figure(x / n, np.where(n > 0, np.sqrt(q * (1 - q) / n), np.nan))


def mean(values: Float) -> Figure:
    """The mean, with ``sd / sqrt(n)``."""
    n, centre, second = _moments(values)[:3]
    with np.errstate(invalid="ignore", divide="ignore"):
        return Figure(centre, np.where(n > 1, np.sqrt(second / (n - 1)), np.nan))


def spread(values: Float) -> Figure:
    """The standard deviation s, with ``sqrt(m4 - m2^2) / (2 s sqrt(n))`` for central moments m2 and m4."""
    n, _, second, fourth = _moments(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        sd = np.where(n > 1, np.sqrt(second * n / (n - 1)), np.nan)
        return Figure(sd, np.sqrt((fourth - second**2) / n) / (2 * sd))


def root_mean_square(values: Float) -> Figure:
    """The root of the mean square r, with ``sd(values^2) / (2 r sqrt(n))``: the size of standard errors."""
    squares = mean(values**2)
    root = np.sqrt(squares.value)
    with np.errstate(invalid="ignore", divide="ignore"):
        return Figure(root, squares.mcse / (2 * root))


def ratio_of_errors(std_errors: Float, estimates: Float) -> Figure:
    """Root mean square of standard errors over the standard deviation of estimates; both from the same replicates.

    The error is that of the influence of each replicate on the logarithm of the ratio (delta method).
    """
    top, bottom = root_mean_square(std_errors).value, spread(estimates).value
    with np.errstate(invalid="ignore", divide="ignore"):
        centred = estimates - _moments(estimates)[1]
        influence = (std_errors**2 / top**2 - centred**2 / bottom**2) / 2
        ratio = top / bottom
        return Figure(ratio, ratio * mean(influence).mcse)


def _moments(values: Float) -> tuple[Float, Float, Float, Float]:
    """How many there are, mean, and second and fourth central moments."""
    there = np.isfinite(values)
    n = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre = np.where(there, values, 0.0).sum(axis=0) / n
        away = np.where(there, values - centre, 0.0)
        return n, centre, (away**2).sum(axis=0) / n, (away**4).sum(axis=0) / n
