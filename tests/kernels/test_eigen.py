"""Eigenvalues of small symmetric matrices, against NumPy's and against what is known."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from alsmodels.kernels.eigen import diagonalise


@pytest.mark.parametrize("k", [1, 2, 3, 6, 15])
def test_they_are_numpys(k):
    half = np.random.default_rng(k).normal(size=(k, k))
    S = half + half.T
    values, vectors = diagonalise(S)
    assert_allclose(values, np.linalg.eigvalsh(S), atol=1e-13 * k)
    assert_allclose(vectors @ np.diag(values) @ vectors.T, S, atol=1e-13 * k)
    assert_allclose(vectors.T @ vectors, np.eye(k), atol=1e-14 * k)


def test_small_ones_of_a_graded_matrix_have_their_digits():
    """D C D with C well conditioned: eigenvalues are as good as C's, however large and small D is."""
    C = np.array([[1.0, 0.3, 0.2], [0.3, 1.0, 0.1], [0.2, 0.1, 1.0]])
    D = np.diag([1e8, 1.0, 1e-8])
    smallest = diagonalise(D @ C @ D)[0][0]
    assert_allclose(smallest, 1e-16 * np.linalg.det(C) / np.linalg.det(C[:2, :2]), rtol=1e-12)


def test_what_is_not_finite_ends():
    values, _ = diagonalise(np.full((3, 3), np.nan))
    assert np.isnan(values).all()


def test_equal_eigenvalues():
    values, vectors = diagonalise(np.eye(4) * 2.5)
    assert_allclose(values, 2.5)
    assert_allclose(vectors, np.eye(4))
