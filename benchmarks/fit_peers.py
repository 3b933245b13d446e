"""One adapter for each package that fit_times.py times: how it is asked, and how its answer is read.

An adapter's ``ways`` prepare a fit outside the clock and return what runs inside it; they import the package when they
are asked. Each package is in its documented configuration; where it documents a faster one, that one is taken and
named. What takes arrays is given contiguous float64 and integer groups; frames are of the kind that a package is built
on: pandas, and polars for lme-python.
"""
# ruff: noqa: PLC0415 - what is not installed is not imported, and no package loads another's

from __future__ import annotations  # what annotations name is not imported

from typing import TYPE_CHECKING, Any

import numpy as np

import alsmodels as als
from fit_criterion import Answer, covariance_from_theta
from fit_peer import LEAST_SQUARES, OURS, Peer, in_our_order, lme4_formula, say, without_warnings

if TYPE_CHECKING:
    from collections.abc import Callable

    from fit_data import Case


def _ours_by_design(case: Case, _way: str) -> Callable[[], Any]:
    design = case.design
    return lambda: als.fit_lmm(design, on_failure="return")


def _ours_by_frame(case: Case, way: str) -> Callable[[], Any]:
    formula, frame = case.model.formula, case.table(way)
    return lambda: als.fit_lmm(formula, frame, on_failure="return")


def _read_ours(fit: als.LMMFit, _case: Case) -> Answer:
    return Answer(fit.beta, fit.covariance.to_numpy(), fit.sigma**2, fit.status.kind.value, fit.bse.to_numpy())


def _rs_by_arrays(case: Case, _way: str) -> Callable[[], Any]:
    from mixedlm_rs import MixedLM

    y, X, Z, codes = case.y, case.X, case.Z, case.codes
    return lambda: MixedLM(endog=y, exog=X, groups=codes, exog_re=Z).fit()


def _rs_by_frame(case: Case, way: str) -> Callable[[], Any]:
    from mixedlm_rs import mixedlm

    fixed, random, frame = f"y ~ {case.model.fixed}", f"~ {case.model.random}", case.table(way)
    return lambda: mixedlm(fixed, frame, groups="subject", re_formula=random).fit()


def _statsmodels_by_arrays(case: Case, _way: str) -> Callable[[], Any]:
    from statsmodels.regression.mixed_linear_model import MixedLM

    y, X, Z, codes = case.y, case.X, case.Z, case.codes
    return lambda: without_warnings(lambda: MixedLM(y, X, codes, exog_re=Z).fit(reml=True))


def _statsmodels_by_frame(case: Case, way: str) -> Callable[[], Any]:
    from statsmodels.regression.mixed_linear_model import MixedLM

    fixed, random, frame = f"y ~ {case.model.fixed}", f"~ {case.model.random}", case.table(way)
    return lambda: without_warnings(
        lambda: MixedLM.from_formula(fixed, frame, groups="subject", re_formula=random).fit(reml=True)
    )


def _read_statsmodels(result: Any, case: Case) -> Answer:
    """Of statsmodels, and of mixedlm-rs, which has its attributes."""
    names, fixed = result.model.exog_names, case.model.fixed
    beta, std_errors = (in_our_order(found, names, fixed) for found in (result.fe_params, result.bse_fe))
    return Answer(beta, np.asarray(result.cov_re), float(result.scale), say(result.converged), std_errors)


def _lme_prepared(case: Case, _way: str) -> Callable[[], Any]:
    """Its design is made by ``prepare_lmer``, which forms its cross-products too."""
    import lme_python
    import polars as pl

    prepared = lme_python.prepare_lmer(lme4_formula(case), pl.from_pandas(case.frame))
    return lambda: prepared.fit(reml=True)


def _lme_by_frame(case: Case, way: str) -> Callable[[], Any]:
    import lme_python
    import polars as pl

    formula, frame = lme4_formula(case), pl.from_pandas(case.table(way))
    return lambda: lme_python.lmer(formula, frame)


def _read_lme(fit: Any, case: Case) -> Answer:
    covariance = covariance_from_theta(np.array(fit.theta), fit.sigma2, case.Z.shape[1])
    names, fixed = fit.fixed_names, case.model.fixed
    beta, std_errors = (in_our_order(found, names, fixed) for found in (fit.coefficients, fit.beta_se))
    return Answer(beta, covariance, fit.sigma2, say(fit.converged), std_errors)


def _mixedlm_parsed(case: Case, _way: str) -> Callable[[], Any]:
    """Its modular interface from parsed matrices on, with the optimiser that ``lmer`` has by default."""
    from mixedlm import lFormula, mkLmerDevfun, mkLmerMod, optimizeLmer

    parsed = lFormula(lme4_formula(case), case.frame)

    def fit() -> Any:
        criterion = mkLmerDevfun(parsed)
        return mkLmerMod(criterion, optimizeLmer(criterion, method="auto"))  # "auto" is what lmer does

    return fit


