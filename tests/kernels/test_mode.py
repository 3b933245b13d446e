"""The mode of densities whose mode is known."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.bayes.marginal_draws import build_marginal
from alsmodels.bayes.proposal import posterior_mode
from alsmodels.kernels.mode import find_mode
from alsmodels.kernels.posterior import evaluate


def quadratic(x):
    precision = np.array([[2.0, 0.5], [0.5, 1.0]])
    away = x - np.array([1.0, -3.0])
    return -0.5 * away @ precision @ away, -precision @ away


def gamma_of_log(x):
    """A gamma(3, 2) variable seen as its logarithm: skew, with its mode at log 1.5."""
    return 3 * x[0] - 2 * np.exp(x[0]), np.array([3 - 2 * np.exp(x[0])])


def test_quadratic_is_found_with_its_curvature():
    mode = find_mode(quadratic, np.zeros(2))
    assert mode.converged
    assert_allclose(mode.x, [1, -3], atol=1e-8)
    assert_allclose(mode.precision, [[2, 0.5], [0.5, 1]], rtol=1e-6)


@pytest.mark.parametrize("start", [-8.0, 0.0, 4.0])
def test_skew_density_is_climbed_from_either_side(start):
    mode = find_mode(gamma_of_log, np.array([start]))
    assert_allclose(mode.x, np.log(1.5), atol=1e-6)
    assert_allclose(mode.precision, [[3.0]], rtol=1e-5)


def test_where_the_curvature_is_wrong_it_still_goes_up():
    """cos has a minimum at pi; from near it the way leads to a maximum."""
    mode = find_mode(lambda x: (float(np.cos(x[0])), -np.sin(x)), np.array([2.8]))
    assert_allclose(np.cos(mode.x), 1, atol=1e-8)


def test_mode_of_a_posterior_beats_its_neighbours():
    design = als.build_design("alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)", als.load_example())
    target = build_marginal(design, als.default_priors(design)).target
    mode = posterior_mode(target)
    assert mode.converged
    assert mode.n_steps < 20
    assert_allclose(evaluate(mode.x, target)[1], 0, atol=1e-4)
    around = mode.x + 0.05 * np.random.default_rng(1).standard_normal((50, len(mode.x)))
    assert max(evaluate(x, target)[0] for x in around) < mode.value
