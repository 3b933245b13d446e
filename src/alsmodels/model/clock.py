"""Covariates that go with time: columns of one's own such as ``max(week - 24, 0)``, visit numbers, age at visits.

A mean in a week is of people in that week, so what they have of such a column is what it is in that week, and not its
mean over the visits. What it is has to be told from the data:

- a constant of the subject plus a rate times the week, such as age at a visit (`Ageing`);
- the same function of the week for all: a polynomial, a root or logarithm, or lines joined at kinks, which goes through
  every value that there is with points to spare (`Curve`); or no such, known in the weeks with visits alone (`Known`);
- a function of time that none of these is, so that no question about means is answered (`Untold`);
- no function of time: a covariate that varies, such as vital capacity, which is held at its mean (`Varying`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Protocol, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.errors import EstimandError
from alsmodels.model.curves import find_curve

__all__ = ["Ageing", "Curve", "Known", "Pace", "Untold", "Varying", "find_pace", "find_paces"]

Vector = NDArray[np.float64]
Places = NDArray[np.int64]

# Of a column's range: what rounding in the computer leaves; what rounding in the data may hide of a straight line.
EXACT, ROUNDED = 1e-9, 0.01
# What the week explains of a column within subjects, and the share of subjects in which it only rises or only falls,
# for it to be a function of time.
EXPLAINED, STEPPING = 0.9, 0.8
# Weeks with several visits that agree, for a column to be one function of the week.
SHARED = 10


class Pace(Protocol):
    """How a covariate goes with time."""

    @property
    def needs_people(self) -> bool:
        """Whether it is another in each subject."""
        ...

    def base(self, column: "pd.Series[Any]", week: Vector, subject: Places) -> Vector:
        """What a subject has of it but for the week, shape (subjects,)."""
        ...

    def at(self, week: Vector, base: Vector) -> Any:
        """Its values in these weeks, of the shape of both."""
        ...


@final
@dataclass(frozen=True, slots=True)
class Ageing:
    """A constant of the subject, and a rate a week."""

    name: str
    rate: float
    needs_people: bool = True

    def base(self, column: "pd.Series[Any]", week: Vector, subject: Places) -> Vector:
        """The value in week 0, the mean over the visits of what each says."""
        values = column.to_numpy(dtype=float) - self.rate * week
        return np.bincount(subject, values) / np.bincount(subject)

    def at(self, week: Vector, base: Vector) -> Vector:
        """The value in week 0, and what has come since."""
        return np.asarray(base + self.rate * week)

    def __str__(self) -> str:
        """In words."""
        return f"'{self.name}' moves with time by {self.rate:.6g} a week in every subject"


@final
@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """The same function of the week for all."""

    name: str
    what: str
    value: Callable[[Vector], Vector]
    needs_people: bool = False

    def base(self, column: "pd.Series[Any]", week: Vector, subject: Places) -> Vector:
        """Nothing of the subject's own."""
        del column, week
        return np.zeros(int(subject[-1]) + 1)

    def at(self, week: Vector, base: Vector) -> Vector:
        """The function."""
        del base
        return self.value(week)

    def __str__(self) -> str:
        """In words."""
        return f"'{self.name}' is {self.what} of the week"


@final
@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """The same for all in each week with visits, but no function that is told between them."""

    name: str
    weeks: Vector
    values: "pd.Series[Any]"
    needs_people: bool = False

    def base(self, column: "pd.Series[Any]", week: Vector, subject: Places) -> Vector:
        """Nothing of the subject's own."""
        del column, week
        return np.zeros(int(subject[-1]) + 1)

    def at(self, week: Vector, base: Vector) -> Any:
        """The values in weeks with visits.

        Raises
        ------
        EstimandError
            If there are other weeks among these.
        """
        del base
        places = np.searchsorted(self.weeks, week).clip(0, len(self.weeks) - 1)
        apart = ~np.isclose(self.weeks[places], week, rtol=0, atol=1e-6)
        if apart.any():
            shown = ", ".join(f"{one:g}" for one in self.weeks[:12]) + (", ..." if len(self.weeks) > 12 else "")
            msg = (
                f"'{self.name}' goes with time, and what it is in week {week[apart][0]:g} is not told by the data: it "
                f"is known in the weeks {shown}. Ask in one of these, or write the function of the week into the "
                "formula, as phase(week, 24) or I(week^2)."
            )
            raise EstimandError(msg)
        return self.values.iloc[places].reset_index(drop=True)

    def __str__(self) -> str:
        """In words."""
        return f"'{self.name}' is known in each of {len(self.weeks)} weeks"


