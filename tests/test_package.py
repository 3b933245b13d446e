"""The public face: light to import, exactly what it says it is, refusing in one family."""

import json
import subprocess
import sys
import time

import pytest

import alsmodels as als
from alsmodels import errors

HEAVY = ("pymc", "pytensor", "statsmodels", "matplotlib", "pandas", "numba", "formulaic", "arviz_plots")


def _run(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


def test_importing_is_light():
    loaded = json.loads(_run("import sys, json, alsmodels; print(json.dumps(sorted(sys.modules)))"))
    assert not [name for name in HEAVY if name in loaded]


def test_importing_is_quick():
    """Warm, and less the start of the interpreter itself."""

    def best(code):
        times = []
        for _ in range(5):
            start = time.perf_counter()
            _run(code)
            times.append(time.perf_counter() - start)
        return min(times)

    assert best("import alsmodels") - best("pass") < 0.3


def test_fitting_loads_nothing_it_does_not_use():
    code = (
        "import sys, json, alsmodels as als;"
        "als.fit_lmm('alsfrs_r ~ week + (week | subject)', als.load_example());"
        "print(json.dumps(sorted(sys.modules)))"
    )
    loaded = json.loads(_run(code).splitlines()[-1])
    assert not [
        name for name in ("pymc", "pytensor", "statsmodels", "matplotlib", "arviz_plots", "openpyxl") if name in loaded
    ]


@pytest.mark.parametrize("name", als.__all__)
def test_every_public_name_is_there_and_documented(name):
    value = getattr(als, name)
    assert value.__doc__
    assert name in dir(als)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'fit_glmm'"):
        als.fit_glmm  # noqa: B018 - the access is the test


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_are_one_family(name):
    assert issubclass(getattr(errors, name), errors.AlsModelsError)
