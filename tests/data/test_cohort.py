"""What a cohort makes of a good table, and that nobody can change it."""

import copy
import pickle
from dataclasses import FrozenInstanceError
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from alsmodels.data.cohort import Cohort
from alsmodels.data.outcomes import Outcome, known_outcome
from alsmodels.data.roles import Roles

ROLES = Roles("id", "day", "group", time_unit="day")


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "id": [2, 2, 1, 1],
            "day": [28, 0, 0, 21],
            "group": ["drug", "drug", "Control", "Control"],
            "alsfrs_r": [40.0, 42, 38, np.nan],
            "il6": ["1.2", "< 0.5", "≤0.5", ">9"],
            "age": [60, 60, 55, 55],
            "site": ["x", "x", "y", "y"],
            "rater": ["p", "q", "p", "p"],
            "note": ["<65", "65-80", ">80", "<65"],
        }
    )


@pytest.fixture
def cohort(frame):
    events = pd.DataFrame({"id": [2, 1], "event": ["Antibody_Positive", "death"], "day": [14, 70]})
    return Cohort.from_frame(frame, ROLES, events=events)


def test_visits_hold_what_varies_and_subjects_what_does_not(cohort):
    assert list(cohort.subjects) == ["subject", "arm", "age", "site"]
    assert list(cohort.visits) == ["subject", "week", "alsfrs_r", "il6", "il6_censored", "rater", "note"]
    assert cohort.visits["subject"].tolist() == ["1", "1", "2", "2"]
    assert cohort.visits["week"].tolist() == [0.0, 3.0, 0.0, 4.0]


def test_censored_values_keep_the_limit_and_a_mark(cohort):
    assert cohort.visits["il6"].tolist() == [0.5, 9.0, 0.5, 1.2]
    assert cohort.visits["il6_censored"].tolist() == ["left", "right", "left", "none"]
    assert set(cohort.outcomes) == {"alsfrs_r", "il6"}
    assert cohort.outcomes["alsfrs_r"] == known_outcome("alsfrs_r")


def test_missing_outcomes_stay(cohort):
    assert cohort.n_visits == 4
    assert cohort.visits["alsfrs_r"].isna().tolist() == [False, True, False, False]


def test_arms_put_the_reference_first(cohort, frame):
    assert cohort.arms == ("Control", "drug")
    assert cohort.control == "Control"
    assert cohort.subjects["arm"].dtype == pd.CategoricalDtype(["Control", "drug"], ordered=False)
    roles = Roles("id", "day", "group", control="drug", time_unit="day")
    assert Cohort.from_frame(frame, roles).arms == ("drug", "Control")


def test_to_frame_joins_and_sorts(cohort):
    joined = cohort.to_frame()
    assert list(joined)[:3] == ["subject", "week", "arm"]
    assert joined["arm"].tolist() == ["Control", "Control", "drug", "drug"]
    assert joined["age"].tolist() == [55, 55, 60, 60]
    pd.testing.assert_frame_equal(joined, joined.sort_values(["subject", "week"], ignore_index=True))


def test_to_frame_makes_the_same_cohort_again(cohort):
    again = Cohort.from_frame(cohort.to_frame(), Roles("subject", "week", "arm"), outcomes=["il6"])
    pd.testing.assert_frame_equal(again.to_frame(), cohort.to_frame())


def test_events_are_in_weeks_and_known_kinds_in_one_spelling(cohort):
    expected = pd.DataFrame({"subject": ["1", "2"], "event": ["death", "antibody-positive"], "week": [10.0, 2.0]})
    pd.testing.assert_frame_equal(cohort.events, expected)


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_polars_and_arrow_tables_give_the_same(convert, frame):
    expected = Cohort.from_frame(frame, ROLES)
    pd.testing.assert_frame_equal(Cohort.from_frame(convert(frame), ROLES).to_frame(), expected.to_frame())


def test_months_are_365_25_twelfths_of_days():
    frame = pd.DataFrame({"id": "a", "month": [0, 12], "alsfrs_r": [40, 30]})
    weeks = Cohort.from_frame(frame, Roles("id", "month", time_unit="month")).visits["week"]
    assert weeks.tolist() == pytest.approx([0, 365.25 / 7])


def test_a_cohort_without_arms():
    cohort = Cohort.from_frame(pd.DataFrame({"id": [1, 1], "week": [0, 4], "nfl": [3, 4]}), Roles("id", "week"))
    assert cohort.arms == ()
    assert cohort.control is None
    assert "arm" not in cohort.to_frame()
    assert not cohort.outcomes


def test_values_beyond_declared_limits_are_censored():
    frame = pd.DataFrame({"id": 1, "week": [0, 4, 8], "nfl": [0.2, 0.5, 900.0]})
    outcome = Outcome("nfl", unit="pg/mL", lloq=0.5, uloq=500, scale="log")
    visits = Cohort.from_frame(frame, Roles("id", "week"), outcomes=[outcome]).visits
    assert visits["nfl"].tolist() == [0.5, 0.5, 500.0]
    assert visits["nfl_censored"].tolist() == ["left", "none", "right"]


