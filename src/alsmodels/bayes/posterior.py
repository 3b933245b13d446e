"""The posterior of a mixed model, as a value: built once, never edited. Knows no sampler."""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal, final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from alsmodels.bayes.diagnostics import POPULATION, diagnose
from alsmodels.bayes.naming import pair_places
from alsmodels.bayes.summary import PosteriorSummary, summarise
from alsmodels.bayes.trees import merge_tree, stack_draws
from alsmodels.errors import EstimandError
from alsmodels.model.design import Design
from alsmodels.model.intervals import Interval, find_interval
from alsmodels.model.notes import Note, note_single_subjects, restate_limits
from alsmodels.model.priors import Priors
from alsmodels.model.response import ResponseModel
from alsmodels.model.spec import ModelSpec
from alsmodels.model.status import Status

__all__ = ["Method", "PosteriorFit"]

Method = Literal["nuts", "importance"]
Array = NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False, repr=False)
class PosteriorFit:
    """Draws from the posterior of a linear mixed model.

    Attributes
    ----------
    design : Design
        The data it was fitted to.
    priors : Priors
        The priors, as they were used.
    response : ResponseModel
        The response model: how values scatter about a subject's trajectory.
    method : {"nuts", "importance"}
        The sampler that made the draws.
    sampler : str
        The program that made the draws, such as ``"kernel"``.
    draws : xarray.DataTree
        The draws in ArviZ's groups: posterior, sample_stats, observed_data, log_likelihood (a value a subject, random
        effects integrated out); with `add_predictive` also prior, prior_predictive and posterior_predictive.
    status : Status
        Whether the draws can be relied on.
    effective : float or None
        The effective number of draws by importance weights; None for chains.
    """

    design: Design
    priors: Priors
    response: ResponseModel
    method: Method
    sampler: str
    draws: xr.DataTree
    status: Status
    effective: float | None = None

    @property
    def spec(self) -> ModelSpec:
        """The specification that was fitted."""
        return self.design.spec

    @property
    def engine(self) -> str:
        """What made the fit, in a word or two, as tables name it."""
        if self.sampler == "joint":
            return f"joint {self.method}"
        return f"{self.method} ({self.sampler})" if self.method == "nuts" else self.method

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader of the results has to know about the data, and how censored values were taken."""
        known = (*self.design.notes, *note_single_subjects(self.design.rows, self.spec))
        return restate_limits(known, self.design.limits) if self.response.censored else known

    @property
    def posterior(self) -> xr.Dataset:
        """The group of that name."""
        return self.draws["posterior"].to_dataset()

    @property
    def n_draws(self) -> int:
        """Draws in all chains."""
        return int(self.posterior.sizes["chain"] * self.posterior.sizes["draw"])

    def stacked(self, name: str) -> Array:
        """Draws of a variable, chain by chain: beta (s, p), sd (s, q), b (s, m, q), sigma (s,) and so on."""
        return stack_draws(self.draws["posterior"][name])

    @cached_property
    def beta(self) -> Array:
        """Posterior means of the fixed effects, shape (p,)."""
        return np.asarray(self.stacked("beta").mean(axis=0))

    @cached_property
    def beta_cov(self) -> Array:
        """Posterior covariance of the fixed effects, shape (p, p)."""
        return np.atleast_2d(np.cov(self.stacked("beta"), rowvar=False))

    @cached_property
    def diagnostics(self) -> pd.DataFrame:
        """Mean, SD, Monte Carlo error, effective sizes and R-hat of every population parameter."""
        return diagnose(self.posterior, POPULATION)

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """Fixed effects: term, estimate (mean), std_error (SD), lower, upper (95%), probability (above zero)."""
        return self.coefficient_table()

    def coefficient_table(self, *, level: float = 0.95, interval: Interval = "eti") -> pd.DataFrame:
        """As ``coefficients``, at another level or by highest density (``"hdi"``)."""
        draws = self.stacked("beta")
        limits = np.array([find_interval(column, level=level, kind=interval) for column in draws.T])
        return pd.DataFrame(
            {
                "term": list(self.design.fixed_names),
                "estimate": draws.mean(axis=0),
                "std_error": draws.std(axis=0, ddof=1),
                "lower": limits[:, 0],
                "upper": limits[:, 1],
                "probability": (draws > 0).mean(axis=0),
            }
        )

    def covariance_draws(self) -> Array:
        """Draws of the covariance of the random effects, shape (s, q, q)."""
        sd = self.stacked("sd")
        correlation = np.tile(np.eye(sd.shape[1]), (len(sd), 1, 1))
        for number, (row, col) in enumerate(self._pairs):
            correlation[:, row, col] = correlation[:, col, row] = self.stacked("correlation")[:, number]
        return np.asarray(sd[:, :, None] * correlation * sd[:, None, :])

    def correlation_draws(self, first: str, second: str) -> Array:
        """Draws of the correlation of two random effects, shape (s,)."""
        names = self.design.random_names
        labels = {frozenset((names[row], names[col])): f"{names[row]} ~ {names[col]}" for row, col in self._pairs}
        label = labels.get(frozenset((first, second)))
        if label is None:
            msg = f"No correlation of '{first}' and '{second}' is in the model; there are {', '.join(labels.values())}."
            raise EstimandError(msg)
        return stack_draws(self.draws["posterior"]["correlation"].sel(pair=label, drop=True))

    @property
    def _pairs(self) -> tuple[tuple[int, int], ...]:
        return pair_places(self.design.template)

    @cached_property
    def covariance(self) -> pd.DataFrame:
        """Posterior mean of the covariance of the random effects, shape (q, q)."""
        names = list(self.design.random_names)
        return pd.DataFrame(self.covariance_draws().mean(axis=0), index=names, columns=names)

    @cached_property
    def sigma(self) -> float | Array:
        """Posterior mean of the residual standard deviation; shape (arms,) where each arm has its own."""
        mean = self.stacked("sigma").mean(axis=0)
        return float(mean) if mean.ndim == 0 else np.asarray(mean)

    def random_effects(self, *, sd: bool = False) -> pd.DataFrame:
        """Posterior means of the random effects: a row for each subject, a column for each effect.

        With ``sd=True`` a row for each subject and effect: subject, effect, estimate, std_error, the posterior mean and
        standard deviation, which count the uncertainty of every parameter.
        """
        draws = self.stacked("b")
        return self.design.by_subject(draws.mean(axis=0), draws.std(axis=0, ddof=1) if sd else None)

    @property
    def fittedvalues(self) -> Array:
        """Posterior mean of ``X beta + Z b`` for each row of data, shape (n,); at the knot of the formula."""
        modes = self.random_effects().to_numpy()[self.design.codes]
        return np.asarray(self.design.X @ self.beta + np.einsum("nq,nq->n", self.design.Z, modes))

    def with_groups(self, **groups: xr.Dataset) -> "PosteriorFit":
        """The same fit with more groups in ``draws``."""
        return replace(self, draws=merge_tree(self.draws, groups))

    def summary(self) -> PosteriorSummary:
        """All a report has of the fit; prints itself in a terminal and in a notebook."""
        return summarise(self)

    def __repr__(self) -> str:
        """The summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()
