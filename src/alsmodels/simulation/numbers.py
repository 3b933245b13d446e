"""Numbers that know where they come from, and the check of names that every part of a truth makes of its own."""

from collections.abc import Iterable
from typing import Final, final

from alsmodels.errors import SpecError, shown

__all__ = [
    "ASSUMED",
    "GIVEN",
    "Sourced",
    "check_name",
    "source_of",
    "sourced",
    "sourced_pair",
]

ASSUMED: Final = "assumption"
"""The source of a number that has none."""

GIVEN: Final = "given"
"""The source of a number that the user gave without one."""


@final
class Sourced(float):
    """A number with its source; it calculates and compares as the number alone.

    Parameters
    ----------
    value : float
        The number.
    source : str
        Where it comes from, or the word "assumption".

    Examples
    --------
    >>> slope = Sourced(-1.03, "HEALEY M-SAP 3.0")
    >>> slope + 1.03, slope.source
    (0.0, 'HEALEY M-SAP 3.0')
    """

    __slots__ = ("_source",)
    _source: str

    def __new__(cls, value: float, source: str) -> "Sourced":
        """Make the number."""
        number = super().__new__(cls, value)
        number._source = source
        return number

    @property
    def source(self) -> str:
        """Where the number comes from."""
        return self._source

    def __getnewargs__(self) -> tuple[float, str]:  # type: ignore[override]  # copies and pickles keep the source
        return float(self), self._source


def sourced(values: Iterable[float], source: str) -> tuple[Sourced, ...]:
    """Give several numbers one source."""
    return tuple(Sourced(value, source) for value in values)


def sourced_pair(first: float, second: float, source: str) -> tuple[Sourced, Sourced]:
    """Give two numbers one source."""
    return Sourced(first, source), Sourced(second, source)


def source_of(number: float) -> str:
    """Where a number comes from; "given" where nobody said.

    Examples
    --------
    >>> source_of(Sourced(2.0, "assumption")), source_of(2.0)
    ('assumption', 'given')
    """
    return number.source if isinstance(number, Sourced) else GIVEN


def check_name(what: str, name: object) -> None:
    """Refuse what cannot be the name of a column, an arm, a truth or a design."""
    if not (isinstance(name, str) and name.strip()):
        msg = f"{what}: the name is text, not {shown(name)}."
        raise SpecError(msg)
    if len(name) > _MOST_LETTERS or not name.isprintable():
        msg = f"{what}: the name has at most {_MOST_LETTERS} characters that can be printed; not {shown(name)}."
        raise SpecError(msg)


_MOST_LETTERS: Final = 200
