"""A formula that lacks backticks is told which column needs them; a knot behind the visits is told as a knot."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import alsmodels as als


@pytest.fixture(scope="module")
def frame():
    draw = np.random.default_rng(3)
    rows = pd.DataFrame([(f"p{n}", week) for n in range(12) for week in (0, 6, 12, 24)], columns=["subject", "week"])
    names = ("FVC-sitting", "NfL [pg/mL]", "age at onset")
    return rows.assign(**{name: draw.uniform(20, 40, len(rows)) for name in names}, y=draw.normal(30, 3, len(rows)))


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.from_pandas])
@pytest.mark.parametrize(
    ("formula", "name"),
    [
        ("FVC-sitting ~ week + (1 | subject)", "FVC-sitting"),
        ("log(NfL [pg/mL]) ~ week + (1 | subject)", "NfL [pg/mL]"),
        ("y ~ week + age at onset + (1 | subject)", "age at onset"),
        ("y ~ week + FVC-sitting + (1 | subject)", "FVC-sitting"),
    ],
)
def test_the_column_that_needs_backticks_is_named_and_they_are_the_remedy(frame, kind, formula, name):
    with pytest.raises(als.AlsModelsError, match="in backticks") as refusal:
        als.build_design(formula, kind(frame))
    assert f"Write the column {name!r} in backticks, `{name}`." in str(refusal.value)
    assert als.build_design(formula.replace(name, f"`{name}`"), kind(frame)).n_obs == len(frame)


@pytest.mark.parametrize("formula", ["FVC-base ~ week", "log(NfL [x]) ~ week"])
def test_backticks_are_told_without_data_too(formula):
    with pytest.raises(als.FormulaError, match="in backticks"):
        als.ModelSpec(formula)


def test_a_difference_of_columns_that_are_there_is_no_name(frame):
    both = frame.assign(FVC=1.0, sitting=2.0)
    formula = "y ~ week + FVC - sitting + (1 | subject)"
    assert (
        als.build_design(formula, both).fixed_names
        == als.build_design("y ~ week + FVC + (1|subject)", both).fixed_names
    )


@pytest.mark.parametrize("knot", [24, 31])
@pytest.mark.parametrize("parts", [False, True])
def test_a_knot_that_no_visit_comes_after_is_told_as_a_knot(frame, knot, parts, tmp_path):
    path = tmp_path / "visits.parquet"
    frame.to_parquet(path)
    expected = f"The knot, week {knot}, is at or after the last visit, week 24"
    with pytest.raises(als.DesignError, match=expected):
        (als.fit_parts if parts else als.fit_lmm)(als.two_phase("y", knot=knot), path if parts else frame)


def test_of_several_knots_the_late_one_is_told_in_the_formula_s_unit(frame):
    with pytest.raises(als.DesignError, match="The knot, month 9, is at or after the last visit, month 5"):
        als.build_design("y ~ phase(month, 2, 9) + (phase(month, 2, 9) | subject)", frame)
