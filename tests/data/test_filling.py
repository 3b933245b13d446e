"""What is given on some rows of a subject, the same wherever it is given, is the subject's."""

import numpy as np
import pandas as pd
import pytest

import alsmodels as als

ROLES = als.Roles("id", "week", "arm", control="placebo")
NONE = np.nan


def trial(**columns):
    base = {"id": ["a", "a", "b", "b", "c", "c"], "week": [0, 4] * 3, "arm": ["placebo"] * 2 + ["drug"] * 4}
    return pd.DataFrame(base | {"alsfrs_r": [40, 39, 41, 40, 38, 37.0]} | columns)


def filled(cohort):
    return [finding.column for finding in cohort.findings if finding.rule == "filled-by-subject"]


@pytest.mark.parametrize(
    "values",
    [
        [61, NONE, 55, NONE, 47, NONE],
        [61, NONE, 55, 55, 47, NONE],
        [61, NONE, 55, NONE, NONE, 47],
        ["Rome", None, "Ghent", None, "Rome", None],
        pd.Categorical(["Rome", None, "Ghent", None, "Rome", None]),
        pd.to_datetime(["1960-01-01", None, "1955-01-01", None, "1970-01-01", None]),
        [True, None, False, None, True, None],
    ],
)
def test_a_value_on_the_first_row_belongs_to_the_subject(values):
    frame = trial(given=values)
    cohort = als.Cohort.from_frame(frame, ROLES)
    assert filled(cohort) == ["given"]
    assert cohort.subjects["given"].notna().all()
    assert "given" not in cohort.visits.columns
    (finding,) = cohort.findings
    assert f"in {frame['given'].notna().sum()} of 6 rows" in finding.message
    assert f"{frame['given'].isna().sum()} rows are filled" in finding.message


@pytest.mark.parametrize(
    "values",
    [
        [61, NONE, 55, 56, 47, NONE],
        [NONE, 1, NONE, 2, NONE, 3],
        ["yes", None, "yes", None, None, "yes"],
        [NONE] * 6,
    ],
)
def test_two_values_later_values_and_flags_stay_with_the_visits(values):
    cohort = als.Cohort.from_frame(trial(given=values), ROLES)
    assert not filled(cohort)
    if pd.notna(values).any():
        pd.testing.assert_series_equal(cohort.visits["given"], pd.Series(values, name="given"), check_dtype=False)


def test_outcomes_and_gastrostomy_are_never_filled():
    frame = trial(nfl=[61.0, NONE, 55, NONE, 47, NONE], gastrostomy=["no", None, "yes", None, "no", None])
    cohort = als.Cohort.from_frame(frame, ROLES, outcomes=["nfl"])
    assert not filled(cohort)
    assert cohort.visits["nfl"].notna().sum() == 3
    assert cohort.visits["gastrostomy"].notna().sum() == 3


def test_a_subject_without_any_value_stays_without_and_rows_may_stand_in_any_order():
    frame = trial(age=[61, NONE, NONE, NONE, 47, NONE])
    expected = als.Cohort.from_frame(frame, ROLES)
    assert expected.subjects["age"].isna().tolist() == [False, True, False]
    shuffled = als.Cohort.from_frame(frame.sample(frac=1, random_state=3), ROLES)
    pd.testing.assert_frame_equal(shuffled.subjects, expected.subjects)
    assert filled(shuffled) == ["age"]


def test_a_cohort_of_what_was_filled_has_no_more_to_fill():
    cohort = als.Cohort.from_frame(trial(age=[61, NONE, 55, NONE, 47, NONE]), ROLES)
    again = als.Cohort.from_frame(cohort.to_frame(), als.Roles("subject", "week", "arm", control="placebo"))
    assert not filled(again)
    pd.testing.assert_frame_equal(again.subjects, cohort.subjects)
