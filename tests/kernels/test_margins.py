"""Coordinates in which a variable is standard normal, against its density integrated by quadrature."""

import itertools

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, stats

from alsmodels.kernels.margins import bend, bend_range, make_margin

NODES = np.array([-6.0, -3.0, -1.0, 0.0, 1.0, 2.5, 4.0])
SHAPES = {
    "one mode": np.array([-7.0, -4.0, -1.0, -0.5, -1.5, -4.0, -8.0]),
    "two modes": np.array([-7.0, -1.0, -4.0, -4.0, -1.5, -0.2, -6.0]),
    "flat in the middle": np.array([-9.0, -1.0, -1.0, -1.0, -1.0, -1.0, -9.0]),
    "steeper than numbers go": np.array([-2000.0, -900.0, -3.0, -0.5, -2.0, -800.0, -2500.0]),
    "all to the left": np.array([-1.0, 0.0, -30.0, -31.0, -33.0, -40.0, -50.0]),
    "all to the right": np.array([-50.0, -40.0, -33.0, -31.0, -30.0, 0.0, -1.0]),
}


@pytest.fixture(params=SHAPES.values(), ids=SHAPES)
def margin(request):
    return make_margin(NODES, request.param)


def density(z, margin):
    """Written without the kernel: interpolated, with straight tails."""
    inner = np.interp(z, margin.nodes, margin.logs)
    left = margin.logs[0] + margin.slopes[0] * (z - margin.nodes[0])
    right = margin.logs[-1] + margin.slopes[-1] * (z - margin.nodes[-1])
    return np.exp(np.where(z < margin.nodes[0], left, np.where(z > margin.nodes[-1], right, inner)))


def mass_below(z, margin):
    edges = [-np.inf, *(node for node in margin.nodes if node < z), z]
    return sum(integrate.quad(density, a, b, args=(margin,), epsabs=1e-13)[0] for a, b in itertools.pairwise(edges))


def test_it_is_normalised(margin):
    assert_allclose(mass_below(4.0, margin) + np.exp(margin.logs[-1]) / -margin.slopes[-1], 1.0, rtol=1e-9)
    assert_allclose(margin.below + margin.above, 1.0, rtol=1e-12)
    assert_allclose(np.exp(margin.logs[0]) / margin.slopes[0], margin.below[0], rtol=1e-9)


@pytest.mark.parametrize("v", [-3.1, -1.0, -0.01, 0.0, 0.4, 1.7, 3.3])
def test_quantiles_are_those_of_the_normal(margin, v):
    assert_allclose(mass_below(bend(v, margin)[0], margin), stats.norm.cdf(v), rtol=1e-6, atol=1e-9)


def test_rates_are_those_of_differences(margin):
    v, step = np.linspace(-8.95, 8.95, 41), 1e-6
    ends = np.array([[bend(one + move, margin)[0] for one in v] for move in (step, -step)])
    found = np.array([bend(one, margin) for one in v])
    assert_allclose(found[:, 1], (ends[0] - ends[1]) / (2 * step), rtol=2e-4)
    assert_allclose(found[:, 1], stats.norm.pdf(v) / density(found[:, 0], margin), rtol=1e-9)
    steepness = (np.log(density(found[:, 0] + step, margin)) - np.log(density(found[:, 0] - step, margin))) / (2 * step)
    assert_allclose(found[:, 2], steepness, rtol=1e-4, atol=1e-4)


def test_no_tail_is_lost(margin):
    far = np.array([bend(v, margin)[0] for v in (-30.0, -20.0, 20.0, 30.0)])
    assert np.isfinite(far).all()
    assert (np.diff(far) > 0).all()
    if margin.below[0] > stats.norm.cdf(-20.0):
        expected = margin.nodes[0] + (stats.norm.logcdf(-20.0) - np.log(margin.below[0])) / margin.slopes[0]
        assert_allclose(far[1], expected, rtol=1e-9)


def test_a_normal_density_is_left_about_as_it_is():
    nodes = np.linspace(-9, 9, 400)
    margin = make_margin(nodes, stats.norm.logpdf(nodes))
    v = np.linspace(-5, 5, 21)
    z, log_rate = np.empty(21), np.empty(21)
    bend_range(v, margin, z, log_rate)
    assert_allclose(z, v, atol=1e-3)
    assert_allclose(log_rate, 0.0, atol=1e-3)
