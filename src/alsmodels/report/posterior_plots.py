"""The figures of priors and posteriors: densities of what a model is made of, and of what it is asked."""

from collections.abc import Mapping, Sequence
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.data.outcomes import Outcome
from alsmodels.errors import EstimandError
from alsmodels.frequentist.fit import MixedFit
from alsmodels.inference.answers import Fit
from alsmodels.inference.estimates import estimate
from alsmodels.model.design import Design
from alsmodels.model.estimand import Estimand, as_questions, unit_of, words_of
from alsmodels.model.intervals import Interval
from alsmodels.model.priors import Priors
from alsmodels.model.registry import Registry
from alsmodels.model.response import ResponseModel
from alsmodels.report.canvas import GREY, INK, colour_of, new_figure, use_axes, write_plainly
from alsmodels.report.density_panels import draw_fits, draw_prior, draw_update, view_fit
from alsmodels.report.parameters import parameters_of, prior_parameters
from alsmodels.report.wording import unit_label, wrap_title

__all__ = ["plot_densities", "plot_prior_posterior", "plot_priors"]

_COLUMNS = 3
# Characters of a line of a title.
_TITLE = 80
# Inches.
_WIDTH, _PANEL = 9.6, 2.1


def plot_priors(
    priors: Priors, *, response: ResponseModel | None = None, axes: Axes | Sequence[Axes] | None = None
) -> Figure:
    """Draw each prior, with its central 95% shaded and its source; of standard deviations the lower 95%.

    Parameters
    ----------
    priors : Priors
        The priors of a model.
    response : ResponseModel, optional
        A response model, if its own priors are to be drawn too.
    axes : matplotlib.axes.Axes or sequence of Axes, optional
        The axes to draw in, one for each prior in the order of ``priors.table()``; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which shows itself in a notebook. Slopes are drawn per week, as they are in the model, and said per
        month too.
    """
    shown = prior_parameters(priors, response)
    figure, panels = _grid(len(shown)) if axes is None else use_axes(axes, (len(shown),))
    for ax, parameter in zip(panels, shown, strict=True):
        draw_prior(ax, parameter)
    return write_plainly(figure, panels)


def plot_densities(
    fits: Fit | Mapping[str, Fit],
    asked: Estimand,
    *,
    rope: tuple[float, float] | None = None,
    level: float = 0.95,
    interval: Interval = "eti",
    axes: Axes | None = None,
    outcome: Outcome | None = None,
) -> Figure:
    """Draw what several fits say of one quantity, as densities above their means and intervals.

    Parameters
    ----------
    fits : PosteriorFit, LMMFit, or mapping of str to these
        A posterior, or several fits by name. An estimate by (restricted) maximum likelihood is drawn as its
        t-distribution, with a broken line; a joint posterior answers questions about correlations.
    asked : Estimand
        The question.
    rope : tuple of (float, float), optional
        The limits of the region of practical equivalence, in the units of the question; it is shaded.
    level : float, default 0.95
        The level of the intervals, which are shaded darker.
    interval : {"eti", "hdi"}, default "eti"
        The type of interval of a posterior: ``"eti"`` is equal-tailed, ``"hdi"`` is of highest density.
    axes : matplotlib.axes.Axes, optional
        The axes to draw in; by default a new figure.
    outcome : Outcome, optional
        The description of the response; by default what the data and its name say.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, with means, intervals and the probabilities of posteriors at its right. It shows itself in a
        notebook.

    Raises
    ------
    EstimandError
        If a model cannot answer the question, or the fits have different responses.
    """
    named = dict(fits) if isinstance(fits, Mapping) else {"posterior": fits}
    _check_fits(named)
    asked = _one_question(asked, named)
    views = []
    for number, (name, fit) in enumerate(named.items()):
        (row,) = estimate(fit, [asked], level=level, interval=interval, rope=rope).to_dict("records")
        views.append(view_fit(fit, asked, row, name=name, colour=colour_of(number)))
    figure, (ax,) = _single(len(views)) if axes is None else use_axes(axes, (1,))
    draw_fits(ax, views, rope=rope, level=level)
    ax.set_title(wrap_title(words_of(asked, "−"), _TITLE), loc="left", fontsize=11, fontweight="bold", color=INK)
    ax.set_xlabel(_scale(named, asked, outcome), fontsize=10, color=INK)
    return write_plainly(figure, [ax])


def plot_prior_posterior(
    post: PosteriorFit, *, parameters: Sequence[str] | None = None, axes: Axes | Sequence[Axes] | None = None
) -> Figure:
    """Draw prior and posterior of each parameter of the population over each other.

    Parameters
    ----------
    post : PosteriorFit
        A posterior.
    parameters : sequence of str, optional
        The parameters to draw, by name as in ``post.diagnostics`` or by variable, such as ``"beta"``; by default all.
    axes : matplotlib.axes.Axes or sequence of Axes, optional
        The axes to draw in, one for each parameter; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, in the units of the data; rates are per week. It shows itself in a notebook.

    Raises
    ------
    EstimandError
        If the posterior has no such parameter.
    """
    shown = parameters_of(post, parameters)
    figure, panels = _grid(len(shown)) if axes is None else use_axes(axes, (len(shown),))
    for ax, parameter in zip(panels, shown, strict=True):
        draw_update(ax, parameter)
    handles = [Patch(color=GREY, alpha=0.5), Patch(color=colour_of(0), alpha=0.5)]
    words = ["prior", "posterior, its 95% interval darker"]
    if axes is None:
        figure.legend(handles, words, loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    return write_plainly(figure, panels)


def _one_question(asked: object, fits: Mapping[str, Fit]) -> Estimand:
    """The question as the first model puts it."""
    if isinstance(asked, Sequence) and not isinstance(asked, str):
        msg = (
            f"plot_densities draws one question, and was given {len(asked)} in a list; draw each in axes of its own "
            "(axes=), or all as intervals by plot_estimates."
        )
        raise EstimandError(msg)
    designs = _designs(fits)
    terms = designs[0].encoding.fixed_terms if designs else ()
    (question,) = as_questions([asked], designs[0].spec if designs else None, terms=terms)  # type: ignore[list-item]
    return question


def _grid(count: int) -> tuple[Figure, list[Axes]]:
    columns = min(count, _COLUMNS)
    rows = ceil(count / columns)
    figure = new_figure(_WIDTH * columns / _COLUMNS, _PANEL * rows + 0.3)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for ax in grid[count:]:
        ax.remove()
    return figure, list(grid[:count])


def _single(count: int) -> tuple[Figure, list[Axes]]:
    figure = new_figure(9.2, 3.4 + 0.25 * count)
    return figure, [figure.subplots()]


def _scale(fits: Mapping[str, Fit], asked: Estimand, outcome: Outcome | None) -> str:
    unit, designs = unit_of(asked), _designs(fits)
    return unit_label(unit, designs[0].spec, outcome or designs[0].outcome) if designs else unit.measure.capitalize()


def _check_fits(fits: Mapping[str, Fit]) -> None:
    if not fits:
        msg = "There is nothing to draw: give at least one fit."
        raise EstimandError(msg)
    responses = sorted({design.spec.response for design in _designs(fits)})
    if len(responses) > 1:
        msg = f"The fits have different responses, {' and '.join(responses)}, so they do not share an axis."
        raise EstimandError(msg)


def _designs(fits: Mapping[str, Fit]) -> list[Design | Registry]:
    """The designs of the fits of one outcome."""
    return [fit.design for fit in fits.values() if isinstance(fit, (MixedFit, PosteriorFit))]
