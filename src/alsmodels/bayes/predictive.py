"""Data that a prior or a posterior predicts, to be held against the data that came.

Under the prior the subjects are new ones, with random effects drawn from their prior covariance, seen when those of the
design were; under the posterior they are the same subjects, given their own random effects.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from alsmodels.bayes.naming import draw_coords, pair_places
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.replication import scatter_values, subject_trajectories
from alsmodels.bayes.scatter import arm_codes, level_prior
from alsmodels.bayes.trees import as_dataset
from alsmodels.errors import EstimandError, SpecError
from alsmodels.model.design import Design, refuse_weights
from alsmodels.model.encoding import evaluate_response
from alsmodels.model.priors import Priors, check_priors
from alsmodels.model.response import ResponseModel
from alsmodels.model.seeds import check_seed, settle_seed

__all__ = ["Outside", "PriorPredictive", "add_predictive", "draw_prior", "prior_predictive"]

Array = NDArray[np.float64]

GAUSSIAN = ResponseModel()
PRIOR_DRAWS = 1000


@final
@dataclass(frozen=True, slots=True)
class Outside:
    """How much of what a prior predicts lies where no value can be.

    Attributes
    ----------
    lower, upper : float
        The bounds.
    values : float
        Share of single values beyond them.
    trajectories : float
        Share of subjects whose own mean course, without residuals, is beyond them at some visit.
    """

    lower: float
    upper: float
    values: float
    trajectories: float

    def describe(self, *, minus: str = "-") -> str:
        """Say it in a sentence; negative numbers have this sign."""
        lower, upper = (f"{bound:g}".replace("-", minus) for bound in (self.lower, self.upper))
        where = f"leave the range {lower} to {upper}"
        if not np.isfinite(self.lower):
            where = f"are above {upper}"
        elif not np.isfinite(self.upper):
            where = f"are below {lower}"
        return f"{self.values:.0%} of the values and {self.trajectories:.0%} of the trajectories {where}."

    def __str__(self) -> str:
        """Say it in a sentence."""
        return self.describe()


@final
@dataclass(frozen=True, eq=False, repr=False)
class PriorPredictive:
    """What priors say of new subjects, seen at the weeks and with the covariates of a design.

    Attributes
    ----------
    design : Design
        The design whose rows the new subjects have.
    draws : xarray.Dataset
        The draws of the parameters, in the names of a posterior.
    mu : ndarray of shape (s, n)
        The subjects' trajectories.
    y : ndarray of shape (s, n)
        The values that are measured on the subjects.
    """

    design: Design
    draws: xr.Dataset
    mu: Array
    y: Array

    @cached_property
    def bounds(self) -> tuple[float, float] | None:
        """The outcome's bounds on the scale of the response, infinite where there is one only; None if unknown."""
        return _find_bounds(self.design)

    def share_outside(self, lower: float = -np.inf, upper: float = np.inf) -> Outside:
        """How many values and trajectories leave two bounds, on the scale of the response."""
        if not lower < upper:
            msg = f"The lower bound is below the upper one; {lower:g} is not below {upper:g}."
            raise EstimandError(msg)
        gone = (self.mu < lower) | (self.mu > upper)
        by_subject = np.logical_or.reduceat(gone, self.design.starts[:-1], axis=1)
        values = np.mean((self.y < lower) | (self.y > upper))
        return Outside(lower, upper, float(values), float(by_subject.mean()))

    @cached_property
    def outside(self) -> Outside:
        """How many values and trajectories leave the bounds of the outcome."""
        if self.bounds is None:
            msg = f"The bounds of '{self.design.spec.columns[0]}' are not known; ask share_outside(lower, upper)."
            raise EstimandError(msg)
        return self.share_outside(*self.bounds)

    def describe(self, *, minus: str = "-") -> str:
        """Where the values lie, and how many leave the bounds, in sentences; negative numbers with this sign."""
        low, high = (f"{value:.3g}".replace("-", minus) for value in np.quantile(self.y, [0.025, 0.975]))
        said = f"95% of the values of {self.design.spec.response} lie between {low} and {high}."
        return said if self.bounds is None else f"{said} {self.outside.describe(minus=minus)}"

    def __str__(self) -> str:
        """What was drawn, and what it says."""
        drawn = f"{len(self.y)} draws from the priors of {self.design.spec.shown}"
        return f"{drawn}, each with {self.design.n_subjects} new subjects: {self.describe()}"

    __repr__ = __str__


def draw_prior(design: Design, priors: Priors, response: ResponseModel, *, draws: int, seed: int | None) -> xr.Dataset:
    """Draw the population parameters from their priors: one chain, in the names and units of a posterior."""
    found, _ = _draw_parameters(design, priors, response, draws, np.random.default_rng(settle_seed(seed)))
    return as_dataset(found, chains=1, coords=draw_coords(design, response))


