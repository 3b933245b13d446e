"""The rule by which a call waits for the compiler or is interpreted."""

import importlib
import pkgutil

import numpy as np
import pytest
from numba.core import config
from numba.core.dispatcher import Dispatcher, _FunctionCompiler

from alsmodels import kernels
from alsmodels.errors import SpecError
from alsmodels.kernels import compiling
from alsmodels.kernels.blocks import count_condense_steps
from alsmodels.kernels.compiling import compiling_all, count_numbers, is_quicker_interpreted, njit
from alsmodels.kernels.interpreting import twin_of
from alsmodels.kernels.likelihood import Reduced
from alsmodels.kernels.optimum import count_search_steps, directions
from alsmodels.kernels.state import make_guide


@pytest.fixture
def asked(monkeypatch):
    """What is asked to be compiled in the background."""
    found = []
    monkeypatch.setattr(compiling, "ask_to_compile", lambda kernel, signature: found.append((kernel, signature)))
    return found


@pytest.fixture
def mode(monkeypatch):
    return lambda word: monkeypatch.setenv("ALSMODELS_KERNELS", word)


def make_kernel(*, steps):
    @njit(seconds=1.0, steps=None if steps is None else lambda *_: steps)
    def add(x, more=1.0):
        return x + more

    return add


LITTLE, MUCH = 1.0, 1e9


def test_little_work_is_interpreted_and_compiled_elsewhere(asked, mode):
    mode("auto")
    kernel = make_kernel(steps=LITTLE)
    assert (kernel(1.0), kernel(1.0, 2.0), kernel.signatures) == (2.0, 3.0, [])
    assert [one for one, _ in asked] == [kernel, kernel]
    assert kernel.compile(asked[1][1])
    assert [str(one) for one in kernel.signatures[0]] == ["float64", "float64"]


@pytest.mark.parametrize("steps", [MUCH, None])
def test_much_work_or_work_that_nobody_counted_is_compiled(asked, mode, steps):
    mode("auto")
    kernel = make_kernel(steps=steps)
    assert (kernel(1.0), len(kernel.signatures), asked) == (2.0, 1, [])


def test_what_is_compiled_is_not_interpreted_again(asked, mode):
    mode("auto")
    kernel = make_kernel(steps=LITTLE)
    with compiling_all():
        kernel(1.0)
    before = len(kernel.signatures)
    kernel(2.0)
    assert (before, len(kernel.signatures), asked) == (1, 1, [])


@pytest.mark.parametrize("steps", [LITTLE, MUCH, None])
def test_either_way_can_be_forced(asked, mode, steps):
    mode("interpreted")
    kernel = make_kernel(steps=steps)
    assert (kernel(1.0), kernel.signatures) == (2.0, [])
    mode("compiled")
    assert (kernel(1.0), len(kernel.signatures), asked) == (2.0, 1, [])


def test_a_word_that_is_none_of_the_three_is_refused(mode):
    mode("fast")
    with pytest.raises(SpecError, match="ALSMODELS_KERNELS is 'auto', 'compiled' or 'interpreted', not 'fast'"):
        make_kernel(steps=LITTLE)(1.0)


def test_an_empty_word_is_none(asked, mode):
    mode("")
    assert (make_kernel(steps=LITTLE)(1.0), len(asked)) == (2.0, 1)


def test_the_rule_is_half_of_the_seconds():
    at = 10.0 / (2.0 * compiling.STEP)
    assert is_quicker_interpreted(0.99 * at, 10.0)
    assert not is_quicker_interpreted(1.01 * at, 10.0)


def search_of(n_patterns, *, weighted=False, effects=(3,), n_fixed=6):
    """What `search_here` is called with, as far as its steps go."""
    q = sum(effects)
    shapes = (q, q, n_patterns), (q, n_fixed, n_patterns), (q, n_patterns), (q, q, n_patterns), n_patterns
    sizes = (10 * n_patterns, n_patterns, n_fixed)
    guide = twin_of(make_guide)(*directions(effects), sizes, 1.0, 0.0, weighted, True)
    return Reduced(*map(np.empty, shapes)), np.eye(n_fixed + 1), guide


def test_a_trial_is_searched_by_the_interpreter_and_a_registry_is_not():
    assert is_quicker_interpreted(count_search_steps(*search_of(64)), 30.0)
    assert is_quicker_interpreted(count_search_steps(*search_of(300)), 30.0)
    assert not is_quicker_interpreted(count_search_steps(*search_of(20_000)), 30.0)
    assert not is_quicker_interpreted(count_search_steps(*search_of(2000, weighted=True)), 30.0)


def test_steps_grow_with_patterns_searches_and_rows():
    steps = count_search_steps(*search_of(1000))
    assert count_search_steps(*search_of(2000)) == pytest.approx(2 * steps, rel=0.1)
    assert count_search_steps(*search_of(1000, weighted=True)) == pytest.approx(10 * steps)
    rows = [count_condense_steps(np.empty(n), np.empty((n, 4)), np.empty((n, 2))) for n in (100, 200)]
    assert rows[1] == 2 * rows[0]
    assert count_numbers(np.empty((2, 3)), (1.0, np.empty(4)), True) == 120


def test_every_kernel_is_under_the_rule():
    names = [f"alsmodels.kernels.{module.name}" for module in pkgutil.iter_modules(kernels.__path__)]
    found = [
        one for name in names for one in vars(importlib.import_module(name)).values() if isinstance(one, Dispatcher)
    ]
    assert len(found) > 100
    assert all("_compile_for_args" in vars(kernel) for kernel in found)


def test_each_kernel_is_optimised_as_it_says_also_within_another(monkeypatch, mode):
    mode("compiled")
    found = []
    compile_it = _FunctionCompiler.compile

    def watch(self, args, return_type):
        found.append((self.py_func.__name__, int(config.OPT)))
        return compile_it(self, args, return_type)

    monkeypatch.setattr(_FunctionCompiler, "compile", watch)

    @njit()
    def inner(x):
        return x + 1.0

    @njit(optimise=1)
    def outer(x):
        return inner(x) * 2.0

    before = config.OPT
    assert outer(1.0) == 4.0
    assert found == [("outer", 1), ("inner", int(before))]
    assert config.OPT is before
