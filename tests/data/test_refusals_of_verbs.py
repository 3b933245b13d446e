"""Refusals and remedies of verbs, checks and the command: each names what the user has to write."""

import pandas as pd
import pytest

import alsmodels as als
from alsmodels.cli import main


def cohort(*, score="alsfrs_r", arms=("verum", "sham"), **columns):
    frame = pd.DataFrame({"id": ["a", "a", "b", "b"], "week": [0, 4] * 2, "arm": [arms[0]] * 2 + [arms[1]] * 2})
    return als.Cohort.from_frame(frame.assign(**{score: [40, 39, 38, 37]}, **columns), als.Roles("id", "week", "arm"))


def test_arms_and_labels_that_do_not_occur_are_called_so():
    with pytest.raises(als.DataError, match=r"there is no arm 'verun'; there are 'sham', 'verum'"):
        cohort().where(arms="verun")
    with pytest.raises(als.DataError, match=r"there is no arm 'nix'"):
        cohort().relabel(arm={"nix": "sham"})
    with pytest.raises(als.DataError, match=r"there is no label in 'site' 'nix'; there are 'x', 'y'"):
        cohort(site=["x", "x", "y", "y"]).relabel(site={"nix": "x"})


def test_a_condition_that_leaves_nothing_and_one_without_backticks_say_so():
    with pytest.raises(als.DataError, match=r"no visit is left; week > 600 holds for none\."):
        cohort().where("week > 600")
    with pytest.raises(als.DataError, match=r"no visit is left; none is in weeks 8 to 9\."):
        cohort().where(weeks=(8, 9))
    marked = cohort(**{"NfL [pg/mL]": [20.0, 30, 40, 50], "BMI start": [20.0, 20, 30, 30]})
    for condition, name in [("NfL [pg/mL] > 20", "NfL [pg/mL]"), ("BMI start > 20", "BMI start")]:
        with pytest.raises(als.DataError, match="backticks") as refusal:
            marked.where(condition)
        assert f"`{name}`" in str(refusal.value)
    assert marked.where("`NfL [pg/mL]` > 20").n_visits == 3


def test_one_total_under_two_names_is_not_put_together():
    words = r"'ALSFRS-R' of one cohort and 'alsfrs_r' of another .*rename\(columns=\{'alsfrs_r': 'ALSFRS-R'\}\)"
    with pytest.raises(als.DataError, match=words):
        als.concat([cohort(score="ALSFRS-R"), cohort()], names=["a", "b"])
    assert als.concat([cohort(), cohort()], names=["a", "b"]).n_visits == 8


def test_two_names_of_a_control_may_be_one_arm():
    (finding,) = [found for found in cohort(arms=("PBO", "Placebo")).findings if found.rule == "reference-by-alphabet"]
    assert "cohort.relabel(arm={'PBO': 'Placebo'})" in finding.remedy


def test_decimal_commas_in_a_table_in_memory_are_named():
    frame = pd.DataFrame({"id": ["a", "a"], "week": [0, 4], "alsfrs_r": ["40,0", "39,0"]})
    with pytest.raises(als.DataError, match=r"decimal=','"):
        als.Cohort.from_frame(frame, als.Roles("id", "week"))


def test_words_too_many_on_the_command_are_told_how_to_be_given(tmp_path, capsys):
    file = tmp_path / "trial.csv"
    file.write_text("id,week,alsfrs_r\na,0,ND\na,4,40\n")
    assert main(["check", str(file), "--missing", "ND", "lost"]) == 2
    assert "repeated for each" in capsys.readouterr().err
    assert main(["check", str(file), "--missing", "ND", "--missing", "lost"]) == 0
