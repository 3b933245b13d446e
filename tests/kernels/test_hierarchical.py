"""The hierarchical density against its formula written out with SciPy, and its gradient, for every response."""

from itertools import product

import numpy as np
import pytest
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import beta, gamma, halfnorm, norm, t

from alsmodels.kernels.hierarchical import (
    HierarchicalTarget,
    evaluate_hierarchical,
    find_point,
    move_columns,
    row_densities,
)

N_SUBJECTS, P, Q = 7, 6, 3
FEATURES = list(product(["gaussian", "student"], [False, True], [1, 2], [False, True], [False, True]))


def _target(features, seed=3):
    tails, censored, groups, levelled, moving = features
    rng = np.random.default_rng(seed)
    data = two_phase_arrays(seed, n_subjects=N_SUBJECTS)
    n = len(data.y)
    lower, upper = data.y.copy(), data.y.copy()
    if censored:
        lower[::5], upper[1::5], upper[2::5] = -np.inf, np.inf, data.y[2::5] + 1.5
    week, arm = data.X[:, 2] + data.X[:, 3], data.X[:, 1]
    ones = np.ones_like(week)
    X = np.column_stack([ones, arm, ones, ones, arm, arm]) if moving else data.X
    Z = np.ones((n, Q)) if moving else data.Z
    student = tails == "student"
    d = P + Q + 2 + groups + student + levelled + moving + N_SUBJECTS * Q
    return HierarchicalTarget(
        lower=lower,
        upper=upper,
        X=X,
        Z=Z,
        kind_X=np.array([0, 0, 1, 2, 1, 2]) * moving,
        kind_Z=np.array([0, 1, 2]) * moving,
        week=week if moving else np.empty(0),
        starts=data.starts,
        group=arm.astype(np.int64) if groups == 2 else np.empty(0, dtype=np.int64),
        beta_centre=np.array([37, 0.2, -0.2, -0.15, 0.02, 0.03]),
        beta_map=np.array([1, 1, 0.05, 0.05, 0.03, 0.03])[:, None] * np.triu(rng.normal(size=(P, P)))
        + 0.01 * np.eye(P),
        beta_mean=np.array([36, 0, -0.25, -0.25, 0, 0]),
        beta_sd=np.array([10, 5, 0.3, 0.3, 0.2, 0.2]),
        half_df=np.r_[3.0, np.inf, 3.0, [3.0, 4.0][:groups]],
        half_scale=np.r_[5.0, 0.3, 0.2, [2.0, 3.0][:groups]],
        # the third correlation is left out, and its partial correlation is zero
        pair_row=np.array([1, 2]),
        pair_col=np.array([0, 0]),
        pair_start=np.array([0, 0]),
        pair_shape=np.array([2.5, 2.0]),
        df_prior=np.array([2.0, 0.1, 1.0]) if student else np.empty(0),
        level_prior=np.array([0.01, 0.05, 30.0]) if levelled else np.empty(0),
        knot_prior=np.array([24.0, 3.0]) if moving else np.empty(0),
        constant=-1.25,
        origin=np.zeros(d),
    )


def _somewhere(target, seed=0):
    rng = np.random.default_rng(seed)
    x = 0.4 * rng.normal(size=target.n_parameters)
    x[P : P + Q] += np.log([4.0, 0.2, 0.2])
    x[P + Q + 2] += 0.7
    if len(target.df_prior):
        x[P + Q + len(target.half_df) - Q + 2] += np.log(4)
    return x


def _written_out(x, target):
    """The log density less the priors of the partial correlations, and rows' part of it."""
    groups = len(target.half_df) - Q
    parts = iter(np.split(x, np.cumsum([P, Q, 2, groups])))
    coefficients = target.beta_centre + target.beta_map @ next(parts)
    sd, partial, sigma, rest = np.exp(next(parts)), np.tanh(next(parts)), np.exp(next(parts)), next(parts)
    value, df, level, knot = target.constant, np.inf, 0.0, np.nan
    if len(target.df_prior):
        shape, rate, lower = target.df_prior
        df, value = lower + np.exp(rest[0]), value + rest[0]
        constant = gamma.logpdf(1.0, shape, scale=1 / rate) + rate
        value, rest = value + gamma.logpdf(df, shape, scale=1 / rate) - constant, rest[1:]
    value += norm.logpdf(rest).sum() + 0.5 * np.log(2 * np.pi) * len(rest)
    if len(target.level_prior):
        level, rest = target.level_prior[0] + target.level_prior[1] * rest[0], rest[1:]
    if len(target.knot_prior):
        knot, rest = target.knot_prior[0] + target.knot_prior[1] * rest[0], rest[1:]
    value -= 0.5 * np.sum(((coefficients - target.beta_mean) / target.beta_sd) ** 2)
    for one, prior_df, scale in zip(np.r_[sd, sigma], target.half_df, target.half_scale, strict=True):
        prior = halfnorm(scale=scale) if np.isinf(prior_df) else t(prior_df, scale=scale)
        value += prior.logpdf(one) + np.log(one) + (0 if np.isinf(prior_df) else np.log(2))
    C = np.eye(Q)
    C[1, :2] = partial[0], np.sqrt(1 - partial[0] ** 2)
    C[2, 0], C[2, 2] = partial[1], np.sqrt(1 - partial[1] ** 2)
    b = rest.reshape(N_SUBJECTS, Q) @ (sd[:, None] * C).T
    X, Z = target.X, target.Z
    if len(target.knot_prior):
        before = np.minimum(target.week, knot)
        phases = np.column_stack([np.ones_like(before), before, target.week - before])
        X, Z = X * phases[:, target.kind_X], Z * phases[:, target.kind_Z]
    mean = X @ coefficients + np.sum(Z * np.repeat(b, np.diff(target.starts), axis=0), axis=1)
    scale = sigma[target.group] if groups == 2 else np.full(len(mean), sigma[0])
    if len(target.level_prior):
        scale = scale * np.exp(level * (mean - target.level_prior[2]))
    error = norm(mean, scale) if np.isinf(df) else t(df, mean, scale)
    same = target.lower == target.upper
    with np.errstate(all="ignore"):
        low, high = error.logcdf(target.lower), error.logcdf(target.upper)
        above, beyond = error.logsf(target.lower), error.logsf(target.upper)
        from_below, from_above = high + np.log(-np.expm1(low - high)), above + np.log(-np.expm1(beyond - above))
    masses = np.where(mean > target.lower, from_below, from_above)
    return value, np.where(same, error.logpdf(target.lower), masses)


