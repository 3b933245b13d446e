"""Interpreted kernels give the answers of compiled ones: every fit of ``test_lmm_foreign.py``, both ways."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from foreign import WITH_DATA, fits, table
from numpy.testing import assert_allclose

import alsmodels as als

# Ten digits of every answer; where one is zero but for rounding, of what it is measured by.
DIGITS = 1e-10
ALL = fits(*WITH_DATA)
_SUPPORT = Path(__file__).parents[1] / "support"
_SCRIPT = """
import json, sys
from foreign import WITH_DATA, fits
from test_lmm_both_ways import answers_of
from numba.core.dispatcher import Dispatcher
print(json.dumps({str(foreign): answers_of(foreign) for foreign in fits(*WITH_DATA)}))
modules = [module for name, module in sys.modules.items() if name.startswith("alsmodels.kernels")]
kernels = [one for module in modules for one in vars(module).values() if isinstance(one, Dispatcher)]
print(len(kernels), sum(len(kernel.signatures) for kernel in kernels))
"""


def answers_of(foreign):
    """All that a fit answers, as plain numbers."""
    fit = als.fit_lmm(foreign.alsmodels_formula, table(foreign.source), method=foreign.method, weights=foreign.weights)
    effects = fit.random_effects()
    return {
        "criterion": fit.criterion,
        "sigma": fit.sigma,
        "beta": np.asarray(fit.beta).tolist(),
        "bse": np.asarray(fit.bse).tolist(),
        "covariance": np.asarray(fit.covariance).tolist(),
        "freedom": fit.coefficients["df"].tolist(),
        "effects": effects.to_numpy(dtype=float).tolist(),
    }


@pytest.fixture(scope="module")
def interpreted():
    """The answers of a process in which nothing was compiled."""
    paths = os.pathsep.join([str(_SUPPORT), str(Path(__file__).parent), *sys.path])
    environment = os.environ | {"ALSMODELS_KERNELS": "interpreted", "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", _SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answers, counts = done.stdout.splitlines()
    assert counts.split()[1] == "0"
    assert int(counts.split()[0]) > 50
    return json.loads(answers)


@pytest.fixture(scope="module")
def compiled():
    """The answers of this process, whose kernels are compiled."""
    assert os.environ["ALSMODELS_KERNELS"] == "compiled"
    return {str(foreign): answers_of(foreign) for foreign in ALL}


@pytest.mark.parametrize("name", [str(foreign) for foreign in ALL])
def test_interpreted_answers_are_the_compiled_ones(name, interpreted, compiled):
    one, other = ({key: np.array(value) for key, value in answers[name].items()} for answers in (interpreted, compiled))
    assert_allclose(one["criterion"], other["criterion"], rtol=DIGITS)
    assert_allclose(one["sigma"], other["sigma"], rtol=DIGITS)
    assert_allclose(one["bse"], other["bse"], rtol=DIGITS)
    assert_allclose(one["beta"], other["beta"], rtol=DIGITS, atol=DIGITS * other["bse"].max())
    assert_allclose(one["freedom"], other["freedom"], rtol=DIGITS)
    sd = np.sqrt(np.diagonal(other["covariance"]))
    assert_allclose(one["covariance"], other["covariance"], rtol=DIGITS, atol=DIGITS * np.outer(sd, sd).max())
    assert_allclose(one["effects"], other["effects"], rtol=DIGITS, atol=DIGITS * sd.max())
