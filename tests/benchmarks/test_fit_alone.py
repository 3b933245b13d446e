"""One fit in a process of its own: what it reports of memory and of first fits."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "fit_alone.py"


def run(*words):
    done = subprocess.run([sys.executable, str(PROGRAM), *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("route", ["cohort", "pandas"])
def test_memory_is_of_the_process_alone(tmp_path, route):
    from fit_data import simulate

    file = tmp_path / "trial.csv"
    simulate(20).to_csv(file, index=False)
    held = np.ones(75_000_000)  # 600 MB here, which are none there
    found = run("read", "alsmodels", "slope", route, str(file))
    assert held[-1] == 1
    assert 50 < found["import_mb"] <= found["peak_mb"] < min(found["import_mb"] + 100, 600)


def test_second_fit_is_the_shorter(tmp_path):
    from fit_data import simulate

    file = tmp_path / "trial.parquet"
    simulate(20).to_parquet(file)
    found = run("cold", "alsmodels", "slope", str(file))
    assert 0 < found["second_s"] < found["first_s"]


def test_memory_of_a_fit_is_what_it_adds_to_the_data(tmp_path):
    from fit_data import simulate

    small, large = (tmp_path / name for name in ("small.parquet", "large.parquet"))
    simulate(20).to_parquet(small)
    simulate(5000).to_parquet(large)
    added = [
        found["peak_mb"] - found["before_mb"]
        for found in (run("held", "alsmodels", "slope", "frame", str(file)) for file in (small, large))
    ]
    assert 0 <= added[0] < 5 < added[1] < 200
