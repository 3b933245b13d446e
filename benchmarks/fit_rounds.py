"""The clock of fit_times.py: every package fits the same data in turns, and each answer is judged."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from fit_criterion import Answer, digits, restricted_criterion, variances
from fit_data import Case
from fit_optimum import Optimum, find_optimum
from fit_peer import OURS, Peer
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


class Judge:
    """How far answers to one case are above the optimum, and to how many digits they are there.

    The optimum is found once, from the best of the first answers, by what shares nothing with any package
    (`fit_optimum.py`). Where there is none inside the parameter space, answers are above the lowest of them.
    """

    def __init__(self, case: Case) -> None:
        self._data: dict[str, Any] = {"y": case.y, "X": case.X, "Z": case.Z, "codes": case.codes}
        self._optimum: Optimum | str | None = None

    def judge(self, answers: dict[str, Answer]) -> dict[str, dict[str, Any]]:
        """What there is to say of each answer."""
        values = {name: restricted_criterion(answer, **self._data) for name, answer in answers.items()}
        if self._optimum is None and values:
            self._optimum = self._find(answers[min(values, key=lambda name: values[name])])
        known = isinstance(self._optimum, Optimum)
        lowest = self._optimum.criterion if known else min(values.values(), default=0.0)
        rows = {}
        for name, answer in answers.items():
            beside = {"digits": _digits(answer, self._optimum)} if known else {"no_digits": self._optimum}
            row = {"criterion": values[name], "above": values[name] - lowest, "said": answer.said}
            rows[name] = row | beside
        return rows

    def _find(self, start: Answer) -> Optimum | str:
        try:
            return find_optimum(start, **self._data)
        except (ValueError, np.linalg.LinAlgError) as error:
            return str(error)


def _digits(answer: Answer, optimum: Optimum) -> dict[str, float]:
    best = optimum.answer
    pairs = {"fixed": (answer.beta, best.beta), "variances": (variances(answer), variances(best))}
    if answer.std_errors is not None and best.std_errors is not None:
        pairs["std_errors"] = (answer.std_errors, best.std_errors)
    return {name: digits(found, exact) for name, (found, exact) in pairs.items()}


def time_cell(case: Case, way: str, peers: list[Peer], *, judge: Judge, budget: Budget) -> list[dict[str, Any]]:
    """A row for each package: times, criterion, digits and what it says of convergence.

    They take turns, so that what else the machine does falls on all of them.
    """
    runs = [_Run(peer, peer.ways[way](case, way)) for peer in peers]
    for run in runs:
        run.warm_up(budget)
    while waiting := [run for run in runs if not run.is_done(budget)]:
        for run in waiting:
            run.take_turn()
    answers = {run.peer.name: run.peer.read(run.result, case) for run in runs if run.error is None}
    judged = judge.judge({name: answer for name, answer in answers.items() if answer is not None})
    ours = next((float(np.median(run.seconds)) for run in runs if run.peer.name == OURS and run.error is None), None)
    return [_times(run, ours) | judged.get(run.peer.name, {}) for run in runs]


def _times(run: _Run, ours: float | None) -> dict[str, Any]:
    if run.error is not None:
        return {"engine": run.peer.name, "left_out": f"failed: {run.error}"}
    median = float(np.median(run.seconds))
    row = {"engine": run.peer.name, "fits": len(run.seconds), "median_s": median, "least_s": min(run.seconds)}
    return row if ours is None else row | {"ratio": median / ours}
