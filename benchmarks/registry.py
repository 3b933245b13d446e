"""Fit a registry of 10 million visits in parts: seconds, the peak of memory, and agreement with the fit in memory.

Run: ``python benchmarks/registry.py [--subjects 833000] [--folder FOLDER]``. Two files of Parquet are written, part by
part: one whose visits are at weeks of their own, so that no two subjects share their rows, and one with nominal weeks,
a tenth of them missed. Each is fitted by `fit_parts` in a process of its own, which says its peak of memory. Of each
file some 100,000 visits are fitted in memory by `fit_lmm` too, and in parts.

Needs the extra ``dask`` and some 400 MB on disk. Writes ``benchmarks/results/registry.json``.
"""

import argparse
import json
import os
import platform
import re
import resource
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask.dataframe
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

import alsmodels as als
from alsmodels.frequentist import parts as fitting

if TYPE_CHECKING:
    from collections.abc import Callable

RESULT = Path(__file__).parent / "results" / "registry.json"
MODEL = "alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)"
VISITS, EVERY, KNOT = 12, 5.0, 24.0
# Rows in a row group: no multiple of a subject's visits, so that subjects lie across groups.
GROUP_ROWS = 99_995
SAMPLE = 8_334
KINDS = {"weeks of their own": "jittered", "nominal weeks, a tenth missed": "nominal"}
MEBIBYTE = 1024.0


def make_subjects(first: int, last: int, kind: str) -> pd.DataFrame:
    """The visits of the subjects from ``first`` to ``last``; the same every time."""
    rng = np.random.default_rng([7, first])
    m = last - first
    week = np.tile(np.arange(VISITS) * EVERY, (m, 1))
    kept = np.ones((m, VISITS), dtype=bool)
    if kind == "jittered":
        week[:, 1:] += rng.uniform(-2.0, 2.0, (m, VISITS - 1))
    else:
        kept[:, 1:] = rng.random((m, VISITS - 1)) > 0.1
    number = np.arange(first, last)
    treated = number % 2
    b = rng.normal(size=(m, 3)) * [6.0, 0.15, 0.12]
    before, after = np.minimum(week, KNOT), np.maximum(week - KNOT, 0.0)
    mean = 38.0 + b[:, :1] + (b[:, 1:2] - 0.22 + 0.04 * treated[:, None]) * before + (b[:, 2:] - 0.18) * after
    score = mean + rng.normal(0.0, 1.8, (m, VISITS))
    names = np.char.mod("P%07d", number)
    frame = pd.DataFrame(
        {
            "subject": np.repeat(names, VISITS),
            "week": week.ravel(),
            "arm": np.repeat(np.array(["control", "treated"])[treated], VISITS),
            "alsfrs_r": score.ravel(),
        }
    )
    return frame[kept.ravel()]


def write_registry(path: Path, n_subjects: int, kind: str, *, rows: int = GROUP_ROWS, at_once: int = 20_000) -> int:
    """Write the visits of many subjects as one file, holding some of them only; returns the number of visits."""
    written, rest, writer = 0, pd.DataFrame(), None
    for first in range(0, n_subjects, at_once):
        rest = pd.concat([rest, make_subjects(first, min(first + at_once, n_subjects), kind)], ignore_index=True)
        whole = len(rest) if first + at_once >= n_subjects else len(rest) // rows * rows
        table = pa.Table.from_pandas(rest.iloc[:whole], preserve_index=False)
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table, row_group_size=rows)
        written, rest = written + whole, rest.iloc[whole:]
    if writer is not None:
        writer.close()
    return written


def fit_registry(path: Path, *, scheduler: str | None = None) -> dict[str, Any]:
    """Fit a file in this process, which has done nothing else, and say what it took."""
    before = _peak()
    reading = _timed(fitting, "read_registry")
    searching = _timed(fitting, "fit_blocks")
    start = time.perf_counter()
    fit = als.fit_parts(MODEL, path, scheduler=scheduler, workers=2 if scheduler else None)
    seconds = time.perf_counter() - start
    start = time.perf_counter()
    answer = als.estimate(fit, als.slope_difference("treated", "control", phase=1))
    return {
        "visits": fit.design.n_obs,
        "subjects": fit.design.n_subjects,
        "parts": fit.design.n_parts,
        "scheduler": scheduler or "none",
        "seconds": seconds,
        "seconds reading": reading[0],
        "seconds searching": searching[0],
        "seconds for a question": time.perf_counter() - start,
        "MiB before": before,
        "MiB at the peak": _peak(),
        "status": fit.status.kind.value,
        "estimate": float(answer["estimate"].iloc[0]),
        "std_error": float(answer["std_error"].iloc[0]),
    }


