"""Draws of a model beyond the Gaussian: random effects and all by NUTS over the hierarchical kernel, recentred."""

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.hierarchy import build_hierarchical, pointwise, unpack
from alsmodels.bayes.marginal_draws import Draws, build_marginal
from alsmodels.bayes.naming import draw_coords
from alsmodels.bayes.proposal import posterior_mode, root_of_inverse
from alsmodels.bayes.recentred import build_recentring, start_recentred
from alsmodels.bayes.sampling import NutsOptions, sample_kernel
from alsmodels.bayes.trees import as_dataset
from alsmodels.kernels.hierarchical import HierarchicalTarget
from alsmodels.kernels.mode import Mode
from alsmodels.kernels.recentring import evaluate_recentred, place_effects
from alsmodels.model.design import Design
from alsmodels.model.priors import Priors
from alsmodels.model.response import ResponseModel

__all__ = ["draw_hierarchical"]

Array = NDArray[np.float64]

TUNE = 600


def draw_hierarchical(
    design: Design, priors: Priors, response: ResponseModel, *, draws: int, options: NutsOptions, seed: int
) -> Draws:
    """Draws by NUTS; ``draws`` in all chains together. The log-likelihood is that of each row, given random effects."""
    target, gaussian = build_hierarchical(design, priors, response), build_marginal(design, priors)
    mode = posterior_mode(gaussian.target)
    centre = start_recentred(design, target, mode)
    fixed = build_recentring(design, target, gaussian, mode, centre)
    xs, statistics = sample_kernel(
        lambda x: evaluate_recentred(x, target, fixed),
        centre=centre,
        factor=_spread(design, target, mode),
        draws=draws // options.chains,
        tune=options.tune or TUNE,
        options=options,
        seed=seed,
    )
    flat = np.array([place_effects(x, target, fixed) for x in xs.reshape(-1, xs.shape[-1])])
    coords = draw_coords(design, response)
    posterior = as_dataset(unpack(flat, target), chains=options.chains, coords=coords)
    rows = as_dataset({"y": pointwise(flat, target)}, chains=options.chains, coords=coords)
    return Draws(posterior, rows, statistics)


def _spread(design: Design, target: HierarchicalTarget, mode: Mode) -> Array:
    """A factor of about the covariance of beta~ (one by its making), log SDs, u and log sigma."""
    p, inner = target.X.shape[1], root_of_inverse(mode.precision)
    size = p + len(inner) - 1 + len(target.half_df) - design.template.n_effects
    factor = np.eye(size)
    factor[p:, p:] *= inner[-1, -1]
    factor[p : p + len(inner), p : p + len(inner)] = inner
    return factor
