"""The encoding of a table as matrices, learnt once and repeated on new data.

formulaic says how factors are coded, in the order of a Categorical's levels; a ``Plan`` carries it out. Where there is
no plan formulaic evaluates the expressions itself; what it is given has been through our grammar, and reads columns
that were seen to exist.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import chain
from typing import Any, TypeAlias, final

import formulaic
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from alsmodels.data.columns import with_columns
from alsmodels.data.lookup import Table, frame_of
from alsmodels.data.roles import order_arms
from alsmodels.data.spelling import suggest
from alsmodels.errors import DesignError
from alsmodels.kernels.covariance import CovarianceTemplate, covariance_template
from alsmodels.model.breadth import check_breadth, check_effects
from alsmodels.model.expressions import evaluate, is_plain, read_expression
from alsmodels.model.formula import Formula, Terms
from alsmodels.model.omission import Omission
from alsmodels.model.plan import FORMULAIC_TRANSFORMS, Columns, Plan, make_plan, reads_of, terms_of
from alsmodels.model.terms import Term
from alsmodels.model.timescale import TIME_COLUMNS

__all__ = [
    "Encoding",
    "Stretches",
    "check_columns",
    "evaluate_response",
    "learn_encoding",
    "learn_stretches",
    "template_of",
]

Matrix = NDArray[np.float64]

# X and Z of the rows from one to another.
Stretches: TypeAlias = Callable[[int, int], tuple[Matrix, Matrix]]
# A plan of ours where there is one, else formulaic's own record.
_Recipe: TypeAlias = Plan | formulaic.ModelSpec


@final
@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """How a table becomes X and Z.

    Attributes
    ----------
    fixed_terms : tuple of Term
        The columns of X.
    random_terms : tuple of Term
        The columns of Z.
    block_sizes : tuple of int
        Sizes of the blocks of correlated columns of Z.
    fixed_columns : tuple of str
        The columns of data that X is made of.
    levels : mapping of str to tuple of object
        The levels of each categorical column.
    categories : frozenset of str
        The columns that are text or categories, and no numbers.
    omission : Omission or None
        The columns of X that are left out, since the data cannot tell them; None if none is.
    """

    fixed_terms: tuple[Term, ...]
    random_terms: tuple[Term, ...]
    block_sizes: tuple[int, ...]
    fixed_columns: tuple[str, ...]
    levels: Mapping[str, tuple[object, ...]]
    categories: frozenset[str]
    _fixed: _Recipe
    _random: tuple[_Recipe, ...]
    omission: Omission | None = None

    @property
    def fixed_names(self) -> tuple[str, ...]:
        """Names of the columns of X."""
        return tuple(term.name for term in self.fixed_terms)

    @property
    def random_names(self) -> tuple[str, ...]:
        """Names of the columns of Z."""
        return tuple(term.name for term in self.random_terms)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of data that X and Z are made of."""
        return tuple(sorted({*self.fixed_columns, *chain.from_iterable(map(_reads, self._random))}))

    def fixed_matrix(self, table: pd.DataFrame) -> Matrix:
        """X for new rows, shape (n, p); unknown levels, missing columns and missing values are refused.

        So are rows whose mean needs a column that is left out.
        """
        X = self.wide_matrix(table)
        if self.omission is None:
            return X
        told = self.omission.is_told(X)
        if not told.all():
            row = int(np.argmin(told))
            msg = (
                f"The mean in row {row + 1} of the new data needs {self.omission.needed(X[row])}, which the data of "
                "the model do not tell and which is left out of it."
            )
            raise DesignError(msg)
        return np.ascontiguousarray(X[:, self.omission.kept])

    def wide_matrix(self, table: pd.DataFrame) -> Matrix:
        """As `fixed_matrix`, with the columns that are left out in their places, shape (n, p + d)."""
        return self._encode(self._fixed, table)

    def leaving_out(self, omission: Omission | None) -> "Encoding":
        """The encoding without columns of X that the data cannot tell."""
        if omission is None:
            return self
        return replace(self, fixed_terms=tuple(self.fixed_terms[place] for place in omission.kept), omission=omission)

    @property
    def covariates(self) -> tuple[str, ...]:
        """The columns of data that X is made of beside time and the arm."""
        return tuple(name for name in self.fixed_columns if name != "arm" and name not in TIME_COLUMNS)

    def random_matrix(self, table: pd.DataFrame) -> Matrix:
        """Z for new rows, shape (n, q)."""
        return np.hstack([self._encode(recipe, table) for recipe in self._random])

    def _encode(self, recipe: _Recipe, table: pd.DataFrame) -> Matrix:
        used = _reads(recipe)
        check_columns(used, table)
        known = with_columns(table, {name: self._known(table[name], name) for name in used})
        if isinstance(recipe, Plan):
            words = [name for name in used if name in self.categories]
            return recipe.matrix(_columns(known, {name: _codes(known[name], self.levels[name]) for name in words}))
        made = recipe.get_model_matrix(known, context=dict(FORMULAIC_TRANSFORMS))
        return np.ascontiguousarray(made, dtype=float).reshape(len(table), -1)

    def _known(self, column: "pd.Series[Any]", name: str) -> "pd.Series[Any]":
        """A column of new data, if it is of the kind and has the levels that the encoding knows."""
        _check_complete(column)
        if name in self.levels:
            _check_seen(column, self.levels[name])
        if name in self.categories:
            return _as_categories(column, self.levels[name])
        if not pd.api.types.is_numeric_dtype(column):
            msg = f"Column '{name}' of the new data holds {column.dtype}; the model knows it as numbers."
            raise DesignError(msg)
        return column


