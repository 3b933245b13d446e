"""What a fit shows: broom's tables, statsmodels' names, and itself in a terminal and in a notebook."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import alsmodels as als


@pytest.fixture(scope="module")
def fit():
    return als.fit_lmm("alsfrs_r ~ arm * week + (week | subject)", als.load_example())


def test_coefficients(fit):
    table = fit.coefficients
    assert list(table) == ["term", "estimate", "std_error", "df", "statistic", "p_value", "lower", "upper"]
    assert list(table["term"]) == list(fit.design.fixed_names)
    assert_allclose(table["statistic"], table["estimate"] / table["std_error"])
    assert ((table["lower"] < table["estimate"]) & (table["estimate"] < table["upper"])).all()


def test_tidy_has_brooms_columns_and_terms(fit):
    table = fit.tidy()
    expected = "effect group term estimate std_error statistic df p_value conf_low conf_high"
    assert list(table) == expected.split()
    random = table[table["effect"] == "ran_pars"].set_index("term")["estimate"]
    assert list(random.index) == ["sd__(Intercept)", "cor__(Intercept).week", "sd__week", "sd__Observation"]
    assert random["sd__Observation"] == fit.sigma
    assert_allclose(random["sd__week"] ** 2, fit.covariance.loc["week", "week"])
    assert_allclose(random["cor__(Intercept).week"], fit.correlation.iloc[0, 1])


def test_glance(fit):
    row = fit.glance().iloc[0]
    assert row["nobs"] == 672
    assert row["REMLcrit"] == -2 * row["logLik"]
    assert_allclose(row["AIC"], row["REMLcrit"] + 2 * 8)
    assert_allclose(row["BIC"], row["REMLcrit"] + np.log(672) * 8)
    assert row["df_residual"] == 672 - 8


def test_augment_adds_up(fit):
    table = fit.augment()
    assert len(table) == fit.design.n_obs
    assert_allclose(table[".fitted"] + table[".resid"], table["alsfrs_r"])
    subject = table["subject"].iloc[0]
    effects = fit.random_effects().loc[subject]
    mine = table[table["subject"] == subject]
    assert_allclose(mine[".fitted"] - mine[".fixed"], effects["(Intercept)"] + effects["week"] * mine["week"])


def test_names_people_type(fit):
    assert_allclose(fit.params, fit.beta)
    assert list(fit.bse.index) == list(fit.design.fixed_names)
    assert_allclose(fit.tvalues, fit.params / fit.bse)
    assert_allclose(fit.pvalues, fit.coefficients["p_value"])
    assert_allclose(fit.conf_int(), fit.coefficients[["lower", "upper"]])
    assert (fit.conf_int(alpha=0.01)[0] < fit.conf_int()[0]).all()
    assert_allclose(np.sqrt(np.diagonal(fit.cov_params())), fit.bse)
    assert fit.llf == fit.loglik
    assert_allclose(fit.resid + fit.fittedvalues, fit.design.y)


def test_theta_is_lme4s(fit):
    lam = np.array([[fit.theta[0], 0], [fit.theta[1], fit.theta[2]]])
    assert_allclose(fit.sigma**2 * lam @ lam.T, fit.covariance)


def test_a_fit_prints_itself(fit):
    text = str(fit)
    assert text == str(fit.summary())
    assert "alsfrs_r ~ arm + week + arm:week + (week | subject)" in text
    assert "672 rows of 64 subjects" in text
    assert "Satterthwaite" in text
    assert "Status: converged" in text
    assert "had no one died" in text
    assert max(map(len, text.splitlines()[:20])) < 120


def test_a_fit_shows_itself_in_a_notebook(fit):
    page = fit._repr_html_()
    assert page.count("<table") == 2
    assert "arm[T.anakinra]:week" in page
    assert "Status: converged" in page


def test_independent_effects_have_no_correlation():
    fit = als.fit_lmm("alsfrs_r ~ week + (week || subject)", als.load_example())
    assert not fit.tidy()["term"].str.startswith("cor__").any()
    assert fit.covariance.iloc[0, 1] == 0.0


def test_a_print_of_rows_left_out():
    cohort = als.load_example()
    fit = als.fit_lmm("fibrinogen ~ week + (1 | subject)", cohort)
    missing = int(cohort.visits["fibrinogen"].isna().sum())
    assert missing > 0
    assert f"{missing} rows left out for missing values" in str(fit)
