"""Mean trajectories of the arms, as rows of weights on the fixed effects.

The mean response of an arm in a week is the average of its row of X over the subjects' own covariates (marginal
standardisation); a slope is a difference of two such means over the months between them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.columns import with_columns
from alsmodels.data.spelling import suggest
from alsmodels.errors import EstimandError, shown
from alsmodels.model.asking import Held
from alsmodels.model.clock import Curve, Known, Pace, Untold, Varying
from alsmodels.model.design import Design
from alsmodels.model.registry import Registry
from alsmodels.model.stack import AnyDesign, Stack
from alsmodels.model.timescale import WEEKS_PER_MONTH, at_weeks

__all__ = ["Point", "combine_means", "mean_rows", "phase_ends", "settle_rows", "slope_row"]

Matrix = NDArray[np.float64]

# Rows that are encoded at a time, of people of a registry.
ROWS = 100_000


@final
@dataclass(frozen=True, slots=True)
class Point:
    """A mean in a sum of means.

    Attributes
    ----------
    weight : float
        In the sum.
    arm : str or None
        The arm whose mean it is; None of a model without arms.
    week : float
        In which.
    at : Held
        Covariates at which everybody is held.
    """

    weight: float
    arm: str | None
    week: float
    at: Held = ()


def combine_means(design: AnyDesign, points: Sequence[Point]) -> Matrix:
    """Weights on the fixed effects of a sum of means; shape (p,), or (R, p) for a stack."""
    rows = [one.weight * mean_rows(design, one.arm, np.array([one.week]), at=one.at)[0] for one in points]
    return np.asarray(np.sum(rows, axis=0))


def mean_rows(design: AnyDesign, arm: str | None, weeks: Matrix, *, at: Held = ()) -> Matrix:
    """Rows of X of an arm's mean response in each week.

    Parameters
    ----------
    design : Design, Registry or Stack
        One data set, or a stack of R.
    arm : str or None
        To which all subjects are put.
    weeks : ndarray of shape (w,)
        Or (w, R), if the weeks are not those of every data set.
    at : Held, default ()
        Covariates at which everybody is held.

    Returns
    -------
    Shape (w, p) for one data set, (w, R, p) for a stack; with the columns of X that are left out in their places, so
    that `settle_rows` can tell what is known.
    """
    _check_time(design)
    weeks = weeks if weeks.ndim == 2 else np.repeat(weeks[:, None], len(design.offsets) - 1, axis=1)
    people, owner = _people(design, arm, at)
    if isinstance(design, Registry):
        return _mean_of_many(people, weeks[:, 0], design)
    table = people.loc[people.index.repeat(len(weeks))].reset_index(drop=True)
    table = at_weeks(table, weeks[:, owner].ravel(order="F"), units=design.encoding.fixed_columns)
    table = _take_along(table, {name: pace for name, pace in design.paces.items() if name not in dict(at)})
    X = design.encoding.wide_matrix(table).reshape(len(people), len(weeks), -1)
    means = _average(X, owner, weeks.shape[1]).transpose(1, 0, 2)
    return means[:, 0] if isinstance(design, Design) else means


def _mean_of_many(people: pd.DataFrame, weeks: Matrix, registry: Registry) -> Matrix:
    """Means of X in each week, shape (w, p), over so many people that they are taken some at a time."""
    totals, size = [], max(1, ROWS // len(weeks))
    for first in range(0, len(people), size):
        some = people.iloc[first : first + size]
        table = some.loc[some.index.repeat(len(weeks))].reset_index(drop=True)
        table = at_weeks(table, np.tile(weeks, len(some)), units=registry.encoding.fixed_columns)
        totals.append(registry.encoding.wide_matrix(table).reshape(len(some), len(weeks), -1).sum(axis=0))
    return np.asarray(np.sum(totals, axis=0) / len(people))


def slope_row(design: AnyDesign, arm: str | None, phase: int, *, at: Held = ()) -> Matrix:
    """Weights on the fixed effects of an arm's mean slope in a phase, per month; shape (p,), or (R, p) for a stack."""
    first, last = phase_ends(design, phase)
    before, after = mean_rows(design, arm, np.array([first, last]), at=at)
    with np.errstate(invalid="ignore", divide="ignore"):  # of a data set whose follow-up ends where the phase begins
        return np.asarray((after - before) / ((last - first) / WEEKS_PER_MONTH)[..., None])


def phase_ends(design: AnyDesign, phase: int) -> tuple[Matrix, Matrix]:
    """First and last week of a phase; arrays without an axis, or of shape (R,) for a stack."""
    timescale = design.spec.timescale
    if phase not in range(1, timescale.n_phases + 1):
        known = "one phase" if timescale.n_phases == 1 else f"phases 1 to {timescale.n_phases}"
        hint = " Fit phase(week, 24) to ask for the slope of a phase." if timescale.n_phases == 1 else ""
        msg = f"The model has {known}, not a phase {phase}.{hint}"
        raise EstimandError(msg)
    first, last = np.broadcast_arrays(*timescale.interval(phase, design.last_week))
    return first, last


def _average(X: Matrix, owner: NDArray[np.int64], n_sets: int) -> Matrix:
    """Means of X, shape (people, w, p), over the people of each data set; NaN of one without people."""
    means = np.full((n_sets, *X.shape[1:]), np.nan)
    counts = np.bincount(owner, minlength=n_sets)
    filled = counts > 0
    firsts = np.concatenate([[0], np.cumsum(counts)[:-1]])[filled]
    means[filled] = np.add.reduceat(X, firsts, axis=0) / counts[filled, None, None]
    return means


