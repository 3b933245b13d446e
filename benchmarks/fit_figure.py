"""The figure of fit_times.py: time of one fit against subjects, both axes logarithmic."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from alsmodels.report.canvas import COLOURS, GREY, INK, ReportFigure, new_figure, tidy_axes
from fit_data import MODELS, Matrix
from fit_peers import LEAST_SQUARES, OURS

PANELS = {"arrays": "from arrays", "frame": "from a frame with a formula"}
BLUE, VERMILION, GREEN, PINK, ORANGE, SKY, BLACK = COLOURS
STYLES: dict[str, dict[str, Any]] = {
    OURS: {"color": BLUE, "lw": 2.8, "zorder": 3},
    "mixedlm-rs": {"color": VERMILION},
    "lme-python": {"color": GREEN},
    "mixedlm": {"color": PINK},
    "statsmodels": {"color": ORANGE},
    "lme4": {"color": BLACK},
    "lme4, calc.derivs = FALSE": {"color": BLACK, "ls": (0, (4, 2))},
    "nlme": {"color": SKY},
    LEAST_SQUARES: {"color": GREY, "ls": (0, (1, 2))},
}
APART = 0.05
"""Least distance of two labels, as a share of the panel's height."""


def draw_times(record: dict[str, Any]) -> ReportFigure:
    """A panel for each way and model; a line for each package, with its name at the end."""
    figure = new_figure(10.5, 8.0)
    grid = figure.subplots(2, 2, sharex=True, sharey=True)
    threads = record["cells"][0]["threads"]
    rows = [row for row in record["cells"] if row["threads"] == threads and "median_s" in row]
    panels = []
    for line, way in zip(grid, PANELS, strict=True):
        for ax, model in zip(line, MODELS, strict=True):
            here = [row for row in rows if row["way"] == way and row["model"] == model]
            panels.append((ax, _draw_lines(ax, here)))
            ax.set_title(f"{MODELS[model].name.capitalize()}, {PANELS[way]}", fontsize=10, loc="left", color=INK)
    for ax, ends in panels:  # the axes are shared, so that limits are known when all lines are there
        _label_ends(ax, ends)
    for ax in grid[-1]:
        ax.set_xlabel("Subjects, 14 visits each", fontsize=9, color=INK)
    for ax in grid[:, 0]:
        ax.set_ylabel("Median time of one fit (s)", fontsize=9, color=INK)
    return figure


def _draw_lines(ax: Axes, rows: list[dict[str, Any]]) -> dict[str, float]:
    """The last time of each package that fitted the largest trial; the others' names are beside their last points."""
    ends, largest = {}, max((row["subjects"] for row in rows), default=0)
    for name, style in STYLES.items():
        points = np.array([(row["subjects"], row["median_s"]) for row in rows if row["engine"] == name])
        if len(points):
            ax.loglog(points[:, 0], points[:, 1], marker="o", ms=3.5, **{"lw": 1.4, **style})
            if points[-1, 0] == largest:
                ends[name] = float(points[-1, 1])
            else:
                ax.annotate(name, points[-1], (5, 3), textcoords="offset points", color=style["color"], fontsize=8)
    tidy_axes(ax)
    ax.grid(visible=True, which="major", color="#E6E6E6", lw=0.6)
    return ends


def _label_ends(ax: Axes, ends: dict[str, float]) -> None:
    names = sorted(ends, key=lambda name: ends[name])
    low, high = np.log10(ax.get_ylim())
    places = spread((np.log10([ends[name] for name in names]) - low) / (high - low), apart=APART)
    for name, place in zip(names, places, strict=True):
        ax.text(1.01, place, name, transform=ax.transAxes, color=STYLES[name]["color"], fontsize=8, va="center")


def spread(places: Matrix, *, apart: float) -> Matrix:
    """Ascending places moved as little as they must be to lie ``apart``: least squares, by pooling neighbours."""
    steps = apart * np.arange(len(places))
    groups: list[list[float]] = []
    for value in places - steps:
        groups.append([float(value)])
        while len(groups) > 1 and np.mean(groups[-2]) > np.mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    return np.asarray(np.concatenate([np.full(len(group), np.mean(group)) for group in groups]) + steps)
