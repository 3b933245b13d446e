"""How far the answers lean on the prior, and how far on the data: power-scaling.

The prior is raised to a power a little off one, and the draws are weighted by what that changes; the sensitivity is
how fast the distribution of an answer moves (cumulative Jensen-Shannon distance, per doubling of the power). The same
is done to the likelihood (Kallioinen, Paananen, Bürkner & Vehtari 2024). It is asked of the estimands: what a prior
does to a coefficient that nobody asked about is of no consequence.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import xarray as xr
from arviz_stats import psense
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaln, gammaincc, gammaln

from alsmodels.bayes.naming import pair_places
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.quantities import draws_of
from alsmodels.bayes.scatter import level_prior
from alsmodels.errors import EstimandError
from alsmodels.kernels.covariance import CovarianceTemplate
from alsmodels.model.distributions import LKJ, Gamma, Normal, Scale
from alsmodels.model.estimand import Estimand, as_questions
from alsmodels.model.priors import Priors
from alsmodels.model.response import ResponseModel

__all__ = ["log_prior", "prior_sensitivity"]

Array = NDArray[np.float64]

THRESHOLD = 0.05
"""Kallioinen et al.'s: what moves by less is not sensitive."""


def prior_sensitivity(post: PosteriorFit, asked: Sequence[Estimand] | Estimand) -> pd.DataFrame:
    """Sensitivity of answers to the prior and to the likelihood.

    Parameters
    ----------
    post : PosteriorFit
        The posterior to examine.
    asked : Estimand or sequence of Estimand
        The question or questions whose sensitivity is wanted.

    Returns
    -------
    pandas.DataFrame
        A row a question: estimand, prior, likelihood, diagnosis. The diagnosis is ``"potential prior-data conflict"``
        where both sensitivities are 0.05 or more, ``"potential strong prior / weak likelihood"`` where the prior's
        alone is, else ``"-"``.

    Raises
    ------
    EstimandError
        If nothing is asked, or the model cannot answer.

    Notes
    -----
    Scaled are the priors of the fixed effects, SDs, correlations and residual parameters, all together. The random
    effects belong to the model and not to its prior.

    Examples
    --------
    >>> from alsmodels.bayes.lmm import sample_lmm
    >>> from alsmodels.data.examples import load_example
    >>> from alsmodels.model.slopes import slope
    >>> post = sample_lmm("alsfrs_r ~ week + (week | subject)", load_example(), method="importance", seed=1)
    >>> prior_sensitivity(post, slope())["diagnosis"].to_list()
    ['-']
    """
    questions = as_questions(asked, post.spec, terms=post.design.encoding.fixed_terms)
    if not questions:
        msg = "Nothing is asked: give at least one question, such as slope(phase=1)."
        raise EstimandError(msg)
    tree = _tree(post, questions)
    prior, likelihood = (psense(tree, group=group)["answer"].to_numpy() for group in ("prior", "likelihood"))
    return pd.DataFrame(
        {
            "estimand": [question.label for question in questions],
            "prior": prior,
            "likelihood": likelihood,
            "diagnosis": [_diagnose(*pair) for pair in zip(prior, likelihood, strict=True)],
        }
    )


def log_prior(
    posterior: Mapping[str, xr.DataArray] | xr.Dataset,
    priors: Priors,
    response: ResponseModel,
    template: CovarianceTemplate,
) -> xr.DataArray:
    """Log prior density of draws, in the parameters as named: beta, sd, correlation matrices, sigma and the rest.

    Parameters
    ----------
    posterior : mapping of str to xarray.DataArray or xarray.Dataset
        Variables with the dimensions chain and draw, and labels, as a fit has them.
    priors : Priors
        The priors of the fixed effects, SDs, correlations and residual SD.
    response : ResponseModel
        The response model, whose own priors count where its variables are among the draws.
    template : CovarianceTemplate
        The blocks of correlated effects.

    Returns
    -------
    xarray.DataArray
        By chain and draw.
    """
    parts = _named(posterior, priors.fixed, "beta", "term") + _named(posterior, priors.sds, "sd", "effect")
    sigma = _values(posterior, "sigma")
    parts.append(_log_density(priors.residual, sigma.reshape(*sigma.shape[:2], -1)).sum(axis=-1))
    if "correlation" in posterior:
        parts.append(_log_lkj(priors.correlation, _values(posterior, "correlation"), template))
    for name, prior in (("df", response.df), ("level_effect", response.level_effect), ("knot", response.knot)):
        if name in posterior and prior is not None:
            parts.append(_log_density(prior, _values(posterior, name)))
    return xr.DataArray(np.sum(parts, axis=0), dims=("chain", "draw"), name="log_prior")


