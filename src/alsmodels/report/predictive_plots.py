"""The figures of predictive checks: what a posterior, or the priors alone, expect of the data."""

import textwrap
from collections.abc import Sequence

from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.predictive import PriorPredictive, add_predictive
from alsmodels.data.outcomes import Outcome
from alsmodels.errors import EstimandError
from alsmodels.model.spec import ModelSpec
from alsmodels.report.canvas import GREY, INK, colour_of, new_figure, write_plainly
from alsmodels.report.panels import set_time
from alsmodels.report.predictive_panels import LEAVING, arm_rows, draw_courses, draw_means, draw_values, view_visits
from alsmodels.report.wording import describe_response, wrap_title

__all__ = ["plot_predictive", "plot_prior_predictive"]

# Of a heading in an inch.
_LETTERS = 12


def plot_predictive(
    post: PosteriorFit,
    *,
    visits: Sequence[float] | None = None,
    seed: int = 1,
    outcome: Outcome | None = None,
) -> Figure:
    """Hold the data against data that the posterior predicts for the same subjects: means and single values by visit.

    Parameters
    ----------
    post : PosteriorFit
        A posterior of a model with time in it.
    visits : sequence of float, optional
        The weeks of the visits, to the nearest of which each value is counted; by default the weeks of the data, binned
        where they are many.
    seed : int, default 1
        The seed of the predicted values, if `add_predictive` has not added them.
    outcome : Outcome, optional
        The description of the response; by default what the data and its name say.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. For each arm it has two panels, with bands that hold 50% and 95% of the predictions. Above the lower
        one stands which share of the values lies in the intervals of their own predictions, subject by subject; the
        subjects are those fitted, so it is a little above 50% and 95%. Where the model takes values as censored,
        predictions are put to the limits too. It shows itself in a notebook.

    Raises
    ------
    EstimandError
        If the model has no time in it.
    """
    _check_weeks(post.design.spec)
    if "posterior_predictive" not in post.draws.children:
        post = add_predictive(post, seed=seed, prior=False)
    views = view_visits(post, visits)
    figure = new_figure(_width(len(views)), 6.8)
    panels = figure.subplots(2, len(views), sharex=True, sharey="row", squeeze=False)
    label = describe_response(post.spec, outcome or post.design.outcome)
    for number, view in enumerate(views):
        draw_means(panels[0, number], view, post.spec)
        draw_values(panels[1, number], view, post.spec)
        set_time(panels[1, number], post.design.time_unit, label=True)
    for ax, what in zip(panels[:, 0], ("mean of a visit", "single values"), strict=True):
        ax.set_ylabel(f"{label}\n{what}", fontsize=10, color=INK)
    dot = Line2D([], [], color=INK, marker="o", markersize=4.5, linestyle="none")
    handles = [dot, Patch(color=GREY, alpha=0.75), Patch(color=GREY, alpha=0.35)]
    words = ["observed", "50% of the predictions", "95% of the predictions"]
    figure.legend(handles, words, loc="outside lower center", ncols=3, fontsize=9, frameon=False)
    return write_plainly(figure, list(panels.ravel()))


def plot_prior_predictive(predictive: PriorPredictive, *, lines: int = 100, outcome: Outcome | None = None) -> Figure:
    """Draw courses of new subjects as the priors alone expect them, against the bounds of the outcome.

    Parameters
    ----------
    predictive : PriorPredictive
        The result of `prior_predictive`.
    lines : int, default 100
        The number of courses to draw in each arm, each of a subject of another draw.
    outcome : Outcome, optional
        The description of the response; by default what the data and its name say.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with a panel for each arm and the share of all values and trajectories beyond the bounds written
        above. It shows itself in a notebook.

    Raises
    ------
    EstimandError
        If the model has no time in it.
    """
    design = predictive.design
    _check_weeks(design.spec)
    arms = arm_rows(design)
    figure = new_figure(_width(len(arms)), 4.2)
    panels = figure.subplots(1, len(arms), sharex=True, sharey=True, squeeze=False)[0]
    for number, (ax, (name, rows)) in enumerate(zip(panels, arms, strict=True)):
        draw_courses(ax, predictive, rows, lines=lines)
        ax.set_title(
            wrap_title(name or "all subjects", 38), loc="left", fontsize=11, color=colour_of(number), fontweight="bold"
        )
        set_time(ax, design.time_unit, label=True)
    panels[0].set_ylabel(describe_response(design.spec, outcome or design.outcome), fontsize=10, color=INK)
    words = textwrap.fill(predictive.describe(minus="−"), int(_LETTERS * figure.get_figwidth()))
    figure.suptitle(words, fontsize=10, color=INK, x=0.01, ha="left")
    handles = [Line2D([], [], color=colour, linewidth=1.2) for colour in (GREY, LEAVING)]
    kinds = ["one subject in one draw from the priors", "the same, leaving the bounds"]
    known = 2 if predictive.bounds is not None else 1
    figure.legend(handles[:known], kinds[:known], loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    return write_plainly(figure, panels)


def _width(count: int) -> float:
    """Inches for this many panels side by side."""
    return max(6.4, (4.6 if count <= 3 else 3.5) * count)


def _check_weeks(spec: ModelSpec) -> None:
    if not spec.has_time:
        msg = f"'{spec.shown}' has no time in it, so there is nothing to draw over the weeks."
        raise EstimandError(msg)
