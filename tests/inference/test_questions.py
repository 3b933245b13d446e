"""Every kind of question against contrasts by hand, emmeans, both engines, and its own record."""

import dask.dataframe
import numpy as np
import pandas as pd
import pytest
from foreign import read, table
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.inference.questions import question_record, read_question
from alsmodels.inference.targets import true_value, why_unknown

MONTH = 365.25 / 12 / 7
NUMBERS = ["estimate", "std_error", "df", "lower", "upper", "p_value"]
TOLERANCE = {"rtol": 1e-6, "atol": 1e-9}  # both optima are verified to 1e-9 in the criterion


def kept(name):
    """A fit of the data of emmeans' answers, and the answers."""
    asked = read("questions")["fits"][name]
    return als.fit_lmm(asked["alsmodels_formula"], table(asked["source"])), asked


@pytest.fixture(scope="module")
def covariates():
    return kept("covariates")


@pytest.fixture(scope="module")
def marker():
    return kept("marker")


@pytest.fixture(scope="module")
def cohort():
    return als.load_example()


@pytest.fixture(scope="module")
def fit(cohort):
    return als.fit_lmm(als.two_phase("alsfrs_r", arm="arm"), cohort)


def of_emmeans(name, arm, reference, at):
    months = (0, 48 / MONTH)
    return {
        "mean": als.mean(arm, week=36),
        "change_from_baseline": als.change_from_baseline(arm, week=48),
        "change_difference": als.change_from_baseline(arm, reference, week=48),
        "average_slope": als.slope(arm=arm, months=months),
        "subgroup_mean": als.mean(arm, month=36 / MONTH, at=at),
        "subgroup_difference": als.difference(arm, reference, week=36, at=at),
        "subgroup_slope_difference": als.slope_difference(arm, reference, phase=2, at=at),
    }[name]


@pytest.mark.parametrize("name", list(read("questions")["fits"]["covariates"]["questions"]))
def test_against_emmeans(covariates, name):
    fit, asked = covariates
    question = of_emmeans(name, asked["arm"], asked["reference"], asked["at"])
    found, expected = als.estimate(fit, question).iloc[0], asked["questions"][name]
    for column in NUMBERS:
        # lmerTest's df are by numerical derivatives
        assert_allclose(found[column], expected[column], rtol=2e-4 if column == "df" else 1e-4, err_msg=column)
    assert_allclose(found["estimate"], expected["estimate"], **TOLERANCE)
    assert_allclose(found["std_error"], expected["std_error"], rtol=1e-5)


@pytest.mark.parametrize("name", list(read("questions")["fits"]["marker"]["questions"]))
def test_ratios_against_emmeans(marker, name):
    fit, asked = marker
    arm, reference = asked["arm"], asked["reference"]
    question = {
        "mean": als.mean(arm, week=24),
        "difference": als.difference(arm, reference, week=24),
        "change_from_baseline": als.change_from_baseline(arm, week=24),
        "slope": als.slope(arm=arm),
        "slope_difference": als.slope_difference(arm, reference),
    }[name]
    plain, turned = als.estimate(fit, question).iloc[0], als.estimate(fit, question, scale="ratio").iloc[0]
    expected = asked["questions"][name]
    assert_allclose(plain["estimate"], expected["estimate"], **TOLERANCE)
    assert_allclose(turned[["p_value", "df"]].astype(float), plain[["p_value", "df"]].astype(float))
    percent = "slope" in name
    for column in ("estimate", "std_error", "lower", "upper"):
        value = expected["ratio"][column]
        if percent:
            value = 100 * value if column == "std_error" else 100 * (value - 1)
        assert_allclose(turned[column], value, rtol=1e-4, atol=1e-6, err_msg=column)


