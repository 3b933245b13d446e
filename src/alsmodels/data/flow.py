"""The CONSORT count: how many rows and subjects were read, left out by which rule, and kept."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, final

import pandas as pd

from alsmodels.errors import DataError

__all__ = ["Flow", "Step", "continue_flow"]


@final
@dataclass(frozen=True, slots=True)
class Step:
    """Rows that one rule took away, and the subjects who lost their last row by it."""

    name: str
    rows: int
    subjects: int


@final
@dataclass(frozen=True, slots=True)
class Flow:
    """What was read, what each rule left out, and so what is kept.

    Parameters
    ----------
    rows, subjects : int
        What was read.
    steps : tuple of Step
        What each rule took away, in order; a subject counts where the last row went.

    Examples
    --------
    >>> flow = Flow(10, 4).without("left out: time-missing", rows=3, subjects=1)
    >>> print(flow.table().to_string(index=False))
                      step  rows  subjects
                      read    10         4
    left out: time-missing     3         1
                      kept     7         3
    """

    rows: int
    subjects: int
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        kept = self.kept
        if kept.rows < 0 or kept.subjects < 0:
            raise DataError("Flow: more is left out than was read.")

    @property
    def kept(self) -> Step:
        """What remains."""
        rows = self.rows - sum(step.rows for step in self.steps)
        return Step("kept", rows, self.subjects - sum(step.subjects for step in self.steps))

    def without(self, name: str, *, rows: int, subjects: int) -> "Flow":
        """Return the flow with one more step."""
        return replace(self, steps=(*self.steps, Step(name, rows, subjects)))

    def table(self) -> pd.DataFrame:
        """Return the count as a table with columns step, rows, subjects."""
        steps = [Step("read", self.rows, self.subjects), *self.steps, self.kept]
        return pd.DataFrame([asdict(step) for step in steps]).rename(columns={"name": "step"})

    def to_dict(self) -> dict[str, Any]:
        """Return the flow as a dictionary that JSON can hold."""
        return asdict(self) | {"steps": [asdict(step) for step in self.steps]}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> "Flow":
        """Build a flow from what `to_dict` gave."""
        try:
            steps = tuple(_step(step) for step in record["steps"])
            return Flow(_count(record["rows"]), _count(record["subjects"]), steps)
        except (KeyError, TypeError) as reason:
            raise DataError("Flow: the record does not hold rows, subjects and steps.") from reason


def continue_flow(earlier: Flow, later: Flow) -> Flow:
    """Join two counts, the second of which begins where the first ends."""
    return replace(earlier, steps=(*earlier.steps, *later.steps))


def _step(record: Sequence[Any] | Mapping[str, Any]) -> Step:
    if not isinstance(record, Mapping) or not isinstance(record["name"], str):
        raise TypeError
    return Step(record["name"], _count(record["rows"]), _count(record["subjects"]))


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError
    return value
