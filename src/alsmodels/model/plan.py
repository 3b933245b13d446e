"""How terms become columns: each a product of numbers and of indicators of levels.

Which levels a factor needs in which term, so that the columns are independent, is formulaic's to say. It is asked once
for a set of terms, on a table of a few rows that has every level; what it says is kept as a plan and carried out
here. Transforms that look at a column as a whole, such as splines, are left to formulaic altogether.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, TypeAlias, TypeVar, final

import formulaic
import numpy as np
import pandas as pd
from formulaic.parser.types import Factor as FormulaicFactor
from numpy.typing import NDArray

from alsmodels.model.expressions import count_columns, evaluate, is_plain, names_in, read_expression
from alsmodels.model.formula import Terms
from alsmodels.model.grammar import Name
from alsmodels.model.splines import natural_spline
from alsmodels.model.terms import INTERCEPT, Factor, Term, factor_of, is_broad, shorten_names
from alsmodels.model.timescale import phase

__all__ = ["FORMULAIC_TRANSFORMS", "Columns", "Plan", "make_plan", "reads_of", "terms_of"]

T = TypeVar("T")
Matrix: TypeAlias = NDArray[np.float64]
# The text of a factor, and which of its columns or levels.
Part: TypeAlias = tuple[str, int]
Levels: TypeAlias = tuple[tuple[str, tuple[object, ...]], ...]

FORMULAIC_TRANSFORMS: Mapping[str, Any] = {
    "phase": lambda week, *knots: phase(week, *knots).to_dict("series"),
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sin": np.sin,
    "cos": np.cos,
    "ns": natural_spline,
    "I": lambda value: value * 1.0,  # a comparison is 1 or 0, and no category
}
"""What formulaic is given to evaluate by."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The columns of a table as a plan reads them.

    Attributes
    ----------
    n_rows : int
        Rows, n.
    numbers : callable
        Gives a column of numbers by name, shape (n,).
    codes : mapping of str to ndarray of int
        The level of each row, shape (n,), for each categorical column.
    """

    n_rows: int
    numbers: Callable[[str], Matrix]
    codes: Mapping[str, NDArray[np.int64]]

    def cut(self, first: int, last: int) -> "Columns":
        """The rows from ``first`` to ``last``."""
        if (first, last) == (0, self.n_rows):
            return self
        codes = {name: numbers[first:last] for name, numbers in self.codes.items()}
        return Columns(last - first, lambda name: self.numbers(name)[first:last], codes)


@final
@dataclass(frozen=True, slots=True)
class Plan:
    """The columns of a matrix as products.

    Attributes
    ----------
    terms : tuple of Term
        What each column is.
    products : tuple of tuple of Part
        The parts of each column; none for a column of ones.
    reads : tuple of str
        The columns of data it reads, sorted.
    """

    terms: tuple[Term, ...]
    products: tuple[tuple[Part, ...], ...]
    reads: tuple[str, ...]

    def matrix(self, columns: Columns) -> Matrix:
        """Carry the plan out, shape (n, p); not finite where a transform does not exist."""
        parts = self._parts(columns)
        made = np.empty((columns.n_rows, len(self.products)))
        for j, product in enumerate(self.products):
            made[:, j] = reduce(np.multiply, (parts[part] for part in product)) if product else 1.0
        return made

    def _parts(self, columns: Columns) -> dict[Part, Matrix]:
        """Every part of a product, computed once, shapes (n,)."""
        found: dict[Part, Matrix] = {}
        with np.errstate(all="ignore"):
            for text, number in dict.fromkeys(itertools.chain.from_iterable(self.products)):
                node = read_expression(text)
                if isinstance(node, Name) and node.text in columns.codes:
                    found[text, number] = (columns.codes[node.text] == number).astype(float)
                elif (text, number) not in found:
                    made = evaluate(node, columns.numbers)
                    found |= {(text, place): column for place, column in enumerate(made)}
        return found


@lru_cache(maxsize=256)
def make_plan(terms: Terms, levels: Levels) -> Plan | None:
    """The plan of terms, whose categorical columns have the given levels; None where formulaic has to do it."""
    if not all(is_plain(read_expression(factor)) for factor in itertools.chain.from_iterable(terms.products)):
        return None
    try:
        spec = _ask_formulaic(terms, dict(levels))
    except (formulaic.errors.FormulaicError, ValueError, TypeError):  # it will say why of the data themselves
        return None
    pairs = zip(spec.structure, _spelt(terms), strict=True)
    made = [column for term, factors in pairs for column in _products(term, factors, dict(levels))]
    if len(made) != len(spec.column_names):
        return None
    named = tuple(
        Term(name, tuple(factor for _, factor in product))
        for name, product in zip(column_names(spec), made, strict=True)
    )
    return Plan(shorten_names(named), tuple(tuple(part for part, _ in product) for product in made), reads_of(terms))


def column_names(spec: formulaic.ModelSpec) -> tuple[str, ...]:
    """The names of the columns of formulaic's, the intercept's as R has it."""
    return tuple(INTERCEPT if name == "Intercept" else str(name) for name in spec.column_names)


def terms_of(spec: formulaic.ModelSpec, terms: Terms) -> tuple[Term, ...]:
    """What each column of formulaic's is, where the columns are formulaic's own."""
    widths = _widths(spec, terms)
    made: list[tuple[Factor, ...]] = []
    for term, spelt in zip(spec.structure, _spelt(terms), strict=True):
        found = [product for scoped in term.scoped_terms for product in _factors(scoped, spelt, term, spec, widths)]
        whole = tuple(factor_of(text) for text in spelt)
        made += found if len(found) == len(term.columns) else [whole] * len(term.columns)
    named = tuple(Term(name, factors) for name, factors in zip(column_names(spec), made, strict=True))
    return shorten_names(named)


def _ask_formulaic(terms: Terms, levels: Mapping[str, tuple[object, ...]]) -> formulaic.ModelSpec:
    """What formulaic makes of the terms, on a table that has every level."""
    n = max([2, *map(len, levels.values())])
    table = {name: np.linspace(0.25, 0.75, n) for name in reads_of(terms)}
    factors = {name: pd.Categorical([kept[i % len(kept)] for i in range(n)], kept) for name, kept in levels.items()}
    made = formulaic.Formula(str(terms)).get_model_matrix(
        pd.DataFrame(table | factors), context=dict(FORMULAIC_TRANSFORMS), output="numpy"
    )
    return made.model_spec


@lru_cache(maxsize=256)
def reads_of(terms: Terms) -> tuple[str, ...]:
    """The columns of data that terms read, sorted."""
    factors = itertools.chain.from_iterable(terms.products)
    return tuple(sorted(set().union(*(names_in(read_expression(factor)) for factor in factors))))


def _spelt(terms: Terms) -> list[tuple[str, ...]]:
    """The factors of each term as we spell them, the intercept among the terms."""
    return [(), *terms.products] if terms.intercept else list(terms.products)


def _products(
    term: Any, spelt: tuple[str, ...], levels: Mapping[str, tuple[object, ...]]
) -> list[tuple[tuple[Part, Factor], ...]]:
    """The columns of one term, each the parts that it multiplies and what they are.

    formulaic spells expressions its own way, so its factors are told by their places in the term.
    """
    ours = dict(zip((factor.expr for factor in term.term.factors), spelt, strict=False))
    return [
        product
        for scoped in term.scoped_terms
        for product in _cross([_parts(ours[one.factor.expr], levels, reduced=one.reduced) for one in scoped.factors])
    ]


def _parts(text: str, levels: Mapping[str, tuple[object, ...]], *, reduced: bool) -> list[tuple[Part, Factor]]:
    """The columns of one factor: levels, without the first where that goes without saying, or numbers."""
    match read_expression(text):
        case Name(name) if name in levels:
            known = levels[name]
            places = range(int(reduced), len(known))
            return [((text, place), factor_of(text, place, levels=known, reduced=reduced)) for place in places]
        case node:
            width = count_columns(node)
            if width == 1:
                return [((text, 0), factor_of(text))]
            return [((text, place), factor_of(text, place)) for place in range(width)]


def _factors(
    scoped: Any, spelt: tuple[str, ...], term: Any, spec: formulaic.ModelSpec, widths: Mapping[str, int]
) -> list[tuple[Factor, ...]]:
    """The factors of each column of a part of a term; none where it is not known how many columns a factor has."""
    ours = dict(zip((factor.expr for factor in term.term.factors), spelt, strict=False))
    choices = []
    for one in scoped.factors:
        text, levels = ours[one.factor.expr], _levels(spec, one.factor.expr)
        places = range(int(one.reduced), len(levels)) if levels else range(widths.get(one.factor.expr, 0))
        choices.append([factor_of(text, place, levels=levels, reduced=one.reduced) for place in places])
    return _cross(choices)


def _cross(choices: Sequence[Sequence[T]]) -> list[tuple[T, ...]]:
    """Every choice of one of each, in formulaic's order, in which the first varies fastest."""
    return [tuple(reversed(product)) for product in itertools.product(*reversed(choices))]


