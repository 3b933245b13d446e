"""What fit_times.py fits: simulated trials, two models, and the same data in the forms that packages take."""

from __future__ import annotations  # what annotations name is not imported

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import alsmodels as als

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Model:
    """One model in the words of every package.

    Attributes
    ----------
    name : as tables call it
    formula : in this package's words
    fixed, random : columns of the fixed effects, term by term, and of the random effects; p1 and p2 are in the frame
    """

    name: str
    formula: str
    fixed: str
    random: str

    @property
    def data_columns(self) -> tuple[str, ...]:
        """The columns of the frame that the fixed effects are made of."""
        return tuple(dict.fromkeys(self.fixed.replace(" + ", ":").split(":")))


MODELS = {
    "slope": Model("random intercept and slope", "y ~ arm * week + (week | subject)", "arm + week + arm:week", "week"),
    "phases": Model(
        "random intercept and two phases",
        "y ~ arm * phase(week, 24) + (phase(week, 24) | subject)",
        "arm + p1 + p2 + arm:p1 + arm:p2",
        "p1 + p2",
    ),
}

WAYS = {
    "arrays": "from arrays, or what a package has in their place",
    "frame": "from a frame with a formula, arms and subjects as text",
    "numbers": "from a frame with a formula, arms as 0 and 1, subjects as integers",
}


@dataclass(frozen=True)
class Case:
    """Data of one size under one model."""

    model: Model
    frame: pd.DataFrame

    @cached_property
    def design(self) -> als.Design:
        """Our ready design; its rows are those of the frame, in the frame's order."""
        return als.build_design(self.model.formula, self.frame)

    @cached_property
    def y(self) -> Matrix:
        """The response, shape (n,)."""
        return np.ascontiguousarray(self.design.y)

    @cached_property
    def X(self) -> Matrix:
        """Fixed effects, shape (n, p), rows contiguous."""
        return np.ascontiguousarray(self.design.X)

    @cached_property
    def Z(self) -> Matrix:
        """Random effects, shape (n, q), rows contiguous."""
        return np.ascontiguousarray(self.design.Z)

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """The number of each row's subject, shape (n,)."""
        return np.ascontiguousarray(self.design.codes)

    @cached_property
    def numbers(self) -> pd.DataFrame:
        """The frame with numbers alone: subjects as integers, arms as 0 and 1."""
        arm = (self.frame["arm"] == "b").astype(float)
        return self.frame.assign(subject=self.frame["subject"].astype(np.int64), arm=arm)

    def table(self, way: str) -> pd.DataFrame:
        """The frame of one way."""
        return self.numbers if way == "numbers" else self.frame


def simulate(n_subjects: int, *, seed: int = 1) -> pd.DataFrame:
    """Two arms, a visit every four weeks to week 52 with a tenth of those after baseline missed.

    The numbers are an assumption, near those of ALS trials: baseline 37 (SD 5.5), -0.23 a week (SD 0.16 in either
    phase), residual SD 1.8. Subjects are numbered with leading zeros, so that the order of text is that of numbers.
    """
    rng = np.random.default_rng(seed)
    week = np.tile(np.arange(0.0, 53.0, 4.0), n_subjects)
    subject = np.repeat(np.arange(n_subjects), 14)
    b = rng.multivariate_normal(np.zeros(3), np.diag([5.5, 0.16, 0.16]) ** 2, n_subjects)[subject]
    p1 = np.minimum(week, 24)
    p2 = week - p1
    y = 37 - 0.23 * week + b[:, 0] + b[:, 1] * p1 + b[:, 2] * p2 + rng.normal(0, 1.8, len(week))
    names = np.array([f"{number:07d}" for number in range(n_subjects)])
    arm = np.array(["a", "b"])[subject % 2]
    frame = pd.DataFrame({"subject": names[subject], "week": week, "arm": arm, "p1": p1, "p2": p2, "y": y})
    return frame[(week == 0) | (rng.random(len(week)) > 0.1)].reset_index(drop=True)
