"""The weeks in which each arm was seen, and the answers that look beyond them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.roles import TimeUnit
from alsmodels.model.asking import Held
from alsmodels.model.notes import Note, NoteKind
from alsmodels.model.timescale import told_time

if TYPE_CHECKING:
    from alsmodels.model.registry import Registry
    from alsmodels.model.stack import AnyDesign

__all__ = [
    "Gap",
    "Look",
    "Spans",
    "Stray",
    "describe_gaps",
    "find_gaps",
    "is_beyond",
    "join_spans",
    "spans_of_rows",
    "spans_of_sets",
]

Weeks: TypeAlias = NDArray[np.float64]
Spans: TypeAlias = Mapping[str | None, tuple[float | Weeks, float | Weeks]]
"""First and last week in which an arm was seen, by arm, and by None of all; shape (R,) for many data sets."""

# What a question may look beyond without a word: a visit has a window, and the last of two arms are not on one day.
# Weeks, and for a stretch of weeks a share of it, whichever is more.
WINDOW, SHARE = 1.0, 0.1


@final
@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """Weeks of an arm's mean that a question rests on.

    Attributes
    ----------
    arm : str or None
        None for all.
    first, last : float or ndarray
        The same for a single week; shape (R,) for many data sets.
    at : Held
        Covariates at which everybody is held.
    """

    arm: str | None
    first: float | Weeks
    last: float | Weeks
    at: Held = ()


@final
@dataclass(frozen=True, slots=True, order=True)
class Gap:
    """An end of an arm's visits that a question looks beyond.

    Attributes
    ----------
    arm : str
        The name of the arm; empty for all.
    side : str
        ``"after"`` or ``"before"``.
    week : float
        The last week with a visit, or the first.
    unit : {"week", "day", "month"}, default "week"
        The unit of time in which the gap is told.
    """

    arm: str
    side: str
    week: float
    unit: TimeUnit = "week"

    def __str__(self) -> str:
        """As in ``control after week 24``."""
        return f"{self.arm} {self.side} {told_time(self.week, self.unit)}".strip()

    @property
    def sentence(self) -> str:
        """As in ``control was last seen in week 24``."""
        end = "last" if self.side == "after" else "first"
        if not self.arm:
            return f"the {end} visit is in {told_time(self.week, self.unit)}"
        return f"{self.arm} was {end} seen in {told_time(self.week, self.unit)}"


@final
@dataclass(frozen=True, slots=True, order=True)
class Stray:
    """A covariate that a question holds at a value beyond those that were seen.

    Attributes
    ----------
    name : str
        Of the covariate.
    value : float
        At which it is held.
    low, high : float
        The least and the largest that were seen.
    """

    name: str
    value: float
    low: float
    high: float

    def __str__(self) -> str:
        """As in ``age 90 above 84``."""
        side, end = ("above", self.high) if self.value > self.high else ("below", self.low)
        return f"{self.name} {self.value:g} {side} {end:.6g}"

    @property
    def sentence(self) -> str:
        """As in ``age was seen from 32 to 84, and is held at 90``."""
        return f"{self.name} was seen from {self.low:.6g} to {self.high:.6g}, and is held at {self.value:g}"


def spans_of_rows(rows: pd.DataFrame) -> Spans:
    """The spans of one data set; empty without time."""
    if "week" not in rows.columns or not pd.api.types.is_numeric_dtype(rows["week"]) or rows.empty:
        return {}
    week = rows["week"].to_numpy(dtype=float)
    spans: dict[str | None, tuple[float | Weeks, float | Weeks]] = {None: (float(week.min()), float(week.max()))}
    if "arm" in rows.columns:
        ends = rows["week"].astype(float).groupby(rows["arm"].astype(str).to_numpy(), sort=False).agg(["min", "max"])
        spans |= {str(arm): (float(low), float(high)) for arm, low, high in ends.itertuples()}
    return spans


def spans_of_sets(rows: pd.DataFrame, row_offsets: NDArray[np.int64]) -> Spans:
    """The spans of data sets that lie one after another; NaN where an arm has no rows."""
    if "week" not in rows.columns:
        return {}
    week = rows["week"].to_numpy(dtype=float)
    spans: dict[str | None, tuple[float | Weeks, float | Weeks]] = {None: _ends(week, row_offsets)}
    if "arm" in rows.columns:
        codes, arms = pd.factorize(rows["arm"])
        for code, arm in enumerate(arms):
            own = np.flatnonzero(codes == code)
            spans[str(arm)] = _ends(week[own], np.searchsorted(own, row_offsets))
    return spans


def join_spans(parts: Iterable[Spans]) -> Spans:
    """The spans of all parts of a data set together."""
    joined: dict[str | None, tuple[float | Weeks, float | Weeks]] = {}
    for spans in parts:
        for arm, (low, high) in spans.items():
            before = joined.get(arm, (low, high))
            joined[arm] = (np.minimum(low, before[0]), np.maximum(high, before[1]))
    return joined


def find_gaps(design: "AnyDesign", looks: Iterable[Look]) -> tuple[Gap | Stray, ...]:
    """The ends of visits, and of covariates, of one data set that lie short of where a question looks, each once."""
    found: list[Gap | Stray] = []
    for look in looks:
        found += _strays(design, look.at)
        if look.arm not in design.spans:
            continue
        first, last = design.spans[look.arm]
        before, after = _outside(look, first, last)
        name, unit = look.arm or "", design.spec.timescale.unit
        found += [Gap(name, "before", float(first), unit)] if before else []
        found += [Gap(name, "after", float(last), unit)] if after else []
    return tuple(dict.fromkeys(found))


def is_beyond(design: "AnyDesign", looks: Iterable[Look]) -> NDArray[np.bool_]:
    """Whether a question looks beyond an arm's visits, in each data set of a stack."""
    beyond = np.zeros(len(design.offsets) - 1, dtype=bool)
    for look in looks:
        if look.arm in design.spans:
            before, after = _outside(look, *design.spans[look.arm])
            beyond |= before | after
    return beyond


