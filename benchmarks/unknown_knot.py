"""Whether posteriors with an unknown knot can be relied on, and cover what they say they do, over simulated cohorts.

Run: ``python benchmarks/unknown_knot.py [--cohorts 100] [--methods importance nuts]``. A cohort has 64 subjects in two
arms with 14 visits four weeks apart, of which one in fifteen is missed. Two settings:

- ``prior``: slopes, spreads and the knot of each cohort are drawn from the priors that it is then analysed with
  (`alsfrs_r_priors`, ``Normal(24, 4)``), so that an interval of 95% covers the truth in 95% of cohorts if all is right;
- ``trial``: one truth, a decline of a point a month that halves in week 24 with a small effect of treatment, analysed
  with the default priors of `sample_lmm` and ``Normal(24, 4)``.

Counted are reliable cohorts, effective draws, k-hat, and the truths that lie within their intervals. Writes
``benchmarks/results/unknown_knot.json``; what is not run again keeps its numbers.
"""

import argparse
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # the matrices are of ten columns

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import alsmodels as als  # noqa: E402
from alsmodels.bayes.knots import columns_at, split_phases  # noqa: E402
from alsmodels.bayes.replicates import Truth, draw_truth  # noqa: E402

RESULT = Path(__file__).parent / "results" / "unknown_knot.json"
N_SUBJECTS, WEEKS, MISSED = 64, np.arange(0.0, 53.0, 4.0), 1 / 15
KNOT, LEVEL, SEED = als.Normal(24.0, 4.0), 0.95, 20151007
FORMULA = "alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)"
SLOPES = ("phase 1", "phase 2", "difference in phase 1", "difference in phase 2")
QUIET = als.NutsOptions(progress=False)


def make_visits(rng: np.random.Generator) -> pd.DataFrame:
    """Who was seen when; the response only has to be there."""
    subject = np.repeat(np.arange(N_SUBJECTS), len(WEEKS))
    frame = pd.DataFrame(
        {
            "subject": [f"S{number:02d}" for number in subject],
            "week": np.tile(WEEKS, N_SUBJECTS),
            "arm": pd.Categorical(np.array(["control", "drug"])[subject % 2], categories=["control", "drug"]),
            "alsfrs_r": rng.normal(38, 5, len(subject)),
        }
    )
    return frame[rng.random(len(frame)) >= MISSED].reset_index(drop=True)


def trial_truth(design: als.Design) -> Truth:
    """A decline of a point a month that halves; in the order of the coefficients of `FORMULA`."""
    week = 12 / 52.18
    beta = np.array([38.0, 0.0, -1.0 * week, -0.5 * week, 0.2 * week, 0.1 * week])
    sd, correlation = np.array([5.0, 0.5 * week, 0.45 * week]), np.array([0.1, 0.1, 0.4])
    R = np.eye(3)
    R[np.tril_indices(3, -1)] = correlation
    R = np.tril(R) + np.tril(R, -1).T
    if list(design.fixed_names)[:2] != ["(Intercept)", "arm[T.drug]"]:
        msg = f"The coefficients have another order: {', '.join(design.fixed_names)}."
        raise RuntimeError(msg)
    return Truth(beta, sd[:, None] * np.linalg.cholesky(R), sd, correlation, 2.0)


def simulate(visits: pd.DataFrame, truth: Truth, knot: float, rng: np.random.Generator) -> als.Design:
    """The design of a cohort with these parameters and this knot."""
    design = als.build_design(FORMULA, visits)
    parts = split_phases(design)
    X = columns_at(knot, parts.x_other, parts.x_kind, parts.week)
    Z = columns_at(knot, parts.z_other, parts.z_kind, parts.week)
    b = rng.normal(size=(design.n_subjects, Z.shape[1])) @ truth.factor.T
    mean = X @ truth.beta + np.einsum("nq,nq->n", Z, b[design.codes])
    return als.build_design(FORMULA, design.rows.assign(alsfrs_r=mean + rng.normal(0, truth.sigma, len(mean))))


