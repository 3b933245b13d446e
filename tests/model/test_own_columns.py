"""Columns that go with time, and columns that no data inform: lme4's numbers (reference/own_columns.R), and rules."""

import json
from pathlib import Path

import dask.dataframe
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.model.clock import Ageing, Curve, Known, Untold, Varying, find_paces
from alsmodels.model.curves import find_curve
from alsmodels.model.notes import NoteKind
from alsmodels.model.timescale import WEEKS_PER_MONTH

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "own_columns.json").read_text(encoding="utf-8"))
# lme4's optimum is to 1e-9 in theta; estimates follow to about 1e-6 of their size.
CLOSE = {"rtol": 2e-6, "atol": 1e-7}


@pytest.fixture(scope="module")
def frame():
    return pd.DataFrame(REFERENCE["data"])


@pytest.mark.parametrize("name", ["broken", "square", "ageing"])
def test_own_columns_move_along_with_the_week_as_lme4_has_it(frame, name):
    known = REFERENCE["fits"][name]
    fit = als.fit_lmm(known["formula"], frame)
    assert_allclose(fit.criterion, known["criterion"], rtol=1e-9)
    asked = [
        als.difference("drug", "control", week=48),
        als.difference("drug", "control", week=30),
        als.slope(arm="drug"),
    ]
    right = [known["difference_48"], known["difference_30"], known["slope_drug_0_48"] * WEEKS_PER_MONTH]
    assert_allclose(als.estimate(fit, asked)["estimate"], right, **CLOSE)
    means = als.mean_trajectories(fit, weeks=[30]).set_index("arm")["estimate"]
    assert_allclose(means["drug"] - means["control"], known["difference_30"], **CLOSE)
    assert [note.kind for note in fit.notes] == [NoteKind.COVARIATE_IN_TIME]


def test_many_fits_take_own_columns_along(frame):
    known = REFERENCE["fits"]["broken"]
    many = als.fit_many(known["formula"], [frame, frame], estimands=[als.difference("drug", "control", week=48)])
    assert_allclose(many["estimate"].to_numpy().ravel(), known["difference_48"], rtol=1e-5)


def test_a_phase_without_visits_of_an_arm_is_left_out_and_the_rest_is_lme4s(frame):
    known = REFERENCE["fits"]["short"]
    short = frame[(frame["arm"] == "drug") | (frame["week"] <= 24)]
    fit = als.fit_lmm(known["formula"], short)
    assert_allclose(fit.criterion, known["criterion"], rtol=1e-9)
    asked = [als.slope(arm="control"), als.slope_difference("drug", "control"), als.slope(arm="drug", phase=2)]
    right = np.array([known[name] for name in ("slope_control_1", "slope_difference_1", "slope_drug_2")])
    assert_allclose(als.estimate(fit, asked)["estimate"], right * WEEKS_PER_MONTH, **CLOSE)
    week_24 = als.estimate(fit, als.difference("drug", "control", week=24))
    assert_allclose(week_24["estimate"], known["difference_24"], **CLOSE)
    (note,) = [note for note in fit.notes if note.kind is NoteKind.OMITTED]
    assert "'arm[T.drug]:phase(week, 24)[2]' is left out" in note
    assert fit.status.message.endswith("as the data do not tell: 'arm[T.drug]:phase(week, 24)[2]'.")
    for question in (als.slope(arm="control", phase=2), als.difference("drug", "control", week=36)):
        with pytest.raises(als.EstimandError, match=r"needs 'arm\[T.drug\]:phase\(week, 24\)\[2\]'"):
            als.estimate(fit, question)
    labels = " ".join(question.label for question in als.estimands_for(fit.spec, fit.design))
    assert "slope, phase 2, drug" in labels
    assert "slope, phase 2, control" not in labels


def test_what_nothing_informs_is_not_drawn(frame):
    short = frame[(frame["arm"] == "drug") | (frame["week"] <= 24)]
    fit = als.fit_lmm("y ~ arm * phase(week, 24) + (week | subject)", short)
    means = als.mean_trajectories(fit, weeks=[12, 24, 36]).set_index(["arm", "week"])["estimate"]
    assert means.isna().to_dict() == {
        (arm, week): arm == "control" and week == 36 for arm in ("control", "drug") for week in (12, 24, 36)
    }
    figure = als.plot_trajectories(fit)
    drawn = [line.get_ydata() for axes in figure.axes for line in axes.lines if len(line.get_ydata()) > 30]
    assert [bool(np.isnan(np.asarray(values, dtype=float)).any()) for values in drawn] == [True, False, False, True]


