"""Folders that are no PRO-ACT, and what is odd about those that are."""

import pandas as pd
import pytest
from proact_folders import found, lab, score, write_folder

from alsmodels.data.readers.proact import read_proact
from alsmodels.data.readers.proact_files import open_archive
from alsmodels.errors import ReadError

SCORES = [score(1, 0), score(1, 28)]


def test_no_folder(tmp_path):
    with pytest.raises(ReadError, match="is not a folder"):
        read_proact(tmp_path / "nowhere")


def test_no_alsfrs(tmp_path):
    with pytest.raises(ReadError, match=r"'alsfrs\.csv'|'ALSFRS\.csv'") as refusal:
        read_proact(write_folder(tmp_path, LABS=[lab()]))
    assert "'F_PROACT_LABS.csv'" in str(refusal.value)


@pytest.mark.parametrize("prefixes", [("", "PROACT_"), ("PROACT_", "F_PROACT_"), ("F_PROACT_", "")])
def test_a_table_of_two_releases(tmp_path, prefixes):
    for prefix in prefixes:
        write_folder(tmp_path, prefix, ALSFRS=SCORES)
    with pytest.raises(ReadError, match="'ALSFRS' more than once") as refusal:
        read_proact(tmp_path)
    assert all(f"{prefix}ALSFRS.csv" in str(refusal.value) for prefix in prefixes)


def test_a_table_as_csv_and_as_parquet(tmp_path):
    write_folder(tmp_path, ALSFRS=SCORES)
    pd.DataFrame(SCORES).to_parquet(tmp_path / "alsfrs.parquet")
    with pytest.raises(ReadError, match="more than once"):
        read_proact(tmp_path)


def test_columns_and_rows_that_are_missing_are_told_together(tmp_path):
    write_folder(
        tmp_path,
        ALSFRS=pd.DataFrame(SCORES).drop(columns=["ALSFRS_Delta", "Q8_Walking"]),
        DEATHDATA=[{"subject_id": 1, "Subject_Died": "No"}],
        VITALSIGNS=[{"Vital_Signs_Delta": 3}],
        FVC=pd.DataFrame(columns=["subject_id", "Forced_Vital_Capacity_Delta", "Subject_Liters_Trial_1"]),
    )
    with pytest.raises(ReadError) as refusal:
        read_proact(tmp_path)
    told = str(refusal.value)
    assert "F_PROACT_ALSFRS.csv: there is no column 'ALSFRS_Delta', 'Q8_Walking'" in told
    assert "F_PROACT_DEATHDATA.csv: there is no column 'Death_Days'" in told
    assert "F_PROACT_VITALSIGNS.csv: there is no column 'subject_id'" in told
    assert "F_PROACT_FVC.csv has no rows" in told


def test_an_empty_file(tmp_path):
    write_folder(tmp_path, ALSFRS=SCORES)
    (tmp_path / "F_PROACT_LABS.csv").write_text("")
    with pytest.raises(ReadError, match=r"F_PROACT_LABS\.csv is empty"):
        read_proact(tmp_path)


def test_two_spellings_of_one_column(tmp_path):
    records = pd.DataFrame(SCORES).assign(alsfrs__delta=3)
    with pytest.raises(ReadError, match="'ALSFRS_Delta', 'alsfrs__delta' are spellings of one"):
        read_proact(write_folder(tmp_path, ALSFRS=records))


def test_laboratory_tests_need_their_table(tmp_path):
    with pytest.raises(ReadError, match="holds no table 'LABS'"):
        read_proact(write_folder(tmp_path, ALSFRS=SCORES), labs=["CK"])


def test_columns_of_tables_that_are_not_read_may_be_missing(tmp_path):
    folder = write_folder(tmp_path, ALSFRS=SCORES, LABS=[{"subject_id": 1, "Laboratory_Delta": 70}])
    assert read_proact(folder).subjects["last_contact_week"].tolist() == [10]


def test_files_of_two_releases_are_told(tmp_path):
    write_folder(tmp_path, ALSFRS=SCORES)
    write_folder(tmp_path, "", svc=[{"subject_id": 1, "Slow_vital_Capacity_Delta": 0, "Subject_Liters_Trial_1": 3}])
    finding = found(read_proact(tmp_path), "proact-mixed-releases")
    assert "2 releases ('F_PROACT_ALSFRS.csv', 'svc.csv')" in finding.message


def test_subjects_are_the_same_however_a_file_writes_them(tmp_path):
    pd.DataFrame(SCORES).to_csv(tmp_path / "alsfrs.csv", index=False)
    people = pd.DataFrame({"subject_id": [1.0, 2.5], "Age": [61, 50], "Sex": ["F", "M"]})
    people.to_parquet(tmp_path / "demographics.parquet")
    (tmp_path / "riluzole.csv").write_text("subject_id,Subject_used_Riluzole\n1.0,Yes\n,No\n")
    subjects = read_proact(tmp_path).subjects
    assert (subjects["age"].tolist(), subjects["riluzole"].tolist()) == ([61], ["yes"])


def test_only_what_is_used_is_kept(tmp_path):
    folder = write_folder(tmp_path, ALSFRS=SCORES, LABS=[lab(1, 5), lab(2, 9)])
    archive = open_archive(folder, used=("ALSFRS",), required=("ALSFRS",))
    assert set(archive.tables) == {"ALSFRS"}
    assert archive.subjects == {"1", "2"}
    assert archive.contacts.set_index(["subject", "table"])["day"].to_dict() == {
        ("1", "ALSFRS"): 28,
        ("1", "LABS"): 5,
        ("2", "LABS"): 9,
    }


def test_words_and_codes_that_stand_for_no_value_are_emptied_and_counted(tmp_path):
    scores = [score(1, 0), score(1, 28) | {"Q1_Speech": -99}, score(2, 0) | {"Q8_Walking": "ND"}]
    write_folder(tmp_path, ALSFRS=scores, DEMOGRAPHICS=[{"subject_id": 1, "Age": -99, "Sex": "ND"}])
    cohort = read_proact(tmp_path, missing=["ND", -99], vital_capacity=False)
    assert cohort.n_visits == 3
    assert cohort.visits["q1_speech"].isna().tolist() == [False, True, False]
    assert cohort.subjects["age"].isna().all()
    told = {finding.column: finding.message for finding in cohort.findings if finding.rule == "proact-cells-emptied"}
    assert set(told) == {"q1_speech", "q8_walking", "age", "sex"}
    assert told["q8_walking"] == "F_PROACT_ALSFRS.csv: 1 row: the cell is emptied, as missing= says: 'ND' (1)."


def test_days_are_emptied_by_name_alone(tmp_path):
    history = [{"subject_id": 1, "Onset_Delta": -99, "Diagnosis_Delta": -20}]
    write_folder(tmp_path, ALSFRS=SCORES, ALSHISTORY=history)
    kept = read_proact(tmp_path, missing=[-99])
    assert kept.subjects["months_since_onset"].notna().all()
    emptied = read_proact(tmp_path, missing={"Onset_Delta": [-99]})
    assert emptied.subjects["months_since_onset"].isna().all()
    with pytest.raises(ReadError, match="missing: no table that is read for its values has a column 'Onset_Dleta'"):
        read_proact(tmp_path, missing={"Onset_Dleta": [-99]})
