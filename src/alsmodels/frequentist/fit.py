"""A fitted linear mixed model, as a value: built once, never edited."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NoReturn, final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.frequentist import tables
from alsmodels.frequentist.larger_fit import note_shortfall
from alsmodels.frequentist.summary import Summary, summarise
from alsmodels.kernels.covariance import correlation_of, read_theta
from alsmodels.kernels.effects import ConditionalEffects
from alsmodels.kernels.freedom import Freedom, satterthwaite
from alsmodels.model.design import Design
from alsmodels.model.notes import Note
from alsmodels.model.registry import Registry, no_rows
from alsmodels.model.spec import ModelSpec
from alsmodels.model.status import Status

__all__ = ["Engine", "LMMFit", "Method", "MixedFit", "RegistryFit"]

Method = Literal["REML", "ML"]
Engine = Literal["alsmodels", "statsmodels"]
Vector = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class MixedFit(ABC):
    """Estimates of a linear mixed model by (restricted) maximum likelihood, whether or not rows are kept.

    Its attributes are those of `LMMFit`.
    """

    design: Design | Registry
    method: Method
    engine: Engine
    beta: Vector
    beta_cov: Vector
    sigma: float
    factor: Vector
    loglik: float
    status: Status
    find_effects: Callable[[], ConditionalEffects]
    find_freedom: Callable[[], Freedom] | None

    @cached_property
    def effects(self) -> ConditionalEffects:
        """Conditional modes and covariances of the random effects, by subject."""
        return self.find_effects()

    @cached_property
    def freedom(self) -> Freedom | None:
        """What Satterthwaite's formula needs; None for an engine that has z-tests only."""
        return self.find_freedom() if self.find_freedom is not None else None

    @property
    def spec(self) -> ModelSpec:
        """The specification that was fitted."""
        return self.design.spec

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader of the results has to know about the data."""
        return self.design.notes

    @property
    def criterion(self) -> float:
        """``-2 log`` (restricted) likelihood."""
        return -2.0 * self.loglik

    @property
    def theta(self) -> Vector:
        """The lower triangle of Lambda, column by column, as lme4 reports it."""
        return read_theta(self.factor, self.design.template)

    @property
    def n_parameters(self) -> int:
        """Fixed effects, covariance parameters and the residual variance."""
        return len(self.beta) + self.design.template.n_theta + 1

    def df(self, weights: Vector) -> float:
        """Satterthwaite degrees of freedom of ``weights @ beta``; infinite for an engine that has z-tests only."""
        return satterthwaite(weights, self.freedom) if self.freedom is not None else float("inf")

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """Fixed effects: term, estimate, std_error, df, statistic, p_value, lower, upper (95%)."""
        return tables.coefficient_table(self, level=0.95)

    @cached_property
    def covariance(self) -> pd.DataFrame:
        """Covariance of the random effects, shape (q, q), in the units of the data."""
        names = list(self.design.random_names)
        return pd.DataFrame(self.sigma**2 * self.factor @ self.factor.T, index=names, columns=names)

    @cached_property
    def correlation(self) -> pd.DataFrame:
        """Correlation of the random effects; NaN where a variance is zero."""
        return pd.DataFrame(
            correlation_of(self.covariance.to_numpy()),
            index=self.covariance.index,
            columns=self.covariance.columns,
        )

    def random_effects(self, *, sd: bool = False) -> pd.DataFrame:
        """Conditional modes of the random effects: a row for each subject, a column for each effect.

        With ``sd=True`` a row for each subject and effect: subject, effect, estimate, std_error, the conditional
        standard deviation given the data, which counts neither that the fixed effects nor that the variances are
        estimated, as lme4's ``ranef(condVar = TRUE)``.
        """
        found = self.effects
        spread = np.sqrt(np.diagonal(found.covariance, axis1=1, axis2=2)) if sd else None
        return self.design.by_subject(found.modes, spread)

    def tidy(self, *, level: float = 0.95) -> pd.DataFrame:
        """Fixed effects, then standard deviations and correlations, in broom.mixed's columns."""
        return tables.tidy_table(self, level=level)

    def glance(self) -> pd.DataFrame:
        """One row on the whole fit, in broom.mixed's columns."""
        return tables.glance_table(self)

    @abstractmethod
    def augment(self) -> pd.DataFrame:
        """The rows of data with fitted values and residuals, in broom.mixed's columns."""

    def summary(self) -> Summary:
        """All a report has of the fit; prints itself in a terminal and in a notebook."""
        return summarise(self)

    @property
    def params(self) -> "pd.Series[float]":
        """Fixed effects by name, as statsmodels calls them."""
        return pd.Series(self.beta, index=list(self.design.fixed_names))

    @property
    def bse(self) -> "pd.Series[float]":
        """Standard errors of the fixed effects."""
        return pd.Series(np.sqrt(np.diagonal(self.beta_cov)), index=self.params.index)

    @property
    def tvalues(self) -> "pd.Series[float]":
        """Fixed effects over their standard errors."""
        return self.params / self.bse

    @property
    def pvalues(self) -> "pd.Series[float]":
        """Two-sided p-values of the fixed effects."""
        return self.coefficients.set_index("term")["p_value"].rename_axis(None)

    def conf_int(self, alpha: float = 0.05) -> pd.DataFrame:
        """Confidence limits of the fixed effects, columns 0 and 1, at level ``1 - alpha``."""
        table = tables.coefficient_table(self, level=1 - alpha).set_index("term")
        return table[["lower", "upper"]].set_axis([0, 1], axis=1).rename_axis(None)

    def cov_params(self) -> pd.DataFrame:
        """Estimated covariance of the fixed effects."""
        names = list(self.design.fixed_names)
        return pd.DataFrame(self.beta_cov, index=names, columns=names)

    @property
    def llf(self) -> float:
        """The log-likelihood, as statsmodels calls it."""
        return self.loglik

    @property
    def aic(self) -> float:
        """Akaike's criterion, counting fixed and covariance parameters."""
        return self.criterion + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion over the rows of data."""
        return float(self.criterion + np.log(self.design.n_obs) * self.n_parameters)

    @property
    @abstractmethod
    def fittedvalues(self) -> Vector:
        """``X beta + Z b`` for each row of data, shape (n,)."""

    @property
    @abstractmethod
    def resid(self) -> Vector:
        """Response minus fitted value, shape (n,)."""

    def __repr__(self) -> str:
        """The summary as text."""
        return str(self.summary())

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()


@final
@dataclass(frozen=True, eq=False, repr=False)
class LMMFit(MixedFit):
    """Estimates of a linear mixed model by (restricted) maximum likelihood.

    Attributes
    ----------
    design : Design
        The design that the model was fitted to.
    method : {"REML", "ML"}
        The criterion that was maximised.
    engine : {"alsmodels", "statsmodels"}
        The engine that found the optimum.
    beta : ndarray of shape (p,)
        The estimated fixed effects.
    beta_cov : ndarray of shape (p, p)
        The estimated covariance matrix of the fixed effects.
    sigma : float
        The residual standard deviation.
    factor : ndarray of shape (q, q)
        The relative covariance factor Lambda; the random effects have covariance ``sigma^2 Lambda Lambda'``.
    loglik : float
        The maximised log (restricted) likelihood, with all its constants.
    status : Status
        How the search for the optimum ended.
    find_effects : callable
        The function that computes ``effects`` when they are first asked for.
    find_freedom : callable or None
        The function that computes ``freedom`` when it is first asked for; None for an engine that has z-tests only.
    """

    design: Design

    @cached_property
    def notes(self) -> tuple[Note, ...]:
        """What a reader of the results has to know about the data, and about random effects that the fit lacks."""
        if not self.status.is_optimum or self.engine != "alsmodels":
            return self.design.notes
        return (*self.design.notes, *note_shortfall(self.design, criterion=self.criterion, method=self.method))

    def augment(self) -> pd.DataFrame:
        """The rows of data with fitted values and residuals, in broom.mixed's columns."""
        return tables.augment_table(self)

    @property
    def fittedvalues(self) -> Vector:
        """``X beta + Z b`` for each row of data, shape (n,)."""
        modes = self.effects.modes[self.design.codes]
        return np.asarray(self.design.X @ self.beta + np.einsum("nq,nq->n", self.design.Z, modes))

    @property
    def resid(self) -> Vector:
        """Response minus fitted value, shape (n,)."""
        return self.design.y - self.fittedvalues


