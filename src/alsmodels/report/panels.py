"""One arm's trajectories in one panel: subjects as thin lines, the fitted mean with its band, the knot."""

import itertools
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias, final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.legend_handler import HandlerTuple
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MultipleLocator, NullLocator
from numpy.typing import NDArray

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.data.roles import TimeUnit
from alsmodels.frequentist.fit import LMMFit
from alsmodels.model.intervals import find_interval
from alsmodels.model.spec import ModelSpec
from alsmodels.model.timescale import WEEKS_PER_UNIT, told_time
from alsmodels.report.canvas import GREY, INK, colour_of, tidy_axes
from alsmodels.report.wording import print_minus

__all__ = [
    "ArmView",
    "OutcomeFit",
    "draw_arm",
    "draw_faintly",
    "draw_knot",
    "legend_entries",
    "set_scale",
    "set_ticks",
    "set_time",
    "tuple_handler",
    "view_arms",
]

Matrix = NDArray[np.float64]
OutcomeFit: TypeAlias = LMMFit | PosteriorFit

# How the mean and its band are drawn where the arm was seen, and beyond.
_SEEN: Final[dict[str, Any]] = {"line": "-", "band": 0.25}
_BEYOND: Final[dict[str, Any]] = {"line": (0, (1.2, 1.2)), "band": 0.1}
# Characters of a line of the legend.
_LEGEND = 50
# Weeks between ticks, and the longest follow-up that each suits.
_STEPS = ((4, 32), (12, 130), (24, 260), (52, np.inf))
_UNIT_STEPS: Mapping[TimeUnit, tuple[tuple[float, float], ...]] = {
    "week": _STEPS,
    "month": ((1, 8), (3, 30), (6, 60), (12, np.inf)),
    "day": tuple((7 * step, 7 * longest) for step, longest in _STEPS),
}
# Top over bottom of an axis on which 2 and 5 would crowd.
_MANY_DECADES = 2e3


@final
@dataclass(frozen=True, slots=True, eq=False)
class ArmView:
    """What is drawn of an arm.

    Attributes
    ----------
    name : str or None
        The name of the arm; None where the model has no arms.
    colour : str
        The colour of its lines.
    subjects : tuple of ndarray
        For each subject its weeks and values, shape (visits, 2).
    mean : pandas.DataFrame
        Columns week, estimate, lower, upper, extrapolated.
    """

    name: str | None
    colour: str
    subjects: tuple[Matrix, ...]
    mean: pd.DataFrame

    @property
    def title(self) -> str:
        """The arm and how many subjects it has."""
        return f"{'all subjects' if self.name is None else self.name} (n = {len(self.subjects)})"

    @property
    def is_beyond(self) -> NDArray[np.bool_]:
        """Where the mean is extrapolated beyond the arm's visits, shape (weeks,)."""
        return np.array([bool(end) for end in self.mean["extrapolated"]])

    @property
    def ends_passed(self) -> tuple[str, ...]:
        """The ends of visits beyond which a mean is drawn, as words; not those where no visit informs it."""
        drawn = self.mean["estimate"].notna()
        return tuple(dict.fromkeys(end for end in self.mean.loc[drawn, "extrapolated"] if end))


def view_arms(fit: OutcomeFit, means: pd.DataFrame) -> list[ArmView]:
    """Split data and means by arm; logarithms are turned back into the outcome's own units."""
    base = fit.spec.transform.base
    values = fit.design.y if base is None else base**fit.design.y
    points = np.column_stack([fit.design.rows["week"].to_numpy(dtype=float), values])
    subjects = np.split(points, fit.design.starts[1:-1])
    if base is not None:
        means = means.assign(**{name: base ** means[name] for name in ("estimate", "lower", "upper")})
    if "arm" not in means.columns:
        return [ArmView(None, colour_of(0), tuple(subjects), means)]
    arm_of = fit.design.rows["arm"].astype(str).to_numpy()[fit.design.starts[:-1]]
    return [
        ArmView(
            name,
            colour_of(number),
            tuple(points for points, arm in zip(subjects, arm_of, strict=True) if arm == name),
            means[means["arm"] == name],
        )
        for number, name in enumerate(fit.design.arms)
    ]


def draw_arm(ax: Axes, view: ArmView, *, individuals: bool) -> None:
    """Draw an arm's subjects, mean and band."""
    if individuals and view.subjects:
        _draw_subjects(ax, view)
    for mean, beyond in _stretches(view):
        look = _BEYOND if beyond else _SEEN
        ax.fill_between(
            mean["week"],
            mean["lower"],
            mean["upper"],
            color=view.colour,
            alpha=look["band"],
            linewidth=0,
            zorder=3,
            label="_beyond" if beyond else "band",
        )
        ax.plot(
            mean["week"],
            mean["estimate"],
            color=view.colour,
            linewidth=2.4,
            linestyle=look["line"],
            zorder=5,
            label="_beyond" if beyond else view.title,
        )


def draw_faintly(ax: Axes, view: ArmView) -> None:
    """Draw an arm's mean alone, as something to compare with."""
    for mean, beyond in _stretches(view):
        line = _BEYOND["line"] if beyond else (0, (5, 2))
        ax.plot(mean["week"], mean["estimate"], color=view.colour, linewidth=1.4, alpha=0.75, linestyle=line, zorder=4)


