"""The clock of fit_times.py: every package fits the same data in turns, and each answer is judged."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fit_criterion import Answer, digits, restricted_criterion, variances
from fit_data import Case
from fit_peers import OURS, Peer
from fit_r import TimedByR

PAUSE = 0.05
"""Seconds between two packages: worker threads of the last one stop spinning, and the next has the processors."""

SHORT = 0.1
"""After the pause a fit shorter than this is made once before it is timed: a processor that slept is slow at first."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How long one package may take over one cell.

    Attributes
    ----------
    rounds : most fits that are timed
    seconds : no further fit begins after so many
    most : a package is left out of a cell in which one fit would take longer than this
    """

    rounds: int
    seconds: float
    most: float


@dataclass(slots=True)
class _Run:
    """One package in one cell, while it is timed."""

    peer: Peer
    fit: Callable[[], Any]
    first: float = 0.0
    seconds: list[float] = field(default_factory=list)
    result: Any = None
    error: str | None = None

    def warm_up(self, budget: Budget) -> None:
        """Fit once; it counts if it alone takes a third of the budget."""
        self.first = self.once()
        if self.first > budget.seconds / 3:
            self.seconds.append(self.first)

    def take_turn(self) -> None:
        """Fit against the clock."""
        time.sleep(PAUSE)
        if self.first < SHORT:
            self.once()
        self.seconds.append(self.once())

    def once(self) -> float:
        """Fit once; seconds."""
        start = time.perf_counter()
        try:
            self.result = self.fit()
        except Exception as error:  # noqa: BLE001 - what a package fails with is a result
            self.error = f"{type(error).__name__}: {error}".splitlines()[0]
        elapsed = time.perf_counter() - start
        return self.result.seconds if isinstance(self.result, TimedByR) else elapsed

    def is_done(self, budget: Budget) -> bool:
        """Whether it has had its turns."""
        return self.error is not None or len(self.seconds) >= budget.rounds or sum(self.seconds) >= budget.seconds


def fit_once(peer: Peer, case: Case, way: str) -> None:
    """Fit without a clock; a failure is no matter here."""
    _Run(peer, peer.ways[way](case, way)).once()


def time_cell(case: Case, way: str, peers: list[Peer], *, budget: Budget) -> list[dict[str, Any]]:
    """A row for each package: times, criterion, agreement and what it says of convergence.

    They take turns, so that what else the machine does falls on all of them.
    """
    runs = [_Run(peer, peer.ways[way](case, way)) for peer in peers]
    for run in runs:
        run.warm_up(budget)
    while waiting := [run for run in runs if not run.is_done(budget)]:
        for run in waiting:
            run.take_turn()
    return _judge(case, runs)


def _judge(case: Case, runs: list[_Run]) -> list[dict[str, Any]]:
    answers = {run.peer.name: run.peer.read(run.result, case) for run in runs if run.error is None}
    data: dict[str, Any] = {"y": case.y, "X": case.X, "Z": case.Z, "codes": case.codes}
    values = {name: restricted_criterion(answer, **data) for name, answer in answers.items() if answer is not None}
    ours = next((float(np.median(run.seconds)) for run in runs if run.peer.name == OURS and run.error is None), None)
    rows = []
    for run in runs:
        row: dict[str, Any] = {"engine": run.peer.name}
        if run.error is not None:
            rows.append(row | {"left_out": f"failed: {run.error}"})
            continue
        median = float(np.median(run.seconds))
        times = {"fits": len(run.seconds), "median_s": median, "least_s": min(run.seconds)}
        ratio = {} if ours is None else {"ratio": median / ours}
        rows.append(row | times | ratio | _agreement(run.peer.name, answers, values))
    return rows


def _agreement(name: str, answers: dict[str, Answer | None], values: dict[str, float]) -> dict[str, Any]:
    """How far an answer is above the lowest criterion, and how near the best answer of another package."""
    answer = answers[name]
    if answer is None:
        return {}
    found: dict[str, Any] = {"above": values[name] - min(values.values()), "criterion": values[name]}
    others = {other: value for other, value in values.items() if other != name}
    if others:
        best = answers[min(others, key=lambda other: others[other])]
        assert best is not None  # noqa: S101 - only answers have values
        found["digits_fixed"] = digits(answer.beta, best.beta)
        found["digits_variances"] = digits(variances(answer), variances(best))
    return found | {"said": answer.said}
