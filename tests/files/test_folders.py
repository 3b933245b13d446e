"""Files of a folder are replaced together, whatever the moment of a death; other files and links are left alone."""

import hashlib
import os
import signal
import stat
import subprocess
import sys
import time

import numpy as np
import pytest
from deaths import deaths, dying_at, tree

from alsmodels.errors import ReadError
from alsmodels.files.folders import UNFINISHED, current, read_together, replaced_files
from alsmodels.files.manifest import MANIFEST

NAMES = ("a.txt", "b.txt", "c.txt")
OLD, NEW = (dict.fromkeys(NAMES, content) for content in (b"old", b"new"))


@pytest.fixture
def no_flushing(monkeypatch):
    """For tests of the order of steps: what a disk does with them is not asked, and takes its time."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def write(folder, contents, *, manifest=True):
    with replaced_files(folder, manifest=manifest) as stage:
        for name, content in contents.items():
            (stage / name).write_bytes(content)


def put_back(folder):
    """The old files, and nothing that a death has left."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    write(folder, OLD)


def test_a_death_at_any_step_leaves_the_old_or_the_new_and_the_next_write_is_whole(tmp_path, no_flushing):
    found = []
    for _ in deaths(lambda: write(tmp_path, NEW), lambda: put_back(tmp_path)):
        found.append(read_together(tmp_path, NAMES))
        write(tmp_path, dict.fromkeys(NAMES, b"next"))
        names = {name for name in tree(tmp_path) if not name.startswith(".alsmodels-")}
        assert names == {*NAMES, MANIFEST}
        assert read_together(tmp_path, NAMES) == dict.fromkeys(NAMES, b"next")
    assert all(one in (OLD, NEW) for one in found)
    assert OLD in found
    assert NEW in found
    assert found == sorted(found, key=lambda one: one == NEW)  # there is one step at which the new files count


def test_between_commit_and_end_the_folder_says_that_it_is_incomplete(tmp_path, no_flushing):
    told = 0
    for _ in deaths(lambda: write(tmp_path, NEW), lambda: put_back(tmp_path)):
        there = {name: (tmp_path / name).read_bytes() for name in NAMES}
        if there not in (OLD, NEW):
            assert "is incomplete" in (tmp_path / UNFINISHED / "READ-ME-FIRST.txt").read_text()
            told += 1
    assert told >= 2


def test_a_death_while_another_death_is_mended_is_mended_too(tmp_path, no_flushing):
    def has_moved_one():
        return (tmp_path / UNFINISHED).exists() and (tmp_path / "a.txt").read_bytes() == b"new"

    steps = deaths(lambda: write(tmp_path, NEW), lambda: put_back(tmp_path))
    step = next(step for step in steps if has_moved_one())

    def unfinished():
        put_back(tmp_path)
        dying_at(step, lambda: write(tmp_path, NEW))
        assert has_moved_one()

    third = dict.fromkeys(NAMES, b"third")
    found = [read_together(tmp_path, NAMES) for _ in deaths(lambda: write(tmp_path, third), unfinished)]
    assert all(one in (NEW, third) for one in found)
    assert found[0] == NEW
    assert found[-1] == third


LOOP = (
    "import sys; from pathlib import Path; from alsmodels.files.folders import replaced_files\n"
    "for turn in range(10**9):\n"
    "    with replaced_files(Path(sys.argv[1]), manifest=True) as stage:\n"
    "        for name in 'abcdef':\n"
    "            (stage / name).write_text(f'{turn} ' * 500)\n"
    "    print('written', flush=True)\n"
)


@pytest.mark.parametrize("tries", [8, pytest.param(60, marks=pytest.mark.slow)])
def test_killed_at_random_moments_the_files_belong_together(tmp_path, tries):
    chance, names = np.random.default_rng(11), tuple("abcdef")
    for _ in range(tries):
        with subprocess.Popen([sys.executable, "-c", LOOP, tmp_path], stdout=subprocess.PIPE) as process:
            process.stdout.readline()
            time.sleep(chance.uniform(0.02, 0.12))
            process.send_signal(signal.SIGKILL)
        assert len(set(read_together(tmp_path, names).values())) == 1
        assert len({current(tmp_path, name).read_text() for name in names}) == 1


