"""The second road: the same model by statsmodels' MixedLM, rescaled, by several optimisers, and checked.

MixedLM can report convergence away from the optimum. Here the best of several optimisers is taken, and what is said
of it rests on the score that our own derivatives give at its estimates, not on its flags.
"""

import warnings
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams

from alsmodels.errors import ConvergenceError
from alsmodels.frequentist.fit import LMMFit, Method
from alsmodels.frequentist.verdict import judge
from alsmodels.kernels.coordinates import symmetric_root
from alsmodels.kernels.covariance import block_factor
from alsmodels.kernels.effects import ConditionalEffects
from alsmodels.kernels.optimum import examine
from alsmodels.model.design import Design, refuse_weights
from alsmodels.model.reduction import reduce_design

__all__ = ["fit_reference"]

Matrix = NDArray[np.float64]

OPTIMISERS = ("lbfgs", "bfgs", "powell")
# Powell's method ignores which covariances are held at zero.
MASKED_OPTIMISERS = ("lbfgs", "bfgs", "cg")
# An optimiser on a criterion without an exact Hessian ends this near, in standard errors.
SCORE_TOLERATED = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class _Scales:
    """Sizes of the response and of the columns of X and Z; statsmodels sees all of them as one."""

    y: float
    X: Matrix
    Z: Matrix


def fit_reference(design: Design, *, method: Method) -> LMMFit:
    """Fit a design with statsmodels; the same kind of fit comes back, with z-tests only."""
    refuse_weights(design, verb="statsmodels' MixedLM")
    blocks = reduce_design(design)
    scales = _Scales(float(np.std(design.y)), _sizes(design.X), _sizes(design.Z))
    result = _best_fit(design, scales, method=method)
    p, sigma = design.X.shape[1], float(np.sqrt(result.scale) * scales.y)
    covariance = scales.y**2 * np.asarray(result.cov_re) / np.outer(scales.Z, scales.Z)
    inverse = np.linalg.inv(blocks.scaling.z_factor)
    root = symmetric_root(inverse @ (covariance / sigma**2) @ inverse.T, design.template)
    optimum = examine(root, blocks, reml=method == "REML", tolerance=SCORE_TOLERATED)
    return LMMFit(
        design=design,
        method=method,
        engine="statsmodels",
        beta=scales.y * np.asarray(result.fe_params) / scales.X,
        beta_cov=scales.y**2 * np.asarray(result.cov_params())[:p, :p] / np.outer(scales.X, scales.X),
        sigma=sigma,
        factor=blocks.scaling.z_factor @ block_factor(root, design.template),
        loglik=_unscaled_loglik(float(result.llf), design, scales, method=method),
        status=judge(optimum, blocks, design.random_names),
        find_effects=partial(_effects, result, design, scales),
        find_freedom=None,
    )


def _best_fit(design: Design, scales: _Scales, *, method: Method) -> Any:
    """The end with the highest likelihood among the optimisers that reach one."""
    groups = np.repeat(np.arange(design.n_subjects), np.diff(design.starts))
    template, p = design.template, design.X.shape[1]
    model = MixedLM(design.y / scales.y, design.X / scales.X, groups, exog_re=design.Z / scales.Z)
    mask = np.zeros((template.n_effects, template.n_effects))
    mask[template.rows, template.cols] = mask[template.cols, template.rows] = 1.0
    free = None if mask.all() else MixedLMParams.from_components(fe_params=np.ones(p), cov_re=mask)
    optimisers = OPTIMISERS if free is None else MASKED_OPTIMISERS
    ends = [_try_fit(model, optimiser, free=free, reml=method == "REML") for optimiser in optimisers]
    found = [end for end in ends if end is not None and np.isfinite(end.llf)]
    if not found:
        msg = (
            f"statsmodels found no estimates of {design.spec.formula} with any of {', '.join(optimisers)}; "
            "it has no answer where a covariance is singular. Use engine='alsmodels'."
        )
        raise ConvergenceError(msg)
    return max(found, key=lambda end: float(end.llf))


def _try_fit(model: MixedLM, optimiser: str, *, free: MixedLMParams | None, reml: bool) -> Any:
    """One optimiser's result, or None where it fails; its warnings are not believed, so not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return model.fit(reml=reml, method=[optimiser], free=free)
        except (np.linalg.LinAlgError, ValueError):
            return None


def _unscaled_loglik(llf: float, design: Design, scales: _Scales, *, method: Method) -> float:
    """The log-likelihood of the response and the columns as they were given."""
    if method == "ML":
        return llf - float(design.n_obs * np.log(scales.y))
    dof = design.n_obs - design.X.shape[1]
    return llf - float(dof * np.log(scales.y) + np.log(scales.X).sum())


def _effects(result: Any, design: Design, scales: _Scales) -> ConditionalEffects:
    modes, spreads = result.random_effects, result.random_effects_cov
    order = range(design.n_subjects)
    return ConditionalEffects(
        modes=scales.y * np.array([np.asarray(modes[i]) for i in order]) / scales.Z,
        covariance=scales.y**2 * np.array([np.asarray(spreads[i]) for i in order]) / np.outer(scales.Z, scales.Z),
    )


def _sizes(matrix: Matrix) -> Matrix:
    return np.asarray(np.sqrt(np.mean(matrix**2, axis=0)))
