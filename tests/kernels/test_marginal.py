"""The integrated likelihood against the normal density of the whole response, and its gradient against differences."""

import numpy as np
import pytest
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose
from scipy.linalg import block_diag
from scipy.stats import multivariate_normal

from alsmodels.kernels.blocks import build_blocks
from alsmodels.kernels.coordinates import symmetric_root
from alsmodels.kernels.covariance import covariance_template
from alsmodels.kernels.marginal import GroupedBlocks, fixed_prior, flat_prior, integrate
from alsmodels.kernels.optimum import evaluate

MEAN, SD = np.array([38, 0, -0.2, -0.2, 0, 0]), np.array([10, 5, 0.5, 0.5, 0.3, 0.3])


@pytest.fixture(scope="module")
def arrays():
    return two_phase_arrays(3, n_subjects=9)


@pytest.fixture(scope="module")
def blocks(arrays):
    return build_blocks(arrays.y, arrays.X, arrays.Z, arrays.starts, covariance_template([3]))


def random_factor(seed):
    return np.tril(np.random.default_rng(seed).normal(size=(3, 3))) + np.eye(3)


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_normal_density_of_the_response(arrays, blocks, seed):
    """y ~ N(X m0, X P0^-1 X' + Z S Z' + sigma^2 I), in the user's units."""
    scaling, L, sigma = blocks.scaling, random_factor(seed) @ np.diag([4, 0.2, 0.2]), 1.7
    factor = np.linalg.inv(scaling.z_factor) @ L / scaling.size
    prior = fixed_prior(MEAN, SD, scaling)
    found = integrate(factor, np.array([scaling.size**2 / sigma**2]), GroupedBlocks.of(blocks), prior)
    pieces = [arrays.Z[a:b] @ L @ L.T @ arrays.Z[a:b].T for a, b in zip(arrays.starts, arrays.starts[1:], strict=False)]
    cov = block_diag(*pieces) + sigma**2 * np.eye(len(arrays.y)) + arrays.X @ np.diag(SD**2) @ arrays.X.T
    expected = multivariate_normal(arrays.X @ MEAN, cov).logpdf(arrays.y)
    assert_allclose(found.value - len(arrays.y) * np.log(scaling.size), expected, rtol=1e-10)


def test_without_a_prior_it_is_the_restricted_likelihood(blocks):
    """At the profiled residual variance, up to what REML calls a constant: log|R| of the change of basis."""
    root = np.linalg.cholesky(random_factor(1) @ random_factor(1).T)
    at = evaluate(symmetric_root(root @ root.T, blocks.template), blocks, reml=True)
    tau = np.array([1 / at.sigma2])
    found = integrate(root * np.sqrt(at.sigma2), tau, GroupedBlocks.of(blocks), flat_prior(6))
    n, p = blocks.n_obs, blocks.n_fixed
    restricted = -2 * found.value + 2 * n * np.log(blocks.scaling.size) - p * np.log(2 * np.pi)
    assert_allclose(
        restricted + blocks.scaling.logdet_x - 2 * p * np.log(blocks.scaling.size), at.criterion, rtol=1e-10
    )


def grouped(blocks, groups):
    """The same rows as if they were of one outcome or of two, the second measured half as precisely."""
    one = GroupedBlocks.of(blocks)
    if groups == 1:
        return one
    share = np.array([0.4, 0.6])
    scale = share[:, None, None]
    return GroupedBlocks(
        ztz=one.ztz * scale[..., None],
        ztw=one.ztw * scale[..., None],
        wtw=one.wtw * scale,
        n_obs=np.array([one.n_obs[0] // 2, one.n_obs[0] - one.n_obs[0] // 2]),
    )


@pytest.mark.parametrize("groups", [1, 2])
def test_gradient_is_that_of_differences(blocks, groups):
    data, prior = grouped(blocks, groups), fixed_prior(MEAN, SD, blocks.scaling)
    L, tau, step = random_factor(4), np.array([2.0, 0.9])[:groups], 1e-6
    found = integrate(L, tau, data, prior)
    for row, col in zip(*np.tril_indices(3), strict=True):
        move = np.zeros((3, 3))
        move[row, col] = step
        up, down = (integrate(L + sign * move, tau, data, prior).value for sign in (1, -1))
        assert_allclose(found.factor_slope[row, col], (up - down) / (2 * step), rtol=1e-5, atol=1e-5)
    for g in range(groups):
        move = np.exp(step * (np.arange(groups) == g))
        up, down = (integrate(L, tau * move**sign, data, prior).value for sign in (1, -1))
        assert_allclose(found.tau_slope[g], (up - down) / (2 * step), rtol=1e-5, atol=1e-5)


def test_two_equal_groups_are_one(blocks):
    one, two = (integrate(random_factor(4), np.full(g, 1.3), grouped(blocks, g), flat_prior(6)) for g in (1, 2))
    assert_allclose(one.value, two.value, rtol=1e-12)
    assert_allclose(one.tau_slope.sum(), two.tau_slope.sum(), rtol=1e-8)


def test_conditional_of_beta_is_generalised_least_squares_without_a_prior(blocks):
    root = random_factor(2)
    at = evaluate(symmetric_root(root @ root.T, blocks.template), blocks, reml=True)
    found = integrate(root, np.array([1.0]), GroupedBlocks.of(blocks), flat_prior(6))
    assert_allclose(found.beta, at.beta, rtol=1e-8, atol=1e-10)
    covariance = np.linalg.inv(found.beta_factor @ found.beta_factor.T)
    assert_allclose(covariance, at.beta_root @ at.beta_root.T, rtol=1e-8)
