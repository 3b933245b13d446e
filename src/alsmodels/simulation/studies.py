"""A study of methods on simulated trials, as a value: truths x designs x analyses, and the pieces it is run in.

All analyses of a cell, a truth under a design, see the same replicates. A cell is cut into pieces of consecutive
replicates. Replicate k of a cell comes from the k-th child of the cell's seed, and what chance an analysis needs from a
seed of the piece, so a piece gives the same numbers on any worker, at any time.
"""

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol, final

import numpy as np
import xarray as xr

from alsmodels.errors import SpecError, shown
from alsmodels.model.seeds import check_seed
from alsmodels.simulation.designs import TrialDesign
from alsmodels.simulation.plan import make_plan
from alsmodels.simulation.replicates import Replicates
from alsmodels.simulation.rules import Rule
from alsmodels.simulation.truth import Truth

__all__ = ["FORMAT", "Analysis", "Piece", "Study"]

FORMAT: Final = "alsmodels-study-1"

# What can be the name of a folder on any system.
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_ .-]{0,63}")


class Analysis(Protocol):
    """What is done to every replicate; anything of this shape that can be pickled."""

    @property
    def name(self) -> str:
        """What results call it."""
        ...

    @property
    def labels(self) -> tuple[str, ...]:
        """The quantities it estimates."""
        ...

    @property
    def level(self) -> float:
        """Of its intervals."""
        ...

    @property
    def rule(self) -> Rule:
        """When it calls a trial a success."""
        ...

    def targets(self, truth: Truth) -> Sequence[float]:
        """The true value of each quantity; NaN where the truth has none."""
        ...

    def run(self, replicates: Replicates, *, seed: np.random.SeedSequence) -> xr.Dataset:
        """Analyse each replicate: variables over ``replicate`` and ``estimand`` as `results.VARIABLES` names them."""
        ...

    def to_dict(self) -> dict[str, Any]:
        """All that its results depend on, as values that JSON can hold."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of replicates of one cell, with all that is needed to make and analyse it anywhere.

    Attributes
    ----------
    place : tuple of (int, int, int)
        The numbers of the truth, the design and the piece.
    truth : Truth
        The truth with the design in it.
    analyses : tuple of Analysis
        The analyses that are made.
    seed : int
        The seed of the cell.
    first : int
        The number of the first replicate.
    size : int
        The number of replicates.
    """

    place: tuple[int, int, int]
    truth: Truth
    analyses: tuple[Analysis, ...]
    seed: int
    first: int
    size: int

    def analysis_seed(self, number: int) -> np.random.SeedSequence:
        """What chance an analysis has in this piece; replicates have keys of one number, so that none is shared."""
        return np.random.SeedSequence(self.seed, spawn_key=(self.first, number))