def describe_gaps(asked: Mapping[str, tuple[Gap | Stray, ...]]) -> list[Note]:
    """A sentence for each end of an arm's visits, or of a covariate, that questions, by label, look beyond."""
    ends = dict.fromkeys(gap for gaps in asked.values() for gap in gaps)
    texts = [_sentence(gap, [label for label, gaps in asked.items() if gap in gaps]) for gap in ends]
    return [Note(NoteKind.EXTRAPOLATED, text) for text in texts]


def _sentence(gap: Gap | Stray, labels: list[str]) -> str:
    what = f"'{labels[0]}' is" if len(labels) == 1 else f"{len(labels)} answers, marked in 'extrapolated', are"
    return f"{what} extrapolated: {gap.sentence}."


def _strays(design: "AnyDesign", at: Held) -> list[Stray]:
    """Of numbers that are held, those beyond what was seen."""
    found = []
    for name, value in at:
        if name in design.encoding.covariates and name not in design.encoding.categories:
            in_parts = hasattr(design, "people")  # whose rows are not kept
            rows = cast("Registry", design).people if in_parts else design.rows
            column = rows[name]
            low, high = float(column.min()), float(column.max())
            found += [] if low <= float(value) <= high else [Stray(name, float(value), low, high)]
    return found


def _outside(look: Look, first: float | Weeks, last: float | Weeks) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    slack = np.fmax(WINDOW, SHARE * (np.asarray(look.last) - np.asarray(look.first)))
    return np.asarray(look.first < first - slack), np.asarray(look.last > last + slack)


def _ends(week: Weeks, offsets: NDArray[np.int64]) -> tuple[Weeks, Weeks]:
    """First and last week of each stretch; NaN of one without rows."""
    filled = np.diff(offsets) > 0
    first, last = (np.full(len(filled), np.nan) for _ in range(2))
    if filled.any():
        first[filled] = np.minimum.reduceat(week, offsets[:-1][filled])
        last[filled] = np.maximum.reduceat(week, offsets[:-1][filled])
    return first, last
