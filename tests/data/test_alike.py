"""Names that look alike are told with the rows and the counts of each spelling."""

import pandas as pd
import pytest

import alsmodels as als
from alsmodels.data.alike_checks import cores

ROLES = als.Roles("id", "week", "arm", control="placebo")


def trial(**columns):
    base = {"id": ["a", "a", "b", "b", "c", "c"], "week": [0, 4] * 3, "arm": ["placebo"] * 2 + ["drug"] * 4}
    return pd.DataFrame(base | {"alsfrs_r": [40, 39, 41, 40, 38, 37.0]} | columns)


def found(cohort, rule):
    return [finding for finding in cohort.findings if finding.rule == rule]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Placebo", "placebo"),
        ("drug A", "drug  a"),
        ("t\u00e9moin", "te\u0301moin"),
        ("1001", "1001.0"),
        ("007", "7"),
        ("Site 01", "site 1"),
        ("10\u00a0mg", "10 mg"),
        ("10.0 mg", "10 mg"),
        ("\uff21", "A"),
    ],
)
def test_names_that_one_hand_wrote_in_two_ways_are_alike(one, other):
    assert cores(pd.Series([one, other], dtype="str")).nunique() == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("1.05", "1.5"), ("10", "1"), ("1001.5", "1001"), ("100", "1"), ("drug A", "drug B"), ("0", "00.5")],
)
def test_different_names_are_not(one, other):
    assert cores(pd.Series([one, other], dtype="str")).nunique() == 2


def test_an_arm_in_two_spellings_is_told_with_the_rarer_rows_and_how_to_mend_it():
    cohort = als.Cohort.from_frame(trial(arm=["placebo", "placebo", "drug", "drug", "Drug ", "Drug "]), ROLES)
    (finding,) = found(cohort, "arm-alike")
    assert finding.rows in {(3, 4), (5, 6)}
    assert "'drug' (2 rows)" in finding.message
    assert "'Drug' (2 rows)" in finding.message
    assert "cohort.relabel(arm={" in finding.remedy


def test_levels_are_told_by_column_in_visits_and_in_the_table_of_subjects():
    table = pd.DataFrame({"id": ["a", "b", "c"], "onset": ["bulbar", "Bulbar", "spinal"]})
    cohort = als.Cohort.from_frame(trial(site=["Rome"] * 4 + ["rome "] * 2), ROLES, subjects=table)
    site, onset = found(cohort, "level-alike")
    assert (site.column, site.rows) == ("site", (5, 6))
    assert "relabel(site={'rome ': 'Rome'})" in site.remedy
    assert onset.column == "onset"
    assert "of the table of subjects" in onset.message


def test_categories_are_looked_at_too_and_free_texts_are_not_levels():
    frame = trial(site=pd.Categorical(["Rome"] * 4 + ["rome"] * 2))
    assert found(als.Cohort.from_frame(frame, ROLES), "level-alike")
    unused = trial(site=pd.Categorical(["Rome"] * 6, categories=["Rome", "rome"]))
    assert not found(als.Cohort.from_frame(unused, ROLES), "level-alike")
    long = pd.concat([trial().assign(id=lambda f, n=n: f["id"] + str(n)) for n in range(400)], ignore_index=True)
    long["comment"] = [f"comment {n}" for n in range(len(long) - 1)] + ["Comment 1"]
    assert not found(als.Cohort.from_frame(long, ROLES), "level-alike")
