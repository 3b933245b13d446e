"""Kernels as the plain Python functions that they were written as, for a call that would wait longer for a compiler.

A kernel calls others by name, so its function alone would not do. Its twin is the same code with other names around it:
in them every kernel is its twin, and all else (types, constants, NumPy) is the same object. Nothing is loaded twice,
and compiled kernels go on as they are beside it.
"""

from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any

import numpy as np
from numba.core.dispatcher import Dispatcher, OmittedArg

__all__ = ["interpret", "twin_of"]


def interpret(kernel: Any, *arguments: Any) -> Any:
    """Call a kernel without compiling anything.

    Compiled code says nothing of numbers that overflow or are not defined, and integers without a sign are to overflow.
    """
    given = (one.value if isinstance(one, OmittedArg) else one for one in arguments)
    with np.errstate(all="ignore"):
        return twin_of(kernel)(*given)


@cache
def twin_of(kernel: Any) -> Callable[..., Any]:
    """A kernel's function, calling twins where the kernel calls kernels."""
    written = kernel.py_func
    names = dict(written.__globals__)
    twin = FunctionType(written.__code__, names, written.__name__, written.__defaults__, written.__closure__)
    called = (names.get(name) for name in written.__code__.co_names)
    for other in {one for one in called if isinstance(one, Dispatcher)} - {kernel}:
        names |= {name: twin_of(other) for name, one in names.items() if one is other}
    return twin
