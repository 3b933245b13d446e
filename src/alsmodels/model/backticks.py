"""Names of columns that formulas take in backticks alone, found where they stand without them."""

import re
from collections.abc import Iterable

from alsmodels.model.formula import spell_name

__all__ = ["name_bare"]

_QUOTED = re.compile(r"`[^`]*`")


def name_bare(formula: str, columns: Iterable[object]) -> str:
    """A sentence on columns whose names stand in a formula without the backticks that they need; empty if none do.

    Examples
    --------
    >>> name_bare("log(NfL [pg/mL]) ~ week + `IL-6`", ["NfL [pg/mL]", "IL-6", "week"])
    "Write the column 'NfL [pg/mL]' in backticks, `NfL [pg/mL]`."
    """
    rest, found = _QUOTED.sub(" ", formula), []
    for name in sorted({str(name) for name in columns}, key=len, reverse=True):
        if spell_name(name) != name and name.strip() and _stands(name, rest):
            found.append(name)
            rest = rest.replace(name, " ")
    return " ".join(f"Write the column {name!r} in backticks, {spell_name(name)}." for name in reversed(found))


def _stands(name: str, text: str) -> bool:
    """Whether the name is there and is no part of a longer word."""
    return re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text) is not None
