"""Simulated trials of a design, each analysed: what its formulas are held against.

The slopes are fitted by REML with variances unknown. The unstructured means are estimated by generalised least squares
with the covariance of the truth, so that their row tells what missing visits and the shape of the data do, and not what
estimating a covariance costs.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from alsmodels.errors import SpecError
from alsmodels.frequentist.many import fit_many
from alsmodels.inference.closed_form import Baseline
from alsmodels.inference.outlook import Outlook, common_places, common_weeks, score_covariance
from alsmodels.kernels.arrays import Float
from alsmodels.model.estimand import label_of, put_to
from alsmodels.model.information import difference_covariance
from alsmodels.model.slopes import slope_difference
from alsmodels.model.spec import ModelSpec, linear_decline, two_phase
from alsmodels.simulation.replicates import Replicates, simulate_many

__all__ = ["TRIAL_COLUMNS", "analyse_trials", "spec_of", "summarise_trials"]

TRIAL_COLUMNS: Final = ("replicate", "arm", "estimand", "estimate", "std_error", "df", "lower", "upper", "rejected")


def spec_of(outlook: Outlook, *, baseline: Baseline = "separate") -> ModelSpec:
    """The random-slope model that a design is analysed by, with as many phases as its visits allow."""
    if outlook.n_phases == 1:
        return linear_decline("alsfrs_r", arm="arm", baseline=baseline)
    return two_phase("alsfrs_r", arm="arm", knot=float(outlook.truth.decline.knot or 0.0), baseline=baseline)


def analyse_trials(
    outlook: Outlook, *, n_replicates: int, seed: int, baseline: Baseline = "separate", level: float = 0.05
) -> pd.DataFrame:
    """Simulate trials of a design and analyse each.

    Returns
    -------
    pandas.DataFrame
        A row for each replicate and question, the questions in the order of `expected_precision`: the columns
        `TRIAL_COLUMNS`. Trials whose fit found no optimum have NaN, and count as not rejected.
    """
    names = [arm.name for arm in outlook.plan.arms]
    sizes = dict(zip(names, outlook.plan.sizes, strict=True))
    many = simulate_many(outlook.truth, arms=sizes, n_replicates=n_replicates, seed=seed)
    slopes = _fit_slopes(many, spec_of(outlook, baseline=baseline), names, outlook.n_phases)
    means = _estimate_changes(outlook, many, baseline=baseline)
    table = pd.concat([slopes, means], ignore_index=True)
    width = stdtrit(table["df"].fillna(1.0), 1 - level / 2) * table["std_error"]
    table = table.assign(lower=table["estimate"] - width, upper=table["estimate"] + width)
    return table.assign(rejected=(table["lower"] > 0) | (table["upper"] < 0))[list(TRIAL_COLUMNS)]


def summarise_trials(trials: pd.DataFrame, effects: Mapping[str, float]) -> pd.DataFrame:
    """Performance of each question's analysis with its Monte Carlo error (Morris, White & Crowther 2019).

    Parameters
    ----------
    trials : pandas.DataFrame
        What `analyse_trials` gave.
    effects : mapping of str to float
        The true value of each question.

    Returns
    -------
    pandas.DataFrame
        A row a question: estimand, n_replicates, failed, and with their ``_mcse`` power, bias, coverage, empirical_se;
        and model_se, the root of the mean of the squared standard errors.
    """
    return pd.DataFrame(
        [
            {"estimand": name, **_performance(part, effects[str(name)])}
            for name, part in trials.groupby("estimand", sort=False)
        ]
    )


def _performance(trials: pd.DataFrame, effect: float) -> dict[str, float]:
    fitted = trials.dropna(subset="estimate")
    n, m = len(trials), len(fitted)
    if m < 2:
        raise SpecError("Fewer than two of the simulated trials could be fitted, so nothing can be said of them.")
    spread = float(fitted["estimate"].std(ddof=1))
    power = float(trials["rejected"].mean())
    covered = float(((fitted["lower"] <= effect) & (fitted["upper"] >= effect)).mean())
    return {
        "n_replicates": n,
        "failed": n - m,
        "power": power,
        "power_mcse": float(np.sqrt(power * (1 - power) / n)),
        "bias": float(fitted["estimate"].mean() - effect),
        "bias_mcse": spread / np.sqrt(m),
        "coverage": covered,
        "coverage_mcse": float(np.sqrt(covered * (1 - covered) / m)),
        "empirical_se": spread,
        "empirical_se_mcse": spread / np.sqrt(2 * (m - 1)),
        "model_se": float(np.sqrt((fitted["std_error"] ** 2).mean())),
    }


def _fit_slopes(many: Replicates, spec: ModelSpec, names: list[str], n_phases: int) -> pd.DataFrame:
    """REML for each trial."""
    table = many.table()
    table["arm"] = pd.Categorical(table["arm"], categories=names)
    questions = [slope_difference(arm, names[0], phase=at) for arm in names[1:] for at in range(1, n_phases + 1)]
    found = fit_many(spec, table, estimands=questions)
    n = many.n_replicates
    columns = {
        "replicate": np.repeat(many.numbers, len(questions)),
        "arm": n * [question.arm for question in questions],
        "estimand": n * [label_of(put_to(question, spec)) for question in questions],
    }
    answers = {name: found[name].to_numpy().ravel() for name in ("estimate", "std_error", "df")}
    return pd.DataFrame({**columns, **answers}, columns=list(TRIAL_COLUMNS[:6]))


def _estimate_changes(outlook: Outlook, many: Replicates, *, baseline: Baseline) -> pd.DataFrame:
    """Generalised least squares of the means at the visits, the covariance known."""
    weeks, names = common_weeks(outlook), [arm.name for arm in outlook.plan.arms]
    scores = _on_grid(outlook, many)
    information, target = zip(
        *(_normal_equations(outlook, scores, many, arm) for arm in range(len(names))), strict=True
    )
    df = float(many.plan.n_subjects - len(names))
    rows = []
    for other in range(1, len(names)):
        label = f"difference of change to week {weeks[-1]:g}, {names[other]} - {names[0]}"
        for at, number in enumerate(many.numbers):
            pair = [(information[arm][at], target[arm][at]) for arm in (0, other)]
            estimate, variance = _change(pair, shared=baseline == "shared")
            found = (number, names[other], label, estimate, np.sqrt(variance), df)
            rows.append(dict(zip(TRIAL_COLUMNS, found, strict=False)))
    return pd.DataFrame(rows)


def _change(pair: list[tuple[Float, Float]], *, shared: bool) -> tuple[float, float]:
    """Difference of change and its variance, from the normal equations of two arms."""
    (first, b_first), (second, b_second) = pair
    covariance = difference_covariance(first, second, sizes=(1, 1), shared_baseline=shared)
    variance = float(covariance[-1, -1] - 2 * covariance[0, -1] + covariance[0, 0])
    if not shared:
        gap = np.linalg.solve(second, b_second) - np.linalg.solve(first, b_first)
        return float(gap[-1] - gap[0]), variance
    joint = np.block([[first + second, second[:, 1:]], [second[1:, :], second[1:, 1:]]])
    return float(np.linalg.solve(joint, np.concatenate([b_first + b_second, b_second[1:]]))[-1]), variance


def _on_grid(outlook: Outlook, many: Replicates) -> Float:
    """Scores of each subject at the common weeks, shape (subjects, visits); NaN where they were not seen."""
    weeks = common_weeks(outlook)
    found = np.full((len(many.people.arm), len(weeks)), np.nan)
    nominal = many.plan.calendar.weeks[many.arm]
    nearest = nominal[np.arange(len(nominal)), np.abs(nominal - many.week[:, None]).argmin(axis=1)]
    there = np.isin(nearest, weeks)
    found[many.visits.subject[there], np.searchsorted(weeks, nearest[there])] = many.y[there]
    return found


def _normal_equations(outlook: Outlook, scores: Float, many: Replicates, arm: int) -> tuple[Float, Float]:
    """Sums over the arm of each trial: of the information, shape (r, j, j), and of V^-1 y, shape (r, j)."""
    of_arm = np.flatnonzero(many.people.arm == arm)
    own = scores[of_arm]
    covariance = score_covariance(outlook, arm, common_weeks(outlook)[None], common_places(outlook, arm))[0]
    patterns, which = np.unique(np.isfinite(own), axis=0, return_inverse=True)
    inverses = np.zeros((len(patterns), *covariance.shape))
    for number, pattern in enumerate(patterns):
        inverses[number][np.ix_(pattern, pattern)] = np.linalg.inv(covariance[np.ix_(pattern, pattern)])
    weights = inverses[which.ravel()]
    trials = (many.n_replicates, -1)
    information = weights.reshape(*trials, *covariance.shape).sum(axis=1)
    target = np.einsum("sij,sj->si", weights, np.nan_to_num(own)).reshape(*trials, len(covariance)).sum(axis=1)
    return information, target
