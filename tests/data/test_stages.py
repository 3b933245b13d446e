"""King's and MiToS stages: the published rules, one by one, and against every completion of what is missing."""

from itertools import product

import numpy as np
import pandas as pd
import pytest

from alsmodels.data.alsfrsr import ITEMS
from alsmodels.data.cohort import Cohort
from alsmodels.data.roles import Roles
from alsmodels.data.stages import kings_stage, mitos_stage
from alsmodels.errors import DataError

ROLES = Roles("id", "week")
NUMBERS = [number for number in ITEMS if number.isdigit()]


def visit(answers=None, **columns):
    """A visit of a subject with every item at 4 but for those given, by number, and without gastrostomy."""
    items = dict.fromkeys(NUMBERS, 4) | {str(number): answer for number, answer in (answers or {}).items()}
    return {"id": "a", "gastrostomy": "no"} | {ITEMS[number]: items[number] for number in items} | columns


def cohort_of(*visits, events=None):
    rows = [{"week": week} | row for week, row in enumerate(visits)]
    return Cohort.from_frame(pd.DataFrame(rows), ROLES, events=events)


def only(table):
    assert len(table) == 1
    return table.iloc[0]


KINGS = [
    ({}, None, "no region involved"),
    ({6: 0, 7: 0, 9: 0, 11: 0}, None, "no region involved"),
    ({1: 3}, 1, None),
    ({2: 3}, 1, None),
    ({3: 3}, 1, None),
    ({1: 0, 2: 0, 3: 0}, 1, None),
    ({4: 3}, 1, None),
    ({5: 3}, 1, None),
    ({8: 3}, 1, None),
    ({8: 3, 4: 3}, 2, None),
    ({1: 3, 5: 3, 8: 3}, 3, None),
    ({10: 1}, None, "no region involved"),
    ({1: 3, 10: 1}, 1, None),
    ({10: 0}, 4, None),
    ({12: 3}, 4, None),
    ({1: None, 8: 3}, None, "item 1 missing"),
    ({1: None, 2: 3}, 1, None),
    ({10: None, 12: None}, None, "items 10, 12 missing"),
    ({10: None, 12: 3, 1: None}, 4, None),
    ({4: None, 10: None}, None, "items 4, 10 missing"),
]


@pytest.mark.parametrize(("answers", "stage", "reason"), KINGS)
def test_kings_stages(answers, stage, reason):
    row = only(kings_stage(cohort_of(visit(answers))))
    assert (None if pd.isna(row["stage"]) else row["stage"]) == stage
    assert (None if pd.isna(row["reason"]) else row["reason"]) == reason


MITOS = [
    ({}, 0, None),
    ({1: 2, 3: 2, 4: 2, 6: 2, 8: 2, 10: 2, 12: 3}, 0, None),
    ({8: 1}, 1, "movement"),
    ({6: 1}, 1, "movement"),
    ({6: 0, 8: 0}, 1, "movement"),
    ({3: 1}, 1, "swallowing"),
    ({1: 0}, 0, None),
    ({4: 0}, 0, None),
    ({1: 1, 4: 1}, 1, "communicating"),
    ({10: 1}, 1, "breathing"),
    ({12: 2}, 1, "breathing"),
    ({1: 1, 3: 1, 4: 1, 6: 1, 12: 2}, 4, "breathing"),
    ({2: 0, 5: 0, 7: 0, 9: 0, 11: 0}, 0, None),
]


@pytest.mark.parametrize(("answers", "stage", "lost"), MITOS)
def test_mitos_stages(answers, stage, lost):
    row = only(mitos_stage(cohort_of(visit(answers))))
    assert row["stage"] == stage
    assert pd.isna(row["reason"])
    assert lost is None or row[lost]


