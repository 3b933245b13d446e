"""The way to a Dask cluster, which is an extra."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from alsmodels.errors import SpecError, shown

__all__ = ["connected", "distributed", "no_dask"]

# How long a scheduler may take to answer.
_SECONDS = 10.0


@contextmanager
def connected(scheduler: object, *, purpose: str, hint: str = "") -> Iterator[Any]:
    """The client that was given, or one of its own to an address, which is closed at the end.

    Parameters
    ----------
    scheduler : object
        An address, or a client.
    purpose : str
        What needs Dask, a sentence without its end, such as ``"A study on a cluster needs Dask"``.
    hint : str, default ""
        What schedulers are known, a sentence.

    Raises
    ------
    SpecError
        If Dask is not installed, or nothing answers at the address.
    """
    if not isinstance(scheduler, str):
        yield scheduler
        return
    try:
        client = distributed(purpose).Client(scheduler, timeout=_SECONDS)
    except (OSError, ValueError) as reason:
        raise SpecError(
            " ".join([f"No Dask scheduler answers at {shown(scheduler)}.", *([hint] if hint else [])])
        ) from reason
    with client:
        yield client


def distributed(purpose: str) -> Any:
    """The package; refused with the name of the extra where it is not installed."""
    try:
        import distributed as found  # noqa: PLC0415 - an extra
    except ImportError as reason:
        raise no_dask(purpose) from reason
    return found


def no_dask(purpose: str) -> SpecError:
    """What is said where Dask is not installed."""
    return SpecError(f"{purpose}: pip install 'alsmodels[dask]'.")
