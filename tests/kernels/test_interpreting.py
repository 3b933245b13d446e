"""Kernels as plain Python functions."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from alsmodels.kernels import eigen, frames, patterns
from alsmodels.kernels.compiling import njit
from alsmodels.kernels.interpreting import interpret, twin_of

FACTOR = 2.0


@njit()
def double(x):
    return FACTOR * x


@njit()
def double_twice(x):
    return double(double(x))


def test_a_twin_calls_twins_and_nothing_is_compiled():
    assert interpret(double_twice, 1.5) == 6.0
    assert (double_twice.signatures, double.signatures) == ([], [])
    assert twin_of(double_twice) is twin_of(double_twice)


def test_compiled_kernels_go_on_as_they_are_beside_their_twins():
    interpret(double_twice, 1.0)
    assert double_twice.py_func.__globals__["double"] is double
    assert (double_twice(1), len(double_twice.signatures)) == (4.0, 1)
    assert interpret(double_twice, 1) == 4.0


def test_types_and_constants_are_the_same_objects():
    frame = interpret(frames.find_frame, np.diag([-2.0, 1.0]), np.array([0, 1, 2]))
    assert isinstance(frame, frames.Frame)
    assert twin_of(eigen.diagonalise).__globals__["MAX_SWEEPS"] is eigen.MAX_SWEEPS


def test_integers_without_a_sign_overflow_as_they_are_to():
    rng = np.random.default_rng(1)
    X, Z = rng.normal(size=(12, 2)), np.ones((12, 1))
    X[3:6], X[9:] = X[:3], X[6:9]
    given = X.view(np.uint64), Z.view(np.uint64), np.array([0, 3, 6, 9, 12]), patterns.hash_words(9)
    for interpreted, compiled in zip(
        interpret(patterns.group_subjects, *given), patterns.group_subjects(*given), strict=True
    ):
        assert_array_equal(interpreted, compiled)


def test_numbers_that_are_not_defined_are_passed_on_without_a_word():
    values, _ = interpret(eigen.diagonalise, np.full((2, 2), np.nan))
    assert np.isnan(values).all()


def test_an_error_in_a_kernel_is_the_callers():
    with pytest.raises(TypeError):
        interpret(double, None)
