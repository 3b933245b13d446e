"""The memory of a whole fit, reading included: of a large trial, and how it grows."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

# Reads a file and fits, in a process of its own; prints the peak in MiB before and after, and a number of the fit.
SCRIPT = """
import resource, sys
from pathlib import Path
import alsmodels as als

def peak():
    status = Path("/proc/self/status")
    if status.exists():  # of this process alone; Linux counts the peak of the parent into ru_maxrss
        return int(status.read_text().split("VmHWM:")[1].split()[0]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 ** (2 if sys.platform == "darwin" else 1)

def fit(path):
    cohort = als.read_cohort(path, als.Roles("subject", "week", "arm"))
    return als.fit_lmm("alsfrs_r ~ week * arm + (week | subject)", cohort)

small, large = sys.argv[1:]
fit(small)
before = peak()
found = fit(large)
print(before, peak(), found.beta[1])
"""
SLOPE = -0.15


@pytest.fixture
def write(tmp_path):
    """Write a trial to a file: every subject has weeks of their own, so that none shares another's products."""

    def write(name, n_subjects, n_visits):
        rng = np.random.default_rng(n_visits)
        subject = np.repeat(np.arange(n_subjects), n_visits)
        week = np.tile(np.arange(n_visits) * 4.0, n_subjects) + rng.integers(0, 4, subject.size) * 0.5
        effects = rng.normal(size=(n_subjects, 2))[subject] * [2.0, 0.05]
        score = 38 + effects[:, 0] + (SLOPE + effects[:, 1]) * week / (n_visits / 14) + rng.normal(size=subject.size)
        table = pa.table(
            {
                "subject": pa.array(np.char.add("S", subject.astype(str))),
                "week": week,
                "arm": pa.array(np.where(subject % 2, "treated", "control")),
                "alsfrs_r": np.clip(score, 0, 48).round(1),
            }
        )
        path = tmp_path / name
        (csv.write_csv if name.endswith(".csv") else parquet.write_table)(table, path)
        return path

    return write


@pytest.fixture
def measure(write):
    """Peaks in MiB before and after a file is read and fitted, and the slope that was found."""
    small = write("small.csv", 30, 5), write("small.parquet", 30, 5)

    def measure(path):
        first = next(one for one in small if one.suffix == path.suffix)
        command = [sys.executable, "-W", "ignore", "-c", SCRIPT, str(first), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
        assert done.returncode == 0, done.stderr
        return tuple(map(float, done.stdout.split()))

    return measure


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_hundred_thousand_subjects_take_less_than_a_gibibyte(write, measure, ending):
    _, peak, slope = measure(write(f"large.{ending}", 100_000, 14))
    assert slope == pytest.approx(SLOPE, abs=0.02)
    assert peak < 1024


@pytest.mark.slow
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_memory_grows_with_the_rows_and_not_with_the_square_of_visits(write, measure, ending):
    few, many = (write(f"{n_visits}.{ending}", 10_000, n_visits) for n_visits in (14, 56))
    (before, little, _), (before_many, much, _) = measure(few), measure(many)
    # One matrix of visits by visits for each subject would be 250 MiB for the many, 16 for the few.
    assert much - before_many < 4 * (little - before)
