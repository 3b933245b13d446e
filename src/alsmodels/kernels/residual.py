"""The log density of one value about its mean, Gaussian or Student-t, observed or known by an interval.

    (y - mu) / sigma ~ f,   f = N(0, 1) or t(nu);   log P(l < y < h) = log(F((h - mu) / sigma) - F((l - mu) / sigma))

Every function is of standardised values; its slopes are in a shift of them (``d/dmu = -shift / sigma``), in a stretch
(``d/dlog sigma = -stretch``, less one for an observed value) and in nu, which is infinite for the Gaussian.

The Gaussian's tails are by erfc, and by their asymptotic series far out. Those of Student's t are

    F(-t) = f(t) t K(nu/2, 1/2, nu / (nu + t^2)) / nu,   F(t) - 1/2 = f(t) t K(1/2, nu/2, t^2 / (nu + t^2)),   t > 0

with K the continued fraction of the incomplete beta function (DLMF 8.17.22), by Lentz's method, its derivative in nu
carried along. Intervals within one tail are differences of logarithms, those about zero sums of two positive masses,
and narrow ones a series about their middle, so that none loses its digits to cancellation.
"""

import math
from typing import NamedTuple

import numpy as np

from alsmodels.kernels.arrays import Float
from alsmodels.kernels.compiling import njit

__all__ = ["Tails", "find_tails", "interval", "log_density", "mean_slopes", "row_density"]

HALF_LOG_2PI = 0.5 * math.log(2 * math.pi)
HALF_LOG_PI = 0.5 * math.log(math.pi)
SQRT_HALF = math.sqrt(0.5)
# Beyond this erfc would soon underflow, and ten terms of the series are exact.
FAR = 20.0
# Intervals narrower than this, in units of the density's own scale, are taken by series.
NARROW = 1e-3
FRACTION_STEPS = 2_000


class Tails(NamedTuple):
    """The shape of the residuals.

    Attributes
    ----------
    df : float
        Degrees of freedom; infinite for the Gaussian.
    constant : float
        log density at zero.
    constant_slope : float
        Its derivative in df.
    """

    df: float
    constant: float
    constant_slope: float


@njit(cache=True, nogil=True, error_model="numpy")
def find_tails(df: float) -> Tails:
    """The tails of Student's t, or of the Gaussian for an infinite df.

    ``log Gamma(a + 1/2) - log Gamma(a)``, ``a = df / 2``, by its asymptotic series, moved up to a >= 20 by recurrence.
    """
    if np.isinf(df):
        return Tails(df, -HALF_LOG_2PI, 0.0)
    a, value, slope = 0.5 * df, 0.0, 0.0
    while a < 20.0:
        value -= np.log1p(0.5 / a)
        slope += 0.5 / (a * (a + 0.5))
        a += 1.0
    square = 1.0 / (a * a)
    value += 0.5 * np.log(a) - (1 / 8 - square * (1 / 192 - square * (1 / 640 - square * (17 / 14336)))) / a
    slope += 0.5 / a + square * (1 / 8 - square * (3 / 192 - square * (5 / 640 - square * (7 * 17 / 14336))))
    return Tails(df, value - HALF_LOG_PI - 0.5 * np.log(df), 0.5 * slope - 0.5 / df)


@njit(cache=True, nogil=True, error_model="numpy")
def log_density(z: float, tails: Tails) -> tuple[float, float, float]:
    """``log f(z)``, its slope in z, and its slope in df."""
    df = tails.df
    if np.isinf(df):
        return tails.constant - 0.5 * z * z, -z, 0.0
    ratio = z * z / df
    log_ratio, share = np.log1p(ratio), (df + 1.0) / (df * (1.0 + ratio))
    by_df = tails.constant_slope - 0.5 * log_ratio + 0.5 * ratio * share
    return tails.constant - 0.5 * (df + 1.0) * log_ratio, -z * share, by_df


@njit(cache=True, nogil=True, error_model="numpy")
def row_density(
    lower: float, upper: float, mean: float, log_sigma: float, sigma: float, tails: Tails
) -> tuple[float, float, float, float]:
    """Log density of a value, ``lower == upper``, or log probability of an interval.

    Returns
    -------
    Its value, and its slopes in the mean, in log sigma and in df.
    """
    if lower == upper:
        z = (lower - mean) / sigma
        value, by_z, by_df = log_density(z, tails)
        return value - log_sigma, -by_z / sigma, -z * by_z - 1.0, by_df
    value, shift, stretch, by_df = interval((lower - mean) / sigma, (upper - mean) / sigma, tails)
    return value, -shift / sigma, -stretch, by_df


