"""The density of the covariance parameters against densities of SciPy, and its gradient against differences."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import alsmodels as als
from alsmodels.bayes.target import build_target
from alsmodels.kernels.posterior import evaluate, evaluate_range, fill_factors, prior_density
from alsmodels.model.reduction import reduce_design

FORMULAS = (
    "alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)",
    "alsfrs_r ~ week + (1 | subject)",
    "alsfrs_r ~ week + (1 | subject) + (0 + week | subject)",
)


@pytest.fixture(scope="module", params=FORMULAS)
def design(request):
    return als.build_design(request.param, als.load_example())


def target_of(design, priors=None):
    return build_target(design, priors or als.default_priors(design), reduce_design(design))


def some_point(target, seed=0):
    rng = np.random.default_rng(seed)
    d, q = target.n_parameters, len(target.inward)
    x = 0.4 * rng.standard_normal(d)
    x[:q] += np.log(np.array([5.0, 0.15, 0.15])[:q])
    return x


def test_it_is_likelihood_times_prior_times_jacobian(design):
    target, q = target_of(design), design.Z.shape[1]
    x, priors, k = some_point(target), als.default_priors(design), len(target.pair_row)
    sd, partial, sigma = np.exp(x[:q]), np.tanh(x[q : q + k]), np.exp(x[-1])
    C, L = fill_factors(x, q, target.pair_row, target.pair_col, target.pair_start)
    assert_allclose(L, sd[:, None] * C)
    cov = np.diag(np.full(design.n_obs, sigma**2))
    for a, b in zip(design.starts, design.starts[1:], strict=False):
        cov[a:b, a:b] += design.Z[a:b] @ L @ L.T @ design.Z[a:b].T
    mean, spread = np.array([(p.mean, p.sd) for p in priors.fixed.values()]).T
    cov += design.X @ np.diag(spread**2) @ design.X.T
    expected = stats.multivariate_normal(design.X @ mean, cov).logpdf(design.y)
    for value, prior in zip([*sd, sigma], [*priors.sds.values(), priors.residual], strict=True):
        expected += np.log(2) + stats.t(3, scale=prior.scale).logpdf(value) + np.log(value)
    for p, a in zip(partial, target.pair_shape, strict=True):
        expected += stats.beta(a, a).logpdf((1 + p) / 2) - np.log(2) + np.log1p(-(p**2))
    assert_allclose(evaluate(x, target)[0], expected, rtol=1e-9)


@pytest.mark.parametrize("half", [als.HalfT(4.0, 2.0), als.HalfNormal(2.0)])
def test_gradient_is_that_of_differences(design, half):
    priors = als.default_priors(design)
    target = target_of(design, priors.replace(residual=half, sds={design.random_names[0]: half}))
    x, step = some_point(target, 1), 1e-5
    slope = evaluate(x, target)[1]
    for place, move in enumerate(step * np.eye(len(x))):
        difference = (evaluate(x + move, target)[0] - evaluate(x - move, target)[0]) / (2 * step)
        assert_allclose(slope[place], difference, rtol=1e-6, atol=1e-5)


def test_value_alone_is_the_same(design):
    target = target_of(design)
    xs = np.array([some_point(target, seed) for seed in range(4)])
    values = np.empty(4)
    evaluate_range(xs, target, values, 0, 4)
    assert values.tolist() == [evaluate(x, target)[0] for x in xs]


@pytest.mark.parametrize(("n", "eta"), [(2, 1.0), (3, 2.0), (4, 0.7)])
def test_partial_correlations_have_the_density_of_lkj(n, eta):
    """``|C|^(eta - 1)`` times the Jacobian from correlations to partial ones, prod (1 - p^2)^((n - 2 - c) / 2)."""
    row, col = np.array([(r, c) for r in range(n) for c in range(r)]).T
    shape = eta + (n - 2 - col) / 2
    points = np.random.default_rng(5).normal(size=(2, n + len(row) + 1)) * 0.5
    points[:, :n] = points[:, -1:] = 0.0
    logs = []
    for x in points:
        C = fill_factors(x, n, row, col, np.zeros_like(row))[0]
        partial = np.tanh(x[n : n + len(row)])
        jacobian = ((n - 2 - col) / 2 * np.log1p(-(partial**2))).sum() + np.log1p(-(partial**2)).sum()
        density = (eta - 1) * np.linalg.slogdet(C @ C.T)[1] + jacobian
        ours = prior_density(x, n, np.full(n + 1, 3.0), np.ones(n + 1), shape, np.zeros(len(x)))
        logs.append(ours - density)
    assert_allclose(logs[0], logs[1], rtol=1e-10)


def test_prior_integrates_to_one():
    """A random intercept alone with one observation pattern: over log sd and log sigma, on a grid."""
    grid = np.linspace(-30, 12, 4001)
    values = [
        np.exp(
            prior_density(
                np.array([u, 0.0]), 1, np.array([3.0, np.inf]), np.array([2.0, 1.0]), np.empty(0), np.zeros(2)
            )
        )
        for u in grid
    ]
    rest = np.exp(stats.halfnorm.logpdf(1.0))
    assert_allclose(np.trapezoid(values, grid) / rest, 1.0, rtol=1e-6)