@lru_cache(maxsize=64)
def template_of(block_sizes: tuple[int, ...]) -> CovarianceTemplate:
    """How the covariance of random effects in blocks of these sizes is laid out."""
    return covariance_template(block_sizes)


def learn_encoding(formula: Formula, table: Table) -> tuple[Encoding, Matrix, Matrix]:
    """Learn the encoding of a complete table, and encode it; returns the encoding, X (n, p) and Z (n, q)."""
    encoding, matrices = learn_stretches(formula, table)
    return encoding, *matrices(0, len(table))


def learn_stretches(formula: Formula, table: Table) -> tuple[Encoding, Stretches]:
    """Learn the encoding of a complete table; X and Z of rows from one to another are made when they are asked for."""
    arrays = {name: _array(table[name]) for name in formula.term_columns}
    kinds = {name: values.dtype for name, values in arrays.items()}
    words = [name for name, kind in kinds.items() if not pd.api.types.is_numeric_dtype(kind)]
    read = {name: _categorise(name, arrays[name]) for name in dict.fromkeys([*words, *formula.factors])}
    levels = {name: known for name, (known, _) in read.items()}
    _check_levels(levels)
    check_breadth(formula, levels, words)
    columns = _columns(table, {name: read[name][1] for name in words})
    may_plan = not formula.factors and not any(map(_is_truth, kinds.values()))
    parts = (formula.fixed, *(term.terms for term in formula.random))
    (fixed, make_X), *pairs = [
        _learn(terms, table, columns, {name: levels[name] for name in words}, may_plan=may_plan) for terms in parts
    ]
    found = [_terms(recipe, terms) for (recipe, _), terms in zip(pairs, parts[1:], strict=True)]
    sizes = [(len(n),) if term.correlated else (1,) * len(n) for n, term in zip(found, formula.random, strict=True)]
    random_terms, block_sizes = tuple(chain.from_iterable(found)), tuple(chain.from_iterable(sizes))
    check_effects([term.name for term in random_terms], block_sizes)
    encoding = Encoding(
        fixed_terms=_terms(fixed, formula.fixed),
        random_terms=random_terms,
        block_sizes=block_sizes,
        fixed_columns=_reads(fixed),
        levels=levels,
        categories=frozenset(words),
        _fixed=fixed,
        _random=tuple(recipe for recipe, _ in pairs),
    )

    def matrices(first: int, last: int) -> tuple[Matrix, Matrix]:
        made = [make_Z(first, last) for _, make_Z in pairs]
        return make_X(first, last), made[0] if len(made) == 1 else np.hstack(made)

    return encoding, matrices


def evaluate_response(expression: str, table: Table) -> Matrix:
    """The response, shape (n,); not finite where a transform does not exist."""
    node = read_expression(expression)
    if is_plain(node):
        with np.errstate(all="ignore"):
            return evaluate(node, _columns(table, {}).numbers)[0]
    with np.errstate(all="ignore"):
        matrix = formulaic.Formula(f"0 + {expression}").get_model_matrix(
            frame_of(table), context=dict(FORMULAIC_TRANSFORMS), na_action="ignore", output="numpy"
        )
    return np.asarray(matrix, dtype=float).reshape(len(table), -1)[:, 0]


def check_columns(names: Sequence[str], table: pd.DataFrame) -> None:
    """Refuse a table without the columns a formula names, with the nearest names it has, or with one of them twice."""
    for name in names:
        if name not in table.columns:
            msg = f"The data have no column '{name}'; {suggest(name, table.columns)}"
            raise DesignError(msg)
    if not table.columns.is_unique:
        twice = next((name for name in names if (table.columns == name).sum() > 1), None)
        if twice is not None:
            msg = f"The data have the column '{twice}' more than once; keep one."
            raise DesignError(msg)


