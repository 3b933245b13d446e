"""Parts of the data reduced alone and joined: the blocks of all rows reduced at once are the other road."""

import numpy as np
import pytest
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose

from alsmodels.kernels.blocks import build_blocks
from alsmodels.kernels.covariance import covariance_template
from alsmodels.kernels.joining import SAME, join_parts, reduce_part, stack_factors
from alsmodels.kernels.optimum import find_optimum

FULL = covariance_template([3])


def reduce_all(data, cuts, template=FULL, weights=None):
    """The parts that begin with the given subjects."""
    parts = []
    for first, last in zip([0, *cuts], [*cuts, len(data.starts) - 1], strict=True):
        rows = slice(data.starts[first], data.starts[last])
        parts.append(
            reduce_part(
                data.y[rows],
                np.ascontiguousarray(data.X[rows]),
                np.ascontiguousarray(data.Z[rows]),
                data.starts[first : last + 1] - data.starts[first],
                template,
                weights=None if weights is None else weights[rows],
            )
        )
    return parts


def answers(blocks):
    """What a fit says, in the user's coordinates."""
    found = find_optimum(blocks, reml=True)
    at, scaling = found.profile, blocks.scaling
    root = scaling.beta_root(at.beta_root) * scaling.size * np.sqrt(at.sigma2)
    covariance = scaling.z_factor @ at.root @ at.root @ scaling.z_factor.T * at.sigma2 * scaling.size**2
    return at.criterion, scaling.beta(at.beta), root @ root.T, covariance


def assert_same_fit(blocks, expected, rtol=1e-9):
    for found, there in zip(answers(blocks), answers(expected), strict=True):
        assert_allclose(found, there, rtol=rtol, atol=rtol * np.abs(there).max())


@pytest.mark.parametrize("cuts", [[], [12], [1, 2, 3], list(range(1, 24))], ids=len)
@pytest.mark.parametrize("sizes", [[3], [1, 2], [1, 1, 1]], ids=str)
def test_joined_parts_are_the_blocks_of_all_rows(cuts, sizes):
    template, data = covariance_template(sizes), two_phase_arrays(5)
    parts = reduce_all(data, cuts, template)
    joined = join_parts(parts, template)
    assert parts == []
    expected = build_blocks(data.y, data.X, data.Z, data.starts, template)
    for name in ("size", "logdet_x"):
        assert_allclose(getattr(joined.scaling, name), getattr(expected.scaling, name), rtol=1e-12)
    for name in ("beta_ls", "x_factor", "x_inverse", "z_factor"):
        there = getattr(expected.scaling, name)
        assert_allclose(getattr(joined.scaling, name), there, rtol=1e-10, atol=1e-11 * np.abs(there).max())
    for name in ("ztz", "ztx", "own"):
        here = getattr(joined, name)
        here, there = (
            one if name == "own" else one[..., blocks.codes]
            for one, blocks in ((here, joined), (getattr(expected, name), expected))
        )
        assert_allclose(here, there, atol=1e-10 * np.abs(there).max())
    assert_same_fit(joined, expected)


def test_the_basis_is_orthogonal_and_the_residual_stands_on_it():
    """Straight from the rows: what `wtw` claims of the joined coordinates."""
    data = two_phase_arrays(6)
    joined = join_parts(reduce_all(data, [3, 9, 10]), FULL)
    Q = data.X @ joined.scaling.x_inverse
    e = (data.y - data.X @ joined.scaling.beta_ls) / joined.scaling.size
    W = np.column_stack([Q, e])
    assert_allclose(W.T @ W, joined.wtw, atol=1e-9 * len(e))


