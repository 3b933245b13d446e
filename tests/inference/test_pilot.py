"""Truths drawn from a posterior, and assurance: against the draws themselves and against sums done here."""

from dataclasses import replace

import numpy as np
import pytest

import alsmodels as als
from alsmodels.errors import SpecError
from alsmodels.simulation import truths

MONTH = 365.25 / 12 / 7
ARMS = {"control": 100, "anakinra": 100}


@pytest.fixture(scope="module")
def cohort():
    return als.load_example()


@pytest.fixture(scope="module")
def pilot(cohort):
    return als.sample_lmm(als.two_phase("alsfrs_r", arm="arm", knot=24), cohort, method="importance", seed=1)


@pytest.fixture(scope="module")
def drawn(pilot):
    return als.pilot_truths(pilot, truths.anakinra_like(), arm="anakinra", reference="control", n_truths=40, seed=1)


def test_a_truth_is_a_draw_of_the_posterior(pilot, drawn):
    """Each truth has the numbers of the draw it is named after, in points and months."""
    names = list(pilot.design.fixed_names)
    beta, sd, sigma = pilot.stacked("beta"), pilot.stacked("sd"), pilot.stacked("sigma")
    for truth in drawn[:5]:
        at = int(truth.name.rsplit(" ", 1)[1])
        by_name = dict(zip(names, beta[at], strict=True))
        assert truth.decline.baseline_mean == pytest.approx(by_name["(Intercept)"])
        assert truth.decline.slopes[1].mean == pytest.approx(MONTH * by_name["phase(week, 24)[2]"])
        shift = MONTH * by_name["arm[T.anakinra]:phase(week, 24)[1]"]
        assert truth.slopes()["difference"].iloc[1] == pytest.approx(shift)
        spreads = [truth.decline.baseline_sd, *(slope.sd / MONTH for slope in truth.decline.slopes)]
        assert spreads == pytest.approx(sd[at].tolist())
        assert truth.residual.sds == pytest.approx((sigma[at],))
        pair = {(one.first, one.second): float(one.value) for one in truth.correlations}
        correlation = pilot.correlation_draws("phase(week, 24)[1]", "phase(week, 24)[2]")[at]
        assert pair["slope 1", "slope 2"] == pytest.approx(correlation)


def test_visits_deaths_and_dropout_are_those_of_the_template(drawn):
    template = truths.anakinra_like()
    assert {(one.schedule, one.death, one.withdrawal) for one in drawn} == {
        (template.schedule, template.death, template.withdrawal)
    }
    assert als.Truth.from_json(drawn[0].to_json()) == drawn[0]


def test_assurance_is_the_mean_power_over_the_truths(drawn):
    found = als.expected_assurance(drawn, arms=ARMS, weeks=24)
    one = als.expected_precision(drawn[3], arms=ARMS, weeks=24).iloc[0]
    power = als.power_for(one["effect"], one["std_error"], df=198, direction="above")
    assert found.draws["effect"].iloc[3] == pytest.approx(one["effect"])
    # The formula averages over the visits of 200 subjects here and of 2,000 there.
    assert found.draws["std_error"].iloc[3] == pytest.approx(one["std_error"], rel=0.03)
    assert found.draws["power"].iloc[3] == pytest.approx(power, abs=0.03)
    assert found.value == pytest.approx(found.draws["power"].mean())
    assert found.mcse == pytest.approx(found.draws["power"].std() / np.sqrt(40))
    assert "over 40 truths" in repr(found)


def test_more_subjects_bring_assurance_to_its_ceiling_and_not_beyond(drawn):
    small, large, vast = (
        als.expected_assurance(drawn, arms=dict.fromkeys(ARMS, n), weeks=24) for n in (30, 300, 10**7)
    )
    assert small.value < large.value < vast.value
    assert vast.value == pytest.approx(vast.ceiling, abs=0.01)


def test_a_discount_shrinks_the_effect_and_a_drift_blurs_it(drawn):
    plain, halved, blurred = (
        als.expected_assurance(drawn, arms=ARMS, weeks=24, **changes)
        for changes in ({}, {"discount": 0.5}, {"drift_sd": 0.3, "seed": 2})
    )
    np.testing.assert_allclose(halved.draws["effect"], plain.draws["effect"] / 2)
    assert halved.value < plain.value
    drift = blurred.draws["effect"] - plain.draws["effect"]
    assert drift.std() == pytest.approx(0.3, abs=4 * 0.3 / np.sqrt(2 * 39))
    no_effect = als.expected_assurance(drawn, arms=ARMS, weeks=24, discount=1.0)
    assert no_effect.value == pytest.approx(0.025)


def test_what_gives_no_assurance_is_refused(drawn, pilot, cohort):
    with pytest.raises(SpecError, match="two truths or more"):
        als.expected_assurance(drawn[:1], arms=ARMS)
    with pytest.raises(SpecError, match="discount from 0 to 1"):
        als.expected_assurance(drawn, arms=ARMS, discount=1.5)
    with pytest.raises(SpecError, match="no phase 2"):
        als.expected_assurance(drawn, arms=ARMS, weeks=24, phase=2)
    with pytest.raises(SpecError, match="draws"):
        als.pilot_truths(pilot, truths.gaussian(), arm="anakinra", reference="control", n_truths=10**6, seed=1)
    other = als.sample_lmm("alsfrs_r ~ arm * week + (1 | subject)", cohort, method="importance", seed=1)
    with pytest.raises(SpecError, match="random slope in each phase"):
        als.pilot_truths(other, truths.gaussian(), arm="anakinra", reference="control", seed=1)
    heavy = replace(pilot, response=als.ResponseModel(tails="student_t"))
    with pytest.raises(SpecError, match="Student-t residuals"):
        als.pilot_truths(heavy, truths.gaussian(), arm="anakinra", reference="control", seed=1)
