"""Whether the arrays of a model can be fitted at all: refusals that name the column, the rows and the rule."""

from collections.abc import Sequence
from itertools import chain

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.cohort import Cohort
from alsmodels.data.lookup import Table, frame_of
from alsmodels.errors import DesignError
from alsmodels.kernels.scaling import dependent_columns
from alsmodels.model.encoding import Encoding, evaluate_response, template_of
from alsmodels.model.expressions import is_plain, read_expression
from alsmodels.model.grammar import Call
from alsmodels.model.omission import find_omission
from alsmodels.model.spec import ModelSpec
from alsmodels.model.terms import Term
from alsmodels.model.timescale import told_time

__all__ = [
    "check_finite",
    "check_knots",
    "check_matrices",
    "check_random",
    "check_response",
    "check_roles",
    "empty_rows",
    "explained",
    "find_whole",
    "leave_out",
    "read_offset",
    "read_response",
    "read_weights",
]

Matrix = NDArray[np.float64]


def check_roles(spec: ModelSpec, cohort: Cohort) -> None:
    """Tell the name inside a cohort of a column that had another outside."""
    there = {*cohort.subjects.columns, *cohort.visits.columns}
    for inside, outside in cohort.roles.columns.items():
        is_time = inside == "week" and outside == cohort.roles.time_unit  # the same time in a formula too
        if outside in spec.columns and outside not in there and not is_time:
            msg = f"Inside a cohort the column '{outside}' is called '{inside}'; write '{inside}' in the formula."
            raise DesignError(msg)


def read_response(spec: ModelSpec, rows: Table) -> Matrix:
    """The response, shape (n,); not finite where a transform does not exist."""
    name = spec.columns[0]
    kind = rows[name].dtype
    if not pd.api.types.is_numeric_dtype(kind):
        msg = f"The response column '{name}' holds {kind}, not numbers."
        raise DesignError(msg)
    return evaluate_response(spec.response, rows) - read_offset(spec, rows)


def read_offset(spec: ModelSpec, rows: Table) -> Matrix | float:
    """What the offsets of a formula take off the response, shape (n,); zero without any."""
    found: Matrix | float = 0.0
    for offset in spec.parsed.offsets:
        found = found + evaluate_response(f"I({offset})", rows)
        if not np.isfinite(found).all():
            msg = f"offset({offset}) is not a finite number in {int((~np.isfinite(found)).sum())} rows."
            raise DesignError(msg)
    return found


def check_response(y: Matrix, spec: ModelSpec, rows: Table) -> None:
    """Refuse a response that is not finite, such as the logarithm of a zero."""
    if not np.isfinite(y).all():
        first = frame_of(rows).iloc[int(np.argmin(np.isfinite(y)))]
        msg = (
            f"{spec.response} is not a finite number in {int((~np.isfinite(y)).sum())} rows; the first is subject "
            f"{first['subject']} with {spec.columns[0]} = {first[spec.columns[0]]}."
        )
        raise DesignError(msg)


def check_matrices(X: Matrix, Z: Matrix, encoding: Encoding, rows: Table) -> None:
    """Refuse columns that are not finite or depend on others, and more fixed effects than rows can tell apart."""
    check_finite(X, Z, encoding, rows)
    _check_rank(X, encoding.fixed_names, "fixed effects")
    check_random(Z, encoding, n_rows=len(rows))


def check_finite(X: Matrix, Z: Matrix, encoding: Encoding, rows: Table) -> None:
    """Refuse columns that are not finite, such as the logarithm of a zero."""
    for matrix, names in ((X, encoding.fixed_names), (Z, encoding.random_names)):
        bad = ~np.isfinite(matrix)
        if bad.any():
            row, column = np.argwhere(bad)[0]
            subject, n_rows = frame_of(rows)["subject"].iloc[row], int(bad.any(axis=1).sum())
            msg = f"'{names[column]}' is not a finite number in {n_rows} rows; the first is subject {subject}."
            raise DesignError(msg)


