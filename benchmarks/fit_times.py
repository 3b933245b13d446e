"""Time one REML fit of the two-phase model by this engine, by statsmodels and, where R is there, by lme4, in one run.

Run: ``make bench``, or ``python benchmarks/fit_times.py [--subjects 64 1000] [--json FILE]``. Ours and statsmodels
start from a ready design, lme4 from a data frame, statsmodels with its default optimisers. Times on a shared machine
mean little; ratios within a run do. The criterion is beside each time: a fast wrong answer is no answer.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from statsmodels.regression.mixed_linear_model import MixedLM

import alsmodels as als

FORMULA = "y ~ arm * phase(week, 24) + (phase(week, 24) | subject)"
LME4 = """
suppressMessages(library(lme4))
frame <- read.csv(commandArgs(TRUE)[1], colClasses = c(subject = "character"))
frame$p1 <- pmin(frame$week, 24); frame$p2 <- frame$week - frame$p1
fit <- function() suppressWarnings(suppressMessages(lmer(y ~ arm * (p1 + p2) + (p1 + p2 | subject), frame)))
invisible(fit()); times <- replicate(as.integer(commandArgs(TRUE)[2]), system.time(fit())[["elapsed"]])
cat(min(times), sprintf("%.9f", REMLcrit(fit())))
"""


def simulate(n_subjects: int, *, seed: int = 1) -> pd.DataFrame:
    """Two arms, a visit every four weeks to week 52 with a tenth missed; values near those of ALS trials."""
    rng = np.random.default_rng(seed)
    week = np.tile(np.arange(0.0, 53.0, 4.0), n_subjects)
    subject = np.repeat(np.arange(n_subjects), 14)
    b = rng.multivariate_normal(np.zeros(3), np.diag([5.5, 0.16, 0.16]) ** 2, n_subjects)[subject]
    p1 = np.minimum(week, 24)
    y = 37 - 0.23 * week + b[:, 0] + b[:, 1] * p1 + b[:, 2] * (week - p1) + rng.normal(0, 1.8, len(week))
    frame = pd.DataFrame({"subject": subject, "week": week, "arm": np.array(["a", "b"])[subject % 2], "y": y})
    return frame[(frame["week"] == 0) | (rng.random(len(frame)) > 0.1)].astype({"subject": str})


def best_of(work: Callable[[], object], *, repeats: int) -> float:
    """Shortest of several times, in milliseconds, after one run to warm up."""
    work()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return 1e3 * min(times)


def fit_statsmodels(design: als.Design) -> float:
    """-2 log restricted likelihood that MixedLM reaches by default; its warnings are not shown."""
    groups = np.repeat(np.arange(design.n_subjects), np.diff(design.starts))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(-2 * MixedLM(design.y, design.X, groups, exog_re=design.Z).fit(reml=True).llf)


def time_lme4(frame: pd.DataFrame, *, repeats: int) -> tuple[float, float] | None:
    """Milliseconds and REML criterion of ``lme4::lmer``; None without R."""
    if shutil.which("Rscript") is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        program, data = Path(folder) / "fit.R", Path(folder) / "data.csv"
        program.write_text(LME4)
        frame.to_csv(data, index=False)
        done = subprocess.run(
            ["Rscript", str(program), str(data), str(repeats)], capture_output=True, text=True, check=False
        )
    if done.returncode:
        return None
    seconds, criterion = done.stdout.split()
    return 1e3 * float(seconds), float(criterion)


def measure(n_subjects: int) -> list[dict[str, object]]:
    """One row for each engine: milliseconds, criterion, and how many times slower than ours it is."""
    frame = simulate(n_subjects)
    design = als.build_design(FORMULA, frame)
    ours = als.fit_lmm(design)
    found = [("alsmodels", best_of(lambda: als.fit_lmm(design), repeats=20), ours.criterion)]
    found.append(("statsmodels", best_of(lambda: fit_statsmodels(design), repeats=2), fit_statsmodels(design)))
    lme4 = time_lme4(frame, repeats=5)
    if lme4 is not None:
        found.append(("lme4", *lme4))
    return [
        {"subjects": n_subjects, "rows": len(frame), "engine": name, "ms": ms, "ratio": ms / found[0][1], "REML": value}
        for name, ms, value in found
    ]


def main() -> None:
    """Measure, print, and write JSON if asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--subjects", type=int, nargs="+", default=[64, 1000])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows = [row for n_subjects in options.subjects for row in measure(n_subjects)]
    table = pd.DataFrame(rows)
    formats = {"ms": "{:.3g}".format, "ratio": "{:.3g}".format, "REML": "{:.6f}".format}
    print(table.to_string(index=False, formatters=formats))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


if __name__ == "__main__":
    sys.exit(main())
