"""Paths as they are given: text or a Path, of what may not be there."""

import os
from pathlib import Path

from alsmodels.errors import ReadError, shown

__all__ = ["as_path"]

_SHOWN = 100


def as_path(given: object) -> Path:
    """Return a path that the system can look up, whether or not something is there.

    Raises
    ------
    ReadError
        If it is no path, such as a number, or one that no file can have.

    Examples
    --------
    >>> as_path("trial.csv").suffix
    '.csv'
    """
    if not isinstance(given, (str, os.PathLike)):
        raise ReadError(f"A path is text or a Path, not {type(given).__name__}.")
    try:
        path = Path(given)
        path.stat()
    except FileNotFoundError:
        return path
    except UnicodeEncodeError as reason:
        raise ReadError(f"{shown(str(given)[:_SHOWN])} cannot be opened: it holds half a character.") from reason
    except (OSError, ValueError, TypeError) as reason:
        told = reason.strerror if isinstance(reason, OSError) else str(reason)
        raise ReadError(f"{shown(str(given)[:_SHOWN])} cannot be opened: {told}.") from reason
    return path
