"""The engine's coordinates, and the way back."""

import numpy as np
import pytest
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose

from alsmodels.kernels.covariance import covariance_template
from alsmodels.kernels.scaling import dependent_columns, find_scaling


@pytest.mark.parametrize("layout", [(3,), (1, 2), (1, 1, 1)], ids=str)
def test_bases_are_orthogonal_and_lead_back(layout):
    data = two_phase_arrays(8)
    template = covariance_template(layout)
    scaling, y, X, Z = find_scaling(data.y, data.X, data.Z, template)
    n = len(y)
    assert_allclose(X.T @ X / n, np.eye(6), atol=1e-13)
    assert_allclose(X.T @ y / n, 0, atol=1e-13)
    assert_allclose(np.mean(y**2), 1.0)
    assert_allclose(X @ scaling.x_factor, data.X, atol=1e-11)
    assert_allclose(data.X @ scaling.beta_ls + scaling.size * y, data.y, atol=1e-11)
    assert_allclose(data.Z @ scaling.z_factor, Z)
    assert_allclose(np.triu(scaling.z_factor, 1), 0)
    for block in template.blocks:
        assert_allclose(Z[:, block].T @ Z[:, block] / n, np.eye(block.stop - block.start), atol=1e-13)


def test_digits_survive_a_far_origin():
    """Weeks counted from the year 1 leave X'X without a correct digit; the basis is still orthogonal."""
    rng = np.random.default_rng(0)
    week = 1e7 + rng.uniform(0, 52, 200)
    X = np.column_stack([np.ones(200), week])
    _, _, basis, _ = find_scaling(rng.normal(size=200), X, X[:, :1], covariance_template([1]))
    assert_allclose(basis.T @ basis / 200, np.eye(2), atol=1e-12)


def test_dependent_columns_are_found_with_what_they_depend_on():
    rng = np.random.default_rng(1)
    a, b, c = rng.normal(size=(3, 50))
    X = np.column_stack([a, b, 2 * a - b, c, np.zeros(50), 1e-6 * c])
    assert dependent_columns(X) == {2: [0, 1], 4: [], 5: [3]}
    assert dependent_columns(X[:, [0, 1, 3]]) == {}
