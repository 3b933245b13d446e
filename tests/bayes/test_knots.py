"""Columns as functions of the knot, against the designs of formulas with that knot."""

import graphs
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from alsmodels.bayes.knots import AFTER, BEFORE, FIXED, columns_at, split_phases
from alsmodels.errors import SpecError

FORMULAS = [
    graphs.FORMULA,
    "y ~ phase(week, 24) + arm:phase(week, 24) + (phase(week, 24) || subject)",
    "y ~ arm + phase(week, 24) + (week | subject)",
]


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("knot", [12.0, 24.0, 31.0])
def test_columns_are_those_of_a_formula_with_the_knot(formula, knot):
    split = split_phases(graphs.two_phase_design(formula, n_subjects=24))
    moved = graphs.two_phase_design(formula.replace("24", f"{knot:g}"), n_subjects=24)
    assert_allclose(columns_at(knot, split.x_other, split.x_kind, split.week), moved.X, atol=1e-12)
    assert_allclose(columns_at(knot, split.z_other, split.z_kind, split.week), moved.Z, atol=1e-12)


def test_kinds_of_columns():
    split = split_phases(graphs.two_phase_design())
    assert_array_equal(split.x_kind, [FIXED, FIXED, BEFORE, AFTER, BEFORE, AFTER])
    assert_array_equal(split.z_kind, [FIXED, BEFORE, AFTER])
    assert_array_equal(np.unique(split.x_other), [0.0, 1.0])


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("y ~ week + (1 | subject)", "has no knot"),
        ("y ~ week * phase(week, 24) + (1 | subject)", "its knot must be known"),
    ],
)
def test_models_without_a_movable_knot_are_refused(formula, sentence):
    design = graphs.two_phase_design(formula.replace("week * phase", "week:phase"))
    with pytest.raises(SpecError, match=sentence):
        split_phases(design)
