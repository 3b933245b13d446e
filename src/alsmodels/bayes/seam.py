"""The seam between the two generations of ArviZ: what either gives, as one kind of tree."""

from typing import Any

import xarray as xr

__all__ = ["as_tree"]


def as_tree(given: Any) -> xr.DataTree:
    """The groups of an ``arviz.InferenceData`` (before ArviZ 1) or of an `xarray.DataTree`.

    Left out are groups of warm-up draws, variables on the sampler's own scale (their names end in two underscores), and
    dimensions that no variable has then.
    """
    tree = given if isinstance(given, xr.DataTree) else given.to_datatree()
    groups = {name: _clean(child.to_dataset()) for name, child in tree.children.items() if not _is_warmup(name)}
    cleaned = xr.DataTree.from_dict(groups)
    cleaned.attrs.update(tree.attrs)
    return cleaned


def _is_warmup(name: str) -> bool:
    return name.startswith("warmup_")


def _clean(group: xr.Dataset) -> xr.Dataset:
    kept = group.drop_vars([name for name in group.data_vars if str(name).endswith("__")])
    used = {dim for variable in kept.data_vars.values() for dim in variable.dims}
    return kept.drop_dims([dim for dim in kept.dims if dim not in used])
