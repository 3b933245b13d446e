"""Figures of operating characteristics: curves against an effect or a size, and a grid of cells."""

from collections.abc import Mapping, Sequence
from math import ceil
from typing import Any, Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.ticker import FuncFormatter
from scipy.special import ndtri

from alsmodels.errors import EstimandError, shown
from alsmodels.report.canvas import COLOURS, GREY, INK, colour_of, new_figure, tidy_axes, use_axes, write_plainly
from alsmodels.report.wording import print_minus

__all__ = ["plot_operating", "plot_power"]

_MOST_COLUMNS: Final = 3
_SHARES: Final = ("power", "coverage", "failed", "assurance")
_WHOLE_RANGE: Final = ("power", "assurance")
# Light to dark, so that the number in the cell can be read on it.
_RAMP: Final = ((1.0, 1.0, 1.0), (0.0, 0.447, 0.698))
_BAD: Final = COLOURS[1]
# Columns of a study's own table, in the order in which they tell curves apart; columns that are added here.
_PARTS: Final = ("analysis", "estimand", "design", "truth")
_AT, _BY = "alsmodels place", "alsmodels curve"
_WORDS: Final = {
    "effect": "Assumed effect (points a month)",
    "target": "Assumed effect (points a month)",
    "n": "Subjects",
    "power": "Power",
    "coverage": "Coverage",
    "bias": "Bias",
    "empirical_se": "Standard deviation of the estimates",
    "model_se": "Mean standard error",
    "assurance": "Assurance",
}