def test_labels_and_units_of_ratios(marker):
    fit, asked = marker
    arm, reference = asked["arm"], asked["reference"]
    questions = [als.mean(arm, week=24), als.difference(arm, reference, week=24), als.slope(arm=arm)]
    found = als.estimate(fit, questions, scale="ratio")
    assert list(found["estimand"]) == [
        "geometric mean, week 24, anakinra",
        "ratio of geometric means, week 24, anakinra / control (ratio)",
        "slope, anakinra (per cent per month)",
    ]
    assert list(found["unit"]) == ["units of il6", "ratio", "per cent per month"]


def test_ratios_of_a_posterior_are_of_its_draws(marker):
    fit, asked = marker
    post = als.sample_lmm(fit.spec, table(asked["source"]), method="importance", seed=3)
    question = als.difference(asked["arm"], asked["reference"], week=24)
    found = als.estimate(post, question, scale="ratio").iloc[0]
    draws = post.stacked("beta") @ question.contrast(post.design).weights
    assert_allclose(found["estimate"], np.exp(draws).mean())
    assert_allclose([found["lower"], found["upper"]], np.exp(np.quantile(draws, [0.025, 0.975])))
    assert found["probability"] == np.mean(draws > 0)  # of being above 1
    assert als.estimate(post, question, scale="ratio", margin=0.5)["probability"].item() == np.mean(np.exp(draws) > 0.5)


def test_bases_of_logarithms(marker):
    _, asked = marker
    frame = table(asked["source"])
    natural, binary = (als.fit_lmm(f"{log}(il6) ~ arm * week + (week || subject)", frame) for log in ("log", "log2"))
    question = als.slope(arm="control")
    ours, theirs = (als.estimate(one, question, scale="ratio")[NUMBERS] for one in (natural, binary))
    assert_allclose(ours, theirs, rtol=1e-6)


def test_trajectories_on_the_ratio_scale(marker):
    fit, _ = marker
    plain, turned = (als.mean_trajectories(fit, weeks=[0, 24], scale=scale) for scale in ("model", "ratio"))
    for column in ("estimate", "lower", "upper"):
        assert_allclose(turned[column], np.exp(plain[column]))
    assert_allclose(turned["std_error"], turned["estimate"] * plain["std_error"])


def test_a_ratio_scale_is_for_logarithms(fit):
    for ask in (
        lambda: als.estimate(fit, als.slope(arm="control"), scale="ratio"),
        lambda: als.mean_trajectories(fit, scale="ratio"),
    ):
        with pytest.raises(als.EstimandError, match=r"a model of log\(alsfrs_r\) has such answers"):
            ask()
    with pytest.raises(als.EstimandError, match="'model' or 'ratio'"):
        als.estimate(fit, als.slope(arm="control"), scale="log")


def test_ratios_in_figures(marker):
    fit, asked = marker
    questions = [als.difference(asked["arm"], asked["reference"], week=24), als.slope(arm=asked["arm"])]
    figure = als.plot_estimates(fit, questions, scale="ratio")
    assert [ax.get_xlabel() for ax in figure.axes] == ["Ratio", "Change in per cent per month"]
    lines = [next(line for line in ax.lines if list(line.get_ydata()) == [0, 1]) for ax in figure.axes]
    assert [line.get_xdata()[0] for line in lines] == [1.0, 0.0]


def test_by_hand(fit):
    """Each is a sum of means, whose rows of weights are those of trajectories."""
    means = als.mean_trajectories(fit, weeks=[0, 12, 36]).set_index(["arm", "week"])["estimate"]
    a, c = "anakinra", "control"
    rise = {arm: means[arm, 36] - means[arm, 12] for arm in (a, c)}
    asked = {
        als.mean(a, week=36): means[a, 36],
        als.change_from_baseline(c, week=36): means[c, 36] - means[c, 0],
        als.change_from_baseline(a, c, week=12): means[a, 12] - means[a, 0] - means[c, 12] + means[c, 0],
        als.slope(arm=a, weeks=(12, 36)): rise[a] / (24 / MONTH),
        als.slope_difference(a, c, weeks=(12, 36)): (rise[a] - rise[c]) / (24 / MONTH),
        als.slowing(a, c, weeks=(12, 36)): 1 - rise[a] / rise[c],
        als.contrast({als.mean(a, week=36): 1, als.mean(c, week=12): -2}): means[a, 36] - 2 * means[c, 12],
    }
    assert_allclose(als.estimate(fit, list(asked))["estimate"], list(asked.values()), rtol=1e-9)


