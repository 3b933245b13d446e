"""Conditions on rows, such as ``age > 60 and onset == 'bulbar'``: parsed to a tree of known parts, never evaluated.

Columns, numbers, texts, lists, comparisons, ``in``, ``and``, ``or``, ``not`` and ``missing(column)`` are all there is.
A column whose name is no identifier stands in backticks.
"""

import ast
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from alsmodels.data.columns import require_columns
from alsmodels.data.numbering import Mask
from alsmodels.errors import DataError, shown

__all__ = ["rows_where"]

_LONGEST = 2_000
_DEEPEST = 50
_COMPARED: Mapping[type[ast.cmpop], Callable[[Any, Any], Any]] = MappingProxyType(
    {
        ast.Eq: operator.eq,
        ast.NotEq: operator.ne,
        ast.Lt: operator.lt,
        ast.LtE: operator.le,
        ast.Gt: operator.gt,
        ast.GtE: operator.ge,
    }
)
_ORDERS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_HELP = (
    "Write a comparison of columns, such as \"age > 60 and onset == 'bulbar'\", \"site in ['a', 'b']\" or missing(age)."
)


def rows_where(condition: str, table: pd.DataFrame) -> Mask:
    """Return the rows of a table, shape (n,), for which a condition holds; a missing value meets none but missing().

    Examples
    --------
    >>> table = pd.DataFrame({"age": [61.0, 55.0, None], "onset": ["bulbar", "spinal", "spinal"]})
    >>> rows_where("age > 60 or onset == 'spinal'", table).tolist()
    [True, True, True]
    >>> rows_where("not missing(age) and `onset` in ['spinal']", table).tolist()
    [False, True, False]
    """
    try:
        tree, names = _parse(condition)
        return _truth(tree, table, names, condition, 0)
    except DataError as refusal:
        raise DataError(f"{refusal}{_backticks(condition, table)}") from refusal


def _backticks(condition: str, table: pd.DataFrame) -> str:
    """Say which columns of a condition that is refused have to stand in backticks."""
    bare = re.sub(r"`[^`]*`", " ", condition)
    names = [str(name) for name in table.columns if not str(name).isidentifier() and str(name) in bare]
    return f" A column whose name is no single word stands in backticks: `{max(names, key=len)}`." if names else ""


def _parse(condition: str) -> tuple[ast.expr, dict[str, str]]:
    if len(condition) > _LONGEST:
        raise DataError(f"A condition has at most {_LONGEST} signs, not {len(condition)}.")
    names: dict[str, str] = {}

    def kept(found: re.Match[str]) -> str:
        names[f"column_{len(names)}_"] = found[1]
        return list(names)[-1]

    try:
        return ast.parse(re.sub(r"`([^`]+)`", kept, condition).strip(), mode="eval").body, names
    except (SyntaxError, ValueError, RecursionError, MemoryError) as reason:
        raise DataError(f"The condition {shown(condition)} cannot be read. {_HELP}") from reason


def _truth(part: ast.expr, table: pd.DataFrame, names: Mapping[str, str], condition: str, depth: int) -> Mask:
    if depth > _DEEPEST:
        raise DataError(f"The condition {shown(condition[:50])}... is nested too deeply; at most {_DEEPEST} deep.")
    inner = (table, names, condition, depth + 1)
    match part:
        case ast.BoolOp(op=ast.And(), values=parts):
            return _all([_truth(one, *inner) for one in parts])
        case ast.BoolOp(op=ast.Or(), values=parts):
            return ~_all([~_truth(one, *inner) for one in parts])
        case ast.UnaryOp(op=ast.Not(), operand=one):
            return ~_truth(one, *inner)
        case ast.Compare(left=left, ops=ops, comparators=others):
            pairs = zip([left, *others[:-1]], ops, others, strict=True)
            return _all([_compared(*pair, table, names, condition) for pair in pairs])
        case ast.Call(func=ast.Name(id="missing"), args=[ast.Name(id=name)], keywords=[]):
            return np.asarray(_column(name, table, names).isna(), dtype=bool)
        case ast.Name(id=name) if _column(name, table, names).dtype == "bool":
            return _column(name, table, names).to_numpy()
    raise DataError(f"The condition {shown(condition)} holds something other than comparisons. {_HELP}")


def _all(masks: Sequence[Mask]) -> Mask:
    return np.asarray(np.logical_and.reduce(masks), dtype=bool)


def _compared(
    left: ast.expr, op: ast.cmpop, right: ast.expr, table: pd.DataFrame, names: Mapping[str, str], condition: str
) -> Mask:
    one, other = (_value(part, table, names, condition) for part in (left, right))
    if isinstance(op, (ast.In, ast.NotIn)):
        if not isinstance(one, pd.Series) or not isinstance(other, list):
            raise DataError(f"The condition {shown(condition)}: 'in' stands between a column and a list. {_HELP}")
        among = one.isin(other).to_numpy()
        return np.asarray(among if isinstance(op, ast.In) else ~among & one.notna().to_numpy(), dtype=bool)
    if type(op) not in _COMPARED or isinstance(one, list) or isinstance(other, list):
        raise DataError(f"The condition {shown(condition)} holds something other than comparisons. {_HELP}")
    one, other = _alike(one, other, condition, is_order=isinstance(op, _ORDERS))
    there = ~(pd.isna(one) | pd.isna(other))
    found = np.asarray(_COMPARED[type(op)](one, other) & there, dtype=bool)
    return np.broadcast_to(found, (len(table),)) if found.ndim == 0 else found


def _alike(one: Any, other: Any, condition: str, *, is_order: bool) -> tuple[Any, Any]:
    """Both sides as numbers, or as texts; what is one of each is refused."""
    texts = [_is_text(side) for side in (one, other)]
    if texts[0] != texts[1]:
        raise DataError(
            f"The condition {shown(condition)} compares a number with a text; put texts, and only them, in quotes."
        )
    if all(texts) and is_order:
        raise DataError(f"The condition {shown(condition)} asks which text is larger; texts are equal or not.")
    return tuple(
        side.astype("object") if isinstance(side, pd.Series) and _is_text(side) else side for side in (one, other)
    )  # type: ignore[return-value]


def _is_text(side: Any) -> bool:
    if isinstance(side, pd.Series):
        return not pd.api.types.is_numeric_dtype(side.dtype)
    return isinstance(side, str)


def _value(part: ast.expr, table: pd.DataFrame, names: Mapping[str, str], condition: str) -> Any:
    match part:
        case ast.Name(id=name):
            return _column(name, table, names)
        case ast.Constant(value=value) if isinstance(value, (str, int, float)):
            return value
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=value)) if isinstance(value, (int, float)):
            return -value
        case ast.List(elts=parts) | ast.Tuple(elts=parts) | ast.Set(elts=parts):
            return [_value(one, table, names, condition) for one in parts if not isinstance(one, ast.Name)]
    raise DataError(f"The condition {shown(condition)} holds something other than columns, numbers and texts. {_HELP}")


def _column(name: str, table: pd.DataFrame, names: Mapping[str, str]) -> pd.Series:
    name = names.get(name, name)
    require_columns(table, [name], "The condition")
    return table[name]
