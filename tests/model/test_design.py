"""Designs: which rows, which columns, and the same encoding on new data."""

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.testing import assert_allclose, assert_array_equal

import alsmodels as als


@pytest.fixture
def table():
    """Four subjects of two arms, rows in no order."""
    rng = np.random.default_rng(0)
    week = np.tile([0.0, 12.0, 24.0, 36.0, 48.0], 4)
    frame = pd.DataFrame(
        {
            "subject": np.repeat(["s3", "s1", "s4", "s2"], 5),
            "week": week,
            "arm": pd.Categorical(np.repeat(["b", "a", "b", "a"], 5), categories=["b", "a"]),
            "age": np.repeat([50.0, 60.0, 70.0, 80.0], 5),
            "y": 40 - 0.2 * week + rng.normal(size=20),
        }
    )
    return frame.sample(frac=1, random_state=1)


def test_rows_of_a_subject_are_adjacent_and_in_order(table):
    design = als.build_design("y ~ arm * phase(week, 24) + (week | subject)", table)
    assert design.n_obs == 20
    assert list(design.subjects) == ["s1", "s2", "s3", "s4"]
    assert_array_equal(design.starts, [0, 5, 10, 15, 20])
    assert_array_equal(design.rows["week"].to_numpy().reshape(4, 5), np.tile([0, 12, 24, 36, 48], (4, 1)))
    assert design.fixed_names == (
        "(Intercept)",
        "arm[T.a]",
        "phase(week, 24)[1]",
        "phase(week, 24)[2]",
        "arm[T.a]:phase(week, 24)[1]",
        "arm[T.a]:phase(week, 24)[2]",
    )
    assert_allclose(design.X[:5, 2], [0, 12, 24, 24, 24])
    assert_allclose(design.X[:5, 5], [0, 0, 0, 12, 24])
    assert_allclose(design.Z[:5], np.column_stack([np.ones(5), [0, 12, 24, 36, 48]]))
    assert design.arms == ("b", "a")


def test_the_table_is_not_touched(table):
    before = table.copy()
    als.build_design("y ~ arm + (1 | subject)", table)
    pd.testing.assert_frame_equal(table, before)


@pytest.mark.parametrize("arrange", [lambda t: t, lambda t: t.sort_values(["subject", "week"])])
def test_the_rows_of_a_design_are_its_own(table, arrange):
    table = arrange(table).assign(more=1.0)
    before = table.copy()
    design = als.build_design("y ~ arm + (1 | subject)", table)
    assert list(design.rows.columns) == ["subject", "week", "arm", "y"]
    assert_array_equal(design.rows.index, np.arange(20))
    design.rows.loc[:, "y"] = 0.0
    design.rows.loc[3, "arm"] = "b"
    pd.testing.assert_frame_equal(table, before)


def test_a_column_that_is_there_twice_is_refused_where_it_is_needed(table):
    twice = pd.concat([table, table[["age"]]], axis=1)
    assert als.build_design("y ~ week + (1 | subject)", twice).n_obs == 20
    with pytest.raises(als.DesignError, match="have the column 'age' more than once; keep one"):
        als.build_design("y ~ age + (1 | subject)", twice)
    with pytest.raises(als.DesignError, match="have the column 'subject' more than once"):
        als.build_design("y ~ week + (1 | subject)", pd.concat([table, table[["subject"]]], axis=1))
    with pytest.raises(als.DesignError, match="have the column 'arm' more than once"):
        als.build_design("y ~ week + (1 | subject)", pd.concat([table, table[["arm"]]], axis=1))
    with pytest.raises(als.DesignError, match="have the column 'week' more than once"):
        als.build_design("y ~ 1 + (1 | subject)", pd.concat([table, table[["week"]]], axis=1))


@pytest.mark.parametrize("kind", ["object", "str", "category", "Int64", "int64"])
def test_rows_left_out_in_any_order_are_those_of_a_sorted_complete_table(table, kind):
    numbers = kind in ("Int64", "int64")
    names = table["subject"].str[1:].astype("int64") if numbers else table["subject"]
    table = table.assign(subject=names.astype(kind))
    table.loc[(table["subject"] == (1 if numbers else "s1")) | (table["week"] == 24), "y"] = np.nan
    design = als.build_design("y ~ arm * week + (week | subject)", table)
    plain = table.dropna().sort_values(["subject", "week"]).reset_index(drop=True)
    pd.testing.assert_frame_equal(design.rows, plain[["subject", "week", "arm", "y"]])
    assert_array_equal(design.starts, [0, 4, 8, 12])
    assert list(design.subjects) == list(plain["subject"].unique())
    assert design.left_out.to_dict("records") == [{"reason": "y is missing", "rows": 8, "subjects": 1}]


