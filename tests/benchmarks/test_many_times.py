"""The benchmark of many fits: what it times is judged as it should be."""

import numpy as np
import pytest

import alsmodels as als


@pytest.fixture(scope="module")
def trials():
    from many_times import make_trials

    return make_trials(3)


def test_answers_of_many_fits_are_those_of_single_fits(trials):
    from many_times import MODEL, read

    table, cases = trials
    found = als.fit_many(MODEL.formula, table)
    for answer, case in zip(read("fit_many, from a table", found, cases), cases, strict=True):
        fit = als.fit_lmm(case.design)
        np.testing.assert_allclose(answer.beta, fit.beta, rtol=1e-8)
        np.testing.assert_allclose(answer.covariance, fit.covariance, rtol=1e-7)
        np.testing.assert_allclose(answer.sigma2, fit.sigma**2, rtol=1e-9)
        assert answer.said == "converged"


def test_criteria_are_the_engine_s_and_missing_answers_have_none(trials):
    from fit_criterion import Answer
    from many_times import MODEL, criteria, read

    table, cases = trials
    found = als.fit_many(MODEL.formula, table)
    answers = read("fit_many, from a table", found, cases)
    np.testing.assert_allclose(criteria(answers, cases), -2 * found.loglik, atol=1e-7)
    lost = Answer(np.full(6, np.nan), answers[0].covariance, 1.0, "not fitted")
    assert np.isnan(criteria([None, lost], cases)).all()


def test_engines_take_the_trials_that_they_are_given(trials):
    from many_times import engines

    table, cases = trials
    timed = engines(table, cases, 1)
    assert {name: size for name, (size, _) in timed.items() if "mixedlm" not in name} == {
        "fit_many, from a table": 3,
        "fit_many, from a stack": 3,
        "alsmodels, one by one": 3,
        "statsmodels, one by one": 1,
    }
    assert len(timed["alsmodels, one by one"][1]()) == 3
