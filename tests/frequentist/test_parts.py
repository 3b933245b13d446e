"""Fits of data in parts: the fit of the whole table in memory is the other road to every number."""

import re
import tracemalloc
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.data.examples import load_example
from alsmodels.model import reading, survey
from alsmodels.model.notes import NoteKind

dask = pytest.importorskip("dask")
frames = pytest.importorskip("dask.dataframe")

# What Dask has to hear from pandas is not ours.
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:dask")

MODEL = "alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)"


@pytest.fixture(scope="module")
def table():
    """Subjects with text names, rows of a subject together, some values missing, and a covariate in three levels."""
    frame = load_example().to_frame()[["subject", "week", "arm", "alsfrs_r"]].reset_index(drop=True)
    rng = np.random.default_rng(2)
    codes = pd.factorize(frame["subject"])[0]
    frame["arm"] = frame["arm"].astype(str)
    frame["site"] = np.array(["a", "b", "c"])[np.minimum(codes // 24, 2)]  # in order of the rows: c comes last
    frame["age"] = 40.0 + (7 * codes) % 31
    frame["dose"] = rng.uniform(0.0, 2.0, len(frame)).round(2)
    frame["w"] = rng.integers(1, 5, len(frame)).astype(float)
    frame.loc[[5, 100, 101, 400], "alsfrs_r"] = np.nan
    frame.loc[frame["subject"] == frame["subject"].iloc[300], "age"] = np.nan
    return frame


def divide(frame, edges):
    """A dask DataFrame whose parts begin at the given rows."""
    cut = [frame.iloc[first:last] for first, last in zip([0, *edges], [*edges, len(frame)], strict=True)]
    return frames.from_delayed([dask.delayed(part, pure=False) for part in cut], meta=frame.iloc[:0], verify_meta=False)


def assert_same_fit(parts, whole, rtol=1e-9):
    assert parts.status.kind is whole.status.kind
    assert (parts.design.n_obs, parts.design.n_subjects) == (whole.design.n_obs, whole.design.n_subjects)
    for name in ("beta", "beta_cov", "sigma", "theta", "loglik", "covariance"):
        there = np.asarray(getattr(whole, name))
        assert_allclose(np.asarray(getattr(parts, name)), there, rtol=rtol, atol=1e-3 * rtol * np.abs(there).max())
    pd.testing.assert_frame_equal(parts.coefficients, whole.coefficients, check_exact=False, rtol=rtol)
    assert parts.coefficients["term"].tolist() == whole.coefficients["term"].tolist()
    there = whole.random_effects()
    found = parts.random_effects()
    assert found.index.tolist() == there.index.tolist()
    assert_allclose(found, there, rtol=1e-7, atol=1e-9)
    kinds = {"rows": "int64", "subjects": "int64"}
    pd.testing.assert_frame_equal(
        parts.design.left_out.astype(kinds), whole.design.left_out.astype(kinds), check_dtype=False
    )


EDGES = {
    "one part": [],
    "inside subjects": [5, 100, 103, 351, 600],
    "a subject over four parts": [102, 104, 106],
    "empty parts": [50, 50, 50, 672],
    "a row each at the ends": [1, 671],
    "many": list(range(4, 672, 4)),
}


@pytest.mark.parametrize("edges", EDGES.values(), ids=EDGES.keys())
def test_parts_give_the_fit_of_the_whole(table, edges):
    assert_same_fit(als.fit_parts(MODEL, divide(table, edges)), als.fit_lmm(MODEL, table))


@pytest.mark.parametrize(
    "model",
    [
        "alsfrs_r ~ site + age + week + (week | subject)",
        "alsfrs_r ~ arm * week + (week || subject)",
        "log(alsfrs_r + 1) ~ site:week + week + (1 | subject)",
        "alsfrs_r ~ C(w) + dose + week + (1 | subject)",
    ],
)
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_other_models(table, model, method):
    parts = als.fit_parts(model, divide(table, [97, 300, 301, 515]), method=method)
    assert_same_fit(parts, als.fit_lmm(model, table, method=method))


def test_truth_values_may_all_be_alike_in_a_part(table):
    frame = table.assign(late=table["site"] == "c")
    model = "alsfrs_r ~ late + week + (week | subject)"
    assert_same_fit(als.fit_parts(model, divide(frame, [200, 400])), als.fit_lmm(model, frame))


def test_data_without_time_or_with_weeks_as_words(table):
    asked = "alsfrs_r ~ site + age + (1 | subject)"
    for frame in (table.drop(columns="week"), table.assign(week=table["week"].astype(str))):
        parts = als.fit_parts(asked, divide(frame, [100, 100, 300]))
        assert np.isnan(parts.design.last_week)
        assert_allclose(parts.beta, als.fit_lmm(asked, frame).beta, rtol=1e-9)


def test_weights(table):
    frame = table.assign(w=table["w"].mask(table.index.isin([7, 8, 610])))
    parts = als.fit_parts(MODEL, divide(frame, [97, 300, 515]), weights="w")
    assert_same_fit(parts, als.fit_lmm(MODEL, frame, weights="w"))
    assert "weights of rows from 1 to 4" in str(parts)


def test_rows_in_any_order_within_a_part(table):
    half = table["subject"].searchsorted(table["subject"].iloc[330])
    mixed = pd.concat([table.iloc[:half].sample(frac=1, random_state=1), table.iloc[half:].sample(frac=1)])
    assert_same_fit(als.fit_parts(MODEL, divide(mixed, [half])), als.fit_lmm(MODEL, table))


def test_stretches_within_a_part(table, monkeypatch):
    monkeypatch.setattr(reading, "ROWS", 60)
    assert_same_fit(als.fit_parts(MODEL, divide(table, [300])), als.fit_lmm(MODEL, table))


@pytest.mark.parametrize("rows", [40, 300, 5000])
def test_parquet_by_its_path(table, tmp_path, rows, monkeypatch):
    monkeypatch.setattr("alsmodels.data.parts.BLOCK", 1)
    path = tmp_path / "registry.parquet"
    table.to_parquet(path, index=False, row_group_size=rows)
    parts = als.fit_parts(MODEL, path)
    assert parts.design.n_parts == -(-len(table) // rows)
    assert_same_fit(parts, als.fit_lmm(MODEL, table))
    assert_allclose(als.fit_parts(MODEL, str(tmp_path)).beta, parts.beta, rtol=0)


def test_arms_keep_the_order_of_their_categories(table, tmp_path, monkeypatch):
    monkeypatch.setattr("alsmodels.data.parts.BLOCK", 1)
    frame = table.assign(arm=pd.Categorical(table["arm"], ["control", "anakinra", "unseen"][::-1]))
    frame.to_parquet(tmp_path / "r.parquet", index=False, row_group_size=100)
    parts, whole = als.fit_parts(MODEL, tmp_path / "r.parquet"), als.fit_lmm(MODEL, frame)
    assert parts.design.arms == whole.design.arms == ("anakinra", "control")
    assert_same_fit(parts, whole)


def test_subject_as_the_index_of_dask(table):
    frame = divide(table.sample(frac=1, random_state=3), [200, 500]).set_index("subject")
    assert "subject" not in frame.columns
    assert_same_fit(als.fit_parts(MODEL, frame), als.fit_lmm(MODEL, table))


def test_the_way_out_of_scattered_rows(table, tmp_path):
    """What the refusal says to do."""
    scattered = divide(table.sample(frac=1, random_state=3), list(range(60, 660, 60)))
    with pytest.raises(als.DesignError, match=r"set_index\('subject'\).to_parquet\(folder\)"):
        als.fit_parts(MODEL, scattered)
    scattered.set_index("subject").to_parquet(tmp_path / "sorted")
    assert_same_fit(als.fit_parts(MODEL, tmp_path / "sorted"), als.fit_lmm(MODEL, table))


def test_subjects_as_categories_or_numbers(table):
    numbered = table.assign(subject=pd.factorize(table["subject"])[0])
    assert_same_fit(als.fit_parts(MODEL, divide(numbered, [97, 305])), als.fit_lmm(MODEL, numbered))
    kept = [part.assign(subject=part["subject"].astype("category")) for part in (table[:97], table[97:])]
    frame = frames.from_delayed([dask.delayed(part) for part in kept], meta=kept[0].iloc[:0], verify_meta=False)
    assert_same_fit(als.fit_parts(MODEL, frame), als.fit_lmm(MODEL, table))


@pytest.mark.parametrize("model", ["alsfrs_r ~ site + age + arm * week + (week | subject)", MODEL])
def test_questions_and_trajectories(table, model):
    parts, whole = als.fit_parts(model, divide(table, [97, 305])), als.fit_lmm(model, table)
    asked = als.estimands_for(model, parts.design)
    assert [one.label for one in asked] == [one.label for one in als.estimands_for(model, whole.design)]
    asked.append(als.difference("anakinra", "control", week=400))
    here, there = als.estimate(parts, asked), als.estimate(whole, asked)
    pd.testing.assert_frame_equal(pd.DataFrame(here), pd.DataFrame(there), check_exact=False, rtol=1e-8)
    assert here.attrs["notes"] == there.attrs["notes"]
    pd.testing.assert_frame_equal(als.mean_trajectories(parts), als.mean_trajectories(whole), rtol=1e-8)
    compared = als.compare({"whole": whole, "parts": parts}, asked)
    assert set(compared["verdict"]) == {"first", "agrees"}


def test_covariates_that_change(table, monkeypatch):
    monkeypatch.setattr("alsmodels.model.trajectory.ROWS", 50)
    model, asked = "alsfrs_r ~ dose + age + dose:week + week + (1 | subject)", als.slope()
    parts, whole = als.fit_parts(model, divide(table, [97, 305])), als.fit_lmm(model, table)
    assert_allclose(als.estimate(parts, asked)["estimate"], als.estimate(whole, asked)["estimate"], rtol=1e-9)
    changing = table.assign(site=np.where(table["dose"] > 0.3, "c", "a"))
    model = "alsfrs_r ~ site + week + (1 | subject)"
    for fit in (als.fit_parts(model, divide(changing, [97])), als.fit_lmm(model, changing)):
        with pytest.raises(als.EstimandError, match="'site' changes within subjects"):
            als.estimate(fit, asked)


def test_what_it_says_of_itself(table):
    fit, whole = als.fit_parts(MODEL, divide(table, [300])), als.fit_lmm(MODEL, table)
    assert str(fit) == str(whole).replace("subjects;", "subjects in 2 parts;")
    assert "4 rows left out" in str(fit)
    pd.testing.assert_frame_equal(fit.glance(), whole.glance(), rtol=1e-9)
    pd.testing.assert_frame_equal(fit.tidy(), whole.tidy(), rtol=1e-8)
    assert repr(fit.design).startswith("Registry(alsfrs_r ~ arm")
    assert_allclose(fit.design.at(table[:3]).X, whole.design.at(table[:3]).X)


@pytest.mark.parametrize(
    "ask",
    [
        lambda fit: fit.resid,
        lambda fit: fit.fittedvalues,
        lambda fit: fit.augment(),
        lambda fit: fit.design.y,
        lambda fit: fit.design.X,
        lambda fit: fit.design.Z,
        lambda fit: fit.design.rows,
        als.plot_trajectories,
        lambda fit: als.write_report(fit, [], "nowhere"),
    ],
)
def test_what_needs_rows_is_refused(table, ask):
    fit = als.fit_parts(MODEL, divide(table, [300]))
    with pytest.raises(als.SpecError, match=r"not kept of data that were read in parts\. Take some subjects"):
        ask(fit)


def without_second_phase(table):
    arm = table["arm"].iloc[-1]
    return table[(table["arm"] != arm) | (table["week"] <= 24)]


@pytest.mark.parametrize(
    ("model", "change", "weights"),
    [
        ("alsfrs_r ~ arm * phase(week, 24) + (week | subject)", without_second_phase, None),
        ("alsfrs_r ~ arm * phase(week, 24) + (week | subject)", without_second_phase, "w"),
        ("alsfrs_r ~ age + C(age) + week + (1 | subject)", lambda table: table, None),
        ("alsfrs_r ~ week + I(2 * week) + zero + (week | subject)", lambda table: table.assign(zero=0.0), None),
    ],
)
def test_columns_that_the_data_cannot_tell_are_left_out_as_of_the_whole_table(table, model, change, weights):
    frame = change(table)
    whole = als.fit_lmm(model, frame, weights=weights)
    assert whole.design.encoding.omission is not None
    for edges in ([300], [100, 290, 400], [len(frame) - 2]):
        parts = als.fit_parts(model, divide(frame, edges), weights=weights)
        assert_same_fit(parts, whole, rtol=1e-8)
        omitted = [note for note in whole.notes if note.kind is NoteKind.OMITTED]
        assert omitted == [note for note in parts.notes if note.kind is NoteKind.OMITTED]


def test_questions_that_need_a_column_that_is_left_out_are_refused(table):
    frame = without_second_phase(table)
    fit = als.fit_parts("alsfrs_r ~ arm * phase(week, 24) + (week | subject)", divide(frame, [300]))
    one, other = fit.design.arms
    told = als.estimate(fit, als.slope_difference(other, one, phase=1))
    assert np.isfinite(told["estimate"]).all()
    with pytest.raises(als.EstimandError, match="is not answered by these data"):
        als.estimate(fit, als.slope_difference(other, one, phase=2))


def change_rows(table, name, rows, value):
    frame = table.astype({name: object}) if isinstance(value, str) else table.copy()
    frame.loc[rows, name] = value
    return frame


@pytest.mark.parametrize(
    ("model", "change", "sentence"),
    [
        ("alsfrs ~ week + (1 | subject)", lambda t: t, "The data have no column 'alsfrs'; did you mean 'alsfrs_r'"),
        (MODEL, lambda t: t.drop(columns="subject"), "no column 'subject'"),
        (MODEL, lambda t: t.assign(alsfrs_r="x"), "In part 1 of the data: The response column 'alsfrs_r' holds"),
        (
            MODEL,
            lambda t: change_rows(t, "subject", 402, None),
            "In part 3 of the data: Column 'subject' is missing in row 3",
        ),
        (MODEL, lambda t: change_rows(t, "alsfrs_r", 450, np.inf), "In part 3 of the data: alsfrs_r is not a finite"),
        (
            MODEL,
            lambda t: change_rows(t, "alsfrs_r", 401, np.inf),
            "Among the subjects with rows in several parts of the data: alsfrs_r is not a finite number in 1 rows",
        ),
        (
            "alsfrs_r ~ log(dose) + week + (1 | subject)",
            lambda t: change_rows(t, "dose", 299, 0.0),
            r"In part 2 of the data: 'log\(dose\)' is not a finite number in 1 rows; the first is subject",
        ),
        (MODEL, lambda t: t.assign(alsfrs_r=np.nan), "No row of the data has a value in every column"),
        (MODEL, lambda t: t.assign(arm="one"), "'arm' has one level alone"),
        (
            "alsfrs_r ~ week + (week | subject)",
            lambda t: t.assign(week=3.0),
            "columns of the random effects are not independent: 'week' is a combination of '\\(Intercept\\)'",
        ),
        ("alsfrs_r ~ arm + (1 | subject)", lambda t: t.assign(alsfrs_r=40.0), "The fixed effects explain 'alsfrs_r'"),
        ("alsfrs_r ~ poly(week, 2) + (1 | subject)", lambda t: t, r"'poly\(week, 2\)' looks at a column as a whole"),
        (
            "alsfrs_r ~ week + (week | subject)",
            lambda t: t[t["week"] == 0],
            "columns of the random effects are not independent",
        ),
    ],
)
def test_refusals(table, model, change, sentence):
    frame = change(table)
    with pytest.raises(als.DesignError, match=sentence):
        als.fit_parts(model, divide(frame, [290, 400] if len(frame) > 400 else [20]))


def test_a_column_of_two_kinds_is_refused(table):
    model = "alsfrs_r ~ age + week + (1 | subject)"
    for name, first, second in (("age", 1.0, "old"), ("subject", "one", 1)):
        cut = [dask.delayed(table[:300].assign(**{name: first})), dask.delayed(table[300:].assign(**{name: second}))]
        frame = frames.from_delayed(cut, meta=table.iloc[:0], verify_meta=False)
        kinds = ("numbers", "words")[:: 1 if name == "age" else -1]
        sentence = f"Column '{name}' holds {kinds[0]} in part 1 of the data and {kinds[1]} in part 2; give it one type"
        with pytest.raises(als.DesignError, match=re.escape(sentence)):
            als.fit_parts(model, frame)


def test_weights_that_are_none_are_refused(table):
    frame = change_rows(table, "w", 500, 0.0)
    with pytest.raises(als.DesignError, match="In part 2 of the data: A weight is a positive number"):
        als.fit_parts(MODEL, divide(frame, [300]), weights="w")
    with pytest.raises(als.DesignError, match="no column 'v'"):
        als.fit_parts(MODEL, divide(frame, [300]), weights="v")


def test_a_subject_in_distant_parts_is_refused_by_name(table):
    mixed = pd.concat([table.iloc[:5], table.iloc[200:], table.iloc[5:200]])
    name = table["subject"].iloc[4]
    sentence = f"Subject '{name}' has rows in parts 1 and 3 of the data, which are not next to each other"
    with pytest.raises(als.DesignError, match=re.escape(sentence)) as refusal:
        als.fit_parts(MODEL, divide(mixed, [5, 300]))
    assert "The same is true of" not in str(refusal.value)


def test_so_many_divided_subjects_that_memory_would_not_hold_them_are_refused(table, monkeypatch):
    monkeypatch.setattr(survey, "MOST_HELD", 100)
    by_week = table.sort_values("week")
    with pytest.raises(als.DesignError, match=r"has rows in parts 1 and 2 of the data, and 6\d\d rows are of subjects"):
        als.fit_parts(MODEL, divide(by_week, [300]))


def test_a_fit_without_an_answer(table):
    frame = table.assign(alsfrs_r=table.groupby("subject")["week"].transform("size").astype(float))
    model = "alsfrs_r ~ week + (1 | subject)"
    with pytest.raises(als.IdentificationError, match="residual variance goes to zero"):
        als.fit_parts(model, divide(frame, [300]))
    assert als.fit_parts(model, divide(frame, [300]), on_failure="return").status.kind.value == "not identified"


def test_a_bar_over_both_readings(table, monkeypatch, capsys):
    steps = []

    @contextmanager
    def bar(words, *, total, shown):
        steps.append((total, shown))
        yield lambda: steps.append("step")

    monkeypatch.setattr("alsmodels.frequentist.parts.progress_bar", bar)
    als.fit_parts(MODEL, divide(table, [100, 300]), progress=True)
    assert steps == [(6, True), *["step"] * 6]
    monkeypatch.undo()
    als.fit_parts(MODEL, divide(table, [100, 300]))
    assert capsys.readouterr().err == ""


def test_a_table_of_dask_is_sent_here_by_fit_lmm(table):
    with pytest.raises(als.DataError, match="fit_parts"):
        als.fit_lmm(MODEL, divide(table, [300]))


def test_words_about_method_and_workers(table):
    with pytest.raises(als.SpecError, match="method is 'REML' or 'ML'"):
        als.fit_parts(MODEL, divide(table, []), method="reml")
    with pytest.raises(als.SpecError, match="1 or more"):
        als.fit_parts(MODEL, divide(table, []), scheduler="threads", workers=0)
    with pytest.raises(als.SpecError, match="add scheduler='threads'"):
        als.fit_parts(MODEL, divide(table, []), workers=2)


@pytest.mark.parametrize("across", [False, True], ids=["whole subjects", "subjects across parts"])
def test_memory_does_not_hold_the_rows(across):
    """Allocations of NumPy and pandas while 600,000 rows are read, of which the parts alone know: 14 MB in all."""
    n_parts, rows = 60, 10_000

    def make(number):
        row = np.arange(rows) + number * rows + (50 if across else 0)
        rng = np.random.default_rng(number)
        return pd.DataFrame(
            {"subject": row // 100, "week": (row % 100).astype(float), "y": 30 + row // 100 % 7 + rng.normal(size=rows)}
        )

    def parts(number):
        return frames.from_delayed(
            [dask.delayed(make, pure=False)(place) for place in range(number)], meta=make(0).iloc[:0]
        )

    model = "y ~ week + (1 | subject)"
    als.fit_parts(model, parts(3))  # loads and compiles
    tracemalloc.start()
    try:
        fit = als.fit_parts(model, parts(n_parts))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert fit.design.n_obs == n_parts * rows
    assert fit.design.n_subjects == n_parts * rows // 100 + across
    assert peak < 0.5 * n_parts * rows * 3 * 8, peak / (n_parts * rows * 3 * 8)
