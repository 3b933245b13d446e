"""Tables of answers as a reader wants them: a section for each unit, one column for an interval, notes at the end."""

import html
import math
import textwrap
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import Any, Final, final

import numpy as np
import pandas as pd

from alsmodels.frequentist.summary import format_p

__all__ = ["ResultView", "Section", "decimals_for", "view_results"]

WIDTH = 100
_MOST_DECIMALS, _DIGITS, _LEAST_WORDS = 6, 3, 24
# In the order in which they are shown; what is not among them comes after them as it is.
_HEADS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "estimand": "question",
        "fit": "fit",
        "method": "method",
        "n_parameters": "parameters",
        "loglik": "log-likelihood",
        "aic": "AIC",
        "bic": "BIC",
        "chi_square": "chi-square",
        "estimate": "estimate",
        "std_error": "std. error",
        "df": "df",
        "lower": "lower",
        "upper": "upper",
        "level": "level",
        "p_value": "p",
        "probability": "probability",
        "in_rope": "in rope",
        "mcse": "mcse",
        "shift": "shift",
        "se_ratio": "se ratio",
        "verdict": "verdict",
        "extrapolated": "extrapolated",
        "engine": "engine",
    }
)
_ROUNDED = ("estimate", "std_error", "lower", "upper")
_WORDS = ("estimand", "fit", "method", "verdict", "extrapolated", "engine")

Row = Mapping[Hashable, Any]


@final
@dataclass(frozen=True, slots=True)
class Section:
    """Rows in one unit.

    Attributes
    ----------
    unit : str
        In words; empty where it is not known.
    rows : tuple of tuple of str
        The cells of each row, as texts.
    """

    unit: str
    rows: tuple[tuple[str, ...], ...]


