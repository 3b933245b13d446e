"""A process of its own compiles what was interpreted; whatever befalls it, there is an answer."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import alsmodels

SOURCES = Path(alsmodels.__file__).parent
# `lower_factor` compiles in a second; without a cache of its own a test would find it compiled.
CALL = """
import json, os, sys, time
import numpy as np
from alsmodels.kernels.covariance import lower_factor
from alsmodels.kernels.errands import _sent_out

def call():
    found = lower_factor(np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([0, 2]))
    return round(float((found @ found.T)[0, 1]), 12)

def wait_until(happened):
    end = time.monotonic() + 300
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)
    return happened()
"""
# At the lowest priority it may wait for minutes while other tests keep every core busy; these tests ask what it does,
# one asks how it steps back.
EAGER = """
from alsmodels.kernels import errands

errands._PROGRAM = "import sys; from alsmodels.kernels import errands; errands._step_back = lambda: None\\n"
errands._PROGRAM += "errands.run_errands(sys.argv[1])"
"""
ASKED = CALL + "print(json.dumps([call(), len(lower_factor.signatures)]))"
ONCE = EAGER + ASKED
PATIENT = (
    EAGER
    + CALL
    + """
first = call(), len(lower_factor.signatures)
compiled = wait_until(lambda: call() and lower_factor.signatures)
ended = wait_until(lambda: not any(_sent_out.values()))
try:
    os.waitpid(-1, os.WNOHANG)
    left = "a child"
except ChildProcessError:
    left = "nothing"
print(json.dumps([first, call(), bool(compiled), sum(lower_factor.stats.cache_hits.values()), left]))
"""
)
ANSWER = 4.0


@pytest.fixture
def start(tmp_path):
    """Start a program with a cache of its own; what it sends out does not outlive the test."""

    def begin(program, *, cache="cache", mode="auto", **options):
        environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / cache), "ALSMODELS_KERNELS": mode}
        return subprocess.Popen(
            [sys.executable, "-c", program], env=environment, stdout=subprocess.PIPE, text=True, **options
        )

    yield begin
    for file in tmp_path.rglob("process"):
        end(int(file.read_text()))


def end(process):
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def said(process):
    out, _ = process.communicate(timeout=600)
    assert process.returncode == 0
    return json.loads(out)


def kept(folder):
    return [file.name for file in folder.rglob("covariance.lower_factor-*.nbc")]


def wait_for(happened):
    end = time.monotonic() + 300
    while not happened() and time.monotonic() < end:
        time.sleep(0.05)
    assert happened()


def test_the_first_call_is_interpreted_a_later_one_of_the_session_and_the_next_session_are_not(start, tmp_path):
    first, again, compiled, hits, left = said(start(PATIENT))
    assert (first, again, compiled) == ([ANSWER, 0], ANSWER, True)
    assert hits == 1  # it was loaded, not compiled here
    assert left == "nothing"  # no process that has ended waits to be asked how
    assert said(start(ONCE)) == [ANSWER, 1]
    assert len(kept(tmp_path)) == 1


def test_it_is_of_the_lowest_priority_and_belongs_to_no_terminal(start, tmp_path):
    if not Path("/proc/self/stat").exists():
        pytest.skip("There is no /proc.")
    said(start(ASKED))
    wait_for(lambda: any(file.read_text() for file in tmp_path.rglob("process")))
    number = next(tmp_path.rglob("process")).read_text()
    fields = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()
    assert fields[3] == number  # a session of its own
    assert fields[16] == "19"
    group = Path(f"/proc/{number}/autogroup")
    assert not group.exists() or group.read_text().endswith("nice 19\n")
    assert {os.readlink(f"/proc/{number}/fd/{stream}") for stream in range(3)} == {os.devnull}


def test_processes_that_start_at_once_do_not_hinder_each_other(start, tmp_path):
    together = [start(ONCE) for _ in range(4)]
    assert [said(one) for one in together] == [[ANSWER, 0]] * 4
    wait_for(lambda: kept(tmp_path))
    assert len(kept(tmp_path)) == 1
    assert said(start(ONCE)) == [ANSWER, 1]


def test_a_compiler_that_was_killed_is_sent_out_again_by_the_next_session(start, tmp_path):
    said(start(ONCE))
    wait_for(lambda: any(file.read_text() for file in tmp_path.rglob("process")))
    end(int(next(tmp_path.rglob("process")).read_text()))
    if not kept(tmp_path):  # it was not faster
        assert said(start(ONCE)) == [ANSWER, 0]
    wait_for(lambda: kept(tmp_path))
    assert said(start(ONCE)) == [ANSWER, 1]


def test_a_lock_of_a_process_that_is_no_more_does_not_matter(start, tmp_path):
    said(start(ONCE))
    wait_for(lambda: kept(tmp_path))
    lock = next(tmp_path.rglob("lock"))
    lock.write_text("whatever is in it")
    for file in tmp_path.rglob("*.nb[ic]"):
        file.unlink()
    assert said(start(ONCE)) == [ANSWER, 0]
    wait_for(lambda: kept(tmp_path))


@pytest.fixture
def nowhere(tmp_path):
    """A copy of the kernels, and an environment, in which there is no place for code: not even root can write there."""
    copy, no_folder = tmp_path / "alsmodels", tmp_path / "a file"
    shutil.copytree(SOURCES / "kernels", copy / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("__init__.py", "errors.py"):
        shutil.copy(SOURCES / file, copy)
    for file in (no_folder, copy / "kernels" / "__pycache__"):
        file.write_text("A file in the place of a folder.")
    names = ("NUMBA_CACHE_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA")
    return {name: str(no_folder / name) for name in names} | {"PYTHONPATH": str(tmp_path)}


@pytest.mark.parametrize(("mode", "signatures"), [("auto", 0), ("compiled", 1), ("interpreted", 0)])
def test_where_nothing_can_be_kept_there_is_an_answer(nowhere, mode, signatures):
    environment = os.environ | nowhere | {"ALSMODELS_KERNELS": mode, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", ONCE], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [ANSWER, signatures]
    assert ("Compiled kernels cannot be kept" in done.stderr) == (mode == "compiled")


def test_a_cache_that_fails_while_it_is_written_costs_no_answer(start, tmp_path):
    spoil = "import shutil; from alsmodels.kernels.covariance import lower_factor\n"
    spoil += f"shutil.rmtree({str(tmp_path / 'cache')!r}); open({str(tmp_path / 'cache')!r}, 'w').close()\n"
    process = start(spoil + ONCE, mode="compiled", stderr=subprocess.PIPE)
    out, err = process.communicate(timeout=600)
    assert (process.returncode, json.loads(out)) == (0, [ANSWER, 1]), err
    assert "Compiled kernels cannot be kept, and the next session compiles them again" in err


def test_a_machine_with_one_core_answers(start, tmp_path):
    if not hasattr(os, "sched_setaffinity"):
        pytest.skip("Cores cannot be taken away here.")
    core = min(os.sched_getaffinity(0))
    program = f"import os; os.sched_setaffinity(0, {{{core}}})\n" + ONCE
    assert said(start(program)) == [ANSWER, 0]
    wait_for(lambda: kept(tmp_path))


def test_forced_to_interpret_nothing_is_sent_out(start, tmp_path):
    assert said(start(ONCE, mode="interpreted")) == [ANSWER, 0]
    assert not list(tmp_path.rglob("wanted-*"))
