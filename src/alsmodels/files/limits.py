"""How much a file may claim to hold, by its size on the disk."""

__all__ = ["most_bytes"]

_ALWAYS = 2**30
_TIMES = 20


def most_bytes(size: int) -> int:
    """What arrays may fill in memory, in bytes: 1 GiB, or 20 times the size of the file if that is more.

    Compressed draws fill about as much as they take on the disk, but draws that are all the same take nearly nothing.
    """
    return max(_ALWAYS, _TIMES * size)
