"""Correlations of skewed variables: Mehler's series against the double integral, and what cannot be."""

import numpy as np
import pytest
from scipy import stats
from scipy.integrate import quad, trapezoid

from alsmodels.errors import SpecError
from alsmodels.simulation.copula import (
    correlate,
    factor_of,
    hermite_coefficients,
    score_correlation,
    standard_variate,
)

SHAPES = [(2.0, 2.0), (2.0, None), (0.7, 5.0), (None, None)]


@pytest.mark.parametrize("shape", [0.7, 2.0, 18.0])
def test_the_variate_is_minus_a_standardised_gamma(shape):
    """Its distribution function by SciPy's gamma; mean 0 and variance 1 by numerical integration."""
    z = np.linspace(-4, 4, 41)
    x = standard_variate(z, shape)
    np.testing.assert_allclose(stats.gamma(shape).sf(shape - np.sqrt(shape) * x), stats.norm.cdf(z), rtol=1e-9)
    for power, expected in ((1, 0.0), (2, 1.0), (3, -2 / np.sqrt(shape))):
        moment = quad(
            lambda t, p=power: float(standard_variate(np.array([t]), shape)[0]) ** p * stats.norm.pdf(t), -12, 12
        )
        assert moment[0] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(("first", "second"), SHAPES)
@pytest.mark.parametrize("wanted", [-0.4, 0.2, 0.8])
def test_scores_with_the_solved_correlation_give_the_wanted_one(first, second, wanted):
    """E x y over two correlated normals, by a double integral on a grid that knows no series."""
    r = score_correlation(wanted, first, second)
    z = np.linspace(-8, 8, 321)
    x = standard_variate(z, first)
    y = standard_variate(r * z[:, None] + np.sqrt(1 - r**2) * z, second)
    weight = stats.norm.pdf(z)
    found = trapezoid(trapezoid(x[:, None] * y * weight[:, None] * weight, z), z)
    assert found == pytest.approx(wanted, abs=1e-5)


def test_gaussian_scores_need_no_solving():
    assert score_correlation(0.37, None, None) == pytest.approx(0.37)
    assert score_correlation(-1.0, None, None) == -1.0
    assert score_correlation(1.0, 2.0, 2.0) == 1.0


def test_the_series_holds_all_of_the_variance():
    for shape in (0.7, 2.0, 18.0):
        assert np.sum(hermite_coefficients(shape)[1:] ** 2) == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(("wanted", "first", "second"), [(-0.99, 2.0, 2.0), (0.99, 2.0, None)])
def test_correlations_out_of_reach_are_refused_with_the_reach(wanted, first, second):
    with pytest.raises(SpecError, match=r"cannot be had between variables of these shapes; it is between -0\.\d+ and"):
        score_correlation(wanted, first, second)


def test_the_factor_of_a_regular_matrix_is_choleskys():
    R = np.array([[1, 0.3, -0.2], [0.3, 1, 0.5], [-0.2, 0.5, 1]])
    np.testing.assert_allclose(factor_of(R), np.linalg.cholesky(R))


@pytest.mark.parametrize("r", [1.0, -1.0])
def test_a_singular_matrix_has_a_factor(r):
    R = np.array([[1, 0.3, 0.3 * r], [0.3, 1, r], [0.3 * r, r, 1]])
    factor = factor_of(R)
    np.testing.assert_allclose(factor @ factor.T, R, atol=1e-12)


def test_correlations_that_contradict_each_other_are_refused():
    R = np.array([[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]])
    with pytest.raises(SpecError, match=r"contradict each other.*smallest eigenvalue of their matrix is -0\.8"):
        factor_of(R)


def test_correlating_is_a_product_with_the_factor():
    R = np.array([[1, 0.3, -0.2], [0.3, 1, 0.5], [-0.2, 0.5, 1]])
    normals = np.random.default_rng(1).standard_normal((50, 3))
    np.testing.assert_allclose(correlate(normals, factor_of(R)), normals @ factor_of(R).T)
