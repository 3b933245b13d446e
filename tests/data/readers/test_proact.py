"""`read_proact` as a whole: folders of three releases, visits, arms, rules, and the count that adds up."""

import pandas as pd
import pytest
from flows import assert_adds_up
from proact_folders import breath, found, lab, left_out, old_score, score, write_folder

import alsmodels as als
from alsmodels.data.readers.proact import PROACT_LEAVES_OUT, read_proact
from alsmodels.errors import DataError, ReadError

TREATMENT = [{"subject_id": 1, "Study_Arm": "Placebo"}, {"subject_id": 2, "Study_Arm": "Active"}]


def two_subjects():
    return [score(1, 0), score(1, 28), score(2, 0), score(2, 91)]


@pytest.mark.parametrize(
    ("alsfrs", "labs"),
    [
        ("alsfrs.csv", "Labs.csv"),
        ("PROACT_ALSFRS.csv", "PROACT_LABS.csv"),
        ("F_PROACT_ALSFRS.csv", "F_PROACT_LABS.csv"),
        ("f_proact_Alsfrs.CSV", "proact_LABS.tsv"),
        ("ALSFRS.parquet", "labs.parquet"),
    ],
)
def test_files_of_every_release(tmp_path, alsfrs, labs):
    for name, records in ((alsfrs, two_subjects()), (labs, [lab(1, 28), lab(2, 3)])):
        frame = pd.DataFrame(records)
        if name.endswith("parquet"):
            frame.to_parquet(tmp_path / name)
        else:
            frame.to_csv(tmp_path / name, index=False, sep="\t" if name.endswith("tsv") else ",")
    (tmp_path / "read me.txt").write_text("no table")
    cohort = read_proact(tmp_path, labs=["CK"])
    assert cohort.visits["week"].tolist() == [0, 4, 0, 3 / 7, 13]
    assert cohort.visits["ck"].fillna(-1).tolist() == [-1, 200, -1, 200, -1]
    assert cohort.visits["alsfrs_r"].fillna(-1).tolist() == [36, 36, 36, -1, 36]
    assert_adds_up(cohort)


def test_it_is_public(tmp_path):
    folder = write_folder(tmp_path, ALSFRS=two_subjects())
    assert als.read_proact(folder).n_visits == 4
    assert als.read_proact(str(folder)).arms == ()


def test_one_visit_for_each_subject_and_day(tmp_path):
    folder = write_folder(
        tmp_path,
        ALSFRS=two_subjects(),
        FVC=[breath(1, 28), breath(2, 0), breath(2, 7)],
        LABS=[lab(1, 28), lab(1, 28, "Sodium", "140", "mmol/L"), lab(3, 0)],
    )
    cohort = read_proact(folder, labs=["CK", "sodium"])
    assert (cohort.n_subjects, cohort.n_visits) == (3, 6)
    assert left_out(cohort, "joined: same subject and day") == (4, 0)
    one = cohort.visits.set_index(["subject", "week"]).loc[("1", 4.0)]
    assert one[["alsfrs_r", "fvc_litres", "ck", "sodium"]].tolist() == [36, 3, 200, 140]
    assert cohort.outcomes["sodium"].unit == "mmol/L"
    assert_adds_up(cohort)


def test_vital_capacity_can_be_left_unread(tmp_path):
    folder = write_folder(tmp_path, ALSFRS=two_subjects(), FVC=[breath(1, 3)])
    cohort = read_proact(folder, vital_capacity=False)
    assert "fvc_litres" not in cohort.outcomes
    assert cohort.n_visits == 4


def test_without_arms_everybody_stays_and_the_arm_is_a_covariate(tmp_path):
    folder = write_folder(tmp_path, ALSFRS=[*two_subjects(), score(3, 0)], TREATMENT=TREATMENT)
    cohort = read_proact(folder)
    assert cohort.arms == ()
    assert cohort.subjects["study_arm"].fillna("?").tolist() == ["Placebo", "Active", "?"]


def test_with_arms_subjects_without_one_are_counted(tmp_path):
    records = [*two_subjects(), score(3, 0), score(3, 28), score(4, 0)]
    treatment = [*TREATMENT, {"subject_id": 4, "Study_Arm": None}]
    folder = write_folder(tmp_path, ALSFRS=records, FVC=[breath(3, 0)], TREATMENT=treatment)
    cohort = read_proact(folder, arms=True)
    assert cohort.arms == ("Placebo", "Active")
    assert cohort.subjects["arm"].tolist() == ["Placebo", "Active"]
    assert left_out(cohort, "no Study_Arm (ALSFRS)") == (3, 1)
    assert left_out(cohort, "no Study_Arm (FVC)") == (1, 1)
    assert_adds_up(cohort)


def test_arms_need_their_table(tmp_path):
    with pytest.raises(ReadError, match="holds no table 'TREATMENT'"):
        read_proact(write_folder(tmp_path, ALSFRS=two_subjects()), arms=True)


def test_subjects_without_a_record_are_counted(tmp_path):
    people = [{"subject_id": subject, "Age": 60, "Sex": "Male"} for subject in (1, 2, 8, 9)]
    cohort = read_proact(write_folder(tmp_path, ALSFRS=two_subjects(), DEMOGRAPHICS=people))
    assert cohort.flow().iloc[0].tolist() == ["read", 4, 4]
    assert left_out(cohort, "subject without a record") == (0, 2)
    assert cohort.subjects["subject"].tolist() == ["1", "2"]
    assert_adds_up(cohort)


def test_copies_of_a_record_always_go(tmp_path):
    folder = write_folder(tmp_path, ALSFRS=[*two_subjects(), score(2, 91)])
    cohort = read_proact(folder, leave_out=())
    assert left_out(cohort, "copy of a record of the same day (ALSFRS)") == (1, 0)
    assert_adds_up(cohort)


