"""Items: they sum to the total, fall with it, and their domains are about those of CENTAUR."""

from dataclasses import replace

import numpy as np
import pytest
from simulated import assert_mean, simulate

import alsmodels as als
from alsmodels.errors import SpecError
from alsmodels.simulation import truths
from alsmodels.simulation.items import ITEM_COLUMNS, item_scores, loss_order
from alsmodels.simulation.truths import Items, ScoreScale

N = 20_000


@pytest.fixture(scope="module")
def made():
    return simulate(truths.realistic(items=True), {"control": N})


def test_items_sum_to_the_total_and_are_from_0_to_4(made):
    assert made.visits.items.shape == (len(made.visits.week), 12)
    np.testing.assert_array_equal(made.visits.items.sum(axis=1), made.visits.score)
    assert made.visits.items.min() == 0
    assert made.visits.items.max() == 4


def test_an_item_never_rises_where_the_total_falls():
    places = loss_order(
        Items((1, 2, 3, 4), (1, 1, 1, 1)), np.random.default_rng(1).exponential(size=(50, 48)), np.zeros((50, 4))
    )
    totals = np.tile(np.arange(48, -1, -1.0), 50)
    items = item_scores(places, np.repeat(np.arange(50), 49), totals).reshape(50, 49, 12)
    assert (items[:, 0] == 4).all()
    assert (items[:, -1] == 0).all()
    assert (np.diff(items, axis=1) <= 0).all()
    assert (np.diff(items.sum(axis=2), axis=1) == -1).all()


def test_points_of_heavier_domains_are_lost_first():
    """The first point lost is of a domain with the chance of its weight: an exponential race."""
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    places = loss_order(
        Items(tuple(weights), (0, 0, 0, 0)), np.random.default_rng(2).exponential(size=(N, 48)), np.zeros((N, 4))
    )
    first = np.argmin(places, axis=1) // 12
    for domain in range(4):
        assert_mean((first == domain).astype(float), weights[domain] / weights.sum())


def test_domains_at_baseline_are_about_those_of_centaur():
    """At totals of CENTAUR, 36.0 (5.5): means to 0.25 points, SDs to 0.25."""
    truth = truths.realistic(items=True)
    truth = replace(truth, decline=replace(truth.decline, baseline_mean=36.0))
    made = simulate(truth, {"control": N})
    domains = made.visits.items[made.visits.week == 0].reshape(-1, 4, 3).sum(axis=2)
    np.testing.assert_allclose(domains.mean(axis=0), [9.7, 8.0, 7.6, 10.8], atol=0.25)
    np.testing.assert_allclose(domains.std(axis=0), [2.5, 2.7, 2.8, 1.9], atol=0.25)


def test_bulbar_onset_loses_bulbar_points_first(made):
    baseline = made.visits.week == 0
    bulbar = made.visits.items[baseline, :3].sum(axis=1)
    at = [group.name for group in made.truth.groups].index("onset")
    onset = made.people.groups[made.visits.subject[baseline], at]
    assert bulbar[onset].mean() < bulbar[~onset].mean() - 2


def test_items_move_no_other_number():
    plain, items = (simulate(truths.realistic(items=flag), {"control": 200}) for flag in (False, True))
    np.testing.assert_array_equal(plain.visits.score, items.visits.score)
    np.testing.assert_array_equal(plain.visits.markers, items.visits.markers)


def test_a_cohort_with_items_has_domains_and_passes_the_checks():
    cohort = als.simulate_cohort(truths.realistic(items=True), arms={"control": 30}, seed=1)
    assert set(ITEM_COLUMNS) <= set(cohort.visits.columns)
    assert {"bulbar", "fine_motor", "gross_motor", "respiratory"} <= set(cohort.outcomes)
    assert (cohort.visits[list(ITEM_COLUMNS)].sum(axis=1) == cohort.visits["alsfrs_r"]).all()


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Items((1, 1, 1), (0, 0, 0, 0)), "weights has a number for each of bulbar, fine_motor"),
        (lambda: Items((1, 1, 1, 0), (0, 0, 0, 0)), r"weights\[3\] is above 0"),
        (lambda: Items((1, 1, 1, 1), (0, 0, 0, -1)), r"spreads\[3\] is 0 or more"),
        (
            lambda: replace(truths.gaussian(), items=Items((1, 1, 1, 1), (0, 0, 0, 0))),
            "only whole scores between 0 and 48",
        ),
        (
            lambda: replace(truths.realistic(items=True), scale=ScoreScale(whole=False)),
            "only whole scores between 0 and 48",
        ),
        (
            lambda: replace(truths.realistic(), items=Items((1, 1, 1, 1), (0, 0, 0, 0), "site")),
            "Items: group 'site' is not in the truth",
        ),
    ],
)
def test_items_that_cannot_be_are_refused(build, words):
    with pytest.raises(SpecError, match=words):
        build()
