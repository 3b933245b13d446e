"""Death and withdrawal: against slow twins for single subjects, and in shares against integrated hazards."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad, simpson
from scipy.optimize import brentq
from simulated import ERRORS, assert_mean, assert_share, simulate, without

from alsmodels.errors import SpecError
from alsmodels.model.timescale import WEEKS_PER_MONTH
from alsmodels.simulation import truths
from alsmodels.simulation.courses import REASONS
from alsmodels.simulation.decline import Effects
from alsmodels.simulation.dropout import cumulative_hazard, death_weeks, hazard_grid
from alsmodels.simulation.survival import expected_survival, match_survival
from alsmodels.simulation.truths import Death, Schedule, Withdrawal

N = 20_000
YEAR = 365.25 / 7
STEEP = Death(1.4, 120.0, per_point=-0.085, centre=37.0, per_slope=-0.4, slope_centre=-1.0)
DEATHS = [STEEP, Death(0.8, 300.0, per_point=-0.1, centre=30.0), Death(1.0, 468.0), truths.realistic().death]


def some_effects(n, seed=4):
    rng = np.random.default_rng(seed)
    return Effects(baseline=rng.normal(36, 6, n), slopes=rng.normal(-1.2, 1.2, (n, 2)))


def hazard_of(death, baseline, slopes, knot):
    """The hazard of one subject in one week, as the formula is written."""

    def hazard(week):
        months = min(week, knot) / WEEKS_PER_MONTH, max(week - knot, 0) / WEEKS_PER_MONTH
        level = baseline + slopes[0] * months[0] + slopes[1] * months[1]
        slope = slopes[0] if week < knot else slopes[1]
        weibull = death.shape / death.scale * (week / death.scale) ** (death.shape - 1)
        change = death.per_point * (level - (death.centre or 0)) + death.per_slope * (slope - (death.slope_centre or 0))
        return weibull * np.exp(change)

    return hazard


def integrate(hazard, week, knot):
    return quad(hazard, 0, min(week, knot), limit=200)[0] + (quad(hazard, knot, week)[0] if week > knot else 0.0)


@pytest.mark.parametrize("death", DEATHS, ids=lambda one: f"shape {one.shape:g}")
def test_the_cumulative_hazard_is_the_integral_of_the_formula(death):
    effects, knot = some_effects(25), 22.5
    grid = hazard_grid(52.0, knot)
    found = cumulative_hazard(death, effects, grid, knot)
    for subject in range(25):
        hazard = hazard_of(death, effects.baseline[subject], effects.slopes[subject], knot)
        for week in (1.0, 10.0, knot, 30.0, 52.0):
            at = int(np.searchsorted(grid, week))
            assert found[subject, at] == pytest.approx(integrate(hazard, week, knot), rel=2e-5)


@pytest.mark.parametrize("death", DEATHS, ids=lambda one: f"shape {one.shape:g}")
def test_a_death_comes_when_the_integral_reaches_its_exponential(death):
    """The twin finds the root of the integral; between two weeks the simulator takes a straight line: 0.02 weeks."""
    effects, knot = some_effects(60, seed=5), 24.0
    grid = hazard_grid(52.0, knot)
    exponentials = np.random.default_rng(6).standard_exponential(60) * 0.4
    hazard = cumulative_hazard(death, effects, grid, knot)
    weeks = death_weeks(death, hazard, grid, exponentials)
    assert 10 < np.isfinite(weeks).sum() < 60
    for subject in range(60):
        own = hazard_of(death, effects.baseline[subject], effects.slopes[subject], knot)
        excess = [integrate(own, week, knot) - exponentials[subject] for week in (1e-9, 52.0)]
        if excess[1] < 0:
            assert weeks[subject] == np.inf
        else:
            root = brentq(lambda week, own=own, s=subject: integrate(own, week, knot) - exponentials[s], 1e-9, 52.0)
            assert weeks[subject] == pytest.approx(root, abs=0.02)


def own_survival(made, ratio, week, knot):
    """Each subject's chance of living to a week, by Simpson's rule on a fine grid; the formula is written anew."""
    death, (a, slopes) = made.truth.death, (made.people.baseline[:, None], made.people.slopes)
    total = np.zeros(len(a))
    for first, last, phase in ((0.0, min(week, knot), 0), (knot, week, 1)):
        if last <= first:
            continue
        t = np.linspace(first, last, 401)
        level = a + slopes[:, :1] * np.minimum(t, knot) / WEEKS_PER_MONTH
        level = level + slopes[:, 1:] * np.maximum(t - knot, 0) / WEEKS_PER_MONTH
        change = death.per_point * (level - death.centre) + death.per_slope * (slopes[:, [phase]] - death.slope_centre)
        total += simpson(death.shape / death.scale**death.shape * t ** (death.shape - 1) * np.exp(change), x=t, axis=1)
    return np.exp(-ratio * total)


@pytest.mark.parametrize(("arm", "ratio"), [("control", 1.0), ("treated", 0.5)])
@pytest.mark.parametrize("week", [24.0, 52.0])
def test_survival_is_the_mean_of_the_subjects_own(arm, ratio, week):
    """Given the trajectories, deaths are independent, with probabilities by numerical integration."""
    made = simulate(without(truths.realistic(ratio=(0.6, 0.6), hazard_ratio=0.5), "withdrawal"), {arm: N}, seed=3)
    alive = own_survival(made, ratio, week, 24.0)
    error = np.sqrt((alive * (1 - alive)).sum()) / N
    assert abs(np.mean(made.people.left > week) - alive.mean()) < ERRORS * error


@pytest.mark.parametrize("name", ["realistic", "anakinra_like", "fast_progressors", "registry"])
def test_expected_survival_is_the_share_alive(name):
    truth = without(truths.PRESETS[name](), "withdrawal")
    made = simulate(truth, {truth.arms[0].name: N}, seed=2)
    expected = expected_survival(truth, [12.0, 24.0]).query("arm == @truth.arms[0].name")["survival"].to_numpy()
    for week, share in zip((12.0, 24.0), expected, strict=True):
        assert_share(made.people.left > week, share)


@pytest.mark.parametrize(
    ("name", "arm", "shares"),
    [
        ("realistic", "control", {24: 0.05, YEAR: 0.14}),
        ("anakinra_like", "control", {24: 0.05, YEAR: 0.14}),
        ("healey_like", "placebo", {24: 0.05}),
    ],
)
def test_what_is_called_solved_is_solved(name, arm, shares):
    """5% in 24 weeks and 14% in 12 months, as HEALEY has them, to a thousandth."""
    table = expected_survival(truths.PRESETS[name](), list(shares)).set_index(["arm", "week"])["survival"]
    for week, share in shares.items():
        assert 1 - table[arm, week] == pytest.approx(share, abs=1e-3)


def test_a_hazard_ratio_is_one():
    """-log S of the arms has the ratio, where all subjects have the same hazard."""
    table = expected_survival(truths.healey_like(hazard_ratio=0.7), [10.0, 24.0]).set_index(["arm", "week"])["survival"]
    for week in (10.0, 24.0):
        assert np.log(table["active", week]) / np.log(table["placebo", week]) == pytest.approx(0.7)


def test_match_survival_finds_the_scale_and_changes_nothing_else():
    truth = truths.realistic()
    found = match_survival(truth, week=52, deaths=0.3)
    assert 1 - expected_survival(found, 52)["survival"][0] == pytest.approx(0.3, abs=1e-8)
    assert replace(found, death=truth.death) == truth
    assert replace(found.death, scale=truth.death.scale) == truth.death


def test_some_deaths_are_told_as_tracheostomies():
    made = simulate(without(truths.realistic(), "withdrawal"), {"control": N})
    fatal = made.people.reason[made.people.reason > 0]
    assert_share(fatal == REASONS.index("tracheostomy"), 0.1)
    assert set(np.unique(fatal)) == {REASONS.index("death"), REASONS.index("tracheostomy")}


def test_subjects_are_not_seen_after_they_left():
    made = simulate(truths.realistic(), {"control": 2000})
    assert (made.visits.week < made.people.left[made.visits.subject]).all()
    stayed = made.people.reason == 0
    assert np.isinf(made.people.left[stayed]).all()
    assert np.isfinite(made.people.left[~stayed]).all()


# Withdrawal


def leave(**withdrawal):
    """A truth in which subjects leave for one reason alone."""
    base = replace(truths.gaussian(), schedule=Schedule.every(4, until=52, jitter_days=7, missed=0.2))
    return replace(base, withdrawal=Withdrawal(**withdrawal))


def withdrawal_twin(made, subject, exponential):
    """One subject, visit by visit: the hazard is what the last observed score and the slope of the phase make it."""
    hazard, weeks, total = made.truth.withdrawal, made.course.weeks[subject], 0.0
    last = made.course.observed[subject, 0]
    edges = [*weeks, max(weeks[-1], 52.0)]
    held = made.drawn.held[subject] >= made.truth.schedule.missed
    for visit in range(len(weeks)):
        last = made.course.observed[subject, visit] if held[visit] or visit == 0 else last
        slope = made.course.effects.slopes[subject, 0 if weeks[visit] < 24 else 1]
        rate = -np.log(1 - hazard.monthly) / WEEKS_PER_MONTH
        rate *= np.exp(hazard.per_point * (last - (hazard.centre or 0)))
        rate *= np.exp(hazard.per_slope * (slope - (hazard.slope_centre or 0)))
        length = edges[visit + 1] - edges[visit]
        if total + rate * length > exponential:
            return edges[visit] + (exponential - total) / rate
        total += rate * length
    return np.inf


def intervals(made):
    """Per visit interval at risk: whether the subject left in it, its probability by the formula, score and slope."""
    hazard = made.truth.withdrawal
    seen, left = made.course.seen, made.people.left
    edges = np.column_stack([made.course.weeks, np.maximum(made.course.weeks[:, -1], 52.0)])
    at_risk = edges[:, :-1] < left[:, None]
    number = np.maximum.accumulate(np.where(seen, np.arange(seen.shape[1]), 0), axis=1)
    last = np.take_along_axis(made.course.observed, number, axis=1)
    slope = np.where(made.course.weeks < 24, made.course.effects.slopes[:, :1], made.course.effects.slopes[:, 1:])
    rate = -np.log(1 - hazard.monthly) / WEEKS_PER_MONTH
    rate = rate * np.exp(hazard.per_point * (last - (hazard.centre or 0)))
    rate = rate * np.exp(hazard.per_slope * (slope - (hazard.slope_centre or 0)))
    probability = 1 - np.exp(-rate * np.diff(edges, axis=1))
    gone = left[:, None] <= edges[:, 1:]
    return tuple(values[at_risk] for values in (gone, probability, last, slope))


def score(gone, probability, trait):
    """Whether a trait tells who leaves beyond the probability: about N(0, 1) if it does not."""
    centred = trait - trait.mean()
    return float(np.sum((gone - probability) * centred) / np.sqrt(np.sum(probability * (1 - probability) * centred**2)))


MECHANISMS = {
    "completely at random": {"monthly": 0.03},
    "at random": {"monthly": 0.03, "per_point": -0.08, "centre": 33.0},
    "not at random": {"monthly": 0.03, "per_slope": -0.8, "slope_centre": -1.0},
}


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_withdrawals_are_those_of_the_twin(mechanism):
    """Visit by visit, a fifth of the visits being missed, whose scores count for nothing."""
    made = simulate(leave(**MECHANISMS[mechanism]), {"control": 200})
    found = made.people.left
    assert 40 < np.isfinite(found).sum() < 160
    np.testing.assert_allclose(found, [withdrawal_twin(made, i, e) for i, e in enumerate(made.drawn.withdrawal)])


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_as_many_leave_as_the_formula_says(mechanism):
    gone, probability, _, _ = intervals(simulate(leave(**MECHANISMS[mechanism]), {"control": N}))
    error = np.sqrt((probability * (1 - probability)).sum())
    assert abs(gone.sum() - probability.sum()) < ERRORS * error


@pytest.mark.parametrize("week", [12.0, 24.0, 52.0])
def test_completely_at_random_is_an_exponential_share_independent_of_everything(week):
    made = simulate(leave(**MECHANISMS["completely at random"]), {"control": N})
    gone = made.people.left <= week
    assert_share(gone, 1 - (1 - 0.03) ** (week / WEEKS_PER_MONTH))
    for trait in (made.people.baseline, *made.people.slopes.T):
        assert abs(score(gone, gone.mean(), trait)) < ERRORS


def test_at_random_depends_on_the_last_score_and_given_that_not_on_the_slope():
    gone, probability, last, slope = intervals(simulate(leave(**MECHANISMS["at random"]), {"control": N}))
    assert abs(score(gone, probability, slope)) < ERRORS
    assert abs(score(gone, probability, last)) < ERRORS
    flat = np.full(len(gone), gone.mean())
    assert score(gone, flat, last) < -10
    assert score(gone, flat, slope) < -10  # not given the score it does


def test_not_at_random_depends_on_the_slope_whatever_the_score():
    gone, probability, last, slope = intervals(simulate(leave(**MECHANISMS["not at random"]), {"control": N}))
    assert abs(score(gone, probability, slope)) < ERRORS
    strata = np.floor(last / 2)
    within = np.array([gone[strata == one].mean() for one in np.unique(strata)])[
        np.searchsorted(np.unique(strata), strata)
    ]
    assert score(gone, within, slope) < -10


def test_death_and_withdrawal_compete():
    """With both, a subject's week is the earlier of what each alone gives: the same seed gives the same patients."""
    both = simulate(truths.realistic(), {"control": 3000}).people
    death = simulate(without(truths.realistic(), "withdrawal"), {"control": 3000}).people
    other = simulate(without(truths.realistic(), "death"), {"control": 3000}).people
    np.testing.assert_array_equal(both.left, np.minimum(death.left, other.left))
    np.testing.assert_array_equal(both.reason == REASONS.index("withdrawal"), other.left < death.left)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Death(-1.0, 100.0), "Death: shape is above 0, not -1.0"),
        (lambda: Death(1.0, 0.0), "Death: scale is above 0"),
        (lambda: Death(1.0, 100.0, per_point=-0.1), "Death: per_point needs a centre"),
        (lambda: Death(1.0, 100.0, per_slope=-0.1), "Death: per_slope needs a slope_centre"),
        (lambda: Death(1.0, 100.0, tracheostomy=2.0), "tracheostomy is a share"),
        (lambda: Withdrawal(1.5), "Withdrawal: monthly is a share between 0 and 1, not 1.5"),
        (lambda: Withdrawal(1.0), "monthly is below 1"),
        (lambda: Withdrawal(0.02, per_point=float("inf"), centre=30.0), "per_point is a finite number"),
        (lambda: Withdrawal(0.02, centre="low"), "centre is a finite number, not 'low'"),
        (lambda: expected_survival(truths.gaussian(), 24), "Nobody dies in the truth 'gaussian'"),
        (lambda: expected_survival(truths.realistic(), -1), "weeks of 0 or more"),
        (lambda: match_survival(truths.realistic(), week=24, deaths=1.5), "deaths is a share"),
        (lambda: match_survival(truths.realistic(), week=24, deaths=1.0), "No scale of the hazard"),
    ],
)
def test_hazards_that_cannot_be_are_refused(build, words):
    with pytest.raises(SpecError, match=words):
        build()


def test_the_monthly_share_is_that_of_a_month():
    made = simulate(leave(monthly=0.2), {"control": N})
    assert_mean((made.people.left <= WEEKS_PER_MONTH).astype(float), 0.2)
