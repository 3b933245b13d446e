"""Sampling a linear mixed model: from a design and priors to a posterior."""

import warnings
from typing import Any, Literal

import numpy as np
import xarray as xr

from alsmodels.bayes.diagnostics import UnreliableDraws, diagnose, judge_importance, judge_nuts
from alsmodels.bayes.hierarchical_draws import draw_hierarchical
from alsmodels.bayes.marginal_draws import (
    AnyModel,
    Draws,
    build_marginal,
    build_moving,
    draw_importance,
    draw_nuts,
)
from alsmodels.bayes.posterior import Method, PosteriorFit
from alsmodels.bayes.sampling import NutsOptions
from alsmodels.bayes.trees import build_tree
from alsmodels.errors import ConvergenceError, SpecError, shown
from alsmodels.model.compilation import Work, compilation_notice
from alsmodels.model.design import Design, as_design
from alsmodels.model.priors import Priors, check_priors, default_priors
from alsmodels.model.response import ResponseModel
from alsmodels.model.seeds import settle_seed
from alsmodels.model.spec import ModelSpec
from alsmodels.model.status import Status, StatusKind

__all__ = ["OPTIONS", "check_words", "judge", "sample_lmm", "settle"]

GAUSSIAN = ResponseModel()
OPTIONS = NutsOptions()


def sample_lmm(
    model: ModelSpec | str | Design,
    data: object = None,
    *,
    priors: Priors | None = None,
    response: ResponseModel = GAUSSIAN,
    method: Method = "nuts",
    draws: int = 4000,
    seed: int | None = None,
    nuts: NutsOptions = OPTIONS,
    on_failure: Literal["raise", "warn", "return"] = "raise",
) -> PosteriorFit:
    """Sample the posterior of a linear mixed model.

    Parameters
    ----------
    model : ModelSpec, str or Design
        A specification or its formula, with ``data``; or a ready design.
    data : Cohort or DataFrame, optional
        A cohort, or a table (pandas, polars or pyarrow) with a column ``subject``.
    priors : Priors, optional
        The priors of the model; by default ``default_priors(design)``, which the fit carries.
    response : ResponseModel, optional
        The response model: how values scatter about a subject's trajectory; by default Gaussian with one residual
        variance.
    method : {"nuts", "importance"}, default "nuts"
        The sampler: ``"nuts"``; or ``"importance"``, independent draws in a fraction of the time, for the Gaussian
        model with a known or an unknown knot.
    draws : int, default 4000
        The total number of draws; they are laid into as many chains as ``nuts`` says, whatever the method.
    seed : int, optional
        The seed of the random numbers: the same seed gives the same draws. None takes one from the machine, and the fit
        says which.
    nuts : NutsOptions, optional
        The options of NUTS: sampler, chains, tuning and progress bar.
    on_failure : {"raise", "warn", "return"}, default "raise"
        The action if the draws cannot be relied on: raise an error, warn, or return them with their status.

    Returns
    -------
    PosteriorFit
        The posterior with its draws, diagnostics and status.

    Raises
    ------
    DesignError
        If the specification does not fit the data.
    SpecError
        If the priors are not those of the model's coefficients, or importance is asked for beyond the Gaussian.
    ConvergenceError
        If the draws cannot be relied on: R-hat, effective sizes, divergences, BFMI or k-hat.

    Notes
    -----
    With Gaussian residuals the random effects, and the fixed effects under their normal priors, are integrated out
    exactly over subject blocks; what is sampled are the standard deviations and correlations, and the knot where it is
    unknown, and the rest is drawn exactly given them. Beyond the Gaussian the random effects are sampled too,
    non-centred. No graph is compiled,
    unless ``nuts=NutsOptions(sampler="nutpie")`` or ``"pymc"`` asks for PyMC's.

    Examples
    --------
    >>> from alsmodels.data.examples import load_example
    >>> post = sample_lmm("alsfrs_r ~ week + (week | subject)", load_example(), method="importance", seed=1)
    >>> post.status.kind.value
    'sampled'
    """
    check_words(method, on_failure, draws, nuts)
    design = as_design(model, data, verb="sample_lmm")
    priors = default_priors(design) if priors is None else priors
    check_priors(priors, design)
    priors = priors.of(design)
    seed = settle_seed(seed)
    with compilation_notice(_name_work(method, response)):
        found = _sample(design, priors, response, method=method, draws=draws, nuts=nuts, seed=seed)
    fit = _as_fit(design, priors, response, found, method=method, sampler=nuts.sampler, seed=seed)
    settle(fit.status, on_failure, fit.spec.formula)
    return fit


