"""A specification met with data: the arrays of one mixed model, and the encoding to repeat on new data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.cohort import Cohort
from alsmodels.data.lookup import Lookup
from alsmodels.data.outcomes import Outcome, known_outcome
from alsmodels.data.roles import TimeUnit, order_arms
from alsmodels.errors import DesignError, SpecError
from alsmodels.model.clock import Pace, find_paces
from alsmodels.model.column_notes import note_columns
from alsmodels.model.encoded import EncodedSet
from alsmodels.model.encoding import Encoding, learn_encoding
from alsmodels.model.followup import Spans, spans_of_rows
from alsmodels.model.limits import Limits, find_limits
from alsmodels.model.losses import naming_losses
from alsmodels.model.notes import Note, take_notes
from alsmodels.model.selection import select_rows
from alsmodels.model.soundness import (
    check_finite,
    check_knots,
    check_random,
    check_response,
    leave_out,
    read_response,
    read_weights,
)
from alsmodels.model.spec import ModelSpec
from alsmodels.model.table_names import read_model

__all__ = ["Design", "as_design", "build_design", "present_arms", "refuse_weights", "unordered_arms"]

Matrix = NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Design(EncodedSet):
    """The arrays of one mixed model; rows of a subject are adjacent, in order of time.

    Attributes
    ----------
    spec : ModelSpec
        The model specification.
    y : ndarray of shape (n,)
        The response on the scale of the formula.
    X : ndarray of shape (n, p)
        The design matrix of the fixed effects.
    Z : ndarray of shape (n, q)
        The design matrix of the random effects of each row's subject.
    starts : ndarray of int of shape (m + 1,)
        The first row of each subject, then n.
    subjects : pandas.Index
        The m subjects, in order.
    limits : Limits
        The limits beyond which values are known to lie; fits take a value at its limit unless told otherwise.
    outcome : Outcome or None
        The description of the response, from the cohort or from its name; None if there is none.
    cells : Lookup
        The columns of data behind the arrays, those that the formula reads; ``rows`` is the table of them.
    encoding : Encoding
        The coding by which rows become X and Z.
    left_out : pandas.DataFrame
        The rows and subjects of the data that are not in the arrays, by reason.
    notes : tuple of Note
        The notes on the data that a reader of the results has to know.
    weights : ndarray of shape (n,) or None
        A row's residual variance is ``sigma^2`` over its weight; None for weights of one.
    own_unit : {"week", "day", "month"}, default "week"
        The unit of time of the table that a cohort was made of, if that is the month; else the week.
    """

    spec: ModelSpec
    y: Matrix
    X: Matrix
    Z: Matrix
    starts: NDArray[np.int64]
    subjects: "pd.Index[Any]"
    limits: Limits
    outcome: Outcome | None
    cells: Lookup
    encoding: Encoding
    left_out: pd.DataFrame
    notes: tuple[Note, ...]
    weights: Matrix | None = None
    own_unit: TimeUnit = "week"

    @property
    def rows(self) -> pd.DataFrame:
        """The n rows of data behind the arrays, with the columns the formula reads."""
        return self.cells.frame

    @property
    def n_obs(self) -> int:
        """Rows, n."""
        return len(self.y)

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """The number of each row's subject, shape (n,)."""
        return np.repeat(np.arange(self.n_subjects), np.diff(self.starts))

    @property
    def time_unit(self) -> TimeUnit:
        """The unit of time that figures have: that of the formula, or the month where the data had months."""
        unit = self.spec.timescale.unit
        return self.own_unit if unit == "week" else unit

    @cached_property
    def paces(self) -> Mapping[str, Pace]:
        """How covariates that change within subjects go with time."""
        return find_paces(self.rows, self.starts, self.encoding.covariates)

    @cached_property
    def arms(self) -> tuple[str, ...]:
        """The arms in the rows, the reference first; empty if the data have none."""
        return present_arms(self.rows)

    @property
    def weight_range(self) -> tuple[float, float] | None:
        """The least and the largest weight of a row; None without weights."""
        return None if self.weights is None else (float(self.weights.min()), float(self.weights.max()))

    @cached_property
    def last_week(self) -> float:
        """The last week with an observed response."""
        return float(self.rows["week"].max()) if "week" in self.rows.columns else float("nan")

    @cached_property
    def spans(self) -> Spans:
        """First and last week with an observed response, by arm, and by None of all."""
        return spans_of_rows(self.rows)

    def __repr__(self) -> str:
        """One line: what it is of and how large."""
        size = f"{self.n_obs} rows, {self.n_subjects} subjects"
        return f"Design({self.spec.shown}: {size}, {self.X.shape[1]} fixed, {self.Z.shape[1]} random effects)"


