"""Draws of a Gaussian model by the marginal road: few parameters are sampled, everything else is drawn exactly."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from alsmodels.bayes.importance import ImportanceSample, posterior_mode, root_of_inverse, sample_importance
from alsmodels.bayes.naming import draw_coords
from alsmodels.bayes.recovery import covariance_draws, design_squares, recover
from alsmodels.bayes.sampling import NutsOptions, sample_kernel
from alsmodels.bayes.target import build_target
from alsmodels.bayes.trees import as_dataset
from alsmodels.kernels.posterior import Target, evaluate
from alsmodels.kernels.recovery import SubjectSquares
from alsmodels.model.design import Design
from alsmodels.model.priors import Priors
from alsmodels.model.reduction import reduce_design
from alsmodels.model.response import ResponseModel

__all__ = ["Draws", "MarginalModel", "build_marginal", "draw_importance", "draw_nuts", "recover_draws"]

Array = NDArray[np.float64]

# Whitened by mode and curvature, ten parameters need little to adapt.
TUNE = 400


@final
@dataclass(frozen=True, slots=True, eq=False)
class MarginalModel:
    """What the samplers of a Gaussian model need.

    Attributes
    ----------
    target : the density of the covariance parameters
    squares : what each subject's likelihood needs
    coords : labels of the dimensions of the draws
    """

    target: Target
    squares: SubjectSquares
    coords: dict[str, Any]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Draws, and what their sampler says of them.

    Attributes
    ----------
    posterior, log_likelihood, sample_stats : datasets with chain and draw
    importance : how the weights did; None for chains
    """

    posterior: xr.Dataset
    log_likelihood: xr.Dataset
    sample_stats: xr.Dataset
    importance: ImportanceSample | None = None


def build_marginal(design: Design, priors: Priors) -> MarginalModel:
    """Reduce one design and its priors to what the samplers need."""
    blocks = reduce_design(design)
    return MarginalModel(
        target=build_target(design, priors, blocks),
        squares=design_squares(design, blocks.scaling),
        coords=draw_coords(design, ResponseModel()),
    )


def draw_importance(model: MarginalModel, *, draws: int, chains: int, seed: int) -> Draws:
    """Independent draws; ``chains`` only says into how many pieces they are laid."""
    rng = np.random.default_rng(seed)
    sample = sample_importance(model.target, draws=draws, rng=rng)
    posterior, log_likelihood = recover_draws(model, sample.xs, chains, rng)
    lp = _by_chain(sample.log_density, chains)
    return Draws(posterior, log_likelihood, xr.Dataset({"lp": (("chain", "draw"), lp)}, _places(lp)), sample)


def draw_nuts(model: MarginalModel, *, draws: int, options: NutsOptions, seed: int) -> Draws:
    """Draws by NUTS; ``draws`` in all chains together."""
    mode = posterior_mode(model.target)
    xs, statistics = sample_kernel(
        lambda x: evaluate(x, model.target),
        centre=mode.x,
        factor=root_of_inverse(mode.precision),
        draws=draws // options.chains,
        tune=options.tune or TUNE,
        options=options,
        seed=seed,
    )
    rng = np.random.default_rng([seed, 1])
    posterior, log_likelihood = recover_draws(model, xs.reshape(-1, xs.shape[-1]), options.chains, rng)
    return Draws(posterior, log_likelihood, statistics)


def recover_draws(
    model: MarginalModel, xs: Array, chains: int, rng: np.random.Generator
) -> tuple[xr.Dataset, xr.Dataset]:
    """The posterior and log_likelihood groups at each row of ``xs``, shape (s, d)."""
    found = recover(xs, model.target, model.squares, rng)
    spread = covariance_draws(xs, model.target)
    if spread["sigma"].shape[1] == 1:
        spread["sigma"] = spread["sigma"][:, 0]
    if not spread["correlation"].shape[1]:
        del spread["correlation"]
    posterior = as_dataset({"beta": found.beta, **spread, "b": found.b}, chains=chains, coords=model.coords)
    values = found.loglik.reshape(chains, -1, found.loglik.shape[1])
    places = _places(values) | {"subject": model.coords["subject"]}
    return posterior, xr.Dataset({"y": (("chain", "draw", "subject"), values)}, places)


def _by_chain(values: Array, chains: int) -> Array:
    return values.reshape(chains, -1)


def _places(values: Array) -> dict[str, Any]:
    return {"chain": np.arange(values.shape[0]), "draw": np.arange(values.shape[1])}