def _partial_priors(x, target):
    """``log (1 - p^2)^a / B(a, a) 2^(2a - 1)``: a beta variable on (-1, 1), with the Jacobian of tanh."""
    partial, a = np.tanh(x[P + Q : P + Q + 2]), target.pair_shape
    return np.sum(beta.logpdf((1 + partial) / 2, a, a) - np.log(2) + np.log(1 - partial**2))


def _numeric(x, target, places):
    slopes = []
    for place in places:
        moved = np.zeros(len(x))
        moved[place] = 1e-4
        half, whole = (
            (evaluate_hierarchical(x + k * moved, target)[0] - evaluate_hierarchical(x - k * moved, target)[0])
            / (2e-4 * k)
            for k in (0.5, 1)
        )
        slopes.append((4 * half - whole) / 3)
    return np.array(slopes)


@pytest.mark.parametrize("features", FEATURES, ids=str)
def test_the_density_is_its_formula(features):
    target = _target(features)
    x = _somewhere(target)
    priors, rows = _written_out(x, target)
    assert_allclose(row_densities(x, target), rows, rtol=1e-9, atol=1e-10)
    value = evaluate_hierarchical(x, target)[0]
    assert_allclose(value, priors + _partial_priors(x, target) + rows.sum(), rtol=1e-10)


@pytest.mark.parametrize("features", FEATURES, ids=str)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_gradient_is_that_of_the_density(features, seed):
    target = _target(features)
    x = _somewhere(target, seed)
    slope = evaluate_hierarchical(x, target)[1]
    expected = _numeric(x, target, range(len(x)))
    assert_allclose(slope, expected, rtol=1e-7, atol=1e-8 * np.abs(expected).max())


def test_a_point_is_read_in_order():
    target = _target(("student", True, 2, True, True))
    x = _somewhere(target)
    point = find_point(x, target)
    stop = P + Q + 2 + 2
    assert (point.df_place, point.level_place, point.knot_place, point.z_place) == (stop, stop + 1, stop + 2, stop + 3)
    assert len(x) == target.n_parameters == stop + 3 + N_SUBJECTS * Q
    assert_allclose(point.tails.df, 1 + np.exp(x[stop]))
    assert_allclose(point.level, 0.01 + 0.05 * x[stop + 1])
    assert_allclose(point.knot, 24 + 3 * x[stop + 2])
    assert_allclose(point.L @ point.L.T, point.C @ point.C.T * np.outer(*[np.exp(x[P : P + Q])] * 2))


def test_columns_move_with_the_knot():
    others, week = np.array([[1.0, 2.0, 3.0], [1.0, 2.0, 3.0]]), np.array([10.0, 30.0])
    moved = move_columns(others, np.array([0, 1, 2]), week, 24.0)
    assert_array_equal(moved, [[1, 20, 0], [1, 48, 18]])
    assert_array_equal(move_columns(others, np.array([0, 1, 2]), week, np.nan), others)


def test_where_there_is_no_density_it_says_so():
    """A residual SD beyond what numbers hold, not a NaN that a sampler takes for a value."""
    target = _target(("student", True, 1, True, False))
    for place, far in ((P + Q + 2, 800.0), (P + Q + 2, -800.0), (P, 800.0), (P + Q + 3, 800.0)):
        x = _somewhere(target)
        x[place] = far
        value, slope = evaluate_hierarchical(x, target)
        assert value == -np.inf
        assert len(slope) == len(x)


def test_all_responses_share_one_compiled_kernel():
    for features in FEATURES:
        target = _target(features)
        evaluate_hierarchical(_somewhere(target), target)
    assert len(evaluate_hierarchical.signatures) == 1
