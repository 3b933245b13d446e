"""Proposals for importance sampling: a multivariate t in coordinates in which the posterior is close to normal.

Most coordinates are left as they are. Those of an unknown knot, and of the logarithm of a standard deviation that leans
on zero, are bent by their margins (`kernels.margins`): the one may have several modes, the other has an exponential
tail. Where the t does not fit it is moved to the weighted moments of what it has drawn (Cappe et al. 2004, population
Monte Carlo).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from alsmodels.bayes.density import AnyTarget, base_of, density_of, fill_values
from alsmodels.bayes.margins import Course, find_leaning, trace_knot, trace_sd
from alsmodels.bayes.parallel import Spread
from alsmodels.kernels.knots import KnotTarget
from alsmodels.kernels.margins import Margin, bend, bend_range
from alsmodels.kernels.mode import Density, Mode, find_mode
from alsmodels.kernels.posterior import Target, evaluate

__all__ = ["Proposal", "Weighed", "adapt", "bent_density", "efficiency", "posterior_mode", "root_of_inverse", "weigh"]

Array = NDArray[np.float64]

# Degrees of freedom of the proposal.
DF = 8.0
_PILOT = 1000
_MOST_ROUNDS = 4
# Share of effective draws with which the proposal is left as it is.
_ENOUGH = 0.6


@final
@dataclass(frozen=True, slots=True, eq=False)
class Proposal:
    """A multivariate t in v.

    Attributes
    ----------
    centre, factor : ndarray of shape (d,), and (d, d)
        Lower, of its scale matrix.
    bends : mapping of int to Margin
        Margins of the coordinates of x that are not those of v.
    """

    centre: Array
    factor: Array
    bends: Mapping[int, Margin]

    def draw(self, size: int, rng: np.random.Generator) -> tuple[Array, Array]:
        """Draws of v, shape (size, d), and their log densities, shape (size,)."""
        d = len(self.centre)
        z = rng.standard_normal((size, d))
        z *= np.sqrt(DF / rng.chisquare(DF, (size, 1)))
        constant = gammaln((DF + d) / 2) - gammaln(DF / 2) - d / 2 * np.log(DF * np.pi)
        constant -= np.log(np.diagonal(self.factor)).sum()
        return self.centre + z @ self.factor.T, constant - (DF + d) / 2 * np.log1p((z**2).sum(axis=1) / DF)

    def straighten(self, v: Array) -> tuple[Array, Array]:
        """The x of each v, shape (s, d), and log|dx/dv|, shape (s,)."""
        xs, log_rate, rate = v.copy(), np.zeros(len(v)), np.empty(len(v))
        for place, margin in self.bends.items():
            column = np.empty(len(v))
            bend_range(np.ascontiguousarray(v[:, place]), margin, column, rate)
            xs[:, place], log_rate = column, log_rate + rate
        return xs, log_rate


@final
@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """Draws of a proposal.

    Attributes
    ----------
    v, xs : ndarray of shape (s, d)
    log_weights : ndarray of shape (s,)
    log_density : ndarray of shape (s,)
        The log density of the posterior at each x.
    """

    v: Array
    xs: Array
    log_weights: Array
    log_density: Array


def start_point(target: Target) -> Array:
    """Where the search begins: half of the variance about the fixed effects to each side, no correlation."""
    outward = np.linalg.inv(target.inward)
    sd = np.sqrt(np.diagonal(outward @ outward.T) * 0.25)
    return np.concatenate([np.log(sd), np.zeros(len(target.pair_row)), np.log(0.7 * target.sizes)])


def posterior_mode(target: Target) -> Mode:
    """The mode of the covariance parameters."""
    return find_mode(lambda x: evaluate(x, target, True), start_point(target))


def adapt(target: AnyTarget, rng: np.random.Generator, spread: Spread) -> Proposal:
    """A proposal that fits, as far as it can be made to."""
    proposal = _first(target)
    for _ in range(_MOST_ROUNDS):
        found = weigh(proposal, target, _PILOT, rng, spread)
        if efficiency(found.log_weights) > _ENOUGH:
            break
        proposal = _refit(proposal, found)
    return proposal


def weigh(proposal: Proposal, target: AnyTarget, size: int, rng: np.random.Generator, spread: Spread) -> Weighed:
    """Draw from a proposal and weigh by the posterior."""
    v, log_proposal = proposal.draw(size, rng)
    xs, log_rate = proposal.straighten(v)
    log_density = np.empty(size)
    spread(lambda start, stop: fill_values(xs, target, log_density, start, stop), size)
    log_density[np.isnan(log_density)] = -np.inf
    return Weighed(v, xs, log_density + log_rate - log_proposal, log_density)


def efficiency(log_weights: Array) -> float:
    """Effective draws for each that was weighed."""
    weights = np.exp(log_weights - log_weights.max())
    return float(weights.sum() ** 2 / (weights**2).sum() / len(weights))


def bent_density(target: AnyTarget, bends: Mapping[int, Margin]) -> Density:
    """Log density of v and its gradient, where a coordinate of x is bent."""
    density = density_of(target)

    def bent(v: Array) -> tuple[float, Array]:
        x, rates = v.copy(), []
        for place, margin in bends.items():
            x[place], rate, fall = bend(v[place], margin)
            rates.append((place, rate, fall))
        value, slope = density(x)
        for place, rate, fall in rates:
            value += np.log(rate)
            slope[place] = (slope[place] - fall) * rate - v[place]
        return value, slope

    return bent


def root_of_inverse(precision: Array) -> Array:
    """Lower F with ``F F' = precision^-1``."""
    return np.linalg.cholesky(np.linalg.inv(precision))


def _first(target: AnyTarget) -> Proposal:
    """About the mode; an unknown knot, which comes last, is followed first."""
    density, start = density_of(target), start_point(base_of(target))
    if not isinstance(target, KnotTarget):
        return _about(density, find_mode(density, start), len(target.inward))
    course = trace_knot(density, np.append(start, 0.0))
    proposal = _about(_beside(density, course), course.mode, len(target.fixed.inward))
    d = len(start)
    factor = np.eye(d + 1)
    factor[:d, :d] = proposal.factor
    return Proposal(np.append(proposal.centre, 0.0), factor, {**proposal.bends, d: course.margin})


def _beside(density: Density, course: Course) -> Density:
    """The density of all but the last coordinate, which stays where the density is highest."""

    def beside(x: Array) -> tuple[float, Array]:
        value, slope = density(np.append(x, course.at))
        return value, slope[:-1]

    return beside


def _about(density: Density, mode: Mode, n_effects: int) -> Proposal:
    """Of the curvature at the mode; what is bent is standard normal, with the correlations that it had."""
    bends = {place: trace_sd(density, mode, place).margin for place in find_leaning(density, mode, n_effects)}
    centre, factor = mode.x.copy(), root_of_inverse(mode.precision)
    for place in bends:
        centre[place] = 0.0
        factor[place] /= np.linalg.norm(factor[place])
    return Proposal(centre, factor, bends)


def _refit(proposal: Proposal, found: Weighed) -> Proposal:
    """The t with the weighted moments of the draws; weights are truncated (Ionides 2008) so that none rules alone."""
    weights = np.exp(found.log_weights - found.log_weights.max())
    weights = np.minimum(weights, weights.mean() * np.sqrt(len(weights)))
    weights /= weights.sum()
    centre = weights @ found.v
    apart = found.v - centre
    covariance = (weights[:, None] * apart).T @ apart
    factor = np.linalg.cholesky(covariance + 1e-8 * np.diag(np.diagonal(covariance)))
    return replace(proposal, centre=centre, factor=factor)
