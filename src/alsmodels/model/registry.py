"""A data set that never was in memory at once: what is known of it when its parts have been read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, final

import pandas as pd

from alsmodels.data.outcomes import Outcome
from alsmodels.errors import EstimandError, SpecError
from alsmodels.model.clock import Pace
from alsmodels.model.encoded import EncodedSet
from alsmodels.model.encoding import Encoding
from alsmodels.model.followup import Spans
from alsmodels.model.notes import Note
from alsmodels.model.spec import ModelSpec

__all__ = ["Registry", "no_rows"]


@final
@dataclass(frozen=True, eq=False, repr=False)
class Registry(EncodedSet):
    """A design without rows; questions are asked of it as of any other.

    Attributes
    ----------
    spec : ModelSpec
        The specification.
    n_obs : int
        Rows, n.
    n_parts : int
        Parts in which they were read.
    subjects : pandas.Index
        The m subjects, in order.
    people : pandas.DataFrame
        Shape (m, ...), the covariates of each subject; one that changes from visit to visit is at its mean.
    changing : frozenset of str
        Covariates that are no numbers and change within subjects, so that there is no one value of them.
    arms : tuple of str
        The arms in the rows, the reference first; empty if the data have none.
    spans : Spans
        First and last week with an observed response, by arm, and by None of all.
    outcome : Outcome or None
        What is known of the response's column from its name; None if nothing is.
    encoding : Encoding
        How rows become X and Z.
    left_out : pandas.DataFrame
        Rows and subjects of the data that were not used, by reason.
    notes : tuple of Note
        What a reader of the results has to know about the data.
    weight_range : tuple of (float, float) or None
        The least and the largest weight of a row; None without weights.
    paces : mapping of str to Pace
        How covariates that change within subjects go with time, as far as some subjects tell; those that do so in any
        way are `Untold`, for means are taken without the rows.
    """

    spec: ModelSpec
    n_obs: int
    n_parts: int
    subjects: "pd.Index[Any]"
    people: pd.DataFrame
    changing: frozenset[str]
    arms: tuple[str, ...]
    spans: Spans
    outcome: Outcome | None
    encoding: Encoding
    left_out: pd.DataFrame
    notes: tuple[Note, ...]
    weight_range: tuple[float, float] | None
    paces: Mapping[str, Pace] = field(default_factory=dict)

    @property
    def last_week(self) -> float:
        """The last week with an observed response; NaN without time."""
        return float(self.spans[None][1]) if None in self.spans else float("nan")

    def covariate(self, name: str) -> "pd.Series[Any]":
        """A covariate of each subject, shape (m,)."""
        if name in self.changing:
            msg = (
                f"'{name}' changes within subjects and is not a number, so there is no one value to hold it at; name "
                f"one in the question, by at={{'{name}': ...}}."
            )
            raise EstimandError(msg)
        return self.people[name]

    @property
    def y(self) -> NoReturn:
        """Refuse: the response is not kept."""
        raise no_rows("The response is")

    @property
    def X(self) -> NoReturn:
        """Refuse: the matrix is not kept."""
        raise no_rows("The matrix of the fixed effects is")

    @property
    def Z(self) -> NoReturn:
        """Refuse: the matrix is not kept."""
        raise no_rows("The matrix of the random effects is")

    @property
    def rows(self) -> NoReturn:
        """Refuse: rows are not kept."""
        raise no_rows("The rows of data are")

    def __repr__(self) -> str:
        """One line: what it is of and how large."""
        size = f"{self.n_obs} rows, {self.n_subjects} subjects, {self.n_parts} parts"
        return f"Registry({self.spec.shown}: {size})"


def no_rows(what: str) -> SpecError:
    """What is said where the rows of a registry are asked for, such as ``"Residuals are"``."""
    return SpecError(
        f"{what} not kept of data that were read in parts. Take some subjects as a table in memory, fit them by "
        "fit_lmm, and look there; coefficients, questions and mean trajectories need no rows."
    )
