"""The analyses that a study makes of every simulated trial, with either engine."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtr, stdtr

from alsmodels.errors import SpecError
from alsmodels.frequentist.intervals import infer
from alsmodels.frequentist.lmm import fit_lmm
from alsmodels.inference.questions import question_record
from alsmodels.inference.targets import true_value
from alsmodels.model.estimand import Estimand
from alsmodels.model.spec import ModelSpec
from alsmodels.model.status import StatusKind
from alsmodels.simulation.replicates import Replicates
from alsmodels.simulation.results import VARIABLES, status_codes
from alsmodels.simulation.rules import Rule
from alsmodels.simulation.truth import Truth

__all__ = ["RemlAnalysis", "reml_analysis"]

TWO_SIDED: Final = Rule()


@final
@dataclass(frozen=True, slots=True)
class RemlAnalysis:
    """A REML fit of every trial, with t-tests and intervals; made by `reml_analysis`."""

    spec: ModelSpec
    asked: tuple[Estimand, ...]
    name: str
    level: float
    rule: Rule

    @property
    def labels(self) -> tuple[str, ...]:
        """The questions."""
        return tuple(question.label for question in self.asked)

    def targets(self, truth: Truth) -> tuple[float, ...]:
        """The true answers."""
        return tuple(true_value(question, truth, self.spec) for question in self.asked)

    def run(self, replicates: Replicates, *, seed: np.random.SeedSequence) -> xr.Dataset:
        """Fit each trial."""
        del seed  # nothing here is left to chance
        found = [self._fit(table) for _, table in replicates.table().groupby("replicate", sort=False)]
        arrays = {name: (("replicate", "estimand"), np.array([one[name] for one in found])) for name in VARIABLES}
        codes = status_codes([one["status"] for one in found])
        return xr.Dataset({**arrays, "status": ("replicate", codes)})

    def _fit(self, table: pd.DataFrame) -> dict[str, Any]:
        fit = fit_lmm(self.spec, table, on_failure="return")
        rows = []
        for question in self.asked:
            contrast = question.contrast(fit.design)
            gradient = contrast.gradient(fit.beta)
            se, df = float(np.sqrt(gradient @ fit.beta_cov @ gradient)), fit.df(gradient)
            one = infer(float(contrast.value(fit.beta)), se, df, level=self.level)
            t = (one.estimate - self.rule.margin) / se
            support = float(ndtr(t) if np.isinf(df) else stdtr(df, t))
            rows.append((one.estimate, se, df, one.lower, one.upper, support))
        return {**dict(zip(VARIABLES, np.array(rows).T, strict=True)), "status": fit.status.kind}

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        return {"kind": "reml", **_described(self)}


def reml_analysis(
    model: ModelSpec | str,
    asked: Sequence[Estimand] | Estimand,
    *,
    name: str = "REML",
    level: float = 0.95,
    rule: Rule = TWO_SIDED,
) -> RemlAnalysis:
    """An analysis by restricted maximum likelihood, for a `Study`.

    Parameters
    ----------
    model : a specification or its formula
    asked : one question or several, such as ``slope_difference("treated", "control", phase=1)``
    name : what results call it
    level : of the intervals
    rule : when a trial is called a success; by default where the two-sided test at 5% rejects zero

    Returns
    -------
    RemlAnalysis

    Examples
    --------
    >>> from alsmodels.model.estimand import slope_difference
    >>> reml_analysis("alsfrs_r ~ arm * week + (week | subject)", slope_difference("treated", "control")).labels
    ('slope difference, phase 1, treated - control (per month)',)
    """
    return RemlAnalysis(_as_spec(model), _as_questions(asked), name, level, rule)


def _described(analysis: RemlAnalysis) -> dict[str, Any]:
    return {
        "name": analysis.name,
        "formula": analysis.spec.formula,
        "level": analysis.level,
        "rule": asdict(analysis.rule),
        "asked": [question_record(question) for question in analysis.asked],
    }


def _as_spec(model: ModelSpec | str) -> ModelSpec:
    return model if isinstance(model, ModelSpec) else ModelSpec(model)


def _as_questions(asked: Sequence[Estimand] | Estimand) -> tuple[Estimand, ...]:
    questions = tuple(asked) if isinstance(asked, Sequence) else (asked,)
    for question in questions:
        question_record(question)
    return questions