@njit(cache=True, nogil=True, error_model="numpy")
def mean_slopes(lower: Float, upper: Float, means: Float, sigma: Float, tails: Tails) -> Float:
    """Slope of each row's log density in its mean, shape (n,)."""
    slopes = np.empty(len(means))
    for row in range(len(means)):
        slopes[row] = row_density(lower[row], upper[row], means[row], np.log(sigma[row]), sigma[row], tails)[1]
    return slopes


@njit(cache=True, nogil=True, error_model="numpy")
def interval(low: float, high: float, tails: Tails) -> tuple[float, float, float, float]:
    """``log(F(high) - F(low))``, low < high, either infinite; slopes in a shift, in a stretch and in df."""
    if np.isinf(low) and np.isinf(high):
        return 0.0, 0.0, 0.0, 0.0
    if low > 0.0 or np.isinf(high):  # by symmetry
        value, shift, stretch, by_df = interval_below(-high, -low, tails)
        return value, -shift, stretch, by_df
    return interval_below(low, high, tails)


@njit(cache=True, nogil=True, error_model="numpy")
def interval_below(low: float, high: float, tails: Tails) -> tuple[float, float, float, float]:
    """The same where low is -inf or at most zero."""
    if np.isinf(low):
        value, hazard, by_df = lower_tail(high, tails)
        return value, hazard, high * hazard if hazard > 0.0 else 0.0, by_df
    if _is_narrow(low, high, tails.df):
        return _narrow(low, high, tails)
    if high <= 0.0:
        value, hazard, by_df = lower_tail(high, tails)
        below, below_hazard, below_by_df = lower_tail(low, tails)
        share = np.exp(below - value)
        left = -np.expm1(below - value)
        shift = (hazard - share * below_hazard) / left
        stretch = (high * hazard - share * low * below_hazard) / left
        return value + np.log(left), shift, stretch, (by_df - share * below_by_df) / left
    right, right_by_df = central_mass(high, tails)
    left, left_by_df = central_mass(-low, tails)
    mass = right + left
    at_high = np.exp(log_density(high, tails)[0]) / mass
    at_low = np.exp(log_density(low, tails)[0]) / mass
    return np.log(mass), at_high - at_low, high * at_high - low * at_low, (right_by_df + left_by_df) / mass


@njit(cache=True, nogil=True, error_model="numpy")
def _is_narrow(low: float, high: float, df: float) -> bool:
    """Whether the density hardly changes over the interval."""
    middle = 0.5 * (low + high)
    curvature = 1.0 if np.isinf(df) else (df + 1.0) / (df + middle * middle)
    return bool((high - low) * max(np.sqrt(curvature), curvature * abs(middle)) < NARROW)


@njit(cache=True, nogil=True, error_model="numpy")
def _narrow(low: float, high: float, tails: Tails) -> tuple[float, float, float, float]:
    """``f(m) w (1 + w^2 f''(m) / 24 f(m))``; with ``g = log f``, ``f'' / f = g'' + g'^2``."""
    df, width = tails.df, high - low
    m = low + 0.5 * width
    density, g1, by_df = log_density(m, tails)
    g2, g3 = -1.0, 0.0
    if not np.isinf(df):
        spread = df + m * m
        share = (df + 1.0) / spread
        g2, g3 = -share * (df - m * m) / spread, 2.0 * share * m * (3.0 * df - m * m) / spread**2
    part = width * width / 24.0
    term = part * (g2 + g1 * g1)
    shift = g1 + part * (g3 + 2.0 * g1 * g2) / (1.0 + term)
    stretch = m * shift + 1.0 + 2.0 * term / (1.0 + term)
    return density + np.log(width) + np.log1p(term), shift, stretch, by_df


@njit(cache=True, nogil=True, error_model="numpy")
def lower_tail(z: float, tails: Tails) -> tuple[float, float, float]:
    """``log F(z)``, its slope ``f(z) / F(z)``, and its slope in df."""
    if np.isinf(tails.df):
        return _gaussian_tail(z, tails)
    if _is_central(z, tails.df):
        mass, mass_by_df = central_mass(abs(z), tails)
        sign = 1.0 if z > 0.0 else -1.0
        below = 0.5 + sign * mass
        return np.log(below), np.exp(log_density(z, tails)[0]) / below, sign * mass_by_df / below
    value, hazard, by_df = _student_tail(abs(z), tails)
    if z < 0.0:
        return value, hazard, by_df
    beyond = np.exp(value)
    below = 1.0 - beyond
    return np.log1p(-beyond), beyond * hazard / below, -beyond * by_df / below


