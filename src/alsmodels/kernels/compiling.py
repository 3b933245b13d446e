"""Whether a kernel's call waits for the compiler: the one rule, and the decorator that brings every kernel under it.

Numba compiles a function for each kind of arguments that it is called with, and asks what to run whenever there is no
code for those at hand. The answer is given here:

1. code that is kept on disk is loaded;
2. where interpreting takes less than a half of the time that compiling takes, the call is interpreted
   (``interpreting``), and a process of its own compiles meanwhile (``errands``): as soon as its code is on disk,
   rule 1 holds, in this session too;
3. else the kernel is compiled, and whoever listens (`add_listener`) hears of it.

``ALSMODELS_KERNELS`` set to ``compiled`` leaves out 2; set to ``interpreted`` it leaves out 1 and 3 for what is not in
this process yet, and nothing is compiled behind it. Code that a process has once it goes on with: none of this is asked
again, and costs nothing.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from typing import Any, Final, TypeAlias, TypeVar

import numba
import numpy as np
from numba.core import config as _config
from numba.core import types
from numba.core.dispatcher import Dispatcher, OmittedArg
from numba.core.typing.typeof import Purpose, typeof

from alsmodels.errors import SpecError
from alsmodels.kernels.caching import KeptCode, is_kept
from alsmodels.kernels.errands import ask_to_compile
from alsmodels.kernels.interpreting import interpret

__all__ = [
    "SWITCH",
    "add_listener",
    "compiling_all",
    "count_numbers",
    "find_mode",
    "is_quicker_interpreted",
    "njit",
    "remove_listener",
]

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., Any])
Listener: TypeAlias = Callable[[], AbstractContextManager[None]]

SWITCH: Final = "ALSMODELS_KERNELS"
MODES: Final = ("auto", "compiled", "interpreted")
# Seconds that the interpreter takes for a step: an innermost statement of a kernel, with its loop.
STEP: Final = 0.45e-6

config: Any = _config
# Of LLVM, as the user has it.
_FULL: Final = config.OPT
# Set while all is to be compiled, whatever the environment says.
_only_compile = False
# The last is the one that hears. No context variable: samplers call kernels from threads of their own.
_listeners: list[Listener] = []


def njit(
    *, seconds: float = 0.0, steps: Callable[..., float] | None = None, optimise: int = 3, **options: Any
) -> Callable[[AnyFunction], "Dispatcher[AnyFunction]"]:
    """``numba.njit`` under the rule above; kernels are decorated by it alone.

    Parameters
    ----------
    seconds : float, default 0.0
        That compiling takes, on one core of 2 GHz, nothing being kept.
    steps : callable or None
        Innermost statements that a call runs through, a function of the call's arguments; a kernel without is never
        interpreted unless all are.
    optimise : int, default 3
        LLVM's level; Numba compiles what a kernel calls into it, and optimises all of it anew, so that one which hardly
        computes itself, or is seldom run, is done sooner at 1 or 2.
    options : object
        Of Numba; ``cache`` keeps code as ``caching`` does.

    Notes
    -----
    A kernel that Python calls once or a few times, and whose work is small for small data, has both. One that is called
    thousands of times (the density that a sampler moves on), or by other kernels alone, has neither.
    """
    keep = options.pop("cache", False)

    def decorate(function: AnyFunction) -> "Dispatcher[AnyFunction]":
        kernel: Dispatcher[AnyFunction] = numba.njit(**options)(function)
        if isinstance(kernel, Dispatcher):  # with NUMBA_DISABLE_JIT it is the function
            _take_over(kernel, seconds, steps, keep=keep)
            _optimise(kernel, optimise)
        return kernel

    return decorate


def count_numbers(*arguments: Any) -> int:
    """Steps of a kernel that goes some ten times through all that it is given."""
    parts = [one for one in arguments if isinstance(one, tuple)]
    arrays = [one for one in arguments if not isinstance(one, tuple)]
    return 10 * sum(np.size(one) for one in arrays) + sum(count_numbers(*part) for part in parts)


def is_quicker_interpreted(steps: float, seconds: float) -> bool:
    """Whether so many steps are interpreted in less than half of the seconds that compiling takes."""
    return 2.0 * STEP * steps < seconds


def find_mode() -> str:
    """What ``ALSMODELS_KERNELS`` says, or ``"compiled"`` inside `compiling_all`."""
    if _only_compile:
        return "compiled"
    mode = os.environ.get(SWITCH) or "auto"
    if mode not in MODES:
        msg = f"{SWITCH} is 'auto', 'compiled' or 'interpreted', not {mode!r}; change the environment variable."
        raise SpecError(msg)
    return mode


@contextmanager
def compiling_all() -> Iterator[None]:
    """Within it no kernel is interpreted."""
    global _only_compile  # noqa: PLW0603 - of the process, as the environment variable is
    before, _only_compile = _only_compile, True
    try:
        yield
    finally:
        _only_compile = before


def add_listener(listener: Listener) -> None:
    """From now on ``listener()`` is a context manager around each kernel that is really compiled, in any thread."""
    _listeners.append(listener)


def remove_listener(listener: Listener) -> None:
    """No longer."""
    _listeners.remove(listener)


def _take_over(kernel: Any, seconds: float, steps: Callable[..., float] | None, *, keep: bool) -> None:
    if keep:
        KeptCode.serve(kernel)
    # Numba looks this up on the kernel whenever it has no code for the arguments.
    kernel._compile_for_args = partial(_find_code, kernel, kernel._compile_for_args, seconds, steps)  # noqa: SLF001 - there is no public door


def _optimise(kernel: Any, level: int) -> None:
    compile_it = kernel._compiler.compile  # noqa: SLF001 - there is no public door

    def compile_at_level(*given: Any) -> Any:
        # Under Numba's lock; what the kernel calls is compiled within, and has a level of its own.
        before, config.OPT = config.OPT, type(_FULL)(min(level, _FULL))
        try:
            return compile_it(*given)
        finally:
            config.OPT = before

    kernel._compiler.compile = compile_at_level  # noqa: SLF001


def _find_code(
    kernel: Any,
    compile_for: Callable[..., Callable[..., Any]],
    seconds: float,
    steps: Callable[..., float] | None,
    *arguments: Any,
) -> Callable[..., Any]:
    """What Numba is to run for arguments that it has no code for."""
    mode = find_mode()
    if mode == "interpreted":
        return partial(interpret, kernel)
    signature = tuple(_type_of(one) for one in arguments)
    if is_kept(kernel, signature):
        return compile_for(*arguments)
    if mode == "auto" and steps is not None and is_quicker_interpreted(steps(*arguments), seconds):
        ask_to_compile(kernel, signature)
        return partial(interpret, kernel)
    with _listeners[-1]() if _listeners else nullcontext():
        return compile_for(*arguments)


def _type_of(argument: Any) -> Any:
    if isinstance(argument, OmittedArg):
        return types.Omitted(argument.value)
    return typeof(argument, Purpose.argument)
