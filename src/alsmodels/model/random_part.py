"""What the random effects of a model let subjects differ in, and what its standard errors so take for granted.

A test of a slope, or of a change of slopes, measures a difference between arms by how much subjects differ in that
slope. Where the random effects lack it, the standard error is that of visits and not of subjects, and the test too
certain.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import final

from alsmodels.model.spec import ModelSpec

__all__ = ["RandomPart", "RandomPartKind", "find_random_part"]


class RandomPartKind(StrEnum):
    """How a random part is smaller than an intercept and a slope in each phase, all correlated."""

    INTERCEPT = "intercept"
    SLOPE = "slope"
    INDEPENDENT = "independent"


@final
@dataclass(frozen=True, slots=True)
class RandomPart:
    """A random part that is smaller than it could be.

    Attributes
    ----------
    kind : RandomPartKind
        In which way.
    written : str
        The random part as the formula has it.
    full : str
        The random part with an intercept and a slope in each phase, all correlated.
    n_phases : int
        Slopes of the mean.
    """

    kind: RandomPartKind
    written: str
    full: str
    n_phases: int

    def describe(self) -> str:
        """What is taken for granted."""
        many = self.n_phases > 1
        if self.kind is RandomPartKind.INTERCEPT:
            what = (
                "subjects differ in level alone: standard errors of slopes and of what rests on them take it that all"
            )
            what += " subjects of an arm have one slope"
        elif self.kind is RandomPartKind.SLOPE:
            what = (
                "subjects differ in level and in one slope over all phases: standard errors of the slope of a phase, "
            )
            what += "and of a change between phases, take it that no subject's slope changes otherwise than its arm's"
        else:
            slopes = "its slopes" if many else "its slope"
            what = f"a subject's level and {slopes} are taken to be uncorrelated, and standard errors of "
            what += "changes of slope and of means rest on that" if many else "means rest on that"
        return f"By {self.written} {what}."


def find_random_part(spec: ModelSpec) -> RandomPart | None:
    """The random part of a model of slopes, where it is smaller than it could be; None of others."""
    formula, scale = spec.parsed, spec.timescale
    time, unit = (scale.expression,), (scale.unit,)
    slopes = {product for term in formula.random for product in term.terms.products}
    timed = any(scale.expression in product or scale.unit in product for product in formula.fixed.products)
    if not timed or not slopes <= {time, unit} or not any(term.terms.intercept for term in formula.random):
        return None
    whole = any(t.terms.intercept and time in t.terms.products and t.correlated for t in formula.random)
    if whole:
        return None
    kind = (
        RandomPartKind.INDEPENDENT if time in slopes else RandomPartKind.SLOPE if slopes else RandomPartKind.INTERCEPT
    )
    written = " + ".join(map(str, formula.random))
    return RandomPart(kind, written, f"({scale.expression} | subject)", scale.n_phases)
