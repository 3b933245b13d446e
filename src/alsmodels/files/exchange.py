"""A folder that is replaced as a whole, such as a Zarr store, which is one thing and not several files.

The new folder is made beside the old one under a hidden name and flushed. The old one is then put aside under
``.NAME.replaced``, the new one is given its name, and what was put aside is removed. A process that is killed between
the two steps leaves the old folder whole under the other name, where `current_folder` finds it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alsmodels.files.disk import flush, keep_mode, partial_path, remove, sweep, told

__all__ = ["current_folder", "replaced_folder"]


@contextmanager
def replaced_folder(target: Path, *, check: Callable[[Path], None]) -> Iterator[Path]:
    """A path at which to make a folder; at the end of the block it takes the place of the target.

    Parameters
    ----------
    target : Path
        A link to a folder is followed. What lies in the old folder goes.
    check : callable
        Called with the target before it is replaced, to refuse if it must stay.

    Raises
    ------
    ReadError
        If the system refuses.
    """
    place = target.resolve()
    with told(target):
        sweep(place.parent)
        made = partial_path(place.parent, suffix=place.suffix)
        try:
            yield made
            _flush_all(made)
            check(place)
            keep_mode(made, place)
            _exchange(made, place)
        finally:
            remove(made)


def current_folder(target: Path) -> Path:
    """The folder of this name; where a process died while replacing it, the old one under its other name."""
    place = target.resolve()
    return _aside(place) if not place.exists() and _aside(place).is_dir() else target


def _exchange(made: Path, target: Path) -> None:
    aside = _aside(target)
    if target.exists():
        _discard(aside)
        target.rename(aside)
    made.rename(target)
    flush(target.parent)
    _discard(aside)


def _discard(folder: Path) -> None:
    """Remove a folder; it loses its name first, so that what is half removed is never taken for whole."""
    if folder.is_dir() and not folder.is_symlink():
        gone = partial_path(folder.parent)
        folder.rename(gone)
        remove(gone)


def _aside(target: Path) -> Path:
    return target.with_name(f".{target.name}.replaced")


def _flush_all(folder: Path) -> None:
    for path in folder.rglob("*"):
        flush(path)
    flush(folder)
