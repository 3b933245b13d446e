"""Panels of predictive checks: observed means and values by visit against predictions, and courses under the priors."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from numpy.typing import NDArray

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.predictive import PriorPredictive
from alsmodels.bayes.replication import censor_values
from alsmodels.model.design import Design
from alsmodels.model.spec import ModelSpec
from alsmodels.report.canvas import GREY, INK, colour_of
from alsmodels.report.panels import set_scale, set_ticks
from alsmodels.report.wording import wrap_title

__all__ = [
    "LEAVING",
    "VisitView",
    "arm_rows",
    "draw_courses",
    "draw_means",
    "draw_values",
    "nominal_visits",
    "view_visits",
]

LEAVING = "#CC79A7"
"""The colour of courses that leave the bounds."""

Matrix = NDArray[np.float64]
Codes = NDArray[np.int64]

# Limits of the inner and the outer band.
_SHARES = (0.025, 0.25, 0.75, 0.975)
_MOST_VISITS = 15
# Characters of a line of a title.
_TITLE = 38
# Weeks between visits that may be meant where the weeks themselves are too many.
_RHYTHMS = (1.0, 2.0, 4.0, 8.0, 12.0, 13.0, 26.0, 52.0)


@final
@dataclass(frozen=True, slots=True, eq=False)
class VisitView:
    """What is drawn of an arm's visits, in the outcome's own units.

    Attributes
    ----------
    name, colour : str or None, str
        Of the arm; no name where the model has no arms.
    n_subjects : int
        In the arm.
    week : ndarray of shape (v,)
        Mean week of each visit.
    mean : ndarray of shape (v,)
        Observed.
    mean_bands, value_bands : ndarray of shape (4, v)
        Limits of the 95% and 50% bands of predicted means and values.
    points : ndarray of shape (r, 2)
        Week and value of each row.
    held : tuple of (float, float)
        Shares of the values inside the 50% and 95% bands of their own predictions.
    """

    name: str | None
    colour: str
    n_subjects: int
    week: Matrix
    mean: Matrix
    mean_bands: Matrix
    value_bands: Matrix
    points: Matrix
    held: tuple[float, float]

    @property
    def title(self) -> str:
        """The arm and how many subjects it has."""
        return f"{'all subjects' if self.name is None else self.name} (n = {self.n_subjects})"


def nominal_visits(weeks: Matrix, visits: Sequence[float] | None = None) -> Codes:
    """Number the visit of each row, shape (n,).

    A row belongs to the nearest of the visits. Without them each distinct week is one if they are few; if not, visits
    are taken to be as many weeks apart as leaves few enough of them.

    Examples
    --------
    >>> nominal_visits(np.array([0.0, 3.3, 4.4, 8.4]), [0, 4, 8]).tolist()
    [0, 1, 1, 2]
    """
    places = _guess_visits(weeks) if visits is None else np.sort(np.asarray(visits, dtype=float))
    nearest = np.abs(weeks[:, None] - places).argmin(axis=1)
    return np.unique(nearest, return_inverse=True)[1].astype(np.int64)


def view_visits(post: PosteriorFit, visits: Sequence[float] | None) -> list[VisitView]:
    """Split data and predictions by arm and visit; the posterior has the group ``posterior_predictive``."""
    design = post.design
    predicted = post.draws["posterior_predictive"]["y"].transpose("chain", "draw", "row").to_numpy()
    predicted = predicted.reshape(-1, design.n_obs)
    if post.response.censored:
        predicted = censor_values(predicted, design)
    weeks = design.rows["week"].to_numpy(dtype=float)
    codes = nominal_visits(weeks, visits)
    return [
        _view_arm(design, predicted, weeks, codes, rows=rows, name=name, colour=colour_of(number))
        for number, (name, rows) in enumerate(arm_rows(design))
    ]


def draw_means(ax: Axes, view: VisitView, spec: ModelSpec) -> None:
    """Draw the observed mean of each visit against the predicted means of the same rows."""
    set_scale(ax, spec)
    _draw_bands(ax, view.week, view.mean_bands, view.colour)
    look: dict[str, Any] = {"color": INK, "markersize": 4.5, "linewidth": 0.8, "zorder": 5}
    ax.plot(view.week, view.mean, marker="o", label="observed", **look)
    inside = int(np.sum((view.mean >= view.mean_bands[0]) & (view.mean <= view.mean_bands[3])))
    _write_title(ax, view.title, f"{inside} of {len(view.mean)} means are in their 95% band", view.colour)
    set_ticks(ax, spec)


def draw_values(ax: Axes, view: VisitView, spec: ModelSpec) -> None:
    """Draw the observed values against the predicted ones of all subjects of a visit."""
    set_scale(ax, spec)
    _draw_bands(ax, view.week, view.value_bands, view.colour)
    ax.scatter(
        view.points[:, 0], view.points[:, 1], s=6, color=INK, alpha=0.45, linewidths=0, zorder=5, label="observed"
    )
    inner, outer = view.held
    _write_title(ax, "", f"50% intervals hold {inner:.0%}, 95% intervals {outer:.0%}", view.colour)
    set_ticks(ax, spec)


def draw_courses(ax: Axes, predictive: PriorPredictive, rows: Codes, *, lines: int) -> None:
    """Draw prior courses of one arm's subjects, each from another draw; those that leave the bounds stand out."""
    spec, base = predictive.design.spec, predictive.design.spec.transform.base
    bounds = (-np.inf, np.inf) if predictive.bounds is None else predictive.bounds
    courses = _pick_courses(predictive, rows, lines)
    low, high = _window(np.concatenate([course[:, 1] for course in courses]), bounds)
    set_scale(ax, spec)
    for colour, label, leaving in ((GREY, "inside", False), (LEAVING, "leaving", True)):
        chosen = [one for one in courses if leaving == bool(np.any((one[:, 1] < bounds[0]) | (one[:, 1] > bounds[1])))]
        drawn = [_in_units(np.clip(one, [-np.inf, 2 * low - high], [np.inf, 2 * high - low]), base) for one in chosen]
        look: dict[str, Any] = {"colors": colour, "linewidths": 0.8, "alpha": 0.6, "label": label}
        ax.add_collection(LineCollection(drawn, **look), autolim=False)
    for bound, above in zip(bounds, (False, True), strict=True):
        if np.isfinite(bound):
            _draw_bound(ax, float(_to_units(np.array(bound), base)), above=above)
    weeks = predictive.design.rows["week"]
    ax.set_xlim(float(weeks.min()), float(weeks.max()))
    ax.set_ylim(*_to_units(np.array([low, high]), base))
    set_ticks(ax, spec)


