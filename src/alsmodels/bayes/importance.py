"""Sampling by importance: independent draws of the few parameters that are left, weighted.

The draws come from an adapted proposal (`proposal`). The weights are Pareto-smoothed, and their shape k-hat says
whether the draws can be relied on (Vehtari et al. 2024).
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.density import AnyTarget
from alsmodels.bayes.monte_carlo import smooth_weights
from alsmodels.bayes.parallel import Spread, in_chunks
from alsmodels.bayes.proposal import adapt, efficiency, weigh

__all__ = ["ImportanceSample", "sample_importance"]

Array = NDArray[np.float64]

# Proposals for each draw that is kept.
_EXCESS = 2


@final
@dataclass(frozen=True, slots=True, eq=False)
class ImportanceSample:
    """Draws with equal weights, and how good they are.

    Attributes
    ----------
    xs : ndarray of shape (s, d)
    log_density : ndarray of shape (s,)
        Of the posterior at each.
    k_hat : float
        Shape of the tail of the weights; above 0.7 the draws are not to be relied on.
    efficiency : float
        Effective draws for each proposal, ``1 / (n sum w^2)``.
    n_proposals : int
        How many draws of the proposal were weighted.
    log_evidence : float
        log marginal likelihood.
    """

    xs: Array
    log_density: Array
    k_hat: float
    efficiency: float
    n_proposals: int
    log_evidence: float

    @property
    def ess(self) -> float:
        """Effective number of draws: no more than were kept, no more than the weights allow."""
        return min(float(len(self.xs)), self.efficiency * self.n_proposals)


def sample_importance(
    target: AnyTarget, *, draws: int, rng: np.random.Generator, spread: Spread = in_chunks
) -> ImportanceSample:
    """Draw covariance parameters, and the knot where it is unknown, from their posterior.

    Parameters
    ----------
    target : AnyTarget
        The density.
    draws : int
        The number of draws that are kept.
    rng : numpy.random.Generator
        All chance comes from it.
    spread : Spread
        How evaluations are spread over threads; `at_once` where each posterior has a thread of its own.
    """
    found = weigh(adapt(target, rng, spread), target, _EXCESS * draws, rng, spread)
    smoothed, k_hat = smooth_weights(found.log_weights)
    weights = np.exp(smoothed - smoothed.max())
    weights /= weights.sum()
    kept = _resample(weights, draws, rng)
    return ImportanceSample(
        xs=found.xs[kept],
        log_density=found.log_density[kept],
        k_hat=k_hat,
        efficiency=efficiency(smoothed),
        n_proposals=len(found.xs),
        log_evidence=_log_mean(found.log_weights),
    )


def _log_mean(logs: Array) -> float:
    top = logs.max()
    return float(top + np.log(np.mean(np.exp(logs - top))))


def _resample(weights: Array, size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Systematic resampling (Kitagawa 1996) in random order: each draw as often as its weight says, to within one."""
    points = (rng.random() + np.arange(size)) / size
    return rng.permutation(np.minimum(np.searchsorted(np.cumsum(weights), points), len(weights) - 1))
