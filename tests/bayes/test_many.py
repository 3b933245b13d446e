"""Many posteriors at once: each is the one its data set has alone, and none stops another."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from trials import FORMULA, beyond_fitting, stacked, trial

import alsmodels as als
from alsmodels.bayes import many
from alsmodels.bayes.marginal_draws import build_marginal, draw_importance
from alsmodels.model.status import Status, StatusKind

ASKED = [als.slope_difference("drug", "control", phase=1), als.slowing("drug", "control", phase=1)]
DRAWS = 500


@pytest.fixture(scope="module")
def frames():
    return [trial(seed, n_subjects=30) for seed in range(3)]


@pytest.fixture(scope="module")
def found(frames):
    return als.sample_many(FORMULA, stacked(frames), estimands=ASKED, draws=DRAWS, seed=7, progress=False)


@pytest.mark.parametrize("number", range(3))
def test_each_posterior_is_the_one_it_has_alone(frames, found, number):
    """The same draws, from the replicate's own child of the seed."""
    design = als.build_design(FORMULA, frames[number])
    model = build_marginal(design, als.default_priors(design))
    own = np.random.SeedSequence(7, spawn_key=(number,))
    alone = draw_importance(model, draws=DRAWS, chains=1, seed=own)
    here, posterior = found.sel(replicate=number), alone.posterior.isel(chain=0)
    assert_allclose(here["k_hat"], alone.importance.k_hat)
    assert_allclose(here["effective_draws"], alone.importance.ess)
    assert_allclose(here["beta"], posterior["beta"].mean("draw"), rtol=1e-10)
    assert_allclose(here["beta_std_error"], posterior["beta"].std("draw", ddof=1), rtol=1e-10)
    for name in ("sd", "correlation", "sigma"):
        assert_allclose(here[name], posterior[name].mean("draw"), rtol=1e-10)
    for question in ASKED:
        draws = question.contrast(design).value(posterior["beta"].to_numpy())
        answer = here.sel(estimand=question.label)
        assert_allclose(answer["estimate"], draws.mean(), rtol=1e-8)
        assert_allclose(answer["std_error"], draws.std(ddof=1), rtol=1e-8)
        assert_allclose([answer["lower"], answer["median"], answer["upper"]], np.quantile(draws, [0.025, 0.5, 0.975]))
        assert answer["probability"] == np.mean(draws > 0)
        assert answer["direction"] == max(np.mean(draws > 0), np.mean(draws <= 0))
        assert_allclose(answer["mcse"], draws.std(ddof=1) / np.sqrt(alone.importance.ess), rtol=1e-8)


def test_posterior_means_lie_near_the_estimates(frames, found):
    """Flat priors on the slopes, a score of subjects: Bayes and REML say the same within a standard error."""
    fits = als.fit_many(FORMULA, stacked(frames), estimands=ASKED[:1])
    away = (found["estimate"].sel(estimand=ASKED[0].label) - fits["estimate"][:, 0]) / fits["std_error"][:, 0]
    assert np.abs(away).max() < 0.5


@pytest.mark.parametrize("workers", [1, 3])
def test_workers_change_nothing(frames, found, workers):
    again = als.sample_many(
        FORMULA, stacked(frames), estimands=ASKED, draws=DRAWS, seed=7, workers=workers, progress=False
    )
    assert again.identical(found)


def test_priors_are_those_that_are_stated(frames):
    table = stacked(frames[:1])
    design = als.build_design(FORMULA, frames[0])
    term = "arm[T.drug]:phase(week, 24)[1]"
    sure = als.default_priors(design).replace(fixed={term: als.Normal(0.3, 1e-4)})
    found = als.sample_many(FORMULA, table, priors=sure, draws=DRAWS, seed=1, progress=False)
    assert_allclose(found["beta"].sel(term=term), 0.3, atol=1e-3)
    assert found.attrs["priors"] == sure.to_json()
    with pytest.raises(als.SpecError, match="lack the fixed effect"):
        als.sample_many("y ~ arm * week + (week | subject)", table, priors=sure, draws=DRAWS)


def test_what_cannot_be_sampled_says_so_and_stops_nothing(frames, found):
    broken = beyond_fitting()
    names = ["an arm without visits", "not finite", "no rows", "constant"]
    table = stacked([frames[0], *(broken[name] for name in names), frames[1]])
    mixed = als.sample_many(FORMULA, table, estimands=ASKED, draws=DRAWS, seed=7, progress=False)
    assert mixed["status"].values.tolist() == ["sampled", *["not fitted"] * 4, "sampled"]
    assert_array_equal(mixed["estimate"].notnull().all("estimand"), [True, *[False] * 4, True])
    assert all(len(reason) > 20 for reason in mixed["reason"].values[1:5])
    assert mixed.isel(replicate=0).equals(found.isel(replicate=0))


def test_draws_that_are_not_to_be_relied_on_are_not_given(monkeypatch, frames):
    monkeypatch.setattr(many, "judge_importance", lambda _k_hat, ess: Status(StatusKind.UNRELIABLE, "no", ess))
    found = als.sample_many(FORMULA, stacked(frames[:1]), estimands=ASKED, draws=DRAWS, seed=7, progress=False)
    assert found["status"].item() == "not to be relied on"
    assert found["estimate"].isnull().all()
    assert found["k_hat"].notnull().all()


def test_few_draws_are_not_relied_on(frames):
    found = als.sample_many(FORMULA, stacked(frames[:1]), estimands=ASKED, draws=200, seed=7, progress=False)
    assert found["status"].item() == "not to be relied on"
    assert "under 400" in found["reason"].item()


def test_refusals(frames):
    with pytest.raises(als.SpecError, match="method='importance'"):
        als.sample_many(FORMULA, frames, method="nuts")
    with pytest.raises(als.SpecError, match="100 at least"):
        als.sample_many(FORMULA, frames, draws=10)
    with pytest.raises(als.EstimandError, match="between 0 and 1"):
        als.sample_many(FORMULA, frames, level=95)
    with pytest.raises(als.EstimandError, match="is a question to a posterior"):
        als.sample_many(FORMULA, frames, estimands=als.effect_correlation("week", "(Intercept)"))
