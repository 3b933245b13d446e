"""How well draws tell what they were drawn from: ArviZ's measures, on plain arrays.

ArviZ is loaded on first use: it takes a second or two, and who fits by likelihood does not need it.
"""

import importlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["effective_bulk", "effective_tail", "mean_error", "rank_r_hat", "smooth_weights"]

Array = NDArray[np.float64]

_AXES = {"chain_axis": 0, "draw_axis": 1}


def mean_error(draws: Array) -> float:
    """Monte Carlo error of the mean, of draws of shape (chains, draws)."""
    return float(_arviz().mcse(draws, method="mean", **_AXES))


def effective_bulk(draws: Array) -> float:
    """Effective number of draws for means, rank-normalised (Vehtari et al. 2021), of draws of shape (chains, draws)."""
    return float(_arviz().ess(draws, method="bulk", **_AXES))


def effective_tail(draws: Array) -> float:
    """Effective number of draws for the 5% and 95% quantiles, of draws of shape (chains, draws)."""
    return float(_arviz().ess(draws, method="tail", prob=(0.05, 0.95), **_AXES))


def rank_r_hat(draws: Array) -> float:
    """R-hat, rank-normalised and folded (Vehtari et al. 2021), of draws of shape (chains, draws); NaN of one chain."""
    return float(_arviz().rhat(draws, method="rank", **_AXES)) if len(draws) > 1 else float("nan")


def smooth_weights(log_weights: Array) -> tuple[Array, float]:
    """Pareto-smoothed log weights, shape (s,), and k-hat (Vehtari et al. 2024)."""
    # It is written for leave-one-out, where weights are one over the likelihood: it takes minus the log weights.
    smoothed, k_hat = _arviz().psislw(-log_weights)
    return np.asarray(smoothed), float(k_hat)


def _arviz() -> Any:
    return importlib.import_module("arviz_stats.base.array").array_stats