@final
@dataclass(frozen=True, slots=True)
class Untold:
    """A function of time that the data do not tell."""

    name: str
    why: str
    needs_people: bool = True

    def base(self, column: "pd.Series[Any]", week: Vector, subject: Places) -> Vector:
        """Refuse."""
        del column, week, subject
        self.refuse()

    def refuse(self) -> NoReturn:
        """Say why no question about means is answered."""
        msg = (
            f"'{self.name}' goes with time ({self.why}), and what it would be in another week is not told by the data, "
            "so means and slopes cannot be either. Write the function of the week into the formula, as "
            f"phase(week, 24), I(week^2) or I((week - 24) * (week > 24)), or give '{self.name}' as it was at baseline."
        )
        raise EstimandError(msg)

    def at(self, week: Vector, base: Vector) -> Vector:
        """Refuse."""
        raise NotImplementedError

    def __str__(self) -> str:
        """In words."""
        return f"'{self.name}' goes with time ({self.why}) in a way that the data do not tell"


@final
@dataclass(frozen=True, slots=True)
class Varying:
    """No function of time."""

    name: str
    mean: float
    needs_people: bool = True

    def base(self, column: "pd.Series[Any]", week: Vector, subject: Places) -> Vector:
        """Its mean over all rows."""
        del week
        return np.full(int(subject[-1]) + 1, column.to_numpy(dtype=float).mean())

    def at(self, week: Vector, base: Vector) -> Vector:
        """Its mean."""
        del week
        return base

    def __str__(self) -> str:
        """In words."""
        return f"'{self.name}' changes from visit to visit and is no function of time"


def find_paces(rows: pd.DataFrame, starts: Places, names: tuple[str, ...]) -> Mapping[str, Pace]:
    """How the covariates go with time, of those that change within subjects.

    Parameters
    ----------
    rows : pandas.DataFrame
        Shape (n, ...), those of a subject adjacent.
    starts : ndarray of int of shape (m + 1,)
        The first row of each subject, then n.
    names : tuple of str
        The covariates.
    """
    if not names or "week" not in rows.columns or not pd.api.types.is_numeric_dtype(rows["week"]):
        return {}
    week = rows["week"].to_numpy(dtype=float)
    subject = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
    arm = pd.factorize(rows["arm"])[0] if "arm" in rows.columns else np.zeros(len(rows), dtype=np.int64)
    found = {name: find_pace(name, rows[name], week, subject, arm) for name in names}
    return {name: pace for name, pace in found.items() if pace is not None}


def find_pace(name: str, column: "pd.Series[Any]", week: Vector, subject: Places, arm: Places) -> Pace | None:
    """How a covariate goes with time; None if it does not change within subjects.

    Parameters
    ----------
    name : str
        The name of the covariate.
    column, week, subject, arm : pandas.Series, ndarray, ndarray of int
        Shape (n,), rows of a subject adjacent; the last two numbered from 0.
    """
    same, is_number = subject[1:] == subject[:-1], pd.api.types.is_numeric_dtype(column)
    values = column.to_numpy(dtype=float) if is_number else pd.factorize(column)[0].astype(float)
    if not (same & (values[1:] != values[:-1])).any():
        return None
    if not is_number:
        return _known_words(name, column, values, week)
    tolerance, rounding = EXACT * float(np.ptp(values)), _rounding(values)
    within_week, within = _centred(week, subject), _centred(values, subject)
    rate = float(within_week @ within) / max(float(within_week @ within_week), 1e-300)
    slack = max(tolerance, 2 * rounding if rounding <= ROUNDED * np.ptp(within) else 0.0)
    if np.abs(within - rate * within_week).max() <= slack:
        return Ageing(name, rate)
    shared = _same_for_all(name, column, week, values, slack) if _spread(week, values) <= slack else None
    if shared is not None:
        return shared
    why = _time_like(week, values, subject, arm, tolerance)
    return Varying(name, float(values.mean())) if why is None else Untold(name, why)


