"""Running a study: what is not done yet is handed to a runner, and each finished piece is kept at once."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from alsmodels.errors import SpecError, shown
from alsmodels.simulation.progress import study_bar
from alsmodels.simulation.results import StudyResults
from alsmodels.simulation.runners import Finished, run_here, run_on_cluster, run_processes
from alsmodels.simulation.store import StudyStore, memory_store, opened_store
from alsmodels.simulation.studies import Piece, Study

__all__ = ["run_study"]


def run_study(
    study: Study,
    folder: str | os.PathLike[str] | None = None,
    *,
    workers: int = 1,
    scheduler: object = None,
    progress: bool | None = None,
) -> StudyResults:
    """Run a study, or what is left of it.

    Parameters
    ----------
    study : Study
        The study to run.
    folder : str or Path, optional
        The folder where results are written, piece by piece as they are finished. If the study has been run there in
        part, the rest is run; if it is complete, its results are read. None keeps them in memory alone.
    workers : int, default 1
        The number of processes on this machine; 1 runs in this one.
    scheduler : str or distributed.Client, optional
        A Dask cluster in place of processes: its address, such as ``"tcp://host:8786"``, or a client.
    progress : bool, optional
        Whether to show a progress bar with the time left; by default only in a terminal.

    Returns
    -------
    StudyResults
        The results: the same, bit for bit, whatever ran the study and however often it was interrupted.

    Raises
    ------
    ReadError
        If the folder holds something else, another study, or is being written by another process.
    SpecError
        If an analysis cannot be made of the simulated trials, or no cluster is there.

    Examples
    --------
    >>> from alsmodels.inference.analyses import reml_analysis
    >>> from alsmodels.model.slopes import slope_difference
    >>> from alsmodels.simulation import truths
    >>> from alsmodels.simulation.designs import TrialDesign
    >>> asked = reml_analysis("alsfrs_r ~ arm * week + (week | subject)", [slope_difference("active", "placebo")])
    >>> study = Study(truths.healey_like(), TrialDesign("as planned"), asked, n_replicates=10, seed=1)
    >>> run_study(study).n_done
    10
    """
    _check_workers(workers, scheduler)
    with _store(study, folder) as store:
        pending = store.pending()
        total = study.n_replicates * len(study.truths) * len(study.designs)
        done = total - sum(piece.size for piece in pending)
        with study_bar(done=done, total=total, shown=progress) as advance:
            for piece, answers in _run(pending, workers, scheduler):
                store.write(piece, answers)
                advance(piece.size)
        return store.results()


def _run(pieces: Sequence[Piece], workers: int, scheduler: object) -> Iterator[Finished]:
    if not pieces:
        return iter(())
    if scheduler is not None:
        return run_on_cluster(pieces, scheduler=scheduler)
    return run_here(pieces) if workers == 1 else run_processes(pieces, workers=workers)


@contextmanager
def _store(study: Study, folder: str | os.PathLike[str] | None) -> Iterator[StudyStore]:
    if folder is None:
        yield memory_store(study)
        return
    with opened_store(study, folder) as store:
        yield store


def _check_workers(workers: object, scheduler: object) -> None:
    if isinstance(workers, bool) or not isinstance(workers, int) or workers < 1:
        raise SpecError(f"run_study: workers is a number of processes, 1 or more; not {shown(workers)}.")
    if scheduler is not None and workers != 1:
        raise SpecError("run_study: a cluster has its own workers; give workers or scheduler, not both.")
