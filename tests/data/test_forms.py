"""Visits on several rows: joined where nothing contradicts, and else refused with both cells."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import alsmodels as als
from alsmodels.data.forms import join_forms
from alsmodels.data.numbering import number_visits
from alsmodels.errors import DataError

ROLES = als.Roles("id", "week", "arm")
VISITS = pd.DataFrame(
    {
        "id": np.repeat(["a", "b", "c"], 3),
        "week": [0, 4, 8] * 3,
        "arm": np.repeat(["p", "d", "p"], 3),
        "alsfrs_r": [40.0, 39, 38, 41, 40, 39, 30, 29, 28],
        "nfl": [10.0, 11, 12, 20, 21, 22, 30, 31, 32],
        "site": np.repeat(["x", "y", "x"], 3),
    }
)


def forms_of(frame, **names):
    """A row for each form of each visit: its own columns, and on the first form the others."""
    parts = []
    for place, (form, columns) in enumerate(names.items()):
        part = frame.drop(columns=[c for other in names.values() for c in other if c not in columns])
        part = part if place == 0 else part.assign(arm=None, site=None)
        parts.append(part.assign(form=form, order=place))
    return pd.concat(parts).sort_values(["id", "week", "order"], ignore_index=True).drop(columns="order")


def test_a_row_for_each_form_is_the_table_of_visits():
    cohort = als.Cohort.from_frame(forms_of(VISITS, function=["alsfrs_r"], blood=["nfl"]), ROLES, outcomes=["nfl"])
    expected = als.Cohort.from_frame(VISITS, ROLES, outcomes=["nfl"])
    pd.testing.assert_frame_equal(cohort.visits, expected.visits)
    pd.testing.assert_frame_equal(cohort.subjects[expected.subjects.columns.tolist()], expected.subjects)
    assert cohort.flow().to_dict("list") == {
        "step": ["read", "joined: same subject and time", "kept"],
        "rows": [18, 9, 9],
        "subjects": [3, 0, 3],
    }
    (told,) = [finding for finding in cohort.findings if finding.rule == "rows-joined"]
    assert "9 rows complete an earlier row of the same subject and time (the forms are named by 'form')" in str(told)
    assert told.rows == tuple(range(2, 19, 2))


def test_items_on_several_forms_add_up():
    items = {f"q{number}": 3 for number in range(1, 13)}
    frame = VISITS[["id", "week", "arm"]].assign(**items)
    first, second = [f"q{n}" for n in range(1, 7)], [f"q{n}" for n in range(7, 13)]
    split = forms_of(frame.assign(site="x"), first=first, second=second)
    cohort = als.Cohort.from_frame(split, ROLES)
    assert cohort.visits["alsfrs_r"].tolist() == [36.0] * 9


def test_what_contradicts_is_refused_with_both_cells():
    frame = pd.concat([VISITS, VISITS.iloc[[4]].assign(nfl=99.0)], ignore_index=True)
    with pytest.raises(DataError, match=r"duplicate-visit.*in 'nfl' row 5 has 21 and row 10 has 99"):
        als.Cohort.from_frame(frame, ROLES, outcomes=["nfl"])
    kept = als.Cohort.from_frame(frame, ROLES, outcomes=["nfl"], leave_out=["duplicate-visit"])
    assert kept.visits["nfl"].tolist() == VISITS.sort_values(["id", "week"])["nfl"].tolist()


def test_arms_that_contradict_are_never_joined():
    frame = pd.concat([VISITS, VISITS.iloc[[0]].assign(arm="d", nfl=None)], ignore_index=True)
    with pytest.raises(DataError, match="arm-changes"):
        als.Cohort.from_frame(frame, ROLES, outcomes=["nfl"])


@pytest.mark.parametrize("values", [["40", "40.0"], ["<5", " <5"], ["", "NA"], [None, "7"]])
def test_one_value_in_two_spellings_is_one(values):
    frame = pd.DataFrame({"id": ["a", "a"], "week": ["0", "0.0"], "nfl": values})
    cohort = als.Cohort.from_frame(frame, als.Roles("id", "week"), outcomes=["nfl"])
    assert cohort.n_visits == 1


def test_three_rows_and_categories():
    frame = pd.DataFrame({"id": "a", "week": 0, "x": [None, 2.0, None], "y": [1.0, None, None], "z": [None, None, "q"]})
    frame["z"] = frame["z"].astype("category")
    cohort = als.Cohort.from_frame(frame, als.Roles("id", "week"), outcomes=["x", "y"])
    assert cohort.visits[["x", "y"]].to_numpy().tolist() == [[2.0, 1.0]]
    assert cohort.subjects["z"].tolist() == ["q"]


CELL = st.sampled_from([None, 1.0, 2.0])
ROWS = st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from([0.0, 1.0]), CELL, CELL), min_size=1, max_size=8)


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_rows_are_joined_as_a_plain_loop_joins_them(rows):
    frame = pd.DataFrame(rows, columns=["subject", "week", "x", "y"], index=range(1, len(rows) + 1))
    frame = frame.astype({"subject": "str", "week": float, "x": float, "y": float})
    forms = join_forms(frame, number_visits(frame["subject"], frame["week"]), frame["week"])
    absorbed, expected, contrary = set(), {}, set()
    for key in {(row[0], row[1]) for row in rows}:
        numbers = [number for number, row in enumerate(rows, 1) if (row[0], row[1]) == key]
        values = [{rows[number - 1][place] for number in numbers} - {None} for place in (2, 3)]
        if len(numbers) > 1 and all(len(found) < 2 for found in values):
            absorbed |= set(numbers[1:])
            expected[numbers[0]] = [next(iter(found), None) for found in values]
        elif len(numbers) > 1:
            contrary |= set(numbers)
    assert set(forms.absorbed) == absorbed
    assert forms.visits == len(expected)
    for number, values in expected.items():
        assert forms.frame.loc[number, ["x", "y"]].replace({np.nan: None}).tolist() == values
    assert {row for told in (forms.contradictions or {}).values() for row in told.rows} <= contrary
    assert bool(forms.contradictions) == bool(contrary)
    untouched = frame.index.difference([*expected])
    pd.testing.assert_frame_equal(forms.frame.loc[untouched], frame.loc[untouched])
