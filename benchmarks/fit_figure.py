"""Figures of the benchmarks of fits: time and memory of one fit against subjects, all axes logarithmic."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes

from alsmodels.report.canvas import COLOURS, GREY, INK, ReportFigure, new_figure, tidy_axes
from fit_data import MODELS, Matrix
from fit_peer import LEAST_SQUARES, OURS

PANELS = {"arrays": "from arrays", "frame": "from a frame with a formula"}
BLUE, VERMILION, GREEN, PINK, ORANGE, SKY, BLACK = COLOURS
STYLES: dict[str, dict[str, Any]] = {
    OURS: {"color": BLUE, "lw": 2.8, "zorder": 3},
    "mixedlm-rs": {"color": VERMILION},
    "lme-python": {"color": GREEN},
    "mixedlm": {"color": PINK},
    "glmm": {"color": GREEN, "ls": (0, (4, 2))},
    "statsmodels": {"color": ORANGE},
    "gpboost, independent effects": {"color": VERMILION, "ls": (0, (4, 2))},
    "lme4": {"color": BLACK},
    "lme4, calc.derivs = FALSE": {"color": BLACK, "ls": (0, (4, 2))},
    "nlme": {"color": SKY},
    "glmmTMB": {"color": SKY, "ls": (0, (4, 2))},
    LEAST_SQUARES: {"color": GREY, "ls": (0, (1, 2))},
}
APART = 0.055
"""Least distance of two names, as a share of the panel's height."""
LEAST_MB = 0.1
"""Less memory than this is drawn as so much."""


def draw_times(record: dict[str, Any]) -> ReportFigure:
    """A panel for each way and model; a line for each package, with its name beside it."""
    figure = new_figure(11.0, 8.4)
    grid = figure.subplots(2, 2, sharex=True, sharey=True)
    threads = record["cells"][0]["threads"]
    rows = [row for row in record["cells"] if row["threads"] == threads and "median_s" in row]
    panels = []
    for line, way in zip(grid, PANELS, strict=True):
        for ax, model in zip(line, MODELS, strict=True):
            here = [row for row in rows if row["way"] == way and row["model"] == model]
            panels.append((ax, _draw_lines(ax, here, "median_s")))
            ax.set_title(f"{MODELS[model].name.capitalize()}, {PANELS[way]}", fontsize=10, loc="left", color=INK)
    for ax, ends in panels:  # the axes are shared, so that limits are known when all lines are there
        _name_lines(ax, ends)
    for ax in grid[-1]:
        ax.set_xlabel("Subjects, 14 visits each", fontsize=9, color=INK)
    for ax in grid[:, 0]:
        ax.set_ylabel("Median time of one fit (s)", fontsize=9, color=INK)
    return figure


def draw_memory(record: dict[str, Any]) -> ReportFigure:
    """One panel: what a fit adds to the memory held."""
    figure = new_figure(7.5, 4.8)
    ax = figure.subplots()
    rows = [row | {"added_mb": max(row["added_mb"], LEAST_MB)} for row in record["held"] if "added_mb" in row]
    ends = _draw_lines(ax, rows, "added_mb")
    ax.set_title(f"{MODELS[record['model']].name.capitalize()}", fontsize=10, loc="left", color=INK)
    ax.set_xlabel("Subjects, 14 visits each", fontsize=9, color=INK)
    ax.set_ylabel("Memory that one fit adds (MB)", fontsize=9, color=INK)
    _name_lines(ax, ends)
    return figure


def _draw_lines(ax: Axes, rows: list[dict[str, Any]], what: str) -> dict[str, Matrix]:
    """The last point of each package."""
    ends = {}
    for name, style in STYLES.items():
        points = np.array([(row["subjects"], row[what]) for row in rows if row["engine"] == name])
        if len(points):
            ax.loglog(points[:, 0], points[:, 1], marker="o", ms=3.5, **{"lw": 1.4, **style})
            ends[name] = points[-1]
    tidy_axes(ax)
    ax.grid(visible=True, which="major", color="#E6E6E6", lw=0.6)
    return ends


def _name_lines(ax: Axes, ends: dict[str, Matrix]) -> None:
    """Names in a column right of the panel, in the order of the last points, each with a thin line to its own."""
    names = sorted(ends, key=lambda name: float(ends[name][1]))
    low, high = np.log10(ax.get_ylim())
    heights = (np.log10([ends[name][1] for name in names]) - low) / (high - low)
    most = 1 - APART * np.arange(len(names))[::-1]  # none beside the title
    for name, place in zip(names, np.minimum(spread(heights, apart=APART), most), strict=True):
        colour = STYLES[name]["color"]
        ax.text(1.05, place, name, transform=ax.transAxes, color=colour, fontsize=8, va="center")
        line = {"arrowstyle": "-", "color": colour, "lw": 0.5, "alpha": 0.5, "shrinkA": 0, "shrinkB": 3}
        to_its_line = ax.annotate("", ends[name], (1.04, place), textcoords="axes fraction", arrowprops=line)
        to_its_line.set_in_layout(False)


def spread(places: Matrix, *, apart: float) -> Matrix:
    """Ascending places moved as little as they must be to lie ``apart``: least squares, by pooling neighbours."""
    steps = apart * np.arange(len(places))
    groups: list[list[float]] = []
    for value in places - steps:
        groups.append([float(value)])
        while len(groups) > 1 and np.mean(groups[-2]) > np.mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    return np.asarray(np.concatenate([np.full(len(group), np.mean(group)) for group in groups]) + steps)
