"""Results for the terminal, as things that a rich console prints; at most 100 columns wide."""

import textwrap
from collections.abc import Hashable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from alsmodels.data.cohort import Cohort
from alsmodels.frequentist.fit import MixedFit
from alsmodels.frequentist.summary import format_p
from alsmodels.model.notes import NoteKind
from alsmodels.report.wording import decimals_for, wrap_question

__all__ = [
    "view_agreement",
    "view_cohort",
    "view_estimates",
    "view_fit",
    "view_frame",
    "view_heading",
    "view_notes",
    "view_text",
    "view_warnings",
]

_DIGITS = 3
_QUESTION_WIDTH = 42
_WORDS = {"step": "step", "rows": "rows", "subjects": "subjects", "visits_per_subject": "visits each (median)"}
_WORDS |= {"weeks": "weeks (median)", "baseline_n": "n at baseline", "baseline_mean": "mean", "baseline_sd": "SD"}


def view_text(text: str, style: str = "") -> Text:
    """Return text as it is: no markup is read in it, and what could steer a terminal is taken out."""
    return Text(
        "".join(sign if sign.isprintable() or sign == "\n" else "\N{REPLACEMENT CHARACTER}" for sign in text), style
    )


def view_heading(text: str) -> Group:
    """Return a heading with a line above it."""
    return Group(Text(""), view_text(text, "bold"))


def view_notes(notes: Iterable[str]) -> Group:
    """Return the notes, a paragraph each."""
    return Group(*(view_text(f"Note: {note}", "italic") for note in notes))


def view_warnings(cohort: Cohort) -> Group:
    """Return the warnings of a cohort's checks, and how its table was read."""
    hues = {"warning": "yellow", "note": "italic"}
    told = [(f"{finding.severity.capitalize()}, {finding}", hues[finding.severity]) for finding in cohort.findings]
    return Group(*(view_text(text, hue) for text, hue in told))


def view_cohort(cohort: Cohort) -> Group:
    """Return a cohort's summary, its flow and its warnings."""
    summary = cohort.summary()
    parts: list[RenderableType] = [view_text(summary.headline, "bold")]
    for table in (summary.arms, summary.outcomes, summary.events):
        parts += [Text(""), view_frame(table)] if len(table) else []
    parts += [Text("\nFlow of the rows, as in CONSORT"), view_frame(cohort.flow()), Text("")]
    parts.append(view_warnings(cohort))
    if all(finding.severity != "warning" for finding in summary.warnings):
        parts.append(Text("The checks found nothing to warn of."))
    return Group(*parts)


def view_frame(frame: pd.DataFrame) -> Table:
    """Return a small table; numbers to the right, four digits."""
    table = _new_table()
    for name in frame.columns:
        numeric = pd.api.types.is_numeric_dtype(frame[name])
        table.add_column(
            view_text(_WORDS.get(str(name), str(name).replace("_", " "))), justify="right" if numeric else "left"
        )
    for row in frame.itertuples(index=False):
        table.add_row(*(view_text(_cell(value)) for value in row))
    return table


def view_fit(fit: MixedFit) -> Group:
    """Return a fit's facts, coefficients, random effects, status and notes."""
    summary = fit.summary()
    return Group(
        view_text(summary.title, "bold"),
        *(view_text(fact) for fact in summary.facts),
        Text(f"\n{summary.heading}"),
        _coefficients(fit),
        Text("\nRandom effects: standard deviations and correlations"),
        _random(summary.random),
        view_text(f"\nStatus: {summary.status}", "" if fit.status.is_optimum else "red"),
        view_notes(summary.notes),
    )


def view_estimates(table: pd.DataFrame) -> Table:
    """Return a table of estimates, with a section for each unit."""
    view = _new_table()
    view.add_column("question", overflow="fold")
    for name in ("estimate", "std. error", "df", f"{100 * table['level'].iloc[0]:g}% interval", "p"):
        view.add_column(name, justify="right", no_wrap=True)
    questions = table.attrs["questions"]
    for unit, members in groupby(table.to_dict("records"), key=lambda row: row["unit"]):
        rows = list(members)
        decimals = decimals_for((row["std_error"] for row in rows), digits=_DIGITS)
        view.add_row(view_text(unit, "italic"))
        for row in rows:
            lines = [*wrap_question(questions[row["estimand"]], _QUESTION_WIDTH), *_beyond(row["extrapolated"])]
            told = "\n    ".join(lines)
            view.add_row(view_text(f"  {told}"), *_numbers(row, decimals))
        view.add_section()
    return view


def view_agreement(comparison: pd.DataFrame) -> Group:
    """Say in words how far the fits of `compare` agree; the first is the one the others are compared with."""
    first = comparison["fit"].iloc[0]
    others = comparison[comparison["verdict"] != "first"]
    lines = [_agreement(str(name), str(first), rows) for name, rows in others.groupby("fit", sort=False)]
    differs = [note for note in comparison.attrs["notes"] if note.kind is NoteKind.DIFFERS]
    return Group(*map(view_text, [*lines, *differs]))


def _agreement(name: str, first: str, rows: pd.DataFrame) -> str:
    shift, ratio = float(rows["shift"].abs().max()), float((rows["se_ratio"] - 1).abs().max())
    wrong = int((rows["verdict"] != "agrees").sum())
    verdict = "agrees with" if not wrong else f"differs on {wrong} of {len(rows)} questions from"
    return (
        f"{name} {verdict} {first}: estimates are within {shift:.1g} standard errors of each other, "
        f"standard errors within {100 * ratio:.2g}%."
    )


def _coefficients(fit: MixedFit) -> Table:
    frame = fit.coefficients
    table = _new_table()
    table.add_column("term", overflow="fold")
    statistic = "z" if np.isinf(frame["df"]).all() else "t"
    for name in ("estimate", "std. error", "df", statistic, "95% interval", "p"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in frame.to_dict("records"):
        interval = f"{row['lower']:.4g} to {row['upper']:.4g}"
        numbers = (f"{row['estimate']:.4g}", f"{row['std_error']:.4g}", _df(row["df"]), f"{row['statistic']:.2f}")
        table.add_row(view_text(row["term"]), *numbers, interval, format_p(row["p_value"]))
    return table


def _random(frame: pd.DataFrame) -> Table:
    table = _new_table()
    for number, name in enumerate(frame.columns):
        table.add_column("SD" if name == "std_dev" else str(name), justify="left" if number < 2 else "right")
    for row in frame.itertuples(index=False):
        table.add_row(*(view_text(str(cell)) for cell in row))
    return table


def _beyond(ends: str) -> list[str]:
    """A line that says which arms' visits a question looks beyond, if any."""
    return textwrap.wrap(f"(extrapolated: {ends})", _QUESTION_WIDTH) if ends else []


def _numbers(row: Mapping[Hashable, Any], decimals: int) -> Sequence[str]:
    if np.isnan(row["estimate"]):
        return ("no answer", "", "", "", "")
    interval = f"{row['lower']:.{decimals}f} to {row['upper']:.{decimals}f}"
    return (
        f"{row['estimate']:.{decimals}f}",
        f"{row['std_error']:.{decimals}f}",
        _df(row["df"]),
        interval,
        format_p(row["p_value"]),
    )


def _df(value: float) -> str:
    return "∞ (z)" if np.isinf(value) else f"{value:.1f}"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:.4g}"
    return str(value)


def _new_table() -> Table:
    return Table(
        box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, header_style="bold", padding=(0, 1), collapse_padding=True
    )
