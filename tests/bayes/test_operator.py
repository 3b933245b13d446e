"""The operation against the kernel and against a dense multivariate normal in PyTensor, plainly and under Numba."""

import graphs
import numpy as np
import pytensor
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose

from alsmodels.bayes.operator import conditional_likelihood
from alsmodels.kernels.conditional import condition
from alsmodels.kernels.marginal import GroupedBlocks
from alsmodels.model.reduction import reduce_design

pytestmark = pytest.mark.filterwarnings(
    "ignore:PyTensor could not link to a BLAS", "ignore:np.dot.. is faster on contiguous arrays"
)

BETA, FACTOR, TAU = np.linspace(-1, 1, 6), np.array([[1.0, 0, 0], [0.4, 0.7, 0], [-0.3, 0.2, 0.5]]), np.array([1.6])


@pytest.fixture(scope="module")
def design():
    return graphs.two_phase_design()


@pytest.fixture(scope="module")
def blocks(design):
    return reduce_design(design)


@pytest.mark.parametrize("mode", [graphs.QUICK, "NUMBA"])
def test_value_and_slopes_are_the_kernels(blocks, mode):
    """Falling back to Python under Numba would warn, and warnings are errors here."""
    grouped = GroupedBlocks.of(blocks)
    beta, factor, tau = pt.dvector(), pt.dmatrix(), pt.dvector()
    value = conditional_likelihood(beta, factor, tau, blocks=grouped)
    slopes = pt.grad(2.0 * value, [beta, factor, tau])
    found = pytensor.function([beta, factor, tau], [value, *slopes], mode=mode)(BETA, FACTOR, TAU)
    exact = condition(BETA, FACTOR, TAU, grouped)
    expected = [exact.value, 2 * exact.beta_slope, 2 * exact.factor_slope, 2 * exact.tau_slope / TAU]
    for ours, theirs in zip(found, expected, strict=True):
        assert_allclose(ours, theirs, rtol=1e-12)


def test_value_and_slopes_are_the_dense_ones(design, blocks):
    scaling = blocks.scaling
    beta, factor, tau = pt.dvector(), pt.dmatrix(), pt.dvector()
    ours = conditional_likelihood(beta, factor, tau, blocks=GroupedBlocks.of(blocks))
    inverse = np.linalg.inv(scaling.x_factor)
    theirs = graphs.dense_marginal(
        design,
        scaling.beta_ls + scaling.size * (inverse @ beta),
        scaling.size * (scaling.z_factor @ factor),
        scaling.size / pt.sqrt(tau[0]),
    )
    both = [part for one in (ours, theirs) for part in (one, *pt.grad(one, [beta, factor, tau]))]
    found = pytensor.function([beta, factor, tau], both, mode=graphs.QUICK)(BETA, FACTOR, TAU)
    assert_allclose(found[0], found[4] + design.n_obs * np.log(scaling.size), rtol=1e-12)
    assert_allclose(found[1], found[5], rtol=1e-8)
    assert_allclose(found[2], np.tril(found[6]), rtol=1e-8, atol=1e-9)
    assert_allclose(found[3], found[7], rtol=1e-8)


def test_second_derivatives_are_refused(blocks):
    beta = pt.dvector()
    value = conditional_likelihood(beta, pt.constant(FACTOR), pt.constant(TAU), blocks=GroupedBlocks.of(blocks))
    slope = pt.grad(value, beta)
    with pytest.raises(NotImplementedError, match="first derivatives only"):
        pt.grad(slope.sum(), beta)