def _people(design: AnyDesign, arm: str | None, at: Held) -> tuple[pd.DataFrame, NDArray[np.int64]]:
    """The covariates of the people to average over, all put in one arm, and whose data set each belongs to.

    They are the subjects; without covariates one for each data set, for all would be the same.
    """
    held, paces = dict(at), design.paces
    _check_held(design, held)
    fixed = [name for name in design.encoding.covariates if name not in held]
    names = [name for name in fixed if name not in paces or paces[name].needs_people]
    sets = np.arange(len(design.offsets) - 1)
    owner = np.repeat(sets, np.diff(design.offsets)) if names else sets
    people = pd.DataFrame({name: _by_subject(design, name) for name in names}, index=range(len(owner)))
    for name, value in held.items():
        people[name] = value
    if "arm" in design.encoding.fixed_columns:
        people["arm"] = _known_arm(design, arm)
    elif arm is not None and arm not in design.arms:
        _known_arm(design, arm)
    return people, owner


def _by_subject(design: AnyDesign, name: str) -> "pd.Series[float]":
    """A subject's value of a covariate; one that changes from visit to visit is held at its mean in the data set."""
    pace = design.paces.get(name)
    if isinstance(design, Registry):
        if isinstance(pace, Untold):
            pace.refuse()
        return design.covariate(name)
    if pace is not None and not isinstance(pace, Varying):
        return pd.Series(pace.base(design.rows[name], design.rows["week"].to_numpy(dtype=float), _owners(design)))
    column, starts, offsets = design.rows[name], design.starts, design.offsets
    first = column.iloc[starts[:-1]].reset_index(drop=True)
    is_number = pd.api.types.is_numeric_dtype(column)
    values = column.to_numpy(dtype=float) if is_number else pd.factorize(column)[0].astype(float)
    subject = np.repeat(np.arange(len(first)), np.diff(starts))
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    changing = np.bincount(owner[subject[1:]], (subject[1:] == subject[:-1]) & (values[1:] != values[:-1])) > 0
    if not changing.any():
        return first
    if not is_number:
        msg = (
            f"'{name}' changes within subjects and is not a number, so there is no one value to hold it at; name "
            f"one in the question, as in at={{'{name}': {shown(column.iloc[0])}}}."
        )
        raise EstimandError(msg)
    rows = np.maximum(np.diff(starts[offsets]), 1)[: len(changing)]
    means = np.bincount(owner[subject], values, minlength=len(changing)) / rows
    return pd.Series(np.where(changing[owner], means[owner], first.to_numpy(dtype=float)))


def _owners(design: Design | Stack) -> NDArray[np.int64]:
    """The number of each row's subject, shape (n,)."""
    return np.repeat(np.arange(len(design.starts) - 1), np.diff(design.starts))


def _take_along(table: pd.DataFrame, paces: Mapping[str, Pace]) -> pd.DataFrame:
    """People in their weeks, with the covariates that go with time as they are then."""
    week = table["week"].to_numpy(dtype=float)
    moving = {name: pace for name, pace in paces.items() if not isinstance(pace, Varying)}
    none = np.zeros(len(table))
    moved = {
        name: pace.at(week, table[name].to_numpy(dtype=float) if pace.needs_people else none)
        for name, pace in moving.items()
    }
    return with_columns(table, moved)


def settle_rows(design: AnyDesign, rows: Matrix) -> tuple[Matrix, NDArray[np.bool_]]:
    """Weights on the columns of the fit, shape (..., p), and which rows the data tell, shape (...,).

    Parameters
    ----------
    design : Design, Registry or Stack
        The design of the model.
    rows : ndarray
        Weights on all columns, shape (..., p + d), or on those of the fit alone, shape (..., p).
    """
    omission = design.encoding.omission
    if omission is None or rows.shape[-1] == len(omission.kept):
        return rows, np.ones(rows.shape[:-1], dtype=bool)
    return np.asarray(rows[..., omission.kept]), omission.is_told(rows)


def _known_arm(design: AnyDesign, arm: str | None) -> str:
    known = ", ".join(design.arms)
    if arm is None:
        msg = f"The model has arms; name one of {known}."
        raise EstimandError(msg)
    if arm not in design.arms:
        msg = f"There is no arm '{arm}' in the data; {suggest(arm, design.arms)}"
        raise EstimandError(msg)
    return arm


def _check_held(design: AnyDesign, held: Mapping[str, str | float]) -> None:
    """Refuse what the model does not know: a covariate, or a level of one."""
    encoding = design.encoding
    covariates = list(encoding.covariates)
    for name, value in held.items():
        if name not in covariates:
            hint = suggest(name, covariates) if covariates else "it has no covariates."
            msg = f"The model has no covariate '{name}' to hold; {hint}"
            raise EstimandError(msg)
        if isinstance(design.paces.get(name), (Curve, Known)):
            msg = (
                f"at holds covariates, and '{name}' is a function of the week in these data: means and slopes take it "
                "along. Leave it out of at, and ask for the week."
            )
            raise EstimandError(msg)
        if name in encoding.categories:
            if value not in encoding.levels[name]:
                msg = f"'{name}' has no level {shown(value)}; {suggest(str(value), encoding.levels[name])}"
                raise EstimandError(msg)
        elif isinstance(value, str):
            msg = f"'{name}' is a number, and cannot be held at {shown(value)}."
            raise EstimandError(msg)


def _check_time(design: AnyDesign) -> None:
    if not design.spec.has_time and all(isinstance(pace, Varying) for pace in design.paces.values()):
        msg = (
            f"'{design.spec.shown}' has no time in it and so no trajectories; questions are asked of models with week."
        )
        raise EstimandError(msg)
