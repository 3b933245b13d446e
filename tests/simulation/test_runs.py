"""Runs that are interrupted, spread out or watched give the same bits; stores that are not theirs are refused."""

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from studies import MeanScore, small_study

from alsmodels.errors import ReadError, SpecError
from alsmodels.simulation import runners, runs
from alsmodels.simulation.runs import run_study
from alsmodels.simulation.store import is_study, load_results, opened_store

SUPPORT = Path(__file__).parents[1] / "support"
RUN = (
    "import sys; sys.path.insert(0, sys.argv[1]); from studies import small_study; "
    "from alsmodels.simulation.runs import run_study; "
    "run_study(small_study(seconds=0.03), sys.argv[2], workers=int(sys.argv[3]), progress=False)"
)


def assert_same(first, second):
    """Bit for bit, NaN included."""
    assert list(first.datasets) == list(second.datasets)
    for name in first.datasets:
        xr.testing.assert_identical(first.datasets[name], second.datasets[name])
        for variable in ("estimate", "std_error", "support", "status"):
            one, other = (found.datasets[name][variable].to_numpy().tobytes() for found in (first, second))
            assert one == other


@pytest.fixture(scope="module")
def whole():
    """The study without interruption, in memory."""
    return run_study(small_study(seconds=0.03))


def finished(folder):
    log = folder / "finished.log"
    return log.read_text().splitlines() if log.exists() else []


def test_a_study_on_disk_is_the_study_in_memory(tmp_path, whole):
    found = run_study(small_study(seconds=0.03), tmp_path / "s")
    assert_same(found, whole)
    assert_same(load_results(tmp_path / "s"), whole)
    assert found.is_complete


def test_killed_at_random_moments_and_resumed_nothing_is_lost_or_done_twice(tmp_path, whole):
    folder, chance, held = tmp_path / "s", np.random.default_rng(20), []
    for _ in range(3):
        with subprocess.Popen([sys.executable, "-c", RUN, SUPPORT, folder, "1"], stderr=subprocess.PIPE) as process:
            began, already = time.monotonic(), len(held)
            while len(finished(folder)) <= already and process.poll() is None and time.monotonic() - began < 60:
                time.sleep(0.005)
            time.sleep(chance.uniform(0.0, 0.1))
            process.send_signal(signal.SIGKILL)
        lines = finished(folder)
        assert lines[: len(held)] == held  # what was finished stays
        assert len(lines) > len(held)
        held = lines
    assert len(held) < small_study().n_pieces  # else nothing was interrupted
    assert_same(run_study(small_study(seconds=0.03), folder), whole)
    places = [line.rsplit(" ", 1)[0] for line in finished(folder)]
    assert len(places) == len(set(places)) == small_study().n_pieces


class DeathError(RuntimeError):
    """Stands for a process that ends."""


@pytest.mark.parametrize("moment", ["before", "within", "after"])
def test_a_piece_is_there_or_not_whenever_its_writer_dies(tmp_path, monkeypatch, whole, moment):
    """Before a piece is written, between two of its arrays, and between arrays and log."""
    from alsmodels.simulation.arrays import StudyArrays

    count, write = 0, StudyArrays.write

    def dying(self, place, answers):
        nonlocal count
        count += 1
        if count < 4:
            return write(self, place, answers)
        if moment == "within":
            half = {name: dict(one) for name, one in answers.items()}
            del half["again"]["upper"]
            with pytest.raises(KeyError):
                write(self, place, half)
        if moment == "after":
            write(self, place, answers)
        raise DeathError

    monkeypatch.setattr(StudyArrays, "write", dying)
    with pytest.raises(DeathError):
        run_study(small_study(seconds=0.03), tmp_path / "s")
    monkeypatch.undo()
    assert len(finished(tmp_path / "s")) == 3
    part = load_results(tmp_path / "s")
    for name, found in part.datasets.items():
        there = (found["status"] != 0).to_numpy()
        known = whole.datasets[name]["estimate"].to_numpy()
        np.testing.assert_array_equal(found["estimate"].to_numpy(), np.where(there[..., None], known, np.nan))
    assert_same(run_study(small_study(seconds=0.03), tmp_path / "s"), whole)


def test_half_a_line_of_the_log_is_no_line(tmp_path, whole):
    study, folder = small_study(seconds=0.03), tmp_path / "s"
    run_study(study, folder)
    log = folder / "finished.log"
    log.write_bytes(log.read_bytes()[:-5])
    with opened_store(study, folder) as store:
        assert len(store.pending()) == 1
    assert_same(run_study(study, folder), whole)
    assert len(finished(folder)) == study.n_pieces


