"""How transforms may be called: what is checked of a formula before any of it is computed.

The grammar admits any numbers after a transform's column; here each transform says which it takes and how large they
may be, so that no formula can ask for a power, a polynomial or a spline that takes all time or memory.
"""

import keyword
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from alsmodels.errors import FormulaError, shown
from alsmodels.model.grammar import Bar, Call, Name, Node, Number, Operation, Truth

__all__ = ["MAX_EXPONENT", "MAX_KNOTS", "SEVERAL", "check_transforms"]

SEVERAL = frozenset({"phase", "poly", "bs", "ns", "C"})
"""The transforms that make several columns of one; none stands inside another transform, or is a response."""

MAX_KNOTS = 10
"""The most knots of a ``phase``."""

MAX_EXPONENT = 10
"""The largest power inside ``I()``."""


@final
@dataclass(frozen=True, slots=True)
class _Argument:
    """A whole number that a transform takes after its column."""

    name: str
    least: int
    most: int


@final
@dataclass(frozen=True, slots=True)
class _Choice:
    """True or False that a transform takes by name."""

    name: str


_ARGUMENTS: Mapping[str, tuple[_Argument | _Choice, ...]] = MappingProxyType(
    {
        "poly": (_Argument("degree", 1, 10), _Choice("raw")),
        "ns": (_Argument("df", 1, 50),),
        "bs": (_Argument("df", 1, 50), _Argument("degree", 1, 10)),
    }
)
# Of these the first alone may go without its name.
_EXAMPLES = {"poly": "poly(week, 2)", "bs": "bs(week, df=4)", "ns": "ns(week, df=3)"}


def check_transforms(node: Node) -> None:
    """Refuse a transform that is called in another way than it takes, anywhere in a tree.

    Raises
    ------
    FormulaError
        With the transform and what it takes.
    """
    calls = list(_calls(node))
    _check_shadows(calls, set(_names(node)))
    for call in calls:
        if call.function != "phase":  # the knot is checked where it is read
            _check_arguments(call)
        _check_inside(call)


def _check_shadows(calls: list[Call], names: set[str]) -> None:
    both = sorted({call.function for call in calls} & names)
    if both:
        msg = f"'{both[0]}' is a transform and a column of one formula; rename the column."
        raise FormulaError(msg)


def _check_arguments(call: Call) -> None:
    takes = _ARGUMENTS.get(call.function, ())
    given = dict(zip(_argument_names(call, takes), call.arguments[1:], strict=True))
    known = {argument.name: argument for argument in takes}
    if call.keywords[0] or len(given) < len(call.arguments) - 1 or not set(given) <= set(known):
        like = f"a column and {' and '.join(known)}, as in {_EXAMPLES[call.function]}" if takes else "a column alone"
        msg = f"'{call.function}' takes {like}."
        raise FormulaError(msg)
    for name, value in given.items():
        _check_size(call.function, known[name], value)


def _argument_names(call: Call, takes: tuple[_Argument | _Choice, ...]) -> list[str]:
    """The names of the arguments after the first; one without a name is the first that the transform takes."""
    names = list(call.keywords[1:])
    if names and not names[0] and takes:
        names[0] = takes[0].name
    return names


def _check_size(function: str, argument: _Argument | _Choice, value: Node) -> None:
    if isinstance(argument, _Choice):
        if not isinstance(value, Truth):
            msg = f"'{function}' takes as {argument.name} True or False, as in poly(week, 2, {argument.name}=True)."
            raise FormulaError(msg)
        return
    number = int(value.text) if isinstance(value, Number) and value.text.isdigit() else None
    if number is None or not argument.least <= number <= argument.most:
        size = f"a whole number from {argument.least} to {argument.most}"
        msg = f"'{function}' takes as {argument.name} {size}, as in {_EXAMPLES[function]}."
        raise FormulaError(msg)


def _check_inside(call: Call) -> None:
    """Check the expression in columns that a transform is of."""
    names = list(_names(call.arguments[0]))
    if not names:
        msg = f"There is no column inside '{call.function}()'."
        raise FormulaError(msg)
    for name in names:
        _check_name(name)
    inner = next((inside.function for inside in _calls(call.arguments[0]) if inside.function in SEVERAL), None)
    if "offset" in [inside.function for inside in _calls(call.arguments[0])]:
        msg = (
            f"'offset()' is added to a formula, as in '+ offset(log(x))'; it does not stand inside '{call.function}()'."
        )
        raise FormulaError(msg)
    if inner is not None:
        msg = f"'{inner}' makes several columns, so it does not stand inside '{call.function}()'."
        raise FormulaError(msg)
    _check_powers(call.arguments[0])


def _check_name(name: str) -> None:
    """Refuse names that an expression cannot hold: it is written as Python would write it."""
    words = keyword.iskeyword(name) or name.startswith("__")
    changed = name.isidentifier() and unicodedata.normalize("NFKC", name) != name
    if words or changed or "'" in name or '"' in name:
        msg = f"The column {shown(name)} cannot stand inside a transform, for its name; rename it."
        raise FormulaError(msg)


def _check_powers(node: Node) -> None:
    """Refuse powers of numbers alone, which Python would compute digit by digit, and large ones."""
    match node:
        case Operation("^", left, right):
            exponent = float(right.text) if isinstance(right, Number) else MAX_EXPONENT + 1.0
            if exponent > MAX_EXPONENT or not list(_names(left)):
                msg = f"A power inside I() is of a column, and is at most {MAX_EXPONENT}, as in I(week^2)."
                raise FormulaError(msg)
            _check_powers(left)
        case Operation(_, left, right):
            _check_powers(left)
            _check_powers(right)
        case Call(_, arguments, _):
            _check_powers(arguments[0])
        case _:
            return


def _names(node: Node) -> Iterator[str]:
    return (found.text for found in _walk(node) if isinstance(found, Name))


def _calls(node: Node) -> Iterator[Call]:
    return (found for found in _walk(node) if isinstance(found, Call))


def _walk(node: Node) -> Iterator[Node]:
    """Every part of a tree, without recursion."""
    stack = [node]
    while stack:
        node = stack.pop()
        yield node
        match node:
            case Call(_, arguments, _):
                stack.extend(arguments)
            case Operation(_, left, right):
                stack.extend((left, right))
            case Bar(inner, _, _):
                stack.append(inner)
