"""The analyses that a study makes of every simulated trial, with either engine."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias, final

import numpy as np
import pandas as pd
import xarray as xr
from scipy.special import ndtr, stdtr

from alsmodels.bayes.lmm import sample_lmm
from alsmodels.errors import ConvergenceError, DesignError, EstimandError, IdentificationError, SpecError
from alsmodels.frequentist.lmm import fit_lmm
from alsmodels.inference.answers import Fit
from alsmodels.inference.estimates import estimate
from alsmodels.inference.questions import question_record
from alsmodels.inference.targets import true_value
from alsmodels.kernels.arrays import Float
from alsmodels.model.estimand import Estimand
from alsmodels.model.spec import ModelSpec
from alsmodels.simulation.replicates import Replicates
from alsmodels.simulation.results import STATUSES, VARIABLES, status_codes
from alsmodels.simulation.rules import Rule
from alsmodels.simulation.truth import Truth

__all__ = ["ANALYSES", "TrialAnalysis", "importance_analysis", "reml_analysis"]

Kind = Literal["reml", "importance"]

TWO_SIDED: Final = Rule()
BETTER: Final = Rule(direction="above")

# The columns of answers that become the variables of results, in their order.
_COLUMNS: Final = ["estimate", "std_error", "df", "lower", "upper", "probability"]
_NOT_FITTED: Final = STATUSES[-1]


@final
@dataclass(frozen=True, slots=True)
class TrialAnalysis:
    """One model fitted to every simulated trial; made by `reml_analysis` and `importance_analysis`.

    Attributes
    ----------
    kind : the engine
    spec : the model
    asked : what is asked of it
    name : what results call it
    level : of the intervals
    rule : when a trial is called a success
    draws : from each posterior; 0 for REML
    """

    kind: Kind
    spec: ModelSpec
    asked: tuple[Estimand, ...]
    name: str
    level: float
    rule: Rule
    draws: int = 0

    def __post_init__(self) -> None:
        if not (isinstance(self.level, float) and 0 < self.level < 1):
            raise EstimandError(f"The level of an interval is between 0 and 1, not {self.level!r}.")
        if not isinstance(self.name, str) or not isinstance(self.rule, Rule):
            raise SpecError(f"An analysis has a name and a Rule; not {self.name!r} and {self.rule!r}.")

    @property
    def labels(self) -> tuple[str, ...]:
        """The questions."""
        return tuple(question.label for question in self.asked)

    def targets(self, truth: Truth) -> tuple[float, ...]:
        """The true answers."""
        return tuple(true_value(question, truth, self.spec) for question in self.asked)

    def run(self, replicates: Replicates, *, seed: np.random.SeedSequence) -> xr.Dataset:
        """Fit each trial."""
        return _ENGINES[self.kind](self, replicates, seed)

    def to_dict(self) -> dict[str, Any]:
        """As values that JSON can hold."""
        asked = [question_record(question) for question in self.asked]
        record = {"kind": self.kind, "name": self.name, "formula": self.spec.formula, "asked": asked}
        draws = {"draws": self.draws} if self.draws else {}
        return {**record, "level": self.level, "rule": asdict(self.rule), **draws}


def reml_analysis(
    model: ModelSpec | str,
    asked: Sequence[Estimand] | Estimand,
    *,
    name: str = "REML",
    level: float = 0.95,
    rule: Rule = TWO_SIDED,
) -> TrialAnalysis:
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
    TrialAnalysis

    Examples
    --------
    >>> from alsmodels.model.estimand import slope_difference
    >>> reml_analysis("alsfrs_r ~ arm * week + (week | subject)", slope_difference("treated", "control")).labels
    ('slope difference, phase 1, treated - control (per month)',)
    """
    return TrialAnalysis("reml", _as_spec(model), _as_questions(asked), name, level, rule)