def arm_rows(design: Design) -> list[tuple[str | None, Codes]]:
    """The rows of each arm, the reference first; of all subjects together if the data have no arms."""
    if not design.arms:
        return [(None, np.arange(design.n_obs))]
    arm = design.rows["arm"].astype(str).to_numpy()
    return [(name, np.flatnonzero(arm == name)) for name in design.arms]


def _guess_visits(weeks: Matrix) -> Matrix:
    distinct = np.unique(weeks)
    if len(distinct) <= _MOST_VISITS:
        return distinct
    first, last = float(distinct[0]), float(distinct[-1])
    reach = last - first
    rhythm = next((one for one in _RHYTHMS if reach / one < _MOST_VISITS), reach / _MOST_VISITS)
    return np.arange(np.floor(first / rhythm), np.ceil(last / rhythm) + 1) * rhythm


def _view_arm(
    design: Design, predicted: Matrix, weeks: Matrix, codes: Codes, *, rows: Codes, name: str | None, colour: str
) -> VisitView:
    base, y = design.spec.transform.base, design.y
    visits = [rows[codes[rows] == code] for code in np.unique(codes[rows])]
    means = [np.quantile(predicted[:, visit].mean(axis=1), _SHARES) for visit in visits]
    values = [np.quantile(predicted[:, visit], _SHARES) for visit in visits]
    # Where each value is among its own predictions; a tie counts half.
    place = np.array([np.mean(predicted[:, row] < y[row]) + np.mean(predicted[:, row] == y[row]) / 2 for row in rows])
    return VisitView(
        name=name,
        colour=colour,
        n_subjects=len(np.unique(design.codes[rows])),
        week=np.array([weeks[visit].mean() for visit in visits]),
        mean=_to_units(np.array([y[visit].mean() for visit in visits]), base),
        mean_bands=_to_units(np.transpose(means), base),
        value_bands=_to_units(np.transpose(values), base),
        points=_in_units(np.column_stack([weeks[rows], y[rows]]), base),
        held=(float(np.mean(np.abs(place - 0.5) <= 0.25)), float(np.mean(np.abs(place - 0.5) <= 0.475))),
    )


