"""Words and codes that stand for no value: the cell is emptied and counted, the rest of the row stays."""

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.data.missing import holds_numbers

ROLES = als.Roles("id", "week", "arm", control="placebo")


def trial(**columns):
    base = {"id": ["a", "a", "b", "b", "c", "c"], "week": [0, 4] * 3, "arm": ["placebo"] * 2 + ["drug"] * 4}
    return pd.DataFrame(base | {"alsfrs_r": [40, 39, 41, 40, 38, 37.0]} | columns)


def rules(cohort):
    return [finding.rule for finding in cohort.findings]


@pytest.mark.parametrize(
    ("numbers", "words", "are"),
    [
        (["61", "55", "70"], ["ND"], True),
        (["61", "55", "70"], ["n.d.", "not done"], True),
        (["1.5", "2.25", "3.5", "4"], ["quiet"], True),
        (["1", "2", "3", "4", "5"], ["withdrawn"], True),
        (["1", "2", "3"], ["withdrawn"], False),
        (["1", "2", "3"], ["4A"], False),
        ([str(n) for n in range(20, 35)], ["61y"], True),
        (["001", "002", "003", "004", "005", "006"], ["ND"], False),
        (["1", "2"], ["a", "b", "c"], False),
        ([], ["a"], False),
    ],
)
def test_a_column_of_numbers_with_few_words_is_numbers(numbers, words, are):
    assert holds_numbers(pd.Series([*numbers, *words], dtype="str")) is are


def test_a_word_in_a_covariate_makes_no_levels_and_is_told_with_its_rows():
    cohort = als.Cohort.from_frame(trial(bmi=["21.5", "22", "ND", "24.5", "20", "19.5"]), ROLES)
    assert cohort.visits["bmi"].dtype == "float64"
    assert np.isnan(cohort.visits["bmi"].to_numpy()).tolist() == [False, False, True, False, False, False]
    (finding,) = cohort.findings
    assert (finding.rule, finding.column, finding.rows) == ("word-among-numbers", "bmi", (3,))
    assert "'ND' (1)" in finding.message
    assert finding.offenders == ("row 3: subject 'b', bmi 'ND'",)
    assert "missing=['ND']" in finding.remedy


def test_words_in_the_table_of_subjects_are_told_as_such():
    table = pd.DataFrame({"id": ["a", "b", "c"], "age": ["61", "unknown", "55"]})
    cohort = als.Cohort.from_frame(trial(), ROLES, subjects=table)
    assert cohort.subjects["age"].tolist()[::2] == [61.0, 55.0]
    assert "of the table of subjects" in cohort.findings[0].message


@pytest.mark.parametrize("words", [["ND", "hemolysed"], ["nd ", " HEMOLYSED"], {"nfl": ["ND", "hemolysed"]}])
def test_what_is_called_missing_costs_no_row_and_no_other_outcome(words):
    frame = trial(nfl=["61.5", "ND", "80", "hemolysed", "44", "<20"])
    cohort = als.Cohort.from_frame(frame, ROLES, outcomes=["nfl"], missing=words)
    assert cohort.visits["alsfrs_r"].notna().all()
    assert cohort.visits["nfl"].notna().sum() == 4
    assert cohort.visits["nfl_censored"].tolist()[-1] == "left"
    (finding,) = cohort.findings
    assert (finding.rule, finding.rows) == ("cells-emptied", (2, 4))


@pytest.mark.parametrize("missing", [[-99], ["-99"], -99, {"age": [-99.0]}])
def test_codes_are_numbers_however_they_are_written(missing):
    frame = trial(age=[61, 61, -99, -99, 55, 55])
    cohort = als.Cohort.from_frame(frame, ROLES, missing=missing)
    assert cohort.subjects["age"].isna().tolist() == [False, True, False]
    assert cohort.findings[0].rows == (3, 4)


def test_a_column_of_text_is_numbers_once_its_words_are_gone():
    cohort = als.Cohort.from_frame(trial(grade=["1", "2", "x", "1", "2", "2"]), ROLES, missing=["x"])
    assert cohort.visits["grade"].dtype == "float64"
    kept = als.Cohort.from_frame(trial(site=["01", "02", "x", "01", "02", "02"]), ROLES, missing=["x"])
    assert kept.visits["site"].tolist()[:2] == ["01", "02"]


def test_a_list_leaves_subjects_times_and_arms_alone():
    frame = trial().assign(id=["4"] * 2 + ["5"] * 2 + ["6"] * 2)
    cohort = als.Cohort.from_frame(frame, ROLES, missing=[4, 0, "drug"])
    assert (cohort.n_subjects, cohort.n_visits, cohort.arms) == (3, 6, ("placebo", "drug"))
    with pytest.raises(als.DataError, match="time-missing in column 'week'"):
        als.Cohort.from_frame(frame, ROLES, missing={"week": [4]})


