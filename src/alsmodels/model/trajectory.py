"""Mean trajectories of the arms, as rows of weights on the fixed effects.

The mean response of an arm in a week is the average of its row of X over the subjects' own covariates (marginal
standardisation); a slope is a difference of two such means over the months between them.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.errors import EstimandError
from alsmodels.model.design import Design
from alsmodels.model.spec import ModelSpec
from alsmodels.model.timescale import WEEKS_PER_MONTH

__all__ = ["mean_rows", "slope_row"]

Vector = NDArray[np.float64]


def mean_rows(design: Design, arm: str | None, weeks: Vector) -> NDArray[np.float64]:
    """Rows of X of an arm's mean response in each week, shape (len(weeks), p)."""
    _check_time(design.spec)
    people, share = _people(design, arm)
    table = people.loc[people.index.repeat(len(weeks))].reset_index(drop=True)
    table["week"] = np.tile(weeks, len(people))
    X = design.encoding.fixed_matrix(table).reshape(len(people), len(weeks), -1)
    return np.asarray(np.einsum("s,swp->wp", share, X))


def slope_row(design: Design, arm: str | None, phase: int) -> Vector:
    """Weights on the fixed effects of an arm's mean slope in a phase, per month, shape (p,)."""
    timescale = design.spec.timescale
    if phase not in range(1, timescale.n_phases + 1):
        known = "one phase" if timescale.n_phases == 1 else f"phases 1 to {timescale.n_phases}"
        msg = f"The model has {known}, not a phase {phase}. Fit phase(week, knot) to ask for the slope of a phase."
        raise EstimandError(msg)
    first, last = timescale.interval(phase, design.last_week)
    before, after = mean_rows(design, arm, np.array([first, last]))
    return np.asarray((after - before) / ((last - first) / WEEKS_PER_MONTH))


def _people(design: Design, arm: str | None) -> tuple[pd.DataFrame, Vector]:
    """The distinct covariates of the subjects, all put in one arm, and the share of subjects that has each."""
    names = [name for name in design.encoding.fixed_columns if name not in ("week", "arm")]
    people = pd.DataFrame({name: _by_subject(design.rows, name) for name in names}, index=design.subjects)
    if names:
        people = people.groupby(names, observed=True, dropna=False).size().reset_index(name="share")
    else:
        people = pd.DataFrame({"share": [design.n_subjects]})
    share = people.pop("share").to_numpy(dtype=float)
    if "arm" in design.encoding.fixed_columns:
        people["arm"] = _known_arm(design, arm)
    elif arm is not None and arm not in design.arms:
        _known_arm(design, arm)
    return people, share / share.sum()


def _by_subject(rows: pd.DataFrame, name: str) -> "pd.Series[float]":
    """A subject's value of a covariate; one that changes from visit to visit is held at its mean."""
    groups = rows.groupby("subject", sort=False, observed=True)[name]
    if pd.api.types.is_numeric_dtype(rows[name]):
        changes = bool((groups.max() != groups.min()).any())
        return pd.Series(rows[name].mean(), index=groups.first().index) if changes else groups.first()
    if bool((groups.nunique() > 1).any()):
        msg = f"'{name}' changes within subjects and is not a number, so there is no one value to hold it at."
        raise EstimandError(msg)
    return groups.first()


def _known_arm(design: Design, arm: str | None) -> str:
    known = ", ".join(design.arms)
    if arm is None:
        msg = f"The model has arms; name one of {known}."
        raise EstimandError(msg)
    if arm not in design.arms:
        msg = f"There is no arm '{arm}' in the data; there are {known or 'no arms'}."
        raise EstimandError(msg)
    return arm


def _check_time(spec: ModelSpec) -> None:
    if "week" not in spec.columns:
        msg = f"'{spec.formula}' has no time in it and so no trajectories; questions are asked of models with 'week'."
        raise EstimandError(msg)