def test_labels():
    labels = [
        als.mean("drug", week=24).label,
        als.mean(week=24).label,
        als.change_from_baseline("drug", month=6).label,
        als.change_from_baseline("drug", "control", week=24, at={"sex": "male", "age": 60}).label,
        als.slope(arm="drug", weeks=(0, 48)).label,
        als.slope_difference("drug", "control", months=(0, 12)).label,
        als.slope().label,
        als.slope(phase=2).label,
    ]
    assert labels == [
        "mean, week 24, drug",
        "mean, week 24",
        "change from baseline, month 6, drug",
        "change from baseline, week 24, drug - control, age 60, sex male",
        "slope, weeks 0 to 48, drug (per month)",
        "slope difference, months 0 to 12, drug - control (per month)",
        "slope (per month)",
        "slope, phase 2 (per month)",
    ]


def test_models_without_phases_do_not_speak_of_them(cohort, fit):
    line = als.fit_lmm(als.linear_decline("alsfrs_r", arm="arm"), cohort)
    asked = [als.slope(arm="control"), als.slope(arm="control", phase=1)]
    assert set(als.estimate(line, asked)["estimand"]) == {"slope, control (per month)"}
    assert not any("phase" in question.label for question in als.estimands_for(line.spec, cohort))
    assert set(als.estimate(fit, asked)["estimand"]) == {"slope, phase 1, control (per month)"}
    compared = als.compare({"two phases": fit, "one": line}, asked[0])
    assert set(compared["estimand"]) == {"slope, phase 1, control (per month)"}
    many = als.fit_many(line.spec, [cohort], estimands=asked[:1])
    assert many["estimand"].values.tolist() == ["slope, control (per month)"]


def test_coefficients_can_be_weighed(fit):
    terms = fit.coefficients.set_index("term")
    name, other = terms.index[2], terms.index[-1]
    found = als.estimate(fit, als.contrast({name: 2.0, other: -1.0}, title="my own", per="week")).iloc[0]
    assert found["estimand"] == "my own (per week)"
    assert_allclose(found["estimate"], 2 * terms["estimate"][name] - terms["estimate"][other])
    row = 2.0 * (terms.index == name) - 1.0 * (terms.index == other)
    assert_allclose(found["std_error"], np.sqrt(row @ fit.beta_cov @ row))
    own = als.contrast({als.slope(phase=1, arm="control"): -1, als.slope(phase=2, arm="control"): 1})
    pd.testing.assert_frame_equal(
        als.estimate(fit, own)[NUMBERS], als.estimate(fit, als.change(arm="control"))[NUMBERS], rtol=1e-9
    )


ROWS_OF_UNITS = {
    "response": [
        "(Intercept)",
        "arm[T.anakinra]",
        als.mean("control", week=3),
        als.difference("anakinra", "control", week=9),
    ],
    "week": ["week", "arm[T.anakinra]:week"],
    "month": [als.slope(arm="control"), als.slope_difference("anakinra", "control", weeks=(0, 12))],
    "unit of age": ["age"],
}
PARTS = [(unit, part) for unit, parts in ROWS_OF_UNITS.items() for part in parts]


@pytest.fixture(scope="module")
def line(cohort):
    return als.fit_lmm("alsfrs_r ~ arm * week + age + (week | subject)", cohort)


