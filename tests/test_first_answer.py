"""From an empty cache to an answer: no waiting for a compiler, and the same digits as with one.

Bounds are on processor time, and generous: the benchmark ``first_answer.py`` measures. Compiling takes ten times them.
"""

import json
import os
import signal
import subprocess
import sys

import pytest

import alsmodels as als

FIT = """
import json, sys, time
import alsmodels as als
cohort = als.load_example()
als.fit_lmm
start = time.process_time()
fit = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", knot=24), cohort)
seconds = time.process_time() - start
from alsmodels.kernels.optimum import search_here
print(json.dumps([float(fit.criterion), seconds, len(search_here.signatures)]))
"""
COMMAND = """
import sys, time
from alsmodels.cli import main
status = main(sys.argv[1:])
print("SECONDS", time.process_time())
sys.exit(status)
"""


@pytest.fixture
def run(tmp_path):
    """Run a program with an empty cache; what compiles behind it does not outlive the test."""

    def begin(*words):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "cache"), "ALSMODELS_KERNELS": "auto"}
        return subprocess.run(
            [sys.executable, "-c", *words], env=environment, capture_output=True, text=True, check=True
        )

    yield begin
    for file in tmp_path.rglob("process"):
        try:
            os.kill(int(file.read_text() or 0), signal.SIGKILL)
        except ProcessLookupError:
            continue


def test_a_first_fit_of_a_trial_waits_for_no_compiler(run):
    done = run(FIT)
    criterion, seconds, signatures = json.loads(done.stdout)
    assert (signatures, done.stderr) == (0, "")
    assert seconds < 5.0
    fit = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", knot=24), als.load_example())
    assert criterion == pytest.approx(fit.criterion, rel=1e-12)


def test_from_a_csv_to_a_table_by_the_command_waits_for_no_compiler(run, tmp_path):
    file = tmp_path / "trial.csv"
    als.load_example().to_frame().to_csv(file, index=False)
    done = run(COMMAND, "fit", str(file), "--outcome", "alsfrs_r", "--knot", "24")
    assert "slope difference" in done.stdout or "anakinra - control" in done.stdout
    assert "Compiling" not in done.stderr
    assert float(done.stdout.split("SECONDS")[1]) < 15.0
