"""Numbers and tables as the page of the benchmarks writes them."""

from collections.abc import Callable, Sequence
from typing import Any

from fit_peer import OURS

Row = dict[str, Any]
Record = dict[str, Any]


def make_table(head: list[str], cells: list[list[str]]) -> str:
    """A Markdown table, the first column to the left."""
    rule = ["---" if place == 0 else "---:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *cells))


def make_wide_table(rows: list[Row], show: Callable[[Row], str], *, first: str | None, keys: Sequence[str]) -> str:
    """A row for each value of the keys, a column for each package; ours is the first column where it is named.

    Parameters
    ----------
    rows : with ``engine`` and the keys
    show : a row as text, empty for nothing
    first : the head of our own column, which then has medians in milliseconds; None for a column like the others
    keys : what tells the rows of the table apart
    """
    engines = [name for name in unique(rows, "engine") if any(show(row) for row in rows if row["engine"] == name)]
    engines = [name for name in engines if first is None or name != OURS]
    cells = []
    places = dict.fromkeys(tuple(row[key] for key in keys) for row in rows)
    for values in sorted(places, key=lambda values: unique(rows, keys[0]).index(values[0])):
        here = {row["engine"]: row for row in rows if tuple(row[key] for key in keys) == values}
        ours = [] if first is None else [_own_time(here.get(OURS, {}))]
        cells.append([*map(in_words, values), *ours, *(show(here.get(name, {})) or "–" for name in engines)])
    return make_table([*keys, *([] if first is None else [first]), *engines], cells)


def _own_time(row: Row) -> str:
    return in_short(1e3 * row["median_s"]) if "median_s" in row else "–"


def in_words(value: str | int) -> str:
    """Counts with commas, text as it is."""
    return f"{value:,}" if isinstance(value, int) else value


def in_short(value: float) -> str:
    """Two digits, three from 100 on."""
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.2g}"


def as_ratio(value: float) -> str:
    """Two digits; three near 1."""
    return f"{value:.2f}" if 0.095 <= value < 1.95 else in_short(value)


def unique(rows: Sequence[Row], key: str) -> list[Any]:
    """Values in the order of their first row."""
    return list(dict.fromkeys(row[key] for row in rows))
