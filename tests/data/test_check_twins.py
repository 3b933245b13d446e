"""Checks that work on numbers for subjects find the rows that a plain loop over the table finds."""

from collections import defaultdict
from itertools import pairwise
from math import inf, isfinite, isnan, nan

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alsmodels.data import event_checks, form_checks, unit_checks, value_checks, visit_checks
from alsmodels.data.alike_checks import cores
from alsmodels.data.draft import make_draft
from alsmodels.data.roles import Roles

ROW = st.tuples(
    st.sampled_from(["a", "b", "A", "02", "2", None]),
    st.sampled_from([0.0, 1.0, 2.0, -1.0, inf, nan]),
    st.sampled_from(["control", "drug", None]),
    st.sampled_from([40.0, 33.0, 20.0, inf, nan]),
)
TABLES = st.lists(ROW, min_size=1, max_size=12)
DEATHS = st.lists(st.tuples(st.sampled_from(["a", "b", "zz"]), st.sampled_from([0.5, 1.5, nan])), max_size=3)


def draft_of(rows, deaths=(), subjects=None):
    frame = pd.DataFrame(rows, columns=["id", "week", "arm", "alsfrs_r"]).astype({"week": float, "alsfrs_r": float})
    events = pd.DataFrame([(name, "death", week) for name, week in deaths], columns=["id", "event", "week"])
    table = None if subjects is None else pd.DataFrame({"id": sorted(subjects)}, dtype="str")
    return make_draft(frame, Roles("id", "week", "arm"), outcomes=(), events=events, subjects=table, joins=False)


def by_subject(rows):
    """The rows of each subject in order of time, ties as they stand; rows without a time last."""
    found = defaultdict(list)
    for number, row in rows.items():
        if row[0] is not None:
            found[row[0]].append(number)
    return {
        name: sorted(numbers, key=lambda number: (isnan(rows[number][1]), rows[number][1] or 0))
        for name, numbers in found.items()
    }


def duplicates(rows, _):
    seen, again = set(), set()
    for number, (subject, week, *_rest) in rows.items():
        if subject is not None and not isnan(week):
            again |= {number} if (subject, week) in seen else set()
            seen.add((subject, week))
    return again


def changing_arms(rows, _):
    arms = {name: {rows[number][2] for number in numbers} - {None} for name, numbers in by_subject(rows).items()}
    return {number for name, numbers in by_subject(rows).items() if len(arms[name]) > 1 for number in numbers}


def single(rows, _):
    return {numbers[0] for numbers in by_subject(rows).values() if len(numbers) == 1}


def unobserved(rows, _):
    groups = by_subject(rows).values()
    return {number for numbers in groups if all(isnan(rows[n][3]) for n in numbers) for number in numbers}


def rises(rows, _):
    found = set()
    for numbers in by_subject(rows).values():
        seen = [number for number in numbers if not isnan(rows[number][1]) and not isnan(rows[number][3])]
        found |= {later for first, later in pairwise(seen) if rows[later][3] - rows[first][3] > 6}
    return found


def after_death(rows, deaths):
    weeks = defaultdict(lambda: inf)
    for name, week in deaths:
        weeks[name] = min(weeks[name], week) if not isnan(week) else weeks[name]
    return {number for number, row in rows.items() if row[0] is not None and row[1] > weeks[row[0]] + 1e-9}


TWINS = {
    visit_checks.check_subject_missing: lambda rows, _: {n for n, row in rows.items() if row[0] is None},
    visit_checks.check_time_missing: lambda rows, _: {n for n, row in rows.items() if isnan(row[1])},
    visit_checks.check_time_infinite: lambda rows, _: {n for n, row in rows.items() if row[1] == inf},
    visit_checks.check_arm_missing: lambda rows, _: {n for n, row in rows.items() if row[2] is None},
    visit_checks.check_before_baseline: lambda rows, _: {n for n, row in rows.items() if row[1] == -1},
    visit_checks.check_arm_changes: changing_arms,
    form_checks.check_duplicates: duplicates,
    visit_checks.check_single_visit: single,
    value_checks.check_infinite: lambda rows, _: {n for n, row in rows.items() if row[3] == inf},
    value_checks.check_observed: unobserved,
    value_checks.check_rise: rises,
    event_checks.check_after_death: after_death,
}


@settings(max_examples=200, deadline=None)
@given(rows=TABLES, deaths=DEATHS, left=st.sets(st.integers(1, 12), max_size=4))
def test_rows_are_those_of_the_loop(rows, deaths, left):
    draft = draft_of(rows, deaths)
    for gone in (set(), left):
        some = draft.without_visits(sorted(gone))
        kept = {number: row for number, row in enumerate(rows, 1) if number not in gone}
        for check, twin in TWINS.items():
            found = {row for finding in check(some) for row in finding.rows}
            assert found == twin(kept, deaths), check.__name__


@settings(max_examples=120, deadline=None)
@given(rows=TABLES, subjects=st.sets(st.sampled_from(["a", "b", "A", "new"]), min_size=1))
def test_visits_and_subjects_that_are_not_in_both_tables(rows, subjects):
    draft = draft_of(rows, subjects=subjects)
    unknown = [row for finding in visit_checks.check_subject_unknown(draft) for row in finding.rows]
    assert unknown == [n for n, row in enumerate(rows, 1) if row[0] is not None and row[0] not in subjects]
    absent = [row for finding in visit_checks.check_no_visit(draft) for row in finding.rows]
    there = {row[0] for row in rows}
    assert absent == [n for n, name in enumerate(sorted(subjects), 1) if name not in there]


@settings(max_examples=120, deadline=None)
@given(TABLES)
def test_slopes_are_those_of_least_squares(rows):
    found = sorted(unit_checks._slopes(draft_of(rows), "alsfrs_r"))
    expected = []
    for numbers in by_subject(dict(enumerate(rows))).values():
        seen = np.array([rows[n][1::2] for n in numbers if isfinite(rows[n][1]) and isfinite(rows[n][3])])
        if len(seen) >= 3 and np.ptp(seen[:, 0]) > 0:
            expected.append(np.polyfit(seen[:, 0], seen[:, 1], 1)[0] * 365.25 / 84)
    assert found == pytest.approx(sorted(expected), abs=1e-8)


@given(st.lists(st.text(st.characters(codec="ascii"), max_size=4), min_size=1))
def test_names_are_stripped_to_their_cores_alike_by_both_roads(names):
    column = pd.Series(names, dtype="str")
    other_road = cores(pd.Series([*names, "\u00e9"], dtype="str"))
    assert cores(column).tolist() == other_road.tolist()[:-1]
