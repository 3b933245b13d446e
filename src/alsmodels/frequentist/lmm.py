"""Fitting a linear mixed model: from a design to a fit."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

import numpy as np

from alsmodels.errors import ConvergenceError, IdentificationError, SpecError
from alsmodels.frequentist.fit import Engine, LMMFit, Method
from alsmodels.frequentist.reduction import reduce_design
from alsmodels.frequentist.reference import fit_reference
from alsmodels.frequentist.verdict import judge
from alsmodels.kernels.covariance import block_factor
from alsmodels.kernels.derivatives import are_compiled
from alsmodels.kernels.effects import conditional_effects
from alsmodels.kernels.freedom import find_freedom
from alsmodels.kernels.optimum import find_optimum
from alsmodels.model.design import Design, build_design
from alsmodels.model.spec import ModelSpec
from alsmodels.model.status import StatusKind

__all__ = ["fit_lmm"]

logger = logging.getLogger("alsmodels")
# Seconds that loading compiled kernels never takes.
PATIENCE = 1.5


def fit_lmm(
    model: ModelSpec | str | Design,
    data: object = None,
    *,
    method: Method = "REML",
    engine: Engine = "alsmodels",
    on_failure: Literal["raise", "return"] = "raise",
) -> LMMFit:
    """Fit a linear mixed model by restricted or full maximum likelihood.

    Parameters
    ----------
    model : a specification or its formula, with ``data``; or a ready design
    data : a cohort, or a table (pandas, polars or pyarrow) with a column ``subject``
    method : ``"REML"``, or ``"ML"`` for comparing fixed effects by likelihood
    engine : ``"alsmodels"``; or ``"statsmodels"``, slower, with z-tests only, as a second road to the same numbers
    on_failure : ``"raise"``, or ``"return"`` the fit with a status that says what is wrong

    Returns
    -------
    LMMFit

    Raises
    ------
    DesignError
        If the specification does not fit the data.
    IdentificationError
        If the data cannot tell the variances apart.
    ConvergenceError
        If no optimum was found. A variance estimated as zero is not an error but a status.

    Notes
    -----
    The profiled criterion of Bates, Maechler, Bolker & Walker (2015), J. Stat. Softw. 67(1), is minimised by Newton's
    method with exact derivatives over subject blocks. The first fit on a machine compiles the kernels, which takes
    some seconds; they are kept for every later session.

    Examples
    --------
    >>> from alsmodels.data.examples import load_example
    >>> fit = fit_lmm("alsfrs_r ~ week + (week | subject)", load_example())
    >>> fit.status.kind.value
    'converged'
    """
    if method not in ("REML", "ML") or engine not in ("alsmodels", "statsmodels"):
        msg = f"method is 'REML' or 'ML' and engine 'alsmodels' or 'statsmodels'; not {method!r} and {engine!r}."
        raise SpecError(msg)
    design = _as_design(model, data)
    fit = fit_reference(design, method=method) if engine == "statsmodels" else _fit(design, method=method)
    if on_failure == "raise":
        _raise_failure(fit)
    return fit


def _as_design(model: ModelSpec | str | Design, data: object) -> Design:
    if isinstance(model, Design):
        if data is not None:
            msg = "A design holds its data already; give fit_lmm a design alone, or a specification with data."
            raise SpecError(msg)
        return model
    if data is None:
        msg = "A specification is fitted to data: fit_lmm(spec, cohort)."
        raise SpecError(msg)
    return build_design(model, data)


def _fit(design: Design, *, method: Method) -> LMMFit:
    with _compilation_notice():
        blocks = reduce_design(design)
        optimum = find_optimum(blocks, reml=method == "REML")
        freedom = find_freedom(optimum.sums, blocks)
    at, scaling = optimum.profile, blocks.scaling
    return LMMFit(
        design=design,
        method=method,
        engine="alsmodels",
        beta=scaling.beta(at.beta),
        beta_cov=freedom.beta_cov,
        sigma=float(np.sqrt(at.sigma2) * scaling.size),
        factor=scaling.z_factor @ block_factor(at.root, blocks.template),
        loglik=-0.5 * at.criterion,
        status=judge(optimum, blocks, design.random_names),
        effects=conditional_effects(at, blocks),
        freedom=freedom,
    )


def _raise_failure(fit: LMMFit) -> None:
    errors = {StatusKind.NOT_IDENTIFIED: IdentificationError, StatusKind.NOT_CONVERGED: ConvergenceError}
    if fit.status.kind in errors:
        msg = f"{fit.spec.formula} is {fit.status}"
        raise errors[fit.status.kind](msg)


def _say_compiling() -> None:
    if not are_compiled():
        logger.warning("Compiling the numerical kernels; this happens once on a machine and takes some seconds.")


@contextmanager
def _compilation_notice() -> Iterator[None]:
    """Say why the first fit on a machine takes seconds."""
    timer = threading.Timer(PATIENCE, _say_compiling)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
