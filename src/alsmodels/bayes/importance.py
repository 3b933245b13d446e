"""Sampling by importance: independent draws of the few covariance parameters, weighted.

The proposal is a multivariate t about the posterior mode. Where it does not fit (a variance near zero leaves a long
tail) it is moved to the weighted moments of what it has drawn, and drawn from again (Cappe et al. 2004, population
Monte Carlo). The weights are Pareto-smoothed, and their shape k-hat says whether the draws can be relied on (Vehtari
et al. 2024).
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from alsmodels.bayes.monte_carlo import smooth_weights
from alsmodels.bayes.parallel import Spread, in_chunks
from alsmodels.kernels.mode import Mode, find_mode
from alsmodels.kernels.posterior import Target, evaluate, evaluate_range

__all__ = ["ImportanceSample", "posterior_mode", "root_of_inverse", "sample_importance", "start_point"]

Array = NDArray[np.float64]

# Degrees of freedom of the proposal.
DF = 8.0
# Proposals for each draw that is kept.
_EXCESS = 2
_PILOT = 1000
_MOST_ROUNDS = 4
# Share of effective draws with which the proposal is left as it is.
_ENOUGH = 0.6


@final
@dataclass(frozen=True, slots=True, eq=False)
class ImportanceSample:
    """Draws with equal weights, and how good they are.

    Attributes
    ----------
    xs : shape (s, d)
    log_density : shape (s,), of the posterior at each
    k_hat : shape of the tail of the weights; above 0.7 the draws are not to be relied on
    efficiency : effective draws for each proposal, ``1 / (n sum w^2)``
    n_proposals : how many draws of the proposal were weighted
    log_evidence : log marginal likelihood
    mode : of the density
    """

    xs: Array
    log_density: Array
    k_hat: float
    efficiency: float
    n_proposals: int
    log_evidence: float
    mode: Mode

    @property
    def ess(self) -> float:
        """Effective number of draws: no more than were kept, no more than the weights allow."""
        return min(float(len(self.xs)), self.efficiency * self.n_proposals)


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Proposal:
    """A multivariate t: centre (d,) and lower factor (d, d) of its scale matrix."""

    centre: Array
    factor: Array

    def draw(self, size: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draws, shape (size, d), and their log densities, shape (size,)."""
        d = len(self.centre)
        z = rng.standard_normal((size, d))
        z *= np.sqrt(DF / rng.chisquare(DF, (size, 1)))
        constant = gammaln((DF + d) / 2) - gammaln(DF / 2) - d / 2 * np.log(DF * np.pi)
        constant -= np.log(np.diagonal(self.factor)).sum()
        return self.centre + z @ self.factor.T, constant - (DF + d) / 2 * np.log1p((z**2).sum(axis=1) / DF)


def start_point(target: Target) -> Array:
    """Where the search begins: half of the variance about the fixed effects to each side, no correlation."""
    outward = np.linalg.inv(target.inward)
    sd = np.sqrt(np.diagonal(outward @ outward.T) * 0.25)
    return np.concatenate([np.log(sd), np.zeros(len(target.pair_row)), np.log(0.7 * target.sizes)])


def posterior_mode(target: Target) -> Mode:
    """The mode of the covariance parameters."""
    return find_mode(lambda x: evaluate(x, target), start_point(target))


def sample_importance(
    target: Target, *, draws: int, rng: np.random.Generator, spread: Spread = in_chunks
) -> ImportanceSample:
    """Draw covariance parameters from their posterior.

    Parameters
    ----------
    target : the density
    draws : to be kept
    rng : all chance comes from it
    spread : how evaluations are spread over threads; `at_once` where each posterior has a thread of its own
    """
    mode = posterior_mode(target)
    proposal = _Proposal(mode.x, root_of_inverse(mode.precision))
    for _ in range(_MOST_ROUNDS):
        xs, log_weights, _ = _weigh(proposal, target, _PILOT, rng, spread)
        if _efficiency(log_weights) > _ENOUGH:
            break
        proposal = _refit(xs, log_weights)
    xs, log_weights, log_density = _weigh(proposal, target, _EXCESS * draws, rng, spread)
    smoothed, k_hat = smooth_weights(log_weights)
    weights = np.exp(smoothed - smoothed.max())
    weights /= weights.sum()
    kept = _resample(weights, draws, rng)
    return ImportanceSample(
        xs=xs[kept],
        log_density=log_density[kept],
        k_hat=k_hat,
        efficiency=_efficiency(smoothed),
        n_proposals=len(xs),
        log_evidence=_log_mean(log_weights),
        mode=mode,
    )


def _weigh(
    proposal: _Proposal, target: Target, size: int, rng: np.random.Generator, spread: Spread
) -> tuple[Array, Array, Array]:
    """Draws of the proposal, their log weights and their log densities under the posterior."""
    xs, log_proposal = proposal.draw(size, rng)
    log_density = np.empty(size)
    spread(lambda start, stop: evaluate_range(xs, target, log_density, start, stop), size)
    log_density[np.isnan(log_density)] = -np.inf
    return xs, log_density - log_proposal, log_density


def _log_mean(logs: Array) -> float:
    top = logs.max()
    return float(top + np.log(np.mean(np.exp(logs - top))))


def _efficiency(log_weights: Array) -> float:
    weights = np.exp(log_weights - log_weights.max())
    return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))


def _refit(xs: Array, log_weights: Array) -> _Proposal:
    """The t with the weighted moments of the draws; weights are truncated (Ionides 2008) so that none rules alone."""
    weights = np.exp(log_weights - log_weights.max())
    weights = np.minimum(weights, weights.mean() * np.sqrt(len(weights)))
    weights /= weights.sum()
    centre = weights @ xs
    apart = xs - centre
    covariance = (weights[:, None] * apart).T @ apart
    return _Proposal(centre, np.linalg.cholesky(covariance + 1e-8 * np.diag(np.diagonal(covariance))))


def root_of_inverse(precision: Array) -> Array:
    """Lower F with ``F F' = precision^-1``."""
    return np.linalg.cholesky(np.linalg.inv(precision))


def _resample(weights: Array, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Systematic resampling (Kitagawa 1996) in random order: each draw as often as its weight says, to within one."""
    points = (rng.random() + np.arange(size)) / size
    return rng.permutation(np.minimum(np.searchsorted(np.cumsum(weights), points), len(weights) - 1))
