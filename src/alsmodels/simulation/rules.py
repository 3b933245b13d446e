"""When the answer of an analysis counts as a success of the trial."""

from dataclasses import dataclass
from typing import Final, Literal, final, get_args

import numpy as np
from numpy.typing import NDArray

from alsmodels.data.number_checks import check_finite
from alsmodels.errors import SpecError, shown
from alsmodels.kernels.arrays import Float

__all__ = ["DIRECTIONS", "Direction", "Rule"]

Direction = Literal["either", "above", "below"]
DIRECTIONS: Final = get_args(Direction)


@final
@dataclass(frozen=True, slots=True)
class Rule:
    """A decision rule on one quantity, the same for both engines.

    The support for a quantity is the posterior probability that it is above the margin; of a REML fit it is one minus
    the one-sided p-value of that, by the t-distribution. Success is a support above ``level``; for ``"below"`` one
    under ``1 - level``; for ``"either"`` one of the two.

    Parameters
    ----------
    level : float, default 0.975
        The threshold that the support must exceed; 0.975 with ``"either"`` is the two-sided test at 5%.
    margin : float, default 0.0
        The value that the quantity is compared with, in its own units.
    direction : {"either", "above", "below"}, default "either"
        The side of the margin on which the quantity must lie for success.

    Raises
    ------
    SpecError
        If the level is not from 0.5 to below 1, the margin not finite or the direction none of the three.

    Examples
    --------
    >>> Rule().is_met(np.array([0.98, 0.5, 0.01])).tolist()
    [True, False, True]
    >>> print(Rule(direction="above"))
    Pr(> 0) > 0.975
    """

    level: float = 0.975
    margin: float = 0.0
    direction: Direction = "either"

    def __post_init__(self) -> None:
        check_finite("Rule", level=self.level, margin=self.margin)
        if not 0.5 <= self.level < 1:
            raise SpecError(f"Rule: the level is from 0.5 to below 1, not {shown(self.level)}.")
        if self.direction not in DIRECTIONS:
            raise SpecError(
                f"Rule: direction is one of {', '.join(map(repr, DIRECTIONS))}; not {shown(self.direction)}."
            )

    def is_met(self, support: Float) -> NDArray[np.bool_]:
        """Whether each support is success; a missing one is none."""
        above, below = support > self.level, support < 1 - self.level
        return {"above": above, "below": below, "either": above | below}[self.direction]

    def __str__(self) -> str:
        """As in ``Pr(> 0) > 0.975``."""
        said = {"above": f"Pr(> {self.margin:g})", "below": f"Pr(< {self.margin:g})"}
        said["either"] = f"Pr(> {self.margin:g}) or Pr(< {self.margin:g})"
        return f"{said[self.direction]} > {self.level:g}"
