"""Plans make the matrices that formulaic makes, column by column and name by name."""

import formulaic
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

from alsmodels.model.expressions import evaluate, is_plain, read_expression
from alsmodels.model.formula import read_formula
from alsmodels.model.plan import FORMULAIC_TRANSFORMS, Columns, make_plan

SIDES = [
    "1",
    "week",
    "arm",
    "0 + arm",
    "0 + week",
    "arm * week",
    "arm:week",
    "0 + arm:week",
    "week + arm:week",
    "arm * phase(week, 24)",
    "phase(week, 24) + arm:phase(week, 24)",
    "arm * site",
    "arm:site",
    "0 + arm:site",
    "arm + arm:site",
    "site/arm",
    "arm * site * week",
    "0 + arm * site * phase(week, 12.5)",
    "log(age):arm + site",
    "arm * (week + I(week^2))",
    "I(week * age - 2) + sqrt(age) + log2(age) + log1p(week) + exp(-week) + log10(age)",
    "I((week - 24) / 4 + age^2)",
    "`vital capacity` * arm",
    "I(`vital capacity` / 100):site",
    "site + week - 1",
    "(arm + site + week)^2",
]


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(0)
    n = 60
    return pd.DataFrame(
        {
            "week": rng.uniform(0, 52, n),
            "age": rng.uniform(30, 80, n),
            "vital capacity": rng.uniform(40, 110, n),
            "arm": pd.Categorical(rng.choice(["control", "active"], n), categories=["control", "active"]),
            "site": pd.Categorical(rng.choice(["x:1", "y", "z"], n), categories=["z", "x:1", "y"]),
        }
    )


@pytest.mark.parametrize("side", SIDES)
def test_a_plan_is_what_formulaic_does(table, side):
    terms = read_formula(f"y ~ {side} + (1 | subject)").fixed
    used = [name for name in ("arm", "site") if any(name in product for product in terms.products)]
    plan = make_plan(terms, tuple((name, tuple(table[name].cat.categories)) for name in used))
    assert plan is not None
    codes = {name: table[name].cat.codes.to_numpy().astype(np.int64) for name in used}
    made = plan.matrix(Columns(len(table), lambda name: table[name].to_numpy(dtype=float), codes))
    expected = formulaic.Formula(str(terms)).get_model_matrix(table, context=dict(FORMULAIC_TRANSFORMS), output="numpy")
    names = ["(Intercept)" if name == "Intercept" else name for name in expected.model_spec.column_names]
    assert [term.name for term in plan.terms] == names
    assert list(plan.reads) == sorted(expected.model_spec.required_variables)
    assert_allclose(made, np.asarray(expected, dtype=float), rtol=1e-14)


@pytest.mark.parametrize("side", ["poly(week, 2)", "bs(week, df=4)", "center(week)", "I(scale(week) * 2)", "C(age)"])
def test_what_looks_at_the_whole_column_is_left_to_formulaic(side):
    terms = read_formula(f"y ~ {side} + (1 | subject)").fixed
    assert make_plan(terms, ()) is None


def test_expressions_are_computed_from_their_trees():
    columns = {"week": np.array([1.0, 30.0]), "age": np.array([50.0, 60.0])}
    (value,) = evaluate(read_expression("I(((week ** 2) - age) / 2)"), columns.__getitem__)
    assert_allclose(value, (columns["week"] ** 2 - columns["age"]) / 2)
    before, after = evaluate(read_expression("phase(week, 24)"), columns.__getitem__)
    assert before.tolist() == [1, 24]
    assert after.tolist() == [0, 6]
    assert not is_plain(read_expression("poly(week, 2)"))