@njit(cache=True, nogil=True, error_model="numpy")
def central_mass(z: float, tails: Tails) -> tuple[float, float]:
    """``F(z) - 1/2`` for z >= 0, and its slope in df."""
    if np.isinf(tails.df):
        return 0.5 * math.erf(z * SQRT_HALF), 0.0
    if _is_central(z, tails.df):
        density, _, by_df = log_density(z, tails)
        fraction, fraction_by_df = _fraction_of_centre(z, tails.df)
        mass = np.exp(density) * z * fraction
        return mass, mass * (by_df + fraction_by_df)
    value, _, by_df = _student_tail(z, tails)
    return 0.5 - np.exp(value), -np.exp(value) * by_df


@njit(cache=True, nogil=True, error_model="numpy")
def _is_central(z: float, df: float) -> bool:
    """Where the fraction of the centre converges faster than that of the tail."""
    return z * z * (df + 2.0) < 3.0 * df


@njit(cache=True, nogil=True, error_model="numpy")
def _student_tail(t: float, tails: Tails) -> tuple[float, float, float]:
    """``log F(-t)`` for t > 0 outside the centre, ``f(t) / F(-t)``, and the slope in df."""
    density, _, by_df = log_density(t, tails)
    fraction, fraction_by_df = _fraction_of_tail(t, tails.df)
    return (
        density + np.log(t * fraction / tails.df),
        tails.df / (t * fraction),
        by_df - 1.0 / tails.df + fraction_by_df,
    )


@njit(cache=True, nogil=True, error_model="numpy")
def _gaussian_tail(z: float, tails: Tails) -> tuple[float, float, float]:
    """The same as `lower_tail`, of the Gaussian."""
    if z < -FAR:
        return _far_tail(z, tails)
    beyond = 0.5 * math.erfc(abs(z) * SQRT_HALF)
    value = np.log(beyond) if z < 0.0 else np.log1p(-beyond)
    return value, np.exp(tails.constant - 0.5 * z * z - value), 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _far_tail(z: float, tails: Tails) -> tuple[float, float, float]:
    """The Gaussian tail far out: ``F(z) = f(z) / |z| (1 - 1/z^2 + 3/z^4 - 15/z^6 ..)``."""
    series, square = 1.0, 1.0 / (z * z)
    for k in range(10, 0, -1):
        series = 1.0 - (2 * k - 1) * square * series
    return tails.constant - 0.5 * z * z + np.log(series / -z), -z / series, 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def _fraction_of_tail(t: float, df: float) -> tuple[float, float]:
    """``K(nu/2, 1/2, nu / (nu + t^2))`` and the slope of its logarithm in nu."""
    return _fraction(0.5 * df, 0.5, df / (df + t * t), 0.5, 0.0, t * t / (df * (df + t * t)))


@njit(cache=True, nogil=True, error_model="numpy")
def _fraction_of_centre(t: float, df: float) -> tuple[float, float]:
    """``K(1/2, nu/2, t^2 / (nu + t^2))`` and the slope of its logarithm in nu."""
    return _fraction(0.5, 0.5 * df, t * t / (df + t * t), 0.0, 0.5, -1.0 / (df + t * t))


@njit(cache=True, nogil=True, error_model="numpy")
def _fraction(a: float, b: float, x: float, da: float, db: float, dlogx: float) -> tuple[float, float]:
    """The continued fraction of ``I_x(a, b)``, and its logarithm's slope along (da, db, dlog x).

    ``1 / (1 + d_1 / (1 + d_2 / (1 + ..)))`` with ``d_2m = m (b - m) x / ((a + 2m - 1)(a + 2m))`` and
    ``d_2m+1 = -(a + m)(a + b + m) x / ((a + 2m)(a + 2m + 1))``; it converges fast for ``x < (a + 1) / (a + b + 2)``.
    """
    C, D, dC, dD = np.inf, 1.0, 0.0, 0.0
    value, slope = 1.0, 0.0
    for step in range(1, FRACTION_STEPS):
        m = step // 2
        if step % 2 == 0:
            share = m * x / ((a + 2 * m - 1) * (a + 2 * m))
            d = share * (b - m)
            dd = share * db + d * (dlogx - da / (a + 2 * m - 1) - da / (a + 2 * m))
        else:
            d = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
            dd = d * (dlogx + da / (a + m) + (da + db) / (a + b + m) - da / (a + 2 * m) - da / (a + 2 * m + 1))
        dC = (dd - d * dC / C) / C
        C = 1.0 + d / C
        after = 1.0 / (1.0 + d * D)
        dD = -after * after * (dd * D + d * dD)
        D = after
        value *= C * D
        change = dC / C + dD / D
        slope += change
        if abs(C * D - 1.0) < 1e-15 and abs(change) <= 1e-15 * abs(slope) + 1e-300:
            break
    return value, slope
