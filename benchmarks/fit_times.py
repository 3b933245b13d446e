"""Time one REML fit by this package and by its peers in one run, and judge every answer.

Run: ``python benchmarks/fit_times.py [--subjects 64 1000] [--rounds 15] [--threads default 1]``; `record.py` runs it
with the other parts. Simulated trials of 64 to 100,000 subjects with 14 visits and gaps, two models, from ready arrays
and from frames with a formula; mixedlm-rs, lme-python, mixedlm, glmm, statsmodels, gpboost and, through R, lme4, nlme
and glmmTMB where they are installed, and the pass of least squares over the same design as a floor. All packages fit
the same data in turns in one process, R in one beside it; each number is the median of the rounds. Each answer is put
into a criterion that is written from the textbook (`fit_criterion.py`), and its digits are counted at the optimum of
that (`fit_optimum.py`): a fast wrong answer is no answer. Last, in processes of their own, the first fit after the
import.

Times on a shared machine mean little; ratios within a run do. Writes ``benchmarks/results/fit_times.json``, of which
`record_page.py` makes the page.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from fit_data import MODELS, WAYS, Case, simulate
from fit_page import RESULT, ratio_tables
from fit_peer import NOT_INSTALLED, OURS, Peer
from fit_peers import PEERS
from fit_r import WAYS as R_WAYS
from fit_r import RProcess, has_r
from fit_rounds import Budget, Judge, fit_once, time_cell
from machine import installed_versions, stamp

HERE = Path(__file__).parent
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "RAYON_NUM_THREADS", "NUMBA_NUM_THREADS")
ALONE = "phases"
SMALL = 16
"""Subjects of the trial that warms up."""


def measure(subjects: list[int], ways: list[str], *, budget: Budget, r: bool) -> dict[str, Any]:
    """Every cell in this process, whose threads are as its environment says.

    Each package first fits a small trial in every way, and this one a trial of each size, since its loops for many
    subjects are others: what is compiled or loaded on demand is in no time below.
    """
    if not r:
        return {"cells": _warm_and_measure(subjects, ways, list(PEERS), budget=budget), "r_versions": {}}
    with RProcess() as session:
        rows = _warm_and_measure(subjects, ways, [*PEERS[:-1], *session.peers, PEERS[-1]], budget=budget)
        return {"cells": rows, "r_versions": session.versions}


def _warm_and_measure(
    subjects: list[int], ways: list[str], peers: list[Peer], *, budget: Budget
) -> list[dict[str, Any]]:
    here = [peer for peer in peers if peer.is_here]
    for model in MODELS.values():
        small = Case(model, simulate(SMALL))
        for way in ways:
            for peer in here:
                if way in peer.ways:
                    fit_once(peer, small, way)
    ours = next(peer for peer in here if peer.name == OURS)
    for n_subjects in subjects:
        case = Case(MODELS[ALONE], simulate(n_subjects))
        for way in ways:
            fit_once(ours, case, way)
    return _measure_all(subjects, ways, peers, budget=budget)


def _measure_all(subjects: list[int], ways: list[str], peers: list[Peer], *, budget: Budget) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for n_subjects in sorted(subjects):
        frame = simulate(n_subjects)
        for name, model in MODELS.items():
            case = Case(model, frame)
            judge = Judge(case)
            for way in ways:
                cell = {"subjects": n_subjects, "rows": len(frame), "model": name, "way": way}
                asked = [peer for peer in peers if way in peer.ways]
                absent = [_absent(peer, cell, rows, budget) for peer in asked]
                here = [peer for peer, why in zip(asked, absent, strict=True) if not why]
                found = time_cell(case, way, here, judge=judge, budget=budget) + [why for why in absent if why]
                rows += [cell | row for row in found]
                print(cell, {row["engine"]: row.get("ratio", row.get("left_out")) for row in found}, flush=True)
    return rows


def _absent(peer: Peer, cell: dict[str, Any], rows: list[dict[str, Any]], budget: Budget) -> dict[str, Any]:
    """The row of a package that is not asked, for it is not here, or its last size foretells too long a fit."""
    if not peer.is_here:
        return {"engine": peer.name, "left_out": NOT_INSTALLED}
    key = {"model": cell["model"], "way": cell["way"], "engine": peer.name}
    timed = [row for row in rows if "median_s" in row and key.items() <= row.items()]
    foreseen = timed[-1]["median_s"] * cell["subjects"] / timed[-1]["subjects"] if timed else 0.0
    if foreseen <= budget.most:
        return {}
    return {"engine": peer.name, "left_out": "would take too long", "foreseen_s": foreseen}


def measure_in_child(threads: str, options: argparse.Namespace) -> dict[str, Any]:
    """The cells in a process with so many threads, ``default`` being whatever the packages take.

    The first number of threads is measured in all ways; others from arrays alone, and without R, whose packages fit on
    one thread anyway.
    """
    environment = dict(os.environ) if threads == "default" else os.environ | dict.fromkeys(THREADS, threads)
    is_first = threads == options.threads[0]
    ways = options.ways if is_first else [way for way in options.ways if way == "arrays"]
    asked = ["--subjects", *map(str, options.subjects), "--ways", *ways, "--rounds", str(options.rounds)]
    asked += [
        "--seconds",
        str(options.seconds),
        "--most",
        str(options.most),
        *([] if is_first and not options.no_r else ["--no-r"]),
    ]
    with tempfile.TemporaryDirectory() as folder:
        found = Path(folder) / "cells.json"
        subprocess.run([sys.executable, __file__, *asked, "--cells", str(found)], env=environment, check=True)
        measured: dict[str, Any] = json.loads(found.read_text(encoding="utf-8"))
    measured["cells"] = [{"threads": threads} | row for row in measured["cells"]]
    return measured


def measure_cold(n_subjects: int) -> list[dict[str, Any]]:
    """First fits in processes of their own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trial.parquet"
        simulate(n_subjects).to_parquet(file)
        empty = {"NUMBA_CACHE_DIR": str(Path(folder) / "empty"), "ALSMODELS_KERNELS": "auto"}
        filled = {"NUMBA_CACHE_DIR": str(Path(folder) / "filled"), "ALSMODELS_KERNELS": "compiled"}
        turns = [(OURS, "kernels not yet compiled", empty), (OURS, "made to compile them", filled)]
        turns += [(OURS, "kernels compiled", filled)]
        turns += [(peer.name, "", {}) for peer in PEERS if peer.is_here and "frame" in peer.ways and peer.name != OURS]
        return [
            {"engine": name, "cache": cache} | run_alone("cold", name, ALONE, str(file), environment=environment)
            for name, cache, environment in turns
        ]


