"""Small text files: specifications, truths, studies."""

from pathlib import Path

from alsmodels.errors import ReadError

__all__ = ["read_text"]

_MOST = 2**24


def read_text(file: Path, *, what: str) -> str:
    """The text of a file in UTF-8, with or without a byte order mark.

    Parameters
    ----------
    file : Path
        The file to read.
    what : str
        What it is to be, such as ``"a study"``, for an error.

    Raises
    ------
    ReadError
        If it is not there, longer than 16 MiB, or no text in UTF-8.
    """
    try:
        size = file.stat().st_size
        if size > _MOST:
            raise ReadError(f"{file} has {size:,} bytes, and {what} has at most {_MOST:,}; this is another file.")
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as reason:
        raise ReadError(f"{file} is not text in UTF-8, so it is not {what}.") from reason
    except UnicodeEncodeError as reason:
        raise ReadError(f"{str(file)!a} cannot be read: its name holds half a character.") from reason
    except OSError as reason:
        raise ReadError(f"{file} cannot be read: {reason.strerror}.") from reason
    except ValueError as reason:
        raise ReadError(f"{str(file)!r} cannot be read: {reason}.") from reason
