"""The arrays of a study's results, in Zarr: a group for each analysis, a chunk of each array for each piece."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeAlias, final

import numpy as np
import xarray as xr
import zarr
from numpy.typing import NDArray
from zarr.storage import LocalStore, MemoryStore

from alsmodels.errors import ReadError
from alsmodels.files.stores import check_store
from alsmodels.simulation.results import NOT_RUN, STATUSES, VARIABLES, attributes
from alsmodels.simulation.studies import Study

__all__ = ["Answers", "StudyArrays", "create_arrays", "open_arrays"]

Answers: TypeAlias = Mapping[str, NDArray[Any]]

_DIMS: Final = ("truth", "design", "replicate", "estimand")
_NAMES: Final = (*VARIABLES, "status")
_FORMAT: Final[dict[str, Any]] = {"consolidated": False, "zarr_format": 3}


@final
@dataclass(frozen=True, slots=True, eq=False)
class StudyArrays:
    """Arrays on disk or in memory.

    Attributes
    ----------
    store : LocalStore or MemoryStore
        The store of Zarr.
    group : zarr.Group
        The group of all analyses.
    names : tuple of str
        The names of the analyses.
    chunk : int
        Replicates of a piece.
    """

    store: LocalStore | MemoryStore
    group: zarr.Group
    names: tuple[str, ...]
    chunk: int

    def write(self, place: tuple[int, int, int], answers: Mapping[str, Answers]) -> int:
        """Write a piece, the statuses last, and return the checksum of it."""
        total = 0
        for name in self.names:
            for variable in _NAMES:
                values = _plain(answers[name][variable])
                self._array(name, variable)[self._rows(place)] = values[None, None]
                total = zlib.crc32(values.tobytes(), total)
        return total

    def checksum(self, place: tuple[int, int, int]) -> int:
        """Of what is there of a piece."""
        total = 0
        for name in self.names:
            for variable in _NAMES:
                values = np.ascontiguousarray(self._array(name, variable)[self._rows(place)])
                total = zlib.crc32(values.tobytes(), total)
        return total

    def read(self) -> dict[str, xr.Dataset]:
        """The dataset of each analysis, in memory; what is not finished is NaN."""
        return {name: self._read(name) for name in self.names}

    def _read(self, name: str) -> xr.Dataset:
        with xr.open_zarr(self.store, group=name, chunks=None, **_FORMAT) as opened:
            found: xr.Dataset = opened.load().drop_encoding()
        texts = {name: np.array([str(one) for one in found[name].values]) for name in ("truth", "design", "estimand")}
        done = found["status"] != NOT_RUN
        return found.assign_coords(texts).assign({one: found[one].where(done) for one in VARIABLES})

    def _array(self, name: str, variable: str) -> Any:
        return self.group[f"{name}/{variable}"]

    def _rows(self, place: tuple[int, int, int]) -> tuple[slice, slice, slice]:
        row, col, at = place
        return slice(row, row + 1), slice(col, col + 1), slice(at * self.chunk, (at + 1) * self.chunk)


def create_arrays(study: Study, path: Path | None) -> StudyArrays:
    """Lay out empty arrays, on disk or, without a path, in memory."""
    store = MemoryStore() if path is None else LocalStore(path)
    root = zarr.create_group(store, zarr_format=3, attributes={"made_by": "alsmodels"})
    coords = {"truth": [one.name for one in study.truths], "design": [one.name for one in study.designs]}
    for analysis in study.analyses:
        targets = [[list(analysis.targets(design.apply(one))) for design in study.designs] for one in study.truths]
        head = xr.Dataset(
            {"target": (("truth", "design", "estimand"), np.array(targets, dtype=np.float64))},
            {**_texts({**coords, "estimand": analysis.labels}), "replicate": np.arange(study.n_replicates)},
            attributes(study, analysis),
        )
        head.to_zarr(store, group=analysis.name, mode="a", **_FORMAT)
        group = root[analysis.name]
        for variable in VARIABLES:
            _lay_out(group, variable, study, n_estimands=len(analysis.labels))
        _lay_out(group, "status", study, n_estimands=None)
    return StudyArrays(store, root, tuple(one.name for one in study.analyses), study.chunk)


def open_arrays(record: Mapping[str, Any], path: Path, *, writing: bool) -> StudyArrays:
    """Open what `create_arrays` made; ``record`` is of the study."""
    try:
        check_store(path, complete=False)
    except ReadError as reason:
        raise ReadError(f"{path} holds a damaged study: {reason}.") from reason
    store = LocalStore(path, read_only=not writing)
    root = zarr.open_group(store, mode="r+" if writing else "r", zarr_format=3)
    names = tuple(str(one["name"]) for one in record["analyses"])
    return StudyArrays(store, root, names, int(record["chunk"]))


def _lay_out(group: Any, name: str, study: Study, *, n_estimands: int | None) -> None:
    last = () if n_estimands is None else (n_estimands,)
    floating = n_estimands is not None
    about = {} if floating else {"flag_values": list(range(len(STATUSES))), "flag_meanings": list(STATUSES)}
    group.create_array(
        name,
        shape=(len(study.truths), len(study.designs), study.n_replicates, *last),
        chunks=(1, 1, min(study.chunk, study.n_replicates), *last),
        dtype="float64" if floating else "int8",
        fill_value=np.nan if floating else NOT_RUN,
        dimension_names=_DIMS if floating else _DIMS[:-1],
        attributes=about,
    )


def _texts(coords: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """Text as Python's, which Zarr's format knows."""
    return {name: (name, np.array(values, dtype=object)) for name, values in coords.items()}


def _plain(values: NDArray[Any]) -> NDArray[Any]:
    """With one kind of NaN, so that a chunk that is not written because it is empty has the same bits."""
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.nan, values)
    return np.ascontiguousarray(values)
