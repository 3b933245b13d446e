"""The parameters of a model as figures name them: a title, a prior, and a posterior's draws if there are any."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.bayes.naming import pair_places
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.scatter import level_prior
from alsmodels.errors import EstimandError
from alsmodels.model.distributions import Distribution, HalfNormal, HalfT, Normal
from alsmodels.model.priors import Priors
from alsmodels.model.response import ResponseModel

__all__ = ["Parameter", "describe_term", "parameters_of", "print_minus", "prior_parameters"]

_PHASE = re.compile(r"phase\(week, [^)]*\)\[(\d)\]")
_LEVEL = re.compile(r"(\w+)\[T?\.?([^\]]*)\]")


@final
@dataclass(frozen=True, slots=True, eq=False)
class Parameter:
    """A parameter of the population.

    Attributes
    ----------
    name : as diagnostics name it, such as ``beta[week]``
    title : as a reader would
    prior : its prior; of a correlation, that of the matrix it is in
    n : random effects in that matrix
    draws : shape (s,), of the posterior; None for a prior alone
    """

    name: str
    title: str
    prior: Distribution
    n: int = 2
    draws: NDArray[np.float64] | None = None

    @property
    def is_weekly(self) -> bool:
        """Whether it is a rate per week."""
        return "week" in self.name and isinstance(self.prior, (Normal, HalfNormal, HalfT))


def describe_term(term: str) -> str:
    """Name a coefficient without the formula's brackets.

    Examples
    --------
    >>> describe_term("arm[T.anakinra]:phase(week, 24)[1]"), describe_term("(Intercept)")
    ('arm anakinra × phase 1', 'intercept')
    """
    parts = []
    for part in re.split(r":(?![^\[]*\])", term):
        phase, level = _PHASE.fullmatch(part), _LEVEL.fullmatch(part)
        plain = "intercept" if part == "(Intercept)" else part
        parts.append(f"phase {phase[1]}" if phase else f"{level[1]} {level[2]}" if level else plain)
    return " × ".join(parts)


def print_minus(text: str) -> str:
    """Write minus signs before numbers as they are printed.

    Examples
    --------
    >>> print_minus("Normal(-1, 1), M-SAP 3.0")
    'Normal(−1, 1), M-SAP 3.0'
    """
    return re.sub(r"(?<!\w)-(?=[\d.])", "−", text)


def prior_parameters(priors: Priors, response: ResponseModel | None = None) -> list[Parameter]:
    """The parameters that priors are of, one for all correlations; with a response model, also its own."""
    found = [Parameter(f"beta[{name}]", describe_term(name), prior) for name, prior in priors.fixed.items()]
    found += [Parameter(f"sd[{name}]", _sd(name), prior) for name, prior in priors.sds.items()]
    n = len(priors.sds)
    if n > 1:
        title = "correlation of the random effects" if n == 2 else f"each correlation of {n} random effects"
        found.append(Parameter("correlation", title, priors.correlation, n))
    found.append(Parameter("sigma", "residual SD", priors.residual))
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
    known = {one.name: one.name.split("[")[0] for one in found}
    for name in asked:
        if name not in known and name not in known.values():
            near = get_close_matches(name, [*known, *known.values()], n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(dict.fromkeys(known.values()))}."
            msg = f"The posterior has no parameter '{name}'; {hint}"
            raise EstimandError(msg)
    return [one for one in found if one.name in asked or known[one.name] in asked]


def _coefficients(post: PosteriorFit) -> list[Parameter]:
    names = post.design.fixed_names
    return [
        Parameter(f"beta[{name}]", describe_term(name), post.priors.fixed[name], draws=draws)
        for name, draws in zip(names, post.stacked("beta").T, strict=True)
    ]


def _spreads(post: PosteriorFit) -> list[Parameter]:
    names, template = post.design.random_names, post.design.template
    found = [
        Parameter(f"sd[{name}]", _sd(name), post.priors.sds[name], draws=draws)
        for name, draws in zip(names, post.stacked("sd").T, strict=True)
    ]
    for number, (row, col) in enumerate(pair_places(template)):
        size = next(block.stop - block.start for block in template.blocks if block.start <= row < block.stop)
        title = f"correlation of {describe_term(names[col])} and {describe_term(names[row])}"
        draws = post.stacked("correlation")[:, number]
        name = f"correlation[{names[row]} ~ {names[col]}]"
        found.append(Parameter(name, title, post.priors.correlation, size, draws))
    return found


def _residuals(post: PosteriorFit) -> list[Parameter]:
    sigma, prior = post.stacked("sigma"), post.priors.residual
    if sigma.ndim == 1:
        found = [Parameter("sigma", "residual SD", prior, draws=sigma)]
    else:
        found = [
            Parameter(f"sigma[{arm}]", f"residual SD, {arm}", prior, draws=draws)
            for arm, draws in zip(post.design.arms, sigma.T, strict=True)
        ]
    known = post.draws["posterior"].data_vars
    level = level_prior(post.design, post.response)
    for one in _response_parameters(post.response, level):
        if one.name in known:
            found.append(Parameter(one.name, one.title, one.prior, draws=post.stacked(one.name)))
    return found


def _response_parameters(response: ResponseModel, level: Normal | None = None) -> list[Parameter]:
    """The response model's own parameters; that of the level only where its prior is known."""
    level = response.level_effect or level
    found = []
    if response.tails == "student_t":
        found.append(Parameter("df", "degrees of freedom", response.df))
    if response.sd_by_level and level is not None:
        found.append(Parameter("level_effect", "effect of the level on log SD", level))
    if response.knot is not None:
        found.append(Parameter("knot", "week of the knot", response.knot))
    return found


def _sd(name: str) -> str:
    return f"SD of {describe_term(name)}"
