"""`sample_lmm`: what comes out, in which names, and what is refused."""

import subprocess
import sys

import numpy as np
import pytest
from arviz_stats import loo, summary
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.kernels import posterior as kernel

FORMULA = "alsfrs_r ~ week + (week | subject)"


@pytest.mark.parametrize("name", ["by_importance", "by_nuts"])
def test_draws_have_arviz_groups_and_names(request, name, two_phase_design):
    post = request.getfixturevalue(name)
    assert list(post.draws.children) == ["posterior", "sample_stats", "log_likelihood", "observed_data"]
    shapes = {key: value.dims for key, value in post.posterior.data_vars.items()}
    assert shapes == {
        "beta": ("chain", "draw", "term"),
        "sd": ("chain", "draw", "effect"),
        "correlation": ("chain", "draw", "pair"),
        "sigma": ("chain", "draw"),
        "b": ("chain", "draw", "subject", "effect"),
    }
    assert dict(post.posterior.sizes)["chain"] == 4
    assert post.posterior["term"].to_numpy().tolist() == list(two_phase_design.fixed_names)
    assert post.posterior["subject"].to_numpy().tolist() == two_phase_design.subjects.tolist()
    assert post.draws["observed_data"]["y"].to_numpy().tolist() == two_phase_design.y.tolist()
    assert post.draws["log_likelihood"]["y"].dims == ("chain", "draw", "subject")


def test_arviz_reads_them(by_nuts):
    table = summary(by_nuts.draws, var_names=["beta", "sigma"], round_to="none")
    assert_allclose(table["mean"].to_numpy()[:-1], by_nuts.beta, rtol=1e-12)
    left_out = loo(by_nuts.draws)
    assert left_out.n_data_points == 64  # subjects, not rows
    assert left_out.pareto_k.max() < 0.7


def test_it_agrees_with_reml_where_priors_are_weak(by_nuts, two_phase_design):
    fit = als.fit_lmm(two_phase_design)
    assert_allclose(by_nuts.beta, fit.beta, atol=0.1 * np.sqrt(np.diagonal(fit.beta_cov)).max())
    assert np.abs((by_nuts.beta - fit.beta) / fit.bse).max() < 0.1
    assert_allclose(by_nuts.sigma, fit.sigma, rtol=0.02)
    apart = by_nuts.random_effects() - fit.random_effects()
    assert (apart.std() / fit.random_effects().std()).max() < 0.1
    assert np.corrcoef(by_nuts.fittedvalues, fit.fittedvalues)[0, 1] > 0.9999


def test_nuts_of_a_seed_is_the_same_twice(two_phase_design):
    one, two = (als.sample_lmm(two_phase_design, seed=5, draws=400, on_failure="return") for _ in range(2))
    assert one.posterior.identical(two.posterior)


def test_a_second_cohort_compiles_nothing(by_nuts, by_importance):
    compiled = len(kernel.evaluate.signatures), len(kernel.evaluate_range.signatures)
    other = als.load_example().to_frame().query("week < 30")
    als.sample_lmm(FORMULA, other, method="importance", seed=1)
    als.sample_lmm(FORMULA, other, draws=400, seed=1, on_failure="return")
    assert (len(kernel.evaluate.signatures), len(kernel.evaluate_range.signatures)) == compiled


def test_independent_random_effects_have_no_correlation():
    post = als.sample_lmm(
        "alsfrs_r ~ week + (1 | subject) + (0 + week | subject)", als.load_example(), method="importance", seed=1
    )
    assert "correlation" not in post.posterior
    assert post.covariance_draws()[:, 0, 1].tolist() == [0.0] * post.n_draws


def test_a_fit_prints_itself(by_nuts, by_importance):
    text = str(by_importance)
    assert text.startswith("Posterior of a linear mixed model by importance, 4000 draws")
    assert "Status: sampled: k-hat" in text
    assert "r_hat" not in text
    assert "r_hat" in str(by_nuts)
    assert "<table" in by_nuts._repr_html_()


def test_intervals_are_those_of_the_draws(by_importance):
    table = by_importance.coefficients
    draws = by_importance.stacked("beta")
    assert_allclose(table["lower"], np.quantile(draws, 0.025, axis=0))
    shortest = by_importance.coefficient_table(level=0.8, interval="hdi")
    inside = (draws >= shortest["lower"].to_numpy()) & (draws <= shortest["upper"].to_numpy())
    assert_allclose(inside.mean(axis=0), 0.8, atol=0.001)
    assert np.all(
        shortest["upper"] - shortest["lower"] <= np.ptp(np.quantile(draws, [0.1, 0.9], axis=0), axis=0) + 1e-9
    )


BAD = [
    ({"method": "gibbs"}, als.SpecError, "method is 'nuts' or 'importance'"),
    ({"on_failure": "hide"}, als.SpecError, "on_failure 'raise', 'warn' or 'return'"),
    ({"draws": 4001}, als.SpecError, "a multiple of 4, not 4001"),
    ({"method": "importance", "response": als.ResponseModel(tails="student_t")}, als.SpecError, "Student-t residuals"),
    ({"response": als.ResponseModel(knot=als.Normal(24, 4))}, als.SpecError, "has no knot"),
]


@pytest.mark.parametrize(("given", "error", "words"), BAD)
def test_bad_calls_get_a_sentence(given, error, words):
    with pytest.raises(error, match=words):
        als.sample_lmm(FORMULA, als.load_example(), **given)


def test_priors_of_another_model_are_refused(two_phase_design):
    priors = als.default_priors(two_phase_design)
    with pytest.raises(als.SpecError, match="priors lack the fixed effect 'week'"):
        als.sample_lmm(FORMULA, als.load_example(), priors=priors)


@pytest.mark.parametrize("given", [{"sampler": "stan"}, {"chains": 0}, {"target_accept": 1.0}])
def test_bad_options_get_a_sentence(given):
    with pytest.raises(als.SpecError):
        als.NutsOptions(**given)


def test_too_few_draws_raise(two_phase_design):
    with pytest.raises(als.ConvergenceError, match=r"effective draws, under 400\. Draw more"):
        als.sample_lmm(two_phase_design, draws=80, seed=1)


def test_importance_loads_neither_pymc_nor_nutpie():
    program = (
        "import sys, alsmodels as als;"
        f"als.sample_lmm({FORMULA!r}, als.load_example(), method='importance', seed=1);"
        "print([name for name in ('pymc', 'pytensor', 'nutpie', 'arviz', 'statsmodels') if name in sys.modules])"
    )
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("method", ["importance", "nuts"])
def test_a_constant_outcome_is_refused_as_by_reml(method):
    frame = als.load_example().to_frame().assign(total=11.0)
    with pytest.raises(als.DesignError, match="explain 'total' exactly in all 672 rows"):
        als.sample_lmm("total ~ arm * week + (week | subject)", frame, method=method, seed=1)


def test_one_subject_in_each_arm_is_said():
    frame = als.load_example().to_frame()
    alone = frame[frame["subject"].isin(frame.groupby("arm", observed=True)["subject"].first())]
    formula = "alsfrs_r ~ arm * week + (1 | subject)"
    post = als.sample_lmm(formula, alone, method="importance", seed=1, draws=1000, on_failure="return")
    assert any("Every arm has one subject" in note for note in post.notes)
    whole = als.sample_lmm(formula, frame, method="importance", seed=1, draws=1000, on_failure="return")
    assert not any("Every arm has one subject" in note for note in whole.notes)
