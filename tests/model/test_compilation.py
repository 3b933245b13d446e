"""A slow first fit says why."""

import logging
import time

import pytest

from alsmodels.model import compilation


@pytest.mark.parametrize("compiled", [False, True])
def test_a_slow_first_fit_says_that_it_compiles(caplog, monkeypatch, compiled):
    monkeypatch.setattr(compilation, "PATIENCE", 0.01)
    with caplog.at_level(logging.WARNING, logger="alsmodels"), compilation.compilation_notice(lambda: compiled):
        time.sleep(0.1)
    assert ("Compiling the numerical kernels" in caplog.text) != compiled
