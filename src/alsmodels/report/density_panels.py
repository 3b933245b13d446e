"""Panels of densities: a prior, a prior with its posterior, and several fits over one question."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator
from scipy.stats import t

from alsmodels.bayes.quantities import draws_of
from alsmodels.frequentist.fit import MixedFit
from alsmodels.inference.answers import Fit
from alsmodels.model.combinations import EffectCorrelation
from alsmodels.model.distributions import LKJ, Distribution, Gamma, HalfNormal, HalfT, Normal
from alsmodels.model.estimand import Estimand
from alsmodels.model.intervals import find_interval
from alsmodels.model.timescale import WEEKS_PER_MONTH, WEEKS_PER_UNIT
from alsmodels.report.canvas import GREY, INK, colour_of, tidy_axes
from alsmodels.report.densities import Curve, curve_of_draws, curve_of_prior, draw_curve, prior_interval
from alsmodels.report.parameters import Parameter
from alsmodels.report.wording import decimals_for, describe_interval, print_minus

__all__ = ["FitView", "draw_fits", "draw_prior", "draw_update", "view_fit"]

# Of the height of the highest density: a row under the axis, and the room above.
_ROW, _ROOM = 0.12, 1.12
# How much of a prior is drawn; how far beside a posterior at least and at most, in widths of its interval.
_SHOWN, _NEAR, _FAR = 0.995, 0.6, 1.8
# Of titles, in characters; of numbers beside the axes, in points.
_WRAP, _TEXT_COLUMNS = 40, (8.0, 128.0, 172.0)
_SOFT = "#5A5A5A"


@final
@dataclass(frozen=True, slots=True, eq=False)
class FitView:
    """What is drawn of a fit's answer.

    Attributes
    ----------
    name, colour : str
        The name and the colour of the fit.
    curve : Curve
        The density of the fit.
    row : mapping of str to object
        The row of `estimate` for the fit.
    is_posterior : bool
        Whether it has probabilities.
    """

    name: str
    colour: str
    curve: Curve
    row: Mapping[str, Any]
    is_posterior: bool


def view_fit(fit: Fit, asked: Estimand, row: Mapping[Any, Any], *, name: str, colour: str) -> FitView:
    """The density behind an answer: of the draws, or the t-distribution about the estimate."""
    if not isinstance(fit, MixedFit):
        support = (-1.0, 1.0) if isinstance(asked, EffectCorrelation) else (-np.inf, np.inf)
        return FitView(name, colour, curve_of_draws(draws_of(fit, asked), support), row, is_posterior=True)
    spread = t(df=row["df"], loc=row["estimate"], scale=row["std_error"])
    low, high = spread.interval(0.999)
    x = np.linspace(float(low), float(high), 401)
    return FitView(name, colour, Curve(x, spread.pdf(x)), row, is_posterior=False)


def draw_fits(ax: Axes, views: Sequence[FitView], *, rope: tuple[float, float] | None, level: float) -> None:
    """Draw densities over one axis, and under it a row for each fit with its mean and interval."""
    top = max(float(view.curve.height.max()) for view in views)
    places = [-(number + 0.8) * _ROW * top for number in range(len(views))]
    ax.axvline(0.0, color=INK, linewidth=0.9, zorder=1)
    ax.axhline(0.0, color="#C8C8C8", linewidth=0.8, zorder=1)
    if rope is not None:
        _draw_rope(ax, rope)
    decimals = decimals_for([view.row["std_error"] for view in views])
    for view, place in zip(views, places, strict=True):
        _draw_fit(ax, view, place, shaded=len(views) == 1)
        _write_row(ax, view, place, decimals=decimals)
    if any(view.is_posterior for view in views):
        _write_headings(ax, places[0] + 0.75 * _ROW * top, level=level, rope=rope)
    tidy_axes(ax, left=False)
    ax.set_yticks(places, [view.name for view in views], fontsize=9.5)
    for label, view in zip(ax.get_yticklabels(), views, strict=True):
        label.set_color(view.colour)
    ax.set_ylim(places[-1] - 0.8 * _ROW * top, _ROOM * top)
    _set_values(ax, bins=7)


def draw_prior(ax: Axes, parameter: Parameter) -> None:
    """Draw a prior with its 95%, its formula, its source and its limits in words."""
    prior, n = parameter.prior, parameter.n
    limits = prior_interval(prior, n=n)
    low, high = _support(prior) if isinstance(prior, LKJ) else prior_interval(prior, level=_SHOWN, n=n)
    draw_curve(ax, curve_of_prior(prior, lower=low, upper=high, n=n), colour=colour_of(0), shade=limits)
    _write_title(ax, parameter.title, f"{print_minus(str(prior))}, {prior.source}")
    ax.set_xlabel(_limits_in_words(parameter, limits), fontsize=8.5, color=INK)
    _set_density(ax)


def draw_update(ax: Axes, parameter: Parameter) -> None:
    """Draw a posterior over its prior, where the posterior is."""
    draws, prior, n = np.asarray(parameter.draws), parameter.prior, parameter.n
    limits = find_interval(draws, level=0.95)
    low, high = _window(limits, prior_interval(prior, level=_SHOWN, n=n), _support(prior))
    draw_curve(ax, curve_of_prior(prior, lower=low, upper=high, n=n), colour=GREY, shade=None, label="prior")
    draw_curve(ax, curve_of_draws(draws, _support(prior)), colour=colour_of(0), shade=limits, label="posterior")
    ax.set_xlim(low, high)
    said = describe_interval(float(draws.mean()), *limits, decimals=decimals_for([float(draws.std())]))
    _write_title(ax, parameter.title, f"{said}{'' if parameter.rate_unit is None else f' a {parameter.rate_unit}'}")
    _set_density(ax)


def _draw_fit(ax: Axes, view: FitView, place: float, *, shaded: bool) -> None:
    mean, lower, upper = (float(view.row[name]) for name in ("estimate", "lower", "upper"))
    shade = (lower, upper) if shaded else None
    draw_curve(ax, view.curve, colour=view.colour, shade=shade, label=view.name, broken=not view.is_posterior)
    ax.vlines(mean, 0, view.curve.at(mean), color=view.colour, linewidth=1.2, zorder=3)
    ax.hlines(place, lower, upper, color=view.colour, linewidth=2.4, zorder=3)
    ax.plot([mean], [place], marker="o", markersize=6, color=view.colour, zorder=4, linestyle="none")


def _write_row(ax: Axes, view: FitView, place: float, *, decimals: int) -> None:
    numbers = [float(view.row[name]) for name in ("estimate", "lower", "upper")]
    told = [describe_interval(*numbers, decimals=decimals)]
    if view.is_posterior:
        told += [f"{view.row[name]:.2f}" for name in ("probability", "in_rope") if name in view.row]
    for text, left in zip(told, _TEXT_COLUMNS, strict=False):
        _write_beside(ax, text, left, place, colour=view.colour)


def _write_headings(ax: Axes, place: float, *, level: float, rope: tuple[float, float] | None) -> None:
    words = [f"mean ({100 * level:g}% interval)", "P(> 0)", *(("P(region)",) if rope is not None else ())]
    for text, left in zip(words, _TEXT_COLUMNS, strict=False):
        _write_beside(ax, text, left, place, colour=INK, style="italic")


def _write_beside(ax: Axes, text: str, left: float, place: float, *, colour: str, style: str = "normal") -> None:
    look: dict[str, Any] = {"fontsize": 8.5, "color": colour, "style": style, "ha": "left", "va": "center"}
    where: dict[str, Any] = {"xycoords": ax.get_yaxis_transform(), "textcoords": "offset points"}
    ax.annotate(text, xy=(1, place), xytext=(left, 0), annotation_clip=False, **where, **look)


def _draw_rope(ax: Axes, rope: tuple[float, float]) -> None:
    ax.axvspan(*rope, color="#E4E4E4", linewidth=0, zorder=0, label="practical equivalence")
    ax.annotate(
        f"practical equivalence, {print_minus(f'{rope[0]:g} to {rope[1]:g}')}",
        xy=(rope[1], 1),
        xycoords=ax.get_xaxis_transform(),
        xytext=(4, -2),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize=8.5,
        color=_SOFT,
    )


def _limits_in_words(parameter: Parameter, limits: tuple[float, float]) -> str:
    """Where 95% of a prior lies; of a slope also per month."""

    def say(factor: float, unit: str) -> str:
        low, high = (f"{factor * limit:.3g}" for limit in limits)
        between = f"below {high}" if isinstance(parameter.prior, (HalfNormal, HalfT)) else f"{low} to {high}"
        return f"{print_minus(between)}{unit}"

    unit = parameter.rate_unit
    if unit is None or unit == "month":
        return f"95%: {say(1.0, '' if unit is None else ' a month')}"
    return f"95%: {say(1.0, f' a {unit}')},\n{say(WEEKS_PER_MONTH / WEEKS_PER_UNIT[unit], ' a month')}"


def _window(
    posterior: tuple[float, float], prior: tuple[float, float], support: tuple[float, float]
) -> tuple[float, float]:
    """Where to look: at all of the posterior, and at the prior as far as the posterior stays wide enough to be seen."""
    width = posterior[1] - posterior[0]
    low = min(max(posterior[0] - _FAR * width, prior[0]), posterior[0] - _NEAR * width)
    high = max(min(posterior[1] + _FAR * width, prior[1]), posterior[1] + _NEAR * width)
    return max(low, support[0]), min(high, support[1])


def _support(prior: Distribution) -> tuple[float, float]:
    if isinstance(prior, LKJ):
        return -1.0, 1.0
    if isinstance(prior, Normal):
        return -np.inf, np.inf
    return (prior.lower if isinstance(prior, Gamma) else 0.0), np.inf


def _write_title(ax: Axes, title: str, below: str) -> None:
    """A title, and under it a line in grey."""
    lines = textwrap.wrap(below, _WRAP + 6)
    look: dict[str, Any] = {"fontsize": 8.5, "color": _SOFT, "ha": "left", "va": "bottom"}
    ax.annotate(
        "\n".join(lines), xy=(0, 1), xycoords="axes fraction", xytext=(0, 3), textcoords="offset points", **look
    )
    head = "\n".join(textwrap.wrap(title, _WRAP))
    ax.set_title(head, loc="left", fontsize=9.5, fontweight="bold", color=INK, pad=5 + 11 * len(lines))


def _set_density(ax: Axes) -> None:
    tidy_axes(ax, left=False)
    ax.set_yticks([])
    ax.set_ylim(bottom=0)
    _set_values(ax, bins=5)


def _set_values(ax: Axes, *, bins: int) -> None:
    ax.xaxis.set_major_locator(MaxNLocator(nbins=bins, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: print_minus(f"{value:g}")))
