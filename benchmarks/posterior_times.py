"""Effective draws a second from a ready design, by this package's samplers, PyMC, bambi, brms and rstanarm, in one run.

Run: ``python benchmarks/posterior_times.py [--no-r] [--engines brms]``; `record.py` runs it with the other parts. Every
engine has a process of its own, so that what it compiles is in its time: once with empty caches on disk (Numba's and
PyTensor's), then in turns with those that the first run left, of which the median is taken; brms compiles its program
each time, rstanarm comes compiled, and each runs once. What nutpie and brms compile is timed apart too. The two-phase
model has three correlated random effects and the same priors everywhere (bambi: its own, and no correlations; rstanarm:
its own of the SDs); there are 4 chains of 1,000 draws, and each engine tunes as it does by default. The number is the
least rank-normalised bulk effective size of all population parameters over wall time; for importance no more than the
Kish size of the weights. Times on a shared machine mean little; ratios within a run do. Writes
``benchmarks/results/posterior_times.json``.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from arviz_stats.base.array import array_stats

import alsmodels as als
import posterior_peers
from importance_times import FORMULA, simulate, time_importance
from machine import installed_versions, stamp
from posterior_page import INSTEAD, RESULT, sampling_tables

HERE = Path(__file__).parent
REFERENCE = "PyMC non-centred, nutpie"
CHAINS, DRAWS, SEED = 4, 1000, 20
MOST_SECONDS = 600
BY_STAN = ("brms", "rstanarm")


def write_inputs(folder: Path, frame: pd.DataFrame, design: als.Design, *, draws: int) -> None:
    """The data, as a table and as arrays, and the priors' numbers."""
    frame.to_csv(folder / "frame.csv", index=False)
    np.savez(folder / "arrays.npz", X=design.X, Z=design.Z, y=design.y, codes=design.codes)
    priors = als.default_priors(design)
    fixed = [priors.fixed[name] for name in design.fixed_names]
    asked = {
        "mean": [one.mean for one in fixed],
        "sd": [one.sd for one in fixed],
        "scale": [priors.sds[name].scale for name in design.random_names],
        "residual": priors.residual.scale,
        "chains": CHAINS,
        "draws": draws,
        "cores": min(CHAINS, os.cpu_count() or 1),
        "seed": SEED,
    }
    (folder / "priors.json").write_text(json.dumps(asked), encoding="utf-8")


def run_alone(engine: str, folder: Path) -> tuple[np.ndarray, dict[str, Any]] | str:
    """Draws and times of one engine in a fresh process, or why there are none."""
    if engine in BY_STAN:
        command = ["Rscript", str(HERE / "posterior_stan.R"), engine, str(folder)]
    else:
        command = [sys.executable, str(HERE / "posterior_peers.py"), engine, str(folder)]
    own = folder / "".join(filter(str.isalnum, engine))
    caches = {"NUMBA_CACHE_DIR": str(own / "numba"), "PYTENSOR_FLAGS": f"base_compiledir={own / 'pytensor'}"}
    try:
        done = subprocess.run(
            command, env=os.environ | caches, capture_output=True, text=True, check=False, timeout=MOST_SECONDS
        )
    except subprocess.TimeoutExpired:
        return f"took more than {MOST_SECONDS} s"
    if done.returncode:
        lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        first = next((place for place, line in enumerate(lines) if "Error" in line), 0)
        return f"failed: {' '.join(lines[first : first + 2]) or 'without a word'}"
    times = json.loads((folder / "times.json").read_text(encoding="utf-8"))
    if engine in BY_STAN:
        drawn = pd.read_csv(folder / "draws.csv").to_numpy()
        drawn = drawn.reshape(CHAINS, -1, drawn.shape[1])
    else:
        drawn = np.load(folder / "draws.npy")
    return drawn, times


def absent(engine: str, *, r: bool) -> str | None:
    """Why an engine cannot be asked."""
    if engine.startswith("bambi") and find_spec("bambi") is None:
        return "not installed"
    if engine in BY_STAN and not r:
        return "left out"
    if engine in BY_STAN and not _has_in_r(engine):
        return "not installed"
    return None


def _has_in_r(package: str) -> bool:
    if shutil.which("Rscript") is None:
        return False
    asked = ["Rscript", "-e", f"quit(status = !requireNamespace('{package}', quietly = TRUE))"]
    return subprocess.run(asked, capture_output=True, check=False).returncode == 0


def measure(engine: str, cache: str, folder: Path) -> tuple[dict[str, Any], np.ndarray | None]:
    """One row of the table, and the means and Monte Carlo errors of the parameters, shape (2, k)."""
    found = run_alone(engine, folder)
    row: dict[str, Any] = {"engine": engine, "cache": cache}
    if isinstance(found, str):
        return row | {"said": found}, None
    drawn, times = found
    columns = [drawn[..., k] for k in range(drawn.shape[-1])]
    axes = {"chain_axis": 0, "draw_axis": 1}
    ess = min(float(array_stats.ess(one, method="bulk", **axes)) for one in columns)
    error = np.array([float(array_stats.mcse(one, method="mean", **axes)) for one in columns])
    if times.get("effective") is not None:
        ess = min(ess, times["effective"])
        error = np.maximum(error, drawn.std(axis=(0, 1)) / np.sqrt(times["effective"]))
    r_hat = max(float(array_stats.rhat(one, method="rank", **axes)) for one in columns)
    rates = {
        "ess_per_s": ess / times["fit_s"],
        "ess_per_s_of_sampling": ess / (times["fit_s"] - times.get("compile_s", 0.0)),
        "ess_per_s_with_import": ess / (times["fit_s"] + times["import_s"]),
        "ess_per_cpu_s": ess / times["cpu_s"],
    }
    return row | {"draws_per_chain": drawn.shape[1], "min_ess": ess, "max_r_hat": r_hat, **rates, **times}, np.array(
        [drawn.mean(axis=(0, 1)), error]
    )


