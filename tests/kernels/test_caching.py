"""Compiled kernels on disk: never old code, never compiled twice, and no more files than are of use."""

import importlib
import os
import pkgutil
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from numba.core.dispatcher import Dispatcher

import alsmodels
from alsmodels import kernels
from alsmodels.kernels.caching import _Finder, fingerprint

SOURCES = Path(alsmodels.__file__).parent
# `finish` is in likelihood.py and has `factorise` of triangular.py compiled into it.
SCRIPT = """
import numpy as np
from alsmodels.kernels.likelihood import finish
found = finish(np.array([[4.0, 0.0], [2.0, 9.0]]))
print(found.logdet, sum(finish.stats.cache_hits.values()), sum(finish.stats.cache_misses.values()))
"""
LOG_2, LOG_6 = 0.693147180559945, 1.791759469228055


@pytest.fixture
def package(tmp_path):
    """A copy of the package, of what its kernels need."""
    copy = tmp_path / "alsmodels"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(SOURCES / "kernels", copy / "kernels", ignore=ignored)
    shutil.copy(SOURCES / "__init__.py", copy)
    shutil.copy(SOURCES / "errors.py", copy)
    return copy


def start(package, **variables):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NUMBA_")}
    kept |= {"PYTHONPATH": str(package.parent), "PYTHONDONTWRITEBYTECODE": "1"} | variables
    return subprocess.Popen([sys.executable, "-c", SCRIPT], env=kept, stdout=subprocess.PIPE, text=True)


def answer(process):
    """The log determinant, how often the kernel was found on disk, and how often it was compiled."""
    said, _ = process.communicate(timeout=300)
    assert process.returncode == 0
    logdet, hits, misses = said.split()
    return float(logdet), int(hits), int(misses)


def triple_the_factor(package):
    """Edit a function that another file's kernel has compiled into it; that other file stays as it was."""
    edit(package / "kernels" / "triangular.py", "M[j, j] = np.sqrt(M[j, j])", "M[j, j] = 3.0 * np.sqrt(M[j, j])")


def edit(file, old, new):
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))


def caches(folder):
    return sorted(file.name for file in folder.rglob("*.nb[ic]"))


def test_an_edit_of_a_called_function_is_seen_and_what_has_not_changed_is_not_compiled_again(package):
    assert answer(start(package)) == (pytest.approx(LOG_2), 0, 1)
    kept = caches(package)
    assert answer(start(package)) == (pytest.approx(LOG_2), 1, 0)
    assert caches(package) == kept
    triple_the_factor(package)
    assert answer(start(package)) == (pytest.approx(LOG_6), 0, 1)
    now = caches(package)
    assert len(now) == len(kept)
    assert not set(now) & set(kept)
    assert answer(start(package)) == (pytest.approx(LOG_6), 1, 0)


def test_without_the_fingerprint_old_code_would_run(package):
    edit(package / "kernels" / "__init__.py", "keep_fresh(Path(__file__).parent)", "")
    assert answer(start(package)) == (pytest.approx(LOG_2), 0, 1)
    triple_the_factor(package)
    assert answer(start(package)) == (pytest.approx(LOG_2), 1, 0)


def test_several_processes_at_once_agree(package):
    together = [start(package) for _ in range(3)]
    assert [answer(one)[0] for one in together] == pytest.approx([LOG_2] * 3)
    assert answer(start(package)) == (pytest.approx(LOG_2), 1, 0)


def test_caches_are_where_numba_is_told_to_keep_them(package, tmp_path):
    place = str(tmp_path / "elsewhere")
    assert answer(start(package, NUMBA_CACHE_DIR=place))[2] == 1
    assert answer(start(package, NUMBA_CACHE_DIR=place)) == (pytest.approx(LOG_2), 1, 0)
    assert caches(Path(place))
    assert not caches(package)


def test_an_installation_that_cannot_be_written_to_keeps_them_in_the_folder_of_the_user(package, tmp_path):
    (package / "kernels" / "__pycache__").write_text("A file in its place: nobody, not even root, can write below it.")
    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home"), "LOCALAPPDATA": str(tmp_path)}
    assert answer(start(package, **home))[2] == 1
    triple_the_factor(package)
    assert answer(start(package, **home)) == (pytest.approx(LOG_6), 0, 1)
    assert answer(start(package, **home)) == (pytest.approx(LOG_6), 1, 0)


def test_every_kernel_is_kept_under_the_fingerprint():
    names = [f"alsmodels.kernels.{module.name}" for module in pkgutil.iter_modules(kernels.__path__)]
    found = [
        one for name in names for one in vars(importlib.import_module(name)).values() if isinstance(one, Dispatcher)
    ]
    marks = {kernel._cache._impl.locator.get_source_stamp() for kernel in found}
    assert len(found) > 100
    assert marks == {fingerprint(SOURCES / "kernels")}


def test_the_fingerprint_is_of_names_and_texts_and_not_of_times(tmp_path):
    (tmp_path / "one.py").write_text("x = 1")
    (tmp_path / "two.py").write_text("y = 2")
    before = fingerprint(tmp_path)
    os.utime(tmp_path / "one.py", (0, 0))
    assert fingerprint(tmp_path) == before
    (tmp_path / "two.py").write_text("y = 3")
    edited = fingerprint(tmp_path)
    (tmp_path / "two.py").rename(tmp_path / "three.py")
    assert len({before, edited, fingerprint(tmp_path)}) == 3


def test_caches_of_other_sources_are_removed_by_the_sources_of_now_alone(tmp_path):
    source, place = tmp_path / "source", tmp_path / "place"
    source.mkdir()
    place.mkdir()
    (source / "one.py").write_text("x = 1")
    finder = _Finder(source, fingerprint(source))
    finder.place = str(place)
    mine, other, foreign = f"one.f-{finder.mark}-0.py311.nbi", "one.f-12.py311.1.nbc", "one.cpython-311.pyc"
    for name in (mine, other, foreign):
        (place / name).touch()
    (source / "one.py").write_text("x = 2")
    finder.tidy()
    assert {file.name for file in place.iterdir()} == {mine, other, foreign}
    (source / "one.py").write_text("x = 1")
    finder.tidy()
    assert {file.name for file in place.iterdir()} == {mine, foreign}


def test_functions_of_other_folders_are_left_to_numba(tmp_path):
    assert _Finder(tmp_path, "0").from_function(fingerprint, str(tmp_path / "deeper" / "one.py")) is None
