"""Estimates side by side, with their intervals: one panel for each unit, for scales must not be mixed in silence."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator
from numpy.typing import NDArray

from alsmodels.model.estimand import Estimand, unit_of, words_of
from alsmodels.model.ratios import is_level, no_effect
from alsmodels.model.units import Measure, Unit
from alsmodels.report.canvas import INK, colour_of, tidy_axes
from alsmodels.report.wording import decimals_for, describe_interval, print_minus, wrap_question

__all__ = ["UnitPanel", "draw_legend", "draw_panel", "panel_height", "split_panels"]

Vector = NDArray[np.float64]

_MARKERS = "osD^vP"
_WRAP = 38
# Inches: of a row, of each further fit in it, of each further line of a label.
_ROW, _FIT, _LINE = 0.30, 0.17, 0.09
# How much of a row the fits take up.
_SPREAD = 0.62
# How many times its left end the right end of a logarithmic axis is, where ticks are at powers of ten.
_WIDE = 10.0


@final
@dataclass(frozen=True, slots=True, eq=False)
class UnitPanel:
    """The questions that share a unit.

    Attributes
    ----------
    unit : Unit
        The unit of the questions.
    labels : tuple of str
        The questions, without their unit.
    tables : mapping of str to pandas.DataFrame
        For each fit, by name, its rows of `estimate`.
    no_effect : float or None, default 0.0
        Where the line is that says that nothing differs; None of means, which compare nothing.
    """

    unit: Unit
    labels: tuple[str, ...]
    tables: Mapping[str, pd.DataFrame]
    no_effect: float | None = 0.0

    @property
    def is_log(self) -> bool:
        """Whether its axis is logarithmic: that of ratios and geometric means."""
        return self.unit.measure in (Measure.RATIO, Measure.GEOMETRIC)


def split_panels(asked: Sequence[Estimand], tables: Mapping[str, pd.DataFrame]) -> list[UnitPanel]:
    """Group questions and tables of their estimates by unit, in the order in which they were asked."""
    units = [unit_of(question) for question in asked]
    panels = []
    for unit in dict.fromkeys(units):
        rows = [row for row, own in enumerate(units) if own == unit]
        labels = tuple(words_of(asked[row], "−") for row in rows)
        own = {name: table.iloc[rows] for name, table in tables.items()}
        levels = all(is_level(asked[row]) for row in rows)
        panels.append(UnitPanel(unit, labels, own, None if levels else no_effect(asked[rows[0]])))
    return panels


def panel_height(panel: UnitPanel) -> float:
    """Return the inches that a panel's rows need, its axis not counted."""
    most_lines = max(len(_wrap(label)) for label in panel.labels)
    row = _ROW + max(_FIT * (len(panel.tables) - 1), _LINE * (most_lines - 1))
    return row * len(panel.labels)


def draw_panel(ax: Axes, panel: UnitPanel, *, label: str) -> None:
    """Draw a panel: a row for each question, its estimates and intervals, and their numbers at the right."""
    places = np.arange(len(panel.labels), dtype=float)
    offsets = _offsets(len(panel.tables))
    errors = np.concatenate([table["std_error"].to_numpy() for table in panel.tables.values()])
    decimals = decimals_for(errors)
    if panel.no_effect is not None:
        ax.axvline(panel.no_effect, color=INK, linewidth=0.9, zorder=1)
    for number, (name, table) in enumerate(panel.tables.items()):
        _draw_fit(ax, table, places + offsets[number], number=number, name=name)
        _write_numbers(ax, table, places + offsets[number], number=number, decimals=decimals, small=len(offsets) > 1)
    _set_rows(ax, panel.labels)
    if panel.is_log:
        _fit_log_axis(ax, panel)
    ax.set_xlabel(label, fontsize=9.5, color=INK)


