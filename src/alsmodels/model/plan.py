"""How terms become columns: each a product of numbers and of indicators of levels.

Which levels a factor needs in which term, so that the columns are independent, is formulaic's to say. It is asked once
for a set of terms, on a table of a few rows that has every level; what it says is kept as a plan and carried out
here. Transforms that look at a column as a whole, such as splines, are left to formulaic altogether.
"""

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any, TypeAlias, final

import formulaic
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.model.expressions import evaluate, is_plain, names_in, read_expression
from alsmodels.model.formula import Terms
from alsmodels.model.grammar import Call, Name
from alsmodels.model.timescale import phase

__all__ = ["FORMULAIC_TRANSFORMS", "Columns", "Plan", "make_plan"]

Matrix: TypeAlias = NDArray[np.float64]
# The text of a factor, and which of its columns or levels.
Part: TypeAlias = tuple[str, int]
Levels: TypeAlias = tuple[tuple[str, tuple[object, ...]], ...]

FORMULAIC_TRANSFORMS: Mapping[str, Any] = {
    "phase": lambda week, knot: phase(week, knot).to_dict("series"),
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "I": lambda value: value,
}
"""What formulaic is given to evaluate by."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The columns of a table as a plan reads them.

    Attributes
    ----------
    n_rows : rows, n
    numbers : gives a column of numbers by name, shape (n,)
    codes : the level of each row, shape (n,), for each categorical column
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
    names : the columns' names
    products : the parts of each column; none for a column of ones
    reads : the columns of data it reads, sorted
    """

    names: tuple[str, ...]
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
    spelt = [(), *terms.products] if terms.intercept else terms.products
    pairs = zip(spec.structure, spelt, strict=True)
    products = [product for term, factors in pairs for product in _products(term, factors, dict(levels))]
    if len(products) != len(spec.column_names):
        return None
    names = tuple("(Intercept)" if name == "Intercept" else str(name) for name in spec.column_names)
    return Plan(names, tuple(products), _reads(terms))


def _ask_formulaic(terms: Terms, levels: Mapping[str, tuple[object, ...]]) -> formulaic.ModelSpec:
    """What formulaic makes of the terms, on a table that has every level."""
    n = max([2, *map(len, levels.values())])
    table = {name: np.linspace(0.25, 0.75, n) for name in _reads(terms)}
    factors = {name: pd.Categorical([kept[i % len(kept)] for i in range(n)], kept) for name, kept in levels.items()}
    made = formulaic.Formula(str(terms)).get_model_matrix(
        pd.DataFrame(table | factors), context=dict(FORMULAIC_TRANSFORMS), output="numpy"
    )
    return made.model_spec


def _reads(terms: Terms) -> tuple[str, ...]:
    """The columns of data that terms read, sorted."""
    factors = itertools.chain.from_iterable(terms.products)
    return tuple(sorted(set().union(*(names_in(read_expression(factor)) for factor in factors))))


def _products(term: Any, spelt: tuple[str, ...], levels: Mapping[str, tuple[object, ...]]) -> list[tuple[Part, ...]]:
    """The columns of one term in formulaic's order, in which its first factor varies fastest.

    formulaic spells expressions its own way, so its factors are told by their places in the term.
    """
    ours = dict(zip((factor.expr for factor in term.term.factors), spelt, strict=False))
    found = []
    for scoped in term.scoped_terms:
        choices = [_parts(ours[one.factor.expr], levels, reduced=one.reduced) for one in scoped.factors]
        found += [tuple(reversed(product)) for product in itertools.product(*reversed(choices))]
    return found


def _parts(text: str, levels: Mapping[str, tuple[object, ...]], *, reduced: bool) -> list[Part]:
    """The columns of one factor: levels, without the first where that goes without saying, or numbers."""
    match read_expression(text):
        case Name(name) if name in levels:
            return [(text, number) for number in range(int(reduced), len(levels[name]))]
        case Call("phase"):
            return [(text, 0), (text, 1)]
        case _:
            return [(text, 0)]
