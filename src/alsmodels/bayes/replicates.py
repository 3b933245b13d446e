"""One replicate of simulation-based calibration: where a truth stands among draws from the posterior of its data.

Parameters come from the priors, data from the parameters, draws from the posterior of the data. If the sampler is
right, the rank of the truth among L independent draws is uniform on 0 .. L (Talts, Betancourt, Simpson, Vehtari &
Gelman 2018). The log-likelihood is ranked too: as a function of parameters and data it shows faults, such as data that
are ignored, which no parameter shows (Modrák et al. 2023).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.importance import sample_importance
from alsmodels.bayes.marginal_draws import TUNE, build_marginal
from alsmodels.bayes.naming import draw_coords, pair_places
from alsmodels.bayes.proposal import posterior_mode, root_of_inverse
from alsmodels.bayes.recovery import covariance_draws, recover
from alsmodels.bayes.sampling import NutsOptions, sample_kernel
from alsmodels.kernels.posterior import Target, evaluate
from alsmodels.model.design import Design
from alsmodels.model.estimand import Contrast
from alsmodels.model.priors import Priors
from alsmodels.model.response import ResponseModel

__all__ = ["Ranked", "Truth", "draw_truth", "names_of", "rank_replicate", "simulate_response"]

Array = NDArray[np.float64]

# Draws made for each that the truth is ranked among, so that those are as good as independent.
_IMPORTANCE_EXCESS, _NUTS_EXCESS = 10, 5
_ONE_CHAIN = NutsOptions(chains=1, progress=False)


@final
@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """Parameters of a Gaussian model.

    Attributes
    ----------
    beta : ndarray of shape (p,)
    factor : ndarray of shape (q, q)
        Lower, of the covariance of the random effects.
    sd, correlation : ndarray of shape (q,), (k,)
    sigma : float
        Residual standard deviation.
    """

    beta: Array
    factor: Array
    sd: Array
    correlation: Array
    sigma: float


@final
@dataclass(frozen=True, slots=True, eq=False)
class Ranked:
    """Where the truth stood in one replicate.

    Attributes
    ----------
    ranks : ndarray of int of shape (n,)
        Draws below the truth, in the order of `names_of`.
    k_hat : float
        The k-hat of importance sampling; NaN for chains.
    n_divergent : int
        Divergent draws of a chain; 0 for importance sampling.
    """

    ranks: NDArray[np.int64]
    k_hat: float
    n_divergent: int


def names_of(design: Design) -> list[str]:
    """The quantities that every replicate ranks, such as ``sd[week]``; questions come after them."""
    coords = draw_coords(design, ResponseModel())
    parts = {"beta": "term", "sd": "effect", "correlation": "pair"}
    names = [f"{name}[{label}]" for name, dim in parts.items() for label in coords.get(dim, ())]
    return [*names, "sigma", "log-likelihood"]


def titles_of(design: Design) -> list[str]:
    """The same quantities in words, such as ``SD of week``."""
    fixed, random = ([term.title for term in terms] for terms in (design.fixed_terms, design.random_terms))
    pairs = [f"correlation of {random[row]} and {random[col]}" for row, col in pair_places(design.template)]
    return [*fixed, *[f"SD of {title}" for title in random], *pairs, "residual SD", "log-likelihood"]


def rank_replicate(
    design: Design,
    priors: Priors,
    contrasts: Sequence[Contrast],
    *,
    method: str,
    draws: int,
    seed: np.random.SeedSequence,
) -> Ranked:
    """Make and rank one replicate; the same seed gives the same ranks.

    Parameters
    ----------
    design : Design
        The design whose X, Z and subjects are used; its y is not.
    priors : Priors
        The priors of its coefficients.
    contrasts : sequence of Contrast
        Questions about the fixed effects.
    method : str
        ``"importance"`` or ``"nuts"``.
    draws : int
        The number of draws that the truth is ranked among.
    seed : numpy.random.SeedSequence
        The seed of this replicate.
    """
    rng = np.random.default_rng(seed)
    truth = draw_truth(design, priors, rng)
    simulated = replace(design, y=simulate_response(design, truth, rng))
    model = build_marginal(simulated, priors)
    sampled = SAMPLERS[method](model.target, draws, rng)
    spread = covariance_draws(sampled.xs, model.target)
    found = recover(sampled.xs, model.target, model.squares, rng)
    drawn = [found.beta, spread["sd"], spread["correlation"], spread["sigma"], found.loglik.sum(axis=1, keepdims=True)]
    true = [truth.beta, truth.sd, truth.correlation, [truth.sigma], [log_likelihood(simulated, truth)]]
    values = np.column_stack([*drawn, *[one.value(found.beta) for one in contrasts]])
    actual = np.concatenate([*true, [float(one.value(truth.beta)) for one in contrasts]])
    return Ranked((values < actual).sum(axis=0), sampled.k_hat, sampled.n_divergent)


def draw_truth(design: Design, priors: Priors, rng: np.random.Generator) -> Truth:
    """Parameters of a design, drawn from their priors."""
    beta = np.array([priors.fixed[name].draw(rng, 1)[0] for name in design.fixed_names])
    sd = np.array([priors.sds[name].draw(rng, 1)[0] for name in design.random_names])
    root = np.zeros((len(sd), len(sd)))
    for block in design.template.blocks:
        root[block, block] = priors.correlation.draw(rng, 1, n=block.stop - block.start)[0]
    correlation = np.array([root[row] @ root[col] for row, col in pair_places(design.template)])
    sigma = float(priors.residual.draw(rng, 1)[0])
    return Truth(beta=beta, factor=sd[:, None] * root, sd=sd, correlation=correlation, sigma=sigma)


def simulate_response(design: Design, truth: Truth, rng: np.random.Generator) -> Array:
    """A response of the design's subjects at their visits, shape (n,); as the model has it, without bounds."""
    b = rng.standard_normal((design.n_subjects, len(truth.sd))) @ truth.factor.T
    noise = truth.sigma * rng.standard_normal(design.n_obs)
    return np.asarray(design.X @ truth.beta + (design.Z * b[design.codes]).sum(axis=1) + noise)


