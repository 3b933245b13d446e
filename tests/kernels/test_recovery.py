"""What was integrated out, drawn again: moments against the dense formulae, likelihoods against normal densities."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.stats import multivariate_normal

import alsmodels as als
from alsmodels.bayes.marginal_draws import build_marginal
from alsmodels.bayes.proposal import posterior_mode
from alsmodels.bayes.recovery import recover
from alsmodels.kernels.posterior import fill_factors

FORMULA = "alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)"
DRAWS = 40_000


@pytest.fixture(scope="module")
def design():
    frame = als.load_example().to_frame()
    return als.build_design(FORMULA, frame[frame["subject"].isin(frame["subject"].unique()[::5])])


@pytest.fixture(scope="module")
def model(design):
    return build_marginal(design, als.default_priors(design))


@pytest.fixture(scope="module")
def point(model):
    return posterior_mode(model.target).x


@pytest.fixture(scope="module")
def found(model, point):
    return recover(np.tile(point, (DRAWS, 1)), model.target, model.squares, np.random.default_rng(3))


@pytest.fixture(scope="module")
def dense(design, model, point):
    """Mean and covariance of (beta, b of all subjects) given y at one point, from the joint normal density."""
    target, q, m, p = model.target, 3, design.n_subjects, design.X.shape[1]
    L = fill_factors(point, q, target.pair_row, target.pair_col, target.pair_start)[1]
    sigma = np.exp(point[-1])
    Z = np.zeros((design.n_obs, m * q))
    for i, (a, b) in enumerate(zip(design.starts, design.starts[1:], strict=False)):
        Z[a:b, q * i : q * i + q] = design.Z[a:b]
    rows = np.hstack([design.X, Z])
    prior = als.default_priors(design)
    mean, sd = np.array([(one.mean, one.sd) for one in prior.fixed.values()]).T
    precision = rows.T @ rows / sigma**2
    precision[:p, :p] += np.diag(1 / sd**2)
    precision[p:, p:] += np.kron(np.eye(m), np.linalg.inv(L @ L.T))
    shift = rows.T @ design.y / sigma**2
    shift[:p] += mean / sd**2
    return np.linalg.solve(precision, shift), np.linalg.inv(precision), L, sigma


def test_means_and_variances_are_those_of_the_joint_normal(found, dense):
    mean, covariance = dense[:2]
    draws = np.hstack([found.beta, found.b.reshape(DRAWS, -1)])
    sd = np.sqrt(np.diagonal(covariance))
    assert np.abs((draws.mean(axis=0) - mean) / sd).max() < 5 / np.sqrt(DRAWS)
    assert_allclose(draws.std(axis=0), sd, rtol=5 / np.sqrt(2 * DRAWS))


def test_fixed_and_random_effects_go_together(found, dense):
    """They are drawn jointly: their correlations are those of the joint normal too."""
    covariance = dense[1]
    scale = np.sqrt(np.diagonal(covariance))
    draws = np.hstack([found.beta, found.b.reshape(DRAWS, -1)])
    theirs = covariance / np.outer(scale, scale)
    assert np.abs(np.corrcoef(draws, rowvar=False) - theirs).max() < 5.5 / np.sqrt(DRAWS)
    assert np.abs(theirs - np.eye(len(theirs))).max() > 0.3


def test_likelihood_of_a_subject_is_a_normal_density(design, found, dense):
    L, sigma = dense[2:]
    for number in (0, 17):
        for i, (a, b) in enumerate(zip(design.starts, design.starts[1:], strict=False)):
            cov = design.Z[a:b] @ L @ L.T @ design.Z[a:b].T + sigma**2 * np.eye(b - a)
            expected = multivariate_normal(design.X[a:b] @ found.beta[number], cov).logpdf(design.y[a:b])
            assert_allclose(found.loglik[number, i], expected, rtol=1e-9)


def test_the_answer_does_not_depend_on_threads(model, point, monkeypatch):
    from alsmodels.bayes import parallel

    xs = np.tile(point, (1000, 1))
    one, other = [], []
    for store, cores in ((one, 1), (other, 3)):
        monkeypatch.setattr(parallel, "n_threads", lambda cores=cores: cores)
        store.append(recover(xs, model.target, model.squares, np.random.default_rng(3)))
    assert np.array_equal(one[0].b, other[0].b)
    assert np.array_equal(one[0].loglik, other[0].loglik)
