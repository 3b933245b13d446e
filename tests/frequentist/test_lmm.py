"""Fitting: what may be given, what comes back, and how failures are said."""

import pickle

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import alsmodels as als

SPEC = als.two_phase("alsfrs_r", arm="arm", knot=24)


@pytest.fixture(scope="module")
def cohort():
    return als.load_example()


@pytest.fixture(scope="module")
def fit(cohort):
    return als.fit_lmm(SPEC, cohort)


def test_a_formula_a_design_and_a_table_give_the_same_fit(cohort, fit):
    for again in (
        als.fit_lmm(SPEC.formula, cohort),
        als.fit_lmm(als.build_design(SPEC, cohort)),
        als.fit_lmm(SPEC, cohort.to_frame()),
    ):
        assert again.criterion == fit.criterion
        assert_allclose(again.beta, fit.beta, rtol=0)


def test_a_fit_is_a_value(fit):
    again = pickle.loads(pickle.dumps(fit))  # noqa: S301 - our own value
    assert_allclose(again.beta, fit.beta)
    with pytest.raises(AttributeError):
        fit.sigma = 1.0


def test_ml_is_not_reml(cohort, fit):
    ml = als.fit_lmm(SPEC, cohort, method="ML")
    assert ml.method == "ML"
    assert ml.criterion < fit.criterion
    assert (ml.bse < fit.bse).all()


@pytest.mark.parametrize(
    "formula", [SPEC.formula, "alsfrs_r ~ arm * week + (week | subject)", "fibrinogen ~ week + (1 | subject)"]
)
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_statsmodels_is_a_second_road(cohort, formula, method):
    ours = als.fit_lmm(formula, cohort, method=method)
    theirs = als.fit_lmm(formula, cohort, method=method, engine="statsmodels")
    assert theirs.engine == "statsmodels"
    assert_allclose(theirs.loglik, ours.loglik, atol=1e-5)
    assert_allclose(theirs.beta, ours.beta, atol=1e-3 * ours.bse.min())
    assert_allclose(theirs.bse, ours.bse, rtol=5e-3)  # theirs are from the joint Hessian with the variances
    assert_allclose(theirs.covariance, ours.covariance, rtol=2e-3, atol=1e-5)
    assert_allclose(theirs.random_effects(), ours.random_effects(), atol=2e-3)
    assert np.isinf(theirs.coefficients["df"]).all()


def test_statsmodels_is_not_believed_away_from_the_optimum(cohort):
    """Fibrinogen ends on the boundary, where MixedLM stops short of the optimum."""
    with pytest.raises(als.ConvergenceError, match="standard errors from an optimum"):
        als.fit_lmm("fibrinogen ~ arm * phase(week, 24) + (phase(week, 24) | subject)", cohort, engine="statsmodels")


def test_a_boundary_is_an_answer_with_a_status(cohort):
    fit = als.fit_lmm("fibrinogen ~ arm * phase(week, 24) + (phase(week, 24) | subject)", cohort)
    assert fit.status.kind.value == "on the boundary"
    assert fit.status.is_optimum
    assert fit.status.score < 1e-6
    assert np.linalg.eigvalsh(fit.covariance)[0] < 1e-10


def test_a_variance_of_zero_is_named():
    """The same six residuals in every subject, in another order: means vary less than by chance."""
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"subject": np.repeat(np.arange(30), 6), "week": np.tile(np.arange(6.0), 30)})
    frame["y"] = np.concatenate([rng.permutation([-2.0, -1.0, 0.0, 0.0, 1.0, 2.0]) for _ in range(30)])
    fit = als.fit_lmm("y ~ week + (1 | subject)", frame)
    assert fit.status.kind.value == "on the boundary"
    assert "the variance of (Intercept) is estimated as zero" in str(fit.status)
    assert fit.covariance.iloc[0, 0] == 0.0


@pytest.fixture
def one_visit(cohort):
    return cohort.to_frame().groupby("subject").head(1)


def test_what_is_not_identified_is_refused(cohort, one_visit):
    with pytest.raises(als.IdentificationError, match=r"the variance of \(Intercept\) from that of the residual"):
        als.fit_lmm("alsfrs_r ~ arm + (1 | subject)", one_visit)
    with pytest.raises(als.IdentificationError, match=r"arm\[T.anakinra\]"):
        als.fit_lmm("alsfrs_r ~ arm + (arm | subject)", cohort)
    with pytest.raises(als.IdentificationError, match="residual variance goes to zero"):
        als.fit_lmm("log(age) ~ week + (1 | subject)", cohort)


@pytest.mark.parametrize("random", ["1", "week"])
def test_one_subject_in_each_arm_is_refused_with_the_reason(cohort, random):
    frame = cohort.to_frame()
    alone = frame[frame["subject"].isin(frame.groupby("arm", observed=True)["subject"].first())]
    with pytest.raises(als.IdentificationError, match="there are 2 subjects, and the fixed effects tell each from the"):
        als.fit_lmm(f"alsfrs_r ~ arm * week + ({random} | subject)", alone)


def test_a_failed_fit_can_be_looked_at(one_visit):
    fit = als.fit_lmm("alsfrs_r ~ arm + (1 | subject)", one_visit, on_failure="return")
    assert fit.status.kind.value == "not identified"
    assert not fit.status.is_optimum


@pytest.mark.parametrize("value", [0.0, 3.0, 1e9])
def test_a_constant_outcome_is_refused(cohort, value):
    frame = cohort.to_frame().assign(flat=value)
    with pytest.raises(als.DesignError, match="exactly in all 672 rows"):
        als.fit_lmm("flat ~ week + (1 | subject)", frame)


def test_refusals(cohort):
    with pytest.raises(als.SpecError, match=r"fit_lmm\(spec, cohort\)"):
        als.fit_lmm(SPEC)
    with pytest.raises(als.SpecError, match="holds its data already"):
        als.fit_lmm(als.build_design(SPEC, cohort), cohort)
    with pytest.raises(als.SpecError, match="'MLE'"):
        als.fit_lmm(SPEC, cohort, method="MLE")
    with pytest.raises(als.SpecError, match="'lme4'"):
        als.fit_lmm(SPEC, cohort, engine="lme4")


@pytest.mark.parametrize("unit", [1e-8, 1e8])
def test_units_of_the_outcome_only_scale_the_answer(cohort, fit, unit):
    frame = cohort.to_frame()
    scaled = als.fit_lmm(SPEC, frame.assign(alsfrs_r=frame["alsfrs_r"] * unit))
    assert_allclose(scaled.beta, fit.beta * unit, rtol=1e-8)
    assert_allclose(scaled.coefficients["df"], fit.coefficients["df"], rtol=1e-6)


def test_units_of_time_only_scale_the_slopes(cohort, fit):
    frame = cohort.to_frame()
    days = als.fit_lmm(
        "alsfrs_r ~ arm * (p1 + p2) + (p1 + p2 | subject)",
        frame.assign(p1=frame["week"].clip(upper=24) * 7, p2=(frame["week"] - 24).clip(lower=0) * 7),
    )
    assert_allclose(days.criterion - fit.criterion, 4 * 2 * np.log(7), rtol=1e-8)  # log|X'V^-1 X| of four columns
    assert_allclose(days.params["p1"] * 7, fit.params["phase(week, 24)[1]"], rtol=1e-8)
