"""Every bad table gets a DataError whose text names the rule and says what to do, and nothing else."""

import numpy as np
import pandas as pd
import pytest

from alsmodels.data.cohort import Cohort
from alsmodels.data.outcomes import Outcome
from alsmodels.data.roles import Roles
from alsmodels.errors import AlsModelsError, DataError

ROLES = Roles("id", "week", "arm")


def good(**columns):
    frame = pd.DataFrame(
        {
            "id": ["a", "a", "a", "b", "b", "b"],
            "week": [0, 4, 8, 0, 4, 8],
            "arm": ["control"] * 3 + ["drug"] * 3,
            "alsfrs_r": [40.0, 39, 38, 42, 40, 39],
        }
    )
    return frame.assign(**columns)


def items(**columns):
    frame = good().drop(columns="alsfrs_r")
    names = [f"q{number}" for number in range(1, 13)]
    return frame.assign(**(dict.fromkeys(names, 3) | columns))


def events(**columns):
    return pd.DataFrame({"id": ["a"], "event": ["death"], "week": [20.0]}).assign(**columns)


BAD_COLUMNS = [
    ({"id": ["a", None, "a", "b", "b", "b"]}, "subject-missing", "row 2"),
    ({"id": ["a", " ", "a", "b", "b", "b"]}, "subject-missing", "Give each row its subject"),
    ({"week": [0, None, 8, 0, 4, 8]}, "time-missing", "row 2"),
    ({"week": [0, "week 4", 8, 0, 4, 8]}, "time-not-numeric", "'week 4'"),
    ({"week": [0, "<4", 8, 0, 4, 8]}, "time-not-numeric", "'<4'"),
    ({"week": pd.date_range("2020-01-01", periods=6)}, "time-not-numeric", "or a date"),
    ({"week": [0, np.inf, 8, 0, 4, 8]}, "time-infinite", "row 2"),
    ({"week": [0, -np.inf, 8, 0, 4, 8]}, "time-infinite", "infinite"),
    ({"arm": ["control", None, "control", "drug", "drug", "drug"]}, "arm-missing", "row 2"),
    ({"arm": ["control", "drug", "control", "drug", "drug", "drug"]}, "arm-changes", "more than one arm"),
    ({"alsfrs_r": [40, "ill", 38, 42, 40, 39]}, "value-not-numeric", "'ill'"),
    ({"alsfrs_r": [40, "1,5", 38, 42, 40, 39]}, "value-not-numeric", "'1,5'"),
    ({"alsfrs_r": [40, "<", 38, 42, 40, 39]}, "value-not-numeric", "row 2"),
    ({"alsfrs_r": [40, "\u0663", 38, 42, 40, 39]}, "value-not-numeric", "'\u0663'"),  # a digit, but no 3
    ({"alsfrs_r": [40, "2-3", 38, 42, 40, 39]}, "value-not-numeric", "row 2"),
    ({"alsfrs_r": [40, 1 + 2j, 38, 42, 40, 39]}, "value-not-numeric", "row 2"),
    ({"alsfrs_r": pd.date_range("2020-01-01", periods=6)}, "value-not-numeric", "rows 1, 2"),
    ({"alsfrs_r": [40, np.inf, 38, 42, 40, 39]}, "value-infinite", "row 2"),
    ({"alsfrs_r": [40, "inf", 38, 42, 40, 39]}, "value-infinite", "row 2"),
    ({"alsfrs_r": [49, 39, 38, 42, 40, 39]}, "value-outside-bounds", "0 to 48"),
    ({"alsfrs_r": [-1, 39, 38, 42, 40, 39]}, "value-outside-bounds", "row 1"),
    ({"alsfrs_r": [">49", "39", "38", "42", "40", "39"]}, "value-outside-bounds", "'>49'"),
    ({"alsfrs": [41, 39, 38, 40, 40, 39]}, "value-outside-bounds", "0 to 40"),
    ({"week": [0, 0, 8, 0, 4, 8]}, "duplicate-visit", "row 2"),
    ({"week": ["0", "0.0", 8, 0, 4, 8]}, "duplicate-visit", "keeps the first"),
]


