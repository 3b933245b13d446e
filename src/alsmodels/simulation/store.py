"""The store of a study: a folder that may lose its process at any moment, and no finished piece with it.

    study.json      the study, with its fingerprint
    results.zarr    a group for each analysis; a piece of the study is one chunk of each of its arrays
    finished.log    a line for each piece whose arrays are all written, with their checksum
    writing.lock    held by the one process that writes

A piece is written first and entered in the log afterwards, in one short append. A process that is killed leaves a piece
without a line, or half a line at the end; both are as if the piece had not been begun.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, final

from alsmodels.data.paths import as_path
from alsmodels.errors import AlsModelsError, ReadError
from alsmodels.files.disk import flush, partial_path, remove, sweep, told
from alsmodels.files.writing import write_text
from alsmodels.simulation.arrays import Answers, StudyArrays, create_arrays, open_arrays
from alsmodels.simulation.locks import held
from alsmodels.simulation.results import StudyResults
from alsmodels.simulation.studies import FORMAT, Piece, Study

__all__ = ["StudyStore", "is_study", "load_results", "memory_store", "opened_store"]

_STUDY, _RESULTS, _LOG, _LOCK = "study.json", "results.zarr", "finished.log", "writing.lock"
_Place = tuple[int, int, int]
# What a broken store can make of its reader.
_FAULTS: Final = (LookupError, OSError, TypeError, ValueError, RuntimeError, AttributeError, NotImplementedError)


@final
@dataclass(frozen=True, slots=True, eq=False)
class StudyStore:
    """Where a study's results are kept while it runs.

    Attributes
    ----------
    study : Study
        The study whose results they are.
    arrays : StudyArrays
        The arrays of all analyses.
    log : Path or None
        The file of finished pieces; None in memory.
    finished : set of _Place
        The pieces that are done.
    """

    study: Study
    arrays: StudyArrays
    log: Path | None
    finished: set[_Place] = field(default_factory=set)

    def pending(self) -> list[Piece]:
        """What is still to be done."""
        return [piece for piece in self.study.pieces() if piece.place not in self.finished]

    def write(self, piece: Piece, answers: Mapping[str, Answers]) -> None:
        """Keep what a piece gave, then enter it as finished."""
        checksum = self.arrays.write(piece.place, answers)
        if self.log is not None:
            _append(self.log, " ".join(map(str, piece.place)) + f" {checksum:08x}\n")
        self.finished.add(piece.place)

    def results(self) -> StudyResults:
        """All that is there, in memory."""
        return StudyResults(self.arrays.read(), self.study.to_dict())


def is_study(folder: str | os.PathLike[str]) -> bool:
    """Say whether a folder holds a study's results, or the beginning of them."""
    return (as_path(folder) / _STUDY).is_file()


def memory_store(study: Study) -> StudyStore:
    """A store that ends with its process."""
    return StudyStore(study, create_arrays(study, None), None)


@contextmanager
def opened_store(study: Study, folder: str | os.PathLike[str]) -> Iterator[StudyStore]:
    """Make the store of a study, or go on with it, as the only one who writes.

    Raises
    ------
    ReadError
        If the folder holds something else, or the results of another study; or if another process is writing.
    """
    target = as_path(folder)
    if not is_study(target):
        _create(study, target)
    _check_links(target)
    with held(target / _LOCK, busy=f"Another process is running the study in {target}; wait for its end."):
        _check_same(study, target)
        with _faults(target):
            arrays = open_arrays(study.to_dict(), target / _RESULTS, writing=True)
            done = {place for place, checksum in _read_log(target).items() if arrays.checksum(place) == checksum}
        _keep_whole_lines(target / _LOG)
        yield StudyStore(study, arrays, target / _LOG, done)


def load_results(folder: str | os.PathLike[str]) -> StudyResults:
    """Read what a study has found, finished or not.

    Parameters
    ----------
    folder : str or Path
        The folder that `run_study` writes to; the study may be running.

    Returns
    -------
    StudyResults
        The results; replicates that have not been analysed have the status "not run".

    Raises
    ------
    ReadError
        If the folder holds no study, or a damaged one.
    """
    target = as_path(folder)
    if not is_study(target):
        raise ReadError(f"{target} holds no study: there is no {_STUDY} in it.")
    _check_links(target)
    record = _read_record(target)["study"]
    with _faults(target):
        return StudyResults(open_arrays(record, target / _RESULTS, writing=False).read(), record)


def _create(study: Study, target: Path) -> None:
    """Make the folder complete under another name, then give it its own; another process may be doing so too."""
    with told(target):
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise ReadError(f"{target} holds something else; give a study a new or empty folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        sweep(target.parent)
        made = partial_path(target.parent)
        try:
            _fill(study, made)
            _name(made, target)
        finally:
            remove(made)


def _fill(study: Study, made: Path) -> None:
    made.mkdir()
    create_arrays(study, made / _RESULTS)
    (made / _LOG).touch()
    record = {"format": FORMAT, "fingerprint": study.fingerprint, "study": study.to_dict()}
    write_text(made / _STUDY, json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def _name(made: Path, target: Path) -> None:
    try:
        if os.name == "nt" and target.exists():
            target.rmdir()
        made.rename(target)  # takes the place of an empty folder, and of no other
    except OSError:
        if not is_study(target):
            raise
    flush(target.parent)


def _check_links(target: Path) -> None:
    """Refuse a link in the folder, through which a file outside would be read or written."""
    link = next((path for path in target.rglob("*") if path.is_symlink()), None)
    if link is not None:
        raise ReadError(f"{target} holds the link {link.relative_to(target)}; put what it points to in its place.")


def _check_same(study: Study, target: Path) -> None:
    if _read_record(target)["fingerprint"] != study.fingerprint:
        raise ReadError(f"{target} holds the results of another study; give this one a folder of its own.")


def _read_record(target: Path) -> Mapping[str, Any]:
    try:
        record: object = json.loads((target / _STUDY).read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as reason:
        raise ReadError(f"{target / _STUDY} cannot be read as JSON; the store is damaged.") from reason
    if not isinstance(record, dict) or set(record) != {"format", "fingerprint", "study"}:
        raise ReadError(f"{target / _STUDY} is not a study as it was written.")
    if record["format"] != FORMAT or not isinstance(record["study"], dict):
        raise ReadError(f"{target / _STUDY} is not a study as it was written.")
    return record


def _read_log(target: Path) -> dict[_Place, int]:
    """The checksums of finished pieces; half a line at the end is none."""
    path = target / _LOG
    lines = path.read_text(encoding="ascii").splitlines(keepends=True) if path.exists() else []
    entries = [line.split() for line in lines if line.endswith("\n")]
    return {(int(row), int(col), int(at)): int(checksum, 16) for row, col, at, checksum in entries}


def _keep_whole_lines(log: Path) -> None:
    """Cut half a line off the end, so that the next one begins a line."""
    if not log.exists():
        return
    content = log.read_bytes()
    whole = content.rfind(b"\n") + 1
    if whole < len(content):
        os.truncate(log, whole)


def _append(log: Path, line: str) -> None:
    handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        os.write(handle, line.encode("ascii"))
    finally:
        os.close(handle)


@contextmanager
def _faults(target: Path) -> Iterator[None]:
    try:
        yield
    except AlsModelsError:
        raise
    except _FAULTS as reason:
        first = (str(reason).splitlines() or [type(reason).__name__])[0].removesuffix(".")
        raise ReadError(f"{target} holds a damaged study: {first}.") from reason
