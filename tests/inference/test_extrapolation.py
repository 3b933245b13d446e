"""Answers beyond an arm's visits are marked, by arm: in tables, in many fits, in fits in parts, and in figures."""

import dask.dataframe
import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.report.terminal import view_estimates

SPEC = als.linear_decline("alsfrs_r", arm="arm")
PHASES = "alsfrs_r ~ arm + phase(week, 24) + (phase(week, 24) | subject)"


def make_frame(weeks, *, seed=1, size=14):
    """A trial whose arms are seen in weeks of their own; no arm differs."""
    rng, rows = np.random.default_rng(seed), []
    for arm, seen in weeks.items():
        for number in range(size):
            level, rate = rng.normal(38, 3), rng.normal(-0.25, 0.06)
            rows += [(f"{arm}-{number:02}", week, arm, level + rate * week + rng.normal(0, 1)) for week in seen]
    return pd.DataFrame(rows, columns=["subject", "week", "arm", "alsfrs_r"])


EARLY = {"control": range(0, 25, 4), "treated": range(0, 49, 4)}


@pytest.fixture(scope="module")
def frame():
    return make_frame(EARLY)


@pytest.fixture(scope="module")
def cohort(frame):
    return als.Cohort.from_frame(frame, als.Roles(subject="subject", time="week", arm="arm"))


@pytest.fixture(scope="module")
def fit(cohort):
    return als.fit_lmm(SPEC, cohort)


def marks(table):
    return dict(zip(table["estimand"], table["extrapolated"], strict=True))


def test_the_arm_and_its_last_week_are_named(fit, cohort):
    table = als.estimate(fit, als.estimands_for(SPEC, cohort))
    found = marks(table)
    assert found.pop("slope, treated (per month)") == ""
    assert set(found.values()) == {"control after week 24"}
    assert len(found) == 4
    said = [note for note in table.attrs["notes"] if "extrapolated" in note]
    assert said == ["4 answers, marked in 'extrapolated', are extrapolated: control was last seen in week 24."]
    assert "control after week 24" in repr(table)


def test_one_answer_is_named_in_the_note(fit):
    table = als.estimate(fit, als.difference("treated", "control", week=26))
    note = "'difference, week 26, treated - control' is extrapolated: control was last seen in week 24."
    assert note in table.attrs["notes"]


def test_what_was_seen_is_not_marked(fit):
    table = als.estimate(fit, [als.difference("treated", "control", week=24), als.slope(arm="treated")])
    assert set(table["extrapolated"]) == {""}
    assert not any("extrapolated" in note for note in table.attrs["notes"])
    assert "extrapolated" not in repr(table)


def test_a_second_phase_that_one_arm_hardly_has(cohort):
    fit = als.fit_lmm(PHASES, cohort)
    slopes = [als.slope(phase=number, arm=arm) for number in (1, 2) for arm in ("control", "treated")]
    found = list(als.estimate(fit, slopes)["extrapolated"])
    assert found == ["", "", "control after week 24", ""]


def test_a_week_is_the_window_of_a_visit(fit):
    asked = [als.difference("treated", "control", week=week) for week in (24, 25, 25.1)]
    assert list(als.estimate(fit, asked)["extrapolated"]) == ["", "", "control after week 24"]


def test_a_tenth_of_a_phase_may_be_missing():
    """Visits have windows: the last visits of two arms are not on one day."""
    frame = make_frame({"control": [0, 12, 24, 46], "treated": [0, 12, 24, 48]})
    fit = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm"), frame)
    assert als.estimate(fit, als.slope(phase=2, arm="control"))["extrapolated"].item() == ""
    short = frame[(frame["arm"] == "treated") | (frame["week"] < 40)]
    short = pd.concat([short, frame[frame["week"] == 46].assign(week=45)])
    fit = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm"), short)
    assert als.estimate(fit, als.slope(phase=2, arm="control"))["extrapolated"].item() == "control after week 45"


def test_weeks_before_the_first_visit():
    fit = als.fit_lmm(SPEC, make_frame({"control": range(0, 37, 6), "treated": range(12, 37, 6)}))
    found = marks(als.estimate(fit, [als.difference("treated", "control", week=6), als.slope(arm="treated")]))
    assert set(found.values()) == {"treated before week 12"}


def test_a_model_without_arms_speaks_of_all_visits(frame):
    fit = als.fit_lmm("alsfrs_r ~ week + (week | subject)", frame)
    means = als.mean_trajectories(fit, weeks=[24, 60])
    assert list(means["extrapolated"]) == ["", "after week 48"]


def test_trajectories_are_marked_by_arm(fit):
    means = als.mean_trajectories(fit, weeks=[0, 24.9, 26, 48])
    assert list(means.loc[means["arm"] == "control", "extrapolated"]) == ["", "", *["control after week 24"] * 2]
    assert not means.loc[means["arm"] == "treated", "extrapolated"].any()


def test_the_posterior_says_the_same(fit, cohort):
    post = als.sample_lmm(SPEC, cohort, method="importance", seed=1, draws=1000)
    asked = als.estimands_for(SPEC, cohort)
    assert marks(als.estimate(post, asked)) == marks(als.estimate(fit, asked))
    pd.testing.assert_series_equal(
        als.mean_trajectories(post)["extrapolated"], als.mean_trajectories(fit)["extrapolated"]
    )


def test_parts_say_the_same(fit, frame):
    parts = als.fit_parts(SPEC, dask.dataframe.from_pandas(frame, npartitions=4))
    asked = als.estimands_for(SPEC, fit.design)
    assert marks(als.estimate(parts, asked)) == marks(als.estimate(fit, asked))
    assert parts.design.spans == fit.design.spans


def test_many_fits_mark_each_data_set(frame):
    whole = make_frame({"control": range(0, 49, 4), "treated": range(0, 49, 4)}, seed=2)
    asked = [als.difference("treated", "control", week=48), als.slope(arm="treated")]
    many = als.fit_many(SPEC, [frame, whole], estimands=asked)
    assert many["extrapolated"].values.tolist() == [[True, False], [False, False]]
    sampled = als.sample_many(SPEC, [frame, whole], estimands=asked, draws=1000, seed=1)
    np.testing.assert_array_equal(sampled["extrapolated"], many["extrapolated"])


def test_figures_show_what_is_extrapolated(fit, cohort):
    figure = als.plot_trajectories(fit)
    styles = {line.get_label(): line.get_linestyle() for line in figure.axes[0].lines}
    assert styles["control (n = 14)"] == "-"
    assert "_beyond" in styles
    assert "_beyond" not in {line.get_label() for line in figure.axes[1].lines if line.get_linewidth() > 2}
    beyond = next(line for line in figure.axes[0].lines if line.get_label() == "_beyond")
    assert 24 <= min(beyond.get_xdata()) <= 25
    assert "extrapolated: control after week 24" in [text.get_text() for text in figure.legends[0].get_texts()]
    forest = als.plot_estimates(fit, als.estimands_for(SPEC, cohort))
    hollow = [line for line in forest.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert [len(line.get_xdata()) for line in hollow] == [2]
    said = [text.get_text() for text in forest.axes[0].get_legend().get_texts()]
    assert said == ["extrapolated: control after week 24"]


def test_the_terminal_says_so_under_the_question(fit):
    view = view_estimates(als.estimate(fit, als.difference("treated", "control", week=48)))
    assert any("(extrapolated: control after week 24)" in str(cell) for cell in view.columns[0].cells)
