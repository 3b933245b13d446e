"""Correlated variables of given shapes, by a Gaussian copula.

    z ~ N(0, R),   x_k = g_k(z_k),   g_k increasing, E x_k = 0, Var x_k = 1

g is the identity, or the quantile function of minus a standardised Gamma. With the Hermite coefficients
a_k = E[g(z) He_k(z)] / sqrt(k!) of one and b_k of the other, Mehler's formula gives corr(x_1, x_2) = sum_k a_k b_k r^k.
Solving it for r makes the correlations of a truth those of the variables themselves, not of their scores.
"""

from functools import cache

import numpy as np
from numpy.polynomial.hermite_e import hermegauss
from scipy.optimize import brentq
from scipy.special import gammainccinv, ndtr

from alsmodels.errors import SpecError
from alsmodels.kernels.arrays import Float

__all__ = ["correlate", "factor_of", "hermite_coefficients", "normal_nodes", "score_correlation", "standard_variate"]

_NODES, _ORDER = 96, 24
# How far a correlation may be above what the series, which is cut off, can reach.
_SLACK = 1e-4
# An eigenvalue or pivot this far below zero is rounding.
_ROUNDING = 1e-9


def standard_variate(scores: Float, gamma_shape: float | None) -> Float:
    """Turn normal scores into a variable of mean 0 and variance 1: itself, or skewed to the left.

    With a shape a the variable is ``(a - G) / sqrt(a)``, G ~ Gamma(a, 1); its skewness is ``-2 / sqrt(a)``.
    """
    if gamma_shape is None:
        return scores
    shape = float(gamma_shape)
    return np.asarray((shape - gammainccinv(shape, ndtr(scores))) / np.sqrt(shape))


@cache
def normal_nodes(size: int) -> tuple[Float, Float]:
    """Nodes and weights, shape (size,), of means over a standard normal variable."""
    nodes, weights = hermegauss(size)
    return nodes, weights / weights.sum()


@cache
def hermite_coefficients(gamma_shape: float | None) -> Float:
    """Coefficients a_0 .. a_K of `standard_variate` in normalised Hermite polynomials, by Gaussian quadrature."""
    nodes, weights = normal_nodes(_NODES)
    values = standard_variate(nodes, gamma_shape)
    below, here, found = np.zeros(_NODES), np.ones(_NODES), []
    for k in range(_ORDER + 1):
        found.append(float(weights @ (values * here)))
        below, here = here, (nodes * here - np.sqrt(k) * below) / np.sqrt(k + 1)
    return np.array(found)


def score_correlation(wanted: float, first: float | None, second: float | None) -> float:
    """The correlation of normal scores that gives two variables of these Gamma shapes the wanted correlation.

    Raises
    ------
    SpecError
        If no Gaussian copula gives it.
    """
    if first == second and wanted == 1:
        return 1.0
    products = hermite_coefficients(first) * hermite_coefficients(second)
    powers = np.arange(len(products))

    def reached(r: float) -> float:
        return float(products @ r**powers)

    low, high = reached(-1.0), reached(1.0)
    if not low - _SLACK <= wanted <= high + _SLACK:
        raise SpecError(
            f"A correlation of {wanted:g} cannot be had between variables of these shapes; "
            f"it is between {low:.3f} and {high:.3f}."
        )
    if wanted <= low or wanted >= high:
        return -1.0 if wanted <= low else 1.0
    return float(brentq(lambda r: reached(r) - wanted, -1.0, 1.0, xtol=1e-12))


def factor_of(correlation: Float) -> Float:
    """The lower Cholesky factor of a correlation matrix, which may be singular.

    Raises
    ------
    SpecError
        If the matrix has a negative eigenvalue, so that no variables have it.
    """
    smallest = float(np.linalg.eigvalsh(correlation)[0])
    if smallest < -_ROUNDING:
        raise SpecError(
            "The correlations contradict each other: no variables can have all of them "
            f"(the smallest eigenvalue of their matrix is {smallest:.3f})."
        )
    factor = np.zeros_like(correlation)
    for row in range(len(factor)):
        for col in range(row):
            left = correlation[row, col] - factor[row, :col] @ factor[col, :col]
            factor[row, col] = left / factor[col, col] if factor[col, col] > _ROUNDING**0.5 else 0.0
        factor[row, row] = np.sqrt(max(correlation[row, row] - factor[row, :row] @ factor[row, :row], 0.0))
    return factor


def correlate(normals: Float, factor: Float) -> Float:
    """Give independent normals, shape (n, k), the correlations of a factor.

    Elementwise sums, not a matrix product: so a subject's scores are the same to the last bit, whatever others are
    calculated with it.
    """
    scores = np.zeros_like(normals)
    for row in range(len(factor)):
        for col in range(row + 1):
            if factor[row, col] != 0:
                scores[:, row] += factor[row, col] * normals[:, col]
    return scores
