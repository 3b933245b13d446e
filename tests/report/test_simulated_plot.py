"""The figure of a simulated cohort over a real one: what is in it, not how it looks."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

import alsmodels as als


@pytest.fixture(scope="module")
def simulated():
    return als.simulate_cohort(als.truths.anakinra_like(), seed=5)


def courses(ax, label):
    (lines,) = [one for one in ax.collections if isinstance(one, LineCollection) and one.get_label() == label]
    return lines.get_segments()


def test_each_arm_has_its_courses_of_both_cohorts(simulated, cohort):
    figure = als.plot_simulated(simulated, cohort)
    above = figure.axes[:2]
    assert [ax.get_title(loc="left") for ax in above] == [
        "control (47 real, 47 simulated)",
        "anakinra (17 real, 17 simulated)",
    ]
    for label, source in (("real", cohort), ("simulated", simulated)):
        drawn = np.concatenate([points for ax in above for points in courses(ax, label)])
        observed = source.visits[["week", "alsfrs_r"]].to_numpy()
        np.testing.assert_allclose(drawn[np.lexsort(drawn.T)], observed[np.lexsort(observed.T)])


def test_simulated_courses_are_over_the_real_ones(simulated, cohort):
    ax = als.plot_simulated(simulated, cohort).axes[0]
    order = {one.get_label(): one.get_zorder() for one in ax.collections}
    assert order["simulated"] > order["real"]


def test_the_lower_panels_have_quantiles_by_visit(simulated, cohort):
    """Median and middle 80%, computed here from the tables."""
    ax = als.plot_simulated(simulated, cohort, visits=range(0, 53, 4)).axes[2]
    (points,) = [line for line in ax.lines if line.get_label() == "real"]
    (band,) = [one for one in ax.collections if one.get_label() == "simulated"]
    frame = cohort.to_frame().query("arm == 'control'")
    by_visit = frame.groupby((frame["week"] / 4).round())["alsfrs_r"]
    np.testing.assert_allclose(points.get_ydata(), by_visit.median())
    made = simulated.to_frame().query("arm == 'control'")
    quantiles = made.groupby((made["week"] / 4).round())["alsfrs_r"].quantile([0.1, 0.9])
    corners = band.get_paths()[0].vertices[:, 1]
    assert set(np.round(quantiles, 6)) <= set(np.round(corners, 6))


def test_other_arms_are_drawn_together(cohort):
    figure = als.plot_simulated(als.simulate_cohort(als.truths.gaussian(), seed=1), cohort)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["all subjects (64 real, 120 simulated)", ""]
    assert len(courses(figure.axes[0], "simulated")) == 60
    assert len(courses(als.plot_simulated(cohort, cohort, lines=5).axes[0], "real")) == 5


def test_cohorts_without_arms_have_one_column(cohort):
    frame = cohort.to_frame().drop(columns="arm")
    bare = als.Cohort.from_frame(frame, als.Roles("subject", "week"))
    assert len(als.plot_simulated(bare, cohort).axes) == 2


def test_a_marker_on_the_log_scale_has_a_log_axis_within_its_values(simulated, cohort):
    figure = als.plot_simulated(simulated, cohort, outcome="il6")
    assert {ax.get_yscale() for ax in figure.axes} == {"log"}
    assert figure.axes[0].get_ylabel().startswith("IL-6 (pg/mL)")
    assert figure.axes[2].get_ylim()[0] > 1.0
    assert min(points[:, 1].min() for points in courses(figure.axes[0], "real")) == 1.5


def test_axes_are_labelled_and_the_legend_tells_both(simulated, cohort):
    figure = als.plot_simulated(simulated, cohort)
    assert figure.axes[0].get_ylabel() == "ALSFRS-R total (points)\none course a subject"
    assert [ax.get_xlabel() for ax in figure.axes[2:]] == ["Weeks since baseline"] * 2
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    assert words[:2] == ["real", "simulated"]


def test_given_axes_are_used(simulated, cohort):
    own = Figure()
    panels = list(own.subplots(2, 2).ravel())
    assert als.plot_simulated(simulated, cohort, axes=panels) is own
    assert panels[0].get_legend() is not None
    with pytest.raises(als.EstimandError, match="4 panels, but 1 axes"):
        als.plot_simulated(simulated, cohort, axes=panels[:1])


def test_outcomes_that_are_not_there_are_refused(simulated, cohort):
    with pytest.raises(
        als.DataError, match="The observed cohort has no outcome 'nfl'; it has alsfrs_r, fibrinogen, il6"
    ):
        als.plot_simulated(als.simulate_cohort(als.truths.realistic(), seed=1), cohort, outcome="nfl")
    with pytest.raises(als.DataError, match="The simulated cohort has no outcome 'fibrinogen'"):
        als.plot_simulated(als.simulate_cohort(als.truths.realistic(), seed=1), cohort, outcome="fibrinogen")
    frame = pd.DataFrame({"subject": ["a", "a"], "week": [0, 4], "alsfrs_r": [40, 38], "il6": [np.nan, np.nan]})
    empty = als.Cohort.from_frame(frame, als.Roles("subject", "week"), outcomes=["il6"])
    with pytest.raises(als.DataError, match="The observed cohort has no value of 'il6'"):
        als.plot_simulated(simulated, empty, outcome="il6")
