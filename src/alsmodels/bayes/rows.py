"""The log-likelihood of single values given the random effects, for draws of any sampler."""

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

from alsmodels.bayes.hierarchy import build_hierarchical, pointwise
from alsmodels.bayes.naming import draw_coords
from alsmodels.bayes.partials import partials_of
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.trees import as_dataset, stack_draws
from alsmodels.kernels.hierarchical import HierarchicalTarget
from alsmodels.kernels.posterior import fill_factors
from alsmodels.model.design import Design
from alsmodels.model.priors import Priors
from alsmodels.model.response import ResponseModel

__all__ = ["row_log_likelihood", "row_values"]

Array = NDArray[np.float64]


def row_log_likelihood(fit: PosteriorFit) -> xr.Dataset:
    """Log density of each value given its subject's random effects: variable ``y`` with chain, draw, row.

    Leaving out one value asks how well a subject's other visits foretell it. The group ``log_likelihood`` of a
    Gaussian fit has a value a subject instead, the random effects integrated out: leaving out a whole subject.

    Parameters
    ----------
    fit : PosteriorFit
        The posterior of a model.

    Returns
    -------
    xarray.Dataset
        The log density of each value: variable ``y`` with dimensions chain, draw and row.
    """
    return row_values(fit.posterior, fit.design, fit.priors, fit.response)


def row_values(posterior: xr.Dataset, design: Design, priors: Priors, response: ResponseModel) -> xr.Dataset:
    """The same from the parts of a fit."""
    target = build_hierarchical(design, priors, response)
    values = pointwise(_pack(posterior, target, design), target)
    return as_dataset({"y": values}, chains=posterior.sizes["chain"], coords=draw_coords(design, response))


def _pack(posterior: xr.Dataset, target: HierarchicalTarget, design: Design) -> Array:
    """Draws in the user's units as the hierarchical kernel takes them, shape (s, d)."""

    def draws(name: str) -> Array:
        return stack_draws(posterior[name])

    beta = np.linalg.solve(target.beta_map, (draws("beta") - target.beta_centre).T).T
    spread = [np.log(draws("sd"))]
    if "correlation" in posterior:
        spread.append(np.arctanh(partials_of(draws("correlation"), design.template)))
    inner = np.column_stack([*spread, np.log(draws("sigma"))])
    extra = []
    if len(target.df_prior):
        extra.append(np.log(draws("df") - target.df_prior[2]))
    for name, prior in (("level_effect", target.level_prior), ("knot", target.knot_prior)):
        if len(prior):
            extra.append((draws(name) - prior[0]) / prior[1])
    return np.ascontiguousarray(np.column_stack([beta, inner, *extra, _standard(draws("b"), inner, target)]))


def _standard(b: Array, inner: Array, target: HierarchicalTarget) -> Array:
    """The z of ``b = L z``, shape (s, m q)."""
    q = b.shape[-1]
    factors = [fill_factors(x, q, target.pair_row, target.pair_col, target.pair_start)[1] for x in inner]
    z = [solve_triangular(L, one.T, lower=True).T.ravel() for L, one in zip(factors, b, strict=True)]
    return np.array(z)
