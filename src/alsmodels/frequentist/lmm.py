"""Fitting a linear mixed model: from a design to a fit."""

from dataclasses import replace
from functools import partial
from typing import Literal, TypeVar

import numpy as np

from alsmodels.errors import ConvergenceError, IdentificationError, SpecError, shown
from alsmodels.frequentist.fit import Engine, LMMFit, Method, MixedFit
from alsmodels.frequentist.verdict import judge
from alsmodels.kernels.blocks import SubjectBlocks
from alsmodels.kernels.covariance import block_factor
from alsmodels.kernels.effects import conditional_effects
from alsmodels.kernels.freedom import find_freedom
from alsmodels.kernels.optimum import find_optimum
from alsmodels.model.compilation import compilation_notice
from alsmodels.model.design import Design, as_design
from alsmodels.model.reduction import reduce_design
from alsmodels.model.registry import Registry
from alsmodels.model.spec import ModelSpec
from alsmodels.model.status import Status, StatusKind

__all__ = ["check_method", "fit_blocks", "fit_lmm", "raise_failure"]

AnyFit = TypeVar("AnyFit", bound=MixedFit)


def fit_lmm(
    model: ModelSpec | str | Design,
    data: object = None,
    *,
    method: Method = "REML",
    engine: Engine = "alsmodels",
    weights: str | None = None,
    on_failure: Literal["raise", "return"] = "raise",
) -> LMMFit:
    """Fit a linear mixed model by restricted or full maximum likelihood.

    Parameters
    ----------
    model : ModelSpec, str or Design
        A specification or its formula, with ``data``; or a ready design.
    data : Cohort or DataFrame, optional
        A cohort, or a table (pandas, polars or pyarrow) with a column ``subject``.
    method : {"REML", "ML"}, default "REML"
        The criterion: restricted maximum likelihood, or full maximum likelihood for comparing fixed effects by
        likelihood.
    engine : {"alsmodels", "statsmodels"}, default "alsmodels"
        The engine; ``"statsmodels"`` is slower and has z-tests only, as a second road to the same numbers.
    weights : str, optional
        The column of weights: a row's residual variance is ``sigma^2`` over its weight, as in lme4.
    on_failure : {"raise", "return"}, default "raise"
        The action if there is no answer: raise an error, or return the fit with a status that says what is wrong.

    Returns
    -------
    LMMFit
        The fitted model with its estimates, tables and status.

    Raises
    ------
    SpecError
        If a word is none of those above, or ``weights`` is not the name of a column.
    DesignError
        If the specification does not fit the data.
    IdentificationError
        If the data cannot tell the variances apart.
    ConvergenceError
        If no optimum was found. A variance estimated as zero is not an error but a status.

    Notes
    -----
    The profiled criterion of Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1), is minimised by Newton's
    method with exact derivatives over subject blocks. On a machine where the kernels are not compiled yet, the fit of a
    trial is interpreted and they are compiled in the background; where there are thousands of subjects they are
    compiled first, and a message says how long that takes. They are kept for every later session.

    Examples
    --------
    >>> from alsmodels.data.examples import load_example
    >>> fit = fit_lmm("alsfrs_r ~ week + (week | subject)", load_example())
    >>> fit.status.kind.value
    'converged'
    """
    check_method(method)
    if engine not in ("alsmodels", "statsmodels"):
        msg = f"engine is 'alsmodels' or 'statsmodels', not {shown(engine)}."
        raise SpecError(msg)
    design = as_design(model, data, verb="fit_lmm", weights=weights)
    fit = _fit_by_statsmodels(design, method=method) if engine == "statsmodels" else _fit(design, method=method)
    if on_failure == "raise":
        raise_failure(fit)
    return fit


def _fit_by_statsmodels(design: Design, *, method: Method) -> LMMFit:
    from alsmodels.frequentist.reference import fit_reference  # noqa: PLC0415  # it takes a second to load, few need it

    return fit_reference(design, method=method)


def _fit(design: Design, *, method: Method) -> LMMFit:
    with compilation_notice("fit_lmm"):
        return fit_blocks(LMMFit, design, reduce_design(design), method=method)


def fit_blocks(kind: type[AnyFit], design: Design | Registry, blocks: SubjectBlocks, *, method: Method) -> AnyFit:
    """Find the optimum of subject blocks, and say it in the units of the data."""
    optimum = find_optimum(blocks, reml=method == "REML")
    at, scaling = optimum.profile, blocks.scaling
    sigma = float(np.sqrt(at.sigma2) * scaling.size)
    beta_root = sigma * scaling.beta_root(at.beta_root)
    return kind(
        design=design,
        method=method,
        engine="alsmodels",
        beta=scaling.beta(at.beta),
        beta_cov=beta_root @ beta_root.T,
        sigma=sigma,
        factor=scaling.z_factor @ block_factor(at.root, blocks.template),
        loglik=-0.5 * at.criterion,
        status=_name_omitted(judge(optimum, blocks, design.random_names), design),
        find_effects=partial(conditional_effects, at, blocks),
        find_freedom=partial(find_freedom, at, blocks),
    )


def _name_omitted(status: Status, design: Design | Registry) -> Status:
    """A status that names the columns which are left out of the mean, if any is."""
    omission = design.encoding.omission
    if omission is None:
        return status
    return replace(status, message=f"{status.message} Left out of the mean, as the data do not tell: {omission.names}.")


def check_method(method: object) -> None:
    """Refuse what is no method."""
    if method not in ("REML", "ML"):
        msg = f"method is 'REML' or 'ML', not {shown(method)}."
        raise SpecError(msg)


def raise_failure(fit: MixedFit) -> None:
    """Raise what is wrong with a fit that has no answer."""
    errors = {StatusKind.NOT_IDENTIFIED: IdentificationError, StatusKind.NOT_CONVERGED: ConvergenceError}
    if fit.status.kind in errors:
        msg = f"{fit.spec.formula} is {fit.status}"
        raise errors[fit.status.kind](msg)
