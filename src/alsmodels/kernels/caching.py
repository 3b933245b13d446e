"""Compiled kernels kept on disk under a fingerprint of every kernel's source.

Numba asks of a kept function only whether its own file is as it was. The functions that it calls are compiled into it,
from other files too: after an upgrade, or an edit of one of them, it would go on with their old code. Here the whole
folder of sources is part of the name that a function is kept under, so that old code is never looked at.
"""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeAlias, final
from uuid import uuid4

import numba
import numpy as np
from numba.core.caching import CacheImpl, FunctionCache, NullCache

__all__ = ["KeptCode", "fingerprint", "is_kept", "keep_fresh"]

_Kernel: TypeAlias = Callable[..., Any]
logger = logging.getLogger("alsmodels")

# What Numba asks, one after another, where a function is kept. It has no public door to it; PyTensor enters here too.
_KINDS: list[Any] = CacheImpl._locator_classes  # noqa: SLF001 - there is no public door


def fingerprint(folder: Path) -> str:
    """Sixteen digits that change with the name or the text of any module in a folder.

    Texts and not their times: a package manager may give the files of an upgrade the times it likes.
    """
    found = blake2b(digest_size=8)
    for file in sorted(folder.glob("*.py")):
        text = file.read_bytes()
        found.update(f"{file.name} {len(text)} ".encode() + text)
    return found.hexdigest()


def keep_fresh(folder: Path) -> None:
    """Keep what Numba compiles of the modules in a folder under the folder's fingerprint, from now on.

    Call it before a module of the folder is loaded. Where caches are kept is for Numba to say, in this order:
    ``NUMBA_CACHE_DIR`` if it is set, ``__pycache__`` beside the source if that can be written to, the user's folder of
    caches. Caches of other sources are removed from there when a function is compiled anew. Of functions of other
    folders nothing changes, and whoever sets ``NUMBA_CACHE_LOCATOR_CLASSES`` goes by their own rules.

    Parameters
    ----------
    folder : Path
        A folder of modules whose functions call no compiled function outside of it; where it holds no sources, as in a
        zip archive, everything is left to Numba.
    """
    if any(folder.glob("*.py")):
        _KINDS.insert(0, _Finder(folder, fingerprint(folder)))


@final
@dataclass(slots=True)
class _Finder:
    """Knows where the functions of one folder of sources are kept.

    Attributes
    ----------
    folder : Path
        The folder of sources.
    mark : str
        Its fingerprint.
    place : str
        Where its caches are, once it has been asked.
    """

    folder: Path
    mark: str
    place: str = field(default="", init=False)

    def from_function(self, function: _Kernel, file: str) -> "_Locator | None":
        """Where and under what name a function is kept; None if it is none of this folder."""
        if Path(file).parent != self.folder:
            return None
        self.place = self.place or self._ask_numba(function, file)
        return _Locator(file, self.place, self) if self.place else None

    def _ask_numba(self, function: _Kernel, file: str) -> str:
        """The place that Numba would take, which is the same for all functions of a folder; empty if there is none."""
        others = (one for one in _KINDS if not isinstance(one, _Finder))
        found = (one.from_function(function, file) for one in others)
        return next((str(one.get_cache_path()) for one in found if one is not None), "")

    def tidy(self) -> None:
        """Remove caches of other sources, unless these are themselves no longer the sources on disk."""
        if fingerprint(self.folder) != self.mark:
            return
        for file in Path(self.place).glob("*.nb[ic]"):
            if self.mark not in file.name:
                # Another process was faster, or has it open.
                with suppress(OSError):
                    file.unlink()


@final
@dataclass(frozen=True, slots=True)
class _Locator:
    """Where one function is kept: what Numba calls a cache locator."""

    _py_file: str  # Numba reads it in a warning.
    place: str
    finder: _Finder

    def get_cache_path(self) -> str:
        """The folder of the caches."""
        return self.place

    def get_source_stamp(self) -> str:
        """What has to be the same for a cache to be read."""
        return self.finder.mark

    def get_disambiguator(self) -> str:
        """A part of the name of the file, which Python's version, the function's name and its signature complete."""
        return f"{self.finder.mark}-{numba.__version__}-{np.__version__}"

    def ensure_cache_path(self) -> None:
        """Numba is about to write: something was compiled anew, so there may be caches of before."""
        Path(self.place).mkdir(parents=True, exist_ok=True)
        self.finder.tidy()


class KeptCode(FunctionCache):
    """The code of one kernel on disk; where that cannot be read or written, the kernel is compiled and not kept."""

    @classmethod
    def serve(cls, kernel: Any) -> None:
        """Keep what is compiled of a kernel, if there is any place for it."""
        try:
            kernel._cache = cls(kernel.py_func)  # noqa: SLF001 - there is no public door
        except RuntimeError:  # Numba says so where no folder can be written to
            kernel._cache = _Nowhere()  # noqa: SLF001

    def __init__(self, function: _Kernel) -> None:
        super().__init__(function)
        # Names of this process alone: two that write at once would else write into one file under two signatures.
        self._cache_file._data_name_pattern = f"{self._impl.filename_base}.{uuid4().hex[:8]}-{{number:d}}.nbc"  # noqa: SLF001

    @property
    def mark(self) -> str:
        """Changes with the sources."""
        return str(self._impl.locator.get_source_stamp())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Code for a signature, or None."""
        try:
            return super().load_overload(sig, target_context)
        except OSError:
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep code for a signature."""
        try:
            super().save_overload(sig, data)
        except OSError as problem:
            _say_not_kept(str(problem))

    def has(self, signature: Any, target_context: Any) -> bool:
        """Whether there is code for a signature, all of it."""
        key = self._index_key(signature, target_context.codegen())
        try:
            name = self._cache_file._load_index().get(key)  # noqa: SLF001 - there is no public door
        except OSError:
            return False
        return name is not None and Path(self._cache_file._data_path(name)).is_file()  # noqa: SLF001


class _Nowhere(NullCache):
    """No place for code."""

    def save_overload(self, sig: Any, cres: Any) -> None:
        """Say that the code is not kept."""
        _say_not_kept("no folder for caches can be written to; NUMBA_CACHE_DIR may name one that can")


def is_kept(kernel: Any, signature: Any) -> bool:
    """Whether a kernel's code for a signature is on disk."""
    kept = kernel._cache  # noqa: SLF001 - there is no public door
    return isinstance(kept, KeptCode) and kept.has(signature, kernel.targetctx)


@cache
def _say_not_kept(problem: str) -> None:
    """Once for each problem."""
    logger.warning("Compiled kernels cannot be kept, and the next session compiles them again: %s.", problem)
