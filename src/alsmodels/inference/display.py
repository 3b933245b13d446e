"""A table of results that prints itself for reading."""

import html
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import final

import numpy as np
import pandas as pd

from alsmodels.frequentist.summary import format_p
from alsmodels.model.notes import Note

__all__ = ["ResultTable"]

WIDTH = 100


@final
class ResultTable(pd.DataFrame):
    """A data frame in all but how it shows itself: rounded for reading, with its notes under it.

    The values keep every digit; what is derived from it, a selection or a sorted copy, is an ordinary data frame.
    """

    @classmethod
    def of(cls, table: pd.DataFrame, *, notes: Sequence[Note], questions: Mapping[str, str]) -> "ResultTable":
        """Wrap a table; ``attrs`` keeps the notes, and the questions by their labels without their units."""
        made = cls(table)
        made.attrs["notes"] = list(notes)
        made.attrs["questions"] = dict(questions)
        return made

    def __repr__(self) -> str:
        shown = _formatted(self)
        words = [name for name in ("fit", "estimand") if name in shown]
        widths = {name: max(map(len, [name, *shown[name]])) for name in words}
        shown = shown.assign(**{name: shown[name].str.ljust(widths[name]) for name in words})
        shown = shown.rename(columns={name: name.ljust(widths[name]) for name in words})
        notes = [textwrap.fill(note, width=WIDTH, subsequent_indent="  ") for note in _footer(self)]
        return "\n".join([shown.to_string(index=False), *notes])

    def _repr_html_(self) -> str:
        notes = "".join(f"<p><em>{html.escape(note)}</em></p>" for note in _footer(self))
        return f"{_formatted(self).to_html(index=False, border=0, classes='alsmodels-results')}{notes}"


def _formatted(table: pd.DataFrame) -> pd.DataFrame:
    """Text in every cell, without columns that say the same in every row or nothing, nor the engine of named fits."""
    idle = [name for name in _QUIET if _is_idle(table, name) or (name == "engine" and "fit" in table.columns)]
    kept = [str(name) for name in table.columns if name not in idle]
    return pd.DataFrame({name: table[name].map(_FORMATS.get(name, str)) for name in kept})


_QUIET = ("level", "engine", "probability", "p_value", "df", "mcse", "extrapolated")


def _is_idle(table: pd.DataFrame, name: str) -> bool:
    if name not in table.columns:
        return False
    if name in ("probability", "p_value", "df"):
        return bool(table[name].isna().all())
    if name == "extrapolated":
        return bool((table[name] == "").all())
    return bool((table[name] == 0).all()) if name == "mcse" else table[name].nunique() <= 1


def _footer(table: pd.DataFrame) -> list[str]:
    said = []
    if _is_idle(table, "level") and len(table):
        said.append(f"Intervals at {100 * table['level'].iloc[0]:g}%")
    if _is_idle(table, "engine") and len(table):
        said.append(f"engine {table['engine'].iloc[0]}")
    notes = [f"Note: {note}" for note in table.attrs.get("notes", [])]
    return [*([f"{', '.join(said)}."] if said else []), *notes]


def _number(value: float) -> str:
    if np.isnan(value):
        return ""
    return f"{value:#.4g}".rstrip(".") if 1e-4 <= abs(value) < 1e4 else f"{value:.4g}"


def _df(value: float) -> str:
    if np.isnan(value):
        return ""
    return "∞" if np.isinf(value) else f"{value:.1f}"


_FORMATS: dict[str, Callable[[float], str]] = {
    "estimate": _number,
    "std_error": _number,
    "df": _df,
    "lower": _number,
    "upper": _number,
    "level": lambda value: f"{value:g}",
    "p_value": format_p,
    "probability": lambda value: "" if np.isnan(value) else f"{value:.3f}",
    "mcse": lambda value: f"{value:.1g}" if value else "",
    "in_rope": lambda value: "" if np.isnan(value) else f"{value:.3f}",
    "shift": lambda value: f"{value:+.1g}" if value else "0",
    "se_ratio": lambda value: f"{value:.4f}",
}