def plot_power(
    table: pd.DataFrame,
    *,
    x: str | None = None,
    measure: str = "power",
    by: str | None = None,
    formula: pd.DataFrame | None = None,
    target: float | None = None,
    level: float = 0.95,
    axes: Axes | None = None,
) -> Figure:
    """Draw a measure of simulated trials against an effect, a size or any number that a study varies.

    Parameters
    ----------
    table : pandas.DataFrame
        A row for each cell, as `operating_characteristics` gives them: columns ``x``, the measure, and its Monte Carlo
        error with the ending ``_mcse``.
    x : str, optional
        The column along the axis; by default ``effect``, or ``target`` as `operating_characteristics` has it. Texts,
        such as designs, stand in the order in which the table has them.
    measure : str, default "power"
        The column that is drawn.
    by : str, optional
        A column whose values are drawn as curves of their own. By default the analyses, estimands, designs and truths
        of the package's own table are, as far as they are needed to tell values at one place apart.
    formula : pandas.DataFrame, optional
        The same columns ``x``, ``measure`` and ``by`` from closed forms, drawn as dashed lines.
    target : float, optional
        A value to mark, such as a power of 0.8 or the level of a test.
    level : float, default 0.95
        The level of the Monte Carlo bands.
    axes : matplotlib.axes.Axes, optional
        The axes to draw in; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which shows itself in a notebook.

    Raises
    ------
    EstimandError
        If a column is missing, a curve has two values at one place, or there is nothing to draw.

    Examples
    --------
    >>> table = pd.DataFrame({"effect": [0.0, 0.5], "power": [0.05, 0.7], "power_mcse": [0.01, 0.02]})
    >>> [line.get_label() for line in plot_power(table).axes[0].lines]
    ['simulated']
    """
    x = _along(table) if x is None else x
    _check_columns(table, [x, measure, f"{measure}_mcse", *([by] if by else [])])
    table, by = (table, by) if by is not None or formula is not None else _told_apart(table, x)
    places = _places(table[x])
    figure, (ax,) = _one_panel() if axes is None else use_axes(axes, (1,))
    curves = _curves(table, by)
    exact = {} if formula is None else dict(_curves(_checked(formula, [x, measure, *([by] if by else [])]), by))
    for number, (name, part) in enumerate(curves):
        look: dict[str, Any] = {"colour": colour_of(number), "level": level, "label": _label(name)}
        _draw_curve(ax, part, x, measure, places=places, formula=name in exact, **look)
        if name in exact:
            rows = exact[name].assign(**{_AT: _located(exact[name][x], places)}).sort_values(_AT)
            ax.plot(rows[_AT], rows[measure], color=colour_of(number), linewidth=1.3, zorder=2, label="by formula")
    if target is not None:
        ax.axhline(target, color=GREY, linewidth=0.8, zorder=1)
        ax.annotate(
            f"{target:g}",
            (1.0, target),
            xycoords=("axes fraction", "data"),
            xytext=(3, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=GREY,
        )
    _finish(ax, x, measure, shares=measure in _SHARES)
    if places is not None:
        ax.set_xticks(list(places.values()), list(places), fontsize=9)
        ax.set_xlim(-0.5, len(places) - 0.5)
    _add_legend(ax, [str(name) for name, _ in curves if name is not None], level=level, formula=bool(exact))
    return write_plainly(figure, [ax])


def plot_operating(
    table: pd.DataFrame,
    *,
    rows: str,
    columns: str,
    measure: str = "power",
    by: str | None = None,
    nominal: float | None = None,
    axes: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """Draw a measure of every cell of a study as a grid of numbers on colour.

    Parameters
    ----------
    table : pandas.DataFrame
        A row for each cell, as `operating_characteristics` gives them.
    rows, columns : str
        The columns of the table whose values are the rows and the columns of the grid, in the order they come in.
    measure : str, default "power"
        The measure that is written in the cells, with its Monte Carlo error below it if the table has that.
    by : str, optional
        A column whose values get grids of their own.
    nominal : float, optional
        The value that the measure should have, such as a level of 0.05; cells more than two Monte Carlo errors away
        from it are framed.
    axes : matplotlib.axes.Axes or sequence of Axes, optional
        The axes to draw in, one for each value of ``by``; by default a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure, which shows itself in a notebook.

    Raises
    ------
    EstimandError
        If a column is missing, or a place of the grid has two values.
    """
    error = f"{measure}_mcse"
    _check_columns(table, [rows, columns, measure, *([by] if by else []), *([error] if nominal is not None else [])])
    parts = _curves(table, by)
    shape = (table[rows].nunique(), table[columns].nunique())
    figure, panels = _grid_panels(len(parts), shape) if axes is None else use_axes(axes, (len(parts),))
    limits = (0.0, 1.0) if measure in _WHOLE_RANGE else (float(table[measure].min()), float(table[measure].max()))
    for ax, (name, part) in zip(panels, parts, strict=True):
        _draw_grid(ax, part, rows, columns, measure, limits=limits, nominal=nominal)
        title = _WORDS.get(measure, measure.replace("_", " ")) if name is None else str(name)
        ax.set_title(title, loc="left", fontsize=10, color=INK)
    return write_plainly(figure, panels)


def _along(table: pd.DataFrame) -> str:
    """The column along the axis where none is named."""
    return "target" if "effect" not in table.columns and "target" in table.columns else "effect"


def _told_apart(table: pd.DataFrame, x: str) -> tuple[pd.DataFrame, str | None]:
    """The table with a column that tells values at one place apart, made of as few of a study's columns as it takes."""
    used: list[str] = []
    for name in _PARTS:
        if not table.duplicated([x, *used]).any():
            break
        if name != x and name in table.columns and table[name].nunique() > 1:
            used.append(name)
    if not used or table.duplicated([x, *used]).any():
        return table, None
    told = table[used].astype(str).agg(", ".join, axis=1)
    return table.assign(**{_BY: told}), _BY


def _places(column: "pd.Series[Any]") -> dict[str, int] | None:
    """Where texts stand along an axis, in the order in which they come; None of numbers."""
    if pd.api.types.is_numeric_dtype(column):
        return None
    return {str(name): place for place, name in enumerate(column.unique())}


def _located(column: "pd.Series[Any]", places: Mapping[str, int] | None) -> "pd.Series[Any]":
    """Numbers as they are, or the places of texts."""
    if places is None:
        return column
    found = column.astype(str).map(places)
    if found.isna().any():
        raise EstimandError(f"The formula has a place {shown(column[found.isna()].iloc[0])} that the table has not.")
    return found


def _draw_curve(
    ax: Axes,
    part: pd.DataFrame,
    x: str,
    measure: str,
    *,
    places: Mapping[str, int] | None,
    colour: str,
    level: float,
    label: str,
    formula: bool,
) -> None:
    """Points with a band and a line through them; with bars alone where a formula draws the line."""
    if part[x].duplicated().any():
        place = _label(part.loc[part[x].duplicated(), x].iloc[0])
        raise EstimandError(f"There are two values at {x} = {place}; name the column that tells them apart in by.")
    part = part.assign(**{_AT: _located(part[x], places)}).sort_values(_AT)
    low, high = _band(part, measure, level)
    look: dict[str, Any] = {"color": colour, "marker": "o", "markersize": 4.5, "zorder": 3, "label": label}
    if formula:
        ax.vlines(part[_AT], low, high, color=colour, linewidth=1.2, zorder=2)
        ax.plot(part[_AT], part[measure], linestyle="none", **look)
    else:
        ax.fill_between(part[_AT], low, high, color=colour, alpha=0.18, linewidth=0, zorder=1)
        ax.plot(part[_AT], part[measure], linewidth=1.1, **look)


def _band(part: pd.DataFrame, measure: str, level: float) -> tuple[Any, Any]:
    """Monte Carlo limits: of a share Wilson's, which are honest at 0 and 1 too, if it is known of how many."""
    z, value = float(ndtri((1 + level) / 2)), part[measure].to_numpy(dtype=float)
    if measure in _SHARES and "n_replicates" in part.columns:
        n = part["n_replicates"].to_numpy(dtype=float)
        middle = (value + z**2 / (2 * n)) / (1 + z**2 / n)
        width = z / (1 + z**2 / n) * np.sqrt(value * (1 - value) / n + z**2 / (4 * n**2))
        return middle - width, middle + width
    width = z * part[f"{measure}_mcse"].to_numpy(dtype=float)
    return value - width, value + width


def _draw_grid(
    ax: Axes,
    part: pd.DataFrame,
    rows: str,
    columns: str,
    measure: str,
    *,
    limits: tuple[float, float],
    nominal: float | None,
) -> None:
    if part.duplicated([rows, columns]).any():
        raise EstimandError(f"A place of the grid of {rows} and {columns} has two values; tell them apart in by.")
    names = list(part[rows].unique()), list(part[columns].unique())
    spread = (limits[1] - limits[0]) or 1.0
    for row in part.to_dict("records"):
        at, to = names[0].index(row[rows]), names[1].index(row[columns])
        share = (row[measure] - limits[0]) / spread
        colour = tuple((1 - 0.85 * share) * light + 0.85 * share * dark for light, dark in zip(*_RAMP, strict=True))
        ax.add_patch(_cell(to, at, colour, framed=_is_off(row, measure, nominal)))
        ink = "white" if share > 0.6 else INK
        error = row.get(f"{measure}_mcse", np.nan)
        lines = f"{row[measure]:.3f}" + (f"\n± {error:.3f}" if np.isfinite(error) else "")
        ax.text(to, at, lines, ha="center", va="center", fontsize=8.5, color=ink, zorder=4, linespacing=1.15)
    _set_grid_axes(ax, names, rows, columns)


def _is_off(row: dict[Any, Any], measure: str, nominal: float | None) -> bool:
    return nominal is not None and abs(row[measure] - nominal) > 2 * row[f"{measure}_mcse"]


def _cell(x: float, y: float, colour: tuple[float, ...], *, framed: bool) -> Rectangle:
    """A cell of the grid; framed where it is off its nominal value."""
    inset, edge, width = (0.47, _BAD, 2.0) if framed else (0.5, "white", 1.0)
    corner, size = (x - inset, y - inset), 2 * inset
    return Rectangle(corner, size, size, facecolor=colour, edgecolor=edge, linewidth=width, zorder=2 + framed)


def _set_grid_axes(ax: Axes, names: tuple[list[Any], list[Any]], rows: str, columns: str) -> None:
    ax.set_xlim(-0.5, len(names[1]) - 0.5)
    ax.set_ylim(len(names[0]) - 0.5, -0.5)
    ax.set_xticks(range(len(names[1])), [_label(name) for name in names[1]])
    ax.set_yticks(range(len(names[0])), [_label(name) for name in names[0]])
    tidy_axes(ax, left=False)
    ax.spines["bottom"].set_visible(False)
    ax.tick_params(axis="x", length=0)
    ax.set_xlabel(_WORDS.get(columns, columns.replace("_", " ").capitalize()), fontsize=9.5, color=INK)
    ax.set_ylabel(_WORDS.get(rows, rows.replace("_", " ").capitalize()), fontsize=9.5, color=INK)


def _finish(ax: Axes, x: str, measure: str, *, shares: bool) -> None:
    tidy_axes(ax)
    if shares:
        low = ax.get_ylim()[0]
        ax.set_ylim(min(max(low, 0.0), 0.95) if measure == "coverage" else 0.0, 1.02)
    for axis in (ax.xaxis, ax.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: print_minus(f"{value:g}")))
    ax.set_xlabel(_WORDS.get(x, x.replace("_", " ").capitalize()), fontsize=10, color=INK)
    ax.set_ylabel(_WORDS.get(measure, measure.replace("_", " ").capitalize()), fontsize=10, color=INK)


def _add_legend(ax: Axes, names: list[str], *, level: float, formula: bool) -> None:
    handles: list[Any] = [Line2D([], [], color=colour_of(at), marker="o", markersize=4.5) for at in range(len(names))]
    shade = GREY if names else colour_of(0)
    bar = Line2D([], [], color=shade, linestyle="none" if formula else "-", marker="o", markersize=4.5)
    under = Line2D([], [], color=shade, linewidth=1.2) if formula else Patch(color=shade, alpha=0.18, linewidth=0)
    simulated = "simulated, {:g}% Monte Carlo limits" if formula else "{:g}% Monte Carlo band"
    words = [*names, simulated.format(100 * level)]
    handles.append((under, bar))
    if formula:
        handles.append(Line2D([], [], color=shade, linewidth=1.3))
        words.append("by formula")
    ax.legend(handles, words, frameon=False, fontsize=8.5, loc="best")


def _curves(table: pd.DataFrame, by: str | None) -> list[tuple[Any, pd.DataFrame]]:
    if table.empty:
        raise EstimandError("There is nothing to draw: the table has no rows.")
    return [(None, table)] if by is None else list(table.groupby(by, sort=False))


def _checked(table: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    _check_columns(table, names)
    return table


def _check_columns(table: pd.DataFrame, names: Sequence[str]) -> None:
    missing = [name for name in names if name not in table.columns]
    if missing:
        raise EstimandError(
            f"The table has no column {shown(missing[0])}; it has {', '.join(map(str, table.columns))}."
        )


def _label(name: object) -> str:
    if name is None:
        return "simulated"
    return print_minus(f"{name:g}") if isinstance(name, (int, float, np.number)) else str(name)


def _one_panel() -> tuple[Figure, list[Axes]]:
    figure = new_figure(6.4, 4.2)
    return figure, [figure.subplots()]


def _grid_panels(count: int, shape: tuple[int, int]) -> tuple[Figure, list[Axes]]:
    columns = min(count, _MOST_COLUMNS)
    lines = ceil(count / columns)
    figure = new_figure(columns * max(0.85 * shape[1] + 1.4, 4.2), lines * (0.62 * shape[0] + 1.0))
    grid = figure.subplots(lines, columns, squeeze=False).ravel()
    for ax in grid[count:]:
        ax.remove()
    return figure, list(grid[:count])