def run_alone(*words: str, environment: dict[str, str] | None = None) -> dict[str, Any]:
    """What fit_alone.py says, or why it says nothing."""
    command = [sys.executable, str(HERE / "fit_alone.py"), *words]
    done = subprocess.run(command, env=os.environ | (environment or {}), capture_output=True, text=True, check=False)
    if done.returncode:
        return {"left_out": f"failed: {done.stderr.strip().splitlines()[-1]}"}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subjects", type=int, nargs="+", default=[64, 1000, 10_000, 100_000])
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS), help="how data come")
    parser.add_argument("--rounds", type=int, default=15, help="most timed fits of a package in a cell")
    parser.add_argument("--seconds", type=float, default=4.0, help="no further fit of a package after so many")
    parser.add_argument("--most", type=float, default=30.0, help="leave out what would take longer, in seconds")
    parser.add_argument("--threads", nargs="+", default=["default", "1"])
    parser.add_argument("--no-r", action="store_true", help="leave lme4, nlme and glmmTMB out")
    parser.add_argument("--no-alone", action="store_true", help="leave first fits out")
    parser.add_argument("--json", type=Path, default=RESULT)
    parser.add_argument("--cells", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> None:
    """Measure, print, and write."""
    options = read_options()
    r = not options.no_r and has_r()
    if options.cells:
        budget = Budget(options.rounds, options.seconds, options.most)
        found = measure(options.subjects, options.ways, budget=budget, r=r)
        options.cells.write_text(json.dumps(found), encoding="utf-8")
        return
    run = stamp()
    settings = options.threads if "arrays" in options.ways else options.threads[:1]
    measured = [measure_in_child(threads, options) for threads in settings]
    names = (*(peer.package for peer in PEERS), "numpy", "numba", "pandas", "polars")
    record = {
        "run": run,
        "versions": installed_versions(*names) | measured[0]["r_versions"],
        "visits": 14,
        "missed": 0.1,
        "rounds": options.rounds,
        "seconds": options.seconds,
        "most": options.most,
        "cells": [row for part in measured for row in part["cells"]],
        "not_asked": [] if r else list(R_WAYS),
        "instead": {peer.name: peer.instead for peer in PEERS if peer.instead},
        **({} if options.no_alone else {"cold": measure_cold(min(options.subjects))}),
        "load_average_after": os.getloadavg(),
    }
    options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(ratio_tables(record))


if __name__ == "__main__":
    main()
