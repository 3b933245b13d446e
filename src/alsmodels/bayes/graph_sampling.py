"""Sampling a PyMC graph by NUTS, nutpie's or PyMC's own."""

import os
import warnings
from typing import Any, Literal

import pymc as pm
import xarray as xr

from alsmodels.bayes.seam import as_tree

__all__ = ["sample_graph"]

# Standard normals and partial correlations say nothing that ``b`` and ``correlation`` do not.
_INTERNAL = ("z", "partial")


def sample_graph(
    model: pm.Model,
    *,
    draws: int,
    tune: int,
    chains: int,
    seed: int,
    sampler: Literal["nutpie", "pymc"],
    target_accept: float = 0.9,
    progress: bool = False,
) -> xr.DataTree:
    """Sample a model.

    Parameters
    ----------
    model : pymc.Model
        Such as `alsmodels.bayes.graph.build_model` makes.
    draws, tune : int
        The numbers of draws of each chain that are kept and thrown away.
    chains : int
        Independent chains.
    seed : int
        The same seed gives the same draws.
    sampler : {"nutpie", "pymc"}
        ``"nutpie"`` runs chains in threads; ``"pymc"`` one after the other, since forking a process in which Numba has
        threads can hang.
    target_accept : float, default 0.9
        The acceptance that step sizes are adapted to.
    progress : bool, default False
        Show PyMC's bar.

    Returns
    -------
    xarray.DataTree
        ``posterior``, ``sample_stats`` and what PyMC adds; names are those of `alsmodels.bayes.naming`. Compilers' and
        samplers' warnings are not passed on: whether the draws can be relied on is for the caller to judge.
    """
    with warnings.catch_warnings(), model:
        warnings.simplefilter("ignore")
        found: Any = pm.sample(
            draws=draws,
            tune=tune,
            chains=chains,
            cores=min(chains, os.cpu_count() or 1) if sampler == "nutpie" else 1,
            random_seed=seed,
            nuts_sampler=sampler,
            nuts={"target_accept": target_accept},
            progressbar=progress,
            compute_convergence_checks=False,
            quiet=True,
        )
    tree = as_tree(found)
    posterior = tree["posterior"].to_dataset().drop_vars(_INTERNAL, errors="ignore")
    tree["posterior"] = xr.DataTree(posterior)
    return tree
