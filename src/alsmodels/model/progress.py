"""A bar for long work, in a terminal."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["is_shown", "progress_bar"]


def is_shown(asked: bool | None) -> bool:
    """Whether a bar is shown: as asked, or in a terminal only."""
    return sys.stderr.isatty() if asked is None else asked


@contextmanager
def progress_bar(words: str, *, total: int, shown: bool) -> Iterator[Callable[[], None]]:
    """A bar, and what to call at each step; nothing is drawn if it is not shown."""
    if not shown:
        yield lambda: None
        return
    from rich.console import Console  # noqa: PLC0415 - for a terminal only
    from rich.progress import Progress  # noqa: PLC0415 - for a terminal only

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(words, total=total)
        yield lambda: bar.advance(task)