@pytest.mark.parametrize(("unit", "part"), PARTS)
@pytest.mark.parametrize(("other_unit", "other"), PARTS)
def test_parts_of_a_sum_have_one_unit(line, unit, part, other_unit, other):
    if part == other:
        return
    if unit != other_unit:
        with pytest.raises(als.EstimandError, match="What a contrast weighs has one unit; these are"):
            als.estimate(line, als.contrast({part: 1, other: 1}))
        return
    said = als.estimate(line, als.contrast({part: 1, other: 1}))["unit"].item()
    assert said == ("points" if unit == "response" else f"points per {unit}")


def test_a_rate_is_per_the_time_of_the_formula(cohort, line):
    months = als.fit_lmm("alsfrs_r ~ arm * month + (month | subject)", cohort)
    both = als.estimate(months, als.contrast({"month": 1, als.slope(arm="control"): 1}))
    assert both["unit"].item() == "points per month"
    assert_allclose(both["estimate"], 2 * months.params["month"])
    with pytest.raises(als.EstimandError, match="said to be per month, and 'week' is per week"):
        als.estimate(line, als.contrast({"week": 1}, per="month"))
    with pytest.raises(als.EstimandError, match="said to be per week, and 'slope, control' is per month"):
        als.contrast({als.slope(arm="control"): 1}, per="week")


def test_sums_of_means_on_the_ratio_scale(marker):
    fit, asked = marker
    arms = [asked["arm"], asked["reference"]]
    one, other = (als.mean(arm, week=24) for arm in arms)
    own, theirs = np.log(als.estimate(fit, [one, other], scale="ratio")["estimate"])
    inner = als.contrast({one: 0.5, other: 0.5})
    units, expected = als.estimate(fit, one, scale="ratio")["unit"].item(), (own + theirs) / 2
    for parts, unit, value in (
        ({one: 0.5, other: 0.5}, units, expected),
        ({one: 1 / 3, other: 2 / 3}, units, own / 3 + 2 * theirs / 3),
        ({inner: 1, als.difference(*arms, week=24): 0.5}, units, own),
        ({one: 1, other: -1}, "ratio", own - theirs),
        ({inner: 1, one: -1}, "ratio", expected - own),
    ):
        row = als.estimate(fit, als.contrast(parts), scale="ratio")
        assert row["unit"].item() == unit
        assert_allclose(np.log(row["estimate"]), value)
    for parts, total in (({one: 2}, "2"), ({one: 1, other: 1}, "2"), ({inner: 1, one: -0.5}, "0.5")):
        with pytest.raises(als.EstimandError, match=f"sum to {total}, which has no unit there"):
            als.estimate(fit, als.contrast(parts), scale="ratio")


def test_all_engines_answer_all_kinds(cohort, fit):
    asked = [
        als.mean("anakinra", week=36),
        als.change_from_baseline("anakinra", "control", week=36),
        als.slope_difference("anakinra", "control", weeks=(0, 48)),
        als.contrast({als.slope(phase=1, arm="anakinra"): 0.5, als.slope(phase=2, arm="anakinra"): 0.5}, title="own"),
        als.contrast({fit.design.fixed_names[1]: 1.0}),
    ]
    ours = als.estimate(fit, asked)
    post = als.estimate(als.sample_lmm(fit.spec, cohort, method="importance", seed=1), asked)
    assert_allclose(post["estimate"], ours["estimate"], atol=0.25 * ours["std_error"].max())
    frame = cohort.to_frame()
    many = als.fit_many(fit.spec, [frame, frame], estimands=asked)
    for row in (0, 1):
        assert_allclose(many["estimate"][row], ours["estimate"], rtol=1e-6)
        assert_allclose(many["df"][row], ours["df"], rtol=1e-5)
    parts = als.fit_parts(fit.spec, dask.dataframe.from_pandas(frame.reset_index(drop=True), npartitions=2))
    assert_allclose(als.estimate(parts, asked)[NUMBERS[:3]], ours[NUMBERS[:3]], rtol=1e-5)


