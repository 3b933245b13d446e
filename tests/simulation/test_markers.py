"""Markers: distribution, limit of quantification, correlation with the slope, and an effect that antibodies end."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from simulated import assert_correlation, assert_mean, assert_share, assert_variance, simulate, without

from alsmodels.errors import DataError, SpecError
from alsmodels.model.timescale import WEEKS_PER_MONTH
from alsmodels.simulation import truths
from alsmodels.simulation.markers import onset_weeks
from alsmodels.simulation.truths import Antibodies, Marker, MarkerEffect

N = 20_000


def kind(truth):
    """Nobody leaves."""
    return without(truth, "death", "withdrawal")


def column(made, name, week=0.0):
    """Values and marks of a marker at the visits nearest to a week, with their subjects."""
    at = [marker.name for marker in made.truth.markers].index(name)
    rows = np.abs(made.visits.week - week) <= 1.001
    rows &= ~np.isnan(made.visits.markers[:, at])
    return made.visits.markers[rows, at], made.visits.censored[rows, at], made.visits.subject[rows]


@pytest.fixture(scope="module")
def made():
    return simulate(kind(truths.realistic()), {"control": N})


@pytest.mark.parametrize("week", [0.0, 48.0])
def test_a_log_normal_marker_has_the_stated_median_spread_and_drift(made, week):
    """Rounding to 0.1 pg/mL moves a logarithm about log(65) by 1e-5 on average: the slack."""
    values, _, _ = column(made, "nfl", week)
    weeks = made.visits.week[np.abs(made.visits.week - week) <= 1.001]
    assert len(values) > 0.85 * N
    logs = np.log(values) - np.log(65.0)
    assert_mean(logs, 0.02 * np.mean(weeks) / WEEKS_PER_MONTH, slack=1e-3)
    assert_variance(logs, 0.02 * np.mean(weeks) / WEEKS_PER_MONTH, np.hypot(0.63, 0.2))


def test_values_within_a_subject_vary_as_stated(made):
    """The difference of two visits has twice the variance within, and no level."""
    first, _, who = column(made, "nfl", 0.0)
    second, _, other = column(made, "nfl", 24.0)
    both, one, two = np.intersect1d(who, other, return_indices=True)
    assert len(both) > 10_000
    difference = np.log(second[two]) - np.log(first[one]) - 0.02 * 24 / WEEKS_PER_MONTH
    assert_variance(difference, 0.0, 0.2 * np.sqrt(2))


@pytest.mark.parametrize("week", [0.0, 48.0])
def test_as_many_values_are_below_the_limit_as_the_normal_says(made, week):
    """What is rounded to 1.50 or more is not below 1.5, so the limit of the exact value is 1.495."""
    values, marks, subject = column(made, "il6", week)
    weeks = made.visits.week[np.isin(made.visits.subject, subject) & (np.abs(made.visits.week - week) <= 1.001)]
    mean = np.log(1.7) + 0.01 * np.mean(weeks) / WEEKS_PER_MONTH
    assert_share(marks, stats.norm.cdf((np.log(1.495) - mean) / np.hypot(0.55, 0.4)), slack=1e-4)
    assert (values[marks] == 1.5).all()
    assert (values[~marks] >= 1.5).all()
    assert 0.2 < marks.mean() < 0.6


@pytest.mark.parametrize(("phase", "stated"), [(1, -0.5), (2, -0.4)])
def test_levels_go_with_the_slopes_as_stated(made, phase, stated):
    """Against the level exactly; against one measurement the correlation is smaller by its error."""
    slope = made.truth.decline.slopes[phase - 1]
    z = (made.people.slopes[:, phase - 1] - slope.mean) / slope.sd
    at = made.truth.traits.index("nfl")
    assert_correlation(z, made.course.scores[:, at], stated)
    values, _, subject = column(made, "nfl")
    spread = np.hypot(0.63, 0.2)
    assert_correlation(z[subject], (np.log(values) - np.log(65)) / spread, stated * 0.63 / spread)


def test_a_gaussian_marker_has_its_mean_and_spread():
    """Fibrinogen N(3.5, 0.8), split in 0.7 between subjects and 0.4 within; 0.5 is 3.7 SDs below."""
    made = simulate(kind(truths.anakinra_like()), {"control": N})
    values, marks, _ = column(made, "fibrinogen")
    assert_mean(values, 3.5)
    assert_variance(values, 3.5, np.hypot(0.7, 0.4))
    assert not marks.any()
    assert values.min() == 0.5


def test_samples_are_missing_and_visits_without_measurement_have_none(made):
    at = [marker.name for marker in made.truth.markers].index("nfl")
    nominal = np.rint(made.visits.week / 4) * 4
    planned = np.isin(nominal, [0, 12, 24, 36, 48])
    near = np.abs(made.visits.week - nominal) < 1.5
    assert np.isnan(made.visits.markers[~planned & near, at]).all()
    assert_share(np.isnan(made.visits.markers[made.visits.week == 0, at]), 0.03)


def still(truth):
    """The same truth with markers that move by treatment alone."""
    calm = {"between": 0.0, "within": 0.0, "drift": 0.0, "lloq": None, "absent": 0.0, "decimals": 6}
    return replace(truth, markers=tuple(replace(one, **calm) for one in truth.markers))


def test_treatment_acts_until_antibodies_appear():
    """Subject by subject against the formula: a straight line, then an exponential fall from the week of the onset."""
    made = simulate(still(kind(truths.anakinra_like())), {"control": 20, "anakinra": 300})
    onset = onset_weeks([arm.antibodies for arm in made.plan.arms], made.people.arm, made.drawn.antibodies)
    onset = onset[made.visits.subject]
    for at, (name, size) in enumerate((("fibrinogen", -1.3), ("il6", -0.8))):
        values, week = made.visits.markers[:, at], made.visits.week
        treated = made.arm("anakinra")[made.visits.subject]
        path = np.where(treated, size * np.minimum(week / 12.0, 1.0), 0.0)
        late = week > onset
        path[late] *= np.exp(-(week - onset)[late] / 10.0)
        expected = 3.5 + path if name == "fibrinogen" else 1.7 * np.exp(path)
        np.testing.assert_allclose(values, expected, atol=1e-6)


def test_antibodies_appear_in_the_stated_share_and_weeks():
    arm = np.zeros(N, dtype=np.int64)
    onset = onset_weeks([Antibodies(16 / 17, 12.0, 24.0)], arm, np.random.default_rng(3).random((N, 2)))
    made = np.isfinite(onset)
    assert_share(made, 16 / 17)
    assert stats.kstest(onset[made], stats.uniform(12, 12).cdf).pvalue > 1e-4
    assert np.isinf(onset_weeks([None], arm, np.random.default_rng(3).random((N, 2)))).all()


def test_antibodies_are_found_at_the_first_visit_after_their_onset():
    """Seen are those who made them and came; the control arm has none."""
    made = simulate(truths.anakinra_like(), {"control": 200, "anakinra": N})
    found = made.people.antibodies
    assert np.isinf(found[made.arm("control")]).all()
    positive = np.isfinite(found)
    assert (found[positive] >= 12).all()
    assert (found[positive] < made.people.left[positive]).all()
    stayed = made.arm("anakinra") & (made.people.left > 40)
    assert_share(positive[stayed], 16 / 17, slack=1e-3)
    onset = onset_weeks([arm.antibodies for arm in made.plan.arms], made.people.arm, made.drawn.antibodies)
    for subject in np.flatnonzero(made.arm("anakinra"))[:200]:
        own = made.visits.week[made.visits.subject == subject]
        assert found[subject] == min(own[own >= onset[subject]], default=np.inf)


def test_without_antibodies_the_effect_lasts():
    truth = still(kind(truths.anakinra_like())).vary_arm("anakinra", antibodies=None)
    made = simulate(truth, {"anakinra": 50})
    late = made.visits.week > 12
    np.testing.assert_allclose(made.visits.markers[late, 0], 3.5 - 1.3)


@pytest.mark.parametrize(
    ("build", "error", "words"),
    [
        (lambda: Marker("x", 0.0, 0.5, 0.2), SpecError, "typical is above 0, not 0.0"),
        (lambda: Marker("x", 1.0, -0.5, 0.2), SpecError, "Marker 'x': between is 0 or more, not -0.5"),
        (lambda: Marker("x", 1.0, 0.5, 0.2, lower=0.1), SpecError, "leave lower out"),
        (lambda: Marker("x", 1.0, 0.5, 0.2, decimals=-1), SpecError, "decimals is a whole number from 0 to 10"),
        (lambda: Marker("", 1.0, 0.5, 0.2), SpecError, "the name is text"),
        (lambda: Marker("x", 1.0, 0.5, 0.2, lloq=-1.0), DataError, "lloq must be above 0"),
        (lambda: Marker("x", 1.0, 0.5, 0.2, absent=1.5), SpecError, "absent is a share"),
        (lambda: MarkerEffect("x", -1.0, 0.0, 10.0), SpecError, "full_week is above 0"),
        (lambda: Antibodies(0.9, 24.0, 12.0), SpecError, "first week, 24, is after the last week, 12"),
        (lambda: Antibodies(-0.1, 12.0, 24.0), SpecError, "share is a share between 0 and 1"),
    ],
)
def test_markers_that_cannot_be_are_refused(build, error, words):
    with pytest.raises(error, match=words):
        build()
