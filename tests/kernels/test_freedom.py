"""Satterthwaite's degrees of freedom where theory knows the answer, and against differences of the dense twin."""

import dense
import numpy as np
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose

from alsmodels.kernels.blocks import build_blocks
from alsmodels.kernels.covariance import block_factor, covariance_template, fill_factor
from alsmodels.kernels.freedom import find_freedom, satterthwaite
from alsmodels.kernels.optimum import find_optimum


def test_balanced_random_intercept_has_anova_degrees_of_freedom():
    """Between subjects m - 2, within them m (k - 1) - 1: the split-plot analysis of variance."""
    m, k = 20, 6
    rng = np.random.default_rng(3)
    arm, visit = np.repeat(np.arange(m) % 2, k), np.tile(np.arange(k) - 2.5, m)
    X = np.column_stack([np.ones(m * k), arm - 0.5, visit])
    y = 10 + visit + np.repeat(rng.normal(0, 3, m), k) + rng.normal(0, 1, m * k)
    blocks = build_blocks(y, X, X[:, :1].copy(), np.arange(0, m * k + 1, k), covariance_template([1]))
    freedom = find_freedom(find_optimum(blocks, reml=True).profile, blocks)
    assert_allclose([satterthwaite(row, freedom) for row in np.eye(3)], [m - 2, m - 2, m * k - m - 1], rtol=1e-9)


def test_derivative_of_the_covariance_of_beta():
    data = two_phase_arrays(14)
    template = covariance_template([3])
    blocks = build_blocks(data.y, data.X, data.Z, data.starts, template)
    optimum = find_optimum(blocks, reml=True)
    at, scaling = optimum.profile, blocks.scaling
    freedom = find_freedom(optimum.profile, blocks)
    lam = scaling.z_factor @ block_factor(at.root, template)
    theta, sigma2 = lam[template.rows, template.cols], at.sigma2 * scaling.size**2

    def cov(moved):
        V = dense.marginal_correlation(fill_factor(moved, template), data.Z, data.starts)
        return sigma2 * np.linalg.inv(data.X.T @ np.linalg.solve(V, data.X))

    for t, step in enumerate(np.eye(template.n_theta) * 1e-6):
        change = (cov(theta + step) - cov(theta - step)) / 2e-6
        assert_allclose(freedom.beta_cov_change[t], change, atol=1e-6 * np.abs(change).max())
    assert_allclose(freedom.beta_cov_change[-1], 2 * freedom.beta_cov / np.sqrt(sigma2))
