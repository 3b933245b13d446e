"""Where pieces of a study are run: here, in processes of this machine, or on a Dask cluster.

A runner takes pieces and gives each back with its answers, in whatever order they are finished.
"""

import os
from collections.abc import Iterator, Sequence
from typing import TypeAlias

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError

from alsmodels.data.clusters import connected, distributed
from alsmodels.kernels.ranges import one_thread
from alsmodels.simulation.arrays import Answers
from alsmodels.simulation.orphans import end_with
from alsmodels.simulation.replicates import simulate_many
from alsmodels.simulation.results import check_answers
from alsmodels.simulation.studies import Piece

__all__ = ["Finished", "run_here", "run_on_cluster", "run_piece", "run_processes"]

Finished: TypeAlias = tuple[Piece, dict[str, Answers]]

# How often processes that were ended from outside are started again.
_PATIENCE = 3
PURPOSE = "A study on a cluster needs Dask"


def run_piece(piece: Piece) -> dict[str, Answers]:
    """Simulate the replicates of a piece and make every analysis of them."""
    many = simulate_many(piece.truth, n_replicates=piece.size, seed=piece.seed, first=piece.first)
    answers: dict[str, Answers] = {}
    for number, analysis in enumerate(piece.analyses):
        found = analysis.run(many, seed=piece.analysis_seed(number))
        answers[analysis.name] = check_answers(analysis, found, piece.size)
    return answers


def run_here(pieces: Sequence[Piece]) -> Iterator[Finished]:
    """One after another; compiled loops use all cores."""
    for piece in pieces:
        yield piece, run_piece(piece)


def run_processes(pieces: Sequence[Piece], *, workers: int) -> Iterator[Finished]:
    """In processes of this machine, each with one thread.

    A process that is ended from outside, as for want of memory, takes only its pieces with it: they are run again.
    """
    left = {piece.place: piece for piece in pieces}
    for trial in range(_PATIENCE + 1):
        try:
            for place, answers in _pool(workers)(delayed(_run_alone)(piece) for piece in list(left.values())):
                yield left.pop(place), answers
        except TerminatedWorkerError:
            if trial == _PATIENCE:
                raise
        else:
            return


def run_on_cluster(pieces: Sequence[Piece], *, scheduler: object) -> Iterator[Finished]:
    """On a Dask cluster, by its address or a client; what a lost worker had is run by another.

    Raises
    ------
    SpecError
        If Dask is not installed, or nothing answers at the address.
    """
    as_completed = distributed(PURPOSE).as_completed
    with connected(scheduler, purpose=PURPOSE) as client:
        by_key = {}
        futures = []
        for piece in pieces:
            future = client.submit(_run_alone, piece, pure=False)
            by_key[future.key] = piece
            futures.append(future)
        try:
            for future, (_, answers) in as_completed(futures, with_results=True):
                yield by_key[future.key], answers
                future.release()
        finally:
            client.cancel(futures)


def _pool(workers: int) -> Parallel:
    with parallel_config("loky", inner_max_num_threads=1, initializer=end_with, initargs=(os.getpid(),)):
        return Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1, pre_dispatch="2*n_jobs")


def _run_alone(piece: Piece) -> tuple[tuple[int, int, int], dict[str, Answers]]:
    with one_thread():
        return piece.place, run_piece(piece)