def test_two_who_write_at_once_leave_the_files_of_one_of_them(tmp_path):
    found, names = set(), tuple("abcdef")
    writers = [
        subprocess.Popen([sys.executable, "-c", LOOP, tmp_path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(2)
    ]
    try:
        for process in writers:
            process.stdout.readline()
        end = time.monotonic() + 1.0
        while time.monotonic() < end:
            if (tmp_path / MANIFEST).exists():
                found.add(len(set(read_together(tmp_path, names).values())))
        ended = [process.poll() for process in writers]
    finally:
        for process in writers:
            process.kill()
        told = [process.communicate()[1].decode() for process in writers]
    assert ended == [None, None], told
    assert found == {1}


def test_links_in_the_folder_are_replaced_and_what_they_point_to_stays(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("theirs")
    (outside / "earlier.txt").write_text("theirs")
    folder = tmp_path / "here"
    write(folder, OLD | {"earlier.txt": b"theirs"})
    for name in ("a.txt", "earlier.txt"):
        (folder / name).unlink()
        (folder / name).symlink_to(outside / name)
    write(folder, NEW)
    assert set(tree(outside).values()) == {b"theirs"}
    assert (folder / "a.txt").read_bytes() == b"new"
    assert (folder / "earlier.txt").is_symlink()


def test_a_link_in_place_of_the_stage_is_refused_and_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.txt").write_text("theirs")
    folder = tmp_path / "here"
    write(folder, OLD)
    (folder / UNFINISHED).symlink_to(outside)
    with pytest.raises(ReadError, match="cannot be written"):
        write(folder, NEW)
    assert read_together(folder, NAMES) == OLD
    assert tree(outside) == {"a.txt": b"theirs"}


def test_other_files_are_kept_and_files_of_before_go_unless_they_were_changed(tmp_path):
    write(tmp_path, OLD | {"gone.txt": b"old", "edited.txt": b"old"})
    (tmp_path / "edited.txt").write_text("mine now")
    (tmp_path / "notes.txt").write_text("mine")
    write(tmp_path, NEW)
    assert set(tree(tmp_path)) == {*NAMES, MANIFEST, "edited.txt", "notes.txt"}


def test_without_a_manifest_no_file_goes(tmp_path):
    write(tmp_path, OLD)
    write(tmp_path, {"d.txt": b"new"}, manifest=False)
    assert set(tree(tmp_path)) == {*NAMES, "d.txt", MANIFEST}
    assert read_together(tmp_path, NAMES) == OLD


def test_permission_bits_of_files_are_kept(tmp_path):
    write(tmp_path, OLD)
    (tmp_path / "a.txt").chmod(0o600)
    write(tmp_path, NEW)
    assert stat.S_IMODE((tmp_path / "a.txt").stat().st_mode) == 0o600
    (tmp_path / "fresh").touch()
    assert (tmp_path / "b.txt").stat().st_mode == (tmp_path / "fresh").stat().st_mode


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "b.txt").write_text("another"), "b.txt is not the file that SHA256SUMS tells of"),
        (lambda folder: (folder / "b.txt").unlink(), "is not there"),
        (lambda folder: (folder / MANIFEST).write_text("no"), "is damaged"),
        (lambda folder: (folder / MANIFEST).write_bytes(b"\xff"), "cannot be read"),
        (lambda folder: (folder / MANIFEST).write_text("0" * 64 + "  ../b.txt\n"), "is damaged"),
        (lambda folder: (folder / MANIFEST).write_text("0" * 64 + "  a.txt\n"), "a.txt is not the file"),
    ],
)
def test_what_does_not_belong_together_is_refused_and_can_be_written_anew(tmp_path, spoil, words):
    write(tmp_path, OLD)
    spoil(tmp_path)
    with pytest.raises(ReadError, match=words):
        read_together(tmp_path, NAMES)
    write(tmp_path, NEW)
    assert read_together(tmp_path, NAMES) == NEW


def test_a_folder_without_a_manifest_is_one_of_before(tmp_path):
    write(tmp_path, OLD)
    (tmp_path / MANIFEST).unlink()
    assert read_together(tmp_path, NAMES) == OLD


def test_a_folder_in_place_of_a_file_is_refused_before_anything_is_moved(tmp_path):
    write(tmp_path, OLD)
    (tmp_path / "d.txt").mkdir()
    with pytest.raises(ReadError, match="is a folder"):
        write(tmp_path, NEW | {"d.txt": b"new"})
    assert read_together(tmp_path, NAMES) == OLD
    assert not (tmp_path / UNFINISHED).exists()


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "file").write_text("x")
    for place in (tmp_path / "file", tmp_path / "file" / "deeper"):
        with pytest.raises(ReadError, match="give a folder"):
            write(place, NEW)


def test_the_manifest_is_what_sha256sum_reads(tmp_path):
    write(tmp_path, OLD)
    lines = (tmp_path / MANIFEST).read_text().splitlines()
    assert lines == [f"{hashlib.sha256(content).hexdigest()}  {name}" for name, content in OLD.items()]
