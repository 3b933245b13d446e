"""Time in several phases and in other units: columns by their definition, fits and questions against each other."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.cli import main
from alsmodels.model.terms import Term, factor_of, shorten_names
from alsmodels.model.timescale import WEEKS_PER_MONTH, at_weeks, from_weeks, phase_columns


@pytest.fixture(scope="module")
def cohort():
    return als.load_example()


@pytest.fixture(scope="module")
def frame():
    """Three phases with slopes a week of -0.3, -0.1 and -0.2, the drug's 0.1 better in the second, and little noise."""
    rng = np.random.default_rng(8)
    subject = np.repeat([f"p{number:02d}" for number in range(40)], 13)
    week, drug = np.tile(np.arange(0, 73, 6.0), 40), np.repeat(np.arange(40) % 2, 13)
    before, between, after = phase_columns(week, 24, 48)
    y = 40 - 0.3 * before - 0.1 * between - 0.2 * after + 0.1 * drug * between
    y += (
        np.repeat(rng.normal(0, 2, 40), 13) + np.repeat(rng.normal(0, 0.02, 40), 13) * week + rng.normal(0, 0.1, len(y))
    )
    return pd.DataFrame({"subject": subject, "week": week, "arm": np.where(drug, "drug", "control"), "y": y})


def test_phases_add_up_and_end_at_the_knots():
    week = np.array([-2.0, 0, 10, 24, 30, 48, 60.5])
    columns = np.array(phase_columns(week, 24, 48))
    assert_allclose(columns.sum(axis=0), week)
    assert_allclose(columns[1], np.clip(week - 24, 0, 24))
    assert_allclose(columns[2], np.maximum(week - 48, 0))


def test_several_phases_answer_by_phase(frame):
    spec = als.several_phases("y", knots=(24, 48), arm="arm", random="slope")
    fit = als.fit_lmm(spec, frame)
    assert fit.design.fixed_names[-1] == "arm[T.drug]:phase(week, 24, 48)[3]"
    asked = [als.slope(phase=number, arm=arm) for arm in ("control", "drug") for number in (1, 2, 3)]
    asked += [als.change(arm="drug", phase=3), als.slope_difference("drug", "control", phase=2)]
    truth = np.array([-0.3, -0.1, -0.2, -0.3, 0.0, -0.2, -0.2, 0.1]) * WEEKS_PER_MONTH
    table = als.estimate(fit, asked)
    assert_allclose(table["estimate"], truth, atol=5 * table["std_error"].max())
    names = fit.design.fixed_names
    third = names.index("phase(week, 24, 48)[3]")
    assert_allclose(table["estimate"][2], fit.beta[third] * WEEKS_PER_MONTH, rtol=1e-10)


def test_the_standard_questions_know_every_phase(frame):
    spec = als.several_phases("y", knots=(24, 48), arm="arm", random="slope")
    labels = [question.label for question in als.estimands_for(spec, als.build_design(spec, frame))]
    assert "slope, phase 3, drug (per month)" in labels
    assert "change of slope, phase 3 - phase 2, drug - control (per month)" in labels
    assert [label for label in labels if label.startswith("difference, week")] == [
        f"difference, week {week}, drug - control" for week in (24, 48, 72)
    ]


def test_a_phase_that_is_not_there_is_refused(frame):
    fit = als.fit_lmm(als.several_phases("y", knots=(24, 48), arm="arm", random="slope"), frame)
    with pytest.raises(als.AlsModelsError, match="phases 1 to 3"):
        als.estimate(fit, als.slope(phase=4, arm="drug"))


def test_many_fits_know_several_phases(frame):
    spec = als.several_phases("y", knots=(24, 48), arm="arm", random="slope")
    many = als.fit_many(spec, [frame, frame.assign(y=frame["y"] + 1)], estimands=[als.slope(phase=3, arm="drug")])
    one = als.estimate(als.fit_lmm(spec, frame), als.slope(phase=3, arm="drug"))
    assert_allclose(many["estimate"].to_numpy().ravel(), one["estimate"][0], rtol=1e-8)


def test_an_unknown_knot_is_one_knot_in_weeks(frame):
    prior = als.ResponseModel(knot=als.Normal(24, 4))
    for spec in (als.several_phases("y", knots=(24, 48)), als.two_phase("y", knot=6, time="month")):
        with pytest.raises(als.SpecError, match="the one knot of two phases in weeks"):
            als.sample_lmm(spec, frame, response=prior, seed=1)


