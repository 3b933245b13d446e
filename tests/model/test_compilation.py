"""A first call that compiles says why it is slow; one that does not says nothing."""

import logging
import time

import numba
import numpy as np
import pytest

from alsmodels.kernels.compiling import njit
from alsmodels.model import compilation


@pytest.fixture
def slow_kernel(monkeypatch):
    """A kernel that is never kept and whose compiler takes a while."""
    monkeypatch.setattr(compilation, "PATIENCE", 0.01)

    @njit()
    def add(x):
        return x + 1.0

    compile_it = add._compiler.compile

    def dawdle(*arguments):
        time.sleep(0.1)
        return compile_it(*arguments)

    monkeypatch.setattr(add._compiler, "compile", dawdle)
    return add


@pytest.fixture
def said(caplog):
    with caplog.at_level(logging.WARNING, logger="alsmodels"):
        yield lambda: [record.getMessage() for record in caplog.records]


def test_what_compiles_says_so_once_and_for_how_long(slow_kernel, said):
    with compilation.compilation_notice("importance"):
        assert (slow_kernel(1.0), slow_kernel(np.float32(1.0)), len(slow_kernel.signatures)) == (2.0, 2.0, 2)
    (message,) = said()
    assert f"takes about {compilation.SECONDS['importance']} seconds" in message


def test_what_is_compiled_already_says_nothing(slow_kernel, said):
    slow_kernel(1.0)
    with compilation.compilation_notice("fit_lmm"):
        slow_kernel(1.0)
        time.sleep(0.05)
    assert not said()


def test_what_is_interpreted_says_nothing(slow_kernel, said, monkeypatch):
    monkeypatch.setenv("ALSMODELS_KERNELS", "interpreted")
    with compilation.compilation_notice("fit_lmm"):
        assert slow_kernel(1.0) == 2.0
        time.sleep(0.05)
    assert not said()
    assert not slow_kernel.signatures


def test_nobody_hears_of_a_kernel_that_is_compiled_outside(slow_kernel, said):
    with compilation.compilation_notice("fit_lmm"):
        pass
    slow_kernel(1.0)
    assert not said()


def test_a_compiler_that_fails_is_heard_of_no_more(monkeypatch, said):
    monkeypatch.setattr(compilation, "PATIENCE", 0.01)

    @njit()
    def refuse(x):
        return x.there_is_no_such_thing

    with compilation.compilation_notice("fit_lmm"), pytest.raises(numba.TypingError):
        refuse(1.0)
    with compilation.compilation_notice("fit_lmm"):
        pass
