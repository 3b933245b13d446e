"""The columns of a design as functions of the knot, for models in which the week of the knot is unknown.

A column of X or Z is a product of factors. At most one of them is a phase, ``min(week, knot)`` or
``week - min(week, knot)``; the product of the others does not depend on the knot.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alsmodels.errors import SpecError
from alsmodels.kernels.scaling import dependent_columns
from alsmodels.model.design import Design
from alsmodels.model.distributions import Normal
from alsmodels.model.terms import Term
from alsmodels.model.timescale import Phases, TwoPhase

__all__ = [
    "AFTER",
    "BEFORE",
    "FIXED",
    "PhaseColumns",
    "check_mean",
    "columns_at",
    "divide_phases",
    "knot_of",
    "phase_kinds",
    "split_phases",
]

FIXED, BEFORE, AFTER = 0, 1, 2

Matrix = NDArray[np.float64]
Kinds = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class PhaseColumns:
    """The columns of X and Z less their phases.

    Attributes
    ----------
    x_other : ndarray of shape (n, p)
        The product of the factors that are no phase.
    x_kind : ndarray of int of shape (p,)
        ``FIXED``, ``BEFORE`` or ``AFTER``: which phase the column is of.
    z_other, z_kind : ndarray, ndarray of int of shape (n, q) and (q,)
        The same of Z.
    week : ndarray of shape (n,)
    """

    x_other: Matrix
    x_kind: Kinds
    z_other: Matrix
    z_kind: Kinds
    week: Matrix


def split_phases(design: Design) -> PhaseColumns:
    """Take the phases out of the columns of a design.

    Raises
    ------
    SpecError
        If the formula has no phase, or a product of a phase with another function of the week.
    """
    knot, week = knot_of(design), design.rows["week"].to_numpy(dtype=float)
    apart = design.at(design.rows.assign(week=2 * knot))  # where both phases are as long as the knot
    x_kind, z_kind = phase_kinds(design.fixed_terms), phase_kinds(design.random_terms)
    split = PhaseColumns(
        x_other=divide_phases(design.X, apart.X, x_kind, knot),
        x_kind=x_kind,
        z_other=divide_phases(design.Z, apart.Z, z_kind, knot),
        z_kind=z_kind,
        week=week,
    )
    _check_columns(design.X, columns_at(knot, split.x_other, x_kind, week), design.fixed_names)
    _check_columns(design.Z, columns_at(knot, split.z_other, z_kind, week), design.random_names)
    return split


def knot_of(design: Design) -> float:
    """The week of the knot in the formula."""
    timescale = design.spec.timescale
    if isinstance(timescale, Phases) or timescale.unit != "week":
        msg = (
            f"An unknown knot is the one knot of two phases in weeks, phase(week, 24); {design.spec.formula} has "
            f"{timescale.expression}."
        )
        raise SpecError(msg)
    if design.encoding.omission is not None:
        msg = f"The knot cannot be unknown where columns are left out of the model: {design.encoding.omission.names}."
        raise SpecError(msg)
    if not isinstance(timescale, TwoPhase):
        msg = f"{design.spec.formula} has no knot; write phase(week, 24) in it, or leave the prior of the knot out."
        raise SpecError(msg)
    return float(timescale.knot)


def check_mean(design: Design, parts: PhaseColumns, prior: Normal) -> tuple[Matrix, Matrix]:
    """X and Z at the mean of the prior of the knot; refused where they cannot be told apart."""
    X = columns_at(prior.mean, parts.x_other, parts.x_kind, parts.week)
    Z = columns_at(prior.mean, parts.z_other, parts.z_kind, parts.week)
    if dependent_columns(X) or any(dependent_columns(Z[:, block]) for block in design.template.blocks):
        msg = f"The prior of the knot, {prior}, has its mean where one of the phases has no visits."
        raise SpecError(msg)
    return X, Z


def divide_phases(columns: Matrix, apart: Matrix, kind: Kinds, knot: float) -> Matrix:
    """What each column's phase is multiplied by, shape (n, k); columns that stay are left as they are.

    Parameters
    ----------
    columns : ndarray of shape (n, k)
    apart : ndarray of shape (n, k)
        The same rows in the week ``2 * knot``, where both phases are as long as the knot.
    kind : ndarray of int of shape (k,)
    knot : float
        Of the formula.
    """
    return np.where(kind == FIXED, columns, apart / knot)


def columns_at(knot: float, other: Matrix, kind: Kinds, week: Matrix) -> Matrix:
    """The columns, shape (n, k), with the knot at another week.

    Examples
    --------
    >>> columns_at(24, np.ones((2, 3)), np.array([FIXED, BEFORE, AFTER]), np.array([10.0, 30.0])).tolist()
    [[1.0, 10.0, 0.0], [1.0, 24.0, 6.0]]
    """
    before = np.minimum(week, knot)
    return np.asarray(other * np.column_stack([np.ones_like(week), before, week - before])[:, kind])


def phase_kinds(terms: Sequence[Term]) -> Kinds:
    """Which phase each column is of, shape (k,): ``FIXED``, ``BEFORE`` or ``AFTER``."""
    for term in terms:
        if len(term.phases) > 1:
            msg = f"'{term.name}' has two phases in one product, so its knot cannot be unknown."
            raise SpecError(msg)
    return np.array([term.phases[0] if term.phases else FIXED for term in terms], dtype=np.int64)


def _check_columns(known: Matrix, rebuilt: Matrix, names: Sequence[str]) -> None:
    size = np.abs(known).max(axis=0)
    wrong = np.abs(rebuilt - known).max(axis=0) > 1e-9 * size
    if wrong.any():
        msg = f"'{names[int(np.argmax(wrong))]}' is a phase times another function of the week; its knot must be known."
        raise SpecError(msg)
