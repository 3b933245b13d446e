"""A lock on a file that ends with the process that holds it, however that ends."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alsmodels.errors import ReadError

try:
    import fcntl
except ImportError:  # Windows has no such locks; two writers are then the user's affair
    fcntl = None  # type: ignore[assignment]  # a module elsewhere

__all__ = ["held"]


@contextmanager
def held(file: Path, *, busy: str) -> Iterator[None]:
    """Hold the lock; if another process does, refuse with the sentence ``busy``."""
    handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as reason:
                raise ReadError(busy) from reason
        yield
    finally:
        os.close(handle)
