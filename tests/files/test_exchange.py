"""A folder that is one thing is the old one or the new one, whatever the moment of a death."""

import os

import pytest
from deaths import deaths, tree

from alsmodels.errors import ReadError
from alsmodels.files.exchange import current_folder, replaced_folder


@pytest.fixture(autouse=True)
def no_flushing(monkeypatch):
    """For the order of steps alone."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


def write(folder, content):
    with replaced_folder(folder, check=lambda place: None) as made:
        (made / "deep").mkdir(parents=True)
        for name in ("a", "deep/b"):
            (made / name).write_bytes(content)


def whole(content):
    return {"a": content, "deep/b": content}


def test_a_death_at_any_step_leaves_the_old_or_the_new_and_the_next_write_is_whole(tmp_path):
    folder, found, aside = tmp_path / "fit.zarr", [], 0
    for _ in deaths(lambda: write(folder, b"new"), lambda: write(folder, b"old")):
        found.append(tree(current_folder(folder)))
        aside += current_folder(folder) != folder
    assert all(one in (whole(b"old"), whole(b"new")) for one in found)
    assert found[0] == whole(b"old")
    assert found[-1] == whole(b"new")
    assert aside == 1
    write(folder, b"next")
    assert tree(folder) == whole(b"next")
    assert {path.name for path in tmp_path.iterdir() if not path.name.startswith(".alsmodels-")} == {"fit.zarr"}


def test_what_was_half_removed_is_never_taken_for_whole(tmp_path):
    """The folder is removed by its owner after a death during the last step, of removing what was put aside."""
    folder = tmp_path / "fit.zarr"

    def gone():
        if folder.exists():
            for path in sorted(folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            folder.rmdir()

    for _ in deaths(lambda: write(folder, b"new"), lambda: write(folder, b"old")):
        gone()
        found = tree(current_folder(folder))
        assert found in ({}, whole(b"old"))


def test_a_link_to_the_folder_is_followed_and_permissions_are_kept(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real").chmod(0o750)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert tree(tmp_path / "real") == whole(b"new")
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o750


def test_a_refusal_leaves_everything(tmp_path):
    write(tmp_path / "a", b"old")

    def refuse(place):
        raise ReadError(f"{place} stays.")

    with pytest.raises(ReadError, match="stays"), replaced_folder(tmp_path / "a", check=refuse) as made:
        made.mkdir()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
