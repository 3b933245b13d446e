"""What a column of X or Z is made of, as a value; its name is for printing and is never read again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast, final

from alsmodels.data.roles import TimeUnit
from alsmodels.model.expressions import names_in, read_expression
from alsmodels.model.grammar import Call, Name, Node, Number, Operation
from alsmodels.model.timescale import TIME_COLUMNS, WEEKS_PER_MONTH, WEEKS_PER_UNIT
from alsmodels.model.transforms import SEVERAL

__all__ = ["INTERCEPT", "Factor", "Term", "factor_of", "is_broad", "shorten_names"]

INTERCEPT = "(Intercept)"
"""What the column of ones is called."""


@final
@dataclass(frozen=True, slots=True)
class Factor:
    """One of the factors whose product is a column.

    Attributes
    ----------
    expression : str
        The expression as formulas spell it, such as ``phase(week, 24)``.
    columns : tuple of str
        The columns of data that it reads, sorted.
    variable : str or None
        The column that it is, or is a level, a phase or a power of; None for any other function of columns.
    level : str or None
        The level that the column marks, if it is categorical.
    reference : str or None
        The level that it is compared with; None where each level has a column of its own.
    phase : int or None
        The number of the phase, counted from 1, of a time scale with phases.
    part : int or None
        The number of the column, counted from 1, of any other transform that makes several.
    power : float, default 1.0
        The power that the variable is raised to.
    """

    expression: str
    columns: tuple[str, ...]
    variable: str | None = None
    level: str | None = None
    reference: str | None = None
    phase: int | None = None
    part: int | None = None
    power: float = 1.0

    @property
    def is_time(self) -> bool:
        """Whether it is time, in weeks or the like, a power of it, or the time spent in a phase."""
        return self.variable in TIME_COLUMNS and self.level is None

    @property
    def is_arm(self) -> bool:
        """Whether it marks an arm."""
        return self.variable == "arm" and self.level is not None

    @property
    def title(self) -> str:
        """The factor in words, without the formula's brackets."""
        if self.level is not None:
            return f"{self.variable} {self.level}"
        if self.phase is not None:
            return f"phase {self.phase}"
        return self.expression if self.part is None else f"{self.expression}[{self.part}]"

    @property
    def reads_time(self) -> bool:
        """Whether it changes with time in any way."""
        return any(column in TIME_COLUMNS for column in self.columns)


@final
@dataclass(frozen=True, slots=True)
class Term:
    """A column of X or Z.

    Attributes
    ----------
    name : str
        The name of the term in tables.
    factors : tuple of Factor
        The factors whose product the term is; none for the intercept.
    """

    name: str
    factors: tuple[Factor, ...] = ()

    @property
    def title(self) -> str:
        """The column in words, without the formula's brackets, for figures.

        Examples
        --------
        >>> Term("a:b", (Factor("arm", ("arm",), "arm", level="drug:10mg"), Factor("week", ("week",), "week"))).title
        'arm drug:10mg × week'
        """
        return " × ".join(factor.title for factor in self.factors) or "intercept"

    @property
    def is_intercept(self) -> bool:
        """Whether it is the column of ones."""
        return not self.factors

    @property
    def time_degree(self) -> float | None:
        """The power of time in it: 0 without time, 1 for a slope; None where time is in another function."""
        timed = [factor for factor in self.factors if factor.reads_time]
        return sum(factor.power for factor in timed) if all(factor.is_time for factor in timed) else None

    @property
    def is_rate(self) -> bool:
        """Whether its coefficient is a change per week, or per month or day where that is the time of the formula."""
        return self.time_degree == 1

    @property
    def rate_unit(self) -> TimeUnit | None:
        """The unit of time that the coefficient is a change in; None if it is no rate."""
        timed = [factor.variable for factor in self.factors if factor.is_time]
        return cast("TimeUnit", timed[0]) if self.is_rate else None

    @property
    def per_month(self) -> float:
        """What the coefficient is multiplied by to be a change per month; one if it is no rate."""
        return 1.0 if self.rate_unit is None else WEEKS_PER_MONTH / WEEKS_PER_UNIT[self.rate_unit]

    @property
    def phases(self) -> tuple[int, ...]:
        """The phases of time in it, counted from 1; none or one but in products of phases."""
        return tuple(factor.phase for factor in self.factors if factor.phase is not None)

    @property
    def arm(self) -> str | None:
        """The arm that it marks; None of all arms together."""
        return next((factor.level for factor in self.factors if factor.is_arm), None)

    @property
    def is_contrast(self) -> bool:
        """Whether it compares a level with the reference, so that its coefficient is a difference."""
        return any(factor.reference is not None for factor in self.factors)

    @property
    def others(self) -> tuple[Factor, ...]:
        """The factors that are neither time nor an arm."""
        return tuple(factor for factor in self.factors if not factor.is_time and not factor.is_arm)


def factor_of(
    text: str, place: int | None = None, *, levels: Sequence[object] | None = None, reduced: bool = False
) -> Factor:
    """A factor of a term from its canonical text.

    Parameters
    ----------
    text : str
        The expression as formulas spell it.
    place : int or None
        The number of its level or column, counted from 0; None if that is not known.
    levels : sequence of object or None
        The levels of the factor, if it is made of categories.
    reduced : bool, default False
        Whether the first level goes without saying.

    Examples
    --------
    >>> factor_of("arm", 1, levels=("control", "drug:10mg"), reduced=True).level
    'drug:10mg'
    >>> factor_of("phase(week, 24)", 1).phase
    2
    """
    node = read_expression(text)
    columns, variable = tuple(sorted(names_in(node))), _variable(node)
    number = None if place is None else place + 1
    if levels is not None and place is not None:
        reference = str(levels[0]) if reduced else None
        return Factor(text, columns, variable, level=str(levels[place]), reference=reference)
    if isinstance(node, Call) and node.function == "phase":
        return Factor(text, columns, variable, phase=number)
    if variable is None:
        return Factor(text, columns, part=number if is_broad(node) else None)
    return Factor(text, columns, variable, power=_power(node))


def is_broad(node: Node) -> bool:
    """Whether an expression makes several columns."""
    return isinstance(node, Call) and node.function in SEVERAL


def _variable(node: Node) -> str | None:
    """The column that an expression is, or is a phase, a power or the levels of."""
    match node:
        case Name(name) | Call("phase" | "C", (Name(name), *_), _):
            return name
        case Call("I", (Name(name) | Operation("^", Name(name), Number(_)),), _):
            return name
        case _:
            return None


def _power(node: Node) -> float:
    match node:
        case Call("I", (Operation("^", _, Number(text)),), _):
            return float(text)
        case _:
            return 1.0


def shorten_names(terms: Sequence[Term]) -> tuple[Term, ...]:
    """Terms whose knots are named with six digits, if that leaves the names apart.

    Examples
    --------
    >>> long = "phase(week, 26.089285714285715)"
    >>> [term.name for term in shorten_names([Term(f"{long}[1]", (factor_of(long, 0),))])]
    ['phase(week, 26.0893)[1]']
    """
    short = [replace(term, name=_short_name(term)) for term in terms]
    return tuple(short if len({term.name for term in short}) == len(short) else terms)


def _short_name(term: Term) -> str:
    name = term.name
    for factor in term.factors:
        node = read_expression(factor.expression) if factor.phase is not None else None
        if isinstance(node, Call):
            knots = [f"{float(knot.text):g}" for knot in node.arguments[1:] if isinstance(knot, Number)]
            name = name.replace(factor.expression, f"phase({factor.variable}, {', '.join(knots)})")
    return name