def importance_analysis(
    model: ModelSpec | str,
    asked: Sequence[Estimand] | Estimand,
    *,
    name: str = "importance",
    level: float = 0.95,
    rule: Rule = BETTER,
    draws: int = 2000,
) -> TrialAnalysis:
    """An analysis by the posterior under default priors, sampled by importance, for a `Study`.

    Parameters
    ----------
    model, asked, name, level : as in `reml_analysis`
    rule : when a trial is called a success; by default where the quantity is above zero with a posterior probability
        above 0.975
    draws : from each posterior

    Returns
    -------
    TrialAnalysis

    Examples
    --------
    >>> from alsmodels.model.estimand import slowing
    >>> print(importance_analysis("alsfrs_r ~ arm * week + (week | subject)", slowing("treated", "control")).rule)
    Pr(> 0) > 0.975
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 100:
        raise SpecError(f"importance_analysis: draws is a whole number, 100 or more; not {draws!r}.")
    return TrialAnalysis("importance", _as_spec(model), _as_questions(asked), name, level, rule, draws)


ANALYSES: Final[Mapping[str, Callable[..., TrialAnalysis]]] = {
    "reml": reml_analysis,
    "importance": importance_analysis,
}
"""The functions that make analyses, by kind."""


def _reml(analysis: TrialAnalysis, replicates: Replicates, seed: np.random.SeedSequence) -> xr.Dataset:
    del seed  # nothing here is left to chance

    def fit(table: pd.DataFrame, _: int) -> Fit:
        return fit_lmm(analysis.spec, table, on_failure="return")

    columns, status = _one_by_one(analysis, replicates, fit, range(replicates.n_replicates))
    margin = analysis.rule.margin
    columns["support"] = one_sided_support(columns["estimate"], columns["std_error"], columns["df"], margin=margin)
    return _dataset(columns, status)


def _importance(analysis: TrialAnalysis, replicates: Replicates, seed: np.random.SeedSequence) -> xr.Dataset:
    def fit(table: pd.DataFrame, own: int) -> Fit:
        options: dict[str, Any] = {"method": "importance", "draws": analysis.draws, "on_failure": "return"}
        return sample_lmm(analysis.spec, table, seed=own, **options)

    seeds = map(int, seed.generate_state(replicates.n_replicates))
    return _dataset(*_one_by_one(analysis, replicates, fit, seeds))


def _one_by_one(
    analysis: TrialAnalysis, replicates: Replicates, fit: Callable[[pd.DataFrame, int], Fit], seeds: Iterable[int]
) -> tuple[dict[str, Float], list[str]]:
    """Fit each replicate; one that cannot be fitted has NaN, unless none can be."""
    found: list[Float] = []
    status: list[str] = []
    for (_, table), own in zip(replicates.table().groupby("replicate", sort=False), seeds, strict=True):
        try:
            one = fit(table, own)
            answers = estimate(one, analysis.asked, level=analysis.level, margin=analysis.rule.margin)
            found.append(answers[_COLUMNS].to_numpy(dtype=float).T)
            status.append(one.status.kind)
        except (DesignError, IdentificationError, ConvergenceError):
            if len(status) == replicates.n_replicates - 1 and set(status) <= {_NOT_FITTED}:
                raise
            found.append(np.full((len(_COLUMNS), len(analysis.asked)), np.nan))
            status.append(_NOT_FITTED)
    return dict(zip(VARIABLES, np.array(found).transpose(1, 0, 2), strict=True)), status


_Engine: TypeAlias = Callable[[TrialAnalysis, Replicates, np.random.SeedSequence], xr.Dataset]
_ENGINES: Final[Mapping[str, _Engine]] = {"reml": _reml, "importance": _importance}


def one_sided_support(value: Float, std_error: Float, df: Float, *, margin: float) -> Float:
    """One minus the one-sided p-value of being above the margin, by the t-distribution; normal where df is infinite."""
    with np.errstate(invalid="ignore", divide="ignore"):
        t = (value - margin) / std_error
    return np.asarray(np.where(np.isinf(df), ndtr(t), stdtr(np.where(np.isinf(df), 1.0, df), t)))


def _dataset(columns: Mapping[str, Float], status: Iterable[str]) -> xr.Dataset:
    arrays = {name: (("replicate", "estimand"), values) for name, values in columns.items()}
    return xr.Dataset({**arrays, "status": ("replicate", status_codes(status))})


def _as_spec(model: ModelSpec | str) -> ModelSpec:
    return model if isinstance(model, ModelSpec) else ModelSpec(model)


def _as_questions(asked: Sequence[Estimand] | Estimand) -> tuple[Estimand, ...]:
    questions = tuple(asked) if isinstance(asked, Sequence) else (asked,)
    for question in questions:
        question_record(question)
    return questions
