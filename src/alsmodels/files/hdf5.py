"""What an HDF5 file may hold before its values are read: itself, numbers and texts, and no more than there is.

HDF5 can name data of other files (external storage, external and soft links, virtual datasets), refer to objects, and
claim arrays that are larger than the file. None of that is written by this package, and none is read.
"""

from math import prod
from pathlib import Path
from typing import Any

import h5py
from h5py import h5a, h5d, h5o, h5t, h5z

from alsmodels.errors import ReadError
from alsmodels.files.limits import most_bytes

__all__ = ["check_hdf5"]

_KINDS = frozenset({h5t.INTEGER, h5t.FLOAT, h5t.STRING, h5t.ENUM})
_FILTERS = frozenset({h5z.FILTER_DEFLATE, h5z.FILTER_SHUFFLE, h5z.FILTER_FLETCHER32})
# References by which NetCDF says which dimension an array has; they stay within the file.
_SCALES = frozenset({"DIMENSION_LIST", "REFERENCE_LIST"})
# A dimension without values is an array of this name that has a size and no content.
_BARE = b"This is a netCDF dimension but not a netCDF variable"
_MOST_OBJECTS = 100_000


def check_hdf5(path: Path) -> None:
    """Refuse a file with anything but groups and arrays of numbers and texts, all in the file itself.

    Raises
    ------
    ReadError
        With the name of what is refused; without the path.
    """
    size = path.stat().st_size
    with h5py.File(path, "r") as file:
        arrays = _walk(file)
        held = {name: _check_array(array, name, size) for name, array in arrays.items()}
        packed = sum(count for name, count in held.items() if arrays[name].chunks is not None)
    if sum(held.values()) - packed > size:
        raise ReadError("its arrays are larger than the file")
    if packed > most_bytes(size):
        raise ReadError(f"its arrays would fill {packed:,} bytes, and the file has {size:,}")


def _walk(file: Any) -> dict[str, Any]:
    """All arrays by their paths; each object is met once."""
    arrays, waiting, seen = {}, [("", file)], {h5o.get_info(file.id).addr}
    _check_attributes(file, "/")
    while waiting:
        where, group = waiting.pop()
        for name in group:
            path = f"{where}/{name}"
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                raise ReadError(f"'{path}' is a link to data elsewhere")
            found = group[name]
            address = h5o.get_info(found.id).addr
            if address in seen or len(seen) > _MOST_OBJECTS:
                raise ReadError(f"'{path}' is there under two names, or there are more objects than can be")
            seen.add(address)
            _check_attributes(found, path)
            if isinstance(found, h5py.Group):
                waiting.append((path, found))
            elif isinstance(found, h5py.Dataset):
                arrays[path] = found
            else:
                raise ReadError(f"'{path}' is neither a group nor an array")
    return arrays


def _check_array(array: Any, name: str, size: int) -> int:
    """Refuse an array that is not numbers or texts in the file; return the bytes that it fills."""
    made = array.id.get_create_plist()
    if made.get_external_count() or made.get_layout() == h5d.VIRTUAL:
        raise ReadError(f"the values of '{name}' are in another file")
    if array.id.get_type().get_class() not in _KINDS:
        raise ReadError(f"'{name}' holds neither numbers nor texts")
    if any(made.get_filter(place)[0] not in _FILTERS for place in range(made.get_nfilters())):
        raise ReadError(f"'{name}' is kept in a way that is not this package's")
    if array.shape is None:
        raise ReadError(f"'{name}' has no values")
    if array.attrs.get("NAME", b"").startswith(_BARE):
        return 0
    count = int(prod(array.shape)) * int(array.dtype.itemsize)
    if array.chunks is not None and prod(array.chunks) * array.dtype.itemsize > most_bytes(size):
        raise ReadError(f"'{name}' comes in pieces that are larger than the file can hold")
    if array.chunks is None and count > array.id.get_storage_size():
        raise ReadError(f"'{name}' is larger than what the file holds of it")
    return count


def _check_attributes(thing: Any, where: str) -> None:
    for name in thing.attrs:
        kind = h5a.open(thing.id, name.encode()).get_type().get_class()
        if kind not in _KINDS and name not in _SCALES:
            raise ReadError(f"the attribute '{name}' of '{where}' is neither a number nor a text")
