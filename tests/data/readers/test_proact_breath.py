"""The tables FVC and SVC: trials, spellings, percents in columns of litres."""

import pytest
from flows import assert_adds_up
from proact_folders import breath, found, left_out, score, write_folder

from alsmodels.data.readers.proact import read_proact


def read(tmp_path, *records, **tables):
    fvc = {"FVC": list(records)} if records else {}
    return read_proact(write_folder(tmp_path, ALSFRS=[score(1, 0), score(1, 28)], **fvc, **tables))


def capacity(cohort, name="fvc"):
    frame = cohort.to_frame()
    return frame[[f"{name}_litres", f"{name}_percent"]].fillna(-1).to_numpy().tolist()


def test_the_largest_trial_counts(tmp_path):
    trials = {"Subject_Liters_Trial_2": 3.4, "Subject_Liters_Trial_3": 3.2}
    percents = {"pct_of_Normal_Trial_1": 80, "pct_of_Normal_Trial_2": 90, "pct_of_Normal_Trial_3": 85}
    cohort = read(tmp_path, breath(1, 0, 3.0, **trials, **percents), breath(1, 28, 2.8))
    assert capacity(cohort) == [[3.4, 90], [2.8, -1]]
    assert cohort.outcomes["fvc_litres"].unit == "L"
    assert cohort.outcomes["fvc_percent"].unit == "% of normal"


@pytest.mark.parametrize("unit", ["Percent Predicted", "percent predicted", "% predicted"])
def test_percents_in_the_columns_of_litres(tmp_path, unit):
    units = {"Forced_Vital_Capacity_Units": unit}
    cohort = read(tmp_path, breath(1, 0, 78, **units), breath(1, 28, 3, Forced_Vital_Capacity_Units="Liters"))
    assert capacity(cohort) == [[-1, 78], [3, -1]]
    assert "1 record with percents" in found(cohort, "proact-percent-as-litres").message


def test_a_percent_of_less_than_any_lung_is_a_percent_by_its_unit(tmp_path):
    cohort = read(tmp_path, breath(1, 0, 9, Forced_Vital_Capacity_Units="Percent Predicted"), breath(1, 28, 3))
    assert capacity(cohort) == [[-1, 9], [3, -1]]


@pytest.mark.parametrize("normal", ["Subject_Normal", "subject_normal"])
def test_a_percent_that_is_missing_is_made_of_what_is_normal(tmp_path, normal):
    cohort = read(
        tmp_path,
        breath(1, 0, 3, **{normal: 4, "pct_of_Normal_Trial_1": None}),
        breath(1, 28, 2, **{normal: 4, "pct_of_Normal_Trial_1": 51}),
        breath(1, 56, 2, **{normal: 0, "pct_of_Normal_Trial_1": None}),
    )
    assert capacity(cohort) == [[3, 75], [2, 51], [2, -1]]
    assert "1 record with litres and Subject_Normal" in found(cohort, "proact-percent-made").message


@pytest.mark.parametrize(("value", "unit"), [(85, None), (3100, "Liters"), (3100, "mL"), (3.1, "gallons")])
def test_numbers_that_cannot_be_litres_are_not_taken_for_them(tmp_path, value, unit):
    units = {"Forced_Vital_Capacity_Units": unit, "Subject_Normal": 4}
    cohort = read(
        tmp_path, breath(1, 0, value, **units), breath(1, 28, 3, **units | {"Forced_Vital_Capacity_Units": "L"})
    )
    assert capacity(cohort) == [[-1, -1], [3, 75]]
    assert "1 record above 12, or in another unit" in found(cohort, "proact-unit-unclear").message


def test_svc_and_its_spellings(tmp_path):
    record = {
        "subject_id": 1,
        "Slow_vital_Capacity_Delta": 0,
        "Subject_Liters_Trial_1": 2.0,
        "Subject_Liters__Trial_2_": 2.5,
        "Subject_Liters__Trial_3_": 2.2,
        "pct_of_Normal_Trial_1": 60,
        "Subject_Normal": 4,
        "Slow_Vital_Capacity_Units": "Liters",
    }
    cohort = read(tmp_path, SVC=[record, record | {"Slow_vital_Capacity_Delta": 28, "pct_of_Normal_Trial_1": None}])
    assert capacity(cohort, "svc") == [[2.5, 60], [2.5, 62.5]]
    assert "fvc_litres" not in cohort.outcomes


def test_two_records_of_a_day_are_counted(tmp_path):
    cohort = read(tmp_path, breath(1, 0, 3.0), breath(1, 0, 3.5), breath(1, 0, 3.0), breath(1, None, 2.0))
    assert capacity(cohort)[0] == [3.0, -1]
    assert left_out(cohort, "copy of a record of the same day (FVC)") == (1, 0)
    assert left_out(cohort, "duplicate-visit (FVC)") == (1, 0)
    assert left_out(cohort, "time-missing (FVC)") == (1, 0)
    assert_adds_up(cohort)
