"""Default fits against the optimum in extended precision: 10 digits of the criterion, 8 of the estimates."""

import extended
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import alsmodels as als

pytestmark = pytest.mark.skipif(not extended.IS_EXTENDED, reason="long doubles are doubles on this platform")

CASES = {
    "intercept": ("y ~ arm * week + (1 | subject)", {}),
    "slope in weeks": ("y ~ arm * week + (week | subject)", {}),
    "slope in days": ("y ~ arm * week + (week | subject)", {"time": 7.0}),
    "a far origin of time": ("y ~ arm * week + (week | subject)", {"origin": 1e4}),
    "two phases": ("y ~ arm * phase(week, 24) + (phase(week, 24) | subject)", {}),
    "two phases, months": ("y ~ arm * phase(week, 5.5) + (phase(week, 5.5) | subject)", {"time": 0.23}),
    "quadratic": ("y ~ arm * (week + I(week^2)) + (week + I(week^2) | subject)", {"time": 0.23}),
    "blocks": ("y ~ arm * phase(week, 24) + (1 | subject) + (0 + phase(week, 24) | subject)", {}),
    "tiny units": ("y ~ arm * week + (week | subject)", {"unit": 1e-6}),
    "huge units": ("y ~ arm * week + (week | subject)", {"unit": 1e6}),
    "weights": ("y ~ arm * week + (week | subject)", {"weights": "w"}),
    "little variation": ("y ~ arm * week + (1 | subject)", {"sd": 0.3}),
    "much variation": ("y ~ arm * week + (week | subject)", {"sd": 200.0}),
}


def _trial(*, time=1.0, origin=0.0, unit=1.0, sd=1.0, weights=None):
    """Thirty subjects on a schedule with gaps; the variation between subjects is ``sd`` times the usual."""
    rng = np.random.default_rng(8)
    week, subject = np.tile(np.arange(0.0, 49.0, 8.0), 30), np.repeat(np.arange(30), 7)
    kept = (week == 0) | (rng.random(len(week)) > 0.15)
    week, subject = week[kept], subject[kept]
    b = sd * rng.normal(size=(30, 3)) * [4.0, 0.15, 0.004]
    w = rng.uniform(0.5, 4, len(week)) if weights else np.ones(len(week))
    y = 37 - 0.2 * week + b[subject, 0] + b[subject, 1] * np.minimum(week, 24) + b[subject, 2] * week**2
    y = y + 2 * rng.normal(size=len(week)) / np.sqrt(w)
    arm = np.where(subject % 2, "drug", "control")
    return pd.DataFrame({"subject": subject, "week": week * time + origin, "arm": arm, "y": unit * y, "w": w})


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("case", CASES)
def test_fits_have_the_digits_that_they_promise(case, method):
    formula, change = CASES[case]
    fit = als.fit_lmm(formula, _trial(**change), method=method, weights=change.get("weights"))
    assert fit.status.kind.value == "converged"
    exact = extended.find_exact(fit)
    assert_allclose(fit.criterion, float(exact.criterion), rtol=1e-10)
    errors = exact.std_error.astype(float)
    assert_allclose(fit.bse, errors, rtol=1e-8)
    beta = exact.beta.astype(float)
    assert (np.abs(fit.beta - beta) <= 1e-8 * np.maximum(np.abs(beta), errors)).all()
    covariance = exact.covariance.astype(float)
    sd = np.sqrt(np.diagonal(covariance))
    assert_allclose(np.sqrt(np.diagonal(fit.covariance)), sd, rtol=1e-8)
    assert_allclose(fit.covariance.to_numpy() / np.outer(sd, sd), covariance / np.outer(sd, sd), atol=2e-8)
    assert_allclose(fit.sigma, float(exact.sigma), rtol=1e-8)


@pytest.mark.parametrize("origin", [2.0**20, 2.0**26])
def test_a_response_far_from_zero_loses_no_digits(origin):
    """The shift is exact in binary, so the data are the same; slopes differ greatly beside the residual."""
    rng = np.random.default_rng(5)
    subject, week = np.repeat(np.arange(30), 6), np.tile(8.0 * np.arange(6), 30)
    b = rng.normal(size=(30, 2)) * [30, 1]
    y = np.round((30 + b[subject, 0] + b[subject, 1] * week + rng.normal(0, 0.05, 180)) * 1024) / 1024
    fits = [
        als.fit_lmm("y ~ week + (week | subject)", pd.DataFrame({"subject": subject, "week": week, "y": y + shift}))
        for shift in (0.0, origin)
    ]
    assert fits[1].loglik == pytest.approx(fits[0].loglik, abs=1e-6)
    assert fits[1].sigma == pytest.approx(fits[0].sigma, rel=1e-7)
