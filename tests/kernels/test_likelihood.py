"""The fast likelihood against its dense twin, and its derivatives against differences of it."""

import dense
import numpy as np
import pytest
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose

from alsmodels.kernels.blocks import build_blocks
from alsmodels.kernels.coordinates import (
    first_moves,
    second_moves,
    symmetric_basis,
    symmetric_root,
    theta_moves,
)
from alsmodels.kernels.covariance import block_factor, covariance_template, fill_factor
from alsmodels.kernels.optimum import differentiate, evaluate

LAYOUTS = [(3,), (1, 2), (2, 1), (1, 1, 1)]
METHODS = [pytest.param(True, id="REML"), pytest.param(False, id="ML")]


@pytest.fixture(params=LAYOUTS, ids=str)
def problem(request):
    """Arrays, their blocks, and a root of S away from the optimum."""
    data = two_phase_arrays(11)
    template = covariance_template(request.param)
    blocks = build_blocks(data.y, data.X, data.Z, data.starts, template)
    theta = np.random.default_rng(5).normal(size=template.n_theta)
    lam = fill_factor(theta, template)
    return data, blocks, symmetric_root(lam @ lam.T, template)


@pytest.mark.parametrize("reml", METHODS)
def test_profile_is_the_dense_likelihood(problem, reml):
    data, blocks, root = problem
    at = evaluate(root, blocks, reml=reml)
    scaling = blocks.scaling
    lam = scaling.z_factor @ root
    value, beta, sigma2, cov = dense.criterion(lam, data.y, data.X, data.Z, data.starts, reml=reml)
    assert_allclose(at.criterion, value, rtol=1e-12)
    assert_allclose(scaling.beta(at.beta), beta, rtol=1e-9)
    assert_allclose(at.sigma2 * scaling.size**2, sigma2, rtol=1e-11)
    half = scaling.beta_root(at.beta_root)
    assert_allclose(half @ half.T * at.sigma2 * scaling.size**2, cov, rtol=1e-8, atol=1e-14)


@pytest.mark.parametrize("reml", METHODS)
def test_derivatives_in_the_symmetric_root(problem, reml):
    _, blocks, root = problem
    basis = symmetric_basis(blocks.template)

    def slopes(at):
        return differentiate(evaluate(at, blocks, reml=reml), first_moves(basis, at), second_moves(basis))

    exact, step = slopes(root), 1e-5
    gradient = [
        (
            evaluate(root + step * e, blocks, reml=reml).criterion
            - evaluate(root - step * e, blocks, reml=reml).criterion
        )
        / (2 * step)
        for e in basis
    ]
    hessian = [(slopes(root + step * e).gradient - slopes(root - step * e).gradient) / (2 * step) for e in basis]
    assert_allclose(exact.gradient, gradient, atol=2e-7 * np.abs(gradient).max())
    assert_allclose(exact.hessian, hessian, atol=2e-7 * np.abs(hessian).max())


@pytest.mark.parametrize("reml", METHODS)
def test_derivatives_in_the_users_theta(problem, reml):
    """One step of theta in the user's units, taken through the dense twin."""
    data, blocks, root = problem
    template, T = blocks.template, blocks.scaling.z_factor
    lam = block_factor(root, template)
    exact = differentiate(evaluate(root, blocks, reml=reml), *theta_moves(lam, template, T))
    theta = (T @ lam)[template.rows, template.cols]

    def value(moved):
        return dense.criterion(fill_factor(moved, template), data.y, data.X, data.Z, data.starts, reml=reml)[0]

    steps = np.eye(template.n_theta) * 1e-5
    gradient = [(value(theta + s) - value(theta - s)) / 2e-5 for s in steps]
    assert_allclose(exact.gradient, gradient, rtol=1e-5, atol=1e-6 * np.abs(gradient).max())


def test_no_likelihood_where_nothing_varies():
    """A response of zeros has no residual; the criterion is infinite, not a crash."""
    data = two_phase_arrays(3)
    blocks = build_blocks(0 * data.y, data.X, data.Z, data.starts, covariance_template([3]))
    assert not evaluate(np.eye(3), blocks, reml=True).is_finite
