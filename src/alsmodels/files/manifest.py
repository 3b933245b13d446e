"""The manifest of a folder: the SHA-256 of each file that was written with the others, as ``sha256sum -c`` reads it."""

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

from alsmodels.errors import ReadError

__all__ = ["MANIFEST", "hash_bytes", "hash_file", "read_manifest", "write_manifest"]

MANIFEST = "SHA256SUMS"

_LINE = re.compile(r"([0-9a-f]{64}) [ *]([^/\\\0]+)")
_MOST = 2**20
"""Bytes; a longer manifest is none."""


def hash_bytes(content: bytes) -> str:
    """SHA-256 of a content."""
    return hashlib.sha256(content).hexdigest()


def hash_file(path: Path) -> str:
    """SHA-256 of what is in a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def write_manifest(folder: Path) -> None:
    """Enter all files that are in a folder; it has no manifest yet."""
    lines = [f"{hash_file(path)}  {path.name}\n" for path in sorted(folder.iterdir())]
    (folder / MANIFEST).write_text("".join(lines), encoding="utf-8", newline="\n")


def read_manifest(file: Path) -> Mapping[str, str]:
    """The hash of each file by its name; empty where there is no manifest, as in folders of earlier versions.

    Raises
    ------
    ReadError
        If it is there and is not as it was written.
    """
    if not file.exists():
        return {}
    try:
        with file.open("rb") as handle:
            lines = handle.read(_MOST).decode().splitlines()
    except (OSError, UnicodeDecodeError) as reason:
        raise ReadError(
            f"{file} cannot be read, so nothing says whether the files beside it belong together."
        ) from reason
    found = [_LINE.fullmatch(line) for line in lines]
    if not lines or not all(found):
        raise ReadError(f"{file} is damaged, so nothing says whether the files beside it belong together.")
    return {entry[2]: entry[1] for entry in found if entry}
