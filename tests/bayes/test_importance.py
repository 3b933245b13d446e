"""Importance sampling: its number for itself, against integrals on a grid, and where it has to say no."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.bayes.importance import sample_importance
from alsmodels.bayes.marginal_draws import build_marginal
from alsmodels.bayes.margins import find_leaning
from alsmodels.bayes.parallel import at_once
from alsmodels.bayes.proposal import adapt, posterior_mode
from alsmodels.kernels.posterior import evaluate, evaluate_range


@pytest.fixture(scope="module")
def intercepts():
    """Random intercepts alone: two parameters, so that a grid sees everything."""
    frame = als.load_example().to_frame()
    design = als.build_design("alsfrs_r ~ week + (1 | subject)", frame)
    return build_marginal(design, als.default_priors(design)).target


@pytest.fixture(scope="module")
def on_a_grid(intercepts):
    mode = posterior_mode(intercepts)
    sd = np.sqrt(np.diagonal(np.linalg.inv(mode.precision)))
    axes = [mode.x[k] + sd[k] * np.linspace(-8, 8, 161) for k in (0, 1)]
    logs = np.array([[evaluate(np.array([a, b]), intercepts)[0] for b in axes[1]] for a in axes[0]])
    cell = (axes[0][1] - axes[0][0]) * (axes[1][1] - axes[1][0])
    weights = np.exp(logs - mode.value)
    means = [
        np.average(np.exp(axes[0]), weights=weights.sum(axis=1)),
        np.average(np.exp(axes[1]), weights=weights.sum(axis=0)),
    ]
    return np.array(means), mode.value + np.log(weights.sum() * cell)


def test_moments_and_marginal_likelihood_are_those_of_the_grid(intercepts, on_a_grid):
    means, log_evidence = on_a_grid
    sample = sample_importance(intercepts, draws=8000, rng=np.random.default_rng(2))
    found = np.exp(sample.xs)
    error = found.std(axis=0) / np.sqrt(sample.ess)
    assert np.abs((found.mean(axis=0) - means) / error).max() < 4
    assert_allclose(sample.log_evidence, log_evidence, atol=4 / np.sqrt(sample.efficiency * sample.n_proposals))
    assert sample.k_hat < 0.5


def test_effective_draws_are_no_more_than_the_weights_allow(intercepts):
    sample = sample_importance(intercepts, draws=4000, rng=np.random.default_rng(2))
    assert sample.n_proposals == 8000
    assert 0.6 < sample.efficiency < 1
    assert sample.ess == min(4000, sample.efficiency * 8000)


def test_the_same_seed_gives_the_same_draws(two_phase_design, by_importance):
    again = als.sample_lmm(two_phase_design, method="importance", seed=1)
    other = als.sample_lmm(two_phase_design, method="importance", seed=2)
    assert again.draws["posterior"].to_dataset().identical(by_importance.posterior)
    assert not np.array_equal(other.stacked("beta"), by_importance.stacked("beta"))


def test_importance_and_nuts_agree(by_importance, by_nuts):
    ours, theirs = by_importance.diagnostics, by_nuts.diagnostics
    error = np.hypot(ours["sd"] / np.sqrt(by_importance.effective), theirs["mcse_mean"])
    assert (np.abs(ours["mean"] - theirs["mean"]) / error).max() < 4
    assert_allclose(ours["sd"], theirs["sd"], rtol=0.08)


def test_a_variance_near_zero_is_sampled_honestly():
    """An outcome without variation between slopes: the posterior of its SD leans on zero."""
    rng = np.random.default_rng(4)
    frame = als.load_example().to_frame()
    frame = frame.assign(y=30 - 0.2 * frame["week"] + rng.normal(0, 2, len(frame)))
    design = als.build_design("y ~ week + (week | subject)", frame)
    post = als.sample_lmm(design, method="importance", seed=3, on_failure="return")
    nuts = als.sample_lmm(design, method="nuts", seed=3, on_failure="return", draws=8000)
    assert post.draws.attrs["k_hat"] == pytest.approx(float(post.status.message.split()[1].rstrip(",")), abs=0.006)
    if post.status.is_reliable:
        assert_allclose(post.stacked("sd").mean(axis=0), nuts.stacked("sd").mean(axis=0), rtol=0.08)


@pytest.fixture(scope="module")
def noise():
    """Random intercepts that are not there: the logarithm of their SD has an exponential tail to the left."""
    frame = als.load_example().to_frame()
    frame = frame.assign(y=30 - 0.2 * frame["week"] + np.random.default_rng(4).normal(0, 2, len(frame)))
    design = als.build_design("y ~ week + (1 | subject)", frame)
    return build_marginal(design, als.default_priors(design)).target


def test_the_tail_of_a_variance_near_zero_is_drawn_in_full(noise):
    """A short version of ``benchmarks/near_zero.py``; a plain t gave 0.84 to 1.16 of the SD, and 2.5 of the error."""
    mode = posterior_mode(noise)
    axes = np.linspace(-16, 2.5, 1500), mode.x[1] + np.linspace(-0.25, 0.25, 41)
    xs = np.ascontiguousarray(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2))
    logs = np.empty(len(xs))
    evaluate_range(xs, noise, logs, 0, len(xs))
    weights = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    mean = weights @ xs[:, 0]
    sd = np.sqrt(weights @ (xs[:, 0] - mean) ** 2)
    found = [sample_importance(noise, draws=4000, rng=np.random.default_rng(seed)) for seed in range(12)]
    spreads = np.array([one.xs[:, 0].std() for one in found]) / sd
    claims = np.array([(one.xs[:, 0].mean() - mean) / (sd / np.sqrt(one.ess)) for one in found])
    assert_allclose(spreads, 1.0, atol=0.08)
    assert_allclose(spreads.mean(), 1.0, atol=0.02)
    assert np.sqrt((claims**2).mean()) < 1.6
    assert max(one.k_hat for one in found) < 0.5
    assert min(one.ess for one in found) == 4000


def test_only_a_tail_that_is_not_normal_is_bent(noise, intercepts):
    """Where the SD is well away from zero proposals, and so draws, are as they always were."""
    for target, leaning in ((noise, [0]), (intercepts, [])):
        mode = posterior_mode(target)
        assert find_leaning(lambda x, given=target: evaluate(x, given), mode, 1) == leaning
    assert not adapt(intercepts, np.random.default_rng(1), at_once).bends


def test_bad_weights_are_refused(monkeypatch, two_phase_design):
    from alsmodels.bayes import importance

    monkeypatch.setattr(importance, "smooth_weights", lambda logs: (logs, 0.93))
    with pytest.raises(als.ConvergenceError, match=r"k-hat 0\.93 is above 0\.7.*method='nuts'"):
        als.sample_lmm(two_phase_design, method="importance", seed=1)
    with pytest.warns(als.UnreliableDraws, match=r"k-hat 0\.93"):
        als.sample_lmm(two_phase_design, method="importance", seed=1, on_failure="warn")
    kept = als.sample_lmm(two_phase_design, method="importance", seed=1, on_failure="return")
    assert not kept.status.is_reliable
