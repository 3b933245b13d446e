"""Slowing is asked of what declines, and of a reference that does."""

import numpy as np
import pytest

import alsmodels as als

SPEC = als.linear_decline("alsfrs_r", arm="arm")
SLOWING = als.slowing("anakinra", "control")


@pytest.fixture(scope="module")
def cohort():
    return als.load_example()


def test_the_standard_set_asks_it_of_declining_outcomes_alone(cohort):
    assert any(isinstance(one, type(SLOWING)) for one in als.estimands_for(SPEC, cohort))
    for outcome in ("log(il6)", "fibrinogen"):
        spec = als.linear_decline(outcome, arm="arm")
        assert not any(isinstance(one, type(SLOWING)) for one in als.estimands_for(spec, cohort))


def test_what_rises_by_nature_is_refused():
    frame = als.load_example().to_frame()
    roles = als.Roles("subject", "week", "arm")
    burden = als.Outcome("burden", direction="lower is better")
    cohort = als.Cohort.from_frame(frame.assign(burden=60 - frame["alsfrs_r"]), roles, outcomes=[burden])
    fit = als.fit_lmm(als.linear_decline("burden", arm="arm"), cohort)
    with pytest.raises(als.EstimandError, match="declared as 'lower is better', so it rises"):
        als.estimate(fit, SLOWING)


@pytest.mark.parametrize("engine", ["fit", "post"])
def test_a_reference_that_does_not_decline_has_no_answer_and_a_reason(cohort, engine):
    frame = cohort.to_frame()
    turned = frame.assign(alsfrs_r=frame["alsfrs_r"].where(frame["arm"] != "control", 30 + frame["week"] / 10))
    turned["alsfrs_r"] += np.random.default_rng(1).normal(0, 1, len(turned))
    fit = als.fit_lmm(SPEC, turned) if engine == "fit" else als.sample_lmm(SPEC, turned, method="importance", seed=1)
    found = als.estimate(fit, [als.slope(arm="control"), SLOWING])
    assert found["estimate"].iloc[0] > 0
    assert np.isnan(found[["estimate", "std_error", "lower", "upper"]].iloc[1].astype(float)).all()
    said = "'slowing, anakinra / control' has no answer: control does not decline"
    assert sum(note.startswith(said) for note in found.attrs["notes"]) == 1
    figure = als.plot_estimates(fit, [als.slope(arm="control"), SLOWING])
    assert "no answer" in [text.get_text() for text in figure.axes[1].texts]
    other = als.estimate(fit, als.slowing("control", "anakinra"))
    assert np.isfinite(other["estimate"]).all()
