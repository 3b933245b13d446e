"""Designs for the PyMC graphs, points to evaluate them at, and the marginal likelihood written densely in PyTensor."""

import cohorts
import numpy as np
import pandas as pd
import pymc as pm
import pytensor.tensor as pt
from pytensor.compile.mode import Mode

from alsmodels.bayes.naming import pair_places
from alsmodels.model.design import build_design

FORMULA = "y ~ arm * phase(week, 24) + (phase(week, 24) | subject)"

# No compilation at all: what is tested is the density, not how fast it is.
QUICK = Mode(linker="py", optimizer="fast_compile")


def two_phase_frame(seed=2, *, n_subjects=10, marks=False):
    """A table of a two-phase trial; with marks, values are censored on the left, on the right and in intervals."""
    data = cohorts.two_phase_arrays(seed, n_subjects=n_subjects, visits=(3, 7))
    frame = pd.DataFrame(
        {
            "subject": np.repeat(np.arange(n_subjects), np.diff(data.starts)),
            "week": data.X[:, 2] + data.X[:, 3],
            "arm": pd.Categorical(np.where(data.X[:, 1] > 0, "drug", "control"), categories=["control", "drug"]),
            "y": data.y,
        }
    )
    return _censor(frame) if marks else frame


def two_phase_design(formula=FORMULA, **options):
    return build_design(formula, two_phase_frame(**options))


def point_of(design, seed=4):
    """A point in the user's units, with a value of every variable that a model may have."""
    rng = np.random.default_rng(seed)
    q = len(design.random_names)
    return {
        "beta": np.r_[35.0, rng.normal(0, 0.3, len(design.fixed_names) - 1)],
        "sd": rng.uniform(0.3, 1.2, q) * np.where(np.arange(q) == 0, 1.0, 0.05),
        "partial": rng.uniform(-0.7, 0.7, len(pair_places(design.template))),
        "sigma": 1.7,
        "z": rng.normal(size=(design.n_subjects, q)),
        "df": 5.5,
        "level_effect": 0.03,
        "knot": 21.5,
    }


def on_sampler_scale(model, point):
    """The same point as the sampler holds it; variables that the model lacks are left out."""
    held = {
        "sd_log__": lambda: np.log(point["sd"]),
        "sigma_log__": lambda: np.log(point["sigma"]),
        "partial_interval__": lambda: 2 * np.arctanh(point["partial"]),
        "df_interval__": lambda: np.log(point["df"] - 1),
    }
    names = [variable.name for variable in model.value_vars]
    return {name: np.asarray(held[name]() if name in held else point[name], dtype=float) for name in names}


def factor_of(design, point):
    """L = diag(sd) C, the correlation factor taken row by row from its definition."""
    q = len(design.random_names)
    partial = np.zeros((q, q))
    for (row, col), value in zip(pair_places(design.template), point["partial"], strict=True):
        partial[row, col] = value
    C = np.zeros((q, q))
    for row in range(q):
        for col in range(row):
            C[row, col] = partial[row, col] * np.sqrt(np.prod(1 - partial[row, :col] ** 2))
        C[row, row] = np.sqrt(np.prod(1 - partial[row, :row] ** 2))
    return point["sd"][:, None] * C


def dense_marginal(design, beta, factor, sigma):
    """Log p(y | beta, L, sigma) as one multivariate normal of all rows, in PyTensor."""
    same = design.codes[:, None] == design.codes
    V = same * (design.Z @ factor @ factor.T @ design.Z.T) + sigma**2 * np.eye(design.n_obs)
    return pm.logp(pm.MvNormal.dist(mu=pt.as_tensor(design.X) @ beta, cov=V), design.y)


def _censor(frame):
    low, high = frame["y"].quantile([0.2, 0.9])
    marks = np.select(
        [frame["y"] < low, frame["y"] > high, frame.index % 5 == 0], ["left", "right", "interval"], "none"
    )
    inside = marks == "interval"
    return frame.assign(
        y=np.where(inside, np.floor(frame["y"]), frame["y"].clip(low, high)),
        y_upper=np.where(inside, np.floor(frame["y"]) + 1.0, np.nan),
        y_censored=marks,
    )
