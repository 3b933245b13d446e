"""The forest plot: a panel for each unit, a row for each question, a mark for each fit."""

import pytest
from matplotlib.container import ErrorbarContainer
from matplotlib.figure import Figure

import alsmodels as als


def marks(ax):
    return [one for one in ax.containers if isinstance(one, ErrorbarContainer)]


def test_each_unit_has_its_own_panel_and_axis(fit, asked):
    figure = als.plot_estimates(fit, asked)
    assert [ax.get_xlabel() for ax in figure.axes] == [
        "ALSFRS-R total, points per month",
        "Slowing, share of the reference arm's slope",
        "ALSFRS-R total, points",
    ]
    assert [len(ax.get_yticks()) for ax in figure.axes] == [9, 2, 2]


def test_the_marks_are_the_estimates_and_every_panel_has_a_zero_line(fit, asked):
    table = als.estimate(fit, asked)
    drawn = []
    for ax in als.plot_estimates(fit, asked).axes:
        (mark,) = marks(ax)
        drawn += list(mark.lines[0].get_xdata())
        assert any(list(line.get_xdata()) == [0, 0] for line in ax.lines)
        assert ax.get_xlim()[0] < 0 < ax.get_xlim()[1]
    assert drawn == pytest.approx(table["estimate"].to_list())


def test_estimate_and_interval_are_printed(fit):
    (ax,) = als.plot_estimates(fit, als.slope(phase=1, arm="control")).axes
    assert [text.get_text() for text in ax.texts] == ["−0.96 (−1.19 to −0.73)", "estimate (95% interval)"]


def test_the_level_is_that_of_the_intervals(fit):
    (ax,) = als.plot_estimates(fit, als.slope(phase=1, arm="control"), level=0.8).axes
    assert ax.texts[-1].get_text() == "estimate (80% interval)"
    assert ax.texts[0].get_text() == "−0.96 (−1.11 to −0.81)"


def test_several_fits_are_offset_and_in_the_legend(fit, second, asked):
    figure = als.plot_estimates({"ours": fit, "theirs": second}, asked)
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["ours", "theirs"]
    upper, lower = marks(figure.axes[0])
    assert all(upper.lines[0].get_ydata() < lower.lines[0].get_ydata())


def test_given_axes_are_used_and_must_be_as_many_as_units(fit, asked):
    figure = Figure()
    assert als.plot_estimates(fit, asked[:2], axes=figure.subplots()) is figure
    with pytest.raises(als.EstimandError, match="has 3 panels, but 1 axes were given"):
        als.plot_estimates(fit, asked, axes=Figure().subplots())


def test_nothing_to_draw_is_refused(fit, cohort):
    with pytest.raises(als.EstimandError, match="nothing to draw"):
        als.plot_estimates(fit, [])
    other = als.fit_lmm("fibrinogen ~ week + (1 | subject)", cohort)
    with pytest.raises(als.EstimandError, match="different responses, alsfrs_r and fibrinogen"):
        als.plot_estimates({"a": fit, "b": other}, als.slope())
