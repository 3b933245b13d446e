"""From arrays of subjects and visits to tables, and to a checked cohort."""

from typing import Any

import numpy as np
import pandas as pd

from alsmodels.data.cohort import Cohort
from alsmodels.data.roles import Roles, order_arms
from alsmodels.kernels.arrays import Float
from alsmodels.simulation.courses import REASONS
from alsmodels.simulation.items import ITEM_COLUMNS
from alsmodels.simulation.plan import Plan
from alsmodels.simulation.records import People, Visits
from alsmodels.simulation.truth import Truth

__all__ = ["event_table", "make_cohort", "subject_table", "visit_table"]

_ROLES_OUTSIDE = ("subject", "week", "arm")


def subject_table(truth: Truth, plan: Plan, people: People) -> pd.DataFrame:
    """One row a subject: arm, covariates, groups, delta_frs."""
    names = [arm.name for arm in plan.arms]
    arms = pd.Categorical.from_codes(people.arm, categories=pd.Index(names, dtype="str"))
    columns: dict[str, Any] = {"arm": arms.reorder_categories(list(order_arms(names, names[0])))}
    for at, covariate in enumerate(truth.covariates):
        values = people.covariates[:, at]
        columns[covariate.name] = values.astype(np.int64) if covariate.decimals == 0 else values
    for at, group in enumerate(truth.groups):
        columns[group.name] = np.where(people.groups[:, at], group.inside, group.outside)
    if not np.isnan(people.delta_frs).all():
        columns["delta_frs"] = people.delta_frs
    return pd.DataFrame(columns)


def visit_table(truth: Truth, visits: Visits) -> pd.DataFrame:
    """One row a visit: week, items, total, markers with their marks of censoring."""
    columns: dict[str, Any] = {"week": visits.week}
    columns |= {ITEM_COLUMNS[at]: visits.items[:, at].astype(np.float64) for at in range(visits.items.shape[1])}
    columns[truth.scale.outcome.name] = visits.score
    for at, marker in enumerate(truth.markers):
        columns[marker.name] = visits.markers[:, at]
        if marker.lloq is not None:
            columns[marker.outcome.censored_column] = np.where(visits.censored[:, at], "left", "none")
    return pd.DataFrame(columns)


def event_table(people: People) -> pd.DataFrame:
    """One row an event: subject (its number), event, week; deaths and withdrawals at the end of their day."""
    ended, positive = np.flatnonzero(people.reason), np.flatnonzero(np.isfinite(people.antibodies))
    table = pd.DataFrame(
        {
            "subject": np.concatenate([ended, positive]),
            "event": [*np.array(REASONS)[people.reason[ended]], *["antibody-positive"] * len(positive)],
            "week": np.concatenate([_end_of_day(people.left[ended]), people.antibodies[positive]]),
        }
    )
    return table.sort_values(["subject", "week", "event"], kind="stable", ignore_index=True)


def make_cohort(truth: Truth, plan: Plan, people: People, visits: Visits) -> Cohort:
    """Build a cohort, with all its checks, of the subjects and visits of one simulation."""
    names = subject_names(len(people.arm))
    subjects = subject_table(truth, plan, people)
    subjects.insert(0, "subject", names)
    frame = visit_table(truth, visits)
    frame.insert(0, "subject", names[visits.subject])
    events = event_table(people)
    events = events.assign(subject=names[events["subject"].to_numpy()])
    roles = Roles(*_ROLES_OUTSIDE, control=plan.arms[0].name)
    return Cohort.from_frame(
        frame, roles, outcomes=truth.outcomes, subjects=subjects, events=events if len(events) else None
    )


def subject_names(n: int) -> "np.ndarray[Any, Any]":
    """Names that sort as the subjects stand: S01, S02, ..."""
    width = len(str(n))
    return np.array([f"S{number:0{width}d}" for number in range(1, n + 1)], dtype=object)


def _end_of_day(weeks: Float) -> Float:
    return np.ceil(7 * weeks) / 7
