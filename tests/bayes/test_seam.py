"""What either generation of ArviZ gives becomes one kind of tree."""

import numpy as np
import xarray as xr

from alsmodels.bayes.seam import as_tree


class OldResult:
    """As `arviz.InferenceData` was: no tree, but a way to one."""

    def __init__(self, tree):
        self.tree = tree

    def to_datatree(self):
        return self.tree


def _raw():
    draws = xr.Dataset(
        {"sd": (("chain", "draw"), np.ones((2, 3))), "sd_log__": (("chain", "draw", "hidden"), np.zeros((2, 3, 1)))},
        coords={"chain": [0, 1], "draw": [0, 1, 2], "hidden": ["x"]},
    )
    tree = xr.DataTree.from_dict({"posterior": draws, "warmup_posterior": draws, "sample_stats": draws[["sd"]]})
    tree.attrs["made_by"] = "a sampler"
    return tree


def test_samplers_leavings_are_dropped():
    tree = as_tree(_raw())
    assert list(tree.children) == ["posterior", "sample_stats"]
    assert list(tree["posterior"].data_vars) == ["sd"]
    assert set(tree["posterior"].dims) == {"chain", "draw"}
    assert tree.attrs == {"made_by": "a sampler"}


def test_old_results_are_taken_through_their_tree():
    assert as_tree(OldResult(_raw())).identical(as_tree(_raw()))


def test_what_is_given_is_left_alone():
    given = _raw()
    as_tree(given)
    assert given.identical(_raw())