@pytest.mark.parametrize(
    ("answers", "stage", "reason"),
    [
        ({8: 1, 6: None}, 1, None),
        ({8: 2, 6: None}, None, "item 6 missing"),
        ({1: 2, 4: None}, 0, None),
        ({1: 1, 4: None}, None, "item 4 missing"),
        ({1: None, 4: 4, 10: None, 12: None}, None, "items 10, 12 missing"),
        ({2: None, 5: None, 7: None, 9: None, 11: None}, 0, None),
    ],
)
def test_mitos_says_what_is_missing(answers, stage, reason):
    row = only(mitos_stage(cohort_of(visit(answers))))
    assert (None if pd.isna(row["stage"]) else row["stage"]) == stage
    assert (None if pd.isna(row["reason"]) else row["reason"]) == reason


def test_communicating_with_either():
    cohort = cohort_of(visit({1: 1}))
    assert only(mitos_stage(cohort))["stage"] == 0
    assert only(mitos_stage(cohort, communicating="either"))["stage"] == 1
    with pytest.raises(DataError, match="communicating is 'one'; it must be one of 'both', 'either'"):
        mitos_stage(cohort, communicating="one")


def slow_kings(items, tube):
    if tube or items["10"] == 0 or items["12"] < 4:
        return 4
    involved = [min(items[n] for n in region) < 4 for region in (("1", "2", "3"), ("4", "5"), ("8",))]
    return sum(involved) or None


def slow_mitos(items, _tube):
    lost = [
        items["8"] <= 1 or items["6"] <= 1,
        items["3"] <= 1,
        items["1"] <= 1 and items["4"] <= 1,
        items["10"] <= 1 or items["12"] <= 2,
    ]
    return sum(lost)


def completions(items, tube):
    """Every way of answering what is missing."""
    gaps = [number for number in items if items[number] is None]
    tubes = (True, False) if tube is None else (tube,)
    for answers in product(range(5), repeat=len(gaps)):
        for filled in tubes:
            yield items | dict(zip(gaps, answers, strict=True)), filled


@pytest.mark.parametrize(("fast", "slow"), [(kings_stage, slow_kings), (mitos_stage, slow_mitos)])
def test_a_stage_is_given_where_every_answer_gives_the_same(fast, slow):
    rng = np.random.default_rng(20)
    answers = rng.choice([0, 1, 2, 3, 4], p=[0.1, 0.1, 0.1, 0.1, 0.6], size=(150, 12)).astype(object)
    for row in answers:
        row[rng.choice(12, size=rng.integers(0, 4), replace=False)] = None
    tubes = rng.choice(["yes", "no", None], p=[0.1, 0.7, 0.2], size=150)
    visits = [
        visit(dict(zip(NUMBERS, row, strict=True)), gastrostomy=tube) for row, tube in zip(answers, tubes, strict=True)
    ]
    found = fast(cohort_of(*visits))["stage"]
    expected = []
    for row, tube in zip(answers, tubes, strict=True):
        known = {"yes": True, "no": False}.get(tube)
        stages = {slow(*filled) for filled in completions(dict(zip(NUMBERS, row, strict=True)), known)}
        expected.append(stages.pop() if len(stages) == 1 else None)
    assert [None if pd.isna(stage) else stage for stage in found] == expected
    assert {None, 1, 2, 3} < set(expected)


def gastrostomy_of(**columns):
    row = only(kings_stage(cohort_of(visit({1: 3}, **columns))))
    return [None if pd.isna(row[name]) else row[name] for name in ("stage", "gastrostomy", "reason")]


@pytest.mark.parametrize("yes", [True, 1, 1.0, "Yes", " y ", "TRUE", "1"])
def test_a_gastrostomy_is_stage_4(yes):
    assert gastrostomy_of(gastrostomy=yes) == [4, True, None]


@pytest.mark.parametrize("no", [False, 0, 0.0, "No", "n", "false", "0"])
def test_no_gastrostomy_is_none(no):
    assert gastrostomy_of(gastrostomy=no) == [1, False, None]


