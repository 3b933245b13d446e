"""Visits: nominal weeks, jitter in whole days, missed visits, and a schedule of an arm's own."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from simulated import assert_share, simulate, without

from alsmodels.errors import SpecError
from alsmodels.simulation import truths
from alsmodels.simulation.truths import Schedule

N = 20_000


@pytest.fixture(scope="module")
def made():
    return simulate(without(truths.realistic(), "death", "withdrawal"), {"control": N})


def test_visits_are_whole_days_and_at_most_seven_from_their_week(made):
    days = 7 * made.course.weeks
    np.testing.assert_allclose(days, np.rint(days), atol=1e-9)
    shift = np.rint(days - 7 * np.arange(0, 53, 4))
    assert (shift[:, 0] == 0).all()
    assert shift[:, 1:].min() == -7
    assert shift[:, 1:].max() == 7
    counts = np.unique(shift[:, 5], return_counts=True)[1]
    assert len(counts) == 15
    assert stats.chisquare(counts).pvalue > 1e-4


def test_visits_are_missed_at_random_but_never_the_first(made):
    assert made.course.seen[:, 0].all()
    for visit in (1, 7, 13):
        assert_share(~made.course.seen[:, visit], 0.08)
    together = (~made.course.seen[:, 4]) & (~made.course.seen[:, 5])
    assert_share(together, 0.08**2)


def test_an_arm_may_have_a_schedule_of_its_own():
    own = Schedule.every(12, until=24, jitter_days=3)
    truth = without(truths.realistic(), "death", "withdrawal").vary_arm("control", schedule=own)
    made = simulate(truth, {"control": 200, "treated": 200})
    rows = made.people.arm[made.visits.subject]
    nominal = np.unique(np.rint(made.visits.week[rows == 0] / 12) * 12)
    assert nominal.tolist() == [0, 12, 24]
    assert made.visits.week[rows == 0].max() <= 24 + 3 / 7 + 1e-9
    assert made.visits.week[rows == 1].max() > 48
    for subject in range(200):
        assert (np.diff(made.visits.week[made.visits.subject == subject]) > 0).all()


def test_nobody_is_followed_after_the_last_planned_visit():
    """A shorter schedule beside a longer one: deaths and withdrawals are seen until its own end alone."""
    truth = truths.realistic().vary_arm("control", schedule=Schedule.every(12, until=24))
    made = simulate(truth, {"control": N, "treated": N})
    left = made.people.left
    assert left[made.arm("control")][np.isfinite(left[made.arm("control")])].max() <= 24
    assert left[made.arm("treated")][np.isfinite(left[made.arm("treated")])].max() > 48


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: Schedule((0.0, 8.0, 4.0)), r"the weeks ascend, but week 4 comes after week 8"),
        (lambda: Schedule((0.0, 4.0, 4.0)), r"the weeks ascend"),
        (lambda: Schedule((4.0, 8.0)), r"first visit is in week 0"),
        (lambda: Schedule(()), r"first visit is in week 0"),
        (lambda: Schedule((0.0, 2.0), jitter_days=7), r"visits 2 weeks apart could change places"),
        (lambda: Schedule((0.0, 4.0), missed=1.2), r"missed is a share between 0 and 1, not 1.2"),
        (lambda: Schedule((0.0, 4.0), jitter_days=-1), r"jitter_days is 0 or more, not -1"),
        (lambda: Schedule((0.0, float("nan"))), r"weeks\[1\] is a finite number"),
        (lambda: Schedule.every(0, until=24), r"some weeks apart, not 0"),
    ],
)
def test_schedules_that_cannot_be_are_refused(build, words):
    with pytest.raises(SpecError, match=words):
        build()


def test_every_gives_the_last_week_too():
    assert Schedule.every(4, until=52).weeks[-1] == 52
    assert Schedule.every(12, until=59).weeks == (0.0, 12.0, 24.0, 36.0, 48.0)
    assert replace(Schedule.every(4, until=8), missed=0.1).weeks == (0.0, 4.0, 8.0)
