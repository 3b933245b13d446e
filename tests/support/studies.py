"""What the tests of studies share: an analysis that costs nothing and depends on data and seed, and small studies."""

from dataclasses import dataclass
from itertools import pairwise
from time import sleep

import numpy as np
import xarray as xr
from scipy.special import ndtr

import alsmodels as als
from alsmodels.simulation.designs import TrialDesign
from alsmodels.simulation.results import VARIABLES
from alsmodels.simulation.rules import Rule
from alsmodels.simulation.studies import Study

TWO_SIDED = Rule()


@dataclass(frozen=True)
class MeanScore:
    """Mean score of all rows, with some chance of its own; each piece takes ``seconds``, so that it can be stopped."""

    name: str = "mean"
    seconds: float = 0.0
    labels: tuple[str, ...] = ("mean", "twice")
    level: float = 0.95
    rule: Rule = TWO_SIDED

    def targets(self, truth):
        return (37.0, 74.0)

    def run(self, replicates, *, seed):
        sleep(self.seconds)
        cuts = replicates.row_offsets
        means = np.array([replicates.y[a:b].mean() for a, b in pairwise(cuts)])
        noise = np.random.default_rng(seed).normal(size=len(means))
        values = np.column_stack([means + noise, 2 * means])
        return answers(values, np.ones_like(values))

    def to_dict(self):
        return {"kind": "mean", "name": self.name, "seconds": self.seconds}


@dataclass(frozen=True)
class NormalTest:
    """A z-test of an effect with a variance of ``4 / n``: everything of it is known."""

    effect: float
    name: str = "normal"
    labels: tuple[str, ...] = ("effect",)
    level: float = 0.95
    rule: Rule = TWO_SIDED

    def targets(self, truth):
        return (self.effect,)

    def run(self, replicates, *, seed):
        error = 2 / np.sqrt(replicates.plan.n_subjects)
        values = np.random.default_rng(seed).normal(self.effect, error, size=(replicates.n_replicates, 1))
        return answers(values, np.full_like(values, error))

    def to_dict(self):
        return {"kind": "normal", "name": self.name, "effect": self.effect}


def answers(values, errors, *, margin=0.0):
    """A dataset of z-tests."""
    columns = dict.fromkeys(VARIABLES, values) | {"std_error": errors, "df": np.full_like(values, np.inf)}
    columns |= {"lower": values - 1.959964 * errors, "upper": values + 1.959964 * errors}
    columns |= {"support": ndtr((values - margin) / errors)}
    arrays = {name: (("replicate", "estimand"), value) for name, value in columns.items()}
    return xr.Dataset({**arrays, "status": ("replicate", np.ones(len(values), dtype=np.int8))})


def small_study(*, seconds=0.0, n_replicates=25, seed=7, **more):
    """Two truths under two designs, pieces of 10 replicates and one of 5."""
    truths = {"null": als.truths.healey_like(), "slower": als.truths.healey_like(ratio=0.7)}
    designs = (
        TrialDesign("small", arms={"placebo": 5, "active": 10}),
        TrialDesign("kind", arms={"placebo": 8, "active": 8}, weeks=(0, 12, 24), dropout=False),
    )
    return Study(
        truths,
        designs,
        (MeanScore(seconds=seconds), MeanScore("again")),
        n_replicates=n_replicates,
        seed=seed,
        chunk=10,
        **more,
    )
