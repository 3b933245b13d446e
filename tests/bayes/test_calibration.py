"""Calibration finds the samplers right, finds wrong ones wrong, and is the same for a seed whatever the workers."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.linalg import block_diag

import alsmodels as als
from alsmodels.bayes import calibration, replicates
from alsmodels.bayes.calibration import calibrate
from alsmodels.errors import SpecError
from alsmodels.model.presets import alsfrs_r_priors

ASKED = als.slope_difference("drug", "control")


def make_design(n_subjects=16, weeks=(0.0, 12.0, 24.0, 36.0), formula="alsfrs_r ~ arm * week + (week | subject)"):
    subject = np.repeat(np.arange(n_subjects), len(weeks))
    table = {
        "subject": [f"S{number:02d}" for number in subject],
        "week": np.tile(weeks, n_subjects),
        "arm": pd.Categorical(np.array(["control", "drug"])[subject % 2], categories=["control", "drug"]),
        "alsfrs_r": np.random.default_rng(1).normal(38, 5, len(subject)),
    }
    return als.build_design(formula, pd.DataFrame(table))


@pytest.fixture(scope="module")
def design():
    return make_design()


@pytest.fixture(scope="module")
def run(design):
    def work(**options):
        given = {"replicates": 60, "draws": 39, "seed": 1, "asked": ASKED, "priors": alsfrs_r_priors(design)}
        return calibrate(design, **(given | options))

    return work


@pytest.fixture(scope="module")
def right(run):
    return run()


def test_importance_sampling_is_calibrated(right):
    assert right.is_uniform
    assert right.n_replicates == 60
    assert right.n_unreliable <= 3
    assert right.ranks.to_numpy().min() >= 0
    assert right.ranks.to_numpy().max() <= right.n_draws == 39
    table = right.table()
    assert table["quantity"].to_list() == [
        *(f"beta[{name}]" for name in ("(Intercept)", "arm[T.drug]", "week", "arm[T.drug]:week")),
        "sd[(Intercept)]",
        "sd[week]",
        "correlation[week ~ (Intercept)]",
        "sigma",
        "log-likelihood",
        "slope difference, drug - control (per month)",
    ]
    assert (table["adjusted"] >= table["p_value"]).all()
    # a question that is a multiple of a coefficient has its ranks
    pd.testing.assert_series_equal(right.ranks[ASKED.label], right.ranks["beta[arm[T.drug]:week]"], check_names=False)


def test_the_ranks_belong_to_the_seed_whatever_the_workers(run, right):
    for workers in (1, 3):
        pd.testing.assert_frame_equal(run(workers=workers).ranks, right.ranks)
    # a longer run begins as a shorter one does
    pd.testing.assert_frame_equal(run(replicates=5).ranks, right.ranks.head(5))
    assert not run(seed=2).ranks.equals(right.ranks)


def wrong_sd(monkeypatch, factor):
    honest = replicates.covariance_draws

    def work(xs, target):
        found = honest(xs, target)
        return found | {"sd": factor * found["sd"]}

    monkeypatch.setattr(replicates, "covariance_draws", work)


def test_standard_deviations_too_small_are_caught(run, monkeypatch):
    wrong_sd(monkeypatch, 0.7)
    table = run().table().set_index("quantity")
    assert (table.loc[["sd[(Intercept)]", "sd[week]"], "verdict"] == "draws too low").all()
    assert (table.drop(index=["sd[(Intercept)]", "sd[week]"])["verdict"] == "uniform").all()


@pytest.mark.parametrize(("factor", "verdict"), [(0.5, "draws too narrow"), (2.5, "draws too wide")])
def test_posteriors_of_another_width_are_caught(run, monkeypatch, factor, verdict):
    honest = replicates.recover

    def work(*given):
        found = honest(*given)
        centre = found.beta.mean(axis=0)
        return dataclasses.replace(found, beta=centre + factor * (found.beta - centre))

    monkeypatch.setattr(replicates, "recover", work)
    table = run(replicates=100).table().set_index("quantity")
    assert table.loc["beta[(Intercept)]", "verdict"] == verdict


def test_draws_that_ignore_the_data_are_caught_by_the_likelihood_alone(design, run, monkeypatch):
    priors = alsfrs_r_priors(design)

    def from_prior(target, draws, rng):
        truths = [replicates.draw_truth(design, priors, rng) for _ in range(draws)]
        xs = [np.log([*one.sd, one.sigma]) for one in truths]
        return replicates._Sampled(
            np.insert(np.array(xs), 2, [np.arctanh(one.correlation[0]) for one in truths], axis=1)
        )

    monkeypatch.setitem(replicates.SAMPLERS, "importance", from_prior)
    verdicts = run().table().set_index("quantity")["verdict"]
    assert verdicts["sd[week]"] == verdicts["sigma"] == "uniform"
    assert verdicts["log-likelihood"] != "uniform"


def test_replicates_that_cannot_be_relied_on_are_counted_in(run, monkeypatch):
    honest = replicates.SAMPLERS["importance"]
    calls = iter(range(100))

    def sometimes(target, draws, rng):
        found = honest(target, draws, rng)
        return dataclasses.replace(found, k_hat=0.9 if next(calls) % 4 == 0 else found.k_hat)

    monkeypatch.setitem(replicates.SAMPLERS, "importance", sometimes)
    found = run(replicates=20, workers=1)
    assert found.n_unreliable == 5 + int((found.k_hat[(found.k_hat != 0.9)] > 0.7).sum())
    assert len(found.ranks) == 20
    assert f"k-hat above 0.7: {found.n_unreliable} of 20" in str(found)


def test_it_prints_itself(right):
    text, page = str(right), right._repr_html_()
    assert text.startswith("Calibration of importance: 60 data sets from the prior, ranks among 39 draws")
    assert "no ranks are seen to stray" in text
    assert "log-likelihood" in page
    assert "<table" in page


def test_truths_come_from_the_priors(design):
    priors, rng = alsfrs_r_priors(design), np.random.default_rng(4)
    truths = [replicates.draw_truth(design, priors, rng) for _ in range(800)]
    for values, prior in (
        ([one.beta[1] for one in truths], priors.fixed["arm[T.drug]"]),
        ([one.sd[1] for one in truths], priors.sds["week"]),
        ([one.sigma for one in truths], priors.residual),
    ):
        assert stats.kstest(values, np.vectorize(prior.below)).pvalue > 0.001
    assert stats.kstest([one.correlation[0] for one in truths], stats.beta(2, 2, loc=-1, scale=2).cdf).pvalue > 0.001


def test_data_and_likelihood_are_those_of_the_dense_model():
    design = make_design(n_subjects=3, formula="alsfrs_r ~ week + (week || subject)")
    truth = replicates.draw_truth(design, alsfrs_r_priors(design), np.random.default_rng(3))
    assert truth.correlation.size == truth.factor[1, 0] == 0
    Z = block_diag(*np.split(design.Z, design.starts[1:-1]))
    V = Z @ np.kron(np.eye(3), np.diag(truth.sd**2)) @ Z.T + truth.sigma**2 * np.eye(design.n_obs)
    dense = stats.multivariate_normal(design.X @ truth.beta, V)
    assert replicates.log_likelihood(design, truth) == pytest.approx(dense.logpdf(design.y), rel=1e-9)
    rng = np.random.default_rng(5)
    made = np.array([replicates.simulate_response(design, truth, rng) for _ in range(20_000)])
    np.testing.assert_allclose(made.mean(axis=0), dense.mean, atol=5 * np.sqrt(V.max() / 20_000))
    np.testing.assert_allclose(np.cov(made.T), V, atol=0.05 * V.max())


def test_what_makes_no_sense_is_refused(design):
    with pytest.raises(SpecError, match="method is 'importance' or 'nuts'"):
        calibrate(design, method="gibbs", seed=1)
    with pytest.raises(SpecError, match="9 draws or more"):
        calibrate(design, draws=3, seed=1)
    with pytest.raises(SpecError, match="The priors have the fixed effect"):
        calibrate("alsfrs_r ~ week + (1 | subject)", als.load_example(), priors=alsfrs_r_priors(design), seed=1)


def test_holms_adjustment_is_the_textbooks():
    np.testing.assert_allclose(calibration._holm(np.array([0.04, 0.01, 0.03, 0.5])), [0.09, 0.04, 0.09, 0.5])


@pytest.mark.slow
@pytest.mark.parametrize("method", ["importance", "nuts"])
def test_a_hundred_replicates_of_the_two_phase_model(method):
    design = als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=24), als.load_example())
    found = calibrate(design, priors=alsfrs_r_priors(design), method=method, replicates=100, seed=7)
    assert found.is_uniform
    assert found.n_unreliable <= 5