def _mixedlm_by_frame(case: Case, way: str) -> Callable[[], Any]:
    from mixedlm import lmer

    formula, frame = lme4_formula(case), case.table(way)
    return lambda: without_warnings(lambda: lmer(formula, frame))


def _read_mixedlm(fit: Any, case: Case) -> Answer:
    effects, sigma2 = fit.fixef(), float(fit.sigma) ** 2
    both = (list(effects.values()), np.sqrt(np.diagonal(fit.vcov())))
    beta, std_errors = (in_our_order(found, list(effects), case.model.fixed) for found in both)
    return Answer(beta, fit.VarCorr().get_cov("subject"), sigma2, say(fit.converged), std_errors)


def _glmm_by_columns(case: Case, _way: str) -> Callable[[], Any]:
    """It has no road without a formula: contiguous columns of numbers are what it has in place of arrays."""
    import glmm

    names = ("y", "subject", *case.model.data_columns)
    columns = {name: np.ascontiguousarray(case.numbers[name]) for name in names}
    formula = lme4_formula(case)
    return lambda: without_warnings(lambda: glmm.fit(columns, formula))


def _glmm_by_frame(case: Case, way: str) -> Callable[[], Any]:
    import glmm

    formula, frame = lme4_formula(case), case.table(way)
    return lambda: without_warnings(lambda: glmm.fit(frame, formula))


def _read_glmm(fit: Any, case: Case) -> Answer:
    """Its covariance is the lower triangle, column by column."""
    q = case.Z.shape[1]
    column, row = np.triu_indices(q)
    covariance = np.empty((q, q))
    covariance[row, column] = covariance[column, row] = fit.varcorr[0]
    beta, std_errors = (in_our_order(found, fit.names, case.model.fixed) for found in (fit.beta, fit.se))
    return Answer(beta, covariance, float(fit.dispersion), say(fit.converged), std_errors)


def _gpboost_by_arrays(case: Case, _way: str) -> Callable[[], Any]:
    """A smaller model: its grouped effects are independent, and it maximises the likelihood without restriction."""
    from gpboost import GPModel

    y, X, slopes, codes = case.y, case.X, np.ascontiguousarray(case.Z[:, 1:]), case.codes
    of_subjects = [1] * slopes.shape[1]

    def fit() -> Any:
        model = GPModel(group_data=codes, group_rand_coef_data=slopes, ind_effect_group_rand_coef=of_subjects)
        return model.fit(y=y, X=X)

    return fit


def _least_squares(case: Case, _way: str) -> Callable[[], Any]:
    """The floor: ``X'X``, ``X'y`` and one Cholesky solve, which know nothing of subjects."""
    import scipy.linalg

    y, X = case.y, case.X
    return lambda: scipy.linalg.cho_solve(scipy.linalg.cho_factor(X.T @ X), X.T @ y)


PEERS = (
    Peer(
        OURS,
        "alsmodels",
        "alsmodels",
        {"arrays": _ours_by_design, "frame": _ours_by_frame, "numbers": _ours_by_frame},
        _read_ours,
    ),
    Peer(
        "mixedlm-rs",
        "mixedlm-rs",
        "mixedlm_rs",
        {"arrays": _rs_by_arrays, "frame": _rs_by_frame, "numbers": _rs_by_frame},
        _read_statsmodels,
    ),
    Peer(
        "lme-python",
        "lme-python",
        "lme_python",
        {"arrays": _lme_prepared, "frame": _lme_by_frame, "numbers": _lme_by_frame},
        _read_lme,
    ),
    Peer(
        "mixedlm",
        "mixedlm",
        "mixedlm",
        {"arrays": _mixedlm_parsed, "frame": _mixedlm_by_frame, "numbers": _mixedlm_by_frame},
        _read_mixedlm,
    ),
    Peer(
        "glmm",
        "glmm",
        "glmm",
        {"arrays": _glmm_by_columns, "frame": _glmm_by_frame, "numbers": _glmm_by_frame},
        _read_glmm,
    ),
    Peer(
        "statsmodels",
        "statsmodels",
        "statsmodels",
        {"arrays": _statsmodels_by_arrays, "frame": _statsmodels_by_frame},
        _read_statsmodels,
    ),
    Peer(
        "gpboost, independent effects",
        "gpboost",
        "gpboost",
        {"arrays": _gpboost_by_arrays},
        lambda _fit, _case: None,
        "has grouped effects that are independent of each other, and maximises the likelihood without restriction: it "
        "cannot express these models. It is timed on the smaller model with the same effects and no correlations, and "
        "its answers, being of another model, are not judged. It has no formulas.",
    ),
    Peer(LEAST_SQUARES, "scipy", "scipy", {"arrays": _least_squares}, lambda _found, _case: None),
)
