"""The figure of trajectories: what is in it, not how it looks."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

import alsmodels as als
from alsmodels.model.notes import Note, NoteKind
from alsmodels.report import canvas, plots


def subject_lines(ax):
    return [one for one in ax.collections if isinstance(one, LineCollection)]


def labels(ax):
    return [text.get_text() for text in ax.texts]


def test_each_arm_has_a_panel_with_its_subjects_mean_and_band(fit):
    figure = als.plot_trajectories(fit)
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["control (n = 47)", "anakinra (n = 17)"]
    for ax, subjects in zip(figure.axes, (47, 17), strict=True):
        (lines,) = subject_lines(ax)
        assert len(lines.get_segments()) == subjects
        (mean,) = [line for line in ax.lines if line.get_label() == ax.get_title(loc="left")]
        arm = ax.get_title(loc="left").split(" (")[0]
        means = als.mean_trajectories(fit)
        expected = means[means["arm"] == arm]
        np.testing.assert_allclose(mean.get_ydata(), expected["estimate"])
        (band,) = [one for one in ax.collections if one.get_label() == "band"]
        vertices = band.get_paths()[0].vertices[:, 1]
        assert vertices.min() == pytest.approx(expected["lower"].min())
        assert vertices.max() == pytest.approx(expected["upper"].max())


def test_the_drawn_values_are_the_observed_ones(fit, cohort):
    drawn = np.concatenate(
        [points for ax in als.plot_trajectories(fit).axes for points in subject_lines(ax)[0].get_segments()]
    )
    observed = cohort.visits[["week", "alsfrs_r"]].to_numpy()
    np.testing.assert_allclose(drawn[np.lexsort(drawn.T)], observed[np.lexsort(observed.T)])


def test_the_knot_is_marked_and_the_axes_are_labelled(fit):
    for number, ax in enumerate(als.plot_trajectories(fit).axes):
        assert labels(ax) == ["knot, week 24"]
        assert any(list(line.get_xdata()) == [24, 24] for line in ax.lines)
        assert ax.get_xlabel() == "Weeks since baseline"
        assert ax.get_ylabel() == ("ALSFRS-R total (points)" if number == 0 else "")
        assert all(week % 12 == 0 for week in ax.get_xticks())


def test_short_follow_up_has_ticks_every_four_weeks(cohort):
    frame = cohort.to_frame()
    fit = als.fit_lmm("alsfrs_r ~ week + (week | subject)", frame[frame["week"] < 25])
    assert np.diff(als.plot_trajectories(fit).axes[0].get_xticks()).tolist()[0] == 4


def test_the_legend_counts_the_subjects(fit):
    (legend,) = als.plot_trajectories(fit).legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "control (n = 47), fitted mean and 95% band",
        "anakinra (n = 17), fitted mean and 95% band",
        "mean of the other arm",
        "one subject",
    ]


def test_without_arms_and_phases_there_is_one_panel_without_a_knot(cohort):
    fit = als.fit_lmm("alsfrs_r ~ week + (week | subject)", cohort)
    (ax,) = als.plot_trajectories(fit).axes
    assert len(subject_lines(ax)[0].get_segments()) == 64
    assert labels(ax) == []


def test_individuals_can_be_left_out(fit):
    assert not any(subject_lines(ax) for ax in als.plot_trajectories(fit, individuals=False).axes)


def test_a_logarithm_is_drawn_in_its_own_units_on_a_log_axis(cohort):
    fit = als.fit_lmm(als.two_phase("log(il6)", arm="arm"), cohort)
    figure = als.plot_trajectories(fit, outcome=cohort.outcomes["il6"])
    assert figure.axes[0].get_ylabel() == "IL-6 (pg/mL), log scale"
    assert figure.axes[0].get_yscale() == "log"
    assert "geometric mean" in figure.legends[0].get_texts()[0].get_text()
    drawn = np.concatenate(subject_lines(figure.axes[0])[0].get_segments())[:, 1]
    low, high = figure.axes[0].get_ylim()
    assert low < drawn.min() == pytest.approx(1.5)
    assert high > drawn.max() == pytest.approx(cohort.to_frame().query("arm == 'control'")["il6"].max())


def test_other_transforms_keep_their_scale_and_say_so(cohort):
    fit = als.fit_lmm("sqrt(alsfrs_r) ~ week + (week | subject)", cohort)
    (ax,) = als.plot_trajectories(fit).axes
    assert ax.get_ylabel() == "sqrt(alsfrs_r), of ALSFRS-R total (points)"
    assert max(points[:, 1].max() for points in subject_lines(ax)[0].get_segments()) < 7


def test_four_arms_are_laid_out_two_by_two(cohort):
    frame = cohort.to_frame()
    frame["arm"] = [f"dose {sum(map(ord, subject)) % 4} mg" for subject in frame["subject"]]
    fit = als.fit_lmm(
        als.linear_decline("alsfrs_r", arm="arm"), als.Cohort.from_frame(frame, als.Roles("subject", "week", "arm"))
    )
    figure = als.plot_trajectories(fit)
    assert [bool(ax.get_xlabel()) for ax in figure.axes] == [False, False, True, True]
    assert [bool(ax.get_ylabel()) for ax in figure.axes] == [True, False, True, False]


def test_given_axes_are_used(fit):
    own = Figure()
    ax = own.subplots()
    assert als.plot_trajectories(fit, axes=ax) is own
    assert len(subject_lines(ax)) == 2
    pair = Figure().subplots(1, 2)
    als.plot_trajectories(fit, axes=list(pair))
    assert [len(subject_lines(ax)) for ax in pair] == [1, 1]


def test_the_wrong_number_of_axes_is_refused(fit):
    with pytest.raises(als.EstimandError, match="has 1 or 2 panels, but 3 axes were given"):
        als.plot_trajectories(fit, axes=list(Figure().subplots(1, 3)))


def test_a_model_without_time_has_no_trajectories(cohort):
    fit = als.fit_lmm("alsfrs_r ~ arm + (1 | subject)", cohort)
    with pytest.raises(als.EstimandError, match="no time in it"):
        als.plot_trajectories(fit)


def test_the_figure_shows_itself_without_pyplot(fit):
    assert als.plot_trajectories(fit)._repr_png_().startswith(b"\x89PNG")
    program = (
        "import sys, alsmodels as als; "
        "fit = als.fit_lmm('alsfrs_r ~ week + (week | subject)', als.load_example()); "
        "als.plot_trajectories(fit)._repr_png_(); sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


LONG = [f"'{'name of a column ' * times}' costs rows." for times in (1, 9, 40)]


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("draw", ["trajectories", "estimates"])
def test_notes_stand_below_panels_and_legend_with_room_of_their_own(fit, cohort, draw, count, monkeypatch):
    notes = tuple(Note(NoteKind.REFERENCE, text) for text in LONG[-count:])
    drawn = plots.plot_trajectories if draw == "trajectories" else plots.plot_estimates
    monkeypatch.setattr(plots, "tell_losses", lambda figure, _: canvas.tell_losses(figure, notes))
    figure = drawn(fit) if draw == "trajectories" else drawn(fit, als.slope(phase=1, arm="control"))
    figure.draw_without_rendering()
    (note,) = figure.findobj(lambda one: one.get_gid() == canvas.NOTES)
    box = note.get_window_extent()
    assert min(box.x0, box.y0) >= 0
    assert box.x1 <= figure.bbox.x1
    others = [*(ax.get_tightbbox() for ax in figure.axes), *(one.get_window_extent() for one in figure.legends)]
    assert all(other.y0 >= box.y1 for other in others)
    for legend in figure.legends:
        assert all(ax.get_tightbbox().y0 >= legend.get_window_extent().y1 for ax in figure.axes)


def test_the_legend_has_no_line_that_is_not_drawn(cohort):
    frame = cohort.to_frame()
    short = frame[(frame["arm"] != "control") | (frame["week"] <= 24)]
    fit = als.fit_lmm("alsfrs_r ~ arm * phase(week, 24) + (week | subject)", short)
    (legend,) = als.plot_trajectories(fit).legends
    assert not any("extrapolated" in text.get_text() for text in legend.get_texts())
    whole = als.fit_lmm("alsfrs_r ~ arm * week + (week | subject)", short)
    (legend,) = als.plot_trajectories(whole).legends
    assert any("extrapolated: control after week" in text.get_text() for text in legend.get_texts())