def _levels(spec: formulaic.ModelSpec, expression: str) -> tuple[object, ...] | None:
    """The levels that formulaic found of a factor; None of one that is made of numbers."""
    kind, state = spec.encoder_state.get(expression, (None, {}))
    return tuple(state["categories"]) if kind is FormulaicFactor.Kind.CATEGORICAL else None


def _widths(spec: formulaic.ModelSpec, terms: Terms) -> dict[str, int]:
    """How many columns each factor of numbers has, as far as terms tell in which no other is unknown."""
    pairs = zip(spec.structure, _spelt(terms), strict=True)
    ours = {one.expr: text for term, spelt in pairs for one, text in zip(term.term.factors, spelt, strict=False)}
    found = {expression: 1 for expression, text in ours.items() if not is_broad(read_expression(text))}
    for term in sorted(spec.structure, key=lambda one: len(one.term.factors)):
        unknown, per_column = set(), 0
        for scoped in term.scoped_terms:
            size = 1
            for one in scoped.factors:
                levels = _levels(spec, one.factor.expr)
                size *= len(levels) - int(one.reduced) if levels else found.get(one.factor.expr, 1)
                unknown |= {one.factor.expr} if levels is None and one.factor.expr not in found else set()
            per_column += size
        if len(unknown) == 1:
            found |= {unknown.pop(): len(term.columns) // per_column}
    return found
