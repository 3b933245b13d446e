"""theta, Lambda and the coordinates of S."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from alsmodels.kernels.coordinates import symmetric_basis, symmetric_root
from alsmodels.kernels.covariance import (
    block_factor,
    correlation_of,
    covariance_template,
    fill_factor,
    read_theta,
)


def test_theta_is_read_back_column_by_column():
    template = covariance_template([1, 2])
    theta = np.array([1.0, 2.0, 3.0, 4.0])
    lam = fill_factor(theta, template)
    assert lam.tolist() == [[1, 0, 0], [0, 2, 0], [0, 3, 4]]
    assert_allclose(read_theta(lam, template), theta)
    assert template.blocks == (slice(0, 1), slice(1, 3))


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_a_factor_of_any_rank(rank):
    template = covariance_template([3])
    half = np.random.default_rng(rank).normal(size=(3, rank))
    S = half @ half.T
    root = symmetric_root(S, template)
    lam = block_factor(root, template)
    assert_allclose(root @ root, S, atol=1e-12)
    assert_allclose(lam @ lam.T, S, atol=1e-12)
    assert (np.diagonal(lam) >= 0).all()


def test_the_basis_is_orthonormal_and_stays_in_its_blocks():
    basis = symmetric_basis(covariance_template([2, 1]))
    assert_allclose(np.einsum("sab,tab->st", basis, basis), np.eye(4))
    assert not basis[:, 2, :2].any()


def test_correlation_with_a_zero_variance_is_not_a_number():
    correlation = correlation_of(np.diag([4.0, 0.0]))
    assert np.isnan(correlation[0, 1])
    assert_allclose(np.diagonal(correlation), 1.0)
