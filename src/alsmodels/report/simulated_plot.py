"""The figure that holds a simulated cohort against a real one: courses, and how they lie at each visit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from alsmodels.data.cohort import Cohort
from alsmodels.data.outcomes import Outcome
from alsmodels.errors import DataError, shown
from alsmodels.model.formula import spell_name
from alsmodels.model.spec import ModelSpec
from alsmodels.report.canvas import INK, colour_of, new_figure, use_axes, write_plainly
from alsmodels.report.panels import set_scale, set_ticks
from alsmodels.report.predictive_panels import nominal_visits
from alsmodels.report.wording import wrap_title

__all__ = ["plot_simulated"]

Matrix = NDArray[np.float64]
_Courses: TypeAlias = dict[str | None, tuple[Matrix, ...]]

# Limits of the middle 80% and the median.
_SHARES = (0.1, 0.5, 0.9)
_REAL = "#6B6B6B"
# Fewer values than this at a visit have no quantiles worth drawing.
_FEWEST = 5


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Arm:
    """Courses of an arm's subjects, each of shape (visits, 2): week and value."""

    name: str | None
    colour: str
    real: tuple[Matrix, ...]
    simulated: tuple[Matrix, ...]

    @property
    def title(self) -> str:
        name = "all subjects" if self.name is None else self.name
        return f"{name} ({len(self.real)} real, {len(self.simulated)} simulated)"


def plot_simulated(
    simulated: Cohort,
    observed: Cohort,
    *,
    outcome: str = "alsfrs_r",
    visits: Sequence[float] | None = None,
    lines: int = 60,
    axes: Sequence[Axes] | None = None,
) -> Figure:
    """Draw a simulated cohort over a real one.

    Parameters
    ----------
    simulated : Cohort
        The cohort of `simulate_cohort`.
    observed : Cohort
        The real cohort, which the simulated one should resemble.
    outcome : str, default "alsfrs_r"
        The column that is drawn; both must have it.
    visits : sequence of float, optional
        The weeks of the visits, to the nearest of which each value is counted; by default they are found from the
        weeks.
    lines : int, default 60
        The largest number of courses to draw of each cohort in an arm, the first ones.
    axes : sequence of matplotlib.axes.Axes, optional
        The axes to draw in, two for each arm, first those of the courses; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure. For each arm that both have, or for all subjects together where their arms are not the same, it
        shows the courses above, and below them the median and the middle 80% of the values at each visit, of both.
        Values at a limit of quantification are drawn at it; an outcome on the log scale has a logarithmic axis. It
        shows itself in a notebook.

    Raises
    ------
    DataError
        If a cohort does not have the outcome, or has no value of it.
    """
    arms = _split(simulated, observed, outcome)
    known = observed.outcomes.get(outcome) or simulated.outcomes.get(outcome) or Outcome(outcome)
    spec = _spec_of(known)
    figure, panels = _panels(len(arms)) if axes is None else use_axes(axes, (2 * len(arms),))
    for number, arm in enumerate(arms):
        above, below = panels[number], panels[len(arms) + number]
        for ax, draw in ((above, _draw_courses), (below, _draw_quantiles)):
            set_scale(ax, spec)
            draw(ax, arm, lines=lines, visits=visits)
            set_ticks(ax, spec)
        above.set_title(wrap_title(arm.title, 38), loc="left", fontsize=11, color=arm.colour, fontweight="bold")
        below.set_xlabel("Weeks since baseline", fontsize=10, color=INK)
    for ax, what in ((panels[0], "one course a subject"), (panels[len(arms)], "by visit")):
        ax.set_ylabel(f"{known.title}\n{what}", fontsize=10, color=INK)
    _add_legend(figure, panels[0] if axes is not None else None)
    return write_plainly(figure, panels)


def _spec_of(outcome: Outcome) -> ModelSpec:
    """A model of the outcome on its scale, by which panels know how to draw it."""
    response = spell_name(outcome.name)
    return ModelSpec(f"{f'log({response})' if outcome.scale == 'log' else response} ~ week + (1 | subject)")


def _split(simulated: Cohort, observed: Cohort, outcome: str) -> list[_Arm]:
    pairs: list[_Courses] = [
        _courses(cohort, outcome, what) for cohort, what in ((observed, "observed"), (simulated, "simulated"))
    ]
    real, made = pairs
    if set(real) != set(made):
        real, made = map(_together, pairs)
    return [_Arm(name, colour_of(number), real[name], made[name]) for number, name in enumerate(real)]