def test_subgroups_hold_everybody_there(cohort):
    fit = als.fit_lmm("alsfrs_r ~ arm * week * onset + age + (week | subject)", cohort)
    at = {"onset": "bulbar"}
    people = cohort.subjects.assign(week=20.0, arm="control", onset="bulbar")
    expected = (fit.design.at(people).X @ fit.beta).mean()
    assert_allclose(als.estimate(fit, als.mean("control", week=20, at=at))["estimate"].item(), expected)
    parts = als.fit_parts(fit.spec, dask.dataframe.from_pandas(cohort.to_frame().reset_index(drop=True), npartitions=2))
    asked = [als.slowing("anakinra", "control", at=at), als.slope(arm="control", at={**at, "age": 50})]
    assert_allclose(als.estimate(parts, asked)["estimate"], als.estimate(fit, asked)["estimate"], rtol=1e-6)
    assert als.estimate(fit, asked)["estimand"].iloc[1] == "slope, control, age 50, onset bulbar (per month)"


def test_an_unknown_knot_moves_means(cohort):
    """Of a posterior with an unknown knot, means and what is made of them follow the knot of each draw."""
    response = als.ResponseModel(knot=als.Normal(24, 6))
    spec = als.two_phase("alsfrs_r", arm="arm", random="slope")
    post = als.sample_lmm(spec, cohort, seed=1, draws=400, response=response, on_failure="return")
    means = als.mean_trajectories(post, weeks=[0, 40]).set_index(["arm", "week"])["estimate"]
    a, c = "anakinra", "control"
    asked = {
        als.mean(a, week=40): means[a, 40],
        als.change_from_baseline(a, c, week=40): means[a, 40] - means[a, 0] - means[c, 40] + means[c, 0],
        als.contrast({als.mean(a, week=40): 2.0, "(Intercept)": 1.0}): 2 * means[a, 40] + post.beta[0],
    }
    assert_allclose(als.estimate(post, list(asked))["estimate"], list(asked.values()), rtol=1e-8)


@pytest.mark.parametrize(
    ("ask", "words"),
    [
        (lambda: als.slope(phase="1"), "counted from 1: phase=1; not '1'"),
        (lambda: als.slope(phase=1.0), "such as phase=1; not 1.0"),
        (lambda: als.slope(phase=1, weeks=(0, 24)), "phase= or weeks=, one of them"),
        (lambda: als.slope(weeks=(24, 0)), "in this order"),
        (lambda: als.slope(weeks=24), "the first and the last"),
        (lambda: als.slope(weeks=(0, 24), months=(0, 6)), "one of them"),
        (als.mean, "none of week, month and day is given"),
        (lambda: als.mean(week=24, month=5), "week and month are given"),
        (lambda: als.mean(week=float("nan")), "week is a number"),
        (lambda: als.change_from_baseline(reference="control", week=3), "has two of them"),
        (lambda: als.mean(week=3, at="bulbar"), "a mapping of covariates"),
        (lambda: als.mean(week=3, at={"arm": "drug"}), "'arm' is none"),
        (lambda: als.mean(week=3, at={"age": None}), "'age' at a level or a finite number"),
        (lambda: als.contrast({}), "a mapping of terms or questions"),
        (lambda: als.contrast({"week": "1"}), "weight of week is a finite number"),
        (lambda: als.contrast({als.slope(): 1, als.mean(week=2): 1}), "one unit; these are per month and units of"),
        (lambda: als.contrast({3: 1.0}), "3 is neither"),
    ],
)
def test_makers_refuse_in_words(ask, words):
    with pytest.raises(als.EstimandError, match=words):
        ask()


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("slope difference", "did you mean 'slope_difference'"),
        ("slope", r"call the function slope\(\.\.\.\)"),
        (als.slope, "It is a function: call it"),
        (als.slope(arm="anakinara"), "no arm 'anakinara' in the data; did you mean 'anakinra'"),
        (als.contrast({"wek": 1.0}), "no term 'wek'"),
        (als.contrast({als.slowing("anakinra", "control"): 1.0}), "is a ratio, and a contrast is a sum"),
        (als.mean("control", week=3, at={"onset": "limb"}), "no covariate 'onset' to hold; it has no covariates"),
        (als.slope(arm="control", phase=3), "not a phase 3"),
    ],
)
def test_fits_refuse_in_words(fit, asked, words):
    with pytest.raises(als.EstimandError, match=words):
        als.estimate(fit, asked)