def test_declared_outcomes_stay_with_the_visits():
    frame = pd.DataFrame({"id": [1, 1], "week": [0, 4], "nfl": [3, 3], "age": [50, 50]})
    cohort = Cohort.from_frame(frame, Roles("id", "week"), outcomes=["nfl"])
    assert "nfl" in cohort.visits
    assert list(cohort.subjects) == ["subject", "age"]


def test_subjects_come_from_their_own_table():
    visits = pd.DataFrame({"id": ["a", "a", "b"], "week": [0, 4, 0], "alsfrs_r": [40, 39, 38]})
    subjects = pd.DataFrame({"id": ["a", "b", "c"], "arm": ["drug", "placebo", "placebo"], "age": [1, 2, 3]})
    cohort = Cohort.from_frame(visits, Roles("id", "week", "arm"), subjects=subjects)
    assert cohort.subjects["age"].tolist() == [1, 2, 3]
    assert cohort.subjects["arm"].tolist() == ["drug", "placebo", "placebo"]
    assert [finding.rule for finding in cohort.findings] == ["single-visit", "no-visit"]
    assert cohort.n_subjects == 3
    assert cohort.to_frame()["arm"].tolist() == ["drug", "drug", "placebo"]


def test_arms_may_be_with_the_visits_and_covariates_apart():
    visits = pd.DataFrame({"id": ["a", "b"], "week": 0, "arm": ["drug", "placebo"], "alsfrs_r": 40})
    subjects = pd.DataFrame({"id": ["b", "a"], "age": [2, 1]})
    cohort = Cohort.from_frame(visits, Roles("id", "week", "arm"), subjects=subjects)
    assert cohort.subjects["age"].tolist() == [1, 2]
    assert cohort.arms == ("placebo", "drug")


@pytest.mark.parametrize("missing", [None, pd.NA, np.nan])
def test_numbers_kept_as_objects_are_numbers(missing):
    values = pd.Series([40, Decimal("38.5"), missing], dtype="object")
    frame = pd.DataFrame({"id": "a", "week": [0, 4, 8], "alsfrs_r": values, "dose": values})
    visits = Cohort.from_frame(frame, Roles("id", "week")).visits
    assert visits["dose"].dtype == "float64"
    assert visits["alsfrs_r"].fillna(-1).tolist() == [40, 38.5, -1]


def test_identifiers_are_one_text_however_written():
    frame = pd.DataFrame({"id": [1.0, 2.0], "week": [0, 0], "alsfrs_r": [1, 2]})
    cohort = Cohort.from_frame(
        frame, Roles("id", "week"), events=pd.DataFrame({"id": ["1", " 2"], "event": "death", "week": 3})
    )
    assert cohort.subjects["subject"].tolist() == ["1", "2"]


def test_the_user_table_is_not_changed(frame):
    before = frame.copy()
    Cohort.from_frame(frame, ROLES)
    pd.testing.assert_frame_equal(frame, before)


def test_edits_of_the_user_do_not_reach_inside(cohort, frame):
    kept = cohort.to_frame()
    for table in (cohort.visits, cohort.subjects, cohort.events):
        table.loc[0, "subject"] = "changed"
        table["new"] = 1
        del table["subject"]
    frame["alsfrs_r"] = 0.0
    pd.testing.assert_frame_equal(cohort.to_frame(), kept)
    with pytest.raises(ValueError, match="read-only"):
        cohort.visits["alsfrs_r"].to_numpy()[0] = 1


def test_the_cohort_cannot_be_assigned_to(cohort):
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        cohort.roles = ROLES
    with pytest.raises(TypeError):
        cohort.outcomes["x"] = 1


@pytest.mark.parametrize("again", [copy.deepcopy, lambda cohort: pickle.loads(pickle.dumps(cohort))])  # noqa: S301 - our own value
def test_copies_and_pickles_hold_the_same(again, cohort):
    pd.testing.assert_frame_equal(again(cohort).to_frame(), cohort.to_frame())


def test_representations(cohort):
    assert "2 subjects, 4 visits, 2 arms (Control 1, drug 1)" in repr(cohort)
    assert "<b>Cohort of 2 subjects" in cohort._repr_html_()


def test_html_escapes_what_users_write():
    frame = pd.DataFrame({"id": 1, "week": [0, 4], "arm": "<script>", "alsfrs_r": 1})
    cohort = Cohort.from_frame(frame, Roles("id", "week", "arm"))
    assert "<script>" not in cohort._repr_html_() + cohort.summary()._repr_html_()


def test_summary(cohort):
    summary = cohort.summary()
    il6 = summary.outcomes.set_index("outcome").loc["il6"]
    assert (il6["observed"], il6["censored"], il6["missing"]) == (4, 3, 0)
    alsfrs_r = summary.outcomes.set_index("outcome").loc["alsfrs_r"]
    assert (alsfrs_r["missing"], alsfrs_r["baseline_n"], alsfrs_r["baseline_mean"]) == (1, 2, 40.0)
    assert summary.arms.set_index("arm")["subjects"].to_dict() == {"Control": 1, "drug": 1, "all": 2}
    assert summary.events.set_index("event")["events"].to_dict() == {"antibody-positive": 1, "death": 1}
    assert "2 arms" in str(summary)
