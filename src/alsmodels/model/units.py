"""Units of answers, as values: what a number measures, and per what."""

from dataclasses import dataclass
from enum import StrEnum
from typing import final

from alsmodels.data.outcomes import Outcome
from alsmodels.model.spec import ModelSpec
from alsmodels.model.terms import Factor, Term

__all__ = [
    "CORRELATION",
    "GEOMETRIC",
    "PER_MONTH",
    "RATIO",
    "RESPONSE",
    "SHARE",
    "Measure",
    "Unit",
    "fixed_heading",
    "unit_of_term",
]


class Measure(StrEnum):
    """What a number measures."""

    RESPONSE = "response"
    SHARE = "share"
    RATIO = "ratio"
    PERCENT = "per cent"
    CORRELATION = "correlation"
    GEOMETRIC = "geometric mean"


@final
@dataclass(frozen=True, slots=True)
class Unit:
    """The unit of an answer.

    Attributes
    ----------
    measure : Measure
        What it measures: the response, or a number without a unit.
    per : str or None
        The time that it is a rate over, such as ``"month"``; None of a number that is no rate.
    """

    measure: Measure = Measure.RESPONSE
    per: str | None = None

    def __str__(self) -> str:
        """What stands in the label of a question; empty where it is the response's own.

        Examples
        --------
        >>> str(PER_MONTH), str(SHARE), str(RESPONSE)
        ('per month', 'share', '')
        """
        own = self.measure in (Measure.RESPONSE, Measure.GEOMETRIC)
        words = [] if own else [self.measure.value]
        return " ".join([*words, *([f"per {self.per}"] if self.per else [])])

    def describe(self, spec: ModelSpec, outcome: Outcome | None) -> str:
        """The unit with that of the response, for a table.

        Examples
        --------
        >>> PER_MONTH.describe(ModelSpec("alsfrs_r ~ week + (1 | subject)"), Outcome("alsfrs_r", unit="points"))
        'points per month'
        >>> RESPONSE.describe(ModelSpec("log(il6) ~ week + (1 | subject)"), None)
        'log(il6)'
        """
        if self.measure is Measure.GEOMETRIC:
            return (outcome.unit if outcome is not None else None) or f"units of {spec.transform.column}"
        if self.measure is not Measure.RESPONSE:
            return str(self)
        own = outcome.unit if outcome is not None and spec.transform.is_raw else None
        return " ".join(filter(None, [own or _unnamed(spec), str(self)]))


PER_MONTH = Unit(per="month")
RESPONSE = Unit()
SHARE = Unit(Measure.SHARE)
CORRELATION = Unit(Measure.CORRELATION)
RATIO = Unit(Measure.RATIO)
GEOMETRIC = Unit(Measure.GEOMETRIC)


def fixed_heading(spec: ModelSpec) -> str:
    """What stands above a table of fixed effects."""
    return f"Fixed effects (per {spec.timescale.unit} where they are slopes)" if spec.has_time else "Fixed effects"


def unit_of_term(term: Term) -> Unit:
    """The unit of a coefficient: that of the response, per week of a slope, per unit of a covariate that is a number.

    Examples
    --------
    >>> week, age = Factor("week", ("week",), "week"), Factor("age", ("age",), "age")
    >>> str(unit_of_term(Term("week", (week,)))), str(unit_of_term(Term("week:age", (week, age))))
    ('per week', 'per week per unit of age')
    """
    numbers = [factor for factor in term.factors if factor.level is None]
    return Unit(per=" per ".join(_step(factor) for factor in numbers) or None)


def _step(factor: Factor) -> str:
    """What a coefficient is a change over."""
    if not factor.is_time:
        return f"unit of {factor.title}"
    return str(factor.variable) if factor.power == 1 else f"{factor.variable}^{factor.power:g}"


def _unnamed(spec: ModelSpec) -> str:
    """The units of a response whose unit is not known, or that has none for being a function of it."""
    return f"units of {spec.transform.column}" if spec.transform.is_raw else spec.response
