"""What the tests of the simulator share: arrays of large cohorts, and Monte Carlo errors.

A tolerance is four Monte Carlo errors: the mean of n independent values of standard deviation s has the error
``s / sqrt(n)``. A right simulator misses it in one of 16,000 comparisons; the seeds are fixed, so that none does.
"""

from dataclasses import dataclass, replace

import numpy as np

from alsmodels.simulation.courses import Course, realise_courses
from alsmodels.simulation.plan import Plan, make_plan
from alsmodels.simulation.records import People, Visits, realise
from alsmodels.simulation.truth import Truth
from alsmodels.simulation.variates import Variates, draw_variates

ERRORS = 4.0


@dataclass(frozen=True)
class Simulated:
    """A cohort before it is a cohort, with what nobody would know of it."""

    truth: Truth
    plan: Plan
    drawn: Variates
    course: Course
    people: People
    visits: Visits

    def arm(self, name):
        """Which subjects are in an arm."""
        return self.people.arm == [arm.name for arm in self.plan.arms].index(name)


def simulate(truth, arms, *, seed=1):
    """Simulate arrays of any size, with none of the checks of a cohort."""
    plan = make_plan(truth, arms)
    drawn = draw_variates(truth, plan.n_subjects, plan.n_visits, np.random.default_rng(seed))
    people, visits = realise(truth, plan, drawn)
    return Simulated(truth, plan, drawn, realise_courses(truth, plan, drawn, copies=1), people, visits)


def without(truth, *names):
    """The same truth without some of its unkindness, such as ``"death"`` and ``"withdrawal"``."""
    return replace(truth, **dict.fromkeys(names))


def monte_carlo_error(values):
    """Of the mean of independent values."""
    return float(np.std(values) / np.sqrt(len(values)))


def assert_mean(values, expected, *, slack=0.0):
    """The mean of independent values is within four Monte Carlo errors of what it should be.

    ``slack`` is a known bias, such as that of rounding; it is added to the tolerance.
    """
    error = monte_carlo_error(values)
    assert abs(np.mean(values) - expected) < ERRORS * error + slack, (np.mean(values), expected, error)


def assert_variance(values, mean, sd):
    """The variance about a known mean is that of a known standard deviation."""
    assert_mean((values - mean) ** 2, sd**2)


def assert_correlation(x, y, expected):
    """A correlation, by the mean of its influence function; x and y have mean 0 and variance 1."""
    assert_mean(x * y - expected * (x**2 + y**2) / 2, 0.0)


def assert_share(events, expected, *, slack=0.0):
    """A share is within four binomial errors of what it should be."""
    error = np.sqrt(expected * (1 - expected) / len(events))
    assert abs(np.mean(events) - expected) < ERRORS * error + slack, (np.mean(events), expected, error)
