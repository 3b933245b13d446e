"""Log densities and log probabilities of standardised values, against SciPy, into far tails and narrow intervals."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy.special import gammaln, hyp2f1, log_ndtr
from scipy.stats import norm, t

from alsmodels.kernels.residual import (
    central_mass,
    find_tails,
    interval,
    log_density,
    lower_tail,
    row_density,
)

DFS = [0.7, 1.0, 2.5, 4.0, 11.0, 60.0, 400.0, 1e4]
SHAPES = [np.inf, *DFS]
# On both sides of every place where the method changes, for one df or another.
PLACES = [-36.0, -20.1, -19.9, -6.0, -1.8, -1.7, -1.4, -0.3, 0.0, 0.2, 1.5, 1.75, 4.0, 9.0]
INTERVALS = [
    (-np.inf, -3.0),
    (-np.inf, 1.2),
    (2.5, np.inf),
    (-0.4, np.inf),
    (-1.0, 0.7),
    (-3.0, -1.0),
    (0.4, 5.0),
    (7.0, 8.0),
    (-30.0, -29.5),
    (1.0, 1.0008),
    (-1e-4, 2e-4),
    (-6.0002, -6.0001),
]


def _frozen(df):
    return norm if np.isinf(df) else t(df)


def _slope(function, at, step):
    """By Richardson's central difference."""
    half = (function(at + step / 2) - function(at - step / 2)) / step
    return (4 * half - (function(at + step) - function(at - step)) / (2 * step)) / 3


@pytest.mark.parametrize("df", SHAPES)
def test_densities_are_scipys(df):
    tails, z = find_tails(df), np.array([-40.0, -2.0, -0.1, 0.0, 1.0, 7.0, 300.0])
    assert_allclose([log_density(at, tails)[0] for at in z], _frozen(df).logpdf(z), rtol=1e-11)
    for at in z:
        expected = _slope(lambda v: log_density(v, tails)[0], at, 1e-3)
        assert_allclose(log_density(at, tails)[1], expected, rtol=1e-7, atol=1e-7)


@pytest.mark.parametrize("df", DFS)
def test_the_constant_and_its_slope_are_right_in_df(df):
    expected = gammaln((df + 1) / 2) - gammaln(df / 2) - 0.5 * np.log(df * np.pi)
    assert_allclose(find_tails(df).constant, expected, rtol=1e-11)
    for z in (0.0, 0.8, 5.0):
        slope = _slope(lambda v: t.logpdf(z, v), df, 1e-3 * df)  # noqa: B023 - called within the loop
        assert_allclose(log_density(z, find_tails(df))[2], slope, rtol=1e-5, atol=1e-7 / df)


@pytest.mark.parametrize("df", SHAPES)
def test_tails_are_scipys(df):
    tails, z = find_tails(df), np.array(PLACES)
    found = np.array([lower_tail(at, tails) for at in z])
    expected = log_ndtr(z) if np.isinf(df) else t.logcdf(z, df)
    exact = np.isfinite(expected) & (expected > -600)
    assert exact.sum() >= 11
    assert_allclose(found[exact, 0], expected[exact], rtol=2e-11)
    assert_allclose(found[exact, 1], np.exp(_frozen(df).logpdf(z) - expected)[exact], rtol=2e-10)


@pytest.mark.parametrize("z", [-10.0, -19.999, -20.001, -37.0, -39.0, -200.0, -1e5])
def test_the_gaussian_tail_far_out(z):
    value, hazard, _ = lower_tail(z, find_tails(np.inf))
    assert_allclose(value, log_ndtr(z), rtol=1e-14)
    assert_allclose(hazard, _slope(log_ndtr, z, 1e-3 * abs(z)), rtol=1e-7)


@pytest.mark.parametrize("df", DFS)
@pytest.mark.parametrize("z", [30.0, 1e3, 1e8])
def test_the_students_tail_far_out(df, z):
    """Its power series: ``I_x(a, 1/2) = x^a (1 - x)^(1/2) F(a + 1/2, 1; a + 1; x) / (a B(a, 1/2))`` (DLMF 8.17.8)."""
    a, ratio = df / 2, df / z**2
    x = ratio / (1 + ratio)
    log_beta = gammaln(a) + gammaln(0.5) - gammaln(a + 0.5)
    series = np.log(hyp2f1(a + 0.5, 1, a + 1, x)) if x < 0.99 else np.nan
    expected = a * np.log(x) - 0.5 * np.log1p(ratio) + series - np.log(a) - log_beta - np.log(2)
    if np.isfinite(expected):
        assert_allclose(lower_tail(-z, find_tails(df))[0], expected, rtol=1e-11)
    assert_allclose(lower_tail(z, find_tails(df))[0], t.logcdf(z, df), atol=1e-14)


