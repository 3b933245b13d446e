"""Compiled loops over draws, spread over threads; the kernels release the interpreter."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from alsmodels.kernels.ranges import n_threads

__all__ = ["Spread", "at_once", "in_chunks"]


class Spread(Protocol):
    """How a loop over draws is spread over threads."""

    def __call__(self, work: Callable[[int, int], None], size: int) -> None:
        """Call ``work(start, stop)`` on stretches of ``range(size)``."""
        ...


def at_once(work: Callable[[int, int], None], size: int) -> None:
    """One call for all, in this thread."""
    work(0, size)


def in_chunks(work: Callable[[int, int], None], size: int, *, least: int = 200) -> None:
    """Call ``work(start, stop)`` on stretches of ``range(size)``; the answer may not depend on where they are cut.

    Stretches shorter than ``least`` are not worth a thread.
    """
    workers = max(1, min(n_threads(), size // least))
    if workers == 1:
        work(0, size)
        return
    edges = [size * number // workers for number in range(workers + 1)]
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, edges[:-1], edges[1:]))
