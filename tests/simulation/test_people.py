"""What is known at baseline: covariates, groups, and the rate before the study that goes with the rate in it."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from simulated import assert_mean, assert_share, monte_carlo_error, simulate

import alsmodels as als
from alsmodels.errors import SpecError
from alsmodels.simulation import truths
from alsmodels.simulation.truths import Correlation, Covariate, CovariateShift, Group

N = 20_000


@pytest.fixture(scope="module")
def made():
    return simulate(truths.realistic(), {"control": N})


def cut_mean(mean, sd, low, high):
    """The mean of a Gaussian variable whose tails are put to the limits."""
    a, b = (low - mean) / sd, (high - mean) / sd
    inside = mean * (stats.norm.cdf(b) - stats.norm.cdf(a)) - sd * (stats.norm.pdf(b) - stats.norm.pdf(a))
    return inside + low * stats.norm.cdf(a) + high * stats.norm.sf(b)


@pytest.mark.parametrize(
    ("at", "mean", "sd", "low", "high"),
    [(0, 57.5, 9.5, 18, 90), (1, 13.5, 3.8, 6, 60), (2, 84.0, 17.0, 30, 150)],
    ids=["age", "months_since_onset", "vc"],
)
def test_covariates_have_their_distribution(made, at, mean, sd, low, high):
    """Rounding is symmetric but in the tails that are put to a limit, where it is far below a Monte Carlo error."""
    values = made.people.covariates[:, at]
    assert_mean(values, cut_mean(mean, sd, low, high))
    assert values.min() >= low
    assert values.max() <= high
    decimals = made.truth.covariates[at].decimals
    np.testing.assert_allclose(values, np.round(values, decimals))
    inner = (values > low + 1) & (values < high - 1)
    assert stats.kstest(values[inner], stats.truncnorm(-8, 8, loc=mean, scale=sd).cdf).statistic < 0.06


def test_groups_have_their_share_and_words():
    cohort = als.simulate_cohort(truths.realistic(), arms={"control": 500}, seed=2)
    people = simulate(truths.realistic(), {"control": N}).people
    for at, (name, share, words) in enumerate(
        (("sex", 0.67, {"male", "female"}), ("onset", 0.25, {"bulbar", "limb"}), ("riluzole", 0.75, {"yes", "no"}))
    ):
        assert_share(people.groups[:, at], share)
        assert set(cohort.subjects[name]) == words
    assert_share((cohort.subjects["onset"] == "bulbar").to_numpy(), 0.25)


@pytest.mark.parametrize("name", ["realistic", "anakinra_like"])
def test_the_rate_before_the_study_goes_with_the_rate_in_it(name):
    """CENTAUR: 0.3 in size; solved to 0.01. Its error is that of 40 blocks of subjects."""
    truth = truths.PRESETS[name]()
    people = simulate(truth, {"control": N}).people
    blocks = [
        np.corrcoef(part.T)[0, 1]
        for part in np.array_split(np.column_stack([people.delta_frs, people.slopes[:, 0]]), 40)
    ]
    assert abs(np.mean(blocks) + 0.3) < 4 * monte_carlo_error(blocks) + 0.01
    assert people.delta_frs.mean() == pytest.approx(0.94, abs=0.1)  # CENTAUR 0.94 (0.49)
    assert people.delta_frs.std() == pytest.approx(0.49, abs=0.1)


def test_delta_frs_is_that_of_the_first_score():
    cohort = als.simulate_cohort(truths.realistic(), seed=3)
    first = cohort.to_frame().query("week == 0")
    expected = als.delta_frs(first["alsfrs_r"], first["months_since_onset"])
    np.testing.assert_allclose(first["delta_frs"], expected)


def test_an_arm_may_come_from_another_population():
    shifts = (CovariateShift("age", 5.0), CovariateShift("months_since_onset", 6.0))
    truth = truths.realistic().vary_arm("treated", shifts=shifts)
    people = simulate(truth, {"control": N, "treated": N}).people
    treated = people.arm == 1
    assert_mean(people.covariates[treated, 0], cut_mean(62.5, 9.5, 18, 90))
    assert_mean(people.covariates[treated, 1], cut_mean(19.5, 3.8, 6, 60))
    assert_mean(people.covariates[~treated, 0], cut_mean(57.5, 9.5, 18, 90))


def test_covariates_go_with_the_baseline(made):
    """Correlation 0.3 of vital capacity and baseline, both before any limits."""
    z = (made.people.covariates[:, 2] - 84) / 17
    x = made.course.scores[:, 0]
    assert_mean(z * x, 0.3, slack=0.005)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Covariate("age", 57.0, -9.5), "Covariate 'age': sd is 0 or more, not -9.5"),
        (lambda: Covariate("age", 57.0, 9.5, 80.0, 18.0), "lower 80 is not below upper 18"),
        (lambda: Covariate("age", 57.0, 9.5, decimals=1.5), "decimals is a whole number"),
        (lambda: Covariate("  ", 57.0, 9.5), "the name is text"),
        (lambda: Group("sex", "m", "m", 0.5), "have the same word, 'm'"),
        (lambda: Group("sex", "m", "f", -0.1), "share is a share between 0 and 1"),
        (lambda: Group("sex", "", "f", 0.1), "the name is text"),
        (lambda: CovariateShift("age", float("nan")), "by is a finite number"),
        (lambda: Correlation("baseline", "baseline", 0.5), "with itself is 1"),
        (lambda: Correlation("baseline", "slope 1", 1.5), "the value is between -1 and 1, not 1.5"),
    ],
)
def test_people_that_cannot_be_are_refused(build, words):
    with pytest.raises(SpecError, match=words):
        build()


def test_months_since_onset_need_a_limit_above_zero():
    covariates = (Covariate("months_since_onset", 13.5, 3.8, decimals=1),)
    with pytest.raises(SpecError, match="delta-FRS divides by it"):
        replace(truths.gaussian(), covariates=covariates)
