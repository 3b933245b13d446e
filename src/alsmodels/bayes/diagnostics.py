"""Whether draws can be relied on: every check of the field, folded into one sentence.

R-hat and effective sizes are rank-normalised (Vehtari, Gelman, Simpson, Carpenter & Bürkner 2021), BFMI is that of
Betancourt (2016), k-hat that of Pareto-smoothed importance sampling (Vehtari, Simpson, Gelman, Yao & Gabry 2024).
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import xarray as xr

from alsmodels.bayes.monte_carlo import effective_bulk, effective_tail, mean_error, rank_r_hat
from alsmodels.model.status import Status, StatusKind

__all__ = ["POPULATION", "UnreliableDraws", "diagnose", "judge_importance", "judge_nuts"]

POPULATION = ("beta", "sd", "correlation", "sigma", "df", "level_effect", "knot")
"""The variables that belong to no subject."""

MOST_R_HAT = 1.01
LEAST_ESS = 400.0
LEAST_BFMI = 0.3
MOST_K_HAT = 0.7
# Of the draws; a lone divergence among thousands is said, not judged.
MOST_DIVERGENT = 1e-3


class UnreliableDraws(UserWarning):
    """Draws failed a check, and were asked for all the same; the message says which."""


def diagnose(posterior: xr.Dataset, names: Sequence[str] = POPULATION) -> pd.DataFrame:
    """For every scalar of the variables: parameter, mean, sd, mcse_mean, ess_bulk, ess_tail, r_hat."""
    rows = []
    for name in names:
        if name in posterior:
            rows += _rows(name, posterior[name])
    return pd.DataFrame(rows, columns=["parameter", "mean", "sd", "mcse_mean", "ess_bulk", "ess_tail", "r_hat"])


def _rows(name: str, values: xr.DataArray) -> list[tuple[object, ...]]:
    dims = [str(dim) for dim in values.dims if dim not in ("chain", "draw")]
    array = values.transpose(*dims, "chain", "draw").to_numpy()
    labels = [name]
    for dim in dims:
        labels = [f"{label}[{place}]" for label in labels for place in values[dim].to_numpy()]
    flat = array.reshape(-1, *array.shape[-2:])
    return [
        (label, one.mean(), one.std(ddof=1), mean_error(one), effective_bulk(one), effective_tail(one), rank_r_hat(one))
        for label, one in zip(labels, flat, strict=True)
    ]


def judge_nuts(table: pd.DataFrame, statistics: xr.Dataset) -> Status:
    """The status of draws by NUTS."""
    score = float((table["mcse_mean"] / table["sd"]).max())
    names, r_hat = table["parameter"].to_numpy(), table["r_hat"].to_numpy()
    ess = table[["ess_bulk", "ess_tail"]].to_numpy().min(axis=1)
    fewest, least, highest = int(np.argmin(ess)), float(ess.min()), float(np.max(r_hat))
    divergent = int(statistics["diverging"].sum()) if "diverging" in statistics else 0
    total = int(statistics["diverging"].size) if "diverging" in statistics else 1
    bfmi = _bfmi(statistics)
    faults = []
    if highest > MOST_R_HAT:
        faults.append(f"the chains do not agree on {names[int(np.argmax(r_hat))]} (R-hat {highest:.3f})")
    if not least >= LEAST_ESS:
        faults.append(f"{names[fewest]} has {least:.0f} effective draws, under {LEAST_ESS:.0f}")
    if divergent > MOST_DIVERGENT * total:
        faults.append(f"{divergent} of {total} draws diverged")
    if bfmi < LEAST_BFMI:
        faults.append(f"the energy of a chain moves too slowly (BFMI {bfmi:.2f})")
    if faults:
        return Status(StatusKind.UNRELIABLE, f"{'; '.join(faults)}. {_ADVICE}", score)
    agreed = "" if np.isnan(highest) else f"R-hat up to {highest:.3f}, "
    said = f"{agreed}at least {least:.0f} effective draws, {divergent} divergent of {total}."
    return Status(StatusKind.SAMPLED, said, score)


_ADVICE = (
    "Draw more, with a longer tune and a target_accept nearer 1, or give tighter priors to what the data say little of."
)


def judge_importance(k_hat: float, ess: float) -> Status:
    """The status of draws by importance."""
    score = float(1 / np.sqrt(max(ess, 1.0)))
    if not k_hat <= MOST_K_HAT:
        said = f"k-hat {k_hat:.2f} is above {MOST_K_HAT}: the proposal misses part of the posterior. Use method='nuts'."
        return Status(StatusKind.UNRELIABLE, said, score)
    if ess < LEAST_ESS:
        said = f"the weights leave {ess:.0f} effective draws, under {LEAST_ESS:.0f}. Draw more, or use method='nuts'."
        return Status(StatusKind.UNRELIABLE, said, score)
    return Status(StatusKind.SAMPLED, f"k-hat {k_hat:.2f}, under {MOST_K_HAT}; {ess:.0f} effective draws.", score)


def _bfmi(statistics: xr.Dataset) -> float:
    if "energy" not in statistics:
        return float("inf")
    energy = statistics["energy"].transpose("chain", "draw").to_numpy()
    return float(np.min(np.mean(np.diff(energy, axis=1) ** 2, axis=1) / np.var(energy, axis=1)))
