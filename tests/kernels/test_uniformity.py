"""The band of uniform ranks and its p-value: against every outcome of small cases, and against simulation."""

import itertools

import numpy as np
import pytest
from scipy import stats

from alsmodels.kernels.uniformity import ecdf_band, rank_counts, uniformity_p_value


def strayed(ranks, n_ranks):
    """The smallest two-sided tail over all places, as its definition has it."""
    n, tails = len(ranks), [1.0]
    for place in range(1, n_ranks):
        count, chance = int((np.asarray(ranks) < place).sum()), stats.binom(n, place / n_ranks)
        tails.append(2 * min(chance.cdf(count), chance.sf(count - 1)))
    return min(tails)


@pytest.mark.parametrize(("n", "n_ranks"), [(1, 4), (3, 4), (5, 3), (4, 5)])
def test_the_p_value_is_the_share_of_outcomes_that_stray_as_far(n, n_ranks):
    outcomes = list(itertools.product(range(n_ranks), repeat=n))
    sizes = np.array([strayed(one, n_ranks) for one in outcomes])
    for place in range(0, len(outcomes), 7):
        expected = (sizes <= sizes[place] + 1e-12).mean()
        assert uniformity_p_value(np.array(outcomes[place]), n_ranks) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("level", [0.5, 0.9])
def test_the_band_holds_at_least_its_level_of_all_outcomes_and_none_narrower_does(level):
    n, n_ranks = 4, 4
    lower, upper = ecdf_band(n, n_ranks, level)
    outcomes = list(itertools.product(range(n_ranks), repeat=n))
    curves = np.array([rank_counts(np.array(one), n_ranks) / n for one in outcomes])
    inside = ((curves >= lower) & (curves <= upper)).all(axis=1)
    sizes = np.array([strayed(one, n_ranks) for one in outcomes])
    assert inside.mean() >= level
    assert (sizes > sizes[inside].min() + 1e-12).mean() < level


def test_a_simulated_share_of_curves_stays_inside():
    rng, n, n_ranks = np.random.default_rng(1), 200, 50
    lower, upper = ecdf_band(n, n_ranks, 0.9)
    curves = np.array([rank_counts(rng.integers(0, n_ranks, n), n_ranks) for _ in range(4000)]) / n
    inside = ((curves >= lower) & (curves <= upper)).all(axis=1).mean()
    assert inside == pytest.approx(0.9, abs=0.03)
    assert lower[0] == upper[0] == 0
    assert lower[-1] == upper[-1] == 1


def test_p_values_of_uniform_ranks_are_uniform_and_those_of_others_small():
    rng = np.random.default_rng(2)
    found = [uniformity_p_value(rng.integers(0, 20, 150), 20) for _ in range(300)]
    assert stats.kstest(found, "uniform").pvalue > 0.01
    for shape in ((2, 2), (0.5, 0.5), (1.4, 1)):
        ranks = (20 * rng.beta(*shape, 300)).astype(np.int64)
        assert uniformity_p_value(ranks, 20) < 1e-3


def test_hopeless_ranks_have_a_p_value_of_nought():
    assert uniformity_p_value(np.zeros(500, dtype=np.int64), 100) < 1e-100
