"""Random effects with their SDs, against lme4's ranef(condVar = TRUE) and against draws."""

import numpy as np
import pytest
from foreign import read, table
from numpy.testing import assert_allclose

import alsmodels as als


@pytest.fixture(scope="module")
def asked():
    return read("questions")["fits"]["effects"]


@pytest.fixture(scope="module")
def fit(asked):
    return als.fit_lmm(asked["alsmodels_formula"], table(asked["source"]))


def test_conditional_sds_are_those_of_lme4(fit, asked):
    found = fit.random_effects(sd=True)
    assert list(found.columns) == ["subject", "effect", "estimate", "std_error"]
    wide = found.pivot(index="subject", columns="effect", values="std_error")[["(Intercept)", "week"]]
    expected = np.array([asked["sd"][subject] for subject in wide.index])
    assert len(wide) == len(asked["sd"]) == fit.design.n_subjects
    assert_allclose(wide, expected, rtol=1e-6)


def test_the_estimates_are_those_without_sds(fit):
    plain = fit.random_effects()
    assert plain.shape == (fit.design.n_subjects, 2)
    long = fit.random_effects(sd=True).pivot(index="subject", columns="effect", values="estimate")
    assert_allclose(long.loc[plain.index, plain.columns], plain)


def test_the_second_engine_says_the_same(fit, asked):
    other = als.fit_lmm(asked["alsmodels_formula"], table(asked["source"]), engine="statsmodels")
    ours, theirs = (one.random_effects(sd=True) for one in (fit, other))
    assert_allclose(theirs["std_error"], ours["std_error"], rtol=1e-2)


def test_the_posterior_has_its_own(fit, asked):
    post = als.sample_lmm(asked["alsmodels_formula"], table(asked["source"]), method="importance", seed=2)
    found = post.random_effects(sd=True)
    draws = post.stacked("b")
    assert_allclose(found["std_error"], draws.std(axis=0, ddof=1).ravel())
    assert_allclose(found["estimate"], post.random_effects().to_numpy().ravel())
    assert (found["std_error"] > 0.9 * fit.random_effects(sd=True)["std_error"]).all()