def compare_sample(path: Path, folder: Path) -> dict[str, Any]:
    """The first subjects of a file, fitted in parts and in memory: how many digits agree."""
    last = f"P{SAMPLE:07d}"
    some = pd.read_parquet(path, filters=[("subject", "<", last)])
    small = folder / "sample.parquet"
    some.to_parquet(small, index=False, row_group_size=9_995)
    apart = dask.dataframe.read_parquet(small, split_row_groups=True)
    parts, whole = als.fit_parts(MODEL, apart), als.fit_lmm(MODEL, some)
    pairs = {
        "estimates": (parts.beta, whole.beta),
        "standard errors": (parts.bse, whole.bse),
        "covariance": (parts.covariance, whole.covariance),
        "log-likelihood": (parts.loglik, whole.loglik),
        "degrees of freedom": (parts.coefficients["df"], whole.coefficients["df"]),
    }
    away = {name: float(np.max(np.abs(np.asarray(a) / np.asarray(b) - 1.0))) for name, (a, b) in pairs.items()}
    return {"visits": len(some), "parts": parts.design.n_parts, "largest relative difference": away}


def measure(folder: Path, n_subjects: int) -> list[dict[str, Any]]:
    """Both files: written, fitted and compared."""
    rows = []
    for name, kind in KINDS.items():
        path = folder / f"{kind}.parquet"
        made = _alone("make", str(path), str(n_subjects), kind)
        row = {"data": name, "file MiB": path.stat().st_size / MEBIBYTE**2, "making": made}
        row["sample"] = _alone("compare", str(path), str(folder))
        row["fits"] = [_alone("fit", str(path)), _alone("fit", str(path), "threads")]
        rows.append(row)
        print(json.dumps(row, indent=1), flush=True)
    return rows


def _alone(*words: str) -> dict[str, Any]:
    """One step in a fresh process."""
    done = subprocess.run([sys.executable, __file__, "step", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _step(words: list[str]) -> dict[str, Any]:
    if words[0] == "make":
        start = time.perf_counter()
        visits = write_registry(Path(words[1]), int(words[2]), words[3])
        return {"visits": visits, "seconds": time.perf_counter() - start, "MiB at the peak": _peak()}
    if words[0] == "compare":
        return compare_sample(Path(words[1]), Path(words[2]))
    return fit_registry(Path(words[1]), scheduler=words[2] if len(words) > 2 else None)


def _timed(module: Any, name: str) -> list[float]:
    """Let a function of a module note its seconds in the list that is returned."""
    inner: Callable[..., Any] = getattr(module, name)
    taken: list[float] = []

    def outer(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        found = inner(*args, **kwargs)
        taken.append(time.perf_counter() - start)
        return found

    setattr(module, name, outer)
    return taken


def _peak() -> float:
    """The largest resident memory that this process has had, in MiB.

    Linux lets a process inherit its parent's in ``getrusage``; what is in /proc begins anew.
    """
    status = Path("/proc/self/status")
    if status.exists():
        return float(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))[0]) / MEBIBYTE
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / MEBIBYTE / (MEBIBYTE if sys.platform == "darwin" else 1.0)


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--subjects", type=int, default=833_000)
    parser.add_argument("--folder", type=Path, default=None)
    parser.add_argument("--json", type=Path, default=RESULT)
    options = parser.parse_args()
    load = os.getloadavg()
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        rows = measure(Path(folder), options.subjects)
    names = ("alsmodels", "numpy", "numba", "pandas", "pyarrow", "dask")
    record = {"versions": {"python": platform.python_version()} | {name: version(name) for name in names}}
    record |= {"processors": os.cpu_count(), "model": MODEL, "registries": rows}
    record["load_average_before_after"] = [load, os.getloadavg()]
    options.json.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:2] == ["step"]:
        print(json.dumps(_step(sys.argv[2:])))
    else:
        main()