def draw_legend(ax: Axes, tables: Mapping[str, pd.DataFrame]) -> None:
    """Name the fits if there are several, and say what hollow marks are if there are any; above a panel."""
    handles, words = ax.get_legend_handles_labels() if len(tables) > 1 else ([], [])
    ends = dict.fromkeys(end for table in tables.values() for end in table["extrapolated"] if end)
    if ends:
        mark: dict[str, Any] = {"linestyle": "none", "marker": _MARKERS[0], "markersize": 5.5, "markeredgewidth": 1.3}
        handles = [*handles, Line2D([], [], color=INK, markerfacecolor="white", **mark)]
        words = [*words, textwrap.fill(f"extrapolated: {'; '.join(ends)}", 70)]
    if handles:
        look: dict[str, Any] = {"ncols": max(len(tables), 1), "frameon": False, "fontsize": 9, "borderaxespad": 0.2}
        ax.legend(handles, words, loc="lower left", bbox_to_anchor=(0.0, 1.0), **look)


def _draw_fit(ax: Axes, table: pd.DataFrame, places: Vector, *, number: int, name: str) -> None:
    estimate = table["estimate"].to_numpy()
    widths = np.abs(table[["lower", "upper"]].to_numpy().T - estimate)
    look: dict[str, Any] = {"fmt": _MARKERS[number % len(_MARKERS)], "color": colour_of(number), "markersize": 5.5}
    ax.errorbar(estimate, places, xerr=widths, elinewidth=1.5, capsize=0, zorder=3, label=name, **look)
    beyond = table["extrapolated"].to_numpy() != ""
    if beyond.any():
        marks: dict[str, Any] = {"linestyle": "none", "marker": look["fmt"], "markersize": 5.5, "markeredgewidth": 1.3}
        ax.plot(estimate[beyond], places[beyond], color=colour_of(number), markerfacecolor="white", zorder=4, **marks)


def _write_numbers(ax: Axes, table: pd.DataFrame, places: Vector, *, number: int, decimals: int, small: bool) -> None:
    rows = table[["estimate", "lower", "upper"]].to_numpy(dtype=float)
    for (estimate, lower, upper), place in zip(rows, places, strict=True):
        ax.text(
            1.02,
            place,
            describe_interval(estimate, lower, upper, decimals=decimals),
            transform=ax.get_yaxis_transform(),
            ha="left",
            va="center",
            fontsize=8 if small else 9,
            color=colour_of(number) if small else INK,
        )


def _set_rows(ax: Axes, labels: Sequence[str]) -> None:
    tidy_axes(ax, left=False)
    ax.set_yticks(range(len(labels)), ["\n".join(_wrap(label)) for label in labels], fontsize=9, color=INK)
    ax.set_ylim(len(labels) - 0.5, -0.5)
    ax.set_axisbelow(True)
    ax.hlines(
        np.arange(len(labels) - 1) + 0.5, 0, 1, transform=ax.get_yaxis_transform(), color="#E6E6E6", linewidth=0.7
    )
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6, steps=[1, 2, 2.5, 5, 10]))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: print_minus(f"{value:g}")))
    ax.margins(x=0.06)


def _fit_log_axis(ax: Axes, panel: UnitPanel) -> None:
    """Ends that hold every interval, and the line if there is one; ticks as of a plain axis unless it is long."""
    ends = [table[["lower", "upper"]].to_numpy(dtype=float).ravel() for table in panel.tables.values()]
    shown = np.concatenate([*ends, [np.nan if panel.no_effect is None else panel.no_effect]])
    shown = shown[np.isfinite(shown) & (shown > 0)]
    if not len(shown):
        return
    low, high = shown.min(), shown.max()
    pad = max((high / low) ** 0.06, 1.001)
    locator, labels = ax.xaxis.get_major_locator(), ax.xaxis.get_major_formatter()
    ax.set_xscale("log")
    ax.set_xlim(low / pad, high * pad)
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)) if high > _WIDE * low else locator)
    ax.xaxis.set_major_formatter(labels)
    ax.xaxis.set_minor_locator(NullLocator())


def _wrap(label: str) -> list[str]:
    return wrap_question(label, _WRAP)


def _offsets(count: int) -> Vector:
    return np.asarray((np.arange(count) - (count - 1) / 2) * (_SPREAD / max(count, 1)), dtype=np.float64)
