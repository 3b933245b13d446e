"""Predictions of a posterior: parameters and random effects of every draw, and new values about them.

For a subject known by visits h alone, and parameters fixed at one draw, the random effects are

    b | y_h ~ N(G Z_h'(y_h - X_h beta) / sigma^2, G),   G = L (I + L'Z_h'Z_h L / sigma^2)^-1 L'

(Robinson 1991); over the draws this is the posterior of b, the parameters staying as the trial has left them.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.bayes.knots import columns_at, divide_phases, phase_kinds
from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.bayes.replication import scatter_values
from alsmodels.data.columns import as_text
from alsmodels.model.intervals import Interval, find_interval
from alsmodels.model.soundness import read_response
from alsmodels.model.timescale import TwoPhase

__all__ = ["predict_drawn"]

Matrix = NDArray[np.float64]


def predict_drawn(
    fit: PosteriorFit,
    rows: pd.DataFrame,
    *,
    population: bool,
    past: pd.DataFrame | None,
    level: float,
    interval: Interval,
    rng: np.random.Generator,
) -> pd.DataFrame:
    """The rows with estimate, std_error, lower, upper, predictive_lower and predictive_upper."""
    X, Z = _columns(fit, rows)
    mean = np.einsum("snp,sp->sn", X, fit.stacked("beta"), optimize=True)
    if not population:
        b = _effects(fit, rows, past, rng)
        mean = mean + np.einsum("snq,snq->sn", Z, b, optimize=True)
    mu = mean
    if population:
        mu = mu + np.einsum("snq,snq->sn", Z, _unknown(fit, len(rows), rng), optimize=True)
    return _table(rows, mean, _scatter(fit, rows, mu, rng), level=level, interval=interval)


def _table(rows: pd.DataFrame, mean: Matrix, value: Matrix, *, level: float, interval: Interval) -> pd.DataFrame:
    credible = np.array([find_interval(one, level=level, kind=interval) for one in mean.T])
    predictive = np.array([find_interval(one, level=level, kind=interval) for one in value.T])
    return rows.assign(
        estimate=mean.mean(axis=0),
        std_error=mean.std(axis=0, ddof=1),
        lower=credible[:, 0],
        upper=credible[:, 1],
        predictive_lower=predictive[:, 0],
        predictive_upper=predictive[:, 1],
    )


def _columns(fit: PosteriorFit, rows: pd.DataFrame) -> tuple[Matrix, Matrix]:
    """X (s, n, p) and Z (s, n, q) of the rows; they differ between draws where the knot is unknown."""
    timescale, new = fit.spec.timescale, fit.design.at(rows)
    s = fit.n_draws
    if fit.response.knot is None or not isinstance(timescale, TwoPhase):
        return np.broadcast_to(new.X, (s, *new.X.shape)), np.broadcast_to(new.Z, (s, *new.Z.shape))
    apart = fit.design.at(rows.assign(week=2 * timescale.knot))
    week, knots = rows["week"].to_numpy(dtype=float), fit.stacked("knot")
    found = []
    for near, far, terms in ((new.X, apart.X, fit.design.fixed_terms), (new.Z, apart.Z, fit.design.random_terms)):
        kinds = phase_kinds(terms)
        other = divide_phases(near, far, kinds, timescale.knot)
        found.append(np.array([columns_at(knot, other, kinds, week) for knot in knots]))
    return found[0], found[1]


def _effects(fit: PosteriorFit, rows: pd.DataFrame, past: pd.DataFrame | None, rng: np.random.Generator) -> Matrix:
    """Draws of the random effects of each row's subject, shape (s, n, q)."""
    codes, labels = pd.factorize(as_text(rows["subject"]))
    told = {} if past is None else dict(iter(past.groupby("subject", sort=False)))
    known = {name: number for number, name in enumerate(as_text(pd.Series(fit.design.subjects)))}
    own = fit.stacked("b")
    drawn = []
    for label in labels:
        if label in told:
            drawn.append(_from_history(fit, told[label], rng))
        elif label in known:
            drawn.append(own[:, known[label]])
        else:
            drawn.append(_unknown(fit, 1, rng)[:, 0])
    return np.stack(drawn, axis=1)[:, codes]


def _from_history(fit: PosteriorFit, past: pd.DataFrame, rng: np.random.Generator) -> Matrix:
    """Draws of the random effects of a subject known by its visits alone, shape (s, q)."""
    new, y = fit.design.at(past), read_response(fit.spec, past)
    L, sigma = _roots(fit.covariance_draws()), fit.stacked("sigma")
    half = new.Z @ L / sigma[:, None, None]
    C = np.linalg.cholesky(half.transpose(0, 2, 1) @ half + np.eye(L.shape[-1]))
    residual = (y - fit.stacked("beta") @ new.X.T) / sigma[:, None]
    score = np.linalg.solve(C, np.einsum("snq,sn->sq", half, residual)[..., None])
    score = score + rng.standard_normal(score.shape)
    return np.asarray((L @ np.linalg.solve(C.transpose(0, 2, 1), score))[..., 0])


def _unknown(fit: PosteriorFit, size: int, rng: np.random.Generator) -> Matrix:
    """Random effects of people of whom nothing is known, shape (s, size, q)."""
    L = _roots(fit.covariance_draws())
    return np.asarray(rng.standard_normal((len(L), size, L.shape[-1])) @ L.transpose(0, 2, 1))


def _roots(S: Matrix) -> Matrix:
    """Roots of covariances, shape (s, q, q); of singular ones too."""
    values, vectors = np.linalg.eigh(S)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0))[:, None, :])


def _scatter(fit: PosteriorFit, rows: pd.DataFrame, mu: Matrix, rng: np.random.Generator) -> Matrix:
    """Values about the trajectories, shape (s, n), with every feature of the response model."""
    known = ("sigma", "df", "level_effect")
    draws = {name: fit.stacked(name) for name in known if name in fit.posterior}
    arms = None
    if fit.response.sd_by_arm:
        arms = pd.Index(fit.design.arms).get_indexer(pd.Index(rows["arm"].astype(str)))
    return scatter_values(fit.design, fit.response, draws, mu, rng, arms=arms)