@final
@dataclass(frozen=True, eq=False, repr=False)
class RegistryFit(MixedFit):
    """Estimates from data that were read in parts, by `fit_parts`; as an `LMMFit`, but for what needs the rows.

    Fitted values, residuals and figures with data are refused, for the rows are not kept. Random effects of the
    subjects are there.

    Attributes
    ----------
    design : Registry
        The design that the model was fitted to, without its rows.
    method : {"REML", "ML"}
        The criterion that was maximised.
    engine : {"alsmodels", "statsmodels"}
        The engine that found the optimum.
    beta : ndarray of shape (p,)
        The estimated fixed effects.
    beta_cov : ndarray of shape (p, p)
        The estimated covariance matrix of the fixed effects.
    sigma : float
        The residual standard deviation.
    factor : ndarray of shape (q, q)
        The relative covariance factor Lambda; the random effects have covariance ``sigma^2 Lambda Lambda'``.
    loglik : float
        The maximised log (restricted) likelihood, with all its constants.
    status : Status
        How the search for the optimum ended.
    find_effects : callable
        The function that computes ``effects`` when they are first asked for.
    find_freedom : callable or None
        The function that computes ``freedom`` when it is first asked for; None for an engine that has z-tests only.
    """

    design: Registry

    def augment(self) -> NoReturn:
        """Refuse: rows are not kept."""
        raise no_rows("The rows of data are")

    @property
    def fittedvalues(self) -> NoReturn:
        """Refuse: rows are not kept."""
        raise no_rows("Fitted values are")

    @property
    def resid(self) -> NoReturn:
        """Refuse: rows are not kept."""
        raise no_rows("Residuals are")