def compare_engines(
    folder: Path, engines: list[str], *, r: bool, rounds: int
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Every engine with cold caches, then all in turns with warm ones."""
    why = {engine: absent(engine, r=r) for engine in engines}
    here = [engine for engine in engines if why[engine] is None]
    turns = [(engine, "none" if engine in BY_STAN else "cold") for engine in here]
    turns += rounds * [(engine, "warm") for engine in here if engine not in BY_STAN]
    runs: dict[tuple[str, str], list[dict[str, Any]]] = {turn: [] for turn in sorted(turns)}
    means = {}
    for turn in turns:
        row, found = measure(*turn, folder)
        print({key: row[key] for key in ("engine", "cache", "fit_s", "min_ess", "said") if key in row}, flush=True)
        runs[turn].append(row)
        if found is not None:
            means[turn[0]] = found
    rows = [middle(some) for some in runs.values()]
    rows += [{"engine": engine, "said": said} for engine, said in why.items() if said is not None]
    return sorted(add_ratios(rows), key=lambda row: -row.get("ess_per_s", 0.0)), means


def middle(runs: list[dict[str, Any]]) -> dict[str, Any]:
    """The run of median wall time, with the times of all."""
    done = sorted((row for row in runs if "fit_s" in row), key=lambda row: row["fit_s"])
    return done[len(done) // 2] | {"all_fit_s": [row["fit_s"] for row in runs if "fit_s" in row]} if done else runs[0]


def add_ratios(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Effective draws a second over those of the reference with a warm cache."""
    base = next(
        (row for row in rows if row["engine"] == REFERENCE and row.get("cache") == "warm" and "fit_s" in row), None
    )
    if base is None:
        return rows
    kinds = {"ratio": "ess_per_s", "ratio_with_import": "ess_per_s_with_import", "ratio_cpu": "ess_per_cpu_s"}
    return [{name: row[of] / base[of] for name, of in kinds.items() if of in row} | row for row in rows]


def agreement(means: dict[str, np.ndarray], names: list[str]) -> list[dict[str, Any]]:
    """How far apart the engines' posterior means are, in their Monte Carlo errors together."""
    ours, found = "alsmodels, importance", []
    for engine, theirs in means.items():
        if engine != ours and ours in means and theirs.shape == means[ours].shape:
            errors = np.abs(theirs[0] - means[ours][0]) / np.hypot(theirs[1], means[ours][1])
            most = int(errors.argmax())
            found.append({"engine": engine, "most": errors[most], "of": names[most], "mean_square": np.mean(errors**2)})
    return found


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", help="these alone, by name; else all but the graph's")
    parser.add_argument("--no-r", action="store_true", help="leave brms and rstanarm out")
    parser.add_argument("--rounds", type=int, default=3, help="runs with warm caches")
    parser.add_argument("--draws", type=int, default=DRAWS, help="of each chain")
    parser.add_argument("--json", type=Path, default=RESULT)
    return parser.parse_args()


def main() -> None:
    """Measure, print, write."""
    options = read_options()
    run = stamp()
    frame = simulate(64, seed=1)
    design = als.build_design(FORMULA, frame)
    known = [name for name in posterior_peers.ENGINES if options.engines or "graph" not in name] + list(BY_STAN)
    engines = [name for name in known if not options.engines or name in options.engines]
    sds = [f"sd {name}" for name in design.random_names]
    names = [*design.fixed_names, *sds, "cor 21", "cor 31", "cor 32", "sigma"]
    importance = [time_importance(n_subjects) for n_subjects in (64, 1000)]
    with tempfile.TemporaryDirectory() as folder:
        write_inputs(Path(folder), frame, design, draws=options.draws)
        rows, means = compare_engines(Path(folder), engines, r=not options.no_r, rounds=options.rounds)
    record = {
        "run": run,
        "formula": FORMULA,
        "subjects": design.n_subjects,
        "rows": design.n_obs,
        "chains": CHAINS,
        "draws_per_chain": options.draws,
        "reference": REFERENCE,
        "instead": INSTEAD,
        "versions": installed_versions("alsmodels", "pymc", "pytensor", "nutpie", "bambi", "numba", "numpy"),
        "processors": os.cpu_count(),
        "engines": rows,
        "importance": importance,
        "agreement": agreement(means, names),
        "load_average_after": os.getloadavg(),
    }
    options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(sampling_tables(record))


if __name__ == "__main__":
    main()
