"""Times in another unit than was said: what raises a suspicion, and, as much, what does not."""

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.data.cohort import Cohort
from alsmodels.data.roles import Roles

WEEKS_PER_MONTH = 365.25 / 84


def trial(times, *, unit="week", subjects=40, slope=-1.0, jitter=0.0, outcome="alsfrs_r", scatter=1.0, seed=3):
    """A cohort seen at these times, in the unit that is true, with a decline of `slope` points a month.

    Slopes and residuals scatter as in HEALEY (SD 0.7 a month and 1.8). The times are numbers without a unit.
    """
    rng = np.random.default_rng(seed)
    months = {"week": 1 / WEEKS_PER_MONTH, "day": 12 / 365.25, "month": 1.0}[unit]
    rows = pd.DataFrame({"id": np.repeat(np.arange(subjects), len(times)), "time": np.tile(times, subjects)})
    later = rows["time"] > 0
    rows["time"] = rows["time"] + later * rng.uniform(-jitter, jitter, len(rows))
    slopes = rng.normal(slope, 0.7 * scatter, subjects)[rows["id"]]
    score = (
        (31 if outcome == "alsfrs" else 37) + slopes * rows["time"] * months + rng.normal(0, 1.8 * scatter, len(rows))
    )
    return rows.assign(**{outcome: score.clip(0, 40 if outcome == "alsfrs" else 48)})


def found(frame, said="week"):
    findings = Cohort.from_frame(frame, Roles("id", "time", time_unit=said)).findings
    return [finding for finding in findings if finding.rule in {"time-in-days", "decline-steep"}]


def suspicions(frame, said="week"):
    return [finding.rule for finding in found(frame, said)]


WEEKS = {
    "early visits dense": [0, 2, 4, 8, 12, 16, 20, 24],
    "weekly": list(range(25)),
    "four-weekly": list(range(0, 53, 4)),
    "six-weekly": list(range(0, 73, 6)),
    "twelve-weekly": list(range(0, 97, 12)),
    "quarterly for two years": list(range(0, 105, 13)),
    "quarterly for seven years": list(range(0, 365, 13)),
    "half-yearly": list(range(0, 157, 26)),
    "yearly for eight years": list(range(0, 417, 52)),
    "baseline and end": [0, 28],
    "a year and a half": [0, 78],
}


@pytest.mark.parametrize("times", WEEKS.values(), ids=WEEKS.keys())
@pytest.mark.parametrize("outcome", ["alsfrs_r", "nfl"])
@pytest.mark.parametrize("jitter", [0, 1])
def test_usual_schedules_in_weeks_raise_nothing(times, outcome, jitter):
    assert suspicions(trial(times, outcome=outcome, jitter=jitter)) == []


DAYS = {
    "four-weekly": list(range(0, 169, 28)),
    "four-weekly, short": [0, 28, 56, 84],
    "monthly": list(range(0, 361, 30)),
    "quarterly": [0, 91, 182, 273, 364],
    "twelve-weekly": list(range(0, 337, 84)),
    "weekly": list(range(0, 169, 7)),
    "early visits dense": [0, 7, 14, 28, 56, 84, 112, 140, 168],
    "half-yearly": list(range(0, 1100, 182)),
}


@pytest.mark.parametrize("times", DAYS.values(), ids=DAYS.keys())
@pytest.mark.parametrize("outcome", ["alsfrs_r", "alsfrs", "nfl"])
def test_days_taken_for_weeks_are_suspected(times, outcome):
    frame = trial(times, unit="day", outcome=outcome)
    assert suspicions(frame) == ["time-in-days"]
    assert suspicions(frame, said="day") == []


@pytest.mark.parametrize("name", ["four-weekly", "monthly", "quarterly", "twelve-weekly"])
def test_visits_need_not_be_on_their_day(name):
    assert suspicions(trial(DAYS[name], unit="day", jitter=4)) == ["time-in-days"]


def test_a_usual_decline_says_that_they_are_weeks():
    times = list(range(0, 169, 28))
    assert suspicions(trial(times, unit="week")) == []
    assert suspicions(trial(times, unit="week", outcome="nfl")) == ["time-in-days"]
    assert suspicions(trial(times, unit="week", subjects=9)) == ["time-in-days"]


def test_the_decline_in_either_unit_is_told():
    frame = trial(DAYS["four-weekly"], unit="day", scatter=0)
    (finding,) = found(frame)
    assert finding.column == "time"
    assert "28 apart and go on to 168" in finding.message
    assert "'alsfrs_r' changes by -0.14 points a month; if they are days, by -1.00." in finding.message
    assert 'time_unit="day"' in finding.remedy


LONGER = {
    "monthly": (list(range(13)), "month", "week"),
    "quarterly": (list(range(0, 25, 3)), "month", "week"),
    "not whole": ([0, 1.1, 2.9, 6.2, 9.4, 12], "month", "week"),
    "weeks for days": (list(range(0, 53, 4)), "week", "day"),
    "months for days": (list(range(13)), "month", "day"),
}


@pytest.mark.parametrize(("times", "unit", "said"), LONGER.values(), ids=LONGER.keys())
def test_times_in_a_longer_unit_are_suspected(times, unit, said):
    frame = trial(times, unit=unit)
    assert suspicions(frame, said=said) == ["decline-steep"]
    assert suspicions(frame, said=unit) == []


def test_the_steep_decline_is_told():
    frame = trial(list(range(13)), unit="month", scatter=0)
    (finding,) = found(frame)
    assert "falls by 4.3 points a month if the times are weeks (median of 40 subjects)" in finding.message
    assert 'time_unit="month"' in finding.remedy
    (finding,) = found(frame, said="day")
    assert 'time_unit="week") or "month"' in finding.remedy


@pytest.mark.parametrize("seed", range(10))
def test_noise_of_a_short_study_is_no_steep_decline(seed):
    """Three weekly visits of ten patients: slopes scatter by several points a month."""
    assert suspicions(trial([0, 1, 2], subjects=10, seed=seed)) == []


def test_a_fast_group_is_not_suspected():
    """Twice the usual decline, the fastest that is said of a group."""
    assert suspicions(trial(list(range(0, 25, 4)), slope=-1.9)) == []


def test_two_visits_give_no_slopes():
    assert suspicions(trial([0, 12], unit="month", subjects=40)) == []


def test_a_few_subjects_give_no_slopes():
    assert suspicions(trial(list(range(13)), unit="month", subjects=9)) == []


def test_the_bundled_example_raises_nothing():
    rules = {finding.rule for finding in als.load_example().findings}
    assert rules == {"single-visit"}


def test_broken_times_do_not_stop_the_suspicion():
    """They are reported as what they are, with the suspicion besides."""
    frame = trial(DAYS["four-weekly"], unit="day")
    frame.loc[[0, 5], "time"] = [np.nan, np.inf]
    with pytest.raises(als.DataError, match=r"(?s)time-missing.*time-infinite.*Warning, time-in-days"):
        Cohort.from_frame(frame, Roles("id", "time"))
