"""The likelihood at a given beta against n x n matrices, and its gradient against differences of it."""

import dense
import numpy as np
import pytest
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal

from alsmodels.kernels.blocks import build_blocks
from alsmodels.kernels.conditional import condition
from alsmodels.kernels.covariance import covariance_template, fill_factor
from alsmodels.kernels.marginal import GroupedBlocks, flat_prior, integrate

LAYOUTS = [(3,), (1, 2), (1, 1, 1)]


@pytest.fixture(params=LAYOUTS, ids=str)
def one_outcome(request):
    """Arrays, blocks and a point away from the optimum."""
    data = two_phase_arrays(11)
    template = covariance_template(request.param)
    blocks = build_blocks(data.y, data.X, data.Z, data.starts, template)
    rng = np.random.default_rng(5)
    point = rng.normal(size=6), fill_factor(rng.normal(size=template.n_theta), template), np.array([1.7])
    return data, blocks, point


@pytest.fixture
def two_outcomes():
    """The rows of one data set dealt to two groups, as blocks and as w = [X, y], Z, group and starts."""
    data = two_phase_arrays(12)
    blocks = build_blocks(data.y, data.X, data.Z, data.starts, covariance_template((3,)))
    scaling = blocks.scaling
    X = np.linalg.solve(scaling.x_factor.T, data.X.T).T
    w = np.column_stack([X, (data.y - data.X @ scaling.beta_ls) / scaling.size])
    Z = data.Z @ scaling.z_factor
    group = np.arange(len(data.y)) % 2
    spans = [slice(a, b) for a, b in zip(data.starts[:-1], data.starts[1:], strict=True)]
    ztz, ztw, wtw = (
        np.array([moment(group == g) for g in (0, 1)])
        for moment in (
            lambda own: np.stack([Z[s][own[s]].T @ Z[s][own[s]] for s in spans], axis=-1),
            lambda own: np.stack([Z[s][own[s]].T @ w[s][own[s]] for s in spans], axis=-1),
            lambda own: w[own].T @ w[own],
        )
    )
    return GroupedBlocks(ztz, ztw, wtw, np.bincount(group)), w, Z, group, data.starts


def test_value_is_the_dense_density(one_outcome):
    data, blocks, (beta, factor, tau) = one_outcome
    scaling = blocks.scaling
    sigma = scaling.size / np.sqrt(tau[0])
    lam = scaling.z_factor @ factor * scaling.size / sigma
    V = sigma**2 * dense.marginal_correlation(lam, data.Z, data.starts)
    expected = multivariate_normal(data.X @ scaling.beta(beta), V).logpdf(data.y)
    value = condition(beta, factor, tau, GroupedBlocks.of(blocks)).value
    assert_allclose(value - len(data.y) * np.log(scaling.size), expected, rtol=1e-11)


def test_value_with_two_residual_precisions(two_outcomes):
    blocks, w, Z, group, starts = two_outcomes
    beta, factor, tau = np.linspace(-1, 1, 6), np.tril(np.full((3, 3), 0.4)) + np.eye(3), np.array([0.6, 2.5])
    V = dense.marginal_correlation(factor, Z, starts) + np.diag(1 / tau[group] - 1)
    expected = multivariate_normal(w[:, :-1] @ beta, V).logpdf(w[:, -1])
    assert_allclose(condition(beta, factor, tau, blocks).value, expected, rtol=1e-11)


def test_gradient_with_one_residual_precision(one_outcome):
    _, blocks, point = one_outcome
    _check_gradient(GroupedBlocks.of(blocks), *point)


def test_gradient_with_two_residual_precisions(two_outcomes):
    factor = np.tril(np.random.default_rng(1).normal(size=(3, 3)))
    _check_gradient(two_outcomes[0], np.linspace(-1, 1, 6), factor, np.array([0.6, 2.5]))


def test_integral_over_beta_is_the_marginal(one_outcome):
    """At the conditional mean of beta, the two differ by the normal integral alone."""
    _, blocks, (_, factor, tau) = one_outcome
    grouped = GroupedBlocks.of(blocks)
    whole = integrate(factor, tau, grouped, flat_prior(6))
    peak = condition(whole.beta, factor, tau, grouped)
    assert_allclose(peak.beta_slope, 0.0, atol=1e-9)
    assert_allclose(whole.value, peak.value - np.log(np.diagonal(whole.beta_factor)).sum(), rtol=1e-12)


def test_no_likelihood_without_a_precision(one_outcome):
    _, blocks, (beta, factor, _) = one_outcome
    at = condition(beta, factor, np.array([np.nan]), GroupedBlocks.of(blocks))
    assert at.value == -np.inf
    assert not at.beta_slope.any()


def _check_gradient(blocks, beta, factor, tau):
    step = 1e-5

    def difference(where, direction):
        ends = []
        for sign in (1, -1):
            at = {"beta": beta, "factor": factor, "tau": np.log(tau)}
            at[where] = at[where] + sign * step * direction
            ends.append(condition(at["beta"], at["factor"], np.exp(at["tau"]), blocks).value)
        return (ends[0] - ends[1]) / (2 * step)

    exact = condition(beta, factor, tau, blocks)
    q = len(factor)
    units = {"beta": np.eye(len(beta)), "factor": np.eye(q * q).reshape(-1, q, q), "tau": np.eye(len(tau))}
    slopes = {"beta": exact.beta_slope, "factor": exact.factor_slope, "tau": exact.tau_slope}
    for where, basis in units.items():
        expected = [difference(where, direction) for direction in basis]
        assert_allclose(slopes[where].ravel(), expected, rtol=1e-6, atol=1e-6 * np.abs(expected).max())
