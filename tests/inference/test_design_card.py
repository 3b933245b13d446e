"""Closed forms against arithmetic and simulation; the card, its sentences and what it refuses.

Comparisons with simulation allow four Monte Carlo errors; the seeds are fixed.
"""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from simulated import ERRORS

import alsmodels as als
from alsmodels.errors import SpecError
from alsmodels.inference.closed_form import precision_of
from alsmodels.inference.outlook import look_ahead, score_covariance
from alsmodels.inference.trials import analyse_trials, summarise_trials
from alsmodels.model.power import detectable_effect, power_for
from alsmodels.simulation import truths

ARMS = {"control": 47, "treated": 17}
MONTH = 365.25 / 12 / 7


def spread_by(sd):
    """The Gaussian truth with one SD for both slopes."""
    truth = truths.gaussian()
    slopes = tuple(replace(slope, sd=sd) for slope in truth.decline.slopes)
    return replace(truth, decline=replace(truth.decline, slopes=slopes))


def one_slope(truth):
    """The same truth with one slope over all weeks."""
    kept = tuple(pair for pair in truth.correlations if "slope 2" not in (pair.first, pair.second))
    decline = replace(truth.decline, slopes=truth.decline.slopes[:1], knot=None)
    return replace(truth, decline=decline, correlations=kept)


@pytest.mark.parametrize(
    ("weeks", "sd", "seen"), [(24, 0.66, 0.60), (24, 0.76, 0.67), (48, 0.66, 0.54), (48, 0.76, 0.61)]
)
def test_17_against_47_see_what_arithmetic_says(weeks, sd, seen):
    """80% power at two-sided 5%, visits every 4 weeks, normal quantiles: 0.60-0.67 and 0.54-0.61 points a month."""
    table = als.expected_precision(one_slope(spread_by(sd)), arms=ARMS, weeks=weeks)
    months = np.arange(0, weeks + 1, 4) / MONTH
    by_hand = np.sqrt((1 / 47 + 1 / 17) * (sd**2 + 1.8**2 / ((months - months.mean()) ** 2).sum()))
    assert table["std_error"].iloc[0] == pytest.approx(by_hand, rel=1e-9)
    assert detectable_effect(table["std_error"].iloc[0]).round(2) == pytest.approx(seen)


def test_unstructured_means_of_complete_data_are_a_t_test_on_changes():
    outlook = look_ahead(truths.gaussian(), arms=ARMS, weeks=24)
    covariance = score_covariance(outlook, 0, np.array([[0.0, 24.0]]), np.array([0, 6]))[0]
    change = covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1]
    assert precision_of(outlook)["std_error"].iloc[1] == pytest.approx(np.sqrt(change * (1 / 47 + 1 / 17)), rel=1e-9)


def test_the_covariance_is_that_of_simulated_scores():
    """Jitter and missed visits are left out of it here, so that each column is one nominal week."""
    truth = truths.realistic()
    kept = replace(truth, schedule=replace(truth.schedule, jitter_days=0.0, missed=0.0), death=None, withdrawal=None)
    truth = replace(kept, decline=replace(kept.decline, baseline_range=None), scale=truths.gaussian().scale)
    outlook = look_ahead(truth, weeks=24)
    scores = outlook.course.observed[outlook.members(0)]
    centred = scores - scores.mean(axis=0)
    products = centred[:, :, None] * centred[:, None, :]
    errors = products.std(axis=0) / np.sqrt(len(scores))
    expected = score_covariance(outlook, 0, outlook.course.weeks[:1], slice(None))[0]
    assert (np.abs(products.mean(axis=0) - expected) < ERRORS * errors).all()


