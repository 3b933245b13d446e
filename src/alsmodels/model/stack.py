"""Many data sets of one model, one after another in the same arrays.

What engines need that fit them all at once: the encoding is learnt once, of all rows together, and X and Z are made
stretch by stretch when they are asked for, so that memory does not grow with the number of data sets.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol, TypeAlias, final, runtime_checkable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.cohort import Cohort
from alsmodels.data.columns import as_pandas, join_rows
from alsmodels.data.lookup import Lookup
from alsmodels.data.numbering import number_names
from alsmodels.errors import DataError, DesignError, SpecError
from alsmodels.kernels.batch import Sets
from alsmodels.model.clock import Pace, find_paces
from alsmodels.model.column_notes import note_columns
from alsmodels.model.design import Design, present_arms, unordered_arms
from alsmodels.model.encoded import Encoded
from alsmodels.model.encoding import Encoding, Stretches, check_columns, learn_stretches
from alsmodels.model.followup import Spans, spans_of_sets
from alsmodels.model.limits import Limits
from alsmodels.model.notes import Note, take_notes
from alsmodels.model.omission import find_omission, span_of
from alsmodels.model.registry import Registry
from alsmodels.model.selection import check_present, context_columns, times_of
from alsmodels.model.soundness import (
    check_matrices,
    check_response,
    check_roles,
    empty_rows,
    find_whole,
    read_response,
)
from alsmodels.model.spec import ModelSpec
from alsmodels.model.table_names import read_model
from alsmodels.model.timetable import with_time

__all__ = ["AnyDesign", "Stack", "as_stack", "build_stack"]

Matrix = NDArray[np.float64]
Places = NDArray[np.int64]


@runtime_checkable
class Stacked(Protocol):
    """What knows its own table of data sets, such as `Replicates`."""

    def table(self) -> pd.DataFrame:
        """One row a visit, with the columns ``replicate`` and ``subject``."""
        ...


@final
@dataclass(frozen=True, eq=False, repr=False)
class Stack(Encoded):
    """R data sets of one mixed model; rows of a subject are adjacent, subjects of a data set too.

    Attributes
    ----------
    spec : ModelSpec
        The specification.
    y : ndarray of shape (n,)
        The response on the scale of the formula; not finite where that does not exist.
    starts : ndarray of int of shape (m + 1,)
        First row of each subject, then n.
    offsets : ndarray of int of shape (R + 1,)
        First subject of each data set, then m.
    replicates : pandas.Index
        The R names of the data sets, in order.
    rows : pandas.DataFrame
        The n rows of data, with the columns the formula reads.
    encoding : Encoding
        How rows become X and Z; the same for all data sets.
    matrices : Stretches
        X and Z of the rows from one to another.
    notes : tuple of Note
        What a reader of the results has to know about the model.
    """

    spec: ModelSpec
    y: Matrix
    starts: Places
    offsets: Places
    replicates: "pd.Index[Any]"
    rows: pd.DataFrame
    encoding: Encoding
    matrices: Stretches
    notes: tuple[Note, ...]

    @property
    def n_replicates(self) -> int:
        """Data sets, R."""
        return len(self.replicates)

    @property
    def n_obs(self) -> int:
        """Rows of all data sets, n."""
        return len(self.y)

    @cached_property
    def row_offsets(self) -> Places:
        """First row of each data set, then n, shape (R + 1,)."""
        return self.starts[self.offsets]

    @cached_property
    def paces(self) -> Mapping[str, Pace]:
        """How covariates that change within subjects go with time, in all data sets together."""
        return find_paces(self.rows, self.starts, self.encoding.covariates)

    @cached_property
    def arms(self) -> tuple[str, ...]:
        """The arms in the rows of all data sets, the reference first; empty if the data have none."""
        return present_arms(self.rows)

    @cached_property
    def last_week(self) -> Matrix:
        """The last week with an observed response, shape (R,); of a data set without rows, that of all."""
        if "week" not in self.rows.columns:
            return np.full(self.n_replicates, np.nan)
        week, filled = self.rows["week"].to_numpy(dtype=float), np.diff(self.row_offsets) > 0
        last = np.full(self.n_replicates, week.max())
        last[filled] = np.maximum.reduceat(week, self.row_offsets[:-1][filled])
        return last

    @cached_property
    def spans(self) -> Spans:
        """First and last week with an observed response, each of shape (R,), by arm, and by None of all."""
        return spans_of_sets(self.rows, self.row_offsets)

    def sets(self, first: int, last: int) -> Sets:
        """The arrays of the data sets from ``first`` to ``last``."""
        subjects = slice(self.offsets[first], self.offsets[last] + 1)
        a, b = int(self.row_offsets[first]), int(self.row_offsets[last])
        X, Z = self.matrices(a, b)
        offsets = self.offsets[first : last + 1] - self.offsets[first]
        return Sets(self.y[a:b], X, Z, self.starts[subjects] - a, offsets)

    def design(self, number: int) -> Design:
        """One data set as a design, in the encoding of all.

        Raises
        ------
        DesignError
            If it cannot be fitted: as `build_design`.
        """
        a, b = int(self.row_offsets[number]), int(self.row_offsets[number + 1])
        if a == b:
            raise empty_rows(self.spec.columns)
        sets, rows = self.sets(number, number + 1), self.rows.iloc[a:b].reset_index(drop=True)
        check_response(sets.y, self.spec, rows)
        check_matrices(sets.X, sets.Z, self.encoding, rows)
        return Design(
            spec=self.spec,
            y=sets.y,
            X=sets.X,
            Z=sets.Z,
            starts=sets.starts,
            subjects=pd.Index(rows["subject"].array[sets.starts[:-1]]),
            limits=Limits(sets.y, sets.y),
            outcome=None,
            cells=Lookup.of(rows),
            encoding=self.encoding,
            left_out=pd.DataFrame(columns=["reason", "rows", "subjects"]),
            notes=self.notes,
        )

    def __repr__(self) -> str:
        """One line: what it is of and how large."""
        size = f"{self.n_replicates} data sets, {self.n_obs} rows, {len(self.starts) - 1} subjects"
        return f"Stack({self.spec.shown}: {size})"


AnyDesign: TypeAlias = Design | Registry | Stack
"""One data set, with or without its rows, or many."""


def build_stack(spec: ModelSpec | str, replicates: object) -> Stack:
    """Stack many data sets of one model.

    Parameters
    ----------
    spec : ModelSpec or str
        A specification, or its formula.
    replicates : object
        Simulated replicates; a table (pandas, polars, pyarrow) with the columns ``replicate`` and ``subject``; or a
        sequence of cohorts or of tables with ``subject``, which are numbered from 0.

    Raises
    ------
    DataError
        If there is no table of replicates.
    DesignError
        If a column is missing, or what the formula makes of one row depends on the others, as a spline does: the data
        sets would then depend on each other.
    """
    members = replicates if isinstance(replicates, Sequence) and len(replicates) else [None]
    spec = read_model(spec, members[0])
    _check_plain(spec)
    table = with_time(_as_table(replicates, spec), spec)
    check_columns(["replicate", "subject", *spec.columns], table)
    for name in ("replicate", "subject"):
        check_present(name, table)
    codes, pairs, names, table = _arrange(table)
    kept = ~np.any([table[name].isna().to_numpy() for name in spec.columns], axis=0)
    if not kept.any():
        raise empty_rows(spec.columns)
    if not kept.all():
        codes, pairs, table = codes[kept], pairs[kept], table[kept]
    rows = table[list(dict.fromkeys([*context_columns(table), *spec.columns]))].reset_index(drop=True)
    begins = np.flatnonzero(np.append(True, pairs[1:] != pairs[:-1]))
    starts = np.append(begins, len(rows))
    offsets = np.searchsorted(codes[begins], np.arange(len(names) + 1))
    encoding, matrices = _leave_out(*learn_stretches(spec.parsed, rows), starts[offsets])
    return Stack(
        spec=spec,
        y=np.array(read_response(spec, rows)),
        starts=starts,
        offsets=offsets,
        replicates=names,
        rows=rows,
        encoding=encoding,
        matrices=matrices,
        notes=take_notes(spec, None, n_rows=len(rows), arms=unordered_arms(rows) if "arm" in rows.columns else ())
        + note_columns(spec, encoding, rows, starts),
    )


def _leave_out(encoding: Encoding, matrices: Stretches, row_offsets: Places) -> tuple[Encoding, Stretches]:
    """Leave out the columns of X that no data set and not all together can tell; most are full in the first one."""
    filled = np.flatnonzero(np.diff(row_offsets) > 0)
    edges = [(int(row_offsets[one]), int(row_offsets[one + 1])) for one in filled]
    span = span_of((matrices(first, last)[0] for first, last in edges), len(encoding.fixed_terms))
    omission = find_omission(span, encoding.fixed_terms) if np.isfinite(span).all() else None
    if omission is None:
        return encoding, matrices

    def without(first: int, last: int) -> tuple[Matrix, Matrix]:
        X, Z = matrices(first, last)
        return np.ascontiguousarray(X[:, omission.kept]), Z

    return encoding.leaving_out(omission), without


def as_stack(spec: ModelSpec | str | Stack, replicates: object, *, verb: str) -> Stack:
    """The stack of a specification and replicates, or the ready one in their place; ``verb`` is named in refusals."""
    if isinstance(spec, Stack) == (replicates is not None):
        msg = f"Give {verb} a specification with replicates, or a ready stack of both."
        raise SpecError(msg)
    return spec if isinstance(spec, Stack) else build_stack(spec, replicates)


def _arrange(table: pd.DataFrame) -> tuple[Places, Places, "pd.Index[Any]", pd.DataFrame]:
    """The number of each row's data set and of its subject, the names, and the table in their order and in time's."""
    (codes, names), (people, labels) = number_names(table["replicate"]), number_names(table["subject"])
    pairs, times = codes * np.int64(len(labels)) + people, times_of(table).to_numpy()
    step = np.diff(pairs)
    if not ((step > 0) | ((step == 0) & (times[1:] >= times[:-1]))).all():
        order = np.lexsort((times, pairs))
        codes, pairs, table = codes[order], pairs[order], table.take(order)
    return codes, pairs, names.rename("replicate"), table


def _as_table(replicates: object, spec: ModelSpec) -> pd.DataFrame:
    if isinstance(replicates, pd.DataFrame):
        return replicates
    if isinstance(replicates, Stacked):
        return replicates.table()
    if isinstance(replicates, Iterable) and not isinstance(replicates, (str, bytes, Cohort)):
        members = list(replicates) if not hasattr(replicates, "columns") else []
        if members and not isinstance(members[0], (str, bytes)):
            return _join(members, spec)
    if hasattr(replicates, "columns") or hasattr(replicates, "__arrow_c_stream__"):
        return as_pandas(replicates, "The table of replicates")
    msg = (
        "Replicates are a table with the columns 'replicate' and 'subject', a sequence of cohorts, or what "
        f"simulate_many gives; not {type(replicates).__name__}."
    )
    raise DataError(msg)


def _join(members: list[object], spec: ModelSpec) -> pd.DataFrame:
    """Cohorts or tables below each other, numbered from 0; an arm keeps its place among the arms of all."""
    if isinstance(members[0], Cohort):
        check_roles(spec, members[0])
    wanted = dict.fromkeys(["subject", "week", "arm", *spec.columns])
    tables = []
    for number, member in enumerate(members):
        frame = member.to_frame() if isinstance(member, Cohort) else _as_frame(member)
        tables.append(frame[[name for name in wanted if name in frame.columns]].assign(replicate=number))
    return join_rows(tables)


def _as_frame(member: object) -> pd.DataFrame:
    """A table of one data set in pandas."""
    return member if isinstance(member, pd.DataFrame) else as_pandas(member, "A data set")


def _check_plain(spec: ModelSpec) -> None:
    """Refuse terms of which a row's columns depend on other rows."""
    factor = find_whole(spec)
    if factor is not None:
        msg = (
            f"'{factor}' looks at a column as a whole, so data sets fitted together would depend on each "
            "other. Fit each by fit_lmm, or write the term row by row, as I(week^2)."
        )
        raise DesignError(msg)