def _tree(post: PosteriorFit, questions: Sequence[Estimand]) -> xr.DataTree:
    """What `arviz_stats.psense` reads."""
    if "log_likelihood" not in post.draws.children:
        msg = "An outcome of a joint model has no likelihood of its own; ask of a fit by sample_lmm."
        raise EstimandError(msg)
    chains = post.posterior.sizes["chain"]
    answers = np.stack([draws_of(post, question).reshape(chains, -1) for question in questions], axis=-1)
    prior = log_prior(post.posterior, post.priors, _resolved(post), post.design.template)
    groups = {
        "posterior": xr.Dataset({"answer": (("chain", "draw", "question"), answers)}),
        "log_prior": xr.Dataset({"all": prior}),
        "log_likelihood": post.draws["log_likelihood"].to_dataset()[["y"]],
    }
    return xr.DataTree.from_dict(groups)


def _resolved(post: PosteriorFit) -> ResponseModel:
    """The response model with the prior of the level's effect that was used where none was given."""
    response = post.response
    return replace(response, level_effect=level_prior(post.design, response)) if response.sd_by_level else response


def _diagnose(prior: float, likelihood: float) -> str:
    if prior < THRESHOLD:
        return "-"
    conflict = likelihood >= THRESHOLD
    return "potential prior-data conflict" if conflict else "potential strong prior / weak likelihood"


def _named(
    posterior: Mapping[str, xr.DataArray] | xr.Dataset, priors: Mapping[str, Normal | Scale], name: str, dim: str
) -> list[Array]:
    """Log densities of each element of a variable under the prior of its label."""
    labels = posterior[name][dim].to_numpy()
    values = _values(posterior, name)
    return [_log_density(priors[str(label)], values[..., place]) for place, label in enumerate(labels)]


def _values(posterior: Mapping[str, xr.DataArray] | xr.Dataset, name: str) -> Array:
    return np.asarray(posterior[name].transpose("chain", "draw", ...).to_numpy())


def _log_density(prior: Normal | Scale | Gamma, value: ArrayLike) -> Array:
    """Log density within the support, without the underflow of the density itself."""
    x = np.asarray(value, dtype=float)
    if isinstance(prior, Normal):
        return np.asarray(-0.5 * ((x - prior.mean) / prior.sd) ** 2 - math.log(prior.sd) - 0.5 * math.log(2 * math.pi))
    if isinstance(prior, Gamma):
        kept = math.log(gammaincc(prior.shape, prior.rate * max(prior.lower, 0.0)))
        constant = prior.shape * math.log(prior.rate) - gammaln(prior.shape) - kept
        return np.asarray(constant + (prior.shape - 1) * np.log(x) - prior.rate * x)
    df, ratio = prior.df, (x / prior.scale) ** 2
    if math.isinf(df):
        return np.asarray(0.5 * math.log(2 / math.pi) - math.log(prior.scale) - 0.5 * ratio)
    constant = math.log(2 / prior.scale) + gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * math.log(df * math.pi)
    return np.asarray(constant - (df + 1) / 2 * np.log1p(ratio / df))


def _log_lkj(prior: LKJ, correlation: Array, template: CovarianceTemplate) -> Array:
    """Log density of the correlation matrices of every block, ``(eta - 1) log|C|`` and its constant.

    The constant is that of Lewandowski, Kurowicka & Joe (2009), equation 16; correlations are of shape (..., k).
    """
    places = pair_places(template)
    C = np.zeros((*correlation.shape[:-1], template.n_effects, template.n_effects))
    C[...] = np.eye(template.n_effects)
    for number, (row, col) in enumerate(places):
        C[..., row, col] = C[..., col, row] = correlation[..., number]
    total = np.zeros(correlation.shape[:-1])
    for block in template.blocks:
        n = block.stop - block.start
        total += (prior.eta - 1) * np.linalg.slogdet(C[..., block, block])[1] - _lkj_constant(prior.eta, n)
    return total


def _lkj_constant(eta: float, n: int) -> float:
    """Log of the integral of ``|C|^(eta - 1)`` over n by n correlation matrices."""
    total = 0.0
    for k in range(1, n):
        a = eta + (n - k - 1) / 2
        total += (n - k) * ((2 * a - 1) * math.log(2.0) + float(betaln(a, a)))
    return total
