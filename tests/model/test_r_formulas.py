"""What users of R write in formulas gives the columns that R gives, or that are written by hand."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.model.encoding import learn_encoding
from alsmodels.model.formula import read_formula


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(3)
    week = np.tile([0.0, 6, 13, 24, 31, 45], 12)
    frame = pd.DataFrame({"subject": np.repeat([f"s{i:02d}" for i in range(12)], 6), "week": week})
    frame["bl.age"] = np.repeat(rng.normal(60, 8, 12).round(1), 6)
    frame["site"] = np.repeat(np.tile([1, 2, 3], 4), 6)
    frame["y"] = 40 - 0.2 * week + np.repeat(rng.normal(0, 3, 12), 6) + rng.normal(0, 1, 72)
    return frame


RIGHT = [
    ("bl.age", lambda t: [t["bl.age"]]),
    ("log(bl.age)", lambda t: [np.log(t["bl.age"])]),
    ("I(week > 24)", lambda t: [t["week"] > 24]),
    ("I((week - 24) * (week >= 24))", lambda t: [np.maximum(t["week"] - 24, 0)]),
    ("abs(week) + sin(week) + cos(week)", lambda t: [abs(t["week"]), np.sin(t["week"]), np.cos(t["week"])]),
    ("factor(site)", lambda t: [t["site"] == 2, t["site"] == 3]),
    ("poly(week, 3, raw=TRUE)", lambda t: [t["week"], t["week"] ** 2, t["week"] ** 3]),
    ("phase(week, 6, 24)", lambda t: [np.minimum(t["week"], 6), (t["week"] - 6).clip(0, 18), (t["week"] - 24).clip(0)]),
]


@pytest.mark.parametrize(("side", "columns"), RIGHT, ids=[side for side, _ in RIGHT])
@pytest.mark.parametrize("beside", ["", " + bs(week, df=3)"], ids=["ours", "formulaic"])
def test_columns_are_those_written_by_hand(table, side, columns, beside):
    design = als.build_design(f"y ~ {side} + (1 | subject)", table)
    expected = np.column_stack([np.ones(len(table)), *columns(table)]).astype(float)
    assert_allclose(design.X, expected, rtol=1e-12)
    assert_allclose(design.at(table.head(9)).X, expected[:9], rtol=1e-12)
    if beside:
        _, X, _ = learn_encoding(read_formula(f"y ~ {side}{beside} + (1 | subject)"), table)
        assert_allclose(X[:, : expected.shape[1]], expected, rtol=1e-12)


def test_an_offset_is_taken_off_the_response(table):
    moved = table.assign(x=table["week"] * 0.1 + 3)
    fit = als.fit_lmm("y ~ week + offset(x) + (1 | subject)", moved)
    same = als.fit_lmm("z ~ week + (1 | subject)", moved.assign(z=moved["y"] - moved["x"]))
    assert_allclose(fit.beta, same.beta, rtol=1e-9)
    assert any("y - x" in str(note) for note in fit.notes)
    many = als.fit_many("y ~ week + offset(x) + (1 | subject)", [moved, moved], estimands=[als.slope()])
    assert_allclose(many["estimate"].to_numpy()[0, 0], als.estimate(same, als.slope())["estimate"][0], rtol=1e-8)
    with pytest.raises(als.DesignError, match=r"offset\(log\(week\)\) is not a finite number in 12 rows"):
        als.fit_lmm("y ~ week + offset(log(week)) + (1 | subject)", moved)


def test_the_subject_in_any_case(table):
    one = als.fit_lmm("y ~ week + (week | Subject)", table)
    assert one.spec == als.ModelSpec("y ~ week + (week | subject)")


def test_natural_splines_are_those_of_r():
    """Against splines::ns of R 4.2.2: ``ns(c(0, 4, 8, 13, 24, 31.5, 45, 52), df = 3)``,"""
    week = [0, 4, 8, 13, 24, 31.5, 45, 52]
    _, X, _ = learn_encoding(
        read_formula("y ~ ns(week, df=3) + (1 | subject)"), pd.DataFrame({"week": week, "subject": "a", "y": 0.0})
    )
    assert_allclose(X[:, 1:], NATURAL, atol=1e-14)


NATURAL = [
    [0, 0, 0],
    [-0.0784383719021835, 0.235281665694060, -0.152452916036457],
    [-0.1156706947990592, 0.428341572479901, -0.277547855637487],
    [-0.0492307594032918, 0.552692182966232, -0.357429328288286],
    [0.3561569397880782, 0.468397249664350, -0.248431981962426],
    [0.5092511707058509, 0.359300959368994, -0.038708392419142],
    [0.1815109627569069, 0.362887095370000, 0.448827391534694],
    [-0.1477590800256298, 0.419721444710484, 0.728037635315145],
]


def test_outside_the_data_a_natural_spline_is_a_straight_line(table):
    design = als.build_design("y ~ ns(week, df=3) + (1 | subject)", table)
    X = design.at(pd.DataFrame({"week": [45.0, 50.0, 55.0, 60.0]})).X
    assert_allclose(np.diff(X, n=2, axis=0), 0, atol=1e-12)


def test_histories_are_less_the_offset_too(table):
    moved = table.assign(x=3.0)
    fit = als.fit_lmm("y ~ week + offset(x) + (1 | subject)", moved)
    same = als.fit_lmm("z ~ week + (1 | subject)", moved.assign(z=moved["y"] - 3))
    past = pd.DataFrame({"subject": "new", "week": [0.0, 8], "y": [41.0, 39], "z": [38.0, 36], "x": 3.0})
    ahead = pd.DataFrame({"subject": ["new"], "week": [20.0], "x": [3.0]})
    found = [als.predict(one, ahead, history=past.drop(columns=drop)) for one, drop in ((fit, "z"), (same, "y"))]
    assert_allclose(found[0]["estimate"], found[1]["estimate"], rtol=1e-9)
