"""Many cohorts from one truth, stacked: what an engine that fits many data sets of one design needs.

Replicate k has a generator of its own, the k-th child of the seed, so it is the same whichever others it is made with.
All chance is drawn first, cohort by cohort; what follows from it is calculated for all cohorts at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, TypeVar, final

import numpy as np
import pandas as pd

from alsmodels.data.cohort import Cohort
from alsmodels.data.columns import with_columns
from alsmodels.errors import SpecError, shown
from alsmodels.kernels.arrays import Float, Int
from alsmodels.model.seeds import check_seed
from alsmodels.simulation.plan import Plan, make_plan
from alsmodels.simulation.records import People, Visits, realise
from alsmodels.simulation.tables import event_table, make_cohort, subject_table, visit_table
from alsmodels.simulation.truth import Truth
from alsmodels.simulation.variates import draw_variates, stack_variates

__all__ = ["Replicates", "simulate_many"]

T = TypeVar("T", People, Visits)

# Subjects calculated at once: their arrays fit into the cache.
_MOST_SUBJECTS = 4_000


@final
@dataclass(frozen=True, eq=False, repr=False)
class Replicates:
    """Cohorts simulated from one truth, one after another in the same arrays.

    Rows are visits; those of a subject are adjacent in order of time, subjects are adjacent in each replicate, and
    replicates follow each other.

    Attributes
    ----------
    truth : Truth
        The generating model.
    plan : Plan
        The arms and their sizes.
    seed : int
        The seed of all replicates.
    first : int
        The number of the first replicate in the arrays.
    people : People
        The simulated subjects of all replicates, with their true baselines and slopes.
    visits : Visits
        The simulated visits of all replicates; subjects are counted through all of them.
    """

    truth: Truth
    plan: Plan
    seed: int
    first: int
    people: People
    visits: Visits

    @property
    def n_replicates(self) -> int:
        """Cohorts, R."""
        return len(self.people.arm) // self.plan.n_subjects

    @property
    def numbers(self) -> range:
        """The numbers of the replicates that are here."""
        return range(self.first, self.first + self.n_replicates)

    @property
    def y(self) -> Float:
        """Observed ALSFRS-R totals, shape (n,)."""
        return self.visits.score

    @property
    def week(self) -> Float:
        """Weeks since baseline, shape (n,)."""
        return self.visits.week

    @property
    def subject(self) -> Int:
        """Number of each row's subject, counted through all replicates, shape (n,)."""
        return self.visits.subject

    @cached_property
    def arm(self) -> Int:
        """Number of each row's arm in the plan, shape (n,)."""
        return self.people.arm[self.visits.subject]

    @cached_property
    def starts(self) -> Int:
        """First row of each subject, then n, shape (m + 1,); every subject has the first visit at least."""
        counts = np.bincount(self.visits.subject, minlength=len(self.people.arm))
        return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)

    @cached_property
    def subject_offsets(self) -> Int:
        """First subject of each replicate, then m, shape (R + 1,)."""
        return np.arange(self.n_replicates + 1, dtype=np.int64) * self.plan.n_subjects

    @cached_property
    def row_offsets(self) -> Int:
        """First row of each replicate, then n, shape (R + 1,)."""
        return self.starts[self.subject_offsets]

    def table(self) -> pd.DataFrame:
        """One row a visit: replicate, subject, week, arm, then outcomes, items and what is known of the subjects.

        It can be given to `build_design` as it is: subjects are numbered through all replicates, so that the
        matrices of all of them come out at once.
        """
        visits = visit_table(self.truth, self.visits)
        subjects = subject_table(self.truth, self.plan, self.people)
        own = subjects.take(self.visits.subject).reset_index(drop=True)
        head = pd.DataFrame(
            {
                "replicate": self.first + self.visits.subject // self.plan.n_subjects,
                "subject": self.visits.subject,
                "week": self.visits.week,
                "arm": own["arm"],
            }
        )
        return pd.concat([head, visits.drop(columns="week"), own.drop(columns="arm")], axis=1)

    def subjects(self) -> pd.DataFrame:
        """One row a subject: replicate, subject, arm, covariates, and the true baseline and slopes a month."""
        table = subject_table(self.truth, self.plan, self.people)
        number = np.arange(len(table))
        table.insert(0, "replicate", self.first + number // self.plan.n_subjects)
        table.insert(1, "subject", number)
        effects: dict[str, Any] = {"true_baseline": self.people.baseline}
        effects |= {f"true_slope_{at + 1}": slopes for at, slopes in enumerate(self.people.slopes.T)}
        return with_columns(table, effects)

    def events(self) -> pd.DataFrame:
        """One row an event: replicate, subject, event, week."""
        table = event_table(self.people)
        table.insert(0, "replicate", self.first + table["subject"] // self.plan.n_subjects)
        return table

    def cohort(self, number: int) -> Cohort:
        """One replicate as a cohort, with all its checks.

        Parameters
        ----------
        number : int
            The number of the replicate, one of `numbers`.

        Returns
        -------
        Cohort
            The replicate as a checked cohort.
        """
        if number not in self.numbers:
            raise SpecError(
                f"Replicate {shown(number)} is not here; there are {self.numbers.start} to {self.numbers.stop - 1}."
            )
        at = number - self.first
        people = slice(*self.subject_offsets[at : at + 2])
        rows = slice(*self.row_offsets[at : at + 2])
        visits = _cut(self.visits, rows)
        visits = replace(visits, subject=visits.subject - people.start)
        return make_cohort(self.truth, self.plan, _cut(self.people, people), visits)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{arm.name} {n}" for arm, n in zip(self.plan.arms, self.plan.sizes, strict=True))
        return (
            f"{self.n_replicates} replicates of {self.truth.name!r} ({sizes}), seed {self.seed}: "
            f"{len(self.people.arm)} subjects, {len(self.y)} visits"
        )


def simulate_many(
    truth: Truth, *, arms: Mapping[str, int] | None = None, n_replicates: int, seed: int, first: int = 0
) -> Replicates:
    """Simulate many cohorts from one truth.

    Parameters
    ----------
    truth : Truth
        The generating model; ready ones are in `alsmodels.truths`.
    arms : mapping of str to int, optional
        The numbers of subjects by arm, as in `simulate_cohort`.
    n_replicates : int
        The number of cohorts.
    seed : int
        The seed of all cohorts. Replicate k is made by the k-th child, ``numpy.random.SeedSequence(seed,
        spawn_key=(k,))``; `simulate_cohort` makes the same cohort of it.
    first : int, default 0
        The number of the first replicate; so work can be cut into stretches, and each replicate stays the same.

    Returns
    -------
    Replicates
        The simulated cohorts, in shared arrays.

    Raises
    ------
    SpecError
        If an arm is not in the truth, or a number is no whole number as large as it must be.

    Examples
    --------
    >>> from alsmodels.simulation import truths
    >>> many = simulate_many(truths.healey_like(), n_replicates=20, seed=1)
    >>> many.n_replicates, len(many.row_offsets)
    (20, 21)
    """
    if not isinstance(truth, Truth):
        raise SpecError(f"simulate_many takes a Truth, such as truths.realistic(); not {type(truth).__name__}.")
    _check_counts(n_replicates=(n_replicates, 1), first=(first, 0))
    seed = check_seed(seed)
    plan = make_plan(truth, arms)
    step = max(1, _MOST_SUBJECTS // plan.n_subjects)
    numbers = range(first, first + n_replicates)
    parts = [_simulate(truth, plan, seed, numbers[at : at + step]) for at in range(0, n_replicates, step)]
    people = _joined([part[0] for part in parts])
    sizes = np.cumsum([0, *(len(part[0].arm) for part in parts)])
    visits = _joined([replace(part[1], subject=part[1].subject + at) for part, at in zip(parts, sizes, strict=False)])
    return Replicates(truth, plan, seed, int(first), people, visits)


def _simulate(truth: Truth, plan: Plan, seed: int, numbers: range) -> tuple[People, Visits]:
    """A stretch of replicates, calculated together."""
    children = [np.random.SeedSequence(seed, spawn_key=(number,)) for number in numbers]
    drawn = [draw_variates(truth, plan.n_subjects, plan.n_visits, np.random.default_rng(child)) for child in children]
    return realise(truth, plan, stack_variates(drawn), copies=len(drawn))


def _joined(parts: list[T]) -> T:
    if len(parts) == 1:
        return parts[0]
    kind = type(parts[0])
    return kind(**{one.name: np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(kind)})


def _cut(part: T, rows: slice) -> T:
    return type(part)(**{one.name: getattr(part, one.name)[rows] for one in fields(part)})


_MOST = 10_000_000


def _check_counts(**counts: tuple[object, int]) -> None:
    for name, (value, least) in counts.items():
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= _MOST:
            raise SpecError(
                f"simulate_many: {name} is a whole number, {least} or more; not {shown(value)}. At most {_MOST:,}."
            )