def test_subgroups_that_are_not_there(cohort):
    fit = als.fit_lmm("alsfrs_r ~ week * onset + age + (week | subject)", cohort)
    for at, words in (
        ({"onset": "Bulbar"}, "no level 'Bulbar'; did you mean 'bulbar'"),
        ({"onsett": "bulbar"}, "no covariate 'onsett' to hold; did you mean 'onset'"),
        ({"age": "old"}, "'age' is a number"),
    ):
        with pytest.raises(als.EstimandError, match=words):
            als.estimate(fit, als.slope(at=at))


def test_a_list_is_not_drawn_as_a_density(fit):
    with pytest.raises(als.EstimandError, match="draws one question, and was given 2 in a list"):
        als.plot_densities(fit, [als.slope(arm="control"), als.slope(arm="anakinra")])


KINDS = [
    als.slope(phase=2, arm="treated"),
    als.slope(arm="treated", months=(0, 6)),
    als.slope_difference("treated", "control", weeks=(0, 48)),
    als.change(arm="treated", reference="control"),
    als.slowing("treated", "control", phase=1, at={"sex": "male"}),
    als.mean("treated", week=24),
    als.difference("treated", "control", month=6),
    als.change_from_baseline("treated", "control", week=24),
    als.contrast({als.slope(phase=1, arm="treated"): 1, als.slope(phase=2, arm="treated"): -1}, title="own"),
    als.contrast({"week": 1.5, "arm[T.treated]:week": 1}, per="week"),
]


@pytest.mark.parametrize("question", KINDS, ids=lambda one: one.label)
def test_records_come_back(question):
    import json

    record = json.loads(json.dumps(question_record(question)))
    again = read_question(record, where="asked[0]")
    assert again == question
    assert again.label == question.label


@pytest.mark.parametrize(
    ("record", "expected"),
    [
        ({"ask": "mean", "arm": "a", "month": 6}, als.mean("a", month=6)),
        ({"ask": "slope", "weeks": [0, 48]}, als.slope(weeks=(0, 48))),
        ({"ask": "slope", "arm": "a", "months": [0, 6]}, als.slope(arm="a", months=(0, 6))),
        ({"ask": "change_from_baseline", "arm": "a", "week": 24}, als.change_from_baseline("a", week=24)),
    ],
)
def test_records_by_hand(record, expected):
    assert read_question(record, where="asked[0]") == expected


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({"ask": "mean", "arm": "a"}, "Name the time once"),
        ({"ask": "mean", "week": 3, "month": 1}, "Name the time once"),
        ({"ask": "slope", "weeks": [3]}, "two numbers"),
        ({"ask": "slope", "at": "male"}, "a record of covariates"),
        ({"ask": "contrast", "parts": [{"weight": 1}]}, "a 'term' or a 'question'"),
        ({"ask": "contrast", "parts": []}, "a mapping of terms or questions"),
        ({"ask": "contrast", "parts": [{"weight": 1, "question": {"ask": "nothing"}}]}, "one of slope"),
    ],
)
def test_records_that_are_none(record, words):
    with pytest.raises(als.SpecError, match=words) as caught:
        read_question(record, where="asked[0]")
    assert str(caught.value).startswith("asked[0]")


