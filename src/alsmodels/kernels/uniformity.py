"""Whether ranks are uniform: the simultaneous band of their distribution function, and the p-value that belongs to it.

N ranks, each one of K equally likely values 0 .. K - 1, have counts ``R_i = #{rank < i} ~ Bin(N, i/K)``. With

    t = min_i 2 min(P(Bin <= R_i), P(Bin >= R_i))

the counts leave a band of pointwise level t somewhere (Säilynoja, Bürkner & Vehtari 2022). R is a Markov chain,
``R_i - R_{i-1} ~ Bin(N - R_{i-1}, 1/(K - i + 1))``, so the chance that all of it stays within a band is a sum over
paths, taken step by step; nothing is simulated.
"""

import math

import numpy as np
from scipy.special import bdtr, gammaln

from alsmodels.kernels.arrays import Float, Int
from alsmodels.kernels.compiling import njit

__all__ = ["ecdf_band", "rank_counts", "uniformity_p_value"]

_BISECTIONS = 40
# Tails of two places that are equal but for rounding.
_TIE = 1e-9


def ecdf_band(n_replicates: int, n_ranks: int, level: float) -> tuple[Float, Float]:
    """The simultaneous band of the distribution function of uniform ranks.

    Parameters
    ----------
    n_replicates : int
        How many ranks there are, N.
    n_ranks : int
        How many values a rank can have, K.
    level : float
        Chance that uniform ranks stay inside everywhere; the band is the narrowest of its kind that has it.

    Returns
    -------
    Lower and upper limits of ``R_i / N``, each of shape (K + 1,), at ``i/K`` for i = 0 .. K.
    """
    tails = _tails(n_replicates, n_ranks)
    # By Bonferroni's inequality the pointwise level lies between these.
    low, high = math.log((1 - level) / n_ranks) - 1e-9, 0.0
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if _chance_inside(tails >= math.exp(middle)) >= level:
            low = middle
        else:
            high = middle
    first, last = _limits(tails >= math.exp(low))
    return first / n_replicates, last / n_replicates


def uniformity_p_value(ranks: Int, n_ranks: int) -> float:
    """Chance that uniform ranks stray from their expectation as far as these do, or farther.

    Parameters
    ----------
    ranks : ndarray of int of shape (N,)
        Values 0 .. n_ranks - 1.
    n_ranks : int
        How many values a rank can have.
    """
    tails = _tails(len(ranks), n_ranks)
    strayed = tails[np.arange(n_ranks + 1), rank_counts(ranks, n_ranks)].min()
    return float(np.clip(1.0 - _chance_inside(tails > strayed * (1 + _TIE)), 0.0, min(1.0, n_ranks * strayed)))


def rank_counts(ranks: Int, n_ranks: int) -> Int:
    """How many ranks are below i, for i = 0 .. n_ranks, shape (n_ranks + 1,)."""
    return np.concatenate([[0], np.cumsum(np.bincount(ranks, minlength=n_ranks))])


def _tails(n: int, n_ranks: int) -> Float:
    """Twice the smaller tail of each count at each place, shape (n_ranks + 1, n + 1); the ends are certain."""
    place = np.arange(1, n_ranks)[:, None] / n_ranks
    below = bdtr(np.arange(n + 1.0), n, place)
    above = 1.0 - np.column_stack([np.zeros(n_ranks - 1), below[:, :-1]])
    # One minus almost one has no digits; seen from the other side it is a lower tail.
    above = np.where(above < 0.5, bdtr(n - np.arange(n + 1.0), n, 1.0 - place), above)
    tails = np.zeros((n_ranks + 1, n + 1))
    tails[0, 0] = tails[-1, -1] = 2.0
    tails[1:-1] = 2.0 * np.minimum(below, above)
    return np.asarray((tails + tails[::-1, ::-1]) / 2)  # equal by symmetry, to the last digit


def _limits(allowed: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]") -> tuple[Int, Int]:
    """The first and the last allowed count at each place; the first lies above the last where there is none."""
    n = allowed.shape[1] - 1
    first, last = np.argmax(allowed, axis=1), n - np.argmax(allowed[:, ::-1], axis=1)
    return np.where(allowed.any(axis=1), first, n + 1), np.where(allowed.any(axis=1), last, -1)


def _chance_inside(allowed: "np.ndarray[tuple[int, int], np.dtype[np.bool_]]") -> float:
    first, last = _limits(allowed)
    return float(_follow(first, last, gammaln(np.arange(allowed.shape[1]) + 1.0)))


@njit(cache=True, nogil=True)
def _follow(first: Int, last: Int, log_factorial: Float) -> float:
    """The chance that ``first <= R <= last`` everywhere; both of shape (K + 1,)."""
    K, n = len(first) - 1, len(log_factorial) - 1
    chance, after = np.zeros(n + 1), np.zeros(n + 1)
    chance[0] = 1.0
    for i in range(1, K):
        step = 1.0 / (K - i + 1)
        log_in, log_out = np.log(step), np.log1p(-step)
        after[:] = 0.0
        for here in range(max(first[i - 1], 0), last[i - 1] + 1):
            if chance[here] == 0.0:
                continue
            left = n - here
            for there in range(max(first[i], here), last[i] + 1):
                more = there - here
                log_mass = log_factorial[left] - log_factorial[more] - log_factorial[left - more]
                after[there] += chance[here] * np.exp(log_mass + more * log_in + (left - more) * log_out)
        chance, after = after, chance
    return float(chance.sum())