def test_parts_may_lack_an_arm_a_phase_or_rows():
    data = two_phase_arrays(7)
    arm = data.X[data.starts[:-1], 1]
    order = np.argsort(arm, kind="stable")
    rows = np.concatenate([np.arange(data.starts[i], data.starts[i + 1]) for i in order])
    counts = np.diff(data.starts)[order]
    counts[:2], keep = 1, np.ones(len(rows), dtype=bool)
    keep[1 : np.diff(data.starts)[order][0]] = False
    begin = np.diff(data.starts)[order][0]
    keep[begin + 1 : begin + np.diff(data.starts)[order][1]] = False
    rows = rows[keep]
    sorted_by_arm = type(data)(data.y[rows], data.X[rows], data.Z[rows], np.r_[0, np.cumsum(counts)])
    cuts = [1, 2, int((arm == 0).sum())]  # a part of one row, another, the rest of one arm, all of the other
    parts = reduce_all(sorted_by_arm, cuts)
    assert [np.linalg.matrix_rank(part.x_factor) for part in parts] == [1, 1, 3, 3]
    expected = build_blocks(sorted_by_arm.y, sorted_by_arm.X.copy(), sorted_by_arm.Z.copy(), sorted_by_arm.starts, FULL)
    assert_same_fit(join_parts(parts, FULL), expected)


def test_digits_survive_a_far_origin():
    """Weeks since 1900: raw cross-products would have none left of the random slope."""
    near = two_phase_arrays(8)
    template = covariance_template([2])
    week = near.X[:, 2] + near.X[:, 3]
    ones = np.ones_like(week)
    far = type(near)(
        near.y + 1e5, np.column_stack([ones, week + 5000.0]), np.column_stack([ones, week + 5000.0]), near.starts
    )
    at_home = type(near)(near.y, np.column_stack([ones, week]), np.column_stack([ones, week]), near.starts)
    joined = join_parts(reduce_all(far, [5, 11], template), template)
    expected = build_blocks(at_home.y, at_home.X, at_home.Z, at_home.starts, template)
    found, there = answers(joined), answers(expected)
    assert_allclose(found[0], there[0], rtol=1e-9)
    assert_allclose(found[1][1], there[1][1], rtol=1e-8)
    assert_allclose(found[3][1, 1], there[3][1, 1], rtol=1e-7)


def test_weights_and_the_order_of_subjects():
    data = two_phase_arrays(9)
    weights = np.random.default_rng(1).uniform(0.5, 4.0, len(data.y))
    m = len(data.starts) - 1
    order = np.arange(m)[::-1].copy()
    joined = join_parts(reduce_all(data, [7], weights=weights), FULL, order=order)
    expected = build_blocks(data.y, data.X, data.Z, data.starts, FULL, weights=weights)
    assert_allclose(joined.log_weights, expected.log_weights, rtol=1e-13)
    assert_allclose(joined.own[:, ::-1], expected.own, atol=1e-9)
    assert_same_fit(joined, expected)


def nominal(n_subjects=40):
    """Subjects at the same weeks in two arms: two patterns."""
    data = two_phase_arrays(1, n_subjects=n_subjects, visits=(6, 7))
    week = np.tile(np.arange(6) * 10.0, n_subjects)
    arm = np.repeat(np.arange(n_subjects) % 2, 6)
    p1, p2 = np.minimum(week, 24), np.maximum(week - 24, 0)
    ones = np.ones_like(week)
    X = np.column_stack([ones, arm, p1, p2, arm * p1, arm * p2])
    return type(data)(data.y, X, np.column_stack([ones, p1, p2]), data.starts)


def test_patterns_of_several_parts_are_joined():
    data = nominal()
    parts = reduce_all(data, [11, 12, 30])
    assert sum(len(part.hashes) for part in parts) == 7  # the part of one subject has one pattern
    joined = join_parts(parts, FULL)
    assert joined.counts.tolist() == [20.0, 20.0]
    assert_same_fit(joined, build_blocks(data.y, data.X, data.Z, data.starts, FULL))


def test_patterns_of_one_hash_that_differ_are_kept_apart():
    data = nominal()
    parts = reduce_all(data, [20])
    for part in parts:
        part.hashes[:] = 1
    joined = join_parts(parts, FULL)
    assert len(joined.counts) == 4
    assert SAME < 1e-6
    assert_same_fit(joined, build_blocks(data.y, data.X, data.Z, data.starts, FULL))


def test_stacked_factors_have_the_cross_products_of_all_rows():
    data = two_phase_arrays(3)
    X, Z = stack_factors(reduce_all(data, [4, 15]))
    n = len(data.y)
    assert_allclose(X.T @ X, data.X.T @ data.X / n, rtol=1e-11, atol=1e-9)
    assert_allclose(Z.T @ Z, data.Z.T @ data.Z / n, rtol=1e-11, atol=1e-9)