def test_truths_know_changes_and_average_slopes():
    truth, spec = als.truths.realistic(ratio=(0.7, 0.9)), als.two_phase("alsfrs_r", arm="arm")
    slopes = {
        arm: [true_value(als.slope(phase=k, arm=arm), truth, spec) for k in (1, 2)] for arm in ("treated", "control")
    }
    months = 24 / MONTH
    change = {arm: months * sum(own) for arm, own in slopes.items()}
    ask = lambda question: true_value(question, truth, spec)  # noqa: E731
    assert_allclose(ask(als.change_from_baseline("treated", week=48)), change["treated"])
    assert_allclose(ask(als.change_from_baseline("treated", "control", week=48)), change["treated"] - change["control"])
    assert_allclose(ask(als.slope(arm="treated", weeks=(0, 48))), change["treated"] / (2 * months))
    assert_allclose(ask(als.contrast({als.slope(phase=1, arm="treated"): 2})), 2 * slopes["treated"][0])
    for question, words in (
        (als.mean("treated", week=24), "no mean has a simple true value"),
        (als.slope(arm="treaded"), "no arm 'treaded'; did you mean 'treated'"),
        (als.slope(arm="treated", at={"sex": "male"}), "none for a subgroup"),
        (als.slope(), "several arms"),
        (als.contrast({"week": 1}), "no coefficient 'week'"),
    ):
        assert np.isnan(ask(question))
        assert words in why_unknown(question, truth, spec)
    assert "bends in week 24" in why_unknown(als.slope(arm="treated"), truth, als.linear_decline("alsfrs_r", arm="arm"))


def test_values_beyond_those_seen_are_extrapolated(cohort, line):
    age = cohort.to_frame()["age"]
    low, high = age.min(), age.max()
    inside, above = als.mean("control", week=3, at={"age": high}), als.mean("control", week=3, at={"age": high + 30})
    below = als.slope(arm="control", at={"age": low - 1})
    found = als.estimate(line, [inside, above, als.contrast({below: 1})])
    assert found["extrapolated"].tolist() == [
        "",
        f"age {high + 30:g} above {high:.6g}",
        f"age {low - 1:g} below {low:.6g}",
    ]
    assert sum("age was seen from" in note for note in found.attrs["notes"]) == 2


def test_a_column_that_is_time_is_not_held(cohort):
    frame = cohort.to_frame().assign(late=lambda rows: (rows["week"] - 12).clip(lower=0))
    fit = als.fit_lmm("alsfrs_r ~ arm * (week + late) + (week | subject)", frame)
    with pytest.raises(als.EstimandError, match="'late' is a function of the week"):
        als.estimate(fit, als.slope(arm="control", at={"late": 0}))
    rows = pd.DataFrame({"arm": ["control"] * 2, "week": [6.0, 36.0], "late": [0.0, 24.0]})
    assert len(als.predict(fit, rows, of="population")) == 2
    with pytest.raises(als.EstimandError, match=r"row 2: 'late' is 0 in week 36, .* which is 24 there"):
        als.predict(fit, rows.assign(late=0.0), of="population")


def has_line(ax):
    return any(list(line.get_ydata()) == [0, 1] and len(set(line.get_xdata())) == 1 for line in ax.lines)


def test_means_have_no_reference_line(marker):
    fit, asked = marker
    one, other = (als.mean(asked[arm], week=24) for arm in ("arm", "reference"))
    questions = [one, als.contrast({one: 0.5, other: 0.5}), als.contrast({one: 1, other: -1})]
    means, ratios = als.plot_estimates(fit, questions, scale="ratio").axes
    assert (means.get_xscale(), ratios.get_xscale()) == ("log", "log")
    assert [has_line(ax) for ax in (means, ratios)] == [False, True]
    assert means.get_xlim()[0] > 0.5 * als.estimate(fit, one, scale="ratio")["lower"].item()
    assert (len(means.get_yticks()), len(ratios.get_yticks())) == (2, 1)
    assert not has_line(als.plot_estimates(fit, one).axes[0])
