"""A process that dies at any of its steps on the disk, without a process: after its death nothing is written."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

STEPS = ("replace", "rename", "unlink", "remove", "rmdir", "mkdir", "fsync", "chmod", "link", "symlink")


class DeathError(BaseException):
    """Nothing in the library catches it, as nothing catches SIGKILL."""


def dying_at(step: int, work: Callable[[], object]) -> bool:
    """Do the work and die before its ``step``-th change to the disk; say whether it died."""
    count = 0

    def counted(real):
        def call(*args, **kwargs):
            nonlocal count
            count += 1
            if count > step:
                raise DeathError
            return real(*args, **kwargs)

        return call

    real_open = os.open

    def opened(path, flags, *args, **kwargs):
        if count > step and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            raise DeathError
        return real_open(path, flags, *args, **kwargs)

    changes = {name: counted(getattr(os, name)) for name in STEPS}
    with patch.multiple(os, open=opened, **changes):
        try:
            work()
        except DeathError:
            return True
    return False


def deaths(work: Callable[[], object], prepare: Callable[[], object]) -> Iterator[int]:
    """Every step that the work can die before; ``prepare`` puts the disk back first."""
    step = 0
    while True:
        prepare()
        if not dying_at(step, work):
            return
        yield step
        step += 1


def tree(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, by its name."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
