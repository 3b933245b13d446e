"""Whatever the records: each one read is kept, joined with another, or left out at a step that counts it."""

import pandas as pd
import pytest
from flows import assert_adds_up
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from proact_folders import breath, lab, old_score, score, write_folder

from alsmodels.data.readers.proact import PROACT_LEAVES_OUT, read_proact
from alsmodels.errors import DataError

SUBJECTS = st.sampled_from([1, 2, 3, None])
DAYS = st.sampled_from([-14, 0, 28, 56, None])
SCORES = st.one_of(
    st.builds(score, SUBJECTS, DAYS, ALSFRS_R_Total=st.sampled_from([36, 40, None])),
    st.builds(old_score, SUBJECTS, DAYS),
)
BREATHS = st.builds(breath, SUBJECTS, DAYS, st.sampled_from([2.0, 3.0, 80.0]))
LABS = st.builds(
    lab,
    SUBJECTS,
    DAYS,
    st.sampled_from(["CK", "ck", "Sodium"]),
    st.sampled_from(["200", "<5", "Normal", None]),
    st.sampled_from(["U/L", "mg/dL"]),
)
DEATHS = st.builds(
    # The form is there because a line of delimiters alone is a blank line.
    lambda subject, died, day: {"subject_id": subject, "Subject_Died": died, "Death_Days": day, "form": "death"},
    SUBJECTS,
    st.sampled_from(["Yes", "No", None]),
    st.sampled_from([30, 99, None]),
)
RULES = [*PROACT_LEAVES_OUT, "subject-missing"]


def days_with_something(scores, breaths, labs):
    """Subjects and days that no rule but that of death can take away, by their plain meaning."""
    whole = [
        (record["subject_id"], record["ALSFRS_Delta"])
        for record in scores
        if not (record["R_1_Dyspnea"] == 3 and record["ALSFRS_R_Total"] == 40)
    ]
    blown = [(record["subject_id"], record["Forced_Vital_Capacity_Delta"]) for record in breaths]
    measured = [
        (record["subject_id"], record["Laboratory_Delta"])
        for record in labs
        if record["Test_Name"].upper() == "CK"
        and record["Test_Unit"] == "U/L"
        and record["Test_Result"] in ("200", "<5")
    ]
    return {(subject, day) for subject, day in [*whole, *blown, *measured] if None not in (subject, day)}


def before_death(days, deaths):
    died: dict[int, int] = {}
    for record in deaths:
        subject, day = record["subject_id"], record["Death_Days"]
        if record["Subject_Died"] == "Yes" and None not in (subject, day):
            died[subject] = min(day, died.get(subject, day))
    return {(subject, day) for subject, day in days if day <= died.get(subject, day)}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    scores=st.lists(SCORES, min_size=1, max_size=8),
    breaths=st.lists(BREATHS, min_size=1, max_size=5),
    labs=st.lists(LABS, max_size=6),
    deaths=st.lists(DEATHS, min_size=1, max_size=4),
)
def test_every_record_is_accounted_for(tmp_path_factory, scores, breaths, labs, deaths):
    labs = [*labs, lab(1, 0)]
    folder = write_folder(tmp_path_factory.mktemp("archive"), ALSFRS=scores, FVC=breaths, LABS=labs, DEATHDATA=deaths)
    expected = before_death(days_with_something(scores, breaths, labs), deaths)
    cohort = read_proact(folder, labs=["CK [U/L]"], leave_out=RULES)
    kept = zip(cohort.visits["subject"].astype(int), (cohort.visits["week"] * 7).round().astype(int), strict=True)
    assert set(kept) == expected
    assert cohort.n_visits == len(expected)
    named = {record["subject_id"] for record in [*scores, *breaths, *labs, *deaths]} - {None}
    assert cohort.flow().iloc[0].tolist() == ["read", len(scores) + len(breaths) + len(labs), len(named)]
    assert cohort.flow(of="events")["rows"][0] == len(deaths)
    assert_adds_up(cohort)


@given(order=st.permutations(range(6)))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_rows_matters_for_ties_alone(tmp_path_factory, order):
    records = [
        score(1, 0),
        score(1, 28),
        score(1, 28, Q1_Speech=None, ALSFRS_R_Total=None),
        old_score(2),
        score(3),
        score(3),
    ]
    one = write_folder(tmp_path_factory.mktemp("one"), ALSFRS=records)
    other = write_folder(tmp_path_factory.mktemp("other"), ALSFRS=[records[place] for place in order])
    pd.testing.assert_frame_equal(read_proact(one).to_frame(), read_proact(other).to_frame())
    pd.testing.assert_frame_equal(read_proact(one).flow(), read_proact(other).flow())


def test_leaving_nothing_out_is_refused_where_anything_would_go(tmp_path):
    folder = write_folder(tmp_path, ALSFRS=[score(1, 0), score(1, None)])
    with pytest.raises(DataError, match="time-missing"):
        read_proact(folder, leave_out=[])
