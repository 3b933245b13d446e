"""A saved cohort is the old one or the new one, whatever the moment of a death, and says so where it is neither."""

import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from deaths import deaths

import alsmodels as als
from alsmodels.data.storage import is_saved_cohort
from alsmodels.errors import ReadError

ROLES = als.Roles("id", "week", "arm", control="placebo")


def made(score):
    weeks = [0.0, 4.0, 8.0] * 2
    return als.Cohort.from_frame(
        pd.DataFrame({"id": list("aaabbb"), "week": weeks, "arm": ["placebo"] * 3 + ["drug"] * 3, "alsfrs_r": score}),
        ROLES,
    )


def score_of(folder):
    cohort = als.read_cohort(folder)
    assert len(cohort.visits) == 6
    return set(cohort.visits["alsfrs_r"]).pop()


def test_a_death_at_any_step_of_saving_leaves_the_old_or_the_new(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda handle: None)
    old, new, folder = made(40.0), made(30.0), tmp_path / "c"
    found = [score_of(folder) for _ in deaths(lambda: new.save(folder), lambda: old.save(folder))]
    assert found == sorted(found, reverse=True)
    assert set(found) == {40.0, 30.0}


def test_a_first_save_that_dies_leaves_no_cohort_or_a_whole_one_and_can_be_repeated(tmp_path, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda handle: None)
    number, whole = iter(range(1000)), []
    folder = tmp_path / "none"

    def prepare():
        nonlocal folder
        folder = tmp_path / f"c{next(number)}"

    for _ in deaths(lambda: made(30.0).save(folder), prepare):
        whole.append(folder.is_dir() and is_saved_cohort(folder))
        if whole[-1]:
            assert score_of(folder) == 30.0
        made(31.0).save(folder)
        assert score_of(folder) == 31.0
    assert whole == sorted(whole)
    assert set(whole) == {False, True}


SAVE = (
    "import sys; import pandas as pd; import alsmodels as als\n"
    "cohorts = [als.load_example(), als.simulate_cohort(als.truths.gaussian(), seed=1)]\n"
    "for turn in range(10**6):\n"
    "    cohorts[turn % 2].save(sys.argv[1])\n"
    "    print('saved', flush=True)\n"
)


@pytest.mark.parametrize("tries", [1, pytest.param(30, marks=pytest.mark.slow)])
def test_killed_at_random_moments_a_cohort_is_there(tmp_path, tries):
    chance = np.random.default_rng(3)
    sizes = {als.load_example().n_visits, als.simulate_cohort(als.truths.gaussian(), seed=1).n_visits}
    for _ in range(tries):
        with subprocess.Popen([sys.executable, "-c", SAVE, tmp_path / "c"], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.3))
            process.send_signal(signal.SIGKILL)
        assert als.read_cohort(tmp_path / "c").n_visits in sizes


def test_a_mixture_of_two_cohorts_is_refused_and_says_what_to_do(tmp_path):
    """As earlier versions left it where they were killed."""
    made(40.0).save(tmp_path / "a")
    made(30.0).save(tmp_path / "b")
    (tmp_path / "a" / "visits.parquet").write_bytes((tmp_path / "b" / "visits.parquet").read_bytes())
    with pytest.raises(ReadError, match=r"visits\.parquet is not the file .+ Save it again"):
        als.read_cohort(tmp_path / "a")
    made(30.0).save(tmp_path / "a")
    assert score_of(tmp_path / "a") == 30.0


def test_nothing_is_written_through_a_link(tmp_path):
    outside = tmp_path / "outside.parquet"
    outside.write_bytes(b"theirs")
    made(40.0).save(tmp_path / "c")
    (tmp_path / "c" / "visits.parquet").unlink()
    (tmp_path / "c" / "visits.parquet").symlink_to(outside)
    made(30.0).save(tmp_path / "c")
    assert outside.read_bytes() == b"theirs"
    assert score_of(tmp_path / "c") == 30.0


def test_a_link_to_the_folder_itself_is_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    made(40.0).save(tmp_path / "link")
    assert score_of(tmp_path / "real") == 40.0
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("name", ["x" * 300, "file/c", "half \ud800"])
def test_places_that_cannot_be_written_are_a_sentence(tmp_path, name):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReadError, match=r"\.$"):
        made(40.0).save(tmp_path / name)


def test_a_system_that_allows_no_writing_is_a_sentence(tmp_path, monkeypatch):
    def refuse(*_args, **_kwargs):
        raise PermissionError(30, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(ReadError, match="cannot be written: Read-only file system"):
        made(40.0).save(tmp_path / "c")
