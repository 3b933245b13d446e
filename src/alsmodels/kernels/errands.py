"""A process of its own that compiles kernels for later calls, while this one answers.

What it is asked for are small files in a folder beside the kept code. One such process runs at a time on a machine and
cache: it holds a lock that the system takes back when it ends, however it ends. It has the lowest priority, no input
and no output, and belongs to no terminal; nobody waits for it. If it is killed, or cannot start, calls go on being
interpreted, and the next session asks again.
"""

import hashlib
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from numba.core.serialize import dumps

from alsmodels.kernels.caching import KeptCode, is_kept

__all__ = ["ask_to_compile", "run_errands"]

LOWEST: Final = 19
_DETACHED: Final = getattr(subprocess, "DETACHED_PROCESS", 0) | getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)
# Folders for which a process of this one's is under way.
_sent_out: dict[Path, bool] = {}
_PROGRAM = "import sys; from alsmodels.kernels.errands import run_errands; run_errands(sys.argv[1])"


def ask_to_compile(kernel: Any, signature: Any) -> None:
    """Have a kernel compiled for a signature, once for each in this process; without a cache there is no use in it."""
    kept = kernel._cache  # noqa: SLF001 - there is no public door
    if isinstance(kept, KeptCode):
        _ask(kernel, signature, kept)


@cache
def _ask(kernel: Any, signature: Any, kept: KeptCode) -> None:
    folder = Path(kept.cache_path) / f"wanted-{kept.mark}"
    errand = dumps((kernel.py_func.__module__, kernel.py_func.__name__, signature))
    # A place that cannot be written to keeps no code either.
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        name = hashlib.blake2b(errand, digest_size=8).hexdigest()
        beside = folder / f"{name}.{os.getpid()}"
        beside.write_bytes(errand)
        beside.replace(folder / f"{name}.errand")
        _send_out(folder)


def _send_out(folder: Path) -> None:
    """Start the process, unless this one has started it or it runs for another."""
    if _sent_out.get(folder, False):
        return
    with _hold(folder / "lock") as is_free:
        if not is_free or "python" not in Path(sys.executable or "").name.lower():  # Python inside another program
            return
    paths = os.pathsep.join(dict.fromkeys([str(Path(__file__).parents[2]), *(one for one in sys.path if one)]))
    started = subprocess.Popen(  # noqa: S603 - this interpreter, and a program of our own
        [sys.executable, "-c", _PROGRAM, str(folder)],
        env=os.environ | {"PYTHONPATH": paths},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        creationflags=_DETACHED,
    )
    _sent_out[folder] = True
    threading.Thread(target=_take_note, args=(started, folder), daemon=True).start()


def _take_note(started: subprocess.Popen[bytes], folder: Path) -> None:
    """Wait for the end, so that nothing of the process is left; in a thread that nobody waits for."""
    is_whole = started.wait() == 0
    _sent_out[folder] = False
    # One may have come in while it ended.
    if is_whole and any(folder.glob("*.errand")):
        _send_out(folder)


def run_errands(place: str) -> None:
    """Compile what is asked for in a folder, until nothing is left or another process does it."""
    _step_back()
    folder = Path(place)
    # An errand may come in between the last look and the end of the lock.
    while any(folder.glob("*.errand")):
        with _hold(folder / "lock") as is_free:
            if not is_free:
                return
            (folder / "process").write_text(str(os.getpid()))
            for errand in iter(lambda: _take_one(folder), b""):
                _run(errand)


def _step_back() -> None:
    """Take the lowest priority, in the session as well: Linux may share the processor out by sessions first."""
    if hasattr(os, "nice"):
        os.nice(LOWEST)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(LOWEST))


def _take_one(folder: Path) -> bytes:
    """The oldest errand, which is then no longer there: one that kills this process is not tried again for ever."""
    for file in sorted(folder.glob("*.errand"), key=lambda one: one.stat().st_mtime):
        errand = file.read_bytes()
        file.unlink()
        return errand
    return b""


def _run(errand: bytes) -> None:
    module, name, signature = pickle.loads(errand)  # noqa: S301 - written by `_ask`, beside code that is run as well
    kernel = getattr(import_module(module), name)
    if not is_kept(kernel, signature):
        kernel.compile(signature)


@contextmanager
def _hold(file: Path) -> Iterator[bool]:
    """Hold a lock while the context lasts; whether it was free. It ends with the process that holds it."""
    with file.open("a+b") as opened:
        if not _lock(opened.fileno()):
            yield False
            return
        yield True


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - there is none elsewhere

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - there is none on Windows

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
