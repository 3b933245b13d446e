"""How much memory one REML fit takes beside the data, by this package and by its peers, each in a process of its own.

Run: ``python benchmarks/fit_memory.py [--subjects 64 1000]``; `record.py` runs it with the other parts. The model of
two phases, from a frame with a formula where a package takes one, else from arrays. Each process loads the package,
fits a small trial, loads the data as the package takes them, and fits once; the number is the most resident memory
within the fit less that before it. Then the most memory from the file to the fit of the largest trial, by `read_cohort`
and by pandas. Writes ``benchmarks/results/fit_memory.json``.
"""

import argparse
import json
import os
import tempfile
from pathlib import Path
from typing import Any

from fit_data import MODELS, Case, simulate
from fit_peer import NOT_INSTALLED, OURS, Peer
from fit_peers import PEERS
from fit_r import RProcess, has_r
from fit_times import ALONE, SMALL, run_alone
from machine import installed_versions, stamp

RESULT = Path(__file__).parent / "results" / "fit_memory.json"


def measure_held(subjects: list[int], *, r: bool, most: float) -> list[dict[str, Any]]:
    """A row for each size and package: MB before the fit and at most, and what the fit added."""
    names = [peer.name for peer in PEERS] + (_r_names() if r else [])
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as folder:
        for n_subjects in sorted(subjects):
            frame = simulate(n_subjects)
            file = Path(folder) / f"{n_subjects}.parquet"
            frame.to_parquet(file)
            for name in names:
                row = {"engine": name, "subjects": n_subjects, "rows": len(frame), "way": way_of(name)}
                why = _too_long(row, rows, most)
                found = why or _held(name, row["way"], file, Case(MODELS[ALONE], frame))
                rows.append(row | found)
                print(row | found, flush=True)
    return rows


def way_of(name: str) -> str:
    """From a frame where a package takes one."""
    peer = next((peer for peer in PEERS if peer.name == name), None)
    return "frame" if peer is None or "frame" in peer.ways else "arrays"


def _held(name: str, way: str, file: Path, case: Case) -> dict[str, Any]:
    peer = next((peer for peer in PEERS if peer.name == name), None)
    if peer is None:
        found = _held_in_r(name, way, case)
    else:
        found = run_alone("held", name, ALONE, way, str(file)) if peer.is_here else {"left_out": NOT_INSTALLED}
    return found | {"added_mb": found["peak_mb"] - found["before_mb"]} if "peak_mb" in found else found


def _held_in_r(name: str, way: str, case: Case) -> dict[str, Any]:
    with RProcess() as session:
        small = Case(case.model, simulate(SMALL))
        _named(session.peers, name).ways[way](small, way)()
        found = session.measure_memory(name, case, way)
    return {"left_out": f"failed: {found['error']}"} if "error" in found else found


def _too_long(row: dict[str, Any], rows: list[dict[str, Any]], most: float) -> dict[str, Any]:
    """Why a package is not asked for a size: its last one foretells a long fit."""
    timed = [one for one in rows if one["engine"] == row["engine"] and "fit_s" in one]
    foreseen = timed[-1]["fit_s"] * row["subjects"] / timed[-1]["subjects"] if timed else 0.0
    return {} if foreseen <= most else {"left_out": "would take too long", "foreseen_s": foreseen}


def _r_names() -> list[str]:
    """R's packages as they are by default."""
    with RProcess() as session:
        return [peer.package for peer in session.peers if peer.package == peer.name]


def _named(peers: list[Peer], name: str) -> Peer:
    return next(peer for peer in peers if peer.name == name)


def measure_read(n_subjects: int) -> list[dict[str, Any]]:
    """From the file to the fit: most memory of the whole process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "trial"
        frame = simulate(n_subjects)
        frame.to_parquet(file.with_suffix(".parquet"))
        frame.to_csv(file.with_suffix(".csv"), index=False)
        turns = [(OURS, route, suffix) for route in ("cohort", "pandas") for suffix in (".parquet", ".csv")]
        turns += [
            (name, "pandas", ".parquet") for name in ("mixedlm-rs", "mixedlm") if _named(list(PEERS), name).is_here
        ]
        return [
            {"engine": name, "route": route, "file": suffix[1:], "subjects": n_subjects}
            | run_alone("read", name, ALONE, route, str(file.with_suffix(suffix)))
            for name, route, suffix in turns
        ]


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subjects", type=int, nargs="+", default=[64, 1000, 10_000, 100_000])
    parser.add_argument("--most", type=float, default=30.0, help="leave out what would take longer, in seconds")
    parser.add_argument("--no-r", action="store_true", help="leave lme4, nlme and glmmTMB out")
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    run = stamp()
    record = {
        "run": run,
        "versions": installed_versions(*(peer.package for peer in PEERS), "numpy", "pandas"),
        "model": ALONE,
        "held": measure_held(options.subjects, r=not options.no_r and has_r(), most=options.most),
        "read": measure_read(max(options.subjects)),
        "load_average_after": os.getloadavg(),
    }
    options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