def test_missing_values_are_counted_by_column(table):
    table.loc[table["subject"] == "s1", "age"] = np.nan
    table.loc[(table["subject"] == "s2") & (table["week"] == 12), "y"] = np.nan
    design = als.build_design("y ~ age + (1 | subject)", table)
    assert design.left_out.to_dict("records") == [
        {"reason": "y is missing", "rows": 1, "subjects": 0},
        {"reason": "age is missing", "rows": 5, "subjects": 1},
    ]
    assert design.n_obs + design.left_out["rows"].sum() == 20


@pytest.mark.parametrize(
    ("formula", "sizes"),
    [
        ("y ~ week + (week | subject)", (2,)),
        ("y ~ week + (week || subject)", (1, 1)),
        ("y ~ week + (1 | subject) + (0 + phase(week, 24) | subject)", (1, 2)),
    ],
)
def test_blocks_of_random_effects(table, formula, sizes):
    assert als.build_design(formula, table).template.sizes == sizes


def test_new_data_are_encoded_as_the_old(table):
    design = als.build_design("y ~ arm * phase(week, 24) + center(age) + (week | subject)", table)
    again = design.at(design.rows)
    assert_allclose(again.X, design.X)
    assert_allclose(again.Z, design.Z)
    one = design.at(pd.DataFrame({"arm": ["a"], "week": [30.0], "age": [65.0]}))
    assert_allclose(one.X, [[1, 1, 24, 6, 0, 24, 6]])


@pytest.mark.parametrize(
    ("new", "words"),
    [
        ({"arm": ["c"], "week": [1.0]}, "level 'c'.*knows 'b', 'a'"),
        ({"arm": ["a"]}, "no column 'week'"),
        ({"arm": ["a", None], "week": [1.0, 2.0]}, "missing value in row 2"),
        ({"arm": ["a"], "week": ["soon"]}, "'week' of the new data holds .*; the model knows it as numbers"),
        ({"arm": ["a"], "week": [1.0], "site": [9]}, "level '9'.*knows '1', '2', '10'"),
    ],
)
def test_new_data_are_checked(table, new, words):
    sites = table["subject"].map({"s1": 1, "s2": 2, "s3": 10, "s4": 10})
    formula = "y ~ week + C(site) + (week | subject)" if "site" in new else "y ~ arm * week + (week | subject)"
    design = als.build_design(formula, table.assign(site=sites))
    with pytest.raises(als.DesignError, match=words):
        design.at(pd.DataFrame(new))


@pytest.mark.parametrize(
    ("formula", "words"),
    [
        ("y ~ ago + (1 | subject)", "no column 'ago'; did you mean 'age'"),
        ("y ~ week + (phase(week, 48) | subject)", "knot, week 48, is at or after the last visit"),
        ("arm ~ week + (1 | subject)", "not numbers"),
        ("log(week) ~ arm + (1 | subject)", "not a finite number in 4 rows; the first is subject s1"),
        ("y ~ log(week) + (1 | subject)", "not a finite number in 4 rows; the first is subject s1"),
        ("y ~ bs(week, df=2) + (1 | subject)", "cannot be computed"),
        ("y ~ week + place + (1 | subject)", "'place' has one level alone in the rows of the model, 'here'"),
    ],
)
def test_refusals_name_the_columns(table, formula, words):
    with pytest.raises(als.DesignError, match=words):
        als.build_design(formula, table.assign(place="here"))


def test_levels_without_rows_are_dropped(table):
    three = table.assign(arm=table["arm"].cat.add_categories(["c"]))
    assert als.build_design("y ~ arm + (1 | subject)", three).fixed_names == ("(Intercept)", "arm[T.a]")
    with pytest.raises(als.DesignError, match="'arm' has one level alone"):
        als.build_design("y ~ arm + week + (1 | subject)", three[three["arm"] == "a"])


def test_truth_values_are_numbers(table):
    design = als.build_design("y ~ week + treated + (1 | subject)", table.assign(treated=table["arm"] == "a"))
    assert design.fixed_names[-1] == "treated"
    assert_allclose(design.at(pd.DataFrame({"week": [1.0], "treated": [True]})).X, [[1, 1, 1]])


def test_tables_of_other_libraries(table):
    ours = als.build_design("y ~ week + age + (week | subject)", table)
    for other in (pl.from_pandas(table), pa.Table.from_pandas(table, preserve_index=False)):
        assert_allclose(als.build_design("y ~ week + age + (week | subject)", other).X, ours.X)