def cutting(without, with_tube, said=None):
    row = visit({1: 3})
    del row[ITEMS["5"]]
    if said is None:
        del row["gastrostomy"]
    else:
        row["gastrostomy"] = said
    return row | {"q5a": without, "q5b": with_tube}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (cutting(4, None), [1, False, None]),
        (cutting(None, 2), [4, True, None]),
        (cutting(None, None), [None, None, "item 5 missing; gastrostomy not known"]),
        (cutting(None, 2, "yes"), [4, True, None]),
        (cutting(4, None, "yes"), [None, None, "gastrostomy contradicts items 5a and 5b"]),
        (cutting(None, 4, "no"), [None, None, "gastrostomy contradicts items 5a and 5b"]),
    ],
)
def test_which_cutting_item_was_answered_tells_of_a_gastrostomy(row, expected):
    other = cutting(4, None, row.get("gastrostomy") and "no") | {"id": "b"}
    table = kings_stage(cohort_of(row, other)).set_index("subject").loc["a"]
    assert [None if pd.isna(table[name]) else table[name] for name in ("stage", "gastrostomy", "reason")] == expected


def test_without_any_word_of_gastrostomy_only_4b_is_known():
    rows = [visit({1: 3}), visit({1: 3, 12: 3})]
    for row in rows:
        del row["gastrostomy"]
    cohort = cohort_of(*rows)
    table = kings_stage(cohort)
    assert table["stage"].isna().tolist() == [True, False]
    assert table["reason"][0] == "gastrostomy not known"
    assert table["regions"].tolist() == [1, 1]
    table = kings_stage(cohort, unknown_gastrostomy="none")
    assert table["stage"].tolist() == [1, 4]
    assert table["reason"].isna().tolist() == [False, True]
    assert table["reason"][0] == "gastrostomy taken as none"
    assert table["gastrostomy"].isna().all()
    with pytest.raises(DataError, match="unknown_gastrostomy is 'no'"):
        kings_stage(cohort, unknown_gastrostomy="no")


def test_a_strange_word_on_gastrostomy_is_refused():
    cohort = cohort_of(visit(gastrostomy="no"), visit(gastrostomy="PEG"))
    with pytest.raises(DataError, match="says 'PEG' of subject 'a'; it must be yes or no"):
        kings_stage(cohort)


@pytest.mark.parametrize(("stage", "item"), [(kings_stage, "12"), (mitos_stage, "6")])
def test_an_item_without_a_column_is_refused(stage, item):
    row = visit()
    del row[ITEMS[item]]
    with pytest.raises(DataError, match=f"no column holds item {item}"):
        stage(cohort_of(row))


@pytest.mark.parametrize("stage", [kings_stage, mitos_stage])
def test_death_is_stage_5(stage):
    visits = [visit({1: 3, 8: 1, 12: 2}) | {"id": name, "week": week} for name in "abc" for week in (0, 4)]
    events = pd.DataFrame({"id": list("aabcc"), "event": ["death"] * 4 + ["withdrawal"], "week": [9, 8, 4, None, 1]})
    table = stage(cohort_of(*visits, events=events))
    assert table["subject"].tolist() == list("aaabbccc")
    assert table["week"].tolist()[:7] == [0, 4, 8, 0, 4, 0, 4]
    assert pd.isna(table["week"][7])
    died = table["stage"] == 5
    assert died.tolist() == [False, False, True, False, True, False, False, True]
    assert (table["reason"] == "death").tolist() == died.tolist()
    assert table.drop(columns=["subject", "week", "stage", "reason"])[died].isna().all(axis=None)


@pytest.mark.parametrize("stage", [kings_stage, mitos_stage])
def test_the_cohort_is_not_touched(stage):
    cohort = cohort_of(visit({1: 3}), visit({1: 2}))
    before = cohort.to_frame()
    assert str(stage(cohort)["stage"].dtype) == "Int64"
    pd.testing.assert_frame_equal(cohort.to_frame(), before)