def test_of_two_records_of_a_day_the_fullest_counts_then_the_first(tmp_path):
    less = score(1, 0, Q1_Speech=None, ALSFRS_R_Total=None)
    first, second = score(2, 0, Q8_Walking=4, ALSFRS_R_Total=37), score(2, 0, Q8_Walking=2, ALSFRS_R_Total=35)
    cohort = read_proact(write_folder(tmp_path, ALSFRS=[less, score(1, 0), first, second]))
    assert cohort.visits["alsfrs_r"].tolist() == [36, 37]
    assert left_out(cohort, "duplicate-visit (ALSFRS)") == (2, 0)
    assert_adds_up(cohort)


STRICT = [
    ("time-missing", [score(1, None)], "F_PROACT_ALSFRS.csv row 5: subject 1, day missing"),
    ("total-not-sum", [score(1, 56, ALSFRS_R_Total=40)], "row 5: subject 1, day 56"),
    ("total-not-sum", [old_score(1, 56, ALSFRS_Total=29)], "a total is not the sum of its items"),
    ("duplicate-visit", [score(1, 0, Q8_Walking=4, ALSFRS_R_Total=37)], "row 5: subject 1, day 0"),
    ("subject-missing", [score(None, 3)], "no subject"),
]


@pytest.mark.parametrize(("rule", "more", "words"), STRICT)
def test_rules_that_are_not_named_are_refused(tmp_path, rule, more, words):
    folder = write_folder(tmp_path, ALSFRS=[*two_subjects(), *more])
    with pytest.raises(DataError, match=rule) as refusal:
        read_proact(folder, leave_out=())
    assert words in str(refusal.value)
    kept = read_proact(folder, leave_out=[rule])
    assert left_out(kept, f"{rule} (ALSFRS)") == (1, 0)
    assert kept.n_visits == 4
    assert_adds_up(kept)


def test_breaches_of_all_tables_are_told_together(tmp_path):
    folder = write_folder(tmp_path, ALSFRS=[score(1, None), score(2, 0)], FVC=[breath(1, 0), breath(1, 0, 3.5)])
    with pytest.raises(DataError, match="breaks 2 rules") as refusal:
        read_proact(folder, leave_out=())
    assert "F_PROACT_FVC.csv row 2" in str(refusal.value) or "F_PROACT_FVC.csv row 1" in str(refusal.value)


def test_rules_of_visits_speak_of_joined_visits(tmp_path):
    folder = write_folder(tmp_path, ALSFRS=[*two_subjects(), score(1, 56, Q1_Speech=5, ALSFRS_R_Total=None)])
    with pytest.raises(DataError, match=r"item-outside-0-4(.|\n)*Rows are those of the joined visits"):
        read_proact(folder)
    cohort = read_proact(folder, leave_out=[*PROACT_LEAVES_OUT, "item-outside-0-4"])
    assert left_out(cohort, "item-outside-0-4") == (1, 0)
    assert_adds_up(cohort)


HOSTILE = [
    ({"leave_out": "typo"}, "'typo' is no rule"),
    ({"leave_out": ["time-in-days"]}, "'time-in-days' is no rule with rows"),
    ({"leave_out": 3}, "leave_out is a list of names of rules, not 3"),
    ({"leave_out": [["a"]]}, "is no rule"),
    ({"labs": [3]}, "3 is no name of a test"),
    ({"outcomes": "il6"}, "no column 'il6'"),
    ({"outcomes": [3]}, "An outcome is an Outcome or the name of a column, not 3"),
]


@pytest.mark.parametrize(("given", "words"), HOSTILE)
def test_arguments_that_are_none(tmp_path, given, words):
    folder = write_folder(tmp_path, ALSFRS=two_subjects(), LABS=[lab()])
    with pytest.raises(DataError, match=words):
        read_proact(folder, **given)


def test_a_folder_is_a_path():
    with pytest.raises(ReadError, match="not int"):
        read_proact(3)


def test_nothing_left_is_refused_with_the_count(tmp_path):
    with pytest.raises(DataError, match=r"no record left:(.|\n)*time-missing"):
        read_proact(write_folder(tmp_path, ALSFRS=[score(1, None)]))


def test_outcomes_can_be_told_more_of(tmp_path):
    folder = write_folder(tmp_path, ALSFRS=two_subjects(), LABS=[lab(1, 0, result="12"), lab(2, 0, result="90")])
    cohort = read_proact(folder, labs=["CK"], outcomes=[als.Outcome("ck", unit="U/L", scale="log", lloq=20)])
    assert cohort.outcomes["ck"].scale == "log"
    assert cohort.visits["ck_censored"].tolist()[0] == "left"


def test_it_is_read_back_without_loss(tmp_path):
    folder = write_folder(
        tmp_path / "in",
        ALSFRS=[*two_subjects(), old_score(3)],
        DEATHDATA=[{"subject_id": 1, "Subject_Died": "Yes", "Death_Days": 40}],
    )
    cohort = read_proact(folder)
    cohort.save(tmp_path / "out")
    again = als.read_cohort(tmp_path / "out")
    pd.testing.assert_frame_equal(again.to_frame(), cohort.to_frame())
    assert again.findings == cohort.findings
    pd.testing.assert_frame_equal(again.flow(), cohort.flow())


def test_absent_tables_are_told(tmp_path):
    finding = found(read_proact(write_folder(tmp_path, ALSFRS=two_subjects())), "proact-table-absent")
    assert "'DEATHDATA'" in finding.message
    assert "'LABS'" not in finding.message
