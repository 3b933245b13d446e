"""Power by formula: against the noncentral t of SciPy's distributions, and against tables of textbooks."""

import numpy as np
import pytest
from scipy import stats

from alsmodels.errors import SpecError
from alsmodels.model.information import difference_covariance, mean_information
from alsmodels.model.power import detectable_effect, detectable_ratio, power_for


@pytest.mark.parametrize("df", [2, 9, 62, 400])
def test_power_is_that_of_the_noncentral_t(df):
    effects = np.array([-4.0, -1.0, 0.0, 0.5, 3.0, 6.0])
    critical = stats.t.ppf(0.975, df)
    expected = stats.nct.sf(critical, df, np.abs(effects)) + stats.nct.cdf(-critical, df, np.abs(effects))
    np.testing.assert_allclose(power_for(effects, 1.0, df=df), expected, atol=1e-12)


@pytest.mark.parametrize("df", [4, 62, np.inf])
def test_power_towards_one_side_is_one_tail(df):
    effects = np.array([-40.0, -2.0, 0.0, 1.5, 4.0])
    if np.isinf(df):
        expected = stats.norm.sf(stats.norm.ppf(0.975) - effects)
    else:
        expected = np.append(0.0, stats.nct.sf(stats.t.ppf(0.975, df), df, effects[1:]))
    np.testing.assert_allclose(power_for(effects, 1.0, df=df, direction="above"), expected, atol=1e-12)
    with pytest.raises(SpecError, match="'either' or 'above'"):
        power_for(1.0, 1.0, direction="below")


def test_power_at_no_effect_is_the_level_and_far_away_is_all():
    for df in (1, 12, 1e6, np.inf):
        assert power_for(0.0, 0.3, df=df, level=0.1) == pytest.approx(0.1)
        assert power_for(np.array([300.0, 9e9]), 0.3, df=df).tolist() == pytest.approx([1.0, 1.0], abs=2e-2)


@pytest.mark.parametrize("df", [3, 62, np.inf])
@pytest.mark.parametrize("power", [0.06, 0.5, 0.8, 0.99])
def test_the_detectable_effect_is_seen_with_its_power(df, power):
    effect = detectable_effect([0.1, 2.0], df=df, power=power, level=0.05)
    np.testing.assert_allclose(power_for(effect, [0.1, 2.0], df=df), power, rtol=1e-9)


def test_nonsense_is_refused_in_sentences():
    with pytest.raises(SpecError, match="above its level"):
        detectable_ratio(power=0.05)
    with pytest.raises(SpecError, match="level of a test is between 0 and 1"):
        power_for(1.0, 1.0, level=0.0)
    with pytest.raises(SpecError, match="standard errors above 0"):
        power_for(1.0, [1.0, 0.0])
    with pytest.raises(SpecError, match="Degrees of freedom"):
        power_for(1.0, 1.0, df=0)


def exchangeable(size, rho):
    return (1 - rho) * np.eye(size) + rho


def test_slopes_give_the_table_of_diggle_and_others():
    """Diggle, Heagerty, Liang & Zeger (2002), p. 29: n per arm, visits at 0, 2 and 5, one-sided 5%, power 80%."""
    basis, seen = np.column_stack([np.ones(3), [0.0, 2.0, 5.0]]), np.ones((1, 3), dtype=bool)
    needed = []
    for rho in (0.2, 0.5, 0.8):
        for variance in (100, 200, 300):
            information = mean_information(basis, variance * exchangeable(3, rho), seen)
            one = difference_covariance(information, information, sizes=(1, 1))[1, 1]
            needed.append(int(np.ceil(one * detectable_ratio(level=0.10, power=0.80) ** 2 / 0.5**2)))
    # At two-sided 10% the wrong side has a power of 3e-5, which changes none of the numbers.
    assert needed == [313, 625, 938, 196, 391, 586, 79, 157, 235]


def test_random_slopes_give_the_formula_for_balanced_visits():
    """The difference of mean slopes of two arms: (1/n + 1/m) (tau^2 + sigma^2 / Sxx), whatever the intercepts do."""
    months = np.array([0.0, 0.5, 1.5, 4.0])
    basis = np.column_stack([np.ones(4), months])
    effects = np.array([[30.0, 0.8], [0.8, 0.49]])
    information = mean_information(basis, basis @ effects @ basis.T + 1.8**2 * np.eye(4), np.ones((1, 4), dtype=bool))
    found = difference_covariance(information, information, sizes=(47, 17))[1, 1]
    spread = ((months - months.mean()) ** 2).sum()
    assert found == pytest.approx((1 / 47 + 1 / 17) * (0.49 + 1.8**2 / spread), rel=1e-12)


def test_missing_rows_bring_what_a_smaller_design_would():
    rng = np.random.default_rng(1)
    root = rng.normal(size=(4, 4))
    covariance, basis = root @ root.T + np.eye(4), rng.normal(size=(4, 2))
    seen = np.array([[True, True, True, True], [True, False, True, False]])
    smaller = basis[[0, 2]].T @ np.linalg.inv(covariance[np.ix_([0, 2], [0, 2])]) @ basis[[0, 2]]
    expected = (basis.T @ np.linalg.inv(covariance) @ basis + smaller) / 2
    np.testing.assert_allclose(mean_information(basis, covariance, seen), expected, rtol=1e-10)


def test_unstructured_means_give_the_inflation_of_lu_and_others():
    """Two visits, the second of a share r: Lu, Luo & Chen (2008). It is 1/r, less what the first visit tells.

    With correlation rho the variance of the mean at the second visit is (rho^2 + (1 - rho^2) / r) / n.
    """
    rho, share = 0.6, 0.75
    seen = np.array([[True, True]] * 3 + [[True, False]])
    information = mean_information(np.eye(2), exchangeable(2, rho), seen)
    found = difference_covariance(information, information, sizes=(10, 10))[1, 1]
    assert found == pytest.approx(2 * (rho**2 + (1 - rho**2) / share) / 10, rel=1e-12)


def test_a_shared_baseline_is_generalised_least_squares_with_fewer_columns():
    rng = np.random.default_rng(2)
    basis = np.column_stack([np.ones(5), np.arange(5.0)])
    root = rng.normal(size=(5, 5))
    covariance = root @ root.T + np.eye(5)
    information = mean_information(basis, covariance, np.ones((1, 5), dtype=bool))
    found = difference_covariance(information, information, sizes=(3, 2), shared_baseline=True)
    inverse = np.linalg.inv(covariance)
    rows = [np.column_stack([basis, treated * basis[:, 1]]) for treated in (0, 0, 0, 1, 1)]
    dense = np.linalg.inv(sum(row.T @ inverse @ row for row in rows))
    np.testing.assert_allclose(found, [[0, 0], [0, dense[2, 2]]], rtol=1e-10, atol=1e-14)
    separate = difference_covariance(information, information, sizes=(3, 2))
    assert found[1, 1] < separate[1, 1]


def test_a_slope_from_one_visit_is_refused():
    information = mean_information(np.array([[1.0, 2.0]]), np.eye(1), np.ones((1, 1), dtype=bool))
    with pytest.raises(SpecError, match="two visits"):
        difference_covariance(information, information, sizes=(1, 1))
