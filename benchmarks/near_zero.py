"""Importance sampling where variances lean on zero: the logarithm of their SD over many seeds, against the truth.

Run: ``python benchmarks/near_zero.py [--seeds 30]``. Each posterior is sampled with 4,000 draws from each of the seeds,
with proposals as they are and without their bent coordinates, as they were before. The truth is a sum over a grid where
two parameters are left, and else 48,000 draws of NUTS. Compared are the SD of ``log sd``, and its mean in units of the
Monte Carlo error that the draws claim, which is one on average if the claim is right. Writes
``benchmarks/results/near_zero.json``.
"""

import argparse
import json
import os
import platform
import time
from pathlib import Path
from typing import Any

for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
    os.environ.setdefault(_name, "1")  # the matrices are of ten columns

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402
from numpy.typing import NDArray  # noqa: E402

import alsmodels as als  # noqa: E402
from alsmodels.bayes import proposal  # noqa: E402
from alsmodels.bayes.importance import sample_importance  # noqa: E402
from alsmodels.bayes.marginal_draws import build_marginal  # noqa: E402
from alsmodels.bayes.monte_carlo import effective_bulk  # noqa: E402
from alsmodels.bayes.sampling import NutsOptions, sample_kernel  # noqa: E402
from alsmodels.kernels.posterior import Target, evaluate, evaluate_range  # noqa: E402

Array = NDArray[np.float64]

RESULT = Path(__file__).parent / "results" / "near_zero.json"
MODELS = {
    "an intercept that is not there": "noise ~ week + (1 | subject)",
    "intercept and slope that are not there": "noise ~ week + (week | subject)",
    "three effects that are not there": "noise ~ arm * phase(week, 24) + (phase(week, 24) | subject)",
    "a slope that is not there": "fibrinogen ~ arm * week + (week | subject)",
    "an ordinary outcome": "alsfrs_r ~ arm * week + (week | subject)",
}
DRAWS, LONG = 4000, NutsOptions(chains=4, progress=False, target_accept=0.95)


def make_table() -> pd.DataFrame:
    """The example's cohort with an outcome that is a line and noise."""
    frame = als.load_example().to_frame()
    return frame.assign(noise=30 - 0.2 * frame["week"] + np.random.default_rng(4).normal(0, 2, len(frame)))


def find_truth(target: Target) -> tuple[Array, Array, Array | None]:
    """Means and SDs of x, shape (d,), and how many effective draws they are from; None for a grid."""
    mode = proposal.posterior_mode(target)
    if target.n_parameters == 2:
        axes = np.linspace(-16, 2.5, 3000), mode.x[1] + np.linspace(-0.25, 0.25, 81)
        xs = np.ascontiguousarray(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2))
        logs = np.empty(len(xs))
        evaluate_range(xs, target, logs, 0, len(xs))
        weights = np.exp(logs - logs.max())
        weights /= weights.sum()
        mean = weights @ xs
        return mean, np.sqrt(weights @ (xs - mean) ** 2), None
    xs, _ = sample_kernel(
        lambda x: evaluate(x, target),
        centre=mode.x,
        factor=proposal.root_of_inverse(mode.precision),
        draws=12_000,
        tune=1500,
        options=LONG,
        seed=7,
    )
    effective = np.array([effective_bulk(xs[:, :, place]) for place in range(xs.shape[2])])
    flat = xs.reshape(-1, xs.shape[2])
    return flat.mean(axis=0), flat.std(axis=0), effective


def run_seeds(target: Target, seeds: int, mean: Array, sd: Array) -> dict[str, Any]:
    """Importance samples of every seed, summed up."""
    q = len(target.inward)
    began = time.process_time()
    found = [sample_importance(target, draws=DRAWS, rng=np.random.default_rng(seed)) for seed in range(seeds)]
    seconds = (time.process_time() - began) / seeds
    ratio = np.array([one.xs[:, :q].std(axis=0) for one in found]) / sd[:q]
    z = np.array([(one.xs.mean(axis=0) - mean) / one.xs.std(axis=0) * np.sqrt(one.ess) for one in found])[:, :q]
    k_hat = [one.k_hat for one in found]
    return {
        "sd_ratio_mean": ratio.mean(axis=0).round(3).tolist(),
        "sd_ratio_least": ratio.min(axis=0).round(3).tolist(),
        "error_over_claimed": np.sqrt((z**2).mean(axis=0)).round(2).tolist(),
        "k_hat_median_highest": [round(float(np.median(k_hat)), 2), round(float(max(k_hat)), 2)],
        "efficiency": round(float(np.mean([one.efficiency for one in found])), 2),
        "effective_least": round(min(one.ess for one in found)),
        "cpu_seconds": round(seconds, 3),
    }


def run_model(formula: str, table: pd.DataFrame, seeds: int) -> dict[str, Any]:
    """One posterior, with and without bent coordinates."""
    design = als.build_design(formula, table)
    target = build_marginal(design, als.default_priors(design)).target
    mean, sd, effective = find_truth(target)
    record: dict[str, Any] = {
        "formula": formula,
        "sd_of_log_sd": sd[: len(target.inward)].round(3).tolist(),
        "truth": "grid" if effective is None else f"NUTS, {effective.min():.0f} effective draws",
        "after": run_seeds(target, seeds, mean, sd),
    }
    kept = proposal.find_leaning
    try:
        proposal.find_leaning = lambda *_: []
        return record | {"before": run_seeds(target, seeds, mean, sd)}
    finally:
        proposal.find_leaning = kept


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=30)
    options = parser.parse_args()
    table, runs = make_table(), {}
    for name, formula in MODELS.items():
        runs[name] = run_model(formula, table, options.seeds)
        print(name, json.dumps(runs[name], indent=1), flush=True)
    record = {
        "seeds": options.seeds,
        "draws": DRAWS,
        "alsmodels": als.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "runs": runs,
    }
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