def _together(courses: _Courses) -> _Courses:
    return {None: tuple(course for arm in courses.values() for course in arm)}


def _courses(cohort: Cohort, outcome: str, what: str) -> _Courses:
    """The courses of each arm, the reference first; of all subjects where there are no arms."""
    frame = cohort.to_frame()
    if outcome not in frame.columns or outcome not in cohort.outcomes:
        raise DataError(
            f"The {what} cohort has no outcome {shown(outcome)}; it has {', '.join(cohort.outcomes) or 'none'}."
        )
    seen = frame.dropna(subset=[outcome])
    if seen.empty:
        raise DataError(f"The {what} cohort has no value of {shown(outcome)}.")
    found: _Courses = {}
    for name in cohort.arms or (None,):
        rows = seen if name is None else seen[seen["arm"] == name]
        starts = np.flatnonzero(rows["subject"].to_numpy()[1:] != rows["subject"].to_numpy()[:-1]) + 1
        points = rows[["week", outcome]].to_numpy(dtype=float)
        found[name] = tuple(np.split(points, starts)) if len(points) else ()
    return {name: courses for name, courses in found.items() if courses}


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    figure = new_figure(max(6.4, 4.6 * count), 7.2)
    return figure, list(figure.subplots(2, count, sharex=True, sharey="row", squeeze=False).ravel())


def _draw_courses(ax: Axes, arm: _Arm, *, lines: int, visits: Sequence[float] | None) -> None:
    """Real courses below, simulated ones above them."""
    del visits
    for courses, colour, order, label in ((arm.real, _REAL, 1, "real"), (arm.simulated, arm.colour, 2, "simulated")):
        drawn = courses[:lines]
        alpha = float(np.clip(18 / max(len(drawn), 1), 0.25, 0.7))
        look: dict[str, Any] = {"colors": colour, "linewidths": 0.9, "alpha": alpha, "zorder": order, "label": label}
        ax.add_collection(LineCollection(drawn, **look), autolim=False)
        ax.update_datalim(np.concatenate(drawn))
    ax.autoscale_view()


def _draw_quantiles(ax: Axes, arm: _Arm, *, lines: int, visits: Sequence[float] | None) -> None:
    """Median and middle 80% of the values at each visit: simulated as a band, real as points with bars."""
    del lines
    week, made = _quantiles(arm.simulated, visits)
    ax.fill_between(week, made[0], made[2], color=arm.colour, alpha=0.28, linewidth=0, zorder=1, label="simulated")
    ax.plot(week, made[1], color=arm.colour, linewidth=2.2, zorder=2)
    week, real = _quantiles(arm.real, visits)
    # Bars as one line with gaps: on a logarithmic axis matplotlib's own get the limits wrong.
    gaps = np.full(len(week), np.nan)
    ax.plot(np.repeat(week, 3), np.column_stack([real[0], real[2], gaps]).ravel(), color=INK, linewidth=1.0, zorder=3)
    ax.plot(week, real[1], color=INK, marker="o", markersize=4, linestyle="none", zorder=4, label="real")


def _quantiles(courses: Sequence[Matrix], visits: Sequence[float] | None) -> tuple[Matrix, Matrix]:
    """Mean week of each visit, shape (v,), and quantiles of its values, shape (3, v)."""
    points = np.concatenate(courses)
    codes = nominal_visits(points[:, 0], visits)
    parts = [points[codes == code] for code in np.unique(codes)]
    kept = [part for part in parts if len(part) >= _FEWEST] or parts
    week = np.array([part[:, 0].mean() for part in kept])
    return week, np.transpose([np.quantile(part[:, 1], _SHARES) for part in kept])


def _add_legend(figure: Figure, ax: Axes | None) -> None:
    handles: list[Any] = [
        Line2D([], [], color=_REAL, linewidth=1.2),
        Line2D([], [], color=colour_of(0), linewidth=1.2),
        Line2D([], [], color=INK, marker="o", markersize=4, linewidth=1.0),
        Patch(color=colour_of(0), alpha=0.28),
    ]
    words = ["real", "simulated", "real: median and middle 80%", "simulated: median and middle 80%"]
    look: dict[str, Any] = {"fontsize": 9, "frameon": False}
    if ax is None:
        figure.legend(handles, words, loc="outside lower center", ncols=2, **look)
    else:
        ax.legend(handles, words, loc="lower left", **look)
