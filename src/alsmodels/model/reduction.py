"""From a design to the subject blocks that every likelihood of it is made of."""

import numpy as np

from alsmodels.errors import DesignError
from alsmodels.kernels.blocks import SubjectBlocks, build_blocks
from alsmodels.model.design import Design
from alsmodels.model.soundness import explained
from alsmodels.model.stack import Stack

__all__ = ["explain_fault", "reduce_design"]


def reduce_design(design: Design) -> SubjectBlocks:
    """The subject blocks of a design; refuses a response that the fixed effects explain exactly."""
    blocks = build_blocks(design.y, design.X, design.Z, design.starts, design.template, weights=design.weights)
    if not blocks.scaling.size > 1e-12 * np.sqrt(np.mean(design.y**2)):
        raise explained(design.spec, design.n_obs)
    return blocks


def explain_fault(stack: Stack, number: int) -> str:
    """Why one data set of a stack cannot be fitted: what would be raised if it were alone."""
    try:
        reduce_design(stack.design(number))
    except DesignError as error:
        return str(error)
    return "Its numbers are too large, too small or too nearly dependent to be computed with."
