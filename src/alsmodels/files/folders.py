"""Several files of one folder, replaced together whatever happens.

They are written into a stage, a hidden folder in the folder, and flushed. Then the stage is given the name
``alsmodels-unfinished``: this one step is the moment at which the new files count. After it each file is moved to its
place, and the empty stage is removed. A process that is killed before that step leaves the old files as they were;
after it, a file that has not been moved is read from the stage by `current`, and whoever writes next moves it first.

A link that stands in the folder where a file is to be written is replaced, never followed. Permission bits of replaced
files are kept, and so is every file that is not of this package. Files of the earlier manifest that are not among the
new ones are removed, unless somebody has changed them since.
"""

import errno
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from alsmodels.errors import ReadError
from alsmodels.files.disk import check_replaceable, flush, is_partial, keep_mode, partial_path, remove, sweep, told
from alsmodels.files.manifest import MANIFEST, hash_bytes, hash_file, read_manifest, write_manifest

__all__ = ["UNFINISHED", "current", "foreign", "read_together", "replaced_files"]

UNFINISHED = "alsmodels-unfinished"

_NOTICE = "READ-ME-FIRST.txt"
_TOLD = """The process that wrote to the folder above ended before it was done, so that folder is incomplete.
The files here belong in it, in place of those of the same names. Write the same thing once more, and alsmodels does
so; or move them yourself and remove this folder.
"""
# How often, and how long, to wait for another process that is moving its files.
_PATIENCE, _SECONDS = 50, 0.02
# What systems say of a name that another process has just given to its stage.
_TAKEN = (errno.ENOTEMPTY, errno.EEXIST, errno.EACCES)


@contextmanager
def replaced_files(folder: Path, *, manifest: bool) -> Iterator[Path]:
    """A folder to write files to; at the end of the block they take their places in ``folder``, all of them.

    Parameters
    ----------
    folder : Path
        It is made if it is not there; a link to a folder is followed.
    manifest : bool
        Enter the files in a manifest. Only then are files that an earlier manifest names removed.

    Raises
    ------
    ReadError
        If it is a file, a folder has the name of a file to be written, or the system refuses.
    """
    with told(folder):
        _make(folder)
        sweep(folder)
        stage = partial_path(folder)
        stage.mkdir()
        try:
            yield stage
            if manifest:
                write_manifest(stage)
            _prepare(stage, folder)
            _commit(stage, folder)
        finally:
            remove(stage)
        _finish(folder)


def current(folder: Path, name: str) -> Path:
    """Where the file of this name is that counts: in the folder, or in a stage that was not emptied."""
    waiting = folder / UNFINISHED / name
    return waiting if _is_stage(folder / UNFINISHED) and waiting.is_file() else folder / name


def foreign(folder: Path) -> list[Path]:
    """What is in a folder, less what killed processes left."""
    return [path for path in folder.iterdir() if not is_partial(path) and path.name != UNFINISHED]


def read_together(folder: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    """What is in the files of a folder that count, by name, compared with their manifest.

    Raises
    ------
    ReadError
        If a file is missing, or is not the one that was written with the others.
    """
    for _ in range(_PATIENCE):
        before = _seen(folder)
        try:
            return _read(folder, names)
        except ReadError:
            if before == _seen(folder) == (before[0], False):
                raise
        time.sleep(_SECONDS)  # another process is moving its files
    return _read(folder, names)


def _seen(folder: Path) -> tuple[bytes | None, bool]:
    """The manifest, and whether files wait in a stage: what is another where another process writes."""
    waits = _is_stage(folder / UNFINISHED)
    try:
        return current(folder, MANIFEST).read_bytes(), waits
    except OSError:
        return None, waits


def _read(folder: Path, names: tuple[str, ...]) -> dict[str, bytes]:
    expected = read_manifest(current(folder, MANIFEST))
    found = {name: _content(current(folder, name)) for name in names}
    for name, content in found.items():
        if expected and expected.get(name) != hash_bytes(content):
            raise ReadError(
                f"{folder} is incomplete or has been changed: {name} is not the file that {MANIFEST} tells of. Save "
                f"it again; or, if the change is yours, remove {MANIFEST}."
            )
    return found


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as reason:
        why = "is a folder, not a file" if path.is_dir() else "is not there" if not path.exists() else reason.strerror
        raise ReadError(f"{path} {why}.") from reason


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as reason:
        raise ReadError(f"{folder} is, or lies in, a file; give a folder.") from reason


def _prepare(stage: Path, folder: Path) -> None:
    """Everything that can fail, before the step that counts."""
    for made in sorted(stage.iterdir()):
        check_replaceable(folder / made.name)
        keep_mode(made, folder / made.name)
        flush(made)
    (stage / _NOTICE).write_text(_TOLD, encoding="utf-8")
    flush(stage)


def _commit(stage: Path, folder: Path) -> None:
    """Give the stage the name that counts; first what another process has left there is moved."""
    for patience in range(_PATIENCE, -1, -1):
        _finish(folder)
        try:
            stage.rename(folder / UNFINISHED)
        except OSError as reason:
            if not patience or reason.errno not in _TAKEN:
                raise
            time.sleep(_SECONDS)
        else:
            flush(folder)
            return


def _finish(folder: Path) -> None:
    """Move what waits in a stage; two processes may do so at once."""
    stage = folder / UNFINISHED
    if not _is_stage(stage):
        return
    for name in _waiting(stage):
        _move(stage / name, folder / name)
    if (stage / MANIFEST).exists():
        _remove_earlier(folder, stage / MANIFEST)
        _move(stage / MANIFEST, folder / MANIFEST)
    (stage / _NOTICE).unlink(missing_ok=True)
    with suppress(OSError):  # another process has come to the end of it, or has put its own files there
        stage.rmdir()
    flush(folder)


def _waiting(stage: Path) -> list[str]:
    try:
        return sorted(set(os.listdir(stage)) - {_NOTICE, MANIFEST})
    except FileNotFoundError:  # another process has come to the end of it
        return []


def _move(made: Path, target: Path) -> None:
    try:
        made.replace(target)
    except FileNotFoundError:  # another process has moved it
        return


def _remove_earlier(folder: Path, manifest: Path) -> None:
    """Remove files of the earlier manifest that are as they were written and are not among the new."""
    try:
        kept, earlier = read_manifest(manifest), read_manifest(folder / MANIFEST)
    except ReadError:  # nothing says what was ours
        return
    if not kept:  # another process has moved it
        return
    for name in earlier.keys() - kept.keys():
        path = folder / name
        with suppress(FileNotFoundError):
            if path.is_file() and not path.is_symlink() and hash_file(path) == earlier[name]:
                path.unlink()


def _is_stage(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
