"""A file is replaced in one step, through no link, with its permission bits; whatever the moment of a death."""

import os
import stat
import time

import pytest
from deaths import deaths, tree

from alsmodels.errors import ReadError
from alsmodels.files.disk import is_partial, partial_path
from alsmodels.files.writing import write_text


def kept(folder):
    """What is in a folder, less what a killed process leaves."""
    return {name: content for name, content in tree(folder).items() if not name.startswith(".alsmodels-")}


def test_a_death_at_any_step_leaves_the_old_or_the_new(tmp_path):
    target = tmp_path / "spec.json"
    seen = [target.read_text() for _ in deaths(lambda: write_text(target, "new"), lambda: target.write_text("old"))]
    assert set(seen) == {"old", "new"}
    assert seen == sorted(seen, reverse=True)  # there is one step at which the new file counts
    assert target.read_text() == "new"


def test_a_block_that_fails_leaves_the_old_and_nothing_else(tmp_path):
    target = tmp_path / "a.csv"
    target.write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write_text(target, "half a sign: \ud800")
    assert tree(tmp_path) == {"a.csv": b"old"}


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path):
    outside = tmp_path / "outside.txt"
    outside.write_text("theirs")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.txt").symlink_to(outside)
    write_text(tmp_path / "here" / "a.txt", "ours")
    assert outside.read_text() == "theirs"
    assert (tmp_path / "here" / "a.txt").read_text() == "ours"
    assert not (tmp_path / "here" / "a.txt").is_symlink()


def test_permission_bits_are_kept(tmp_path):
    target = tmp_path / "private.json"
    target.write_text("old")
    target.chmod(0o640)
    write_text(target, "new")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: (path.write_text("x"), path.chmod(0o444)), "protected from writing"),
    ],
)
def test_what_may_not_be_replaced_is_refused(tmp_path, make, words):
    make(tmp_path / "a")
    with pytest.raises(ReadError, match=words):
        write_text(tmp_path / "a", "new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


@pytest.mark.parametrize("place", ["no folder/a.txt", "a" * 300, "file/a.txt"])
def test_what_the_system_refuses_is_a_sentence(tmp_path, place):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ReadError, match=r"cannot be written: .+\."):
        write_text(tmp_path / place, "new")


def test_what_a_killed_process_left_goes_after_a_day(tmp_path):
    old, young, theirs = partial_path(tmp_path), partial_path(tmp_path), tmp_path / ".alsmodels-notes"
    old.mkdir()
    for path in (old / "x", young, theirs):
        path.write_text("half")
    for path in (old, theirs):
        os.utime(path, (time.time() - 90_000,) * 2)
    write_text(tmp_path / "a.txt", "new")
    assert {path.name for path in tmp_path.iterdir()} == {"a.txt", young.name, theirs.name}
    assert is_partial(young)
    assert not is_partial(theirs)
