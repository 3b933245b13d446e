"""The parameters of a model as figures name them: a title, a prior, and a posterior's draws if there are any."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.naming import pair_places
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.scatter import level_prior
from alsmodels.data.roles import TimeUnit
from alsmodels.data.spelling import suggest
from alsmodels.errors import EstimandError
from alsmodels.model.distributions import Distribution, Normal, Scale
from alsmodels.model.priors import Priors
from alsmodels.model.response import ResponseModel
from alsmodels.model.terms import Term

__all__ = ["Parameter", "parameters_of", "prior_parameters"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter of the population.

    Attributes
    ----------
    name : str
        The name in diagnostics, such as ``beta[week]``.
    variable : str
        The variable of the draws that it is of, such as ``beta``.
    title : str
        The name as a reader would write it.
    prior : Distribution
        The prior of the parameter; of a correlation, that of the matrix it is in.
    n : int, default 2
        Random effects in that matrix.
    rate_unit : {"week", "day", "month"} or None
        The unit of time that it is a change in; None if it is no rate.
    draws : ndarray or None of shape (s,)
        The draws of the posterior; None for a prior alone.
    """

    name: str
    variable: str
    title: str
    prior: Distribution
    n: int = 2
    rate_unit: TimeUnit | None = None
    draws: NDArray[np.float64] | None = None


def prior_parameters(priors: Priors, response: ResponseModel | None = None) -> list[Parameter]:
    """The parameters that priors are of, one for all correlations; with a response model, also its own."""
    found = [_coefficient(priors.term(name), prior) for name, prior in priors.fixed.items()]
    found += [_spread(priors.term(name), prior) for name, prior in priors.sds.items()]
    n = len(priors.sds)
    if n > 1:
        title = "correlation of the random effects" if n == 2 else f"each correlation of {n} random effects"
        found.append(Parameter("correlation", "correlation", title, priors.correlation, n))
    found.append(Parameter("sigma", "sigma", "residual SD", priors.residual))
    if response is not None:
        found += _response_parameters(response)
    return found


def parameters_of(post: PosteriorFit, asked: Sequence[str] | None = None) -> list[Parameter]:
    """The population parameters of a posterior: all, or those asked for by name or by variable.

    Raises
    ------
    EstimandError
        If there is none of a name.
    """
    found = [*_coefficients(post), *_spreads(post), *_residuals(post)]
    if asked is None:
        return found
    known = {one.name: one.variable for one in found}
    for name in asked:
        if name not in known and name not in known.values():
            msg = f"The posterior has no parameter '{name}'; {suggest(name, [*known.values(), *known])}"
            raise EstimandError(msg)
    return [one for one in found if one.name in asked or known[one.name] in asked]


def _coefficient(term: Term, prior: Normal, draws: NDArray[np.float64] | None = None) -> Parameter:
    return Parameter(f"beta[{term.name}]", "beta", term.title, prior, rate_unit=term.rate_unit, draws=draws)


def _spread(term: Term, prior: Scale, draws: NDArray[np.float64] | None = None) -> Parameter:
    return Parameter(f"sd[{term.name}]", "sd", f"SD of {term.title}", prior, rate_unit=term.rate_unit, draws=draws)


def _coefficients(post: PosteriorFit) -> list[Parameter]:
    pairs = zip(post.design.fixed_terms, post.stacked("beta").T, strict=True)
    return [_coefficient(term, post.priors.fixed[term.name], draws) for term, draws in pairs]


def _spreads(post: PosteriorFit) -> list[Parameter]:
    terms, template = post.design.random_terms, post.design.template
    pairs = zip(terms, post.stacked("sd").T, strict=True)
    found = [_spread(term, post.priors.sds[term.name], draws) for term, draws in pairs]
    for number, (row, col) in enumerate(pair_places(template)):
        size = next(block.stop - block.start for block in template.blocks if block.start <= row < block.stop)
        title = f"correlation of {terms[col].title} and {terms[row].title}"
        name = f"correlation[{terms[row].name} ~ {terms[col].name}]"
        draws = post.stacked("correlation")[:, number]
        found.append(Parameter(name, "correlation", title, post.priors.correlation, size, draws=draws))
    return found


def _residuals(post: PosteriorFit) -> list[Parameter]:
    sigma, prior = post.stacked("sigma"), post.priors.residual
    if sigma.ndim == 1:
        found = [Parameter("sigma", "sigma", "residual SD", prior, draws=sigma)]
    else:
        found = [
            Parameter(f"sigma[{arm}]", "sigma", f"residual SD, {arm}", prior, draws=draws)
            for arm, draws in zip(post.design.arms, sigma.T, strict=True)
        ]
    known = post.draws["posterior"].data_vars
    level = level_prior(post.design, post.response)
    for one in _response_parameters(post.response, level):
        if one.name in known:
            found.append(replace(one, draws=post.stacked(one.name)))
    return found


def _response_parameters(response: ResponseModel, level: Normal | None = None) -> list[Parameter]:
    """The response model's own parameters; that of the level only where its prior is known."""
    level = response.level_effect or level
    found = []
    if response.tails == "student_t":
        found.append(Parameter("df", "df", "degrees of freedom", response.df))
    if response.sd_by_level and level is not None:
        found.append(Parameter("level_effect", "level_effect", "effect of the level on log SD", level))
    if response.knot is not None:
        found.append(Parameter("knot", "knot", "week of the knot", response.knot))
    return found
