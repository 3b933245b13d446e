"""What a response is of its column, as a value."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import final

from alsmodels.model.expressions import read_expression
from alsmodels.model.grammar import Call, Name

__all__ = ["ResponseTransform", "read_transform"]

_BASES: Mapping[str, float] = MappingProxyType({"log": math.e, "log2": 2.0, "log10": 10.0})


@final
@dataclass(frozen=True, slots=True)
class ResponseTransform:
    """How a response is made of its column.

    Attributes
    ----------
    column : str
        The column of the data.
    function : str or None
        The outermost function, such as ``"log"``; None of a column as it is.
    is_alone : bool
        Whether the function is of the column itself, and of nothing around it.
    """

    column: str
    function: str | None
    is_alone: bool

    @property
    def is_raw(self) -> bool:
        """Whether the response is the column as it is."""
        return self.function is None

    @property
    def base(self) -> float | None:
        """The base if the response is the logarithm of its column, else None."""
        return _BASES.get(self.function or "") if self.is_alone else None


def read_transform(expression: str, column: str) -> ResponseTransform:
    """What a response is of its column, from its canonical text.

    Examples
    --------
    >>> read_transform("log(il6)", "il6")
    ResponseTransform(column='il6', function='log', is_alone=True)
    >>> read_transform("`ALSFRS-R`", "ALSFRS-R").is_raw
    True
    """
    match read_expression(expression):
        case Call(function, (inner, *_), _):
            return ResponseTransform(column, function, is_alone=isinstance(inner, Name))
        case _:
            return ResponseTransform(column, None, is_alone=True)
