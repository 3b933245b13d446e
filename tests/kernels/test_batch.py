"""The compiled loops over data sets against the steps of a single fit, and the faults that they find."""

import numpy as np
import pytest
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose, assert_array_equal

from alsmodels.kernels import batch, blocks
from alsmodels.kernels.blocks import build_blocks
from alsmodels.kernels.coordinates import first_moves, move_theta, second_moves
from alsmodels.kernels.covariance import block_factor, covariance_template
from alsmodels.kernels.optimum import find_optimum
from alsmodels.kernels.scaling import dependent_columns, random_basis_of

TEMPLATE = covariance_template([3])


def _sets(parts):
    """Arrays one after another."""
    rows = np.cumsum([0, *(len(part.y) for part in parts)])
    starts = [part.starts[:-1] + row for part, row in zip(parts, rows, strict=False)]
    columns = [np.concatenate([getattr(part, name) for part in parts]) for name in ("y", "X", "Z")]
    offsets = np.cumsum([0, *(len(part.starts) - 1 for part in parts)])
    return batch.Sets(*columns, np.append(np.concatenate(starts), rows[-1]), offsets)


def _task(*, reml=True):
    return batch.make_task(TEMPLATE, most_numbers=9 * 9, reml=reml)


@pytest.fixture(scope="module")
def parts():
    return [two_phase_arrays(seed, n_subjects=10 + 3 * seed) for seed in range(6)]


def test_reduced_sets_are_the_blocks_of_each(monkeypatch, parts):
    """Against the other road, which spreads each step over threads."""
    shelf = batch.reduce_sets(_sets(parts), _task())
    monkeypatch.setattr(blocks, "SMALL", 0)
    first = 0
    for r, part in enumerate(parts):
        one = build_blocks(part.y, part.X, part.Z, part.starts, TEMPLATE)
        m, g = one.n_subjects, len(one.counts)
        assert shelf.fault[r] == batch.FITTED
        assert_array_equal(shelf.sizes[r], [one.n_obs, m, g])
        assert_allclose(shelf.ztz[9 * first :][: 9 * g], one.ztz.ravel(), atol=1e-11)
        assert_allclose(shelf.ztx[18 * first :][: 18 * g], one.ztx.ravel(), atol=1e-11)
        assert_allclose(shelf.zty[3 * first :][: 3 * g], one.zty.ravel(), atol=1e-11)
        assert_allclose(shelf.beta_ls[r], one.scaling.beta_ls, rtol=1e-9)
        assert_allclose(shelf.size[r], one.scaling.size, rtol=1e-12)
        assert_allclose(shelf.logdet_x[r], one.scaling.logdet_x, rtol=1e-12)
        first += m


@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
def test_searches_end_where_single_searches_end(parts, reml):
    task = _task(reml=reml)
    found = batch.search_sets(batch.reduce_sets(_sets(parts), task), task)
    for r, part in enumerate(parts):
        one = find_optimum(build_blocks(part.y, part.X, part.Z, part.starts, TEMPLATE), reml=reml)
        assert_allclose(found.criterion[r], one.profile.criterion, rtol=1e-13)
        assert_allclose(found.beta[r], one.profile.beta, atol=1e-10)
        assert found.n_steps[r] == one.n_steps
        assert found.converged[r] == one.converged
        assert found.score[r] < 1e-6


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("where", ["y", "X", "Z"])
def test_numbers_that_are_not_finite_are_found(parts, bad, where):
    sets = _sets(parts)
    array = getattr(sets, where).copy()
    array[int(sets.starts[sets.offsets[2]]) + 7] = bad
    faults = batch.reduce_sets(sets._replace(**{where: array}), _task()).fault
    assert_array_equal(faults, [0, 0, batch.NOT_FINITE, 0, 0, 0])


def test_faults_are_told_apart(parts):
    whole = parts[0]
    no_phase = np.column_stack([whole.X[:, :3], 0 * whole.X[:, 3], whole.X[:, 4:]])
    one_arm = np.column_stack([whole.X[:, :1], whole.X[:, :1], whole.X[:, 2:]])
    one_time = np.column_stack([whole.Z[:, :1], whole.Z[:, 0] * 3, whole.Z[:, 2]])
    made = [
        type(whole)(whole.y, no_phase, whole.Z, whole.starts),
        type(whole)(whole.y, one_arm, whole.Z, whole.starts),
        type(whole)(whole.y, whole.X, one_time, whole.starts),
        type(whole)(whole.X @ np.arange(1.0, 7.0), whole.X, whole.Z, whole.starts),
        type(whole)(whole.y[:5], whole.X[:5], whole.Z[:5], np.array([0, 2, 5])),
        type(whole)(whole.y[:0], whole.X[:0], whole.Z[:0], np.array([0])),
        whole,
    ]
    task = _task()
    shelf = batch.reduce_sets(_sets(made), task)
    dependent, exact = batch.X_DEPENDENT, batch.EXACT
    assert_array_equal(shelf.fault, [dependent, dependent, batch.Z_DEPENDENT, exact, batch.TOO_FEW, batch.EMPTY, 0])
    found = batch.search_sets(shelf, task)
    assert_array_equal(np.isfinite(found.criterion), shelf.fault == 0)


def test_nearly_dependent_columns_are_found_by_both_roads():
    rng = np.random.default_rng(3)
    a, b, c = rng.normal(size=(3, 80))
    for share in (1e-6, 1e-9, 1e-11, 1e-13):
        Z = np.column_stack([a, b, a + share * c])
        independent = random_basis_of(Z, np.ones(80), np.array([0, 3]))[0]
        assert independent == (not dependent_columns(Z)), share


@pytest.mark.parametrize("sizes", [(3,), (1, 2), (4,)])
@pytest.mark.parametrize("rank", [0, 1, 2, 4])
def test_a_factor_is_lower_and_has_the_same_square(sizes, rank):
    template = covariance_template(sizes)
    root = np.zeros((template.n_effects, template.n_effects))
    for block in template.blocks:
        part = np.random.default_rng(rank).normal(size=(block.stop - block.start, rank))
        values, vectors = np.linalg.eigh(part @ part.T)
        root[block, block] = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    factor = block_factor(root, template)
    assert_allclose(factor @ factor.T, root @ root, atol=1e-13)
    assert_array_equal(factor, np.tril(factor))
    assert (np.diagonal(factor) >= 0).all()


@pytest.mark.parametrize("sizes", [(3,), (1, 2), (1, 1)])
def test_moves_of_theta_are_those_of_its_steps(sizes):
    """``dS`` and ``d2S`` from the matrices that a unit of each element adds to Lambda, product by product."""
    template = covariance_template(sizes)
    q, k, rng = template.n_effects, template.n_theta, np.random.default_rng(2)
    T, lam = np.tril(rng.normal(size=(q, q))) + 3 * np.eye(q), np.tril(rng.normal(size=(q, q)))
    steps = np.zeros((k, q, q))
    steps[np.arange(k), template.rows, template.cols] = 1.0
    steps = np.linalg.inv(T) @ steps
    first, second = move_theta(lam, template.rows, template.cols, T)
    assert_allclose(first, first_moves(steps, lam), atol=1e-13)
    assert_allclose(second, second_moves(steps), atol=1e-13)
