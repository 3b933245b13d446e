"""Data in parts to subject blocks: read once to learn the encoding, and once to reduce every part."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, final

import numpy as np
import pandas as pd

from alsmodels.data.columns import with_columns
from alsmodels.data.missing import Missing, MissingLike, clean_part, read_missing
from alsmodels.data.numbering import changes
from alsmodels.data.outcomes import known_outcome
from alsmodels.data.parts import Parts, Runner, name_place
from alsmodels.errors import DesignError
from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.covariance import covariance_template
from alsmodels.kernels.joining import PartBlocks, join_parts, reduce_part, stack_factors
from alsmodels.model.clock import Pace, Untold, Varying, find_paces
from alsmodels.model.column_notes import note_omission, note_paces
from alsmodels.model.design import present_arms, unordered_arms
from alsmodels.model.encoding import Encoding, check_columns
from alsmodels.model.followup import Spans, join_spans, spans_of_rows
from alsmodels.model.notes import take_notes
from alsmodels.model.omission import find_omission
from alsmodels.model.registry import Registry
from alsmodels.model.selection import context_columns, needed_columns, select_some
from alsmodels.model.soundness import (
    check_finite,
    check_knots,
    check_random,
    check_response,
    explained,
    find_whole,
    read_response,
    read_weights,
)
from alsmodels.model.spec import ModelSpec
from alsmodels.model.survey import Survey, join_surveys, plain_subjects, survey_part
from alsmodels.model.timetable import lacked_columns

__all__ = ["read_registry"]

# Rows that matrices are made of at a time.
ROWS = 100_000
# Subjects of each such stretch in which covariates are looked at.
PROBED = 50


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """What is done to every part in the second reading, but for its rows."""

    spec: ModelSpec
    weights: str | None
    encoding: Encoding
    divided: "pd.Index[Any]"


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """What is kept of a part, or of a stretch of it.

    Attributes
    ----------
    blocks : PartBlocks
        The part, reduced.
    subjects : pandas.Index
        The subjects whose rows are reduced.
    people : pandas.DataFrame
        Shape (m, ...), the covariates in the first row of each.
    changing : frozenset of str
        Covariates that change within one of them.
    totals : pandas.Series
        Sums of the covariates that are numbers, over the rows.
    probe : pandas.DataFrame
        The rows of some subjects, with covariates that change within some.
    """

    blocks: PartBlocks
    subjects: "pd.Index[Any]"
    people: pd.DataFrame
    changing: frozenset[str]
    totals: "pd.Series[float]"
    probe: pd.DataFrame


@final
@dataclass(frozen=True, slots=True, eq=False)
class _ReadPart:
    """What the second reading leaves of a part.

    Attributes
    ----------
    held : tuple of _Held
        Its stretches, reduced.
    left_out : pandas.DataFrame
        Rows and subjects that are not, by reason.
    spans : Spans
        First and last week with a response, by arm.
    weight_range : tuple of (float, float)
        The least and the largest weight.
    divided : pandas.DataFrame or None
        Rows of subjects who have rows in other parts too, as they were read; no view, which would keep the part.
    """

    held: tuple[_Held, ...]
    left_out: pd.DataFrame
    spans: Spans
    weight_range: tuple[float, float]
    divided: pd.DataFrame | None = None


def read_registry(
    spec: ModelSpec,
    parts: Parts,
    *,
    weights: str | None,
    missing: MissingLike = (),
    run: Runner[Any],
    advance: Callable[[], None],
) -> tuple[Registry, SubjectBlocks]:
    """Read the parts twice, and join what is left of them.

    Parameters
    ----------
    spec : ModelSpec
        The specification.
    parts : Parts
        With ``subject`` and the columns of the model.
    weights : str or None
        The column of weights, if there is one.
    missing : MissingLike, default ()
        Words and numbers that stand for no value.
    run : Runner[Any]
        What runs a function over the parts, in their order.
    advance : callable
        Is called after each part.

    Raises
    ------
    DesignError
        As `build_design`; and if a term looks at a column as a whole, or the rows of a subject are scattered.
    """
    _check_rowwise(spec)
    asked = ["subject", *needed_columns(spec, weights)]
    parts.check_files(asked)
    needed = lacked_columns(asked, parts.frame)
    check_columns(needed, parts.frame)
    parts = parts.only([*context_columns(parts.frame), *needed])
    surveys = []
    cleaned = partial(_on_clean, missing=read_missing(missing))
    for found in run(partial(cleaned, work=partial(survey_part, spec=spec, weights=weights)), parts):
        surveys.append(found)
        advance()
    survey = join_surveys(surveys, spec, weights)
    del surveys
    job, read = _Job(spec, weights, survey.encoding, survey.divided), []
    for one in run(partial(cleaned, work=partial(_read_part, job=job)), parts):
        read.append(one)
        advance()
    if len(survey.divided):
        divided = pd.concat([part.divided for part in read if part.divided is not None], ignore_index=True)
        with name_place("Among the subjects with rows in several parts of the data"):
            read.append(_read_rows(divided, job))
        read = [replace(part, divided=None) for part in read]
    return _join(read, survey, job, n_parts=parts.number)


def _on_clean(
    number: int,
    table: pd.DataFrame,
    *,
    work: Callable[[int, pd.DataFrame], Any],
    missing: Missing | Mapping[str, Missing],
) -> Any:
    """Work on a part in which what is missing is empty."""
    return work(number, clean_part(table, missing) if missing else table)


def _check_rowwise(spec: ModelSpec) -> None:
    factor = find_whole(spec)
    if factor is not None:
        msg = (
            f"'{factor}' looks at a column as a whole, and data in parts are never whole. Write the term row by row, "
            "as I(week^2), or fit a table in memory by fit_lmm."
        )
        raise DesignError(msg)


def _read_part(number: int, table: pd.DataFrame, *, job: _Job) -> _ReadPart:
    """Read one part for the second time."""
    del number
    table = table.assign(subject=plain_subjects(table["subject"]))
    if not len(job.divided):
        return _read_rows(table, job)
    elsewhere = table["subject"].isin(job.divided).to_numpy()
    return replace(_read_rows(table[~elsewhere], job), divided=table.take(np.flatnonzero(elsewhere)))


def _read_rows(table: pd.DataFrame, job: _Job) -> _ReadPart:
    """Reduce the rows of subjects who are in this table alone."""
    chosen = select_some(job.spec, table, weights=job.weights)
    rows, begins = chosen.rows, chosen.begins
    held, weight_range = [], (np.inf, -np.inf)
    if len(rows):
        found = None if job.weights is None else read_weights(rows, job.weights)
        weight_range = weight_range if found is None else (float(found.min()), float(found.max()))
        edges = np.append(begins[np.unique(begins // ROWS, return_index=True)[1]], len(rows))
        for first, last in itertools.pairwise(edges):
            some = rows.iloc[first:last].reset_index(drop=True)
            starts = np.append(begins[(begins >= first) & (begins < last)], last) - first
            held.append(_reduce(some, starts, None if found is None else found[first:last], job))
    return _ReadPart(tuple(held), chosen.left_out, spans_of_rows(rows), weight_range)


def _reduce(rows: pd.DataFrame, starts: Int, weights: Float | None, job: _Job) -> _Held:
    """Reduce some rows of whole subjects, which begin at ``starts``, shape (m + 1,)."""
    spec, encoding = job.spec, job.encoding
    y = read_response(spec, rows)
    check_response(y, spec, rows)
    X, Z = encoding.fixed_matrix(rows), encoding.random_matrix(rows)
    check_finite(X, Z, encoding, rows)
    same = np.ones(len(rows) - 1, dtype=bool)
    same[starts[1:-1] - 1] = False
    names = list(encoding.covariates)
    numbers = [name for name in names if name not in encoding.categories]
    changing = frozenset(name for name in names if (changes(rows[name]) & same).any())
    people = rows[names].iloc[starts[:-1]].reset_index(drop=True)
    return _Held(
        blocks=reduce_part(y, X, Z, starts, covariance_template(encoding.block_sizes), weights=weights),
        subjects=pd.Index(rows["subject"].array[starts[:-1]]),
        people=people.assign(
            **{
                name: pd.Categorical(people[name], categories=list(encoding.levels[name]))
                for name in names
                if name in encoding.categories
            }
        ),
        changing=changing,
        totals=rows[numbers].sum().astype(float),
        probe=_probe(rows, starts, [name for name in numbers if name in changing]),
    )


def _join(read: list[_ReadPart], survey: Survey, job: _Job, *, n_parts: int) -> tuple[Registry, SubjectBlocks]:
    """The registry and the blocks of all parts."""
    spec, encoding, held = job.spec, job.encoding, [one for part in read for one in part.held]
    blocks = [one.blocks for one in held]
    n_obs = sum(one.n_obs for one in blocks)
    spans = join_spans(part.spans for part in read)
    if None in spans:
        check_knots(spec, (*encoding.fixed_terms, *encoding.random_terms), float(spans[None][1]))
    span, random_span = stack_factors(blocks)
    encoding, blocks = _leave_out(encoding, span, blocks)
    check_random(random_span, encoding, n_rows=n_obs)
    response_size = np.sqrt(sum(one.response_squares for one in blocks) / n_obs)
    subjects = held[0].subjects.append([one.subjects for one in held[1:]])
    order = None if subjects.is_monotonic_increasing else np.asarray(subjects.argsort())
    ranges = [part.weight_range for part in read]
    paces = _find_paces([one.probe for one in held])
    registry = Registry(
        spec=spec,
        n_obs=n_obs,
        n_parts=n_parts,
        subjects=subjects if order is None else subjects[order],
        people=_join_people(held, order, n_obs),
        changing=frozenset().union(*(one.changing for one in held)) & encoding.categories,
        arms=present_arms(survey.examples),
        spans=spans,
        outcome=known_outcome(spec.columns[0]),
        encoding=encoding,
        left_out=_join_counts([part.left_out for part in read]),
        notes=take_notes(
            spec,
            None,
            n_rows=n_obs,
            left_out=_join_counts([part.left_out for part in read]),
            arms=unordered_arms(survey.examples) if "arm" in spec.columns else (),
        )
        + tuple(note_omission(encoding) + note_paces(paces)),
        paces={name: pace for name, pace in paces.items() if isinstance(pace, Untold)},
        weight_range=None if job.weights is None else (min(r[0] for r in ranges), max(r[1] for r in ranges)),
    )
    held.clear()
    read.clear()  # of the blocks only the list is left, which is emptied on the way
    joined = join_parts(blocks, registry.template, order=order)
    if not joined.scaling.size > 1e-12 * response_size:
        raise explained(spec, n_obs)
    return registry, joined


def _leave_out(encoding: Encoding, span: Float, blocks: list[PartBlocks]) -> tuple[Encoding, list[PartBlocks]]:
    """Leave out the columns of X that all parts together cannot tell from others.

    The parts keep their bases, which have the span of all columns; ``span``, shape (k p, p), has their cross-products.
    """
    omission = find_omission(span, encoding.fixed_terms)
    if omission is None:
        return encoding, blocks
    kept = [replace(one, x_factor=np.ascontiguousarray(one.x_factor[:, omission.kept])) for one in blocks]
    return encoding.leaving_out(omission), kept


def _probe(rows: pd.DataFrame, starts: Int, names: Sequence[str]) -> pd.DataFrame:
    """The rows of the first subjects, with these covariates; nothing without any."""
    last = int(starts[min(PROBED, len(starts) - 1)]) if names else 0
    columns = [name for name in ("subject", "week", "arm") if name in rows.columns]
    return rows[[*columns, *names]].iloc[:last].copy()


def _find_paces(probes: Sequence[pd.DataFrame]) -> dict[str, Pace]:
    """How covariates go with time in the subjects that were kept; means cannot take any along without the rows."""
    filled = [probe for probe in probes if len(probe)]
    if not filled:
        return {}
    rows = pd.concat(filled, ignore_index=True)
    names = [name for name in rows.columns if name not in ("subject", "week", "arm")]
    found: dict[str, Pace] = {}
    for name in names:
        some = rows.dropna(subset=[name])
        starts = np.flatnonzero(np.append(True, changes(some["subject"])))
        found |= find_paces(some, np.append(starts, len(some)), (name,))
    why = "so it seems of some subjects, and data in parts are not kept to tell how"
    return {name: pace if isinstance(pace, (Varying, Untold)) else Untold(name, why) for name, pace in found.items()}


def _join_people(held: Sequence[_Held], order: Any, n_obs: int) -> pd.DataFrame:
    """The covariates of all subjects; numbers that change within any of them are at the mean of all rows."""
    people = pd.concat([one.people for one in held], ignore_index=True)
    means = sum((one.totals for one in held[1:]), held[0].totals) / n_obs
    changing = frozenset().union(*(one.changing for one in held))
    people = with_columns(people, {name: means[name] for name in means.index if name in changing})
    return people if order is None else people.take(order).reset_index(drop=True)


def _join_counts(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """What was left out of all parts, by reason, as the reasons first occur."""
    filled = [table for table in tables if len(table)]
    if not filled:
        return tables[0]
    return pd.concat(filled).groupby("reason", sort=False)[["rows", "subjects"]].sum().reset_index()