@pytest.mark.parametrize("df", DFS)
@pytest.mark.parametrize("z", PLACES)
def test_tails_have_the_right_slope_in_df(df, z):
    slope = _slope(lambda v: lower_tail(z, find_tails(v))[0], df, 0.01 * df)
    assert_allclose(lower_tail(z, find_tails(df))[2], slope, rtol=1e-6, atol=1e-11 / df)
    if z >= 0:
        slope = _slope(lambda v: central_mass(z, find_tails(v))[0], df, 0.01 * df)
        assert_allclose(central_mass(z, find_tails(df))[1], slope, rtol=1e-6, atol=1e-11 / df)


@pytest.mark.parametrize("df", SHAPES)
def test_intervals_are_differences_of_scipys(df):
    frozen, tails = _frozen(df), find_tails(df)
    for low, high in INTERVALS:
        mirrored = interval(-high, -low, tails)
        value, shift, stretch, by_df = interval(low, high, tails)
        assert_allclose(mirrored, (value, -shift, stretch, by_df), rtol=1e-11, atol=1e-15)
        if high - low < 1e-3:
            grid, weights = np.polynomial.legendre.leggauss(5)
            mass = frozen.pdf((low + high) / 2 + (high - low) / 2 * grid) @ weights * (high - low) / 2
        elif low > 0:
            mass = frozen.sf(low) - frozen.sf(high)
        else:
            mass = frozen.cdf(high) - frozen.cdf(low)
        if mass > 0:
            assert_allclose(value, np.log(mass), rtol=1e-11)


@pytest.mark.parametrize("df", SHAPES)
@pytest.mark.parametrize(("low", "high"), INTERVALS, ids=str)
def test_intervals_have_the_right_slopes(df, low, high):
    tails, size = find_tails(df), min(high - low, 1.0)
    _, shift, stretch, by_df = interval(low, high, tails)
    step = 0.01 * size if size == 1.0 else 0.1
    moved = _slope(lambda v: interval(low + v, high + v, tails)[0], 0.0, step)
    pulled = _slope(lambda v: interval(low * np.exp(v), high * np.exp(v), tails)[0], 0.0, step * 0.05)
    assert_allclose(shift, moved, rtol=1e-5, atol=1e-7)
    assert_allclose(stretch, pulled, rtol=1e-5, atol=1e-7)
    if np.isfinite(df):
        other = _slope(lambda v: interval(low, high, find_tails(v))[0], df, 0.005 * df)
        assert_allclose(by_df, other, rtol=1e-6, atol=1e-8 / df)


@pytest.mark.parametrize("df", [np.inf, 3.0])
def test_intervals_do_not_jump_where_the_method_changes(df):
    """Widths on both sides of the change differ by what the density says."""
    tails = find_tails(df)
    for middle in (0.0, 1e-4, -2.0, 5.0, -15.0):
        widths = np.geomspace(1e-5, 0.1, 400)
        values = [interval(middle - w / 2, middle + w / 2, tails)[0] - np.log(w) for w in widths]
        smooth = np.polynomial.Polynomial.fit(widths, values, 8)
        assert_allclose(values, smooth(widths), atol=3e-11 * max(1.0, middle**2))


@pytest.mark.parametrize("df", [np.inf, 3.3])
@pytest.mark.parametrize(("lower", "upper"), [(41.0, 41.0), (-np.inf, 32.0), (48.0, np.inf), (30.0, 33.0)], ids=str)
def test_rows_of_data(df, lower, upper):
    mean, log_sigma, frozen = 35.0, 0.6, _frozen(df)
    sigma = np.exp(log_sigma)
    value, by_mean, by_sigma, by_df = row_density(lower, upper, mean, log_sigma, sigma, find_tails(df))
    low, high = (lower - mean) / sigma, (upper - mean) / sigma
    expected = frozen.logpdf(low) - log_sigma if lower == upper else np.log(frozen.cdf(-low) - frozen.cdf(-high))
    assert_allclose(value, expected, rtol=1e-9)

    def at(mean, log_sigma, df):
        return row_density(lower, upper, mean, log_sigma, np.exp(log_sigma), find_tails(df))[0]

    assert_allclose(by_mean, _slope(lambda v: at(v, log_sigma, df), mean, 1e-2), rtol=1e-7)
    assert_allclose(by_sigma, _slope(lambda v: at(mean, v, df), log_sigma, 1e-2), rtol=1e-7)
    if np.isfinite(df):
        assert_allclose(by_df, _slope(lambda v: at(mean, log_sigma, v), df, 1e-2), rtol=1e-7)
