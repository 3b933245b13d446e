"""Draws by PyMC's graph, the second road: its own likelihood, priors and sampler. Importing this loads PyMC."""

from typing import Literal, cast

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from alsmodels.bayes.graph import build_model
from alsmodels.bayes.graph_sampling import sample_graph
from alsmodels.bayes.marginal_draws import Draws, build_marginal, recover_draws
from alsmodels.bayes.partials import partials_of
from alsmodels.bayes.rows import row_values
from alsmodels.bayes.sampling import NutsOptions, name_statistics
from alsmodels.bayes.trees import stack_draws
from alsmodels.model.design import Design
from alsmodels.model.priors import Priors
from alsmodels.model.progress import is_shown
from alsmodels.model.response import ResponseModel

__all__ = ["draw_graph"]

TUNE = 1000


def draw_graph(
    design: Design, priors: Priors, response: ResponseModel, *, draws: int, options: NutsOptions, seed: int
) -> Draws:
    """Draws by NUTS over the graph; ``draws`` in all chains together.

    With Gaussian residuals the graph is the marginal one: the random effects are drawn from their conditional
    distribution afterwards, and the fixed effects once more with them.
    """
    form: Literal["marginal", "hierarchical"] = "marginal" if response.is_gaussian else "hierarchical"
    tree = sample_graph(
        build_model(design, priors, form=form, response=response),
        draws=draws // options.chains,
        tune=options.tune or TUNE,
        chains=options.chains,
        seed=seed,
        sampler=cast("Literal['nutpie', 'pymc']", options.sampler),
        target_accept=options.target_accept,
        progress=is_shown(options.progress),
    )
    statistics = name_statistics(tree["sample_stats"].to_dataset())
    posterior = tree["posterior"].to_dataset()
    if response.is_gaussian:
        rng = np.random.default_rng([seed, 1])
        found = recover_draws(build_marginal(design, priors), _points(posterior, design), options.chains, rng)
        return Draws(*found, statistics)
    return Draws(posterior, row_values(posterior, design, priors, response), statistics)


def _points(posterior: xr.Dataset, design: Design) -> NDArray[np.float64]:
    """The covariance parameters as the kernels take them, shape (s, d)."""
    parts = [np.log(stack_draws(posterior["sd"]))]
    if "correlation" in posterior:
        parts.append(np.arctanh(partials_of(stack_draws(posterior["correlation"]), design.template)))
    return np.column_stack([*parts, np.log(stack_draws(posterior["sigma"]))])