def test_posteriors_and_many_fits_leave_out_the_same(frame, tmp_path):
    short = frame[(frame["arm"] == "drug") | (frame["week"] <= 24)]
    spec = "y ~ arm * phase(week, 24) + (1 | subject)"
    question = als.slope_difference("drug", "control")
    one = als.estimate(als.fit_lmm(spec, short), question)["estimate"][0]
    many = als.fit_many(spec, [short, short], estimands=[question])
    assert_allclose(many["estimate"].to_numpy().ravel(), one, rtol=1e-7)
    assert any("is left out" in note for note in many.attrs["notes"])
    post = als.sample_lmm(spec, short, method="importance", seed=1)
    table = als.estimate(post, question)
    assert abs(table["estimate"][0] - one) < 0.2 * table["std_error"][0]
    assert np.isnan(als.mean_trajectories(post, weeks=[36]).set_index("arm")["estimate"]["control"])
    als.save_posterior(post, tmp_path / "post.nc")
    again = als.estimate(als.load_posterior(tmp_path / "post.nc"), question)
    assert again["estimate"][0] == table["estimate"][0]


def test_an_empty_visit_and_a_copy_are_left_out_as_by_lme4(frame):
    known = REFERENCE["fits"]["hole"]
    hole = frame[~((frame["arm"] == "control") & (frame["week"] == 36))]
    visits = [f"v{week}" for week in range(0, 49, 6)]
    hole = hole.assign(
        visit=pd.Categorical([f"v{week:g}" for week in hole["week"]], categories=visits), age_twice=2 * hole["age"]
    )
    fit = als.fit_lmm(known["formula"], hole)
    assert_allclose(fit.criterion, known["criterion"], rtol=1e-9)
    assert len(fit.beta) == known["n_fixed"]
    assert [term.name for term in fit.design.encoding.omission.terms] == ["age_twice", "arm[T.drug]:visit[T.v36]"]
    asked = [als.difference("drug", "control", week=24), als.difference("drug", "control", week=48)]
    right = [known["difference_24"], known["difference_48"]]
    assert_allclose(als.estimate(fit, asked)["estimate"], right, **CLOSE)
    means = als.mean_trajectories(fit, weeks=[36]).set_index("arm")["estimate"]
    assert_allclose(means["drug"], known["mean_drug_36"], **CLOSE)
    assert np.isnan(means["control"])
    with pytest.raises(als.EstimandError, match=r"needs 'arm\[T.drug\]:visit\[T.v36\]'"):
        als.estimate(fit, als.difference("drug", "control", week=36))
    with pytest.raises(als.EstimandError, match=r"'visit' goes with time.* week 27 is not told"):
        als.estimate(fit, als.difference("drug", "control", week=27))


def test_slopes_are_told_where_levels_are_not(frame):
    """Each arm comes from a country of its own: levels cannot be compared, changes can."""
    own = frame.assign(country=np.where(frame["arm"] == "drug", "IT", "CH"))
    fit = als.fit_lmm("y ~ country + arm * week + (week | subject)", own)
    plain = als.fit_lmm("y ~ arm * week + (week | subject)", frame)
    slopes = [als.estimate(one, als.slope(arm="drug"))["estimate"][0] for one in (fit, plain)]
    assert_allclose(slopes[0], slopes[1], rtol=1e-9)
    with pytest.raises(als.EstimandError, match="needs 'arm"):
        als.estimate(fit, als.difference("drug", "control", week=24))