@pytest.mark.parametrize(("columns", "rule", "words"), BAD_COLUMNS)
def test_bad_column(columns, rule, words):
    with pytest.raises(DataError) as refusal:
        Cohort.from_frame(good(**columns), ROLES)
    assert rule in str(refusal.value)
    assert words in str(refusal.value)


BAD_ITEMS = [
    (items(q3=[3, 3, 5, 3, 3, 3]), "item-outside-0-4", "'q3'"),
    (items(q3=[3, 3, -1, 3, 3, 3]), "item-outside-0-4", "row 3"),
    (items(q3=["3", "x", "3", "3", "3", "3"]), "value-not-numeric", "'x'"),
    (items(alsfrs_r=[36, 36, 35, 36, 36, 36]), "total-not-sum", "row 3"),
    (items(bulbar=[9, 9, 9, 9, 9, 8]), "total-not-sum", "'bulbar'"),
    (items(q5a=2, q5b=2).drop(columns="q5"), "q5-both", "gastrostomy"),
]


@pytest.mark.parametrize(("frame", "rule", "words"), BAD_ITEMS)
def test_bad_items(frame, rule, words):
    with pytest.raises(DataError) as refusal:
        Cohort.from_frame(frame, ROLES)
    assert rule in str(refusal.value)
    assert words in str(refusal.value)


BAD_EVENTS = [
    (events(week=3.0), "visit-after-death", "rows 2, 3|row 2: .*row 3: "),
    (events(id="zz"), "event-subject-unknown", "'zz'"),
    (events(id=None), "event-subject-unknown", "missing"),
    (events(event=None), "event-missing", "death"),
    (events(week="soon"), "event-time-not-numeric", "'soon'"),
    (events(week=np.inf), "event-time-not-numeric", "row 1"),
    (events().drop(columns="week"), "no time column", "'week', 'day' or 'month'"),
    (events().drop(columns="event"), "no column 'event'", "the columns are 'id', 'week'"),
    (events().drop(columns="id"), "no column 'subject'", "The events table"),
    ("events.csv", "must be a table", "str"),
]


@pytest.mark.parametrize(("table", "rule", "words"), BAD_EVENTS)
def test_bad_events(table, rule, words):
    with pytest.raises(DataError, match=rule) as refusal:
        Cohort.from_frame(good(), ROLES, events=table)
    refusal.match(f"(?s){words}")


BAD_CALLS = [
    (good(), Roles("ID", "week", "arm"), {}, "Did you mean 'id'"),
    (good(), Roles("id", "weeks", "arms"), {}, "no column 'weeks' and no column 'arms'"),
    (good(), Roles("id", "alsfrs_r", "arm"), {}, "another column 'week'"),
    (good(subject=1), ROLES, {}, "another column 'subject'"),
    (good(), Roles("id", "week"), {}, 'arm="arm"'),
    (good(), Roles("id", "week", "arm", control="sham"), {}, "'control', 'drug'"),
    (good(), ROLES, {"outcomes": ["nfl"]}, "no column 'nfl'"),
    (good(), ROLES, {"outcomes": ["alsfrs_r", "alsfrs_r"]}, "declared twice"),
    (good(), ROLES, {"outcomes": [3]}, "not 3"),
    (good(), ROLES, {"leave_out": ["duplicates"]}, "the rules are 'subject-missing'"),
    (good(), ROLES, {"leave_out": ["time-in-days"]}, "no rule with rows"),
    (good().iloc[:0], ROLES, {}, "no rows"),
    (good(x=[[1]] * 6), ROLES, {}, "lists or other collections"),
    (good().rename(columns={"alsfrs_r": 3}), ROLES, {}, "column names must be text"),
    (good().rename(columns={"alsfrs_r": "week"}), ROLES, {}, "more than once"),
    ([[1, 2]], ROLES, {}, "not list"),
    (None, ROLES, {}, "not NoneType"),
    (good(), None, {}, "roles must be Roles"),
    (good(alsfrs_r_censored="maybe"), ROLES, {}, "'left', 'right', 'interval' and 'none'"),
    (items(alsfrs_q1=3), ROLES, {}, "item 1 is in 2 columns"),
    (good(nfl=[0, 1, 2, 3, 4, 5]), ROLES, {"outcomes": [Outcome("nfl", scale="log")]}, "value-not-positive"),
    (good(), ROLES, {"subjects": pd.DataFrame({"id": ["a"], "age": [60]})}, "subject-unknown"),
    (good(), ROLES, {"subjects": pd.DataFrame({"id": ["a", "b", "b"]})}, "subject-repeated"),
    (
        good(age=1),
        ROLES,
        {"subjects": pd.DataFrame({"id": ["a", "b"], "age": 2})},
        "both have the column 'age'",
    ),
    (good(), ROLES, {"subjects": pd.DataFrame({"id": ["a", None, "b"]})}, "row 2 has no subject"),
    (
        items(),
        ROLES,
        {"subjects": pd.DataFrame({"id": ["a", "b"], "bulbar": 1})},
        "'bulbar', which the visits give too",
    ),
    (
        good(nfl=["<1", "2", "3", "4", "5", "6"]),
        ROLES,
        {"subjects": pd.DataFrame({"id": ["a", "b"], "nfl_censored": "x"})},
        "'nfl_censored', which the visits give too",
    ),
    (good(), ROLES, {"subjects": pd.DataFrame({"name": ["a"]})}, "The subjects table: there is no column"),
    (good(week=None), ROLES, {"leave_out": ["time-missing"]}, "Every row is left out"),
]


