"""What is known of a value: itself, a limit, or an interval."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import alsmodels as als

SPEC = "log(il6) ~ week + (1 | subject)"


def table(**columns):
    base = {"subject": ["A"] * 4 + ["B"] * 4, "week": [0.0, 4, 8, 12] * 2, "il6": [2.0, 3, 2, 5, 2, 4, 6, 2]}
    return pd.DataFrame(base | columns)


def test_marks_say_on_which_side_of_the_value_the_truth_lies():
    marks = ["left", "none", "none", "right", "left", "none", "none", "none"]
    limits = als.build_design(SPEC, table(il6_censored=marks)).limits
    assert limits.lower[[0, 4]].tolist() == [-np.inf] * 2
    assert limits.upper[3] == np.inf
    assert_allclose(limits.upper[0], np.log(2))
    assert limits.is_censored.tolist() == [mark != "none" for mark in marks]
    assert limits.describe() == "of 8 values, censored: 2 on the left, 1 on the right"


def test_intervals_have_their_upper_end_beside_them():
    given = table(il6_censored=["interval"] + ["none"] * 7, il6_upper=[4.0] + [np.nan] * 7)
    limits = als.build_design(SPEC, given).limits
    assert_allclose([limits.lower[0], limits.upper[0]], np.log([2, 4]))
    with pytest.raises(als.DesignError, match="need a column 'il6_upper'"):
        als.build_design(SPEC, given.drop(columns="il6_upper"))
    with pytest.raises(als.DesignError, match="upper end below or at its lower one: subject A"):
        als.build_design(SPEC, given.assign(il6_upper=1.0))


def test_bounds_of_a_scale_are_limits():
    score = table().rename(columns={"il6": "alsfrs_r"}).assign(alsfrs_r=[48, 40, 30, 0, 48, 41, 39, 37])
    limits = als.build_design("alsfrs_r ~ week + (1 | subject)", score).limits
    assert np.isinf(limits.upper).tolist() == [True, False, False, False, True, False, False, False]
    assert np.isinf(limits.lower).tolist() == [False, False, False, True, False, False, False, False]


def test_strange_marks_get_a_sentence():
    with pytest.raises(als.DesignError, match="subject A has 'below'"):
        als.build_design(SPEC, table(il6_censored=["below"] + ["none"] * 7))
