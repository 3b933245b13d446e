"""Stacked replicates: each the same alone, in any stretch, and as a cohort; laid out for an engine that fits many."""

import numpy as np
import pandas as pd
import pytest
from simulated import ERRORS

import alsmodels as als
from alsmodels.errors import SpecError
from alsmodels.simulation import replicates, truths

ARMS = {"control": 12, "treated": 9}


@pytest.fixture(scope="module")
def truth():
    return truths.realistic(items=True)


@pytest.fixture(scope="module")
def many(truth):
    return als.simulate_many(truth, arms=ARMS, n_replicates=12, seed=7)


def assert_same(one, other):
    for part in ("visits", "subjects", "events"):
        pd.testing.assert_frame_equal(getattr(one, part), getattr(other, part))


@pytest.mark.parametrize("number", [0, 5, 11])
def test_a_replicate_is_the_cohort_of_its_child_seed(truth, many, number):
    child = np.random.SeedSequence(7).spawn(12)[number]
    assert_same(many.cohort(number), als.simulate_cohort(truth, arms=ARMS, seed=child))


def test_a_replicate_is_the_same_in_every_stretch(truth, many):
    late = als.simulate_many(truth, arms=ARMS, n_replicates=3, seed=7, first=9)
    assert late.numbers == range(9, 12)
    rows = slice(many.row_offsets[9], None)
    np.testing.assert_array_equal(late.y, many.y[rows])
    np.testing.assert_array_equal(late.week, many.week[rows])
    np.testing.assert_array_equal(late.visits.markers, many.visits.markers[rows])
    assert_same(late.cohort(10), many.cohort(10))


def test_how_many_are_calculated_at_once_changes_nothing(truth, many, monkeypatch):
    monkeypatch.setattr(replicates, "_MOST_SUBJECTS", 50)
    small = als.simulate_many(truth, arms=ARMS, n_replicates=12, seed=7)
    pd.testing.assert_frame_equal(small.table(), many.table())
    pd.testing.assert_frame_equal(small.subjects(), many.subjects())
    pd.testing.assert_frame_equal(small.events(), many.events())


def test_offsets_find_the_rows_of_replicates_and_subjects(many):
    assert many.n_replicates == 12
    assert many.subject_offsets.tolist() == list(range(0, 253, 21))
    assert many.row_offsets[-1] == len(many.y) == many.starts[-1]
    for number in range(12):
        rows = slice(*many.row_offsets[number : number + 2])
        cohort = many.cohort(number)
        np.testing.assert_array_equal(many.y[rows], cohort.visits["alsfrs_r"])
        np.testing.assert_array_equal(many.week[rows], cohort.visits["week"])
        assert set(many.subject[rows]) == set(range(21 * number, 21 * (number + 1)))
    assert np.array_equal(np.diff(many.starts), np.bincount(many.subject))
    assert (many.week[many.starts[:-1]] == 0).all()
    assert np.array_equal(many.arm, many.people.arm[many.subject])


def test_the_table_stacks_the_cohorts(many):
    table = many.table()
    assert table.columns[:4].tolist() == ["replicate", "subject", "week", "arm"]
    assert table["replicate"].is_monotonic_increasing
    cohort = many.cohort(4)
    own = table[table["replicate"] == 4].reset_index(drop=True)
    frame = cohort.to_frame()
    for name in ("alsfrs_r", "nfl", "il6", "age", "delta_frs", "q4_handwriting"):
        np.testing.assert_array_equal(own[name], frame[name])
    for name in ("arm", "sex", "il6_censored"):
        assert own[name].astype(str).tolist() == frame[name].astype(str).tolist()
    assert own["arm"].cat.categories.tolist() == list(cohort.arms)


def test_one_design_has_the_matrices_of_all_replicates(many):
    """X and Z of the stacked table are those of the cohorts, one under the other."""
    spec = als.two_phase("alsfrs_r", arm="arm", knot=24)
    stacked = als.build_design(spec, many.table())
    np.testing.assert_array_equal(stacked.starts, many.starts)
    np.testing.assert_array_equal(stacked.y, many.y)
    for number in (0, 11):
        own = als.build_design(spec, many.cohort(number))
        rows = slice(*many.row_offsets[number : number + 2])
        assert own.fixed_names == stacked.fixed_names
        np.testing.assert_array_equal(stacked.X[rows], own.X)
        np.testing.assert_array_equal(stacked.Z[rows], own.Z)


def test_subjects_know_their_true_trajectories(many):
    people = many.subjects()
    assert len(people) == 12 * 21
    np.testing.assert_array_equal(people["true_slope_2"], many.people.slopes[:, 1])
    events = many.events()
    assert events["replicate"].between(0, 11).all()
    assert (events["subject"] // 21 == events["replicate"]).all()


def test_replicates_are_independent_of_each_other():
    """Slopes of subject k in one replicate and in the next: no correlation, to four Monte Carlo errors."""
    many = als.simulate_many(truths.gaussian(), arms={"control": 50}, n_replicates=200, seed=3)
    slopes = (many.people.slopes[:, 0] + 1.0) / 0.7
    products = (slopes[:-50] * slopes[50:]).reshape(-1)
    assert abs(products.mean()) < ERRORS / np.sqrt(len(products))
    means = slopes.reshape(200, 50).mean(axis=1)
    assert np.var(means) * 50 == pytest.approx(1.0, abs=ERRORS * np.sqrt(2 / 200))


def test_seeds_differ_and_numbers_are_checked(truth, many):
    assert not np.array_equal(
        als.simulate_many(truth, arms=ARMS, n_replicates=1, seed=8).y, many.y[: many.row_offsets[1]]
    )
    with pytest.raises(SpecError, match="Replicate 12 is not here; there are 0 to 11"):
        many.cohort(12)
    assert "12 replicates of 'realistic' (control 12, treated 9), seed 7" in repr(many)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_replicates": 0, "seed": 1}, "n_replicates is a whole number, 1 or more; not 0"),
        ({"n_replicates": 2.0, "seed": 1}, "n_replicates is a whole number"),
        ({"n_replicates": 2, "seed": -1}, "seed is a whole number of 0 or more"),
        ({"n_replicates": 2, "seed": 1, "first": -1}, "first is a whole number"),
        ({"n_replicates": 2, "seed": 1, "arms": {"x": 1}}, "no arm 'x'"),
    ],
)
def test_what_cannot_be_simulated_is_refused(options, words):
    with pytest.raises(SpecError, match=words):
        als.simulate_many(truths.realistic(), **options)
    with pytest.raises(SpecError, match="takes a Truth"):
        als.simulate_many("realistic", n_replicates=1, seed=1)