@pytest.mark.parametrize(("frame", "roles", "given", "words"), BAD_CALLS)
def test_bad_call(frame, roles, given, words):
    with pytest.raises(DataError) as refusal:
        Cohort.from_frame(frame, roles, **given)
    assert words in str(refusal.value)


def test_all_breaches_are_reported_together():
    frame = good(alsfrs_r=[49, 39, "x", 42, 40, 39], week=[0, 0, 8, None, 4, 8])
    with pytest.raises(DataError) as refusal:
        Cohort.from_frame(frame, ROLES)
    rules = ("time-missing", "value-not-numeric", "value-outside-bounds", "duplicate-visit")
    assert all(rule in str(refusal.value) for rule in rules)
    assert "breaks 4 rules" in str(refusal.value)


def test_first_five_offenders_are_told_and_the_rest_counted():
    frame = pd.DataFrame({"id": range(20), "week": 0, "alsfrs_r": 60})
    with pytest.raises(DataError) as refusal:
        Cohort.from_frame(frame, Roles("id", "week"))
    text = str(refusal.value)
    assert "20 rows" in text
    assert "and 10 more" in text
    assert text.count("subject 4, week 0, alsfrs_r 60") == 1
    assert "subject 5, week" not in text


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"subject": ""}, "subject must be"),
        ({"subject": 3}, "not 3"),
        ({"time": "id"}, "two roles"),
        ({"arm": " "}, "arm must be"),
        ({"time_unit": "year"}, "'week', 'day', 'month' or 'date'"),
        ({"date_format": "dmy"}, "say time_unit='date' as well"),
        ({"baseline": "randomised"}, "say time_unit='date' as well"),
        ({"time_unit": "date", "baseline": "id"}, "plays another role"),
        ({"time_unit": "date", "date_format": "german"}, "'ymd', 'dmy', 'mdy'"),
        ({"time_unit": "date", "baseline": 3}, "not 3"),
        ({"arm": None, "control": "placebo"}, "no arm column"),
    ],
)
def test_bad_roles(given, words):
    with pytest.raises(AlsModelsError) as refusal:
        Roles(**{"subject": "id", "time": "week", "arm": "arm"} | given)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"name": ""}, "the name must be"),
        ({"name": "week"}, "kept for the cohort"),
        ({"name": "nfl_censored"}, "kept for the cohort"),
        ({"lower": 5, "upper": 1}, "not below"),
        ({"lloq": 2, "uloq": 2}, "not below"),
        ({"lower": float("nan")}, "finite number"),
        ({"lower": "0"}, "finite number"),
        ({"lower": True}, "finite number"),
        ({"direction": "up"}, "'higher is better'"),
        ({"scale": "sqrt"}, "'identity', 'log'"),
        ({"scale": "log", "lloq": 0}, "above 0"),
        ({"unit": 3}, "unit must be text"),
    ],
)
def test_bad_outcome(given, words):
    with pytest.raises(DataError) as refusal:
        Outcome(**{"name": "nfl"} | given)
    assert words in str(refusal.value)
