"""Parts of a truth as plain values that JSON can hold, back again, and as rows of a table.

A part is a frozen dataclass whose fields are numbers, texts, other parts, or tuples of these. Its type annotations say
what may be read into it. The unit of a number stands in the metadata of its field.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from types import NoneType, UnionType
from typing import Any, Final, Literal, TypeVar, Union, cast, final, get_args, get_origin, get_type_hints

from alsmodels.errors import SpecError, shown
from alsmodels.simulation.numbers import GIVEN, Sourced, source_of

__all__ = ["UNTOLD", "NumberRow", "from_record", "list_numbers", "to_record", "unit"]

UNTOLD: Final = {"told": False}
"""The metadata of a field that tables of numbers leave out."""

T = TypeVar("T")


def unit(name: str | Callable[[Any], str], *, of_part: bool = False) -> dict[str, object]:
    """The metadata of a field: the unit of its numbers, or how their part tells it; whether they have its source."""
    return {"unit": name, "of_part": of_part}


@final
@dataclass(frozen=True, slots=True)
class NumberRow:
    """A number of a truth, or several of one kind and source: the part they belong to, what they are, unit, source."""

    part: str
    quantity: str
    value: str
    unit: str
    source: str


def to_record(part: object) -> Any:
    """Return a part as values that JSON can hold; a number with a source becomes ``{"value", "source"}``."""
    if is_dataclass(part):
        return {one.name: to_record(getattr(part, one.name)) for one in fields(part)}
    if isinstance(part, tuple):
        return [to_record(one) for one in part]
    if isinstance(part, Sourced):
        return {"value": float(part), "source": part.source}
    return part


def from_record(kind: type[T], record: object, *, where: str) -> T:
    """Read what `to_record` gave.

    Parameters
    ----------
    kind : type[T]
        The part's class.
    record : object
        The values.
    where : str
        How errors call it.

    Raises
    ------
    SpecError
        If a field is unknown, missing or of another type, by its place; or if the part refuses its numbers.
    """
    if not isinstance(record, Mapping):
        raise SpecError(f"{where} is a record of fields, not {shown(record)}.")
    hints = get_type_hints(kind)
    strange = [str(name) for name in record if name not in hints]
    if strange:
        raise SpecError(f"{where} has no field {shown(strange[0])}; its fields are {', '.join(hints)}.")
    needed = [one.name for one in fields(cast("Any", kind)) if one.default is MISSING and one.name not in record]
    if needed:
        raise SpecError(f"{where} lacks the field {shown(needed[0])}.")
    read = {name: _read(hints[name], value, f"{where}.{name}") for name, value in record.items()}
    return kind(**read)


def list_numbers(part: object, *, name: str = "") -> Iterator[NumberRow]:
    """Go through the numbers of a part and of the parts in it.

    A number left at its default, which changes nothing, is not told, nor is one of a field marked as not ``told``.
    Fields marked ``of_part`` have the source of their part.
    """
    for one in fields(cast("Any", part)):
        value, about = getattr(part, one.name), one.metadata
        numbers = _numbers(value)
        own = [getattr(part, "source", GIVEN)] if about.get("of_part") else [source_of(number) for number in numbers]
        if about.get("told", True) and (value != one.default or any(isinstance(n, Sourced) for n in numbers)):
            yield from _rows(name, one.name.replace("_", " "), numbers, _measure(part, about), own)
        inner = value if isinstance(value, tuple) else (value,)
        for at, own_part in enumerate(inner, 1):
            if is_dataclass(own_part):
                label = str(about.get("label", one.name.replace("_", " ")))
                title = getattr(own_part, "name", at if len(inner) > 1 else None)
                yield from list_numbers(own_part, name=", ".join(filter(None, (name, _titled(label, title)))))


def _rows(part: str, quantity: str, numbers: list[float], measure: str, sources: list[str]) -> Iterator[NumberRow]:
    """One row if all have one source, else one for each."""
    if not numbers:
        return
    if len(set(sources)) == 1:
        yield NumberRow(part, quantity, ", ".join(f"{number:.6g}" for number in numbers), measure, sources[0])
        return
    for at, (number, source) in enumerate(zip(numbers, sources, strict=True), 1):
        yield NumberRow(part, f"{quantity} {at}", f"{number:.6g}", measure, source)


def _numbers(value: object) -> list[float]:
    """The numbers that a field holds itself."""
    values = value if isinstance(value, tuple) else (value,)
    return [one for one in values if isinstance(one, (int, float)) and not isinstance(one, bool)]


def _measure(part: object, about: Mapping[str, Any]) -> str:
    """The unit of a field; some parts know theirs themselves."""
    measure = about.get("unit", "")
    return str(measure(part) if callable(measure) else measure)


def _titled(label: str, title: object) -> str:
    return label if title is None else f"{label} {title}"


def _read(hint: Any, value: object, where: str) -> object:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return (
            None if value is None else _read(next(one for one in get_args(hint) if one is not NoneType), value, where)
        )
    if origin is tuple:
        return _read_tuple(hint, value, where)
    if origin is Literal:
        return _checked(value, value in get_args(hint), where, f"one of {', '.join(map(repr, get_args(hint)))}")
    if is_dataclass(hint):
        return from_record(cast("type[object]", hint), value, where=where)
    return _read_plain(hint, value, where)


def _read_tuple(hint: Any, value: object, where: str) -> tuple[object, ...]:
    if not isinstance(value, (list, tuple)):
        raise SpecError(f"{where} is a list, not {shown(value)}.")
    return tuple(_read(get_args(hint)[0], one, f"{where}[{at}]") for at, one in enumerate(value))


def _read_plain(hint: type, value: object, where: str) -> object:
    if hint is float:
        return _read_number(value, where)
    words = {int: "a whole number", bool: "true or false", str: "text"}[hint]
    return _checked(value, type(value) is hint, where, words)


def _read_number(value: object, where: str) -> float:
    if isinstance(value, Mapping) and set(value) == {"value", "source"}:
        number, source = value["value"], value["source"]
        _checked(source, isinstance(source, str), f"{where}.source", "text")
        return Sourced(_read_number(number, where), source)
    _checked(value, isinstance(value, (int, float)) and not isinstance(value, bool), where, "a number")
    try:
        return float(cast("float", value))
    except OverflowError as error:
        raise SpecError(f"{where} is a number too large to compute with.") from error


def _checked(value: object, holds: bool, where: str, words: str) -> object:
    if not holds:
        raise SpecError(f"{where} is {words}, not {shown(value)}.")
    return value
