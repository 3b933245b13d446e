"""Nested fits by likelihood, against R's anova; fits that cannot be compared are refused with the counts."""

import dask.dataframe
import numpy as np
import pytest
from foreign import read, table
from numpy.testing import assert_allclose
from scipy.stats import chi2

import alsmodels as als

ASKED = read("questions")["fits"]["likelihood_ratios"]


@pytest.fixture(scope="module")
def frame():
    return table(ASKED["source"])


@pytest.mark.parametrize("test", ASKED["tests"], ids=lambda one: f"{one['method']}-{one['df']}-{one['smaller']}")
def test_against_anova(frame, test):
    fits = {name: als.fit_lmm(test[name], frame, method=test["method"]) for name in ("larger", "smaller")}
    found = als.compare(fits)
    assert list(found["fit"]) == ["smaller", "larger"]
    assert_allclose(found["chi_square"].iloc[1], test["chi_square"], rtol=1e-6)
    assert found["df"].iloc[1] == test["df"]
    assert_allclose(found["p_value"].iloc[1], test["p_value"], rtol=1e-6)
    assert_allclose(found["aic"], test["aic"])
    assert_allclose(found["bic"], test["bic"])
    assert np.isnan(found["chi_square"].iloc[0])


def test_on_the_boundary_the_mixture_is_said(frame):
    fits = {
        "intercepts": als.fit_lmm("alsfrs_r ~ week + (1 | subject)", frame),
        "slopes": als.fit_lmm("alsfrs_r ~ week + (week | subject)", frame),
    }
    row = als.compare(fits).iloc[1]
    mixed = 0.5 * (chi2.sf(row["chi_square"], 1) + chi2.sf(row["chi_square"], 2))
    assert row["note"] == (
        "a variance is zero under the smaller model, so that the p-value is too large; by the mixture of chi-squares "
        f"with 1 and 2 df it is {mixed:.3g}"
    )


def test_a_mean_alone_has_no_boundary(frame):
    fits = {
        "line": als.fit_lmm("alsfrs_r ~ week + (1 | subject)", frame, method="ML"),
        "phases": als.fit_lmm("alsfrs_r ~ phase(week, 24) + (1 | subject)", frame, method="ML"),
        "arms": als.fit_lmm(
            "alsfrs_r ~ arm + week + age_ + (1 | subject)", frame.assign(age_=1.0 * frame["week"] ** 2), method="ML"
        ),
    }
    found = als.compare(fits).set_index("fit")
    assert found["df"]["phases"] == 1
    assert found["note"]["phases"] == ""
    assert found["note"]["arms"] == "not tested: it is not nested in the row before"


def test_reml_with_other_fixed_effects_is_refused(frame):
    fits = {one: als.fit_lmm(f"alsfrs_r ~ {one} + (1 | subject)", frame) for one in ("week", "arm + week")}
    with pytest.raises(als.EstimandError, match=r"REML fits with different fixed effects.*method='ML'"):
        als.compare(fits)


def test_other_rows_are_refused_with_both_counts(frame):
    whole = als.fit_lmm("alsfrs_r ~ week + (1 | subject)", frame, method="ML")
    fewer = als.fit_lmm("alsfrs_r ~ week + (1 | subject)", frame[frame["week"] < 30], method="ML")
    counts = f"{whole.design.n_obs} rows of {whole.design.n_subjects} subjects and {fewer.design.n_obs} rows"
    with pytest.raises(als.EstimandError, match=counts):
        als.compare({"whole": whole, "fewer": fewer})
    answered = als.compare({"whole": whole, "fewer": fewer}, als.slope())
    said = [note for note in answered.attrs["notes"] if "different rows" in note]
    assert len(said) == 1
    assert str(whole.design.n_obs) in said[0]
    assert str(fewer.design.n_obs) in said[0]


def test_the_same_rows_are_not_spoken_of(frame):
    fits = {
        "ours": als.fit_lmm("alsfrs_r ~ week + (1 | subject)", frame),
        "parts": als.fit_parts("alsfrs_r ~ week + (1 | subject)", dask.dataframe.from_pandas(frame, npartitions=2)),
    }
    assert not any("rows" in note for note in als.compare(fits, als.slope()).attrs["notes"])
    assert als.compare(fits)["note"].iloc[1] == "not tested: both have as many parameters"


def test_methods_and_posteriors_are_not_mixed(frame):
    fits = {method: als.fit_lmm("alsfrs_r ~ week + (1 | subject)", frame, method=method) for method in ("REML", "ML")}
    with pytest.raises(als.EstimandError, match="'REML' is by REML and 'ML' by ML"):
        als.compare(fits)
    post = als.sample_lmm("alsfrs_r ~ week + (1 | subject)", frame, method="importance", seed=1)
    with pytest.raises(als.EstimandError, match="'post' is a posterior"):
        als.compare({"ML": fits["ML"], "post": post})


def test_outcomes_in_other_units_are_refused(frame):
    roles = als.Roles("subject", "week", "arm")
    names = {"mL": frame.assign(volume=frame["alsfrs_r"] * 100), "L": frame.assign(volume=frame["alsfrs_r"] / 10)}
    fits = {
        unit: als.fit_lmm(
            "volume ~ week + (1 | subject)",
            als.Cohort.from_frame(one, roles, outcomes=[als.Outcome("volume", unit=unit)]),
        )
        for unit, one in names.items()
    }
    with pytest.raises(als.EstimandError, match="different units, L and mL"):
        als.compare(fits, als.slope())
