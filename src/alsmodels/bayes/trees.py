"""Draws as an `xarray.DataTree` in ArviZ's groups and names, the same whichever sampler made them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from alsmodels.bayes.naming import DIMS

__all__ = ["as_dataset", "build_tree", "merge_tree", "stack_draws"]


def as_dataset(draws: Mapping[str, NDArray[np.float64]], *, chains: int, coords: Mapping[str, Any]) -> xr.Dataset:
    """Draws by name, each of shape (s, ...), as a dataset with chain and draw first.

    The s draws are those of the first chain, then of the second, and so on.
    """
    variables = {}
    for name, values in draws.items():
        dims = _dims(name, values, coords)
        shaped = values.reshape(chains, len(values) // chains, *values.shape[1:])
        variables[name] = (("chain", "draw", *dims), shaped)
    used = {dim for dims, _ in variables.values() for dim in dims}
    size = next(iter(variables.values()))[1].shape[1]
    places = {"chain": np.arange(chains), "draw": np.arange(size)}
    return xr.Dataset(variables, coords=places | {name: coords[name] for name in coords if name in used})


def _dims(name: str, values: NDArray[np.float64], coords: Mapping[str, Any]) -> tuple[str, ...]:
    if name == "sigma" and values.ndim > 1:
        return ("outcome",) if "outcome" in coords else ("arm",)
    return DIMS[name]


def build_tree(groups: Mapping[str, xr.Dataset], *, attrs: Mapping[Any, Any]) -> xr.DataTree:
    """A tree with these groups; ``attrs`` say what made it."""
    tree = xr.DataTree.from_dict(dict(groups))
    tree.attrs.update(attrs)
    return tree


def merge_tree(tree: xr.DataTree, groups: Mapping[str, xr.Dataset]) -> xr.DataTree:
    """The same tree with more groups, or others in place of its own."""
    kept = {name: child.to_dataset() for name, child in tree.children.items()}
    return build_tree(kept | dict(groups), attrs=tree.attrs)


def stack_draws(values: "xr.DataArray | xr.DataTree") -> NDArray[np.float64]:
    """The draws of a variable, shape (s, ...), chain by chain."""
    if isinstance(values, xr.DataTree):
        msg = "Draws are of one variable."
        raise TypeError(msg)
    ordered = values.transpose("chain", "draw", ...).to_numpy()
    return np.asarray(ordered.reshape(-1, *ordered.shape[2:]))
