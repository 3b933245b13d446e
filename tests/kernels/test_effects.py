"""Conditional modes and covariances against the textbook's n x n formulas."""

import numpy as np
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose

from alsmodels.kernels.blocks import build_blocks
from alsmodels.kernels.covariance import covariance_template
from alsmodels.kernels.effects import conditional_effects
from alsmodels.kernels.optimum import find_optimum


def test_modes_and_covariances_are_those_of_the_normal_distribution():
    data = two_phase_arrays(9)
    blocks = build_blocks(data.y, data.X, data.Z, data.starts, covariance_template([3]))
    at = find_optimum(blocks, reml=True).profile
    effects = conditional_effects(at, blocks)
    scaling = blocks.scaling
    beta, sigma2 = scaling.beta(at.beta), at.sigma2 * scaling.size**2
    T = scaling.z_factor
    G = sigma2 * T @ at.root @ at.root @ T.T
    for i, (a, b) in enumerate(zip(data.starts[:-1], data.starts[1:], strict=True)):
        Z = data.Z[a:b]
        V = Z @ G @ Z.T + sigma2 * np.eye(b - a)
        residual = data.y[a:b] - data.X[a:b] @ beta
        assert_allclose(effects.modes[i], G @ Z.T @ np.linalg.solve(V, residual), rtol=1e-7, atol=1e-9)
        spread = G - G @ Z.T @ np.linalg.solve(V, Z @ G)
        assert_allclose(effects.covariance[i], spread, rtol=1e-7, atol=1e-9)
