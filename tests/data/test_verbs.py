"""Rows of cohorts are chosen with a count, labels written anew, cohorts put together and compared by value."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from flows import assert_adds_up

import alsmodels as als
from alsmodels.data.query import rows_where

ROLES = als.Roles("id", "week", "arm")


def frame(prefix="s", arms=("placebo", "drug"), subjects=6):
    rows = [(f"{prefix}{n}", week, arms[n % len(arms)]) for n in range(subjects) for week in (0, 4, 12, 24)]
    table = pd.DataFrame(rows, columns=["id", "week", "arm"])
    table["alsfrs_r"] = 40.0 - table.index % 7
    table["il6"] = [f"<{0.5}" if n % 5 == 0 else f"{1 + n / 8}" for n in range(len(table))]
    table["age"] = np.repeat(50.0 + 3 * np.arange(subjects), 4)
    table["onset"] = np.repeat(["bulbar", "spinal", "spinal"] * subjects, 4)[: len(table)]
    return table


def events():
    kinds = ["death", "death", "withdrawal", "PEG"]
    return pd.DataFrame({"id": ["s0", "s1", "s3", "s3"], "event": kinds, "week": [30, 28, 25, 20]})


@pytest.fixture
def cohort():
    return als.Cohort.from_frame(frame(), ROLES, events=events())


def same(one, other):
    """The same rows, whatever findings and counts are."""
    pd.testing.assert_frame_equal(one.to_frame(), other.to_frame())


def test_arms_subjects_weeks_and_a_condition_choose_rows(cohort):
    for chosen, expected in (
        (cohort.where(arms="drug"), frame().query("arm == 'drug'")),
        (cohort.where(arms=["drug", "placebo"]), frame()),
        (cohort.where(subjects=["s1", "s4"]), frame().query("id in ['s1', 's4']")),
        (cohort.where(weeks=(0, 12)), frame().query("week <= 12")),
        (cohort.where("age > 55 and onset == 'spinal'"), frame().query("age > 55 and onset == 'spinal'")),
        (cohort.where(cohort.to_frame()["alsfrs_r"] > 36), frame().query("alsfrs_r > 36")),
        (
            cohort.where("week < 24", arms="drug", subjects=["s1", "s3"]),
            frame().query("week < 24 and id in ['s1', 's3']"),
        ),
    ):
        found = chosen.to_frame()[["subject", "week", "alsfrs_r"]].reset_index(drop=True)
        wanted = expected.rename(columns={"id": "subject"})[["subject", "week", "alsfrs_r"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(found, wanted, check_dtype=False)
        assert_adds_up(chosen)


def test_what_is_left_out_is_counted_by_choice(cohort):
    flow = cohort.where("alsfrs_r > 36", arms="drug", weeks=(0, 12)).flow().set_index("step")
    assert flow.index.tolist() == [
        "read",
        "left out: not in arm drug",
        "left out: not in weeks 0 to 12",
        "left out: not alsfrs_r > 36",
        "kept",
    ]
    assert flow.loc["left out: not in arm drug"].tolist() == [12, 3]
    assert flow.loc["left out: not in weeks 0 to 12"].tolist() == [3, 0]
    assert cohort.where(arms="drug").flow(of="events")["rows"].tolist() == [4, 1, 3]


def test_a_choice_can_be_saved_fitted_and_has_the_arms_that_are_left(cohort, tmp_path):
    chosen = cohort.where(arms="drug")
    assert (chosen.arms, chosen.control) == (("drug",), "drug")
    assert not [finding for finding in chosen.findings if finding.rule == "reference-by-alphabet"]
    chosen.save(tmp_path / "chosen")
    assert als.read_cohort(tmp_path / "chosen") == chosen
    three = als.Cohort.from_frame(frame(arms=("placebo", "low", "high")), ROLES)
    without = three.where(arms=["low", "high"])
    assert without.control == "high"
    assert [finding.rule for finding in without.findings] == ["reference-by-alphabet"]
    named = als.Cohort.from_frame(frame(arms=("placebo", "low", "high")), als.Roles("id", "week", "arm", control="low"))
    assert named.where(arms=["low", "high"]).arms == ("low", "high")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "say what to keep"),
        ({"arms": "durg"}, "Did you mean 'drug'"),
        ({"subjects": ["s99"]}, "no subject 's99'"),
        ({"weeks": (0,)}, "weeks is a first and a last week"),
        ({"weeks": (100, 200)}, "no visit is left"),
        ({"condition": [True, False]}, "true or false for each of the 24 rows"),
        ({"condition": "agge > 3"}, "Did you mean 'age'"),
        ({"condition": "age >"}, "cannot be read"),
        ({"condition": "age > 'x'"}, "compares a number with a text"),
        ({"condition": "onset > 'a'"}, "which text is larger"),
        ({"condition": "__import__('os').system('true') == 0"}, "something other than"),
        ({"condition": "age.sum() > 3"}, "something other than"),
        ({"condition": "[x for x in age] == 3"}, "something other than"),
        ({"condition": "lambda: 3"}, "something other than comparisons"),
        ({"condition": "age"}, "something other than comparisons"),
        ({"condition": "(" * 500 + "age" + ")" * 500}, "."),
        ({"condition": "not " * 200 + "age > 3"}, "nested too deeply"),
        ({"condition": "a" * 3000}, "at most 2000 signs"),
    ],
)
def test_what_cannot_be_chosen_is_refused(cohort, given, words):
    with pytest.raises(als.DataError, match=words):
        cohort.where(**given)


def test_conditions_read_columns_of_any_name_and_missing_values_meet_none():
    table = pd.DataFrame({"IL-6 [pg/mL]": [1.5, np.nan, 3], "on": [True, False, True], "site": ["a", None, "b"]})
    for condition, rows in {
        "`IL-6 [pg/mL]` < 2": [True, False, False],
        "not `IL-6 [pg/mL]` < 2": [False, True, True],
        "missing(`IL-6 [pg/mL]`)": [False, True, False],
        "on": [True, False, True],
        "site not in ['a']": [False, False, True],
        "site != 'a'": [False, False, True],
        "1 < `IL-6 [pg/mL]` <= 3": [True, False, True],
        "`IL-6 [pg/mL]` > -1 or site == 'a'": [True, False, True],
    }.items():
        assert rows_where(condition, table).tolist() == rows, condition


def test_spellings_of_an_arm_become_one_and_the_reference_stays():
    table = frame(arms=("placebo", "drug", "Placebo"))
    cohort = als.Cohort.from_frame(table, ROLES)
    assert {"arm-alike", "reference-by-alphabet"} <= {finding.rule for finding in cohort.findings}
    one = cohort.relabel(arm={"Placebo": "placebo"})
    assert one.arms == ("placebo", "drug")
    assert not one.findings
    same(one, als.Cohort.from_frame(table.replace({"arm": {"Placebo": "placebo"}}), ROLES))


def test_the_reference_is_given_or_follows_its_label():
    cohort = als.Cohort.from_frame(frame(arms=("A", "B")), ROLES)
    assert cohort.relabel(control="B").arms == ("B", "A")
    assert not cohort.relabel(control="B").findings
    assert cohort.relabel(arm={"B": "placebo"}).arms == ("placebo", "A")
    named = cohort.relabel(control="B")
    assert named.relabel(arm={"B": "x", "A": "placebo"}).arms == ("x", "placebo")
    with pytest.raises(als.DataError, match="control='C' is not an arm"):
        cohort.relabel(control="C")


def test_levels_of_text_categories_and_events_are_relabelled(cohort):
    again = cohort.relabel(onset={"spinal": "limb"}, event={"PEG": "gastrostomy"})
    assert set(again.subjects["onset"]) == {"bulbar", "limb"}
    assert "gastrostomy" in set(again.events["event"])
    sites = frame().assign(site=pd.Categorical(["Rome", "rome"] * 12, categories=["rome", "Rome"]))
    one = als.Cohort.from_frame(sites, ROLES).relabel(site={"Rome": "rome"})
    assert one.visits["site"].cat.categories.tolist() == ["rome"]
    assert not one.findings


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"arm": {"plcebo": "x"}}, "Did you mean 'placebo'"),
        ({"arm": "x"}, "takes old and new labels"),
        ({"age": {"50": "x"}}, "holds float64, not labels"),
        ({"onsett": {"a": "b"}}, "Did you mean 'onset'"),
        ({"subject": {"s0": "s1"}}, "no column 'subject'"),
    ],
)
def test_what_cannot_be_relabelled_is_refused(cohort, given, words):
    with pytest.raises(als.DataError, match=words):
        cohort.relabel(**given)


def test_a_trial_and_a_registry_are_put_together(cohort, tmp_path):
    registry = als.Cohort.from_frame(frame("r", arms=("natural history",)).drop(columns="il6"), ROLES)
    both = als.concat([cohort.where(arms="drug"), registry])
    assert both.arms == ("natural history", "drug")
    assert (both.n_subjects, both.n_visits) == (9, 36)
    assert both.visits.loc[both.visits["subject"] == "r0", "il6"].isna().all()
    assert set(both.visits["il6_censored"]) == {"none", "left"}
    assert_adds_up(both)
    assert both.flow()["rows"].iloc[0] == 48
    both.save(tmp_path / "both")
    assert als.read_cohort(tmp_path / "both") == both
    fit = als.fit_lmm("alsfrs_r ~ arm * week + (1 | subject)", both)
    assert fit.design.arms == ("natural history", "drug")


def test_concatenation_is_reading_the_tables_together():
    one, other = frame("a"), frame("b").assign(age=lambda table: table["age"] + table["week"] / 52)
    together = als.concat([als.Cohort.from_frame(table, ROLES) for table in (one, other)])
    same(together, als.Cohort.from_frame(pd.concat([other, one]), ROLES))


def test_one_subject_in_two_cohorts_is_refused_or_called_by_its_source(cohort):
    with pytest.raises(als.DataError, match=r"6 subjects are in more than one cohort, such as 's0', 's1', 's2'"):
        als.concat([cohort, cohort])
    both = als.concat([cohort, cohort], names=["trial", "registry"])
    assert both.n_subjects == 12
    assert both.subjects["subject"].tolist()[0] == "registry: s0"
    assert both.subjects["source"].value_counts().to_dict() == {"registry": 6, "trial": 6}
    assert len(both.events) == 2 * len(cohort.events)


def test_cohorts_that_do_not_agree_are_refused(cohort):
    il6 = als.Outcome("il6", unit="ng/L")
    other = als.Cohort.from_frame(frame("r"), ROLES, outcomes=[il6])
    with pytest.raises(als.DataError, match="outcome 'il6' is not the same in all cohorts"):
        als.concat([cohort, other])
    with pytest.raises(als.DataError, match="others have none"):
        als.concat([cohort, als.Cohort.from_frame(frame("r").drop(columns="arm"), als.Roles("id", "week"))])
    with pytest.raises(als.DataError, match="column 'age' is text in one cohort"):
        als.concat([cohort, als.Cohort.from_frame(frame("r").assign(age="old"), ROLES)])
    for wrong in ([cohort], cohort, [cohort, 3]):
        with pytest.raises(als.DataError, match="takes a list of two cohorts or more"):
            als.concat(wrong)
    with pytest.raises(als.DataError, match="a name of its own"):
        als.concat([cohort, cohort], names=["a", "a"])


def test_cohorts_compare_by_value(cohort):
    again = als.Cohort.from_frame(frame(), ROLES, events=events())
    assert again == cohort
    assert hash(again) == hash(cohort)
    assert copy.deepcopy(cohort) == cohort == pickle.loads(pickle.dumps(cohort))  # noqa: S301 - its own
    assert cohort != als.Cohort.from_frame(frame(), ROLES)
    changed = frame()
    changed.loc[5, "alsfrs_r"] += 1
    assert als.Cohort.from_frame(changed, ROLES, events=events()) != cohort
    assert cohort != "a cohort"
    assert len({cohort, again}) == 1


def test_the_summary_counts_events_by_arm(cohort):
    table = cohort.summary().events.set_index("event")
    assert table.columns.tolist() == ["events", "subjects", "in placebo", "in drug"]
    assert table.loc["death"].tolist() == [2, 2, 1, 1]
    assert table.loc["withdrawal"].tolist() == [1, 1, 0, 1]
    assert "in placebo" in str(cohort.summary())
    assert "reference 'placebo'" in repr(cohort)
