"""The benchmark of record: every part in one run, then the page and the figures.

Run: ``make bench``, or ``python benchmarks/record.py [--parts fits memory] [--seconds 3] [--most 30]``. The parts are
`fit_times.py`, `fit_memory.py`, `many_times.py` and `posterior_times.py`, one after another, each in a process of its
own. Each writes its JSON in ``benchmarks/results`` with the stamp of the run: when it began, and the machine. The page
is made by `record_page.py`. ``--folder`` is for rehearsals, which write elsewhere.
"""

import argparse
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from machine import RUN
from record_page import PARTS, write_page

HERE = Path(__file__).parent
PROGRAMS = {
    "fits": "fit_times.py",
    "memory": "fit_memory.py",
    "many": "many_times.py",
    "posterior": "posterior_times.py",
}


def commands(options: argparse.Namespace) -> dict[str, list[str]]:
    """What each part is asked."""
    subjects = ["--subjects", *map(str, options.subjects)]
    most = ["--most", str(options.most)]
    threads = ["--threads", *options.threads]
    asked = {
        "fits": [*subjects, *most, "--rounds", str(options.rounds), "--seconds", str(options.seconds), *threads],
        "memory": [*subjects, *most],
        "many": ["--trials", str(options.trials), "--seconds", str(4 * options.seconds)],
        "posterior": ["--rounds", str(options.posterior_rounds), "--draws", str(options.draws)],
    }
    r = ["--no-r"] if options.no_r else []
    elsewhere = {name: ["--json", str(options.folder / PARTS[name].name)] if options.folder else [] for name in asked}
    return {name: [PROGRAMS[name], *asked[name], *r, *elsewhere[name]] for name in options.parts}


def read_options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", nargs="+", choices=list(PROGRAMS), default=list(PROGRAMS))
    parser.add_argument("--subjects", type=int, nargs="+", default=[64, 1000, 10_000, 100_000])
    parser.add_argument("--rounds", type=int, default=15, help="most timed fits of a package in a cell")
    parser.add_argument("--seconds", type=float, default=3.0, help="of a package in a cell; of many trials four times")
    parser.add_argument("--most", type=float, default=30.0, help="leave out fits that would take longer, in seconds")
    parser.add_argument("--threads", nargs="+", default=["default", "1"], help="of fits; all ways with the first alone")
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument("--posterior-rounds", type=int, default=1, help="samplings with warm caches")
    parser.add_argument("--draws", type=int, default=1000, help="of each chain")
    parser.add_argument("--no-r", action="store_true", help="leave R's packages out")
    parser.add_argument("--folder", type=Path, help="write the JSON there, and no page")
    return parser.parse_args()


def main() -> None:
    """Run the parts, then write the page."""
    options = read_options()
    began = datetime.now(UTC).isoformat(timespec="seconds")
    for name, (program, *words) in commands(options).items():
        start = time.perf_counter()
        # What is measured are compiled kernels; first fits say of themselves otherwise.
        environment = os.environ | {RUN: began, "ALSMODELS_KERNELS": "compiled"}
        subprocess.run([sys.executable, str(HERE / program), *words], env=environment, check=True)
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)
    if not options.folder:
        write_page()


if __name__ == "__main__":
    main()
