"""Deaths and last contacts: unknown days, rows that disagree, visits after death, days beyond belief."""

import pytest
from flows import assert_adds_up
from proact_folders import breath, found, left_out, score, write_folder

from alsmodels.data.readers.proact import read_proact
from alsmodels.errors import DataError


def death(subject=1, died="Yes", day=None):
    return {"subject_id": subject, "Subject_Died": died, "Death_Days": day}


def read(tmp_path, *deaths, scores=None, leave_out=None, **tables):
    records = scores or [score(subject, day) for subject in (1, 2, 3) for day in (0, 28)]
    folder = write_folder(tmp_path, ALSFRS=records, DEATHDATA=list(deaths), **tables)
    return read_proact(folder) if leave_out is None else read_proact(folder, leave_out=leave_out)


def test_deaths_are_events(tmp_path):
    cohort = read(tmp_path, death(1, "Yes", 70), death(2, "No"))
    assert cohort.events.to_dict("list") == {"subject": ["1"], "event": ["death"], "week": [10.0]}
    assert cohort.subjects["died"].fillna("?").tolist() == ["yes", "no", "?"]
    assert left_out(cohort, "did not die", of="events") == (1, 1)
    assert_adds_up(cohort)


def test_a_death_on_an_unknown_day_is_an_event_without_a_time(tmp_path):
    cohort = read(tmp_path, death(1, "Yes"))
    assert cohort.events["week"].isna().tolist() == [True]
    assert cohort.subjects["died"].tolist()[0] == "yes"
    assert cohort.subjects["last_contact_week"].tolist()[0] == 4
    assert found(cohort, "event-time-missing").message == "1 row: no time."


def test_no_word_on_death_is_not_alive(tmp_path):
    cohort = read(tmp_path, death(1, None), death(2, "unknown"), death(3, "No"))
    assert cohort.subjects["died"].fillna("?").tolist() == ["?", "?", "no"]
    assert left_out(cohort, "no word on death", of="events") == (2, 2)
    assert_adds_up(cohort)


def test_several_rows_of_one_death(tmp_path):
    cohort = read(tmp_path, death(1, "No"), death(1, "Yes"), death(1, "Yes", 84), death(1, "Yes", 70))
    assert cohort.events["week"].tolist() == [10]
    assert left_out(cohort, "a second row of one death", of="events") == (2, 0)
    assert found(cohort, "proact-death-twice").message.startswith("1 subject ")
    assert found(cohort, "proact-death-days-differ").remedy == "The earliest counts."
    assert_adds_up(cohort)


def test_days_of_death_that_cannot_be(tmp_path):
    cohort = read(tmp_path, death(1, "No", 70), death(2, "Yes", -5))
    assert cohort.events["subject"].tolist() == ["2"]
    assert cohort.events["week"].isna().all()
    assert cohort.n_visits == 6
    assert found(cohort, "proact-death-day-of-living").message.startswith("1 row ")
    assert found(cohort, "proact-death-before-enrolment").message.startswith("1 row ")


def test_visits_after_death_go_and_are_counted(tmp_path):
    cohort = read(tmp_path, death(1, "Yes", 14))
    assert left_out(cohort, "visit-after-death") == (1, 0)
    assert cohort.n_visits == 5
    assert_adds_up(cohort)
    with pytest.raises(DataError, match="visit-after-death"):
        read(tmp_path, death(1, "Yes", 14), leave_out=())


def test_deaths_of_subjects_who_are_left_out_are_counted(tmp_path):
    cohort = read(tmp_path, death(1, "Yes", 70), death(9, "Yes", 70))
    assert cohort.events["subject"].tolist() == ["1"]
    assert left_out(cohort, "their subject is left out", of="events") == (1, 1)
    assert_adds_up(cohort)


def test_the_last_contact_is_the_largest_day_of_any_table(tmp_path):
    cohort = read(
        tmp_path,
        death(1, "Yes", 98),
        death(2, "No", None),
        FVC=[breath(1, 35), breath(3, 42)],
        VITALSIGNS=[{"subject_id": 2, "Vital_Signs_Delta": 70, "Weight": 500}],
        ELESCORIAL=[{"subject_id": 3, "delta_days": 21, "el_escorial": "Definite"}],
        ADVERSEEVENTS=[{"subject_id": 2, "Start_Date_Delta": 3, "End_Date_Delta": 63}],
        CONMEDS=[{"subject_id": 1, "Start_Delta": 1, "Stop_Delta": 999}],
    )
    assert cohort.subjects["last_contact_week"].tolist() == [14, 10, 6]
    assert cohort.subjects["last_contact_table"].tolist() == ["DEATHDATA", "VITALSIGNS", "FVC"]
    assert "proact-late-contact" not in {finding.rule for finding in cohort.findings}


def test_onset_and_diagnosis_are_no_contacts(tmp_path):
    history = [{"subject_id": 1, "Onset_Delta": 900, "Diagnosis_Delta": 800, "Subject_ALS_History_Delta": 35}]
    assert read(tmp_path, death(2, "No"), ALSHISTORY=history).subjects["last_contact_week"].tolist() == [5, 4, 4]


def test_a_last_contact_long_after_the_last_visit_is_told(tmp_path):
    medication = [{"subject_id": 2, "Start_Delta": 0, "Stop_Delta": 7000}]
    cohort = read(tmp_path, death(1, "Yes", 700), CONMEDS=medication)
    assert cohort.subjects["last_contact_week"].tolist() == [100, 1000, 4]
    finding = found(cohort, "proact-late-contact")
    assert finding.message.startswith("1 subject with a last contact more than 52 weeks after the last visit")
    assert finding.message.endswith("the latest in week 1000; by 'CONMEDS'.")


def test_texts_among_days_are_told_once(tmp_path):
    medication = [{"subject_id": 1, "Start_Delta": 0, "Stop_Delta": "ongoing"}]
    finding = found(read(tmp_path, death(2, "No"), CONMEDS=medication), "proact-not-numeric")
    assert "F_PROACT_CONMEDS.csv: 1 value of stop_delta" in finding.message
    scores = [score(1, 0), score(1, "week 4")]
    cohort = read(tmp_path, death(1, "No"), scores=scores)
    assert found_names(cohort) == {"ALSFRS_Delta", "stop_delta"}


def found_names(cohort):
    return {finding.column for finding in cohort.findings if finding.rule == "proact-not-numeric"}