def test_a_rule_can_empty_its_cells_and_scores_are_made_again_of_what_is_left():
    from alsmodels.data.alsfrsr import ITEMS

    items = {name: [4] * 6 for number, name in ITEMS.items() if number.isdigit()}
    frame = trial(**items).drop(columns="alsfrs_r")
    frame.loc[2, "q1_speech"] = 9
    cohort = als.Cohort.from_frame(frame, ROLES, empty=["item-outside-0-4"])
    assert cohort.visits["alsfrs_r"].isna().tolist() == [False, False, True, False, False, False]
    assert cohort.visits["bulbar"].isna().sum() == 1
    assert cohort.visits["fine_motor"].notna().all()
    assert cohort.findings[0].rows == (3,)
    assert len(cohort.flow()) == 2


def test_bounds_and_infinities_can_be_emptied():
    frame = trial(alsfrs_r=[40, 99, 41, np.inf, 38, 37])
    cohort = als.Cohort.from_frame(frame, ROLES, empty=["value-outside-bounds", "value-infinite"])
    assert cohort.visits["alsfrs_r"].isna().tolist() == [False, True, False, True, False, False]
    assert rules(cohort) == ["cells-emptied", "cells-emptied"]


def test_a_word_for_a_limit_is_a_value_at_the_limit_that_is_known():
    frame = trial(nfl=["61.5", "BLQ", "80", "< LLOQ", "44", ">ULOQ"])
    cohort = als.Cohort.from_frame(frame, ROLES, outcomes=[als.Outcome("nfl", lloq=20, uloq=90)])
    assert cohort.visits["nfl"].tolist() == [61.5, 20, 80, 20, 44, 90]
    assert cohort.visits["nfl_censored"].tolist() == ["none", "left", "none", "left", "none", "right"]
    with pytest.raises(als.DataError, match=r"value at its limit once the outcome has it: Outcome\(..., lloq=0.5\)"):
        als.Cohort.from_frame(frame, ROLES, outcomes=["nfl"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"missing": 3j}, "missing is a list of words and numbers"),
        ({"missing": [True]}, "missing is a list of words and numbers"),
        ({"missing": {"agge": ["ND"]}}, "no column 'agge'"),
        ({"empty": ["single-visit"]}, "no rule with cells to empty"),
        ({"empty": 3}, "empty is a list of names of rules"),
        ({"empty": ["value-infinite"], "leave_out": ["value-infinite"]}, "not both"),
    ],
)
def test_wrong_arguments_are_refused(given, words):
    with pytest.raises(als.DataError, match=words):
        als.Cohort.from_frame(trial(), ROLES, **given)


def test_emptied_cells_survive_saving(tmp_path):
    cohort = als.Cohort.from_frame(trial(age=[61, 61, -99, -99, 55, 55]), ROLES, missing=[-99])
    cohort.save(tmp_path / "saved")
    again = als.read_cohort(tmp_path / "saved")
    assert again.findings == cohort.findings
    pd.testing.assert_frame_equal(again.subjects, cohort.subjects)


@pytest.mark.parametrize("share", [5, 25, 45, 50, 55, 75, 95])
@pytest.mark.parametrize("words", [["n.d."], ["ND", "hemolysed"], ["pending"], ["pending", "refused"]])
def test_words_that_repeat_make_no_levels_of_numbers_whatever_their_share(share, words, tmp_path):
    rng = np.random.default_rng(share)
    for decimal in (".", ","):
        cells = np.array([f"{value:.2f}".replace(".", decimal) for value in rng.uniform(0, 90, 400)], dtype=object)
        gone = rng.permutation(400) < 4 * share
        cells[gone] = rng.choice(words, gone.sum())
        table = pd.DataFrame({"id": np.repeat(np.arange(100), 4), "week": np.tile([0, 4, 8, 12], 100), "il6": cells})
        file = tmp_path / "trial.csv"
        table.assign(alsfrs_r=40).to_csv(file, index=False, sep=";" if decimal == "," else ",")
        cohort = als.read_cohort(file, als.Roles("id", "week"))
        values = cohort.to_frame()["il6"]
        assert values.dtype == "float64"
        kept = [float(cell.replace(",", ".")) for cell in cells[~gone]]
        assert sorted(values.dropna()) == sorted(kept)
        (finding,) = [finding for finding in cohort.findings if finding.rule == "word-among-numbers"]
        assert len(finding.rows) == gone.sum()


@pytest.mark.parametrize("share", [5, 30, 50, 70, 95])
def test_few_numbers_among_words_stay_text(share):
    rng = np.random.default_rng(share)
    gone = rng.permutation(400) < 4 * share
    sites = pd.Series(np.where(gone, "3b", rng.choice(["1", "2"], 400)), dtype="str")
    names = pd.Series(np.where(gone, "none", rng.choice(["1", "2", "Berlin", "Ulm"], 400)), dtype="str")
    assert not holds_numbers(sites)
    assert not holds_numbers(names)
