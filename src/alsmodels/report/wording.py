"""Numbers and labels in words: units of questions, digits worth showing, p-values, names of responses."""

import math
import re
import textwrap
from collections.abc import Iterable
from typing import Final

import numpy as np

from alsmodels.data.outcomes import Outcome, known_outcome
from alsmodels.model.spec import ModelSpec

__all__ = [
    "UNITS",
    "decimals_for",
    "describe_interval",
    "describe_response",
    "logarithm_base",
    "outcome_of",
    "split_unit",
    "unit_label",
    "wrap_question",
]

UNITS: Final = ("per month", "share")
"""The units that a question's label may end in; one without is in the units of the response."""

_BASES: Final = {"log": math.e, "log2": 2.0, "log10": 10.0}
_MOST_DECIMALS = 6


def split_unit(label: str) -> tuple[str, str]:
    """Split a question's label into the question and its unit, which is empty for the response's own.

    Examples
    --------
    >>> split_unit("slope, phase 1, control (per month)")
    ('slope, phase 1, control', 'per month')
    >>> split_unit("difference, week 24, drug - control (old)")
    ('difference, week 24, drug - control (old)', '')
    """
    for unit in UNITS:
        if label.endswith(f" ({unit})"):
            return label.removesuffix(f" ({unit})"), unit
    return label, ""


def wrap_question(question: str, width: int) -> list[str]:
    """Break a long question into lines, before what it is asked of if it can be.

    Examples
    --------
    >>> wrap_question("slope difference, phase 1, anakinra - control", 38)
    ['slope difference, phase 1,', 'anakinra - control']
    """
    head, comma, tail = question.rpartition(", ")
    if len(question) <= width or not comma:
        return textwrap.wrap(question, width) or [""]
    return textwrap.wrap(f"{head},", width) + textwrap.wrap(tail, width)


def unit_label(unit: str, spec: ModelSpec, outcome: Outcome | None) -> str:
    """Name the scale of a group of questions, for an axis or a heading.

    Examples
    --------
    >>> spec = ModelSpec("alsfrs_r ~ week + (week | subject)")
    >>> unit_label("per month", spec, outcome_of(spec))
    'ALSFRS-R total, points per month'
    """
    if unit == "share":
        return "Slowing, share of the reference arm's slope"
    label, measure = _parts(spec, outcome)
    if unit:
        return f"{label}, {measure} {unit}" if measure else f"{label} {unit}"
    return f"{label}, {measure}" if measure else label


def describe_response(spec: ModelSpec, outcome: Outcome | None) -> str:
    """Name the response with its unit, for the axis on which it is drawn.

    Examples
    --------
    >>> spec = ModelSpec("log(il6) ~ week + (week | subject)")
    >>> describe_response(spec, Outcome("il6", label="IL-6", unit="pg/mL"))
    'IL-6 (pg/mL), log scale'
    """
    title = outcome.title if outcome is not None else spec.columns[0]
    if spec.response == spec.columns[0]:
        return title
    return f"{title}, log scale" if logarithm_base(spec) else f"{spec.response}, of {title}"


def logarithm_base(spec: ModelSpec) -> float | None:
    """Return the base if the response is a logarithm of a column, else None."""
    found = re.fullmatch(r"(log|log2|log10)\((.+)\)", spec.response)
    return _BASES[found[1]] if found and found[2].strip("`") == spec.columns[0] else None


def outcome_of(spec: ModelSpec, outcome: Outcome | None = None) -> Outcome | None:
    """Return what is known of the response's column: what was given, or what its name says."""
    return outcome if outcome is not None else known_outcome(spec.columns[0])


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


def describe_interval(estimate: float, lower: float, upper: float, *, decimals: int) -> str:
    """Write an estimate and its interval, with minus signs as they are printed.

    Examples
    --------
    >>> describe_interval(-0.956, -1.186, -0.726, decimals=2)
    '−0.96 (−1.19 to −0.73)'
    """
    told = [f"{value:.{decimals}f}" for value in (estimate, lower, upper)]
    return f"{told[0]} ({told[1]} to {told[2]})".replace("-", "−")


def _parts(spec: ModelSpec, outcome: Outcome | None) -> tuple[str, str]:
    """What the response is called and what it is measured in."""
    if spec.response != spec.columns[0]:
        return spec.response, ""
    if outcome is None:
        return spec.response, ""
    return outcome.label or outcome.name, outcome.unit or ""
