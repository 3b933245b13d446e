"""What a report has of one fit, as tables: an optimum's variance components, a posterior's parameters, the rows."""

import numpy as np
import pandas as pd

from alsmodels.bayes.diagnostics import POPULATION
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.data.cohort import Cohort
from alsmodels.frequentist.fit import LMMFit
from alsmodels.model.intervals import find_interval
from alsmodels.report.panels import OutcomeFit

__all__ = ["flow", "overview", "parameters", "variance_components"]


def variance_components(fit: LMMFit) -> pd.DataFrame:
    """Standard deviations and correlations: group, term, estimate."""
    table = fit.tidy()
    return table.loc[table["effect"] == "ran_pars", ["group", "term", "estimate"]].reset_index(drop=True)


def parameters(fit: PosteriorFit, *, level: float) -> pd.DataFrame:
    """Population parameters: parameter, mean, sd, lower and upper (equal-tailed), and how well the draws tell them."""
    there = [fit.stacked(name) for name in POPULATION if name in fit.posterior]
    draws = np.hstack([one.reshape(len(one), -1) for one in there])
    limits = np.array([find_interval(column, level=level) for column in draws.T])
    table = fit.diagnostics
    return pd.concat(
        [
            table[["parameter", "mean", "sd"]],
            pd.DataFrame(limits, columns=["lower", "upper"]),
            table.drop(columns=["parameter", "mean", "sd"]),
        ],
        axis=1,
    )


def overview(fit: OutcomeFit) -> pd.DataFrame:
    """One row: how it was fitted, how large it is, and whether it can be relied on."""
    facts = {"engine": fit.engine, "method": fit.method, "formula": fit.spec.formula}
    size = _posterior_size(fit) if isinstance(fit, PosteriorFit) else fit.glance()
    table = pd.concat([pd.DataFrame([facts]), size], axis=1)
    return table.assign(status_message=fit.status.message, score=fit.status.score)


def flow(fit: OutcomeFit, *, cohort: Cohort | None) -> pd.DataFrame:
    """The CONSORT count of the cohort, carried on to the rows of the model."""
    design = fit.design
    parts = [] if cohort is None else [cohort.flow()]
    gone = design.left_out.rename(columns={"reason": "step"})
    parts.append(gone.assign(step="not in the model: " + gone["step"].astype(str)))
    parts.append(pd.DataFrame({"step": ["in the model"], "rows": [design.n_obs], "subjects": [design.n_subjects]}))
    return pd.concat([part for part in parts if len(part)], ignore_index=True)


def _posterior_size(fit: PosteriorFit) -> pd.DataFrame:
    features = ", ".join(fit.response.features)
    size = {"nobs": fit.design.n_obs, "nsubjects": fit.design.n_subjects, "draws": fit.n_draws, "beyond": features}
    effective = np.nan if fit.effective is None else fit.effective
    return pd.DataFrame([size | {"effective": effective, "status": fit.status.kind.value}])