def _learn(
    terms: Terms, table: Table, columns: Columns, levels: Mapping[str, tuple[object, ...]], *, may_plan: bool
) -> tuple[_Recipe, Callable[[int, int], Matrix]]:
    used = reads_of(terms)
    known = tuple((name, kept) for name, kept in levels.items() if name in used)
    plan = make_plan(terms, known) if may_plan else None
    if plan is not None:
        return plan, lambda first, last: plan.matrix(columns.cut(first, last))
    frame = frame_of(table)
    frame = with_columns(frame, {name: _as_categories(frame[name], kept) for name, kept in known})
    try:
        with np.errstate(all="ignore"):
            made = formulaic.Formula(str(terms)).get_model_matrix(
                frame, context=dict(FORMULAIC_TRANSFORMS), na_action="ignore", output="numpy"
            )
    except (formulaic.errors.FormulaicError, ValueError, TypeError) as error:
        msg = f"The terms '{terms.short}' cannot be computed from these data: {error}"
        raise DesignError(msg) from error
    matrix = np.ascontiguousarray(made, dtype=float)
    return made.model_spec, lambda first, last: matrix[first:last]


def _columns(table: Table, codes: Mapping[str, NDArray[np.int64]]) -> Columns:
    return Columns(len(table), cache(lambda name: table[name].to_numpy(dtype=float, na_value=np.nan)), codes)


def _is_truth(kind: object) -> bool:
    return bool(kind == np.bool_)


def _terms(recipe: _Recipe, terms: Terms) -> tuple[Term, ...]:
    return recipe.terms if isinstance(recipe, Plan) else terms_of(recipe, terms)


def _reads(recipe: _Recipe) -> tuple[str, ...]:
    """The columns of data that an encoding reads."""
    return recipe.reads if isinstance(recipe, Plan) else tuple(sorted(map(str, recipe.required_variables)))


def _array(column: "pd.Series[Any] | ExtensionArray") -> ExtensionArray:
    return column.array if isinstance(column, pd.Series) else column


def _categorise(name: str, values: ExtensionArray) -> tuple[tuple[object, ...], NDArray[np.int64]]:
    """The levels that occur, and the place of each row's among them.

    They stand in the order of a Categorical, or else sorted; of arms, as in a cohort, the reference is first.
    """
    if isinstance(values, pd.Categorical):
        codes, known = np.asarray(values.codes), list(values.categories)
        order = np.flatnonzero(np.bincount(codes[codes >= 0], minlength=len(known)))
    else:
        codes, found = pd.factorize(values)  # type: ignore[call-overload]  # its stubs know no arrays of pandas
        known = found.tolist()
        by_value = pd.api.types.is_numeric_dtype(values.dtype)
        first = order_arms([str(level) for level in known])[:1] if name == "arm" and not by_value else ()
        order = np.array(
            sorted(
                range(len(known)), key=lambda n: known[n] if by_value else (str(known[n]) not in first, str(known[n]))
            ),
            dtype=int,
        )
    places = np.full(len(known) + 1, -1)
    places[order] = np.arange(len(order))
    return tuple(known[place] for place in order), places[codes]


def _codes(column: "pd.Series[Any]", known: Sequence[object]) -> NDArray[np.int64]:
    """The place of each row's level among the known ones, shape (n,)."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        places = pd.Index(list(known), dtype=column.cat.categories.dtype).get_indexer(column.cat.categories)
        return np.asarray(np.append(places, -1)[column.cat.codes.to_numpy()])
    return np.asarray(pd.Categorical(column, categories=list(known)).codes, dtype=np.int64)


def _as_categories(column: "pd.Series[Any]", known: Sequence[object]) -> "pd.Series[Any]":
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.set_categories(list(known))
    values = pd.Categorical(column.astype(object), categories=list(known))
    return pd.Series(values, index=column.index, name=column.name)


def _check_levels(levels: Mapping[str, tuple[object, ...]]) -> None:
    for name, known in levels.items():
        if len(known) < 2:
            msg = f"'{name}' has one level alone in the rows of the model, '{known[0]}'; take it out of the formula."
            raise DesignError(msg)


def _check_complete(column: "pd.Series[Any]") -> None:
    if column.isna().any():
        msg = f"Column '{column.name}' has a missing value in row {int(np.argmax(column.isna())) + 1} of the new data."
        raise DesignError(msg)


def _check_seen(column: "pd.Series[Any]", known: Sequence[object]) -> None:
    strange = sorted(set(map(str, column.unique())) - set(map(str, known)))
    if strange:
        msg = (
            f"Column '{column.name}' of the new data has the level '{strange[0]}', which the model has not seen; "
            f"it knows {', '.join(map(repr, map(str, known)))}."
        )
        raise DesignError(msg)
