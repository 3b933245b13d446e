"""The optimum: reached from anywhere, the same whatever the units, never a false boundary."""

import dense
import numpy as np
import pytest
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose
from scipy.optimize import minimize

from alsmodels.kernels import optimum as optimum_module
from alsmodels.kernels import ranges
from alsmodels.kernels.blocks import build_blocks
from alsmodels.kernels.covariance import covariance_template, fill_factor
from alsmodels.kernels.optimum import examine, find_optimum

LAYOUTS = [(3,), (1, 2), (1, 1, 1)]


def _blocks(data, layout):
    return build_blocks(data.y, data.X, data.Z, data.starts, covariance_template(layout))


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
def test_no_search_on_the_dense_twin_finds_less(layout, reml):
    """Nelder-Mead on the textbook's likelihood, started at our answer and away from it."""
    data = two_phase_arrays(21, n_subjects=16)
    blocks = _blocks(data, layout)
    optimum = find_optimum(blocks, reml=reml)
    template, T = blocks.template, blocks.scaling.z_factor

    def value(theta):
        return dense.criterion(T @ fill_factor(theta, template), data.y, data.X, data.Z, data.starts, reml=reml)[0]

    rng = np.random.default_rng(1)
    for _ in range(2):
        start = rng.normal(size=template.n_theta)
        end = minimize(value, start, method="Nelder-Mead", options={"maxiter": 400, "fatol": 1e-8})
        assert optimum.profile.criterion <= end.fun + 1e-7
    assert optimum.score < 1e-8


@pytest.mark.parametrize("unit", [1e-9, 1e-3, 1.0, 1e6])
def test_units_do_not_matter(unit):
    reference = find_optimum(_blocks(two_phase_arrays(4), (3,)), reml=True)
    optimum = find_optimum(_blocks(two_phase_arrays(4, unit=unit), (3,)), reml=True)
    assert_allclose(optimum.profile.root, reference.profile.root, rtol=1e-7, atol=1e-9)


def _failures(seeds):
    """The cohorts, ragged, tiny or balanced, variances from zero to large, any unit, that do not end at an optimum."""
    for seed in seeds:
        rng = np.random.default_rng([7, seed])
        data = two_phase_arrays(
            seed,
            n_subjects=int(rng.integers(10, 70)),
            visits=[(2, 5), (3, 9), (12, 13)][seed % 3],
            sd=rng.choice([0.0, 0.05, 1.0, 5.0], 3) * [1, 0.1, 0.1],
            sigma=rng.choice([0.5, 2.0, 8.0]),
            unit=10.0 ** rng.integers(-6, 6),
        )
        optimum = find_optimum(_blocks(data, LAYOUTS[seed % len(LAYOUTS)]), reml=bool(seed % 2))
        if not (optimum.converged and optimum.score < 1e-6):
            yield seed, optimum.score


@pytest.mark.parametrize("chunk", range(10))
def test_random_cohorts_end_at_an_optimum(chunk):
    assert not list(_failures(range(chunk, 300, 10)))


@pytest.mark.slow
def test_thousands_of_random_cohorts_end_at_an_optimum():
    """A search that stops short once in a thousand times would be missed by the 300."""
    assert not list(_failures(range(300, 5300)))


def test_the_answer_does_not_depend_on_threads(monkeypatch):
    """Bit for bit over threads; to rounding where the same patterns are one compiled call."""
    blocks = _blocks(two_phase_arrays(3, n_subjects=5000, visits=(3, 5)), (3,))
    assert len(blocks.counts) == 5000 > 2 * optimum_module.RANGE
    ends = []
    for cores in (1, 3):
        monkeypatch.setattr(ranges, "n_threads", lambda cores=cores: cores)
        ends.append(find_optimum(blocks, reml=True).profile)
    assert ends[0].criterion == ends[1].criterion
    assert np.array_equal(ends[0].root, ends[1].root)
    monkeypatch.setattr(optimum_module, "RANGE", 10_000)
    assert_allclose(find_optimum(blocks, reml=True).profile.root, ends[0].root, rtol=1e-8)


def test_a_false_boundary_is_left():
    """From no variance at all, a stationary point of the symmetric root, the search must come back inside."""
    blocks = _blocks(two_phase_arrays(2, n_subjects=40), (3,))
    nothing = examine(np.zeros((3, 3)), blocks, reml=True, tolerance=1e-5)
    assert nothing.score < 1e-9  # stationary, and yet
    assert not nothing.converged
    assert find_optimum(blocks, reml=True).profile.criterion < nothing.profile.criterion - 10


def test_a_true_boundary_is_kept():
    """Without variation of slopes some slope variance is exactly zero, and the gradient there points outward."""
    for seed in range(40):
        optimum = find_optimum(_blocks(two_phase_arrays(seed, sd=(5, 0, 0)), (1, 1, 1)), reml=True)
        variances = np.diagonal(optimum.profile.root)
        if (variances == 0).any():
            assert optimum.converged
            outward = np.diagonal(optimum.profile.gradient_S)[variances == 0]
            assert (outward >= -1e-6).all()
            return
    pytest.fail("no boundary fit in 40 cohorts without slope variance")
