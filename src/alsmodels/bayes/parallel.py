"""Compiled loops over draws, spread over threads; the kernels release the interpreter."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

__all__ = ["in_chunks"]

# A chunk smaller than this is not worth a thread.
_LEAST = 200


def in_chunks(work: Callable[[int, int], None], size: int) -> None:
    """Call ``work(start, stop)`` on stretches of ``range(size)``; the answer may not depend on where they are cut."""
    workers = max(1, min(os.cpu_count() or 1, size // _LEAST))
    edges = [size * number // workers for number in range(workers + 1)]
    if workers == 1:
        work(0, size)
        return
    with ThreadPoolExecutor(workers) as pool:
        list(pool.map(work, edges[:-1], edges[1:]))
