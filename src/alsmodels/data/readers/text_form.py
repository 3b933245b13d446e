"""What a user says of a text table: the sign between its cells, its decimal sign, its encoding."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from alsmodels.errors import ReadError, shown

__all__ = ["PLAIN", "TextForm"]

_WORDS: Mapping[str, str] = MappingProxyType({"tab": "\t", "\\t": "\t"})


def _check_encoding(encoding: object) -> None:
    known = encoding is None or isinstance(encoding, str)
    try:
        "".encode(encoding if isinstance(encoding, str) else "utf-8")
    except (LookupError, ValueError):
        known = False
    if not known:
        raise ReadError(
            f"encoding is {shown(encoding)}, which is none that is known; write 'utf-8', 'cp1252' or 'utf-16'."
        )


def _check_delimiter(delimiter: object) -> None:
    if delimiter is None or delimiter in _WORDS:
        return
    one = isinstance(delimiter, str) and len(delimiter) == 1 and delimiter.isascii()
    if not one or str(delimiter).isalnum() or str(delimiter) in '"\r\n.+-_':
        raise ReadError(f"delimiter is {shown(delimiter)}; it must be one sign, such as ',', ';', '|' or 'tab'.")


@final
@dataclass(frozen=True, slots=True)
class TextForm:
    """What the user says of a text table; None is what the file tells by itself.

    Parameters
    ----------
    delimiter : str or None
        The sign between cells, or "tab".
    decimal : str or None
        The decimal sign, "." or ",".
    encoding : str or None
        The encoding, by any name that Python knows.
    """

    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None

    def __post_init__(self) -> None:
        if self.decimal not in {None, ".", ","}:
            raise ReadError(f"decimal is {shown(self.decimal)}; it must be '.' or ','.")
        _check_encoding(self.encoding)
        _check_delimiter(self.delimiter)

    @property
    def sign(self) -> str | None:
        """The delimiter itself, where it was said by a word."""
        return _WORDS.get(self.delimiter or "", self.delimiter)


PLAIN = TextForm()
"""Nothing is said: UTF-8, a decimal point, and the delimiter that the first line has most of."""
