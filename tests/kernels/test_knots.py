"""The density with an unknown knot against that of formulas with the knot there, its slope against differences."""

import graphs
import numpy as np
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.bayes.marginal_draws import build_marginal, build_moving
from alsmodels.bayes.recovery import recover
from alsmodels.kernels.knots import evaluate_knot, evaluate_knot_range, move_squares, move_target
from alsmodels.kernels.posterior import LOG_2PI, evaluate

PRIOR = als.Normal(22.0, 5.0)
FORMULAS = (
    graphs.FORMULA,
    "y ~ arm + phase(week, 24) + (1 | subject) + (0 + phase(week, 24) | subject)",
    "y ~ phase(week, 24) + arm:phase(week, 24) + (week | subject)",
)


@pytest.fixture(scope="module", params=FORMULAS)
def design(request):
    return graphs.two_phase_design(request.param, n_subjects=20)


@pytest.fixture(scope="module")
def target(design):
    return build_moving(design, als.default_priors(design), PRIOR).target


def some_point(target, seed=0, *, knot=24.0):
    rng = np.random.default_rng(seed)
    q = len(target.fixed.inward)
    x = 0.4 * rng.standard_normal(target.n_parameters)
    x[:q] += np.log(np.array([5.0, 0.15, 0.15])[:q])
    x[-1] = (knot - PRIOR.mean) / PRIOR.sd
    return x


def with_knot_at(design, knot):
    """The model whose formula has the knot there, with the priors of the same coefficients."""
    formula = design.spec.formula.replace("24", repr(knot))
    moved, priors = als.build_design(formula, design.rows), als.default_priors(design)
    fixed = dict(zip(moved.fixed_names, (priors.fixed[name] for name in design.fixed_names), strict=True))
    sds = dict(zip(moved.random_names, (priors.sds[name] for name in design.random_names), strict=True))
    return build_marginal(moved, als.Priors(fixed, sds, priors.residual, priors.correlation))


@pytest.mark.parametrize("knot", [6.25, 17.9, 24.0, 24.5, 41.0])
def test_it_is_the_density_of_the_formula_with_that_knot(design, target, knot):
    x = some_point(target, knot=knot)
    value, slope = evaluate_knot(x, target)
    expected, expected_slope = evaluate(x[:-1], with_knot_at(design, knot).target)
    assert_allclose(value, expected - 0.5 * (LOG_2PI + x[-1] ** 2), rtol=1e-10)
    assert_allclose(slope[:-1], expected_slope, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("knot", [-3.0, 9.9, 24.3, 60.0])
def test_gradient_is_that_of_differences(target, knot):
    x, step = some_point(target, 1, knot=knot), 1e-5
    moves = step * np.eye(len(x))
    expected = [(evaluate_knot(x + one, target)[0] - evaluate_knot(x - one, target)[0]) / (2 * step) for one in moves]
    assert_allclose(evaluate_knot(x, target)[1], expected, rtol=1e-5, atol=1e-5)


def test_it_is_continuous_with_a_kink_where_there_is_a_visit(design, target):
    visit = float(np.sort(design.rows["week"].unique())[20])
    sides = [some_point(target, 2, knot=visit + apart) for apart in (-1e-9, 1e-9)]
    (left, slope_left), (right, slope_right) = (evaluate_knot(x, target) for x in sides)
    assert_allclose(left, right, rtol=1e-9)
    assert abs(slope_left[-1] - slope_right[-1]) > 1e-3


def test_values_in_bulk_are_those_one_by_one(target):
    xs = np.array([some_point(target, seed, knot=18.0 + seed) for seed in range(6)])
    values = np.zeros(6)
    evaluate_knot_range(xs, target, values, 1, 5)
    assert_allclose(values, [0.0, *(evaluate_knot(x, target)[0] for x in xs[1:5]), 0.0])


def test_a_knot_at_the_formula_changes_nothing(target):
    moved = move_target(target.centre, target)
    for name in ("ztz", "ztw", "wtw"):
        assert_allclose(getattr(moved, name), getattr(target.fixed, name), rtol=1e-9, atol=1e-9)


def test_squares_of_subjects_sum_to_those_of_all_rows(target):
    squares = move_squares(29.3, target)
    assert_allclose(squares.wtw.sum(axis=-1), move_target(29.3, target).wtw, rtol=1e-9, atol=1e-9)
    assert squares.counts.sum() == target.fixed.n_obs[0]


def test_what_is_recovered_is_what_a_fit_with_that_knot_recovers(design, target):
    """In distribution: the engine's coordinates are not the same, and so not what a normal deviate is added to."""
    knot, size = 31.7, 20_000
    known = with_knot_at(design, knot)
    x = some_point(target, 3, knot=knot)
    ours = recover(np.tile(x, (size, 1)), target, known.squares, np.random.default_rng(1))
    theirs = recover(np.tile(x[:-1], (size, 1)), known.target, known.squares, np.random.default_rng(2))
    for name in ("beta", "b", "loglik"):
        one, other = getattr(ours, name), getattr(theirs, name)
        error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / size)
        assert np.abs((one.mean(axis=0) - other.mean(axis=0)) / error).max() < 4.5
        assert_allclose(one.std(axis=0), other.std(axis=0), rtol=0.04)
