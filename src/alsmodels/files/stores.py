"""What a Zarr store may hold before its values are read: itself, in the codecs that are written, and no more.

A store is a folder in which anything may lie: links to files outside, codecs that unpickle or load code, shapes without
an end, chunks that say they unpack to more than any memory.
"""

import json
import os
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any

from alsmodels.errors import ReadError
from alsmodels.files.limits import most_bytes

__all__ = ["check_store"]

# All that is ever written. A Zarr store names its codecs, and one that unpickles may be among those installed.
_CODECS = frozenset({"bytes", "vlen-utf8", "zstd"})
_SIZES = {
    "bool": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8, "uint64": 8, "float32": 4, "float64": 8, "string": 16,
}  # fmt: skip
_META = "zarr.json"
_MOST_META = 2**26
_FIELDS = {
    "group": {"zarr_format", "node_type", "attributes"},
    "array": {
        "zarr_format", "node_type", "attributes", "shape", "data_type", "chunk_grid", "chunk_key_encoding",
        "fill_value", "codecs", "dimension_names", "storage_transformers",
    },
}  # fmt: skip
_ZSTD = b"\x28\xb5\x2f\xfd"


def check_store(folder: Path, *, complete: bool = True) -> None:
    """Refuse a store with parts of another kind than are written.

    Parameters
    ----------
    folder : Path
        The folder of the store.
    complete : bool, default True
        Refuse arrays that are larger than the store can hold, and what a killed process of Zarr left, which nobody
        reads. In the store of a study that was interrupted both may be.

    Raises
    ------
    ReadError
        With the name of what is refused; without the path.
    """
    size, filled, unpacked = 0, 0, 0
    for path, entry in _files(folder):
        if entry.name.endswith(".partial") and not complete:
            continue
        size += entry.stat(follow_symlinks=False).st_size
        if entry.name == _META:
            filled += _check_node(path)
        elif "c" in path.relative_to(folder).parts[:-1] or entry.name == "c":
            unpacked += _unpacked(path)
        else:
            raise ReadError(f"'{path.relative_to(folder)}' is not a part of a store as it is written")
    if complete and max(filled, unpacked) > most_bytes(size):
        raise ReadError(f"its arrays would fill {max(filled, unpacked):,} bytes, and the store has {size:,}")


def _files(folder: Path) -> Iterator[tuple[Path, "os.DirEntry[str]"]]:
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if entry.is_symlink() or not (entry.is_dir() or entry.is_file()):
                    raise ReadError(f"'{entry.name}' is a link to data elsewhere, or no file")
                if entry.name.startswith(".z"):
                    raise ReadError("parts of it are in Zarr's format 2")
                if entry.is_dir():
                    waiting.append(Path(entry.path))
                else:
                    yield Path(entry.path), entry


def _check_node(path: Path) -> int:
    """Refuse a description of another kind; return the bytes that its array fills."""
    if path.stat().st_size > _MOST_META:
        raise ReadError(f"the description of '{path.parent.name}' is too long")
    content = json.loads(path.read_text(encoding="utf-8"))
    kind = content.get("node_type") if isinstance(content, dict) else None
    absent = {name for name, value in content.items() if value is None} if isinstance(content, dict) else set()
    if kind not in _FIELDS or not set(content) - absent <= _FIELDS[kind]:
        raise ReadError(f"{path.parent.name} is kept in a way that is not this package's")
    return _check_layout(content, path.parent.name) if kind == "array" else 0


def _check_layout(content: Mapping[str, Any], name: str) -> int:
    codecs = {str(codec["name"]) for codec in content.get("codecs", [])}
    kind = content.get("data_type")
    if not codecs <= _CODECS or not isinstance(kind, str) or kind not in _SIZES or content.get("storage_transformers"):
        raise ReadError(f"{name} is kept in a way that is not this package's")
    shape, grid = content["shape"], content["chunk_grid"]
    chunks = grid["configuration"]["chunk_shape"]
    if grid["name"] != "regular" or not _are_lengths(shape) or not _are_lengths(chunks) or len(shape) != len(chunks):
        raise ReadError(f"{name} has a shape that no array has")
    if any(not 1 <= chunk <= max(length, 1) for chunk, length in zip(chunks, shape, strict=True)):
        raise ReadError(f"{name} comes in pieces that are larger than it is")
    return int(prod(shape)) * _SIZES[kind]


def _are_lengths(given: object) -> bool:
    return isinstance(given, list) and all(type(one) is int and one >= 0 for one in given)


def _unpacked(path: Path) -> int:
    """What a chunk says it unpacks to, by the head of its Zstandard frame (RFC 8878, 3.1.1.1)."""
    with path.open("rb") as handle:
        head = handle.read(18)
    if head[:4] != _ZSTD or len(head) < 6:
        raise ReadError(f"the chunk '{path.parent.name}/{path.name}' is not packed as it was written")
    flag, single = head[4] >> 6, head[4] >> 5 & 1
    start = 5 + (1 - single) + (0, 1, 2, 4)[head[4] & 3]
    width = (single, 2, 4, 8)[flag]
    if not width:
        raise ReadError(f"the chunk '{path.parent.name}/{path.name}' does not say how long it is")
    return int.from_bytes(head[start : start + width], "little") + (256 if width == 2 else 0)
