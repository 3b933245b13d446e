"""Answers: defined by trajectories, the same whatever the coding, honest about what is not estimated."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.inference.estimates import COLUMNS

MONTH = 365.25 / 12 / 7


@pytest.fixture(scope="module")
def cohort():
    return als.load_example()


@pytest.fixture(scope="module")
def fit(cohort):
    return als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", covariates=["age", "sex"]), cohort)


def test_a_slope_is_the_trajectory_over_its_months(fit):
    means = als.mean_trajectories(fit, weeks=[0, 24, 40]).set_index(["arm", "week"])["estimate"]
    asked = [als.slope(phase=p, arm=a) for a in ("control", "anakinra") for p in (1, 2)]
    by_hand = [
        (means[arm, last] - means[arm, first]) / ((last - first) / MONTH)
        for arm in ("control", "anakinra")
        for first, last in ((0, 24), (24, 40))
    ]
    assert_allclose(als.estimate(fit, asked)["estimate"], by_hand, rtol=1e-10)


def test_covariates_are_held_at_the_subjects_own(fit, cohort):
    mean = als.mean_trajectories(fit, weeks=[0]).set_index("arm")["estimate"]
    people = cohort.subjects.assign(week=0.0, arm="control")
    assert_allclose(mean["control"], (fit.design.at(people).X @ fit.beta).mean(), rtol=1e-12)


def test_answers_do_not_depend_on_the_coding(cohort, fit):
    """The same column space in another coding: no intercept, and the arms in the other order."""
    other = als.fit_lmm("alsfrs_r ~ 0 + arm + arm:phase(week, 24) + age + sex + (phase(week, 24) | subject)", cohort)
    frame = cohort.to_frame()
    frame["arm"] = frame["arm"].cat.reorder_categories(["anakinra", "control"])
    turned = als.fit_lmm(fit.spec, frame)
    asked = [
        als.slope_difference("anakinra", "control", phase=2),
        als.change(arm="anakinra", reference="control"),
        als.difference("anakinra", "control", week=40),
        als.slowing("anakinra", "control", phase=1),
    ]
    expected = als.estimate(fit, asked)
    for again in (other, turned):
        answers = als.estimate(again, asked)
        for column in ("estimate", "std_error", "df", "p_value", "lower"):
            assert_allclose(answers[column], expected[column], rtol=1e-6, err_msg=column)


def test_slowing_is_by_the_delta_method(fit):
    slopes = als.estimate(fit, [als.slope(phase=1, arm=a) for a in ("anakinra", "control")])
    answer = als.estimate(fit, als.slowing("anakinra", "control", phase=1)).iloc[0]
    treated, control = slopes["estimate"]
    assert_allclose(answer["estimate"], 1 - treated / control)
    contrast = als.slowing("anakinra", "control", phase=1).contrast(fit.design)
    step = 1e-6 * fit.bse.to_numpy()
    numeric = [(contrast.value(fit.beta + e) - contrast.value(fit.beta - e)) / (2 * e.sum()) for e in np.diag(step)]
    assert_allclose(contrast.gradient(fit.beta), numeric, rtol=1e-5, atol=1e-9)
    assert_allclose(answer["std_error"], np.sqrt(numeric @ fit.beta_cov @ numeric), rtol=1e-5)


def test_a_ratio_to_a_slope_near_zero_is_noted(cohort):
    fit = als.fit_lmm(als.two_phase("fibrinogen", arm="arm"), cohort)
    asked = [als.slowing("anakinra", "control", phase=1), als.slowing("control", "anakinra", phase=1)]
    notes = [note for note in als.estimate(fit, asked).attrs["notes"] if "ratio" in note]
    assert len(notes) == 1
    assert notes[0].startswith("'slowing, phase 1, anakinra / control' is a ratio to a slope")


def test_the_table_has_the_columns_of_every_engine(fit):
    table = als.estimate(fit, als.slope(phase=1, arm="control"), level=0.9)
    assert tuple(table.columns) == COLUMNS
    row = table.iloc[0]
    assert row["level"] == 0.9
    assert np.isnan(row["probability"])
    assert row["engine"] == "alsmodels REML"
    assert any("died" in note for note in table.attrs["notes"])


def test_the_table_shows_itself(fit):
    table = als.estimate(fit, [als.slope(phase=1, arm="control"), als.slowing("anakinra", "control", phase=1)])
    text = repr(table)
    assert "points per month\n  slope, phase 1, control " in text
    assert "Intervals at 95%, engine alsmodels REML." in text
    assert "Note: 9 subjects died." in text
    assert "probability" not in text
    assert max(map(len, text.splitlines())) <= 100
    page = table._repr_html_()
    assert page.count("<table") == 1
    assert "<em>Note: 9 subjects died." in page
    assert table["p_value"].iloc[0] < 1e-9  # what is shown as <0.0001 keeps its digits


def test_standard_questions_of_two_phases(cohort, fit):
    labels = [asked.label for asked in als.estimands_for(fit.spec, cohort)]
    assert len(labels) == len(set(labels)) == 13
    assert labels[0] == "slope, phase 1, control (per month)"
    assert "difference, week 24, anakinra - control" in labels
    assert "difference, week 48, anakinra - control" in labels
    assert als.estimands_for(fit.spec, fit.design) == als.estimands_for(fit.spec, cohort)


def test_standard_questions_of_three_arms_stand_by_kind(cohort):
    frame = cohort.to_frame()
    frame["arm"] = frame["arm"].astype(str).where(frame["sex"] == "male", "other")
    spec = als.two_phase("alsfrs_r", arm="arm")
    kinds = [asked.label.split(",")[0] for asked in als.estimands_for(spec, als.build_design(spec, frame))]
    for kind in ("slope", "slope difference", "slowing", "difference"):
        places = [place for place, other in enumerate(kinds) if other == kind]
        assert len(places) >= 4
        assert places == list(range(places[0], places[-1] + 1))


def test_standard_questions_without_arms_or_phases(cohort):
    one = als.estimands_for(als.linear_decline("alsfrs_r"), cohort)
    assert [asked.label for asked in one] == ["slope (per month)"]
    assert len(als.estimands_for(als.two_phase("alsfrs_r"), cohort)) == 3
    assert len(als.estimands_for(als.linear_decline("alsfrs_r", arm="arm"), cohort)) == 5


def test_what_the_model_does_not_estimate_is_not_asked(cohort):
    labels = [asked.label for asked in als.estimands_for("alsfrs_r ~ arm + week + (week | subject)", cohort)]
    assert [label.split(",")[0] for label in labels] == ["slope", "slope", "difference"]
    assert als.estimands_for("alsfrs_r ~ arm + (1 | subject)", cohort) == []


def test_every_standard_question_can_be_answered(cohort):
    for baseline in ("separate", "shared"):
        spec = als.two_phase("alsfrs_r", arm="arm", baseline=baseline)
        answers = als.estimate(als.fit_lmm(spec, cohort), als.estimands_for(spec, cohort))
        assert np.isfinite(answers[["estimate", "std_error", "df", "lower", "upper", "p_value"]].to_numpy()).all()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (als.slope(), "name one of control, anakinra"),
        (als.slope(arm="placebo"), "no arm 'placebo'"),
        (als.slope(arm="control", phase=3), "not a phase 3"),
        (als.slope(arm="control", phase=0), "not a phase 0"),
        (als.difference("anakinra", "anakinra", week=24), "sets it to a constant"),
    ],
)
def test_refusals(fit, asked, words):
    with pytest.raises(als.EstimandError, match=words):
        als.estimate(fit, asked)


def test_what_the_model_sets_to_zero_is_not_an_estimate(cohort):
    fit = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", baseline="shared"), cohort)
    with pytest.raises(als.EstimandError, match="sets it to a constant"):
        als.estimate(fit, als.difference("anakinra", "control", week=0))


@pytest.mark.parametrize("asked", ["slope", ["slope"], [3]])
def test_what_is_no_question_is_refused(fit, asked):
    with pytest.raises(als.EstimandError, match="A question is made by slope"):
        als.estimate(fit, asked)


def test_what_lies_beyond_the_last_visit_is_noted(fit):
    table = als.estimate(fit, als.difference("anakinra", "control", week=104))
    notes = [note for note in table.attrs["notes"] if "extrapolated" in note]
    assert table["extrapolated"].item() == "anakinra after week 52.9; control after week 53"
    assert [note.split(": ")[1] for note in notes] == [
        "anakinra was last seen in week 52.9.",
        "control was last seen in week 53.",
    ]


def test_a_level_is_a_share(fit):
    with pytest.raises(als.EstimandError, match="between 0 and 1"):
        als.estimate(fit, als.slope(arm="control"), level=95)


def test_models_without_time_have_no_trajectories(cohort):
    fit = als.fit_lmm("alsfrs_r ~ arm + (1 | subject)", cohort)
    with pytest.raises(als.EstimandError, match="no time in it"):
        als.estimate(fit, als.slope(arm="control"))


def test_covariates_that_change(cohort):
    frame = cohort.to_frame()
    rng = np.random.default_rng(4)
    frame["mood"] = rng.choice(["low", "high"], len(frame))
    frame["weight"] = 70 - frame["week"] / 10 + rng.normal(0, 4, len(frame))
    fit = als.fit_lmm("alsfrs_r ~ week + weight:week + (week | subject)", frame)
    held = als.slope().contrast(fit.design).weights
    assert_allclose(held[2] / held[1], frame["weight"].mean())
    with pytest.raises(als.EstimandError, match="'mood' changes within subjects"):
        als.estimate(als.fit_lmm("alsfrs_r ~ week + mood + (week | subject)", frame), als.slope())


def test_trajectories_have_bands(fit):
    table = als.mean_trajectories(fit)
    assert set(table["arm"]) == {"control", "anakinra"}
    assert 24.0 in set(table["week"])
    assert (table["lower"] < table["estimate"]).all()
    assert (table["estimate"] < table["upper"]).all()
    assert isinstance(table, pd.DataFrame)