@pytest.mark.parametrize(
    ("truth", "arms", "weeks", "baseline"),
    [
        (truths.gaussian(shift=(0.6,)), ARMS, 24.0, "separate"),
        (truths.gaussian(shift=(0.6, 0.2)), ARMS, 52.0, "separate"),
        (truths.gaussian(shift=(0.3,)), {"control": 40, "treated": 80}, 24.0, "shared"),
    ],
)
def test_formulas_agree_with_simulated_trials(truth, arms, weeks, baseline):
    """Standard error, power and coverage of both models, 400 trials each; the fits estimate their variances."""
    outlook = look_ahead(truth, arms=arms, weeks=weeks)
    table = precision_of(outlook, baseline=baseline)
    effects = dict(zip(table["estimand"], table["effect"], strict=True))
    trials = analyse_trials(outlook, n_replicates=400, seed=3, baseline=baseline)
    found = summarise_trials(trials, effects)
    assert found["failed"].eq(0).all()
    assert found["estimand"].tolist() == table["estimand"].tolist()
    power = power_for(table["effect"], table["std_error"], df=table["df"].iloc[0])
    assert (np.abs(found["empirical_se"] - table["std_error"]) < ERRORS * found["empirical_se_mcse"]).all()
    assert (np.abs(found["power"] - power) < ERRORS * np.sqrt(power * (1 - power) / 400)).all()
    assert (np.abs(found["bias"]) < ERRORS * found["bias_mcse"]).all()
    assert (np.abs(found["coverage"] - 0.95) < ERRORS * np.sqrt(0.95 * 0.05 / 400)).all()


@pytest.mark.slow
@pytest.mark.parametrize("make", [truths.anakinra_like, truths.realistic, truths.healey_like])
def test_formulas_are_near_where_truths_are_unkind(make):
    """2,000 trials: at most 6% off and four Monte Carlo errors, with skewness, floor, ceiling, informative exits."""
    outlook = look_ahead(make())
    table = precision_of(outlook)
    trials = analyse_trials(outlook, n_replicates=2000, seed=5)
    found = summarise_trials(trials, dict(zip(table["estimand"], table["effect"], strict=True)))
    gap = np.abs(found["empirical_se"] - table["std_error"])
    assert (gap < 0.06 * table["std_error"] + ERRORS * found["empirical_se_mcse"]).all()


def test_a_trial_is_what_fitting_its_cohort_gives():
    outlook = look_ahead(truths.anakinra_like(), weeks=24)
    trials = analyse_trials(outlook, n_replicates=3, seed=8)
    cohort = als.simulate_many(outlook.truth, arms={"control": 47, "anakinra": 17}, n_replicates=3, seed=8).cohort(2)
    fit = als.fit_lmm("alsfrs_r ~ arm * week + (week | subject)", cohort)
    asked = als.slope_difference("anakinra", "control")
    expected = als.estimate(fit, asked).iloc[0]
    found = trials.query("replicate == 2 and estimand == @asked.label").iloc[0]
    for name in ("estimate", "std_error", "df", "lower", "upper"):
        assert found[name] == pytest.approx(expected[name], rel=1e-5)


def test_the_sample_size_has_the_power_and_one_less_has_not():
    truth = truths.gaussian()
    sizes = als.sample_size(truth, weeks=24, effect=0.3, arms={"control": 1, "treated": 2}, power=0.9)
    assert sizes["treated"] == pytest.approx(2 * sizes["control"], abs=1)

    def power_of(sizes):
        row = als.expected_precision(truth, arms=sizes, weeks=24).iloc[0]
        return float(power_for(0.3, row["std_error"], df=row["df"]))

    assert power_of(sizes) >= 0.9
    assert power_of({name: n - 1 for name, n in sizes.items()}) < 0.9


def test_arms_seen_at_other_weeks_are_compared_at_those_they_share():
    truth = truths.gaussian()
    rare = truths.Schedule.every(12, until=48)
    table = als.expected_precision(truth.vary_arm("control", schedule=rare), arms=ARMS)
    assert table["estimand"].iloc[-1] == "difference of change to week 48, treated - control"
    often = als.expected_precision(truth, arms=ARMS)
    assert (table["std_error"] > often["std_error"]).tolist()[:2] == [True, True]


@pytest.fixture(scope="module")
def card():
    return als.design_card(truths.anakinra_like(), weeks=24, controls="historical", n_replicates=60, seed=2)


