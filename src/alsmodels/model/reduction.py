"""From a design to the subject blocks that every likelihood of it is made of."""

import numpy as np

from alsmodels.errors import DesignError
from alsmodels.kernels.blocks import SubjectBlocks, build_blocks
from alsmodels.model.design import Design

__all__ = ["reduce_design"]


def reduce_design(design: Design) -> SubjectBlocks:
    """The subject blocks of a design; refuses a response that the fixed effects explain exactly."""
    blocks = build_blocks(design.y, design.X, design.Z, design.starts, design.template, weights=design.weights)
    if not blocks.scaling.size > 1e-12 * np.sqrt(np.mean(design.y**2)):
        msg = (
            f"The fixed effects explain '{design.spec.response}' exactly in all {design.n_obs} rows "
            "(a constant outcome, perhaps), so there is no variance to estimate."
        )
        raise DesignError(msg)
    return blocks
