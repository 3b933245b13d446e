"""Draws of a model beyond the Gaussian: random effects and all by NUTS over the hierarchical kernel."""

import numpy as np
import xarray as xr

from alsmodels.bayes.hierarchy import build_hierarchical, pointwise, start, unpack
from alsmodels.bayes.marginal_draws import Draws
from alsmodels.bayes.naming import draw_coords
from alsmodels.bayes.sampling import NutsOptions, sample_kernel
from alsmodels.bayes.trees import as_dataset
from alsmodels.kernels.hierarchical import evaluate_hierarchical
from alsmodels.model.design import Design
from alsmodels.model.priors import Priors
from alsmodels.model.response import ResponseModel

__all__ = ["draw_hierarchical"]

TUNE = 1000


def draw_hierarchical(
    design: Design, priors: Priors, response: ResponseModel, *, draws: int, options: NutsOptions, seed: int
) -> Draws:
    """Draws by NUTS; ``draws`` in all chains together. The log-likelihood is that of each row, given random effects."""
    target = build_hierarchical(design, priors, response)
    centre = start(target)
    xs, statistics = sample_kernel(
        lambda x: evaluate_hierarchical(x, target),
        centre=centre,
        factor=None,
        draws=draws // options.chains,
        tune=options.tune or TUNE,
        options=options,
        seed=seed,
    )
    flat = np.ascontiguousarray(xs.reshape(-1, xs.shape[-1]))
    coords = draw_coords(design, response)
    posterior = as_dataset(unpack(flat, target), chains=options.chains, coords=coords)
    rows = as_dataset({"y": pointwise(flat, target)}, chains=options.chains, coords=coords)
    return Draws(posterior, xr.Dataset(rows), statistics)
