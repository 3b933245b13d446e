"""What every road to a residual standard deviation needs: whose it is, and the prior of what the level does to it."""

import numpy as np
from numpy.typing import NDArray

from alsmodels.errors import SpecError
from alsmodels.model.design import Design
from alsmodels.model.distributions import Normal
from alsmodels.model.response import ResponseModel

__all__ = ["arm_codes", "level_prior"]


def level_prior(design: Design, response: ResponseModel) -> Normal:
    """The prior of the effect of the level on the residual standard deviation, given or by default."""
    return response.level_effect or Normal(0.0, 1.0 / float(np.std(design.y)), "default rule")


def arm_codes(design: Design) -> NDArray[np.int64]:
    """The number of each row's arm, shape (n,); refuses data in which a row has none."""
    if not design.arms:
        msg = "There are no arms in the data, and a residual SD for each arm needs the arm of every row."
        raise SpecError(msg)
    places = {arm: place for place, arm in enumerate(design.arms)}
    found = [places.get(str(arm), -1) for arm in design.rows["arm"]]
    if min(found) < 0:
        msg = f"A residual SD for each arm needs the arm of every row; {found.count(-1)} have none."
        raise SpecError(msg)
    return np.array(found, dtype=np.int64)