def test_months_are_weeks_in_another_unit(cohort):
    by_week = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", knot=6 * WEEKS_PER_MONTH), cohort)
    by_month = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", knot=6, time="month"), cohort)
    assert by_month.loglik == pytest.approx(by_week.loglik + _unit_shift(by_week), abs=1e-7)
    scale = np.where(["phase" in name for name in by_week.design.fixed_names], WEEKS_PER_MONTH, 1.0)
    assert_allclose(by_month.beta, by_week.beta * scale, rtol=1e-7)
    assert by_month.design.fixed_names[2:4] == ("phase(month, 6)[1]", "phase(month, 6)[2]")
    weekly = als.estimate(by_week, [als.slope(phase=2, arm="anakinra"), als.difference("anakinra", "control", week=24)])
    asked = [als.slope(phase=2, arm="anakinra"), als.difference("anakinra", "control", month=24 / WEEKS_PER_MONTH)]
    assert_allclose(als.estimate(by_month, asked)["estimate"], weekly["estimate"], rtol=1e-7)


def _unit_shift(fit):
    """What REML owes to the unit: log|X'X| of columns that are shorter by weeks per month."""
    columns = sum("phase" in name for name in fit.design.fixed_names)
    return columns * np.log(WEEKS_PER_MONTH)


def test_months_reach_labels_and_the_standard_questions(cohort):
    spec = als.two_phase("alsfrs_r", arm="arm", knot=6, time="month")
    labels = [question.label for question in als.estimands_for(spec, cohort)]
    assert labels[-2:] == ["difference, month 6, anakinra - control", "difference, month 12, anakinra - control"]
    assert als.difference("a", "b", month=6).label == "difference, month 6, a - b"
    assert als.difference("a", "b", day=28).label == "difference, day 28, a - b"
    assert als.difference("a", "b", week=24) == als.difference("a", "b", week=24.0)


@pytest.mark.parametrize("times", [{}, {"week": 24, "month": 6}, {"month": "6"}, {"week": float("nan")}, {"day": True}])
def test_a_time_is_named_once_and_is_a_number(times):
    with pytest.raises(als.EstimandError):
        als.difference("a", "b", **times)


def test_new_data_need_the_weeks_alone(cohort):
    design = als.build_design(als.linear_decline("alsfrs_r", time="month"), cohort)
    assert_allclose(design.at(pd.DataFrame({"week": [0, 6 * WEEKS_PER_MONTH]})).X, [[1, 0], [1, 6]])
    assert_allclose(design.at(pd.DataFrame({"month": [0, 6]})).X, [[1, 0], [1, 6]])


def test_a_table_of_months_needs_no_weeks(frame):
    months = frame.assign(month=frame["week"] / WEEKS_PER_MONTH)
    one = als.fit_lmm("y ~ arm * month + (month | subject)", months.drop(columns="week"))
    other = als.fit_lmm("y ~ arm * month + (month | subject)", frame)
    assert_allclose(one.beta, other.beta, rtol=1e-9)
    assert_allclose(als.estimate(one, als.slope(arm="drug"))["estimate"], other.beta[2] + other.beta[3], rtol=1e-9)


def test_a_column_called_month_that_is_another_thing_is_refused(frame):
    with pytest.raises(als.DesignError, match=r"'month' in a formula is the time in months,.* row 2 has 1 in week 6"):
        als.build_design("y ~ month + (1 | subject)", frame.assign(month=frame["week"] // 6))
    calendar = frame.assign(month=(frame["week"] // 6).astype(int) % 3)
    assert len(als.build_design("y ~ week + C(month) + (1 | subject)", calendar).fixed_names) == 4


def test_whole_months_stay_whole():
    months = np.arange(0, 37.0)
    assert from_weeks(months * WEEKS_PER_MONTH, "month").tolist() == months.tolist()
    moved = at_weeks(pd.DataFrame({"week": [0.0], "month": [0.0]}), np.array([WEEKS_PER_MONTH]))
    assert moved["month"].tolist() == [1.0]


def test_no_name_prints_sixteen_digits(cohort):
    spec = als.two_phase("alsfrs_r", arm="arm", knot=6 * WEEKS_PER_MONTH)
    assert spec.timescale.knot == 6 * WEEKS_PER_MONTH
    assert als.ModelSpec.from_json(spec.to_json()) == spec
    fit = als.fit_lmm(spec, cohort)
    assert fit.design.fixed_names[2] == "phase(week, 26.0893)[1]"
    assert len(set(fit.design.fixed_names)) == len(fit.design.fixed_names)
    labels = [question.label for question in als.estimands_for(spec, fit.design)]
    for text in (str(fit.summary()), repr(fit.design), " ".join(labels), fit.coefficients.to_string()):
        assert "26.0892857" not in text


def test_priors_per_month_are_the_same_in_weeks_and_months(cohort):
    by_week = als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=6 * WEEKS_PER_MONTH), cohort)
    by_month = als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=6, time="month"), cohort)
    tables = [als.alsfrs_r_priors(design).table() for design in (by_week, by_month)]
    assert tables[0]["per_month"].tolist() == tables[1]["per_month"].tolist()
    assert als.alsfrs_r_priors(by_month).fixed["phase(month, 6)[1]"] == als.Normal(-1.0, 1.0, "HEALEY M-SAP 3.0")