def test_a_finished_piece_whose_arrays_were_lost_is_run_again(tmp_path, whole):
    """As after a power cut, when the log has reached the disk and the arrays have not."""
    study, folder = small_study(seconds=0.03), tmp_path / "s"
    run_study(study, folder)
    (folder / "results.zarr" / "mean" / "estimate" / "c" / "0" / "1" / "2" / "0").unlink()
    with opened_store(study, folder) as store:
        assert [piece.place for piece in store.pending()] == [(0, 1, 2)]
    assert_same(run_study(study, folder), whole)


def test_what_is_complete_is_not_run_again(tmp_path, monkeypatch, whole):
    run_study(small_study(seconds=0.03), tmp_path / "s")
    monkeypatch.setattr(runners, "run_piece", None)
    assert_same(run_study(small_study(seconds=0.03), tmp_path / "s"), whole)


def test_processes_give_the_same_bits(tmp_path, whole):
    assert_same(run_study(small_study(seconds=0.03), tmp_path / "s", workers=2), whole)


def _fatal_once(marker):
    class Fatal(MeanScore):
        """Ends its process the first time, as want of memory would."""

        def run(self, replicates, *, seed):
            if not os.path.exists(marker) and multiprocessing.parent_process() is not None:
                Path(marker).touch()
                os.kill(os.getpid(), signal.SIGKILL)
            return super().run(replicates, seed=seed)

    return Fatal


@pytest.mark.filterwarnings("ignore:A worker stopped while some jobs were given")
def test_a_process_that_is_killed_loses_no_replicate(tmp_path):
    study = small_study()
    fatal = replace(study, analyses=(_fatal_once(str(tmp_path / "marker"))(), study.analyses[1]))
    assert_same(run_study(fatal, workers=2), run_study(study))
    assert (tmp_path / "marker").exists()


def test_another_study_is_refused_and_so_is_a_folder_of_other_things(tmp_path):
    run_study(small_study(n_replicates=1), tmp_path / "s")
    with pytest.raises(ReadError, match="results of another study"):
        run_study(small_study(n_replicates=1, seed=8), tmp_path / "s")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "note.txt").write_text("mine")
    with pytest.raises(ReadError, match="holds something else"):
        run_study(small_study(n_replicates=1), tmp_path / "full")
    assert (tmp_path / "full" / "note.txt").read_text() == "mine"


def test_an_empty_folder_may_be_there_and_leftovers_of_a_creation_do_not_matter(tmp_path):
    (tmp_path / "s").mkdir()
    left = tmp_path / ".alsmodels-0123456789abcdef.partial"
    left.mkdir()
    (left / "half").write_text("")
    os.utime(left, (0, 0))
    assert run_study(small_study(n_replicates=1), tmp_path / "s").is_complete
    assert sorted(path.name for path in tmp_path.iterdir()) == ["s"]


def test_two_writers_are_refused(tmp_path):
    study = small_study(n_replicates=1)
    with opened_store(study, tmp_path / "s"), pytest.raises(ReadError, match="Another process is running"):
        run_study(study, tmp_path / "s")