def leave_out(encoding: Encoding, X: Matrix) -> tuple[Encoding, Matrix]:
    """The encoding and X without the columns that the data cannot tell from others."""
    omission = find_omission(X, encoding.fixed_terms)
    if omission is None:
        return encoding, X
    return encoding.leaving_out(omission), np.ascontiguousarray(X[:, omission.kept])


def check_knots(spec: ModelSpec, terms: Sequence[Term], last_week: float) -> None:
    """Refuse terms, such as `Encoding.random_terms`, with a phase that begins at the last visit or after it."""
    later = {factor.phase for term in terms for factor in term.factors if factor.phase is not None}
    scale = spec.timescale
    for number, knot in enumerate(scale.knot_weeks, start=2):
        if number in later and knot >= last_week:
            msg = (
                f"The knot, {told_time(knot, scale.unit)}, is at or after the last visit, "
                f"{told_time(last_week, scale.unit)}; no visit informs the slope after it. Put the knot earlier, or "
                "leave it out."
            )
            raise DesignError(msg)


def check_random(Z: Matrix, encoding: Encoding, *, n_rows: int) -> None:
    """Refuse dependent columns of Z, or of what has its cross-products, and too many fixed effects."""
    for block in template_of(encoding.block_sizes).blocks:
        _check_rank(np.ascontiguousarray(Z[:, block]), encoding.random_names[block], "random effects")
    n_fixed = len(encoding.fixed_terms)
    if n_rows <= n_fixed:
        msg = f"There are {n_rows} complete rows for {n_fixed} fixed effects; there must be more rows than effects."
        raise DesignError(msg)


def find_whole(spec: ModelSpec) -> str | None:
    """The first factor that looks at a column as a whole, so that a row's columns depend on other rows, as a spline."""
    for terms in (spec.parsed.fixed, *(term.terms for term in spec.parsed.random)):
        for factor in chain.from_iterable(terms.products):
            node = read_expression(factor)
            if not is_plain(node) and not (isinstance(node, Call) and node.function == "C"):
                return factor
    return None


def empty_rows(needed: Sequence[str]) -> DesignError:
    """What is said where every row lacks a value."""
    return DesignError(f"No row of the data has a value in every column of the formula: {', '.join(needed)}.")


def explained(spec: ModelSpec, n_rows: int) -> DesignError:
    """What is said of a response that the fixed effects explain."""
    return DesignError(
        f"The fixed effects explain '{spec.response}' exactly in all {n_rows} rows "
        "(a constant outcome, perhaps), so there is no variance to estimate."
    )


def _check_rank(matrix: Matrix, names: Sequence[str], what: str) -> None:
    """Refuse linearly dependent columns, by name."""
    for column, others in dependent_columns(matrix).items():
        parts = ", ".join(f"'{names[other]}'" for other in others)
        reason = f"is a combination of {parts}" if others else "is zero in every row"
        msg = (
            f"The columns of the {what} are not independent: '{names[column]}' {reason}. "
            "Leave the term out, or look for an arm, a level or a phase without visits."
        )
        raise DesignError(msg)


def read_weights(rows: Table, name: str) -> Matrix:
    """The weights of rows, shape (n,); refused where one is no positive number."""
    if not pd.api.types.is_numeric_dtype(rows[name].dtype):
        msg = f"The column of weights '{name}' holds {rows[name].dtype}, not numbers."
        raise DesignError(msg)
    found = rows[name].to_numpy(dtype=float)
    bad = ~(np.isfinite(found) & (found > 0))
    if bad.any():
        first = frame_of(rows).iloc[int(np.argmax(bad))]
        msg = (
            f"A weight is a positive number; '{name}' is not one in {int(bad.sum())} rows, the first of subject "
            f"{first['subject']} with {first[name]}."
        )
        raise DesignError(msg)
    return found
