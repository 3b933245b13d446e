"""The names and labels under which draws are kept, the same whichever sampler made them."""

from typing import Any

from alsmodels.model.design import Design
from alsmodels.model.pairs import pair_labels, pair_places
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
