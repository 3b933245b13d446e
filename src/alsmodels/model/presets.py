"""Priors for outcomes of ALS trials, with where their numbers come from.

HEALEY is the platform trial's master statistical analysis plan, version 3.0 (JAMA 2025, supplements): mean baseline
N(38, 10^2), mean decline N(1, 1) points a month, SD of baselines U(0, 10), of slopes U(0, 2), residual SD U(0, 4).
A half-normal with half of such a bound as its scale leaves 95% of its mass below the bound.
"""

import numpy as np

from alsmodels.data.outcomes import is_alsfrs_r
from alsmodels.errors import SpecError
from alsmodels.model.design import Design
from alsmodels.model.distributions import LKJ, HalfNormal, Normal, Scale
from alsmodels.model.priors import Priors, default_priors
from alsmodels.model.terms import Term

__all__ = ["alsfrs_r_priors", "nfl_priors"]

_HEALEY = "HEALEY M-SAP 3.0"
_ASSUMED = "assumption"


def alsfrs_r_priors(design: Design) -> Priors:
    """Priors for the ALSFRS-R total over weeks.

    Intercept ``Normal(38, 10)``, slopes ``Normal(-1, 1)`` a month, SDs ``HalfNormal`` of 5 points (baseline), 1 point
    a month (slopes) and 2 points (residual), after HEALEY M-SAP 3.0. *Assumptions*: arms differ at baseline by
    ``Normal(0, 5)`` points and in slope by ``Normal(0, 1)`` a month; correlations are ``LKJ(2)``. Other covariates
    keep the default rule. The table names the source of each.

    Parameters
    ----------
    design : Design
        The design of a model of the untransformed total.

    Returns
    -------
    Priors
        The priors of the model, each with its source.

    Raises
    ------
    SpecError
        If the response is another.
    """
    spec = design.spec
    if not spec.transform.is_raw or not _is_alsfrs_r(design):
        msg = f"These priors are for the ALSFRS-R total as it is, not for '{spec.response}'; use default_priors. A "
        msg += f"total under another name is declared by outcomes=[als.Outcome.alsfrs_r({spec.columns[0]!r})]."
        raise SpecError(msg)
    return _preset(
        design,
        baseline=Normal(38.0, 10.0, _HEALEY),
        slope=Normal(-1.0, 1.0, _HEALEY),
        arm=Normal(0.0, 5.0, _ASSUMED),
        arm_slope=Normal(0.0, 1.0, _ASSUMED),
        sd_baseline=HalfNormal(5.0, _HEALEY),
        sd_slope=HalfNormal(1.0, _HEALEY),
        residual=HalfNormal(2.0, _HEALEY),
    )


def nfl_priors(design: Design) -> Priors:
    """Priors for the natural logarithm of serum neurofilament light in pg/mL over weeks.

    Intercept ``Normal(log(65), 1)`` about the median of 65 pg/mL, SD of baselines ``HalfNormal(0.63)`` (PMC7793911;
    HEALEY). *Assumptions*: slopes ``Normal(0, 0.1)`` log units a month, arms differ by ``Normal(0, 0.5)`` at baseline
    and by ``Normal(0, 0.1)`` a month, SD of slopes ``HalfNormal(0.1)`` a month, residual SD ``HalfNormal(0.4)``.

    Parameters
    ----------
    design : Design
        The design of a model of ``log`` of a column of neurofilament light.

    Returns
    -------
    Priors
        The priors of the model, each with its source.

    Raises
    ------
    SpecError
        If the response is no natural logarithm.
    """
    if design.spec.transform.function != "log":
        msg = f"These priors are for log(nfl), not for '{design.spec.response}'; use default_priors."
        raise SpecError(msg)
    return _preset(
        design,
        baseline=Normal(float(np.log(65.0)), 1.0, "PMC7793911; HEALEY"),
        slope=Normal(0.0, 0.1, _ASSUMED),
        arm=Normal(0.0, 0.5, _ASSUMED),
        arm_slope=Normal(0.0, 0.1, _ASSUMED),
        sd_baseline=HalfNormal(0.63, "PMC7793911; HEALEY"),
        sd_slope=HalfNormal(0.1, _ASSUMED),
        residual=HalfNormal(0.4, _ASSUMED),
    )


def _is_alsfrs_r(design: Design) -> bool:
    """Whether the response is the total of the revised scale, as it was declared or by its name."""
    column = design.spec.transform.column
    return is_alsfrs_r(column) if design.outcome is None else design.outcome.is_alsfrs_r


def _preset(
    design: Design,
    *,
    baseline: Normal,
    slope: Normal,
    arm: Normal,
    arm_slope: Normal,
    sd_baseline: HalfNormal,
    sd_slope: HalfNormal,
    residual: HalfNormal,
) -> Priors:
    """Lay numbers per month onto coefficients, which are per week, month or day; what is not known keeps the rule."""
    rule = default_priors(design)
    known = {(False, False): baseline, (True, False): slope, (False, True): arm, (True, True): arm_slope}
    fixed = dict(rule.fixed)
    for term in design.fixed_terms:
        kind = _kind(term)
        if kind is not None:
            fixed[term.name] = known[kind].scaled(1 / term.per_month)
    sds: dict[str, Scale] = dict(rule.sds)
    for term in design.random_terms:
        if _kind(term) == (False, False):
            sds[term.name] = sd_baseline
        elif _kind(term) == (True, False):
            sds[term.name] = sd_slope.scaled(1 / term.per_month)
    return Priors(fixed=fixed, sds=sds, residual=residual, correlation=LKJ(2.0, _ASSUMED)).of(design)


def _kind(term: Term) -> tuple[bool, bool] | None:
    """Whether a coefficient is a slope, and whether of an arm's difference; None for anything else.

    Where each arm has a coefficient of its own it is a baseline or a slope, and no difference.
    """
    if term.others or term.time_degree not in (0, 1):
        return None
    return term.is_rate, term.is_contrast
