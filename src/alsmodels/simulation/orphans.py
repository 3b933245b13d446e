"""Processes that end by themselves when the one that started them has ended, however it ended.

A process that is killed can tell nobody. So each of its workers looks, twice a second, whether it still has the parent
that started it; the system gives an orphan to another parent.
"""

import multiprocessing
import os
import threading
from typing import Final

__all__ = ["end_with"]

_SECONDS: Final = 0.5


def end_with(parent: int) -> None:
    """End this process soon after its parent has ended.

    Parameters
    ----------
    parent : int
        Number of the process that started this one.
    """
    threading.Thread(target=_watch, args=(parent,), name="alsmodels-parent", daemon=True).start()


def _watch(parent: int) -> None:
    own = multiprocessing.parent_process()
    if os.name == "nt" and own is not None:  # a number is kept there after the process has ended
        own.join()
    pause = threading.Event()
    while os.name != "nt" and os.getppid() == parent:
        pause.wait(_SECONDS)
    os._exit(1)  # nothing that this process holds is of use to anybody
