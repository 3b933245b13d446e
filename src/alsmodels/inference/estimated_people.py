"""Predictions of a fit by (restricted) maximum likelihood, with standard errors in closed form.

With S the covariance of the random effects, W the inverse residual variances of a subject's visits, and

    G = L (I + L'Z'WZ L)^-1 L',  S = L L',   b = G Z'W (y - X beta),   D = G Z'W X

the error of ``x'beta + z'b`` has two parts that are not correlated, what the visits leave open of the random effects
and the error of beta (Henderson 1975, Biometrics 31, 423-447):

    Var = z'G z + (x - D'z)' Var(beta) (x - D'z)

S and W are taken as known. Of a person without visits G = S, b = 0 and D = 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from alsmodels.data.columns import as_text, with_columns
from alsmodels.errors import EstimandError
from alsmodels.frequentist.fit import MixedFit
from alsmodels.frequentist.intervals import check_level, infer
from alsmodels.model.design import Design
from alsmodels.model.soundness import read_response

__all__ = ["predict_estimated"]

Matrix = NDArray[np.float64]


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    """What is known of a person's random effects.

    Attributes
    ----------
    mode : ndarray of shape (q,)
    covariance : ndarray of shape (q, q)
        Given beta.
    drift : ndarray of shape (q, p)
        How the mode falls as beta rises.
    """

    mode: Matrix
    covariance: Matrix
    drift: Matrix


def predict_estimated(
    fit: MixedFit, rows: pd.DataFrame, *, population: bool, past: pd.DataFrame | None, level: float
) -> pd.DataFrame:
    """The rows with estimate, std_error, lower, upper, predictive_lower and predictive_upper."""
    check_level(level)
    new = fit.design.at(rows)
    if population:
        found = _of_population(fit, new.X, new.Z, level=level)
    else:
        found = _of_people(fit, rows, new.X, new.Z, past=past, level=level)
    names = ("estimate", "std_error", "lower", "upper", "predictive_lower", "predictive_upper")
    return with_columns(rows, dict(zip(names, found, strict=True)))


def _of_population(fit: MixedFit, X: Matrix, Z: Matrix, *, level: float) -> Matrix:
    """Shape (6, n): means of all people, with limits by Satterthwaite's t; and of one person's value there."""
    mean, variance = X @ fit.beta, np.einsum("np,pr,nr->n", X, fit.beta_cov, X)
    told = [
        infer(float(m), float(np.sqrt(v)), fit.df(x), level=level) for m, v, x in zip(mean, variance, X, strict=True)
    ]
    total = variance + np.einsum("nq,qr,nr->n", Z, fit.covariance.to_numpy(), Z) + fit.sigma**2
    limits = _limits(mean, np.sqrt(total), level)
    return np.vstack([mean, np.sqrt(variance), [t.lower for t in told], [t.upper for t in told], limits])


def _of_people(
    fit: MixedFit, rows: pd.DataFrame, X: Matrix, Z: Matrix, *, past: pd.DataFrame | None, level: float
) -> Matrix:
    """Shape (6, n): people's own trajectories, and values there."""
    subjects = as_text(rows["subject"])
    known = _known_of(fit, pd.Index(subjects.unique()), past)
    people = [known[name] for name in subjects]
    modes, open_, drift = (np.array([getattr(one, name) for one in people]) for name in _Known.__slots__)
    mean = X @ fit.beta + np.einsum("nq,nq->n", Z, modes)
    moved = X - np.einsum("nqp,nq->np", drift, Z)
    variance = np.einsum("nq,nqr,nr->n", Z, open_, Z) + np.einsum("np,pr,nr->n", moved, fit.beta_cov, moved)
    trajectory = _limits(mean, np.sqrt(variance), level)
    return np.vstack([mean, np.sqrt(variance), trajectory, _limits(mean, np.sqrt(variance + fit.sigma**2), level)])


def _known_of(fit: MixedFit, names: "pd.Index[str]", past: pd.DataFrame | None) -> Mapping[str, _Known]:
    """What is known of each person, by name: from the history, from the trial, or nothing."""
    told = {} if past is None else dict(iter(past.groupby("subject", sort=False)))
    own = {name: number for number, name in enumerate(as_text(pd.Series(fit.design.subjects)))}
    return {name: _known(fit, told.get(name), own.get(name)) for name in names}


def _known(fit: MixedFit, past: pd.DataFrame | None, number: int | None) -> _Known:
    if past is not None:
        seen = fit.design.at(past)
        return _condition(fit, seen.X, seen.Z, read_response(fit.spec, past), np.ones(len(past)))
    if number is None:
        q, p = fit.design.template.n_effects, len(fit.beta)
        return _Known(np.zeros(q), fit.covariance.to_numpy(), np.zeros((q, p)))
    design = fit.design
    if not isinstance(design, Design):
        msg = (
            f"The visits of '{design.subjects[number]}' are not kept of data that were read in parts; give them as "
            "history to predict this subject."
        )
        raise EstimandError(msg)
    here = slice(design.starts[number], design.starts[number + 1])
    weights = np.ones(here.stop - here.start) if design.weights is None else design.weights[here]
    return _condition(fit, design.X[here], design.Z[here], design.y[here], weights)


def _condition(fit: MixedFit, X: Matrix, Z: Matrix, y: Matrix, weights: Matrix) -> _Known:
    L = fit.sigma * fit.factor
    left = (Z * (weights / fit.sigma**2)[:, None]).T
    G = L @ np.linalg.solve(np.eye(len(L)) + L.T @ left @ Z @ L, L.T)
    half = G @ left
    return _Known(half @ (y - X @ fit.beta), G, half @ X)


def _limits(mean: Matrix, sd: Matrix, level: float) -> Matrix:
    """Normal limits, shape (2, n)."""
    width = ndtri((1 + level) / 2) * sd
    return np.array([mean - width, mean + width])
