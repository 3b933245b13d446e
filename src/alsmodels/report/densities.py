"""Densities as curves: of priors from their formulas, of posteriors from their draws; and how they are drawn."""

from dataclasses import dataclass
from typing import final

import numpy as np
from arviz_stats.base.array import array_stats
from matplotlib.axes import Axes
from numpy.typing import NDArray
from scipy.special import betaincinv, gammaincc, gammainccinv, ndtri, stdtrit

from alsmodels.model.distributions import LKJ, Distribution, Gamma, HalfNormal, Normal

__all__ = ["Curve", "curve_of_draws", "curve_of_prior", "draw_curve", "prior_interval"]

Vector = NDArray[np.float64]

_POINTS = 401
# Share of draws left out at either end, so that a few far ones do not flatten the rest.
_TAIL = 5e-4


@final
@dataclass(frozen=True, slots=True, eq=False)
class Curve:
    """A density.

    Attributes
    ----------
    x, height : ndarray of shape (g,)
    """

    x: Vector
    height: Vector

    def at(self, value: float) -> float:
        """Height at a value."""
        return float(np.interp(value, self.x, self.height, left=0.0, right=0.0))

    def between(self, lower: float, upper: float) -> "Curve":
        """The piece between two values."""
        inside = self.x[(self.x > lower) & (self.x < upper)]
        x = np.concatenate([[lower], inside, [upper]])
        return Curve(x, np.interp(x, self.x, self.height, left=0.0, right=0.0))


def curve_of_draws(draws: Vector, support: tuple[float, float] = (-np.inf, np.inf)) -> Curve:
    """Estimate the density of draws, shape (s,), by a Gaussian kernel that is reflected at the ends of the support.

    The bandwidth is that of the normal reference rule with a robust spread (Silverman 1986, section 3.4.2).
    """
    low, high = np.quantile(draws, [_TAIL, 1 - _TAIL])
    kept = draws[(draws >= low) & (draws <= high)]
    spread = min(kept.std(), float(np.subtract(*np.quantile(kept, [0.75, 0.25]))) / 1.34)
    width = float(1.06 * spread * len(kept) ** -0.2)
    ends = (max(low - 3 * width, support[0]), min(high + 3 * width, support[1]))
    x, height, _ = array_stats.kde(kept, bw=width, custom_lims=ends, bound_correction=True)
    return Curve(np.asarray(x), np.asarray(height) * len(kept) / len(draws))


def curve_of_prior(prior: Distribution, *, lower: float, upper: float, n: int = 2) -> Curve:
    """The density of a prior between two values; of an LKJ prior, that of one correlation of ``n`` effects."""
    x = np.linspace(lower, upper, _POINTS)
    return Curve(x, prior.marginal_density(x, n=n) if isinstance(prior, LKJ) else prior.density(x))


def prior_interval(prior: Distribution, *, level: float = 0.95, n: int = 2) -> tuple[float, float]:
    """The values that hold a share ``level`` of a prior: central, or from zero up for a standard deviation.

    Examples
    --------
    >>> [round(limit, 2) for limit in prior_interval(Normal(-1, 1))]
    [-2.96, 0.96]
    >>> [round(limit, 2) for limit in prior_interval(HalfNormal(5))]
    [0.0, 9.8]
    """
    above = (1 + level) / 2
    if isinstance(prior, Normal):
        return prior.mean - prior.sd * float(ndtri(above)), prior.mean + prior.sd * float(ndtri(above))
    if isinstance(prior, LKJ):
        shape = prior.eta + (n - 2) / 2
        limit = 2 * float(betaincinv(shape, shape, above)) - 1
        return -limit, limit
    if isinstance(prior, Gamma):
        kept = gammaincc(prior.shape, prior.rate * max(prior.lower, 0.0))
        low, high = gammainccinv(prior.shape, kept * np.array([above, 1 - above])) / prior.rate
        return float(low), float(high)
    reach = ndtri(above) if isinstance(prior, HalfNormal) else stdtrit(prior.df, above)
    return 0.0, prior.scale * float(reach)


def draw_curve(
    ax: Axes,
    curve: Curve,
    *,
    colour: str,
    shade: tuple[float, float] | None,
    label: str = "",
    broken: bool = False,
) -> None:
    """Draw a density as a line, filled lightly, and more in the interval to shade."""
    ax.fill_between(curve.x, curve.height, color=colour, alpha=0.1, linewidth=0, zorder=2)
    if shade is not None:
        inside = curve.between(*shade)
        ax.fill_between(inside.x, inside.height, color=colour, alpha=0.25, linewidth=0, zorder=2, label="interval")
    style = (0, (5, 2)) if broken else "solid"
    ax.plot(curve.x, curve.height, color=colour, linewidth=1.8, linestyle=style, zorder=4, label=label)
