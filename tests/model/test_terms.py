"""What a term says of its column is what stands in the column, whoever coded it and whatever levels are called."""

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.model.encoding import learn_encoding
from alsmodels.model.formula import read_formula
from alsmodels.model.terms import Factor, Term, factor_of
from alsmodels.model.timescale import phase_columns

ARMS = ("plain", "drug:10mg", "b[T.x]", "arm[T.drug:10mg]:week", "Wirkstoff (10 mg)", "実薬", "phase(week, 24)[1]")


@pytest.fixture
def table():
    rng, n = np.random.default_rng(5), 280
    return pd.DataFrame(
        {
            "subject": np.repeat(np.arange(28), 10),
            "y": rng.normal(size=n),
            "week": np.tile(np.linspace(0, 48, 10), 28),
            "arm": pd.Categorical(np.repeat(ARMS, 40), ARMS),
            "age": rng.normal(60, 8, n),
            "dose": np.tile([0, 10, 20, 40], n // 4),
            "weekly:dose": rng.normal(size=n),
        }
    )


def rebuilt(term, table, column):
    """The column, from what its term says of it; NaN where a factor is a function that a term does not know."""
    made = np.ones(len(table))
    for factor in term.factors:
        if factor.level is not None:
            made = made * (table[factor.variable].astype(str) == factor.level)
        elif factor.phase is not None:
            made = made * phase_columns(table["week"].to_numpy(), 24.0)[factor.phase - 1]
        elif factor.variable is not None:
            made = made * table[factor.variable] ** factor.power
        else:
            return column
    return made


@pytest.mark.parametrize(
    "side",
    [
        "1",
        "arm * week",
        "arm * phase(week, 24)",
        "0 + arm + arm:week",
        "phase(week, 24) + arm:phase(week, 24) + I(week^2) + I(age^3):arm",
        "C(dose) * arm + dose",
        "arm:C(dose) + arm:week + `weekly:dose` * week",
        "bs(week, df=4) * arm + poly(age, 2) + arm:week",
        "poly(age, 2):arm + 0 + arm + center(age):week + arm:phase(week, 24)",
        "bs(week, df=3):poly(age, 2) + week",
    ],
)
def test_a_term_says_what_stands_in_its_column(table, side):
    encoding, X, Z = learn_encoding(read_formula(f"y ~ {side} + (phase(week, 24) | subject)"), table)
    assert len(encoding.fixed_terms) == X.shape[1]
    for term, column in zip(encoding.fixed_terms, X.T, strict=True):
        np.testing.assert_allclose(rebuilt(term, table, column), column, err_msg=term.name)
    for term, column in zip(encoding.random_terms, Z.T, strict=True):
        np.testing.assert_allclose(rebuilt(term, table, column), column, err_msg=term.name)


def test_both_ways_of_coding_say_the_same(table):
    """A spline sends all of the terms to formulaic; those of our plan come back unchanged."""
    ours, _, _ = learn_encoding(read_formula("y ~ arm * phase(week, 24) + log(age) + (1 | subject)"), table)
    theirs, _, _ = learn_encoding(
        read_formula("y ~ arm * phase(week, 24) + log(age) + bs(age, df=4) + (1 | subject)"), table
    )
    assert set(ours.fixed_terms) < set(theirs.fixed_terms)
    splines = [term for term in theirs.fixed_terms if term not in ours.fixed_terms]
    assert [term.factors[0].part for term in splines] == [1, 2, 3, 4]
    assert all(term.others == term.factors for term in splines)


def test_columns_of_several_functions_are_numbered(table):
    encoding, _, _ = learn_encoding(read_formula("y ~ bs(week, df=4):arm + poly(age, 2):week + (1 | subject)"), table)
    parts = {(term.arm, term.factors[0].part or term.factors[1].part) for term in encoding.fixed_terms[1:]}
    assert {(arm, part) for arm in ARMS for part in (1, 2, 3, 4)} <= parts
    assert {(None, 1), (None, 2)} <= parts


def test_degrees_of_time():
    week, level = factor_of("week"), factor_of("C(week)", 2, levels=(0, 4, 8), reduced=True)
    assert Term("w", (week,)).time_degree == 1
    assert Term("w2", (factor_of("I(week ** 2)"), factor_of("age"))).time_degree == 2
    assert Term("w:p", (week, factor_of("phase(week, 24)", 1))).time_degree == 2
    assert Term("age", (factor_of("log(age)"),)).time_degree == 0
    assert Term("(Intercept)").time_degree == 0
    assert Term("log", (factor_of("log(week + 1)"),)).time_degree is None
    assert Term("C", (level,)).time_degree is None
    assert (level.level, level.reference, level.is_time, level.reads_time) == ("8", "0", False, True)
    assert not Term("w", (factor_of("weekly"),)).is_rate


def test_titles_read_well():
    arm = Factor("arm", ("arm",), "arm", level="drug:10mg", reference="control")
    assert Term("x", (arm, factor_of("phase(week, 24)", 1))).title == "arm drug:10mg × phase 2"
    assert Term("(Intercept)").title == "intercept"
    assert Term("x", (factor_of("log(age)"),)).title == "log(age)"
    assert Term("x", (factor_of("poly(age, 2)", 1),)).title == "poly(age, 2)[2]"


def test_an_arm_with_a_colon_keeps_its_preset_priors(table):
    frame = table.assign(alsfrs_r=40 - 0.1 * table["week"] + table["y"])
    design = als.build_design(als.two_phase("alsfrs_r", arm="arm"), frame)
    priors = als.alsfrs_r_priors(design)
    assert not any(prior.source == "default rule" for prior in priors.fixed.values())
    monthly = priors.table().set_index("term").loc[lambda rows: rows["parameter"] == "beta", "per_month"]
    for term in design.fixed_terms:
        assert bool(monthly[term.name]) == (term.time_degree == 1)


def test_a_covariate_named_after_the_week_is_no_rate(table):
    design = als.build_design("y ~ `weekly:dose` + I(week^2) + week + (week | subject)", table)
    rows = als.default_priors(design).table()
    assert rows.loc[rows["per_month"] != "", "term"].tolist() == ["week", "week"]


def test_arms_with_coefficients_of_their_own_have_priors_of_a_mean(table):
    """Without an intercept the coefficient of an arm is its baseline, and no difference from another's."""
    frame = table.assign(alsfrs_r=40 - 0.1 * table["week"] + table["y"])
    design = als.build_design("alsfrs_r ~ 0 + arm + arm:week + (week | subject)", frame)
    fixed = als.alsfrs_r_priors(design).fixed
    assert {(prior.mean, prior.sd) for name, prior in zip(fixed, fixed.values(), strict=True)} == {
        (38.0, 10.0),
        (-1.0 / (365.25 / 12 / 7), 1.0 / (365.25 / 12 / 7)),
    }
