"""Side by side: agreement is said, and so is disagreement."""

import pytest

import alsmodels as als


@pytest.fixture(scope="module")
def cohort():
    return als.load_example()


@pytest.fixture(scope="module")
def asked():
    return [als.slope_difference("anakinra", "control", phase=phase) for phase in (1, 2)]


def test_two_engines_agree(cohort, asked):
    spec = als.two_phase("alsfrs_r", arm="arm")
    fits = {engine: als.fit_lmm(spec, cohort, engine=engine) for engine in ("alsmodels", "statsmodels")}
    table = als.compare(fits, asked)
    assert list(table["fit"]) == ["alsmodels", "statsmodels"] * 2
    assert list(table["verdict"]) == ["first", "agrees"] * 2
    assert table["shift"].abs().max() < 1e-4
    assert "Every fit agrees with alsmodels on every question." in table.attrs["notes"]


def test_where_models_differ_it_is_said(cohort, asked):
    fits = {
        "random phases": als.fit_lmm(als.two_phase("alsfrs_r", arm="arm"), cohort),
        "random slope": als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", random="slope"), cohort),
    }
    table = als.compare(fits, asked)
    assert "differs" in set(table["verdict"])
    sentence = table.attrs["notes"][-1]
    assert sentence.startswith("random slope differs from random phases on slope difference, phase")


def test_refusals(cohort, asked):
    fit = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm"), cohort)
    with pytest.raises(als.EstimandError, match="two fits or more"):
        als.compare({"one": fit}, asked)
    other = als.fit_lmm(als.two_phase("fibrinogen", arm="arm"), cohort)
    with pytest.raises(als.EstimandError, match="different responses, alsfrs_r and fibrinogen"):
        als.compare({"a": fit, "b": other}, asked)