def run_cohort(setting: str, method: str, number: int) -> dict[str, Any]:
    """Simulate one cohort and sample its posterior."""
    rng = np.random.default_rng([SEED, number])
    visits = make_visits(rng)
    empty = als.build_design(FORMULA, visits)
    from_priors = setting == "prior"
    truth = draw_truth(empty, als.alsfrs_r_priors(empty), rng) if from_priors else trial_truth(empty)
    knot = float(KNOT.draw(rng, 1)[0]) if from_priors else 24.0
    design = simulate(visits, truth, knot, rng)
    priors = als.alsfrs_r_priors(design) if from_priors else None
    began = time.perf_counter()
    fit = als.sample_lmm(
        design,
        priors=priors,
        response=als.ResponseModel(knot=KNOT),
        method=method,
        seed=number,
        nuts=QUIET,
        on_failure="return",
    )
    seconds = time.perf_counter() - began
    drawn = {"knot": fit.stacked("knot")} | dict(zip(SLOPES, fit.stacked("beta")[:, 2:].T, strict=True))
    true = {"knot": knot} | dict(zip(SLOPES, truth.beta[2:], strict=True))
    tails = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    covered = {name: bool(np.prod(np.quantile(drawn[name], tails) - true[name]) < 0) for name in drawn}
    ranks = {name: float(np.mean(drawn[name] < true[name])) for name in drawn}
    effective = fit.effective if fit.effective is not None else fit.diagnostics["ess_bulk"].min()
    return {
        "reliable": fit.status.is_reliable,
        "said": str(fit.status),
        "effective": float(effective),
        "k_hat": fit.draws.attrs.get("k_hat"),
        "seconds": seconds,
        "covered": covered,
        "ranks": ranks,
        "knot_sd": float(fit.stacked("knot").std()),
    }


def sum_up(found: list[dict[str, Any]]) -> dict[str, Any]:
    """What the file says of one setting and method."""
    n, share = len(found), LEVEL
    effective = np.array([one["effective"] for one in found])
    record = {
        "cohorts": n,
        "reliable": sum(one["reliable"] for one in found),
        "effective_least_median": [round(float(np.quantile(effective, at))) for at in (0.0, 0.5)],
        "seconds_median": round(float(np.median([one["seconds"] for one in found])), 2),
        "knot_sd_median": round(float(np.median([one["knot_sd"] for one in found])), 2),
        "coverage": {name: sum(one["covered"][name] for one in found) / n for name in ("knot", *SLOPES)},
        "coverage_monte_carlo_se": round(float(np.sqrt(share * (1 - share) / n)), 4),
        "mean_rank": {
            name: round(float(np.mean([one["ranks"][name] for one in found])), 3) for name in found[0]["ranks"]
        },
        "unreliable": [one["said"] for one in found if not one["reliable"]],
    }
    if found[0]["k_hat"] is not None:
        k_hat = [one["k_hat"] for one in found]
        record["k_hat_quantiles_50_95_100"] = np.quantile(k_hat, [0.5, 0.95, 1.0]).round(3).tolist()
    return record


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cohorts", type=int, default=100)
    parser.add_argument("--methods", nargs="+", choices=["importance", "nuts"], default=["importance"])
    parser.add_argument("--settings", nargs="+", choices=["prior", "trial"], default=["prior", "trial"])
    options = parser.parse_args()
    runs = json.loads(RESULT.read_text(encoding="utf-8"))["runs"] if RESULT.exists() else {}
    for setting in options.settings:
        for method in options.methods:
            found = [run_cohort(setting, method, number) for number in range(options.cohorts)]
            runs[f"{setting}, {method}"] = sum_up(found)
            print(setting, method, json.dumps(runs[f"{setting}, {method}"], indent=1), flush=True)
    record = {
        "formula": FORMULA,
        "subjects": N_SUBJECTS,
        "visits": len(WEEKS),
        "prior_of_the_knot": [KNOT.mean, KNOT.sd],
        "level": LEVEL,
        "seed": SEED,
        "draws": 4000,
        "alsmodels": als.__version__,
        "numpy": np.__version__,
        "nutpie": version("nutpie"),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "runs": runs,
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
