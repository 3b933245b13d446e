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


def test_a_standard_error_alone_is_said_to_differ(cohort):
    """ML takes the mean as known, so that its errors are smaller; the estimate is all but the same."""
    fits = {way: als.fit_lmm("alsfrs_r ~ week + (week | subject)", cohort, method=way) for way in ("REML", "ML")}
    table = als.compare(fits, als.slope(), tolerance=0.005)
    assert table["verdict"].tolist() == ["first", "SE differs"]
    share = f"{100 * (1 - table['se_ratio'].iloc[1]):.2g}"
    said = f"ML differs from REML on slope (per month) only in the standard error, which is {share}% smaller."
    assert table.attrs["notes"][-1] == said


def test_fits_without_names_are_told_what_to_write(cohort):
    fit = als.fit_lmm("alsfrs_r ~ week + (1 | subject)", cohort)
    for given in ((fit, fit), ([fit, fit],)):
        with pytest.raises(als.EstimandError, match=r"compare\(\{'first': fit, 'second': other\}\)"):
            als.compare(*given)
        with pytest.raises(als.EstimandError, match=r"compare_loo\(\{'first': fit, 'second': other\}\)"):
            als.compare_loo(*given)
    with pytest.raises(als.EstimandError, match="takes fits by name"):
        als.compare(fit, fit, fit)


def test_cohorts_beside_each_other_are_told_what_to_write(cohort):
    with pytest.raises(als.DataError, match=r"concat\(\[trial, registry\]\)"):
        als.concat(cohort, cohort)


def test_tests_of_nested_fits_print_like_the_other_tables(cohort):
    fits = {name: als.fit_lmm(f"alsfrs_r ~ week + ({name} | subject)", cohort) for name in ("1", "week")}
    lines = repr(als.compare(fits)).splitlines()
    assert lines[0].split() == ["fit", "method", "parameters", "log-likelihood", "AIC", "BIC", "chi-square", "df", "p"]
    assert lines[2].endswith("<0.0001")
    assert "Note: week: a variance is zero under the smaller model" in " ".join(lines)
    assert max(map(len, lines)) <= 100