def _sample(
    design: Design,
    priors: Priors,
    response: ResponseModel,
    *,
    method: Method,
    draws: int,
    nuts: NutsOptions,
    seed: int,
) -> Draws:
    if method == "importance":
        if not response.integrates:
            features = ", ".join(response.features)
            msg = f"Importance sampling is for the Gaussian model, not for {features}; use method='nuts'."
            raise SpecError(msg)
        return draw_importance(_integrate(design, priors, response), draws=draws, chains=nuts.chains, seed=seed)
    if nuts.sampler != "kernel":
        from alsmodels.bayes.graph_draws import draw_graph  # noqa: PLC0415 - loads PyMC, which no other road needs

        return draw_graph(design, priors, response, draws=draws, options=nuts, seed=seed)
    if response.integrates:
        return draw_nuts(_integrate(design, priors, response), draws=draws, options=nuts, seed=seed)
    return draw_hierarchical(design, priors, response, draws=draws, options=nuts, seed=seed)


def _name_work(method: Method, response: ResponseModel) -> Work:
    if not response.integrates:
        return "hierarchical"
    return method if response.is_gaussian else "knot"


def _integrate(design: Design, priors: Priors, response: ResponseModel) -> AnyModel:
    """The density with the effects integrated out, at the knot of the formula or with an unknown one."""
    knot = response.knot
    return build_marginal(design, priors) if knot is None else build_moving(design, priors, knot)


def _as_fit(
    design: Design,
    priors: Priors,
    response: ResponseModel,
    found: Draws,
    *,
    method: Method,
    sampler: str,
    seed: int,
) -> PosteriorFit:
    observed = xr.Dataset({"y": ("row", design.y)}, {"row": np.arange(design.n_obs)})
    groups = {
        "posterior": found.posterior,
        "sample_stats": found.sample_stats,
        "log_likelihood": found.log_likelihood,
        "observed_data": observed,
    }
    attrs: dict[str, Any] = {"made_by": "alsmodels", "formula": design.spec.formula, "method": method, "seed": seed}
    if found.importance is not None:
        attrs |= {"k_hat": found.importance.k_hat, "log_evidence": found.importance.log_evidence}
    return PosteriorFit(
        design=design,
        priors=priors,
        response=response,
        method=method,
        sampler=sampler if method == "nuts" else "kernel",
        draws=build_tree(groups, attrs=attrs),
        status=judge(found),
        effective=None if found.importance is None else found.importance.ess,
    )


def judge(found: Draws) -> Status:
    """Whether draws can be relied on."""
    if found.importance is not None:
        return judge_importance(found.importance.k_hat, found.importance.ess)
    return judge_nuts(diagnose(found.posterior), found.sample_stats)


def settle(status: Status, on_failure: str, formula: str) -> None:
    """Raise, warn or keep silent about draws that cannot be relied on."""
    if status.kind is not StatusKind.UNRELIABLE or on_failure == "return":
        return
    msg = f"The posterior of {formula} is {status}"
    if on_failure == "raise":
        raise ConvergenceError(msg)
    warnings.warn(msg, UnreliableDraws, stacklevel=3)


def check_words(method: str, on_failure: str, draws: int, nuts: NutsOptions) -> None:
    """Refuse what is no method, no way to fail, or no number of draws."""
    if method not in ("nuts", "importance") or on_failure not in ("raise", "warn", "return"):
        msg = (
            "method is 'nuts' or 'importance', and on_failure 'raise', 'warn' or 'return'; "
            f"not {shown(method)} and {shown(on_failure)}."
        )
        raise SpecError(msg)
    if draws < 4 * nuts.chains or draws % nuts.chains:
        msg = f"draws are those of all {nuts.chains} chains together: a multiple of {nuts.chains}, not {shown(draws)}."
        raise SpecError(msg)
