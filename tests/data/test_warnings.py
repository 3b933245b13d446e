"""What is odd but allowed is kept, with a warning; what may be left out is counted."""

import pandas as pd
import pytest
from flows import assert_adds_up

from alsmodels.data.checks import CHECKS
from alsmodels.data.cohort import Cohort
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.roles import Roles

ROLES = Roles("id", "week")


def table(**columns):
    frame = pd.DataFrame({"id": ["a", "a", "b", "b"], "week": [0, 4, 0, 4], "alsfrs_r": [40.0, 39, 38, 37]})
    return frame.assign(**columns)


def items(**columns):
    names = [f"q{number}" for number in range(1, 13)]
    return table().drop(columns="alsfrs_r").assign(**(dict.fromkeys(names, 3) | columns))


DAYS = [0, 28, 0, 364]
ODD = [
    (table(alsfrs_r=[40, 47, 38, 37]), {}, "rise-over-6", (2,)),
    (table(week=[-2, 4, 0, 4]), {}, "visit-before-baseline", (1,)),
    (table(week=DAYS), {}, "time-in-days", ()),
    (table(week=[0, 7, 0, 168]), {}, "time-in-days", ()),
    (table(alsfrs_r=[None, None, 38, 37]), {}, "no-observed-outcome", (1, 2)),
    (table(id=["a", "b", "b", "b"], week=[0, 1, 2, 3]), {}, "single-visit", (1,)),
    (items(q5a=[2, 2, None, 2], q5b=None).drop(columns="q5"), {}, "q5-neither", (3,)),
    (items().drop(columns="q12"), {}, "items-incomplete", ()),
    (
        table(),
        {"events": pd.DataFrame({"id": ["a"], "event": ["relapse"], "week": [1]})},
        "event-kind-unknown",
        (1,),
    ),
    (
        table(),
        {"events": pd.DataFrame({"id": ["a"], "event": ["death"], "week": [None]})},
        "event-time-missing",
        (1,),
    ),
    (table(), {"subjects": pd.DataFrame({"id": ["a", "b", "c"]})}, "no-visit", (3,)),
]


@pytest.mark.parametrize(("frame", "given", "rule", "rows"), ODD)
def test_odd_tables_are_kept_with_one_warning(frame, given, rule, rows):
    cohort = Cohort.from_frame(frame, ROLES, **given)
    assert [(finding.rule, finding.rows) for finding in cohort.findings] == [(rule, rows)]
    assert cohort.n_visits == len(frame)
    assert rule in str(cohort.summary())
    assert rule in repr(cohort)


@pytest.mark.parametrize(("weeks", "unit"), [([0, 12, 0, 48], "week"), ([0, 13, 0, 260], "week"), (DAYS, "day")])
def test_weeks_are_not_taken_for_days(weeks, unit):
    frame = pd.DataFrame({"id": "a", "time": range(0, 273, 13), "alsfrs_r": 40}) if 260 in weeks else None
    frame = table(week=weeks).rename(columns={"week": "time"}) if frame is None else frame
    assert Cohort.from_frame(frame, Roles("id", "time", time_unit=unit)).findings == ()


def test_a_clean_table_has_no_warning():
    assert Cohort.from_frame(table(), ROLES).findings == ()


LEFT_OUT = [
    (table(week=[0, 0, 0, 4]), "duplicate-visit", 1, 0),
    (table(week=[0, None, 0, 4]), "time-missing", 1, 0),
    (table(week=[0, "x", 0, 4]), "time-not-numeric", 1, 0),
    (table(id=["a", None, "b", "b"]), "subject-missing", 1, 0),
    (table(alsfrs_r=[40, "x", 38, 37]), "value-not-numeric", 1, 0),
    (table(alsfrs_r=[99, 99, 38, 37]), "value-outside-bounds", 2, 1),
    (table(week=[-4, 4, 0, 4]), "visit-before-baseline", 1, 0),
    (table(alsfrs_r=[None, None, 38, 37]), "no-observed-outcome", 2, 1),
    (items(q1=[9, 3, 3, 3]), "item-outside-0-4", 1, 0),
]


@pytest.mark.parametrize(("frame", "rule", "rows", "subjects"), LEFT_OUT)
def test_rows_left_out_are_counted(frame, rule, rows, subjects):
    cohort = Cohort.from_frame(frame, ROLES, leave_out=[rule])
    flow = cohort.flow().set_index("step")
    assert list(flow.index) == ["read", f"left out: {rule}", "kept"]
    assert tuple(flow.loc[f"left out: {rule}"]) == (rows, subjects)
    assert_adds_up(cohort)


def test_rules_apply_in_order_to_what_remains():
    frame = table(week=[0, 0, 0, 4], alsfrs_r=[99, 39, 38, 37])
    cohort = Cohort.from_frame(frame, ROLES, leave_out=["duplicate-visit", "value-outside-bounds"])
    assert cohort.flow()["step"].tolist() == [
        "read",
        "left out: value-outside-bounds",
        "left out: duplicate-visit",
        "kept",
    ]
    assert cohort.flow()["rows"].tolist() == [4, 1, 0, 3]


def test_events_of_subjects_left_out_go_with_them_and_are_counted():
    events = pd.DataFrame({"id": ["a", "b", "z"], "event": "withdrawal", "week": 9})
    frame = table(alsfrs_r=[99, 99, 38, 37])
    leave_out = ["value-outside-bounds", "event-subject-unknown"]
    cohort = Cohort.from_frame(frame, ROLES, events=events, leave_out=leave_out)
    assert cohort.events["subject"].tolist() == ["b"]
    assert cohort.flow(of="events")["rows"].tolist() == [3, 1, 1, 1]
    assert_adds_up(cohort)


def test_visits_after_death_can_be_left_out():
    events = pd.DataFrame({"id": ["a"], "event": ["death"], "week": [2]})
    cohort = Cohort.from_frame(table(), ROLES, events=events, leave_out="visit-after-death")
    assert cohort.n_visits == 3
    assert_adds_up(cohort)


def test_every_rule_has_its_check():
    assert list(CHECKS) == list(RULES)


def test_findings_survive_json():
    finding = Finding("rise-over-6", "warning", "alsfrs_r", (2, 5), "m", "r", ("row 2",))
    assert Finding.from_dict(finding.to_dict()) == finding