def build_design(spec: ModelSpec | str, data: object, *, weights: str | None = None) -> Design:
    """Build the arrays of a model.

    Parameters
    ----------
    spec : ModelSpec or str
        A specification, or its formula; in a formula the subject, time and arm may be called as in the table that the
        cohort was made of.
    data : Cohort or DataFrame
        A cohort; or a pandas, polars or pyarrow table with a column ``subject``, and ``week`` if the model has time.
    weights : str, optional
        The column of weights: a row's residual variance is ``sigma^2`` over its weight, as in lme4.

    Returns
    -------
    Design
        The design: response, matrices of fixed and random effects, and what was left out.

    Raises
    ------
    DataError
        If the data are no table.
    SpecError
        If ``weights`` is not the name of a column.
    DesignError
        If the data lack a column, the response is not a finite number, a weight is not positive, nothing is left
        after leaving out rows with missing values, or columns of Z are linear combinations of others.

    Notes
    -----
    Columns of X that are zero or combinations of columns before them, as where an arm has no visit in a phase, are left
    out as in R; the notes name them, and questions that need them are refused.
    """
    _check_name(weights)
    spec = read_model(spec, data)
    chosen = select_rows(spec, data, weights=weights)
    cells, cohort = chosen.cells, data if isinstance(data, Cohort) else None
    if cohort is not None:
        _refuse_filled(spec, cohort)
    with naming_losses(chosen.left_out, n_rows=len(cells), response=spec.columns[0]):
        y = read_response(spec, cells)
        check_response(y, spec, cells)
        encoding, X, Z = learn_encoding(spec.parsed, cells)
        check_finite(X, Z, encoding, cells)
        encoding, X = leave_out(encoding, X)
        if spec.has_time:
            check_knots(spec, encoding.random_terms, float(np.max(np.asarray(cells["week"], dtype=float))))
        check_random(Z, encoding, n_rows=len(cells))
    starts = np.append(chosen.begins, len(cells))
    arms = () if cohort is not None or "arm" not in spec.columns else _unordered(cells, encoding)
    outcome = cohort.outcomes.get(spec.columns[0]) if cohort is not None else None
    outcome = outcome or known_outcome(spec.columns[0])
    return Design(
        spec=spec,
        y=y,
        X=X,
        Z=Z,
        starts=starts,
        subjects=chosen.subjects,
        limits=find_limits(spec, cells, y, outcome),
        outcome=outcome,
        cells=cells,
        encoding=encoding,
        left_out=chosen.left_out,
        notes=take_notes(spec, cohort, n_rows=len(cells), left_out=chosen.left_out, arms=arms)
        + note_columns(spec, encoding, cells, starts),
        weights=None if weights is None else read_weights(cells, weights),
        own_unit="month" if cohort is not None and cohort.roles.time_unit == "month" else "week",
    )


def present_arms(rows: pd.DataFrame) -> tuple[str, ...]:
    """The arms in rows of data, the reference first; empty if they have no column of arms."""
    if "arm" not in rows.columns:
        return ()
    arm = rows["arm"]
    if not isinstance(arm.dtype, pd.CategoricalDtype):
        return order_arms([str(level) for level in arm.dropna().unique()])
    present = set(arm.unique())
    return tuple(str(level) for level in arm.cat.categories if level in present)


def unordered_arms(rows: pd.DataFrame) -> tuple[str, ...]:
    """The arms of a table that are texts; none where categories give them an order."""
    return () if isinstance(rows["arm"].dtype, pd.CategoricalDtype) else present_arms(rows)


def _unordered(cells: Lookup, encoding: Encoding) -> tuple[str, ...]:
    """As `unordered_arms` of the rows, from the levels that are known where the arm is in the formula."""
    if isinstance(cells["arm"], pd.Categorical):
        return ()
    if "arm" in encoding.categories:
        return tuple(map(str, encoding.levels["arm"]))
    return order_arms([str(level) for level in cells["arm"].unique()])


def _refuse_filled(spec: ModelSpec, cohort: Cohort) -> None:
    """Refuse a response that was given once a subject and taken for all its rows."""
    name = spec.columns[0]
    if any(finding.rule == "filled-by-subject" and finding.column == name for finding in cohort.findings):
        msg = (
            f"'{name}' is given on some rows alone and was taken as the subject's, so it is no response. If it is "
            f"measured at visits, read the table with outcomes=['{name}'], which leaves it as it stands."
        )
        raise DesignError(msg)


def as_design(model: ModelSpec | str | Design, data: object, *, verb: str, weights: str | None = None) -> Design:
    """The design of a model and data, or the ready design in their place; ``verb`` is named in refusals."""
    if isinstance(model, Design):
        if data is not None or weights is not None:
            msg = f"A design holds its data already; give {verb} a design alone, or a specification with data."
            raise SpecError(msg)
        if verb != "fit_lmm":
            refuse_weights(model, verb=verb)
        return model
    if data is None:
        msg = f"A specification needs data: {verb}(spec, cohort)."
        raise SpecError(msg)
    return build_design(model, data, weights=weights)


def refuse_weights(design: Design, *, verb: str) -> None:
    """Refuse a design with weights where they are not taken into account."""
    if design.weights is not None:
        msg = f"{verb} takes no weights of rows; build the design without them, or use fit_lmm."
        raise SpecError(msg)


def _check_name(weights: object) -> None:
    """Refuse weights themselves, which know of no row that is left out or put in order."""
    if weights is not None and not isinstance(weights, str):
        msg = (
            f"weights is the name of the column of weights, such as weights='w', and not {type(weights).__name__}; "
            "put the weights into a column of the data, where each stays with its row."
        )
        raise SpecError(msg)
