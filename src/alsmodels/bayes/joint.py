"""Several outcomes of the same people, sampled together: how their trajectories go with each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal, final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from alsmodels.bayes.diagnostics import diagnose
from alsmodels.bayes.joint_target import all_subjects, join_targets, joint_template
from alsmodels.bayes.lmm import OPTIONS, check_words, judge, settle
from alsmodels.bayes.marginal_draws import Draws, MarginalModel, draw_importance, draw_nuts
from alsmodels.bayes.naming import pair_labels, pair_places
from alsmodels.bayes.posterior import Method, PosteriorFit
from alsmodels.bayes.sampling import NutsOptions
from alsmodels.bayes.trees import build_tree, stack_draws
from alsmodels.errors import EstimandError, SpecError
from alsmodels.model.compilation import compilation_notice
from alsmodels.model.design import Design, as_design
from alsmodels.model.distributions import LKJ
from alsmodels.model.priors import DEFAULT_CORRELATION, Priors, check_priors, default_priors
from alsmodels.model.response import ResponseModel
from alsmodels.model.seeds import settle_seed
from alsmodels.model.spec import ModelSpec
from alsmodels.model.status import Status

__all__ = ["JointFit", "sample_joint"]

Array = NDArray[np.float64]


@final
@dataclass(frozen=True, eq=False, repr=False)
class JointFit:
    """Draws from the posterior of several outcomes with correlated random effects.

    Attributes
    ----------
    fits : mapping of str to PosteriorFit
        The posterior of each outcome, by the response of its formula; questions about one outcome are asked of these.
    draws : xarray.DataTree
        The posterior draws of all outcomes together. Terms and effects are named ``response: name``; ``sigma`` has one
        value for each outcome.
    status : Status
        Whether the draws can be relied on.
    method : {"nuts", "importance"}
        The sampler that made the draws.
    effective : float or None
        The effective number of draws by importance weights; None for chains.
    """

    fits: Mapping[str, PosteriorFit]
    draws: xr.DataTree
    status: Status
    method: Method
    effective: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fits", MappingProxyType(dict(self.fits)))

    def __reduce__(self) -> tuple[Any, ...]:
        """As its fields, for pickle and copy: read-only mappings cannot be pickled."""
        return type(self), (dict(self.fits), self.draws, self.status, self.method, self.effective)

    @property
    def engine(self) -> str:
        """What made the fit, as tables name it."""
        return f"joint {self.method}"

    @property
    def effects(self) -> tuple[str, ...]:
        """Names of the random effects of all outcomes."""
        return tuple(self.draws["posterior"]["effect"].to_numpy().tolist())

    @cached_property
    def diagnostics(self) -> pd.DataFrame:
        """Mean, SD, Monte Carlo error, effective sizes and R-hat of every population parameter."""
        return diagnose(self.draws["posterior"].to_dataset())

    def correlation_draws(self, first: str, second: str) -> Array:
        """Draws of the correlation of two random effects, shape (s,)."""
        pair = {first, second}
        strange = [name for name in (first, second) if name not in self.effects]
        if strange or len(pair) < 2:
            msg = f"The random effects are {', '.join(self.effects)}; a correlation is of two of them."
            raise EstimandError(msg)
        row, col = sorted((self.effects.index(name) for name in pair), reverse=True)
        label = f"{self.effects[row]} ~ {self.effects[col]}"
        return stack_draws(self.draws["posterior"]["correlation"].sel(pair=label, drop=True))

    def __repr__(self) -> str:
        head = f"Joint posterior of {' and '.join(self.fits)} by {self.method}"
        table = self.diagnostics[["parameter", "mean", "sd", "ess_bulk", "r_hat"]].round(4)
        return f"{head}\n\n{table.to_string(index=False)}\n\nStatus: {self.status}"


def sample_joint(
    models: Sequence[ModelSpec | str | Design],
    data: object = None,
    *,
    priors: Sequence[Priors] | None = None,
    correlation: LKJ = DEFAULT_CORRELATION,
    method: Method = "nuts",
    draws: int = 4000,
    seed: int | None = None,
    nuts: NutsOptions = OPTIONS,
    on_failure: Literal["raise", "warn", "return"] = "raise",
) -> JointFit:
    """Sample the posterior of several outcomes of the same people, with correlated random effects.

    Parameters
    ----------
    models : sequence of ModelSpec, str or Design
        The specification, formula or design of each outcome.
    data : Cohort or DataFrame, optional
        The specifications are fitted to this cohort or table. Visits of different outcomes need not coincide.
    priors : sequence of Priors, optional
        The priors of the models, in the same order; by default ``default_priors`` of each. Their priors of correlations
        are not used.
    correlation : LKJ, optional
        The prior of the correlation matrix of the random effects of all outcomes together.
    method : {"nuts", "importance"}, default "nuts"
        The sampler, with the same meaning as in `sample_lmm`. Residuals are Gaussian and independent between outcomes.
    draws : int, default 4000
        The total number of posterior draws in all chains together.
    seed : int, optional
        The seed of the random numbers: the same seed gives the same draws. None takes one from the machine.
    nuts : NutsOptions, optional
        The options of NUTS: sampler, chains, tuning and progress bar.
    on_failure : {"raise", "warn", "return"}, default "raise"
        The action to take if the draws cannot be relied on, as in `sample_lmm`.

    Returns
    -------
    JointFit
        The joint posterior; it answers questions such as ``effect_correlation("alsfrs_r: week", "log(nfl): week")``.

    Raises
    ------
    SpecError
        If there are fewer than two models, two have the same response, or one has independent blocks of random effects.
    ConvergenceError
        If the draws cannot be relied on.
    """
    check_words(method, on_failure, draws, nuts)
    designs = [as_design(model, None if isinstance(model, Design) else data, verb="sample_joint") for model in models]
    _check_designs(designs)
    priors = [default_priors(design) for design in designs] if priors is None else list(priors)
    _check_all(priors, designs)
    target, squares = join_targets(designs, priors, correlation)
    model = MarginalModel(target=target, squares=squares, coords=_coords(designs))
    seed = settle_seed(seed)
    with compilation_notice(method):
        if method == "importance":
            found = draw_importance(model, draws=draws, chains=nuts.chains, seed=seed)
        else:
            found = draw_nuts(model, draws=draws, options=nuts, seed=seed)
    fit = _as_joint(designs, priors, found, method=method, seed=seed)
    settle(fit.status, on_failure, " and ".join(fit.fits))
    return fit


def _as_joint(
    designs: Sequence[Design], priors: Sequence[Priors], found: Draws, *, method: Method, seed: int
) -> JointFit:
    status = judge(found)
    effective = None if found.importance is None else found.importance.ess
    fits = {}
    for number, (design, given) in enumerate(zip(designs, priors, strict=True)):
        fits[design.spec.response] = PosteriorFit(
            design=design,
            priors=given.of(design),
            response=ResponseModel(),
            method=method,
            sampler="joint",
            draws=build_tree({"posterior": _alone(designs, number, found.posterior)}, attrs={"seed": seed}),
            status=status,
            effective=effective,
        )
    groups = {
        "posterior": found.posterior,
        "sample_stats": found.sample_stats,
        "log_likelihood": found.log_likelihood,
    }
    attrs = {"made_by": "alsmodels", "method": method, "seed": seed}
    return JointFit(fits, build_tree(groups, attrs=attrs), status, method, effective)


def _alone(designs: Sequence[Design], number: int, posterior: xr.Dataset) -> xr.Dataset:
    """The draws of one outcome under its own names."""
    design, before = designs[number], designs[:number]
    term = sum(len(one.fixed_names) for one in before)
    effect = sum(len(one.random_names) for one in before)
    names = list(design.random_names)
    whole = [_spell(design, name) for name in names]
    pairs = [f"{whole[row]} ~ {whole[col]}" for row, col in pair_places(design.template)]
    own = xr.Dataset(
        {
            "beta": posterior["beta"].isel(term=slice(term, term + len(design.fixed_names))),
            "sd": posterior["sd"].isel(effect=slice(effect, effect + len(names))),
            "sigma": posterior["sigma"].isel(outcome=number, drop=True),
            "b": posterior["b"].sel(subject=design.subjects.tolist()).isel(effect=slice(effect, effect + len(names))),
        }
    )
    own = own.assign_coords(term=list(design.fixed_names), effect=names)
    if not pairs:
        return own
    correlation = posterior["correlation"].sel(pair=pairs).assign_coords(pair=pair_labels(names, design.template))
    return own.assign(correlation=correlation)


def _coords(designs: Sequence[Design]) -> dict[str, Any]:
    effects = [_spell(design, name) for design in designs for name in design.random_names]
    return {
        "term": [_spell(design, name) for design in designs for name in design.fixed_names],
        "effect": effects,
        "pair": pair_labels(effects, joint_template(designs)),
        "outcome": [design.spec.response for design in designs],
        "subject": all_subjects(designs).tolist(),
    }


def _spell(design: Design, name: str) -> str:
    return f"{design.spec.response}: {name}"


def _check_designs(designs: Sequence[Design]) -> None:
    if len(designs) < 2:
        msg = "A joint model has two outcomes or more; for one, use sample_lmm."
        raise SpecError(msg)
    responses = [design.spec.response for design in designs]
    if len(set(responses)) < len(responses):
        msg = f"The outcomes of a joint model are different ones, not {' and '.join(responses)}."
        raise SpecError(msg)
    for design in designs:
        if len(design.template.sizes) > 1:
            msg = (
                f"In a joint model all random effects are correlated; write those of {design.spec.formula} "
                "as one term, such as (week | subject)."
            )
            raise SpecError(msg)


def _check_all(priors: Sequence[Priors], designs: Sequence[Design]) -> None:
    if len(priors) != len(designs):
        msg = f"There are {len(designs)} outcomes and {len(priors)} sets of priors; give one for each."
        raise SpecError(msg)
    for given, design in zip(priors, designs, strict=True):
        check_priors(given, design)
