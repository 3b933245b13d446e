"""Time 4,000 draws by importance from a ready design, and show that a second cohort compiles nothing.

Run: ``python benchmarks/importance_times.py [--subjects 64 1000]``; posterior_times.py runs it too. Median of seven, in
a process that has drawn once.
"""

import argparse
import sys
import time
from typing import Any

import numpy as np
import pandas as pd

import alsmodels as als
from posterior_peers import FORMULA, Clock

WEEKS = np.arange(0.0, 53.0, 4.0)


def simulate(n_subjects: int, *, seed: int, missed: float = 0.0) -> pd.DataFrame:
    """Two arms, a visit every four weeks to week 52.

    The numbers are an assumption, near those of the ALSFRS-R total: baseline 38 (SD 5.5), slopes of -1 a month in both
    phases (SD 0.7, correlations 0.2 and 0.3), a third less under treatment in phase 1, residual SD 1.8. ``missed`` is
    the share of visits that are.
    """
    rng = np.random.default_rng(seed)
    subject, week = np.repeat(np.arange(n_subjects), len(WEEKS)), np.tile(WEEKS, n_subjects)
    sd = np.array([5.5, 0.16, 0.16])
    correlation = np.array([[1.0, 0.2, 0.2], [0.2, 1.0, 0.3], [0.2, 0.3, 1.0]])
    b = rng.multivariate_normal(np.zeros(3), sd[:, None] * correlation * sd, n_subjects)[subject]
    treated, p1, p2 = subject % 2, np.minimum(week, 24), np.maximum(week - 24, 0)
    y = 38 + b[:, 0] + (-0.23 + 0.077 * treated + b[:, 1]) * p1 + (-0.23 + b[:, 2]) * p2 + rng.normal(0, 1.8, len(week))
    arm = np.array(["control", "treated"])[treated]
    frame = pd.DataFrame({"subject": subject.astype(str), "week": week, "arm": arm, "p1": p1, "p2": p2, "y": y})
    return frame[(week == 0) | (rng.random(len(week)) >= missed)]


def signatures() -> int:
    """Compiled signatures of every kernel of the package in this process."""
    modules = [module for name, module in sys.modules.items() if name.startswith("alsmodels.kernels.")]
    own = {id(it): it for module in modules for it in vars(module).values() if hasattr(it, "signatures")}
    return sum(len(it.signatures) for it in own.values())


def time_importance(n_subjects: int, *, repeats: int = 7) -> dict[str, Any]:
    """Median time of 4,000 draws in one process, and the time of another cohort's, which must compile nothing."""
    design, other = (
        als.build_design(FORMULA, frame)
        for frame in (simulate(n_subjects, seed=1), simulate(n_subjects * 5 // 4, seed=2, missed=0.1))
    )
    als.sample_lmm(design, method="importance", seed=1)
    clocks = []
    for seed in range(repeats):
        clock = Clock()
        als.sample_lmm(design, method="importance", seed=seed)
        clocks.append(clock.read())
    before = signatures()
    start = time.perf_counter()
    als.sample_lmm(other, method="importance", seed=1)
    second = time.perf_counter() - start
    if signatures() != before or not before:
        msg = f"A second cohort compiled: {before} signatures became {signatures()}."
        raise SystemExit(msg)
    medians = {f"median_{name}": float(np.median([clock[name] for clock in clocks])) for name in clocks[0]}
    least = {f"least_{name}": min(clock[name] for clock in clocks) for name in clocks[0]}
    return {"subjects": n_subjects, **medians, **least, "other_cohort_s": second, "signatures": before}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, nargs="+", default=[64, 1000])
    options = parser.parse_args()
    table = pd.DataFrame([time_importance(n_subjects) for n_subjects in options.subjects])
    print(table.to_string(index=False, float_format="{:.3g}".format))


if __name__ == "__main__":
    main()
