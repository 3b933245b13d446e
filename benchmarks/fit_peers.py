"""One adapter for each package that fit_times.py times: how it is asked, and how its answer is read.

An adapter's ``ways`` prepare a fit outside the clock and return what runs inside it; they import the package when they
are asked. Each package is in its documented configuration; where it documents a faster one, that one is taken and
named. What takes arrays is given contiguous float64 and integer groups; frames are of the kind that a package is built
on: pandas, and polars for lme-python.
"""
# ruff: noqa: PLC0415 - what is not installed is not imported, and no package loads another's

from __future__ import annotations  # what annotations name is not imported

import re
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np

import alsmodels as als
from fit_criterion import Answer, covariance_from_theta
from fit_data import Case, Matrix

Prepare = Callable[[Case, str], Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class Peer:
    """A package behind one face.

    Attributes
    ----------
    name : as tables call it
    package : what it is called in the package index
    module : what is imported; None for what Python does not import
    ways : by the way data come, what prepares a fit
    read : the answer in a result; None for what has none
    """

    name: str
    package: str
    module: str | None
    ways: dict[str, Prepare]
    read: Callable[[Any, Case], Answer | None]

    @property
    def is_here(self) -> bool:
        """Whether it is installed."""
        return self.module is None or find_spec(self.module) is not None


def in_our_order(beta: Any, names: Sequence[str], fixed: str) -> Matrix:
    """Fixed effects in the order of the terms in ``fixed``, the intercept first, whatever order a package has.

    Names are known by the columns they hold; those of a fit from arrays hold none, and its order is ours.
    """
    columns = sorted(set(re.findall(r"\w+", fixed)), key=len, reverse=True)
    held = [frozenset(re.findall(rf"\b(?:{'|'.join(columns)})", name)) for name in names]
    wanted = [frozenset(), *(frozenset(term.split(":")) for term in fixed.split(" + "))]
    return np.asarray(beta)[[held.index(term) for term in wanted]] if any(held) else np.asarray(beta)


def _said(converged: bool | None) -> str:
    return "converged" if converged else "not converged"


def _ours_by_design(case: Case, _way: str) -> Callable[[], Any]:
    design = case.design
    return lambda: als.fit_lmm(design, on_failure="return")


def _ours_by_frame(case: Case, way: str) -> Callable[[], Any]:
    formula, frame = case.model.formula, case.table(way)
    return lambda: als.fit_lmm(formula, frame, on_failure="return")


def _read_ours(fit: als.LMMFit, _case: Case) -> Answer:
    return Answer(fit.beta, fit.covariance.to_numpy(), fit.sigma**2, fit.status.kind.value)


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
    return lambda: _without_warnings(lambda: MixedLM(y, X, codes, exog_re=Z).fit(reml=True))


def _statsmodels_by_frame(case: Case, way: str) -> Callable[[], Any]:
    from statsmodels.regression.mixed_linear_model import MixedLM

    fixed, random, frame = f"y ~ {case.model.fixed}", f"~ {case.model.random}", case.table(way)
    return lambda: _without_warnings(
        lambda: MixedLM.from_formula(fixed, frame, groups="subject", re_formula=random).fit(reml=True)
    )


def _read_statsmodels(result: Any, case: Case) -> Answer:
    """Of statsmodels, and of mixedlm-rs, which has its attributes."""
    beta, covariance = (
        in_our_order(result.fe_params, result.model.exog_names, case.model.fixed),
        np.asarray(result.cov_re),
    )
    return Answer(beta, covariance, float(result.scale), _said(result.converged))


def _lme_prepared(case: Case, _way: str) -> Callable[[], Any]:
    """Its design is made by ``prepare_lmer``, which forms its cross-products too."""
    import lme_python
    import polars as pl

    prepared = lme_python.prepare_lmer(_lme4_formula(case), pl.from_pandas(case.frame))
    return lambda: prepared.fit(reml=True)


def _lme_by_frame(case: Case, way: str) -> Callable[[], Any]:
    import lme_python
    import polars as pl

    formula, frame = _lme4_formula(case), pl.from_pandas(case.table(way))
    return lambda: lme_python.lmer(formula, frame)


def _read_lme(fit: Any, case: Case) -> Answer:
    covariance = covariance_from_theta(np.array(fit.theta), fit.sigma2, case.Z.shape[1])
    return Answer(
        in_our_order(fit.coefficients, fit.fixed_names, case.model.fixed), covariance, fit.sigma2, _said(fit.converged)
    )


def _mixedlm_parsed(case: Case, _way: str) -> Callable[[], Any]:
    """Its modular interface from parsed matrices on, with the optimiser that ``lmer`` has by default."""
    from mixedlm import lFormula, mkLmerDevfun, mkLmerMod, optimizeLmer

    parsed = lFormula(_lme4_formula(case), case.frame)

    def fit() -> Any:
        criterion = mkLmerDevfun(parsed)
        return mkLmerMod(criterion, optimizeLmer(criterion, method="auto"))  # "auto" is what lmer does

    return fit


def _mixedlm_by_frame(case: Case, way: str) -> Callable[[], Any]:
    from mixedlm import lmer

    formula, frame = _lme4_formula(case), case.table(way)
    return lambda: _without_warnings(lambda: lmer(formula, frame))


def _read_mixedlm(fit: Any, case: Case) -> Answer:
    effects, sigma2 = fit.fixef(), float(fit.sigma) ** 2
    beta = in_our_order(list(effects.values()), list(effects), case.model.fixed)
    return Answer(beta, fit.VarCorr().get_cov("subject"), sigma2, _said(fit.converged))


def _least_squares(case: Case, _way: str) -> Callable[[], Any]:
    """The floor: ``X'X``, ``X'y`` and one Cholesky solve, which know nothing of subjects."""
    import scipy.linalg

    y, X = case.y, case.X
    return lambda: scipy.linalg.cho_solve(scipy.linalg.cho_factor(X.T @ X), X.T @ y)


def _lme4_formula(case: Case) -> str:
    return f"y ~ {case.model.fixed} + ({case.model.random} | subject)"


def _without_warnings(fit: Callable[[], Any]) -> Any:
    """What a package warns of is read from its result."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit()


OURS = "alsmodels"
NOT_INSTALLED = "not installed"
LEAST_SQUARES = "least squares"
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
        "statsmodels",
        "statsmodels",
        "statsmodels",
        {"arrays": _statsmodels_by_arrays, "frame": _statsmodels_by_frame, "numbers": _statsmodels_by_frame},
        _read_statsmodels,
    ),
    Peer(LEAST_SQUARES, "scipy", "scipy", {"arrays": _least_squares}, lambda _found, _case: None),
)
