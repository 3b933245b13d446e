"""Times that are alone and far from all others: what is suspected, and, as much, what is not."""

import numpy as np
import pandas as pd
import pytest

import alsmodels as als

PLANNED = np.array([0, 4, 8, 12, 16, 20, 24.0])


def trial(rng, *, subjects=40, planned=PLANNED, jitter=0.0, missed=0.1):
    """Visits on a schedule, some of them missed, the first never."""
    parts = []
    for number in range(subjects):
        weeks = planned + (planned > 0) * rng.uniform(-jitter, jitter, len(planned))
        seen = (rng.random(len(planned)) >= missed) | (planned == 0)
        parts.append(pd.DataFrame({"id": f"S{number}", "week": weeks[seen]}))
    return with_scores(pd.concat(parts, ignore_index=True), rng)


def with_scores(rows, rng):
    return rows.assign(
        arm=np.where(rows["id"].str[-1].isin(list("02468")), "drug", "placebo"), nfl=rng.normal(60, 5, len(rows))
    )


def far(rows, **roles):
    cohort = als.Cohort.from_frame(rows, als.Roles("id", "week", "arm", **roles), outcomes=["nfl"])
    return [finding for finding in cohort.findings if finding.rule == "time-far"]


@pytest.mark.parametrize("typed", [1200.0, 120.0, -120.0, 212.0])
def test_one_mistyped_week_is_told_with_its_row_subject_value_and_remedy(typed):
    rows = trial(np.random.default_rng(1), missed=0)
    place = rows.index[(rows["id"] == "S7") & (rows["week"] == 12)][0]
    rows.loc[place, "week"] = typed
    (finding,) = far(rows)
    assert finding.severity == "warning"
    assert finding.column == "week"
    assert finding.rows == (place + 1,)
    assert f"row {place + 1}: subject 'S7', week {typed:g}" in finding.offenders[0]
    assert "leave_out=['time-far']" in finding.remedy
    kept = als.Cohort.from_frame(rows, als.Roles("id", "week", "arm"), outcomes=["nfl"], leave_out=["time-far"])
    assert len(kept.visits) == len(rows) - 1
    assert not [f for f in kept.findings if f.rule == "time-far"]


@pytest.mark.parametrize("seed", range(20))
def test_a_digit_too_many_is_found_in_any_late_visit_of_any_schedule(seed):
    rng = np.random.default_rng(seed)
    step, visits = rng.choice([2, 4, 6, 12, 13]), rng.integers(4, 12)
    rows = trial(rng, subjects=int(rng.integers(8, 120)), planned=step * np.arange(visits), jitter=rng.choice([0, 1.0]))
    late = rows.index[rows["week"] > 0.6 * rows["week"].max()]
    place = rng.choice(late)
    rows.loc[place, "week"] *= 10
    assert [finding.rows for finding in far(rows)] == [(place + 1,)]


def test_an_early_visit_is_found_by_the_visit_it_was_meant_to_be():
    rows = trial(np.random.default_rng(2), missed=0)
    place = rows.index[(rows["id"] == "S7") & (rows["week"] == 8)][0]
    rows.loc[place, "week"] = 80.0
    assert [finding.rows for finding in far(rows)] == [(place + 1,)]
    rows.loc[place, "week"] = 81.0
    assert far(rows) == []


def test_two_mistyped_weeks_are_found_and_late_visits_that_are_alike_are_not():
    rows = trial(np.random.default_rng(3), missed=0)
    first, second = rows.index[rows["week"] == 20][[5, 9]]
    rows.loc[first, "week"], rows.loc[second, "week"] = 200.0, 2000.0
    assert [finding.rows for finding in far(rows)] == [(first + 1, second + 1)]
    rows.loc[second, "week"] = 208.0
    assert far(rows) == []


def dated(rows):
    starts = pd.to_datetime("2021-01-11") + pd.to_timedelta(7 * rows["id"].str[1:].astype(int), unit="D")
    return starts + pd.to_timedelta((7 * rows["week"]).round(), unit="D")