def log_likelihood(design: Design, truth: Truth) -> float:
    """Log density of the response, random effects integrated out, from each subject's covariance matrix.

    The kernels that the draws go through are not used, so that it checks them.
    """
    left, total = design.y - design.X @ truth.beta, 0.0
    for start, stop in zip(design.starts[:-1], design.starts[1:], strict=True):
        root = design.Z[start:stop] @ truth.factor
        V = root @ root.T + truth.sigma**2 * np.eye(stop - start)
        total += np.linalg.slogdet(V)[1] + left[start:stop] @ np.linalg.solve(V, left[start:stop])
    return float(-0.5 * (total + design.n_obs * np.log(2 * np.pi)))


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Sampled:
    """Draws of the covariance parameters, shape (s, d), and how they were got."""

    xs: Array
    k_hat: float = float("nan")
    n_divergent: int = 0


def _by_importance(target: Target, draws: int, rng: np.random.Generator) -> _Sampled:
    """Of many draws, which come in random order, the first."""
    sample = sample_importance(target, draws=_IMPORTANCE_EXCESS * draws, rng=rng)
    return _Sampled(np.ascontiguousarray(sample.xs[:draws]), k_hat=sample.k_hat)


def _by_nuts(target: Target, draws: int, rng: np.random.Generator) -> _Sampled:
    """Of one chain, every so many-th draw."""
    mode = posterior_mode(target)
    xs, statistics = sample_kernel(
        lambda x: evaluate(x, target, True),
        centre=mode.x,
        factor=root_of_inverse(mode.precision),
        draws=_NUTS_EXCESS * draws,
        tune=TUNE,
        options=_ONE_CHAIN,
        seed=int(rng.integers(2**32)),
    )
    return _Sampled(np.ascontiguousarray(xs[0, ::_NUTS_EXCESS]), n_divergent=int(statistics["diverging"].sum()))


SAMPLERS: dict[str, Callable[[Target, int, np.random.Generator], _Sampled]] = {
    "importance": _by_importance,
    "nuts": _by_nuts,
}