def test_the_card_is_of_the_smallest_effect_seen_where_the_truth_has_none(card):
    row = card.table.iloc[0]
    assert row["effect"] == pytest.approx(row["formula_detectable"], rel=0.01)
    assert row["formula_power"] == pytest.approx(0.8, abs=0.005)
    assert card.truth.slopes()["difference"].iloc[1] == pytest.approx(row["effect"])
    months = 24 / MONTH
    assert card.table["effect"].iloc[1] == pytest.approx(row["effect"] * months)


def test_expected_deaths_and_dropouts_are_those_of_the_hazards():
    truth = truths.healey_like()
    card = als.design_card(truth, n_replicates=0, controls="randomised")
    arms = card.arms.set_index("arm")
    assert arms["n"].to_dict() == {"placebo": 40, "active": 120}
    died = 1 - als.expected_survival(truth, 24)["survival"].iloc[0]
    # Withdrawal takes some before they die: at most the 11% that it takes in all.
    for name, n in (("placebo", 40), ("active", 120)):
        share = arms.loc[name, "deaths"] / n
        assert 0.89 * died - ERRORS * np.sqrt(died / 2000) < share < died + ERRORS * np.sqrt(died / 2000)


def test_the_card_tells_formula_and_simulation_side_by_side(card):
    text = repr(card)
    assert "assumed effect" in text
    assert "true effect" not in f"{text} {card._repr_html_()}".lower()
    assert "47 control v 17 anakinra, historical controls, 24 weeks" in text
    row = card.table.iloc[0]
    assert f"{row['formula_std_error']:.3f}" in text
    assert f"{row['simulated_std_error']:.3f} ± {row['simulated_std_error_mcse']:.3f}" in text
    assert max(map(len, text.splitlines())) <= 100
    assert "<table" in card._repr_html_()
    gap = abs(row["simulated_std_error"] - row["formula_std_error"])
    assert gap < ERRORS * row["simulated_std_error_mcse"]


def test_it_says_what_historical_controls_cannot_show_and_of_randomised_ones_does_not(card):
    said = " ".join(card.verdicts)
    assert "nobody was randomised" in said
    assert "PHOENIX" in said
    randomised = als.design_card(truths.gaussian(), weeks=24, controls="randomised", baseline="shared", n_replicates=0)
    assert "historical" not in " ".join(randomised.verdicts)
    assert "had nobody died" not in " ".join(randomised.verdicts)


def test_a_difference_of_populations_is_told_apart_from_treatment():
    truth = truths.anakinra_like().vary_arm("control", drift=0.9)
    card = als.design_card(truth, weeks=24, effect=0.2, controls="historical", n_replicates=0)
    # The others decline at 0.8, the controls at 0.72 a month.
    assert card.table["effect"].iloc[0] == pytest.approx(0.2 - 0.08)
    assert any("-0.08 points a month of the difference" in sentence for sentence in card.verdicts)


def test_a_card_is_json(card):
    again = json.loads(json.dumps(card.to_dict()))
    assert als.Truth.from_dict(again["truth"]) == card.truth
    pd.testing.assert_frame_equal(pd.DataFrame(again["table"]), card.table)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weeks": 90}, "week 52"),
        ({"weeks": 0}, "between week 0"),
        ({"arms": {"control": 20}}, "compares two arms"),
        ({"baseline": "shared"}, "randomised arms"),
        ({"controls": "matched"}, "'randomised' or 'historical'"),
        ({"controls": None}, "Say what the controls are"),
        ({"n_replicates": 1}, "n_replicates"),
        ({"effect": float("nan")}, "finite number"),
        ({"power": 0.01}, "above its level"),
        ({"arms": {"control": 20, "drug": 20}}, "no arm 'drug'"),
    ],
)
def test_what_makes_no_card_is_refused(changes, words):
    with pytest.raises(SpecError, match=words):
        als.design_card(truths.anakinra_like(), **({"controls": "historical"} | changes))


def test_a_sample_size_needs_an_effect():
    with pytest.raises(SpecError, match="effect of 0"):
        als.sample_size(truths.gaussian(), weeks=24)