def test_names_stay_apart_where_six_digits_do_not_tell_them():
    terms = [
        Term(f"{text}[1]", (factor_of(text, 0),)) for text in ("phase(week, 24.0000001)", "phase(week, 24.0000002)")
    ]
    assert [term.name for term in shorten_names(terms)] == [term.name for term in terms]


def test_figures_and_marks_are_in_the_unit_of_the_model_or_the_table(frame):
    fit = als.fit_lmm(als.two_phase("y", arm="arm", knot=6, time="month", random="slope"), frame)
    axes = als.plot_trajectories(fit).axes[0]
    assert axes.get_xlabel() == "Months since baseline"
    ticks = np.array([tick for tick in axes.get_xticks() if 0 <= tick <= 72]) / WEEKS_PER_MONTH
    assert_allclose(ticks, np.round(ticks), atol=1e-9)
    assert any(text.get_text() == "knot, month 6" for text in axes.texts)
    short = frame[(frame["arm"] == "drug") | (frame["week"] <= 30)]
    late = als.estimate(als.fit_lmm(fit.spec, short), als.difference("drug", "control", month=12))
    assert late["extrapolated"][0] == "control after month 6.89938"


def test_a_table_of_months_keeps_them_in_figures(frame):
    months = frame.assign(month=frame["week"] / WEEKS_PER_MONTH).drop(columns="week")
    cohort = als.Cohort.from_frame(months, als.Roles("subject", "month", arm="arm", time_unit="month"))
    fit = als.fit_lmm("y ~ arm * phase(month, 6) + (month | subject)", cohort)
    assert fit.spec.timescale == als.TwoPhase(6.0, "month")
    assert fit.design.time_unit == "month"
    assert als.build_design("y ~ week + (1 | subject)", cohort).time_unit == "month"
    assert als.build_design("y ~ week + (1 | subject)", frame).time_unit == "week"
    labels = [axes.get_xlabel() for axes in als.plot_trajectories(als.fit_lmm("y ~ week + (1 | subject)", cohort)).axes]
    assert labels == ["Months since baseline"]


def test_the_command_takes_a_knot_in_the_unit_of_the_table(frame, tmp_path, capsys):
    frame.assign(month=frame["week"] / WEEKS_PER_MONTH).drop(columns="week").to_csv(tmp_path / "t.csv", index=False)
    call = ["fit", str(tmp_path / "t.csv"), "--subject", "subject", "--time", "month", "--time-unit", "month"]
    assert main([*call, "--outcome", "y", "--knot", "6", "--random", "slope"]) == 0
    told = capsys.readouterr().out
    assert "phase(month, 6)" in told
    assert "per month where they are slopes" in told


def test_posteriors_in_months_are_stored_and_answer(frame, tmp_path):
    spec = als.two_phase("y", arm="arm", knot=6, time="month", random="intercept")
    post = als.sample_lmm(spec, frame, method="importance", draws=200, seed=1, on_failure="return")
    als.save_posterior(post, tmp_path / "months.nc")
    back = als.load_posterior(tmp_path / "months.nc")
    assert back.spec == spec
    asked = [als.slope(phase=2, arm="drug"), als.difference("drug", "control", month=9)]
    assert_allclose(als.estimate(back, asked)["estimate"], als.estimate(post, asked)["estimate"])
    new = als.predict(post, pd.DataFrame({"subject": ["new"], "arm": ["drug"], "week": [26.0]}), seed=1)
    assert np.isfinite(new["estimate"]).all()
