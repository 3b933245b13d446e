"""lme4, nlme and glmmTMB as peers in the benchmarks of fits: one R process that fits on request, with its own clock."""

import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np

from fit_criterion import Answer
from fit_data import Case
from fit_peer import Peer

PROGRAM = Path(__file__).parent / "lmer_times.R"
WAYS = {
    "lme4": ("frame",),
    "lme4, calc.derivs = FALSE": ("arrays", "frame"),
    "nlme": ("frame",),
    "glmmTMB": ("frame",),
}


@dataclass(frozen=True, slots=True)
class TimedByR:
    """A fit that was timed where it was made."""

    seconds: float
    answer: Answer


class RProcess:
    """An R session that lmer_times.R runs in; use it as a context, and ``peers`` inside it."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="fit-times-"))
        self._loaded: Case | None = None
        self._process = subprocess.Popen(
            ["Rscript", str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.versions: dict[str, str] = self._listen()["versions"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait()
        shutil.rmtree(self._folder)

    @property
    def peers(self) -> list[Peer]:
        """What the session can be asked."""
        return [
            Peer(name, name.partition(",")[0], None, dict.fromkeys(ways, self._prepare(name)), _read)
            for name, ways in WAYS.items()
            if name.partition(",")[0] in self.versions
        ]

    def measure_memory(self, peer: str, case: Case, way: str) -> dict[str, Any]:
        """MB held before a fit and at most in it, after a fit of another case has loaded what is loaded on demand."""
        self._load(case)
        return self._ask("memory", peer, way)

    def _prepare(self, peer: str) -> Callable[[Case, str], Callable[[], TimedByR]]:
        def prepare(case: Case, way: str) -> Callable[[], TimedByR]:
            self._load(case)
            return lambda: self._fit(peer, way)

        return prepare

    def _load(self, case: Case) -> None:
        if self._loaded is not case:
            case.frame.to_csv(self._folder / "frame.csv", index=False)
            self._ask("load", str(self._folder / "frame.csv"), case.model.fixed, case.model.random)
            self._loaded = case

    def _fit(self, peer: str, way: str) -> TimedByR:
        told = self._ask("fit", peer, way)
        if "error" in told:
            raise RuntimeError(told["error"])
        beta, covariance, std_errors = (np.array(told[name]) for name in ("beta", "covariance", "std_errors"))
        return TimedByR(told["seconds"], Answer(beta, covariance, told["sigma2"], told["said"], std_errors))

    def _ask(self, *words: str) -> dict[str, Any]:
        self._process.stdin.write("\t".join(words) + "\n")  # type: ignore[union-attr]
        self._process.stdin.flush()  # type: ignore[union-attr]
        return self._listen()

    def _listen(self) -> dict[str, Any]:
        line = self._process.stdout.readline()  # type: ignore[union-attr]
        if not line:
            msg = "R ended without an answer; are lme4, nlme and jsonlite installed?"
            raise RuntimeError(msg)
        found: dict[str, Any] = json.loads(line)
        return found


def has_r() -> bool:
    """Whether R is there with lme4, nlme and jsonlite."""
    if shutil.which("Rscript") is None:
        return False
    needed = "quit(status = !all(sapply(c('lme4', 'nlme', 'jsonlite'), requireNamespace, quietly = TRUE)))"
    return subprocess.run(["Rscript", "-e", needed], capture_output=True, check=False).returncode == 0


def _read(found: TimedByR, _case: Case) -> Answer:
    return found.answer