def _to_units(values: Matrix, base: float | None) -> Matrix:
    """Turn logarithms back."""
    return values if base is None else np.asarray(base**values)


def _in_units(points: Matrix, base: float | None) -> Matrix:
    return np.column_stack([points[:, 0], _to_units(points[:, 1], base)])


def _draw_bands(ax: Axes, week: Matrix, bands: Matrix, colour: str) -> None:
    for low, high, alpha, label in ((0, 3, 0.22, "95% band"), (1, 2, 0.38, "50% band")):
        ax.fill_between(week, bands[low], bands[high], color=colour, alpha=alpha, linewidth=0, zorder=2, label=label)


def _write_title(ax: Axes, title: str, below: str, colour: str) -> None:
    """A title, if there is one, and under it a line in grey."""
    look: dict[str, Any] = {"fontsize": 8.5, "color": "#5A5A5A", "ha": "left", "va": "bottom"}
    ax.annotate(below, xy=(0, 1), xycoords="axes fraction", xytext=(0, 4), textcoords="offset points", **look)
    if title:
        ax.set_title(wrap_title(title, _TITLE), loc="left", fontsize=11, color=colour, fontweight="bold", pad=18)


def _pick_courses(predictive: PriorPredictive, rows: Codes, lines: int) -> list[Matrix]:
    """Week and level of subjects of the arm in turn, those seen longest first, each in a draw of its own."""
    design, size = predictive.design, len(predictive.mu)
    weeks = design.rows["week"].to_numpy(dtype=float)
    subjects = np.unique(design.codes[rows])
    longest = subjects[np.argsort(-weeks[design.starts[subjects + 1] - 1], kind="stable")]
    longest = longest[: max(1, (len(longest) + 1) // 2)]
    draws = np.unique(np.linspace(0, size - 1, min(lines, size)).astype(int))
    picked = []
    for number, draw in enumerate(draws):
        start, stop = design.starts[longest[number % len(longest)] + np.array([0, 1])]
        picked.append(np.column_stack([weeks[start:stop], predictive.mu[draw, start:stop]]))
    return picked


def _window(values: Matrix, bounds: tuple[float, float]) -> tuple[float, float]:
    """Limits of the upright axis: nearly all of what is drawn, and the bounds."""
    low, high = np.quantile(values, [0.01, 0.99])
    finite = [bound for bound in bounds if np.isfinite(bound)]
    low, high = min([low, *finite]), max([high, *finite])
    return float(low - 0.05 * (high - low)), float(high + 0.05 * (high - low))


def _draw_bound(ax: Axes, bound: float, *, above: bool) -> None:
    ax.axhline(bound, color=INK, linewidth=1.1, linestyle="--", zorder=4)
    box = {"boxstyle": "square,pad=0.1", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    look: dict[str, Any] = {"fontsize": 8.5, "color": INK, "ha": "right", "zorder": 6, "bbox": box}
    ax.annotate(
        f"bound, {bound:g}",
        xy=(1, bound),
        xycoords=ax.get_yaxis_transform(),
        xytext=(-3, 3 if above else -3),
        va="bottom" if above else "top",
        textcoords="offset points",
        **look,
    )
