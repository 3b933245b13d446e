"""What every way of writing is made of: names for what is not finished, flushing, permissions, refusals.

What is written lies first under a name of its own beside its target, such as ``.alsmodels-1a2b3c4d5e6f7a8b.partial``. A
process that is killed leaves it there; whoever writes to the same folder a day later removes it.
"""

import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alsmodels.errors import ReadError

__all__ = ["check_replaceable", "flush", "is_partial", "keep_mode", "partial_path", "remove", "sweep", "told"]

_PARTIAL = re.compile(r"\.alsmodels-[0-9a-f]{16}\.partial")
_SECONDS = 24 * 3600.0
"""After which nobody writes to a partial any more."""


def partial_path(folder: Path, *, suffix: str = "") -> Path:
    """A new name in a folder for what is being written; ``suffix`` is for writers that go by it."""
    return folder / f".alsmodels-{secrets.token_hex(8)}.partial{suffix}"


def is_partial(path: Path) -> bool:
    """Say whether a name is one of `partial_path`."""
    return _PARTIAL.match(path.name) is not None


def sweep(folder: Path) -> None:
    """Remove what killed processes left in a folder a day ago or earlier."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if _PARTIAL.match(entry.name)]
    for name in names:
        path = folder / name
        try:
            if time.time() - path.lstat().st_mtime > _SECONDS:
                remove(path)
        except OSError:  # another process has removed it, or it is another's
            continue


def remove(path: Path) -> None:
    """Remove a file, a link or a folder, if it is there; links are never followed."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def flush(path: Path) -> None:
    """Have a file, or the names in a folder, on the disk before going on."""
    if path.is_dir():
        _flush_folder(path)
        return
    with path.open("r+b") as handle:
        os.fsync(handle.fileno())


def _flush_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:  # file systems that keep names safe by other means refuse
        return
    finally:
        os.close(handle)


def check_replaceable(target: Path) -> None:
    """Refuse to replace a folder, or a file that is protected from writing; a link is replaced, not followed.

    Raises
    ------
    ReadError
        With what to do.
    """
    try:
        mode = target.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_ISDIR(mode):
        raise ReadError(f"{target} is a folder; a file of this name is to be written. Move it, or write elsewhere.")
    if stat.S_ISREG(mode) and not mode & 0o222:
        raise ReadError(f"{target} is protected from writing; allow it (chmod u+w), or write elsewhere.")


def keep_mode(made: Path, target: Path) -> None:
    """Give what was made the permission bits of what it is going to replace, if that is of the same kind."""
    try:
        old = target.lstat().st_mode
    except FileNotFoundError:
        return
    if stat.S_IFMT(old) == stat.S_IFMT(made.lstat().st_mode):
        made.chmod(stat.S_IMODE(old))


@contextmanager
def told(target: Path) -> Iterator[None]:
    """Say in a sentence what the system refuses."""
    try:
        yield
    except OSError as reason:
        why = reason.strerror or str(reason) or type(reason).__name__
        raise ReadError(f"{target} cannot be written: {why}.") from reason
