"""The two figures of a fit: trajectories with their means, and estimates with their intervals."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.data.outcomes import Outcome
from alsmodels.data.roles import TimeUnit
from alsmodels.errors import EstimandError
from alsmodels.inference.estimates import estimate
from alsmodels.inference.predictions import mean_trajectories
from alsmodels.model.estimand import Estimand, as_questions
from alsmodels.model.intervals import Interval
from alsmodels.model.ratios import Scale, put_on_scale
from alsmodels.report.canvas import INK, new_figure, tell_losses, use_axes, write_plainly
from alsmodels.report.forest import UnitPanel, draw_legend, draw_panel, panel_height, split_panels
from alsmodels.report.panels import (
    ArmView,
    OutcomeFit,
    draw_arm,
    draw_faintly,
    draw_knot,
    legend_entries,
    set_scale,
    set_ticks,
    set_time,
    tuple_handler,
    view_arms,
)
from alsmodels.report.wording import describe_response, outcome_of, unit_label, wrap_title

__all__ = ["plot_estimates", "plot_trajectories"]

_MOST_COLUMNS = 3
# Characters of a line of a panel's title.
_TITLE = 38
# Inches.
_WIDTH, _AXIS = 9.2, 0.62


def plot_trajectories(
    fit: OutcomeFit,
    *,
    weeks: ArrayLike | None = None,
    level: float = 0.95,
    axes: Axes | Sequence[Axes] | None = None,
    individuals: bool = True,
    outcome: Outcome | None = None,
) -> Figure:
    """Draw each subject's observed course and the fitted mean of each arm.

    Parameters
    ----------
    fit : LMMFit or PosteriorFit
        A fitted model with time in it, or the posterior of one.
    weeks : array_like, optional
        The weeks at which the means are drawn; by default from baseline to the last visit.
    level : float, default 0.95
        The level of the pointwise band around each mean.
    axes : matplotlib.axes.Axes or sequence of Axes, optional
        The axes to draw in, one for all arms together or one for each arm; by default a new figure with a panel for
        each arm, in which the other arms' means are drawn too.
    individuals : bool, default True
        Whether to draw the courses of the subjects.
    outcome : Outcome, optional
        The description of the response, such as ``cohort.outcomes["il6"]``; by default what its name says.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which shows itself in a notebook. A response fitted as its logarithm is drawn in its own units on a
        logarithmic axis, so that the mean is a geometric mean. Beyond an arm's visits its mean is dotted.

    Raises
    ------
    EstimandError
        If the model has no time in it, or the axes are neither one nor as many as the arms.
    """
    views = view_arms(fit, mean_trajectories(fit, weeks=weeks, level=level))
    figure, panels = _trajectory_axes(len(views)) if axes is None else use_axes(axes, (1, len(views)))
    label = describe_response(fit.spec, outcome_of(fit.spec, outcome or fit.design.outcome))
    together = len(panels) < len(views)
    for number, ax in enumerate(panels):
        shown = views if together else [views[number]]
        _draw_views(ax, fit, shown, others=[view for view in views if view not in shown], individuals=individuals)
        _label_panel(ax, number=number, count=len(panels), label=label, unit=fit.design.time_unit)
        if len(shown) == 1 and shown[0].name is not None:
            ax.set_title(
                wrap_title(shown[0].title, _TITLE), loc="left", fontsize=11, color=shown[0].colour, fontweight="bold"
            )
    faint = not together and len(views) > 1
    mean = f"{_mean_words(fit)} and {100 * level:g}% band"
    handles, words = legend_entries(views, individuals=individuals, faint=faint, mean=mean)
    look: dict[str, Any] = {"fontsize": 8.5, "frameon": False, "handler_map": tuple_handler()}
    if axes is None:
        figure.legend(handles, words, loc="outside lower center", ncols=2, **look)
    else:
        panels[0].legend(handles, words, loc="lower left", **look)
    tell_losses(figure, fit.notes)
    return write_plainly(figure, panels)


def plot_estimates(
    fits: OutcomeFit | Mapping[str, OutcomeFit],
    asked: Sequence[Estimand] | Estimand,
    *,
    level: float = 0.95,
    interval: Interval = "eti",
    scale: Scale = "model",
    axes: Axes | Sequence[Axes] | None = None,
    outcome: Outcome | None = None,
) -> Figure:
    """Draw estimates with their intervals and print them at the right: a forest plot.

    Parameters
    ----------
    fits : LMMFit, PosteriorFit, or mapping of str to these
        A fitted model or a posterior, or several by name, drawn side by side.
    asked : Estimand or sequence of Estimand
        The question or questions to draw.
    level : float, default 0.95
        The level of the intervals.
    interval : {"eti", "hdi"}, default "eti"
        The type of interval of a posterior: ``"eti"`` is equal-tailed, ``"hdi"`` is of highest density.
    scale : {"model", "ratio"}, default "model"
        The scale of the answers; ``"ratio"`` draws what a model of a logarithm says as ratios, geometric means and per
        cent, as in `estimate`.
    axes : matplotlib.axes.Axes or sequence of Axes, optional
        The axes to draw in, one for each unit among the questions (per month, share, units of the response), in the
        order of the questions; by default a new figure.
    outcome : Outcome, optional
        The description of the response; by default what its name says.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with a panel for each unit, each with its own axis and a line at zero. Hollow marks are answers that
        are extrapolated beyond an arm's visits. It shows itself in a notebook.

    Raises
    ------
    EstimandError
        If a model cannot answer a question, nothing is asked, the fits have different responses, or there are not as
        many axes as units.
    """
    named = dict(fits) if isinstance(fits, Mapping) else {"": fits}
    _check_drawable(named, asked)
    first = next(iter(named.values()))
    spec, terms = first.spec, first.design.encoding.fixed_terms
    tables = {name: estimate(fit, asked, level=level, interval=interval, scale=scale) for name, fit in named.items()}
    panels = split_panels(put_on_scale(as_questions(asked, spec, terms=terms), scale, spec), tables)
    figure, given = _forest_axes(panels) if axes is None else use_axes(axes, (len(panels),))
    for ax, panel in zip(given, panels, strict=True):
        draw_panel(
            ax,
            panel,
            label=unit_label(panel.unit, spec, outcome_of(spec, outcome or first.design.outcome)),
        )
    heading = f"estimate ({100 * level:g}% interval)"
    given[0].text(
        1.02, 1.0, heading, transform=given[0].transAxes, fontsize=8.5, va="bottom", color=INK, style="italic"
    )
    draw_legend(given[0], tables)
    tell_losses(figure, [note for table in tables.values() for note in table.attrs["notes"]])
    return write_plainly(figure, given)


def _draw_views(
    ax: Axes, fit: OutcomeFit, shown: Sequence[ArmView], *, others: Sequence[ArmView], individuals: bool
) -> None:
    set_scale(ax, fit.spec)
    for view in shown:
        draw_arm(ax, view, individuals=individuals)
    for view in others:
        draw_faintly(ax, view)
    set_ticks(ax, fit.spec)
    draw_knot(ax, fit)


def _mean_words(fit: OutcomeFit) -> str:
    """What the thick lines are."""
    kind = "mean" if fit.spec.transform.base is None else "geometric mean"
    return f"posterior {kind}" if isinstance(fit, PosteriorFit) else f"fitted {kind}"


def _trajectory_axes(count: int) -> tuple[Figure, list[Axes]]:
    columns = _columns(count)
    rows = ceil(count / columns)
    width, height = (6.4, 4.4) if count == 1 else (max(_WIDTH, 3.4 * columns), 3.6 * rows + 0.6)
    figure = new_figure(width, height)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    for ax in grid[count:]:
        ax.remove()
    return figure, list(grid[:count])


def _columns(count: int) -> int:
    return 2 if count == 4 else min(count, _MOST_COLUMNS)


def _label_panel(ax: Axes, *, number: int, count: int, label: str, unit: TimeUnit) -> None:
    """Label the axes at the left and at the bottom of the grid of panels."""
    columns = _columns(count)
    if number % columns == 0:
        ax.set_ylabel(label, fontsize=10, color=INK)
    is_last = number + columns >= count
    set_time(ax, unit, label=is_last)
    if is_last:
        ax.tick_params(labelbottom=True)


def _forest_axes(panels: Sequence[UnitPanel]) -> tuple[Figure, list[Axes]]:
    heights = [panel_height(panel) for panel in panels]
    figure = new_figure(_WIDTH, sum(heights) + _AXIS * len(panels) + 0.3)
    return figure, list(figure.subplots(len(panels), 1, squeeze=False, height_ratios=heights).ravel())


def _check_drawable(fits: Mapping[str, OutcomeFit], asked: Sequence[Estimand] | Estimand) -> None:
    if not fits or (isinstance(asked, Sequence) and not asked):
        msg = "There is nothing to draw: give at least one fit and one question."
        raise EstimandError(msg)
    responses = sorted({fit.spec.response for fit in fits.values()})
    if len(responses) > 1:
        msg = f"The fits have different responses, {' and '.join(responses)}, so they do not share an axis."
        raise EstimandError(msg)