def test_new_rows_that_need_what_was_left_out_are_refused(frame):
    short = frame[(frame["arm"] == "drug") | (frame["week"] <= 24)]
    design = als.build_design("y ~ arm * phase(week, 24) + (week | subject)", short)
    assert design.at(pd.DataFrame({"arm": ["control", "drug"], "week": [20.0, 40.0]})).X.shape == (2, 5)
    fit = als.fit_lmm("y ~ arm * phase(week, 24) + (week | subject)", short)
    own = als.estimate(fit, als.contrast({"phase(week, 24)[2]": WEEKS_PER_MONTH}, title="as it is"))
    same = als.estimate(fit, als.contrast({als.slope(arm="drug", phase=2): 1.0}, title="as asked"))
    assert_allclose(own["estimate"], same["estimate"], rtol=1e-12)
    with pytest.raises(als.DesignError, match=r"row 2 of the new data needs 'arm\[T.drug\]"):
        design.at(pd.DataFrame({"arm": ["drug", "control"], "week": [40.0, 40.0]}))


def test_a_column_of_zeros_is_left_out(frame):
    fit = als.fit_lmm("y ~ arm * week + nothing + (1 | subject)", frame.assign(nothing=0.0))
    assert any("no row of the data informs it" in note for note in fit.notes)
    assert_allclose(fit.beta, als.fit_lmm("y ~ arm * week + (1 | subject)", frame).beta, rtol=1e-10)


def paces(frame, **columns):
    table = frame.assign(**columns)
    starts = np.flatnonzero(np.append(True, table["subject"].to_numpy()[1:] != table["subject"].to_numpy()[:-1]))
    return find_paces(table, np.append(starts, len(table)), tuple(columns))


def test_what_goes_with_time_is_told_by_kind(frame):
    rng = np.random.default_rng(1)
    week, person = frame["week"], pd.factorize(frame["subject"])[0]
    steady, dose = rng.normal(50, 9, person.max() + 1)[person], rng.uniform(1, 9, person.max() + 1)[person]
    found = paces(
        frame,
        age=steady,
        month=week / WEEKS_PER_MONTH,
        rounded_age=(steady + week / 52).round(3),
        rough_age=np.floor(steady + 2 * week / 52),
        broken=np.clip(week - 12, 0, 24),
        root=3 * np.sqrt(week) - 1,
        after=(week > 24).astype(float),
        treated_after=np.where(frame["arm"] == "drug", np.maximum(week - 24, 0), 0),
        dose_time=dose * week,
        fvc=80 - 0.3 * week + rng.normal(0, 5, len(week)),
        gastrostomy=((person % 4 == 0) & (week > 20)).astype(float),
        label=week.map("week {:g}".format),
    )
    kinds = {name: type(pace) for name, pace in found.items()}
    assert kinds == {
        "month": Ageing,
        "rounded_age": Ageing,
        "rough_age": Untold,
        "broken": Curve,
        "root": Curve,
        "after": Known,
        "treated_after": Untold,
        "dose_time": Untold,
        "fvc": Varying,
        "gastrostomy": Varying,
        "label": Known,
    }
    assert found["rounded_age"].rate == pytest.approx(1 / 52, rel=1e-3)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x: 3 - 2 * x, "a line"),
        (lambda x: (x - 20) ** 2, "a square"),
        (lambda x: x**3 / 100 - x, "a cube"),
        (lambda x: 5 * np.sqrt(x), "a root"),
        (lambda x: 2 - np.log1p(x), "a logarithm"),
        (lambda x: np.maximum(x - 24, 0), "a broken line"),
        (lambda x: np.maximum(x - 25.7, 0), "a broken line"),
        (lambda x: np.clip(x, 9.5, 31), "a broken line"),
    ],
)
def test_a_curve_through_all_points_is_the_function(function, words):
    x = np.arange(0, 53, 4.0)
    found = find_curve(x, function(x), 1e-9)
    assert found is not None
    assert found[0] == words
    between = np.linspace(0, 52, 201)
    assert_allclose(found[1](between), function(between), atol=1e-7)


def test_no_curve_is_guessed_from_too_few_points_or_through_a_jump():
    for x, y in (
        ([0, 12, 24, 36], [0, 0, 0, 12]),
        ([0, 24], [0, 24]),
        (np.arange(0, 50, 4.0), np.arange(0, 50, 4) > 24),
        (np.arange(0, 50, 4.0), np.sin(np.arange(0, 50, 4.0))),
    ):
        assert find_curve(np.array(x, dtype=float), np.array(y, dtype=float), 1e-9) is None


