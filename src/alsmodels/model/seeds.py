"""Seeds, checked at the door: what is accepted gives the same numbers again, and any file can hold it."""

from typing import TypeAlias

import numpy as np

from alsmodels.errors import SpecError

__all__ = ["Seed", "check_seed", "generator_of", "settle_seed"]

Seed: TypeAlias = "int | np.random.SeedSequence | np.random.Generator"

_MOST = 2**64 - 1
"""NetCDF, TOML as it is commonly read, and samplers hold no larger one."""
_RULE = "The seed is a whole number of 0 or more, up to 2**64 - 1"


def check_seed(seed: object) -> int:
    """A seed as a whole number of Python.

    Raises
    ------
    SpecError
        If it is anything but a whole number from 0 to 2**64 - 1, of Python or of NumPy; a truth value is none.

    Examples
    --------
    >>> import numpy as np
    >>> check_seed(np.int64(7))
    7
    >>> check_seed(True)
    Traceback (most recent call last):
        ...
    alsmodels.errors.SpecError: The seed is a whole number of 0 or more, up to 2**64 - 1; not True.
    """
    if isinstance(seed, (int, np.integer)) and not isinstance(seed, bool) and 0 <= seed <= _MOST:
        return int(seed)
    raise SpecError(f"{_RULE}; not {_shown(seed)}.")


def settle_seed(seed: object) -> int:
    """The seed that was given, or one from the machine for None."""
    return int(np.random.SeedSequence().generate_state(1)[0]) if seed is None else check_seed(seed)


def generator_of(seed: object) -> np.random.Generator:
    """A generator for what is drawn once and not repeated by its seed: a generator that is given is moved on."""
    if isinstance(seed, (np.random.Generator, np.random.SeedSequence)):
        return np.random.default_rng(seed)
    if isinstance(seed, (int, np.integer)):
        return np.random.default_rng(check_seed(seed))
    raise SpecError(f"{_RULE}, a SeedSequence or a Generator; not {_shown(seed)}.")


def _shown(seed: object) -> str:
    """As it was given, if that is short."""
    if isinstance(seed, int) and abs(seed) > _MOST:
        return "one that is larger" if seed > 0 else "one below 0"
    text = repr(seed)
    return text if len(text) <= 80 else type(seed).__name__