def prior_predictive(
    design: Design,
    priors: Priors,
    response: ResponseModel = GAUSSIAN,
    *,
    draws: int = PRIOR_DRAWS,
    seed: int | None = None,
) -> PriorPredictive:
    """Draw new subjects from the priors, before any data are looked at.

    Parameters
    ----------
    design : Design
        The design whose rows, weeks and covariates the new subjects have.
    priors : Priors
        The priors to try.
    response : ResponseModel, optional
        The response model: how values scatter about a subject's trajectory.
    draws : int, default 1000
        The number of draws of the parameters, each with its own subjects.
    seed : int, optional
        The seed of the random numbers: the same seed gives the same draws, and the parameters that `draw_prior` gives.

    Returns
    -------
    PriorPredictive
        It prints itself in a sentence; `plot_prior_predictive` draws it.

    Raises
    ------
    SpecError
        If the priors are not those of the design, or there is no draw.
    """
    refuse_weights(design, verb="prior_predictive")
    rng = np.random.default_rng(settle_seed(seed))
    found, factor = _draw_parameters(design, priors, response, draws, rng)
    z = rng.standard_normal((draws, design.n_subjects, factor.shape[1]))
    mu = subject_trajectories(design, response, found | {"b": np.einsum("sac,smc->sma", factor, z)})
    y = scatter_values(design, response, found, mu, rng)
    return PriorPredictive(design, as_dataset(found, chains=1, coords=draw_coords(design, response)), mu, y)


def add_predictive(post: PosteriorFit, *, seed: int, prior: bool = True) -> PosteriorFit:
    """Add replicated data to a posterior.

    Parameters
    ----------
    post : PosteriorFit
        The posterior to extend.
    seed : int
        The seed of the random numbers; the same seed gives the same values.
    prior : bool, default True
        Whether to draw from the priors as well.

    Returns
    -------
    PosteriorFit
        The same fit; its draws have the group ``posterior_predictive`` with ``y`` by chain, draw and row, for the same
        subjects given their random effects, and if asked ``prior`` and ``prior_predictive``. Values of censored models
        are those before censoring; `censor_values` puts them to the limits.
    """
    design, response, coords = post.design, post.response, draw_coords(post.design, post.response)
    rng = np.random.default_rng([check_seed(seed), 0])
    found = {str(name): post.stacked(str(name)) for name in post.posterior.data_vars}
    y = scatter_values(design, response, found, subject_trajectories(design, response, found), rng)
    groups = {"posterior_predictive": as_dataset({"y": y}, chains=post.posterior.sizes["chain"], coords=coords)}
    if prior:
        predicted = prior_predictive(design, post.priors, response, seed=seed)
        groups["prior"] = predicted.draws
        groups["prior_predictive"] = as_dataset({"y": predicted.y}, chains=1, coords=coords)
    return post.with_groups(**groups)


def _draw_parameters(
    design: Design, priors: Priors, response: ResponseModel, size: int, rng: np.random.Generator
) -> tuple[dict[str, Array], Array]:
    """Draws by name, and the factor L of the covariance of the random effects, shape (s, q, q)."""
    check_priors(priors, design)
    if size < 1:
        msg = f"A prior is seen by at least one draw, not {size}."
        raise SpecError(msg)
    found = {
        "beta": np.stack([priors.fixed[name].draw(rng, size) for name in design.fixed_names], axis=1),
        "sd": np.stack([priors.sds[name].draw(rng, size) for name in design.random_names], axis=1),
    }
    C = np.zeros((size, len(design.random_names), len(design.random_names)))
    for block in design.template.blocks:
        C[:, block, block] = priors.correlation.draw(rng, size, n=block.stop - block.start)
    if pairs := pair_places(design.template):
        row, col = np.transpose(pairs)
        found["correlation"] = np.einsum("ska,ska->sk", C[:, row], C[:, col])
    groups = int(arm_codes(design).max()) + 1 if response.sd_by_arm else 1
    sigma = priors.residual.draw(rng, size * groups).reshape(size, groups)
    found["sigma"] = sigma if response.sd_by_arm else sigma[:, 0]
    if response.tails == "student_t":
        found["df"] = response.df.draw(rng, size)
    if response.sd_by_level:
        found["level_effect"] = level_prior(design, response).draw(rng, size)
    if response.knot is not None:
        found["knot"] = response.knot.draw(rng, size)
    return found, found["sd"][:, :, None] * C


def _find_bounds(design: Design) -> tuple[float, float] | None:
    outcome, spec = design.outcome, design.spec
    if outcome is None or (outcome.lower is None and outcome.upper is None):
        return None
    if spec.parsed.offsets:  # less an offset each row has bounds of its own
        return None
    lower = -np.inf if outcome.lower is None else outcome.lower
    upper = np.inf if outcome.upper is None else outcome.upper
    if spec.transform.is_raw:
        return lower, upper
    ends = evaluate_response(spec.response, pd.DataFrame({spec.columns[0]: [lower, upper]}))
    ends = np.where(np.isnan(ends), [-np.inf, np.inf], ends)
    return float(ends.min()), float(ends.max())