def _same_for_all(name: str, column: "pd.Series[Any]", week: Vector, values: Vector, slack: float) -> Pace | None:
    """The one function of the week on which all values lie; None where too few weeks are shared to tell.

    Where every visit has a week of its own, any covariate has one value in each week.
    """
    weeks, first, count = np.unique(week, return_index=True, return_counts=True)
    curve = find_curve(weeks, values[first], slack)
    if curve is not None:
        return Curve(name, *curve)
    if (count > 1).mean() >= 0.5:
        return Known(name, weeks, column.iloc[first])
    if (count > 1).sum() < SHARED:
        return None
    return Untold(name, "it is one function of the week, but no line, polynomial or broken line")


def _known_words(name: str, column: "pd.Series[Any]", values: Vector, week: Vector) -> Pace | None:
    """Words that are the same for all in each week; None of others, which are refused where they are wanted."""
    weeks, first, count = np.unique(week, return_index=True, return_counts=True)
    if _spread(week, values) > 0 or (count > 1).mean() < 0.5:
        return None
    return Known(name, weeks, column.iloc[first])


def _time_like(week: Vector, values: Vector, subject: Places, arm: Places, tolerance: float) -> str | None:
    """Why a covariate is taken for a function of time; None if it is not."""
    n_arms = int(arm.max()) + 1
    repeats = len(np.unique(week)) <= 0.5 * len(week)
    if repeats and n_arms > 1 and all(_spread(week[arm == a], values[arm == a]) <= tolerance for a in range(n_arms)):
        return "it is a function of the week that differs between arms"
    lines = _own_lines(week, values, subject)
    if lines is not None and lines <= max(tolerance, EXACT):
        return "it lies on a line of the week of its own in each subject"
    within_week, within = _centred(week, subject), _centred(values, subject)
    share = float(np.corrcoef(within_week, within)[0, 1] ** 2) if within_week.any() and within.any() else 0.0
    if share >= EXPLAINED:
        return f"the week explains {100 * share:.0f}% of how it varies within subjects"
    if _stepping(values, subject) >= STEPPING:
        return "it goes one way from visit to visit"
    return None


def _own_lines(week: Vector, values: Vector, subject: Places) -> float | None:
    """How far values lie from the line through the first and last visit of their subject; None of few visits."""
    ends = np.append(np.flatnonzero(subject[1:] != subject[:-1]), len(subject) - 1)
    begins = np.append(0, ends[:-1] + 1)
    enough = ends - begins >= 2
    if enough.sum() < 3:
        return None
    span = np.where(week[ends] > week[begins], week[ends] - week[begins], 1.0)
    slope = (values[ends] - values[begins]) / span
    apart = np.abs(values - values[begins][subject] - slope[subject] * (week - week[begins][subject]))
    return float(apart[enough[subject]].max())


def _stepping(values: Vector, subject: Places) -> float:
    """The share of subjects with several visits whose values change, if all of them change in one direction; else 0."""
    same = subject[1:] == subject[:-1]
    steps, owner = np.diff(values)[same], subject[1:][same]
    if (steps > 0).any() and (steps < 0).any():
        return 0.0
    return len(np.unique(owner[steps != 0])) / max(len(np.unique(owner)), 1)


def _centred(values: Vector, subject: Places) -> Vector:
    """Values less their subject's mean."""
    counts: Vector = np.asarray(np.bincount(subject), dtype=float)
    means = np.bincount(subject, values) / counts
    return np.asarray(values - means[subject])


def _spread(week: Vector, values: Vector) -> float:
    """The widest range of values in one week."""
    order = np.lexsort((values, week))
    first = np.flatnonzero(np.append(True, np.diff(week[order]) != 0))
    last = np.append(first[1:], len(order)) - 1
    return float((values[order][last] - values[order][first]).max())


DECIMALS: Final = 6


def _rounding(values: Vector) -> float:
    """Half a unit of the last decimal that values are given with; zero if they have more than six."""
    for decimals in range(DECIMALS + 1):
        if np.abs(values - np.round(values, decimals)).max() <= EXACT * max(1.0, np.abs(values).max()):
            return float(0.5 * 10.0**-decimals)
    return 0.0
