"""Figures of simulated trials against what they estimate, and their Monte Carlo errors against repetition."""

import numpy as np
import pytest

from alsmodels.inference.simulation_error import mean, ratio_of_errors, root_mean_square, share, spread

STUDIES, REPLICATES = 2000, 300
# A standard deviation over so many studies has a relative error of about 1 / sqrt(2 * 2000) = 0.016; the errors are of
# first order in 1 / REPLICATES.
TOLERANCE = 0.06


@pytest.fixture(scope="module")
def drawn():
    """Estimates with heavy tails and standard errors that go with them, shape (replicates, studies)."""
    rng = np.random.default_rng(11)
    estimates = rng.standard_t(12, size=(REPLICATES, STUDIES)) + 1.0
    errors = np.exp(rng.normal(0.0, 0.2, size=estimates.shape) + 0.05 * np.abs(estimates))
    return estimates, errors


@pytest.mark.parametrize(
    "figure",
    [
        lambda x, s: mean(x),
        lambda x, s: spread(x),
        lambda x, s: root_mean_square(s),
        lambda x, s: ratio_of_errors(s, x),
        lambda x, s: share(x > 0.5, np.isfinite(x)),
    ],
    ids=["mean", "spread", "root mean square", "ratio", "share"],
)
def test_the_error_is_the_spread_over_studies(drawn, figure):
    value, mcse = figure(*drawn)
    assert np.sqrt(np.mean(mcse**2)) == pytest.approx(np.std(value), rel=TOLERANCE)


def test_values_are_the_textbook_ones():
    x, s = np.array([[1.0], [2.0], [4.0]]), np.array([[1.0], [1.0], [2.0]])
    assert mean(x).value == pytest.approx(7 / 3)
    assert mean(x).mcse == pytest.approx(np.std(x, ddof=1) / np.sqrt(3))
    assert spread(x).value == pytest.approx(np.std(x, ddof=1))
    assert root_mean_square(s).value == pytest.approx(np.sqrt(2.0))
    assert ratio_of_errors(s, x).value == pytest.approx(np.sqrt(2.0) / np.std(x, ddof=1))


def test_what_has_no_answer_is_left_out():
    x = np.array([[1.0, np.nan], [np.nan, np.nan], [3.0, 5.0]])
    np.testing.assert_array_equal(mean(x).value, [2.0, 5.0])
    np.testing.assert_array_equal(spread(x).value, [np.sqrt(2.0), np.nan])
    assert np.isnan(mean(x).mcse[1])


def test_a_share_of_none_or_of_all_has_an_error_and_one_of_nothing_has_no_value():
    among = np.ones((50, 3), dtype=bool)
    among[:, 2] = False
    events = np.zeros_like(among)
    events[:, 1] = True
    found = share(events, among)
    np.testing.assert_array_equal(found.value, [0.0, 1.0, np.nan])
    assert found.mcse[:2] == pytest.approx(np.full(2, np.sqrt((1 / 52) * (51 / 52) / 50)))
    assert np.isnan(found.mcse[2])
