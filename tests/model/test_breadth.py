"""Models that the data make too broad are refused with a sentence, before they take time or memory."""

import time

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.model.breadth import MAX_COLUMNS, MAX_LEVELS, MAX_MOVES, check_breadth
from alsmodels.model.formula import read_formula


@pytest.fixture(scope="module")
def frame():
    """700 subjects of 4 visits; two measurements, and factors of 20, 60 and 700 levels."""
    rng = np.random.default_rng(0)
    subject, week = np.repeat(np.arange(700), 4), np.tile([0.0, 4.0, 8.0, 12.0], 700)
    table = pd.DataFrame({"subject": subject, "week": week, "y": rng.normal(size=2_800)})
    x = rng.permutation(2_800) / 100
    return table.assign(
        x=x, z=x[::-1], site=subject % 20, batch=np.char.add("b", (subject % 60).astype(str)), who=subject.astype(str)
    )


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        (
            "y ~ C(x) + (1 | subject)",
            r"^C\(x\) makes a factor of the 2,800 values of 'x', .* 500 levels; write x for a st",
        ),
        ("y ~ week + (C(x) | subject)", r"^C\(x\) makes a factor of the 2,800 values"),
        ("y ~ C(x) * C(z) + (1 | subject)", r"^C\(x\) makes a factor of the 2,800 values"),
        (
            "y ~ who + (1 | subject)",
            r"^'who' is no number but a factor of 700 levels, and a factor has at most 500; put",
        ),
        (
            "y ~ C(site) * batch + (1 | subject)",
            r"make up to 1,281 columns, 1,200 of them by 'C\(site\):batch'; a model",
        ),
        (
            "y ~ batch:bs(week, df=20) + (1 | subject)",
            r"up to 1,201 columns, 1,200 of them by 'batch:bs\(week, df=20\)'",
        ),
        ("y ~ week + (C(site):batch | subject)", r"^The terms 'C\(site\):batch' make up to 1,201 columns"),
        (
            "y ~ week + (bs(x, df=25) | subject)",
            r"^Each subject has 26 random effects, '\(Intercept\)' to .*, with 351 var",
        ),
        ("y ~ week + (0 + bs(x, df=45) + bs(z, df=46) || subject)", r"^Each subject has 91 random effects"),
    ],
)
def test_a_model_that_is_too_broad_is_refused_at_once(frame, formula, sentence):
    began = time.perf_counter()
    with pytest.raises(als.DesignError, match=sentence):
        als.build_design(formula, frame)
    assert time.perf_counter() - began < 20  # without limits it is minutes


def test_many_data_sets_have_the_same_limits(frame):
    with pytest.raises(als.DesignError, match=r"^C\(x\) makes a factor of the 2,800 values"):
        als.fit_many("y ~ C(x) + (1 | subject)", frame.assign(replicate=frame["subject"] % 2))


def test_the_limits_themselves_are_allowed(frame):
    few = frame.assign(level=frame["subject"] % MAX_LEVELS)
    design = als.build_design("y ~ C(level) + (1 | subject)", few)
    assert design.X.shape[1] == MAX_LEVELS
    with pytest.raises(als.DesignError, match="of the 501 values of 'level'"):
        als.build_design("y ~ C(level) + (1 | subject)", frame.assign(level=frame["subject"] % (MAX_LEVELS + 1)))
    broad = als.build_design("y ~ week + (bs(x, df=24) | subject)", frame)
    assert broad.template.n_theta * broad.template.n_effects == 325 * 25 < MAX_MOVES
    apart = als.build_design("y ~ week + (0 + bs(x, df=45) + bs(z, df=45) || subject)", frame)
    assert apart.template.n_theta == apart.template.n_effects == 90


@pytest.mark.parametrize(
    "formula",
    [
        "y ~ arm + week + (1 | subject)",
        "y ~ arm * phase(week, 24) + (1 | subject)",
        "y ~ 0 + arm:site + log(week) + (1 | subject)",
        "y ~ arm * C(dose) * poly(week, 2) + (1 | subject)",
        "y ~ C(dose) + arm:week + bs(x, df=6) + (1 | subject)",
        "y ~ bs(week, degree=2) + arm:x + poly(dose) + (1 | subject)",
    ],
)
def test_columns_are_counted_before_they_are_made_and_never_too_few(monkeypatch, formula):
    rng = np.random.default_rng(1)
    week = np.tile(np.arange(1.0, 31.0), 60)
    table = pd.DataFrame({"subject": np.repeat(np.arange(60), 30), "week": week, "y": rng.normal(size=1_800)})
    table = table.assign(arm=rng.choice(["a", "b", "c"], 1_800), site=rng.choice(list("pqrs"), 1_800))
    table = table.assign(dose=rng.integers(0, 4, 1_800).astype(float), x=rng.normal(size=1_800))
    found = als.build_design(formula, table).X.shape[1]
    levels = {"arm": ("a", "b", "c"), "site": tuple("pqrs"), "dose": (0, 1, 2, 3)}
    monkeypatch.setattr("alsmodels.model.breadth.MAX_COLUMNS", 2 * found)
    check_breadth(read_formula(formula), levels, ["arm", "site"])
    monkeypatch.setattr("alsmodels.model.breadth.MAX_COLUMNS", found - 1)
    with pytest.raises(als.DesignError, match="The terms"):
        check_breadth(read_formula(formula), levels, ["arm", "site"])
    assert found < MAX_COLUMNS