@final
@dataclass(frozen=True, slots=True)
class ResultView:
    """A table for reading.

    Attributes
    ----------
    heads : tuple of str
        Of the columns.
    is_words : tuple of bool
        Which columns are words, and stand to the left.
    sections : tuple of Section
        The rows.
    notes : tuple of str
        Under the table.
    """

    heads: tuple[str, ...]
    is_words: tuple[bool, ...]
    sections: tuple[Section, ...]
    notes: tuple[str, ...]

    def text(self) -> str:
        """The table for a terminal, its first column broken where a line would be too long."""
        cells = [self.heads, *(row for section in self.sections for row in section.rows)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        indent = "  " if any(section.unit for section in self.sections) else ""
        if self.is_words[0]:
            room = WIDTH - len(indent) - sum(width + 2 for width in widths[1:])
            widths[0] = min(widths[0] + len(indent), max(room, _LEAST_WORDS))
        lines = self._lines(self.heads, widths, "")
        for section in self.sections:
            lines += [section.unit] if section.unit else []
            for row in section.rows:
                lines += self._lines(row, widths, indent)
        notes = [textwrap.fill(note, width=WIDTH, subsequent_indent="  ") for note in self.notes]
        return "\n".join([*lines, *notes])

    def html(self) -> str:
        """The table for a notebook."""
        heads = "".join(f"<th>{html.escape(head)}</th>" for head in self.heads)
        notes = "".join(f"<p><em>{html.escape(note)}</em></p>" for note in self.notes)
        bodies = "".join(map(self._body, self.sections))
        return f'<table class="alsmodels-results"><thead><tr>{heads}</tr></thead>{bodies}</table>{notes}'

    def _lines(self, row: Sequence[str], widths: Sequence[int], indent: str) -> list[str]:
        first = [row[0]]
        if self.is_words[0]:
            first = textwrap.wrap(f"{indent}{row[0]}", widths[0], subsequent_indent=indent + indent) or [""]
        parts = zip(row[1:], widths[1:], self.is_words[1:], strict=True)
        rest = "".join(f"  {cell:<{width}}" if words else f"  {cell:>{width}}" for cell, width, words in parts)
        align = "<" if self.is_words[0] else ">"
        return [f"{first[0]:{align}{widths[0]}}{rest}".rstrip(), *first[1:]]

    def _body(self, section: Section) -> str:
        head = f'<tr><th colspan="{len(self.heads)}"><em>{html.escape(section.unit)}</em></th></tr>'
        rows = "".join(f"<tr>{''.join(map(self._cell, row, self.is_words))}</tr>" for row in section.rows)
        return f"<tbody>{head if section.unit else ''}{rows}</tbody>"

    @staticmethod
    def _cell(text: str, words: bool) -> str:
        return f'<td style="text-align: {"left" if words else "right"}">{html.escape(text)}</td>'


def view_results(table: pd.DataFrame, attrs: Mapping[Hashable, Any]) -> ResultView | None:
    """View a table of answers; None for a table that is none, or has an index of its own.

    Parameters
    ----------
    table : pandas.DataFrame
        Some rows and columns of a table of answers.
    attrs : mapping of Hashable to object
        Its questions in words, their units, the level and the notes, as far as they are known.
    """
    if not _is_readable(table):
        return None
    shown = _shown(table)
    level = "" if attrs.get("level") is None else f"{100 * attrs['level']:g}% "
    heads = tuple(f"{level}interval" if name == "interval" else _HEADS.get(name, name) for name in shown)
    words = tuple(name in _WORDS or _holds_texts(table, name) for name in shown)
    rows: Sequence[Row] = table.to_dict("records")
    units = [str(row.get("unit", attrs.get("units", {}).get(row.get("estimand"), ""))) for row in rows]
    sections = []
    for unit, places in groupby(range(len(rows)), key=units.__getitem__):
        members = [rows[place] for place in places]
        decimals = _decimals(members) if "std_error" in table.columns else None
        made = [tuple(_cell(name, row, attrs, decimals) for name in shown) for row in members]
        sections.append(Section(unit, tuple(_told_once(made) if shown[:2] == ["estimand", "fit"] else made)))
    return ResultView(heads, words, tuple(sections), tuple(_footer(table, attrs)))


def decimals_for(std_errors: Iterable[float], *, digits: int = 2) -> int:
    """Return the decimals with which a typical standard error shows this many digits.

    Examples
    --------
    >>> decimals_for([0.115, 0.187, 0.22]), decimals_for([2.3, 3.0]), decimals_for([])
    (2, 1, 2)
    """
    sizes = [size for size in std_errors if np.isfinite(size) and size > 0]
    if not sizes:
        return digits
    leading = int(np.floor(np.log10(np.median(sizes))))
    return int(np.clip(digits - 1 - leading, 0, _MOST_DECIMALS))


def _decimals(rows: Sequence[Row]) -> int:
    """As `decimals_for`, but no more than the numbers have, if the user rounded them."""
    most = decimals_for((row["std_error"] for row in rows), digits=_DIGITS)
    values = np.array([row[name] for row in rows for name in _ROUNDED if name in row], dtype=float)
    values = values[np.isfinite(values)]
    return next((less for less in range(most) if np.allclose(np.round(values, less), values, rtol=0, atol=1e-9)), most)


def _is_readable(table: pd.DataFrame) -> bool:
    """Whether rows are answers: they have a question or an estimate, and no index that says something."""
    index, columns = table.index, table.columns
    if columns.nlevels > 1 or not columns.is_unique or not all(isinstance(name, str) for name in columns):
        return False
    plain = index.nlevels == 1 and index.name is None and pd.api.types.is_integer_dtype(index.dtype)
    return plain and len(table) > 0 and not {"estimand", "estimate", "fit"}.isdisjoint(columns)


def _shown(table: pd.DataFrame) -> list[str]:
    """The columns that are shown: one for an interval, none for the unit, and none that says nothing."""
    names = [name for name in _HEADS if name in table.columns and not _is_idle(table, name)]
    names += [name for name in table.columns if name not in _HEADS and name != "unit" and not _is_idle(table, name)]
    if {"lower", "upper"} <= set(names):
        names[names.index("lower")] = "interval"
        names.remove("upper")
    return names


def _is_idle(table: pd.DataFrame, name: str) -> bool:
    column = table[name]
    if name in ("probability", "p_value", "df"):
        return bool(column.isna().all())
    if name == "extrapolated":
        return bool((column == "").all())
    if name == "engine":
        return "fit" in table.columns or column.nunique() <= 1
    if name == "note":
        return _tells_notes_below(table)
    return (name == "mcse" and bool((column == 0).all())) or (name == "level" and column.nunique() <= 1)


def _tells_notes_below(table: pd.DataFrame) -> bool:
    """Whether the notes of rows are sentences too long for a column, which stand under the table."""
    return {"fit", "chi_square", "loglik"} <= set(table.columns)


def _holds_texts(table: pd.DataFrame, name: str) -> bool:
    return name != "interval" and not pd.api.types.is_numeric_dtype(table[name].dtype)


def _cell(name: str, row: Row, attrs: Mapping[Hashable, Any], decimals: int | None) -> str:
    if name == "interval":
        lower, upper = (_rounded(row[end], decimals) for end in ("lower", "upper"))
        return f"{lower} to {upper}" if lower and upper else ""
    value = row[name]
    if name == "estimand":
        return str(attrs.get("questions", {}).get(value, value))
    if name in _ROUNDED:
        return _rounded(value, decimals)
    if name in _FORMATS:
        return "" if isinstance(value, float) and math.isnan(value) else _FORMATS[name](value)
    return _rounded(value, None) if isinstance(value, float) else str(value)


def _rounded(value: float, decimals: int | None) -> str:
    """A number with so many decimals; with four digits if there is no error to go by."""
    if math.isnan(value):
        return ""
    if decimals is not None:
        return f"{value:.{decimals}f}"
    return f"{value:.4g}"


def _told_once(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows of several fits, the question in the first alone."""
    before = [None, *(row[0] for row in rows)]
    return [("" if row[0] == last else row[0], *row[1:]) for row, last in zip(rows, before, strict=False)]


def _footer(table: pd.DataFrame, attrs: Mapping[Hashable, Any]) -> list[str]:
    said = []
    if attrs.get("level") is not None and {"lower", "upper"} & set(table.columns):
        said.append(f"Intervals at {100 * attrs['level']:g}%")
    if "engine" in table.columns and table["engine"].nunique() == 1 and "fit" not in table.columns:
        said.append(f"engine {table['engine'].iloc[0]}" if said else f"Engine {table['engine'].iloc[0]}")
    return [*([f"{', '.join(said)}."] if said else []), *(f"Note: {note}" for note in attrs.get("notes", []))]


_FORMATS: Final[Mapping[str, Callable[[float], str]]] = MappingProxyType(
    {
        "df": lambda value: "∞ (z)" if math.isinf(value) else f"{value:.1f}",
        "loglik": lambda value: f"{value:.2f}",
        "aic": lambda value: f"{value:.2f}",
        "bic": lambda value: f"{value:.2f}",
        "chi_square": lambda value: f"{value:.2f}",
        "level": lambda value: f"{value:g}",
        "p_value": format_p,
        "probability": lambda value: f"{value:.3f}",
        "mcse": lambda value: f"{value:.1g}" if value else "",
        "in_rope": lambda value: f"{value:.3f}",
        "shift": lambda value: f"{value:+.1g}" if value else "0",
        "se_ratio": lambda value: f"{value:.4f}",
    }
)
