"""The zip plot: the intervals of simulated trials, sorted by how far they miss the truth."""

from collections.abc import Sequence
from math import ceil
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray
from scipy.special import ndtri

from alsmodels.errors import EstimandError, shown
from alsmodels.report.canvas import COLOURS, GREY, INK, new_figure, tidy_axes, use_axes, write_plainly
from alsmodels.report.wording import print_minus, wrap_question

__all__ = ["plot_zip"]

Mask = NDArray[np.bool_]

_NEEDED: Final = ("estimate", "std_error", "lower", "upper")
_COVERS, _MISSES = COLOURS[5], COLOURS[1]
_MOST_COLUMNS = 3


def plot_zip(
    results: pd.DataFrame | xr.Dataset,
    *,
    truth: float | str = "target",
    by: str | None = "estimand",
    level: float = 0.95,
    tail: float = 0.0,
    axes: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """Draw the intervals of many replicates by the rank of their distance to the truth (Morris, White & Crowther 2019).

    An interval's height is the share of replicates whose estimate lies nearer to the truth in standard errors. With
    right intervals the zip opens at the level: those below cover the truth, those above do not; misses on one side
    alone tell of bias.

    Parameters
    ----------
    results : pandas.DataFrame or xarray.Dataset
        A row for each replicate with estimate, std_error, lower and upper; or the dataset of `fit_many`, `sample_many`
        or of a study, of which each cell with one estimand is a panel if it is selected by ``sel`` first.
    truth : float or str, default "target"
        The true value, or the column that has it.
    by : str or None, default "estimand"
        The column whose values are panels; None, or a column that is not there, for one panel.
    level : float, default 0.95
        The level of the intervals, and of the band that says where chance lets the zip open.
    tail : float, default 0.0
        The share of the replicates, the nearest ones, that is left out: 0.8 shows the upper fifth.
    axes : matplotlib.axes.Axes or sequence of Axes, optional
        The axes to draw in, one for each panel; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which shows itself in a notebook.

    Raises
    ------
    EstimandError
        If a column is missing, or no replicate has an interval.
    """
    table = _as_table(results, truth)
    parts: list[tuple[Any, pd.DataFrame]] = [(None, table)]
    if by is not None and by in table.columns:
        parts = list(table.groupby(by, sort=False))
    figure, panels = _panels(len(parts)) if axes is None else use_axes(axes, (len(parts),))
    for ax, (name, part) in zip(panels, parts, strict=True):
        covers = _draw(ax, part, level=level, tail=tail)
        title = "" if name is None else str(name)
        lines = [*(wrap_question(title, 34) if title else []), _words(covers)]
        ax.set_title("\n".join(lines), loc="left", fontsize=9.5, color=INK)
        ax.set_xlabel(_unit(part), fontsize=9, color=INK)
    panels[0].set_ylabel("Rank of the distance to the truth (%)", fontsize=9.5, color=INK)
    return write_plainly(figure, panels)


def _as_table(results: pd.DataFrame | xr.Dataset, truth: float | str) -> pd.DataFrame:
    table = _rows_of(results) if isinstance(results, xr.Dataset) else results
    needed = [*_NEEDED, *([truth] if isinstance(truth, str) else [])]
    missing = [name for name in needed if name not in table.columns]
    if missing:
        raise EstimandError(f"The results have no {shown(missing[0])}; they have {', '.join(map(str, table.columns))}.")
    table = table.assign(target=table[truth] if isinstance(truth, str) else float(truth))
    table = table.dropna(subset=list(_NEEDED))
    if table.empty:
        raise EstimandError("No replicate has an interval, so there is nothing to draw.")
    return table


def _rows_of(results: xr.Dataset) -> pd.DataFrame:
    """A row for each interval; what lies along other dimensions, such as coefficients, would repeat it."""
    along = set(results["estimate"].dims if "estimate" in results else results.dims)
    return (
        results[[name for name in results.data_vars if set(results[name].dims) <= along]].to_dataframe().reset_index()
    )


def _unit(part: pd.DataFrame) -> str:
    """The unit of a panel, if the results have one."""
    return str(part["unit"].iloc[0]) if "unit" in part.columns else ""


def _draw(ax: Axes, part: pd.DataFrame, *, level: float, tail: float) -> Mask:
    """Draw a zip; return which intervals, sorted by their distance, cover the truth."""
    distance = ((part["estimate"] - part["target"]) / part["std_error"]).abs().to_numpy()
    part = part.iloc[np.argsort(distance, kind="stable")]
    rank = 100 * (np.arange(len(part)) + 0.5) / len(part)
    covers = ((part["lower"] <= part["target"]) & (part["upper"] >= part["target"])).to_numpy()
    limits = part[["lower", "upper"]].to_numpy()
    shown = rank >= 100 * tail
    for inside, colour in ((True, _COVERS), (False, _MISSES)):
        kept = shown & (covers == inside)
        lines = [[(low, at), (high, at)] for (low, high), at in zip(limits[kept], rank[kept], strict=True)]
        width = float(np.clip(260 * (1 - tail) / max(shown.sum(), 1), 0.35, 2.0))
        ax.add_collection(LineCollection(lines, colors=colour, linewidths=width, zorder=2), autolim=False)
    _set_limits(ax, limits[shown], tail)
    ax.axvline(float(part["target"].iloc[0]), color=INK, linewidth=0.9, zorder=3)
    _mark_coverage(ax, covers, level)
    return covers


def _set_limits(ax: Axes, limits: Any, tail: float) -> None:
    low, high = limits.min(), limits.max()
    room = 0.04 * (high - low)
    ax.set_xlim(low - room, high + room)
    ax.set_ylim(100 * tail, 100)
    tidy_axes(ax)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: print_minus(f"{value:g}")))


def _mark_coverage(ax: Axes, covers: Mask, level: float) -> None:
    """Where the zip should open, and the Monte Carlo limits of where it does."""
    share, width = float(np.mean(covers)), ndtri(0.975) * _error(covers)
    ax.axhline(100 * level, color=GREY, linewidth=0.9, linestyle=(0, (4, 2)), zorder=4)
    for edge in (share - width, share + width):
        ax.axhline(100 * edge, color=INK, linewidth=0.8, zorder=4)


def _words(covers: Mask) -> str:
    return f"{100 * np.mean(covers):.1f}% ± {100 * _error(covers):.1f} of {len(covers)} cover"


def _error(covers: Mask) -> float:
    share = float(np.mean(covers))
    return float(np.sqrt(share * (1 - share) / len(covers)))


def _panels(count: int) -> tuple[Figure, list[Axes]]:
    columns = min(count, _MOST_COLUMNS)
    lines = ceil(count / columns)
    figure = new_figure(max(3.2 * columns, 5.8), 3.9 * lines + 0.4)
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for ax in grid[count:]:
        ax.remove()
    handles = [Line2D([], [], color=_COVERS, linewidth=2), Line2D([], [], color=_MISSES, linewidth=2)]
    handles += [Line2D([], [], color=GREY, linestyle=(0, (4, 2))), Line2D([], [], color=INK, linewidth=0.8)]
    words = ["interval covers the truth", "interval misses it", "level", "95% Monte Carlo limits of coverage"]
    figure.legend(handles, words, loc="outside lower center", ncols=2, fontsize=8.5, frameon=False)
    return figure, list(grid[:count])
