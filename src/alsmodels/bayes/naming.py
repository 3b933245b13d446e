"""The names and labels under which draws are kept, the same whichever sampler made them."""

from collections.abc import Sequence
from typing import Any

from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.model.design import Design
from alsmodels.model.response import ResponseModel

__all__ = ["DIMS", "draw_coords", "pair_labels", "pair_places"]

DIMS: dict[str, tuple[str, ...]] = {
    "beta": ("term",),
    "sd": ("effect",),
    "correlation": ("pair",),
    "sigma": (),
    "df": (),
    "level_effect": (),
    "knot": (),
    "b": ("subject", "effect"),
    "y": ("row",),
}
"""The dimensions of each variable after chain and draw; ``sigma`` has ``arm`` where each arm has its own."""


def pair_places(template: CovarianceTemplate) -> tuple[tuple[int, int], ...]:
    """Row and column of each correlation: the lower triangle of every block, row by row."""
    return tuple(
        (row, col)
        for block in template.blocks
        for row in range(block.start, block.stop)
        for col in range(block.start, row)
    )


def pair_labels(names: Sequence[str], template: CovarianceTemplate) -> list[str]:
    """Labels of the correlations, such as ``week ~ (Intercept)``."""
    return [f"{names[row]} ~ {names[col]}" for row, col in pair_places(template)]


def draw_coords(design: Design, response: ResponseModel) -> dict[str, Any]:
    """Labels of every dimension of a design's draws."""
    coords: dict[str, Any] = {
        "term": list(design.fixed_names),
        "effect": list(design.random_names),
        "subject": design.subjects.tolist(),
        "row": list(range(design.n_obs)),
    }
    pairs = pair_labels(design.random_names, design.template)
    if pairs:
        coords["pair"] = pairs
    if response.sd_by_arm:
        coords["arm"] = list(design.arms)
    return coords
