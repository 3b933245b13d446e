"""Tables of 100,000 subjects: every row is kept, and memory stays bounded."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from alsmodels.data.readers import cells
from alsmodels.data.readers.tables import read_cohort
from alsmodels.data.roles import Roles
from alsmodels.errors import ReadError

# As measured on Linux with pandas 3.1 and pyarrow 26, the imports among it: 460 to 484 MB from CSV, 379 to 421 from
# Parquet. Lists of Python strings took 1080 MB, checks that compare texts 650.
MOST_MB = {"csv": 600, "parquet": 520}

CHILD = """
import json, re, sys
from pathlib import Path
from alsmodels.data.readers.tables import read_cohort
from alsmodels.data.roles import Roles

cohort = read_cohort(sys.argv[1], Roles("id", "week", "arm"), outcomes=["score", "nfl"])
frame = cohort.to_frame()
status = Path("/proc/self/status").read_text(encoding="utf-8")
peak = int(re.findall(r"VmHWM:\\s+(\\d+) kB", status)[0]) * 1024 / 1e6
kept = cohort.flow().set_index("step").loc["kept", "rows"]
print(json.dumps({"rows": len(frame), "kept": int(kept), "subjects": cohort.n_subjects, "peak": peak}))
"""


def simulate(n_subjects, n_visits=14):
    """A table with a subject's rows together, in order of time, a tenth of the visits left out."""
    rng = np.random.default_rng(1)
    there = rng.random((n_subjects, n_visits)) < 0.9
    there[:, 0] = True
    subject, visit = np.nonzero(there)
    names, arms = np.char.mod("S%06d", np.arange(n_subjects)), np.array(["control", "drug"])
    nfl = np.exp(rng.normal(4, 0.5, len(subject))).round(3)
    nfl[rng.random(len(subject)) < 0.03] = np.nan
    return pd.DataFrame(
        {
            "id": names[subject],
            "week": 4 * visit,
            "arm": arms[subject % 2],
            "score": (40 - visit + rng.normal(0, 2, len(subject))).round(4),
            "nfl": nfl,
        }
    )


def write(frame, path):
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path, index=False)
    return path


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the memory of a process is read from /proc")
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_memory_of_100_000_subjects(ending, tmp_path):
    frame = simulate(100_000)
    path = write(frame, tmp_path / f"trial.{ending}")
    done = subprocess.run([sys.executable, "-c", CHILD, str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["rows"], found["kept"], found["subjects"]) == (len(frame), len(frame), 100_000)
    assert found["peak"] < MOST_MB[ending], found


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_every_value_of_a_larger_table_comes_through(ending, tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "_gather", None)  # the quick road must do
    frame = simulate(2_000)
    shuffled = frame.sample(frac=1, random_state=1)
    cohort = read_cohort(write(shuffled, tmp_path / f"trial.{ending}"), Roles("id", "week", "arm"), outcomes=["nfl"])
    expected = frame.rename(columns={"id": "subject"}).astype({"week": "float64", "arm": "category"})
    found = cohort.to_frame()[["subject", "week", "arm", "score", "nfl"]]
    pd.testing.assert_frame_equal(found, expected, check_exact=True, check_categorical=False)
    assert cohort.flow()["rows"].tolist() == [len(frame), len(frame)]


def test_the_last_row_of_a_larger_table_is_named(tmp_path):
    frame = simulate(2_000)
    path = write(frame, tmp_path / "trial.csv")
    with path.open("a", encoding="utf-8") as file:
        file.write("S001999,52\n")
    with pytest.raises(ReadError, match=re.escape(f"row {len(frame) + 1} has 2 values")):
        read_cohort(path, Roles("id", "week", "arm"))
