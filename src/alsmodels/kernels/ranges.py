"""Loops cut into ranges of fixed length and spread over threads; the kernels release the interpreter.

The ranges do not depend on how many threads there are, and sums over them are taken in their order, so an answer has
the same digits on any number of cores.
"""

import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

__all__ = ["n_threads", "one_thread", "over_ranges"]

Answer = TypeVar("Answer")

_alone: ContextVar[bool] = ContextVar("alone", default=False)


def over_ranges(work: Callable[[int, int], Answer], size: int, length: int) -> list[Answer]:
    """``work(start, stop)`` for each stretch of ``range(size)`` of ``length``, in order; a short last one is joined."""
    if size < length + length // 2:
        return [work(0, size)]
    edges = [*range(0, size - length // 2, length), size]
    workers = min(n_threads(), len(edges) - 1)
    if workers == 1:
        return [work(start, stop) for start, stop in itertools.pairwise(edges)]
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(work, edges[:-1], edges[1:]))


def n_threads() -> int:
    """Threads that a loop may use: the cores of this process, or one inside `one_thread`."""
    if _alone.get():
        return 1
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep loops to the calling thread, where others share the cores, such as processes that each have a task."""
    token = _alone.set(True)
    try:
        yield
    finally:
        _alone.reset(token)