@pytest.mark.parametrize("tries", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_of_two_who_begin_at_once_one_runs_and_the_other_says_so(tmp_path, tries):
    """Each begins when the file `go` is there, with everything imported."""
    begin = (
        "import sys, time, pathlib; sys.path.insert(0, sys.argv[1]); from studies import small_study\n"
        "from alsmodels.errors import ReadError; from alsmodels.simulation.runs import run_study\n"
        "study = small_study(seconds=0.03)\n"
        "for number in range(int(sys.argv[3])):\n"
        "    print('ready', flush=True)\n"
        "    sys.stdin.readline()\n"
        "    try:\n        print(run_study(study, pathlib.Path(sys.argv[2]) / f's{number}', progress=False).n_done)\n"
        "    except ReadError as reason:\n        print(reason)\n"
        "    sys.stdout.flush()\n"
    )
    command = [sys.executable, "-c", begin, SUPPORT, tmp_path, str(tries)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as one, subprocess.Popen(command, **pipes) as two:
        for number in range(tries):
            assert [process.stdout.readline() for process in (one, two)] == ["ready\n"] * 2
            for process in (one, two):
                process.stdin.write("go\n")
                process.stdin.flush()
            told = [process.stdout.readline().strip() for process in (one, two)]
            assert told.count("100") >= 1, told
            others = [sentence for sentence in told if sentence != "100"]
            assert all(sentence.startswith("Another process is running the study in") for sentence in others), told
            assert load_results(tmp_path / f"s{number}").is_complete
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(f"s{number}" for number in range(tries))


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are counted in /proc")
@pytest.mark.parametrize("tries", [1, pytest.param(10, marks=pytest.mark.slow)])
def test_workers_end_by_themselves_when_their_parent_is_killed(tmp_path, tries):
    def alive(mark):
        """Numbers of the processes with a mark in their environment."""
        found = []
        for place in Path("/proc").glob("[0-9]*/environ"):
            try:
                if mark.encode() in place.read_bytes():
                    found.append(int(place.parent.name))
            except OSError:
                continue
        return found

    chance = np.random.default_rng(8)
    for number in range(tries):
        mark = f"ALSMODELS_TEST_MARK={os.getpid()}-{number}"
        told = os.environ | dict([mark.split("=")])
        command = [sys.executable, "-c", RUN.replace("0.03", "0.3"), SUPPORT, tmp_path / f"s{number}", "2"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, env=told) as process:
            end = time.monotonic() + 60
            while len(alive(mark)) < 3 and time.monotonic() < end:  # itself and its workers
                time.sleep(0.02)
            assert len(alive(mark)) >= 3
            time.sleep(chance.uniform(0.0, 1.5))
            process.send_signal(signal.SIGKILL)
        end = time.monotonic() + 15
        while alive(mark) and time.monotonic() < end:
            time.sleep(0.1)
        assert not alive(mark)


def test_a_link_in_the_folder_is_refused(tmp_path):
    study = small_study(n_replicates=1)
    run_study(study, tmp_path / "s")
    (tmp_path / "outside.log").write_text("theirs")
    (tmp_path / "s" / "finished.log").unlink()
    (tmp_path / "s" / "finished.log").symlink_to(tmp_path / "outside.log")
    for work in (lambda: run_study(study, tmp_path / "s"), lambda: load_results(tmp_path / "s")):
        with pytest.raises(ReadError, match=r"holds the link finished\.log"):
            work()
    assert (tmp_path / "outside.log").read_text() == "theirs"


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("study.json", "{", "cannot be read as JSON"),
        ("study.json", "{}", "not a study as it was written"),
        ("study.json", '{"format": "alsmodels-study-1", "fingerprint": "x", "study": {}}', "damaged study"),
        ("results.zarr/zarr.json", "{", "damaged study"),
        ("results.zarr/mean/estimate/c/0/0/0/0", "x", "damaged study"),
    ],
)
def test_damaged_stores_are_refused_in_a_sentence(tmp_path, file, content, words):
    run_study(small_study(n_replicates=1), tmp_path / "s")
    (tmp_path / "s" / file).write_text(content)
    with pytest.raises(ReadError, match=words):
        load_results(tmp_path / "s")


def test_codecs_that_are_never_written_are_not_run(tmp_path):
    run_study(small_study(n_replicates=1), tmp_path / "s")
    file = tmp_path / "s" / "results.zarr" / "mean" / "truth" / "zarr.json"
    content = json.loads(file.read_text())
    content["codecs"] = [{"name": "numcodecs.pickle", "configuration": {}}]
    file.write_text(json.dumps(content))
    with pytest.raises(ReadError, match="not this package's"):
        load_results(tmp_path / "s")


def test_a_folder_without_a_study_is_refused(tmp_path):
    assert not is_study(tmp_path)
    with pytest.raises(ReadError, match="holds no study"):
        load_results(tmp_path)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"workers": 0}, "workers is a number"),
        ({"workers": True}, "workers is a number"),
        ({"workers": 2, "scheduler": "tcp://127.0.0.1:1"}, "not both"),
    ],
)
def test_runs_that_cannot_be_are_refused(how, words):
    with pytest.raises(SpecError, match=words):
        run_study(small_study(n_replicates=1), **how)


def test_progress_counts_replicates_and_is_silent_without_a_terminal(tmp_path, capsys, monkeypatch):
    seen = []

    class Bar:
        def __init__(self, **how):
            seen.append(how)

        def __enter__(self):
            return seen.append

        def __exit__(self, *_):
            pass

    run_study(small_study(n_replicates=15), progress=None)
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(runs, "study_bar", Bar)
    run_study(small_study(n_replicates=15), progress=True)
    assert seen[0] == {"done": 0, "total": 60, "shown": True}
    assert sorted(seen[1:]) == [5] * 4 + [10] * 4


def test_the_bar_tells_the_time_that_is_left(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    run_study(small_study(n_replicates=12), progress=True)
    told = capsys.readouterr().err
    assert "48/48" in told
    assert "left" in told


def test_results_open_with_xarray_alone(tmp_path, whole):
    run_study(small_study(seconds=0.03), tmp_path / "s")
    with xr.open_zarr(tmp_path / "s" / "results.zarr", group="mean", consolidated=False, chunks=None) as found:
        assert found.sizes == {"truth": 2, "design": 2, "estimand": 2, "replicate": 25}
        np.testing.assert_array_equal(found["estimate"], whole.datasets["mean"]["estimate"])
        assert found["status"].attrs["flag_meanings"][:2] == ["not run", "converged"]
