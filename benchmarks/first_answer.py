"""How long the first answer on a machine takes: from an empty cache of compiled kernels, and from a full one.

Run: ``python benchmarks/first_answer.py [--rounds 3] [--tasks command fit importance]``. Each task runs in fresh
processes, one after another in each round: with an empty cache; with an empty cache and told to compile, as everybody
had to wait before; and with the cache that this left, which is a warm start. Seconds are of the whole process with its
imports, and of the task after the import; the processor's are beside them, for a machine that others use. What
compiles in the background is ended before the next process starts. Numbers are the least of the rounds.

Writes ``benchmarks/results/first_answer.json``, which the page *The first answer* shows.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import alsmodels as als
from machine import installed_versions, stamp

RESULT = Path(__file__).parent / "results" / "first_answer.json"

# Each prints its seconds after the import, those of the processor, how many kernels it compiled, and its answer.
HEAD = """
import json, sys, time
import alsmodels as als
from alsmodels.data.examples import load_example
cohort = load_example()
spec = als.two_phase("alsfrs_r", arm="arm", knot=24)
"""
TAIL = """
seconds = time.perf_counter() - wall, time.process_time() - used
from numba.core.dispatcher import Dispatcher
modules = [module for name, module in sys.modules.items() if name.startswith("alsmodels.kernels.")]
kernels = {id(one): one for module in modules for one in vars(module).values() if isinstance(one, Dispatcher)}
compiled = sum(sum(kernel.stats.cache_misses.values()) for kernel in kernels.values())
print(json.dumps([*seconds, time.process_time(), compiled, answer]))
"""
SCRIPTS = {
    "command": """
import contextlib, io
from alsmodels.cli import main
wall, used = time.perf_counter(), time.process_time()
with contextlib.redirect_stdout(io.StringIO()) as table:
    main(["fit", sys.argv[1], "--outcome", "alsfrs_r", "--knot", "24"])
answer = len(table.getvalue())
""",
    "fit": """
als.fit_lmm
wall, used = time.perf_counter(), time.process_time()
answer = float(als.fit_lmm(spec, cohort).criterion)
""",
    "importance": """
als.sample_lmm
wall, used = time.perf_counter(), time.process_time()
answer = float(als.sample_lmm(spec, cohort, method="importance", seed=1).posterior["sigma"].mean())
""",
    "nuts": """
als.sample_lmm
wall, used = time.perf_counter(), time.process_time()
answer = float(als.sample_lmm(spec, cohort, seed=1, nuts=als.NutsOptions(progress=False)).posterior["sigma"].mean())
""",
}
# The folder of the cache, and what ALSMODELS_KERNELS says.
WAYS = {"empty": ("a", "auto"), "compiling": ("b", "compiled"), "warm": ("b", "auto")}
NAMES = {
    "command": "CSV to printed table, `alsmodels fit`",
    "fit": "`fit_lmm`, two phases, 64 subjects",
    "importance": "`sample_lmm`, importance",
    "nuts": "`sample_lmm`, NUTS",
}


def main() -> None:
    """Measure every task in every way, round by round."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", nargs="+", choices=list(SCRIPTS), default=list(SCRIPTS))
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS), help="warm needs compiling")
    parser.add_argument("--out", type=Path, default=RESULT)
    asked = parser.parse_args()
    record: dict[str, Any] = stamp() | {
        "versions": installed_versions("numba", "llvmlite", "numpy"),
        "rounds": asked.rounds,
        "tasks": [measure(task, asked.rounds, asked.ways) for task in asked.tasks],
    }
    asked.out.write_text(json.dumps(record, indent=2) + "\n")
    print(json.dumps(record["tasks"], indent=2))


def measure(task: str, rounds: int, ways: list[str]) -> dict[str, Any]:
    """The least of each number over the rounds, with an empty cache, made to compile, and with a full cache."""
    found: dict[str, list[dict[str, Any]]] = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "trial.csv"
            als.load_example().to_frame().to_csv(table, index=False)
            for way in ways:
                cache, mode = WAYS[way]
                found.setdefault(way, []).append(run(task, table, Path(folder) / cache, mode))
    return {"task": task, "name": NAMES[task]} | {way: least(times) for way, times in found.items()}


def least(times: list[dict[str, Any]]) -> dict[str, Any]:
    """The least of every number."""
    return {key: min(one[key] for one in times) for key in times[0]}


def run(task: str, table: Path, cache: Path, mode: str) -> dict[str, Any]:
    """One process: its seconds in all, those of the task, and the processor's of each."""
    environment = os.environ | {"NUMBA_CACHE_DIR": str(cache), "ALSMODELS_KERNELS": mode}
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", HEAD + SCRIPTS[task] + TAIL, str(table)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    total = time.perf_counter() - start
    end_background(cache)
    seconds, processor, all_processor, compiled, answer = json.loads(done.stdout.splitlines()[-1])
    return {
        "seconds": total,
        "processor": all_processor,
        "seconds after import": seconds,
        "processor after import": processor,
        "kernels compiled in it": compiled,
        "answer": answer,
    }


def end_background(cache: Path) -> None:
    """End the process that compiles for later."""
    time.sleep(0.1)
    for file in cache.rglob("process"):
        with suppress(ProcessLookupError, ValueError):
            os.kill(int(file.read_text()), signal.SIGKILL)


if __name__ == "__main__":
    main()
