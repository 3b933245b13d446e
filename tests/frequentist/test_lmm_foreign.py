"""The engine against lme4 1.1-31 and lmerTest 3.1-3, on every data set under tests/reference.

The package promises the criterion to 1e-6, fixed effects to 6 digits, standard errors and variance parameters to 5 and
degrees of freedom to 3. The R fits were polished to about 1e-10 (their README), so more can be asked here.
"""

import numpy as np
import pytest
from foreign import WITH_DATA, fits, matched, table
from numpy.testing import assert_allclose

import alsmodels as als

CRITERION = 1e-8
FIXED = 1e-8
ERRORS = 1e-8
VARIANCES = 1e-7
FREEDOM = 1e-6

ALL = fits(*WITH_DATA)
# A conditional mode or a coefficient near zero is compared on the scale of its like.
SMALL = 1e-6


@pytest.fixture(scope="module")
def fitted():
    """Each model fitted once."""
    done = {}

    def fit(foreign):
        if str(foreign) not in done:
            done[str(foreign)] = als.fit_lmm(
                foreign.alsmodels_formula, table(foreign.source), method=foreign.method, weights=foreign.weights
            )
        return done[str(foreign)]

    return fit


@pytest.mark.parametrize("foreign", ALL, ids=str)
def test_criterion(foreign, fitted):
    fit = fitted(foreign)
    assert abs(fit.criterion - foreign.criterion) < CRITERION
    assert fit.status.score < 1e-6


@pytest.mark.parametrize("foreign", ALL, ids=str)
def test_fixed_effects(foreign, fitted):
    fit = fitted(foreign)
    place = matched(fit.design.fixed_names, foreign.terms)
    errors = np.array(foreign.std_error)[place]
    assert_allclose(fit.beta, np.array(foreign.beta)[place], rtol=FIXED, atol=FIXED * errors.min())
    assert_allclose(fit.bse, errors, rtol=ERRORS)
    vcov = np.array(foreign.vcov)[np.ix_(place, place)]
    assert_allclose(fit.beta_cov / np.outer(errors, errors), vcov / np.outer(errors, errors), atol=2 * ERRORS)


@pytest.mark.parametrize("foreign", ALL, ids=str)
def test_variance_parameters(foreign, fitted):
    fit = fitted(foreign)
    place = matched(fit.design.random_names, foreign.re_terms)
    sd = np.array(foreign.sd, dtype=float)[place]
    assert_allclose(fit.sigma, foreign.sigma, rtol=VARIANCES)
    assert_allclose(np.sqrt(np.diagonal(fit.covariance)), sd, rtol=VARIANCES, atol=1e-8)
    if foreign.cor is not None:
        expected = np.array(foreign.cor, dtype=float)[np.ix_(place, place)]
        known = np.isfinite(expected)
        assert_allclose(fit.correlation.to_numpy()[known], expected[known], atol=VARIANCES)
    assert (fit.status.kind.value == "on the boundary") == foreign.singular


@pytest.mark.parametrize("foreign", ALL, ids=str)
def test_random_effects(foreign, fitted):
    fit = fitted(foreign)
    place = matched(fit.design.random_names, foreign.re_terms)
    modes = fit.random_effects()
    theirs = np.array([np.ravel(foreign.ranef[str(subject)]) for subject in modes.index])[:, place]
    assert_allclose(modes.to_numpy(), theirs, rtol=1e-5, atol=1e-5 * np.abs(theirs).max(axis=0).min())


@pytest.mark.parametrize("foreign", [fit for fit in ALL if fit.reml], ids=str)
def test_degrees_of_freedom(foreign, fitted):
    fit = fitted(foreign)
    place = matched(fit.design.fixed_names, foreign.terms)
    assert_allclose(fit.coefficients["df"], np.array(foreign.df)[place], rtol=FREEDOM)


ASKED = {
    "slope": lambda c: als.slope(phase=c["phase"], arm=c["arm"]),
    "slope_difference": lambda c: als.slope_difference(c["arm"], c["reference"], phase=c["phase"]),
    "change": lambda c: als.change(arm=c["arm"]),
    "difference": lambda c: als.difference(c["arm"], c["reference"], week=c["week"]),
}
CONTRASTS = [
    (foreign, name)
    for foreign in ALL
    if foreign.reml and "phase" in foreign.alsmodels_formula
    for name, contrast in foreign.content.get("contrasts", {}).items()
    if contrast["kind"] in ASKED
]


@pytest.mark.parametrize(("foreign", "name"), CONTRASTS, ids=lambda value: str(value).replace(" ", "-"))
def test_contrasts(foreign, name, fitted):
    """Estimands are functions of the design: they must be lmerTest's contrasts, row for row."""
    theirs = foreign.contrasts[name]
    answer = als.estimate(fitted(foreign), ASKED[theirs["kind"]](theirs)).iloc[0]
    scale = theirs["std_error"]
    assert_allclose(answer["estimate"], theirs["estimate"], rtol=FIXED, atol=FIXED * scale)
    assert_allclose(answer["std_error"], scale, rtol=ERRORS)
    assert_allclose(answer["df"], theirs["df"], rtol=FREEDOM)
    assert_allclose(answer[["lower", "upper"]].astype(float), [theirs["lower"], theirs["upper"]], atol=1e-4 * scale)
    assert_allclose(answer["p_value"], theirs["p_value"], rtol=1e-3, atol=1e-12)
