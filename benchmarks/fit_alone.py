"""One fit in a process of its own: the first fit after the import, or the most memory.

Run by fit_times.py as ``python fit_alone.py cold PEER MODEL FILE``, and by fit_memory.py as ``python fit_alone.py held
PEER MODEL WAY FILE`` or ``python fit_alone.py read PEER MODEL ROUTE FILE``; prints one line of JSON.
"""
# ruff: noqa: PLC0415 - imports are timed

import ctypes
import gc
import json
import re
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any

STATUS = Path("/proc/self/status")


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


def measure_held(peer: str, model: str, way: str, file: str) -> dict[str, float]:
    """Resident memory in MB when the data are there as a package takes them, and at most in one fit; its seconds.

    A fit of a small trial comes first: what is compiled or loaded on demand is no part of the data's cost. What was
    freed is given back, and the mark of the most set to what is held, so that reading the table does not count.
    """
    import pandas as pd

    _fitter(peer, model, _small_frame(), way)()
    fit = _fitter(peer, model, pd.read_parquet(file), way)
    before = _forget_peak()
    start = time.perf_counter()
    kept = fit()
    end = time.perf_counter()
    del kept
    return {"before_mb": before, "peak_mb": _peak_mb(), "fit_s": end - start}


def measure_read(peer: str, model: str, route: str, file: str) -> dict[str, float]:
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


def _fitter(peer: str, model: str, frame: Any, way: str = "frame") -> Any:
    from fit_data import MODELS, Case
    from fit_peers import PEERS

    found = next(one for one in PEERS if one.name == peer)
    return found.ways[way](Case(MODELS[model], frame), way)


def _small_frame() -> Any:
    from fit_data import simulate

    return simulate(32)


def _forget_peak() -> float:
    """Set the mark of the most back to what is held now, where the system can; what is held, in MB."""
    gc.collect()
    if not STATUS.exists():
        return _peak_mb()
    if hasattr(libc := ctypes.CDLL(None), "malloc_trim"):
        libc.malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _status_mb("VmRSS")


def _peak_mb() -> float:
    """Most resident memory of this program; on Linux ``ru_maxrss`` would count the program that started it too."""
    if STATUS.exists():
        return _status_mb("VmHWM")
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _status_mb(what: str) -> float:
    return float(re.findall(rf"{what}:\s+(\d+) kB", STATUS.read_text(encoding="utf-8"))[0]) * 1024 / 1e6


def main() -> None:
    """Measure what is asked and print it."""
    what, *words = sys.argv[1:]
    measure = {"cold": measure_cold, "held": measure_held, "read": measure_read}[what]
    print(json.dumps(measure(*words)))


if __name__ == "__main__":
    main()
