"""A word to the user when kernels are being compiled."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["compilation_notice"]

logger = logging.getLogger("alsmodels")
# Seconds that loading compiled kernels never takes.
PATIENCE = 1.5


@contextmanager
def compilation_notice(is_compiled: Callable[[], bool]) -> Iterator[None]:
    """Say why the first fit on a machine takes seconds, if it does and the kernels are not compiled yet."""
    if is_compiled():
        yield
        return
    timer = threading.Timer(PATIENCE, _say_compiling, [is_compiled])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _say_compiling(is_compiled: Callable[[], bool]) -> None:
    if not is_compiled():
        logger.warning("Compiling the numerical kernels; this happens once on a machine and takes about a minute.")