def test_a_function_of_time_that_is_not_told_refuses_questions_by_name(frame):
    table = frame.assign(treated_after=np.where(frame["arm"] == "drug", np.maximum(frame["week"] - 24, 0), 0))
    fit = als.fit_lmm("y ~ arm * week + treated_after + (week | subject)", table)
    assert any("questions about means and slopes are refused" in note for note in fit.notes)
    for ask in (als.slope(arm="drug"), als.difference("drug", "control", week=24)):
        with pytest.raises(als.EstimandError, match=r"'treated_after' goes with time .* differs between arms"):
            als.estimate(fit, ask)
    with pytest.raises(als.EstimandError, match="'treated_after'"):
        als.mean_trajectories(fit)
    assert als.estimands_for(fit.spec, fit.design) == []


def test_a_covariate_that_varies_is_held_at_its_mean_and_said(frame):
    table = frame.assign(fvc=80 + np.random.default_rng(2).normal(0, 5, len(frame)))
    fit = als.fit_lmm("y ~ arm * week + fvc + (week | subject)", table)
    (note,) = fit.notes
    assert "'fvc' changes from visit to visit" in note
    assert f"{table['fvc'].mean():.4g}" in note


def test_registries_refuse_what_goes_with_time(frame):
    parts = dask.dataframe.from_pandas(frame, npartitions=1)
    registry = als.fit_parts("y ~ arm * week + arm * post + (week | subject)", parts)
    with pytest.raises(als.EstimandError, match="'post' goes with time"):
        als.estimate(registry, als.slope(arm="drug"))


@pytest.mark.parametrize("unit", ["week", "day", "month"])
def test_formulas_may_have_the_names_of_the_table(frame, unit):
    outside = frame.rename(columns={"subject": "pat.no", "week": "since", "arm": "treatment"})
    if unit != "week":
        outside["since"] *= 7 if unit == "day" else 1 / WEEKS_PER_MONTH
    cohort = als.Cohort.from_frame(outside, als.Roles("pat.no", "since", arm="treatment", time_unit=unit))
    fit = als.fit_lmm("y ~ treatment * since + (since | pat.no)", cohort)
    assert fit.spec == als.ModelSpec(f"y ~ arm * {unit} + ({unit} | subject)")
    many = als.fit_many("y ~ treatment * since + (1 | pat.no)", [cohort, cohort])
    assert many.attrs["formula"] == f"y ~ arm + {unit} + arm:{unit} + (1 | subject)"


def test_a_unit_outside_that_is_another_inside_is_refused(frame):
    cohort = als.Cohort.from_frame(frame.rename(columns={"week": "day"}), als.Roles("subject", "day", arm="arm"))
    with pytest.raises(als.DesignError, match=r"'day' was read in weeks.*time_unit='day'"):
        als.fit_lmm("y ~ arm * day + (day | subject)", cohort)


def test_a_covariate_of_visits_on_days_of_their_own_is_no_function_of_time():
    """Where no two visits share a week, every covariate has one value in each week; that tells nothing."""
    rng = np.random.default_rng(3)
    subject = np.repeat(np.arange(40), 6)
    week = np.sort(rng.uniform(0, 52, (40, 6)), axis=1).ravel()
    fvc = 90 - 0.4 * week + rng.normal(0, 5, 40)[subject] + rng.normal(0, 3, len(week))
    y = 38 - 0.2 * week + 0.05 * fvc + rng.normal(0, 3, 40)[subject] + rng.normal(size=len(week))
    table = pd.DataFrame({"subject": subject.astype(str), "week": week, "fvc": fvc, "y": y})
    fit = als.fit_lmm("y ~ week + fvc + (week | subject)", table)
    answer = als.estimate(fit, als.slope())
    assert_allclose(answer["estimate"], fit.params["week"] * WEEKS_PER_MONTH)
    assert NoteKind.COVARIATE_IN_TIME in {note.kind for note in answer.attrs["notes"]}
    curved = table.assign(fvc=np.exp(week / 20) + 0.1 * np.sin(week))
    with pytest.raises(als.EstimandError, match="'fvc' goes with time"):
        als.estimate(als.fit_lmm("y ~ week + fvc + (week | subject)", curved), als.slope())
