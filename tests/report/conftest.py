"""Fits that the tests of this folder draw and write; made once."""

import pytest

import alsmodels as als


@pytest.fixture(scope="session")
def cohort() -> als.Cohort:
    return als.load_example()


@pytest.fixture(scope="session")
def fit(cohort: als.Cohort) -> als.LMMFit:
    return als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", knot=24), cohort)


@pytest.fixture(scope="session")
def second(cohort: als.Cohort) -> als.LMMFit:
    return als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", knot=24), cohort, engine="statsmodels")


@pytest.fixture(scope="session")
def asked(fit: als.LMMFit, cohort: als.Cohort) -> list[object]:
    return list(als.estimands_for(fit.spec, cohort))
