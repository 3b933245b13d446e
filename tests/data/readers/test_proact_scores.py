"""The table ALSFRS: item 5, gastrostomy, two scales that never stand in for each other, parts of points."""

import pytest
from proact_folders import Q5A, Q5B, found, old_score, score, write_folder

from alsmodels.data.readers.proact import read_proact
from alsmodels.data.stages import kings_stage
from alsmodels.errors import DataError


def read(tmp_path, *records, **given):
    return read_proact(write_folder(tmp_path, ALSFRS=list(records)), **given)


def rules(cohort):
    return {finding.rule for finding in cohort.findings}


def test_item_five_is_5a_or_else_5b_and_which_one_says_gastrostomy(tmp_path):
    cohort = read(tmp_path, score(1, 0), score(1, 28, **{Q5A: None, Q5B: 2, "ALSFRS_R_Total": 35}))
    assert cohort.visits["q5_cutting"].tolist() == [3, 2]
    assert cohort.visits["gastrostomy"].tolist() == ["no", "yes"]
    assert cohort.visits["alsfrs_r"].tolist() == [36, 35]
    assert not rules(cohort) & {"proact-q5-both", "proact-q5-neither"}


def test_item_five_answered_twice(tmp_path):
    cohort = read(
        tmp_path, score(1, 0, **{Q5B: 1}), score(1, 28, **{Q5B: 3}), score(1, 56, **{Q5A: None, Q5B: 3}), score(1, 84)
    )
    assert cohort.visits["q5_cutting"].tolist() == [3, 3, 3, 3]
    assert cohort.visits["gastrostomy"].fillna("?").tolist() == ["?", "?", "yes", "no"]
    assert "2 records with both Q5a and Q5b, 1 with different answers" in found(cohort, "proact-q5-both").message


def test_item_five_not_answered(tmp_path):
    cohort = read(tmp_path, score(1, 0), score(1, 28, **{Q5A: None, "ALSFRS_R_Total": None}))
    assert cohort.visits["alsfrs_r"].isna().tolist() == [False, True]
    assert found(cohort, "proact-q5-neither").message.startswith("1 record ")
    assert "proact-total-made" not in rules(cohort)


def test_the_two_scales_are_two_outcomes(tmp_path):
    both = score(3, 0, Q10_Respiratory=2, ALSFRS_Total=29)
    cohort = read(tmp_path, score(1, 0), old_score(2, 0), both)
    assert cohort.visits["alsfrs_r"].fillna(-1).tolist() == [36, -1, 36]
    assert cohort.visits["alsfrs"].fillna(-1).tolist() == [-1, 30, 29]
    assert (cohort.outcomes["alsfrs_r"].upper, cohort.outcomes["alsfrs"].upper) == (48, 40)
    assert found(cohort, "proact-two-scales").message.startswith("1 subject ")


@pytest.mark.parametrize("record", [old_score(1, 28), old_score(1, 28, ALSFRS_Total=None)])
def test_the_revised_total_is_never_filled_with_the_older_one(tmp_path, record):
    cohort = read(tmp_path, score(1, 0), record)
    assert cohort.visits["alsfrs_r"].isna().tolist() == [False, True]
    assert cohort.visits["alsfrs"].fillna(-1).tolist() == [-1, 30]


def test_the_older_total_is_never_filled_with_the_revised_items(tmp_path):
    assert read(tmp_path, score(1, 0), score(1, 28)).visits["alsfrs"].isna().all()


def test_a_total_that_is_missing_is_made_of_its_own_items_and_counted(tmp_path):
    cohort = read(tmp_path, score(1, 0, ALSFRS_R_Total=None, Q1_Speech=1), score(1, 28))
    assert cohort.visits["alsfrs_r"].tolist() == [34, 36]
    assert "1 record without ALSFRS_R_Total" in found(cohort, "proact-total-made").message


def test_a_total_without_its_items_stays(tmp_path):
    cohort = read(tmp_path, score(1, 0, Q1_Speech=None, ALSFRS_R_Total=41), score(1, 28))
    assert cohort.visits["alsfrs_r"].tolist() == [41, 36]


def test_parts_of_points_stay_and_are_counted(tmp_path):
    half = score(1, 0, Q1_Speech=2.5, Q8_Walking=0.5, ALSFRS_R_Total=33)
    cohort = read(tmp_path, half, score(1, 28))
    assert cohort.visits["q1_speech"].tolist() == [2.5, 3]
    assert cohort.visits["alsfrs_r"].tolist() == [33, 36]
    assert found(cohort, "proact-half-points").message == "2 items in 1 record with parts of points."
    assert "proact-half-points" not in rules(read(tmp_path / "whole", score(1, 0)))


def test_items_have_the_names_of_a_cohort(tmp_path):
    respiratory = {"R_1_Dyspnea": 2, "R_2_Orthopnea": 1, "R_3_Respiratory_Insufficiency": 4, "ALSFRS_R_Total": 34}
    visits = read(tmp_path, score(1, 0, **respiratory), score(1, 28)).visits
    items = ["q10_dyspnoea", "q11_orthopnoea", "q12_respiratory_insufficiency"]
    assert visits.loc[0, items].tolist() == [2, 1, 4]
    assert visits[["bulbar", "fine_motor", "gross_motor", "respiratory"]].loc[0].tolist() == [9, 9, 9, 7]
    assert [name for name in visits if name.startswith("q")] == [
        "q1_speech",
        "q2_salivation",
        "q3_swallowing",
        "q4_handwriting",
        "q5_cutting",
        "q6_dressing",
        "q7_turning",
        "q8_walking",
        "q9_stairs",
        *items,
    ]


def test_the_older_respiratory_item_has_its_own_column(tmp_path):
    frame = read(tmp_path, score(1, 0), old_score(2, 0, Q10_Respiratory=1, ALSFRS_Total=28)).visits
    assert frame["q10_respiratory"].fillna(-1).tolist() == [-1, 1]
    assert frame["q10_dyspnoea"].fillna(-1).tolist() == [3, -1]
    assert "q10_respiratory" not in read(tmp_path / "revised", score(1, 0)).to_frame()
    with pytest.raises(DataError, match="value-outside-bounds in column 'q10_respiratory'"):
        read(tmp_path / "high", old_score(1, 0, Q10_Respiratory=5, ALSFRS_Total=32))


def test_stages_are_read_off_the_items(tmp_path):
    tube = score(1, 28, **{Q5A: None, Q5B: 3, "R_3_Respiratory_Insufficiency": 4, "ALSFRS_R_Total": 37})
    cohort = read(tmp_path, score(1, 0, R_3_Respiratory_Insufficiency=4, ALSFRS_R_Total=37), tube)
    assert kings_stage(cohort)["stage"].tolist() == [3, 4]


def test_texts_among_numbers_are_missing_and_counted(tmp_path):
    cohort = read(tmp_path, score(1, 0, Q1_Speech="-", ALSFRS_R_Total=None), score(1, 28))
    assert cohort.visits["q1_speech"].isna().tolist() == [True, False]
    finding = found(cohort, "proact-not-numeric")
    assert finding.column == "Q1_Speech"
    assert "1 value of Q1_Speech is no number: '-' (1)" in finding.message