@final
@dataclass(frozen=True, slots=True, repr=False)
class Study:
    """Which trials are simulated, and how each is analysed.

    Parameters
    ----------
    truths : Truth or sequence of Truth or mapping of str to Truth
        The generating models, each with its own name; the keys of a mapping are the names.
    designs : TrialDesign or sequence of TrialDesign
        The sizes, visits and dropout of the simulated trials.
    analyses : Analysis or sequence of Analysis
        The analyses, made by `reml_analysis` or `importance_analysis`.
    n_replicates : int
        The number of trials simulated for each truth under each design.
    seed : int
        The seed of all random numbers.
    chunk : int, default 200
        The number of trials that are simulated, analysed and written together.
    paired : bool, default True
        Whether all truths and designs use the same random numbers, so that their differences have less noise.

    Raises
    ------
    SpecError
        If something is missing, named twice, or an arm of a design is not in a truth.
    """

    truths: tuple[Truth, ...]
    designs: tuple[TrialDesign, ...]
    analyses: tuple[Analysis, ...]
    n_replicates: int
    seed: int
    chunk: int = 200
    paired: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "truths", _named_truths(self.truths))
        for field in ("designs", "analyses"):
            given = getattr(self, field)
            object.__setattr__(self, field, tuple(given) if isinstance(given, Sequence) else (given,))
        _check_numbers(self)
        _check_parts(self)
        for truth in self.truths:
            for design in self.designs:
                make_plan(design.apply(truth), None)

    @property
    def n_pieces(self) -> int:
        """Of all cells."""
        return len(self.truths) * len(self.designs) * self.n_chunks

    @property
    def n_chunks(self) -> int:
        """Pieces of each cell."""
        return -(-self.n_replicates // self.chunk)

    def pieces(self) -> Iterator[Piece]:
        """All pieces; the first of every cell come first, so that a part of the study is a smaller study."""
        for chunk in range(self.n_chunks):
            first = chunk * self.chunk
            size = min(self.chunk, self.n_replicates - first)
            for row, truth in enumerate(self.truths):
                for col, design in enumerate(self.designs):
                    seed = self._cell_seed(row * len(self.designs) + col)
                    yield Piece((row, col, chunk), design.apply(truth), self.analyses, seed, first, size)

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON can hold; `read_study` reads them."""
        return {
            "format": FORMAT,
            "n_replicates": self.n_replicates,
            "seed": self.seed,
            "chunk": self.chunk,
            "paired": self.paired,
            "truths": [truth.to_dict() for truth in self.truths],
            "designs": [design.to_dict() for design in self.designs],
            "analyses": [analysis.to_dict() for analysis in self.analyses],
        }

    def to_json(self) -> str:
        """As JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False, allow_nan=False)

    @property
    def fingerprint(self) -> str:
        """Of all that the results depend on; sources of numbers are a part of it."""
        text = json.dumps(self.to_dict(), sort_keys=True, allow_nan=False)
        return hashlib.sha256(text.encode()).hexdigest()

    def _cell_seed(self, number: int) -> int:
        if self.paired:
            return self.seed
        return int(np.random.SeedSequence(self.seed, spawn_key=(number,)).generate_state(1, np.uint64)[0])

    def __repr__(self) -> str:
        cells = f"{len(self.truths)} truths x {len(self.designs)} designs x {len(self.analyses)} analyses"
        return "\n".join(
            (
                f"Study: {cells}, {self.n_replicates} replicates, seed {self.seed}",
                f"Truths: {', '.join(truth.name for truth in self.truths)}",
                f"Designs: {', '.join(design.name for design in self.designs)}",
                f"Analyses: {', '.join(analysis.name for analysis in self.analyses)}",
            )
        )


def _named_truths(truths: object) -> tuple[Truth, ...]:
    """One truth, several, or names with truths."""
    if isinstance(truths, Mapping):
        return tuple(replace(truth, name=name) for name, truth in zip(truths, _checked(truths.values()), strict=True))
    return _checked(truths if isinstance(truths, Sequence) and not isinstance(truths, str) else [truths])


def _checked(truths: Iterable[object]) -> tuple[Truth, ...]:
    checked = []
    for one in truths:
        if not isinstance(one, Truth):
            raise SpecError(f"Study: truths are such as truths.realistic(); not {shown(one)}.")
        checked.append(one)
    return tuple(checked)


_MOST: Final = 10_000_000
"""Trials of a cell; their results are kept in memory."""


def _check_numbers(study: Study) -> None:
    for name, least in (("n_replicates", 1), ("chunk", 1)):
        value = getattr(study, name)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _MOST:
            raise SpecError(
                f"Study: {name} is a whole number, {least} or more; not {shown(value)}. At most it is {_MOST:,}."
            )
    object.__setattr__(study, "seed", check_seed(study.seed))
    if not isinstance(study.paired, bool):
        raise SpecError(f"Study: paired is true or false, not {shown(study.paired)}.")


def _check_parts(study: Study) -> None:
    for what, parts in (("truth", study.truths), ("design", study.designs), ("analysis", study.analyses)):
        names = [part.name for part in parts]
        if not names:
            raise SpecError(f"Study: there is no {what}; give one at least.")
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise SpecError(f"Study: the {what} {shown(twice[0])} is there twice; give each a name of its own.")
    for analysis in study.analyses:
        if not _NAME.fullmatch(analysis.name):
            raise SpecError(
                "Study: an analysis has a name of letters, digits, spaces, '_', '-' and '.', 64 at most; not "
                f"{shown(analysis.name)}."
            )
        if not analysis.labels or len(set(analysis.labels)) < len(analysis.labels):
            raise SpecError(f"Study: analysis {shown(analysis.name)} needs questions, each of them once.")
