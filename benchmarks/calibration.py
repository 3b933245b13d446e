"""Simulation-based calibration of both samplers of the Gaussian model, at the size of a small trial.

Run: ``python benchmarks/calibration.py [--replicates 1000] [--methods importance nuts]``. Parameters come from
`alsfrs_r_priors`, the two-phase model with three correlated random effects is simulated at 64 subjects in two arms with
14 visits each, and its posterior sampled; both methods see the same data sets. Writes
``benchmarks/results/calibration.json``, in which a method that is not run again keeps its numbers, and
``docs/images/calibration.png``, ``calibration_nuts.png``.
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
    os.environ.setdefault(_name, "1")  # the matrices are of ten columns; replicates take the processors

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

import alsmodels as als  # noqa: E402
from alsmodels.bayes.calibration import Calibration, calibrate  # noqa: E402
from alsmodels.model.presets import alsfrs_r_priors  # noqa: E402
from alsmodels.report.calibration_plot import plot_calibration  # noqa: E402

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "calibration.json"
FIGURES = {"importance": "calibration.png", "nuts": "calibration_nuts.png"}
N_SUBJECTS, WEEKS = 64, np.arange(0.0, 53.0, 4.0)
ASKED = (
    als.slope_difference("anakinra", "control", phase=1),
    als.difference("anakinra", "control", week=24),
)
SEED, N_BINS = 20151007, 20


def make_design() -> als.Design:
    """Subjects and visits; the response only has to be there."""
    subject = np.repeat(np.arange(N_SUBJECTS), len(WEEKS))
    frame = pd.DataFrame(
        {
            "subject": [f"S{number:02d}" for number in subject],
            "week": np.tile(WEEKS, N_SUBJECTS),
            "arm": pd.Categorical(np.array(["control", "anakinra"])[subject % 2], categories=["control", "anakinra"]),
            "alsfrs_r": np.random.default_rng(1).normal(38, 5, len(subject)),
        }
    )
    return als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=24), frame)


def describe(found: Calibration, seconds: float) -> dict[str, Any]:
    """What the file says of one run."""
    bins = (found.ranks.to_numpy() * N_BINS) // (found.n_draws + 1)
    counts = {str(name): np.bincount(bins[:, place], minlength=N_BINS) for place, name in enumerate(found.ranks)}
    record = {
        "replicates": found.n_replicates,
        "draws": found.n_draws,
        "seconds": round(seconds, 1),
        "unreliable_replicates": found.n_unreliable,
        "uniform": found.is_uniform,
        "table": found.table().round(4).to_dict(orient="records"),
        f"rank_counts_in_{N_BINS}_bins": {name: values.tolist() for name, values in counts.items()},
    }
    if found.method == "importance":
        record["k_hat_quantiles_50_95_100"] = np.quantile(found.k_hat, [0.5, 0.95, 1.0]).round(3).tolist()
    return record


def main() -> None:
    """Run, print, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replicates", type=int, default=1000)
    parser.add_argument("--methods", nargs="+", choices=list(FIGURES), default=list(FIGURES))
    options = parser.parse_args()
    design = make_design()
    runs = json.loads(RESULT.read_text(encoding="utf-8"))["runs"] if RESULT.exists() else {}
    for method in options.methods:
        start = time.perf_counter()
        found = calibrate(
            design,
            priors=alsfrs_r_priors(design),
            method=method,
            replicates=options.replicates,
            asked=ASKED,
            seed=SEED,
        )
        seconds = time.perf_counter() - start
        print(found, f"\n{seconds:.0f} s\n", flush=True)
        runs[method] = describe(found, seconds)
        plot_calibration(found).savefig(ROOT / "docs" / "images" / FIGURES[method], dpi=130)
    record = {
        "formula": design.spec.formula,
        "subjects": design.n_subjects,
        "rows": design.n_obs,
        "priors": "alsfrs_r_priors",
        "seed": SEED,
        "alsmodels": als.__version__,
        "nutpie": version("nutpie"),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "runs": runs,
    }
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
