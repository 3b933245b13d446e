"""The analyses that a study makes of every simulated trial, with either engine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias, final

import numpy as np
import xarray as xr
from scipy.special import ndtr, stdtr

from alsmodels.bayes.many import sample_many
from alsmodels.errors import DesignError, EstimandError, SpecError, shown
from alsmodels.frequentist.many import fit_many
from alsmodels.inference.questions import question_record
from alsmodels.inference.targets import true_value
from alsmodels.kernels.arrays import Float
from alsmodels.model.estimand import Estimand, as_questions
from alsmodels.model.spec import ModelSpec
from alsmodels.model.status import StatusKind
from alsmodels.simulation.replicates import Replicates
from alsmodels.simulation.results import VARIABLES, status_codes
from alsmodels.simulation.rules import Rule
from alsmodels.simulation.truth import Truth

__all__ = ["ANALYSES", "TrialAnalysis", "importance_analysis", "reml_analysis"]

Kind = Literal["reml", "importance"]

TWO_SIDED: Final = Rule()
BETTER: Final = Rule(direction="above")


@final
@dataclass(frozen=True, slots=True)
class TrialAnalysis:
    """One model fitted to every simulated trial; made by `reml_analysis` and `importance_analysis`.

    Attributes
    ----------
    kind : {"reml", "importance"}
        The engine.
    spec : ModelSpec
        The model specification.
    asked : tuple of Estimand
        The questions that are asked of the model.
    name : str
        The name of the analysis in the results.
    level : float
        The level of the intervals.
    rule : Rule
        The rule that decides whether a trial is a success.
    draws : int, default 0
        The number of draws from each posterior; 0 for REML.
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
            raise EstimandError(f"The level of an interval is between 0 and 1, not {shown(self.level)}.")
        if not isinstance(self.name, str) or not isinstance(self.rule, Rule):
            raise SpecError(f"An analysis has a name and a Rule; not {shown(self.name)} and {shown(self.rule)}.")

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
    model : ModelSpec or str
        A specification or its formula.
    asked : Estimand or sequence of Estimand
        The question or questions, such as ``slope_difference("treated", "control", phase=1)``.
    name : str, default "REML"
        The name of the analysis in the results.
    level : float, default 0.95
        The level of the intervals.
    rule : Rule, optional
        The rule that decides whether a trial is a success; by default the two-sided test at 5% must reject zero.

    Returns
    -------
    TrialAnalysis
        The analysis, to be given to a `Study`.

    Examples
    --------
    >>> from alsmodels.model.slopes import slope_difference
    >>> reml_analysis("alsfrs_r ~ arm * week + (week | subject)", slope_difference("treated", "control")).labels
    ('slope difference, treated - control (per month)',)
    """
    return TrialAnalysis("reml", *_parts(model, asked), name, level, rule)


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
    model : ModelSpec or str
        The model specification or its formula.
    asked : Estimand or sequence of Estimand
        The question or questions that the analysis answers.
    name : str, default "importance"
        The name of the analysis in the results.
    level : float, default 0.95
        The level of the intervals.
    rule : Rule, optional
        The rule that decides whether a trial is a success; by default the quantity must be above zero with a posterior
        probability above 0.975.
    draws : int, default 2000
        The number of draws from each posterior.

    Returns
    -------
    TrialAnalysis
        The analysis, to be given to a `Study`.

    Examples
    --------
    >>> from alsmodels.model.slopes import slowing
    >>> print(importance_analysis("alsfrs_r ~ arm * week + (week | subject)", slowing("treated", "control")).rule)
    Pr(> 0) > 0.975
    """
    if isinstance(draws, bool) or not isinstance(draws, int) or draws < 100:
        raise SpecError(f"importance_analysis: draws is a whole number, 100 or more; not {shown(draws)}.")
    return TrialAnalysis("importance", *_parts(model, asked), name, level, rule, draws)


ANALYSES: Final[Mapping[str, Callable[..., TrialAnalysis]]] = {
    "reml": reml_analysis,
    "importance": importance_analysis,
}
"""The functions that make analyses, by kind."""


def _reml(analysis: TrialAnalysis, replicates: Replicates, seed: np.random.SeedSequence) -> xr.Dataset:
    del seed  # nothing here is left to chance
    found = fit_many(analysis.spec, replicates, estimands=analysis.asked, level=analysis.level)
    columns = {name: found[name].to_numpy() for name in ("estimate", "std_error", "df", "lower", "upper")}
    margin = analysis.rule.margin
    columns["support"] = one_sided_support(columns["estimate"], columns["std_error"], columns["df"], margin=margin)
    return _dataset(columns, found)


def _importance(analysis: TrialAnalysis, replicates: Replicates, seed: np.random.SeedSequence) -> xr.Dataset:
    found = sample_many(
        analysis.spec,
        replicates,
        estimands=analysis.asked,
        draws=analysis.draws,
        seed=int(seed.generate_state(1)[0]),
        level=analysis.level,
        margin=analysis.rule.margin,
        progress=False,
    )
    columns = {name: found[name].to_numpy() for name in ("estimate", "std_error", "lower", "upper")}
    none = np.full_like(columns["estimate"], np.nan)
    return _dataset({**columns, "df": none, "support": found["probability"].to_numpy()}, found)


_Engine: TypeAlias = Callable[[TrialAnalysis, Replicates, np.random.SeedSequence], xr.Dataset]
_ENGINES: Final[Mapping[str, _Engine]] = {"reml": _reml, "importance": _importance}


def one_sided_support(value: Float, std_error: Float, df: Float, *, margin: float) -> Float:
    """One minus the one-sided p-value of being above the margin, by the t-distribution; normal where df is infinite."""
    with np.errstate(invalid="ignore", divide="ignore"):
        t = (value - margin) / std_error
    return np.asarray(np.where(np.isinf(df), ndtr(t), stdtr(np.where(np.isinf(df), 1.0, df), t)))


def _dataset(columns: Mapping[str, Float], found: xr.Dataset) -> xr.Dataset:
    """The answers under the names of results; where no trial can be fitted, the reason is raised."""
    status = found["status"].to_numpy()
    if (status == StatusKind.NOT_FITTED.value).all():
        raise DesignError(f"No trial of a chunk can be fitted. The first: {found['reason'].to_numpy()[0]}")
    arrays = {name: (("replicate", "estimand"), columns[name]) for name in VARIABLES}
    return xr.Dataset({**arrays, "status": ("replicate", status_codes(status))})


def _parts(model: ModelSpec | str, asked: Sequence[Estimand] | Estimand) -> tuple[ModelSpec, tuple[Estimand, ...]]:
    """The specification, and the questions as it puts them."""
    spec = model if isinstance(model, ModelSpec) else ModelSpec(model)
    questions = tuple(as_questions(asked, spec))
    for question in questions:
        question_record(question)
    return spec, questions
