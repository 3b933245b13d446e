"""The encoding of a table as matrices, learnt once and repeated on new data.

formulaic does the coding of factors, in the order of a Categorical's levels. It evaluates the expressions it is given;
what it is given here has been through our grammar, and reads columns that were seen to exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, final

import formulaic
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.errors import DesignError
from alsmodels.model.formula import Formula, Terms
from alsmodels.model.timescale import phase

__all__ = ["Encoding", "check_columns", "evaluate_response", "learn_encoding"]

Matrix = NDArray[np.float64]

_TRANSFORMS: dict[str, Any] = {
    "phase": lambda week, knot: phase(week, knot).to_dict("series"),
    "log": np.log,
    "log2": np.log2,
    "log10": np.log10,
    "log1p": np.log1p,
    "exp": np.exp,
    "sqrt": np.sqrt,
    "I": lambda value: value,
}


@final
@dataclass(frozen=True, slots=True, eq=False)
class Encoding:
    """How a table becomes X and Z.

    Attributes
    ----------
    fixed_names : the columns of X
    random_names : the columns of Z
    block_sizes : sizes of the blocks of correlated columns of Z
    fixed_columns : the columns of data that X is made of
    levels : the levels of each categorical column
    categories : the columns that are text or categories, and no numbers
    """

    fixed_names: tuple[str, ...]
    random_names: tuple[str, ...]
    block_sizes: tuple[int, ...]
    fixed_columns: tuple[str, ...]
    levels: Mapping[str, tuple[object, ...]]
    categories: frozenset[str]
    _fixed: formulaic.ModelSpec
    _random: tuple[formulaic.ModelSpec, ...]

    def fixed_matrix(self, table: pd.DataFrame) -> Matrix:
        """X for new rows, shape (n, p); unknown levels, missing columns and missing values are refused."""
        return _materialise(self._fixed, self._prepare(table, self._fixed))

    def random_matrix(self, table: pd.DataFrame) -> Matrix:
        """Z for new rows, shape (n, q)."""
        return np.hstack([_materialise(spec, self._prepare(table, spec)) for spec in self._random])

    def _prepare(self, table: pd.DataFrame, spec: formulaic.ModelSpec) -> pd.DataFrame:
        used = _reads(spec)
        check_columns(used, table)
        return table.assign(**{name: self._known(table[name], name) for name in used})

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


def learn_encoding(formula: Formula, table: pd.DataFrame) -> tuple[Encoding, Matrix, Matrix]:
    """Learn the encoding of a complete table, and encode it; returns the encoding, X (n, p) and Z (n, q)."""
    words = [name for name in formula.term_columns if not pd.api.types.is_numeric_dtype(table[name])]
    levels = {name: _levels(table[name]) for name in dict.fromkeys([*words, *formula.factors])}
    _check_levels(levels)
    table = table.assign(**{name: _as_categories(table[name], levels[name]) for name in words})
    X, fixed = _learn(formula.fixed, table)
    pairs = [_learn(term.terms, table) for term in formula.random]
    names = [_names(spec) for _, spec in pairs]
    sizes = [(len(n),) if term.correlated else (1,) * len(n) for n, term in zip(names, formula.random, strict=True)]
    encoding = Encoding(
        fixed_names=_names(fixed),
        random_names=tuple(name for group in names for name in group),
        block_sizes=tuple(size for group in sizes for size in group),
        fixed_columns=_reads(fixed),
        levels=levels,
        categories=frozenset(words),
        _fixed=fixed,
        _random=tuple(spec for _, spec in pairs),
    )
    return encoding, X, np.hstack([Z for Z, _ in pairs])


def evaluate_response(expression: str, table: pd.DataFrame) -> Matrix:
    """The response, shape (n,); not finite where a transform does not exist."""
    with np.errstate(all="ignore"):
        matrix = formulaic.Formula(f"0 + {expression}").get_model_matrix(
            table, context=_TRANSFORMS, na_action="ignore", output="numpy"
        )
    return np.asarray(matrix, dtype=float).reshape(len(table), -1)[:, 0]


def check_columns(names: Sequence[str], table: pd.DataFrame) -> None:
    """Refuse a table without the columns a formula names, with the nearest names it has."""
    for name in names:
        if name not in table.columns:
            near = get_close_matches(name, [str(column) for column in table.columns], n=1, cutoff=0.6)
            hint = f"; did you mean '{near[0]}'?" if near else f"; there are {', '.join(map(str, table.columns))}."
            msg = f"The data have no column '{name}'{hint}"
            raise DesignError(msg)


def _learn(terms: Terms, table: pd.DataFrame) -> tuple[Matrix, formulaic.ModelSpec]:
    try:
        with np.errstate(all="ignore"):
            matrix = formulaic.Formula(str(terms)).get_model_matrix(
                table, context=_TRANSFORMS, na_action="ignore", output="numpy"
            )
    except (formulaic.errors.FormulaicError, ValueError, TypeError) as error:
        msg = f"The terms '{terms.short}' cannot be computed from these data: {error}"
        raise DesignError(msg) from error
    return np.ascontiguousarray(matrix, dtype=float), matrix.model_spec


def _materialise(spec: formulaic.ModelSpec, table: pd.DataFrame) -> Matrix:
    matrix = spec.get_model_matrix(table, context=_TRANSFORMS)
    return np.ascontiguousarray(matrix, dtype=float).reshape(len(table), -1)


def _names(spec: formulaic.ModelSpec) -> tuple[str, ...]:
    return tuple("(Intercept)" if name == "Intercept" else str(name) for name in spec.column_names)


def _reads(spec: formulaic.ModelSpec) -> tuple[str, ...]:
    """The columns of data that an encoding reads."""
    return tuple(sorted(map(str, spec.required_variables)))


def _levels(column: "pd.Series[Any]") -> tuple[object, ...]:
    """The levels that occur, in the order of a Categorical or else sorted."""
    present = column.dropna().unique()
    if isinstance(column.dtype, pd.CategoricalDtype):
        return tuple(level for level in column.cat.categories if level in set(present))
    return tuple(sorted(present, key=None if pd.api.types.is_numeric_dtype(column) else str))


def _as_categories(column: "pd.Series[Any]", known: Sequence[object]) -> "pd.Series[Any]":
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
