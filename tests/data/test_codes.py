"""Codes for missing are told; honest values are not taken for codes."""

import numpy as np
import pandas as pd
import pytest

import alsmodels as als

ROLES = als.Roles("id", "week", "arm", control="placebo")
RULES = {"missing-code", "time-code", "value-negative"}


def trial(values, *, name="x", subjects=20, outcomes=(), **roles):
    """Subjects with as many visits as it takes to place the values, one after another."""
    each = int(np.ceil(len(values) / subjects))
    rows = [(f"s{n // each:03d}", 4 * (n % each), "drug" if (n // each) % 2 else "placebo") for n in range(len(values))]
    frame = pd.DataFrame(rows, columns=["id", "week", "arm"]).assign(**{name: values})
    return als.Cohort.from_frame(frame, als.Roles("id", "week", "arm", control="placebo", **roles), outcomes=outcomes)


def told(cohort):
    return {(finding.rule, finding.rows) for finding in cohort.findings if finding.rule in RULES}


AGES = list(np.linspace(35, 82, 60).round())


@pytest.mark.parametrize(
    ("others", "code", "times"),
    [
        (AGES, -99, 1),
        (AGES, -9, 1),
        (AGES, 999, 1),
        (AGES, 9999, 3),
        (list(np.geomspace(0.4, 40, 60)), -9, 1),
        (list(np.geomspace(0.4, 40, 60)), 999, 2),
        (list(np.linspace(17, 32, 60)), 99, 6),
        ([0.0, 1.0] * 30, 9, 12),
        (list(np.linspace(-3, 3, 60)), -99, 1),
        (list(np.linspace(-3, 3, 60)), 999, 1),
    ],
)
@pytest.mark.parametrize("as_outcome", [False, True])
def test_a_code_is_told_with_its_rows(others, code, times, as_outcome):
    values = [*others, *[code] * times]
    ((rule, rows),) = told(trial(values, outcomes=["x"] if as_outcome else ()))
    assert rule == "missing-code"
    assert rows == tuple(range(len(others) + 1, len(values) + 1))


@pytest.mark.parametrize(
    "values",
    [
        [*AGES, 99.0],
        [*np.linspace(1, 998, 60), 999.0, 999.0],
        [*np.linspace(-12, 9, 60), -9.0],
        [*np.geomspace(20, 700, 60), 999.0],
        [0.0] * 50 + [1.0, 2.0, 1.0, 9.0],
        [*range(60), 99.0],
        [0.0, -9.0],
        [-99.0] * 30,
    ],
)
def test_honest_values_are_left_alone(values):
    assert not told(trial(values))


@pytest.mark.parametrize("seed", range(20))
def test_random_values_rounded_to_whole_numbers_are_left_alone(seed):
    draw = np.random.default_rng(seed)
    for values in (
        draw.normal(-4, 6, 300).round(),
        draw.lognormal(4, 1, 300).round(),
        draw.poisson(2, 300).astype(float),
        draw.normal(60, 12, 300).round(),
        draw.uniform(0, 1000, 300).round(),
    ):
        assert not told(trial(list(values)))


def test_a_covariate_of_one_subject_is_told_in_all_its_rows():
    frame = pd.DataFrame(
        {"id": list("aabbcc"), "week": [0, 4] * 3, "age": [61, 61, -99, -99, 55, 55], "alsfrs_r": 40.0}
    )
    cohort = als.Cohort.from_frame(frame, als.Roles("id", "week"))
    assert told(cohort) == {("missing-code", (3, 4))}
    assert "missing={'age': [-99]}" in cohort.findings[0].remedy
    table = pd.DataFrame({"id": list("abcd"), "bmi": [22.0, 25.5, 999, 24]})
    cohort = als.Cohort.from_frame(frame.drop(columns="age"), als.Roles("id", "week"), subjects=table)
    assert told(cohort) == {("missing-code", (3,))}
    emptied = als.Cohort.from_frame(
        frame.drop(columns="age"), als.Roles("id", "week"), subjects=table, empty="missing-code"
    )
    assert emptied.subjects["bmi"].isna().tolist() == [False, False, True, False]


@pytest.mark.parametrize(("unit", "code"), [("week", 999), ("week", 99), ("day", 9999), ("month", 999), ("week", -99)])
def test_a_time_that_is_a_code_is_told(unit, code):
    times = [0, 4, 8, 12, 24, code]
    frame = pd.DataFrame([(name, time, 40.0) for name in "abc" for time in times], columns=["id", "time", "alsfrs_r"])
    cohort = als.Cohort.from_frame(frame, als.Roles("id", "time", time_unit=unit))
    assert ("time-code", (6, 12, 18)) in told(cohort)


def test_a_long_study_may_have_a_visit_at_week_99():
    frame = pd.DataFrame(
        [(name, week, 40.0) for name in "abc" for week in range(0, 100, 9)], columns=["id", "week", "alsfrs_r"]
    )
    assert not told(als.Cohort.from_frame(frame, als.Roles("id", "week")))


@pytest.mark.parametrize(
    ("name", "outcome", "is_told"),
    [
        ("il6", None, True),
        ("NfL", None, True),
        ("IL-6 [pg/mL]", None, True),
        ("potassium", als.Outcome("potassium", unit="mmol/L"), True),
        ("potassium", None, False),
        ("il6_change", None, False),
        ("log_nfl", None, False),
        ("slope", als.Outcome("slope", unit="points"), False),
    ],
)
def test_a_concentration_below_zero_is_told(name, outcome, is_told):
    cohort = trial([1.5, 2.5, -0.4, 3, 2, 1], name=name, subjects=3, outcomes=[outcome] if outcome else ())
    assert told(cohort) == ({("value-negative", (3,))} if is_told else set())
