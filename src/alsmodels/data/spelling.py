"""What may have been meant by a name that is not there: one sentence for every kind of name."""

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["suggest"]

_MOST_SHOWN = 12


def suggest(name: str, there: Iterable[object]) -> str:
    """In words, what may be meant, or what there is.

    Examples
    --------
    >>> suggest("anakinara", ["control", "anakinra"])
    "did you mean 'anakinra'?"
    >>> suggest("Control", ["control", "anakinra"])
    "did you mean 'control'?"
    >>> suggest("x", ["control", "anakinra"])
    "there are 'control', 'anakinra'."
    """
    known = list(dict.fromkeys(map(str, there)))
    folded = {word.casefold(): word for word in reversed(known)}
    near = get_close_matches(name.casefold(), folded, n=1)
    if near:
        return f"did you mean {folded[near[0]]!r}?"
    more = len(known) - _MOST_SHOWN
    listed = ", ".join(map(repr, known[:_MOST_SHOWN])) + (f" and {more} more" if more > 0 else "")
    return f"there {'is' if len(known) == 1 else 'are'} {listed or 'none'}."
