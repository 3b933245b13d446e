"""Baselines, slopes and scores have the moments that the truth states; tolerances are four Monte Carlo errors."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from simulated import assert_correlation, assert_mean, assert_variance, simulate

from alsmodels.model.timescale import WEEKS_PER_MONTH
from alsmodels.simulation import truths
from alsmodels.simulation.decline import slope_at, trajectory
from alsmodels.simulation.truths import Correlation, Decline, Slope

N = 20_000
EACH = {"control": N, "treated": N}


@pytest.fixture(scope="module")
def gaussian():
    return simulate(truths.gaussian(shift=(0.3, -0.1)), EACH)


@pytest.fixture(scope="module")
def realistic():
    return simulate(truths.realistic(ratio=(0.7, 0.9)), EACH)


@pytest.mark.parametrize("arm", ["control", "treated"])
@pytest.mark.parametrize("phase", [1, 2])
@pytest.mark.parametrize("name", ["gaussian", "realistic"])
def test_slopes_have_the_stated_mean_and_sd_in_each_phase_and_arm(request, name, phase, arm):
    made = request.getfixturevalue(name)
    stated = made.truth.slopes().set_index(["arm", "phase"]).loc[(arm, phase)]
    slopes = made.people.slopes[made.arm(arm), phase - 1]
    assert_mean(slopes, stated["mean"])
    assert_variance(slopes, stated["mean"], stated["sd"])


def test_the_table_of_slopes_is_what_the_numbers_say():
    table = truths.realistic(ratio=(0.7, 0.9)).slopes().set_index(["arm", "phase"])
    assert table.loc[("treated", 1), "mean"] == pytest.approx(0.7 * -1.19)
    assert table.loc[("treated", 2), "sd"] == pytest.approx(0.9 * 0.52)
    assert table.loc[("treated", 2), "difference"] == pytest.approx(0.1 * 0.85)
    assert table.loc[("control", 1), "difference"] == 0


@pytest.mark.parametrize("name", ["gaussian", "realistic"])
@pytest.mark.parametrize(("row", "col", "stated"), [(0, 1, 0.2), (0, 2, 0.2), (1, 2, 0.34)])
def test_traits_have_the_stated_correlations_skewed_or_not(request, name, row, col, stated):
    """Baselines of the realistic truth are put to 48 at most, which 2% are, so theirs are compared unbounded."""
    made = request.getfixturevalue(name)
    rows = made.arm("control")
    slopes = [
        (made.people.slopes[rows, at] - slope.mean) / slope.sd for at, slope in enumerate(made.truth.decline.slopes)
    ]
    values = [made.course.scores[rows, 0], *slopes]
    assert_correlation(values[row], values[col], stated)


def test_slopes_are_skewed_to_the_left_and_bounded_above(realistic):
    """Minus a Gamma of shape 2: skewness -2 / sqrt(2), and no slope above mean + sd sqrt(2)."""
    for at, slope in enumerate(realistic.truth.decline.slopes):
        values = (realistic.people.slopes[realistic.arm("control"), at] - slope.mean) / slope.sd
        assert_mean(values**3, -2 / np.sqrt(2))
        assert values.max() < np.sqrt(2)
        assert stats.kstest((np.sqrt(2) - values) * np.sqrt(2), stats.gamma(2).cdf).pvalue > 1e-4


def test_gaussian_slopes_are_gaussian(gaussian):
    values = (gaussian.people.slopes[gaussian.arm("control"), 0] + 1.0) / 0.7
    assert stats.kstest(values, stats.norm.cdf).pvalue > 1e-4


def test_baselines_are_put_to_their_range(realistic):
    """The mean and the share at 48 of a Gaussian variable cut off there, in closed form."""
    baseline = realistic.people.baseline
    z = (48 - 37) / 5.5
    assert_mean(baseline, 37 + 5.5 * (z * stats.norm.sf(z) - stats.norm.pdf(z)))
    assert_mean(baseline == 48, stats.norm.sf(z))


def test_scores_have_the_covariance_of_the_mixed_model(gaussian):
    """Var(y) = Z D Z' + sigma^2 I at weeks 0, 24 and 52, and the means X beta, in closed form."""
    weeks = np.array([0.0, 24.0, 52.0])
    months = np.column_stack([np.ones(3), np.minimum(weeks, 24), np.maximum(weeks - 24, 0)]) / [
        1,
        *[WEEKS_PER_MONTH] * 2,
    ]
    sd = np.array([5.5, 0.7, 0.7])
    D = np.array([[1, 0.2, 0.2], [0.2, 1, 0.34], [0.2, 0.34, 1]]) * np.outer(sd, sd)
    V = months @ D @ months.T + 1.8**2 * np.eye(3)
    for arm, slopes in (("control", [-1.0, -1.0]), ("treated", [-0.7, -1.1])):
        y = gaussian.course.observed[gaussian.arm(arm)][:, [0, 6, 13]]
        mean = months @ [37.0, *slopes]
        for at in range(3):
            assert_mean(y[:, at], mean[at])
            for other in range(at + 1):
                assert_mean((y[:, at] - mean[at]) * (y[:, other] - mean[other]), V[at, other])


def test_drift_shift_and_ratio_act_as_they_are_stated():
    """s = ratio drift (beta + b) + shift; nothing else is changed, so subject by subject it is exact."""
    plain = truths.realistic()
    moved = plain.vary_arm("treated", drift=0.9, slope_ratio=(0.5, 1.0), slope_shift=0.1, baseline_shift=-2.0)
    arms = {"treated": 500}
    before, after = simulate(plain, arms).people, simulate(moved, arms).people
    np.testing.assert_allclose(after.slopes[:, 0], 0.5 * 0.9 * before.slopes[:, 0] + 0.1)
    np.testing.assert_allclose(after.slopes[:, 1], 0.9 * before.slopes[:, 1] + 0.1)
    inside = before.baseline < 48
    np.testing.assert_allclose(after.baseline[inside], before.baseline[inside] - 2.0)


def test_one_slope_serves_all_weeks():
    made = simulate(truths.healey_like(), {"placebo": 50})
    effects = made.course.effects
    assert effects.slopes.shape == (50, 1)
    weeks = np.array([0.0, 10.0, 30.0])
    expected = effects.baseline[:, None] + effects.slopes * weeks / WEEKS_PER_MONTH
    np.testing.assert_allclose(trajectory(effects, weeks, None), expected)
    np.testing.assert_array_equal(slope_at(effects, weeks, None), np.repeat(effects.slopes, 3, axis=1))


def test_slopes_that_are_one_have_a_singular_correlation():
    """Two phases with one slope are a correlation of 1, which is no error."""
    slope = Slope(-1.0, 0.7, 2.0)
    truth = replace(
        truths.gaussian(),
        decline=Decline(37.0, 5.5, (slope, slope), knot=24.0),
        correlations=(
            Correlation("slope 1", "slope 2", 1.0),
            Correlation("baseline", "slope 1", 0.2),
            Correlation("baseline", "slope 2", 0.2),
        ),
    )
    slopes = simulate(truth, {"control": 200}).people.slopes
    np.testing.assert_allclose(slopes[:, 0], slopes[:, 1])
