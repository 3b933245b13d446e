"""One fit in a process of its own, for fit_times.py: the first fit after the import, or the most memory.

Run by fit_times.py as ``python fit_alone.py cold PEER MODEL FILE`` or ``python fit_alone.py memory PEER MODEL ROUTE
FILE``; prints one line of JSON.
"""
# ruff: noqa: PLC0415 - imports are timed

import json
import re
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


def measure_cold(peer: str, model: str, file: str) -> dict[str, float]:
    """Seconds of the import after pandas', of the first fit from a frame and of the second."""
    import pandas as pd

    frame = pd.read_parquet(file)
    start = time.perf_counter()
    import_module(peer.replace("-", "_"))
    imported = time.perf_counter()
    fit = _fitter(peer, model, frame)  # loads what an import on demand left out
    fit()
    first = time.perf_counter()
    fit()
    return {"import_s": imported - start, "first_s": first - imported, "second_s": time.perf_counter() - first}


def measure_memory(peer: str, model: str, route: str, file: str) -> dict[str, float]:
    """Most resident memory in MB after the imports and after reading and fitting, and the seconds of both."""
    import pandas as pd

    import alsmodels as als

    _fitter(peer, model, _small_frame())()  # what is loaded lazily is no part of the data's cost
    imported = _peak_mb()
    start = time.perf_counter()
    if route == "cohort":
        from fit_data import MODELS

        data = als.read_cohort(Path(file), als.Roles(subject="subject", time="week", arm="arm"))
        read = time.perf_counter()
        als.fit_lmm(MODELS[model].formula, data)
    else:
        frame = pd.read_csv(file, dtype={"subject": str}) if file.endswith(".csv") else pd.read_parquet(file)
        read = time.perf_counter()
        _fitter(peer, model, frame)()
    end = time.perf_counter()
    return {"import_mb": imported, "peak_mb": _peak_mb(), "read_s": read - start, "fit_s": end - read}


def _fitter(peer: str, model: str, frame: Any) -> Any:
    from fit_data import MODELS, Case
    from fit_peers import PEERS

    found = next(one for one in PEERS if one.name == peer)
    return found.ways["frame"](Case(MODELS[model], frame), "frame")


def _small_frame() -> Any:
    from fit_data import simulate

    return simulate(32)


def _peak_mb() -> float:
    """Most resident memory of this program; on Linux ``ru_maxrss`` would count the program that started it too."""
    status = Path("/proc/self/status")
    if status.exists():
        return float(re.findall(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))[0]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def main() -> None:
    """Measure what is asked and print it."""
    what, *words = sys.argv[1:]
    print(json.dumps((measure_cold if what == "cold" else measure_memory)(*words)))


if __name__ == "__main__":
    main()