@pytest.mark.parametrize(("year", "which"), [(2012, 3), (2031, 3), (2012, 0), (2012, 6)])
def test_a_mistyped_year_is_told(year, which):
    rows = trial(np.random.default_rng(4), missed=0)
    dates = dated(rows)
    place = rows.index[rows["id"] == "S7"][which]
    dates[place] = dates[place].replace(year=year)
    (finding,) = far(rows.assign(week=dates.dt.strftime("%Y-%m-%d")), time_unit="date")
    assert finding.rows == (place + 1,)
    assert f"{year}-" in finding.offenders[0]
    assert "Correct it" in finding.remedy
    assert "leave_out" not in finding.remedy


@pytest.mark.parametrize("weeks", [24, 48, 60, 96])
@pytest.mark.parametrize("years", [-1, 1])
@pytest.mark.parametrize("jitter", [0.0, 1.0])
def test_the_year_of_a_neighbour_is_told_in_short_trials_and_in_long_ones(weeks, years, jitter):
    rng = np.random.default_rng(5)
    rows = trial(rng, planned=np.arange(0, weeks + 1, 6.0), jitter=jitter, missed=0)
    dates = dated(rows)
    place = rows.index[rows["id"] == "S7"][-1 if years > 0 else 1]
    dates[place] = dates[place].replace(year=dates[place].year + years)
    (finding,) = far(rows.assign(week=dates.dt.strftime("%Y-%m-%d")), time_unit="date")
    assert finding.rows == (place + 1,)


@pytest.mark.parametrize("as_dates", [False, True])
@pytest.mark.parametrize("seed", range(150))
def test_honest_schedules_are_silent(seed, as_dates):
    rng = np.random.default_rng(seed)
    step, subjects = float(rng.choice([1, 2, 4, 6, 12, 13, 26])), int(rng.integers(3, 150))
    planned = step * np.arange(rng.integers(2, 14))
    rows = trial(rng, subjects=subjects, planned=planned, jitter=step / 4, missed=rng.uniform(0, 0.5))
    kind = seed % 5
    if kind == 1:  # one who lives long, seen regularly
        more = pd.DataFrame({"id": "S0", "week": planned.max() + step * np.arange(1, 60)})
        rows = pd.concat([rows, more[rng.random(len(more)) > 0.3]], ignore_index=True)
    if kind == 2:  # an extension, of which some have one visit and some more
        ids = rng.choice(rows["id"].unique(), max(3, subjects // 8), replace=False)
        weeks = [planned.max() + 52.0 * (1 + np.arange(rng.integers(1, 4))) for _ in ids]
        more = [pd.DataFrame({"id": name, "week": times}) for name, times in zip(ids, weeks, strict=True)]
        rows = pd.concat([rows, *more], ignore_index=True)
    if kind == 3:  # a registry: long follow-up with a long tail, visits when they come
        parts = [np.cumsum(rng.gamma(2, 8, 1 + rng.poisson(rng.gamma(1, 6)))) for _ in range(subjects)]
        rows = pd.concat([pd.DataFrame({"id": f"S{n}", "week": part - part[0]}) for n, part in enumerate(parts)])
    if kind == 4:  # one who comes back after a break of twice the trial
        more = pd.DataFrame({"id": ["S0"], "week": [planned.max() * 3 + 0.5]})
        rows = pd.concat([rows, more], ignore_index=True)
    rows = with_scores(rows.reset_index(drop=True), rng)
    if as_dates:
        rows = rows.assign(week=dated(rows).dt.strftime("%Y-%m-%d")).drop_duplicates(["id", "week"])
    assert far(rows, time_unit="date" if as_dates else "week") == []


def test_a_fit_says_so():
    rows = trial(np.random.default_rng(6), missed=0)
    rows.loc[rows.index[(rows["id"] == "S7") & (rows["week"] == 12)], "week"] = 1200.0
    cohort = als.Cohort.from_frame(rows, als.Roles("id", "week", "arm"), outcomes=["nfl"])
    notes = als.build_design(als.ModelSpec("nfl ~ arm * week + (1 | subject)"), cohort).notes
    assert any("far from all others" in note for note in notes)
