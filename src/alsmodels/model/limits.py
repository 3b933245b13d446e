"""What is known of each value of the response: the value itself, or only that it lies beyond a limit."""

from dataclasses import dataclass
from typing import final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.columns import with_columns
from alsmodels.data.lookup import Table, frame_of
from alsmodels.data.outcomes import Outcome
from alsmodels.errors import DesignError, shown
from alsmodels.model.soundness import read_response
from alsmodels.model.spec import ModelSpec

__all__ = ["Limits", "companions", "find_limits"]

Vector = NDArray[np.float64]

_MARKS = ("none", "left", "right", "interval")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Limits:
    """The interval that each value of the response is known to lie in, on the scale of the formula.

    Attributes
    ----------
    lower, upper : ndarray of shape (n,)
        Equal where the value was measured, infinite on the open side of a censored one.
    """

    lower: Vector
    upper: Vector

    @property
    def is_censored(self) -> NDArray[np.bool_]:
        """Which values are known by a limit only, shape (n,)."""
        return np.asarray(self.lower < self.upper)

    def describe(self) -> str:
        """In words, such as ``274 of 656 values are censored on the left``."""
        left, right = np.isinf(self.lower), np.isinf(self.upper)
        counts = {
            "on the left": int(left.sum()),
            "on the right": int(right.sum()),
            "in an interval": int((self.is_censored & ~left & ~right).sum()),
        }
        said = [f"{count} {where}" for where, count in counts.items() if count]
        return f"of {len(self.lower)} values, censored: {', '.join(said) or 'none'}"


def companions(name: str, table: pd.DataFrame) -> list[str]:
    """The columns of a table that say how values of another are censored."""
    return [column for column in (f"{name}_censored", f"{name}_upper") if column in table.columns]


def find_limits(spec: ModelSpec, rows: Table, y: Vector, outcome: Outcome | None) -> Limits:
    """Limits from the marks beside the response's column, and from the bounds of its scale.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    rows : Table
        Shape (n, ...), with a column ``<name>_censored`` of "none", "left", "right" or "interval" if any value is
        censored, and ``<name>_upper`` for the upper end of intervals.
    y : ndarray of shape (n,)
        The response on the scale of the formula.
    outcome : Outcome or None
        What is known of the column; a value at its bound, such as 48 on the ALSFRS-R, is censored there.
    """
    name = spec.columns[0]
    left, right, inside = (_marked(name, rows, kind) for kind in _MARKS[1:])
    if outcome is not None:
        raw = rows[name].to_numpy(dtype=float)
        measured = ~(left | right | inside)
        left, right = left | (measured & (raw == outcome.lower)), right | (measured & (raw == outcome.upper))
    if not (left.any() or right.any() or inside.any()):
        return Limits(y, y)
    lower, upper = np.where(left, -np.inf, y), np.where(right, np.inf, y)
    if inside.any():
        upper[inside] = _upper_ends(spec, frame_of(rows))[inside]
        _check_intervals(name, frame_of(rows), lower, upper, inside)
    return Limits(lower, upper)


def _marked(name: str, rows: Table, kind: str) -> NDArray[np.bool_]:
    """Which values bear a mark, shape (n,)."""
    column = f"{name}_censored"
    if column not in rows:
        return np.zeros(len(rows), dtype=bool)
    rows = frame_of(rows)
    marks = rows[column]
    strange = (marks.notna() & ~marks.isin(_MARKS)).to_numpy()
    if strange.any():
        first = int(np.argmax(strange))
        msg = (
            f"Column '{column}' is one of {', '.join(map(repr, _MARKS))}; subject {rows['subject'].iloc[first]} "
            f"has {shown(marks.iloc[first])}."
        )
        raise DesignError(msg)
    return np.asarray(marks.eq(kind).fillna(False).to_numpy(dtype=bool))


def _upper_ends(spec: ModelSpec, rows: pd.DataFrame) -> Vector:
    name = spec.columns[0]
    if f"{name}_upper" not in rows.columns:
        msg = f"'{name}' has interval-censored values, so the data need a column '{name}_upper' with their upper ends."
        raise DesignError(msg)
    return read_response(spec, with_columns(rows, {name: rows[f"{name}_upper"].astype(float)}))


def _check_intervals(name: str, rows: pd.DataFrame, lower: Vector, upper: Vector, inside: NDArray[np.bool_]) -> None:
    bad = inside & ~(lower < upper)
    if bad.any():
        first = rows.iloc[int(np.argmax(bad))]
        msg = f"An interval of '{name}' has its upper end below or at its lower one: subject {first['subject']}."
        raise DesignError(msg)
