"""The road by frame and formula: a column is looked up once, and nothing is shared with the table that was given."""

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.data.lookup import Lookup, frame_of

SLOPES = "y ~ arm * week + (week | subject)"
PHASES = "y ~ arm * phase(week, 24) + (phase(week, 24) | subject)"


@pytest.fixture
def frame():
    rng, m, weeks = np.random.default_rng(2), 64, np.arange(0.0, 53, 4)
    base, slope = rng.normal(37, 5, (m, 1)), rng.normal(-0.2, 0.15, (m, 1))
    scores = base + slope * weeks + rng.normal(0, 1.8, (m, len(weeks)))
    names = np.repeat([f"{number:04}" for number in range(m)], len(weeks))
    arms = np.repeat(["a", "b"] * (m // 2), len(weeks))
    table = pd.DataFrame({"subject": names, "week": np.tile(weeks, m), "arm": arms, "y": scores.ravel()})
    return table.assign(note="none", other=1.0)[lambda rows: (rows["week"] == 0) | (rng.random(len(rows)) > 0.1)]


@pytest.mark.parametrize("arms", ["texts", "numbers"])
@pytest.mark.parametrize("formula", [SLOPES, PHASES])
def test_each_column_is_looked_up_once_and_no_table_is_made(frame, formula, arms, monkeypatch):
    """Where time goes for 64 subjects: an answer takes less than three look-ups for every column would."""
    if arms == "numbers":
        frame = frame.assign(arm=(frame["arm"] == "b").astype(float), subject=frame["subject"].astype("int64"))
    als.fit_lmm(formula, frame)
    asked, made = [], []
    look_up, make = pd.DataFrame.__getitem__, pd.DataFrame.__init__
    monkeypatch.setattr(pd.DataFrame, "__getitem__", lambda self, key: asked.append(key) or look_up(self, key))
    monkeypatch.setattr(
        pd.DataFrame, "__init__", lambda self, *args, **kw: made.append(self) or make(self, *args, **kw)
    )
    fit = als.fit_lmm(formula, frame)
    monkeypatch.undo()
    assert sorted(asked) == ["arm", "subject", "week", "y"]
    assert not made
    assert fit.status.is_optimum


@pytest.mark.parametrize("formula", [SLOPES, PHASES])
def test_the_order_of_rows_and_columns_does_not_matter(frame, formula):
    here = als.fit_lmm(formula, frame)
    there = als.fit_lmm(formula, frame.sample(frac=1, random_state=1)[list(frame.columns[::-1])])
    for name in ("y", "X", "Z", "starts"):
        np.testing.assert_array_equal(getattr(here.design, name), getattr(there.design, name))
    pd.testing.assert_frame_equal(here.design.rows, there.design.rows)
    assert here.loglik == there.loglik


def test_what_is_written_to_the_table_later_is_not_in_the_design(frame):
    design = als.build_design(SLOPES, frame)
    kept = design.rows.copy(), design.y.copy(), design.X.copy()
    frame.loc[:, "y"] = 0.0
    frame.loc[frame.index[0], "arm"] = "b"
    frame["week"] += 100
    pd.testing.assert_frame_equal(design.rows, kept[0])
    np.testing.assert_array_equal(design.y, kept[1])
    np.testing.assert_array_equal(design.X, kept[2])


def test_what_is_written_to_the_rows_is_not_in_the_columns(frame):
    cells = Lookup.of(frame)
    rows = cells.frame
    rows.loc[0, ["y", "arm"]] = [0.0, "c"]
    assert cells["y"][0] == frame["y"].iloc[0]
    assert cells["arm"][0] == "a"
    assert frame_of(cells) is rows
    assert "note" in cells
    assert "unknown" not in cells
    assert len(cells) == len(frame)


@pytest.mark.parametrize(
    "kind", ["str", "object", "category", "int64", "float64", "Int64", "string", "datetime64[ns]", "bool"]
)
def test_a_table_comes_back_with_its_kinds(kind):
    values = pd.Series([1, 0, 1, 1], name="a")
    table = pd.DataFrame({"a": pd.to_datetime(values) if kind.startswith("date") else values.astype(kind)})
    pd.testing.assert_frame_equal(Lookup.of(table).frame, table)


def test_many_subjects_are_numbered_as_few(frame):
    """Above a few thousand rows runs of one subject are looked up once; the numbers are the same."""
    many = pd.concat([frame.assign(subject=f"{part}-" + frame["subject"]) for part in range(8)], ignore_index=True)
    mixed = many.sample(frac=1, random_state=3)
    design = als.build_design(SLOPES, mixed)
    expected = many.sort_values(["subject", "week"], kind="stable", ignore_index=True)
    pd.testing.assert_frame_equal(design.rows, expected[["subject", "week", "arm", "y"]])
    assert list(design.subjects) == sorted(many["subject"].unique())
