"""The tables of a fit: coefficients, and broom.mixed's tidy, glance and augment."""

from dataclasses import asdict
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from alsmodels.frequentist.intervals import infer

if TYPE_CHECKING:
    from alsmodels.frequentist.fit import LMMFit, MixedFit

__all__ = ["augment_table", "coefficient_table", "glance_table", "tidy_table", "variance_table"]


def coefficient_table(fit: "MixedFit", *, level: float) -> pd.DataFrame:
    """One row for each fixed effect."""
    weights = np.eye(len(fit.beta))
    errors = np.sqrt(np.diagonal(fit.beta_cov))
    rows = [
        infer(float(b), float(se), fit.df(w), level=level) for b, se, w in zip(fit.beta, errors, weights, strict=True)
    ]
    table = pd.DataFrame([asdict(row) for row in rows])
    table.insert(0, "term", list(fit.design.fixed_names))
    return table


def variance_table(fit: "MixedFit") -> pd.DataFrame:
    """Standard deviations and correlations of the random effects, and the residual: term, estimate, kind."""
    template, names = fit.design.template, fit.design.random_names
    sd, correlation = np.sqrt(np.diagonal(fit.covariance)), fit.correlation.to_numpy()
    rows = []
    for row, col in zip(template.rows, template.cols, strict=True):
        if row == col:
            rows.append(("sd", f"sd__{names[row]}", float(sd[row])))
        else:
            rows.append(("cor", f"cor__{names[col]}.{names[row]}", float(correlation[row, col])))
    rows.append(("residual", "sd__Observation", fit.sigma))
    return pd.DataFrame(rows, columns=["kind", "term", "estimate"])


def tidy_table(fit: "MixedFit", *, level: float) -> pd.DataFrame:
    """Fixed effects and random-effect parameters in one table."""
    fixed = coefficient_table(fit, level=level).rename(columns={"lower": "conf_low", "upper": "conf_high"})
    fixed.insert(0, "effect", "fixed")
    fixed.insert(1, "group", None)
    random = variance_table(fit)
    random["group"] = np.where(random["kind"] == "residual", "Residual", "subject")
    random["effect"] = "ran_pars"
    columns = ["effect", "group", "term", "estimate", "std_error", "statistic", "df", "p_value"]
    columns += ["conf_low", "conf_high"]
    return (
        pd.concat([fixed.astype({"group": object}), random.astype({"group": object})])
        .reindex(columns=columns)
        .reset_index(drop=True)
    )


def glance_table(fit: "MixedFit") -> pd.DataFrame:
    """One row: nobs, sigma, logLik, AIC, BIC, REMLcrit or deviance, df_residual."""
    criterion = "REMLcrit" if fit.method == "REML" else "deviance"
    row = {
        "nobs": fit.design.n_obs,
        "nsubjects": fit.design.n_subjects,
        "sigma": fit.sigma,
        "logLik": fit.loglik,
        "AIC": fit.aic,
        "BIC": fit.bic,
        criterion: fit.criterion,
        "df_residual": fit.design.n_obs - fit.n_parameters,
        "status": fit.status.kind.value,
    }
    return pd.DataFrame([row])


def augment_table(fit: "LMMFit") -> pd.DataFrame:
    """The rows of data, with ``.fitted`` (subject's own), ``.fixed`` (mean) and ``.resid``."""
    return fit.design.rows.assign(
        **{".fitted": fit.fittedvalues, ".fixed": fit.design.X @ fit.beta, ".resid": fit.resid}
    )
