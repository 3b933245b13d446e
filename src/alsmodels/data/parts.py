"""A table that is never in memory at once: its parts, read through Dask as they are asked for."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from joblib.externals.loky import ProcessPoolExecutor

from alsmodels.data.clusters import connected, distributed, no_dask
from alsmodels.data.columns import as_names
from alsmodels.data.paths import as_path
from alsmodels.errors import AlsModelsError, DataError, DesignError, ReadError, SpecError, shown
from alsmodels.kernels.ranges import one_thread

__all__ = ["Parts", "Runner", "name_place", "open_parts", "opened_runner"]

Answer = TypeVar("Answer")

# Row groups of a file are read together up to this size, which is that in the file: some 400,000 visits.
BLOCK = "8MiB"
PURPOSE = "Data in parts are read through Dask"
KNOWN = "A scheduler is 'threads', 'processes', the address of a Dask cluster or its Client."


@final
@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """A table in parts.

    Attributes
    ----------
    frame : object
        The dask DataFrame, with ``subject`` among its columns.
    files : mapping of Path to frozenset of str
        Each Parquet file that it is read from, with its columns.
    """

    frame: Any
    files: Mapping[Path, frozenset[str]] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """How many parts there are."""
        return int(self.frame.npartitions)

    def only(self, names: Sequence[str]) -> "Parts":
        """The same table with some of its columns; the others are not read."""
        return Parts(self.frame[list(dict.fromkeys(names))], self.files)

    def check_files(self, names: Iterable[str]) -> None:
        """Refuse a file that lacks one of these columns while another has it.

        Raises
        ------
        DataError
            With the first such file and the columns.
        """
        there = frozenset().union(*self.files.values())
        wanted = [name for name in dict.fromkeys(names) if name in there]
        for number, (path, columns) in enumerate(self.files.items(), 1):
            absent = [name for name in wanted if name not in columns]
            if absent:
                raise DataError(
                    f"{path.name}, file {number} of {len(self.files)}, has no column {as_names(absent)}, which others "
                    "have. Add it to the file, empty where nothing is known, or leave it out of the model."
                )


# Calls a function with the number and the table of each part; the answers come in the order of the parts.
Runner: TypeAlias = Callable[[Callable[[int, pd.DataFrame], Answer], Parts], Iterator[Answer]]


def open_parts(data: object) -> Parts:
    """The parts of a dask DataFrame, or of a Parquet file or folder by its path, whose row groups are parts.

    Raises
    ------
    ReadError
        If nothing is at the path, or no Parquet.
    DataError
        If the data are neither a dask DataFrame nor a path.
    SpecError
        If Dask is not installed.
    """
    files: Mapping[Path, frozenset[str]] = {}
    if isinstance(data, (str, os.PathLike)):
        frame, files = _read_parquet(as_path(data))
    elif type(data).__module__.startswith("dask.") and hasattr(data, "npartitions") and hasattr(data, "columns"):
        frame = data
    else:
        raise DataError(
            f"Data in parts are a dask DataFrame, or the path of a Parquet file or folder, not {type(data).__name__}. "
            "A table in memory is fitted by fit_lmm."
        )
    is_index = "subject" not in frame.columns and frame.index.name == "subject"
    return Parts(frame.reset_index() if is_index else frame, files)


@contextmanager
def opened_runner(scheduler: object, workers: int) -> Iterator[Runner[Any]]:
    """What runs a function over parts: one at a time in this process, or ``workers`` at a time on a Dask scheduler.

    Parameters
    ----------
    scheduler : object
        None, ``"threads"``, ``"processes"``, the address of a cluster or a ``distributed.Client``.
    workers : int
        Parts in flight at once.
    """
    if scheduler is None or scheduler == "threads":
        how = {"scheduler": "sync"} if scheduler is None else {"scheduler": "threads", "num_workers": workers}
        yield partial(_run, how=how, workers=workers)
    elif scheduler == "processes":
        with ProcessPoolExecutor(workers) as pool:
            yield partial(_run, how={"scheduler": "processes", "pool": pool}, workers=workers)
    else:
        _check_scheduler(scheduler)
        with connected(scheduler, purpose=PURPOSE, hint=KNOWN) as client:
            yield partial(_run, how={"scheduler": client}, workers=workers)


@contextmanager
def name_place(place: str) -> Iterator[None]:
    """Say in a refusal where in the data the reason is, such as ``"In part 3 of the data"``."""
    try:
        yield
    except (DataError, DesignError) as error:
        raise type(error)(f"{place}: {error}") from error


def _run(
    work: Callable[[int, pd.DataFrame], Answer], parts: Parts, *, how: dict[str, Any], workers: int
) -> Iterator[Answer]:
    dask = _dask()
    shared = how["scheduler"] != "sync"
    tables = parts.frame.to_delayed()
    for first in range(0, len(tables), workers):
        tasks = [
            dask.delayed(partial(_work_on, work, number, shared=shared), pure=False)(table)
            for number, table in enumerate(tables[first : first + workers], start=first)
        ]
        try:
            yield from dask.compute(*tasks, **how)
        except AlsModelsError as error:
            raise getattr(error, "exception", error) from None  # of another process it comes wrapped
        except KeyError as reason:
            raise DataError(
                f"Part {first + 1} of the data, or one soon after, lacks a column that the others have: {reason}."
            ) from reason
        except (OSError, pa.ArrowException) as reason:
            raise ReadError(f"Part {first + 1} of the data, or one soon after, cannot be read: {reason}.") from reason


def _work_on(work: Callable[[int, pd.DataFrame], Answer], number: int, table: pd.DataFrame, *, shared: bool) -> Answer:
    """One part, with one thread where others are at work beside it."""
    with name_place(f"In part {number + 1} of the data"):
        if not shared:
            return work(number, table)
        with one_thread():
            return work(number, table)


def _read_parquet(path: Path) -> tuple[Any, Mapping[Path, frozenset[str]]]:
    if not path.exists():
        raise ReadError(f"There is nothing at {str(path)!r}.")
    dask_frames = _dask().dataframe
    try:
        frame = dask_frames.read_parquet(path, split_row_groups="adaptive", blocksize=BLOCK)
        return frame, _columns_of_files(path)
    except (OSError, ValueError, IndexError, pa.ArrowException) as reason:
        raise ReadError(
            f"{str(path)!r} cannot be read as Parquet. Open files of other kinds by dask.dataframe, and give its frame."
        ) from reason


def _columns_of_files(path: Path) -> dict[Path, frozenset[str]]:
    """The columns of each file of a folder, or of one file; those that stand in names of folders are of all."""
    inside = [path] if path.is_file() else sorted(path.rglob("*.parquet"))
    files = [file for file in inside if not file.name.startswith((".", "_"))]
    return {file: frozenset(pq.read_schema(file).names) | _hive_names(file, path) for file in files}


def _hive_names(file: Path, folder: Path) -> frozenset[str]:
    inside = file.parent.relative_to(folder).parts if file != folder else ()
    return frozenset(name.split("=")[0] for name in inside if "=" in name)


def _check_scheduler(scheduler: object) -> None:
    """Refuse what is neither an address nor a client."""
    client = distributed(PURPOSE).Client
    if not isinstance(scheduler, (str, client)):
        raise SpecError(f"{KNOWN} {shown(scheduler)} is none.")


def _dask() -> Any:
    try:
        import dask  # noqa: PLC0415 - an extra
        import dask.dataframe  # noqa: PLC0415 - an extra
    except ImportError as reason:
        raise no_dask(PURPOSE) from reason
    return dask
