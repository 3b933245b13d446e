"""A word to the user when kernels are being compiled, and only then."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, final

from alsmodels.kernels.compiling import add_listener, remove_listener

__all__ = ["SECONDS", "Work", "compilation_notice"]

logger = logging.getLogger("alsmodels")

Work: TypeAlias = Literal["fit_lmm", "fit_parts", "fit_many", "importance", "nuts", "knot", "hierarchical"]

SECONDS: Final[dict[Work, int]] = {
    "fit_lmm": 45,
    "fit_parts": 45,
    "fit_many": 60,
    "importance": 25,
    "nuts": 25,
    "knot": 30,
    "hierarchical": 30,
}
"""To compile all that a piece of work needs, on one core of 2 GHz (``benchmarks/first_answer.py``)."""

# Seconds that a kernel may take to compile without a word.
PATIENCE = 1.5


@final
@dataclass(frozen=True, slots=True, eq=False)
class compilation_notice:  # noqa: N801 - read as a verb, as context managers are
    """Say once why it takes long, if kernels are compiled within it and that takes long.

    A class and not a generator: every fit passes through it, and one of 64 subjects takes a third of a millisecond.
    """

    work: Work
    told: list[bool] = field(default_factory=list)

    def __enter__(self) -> None:
        add_listener(self._watch)

    def __exit__(self, *_: object) -> None:
        remove_listener(self._watch)

    @contextmanager
    def _watch(self) -> Iterator[None]:
        timer = threading.Timer(PATIENCE, self._say)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _say(self) -> None:
        if not self.told:
            self.told.append(True)
            logger.warning(
                "Compiling the numerical kernels that this needs: it happens once on a machine, and takes about %d "
                "seconds if none of them is there. `alsmodels compile` does it ahead.",
                SECONDS[self.work],
            )
