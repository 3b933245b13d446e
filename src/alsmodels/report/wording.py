"""Numbers and labels in words: units of questions, digits worth showing, p-values, names of responses."""

import textwrap
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np

from alsmodels.data.outcomes import Outcome, known_outcome
from alsmodels.inference.sections import decimals_for
from alsmodels.model.spec import ModelSpec
from alsmodels.model.units import Measure, Unit

__all__ = [
    "decimals_for",
    "describe_interval",
    "describe_response",
    "outcome_of",
    "print_minus",
    "unit_label",
    "wrap_question",
    "wrap_title",
]

_TITLE_LINES = 3
# An equals sign that no line ends at.
_TIED = "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}"
_HEADINGS: Final[Mapping[Measure, str]] = MappingProxyType(
    {
        Measure.SHARE: "Slowing, share of the reference arm's slope",
        Measure.RATIO: "Ratio",
        Measure.PERCENT: "Change in per cent",
    }
)


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


def wrap_title(title: str, width: int) -> str:
    """Break a long title into three lines at most; what is left over is cut, for the legend has it whole.

    Examples
    --------
    >>> wrap_title("historical controls of several registries (n = 47)", 28).splitlines()
    ['historical controls of', 'several registries (n = 47)']
    >>> wrap_title("x" * 100, 20).splitlines()[-1]
    'xxxxxxxxxxxxxxxxxxx…'
    """
    lines = [line.replace(_TIED, " = ") for line in textwrap.wrap(title.replace(" = ", _TIED), width)] or [""]
    if len(lines) > _TITLE_LINES:
        lines = [*lines[: _TITLE_LINES - 1], f"{lines[_TITLE_LINES - 1][: width - 1]}…"]
    return "\n".join(lines)


def unit_label(unit: Unit, spec: ModelSpec, outcome: Outcome | None) -> str:
    """Name the scale of a group of questions, for an axis or a heading.

    Examples
    --------
    >>> from alsmodels.model.units import PER_MONTH
    >>> spec = ModelSpec("alsfrs_r ~ week + (week | subject)")
    >>> unit_label(PER_MONTH, spec, outcome_of(spec))
    'ALSFRS-R total, points per month'
    """
    if unit.measure is Measure.GEOMETRIC:
        return f"{outcome.title if outcome is not None else spec.columns[0]}, log scale"
    if unit.measure is not Measure.RESPONSE:
        return f"{_HEADINGS.get(unit.measure, unit.measure.value.capitalize())}{f' per {unit.per}' if unit.per else ''}"
    label, measure = _parts(spec, outcome)
    words = " ".join(filter(None, [measure, str(unit)]))
    return f"{label}, {words}" if measure else " ".join(filter(None, [label, words]))


def describe_response(spec: ModelSpec, outcome: Outcome | None) -> str:
    """Name the response with its unit, for the axis on which it is drawn.

    Examples
    --------
    >>> spec = ModelSpec("log(il6) ~ week + (week | subject)")
    >>> describe_response(spec, Outcome("il6", label="IL-6", unit="pg/mL"))
    'IL-6 (pg/mL), log scale'
    """
    title = outcome.title if outcome is not None else spec.columns[0]
    if spec.transform.is_raw:
        return title
    return f"{title}, log scale" if spec.transform.base else f"{spec.response}, of {title}"


def outcome_of(spec: ModelSpec, outcome: Outcome | None = None) -> Outcome | None:
    """Return what is known of the response's column: what was given, or what its name says."""
    return outcome if outcome is not None else known_outcome(spec.columns[0])


def describe_interval(estimate: float, lower: float, upper: float, *, decimals: int) -> str:
    """Write an estimate and its interval, with minus signs as they are printed.

    Examples
    --------
    >>> describe_interval(-0.956, -1.186, -0.726, decimals=2)
    '−0.96 (−1.19 to −0.73)'
    """
    if np.isnan(estimate):
        return "no answer"
    told = [f"{value:.{decimals}f}" for value in (estimate, lower, upper)]
    return print_minus(f"{told[0]} ({told[1]} to {told[2]})")


def print_minus(numbers: str) -> str:
    """Write the minus signs of numbers as they are printed; the text has nothing else in it that is hyphened.

    Examples
    --------
    >>> print_minus("Normal(-1, 1)")
    'Normal(−1, 1)'
    """
    return numbers.replace("-", "−")


def _parts(spec: ModelSpec, outcome: Outcome | None) -> tuple[str, str]:
    """What the response is called and what it is measured in."""
    if not spec.transform.is_raw:
        return spec.response, ""
    if outcome is None:
        return spec.transform.column, ""
    return outcome.label or outcome.name, outcome.unit or ""
