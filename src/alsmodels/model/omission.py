"""Columns of X that the data cannot tell from others, which are left out, and the questions that need them.

A cell without data, such as a second phase in which an arm has no visits, makes a column of X zero or a combination of
columns before it. As in R such columns are left out and the others are fitted: with ``X_out = X_in C`` in every row of
the data, the mean of a row of new data is told if its own columns obey ``x_out = x_in C``, and whatever is linear in
such means is told too (Searle 1971, Linear Models, section 5.4). Nothing else is answered.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.kernels.scaling import dependent_columns
from alsmodels.model.terms import Term

__all__ = ["Omission", "find_omission", "span_of"]

Matrix = NDArray[np.float64]
Places = NDArray[np.int64]

# Of the size of a column: what rounding leaves of a combination.
ROUNDING = 1e-8


@final
@dataclass(frozen=True, slots=True, eq=False)
class Omission:
    """What is left out of X.

    Attributes
    ----------
    kept : ndarray of int of shape (p,)
        The places of the columns that stay.
    places : ndarray of int of shape (d,)
        The places of the columns that are left out.
    weights : ndarray of shape (p, d)
        C.
    size : ndarray of shape (d,)
        Root mean squares of the columns that are left out; one of a column of zeros.
    terms : tuple of Term
        The columns that are left out.
    partners : tuple of tuple of Term
        For each the columns that it is a combination of; none of a column of zeros.
    """

    kept: Places
    places: Places
    weights: Matrix
    size: Matrix
    terms: tuple[Term, ...]
    partners: tuple[tuple[Term, ...], ...]

    @property
    def names(self) -> str:
        """The columns that are left out, for sentences."""
        return ", ".join(f"'{term.name}'" for term in self.terms)

    def excess(self, rows: Matrix) -> Matrix:
        """``x_out - x_in C`` over the size of the columns, shape (..., d); zero where the data tell the answer."""
        return np.asarray((rows[..., self.places] - rows[..., self.kept] @ self.weights) / self.size)

    def is_told(self, rows: Matrix) -> NDArray[np.bool_]:
        """Which rows of weights on all columns, shape (..., p + d), the data have an answer to, shape (...,)."""
        scale = 1.0 + np.abs(rows[..., self.kept]) @ np.abs(self.weights) / self.size
        with np.errstate(invalid="ignore"):  # of data sets without rows
            beyond = np.abs(self.excess(rows)) > ROUNDING * scale
        return np.asarray(~beyond.any(axis=-1))

    def needed(self, rows: Matrix) -> str:
        """The columns that stand between the data and an answer, for sentences."""
        with np.errstate(invalid="ignore"):
            wanted = (np.abs(self.excess(rows)) > ROUNDING).reshape(-1, len(self.terms)).max(axis=0)
        return ", ".join(f"'{self.terms[place].name}'" for place in np.flatnonzero(wanted))

    def describe(self) -> list[str]:
        """A sentence for each column that is left out."""
        return [_describe(term, others) for term, others in zip(self.terms, self.partners, strict=True)]


def find_omission(X: Matrix, terms: Sequence[Term]) -> Omission | None:
    """What is to be left out of X, shape (n, p + d), or of what has its cross-products; None if nothing is.

    A column is left out if it depends on columns before it, so what is written first stays.
    """
    dependent = dependent_columns(X)
    if not dependent:
        return None
    places = np.array(sorted(dependent))
    kept = np.setdiff1d(np.arange(X.shape[1]), places)
    size = np.sqrt(np.mean(X**2, axis=0))
    scale = np.where(size > 0, size, 1.0)
    weights, *_ = np.linalg.lstsq(X[:, kept] / scale[kept], X[:, places], rcond=None)
    weights = weights / scale[kept][:, None]
    weights[np.abs(weights) * scale[kept][:, None] < 1e-9 * np.maximum(size[places], 1e-300)] = 0.0
    return Omission(
        kept=kept,
        places=places,
        weights=weights,
        size=scale[places],
        terms=tuple(terms[place] for place in places),
        partners=tuple(tuple(terms[other] for other in dependent[place]) for place in places),
    )


def span_of(stretches: Iterable[Matrix], n_columns: int) -> Matrix:
    """What has the span of the rows of X, read a stretch at a time, as far as its columns stay dependent."""
    factor = np.zeros((0, n_columns))
    for X in stretches:
        factor = np.asarray(np.linalg.qr(np.vstack([factor, X]), mode="r"))
        if len(factor) >= n_columns and not dependent_columns(factor):
            break
    return factor


def _for_whom(term: Term, other: Term) -> str:
    """Whose coefficient is left, where the column that is left out is that of a level."""
    more = [factor for factor in term.factors if factor not in other.factors]
    levels = [factor.level for factor in more if factor.level is not None]
    if len(levels) < len(more) or not set(other.factors) < set(term.factors):
        return ""
    return f", which is that of {' and '.join(levels)}"


def _describe(term: Term, others: Sequence[Term]) -> str:
    if not others:
        return f"'{term.name}' is left out of the model: no row of the data informs it, it is zero in all of them."
    named = [f"'{other.name}'" for other in others]
    if len(named) == 1:
        same = f"goes with {named[0]} alone{_for_whom(term, others[0])}"
    else:
        same = f"is a combination of {', '.join(named[:-1])} and {named[-1]}"
    return (
        f"'{term.name}' is left out of the model: in these data it {same}, as where an arm, a level or a phase has no "
        "visits or a covariate is there twice. Coefficients are read accordingly; questions that need it are refused."
    )
