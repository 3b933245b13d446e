"""The table LABS: results that are text, names and units that vary, and nothing mixed."""

import pytest
from flows import assert_adds_up
from proact_folders import found, lab, left_out, score, write_folder

from alsmodels.data.readers.proact import read_proact
from alsmodels.errors import DataError


def read(tmp_path, *records, labs):
    folder = write_folder(tmp_path, ALSFRS=[score(1, 0), score(1, 28)], LABS=list(records))
    return read_proact(folder, labs=labs)


def test_results_beyond_a_limit_are_censored(tmp_path):
    cohort = read(tmp_path, lab(1, 0, result="<20"), lab(1, 28, result="180.5"), lab(1, 56, result="> 4000"), labs="CK")
    assert cohort.visits["ck"].tolist() == [20, 180.5, 4000]
    assert cohort.visits["ck_censored"].tolist() == ["left", "none", "right"]


def test_words_and_missing_results_are_counted(tmp_path):
    results = ["Normal", "NEGATIVE", "Normal", None, "NA", "7"]
    cohort = read(tmp_path, *(lab(1, 28 * day, result=text) for day, text in enumerate(results)), labs=["CK"])
    assert cohort.visits["ck"].dropna().tolist() == [7]
    assert left_out(cohort, "result is a word (LABS)") == (3, 0)
    assert left_out(cohort, "no result (LABS)") == (2, 0)
    assert (
        "3 results of the tests asked for in words: 'Normal' (2), 'NEGATIVE' (1)"
        in found(cohort, "proact-lab-words").message
    )
    assert_adds_up(cohort)


@pytest.mark.parametrize("asked", ["Bilirubin (Total)", "bilirubin(total)", " BILIRUBIN  (TOTAL) "])
def test_spellings_of_a_name_are_one_test(tmp_path, asked):
    records = [
        lab(1, 0, "Bilirubin (Total)", "8", "umol/L"),
        lab(1, 28, "Bilirubin (total)", "9", "\N{MICRO SIGN}mol/L "),
    ]
    cohort = read(tmp_path, *records, labs=[asked])
    assert cohort.visits["bilirubin_total"].tolist() == [8, 9]
    assert cohort.outcomes["bilirubin_total"].label == "Bilirubin (Total)"


def test_tests_that_are_not_asked_for_are_counted(tmp_path):
    cohort = read(tmp_path, lab(1, 0), lab(1, 0, "Sodium"), lab(1, 28, None), lab(2, 0, "Sodium"), labs=["CK"])
    assert left_out(cohort, "test not asked for (LABS)") == (3, 1)
    assert "sodium" not in cohort.outcomes
    assert_adds_up(cohort)


TWO_UNITS = [
    lab(1, 0, "Creatinine", "80", "umol/L"),
    lab(1, 0, "Creatinine", "0.9", "mg/dL"),
    lab(1, 28, "Creatinine", "79", "umol/L"),
]


def test_a_test_in_two_units_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"several units: umol/L \(2\), mg/dL \(1\)\. Name the unit") as refusal:
        read(tmp_path, *TWO_UNITS, labs=["Creatinine"])
    assert "labs=['Creatinine [umol/L]']" in str(refusal.value)


def test_the_unit_that_is_named_is_read_and_the_other_counted(tmp_path):
    cohort = read(tmp_path, *TWO_UNITS, labs=["creatinine [UMOL/L]"])
    assert cohort.visits["creatinine_umol_l"].tolist() == [80, 79]
    assert cohort.outcomes["creatinine_umol_l"].unit == "umol/L"
    assert left_out(cohort, "unit not asked for (LABS)") == (1, 0)
    assert_adds_up(cohort)


def test_two_units_are_two_outcomes(tmp_path):
    asked = {"Creatinine [umol/L]": "crea_molar", "Creatinine [mg/dL]": "crea_mass"}
    cohort = read(tmp_path, *TWO_UNITS, labs=asked)
    assert cohort.visits["crea_molar"].tolist() == [80, 79]
    assert cohort.visits["crea_mass"].fillna(-1).tolist() == [0.9, -1]


def test_a_missing_unit_is_another_unit(tmp_path):
    records = [lab(1, 0, unit=None), lab(1, 28)]
    with pytest.raises(DataError, match="no unit"):
        read(tmp_path, *records, labs=["CK"])
    assert read(tmp_path, *records, labs=["CK []"]).visits["ck"].fillna(-1).tolist() == [200, -1]
    alone = read(tmp_path / "alone", records[0], labs=["CK"])
    assert alone.outcomes["ck"].unit is None


def test_units_without_a_number_do_not_count_as_units(tmp_path):
    cohort = read(tmp_path, lab(1, 0), lab(1, 28, result="Normal", unit=None), labs=["CK"])
    assert cohort.visits["ck"].fillna(-1).tolist() == [200, -1]
    assert left_out(cohort, "result is a word (LABS)") == (1, 0)


BAD = [
    (["Creatinin"], r"no test 'Creatinin'; the nearest are 'Creatinine'"),
    (["Bili"], r"the nearest are 'Bilirubin \(Total\)'"),
    (["CK [mg/dL]"], r"'CK' is not there in 'mg/dL'; it is in U/L \(1\)"),
    (["CK", "ck"], "asked for twice"),
    (["CK [U/L"], "is no name of a test"),
    ({"CK": "x", "Creatinine": "x"}, "two tests get one name"),
    ({"CK": "alsfrs_r"}, "'alsfrs_r' is that of another column"),
    (["Culture"], "no result of 'Culture' is a number"),
]


@pytest.mark.parametrize(("labs", "words"), BAD)
def test_tests_that_cannot_be_read(tmp_path, labs, words):
    records = [
        lab(),
        lab(1, 0, "Creatinine", "1", "mg/dL"),
        lab(1, 0, "Bilirubin (Total)", "8", "umol/L"),
        lab(1, 0, "Culture", "no growth", None),
    ]
    with pytest.raises(DataError, match=words):
        read(tmp_path, *records, labs=labs)


def test_a_test_that_no_rule_leaves_a_value_of_is_an_empty_outcome(tmp_path):
    cohort = read(tmp_path, lab(1, None), labs=["CK"])
    assert cohort.visits["ck"].isna().all()
    assert left_out(cohort, "time-missing (LABS)") == (1, 0)
