"""How observed scores scatter about a trajectory, and what the scale makes of them.

    y_ij = clip(round(mu_i(t_ij) + e_ij), lower, upper)
    e_ij = sd(mu_i(t_ij)) (sqrt(nu) u_i(t_ij) + sqrt(1 - nu) z_ij),   z_ij ~ N(0, 1)

u_i is a stationary Gaussian process with corr(u_i(s), u_i(t)) = exp(-|s - t| / range); nu is its share of the
variance, the rest is the nugget. sd is one number, or a step function of the level.
"""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from alsmodels.data.number_checks import check_above, check_finite, check_not_negative, check_share
from alsmodels.data.outcomes import KNOWN_OUTCOMES, Outcome
from alsmodels.errors import SpecError
from alsmodels.kernels.arrays import Float
from alsmodels.simulation.codec import unit

__all__ = ["Residual", "ScoreScale", "observe", "residual_sd", "serial_process"]


@final
@dataclass(frozen=True, slots=True)
class Residual:
    """The scatter of scores about a trajectory.

    Parameters
    ----------
    sds : float or sequence of float
        The residual standard deviation; or several, from the lowest level up: one below the first edge, one from each
        edge upwards.
    edges : sequence of float
        The levels of the trajectory at which the standard deviation changes, ascending.
    serial_share : float
        Share of the variance that is correlated in time.
    serial_range : float or None
        Weeks in which that correlation falls to a third (1/e); needed where there is any.

    Examples
    --------
    >>> Residual((2.5, 1.5), edges=(32.0,)).sds
    (2.5, 1.5)
    """

    sds: tuple[float, ...] = field(metadata=unit("points"))
    edges: tuple[float, ...] = field(default=(), metadata=unit("points"))
    serial_share: float = field(default=0.0, metadata=unit("share"))
    serial_range: float | None = field(default=None, metadata=unit("weeks"))

    def __post_init__(self) -> None:
        for name in ("sds", "edges"):
            value = getattr(self, name)
            object.__setattr__(self, name, tuple(value) if isinstance(value, (tuple, list)) else (value,))
        check_not_negative("Residual", **{f"sds[{at}]": sd for at, sd in enumerate(self.sds)})
        check_finite("Residual", **{f"edges[{at}]": edge for at, edge in enumerate(self.edges)})
        check_share("Residual", serial_share=self.serial_share)
        if self.serial_range is not None:
            check_above("Residual", serial_range=self.serial_range)
        elif self.serial_share > 0:
            raise SpecError("Residual: a share that is correlated in time needs serial_range, in weeks.")
        if len(self.sds) != len(self.edges) + 1:
            raise SpecError(
                f"Residual: {len(self.edges)} edges part {len(self.edges) + 1} levels, but there are "
                f"{len(self.sds)} standard deviations."
            )
        if any(low >= high for low, high in zip(self.edges, self.edges[1:], strict=False)):
            raise SpecError(f"Residual: the edges ascend; {self.edges} do not.")


@final
@dataclass(frozen=True, slots=True)
class ScoreScale:
    """What values the score can take.

    Parameters
    ----------
    lower, upper : float or None
        The floor and the ceiling of the scores; None means that there is none.
    whole : bool, default True
        Whether scores are whole numbers.
    """

    lower: float | None = field(default=0.0, metadata=unit("points"))
    upper: float | None = field(default=48.0, metadata=unit("points"))
    whole: bool = True

    def __post_init__(self) -> None:
        for name in ("lower", "upper"):
            if getattr(self, name) is not None:
                check_finite("ScoreScale", **{name: getattr(self, name)})
        if self.lower is not None and self.upper is not None and self.lower >= self.upper:
            raise SpecError(f"ScoreScale: lower {self.lower:g} is not below upper {self.upper:g}.")

    @property
    def outcome(self) -> Outcome:
        """What a cohort is told of the score: the ALSFRS-R total, with the bounds there are."""
        known = KNOWN_OUTCOMES["alsfrs_r"]
        low, high = (None if bound is None else float(bound) for bound in (self.lower, self.upper))
        return Outcome(known.name, label=known.label, unit=known.unit, lower=low, upper=high, direction=known.direction)


def serial_process(weeks: Float, serial_range: float | None, normals: Float) -> Float:
    """The stationary process u of each subject in its weeks, both of shape (n, j); weeks ascend."""
    if serial_range is None:
        return normals
    u = np.empty_like(normals)
    u[:, 0] = normals[:, 0]
    for j in range(1, weeks.shape[1]):
        kept = np.exp(-(weeks[:, j] - weeks[:, j - 1]) / serial_range)
        u[:, j] = kept * u[:, j - 1] + np.sqrt(1 - kept**2) * normals[:, j]
    return u


def residual_sd(residual: Residual, level: Float) -> Float:
    """Standard deviation of the residual at each level; an edge belongs to the level above it."""
    sds, edges = np.array(residual.sds, dtype=float), np.array(residual.edges, dtype=float)
    return np.asarray(sds[np.searchsorted(edges, level, side="right")])


def observe(residual: Residual, scale: ScoreScale, level: Float, u: Float, normals: Float) -> Float:
    """Scores at levels of the trajectory, from the serial process and independent normals, all of one shape."""
    mixed = np.sqrt(residual.serial_share) * u + np.sqrt(1 - residual.serial_share) * normals
    value = level + residual_sd(residual, level) * mixed
    value = np.rint(value) if scale.whole else value
    if scale.lower is not None or scale.upper is not None:
        value = np.clip(value, scale.lower, scale.upper)
    # Adding zero makes a zero of a negative zero.
    return np.asarray(value + 0.0)
