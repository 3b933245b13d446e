"""Operating characteristics of a study: how often a method is right, and how far off when it is not."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
import xarray as xr
from numpy.typing import NDArray

from alsmodels.errors import SpecError, shown
from alsmodels.inference.reasons import why_missing
from alsmodels.inference.simulation_error import Figure, mean, ratio_of_errors, root_mean_square, share, spread
from alsmodels.kernels.arrays import Float
from alsmodels.model.status import StatusKind
from alsmodels.simulation.results import NOT_RUN, STATUSES, StudyResults
from alsmodels.simulation.rules import Rule
from alsmodels.simulation.store import load_results

__all__ = ["Found", "assurance", "count_statuses", "loaded", "operating_characteristics", "rule_of", "successes"]

_RELIABLE: Final = [
    STATUSES.index(kind.value) for kind in (StatusKind.CONVERGED, StatusKind.BOUNDARY, StatusKind.SAMPLED)
]
Found = StudyResults | str | os.PathLike[str]


def operating_characteristics(results: Found, *, rule: Rule | None = None) -> pd.DataFrame:
    """Size, power, bias, coverage and standard errors of each cell of a study, with Monte Carlo errors.

    Parameters
    ----------
    results : StudyResults, str or Path
        The results of `run_study`, or the folder it wrote to, finished or not.
    rule : Rule, optional
        The rule that decides whether a trial is a success; by default that of each analysis. Its margin must be that of
        the analysis.

    Returns
    -------
    pandas.DataFrame
        A row for each truth, design, analysis and estimand: target, the true value; n_replicates, how many were run;
        then figures, each followed by its Monte Carlo error with the ending ``_mcse``:

        - failed, the share without a reliable answer; they count as no success, and are left out of what follows
        - power, the share that is a success: the size of the test where the target is zero, the probability of success
          under a rule on posterior probabilities
        - bias, mean estimate less target
        - coverage, the share of intervals with the target in them
        - empirical_se, standard deviation of the estimates; model_se, root mean square of their standard errors;
          se_ratio, the second over the first, below 1 where standard errors are too small
        - note, why figures are missing, in words; empty where none is

    Raises
    ------
    SpecError
        If the rule has another margin than the study was run with.

    Examples
    --------
    >>> from alsmodels.inference.analyses import reml_analysis
    >>> from alsmodels.model.slopes import slope_difference
    >>> from alsmodels.simulation import truths
    >>> from alsmodels.simulation.designs import TrialDesign
    >>> from alsmodels.simulation.runs import run_study
    >>> from alsmodels.simulation.studies import Study
    >>> asked = reml_analysis("alsfrs_r ~ arm * week + (week | subject)", slope_difference("active", "placebo"))
    >>> study = Study(truths.healey_like(ratio=0.5), TrialDesign("as planned"), asked, n_replicates=20, seed=1)
    >>> table = operating_characteristics(run_study(study))
    >>> bool(table["power"].item() > 0.5), round(table["target"].item(), 3)
    (True, 0.515)
    """
    whole = loaded(results)
    rows = [row for found in whole.datasets.values() for row in _rows(found, rule, whole.record)]
    return pd.DataFrame(rows)


def count_statuses(results: Found) -> pd.DataFrame:
    """How the analyses ended: truth, design, analysis, status, n, share and its Monte Carlo error.

    Parameters
    ----------
    results : StudyResults, str or Path
        The results of `run_study`, or the folder that holds them.

    Returns
    -------
    pandas.DataFrame
        The table has one row for each truth, design, analysis and status, with its number, share and Monte Carlo error.
    """
    rows = []
    for found in loaded(results).datasets.values():
        for truth, design, cell in _cells(found):
            ran = cell != NOT_RUN
            for code in np.unique(cell[ran]):
                figure = share(cell == code, ran)
                head = {"truth": truth, "design": design, "analysis": found.attrs["analysis"]}
                told = {"status": STATUSES[code], "n": int((cell == code).sum())}
                rows.append({**head, **told, "share": float(figure.value), "share_mcse": float(figure.mcse)})
    return pd.DataFrame(rows, columns=["truth", "design", "analysis", "status", "n", "share", "share_mcse"])


def assurance(results: Found, *, weights: Mapping[str, float] | None = None, rule: Rule | None = None) -> pd.DataFrame:
    """Probability of success over a distribution of truths.

    Parameters
    ----------
    results : StudyResults, str or Path
        The results of `run_study`, or the folder that holds them.
    weights : mapping of str to float, optional
        The probabilities of the truths by name, which sum to 1. Without them the truths are taken as independent draws
        from their distribution, such as the posterior of a pilot, all alike; the error then includes that they are a
        finite number of draws.
    rule : Rule, optional
        The rule that decides whether a trial is a success; by default that of each analysis.

    Returns
    -------
    pandas.DataFrame
        A row for each design, analysis and estimand: assurance, and its Monte Carlo error.

    Raises
    ------
    SpecError
        If the weights are not of these truths or do not sum to 1, or the study is not complete.
    """
    whole = loaded(results)
    if not whole.is_complete:
        raise SpecError(f"Assurance is of a complete study; {whole.n_done} of {whole.n_wanted} replicates are there.")
    rows = []
    for found in whole.datasets.values():
        figure = _averaged(successes(found, rule), _weights(found, weights))
        for col, design in enumerate(found["design"].values):
            for at, estimand in enumerate(found["estimand"].values):
                head = {"design": str(design), "analysis": found.attrs["analysis"], "estimand": str(estimand)}
                told = {"assurance": figure.value[col, at], "assurance_mcse": figure.mcse[col, at]}
                rows.append({**head, **told})
    return pd.DataFrame(rows)


def successes(found: xr.Dataset, rule: Rule | None) -> NDArray[np.bool_]:
    """Which replicates of an analysis are a success, shape (truths, designs, replicates, estimands)."""
    reliable = np.isin(found["status"].to_numpy(), _RELIABLE)[..., None]
    return reliable & rule_of(found, rule).is_met(found["support"].to_numpy())


def rule_of(found: xr.Dataset, rule: Rule | None) -> Rule:
    """The rule that was given, or that of the analysis."""
    own = found.attrs
    if rule is None:
        return Rule(own["rule_level"], own["rule_margin"], own["rule_direction"])
    if rule.margin != own["rule_margin"]:
        raise SpecError(
            f"The support of {shown(own['analysis'])} is for a margin of {own['rule_margin']:g}, not of "
            f"{rule.margin:g}; run the study with that rule."
        )
    return rule


def loaded(results: Found) -> StudyResults:
    """Results, or those of a folder."""
    return results if isinstance(results, StudyResults) else load_results(results)


def _cells(found: xr.Dataset) -> Iterator[tuple[str, str, NDArray[np.int8]]]:
    status = found["status"].to_numpy()
    for row, truth in enumerate(found["truth"].values):
        for col, design in enumerate(found["design"].values):
            yield str(truth), str(design), status[row, col]


def _rows(found: xr.Dataset, rule: Rule | None, record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    status = np.moveaxis(found["status"].to_numpy(), 2, 0)[..., None]
    figures = _figures(found, status, np.moveaxis(successes(found, rule), 2, 0))
    target, ran = found["target"].to_numpy(), (status[..., 0] != NOT_RUN).sum(axis=0)
    answered = _answered(found, status)
    for row, col, at in np.ndindex(*target.shape):
        names = {"truth": row, "design": col, "estimand": at}
        head = {name: str(found[name].values[place]) for name, place in names.items()}
        told: dict[str, Any] = {"target": float(target[row, col, at]), "n_replicates": int(ran[row, col])}
        for name, figure in figures.items():
            told |= {name: float(figure.value[row, col, at]), f"{name}_mcse": float(figure.mcse[row, col, at])}
        order = {"truth": head["truth"], "design": head["design"], "analysis": found.attrs["analysis"]}
        note = why_missing(found, record, answered[:, row, col, at], (row, col, at))
        yield {**order, "estimand": head["estimand"], **told, "note": note}


def _answered(found: xr.Dataset, status: NDArray[np.int8]) -> NDArray[np.bool_]:
    """Which replicates have a reliable answer, shape (replicates, truths, designs, estimands)."""
    return np.asarray(np.isin(status, _RELIABLE) & np.isfinite(np.moveaxis(found["estimate"].to_numpy(), 2, 0)))


def _figures(found: xr.Dataset, status: NDArray[np.int8], success: NDArray[np.bool_]) -> dict[str, Figure]:
    """Each of shape (truths, designs, estimands); what goes in has the replicates first."""
    arrays = {name: np.moveaxis(found[name].to_numpy(), 2, 0) for name in ("estimate", "std_error", "lower", "upper")}
    target = found["target"].to_numpy()
    ran = np.broadcast_to(status != NOT_RUN, success.shape)
    answered = _answered(found, status)
    estimate: Float = np.where(answered, arrays["estimate"], np.nan)
    std_error: Float = np.where(answered, arrays["std_error"], np.nan)
    covered = (arrays["lower"] <= target) & (target <= arrays["upper"])
    return {
        "failed": share(~answered, ran),
        "power": share(success, ran),
        "bias": mean(estimate - target),
        "coverage": share(covered, answered & np.isfinite(target)),
        "empirical_se": spread(estimate),
        "model_se": root_mean_square(std_error),
        "se_ratio": ratio_of_errors(std_error, estimate),
    }


def _weights(found: xr.Dataset, weights: Mapping[str, float] | None) -> Float | None:
    if weights is None:
        return None
    names = [str(name) for name in found["truth"].values]
    given = np.array([weights.get(name, np.nan) for name in names], dtype=float)
    if set(weights) != set(names) or not (given >= 0).all() or abs(given.sum() - 1) > 1e-9:
        raise SpecError(f"The weights are probabilities of {', '.join(names)} and sum to 1; not {dict(weights)}.")
    return given


def _averaged(success: NDArray[np.bool_], weights: Float | None) -> Figure:
    """Mean over truths and replicates, shape (designs, estimands).

    Truths that are draws themselves add their own error. Replicates may share random numbers over truths, so both ways
    of averaging are counted, less what is in both.
    """
    hits = success.astype(float)
    n_truths, n_replicates = hits.shape[0], hits.shape[2]
    if weights is not None:
        return _floored(mean(np.moveaxis(np.tensordot(weights, hits, axes=1), 1, 0)), n_replicates)
    by_truth, by_replicate = hits.mean(axis=2), np.moveaxis(hits.mean(axis=0), 1, 0)
    if n_truths == 1:
        return _floored(mean(by_replicate), n_replicates)
    centre = by_truth.mean(axis=0)
    rest = hits - by_truth[:, :, None] - np.moveaxis(by_replicate, 0, 1)[None] + centre[None, :, None]
    shared = (rest**2).sum(axis=(0, 2)) / ((n_truths - 1) * max(n_replicates - 1, 1)) / (n_truths * n_replicates)
    own = mean(by_truth).mcse ** 2 + (mean(by_replicate).mcse ** 2 if n_replicates > 1 else 0.0) - shared
    return _floored(Figure(centre, np.sqrt(np.maximum(own, 0.0))), n_truths * n_replicates)


def _floored(figure: Figure, n: int) -> Figure:
    """No error is smaller than that of one unseen event among all trials."""
    q = 1 / (n + 2)
    return Figure(figure.value, np.fmax(figure.mcse, np.sqrt(q * (1 - q) / n)))
