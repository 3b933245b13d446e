"""Weeks from dates: what is read, from which day weeks are counted, and what is asked about."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.data.dates import find_orders, read_dates
from alsmodels.errors import DataError

# 2021-01-15 is day 18,642 after 1970-01-01, by GNU date: date -u -d 2021-01-15 +%s is 1610668800 seconds.
DAY = 1_610_668_800 / 86_400

SAME_DAY = [
    "2021-01-15",
    "2021/1/15",
    "2021.01.15",
    "20210115",
    "15.1.2021",
    "15/01/2021",
    "15-01-2021",
    "15JAN2021",
    "15-Jan-2021",
    "15. Januar 2021",
    "Jan 15, 2021",
    "January 15 2021",
    "2021-01-15T23:59:59.999Z",
    "2021-01-15 00:00:00+13:00",
    "15JAN2021:08:30:00",
    "15/01/2021 8:30 pm",
    " 2021-01-15 ",
]
NO_DATES = [
    "15.01.21",
    "2021-02-29",
    "2021-13-01",
    "2021-00-10",
    "2021-01",
    "2021",
    "31/04/2021",
    "15 Foo 2021",
    "2021-01.15",
    "202115",
    "44211",
    "x",
    "0000-01-01",
    "2021-01-15T25",
]


@pytest.mark.parametrize("text", SAME_DAY)
def test_every_spelling_is_the_day_that_is_written(text):
    read = read_dates(pd.Series([text]), "dmy")
    assert read.days.tolist() == [DAY]
    assert not read.unreadable.any()


@pytest.mark.parametrize("text", NO_DATES)
def test_what_is_no_date_of_the_calendar_is_said(text):
    read = read_dates(pd.Series([text, "2021-01-15"]), "dmy")
    assert read.unreadable.tolist() == [True, False]
    assert np.isnan(read.days[0])


def test_every_day_of_thirty_years_in_four_spellings():
    days = [dt.date(1995, 1, 1) + dt.timedelta(number) for number in range(30 * 365)]
    expected = [(day - dt.date(1970, 1, 1)).days for day in days]
    for form, spelling in (("ymd", "%Y-%m-%d"), ("dmy", "%d/%m/%Y"), ("mdy", "%m/%d/%Y"), ("dmy", "%d.%m.%Y")):
        assert read_dates(pd.Series([day.strftime(spelling) for day in days]), form).days.tolist() == expected


@pytest.mark.parametrize(("form", "number"), [("excel", 44_211), ("sas", 22_295), ("r", 18_642)])
def test_numbers_of_days_of_other_programs(form, number):
    """44211 is what Excel shows for 2021-01-15 as a number; SAS counts from 1960-01-01, R from 1970-01-01."""
    assert read_dates(pd.Series([number, number + 0.75, np.nan]), form).days.tolist()[:2] == [DAY, DAY]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(pd.to_datetime(["2021-01-15 23:00", None])),
        pd.Series([dt.date(2021, 1, 15), None], dtype="object"),
        pd.Series([20_210_115, np.nan]),
        pd.Series(pd.to_datetime(["2021-01-15 23:00", None]).tz_localize("Europe/Berlin")),
    ],
    ids=["datetimes", "dates", "numbers", "zoned"],
)
def test_columns_of_dates(column):
    frame = pd.DataFrame({"id": ["a", "a"], "at": [column[0], pd.NaT if column.dtype.kind == "M" else None], "y": 1.0})
    frame["at"] = column
    cohort = als.Cohort.from_frame(
        frame, als.Roles("id", "at", time_unit="date"), outcomes=["y"], leave_out=["time-missing"]
    )
    assert cohort.visits["week"].tolist() == [0.0]


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["03/04/2021", "25/01/2021"], "dmy"),
        (["03/04/2021", "1/25/2021"], "mdy"),
        (["03-04-2021", "25-01-2021"], "dmy"),
        (["05/05/2021", "06/06/2021"], "dmy"),
        (["03.04.2021"], "dmy"),
        (["2021-03-04"], "ymd"),
        ([None, ""], "ymd"),
        (["32/01/2021", "01/25/2021"], "mdy"),
    ],
)
def test_order_is_told_by_the_dates(texts, order):
    assert find_orders({"at": pd.Series(texts, dtype="object")}, None) == {"at": order}


def test_a_column_that_does_not_tell_takes_the_order_of_the_others():
    unsaid, said = pd.Series(["03/04/2021"]), pd.Series(["25/01/2021"])
    assert find_orders({"at": unsaid, "base": said}, None) == {"at": "dmy", "base": "dmy"}
    with pytest.raises(DataError, match="column 'at' holds dates such as '03/04/2021'"):
        find_orders({"at": unsaid, "base": pd.Series(["2021-01-25"])}, None)
    other = pd.Series(["1/25/2021"])
    with pytest.raises(DataError, match="column 'at'"):
        find_orders({"at": unsaid, "base": said, "other": other}, None)


def frame(**columns):
    return pd.DataFrame(
        {
            "id": ["a", "a", "b", "b", "b"],
            "at": ["2021-03-01", "2021-01-04", "2020-12-28", "2021-01-11", "2021-02-22"],
            "arm": ["p", "p", "d", "d", "d"],
            "y": [1.0, 2.0, 3.0, 4.0, 5.0],
            **columns,
        }
    )


def test_weeks_since_the_first_visit_in_any_order_of_rows():
    cohort = als.Cohort.from_frame(frame(), als.Roles("id", "at", "arm", time_unit="date"), outcomes=["y"])
    assert cohort.visits[["week", "y"]].to_numpy().tolist() == [[0, 2], [8, 1], [0, 3], [2, 4], [8, 5]]
    (told,) = [finding for finding in cohort.findings if finding.rule == "weeks-from-dates"]
    assert told.severity == "note"
    assert "weeks are counted from each subject's first visit" in str(told)
    assert "from each subject's first visit" in str(cohort.summary())


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["2021-02-01", "2021-03-01", "20210401"], "'at' as year-month-day."),
        (["1. Feb 2021", "1. Mar 2021", "April 1, 2021"], "'at' as names of months."),
        (["25.02.2021", "01.03.2021", "01.04.2021"], "'at' as day/month/year."),
        (["25.02.2021", "01.03.2021", "2021-04-01"], "'at' as day/month/year and year-month-day."),
        (["25.02.2021", "1 Mar 2021", "2021-04-01"], "'at' as day/month/year, names of months and year-month-day."),
    ],
)
def test_the_note_tells_every_way_in_which_dates_are_written(texts, words):
    rows = pd.DataFrame({"id": list("abb"), "at": texts, "arm": list("xyy"), "y": [1.0, 2, 3]})
    cohort = als.Cohort.from_frame(rows, als.Roles("id", "at", "arm", time_unit="date"), outcomes=["y"])
    (told,) = [finding for finding in cohort.findings if finding.rule == "weeks-from-dates"]
    assert words in str(told)


def test_weeks_since_a_date_on_one_row_or_in_the_table_of_subjects():
    base = ["2020-12-28", None, None, None, "2020-12-21"]
    roles = als.Roles("id", "at", "arm", time_unit="date", baseline="randomised")
    inside = als.Cohort.from_frame(frame(randomised=base), roles, outcomes=["y"])
    assert inside.visits["week"].tolist() == [1, 9, 1, 3, 9]
    subjects = pd.DataFrame({"id": ["b", "a"], "randomised": ["2020-12-21", "2020-12-28"]})
    apart = als.Cohort.from_frame(frame(), roles, outcomes=["y"], subjects=subjects)
    assert apart.visits["week"].tolist() == [1, 9, 1, 3, 9]
    assert "from the date in 'randomised'" in str(apart.summary())


def test_events_are_counted_from_the_same_day():
    roles = als.Roles("id", "at", "arm", time_unit="date")
    for name in ("at", "date"):
        events = pd.DataFrame({"id": ["a", "b"], "event": ["death", "withdrawal"], name: ["2021-03-08", "2021-03-01"]})
        cohort = als.Cohort.from_frame(frame(), roles, outcomes=["y"], events=events)
        assert cohort.events["week"].tolist() == [9, 9]
    weeks = pd.DataFrame({"id": ["a"], "event": ["death"], "week": [10]})
    assert als.Cohort.from_frame(frame(), roles, outcomes=["y"], events=weeks).events["week"].tolist() == [10]


def test_a_death_before_a_visit_is_found_by_dates():
    events = pd.DataFrame({"id": ["b"], "event": ["death"], "date": ["2021-02-01"]})
    with pytest.raises(DataError, match="visit-after-death"):
        als.Cohort.from_frame(frame(), als.Roles("id", "at", "arm", time_unit="date"), outcomes=["y"], events=events)


def test_events_without_a_day_to_count_from_are_refused():
    subjects = pd.DataFrame({"id": ["a", "b", "c"]})
    events = pd.DataFrame({"id": ["c"], "event": ["death"], "date": ["2021-02-01"]})
    roles = als.Roles("id", "at", "arm", time_unit="date")
    with pytest.raises(DataError, match=r"event-time-not-numeric(.|\n)*no date to count from"):
        als.Cohort.from_frame(frame(), roles, outcomes=["y"], events=events, subjects=subjects)


def test_dates_survive_saving(tmp_path):
    roles = als.Roles("id", "at", "arm", time_unit="date", date_format="ymd")
    cohort = als.Cohort.from_frame(frame(), roles, outcomes=["y"])
    cohort.save(tmp_path / "saved")
    again = als.read_cohort(tmp_path / "saved")
    assert again.roles == roles
    assert again.visits.equals(cohort.visits)
    assert again.findings == cohort.findings


def test_a_fit_is_that_of_weeks():
    rng = np.random.default_rng(5)
    weeks = np.tile([0, 4, 8, 12, 24], 12)
    table = pd.DataFrame({"id": np.repeat(np.arange(12), 5), "week": weeks})
    table["y"] = 40 - 0.2 * weeks + np.repeat(rng.normal(size=12), 5) + rng.normal(size=60)
    starts = pd.Timestamp("2021-01-01") + pd.to_timedelta(np.repeat(rng.integers(0, 300, 12), 5), unit="D")
    dated = table.assign(at=(starts + pd.to_timedelta(7 * weeks, unit="D")).strftime("%d.%m.%Y")).drop(columns="week")
    formula = "y ~ week + (1 | subject)"
    by_week = als.fit_lmm(formula, als.Cohort.from_frame(table, als.Roles("id", "week"), outcomes=["y"]))
    by_date = als.fit_lmm(
        formula, als.Cohort.from_frame(dated, als.Roles("id", "at", time_unit="date"), outcomes=["y"])
    )
    assert by_date.coefficients.equals(by_week.coefficients)