def draw_knot(ax: Axes, fit: OutcomeFit) -> None:
    """Mark the week in which the slope may change; where it is unknown, its posterior mean and 95% interval."""
    scale = fit.spec.timescale
    for number, week in enumerate(scale.knot_weeks):
        which = "knot" if number == 0 else f"knot {number + 1}"
        _draw_one_knot(ax, fit, week, f"{which}, {told_time(week, scale.unit)}")


def _draw_one_knot(ax: Axes, fit: OutcomeFit, knot: float, words: str) -> None:
    if isinstance(fit, PosteriorFit) and fit.response.knot is not None:
        draws = fit.stacked("knot")
        knot, (lower, upper) = float(draws.mean()), find_interval(draws, level=0.95)
        words = f"knot, week {knot:.0f}\n({lower:.0f} to {upper:.0f})"
        ax.axvspan(lower, upper, color=GREY, alpha=0.15, linewidth=0, zorder=0)
    ax.axvline(knot, color=INK, linewidth=0.9, linestyle="--", zorder=2)
    ax.annotate(
        words,
        xy=(knot, 1),
        xycoords=ax.get_xaxis_transform(),
        xytext=(4, -4),
        textcoords="offset points",
        ha="left",
        va="top",
        fontsize=8.5,
        color=INK,
        zorder=6,
        bbox={"boxstyle": "square,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.8},
    )


def set_scale(ax: Axes, spec: ModelSpec) -> None:
    """Make the upright axis logarithmic if the response is a logarithm; before anything is drawn."""
    if spec.transform.base is not None:
        ax.set_yscale("log")


def set_time(ax: Axes, unit: TimeUnit, *, label: bool = False) -> None:
    """Set the ticks of time, which is drawn in weeks, at whole weeks, months or days, and the words below if asked."""
    low, high = ax.get_xlim()
    size, steps = WEEKS_PER_UNIT[unit], _UNIT_STEPS[unit]
    step = next(step for step, longest in steps if (high - low) / size <= longest)
    ax.xaxis.set_major_locator(MultipleLocator(step * size))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda week, _: print_minus(f"{round(week / size, 6):g}")))
    if label:
        ax.set_xlabel(f"{unit.capitalize()}s since baseline", fontsize=10, color=INK)


def set_ticks(ax: Axes, spec: ModelSpec) -> None:
    """Set the ticks: weeks at multiples of 4 or 12, and 1, 2, 5 (or 1 alone) where the response is a logarithm."""
    set_time(ax, spec.timescale.unit)
    tidy_axes(ax)
    if spec.transform.base is not None:
        bottom, top = ax.get_ylim()
        ax.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if top / bottom < _MANY_DECADES else (1.0,)))
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        ax.yaxis.set_minor_locator(NullLocator())


def legend_entries(
    views: Sequence[ArmView], *, individuals: bool, faint: bool, mean: str
) -> tuple[list[Any], list[str]]:
    """Return the handles and the words of a legend."""
    handles: list[Any] = [
        (Patch(color=view.colour, alpha=0.25, linewidth=0), Line2D([], [], color=view.colour, linewidth=2.4))
        for view in views
    ]
    words = [textwrap.fill(f"{view.title}, {mean}", 2 * _LEGEND) for view in views]
    if faint:
        handles.append(Line2D([], [], color=GREY, linewidth=1.4, linestyle=(0, (5, 2))))
        words.append("mean of the other arm" if len(views) == 2 else "means of the other arms")
    ends = dict.fromkeys(end for view in views for end in view.ends_passed)
    if ends:
        shade = Patch(color=GREY, alpha=_BEYOND["band"], linewidth=0)
        handles.append((shade, Line2D([], [], color=GREY, linewidth=2.4, linestyle=_BEYOND["line"])))
        words.append(textwrap.fill(f"extrapolated: {'; '.join(ends)}", _LEGEND))
    if individuals:
        handles.append(Line2D([], [], color=GREY, linewidth=0.8))
        words.append("one subject")
    return handles, words


def tuple_handler() -> dict[type, HandlerTuple]:
    """Draw a band and its line on top of each other in a legend."""
    return {tuple: HandlerTuple(ndivide=1)}


def _stretches(view: ArmView) -> list[tuple[pd.DataFrame, bool]]:
    """The mean in pieces that are extrapolated or are not; a piece that is begins where its neighbour ends."""
    beyond = view.is_beyond
    edges = [0, *(np.flatnonzero(beyond[1:] != beyond[:-1]) + 1), len(beyond)]
    pieces = []
    for first, last in itertools.pairwise(edges):
        begin, end = (max(first - 1, 0), min(last + 1, len(beyond))) if beyond[first] else (first, last)
        pieces.append((view.mean.iloc[begin:end], bool(beyond[first])))
    return pieces


def _draw_subjects(ax: Axes, view: ArmView) -> None:
    alpha = float(np.clip(12 / max(len(view.subjects), 1), 0.12, 0.45))
    lines = LineCollection(view.subjects, colors=view.colour, linewidths=0.8, alpha=alpha, zorder=1, label="subjects")
    ax.add_collection(lines, autolim=False)
    ax.update_datalim(np.concatenate(view.subjects))
    lone = [points[0] for points in view.subjects if len(points) == 1]
    if lone:
        week, value = np.transpose(lone)
        ax.scatter(week, value, s=7, color=view.colour, alpha=alpha, linewidths=0, zorder=1, label="one visit")
    ax.autoscale_view()
