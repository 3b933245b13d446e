"""Walks over the tree of a formula: the columns in it, its phases, and the same tree in other names."""

import itertools
from collections.abc import Mapping

from alsmodels.errors import FormulaError
from alsmodels.model.grammar import Bar, Call, Name, Node, Number, Operation
from alsmodels.model.timescale import TIME_COLUMNS
from alsmodels.model.transforms import MAX_KNOTS

__all__ = ["columns_of", "phases_of", "rename"]


def rename(node: Node, names: Mapping[str, str]) -> Node:
    """A tree with other names of columns."""
    match node:
        case Name(text):
            return Name(names.get(text, text))
        case Call(function, arguments, keywords):
            return Call(function, tuple(rename(argument, names) for argument in arguments), keywords)
        case Operation(operator, left, right):
            return Operation(operator, rename(left, names), rename(right, names))
        case Bar(inner, group, correlated):
            return Bar(rename(inner, names), names.get(group, group), correlated)
        case _:
            return node


def columns_of(node: Node, *, of: str | None = None) -> list[str]:
    """The columns in a tree, or those inside one transform; the groups of random terms are not among them."""
    match node:
        case Name(text):
            return [text] if of is None else []
        case Call(function, arguments, _):
            inside = None if function == of else of
            return [name for argument in arguments for name in columns_of(argument, of=inside)]
        case Operation(_, left, right):
            return [*columns_of(left, of=of), *columns_of(right, of=of)]
        case Bar(inner, _, _):
            return columns_of(inner, of=of)
        case _:
            return []


def phases_of(node: Node) -> list[tuple[str, tuple[float, ...]]]:
    """The unit of time and the knots of every ``phase`` in a tree, checking how each is called."""
    match node:
        case Call("phase", (Name(unit), *knots), keywords) if unit in TIME_COLUMNS and knots and not any(keywords):
            found = tuple(float(knot.text) for knot in knots if isinstance(knot, Number))
            if len(found) < len(knots) or len(knots) > MAX_KNOTS:
                raise _no_phase()
            return [(unit, found)]
        case Call("phase"):
            raise _no_phase()
        case Call(_, arguments, _):
            return list(itertools.chain.from_iterable(map(phases_of, arguments)))
        case Operation(_, left, right):
            return [*phases_of(left), *phases_of(right)]
        case Bar(inner, _, _):
            return phases_of(inner)
        case _:
            return []


def _no_phase() -> FormulaError:
    return FormulaError(
        f"'phase' takes the time, which is week, month or day, and 1 to {MAX_KNOTS} knots, as in phase(week, 24), "
        "phase(week, 24, 48) or phase(month, 6)."
    )
