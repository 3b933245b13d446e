"""The scatter about the trajectories: its size by level, its correlation in time, floor, ceiling and whole numbers."""

from dataclasses import replace

import numpy as np
import pytest
from simulated import assert_mean, assert_variance, simulate

from alsmodels.simulation import truths
from alsmodels.simulation.decline import trajectory
from alsmodels.simulation.scatter import observe, residual_sd
from alsmodels.simulation.truths import Residual, Schedule, ScoreScale

N = 20_000
UNBOUNDED = ScoreScale(lower=None, upper=None, whole=False)


def residuals(made):
    """Scores less trajectories, and the trajectories, on the whole grid of visits."""
    level = trajectory(made.course.effects, made.course.weeks, made.truth.decline.knot)
    return made.course.observed - level, level


@pytest.fixture(scope="module")
def unbounded():
    return residuals(simulate(replace(truths.realistic(), scale=UNBOUNDED), {"control": 3 * N}))


@pytest.mark.parametrize(
    ("low", "high", "sd"),
    [(42, 99, 1.0), (38, 42, 1.4), (32, 38, 1.6), (25, 32, 2.35), (15, 25, 2.5), (-99, 15, 2.7)],
)
def test_the_residual_sd_follows_the_level(unbounded, low, high, sd):
    """One visit of each subject, so that values are independent."""
    e, level = unbounded
    here = e[:, 9][(level[:, 9] >= low) & (level[:, 9] < high)]
    assert len(here) > 500
    assert_mean(here, 0.0)
    assert_variance(here, 0.0, sd)


def test_an_edge_belongs_to_the_level_above_it():
    residual = Residual((2.5, 1.5), edges=(32.0,))
    assert residual_sd(residual, np.array([31.999, 32.0, 40.0])).tolist() == [2.5, 1.5, 1.5]


@pytest.mark.parametrize(("first", "second"), [(0, 1), (0, 3), (2, 9)])
def test_residuals_are_correlated_in_time_as_stated(first, second):
    """corr = share exp(-lag / range), the lags being those that jitter left."""
    residual = Residual((1.8,), serial_share=0.6, serial_range=10.0)
    schedule = Schedule.every(4, until=52, jitter_days=7)
    made = simulate(replace(truths.gaussian(), residual=residual, schedule=schedule), {"control": N})
    e, _ = residuals(made)
    lag = made.course.weeks[:, second] - made.course.weeks[:, first]
    assert_mean(e[:, first] * e[:, second] / 1.8**2 - 0.6 * np.exp(-lag / 10.0), 0.0)
    assert_variance(e[:, second], 0.0, 1.8)


def test_without_a_serial_share_residuals_are_independent():
    e, _ = residuals(simulate(truths.gaussian(), {"control": N}))
    assert_mean(e[:, 0] * e[:, 1], 0.0)


def test_scores_are_whole_and_within_the_scale_and_reach_both_ends():
    made = simulate(truths.realistic(), {"control": N})
    observed = made.course.observed
    assert np.array_equal(observed, np.rint(observed))
    assert observed.min() == 0
    assert observed.max() == 48
    assert not np.signbit(observed).any()


def test_rounding_and_bounds_are_what_the_formula_says():
    """y = clip(round(mu + e)): the bounded cohort is the unbounded one, rounded and put to the scale."""
    bounded = simulate(truths.realistic(), {"control": 500}).course.observed
    free = simulate(replace(truths.realistic(), scale=UNBOUNDED), {"control": 500}).course.observed
    np.testing.assert_array_equal(bounded, np.clip(np.rint(free), 0, 48))


def test_one_bound_may_be_left_out():
    level, zero = np.array([[-5.0, 60.0]]), np.zeros((1, 2))
    kept = observe(Residual((1.0,)), ScoreScale(lower=None, upper=48.0), level, zero, zero)
    assert kept.tolist() == [[-5.0, 48.0]]
