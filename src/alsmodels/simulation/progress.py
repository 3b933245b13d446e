"""A bar for a study, with the time that is left, in a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from alsmodels.model.progress import is_shown

__all__ = ["study_bar"]


@contextmanager
def study_bar(*, done: int, total: int, shown: bool | None) -> Iterator[Callable[[int], None]]:
    """A bar over replicates, and what to call with each that is finished.

    Parameters
    ----------
    done : int
        Replicates that were there already; the time left is reckoned without them.
    total : int
        Replicates of the study.
    shown : bool or None
        Whether to draw; None draws in a terminal only.
    """
    if not is_shown(shown):
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - for a terminal only
    from rich.progress import (  # noqa: PLC0415 - for a terminal only
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("Replicates"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("left"))
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("replicates", total=total, completed=done)
        yield lambda size: bar.advance(task, size)
