"""Weights of rows: the dense twin, what they are the same as, and what is refused. lme4's are in `test_lmm_foreign`."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.data.examples import load_example

MODEL = "y ~ week + (week | subject)"


@pytest.fixture
def frame():
    rng = np.random.default_rng(3)
    subject, week = np.repeat(np.arange(20), 6), np.tile(np.arange(0.0, 48.0, 8.0), 20)
    b = rng.normal(size=(20, 2)) * [3, 0.1]
    w = rng.integers(1, 6, 120)
    y = 30 + b[subject, 0] + (b[subject, 1] - 0.2) * week + rng.normal(size=120) * 2 / np.sqrt(w)
    return pd.DataFrame({"subject": subject.astype(str), "week": week, "y": y, "w": w})


@pytest.mark.parametrize("method", ["REML", "ML"])
def test_the_likelihood_is_that_of_unequal_variances(frame, method):
    fit = als.fit_lmm(MODEL, frame, weights="w", method=method)
    X, Z, w = fit.design.X, fit.design.Z, fit.design.weights
    same = fit.design.codes[:, None] == fit.design.codes
    V = np.diag(fit.sigma**2 / w) + same * (Z @ fit.covariance.to_numpy() @ Z.T)
    information = X.T @ np.linalg.solve(V, X)
    beta = np.linalg.solve(information, X.T @ np.linalg.solve(V, fit.design.y))
    left = fit.design.y - X @ beta
    value = np.linalg.slogdet(V)[1] + left @ np.linalg.solve(V, left)
    value += np.log(2 * np.pi) * (len(left) - (2 if method == "REML" else 0))
    value += np.linalg.slogdet(information)[1] if method == "REML" else 0.0
    assert_allclose(fit.criterion, value, rtol=1e-11)
    assert_allclose(fit.beta, beta, rtol=1e-9)
    modes = np.stack(
        [
            fit.covariance.to_numpy() @ Z[rows].T @ np.linalg.solve(V[np.ix_(rows, rows)], left[rows])
            for rows in (np.flatnonzero(fit.design.codes == i) for i in range(20))
        ]
    )
    assert_allclose(fit.random_effects().to_numpy(), modes, rtol=1e-7, atol=1e-9)


def test_equal_weights_change_the_residual_variance_alone(frame):
    plain, four = als.fit_lmm(MODEL, frame), als.fit_lmm(MODEL, frame.assign(w=4.0), weights="w")
    assert_allclose(four.sigma, 2 * plain.sigma, rtol=1e-8)
    assert_allclose(four.beta, plain.beta, rtol=1e-10)
    assert_allclose(four.covariance, plain.covariance, rtol=1e-7)
    assert_allclose(four.criterion, plain.criterion, rtol=1e-12)
    assert "weights of rows from 4 to 4" in str(four)


def test_rows_without_a_weight_are_left_out_and_counted(frame):
    frame["w"] = frame["w"].astype(float).mask(frame.index < 3)
    fit = als.fit_lmm(MODEL, frame, weights="w")
    assert fit.design.n_obs == 117
    assert fit.design.left_out.to_dict("records") == [{"reason": "w is missing", "rows": 3, "subjects": 0}]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda frame: frame.assign(w=frame["w"].where(frame.index != 7, 0)),
            "in 1 rows, the first of subject 1 with",
        ),
        (lambda frame: frame.assign(w=frame["w"] * np.inf), "is not one in 120 rows"),
        (lambda frame: frame.assign(w="many"), "not numbers"),
        (lambda frame: frame.drop(columns="w"), "no column 'w'"),
    ],
)
def test_weights_that_are_none_are_refused(frame, change, sentence):
    with pytest.raises(als.DesignError, match=sentence):
        als.fit_lmm(MODEL, change(frame), weights="w")


@pytest.mark.parametrize("weights", [3, 1.5, ["w"], ("w",), True, b"w", np.ones(120), {"w": 1}, pd.Series(1.0)])
@pytest.mark.parametrize("verb", [als.build_design, als.fit_lmm])
def test_weights_are_the_name_of_a_column(frame, verb, weights):
    with pytest.raises(als.SpecError, match=r"name of the column of weights, such as weights='w', and not \w+; put"):
        verb(MODEL, frame, weights=weights)


def test_weights_are_for_maximum_likelihood_alone(frame):
    design = als.build_design(MODEL, frame, weights="w")
    assert_allclose(als.fit_lmm(design).beta, als.fit_lmm(MODEL, frame, weights="w").beta)
    for refuse in (als.sample_lmm, lambda one: als.prior_predictive(one, als.default_priors(one)), als.build_model):
        with pytest.raises(als.SpecError, match="takes no weights of rows"):
            refuse(design)
    with pytest.raises(als.SpecError, match="takes no weights of rows"):
        als.fit_lmm(design, engine="statsmodels")
    with pytest.raises(als.SpecError, match="A design holds its data already"):
        als.fit_lmm(design, weights="w")


def test_a_cohort_may_have_weights():
    cohort = load_example()
    fit = als.fit_lmm("alsfrs_r ~ week + (1 | subject)", cohort, weights="fibrinogen")
    assert fit.design.weights.min() > 0
    assert fit.design.n_obs < len(cohort.visits)