def test_a_table_is_asked_for(table):
    with pytest.raises(als.DataError, match=r"table of pandas, polars \(collected\) or pyarrow, not list"):
        als.build_design("y ~ week + (1 | subject)", [1, 2])
    with pytest.raises(als.DesignError, match="No row"):
        als.build_design("y ~ week + (1 | subject)", table.assign(y=np.nan))
    with pytest.raises(als.DesignError, match="more rows than effects"):
        als.build_design("y ~ week + age + (1 | subject)", table[table["week"] == 0].assign(week=[1, 2, 3, 4]).head(3))


def test_a_shared_baseline_is_noted():
    cohort = als.load_example()
    shared = als.build_design(als.two_phase("alsfrs_r", arm="arm", baseline="shared"), cohort)
    separate = als.build_design(als.two_phase("alsfrs_r", arm="arm"), cohort)
    assert any("randomised arms alone" in note for note in shared.notes)
    assert not any("baseline" in note for note in separate.notes)


def test_an_outcome_on_the_log_scale_modelled_as_it_is_is_noted():
    cohort = als.load_example()
    assert any("log(il6) may be meant" in note for note in als.build_design("il6 ~ week + (1 | subject)", cohort).notes)
    assert not any("may be meant" in n for n in als.build_design("log(il6) ~ week + (1 | subject)", cohort).notes)


def test_days_taken_for_weeks_stay_with_the_results():
    frame = als.load_example().to_frame()[["subject", "week", "arm", "alsfrs_r"]]
    frame["week"] = (frame["week"] * 7).round()
    cohort = als.Cohort.from_frame(frame.astype({"arm": str}), als.Roles("subject", "week", arm="arm"))
    notes = als.build_design(als.two_phase("alsfrs_r", arm="arm"), cohort).notes
    assert any("looks like days, not weeks" in note and 'time_unit="day"' in note for note in notes)


def test_months_taken_for_weeks_stay_with_the_results():
    frame = als.load_example().to_frame()[["subject", "week", "arm", "alsfrs_r"]]
    frame["week"] = frame["week"] * 7 / (365.25 / 12)
    cohort = als.Cohort.from_frame(frame.astype({"arm": str}), als.Roles("subject", "week", arm="arm"))
    notes = als.build_design(als.linear_decline("alsfrs_r", arm="arm"), cohort).notes
    assert any("points a month if the times are weeks" in note and 'time_unit="month"' in note for note in notes)


def test_a_doubtful_scale_stays_with_the_results_of_its_outcome():
    frame = als.load_example().to_frame()[["subject", "week", "arm", "alsfrs_r", "fibrinogen"]]
    frame["alsfrs_r"] = frame["alsfrs_r"].clip(upper=40)
    cohort = als.Cohort.from_frame(
        frame.astype({"arm": str}), als.Roles("subject", "week", arm="arm"), outcomes=["fibrinogen"]
    )
    for outcome, said in (("alsfrs_r", True), ("fibrinogen", False)):
        notes = als.build_design(als.linear_decline(outcome, arm="arm"), cohort).notes
        assert any("call the column 'alsfrs'" in note for note in notes) == said


def test_the_name_outside_a_cohort_is_answered_with_the_name_inside(table):
    cohort = als.Cohort.from_frame(
        table.rename(columns={"arm": "treatment"}), als.Roles("subject", "week", arm="treatment")
    )
    with pytest.raises(als.DesignError, match="'treatment' is called 'arm'"):
        als.build_design(als.two_phase("y", arm="treatment"), cohort)


def test_a_marker_below_its_limit_is_noted():
    design = als.build_design(als.two_phase("log(il6)", arm="arm"), als.load_example())
    assert any("limit of quantification" in note for note in design.notes)
    assert any("died" in note and "ICH E9" in note for note in design.notes)


def test_columns_that_depend_on_others_are_left_out_by_name(table):
    copy = als.build_design("y ~ arm + age + I(age * 2) + (1 | subject)", table)
    assert copy.fixed_names == ("(Intercept)", "arm[T.a]", "age")
    assert "'I(age * 2)' is left out of the model: in these data it goes with 'age' alone" in copy.notes[0]
    late = als.build_design("y ~ phase(week, 48) + (1 | subject)", table)
    assert late.fixed_names == ("(Intercept)", "phase(week, 48)[1]")
    with pytest.raises(als.DesignError, match=r"knot, week 48, is at or after the last visit"):
        als.build_design("y ~ phase(week, 48) + (phase(week, 48) | subject)", table)
