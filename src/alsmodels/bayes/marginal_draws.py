"""Draws of a Gaussian model by the marginal road: few parameters are sampled, everything else is drawn exactly."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeAlias, TypeVar, final

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from alsmodels.bayes.density import AnyTarget
from alsmodels.bayes.importance import ImportanceSample, sample_importance
from alsmodels.bayes.knot_target import build_knot_target
from alsmodels.bayes.naming import draw_coords
from alsmodels.bayes.parallel import in_chunks
from alsmodels.bayes.proposal import adapt, bent_density, posterior_mode, root_of_inverse
from alsmodels.bayes.recovery import covariance_draws, design_squares, recover
from alsmodels.bayes.sampling import NutsOptions, sample_kernel
from alsmodels.bayes.target import build_target
from alsmodels.bayes.trees import as_dataset
from alsmodels.kernels.knots import KnotTarget
from alsmodels.kernels.mode import Density
from alsmodels.kernels.posterior import Target, evaluate
from alsmodels.kernels.recovery import SubjectSquares
from alsmodels.model.design import Design
from alsmodels.model.distributions import Normal
from alsmodels.model.priors import Priors
from alsmodels.model.reduction import reduce_design
from alsmodels.model.response import ResponseModel

__all__ = [
    "AnyModel",
    "Draws",
    "MarginalModel",
    "build_marginal",
    "build_moving",
    "draw_importance",
    "draw_nuts",
    "recover_draws",
]

Array = NDArray[np.float64]
T = TypeVar("T", Target, KnotTarget)

# Whitened by mode and curvature, ten parameters need little to adapt.
TUNE = 400


@final
@dataclass(frozen=True, slots=True, eq=False)
class MarginalModel(Generic[T]):
    """What the samplers of a Gaussian model need.

    Attributes
    ----------
    target : T
        The density of the covariance parameters, and of the knot where it is unknown.
    squares : SubjectSquares
        What each subject's likelihood needs.
    coords : dict of str to object
        Labels of the dimensions of the draws.
    """

    target: T
    squares: SubjectSquares
    coords: dict[str, Any]


AnyModel: TypeAlias = MarginalModel[Target] | MarginalModel[KnotTarget]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Draws, and what their sampler says of them.

    Attributes
    ----------
    posterior, log_likelihood, sample_stats : xarray.Dataset
        Datasets with chain and draw.
    importance : ImportanceSample or None
        How the weights did; None for chains.
    """

    posterior: xr.Dataset
    log_likelihood: xr.Dataset
    sample_stats: xr.Dataset
    importance: ImportanceSample | None = None


def build_marginal(design: Design, priors: Priors) -> MarginalModel[Target]:
    """Reduce one design and its priors to what the samplers need."""
    blocks = reduce_design(design)
    return MarginalModel(
        target=build_target(design, priors, blocks),
        squares=design_squares(design, blocks.scaling),
        coords=draw_coords(design, ResponseModel()),
    )


def build_moving(design: Design, priors: Priors, knot: Normal) -> MarginalModel[KnotTarget]:
    """The same with an unknown knot, whose prior is given."""
    blocks = reduce_design(design)
    fixed = build_target(design, priors, blocks)
    return MarginalModel(
        target=build_knot_target(design, fixed, blocks.scaling, knot),
        squares=design_squares(design, blocks.scaling),
        coords=draw_coords(design, ResponseModel(knot=knot)),
    )


def draw_importance(model: AnyModel, *, draws: int, chains: int, seed: int) -> Draws:
    """Independent draws; ``chains`` only says into how many pieces they are laid."""
    rng = np.random.default_rng(seed)
    sample = sample_importance(model.target, draws=draws, rng=rng)
    posterior, log_likelihood = recover_draws(model, sample.xs, chains, rng)
    lp = _by_chain(sample.log_density, chains)
    return Draws(posterior, log_likelihood, xr.Dataset({"lp": (("chain", "draw"), lp)}, _places(lp)), sample)


def draw_nuts(model: AnyModel, *, draws: int, options: NutsOptions, seed: int) -> Draws:
    """Draws by NUTS; ``draws`` in all chains together."""
    density, centre, factor, straighten = _ground(model.target, seed)
    xs, statistics = sample_kernel(
        density,
        centre=centre,
        factor=factor,
        draws=draws // options.chains,
        tune=options.tune or TUNE,
        options=options,
        seed=seed,
    )
    rng = np.random.default_rng([seed, 1])
    flat = straighten(xs.reshape(-1, xs.shape[-1]))
    posterior, log_likelihood = recover_draws(model, flat, options.chains, rng)
    return Draws(posterior, log_likelihood, statistics)


def _ground(target: AnyTarget, seed: int) -> tuple[Density, Array, Array, Callable[[Array], Array]]:
    """What chains move on, about where and in which scale, and the way back to x.

    About the mode; with an unknown knot, whose modes are several, in the coordinates of the adapted proposal.
    """
    if not isinstance(target, KnotTarget):
        mode = posterior_mode(target)
        return lambda x: evaluate(x, target, True), mode.x, root_of_inverse(mode.precision), lambda x: x
    proposal = adapt(target, np.random.default_rng([seed, 2]), in_chunks)
    density = bent_density(target, proposal.bends)
    return density, proposal.centre, proposal.factor, lambda v: proposal.straighten(v)[0]


def recover_draws(model: AnyModel, xs: Array, chains: int, rng: np.random.Generator) -> tuple[xr.Dataset, xr.Dataset]:
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
