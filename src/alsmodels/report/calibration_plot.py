"""The figure of a calibration: how the ranks of each quantity stray from uniform, and how far chance lets them."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter
from numpy.typing import NDArray

from alsmodels.bayes.calibration import Calibration
from alsmodels.kernels.uniformity import ecdf_band, rank_counts
from alsmodels.report.canvas import COLOURS, GREY, INK, new_figure, tidy_axes, use_axes, write_plainly
from alsmodels.report.wording import print_minus, wrap_question

__all__ = ["plot_calibration"]

_MOST_COLUMNS = 4
# Inches of a panel, and of what is around all of them.
_WIDTH, _HEIGHT, _AROUND = 2.35, 1.72, 0.75
_WRAP = 29
_BAND, _EDGE, _GOOD, _BAD = "#E4E9EE", "#B4BFC9", COLOURS[0], COLOURS[1]


def plot_calibration(
    calibration: Calibration, *, level: float = 0.95, axes: Axes | Sequence[Axes] | None = None
) -> Figure:
    """Draw the distribution function of the ranks of each quantity, less that of uniform ranks.

    An arch is of draws too high, a trough of draws too low, a curve up and then down of draws too narrow, down and then
    up of draws too wide.

    Parameters
    ----------
    calibration : Calibration
        The result of `calibrate`.
    level : float, default 0.95
        The level of the band, which holds the whole curve of uniform ranks with this chance (Säilynoja, Bürkner &
        Vehtari 2022). It is a panel's own: of twenty panels one leaves a band of 95% by chance. The colour of a curve
        is that of its verdict, which considers how many there are.
    axes : matplotlib.axes.Axes or sequence of Axes, optional
        The axes to draw in, one for each quantity; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which shows itself in a notebook.
    """
    titles = calibration.titles or [str(name) for name in calibration.ranks.columns]
    figure, panels = _grid(len(titles)) if axes is None else use_axes(axes, (len(titles),))
    n_ranks = calibration.n_draws + 1
    place = np.arange(n_ranks + 1) / n_ranks
    lower, upper = ecdf_band(calibration.n_replicates, n_ranks, level)
    tested = calibration.table()
    for number, ax in enumerate(panels):
        strays = rank_counts(calibration.ranks.iloc[:, number].to_numpy(), n_ranks) / calibration.n_replicates - place
        row = tested.iloc[number]
        _draw(ax, place, strays, (lower - place, upper - place), uniform=row["verdict"] == "uniform")
        _label(ax, titles[number], p_value=float(row["p_value"]), verdict=str(row["verdict"]))
    _set_scale(panels)
    if axes is None:
        _caption(figure, calibration, level=level)
    return write_plainly(figure, panels)


def _draw(
    ax: Axes,
    place: NDArray[np.float64],
    strays: NDArray[np.float64],
    band: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    uniform: bool,
) -> None:
    ax.fill_between(place, *band, color=_BAND, linewidth=0, zorder=1)
    for edge in band:
        ax.plot(place, edge, color=_EDGE, linewidth=0.7, zorder=2)
    ax.axhline(0.0, color=GREY, linewidth=0.7, zorder=2)
    ax.plot(place, strays, color=_GOOD if uniform else _BAD, linewidth=1.3, zorder=3, solid_joinstyle="round")


def _label(ax: Axes, title: str, *, p_value: float, verdict: str) -> None:
    tidy_axes(ax)
    ax.tick_params(labelsize=8)
    title = "\n".join(wrap_question(title[:1].upper() + title[1:], _WRAP))
    ax.set_title(title, loc="left", fontsize=8.5, color=INK, linespacing=1.05, pad=4)
    said = "p < 0.001" if p_value < 1e-3 else f"p = {p_value:.3f}" if p_value < 0.1 else f"p = {p_value:.2f}"
    words = said if verdict == "uniform" else f"{said}: {verdict}"
    colour = INK if verdict == "uniform" else _BAD
    ax.text(0.97, 0.04, words, transform=ax.transAxes, ha="right", va="bottom", fontsize=8, color=colour)


def _grid(count: int) -> tuple[Figure, list[Axes]]:
    columns = min(count, _MOST_COLUMNS)
    rows = ceil(count / columns)
    figure = new_figure(max(_WIDTH * columns, 4.2) + 0.4, _HEIGHT * rows + _AROUND)
    grid = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    for ax in grid.ravel()[count:]:
        ax.remove()
    for ax in grid.ravel()[max(count - columns, 0) : count]:
        ax.tick_params(labelbottom=True)
    return figure, list(grid.ravel()[:count])


def _set_scale(panels: Sequence[Axes]) -> None:
    low, high = zip(*(ax.dataLim.intervaly for ax in panels), strict=True)
    room = max(high) - min(low)
    for ax in panels:
        ax.set_xlim(0, 1)
        ax.set_ylim(min(low) - 0.2 * room, max(high) + 0.06 * room)  # the words stand below the curves
        ax.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: print_minus(f"{value:g}")))
        ax.locator_params(axis="y", nbins=5)


def _caption(figure: Figure, calibration: Calibration, *, level: float) -> None:
    figure.supxlabel("Rank of the truth among the draws, as a share", fontsize=9.5, color=INK)
    figure.supylabel("Distribution function less uniform", fontsize=9.5, color=INK)
    sampler = {"importance": "importance sampling", "nuts": "NUTS"}[calibration.method]
    words = f"{calibration.n_replicates} data sets from the prior; {100 * level:g}% simultaneous bands"
    figure.suptitle(f"Calibration of {sampler}: {words}", fontsize=10.5, color=INK, x=0.01, ha="left")
