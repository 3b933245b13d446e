"""Expressions in columns, computed from the tree of a formula: never evaluated as Python."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from alsmodels.model.grammar import Call, Name, Node, Number, Operation, Truth, parse
from alsmodels.model.timescale import phase_columns

__all__ = ["Take", "count_columns", "evaluate", "is_plain", "is_raw", "names_in", "read_expression"]

Vector: TypeAlias = NDArray[np.float64]
Take: TypeAlias = Callable[[str], Vector]

_FUNCTIONS: Mapping[str, Callable[[Vector], Vector]] = MappingProxyType(
    {
        "log": np.log,
        "log2": np.log2,
        "log10": np.log10,
        "log1p": np.log1p,
        "exp": np.exp,
        "sqrt": np.sqrt,
        "abs": np.abs,
        "sin": np.sin,
        "cos": np.cos,
        "I": np.asarray,
    }
)
_OPERATORS: Mapping[str, Callable[[Any, Any], Vector]] = MappingProxyType(
    {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power}
    | {
        "<": lambda one, other: np.less(one, other).astype(float),
        "<=": lambda one, other: np.less_equal(one, other).astype(float),
        ">": lambda one, other: np.greater(one, other).astype(float),
        ">=": lambda one, other: np.greater_equal(one, other).astype(float),
        "==": lambda one, other: np.equal(one, other).astype(float),
        "!=": lambda one, other: np.not_equal(one, other).astype(float),
    }
)


@lru_cache(maxsize=256)
def read_expression(text: str) -> Node:
    """The tree of one factor of a term, or of a response, from its canonical text."""
    return parse(f"{text} ~ 1")[0]


def is_plain(node: Node) -> bool:
    """Whether an expression can be computed row by row: it holds nothing of the data as a whole."""
    match node:
        case Name() | Number():
            return True
        case Call("phase", (inner, *_), _):
            return is_plain(inner)
        case Call("poly", (inner, *_)) if is_raw(node):
            return is_plain(inner)
        case Call(function, (inner,), _) if function in _FUNCTIONS:
            return is_plain(inner)
        case Operation(operator, left, right) if operator in _OPERATORS:
            return is_plain(left) and is_plain(right)
        case _:
            return False


def is_raw(node: Node) -> bool:
    """Whether an expression is of the powers of a column themselves, which need no other row."""
    if not isinstance(node, Call) or node.function != "poly":
        return False
    given = dict(zip(node.keywords, node.arguments, strict=True))
    return given.get("raw") == Truth(value=True)


def count_columns(node: Node) -> int:
    """How many columns `evaluate` makes of a plain expression."""
    match node:
        case Call("phase", (_, *knots)):
            return len(knots) + 1
        case Call("poly", (_, *numbers)):
            return next((int(one.text) for one in numbers if isinstance(one, Number)), 1)
        case _:
            return 1


def names_in(node: Node) -> set[str]:
    """The columns that an expression reads."""
    match node:
        case Name(text):
            return {text}
        case Call(_, arguments, _):
            return set().union(*map(names_in, arguments))
        case Operation(_, left, right):
            return names_in(left) | names_in(right)
        case _:
            return set()


def evaluate(node: Node, take: Take) -> tuple[Vector, ...]:
    """The columns that a plain expression makes of others: several for phases and powers, one for anything else.

    Parameters
    ----------
    node : Node
        The tree.
    take : Take
        Gives a column by its name, shape (n,).
    """
    match node:
        case Call("phase", (inner, *knots), _):
            return phase_columns(_compute(inner, take), *(float(_compute(knot, take)) for knot in knots))
        case Call("poly", (inner, *_), _):
            column = np.asarray(_compute(inner, take), dtype=float)
            return tuple(column**power for power in range(1, count_columns(node) + 1))
        case _:
            return (np.asarray(_compute(node, take), dtype=float),)


def _compute(node: Node, take: Take) -> Any:
    match node:
        case Name(text):
            return take(text)
        case Number(text):
            return float(text)
        case Call(function, (inner,), _):
            return _FUNCTIONS[function](_compute(inner, take))
        case Operation(operator, left, right):
            return _OPERATORS[operator](_compute(left, take), _compute(right, take))
        case _:
            msg = f"{node!r} is not an expression in columns."
            raise TypeError(msg)
