"""Arms may be called anything: colons, brackets, quotes, dollars, braces, every script, through every public verb."""

import html
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.cli import main

ODD = (
    "drug:10mg",
    "arm[T.x]:phase(week, 24)[1]",
    'O\'Brien "10" mg',
    "$5 {x} $6",
    "`tick`",
    "a - b, c (per month)",
    "<b>bold</b> & [red]",
    "Анакинра 10 мг",
    "دواء",
    "実薬 Ⅱ",
    "💊",
    "cafe\u0301",
)
ARMS = ("control", *ODD)
# Fonts that have every script are not everywhere.
pytestmark = pytest.mark.filterwarnings("ignore:Glyph .* missing from:UserWarning")


@pytest.fixture(scope="module")
def frame():
    rng, m, weeks = np.random.default_rng(8), 5 * len(ARMS), np.arange(0, 49, 12.0)
    base, slope = rng.normal(36, 4, m), rng.normal(-0.15, 0.08, m)
    scores = base[:, None] + slope[:, None] * weeks + rng.normal(0, 1.2, (m, len(weeks)))
    return pd.DataFrame(
        {
            "subject": np.repeat([f"s{number:03}" for number in range(m)], len(weeks)),
            "week": np.tile(weeks, m),
            "arm": np.repeat(ARMS, 5 * len(weeks)),
            "alsfrs_r": scores.ravel().clip(0, 48).round(),
            "nfl": np.exp(rng.normal(4, 0.4, m * len(weeks))).round(1),
        }
    )


@pytest.fixture(scope="module")
def cohort(frame):
    return als.Cohort.from_frame(frame, als.Roles(subject="subject", time="week", arm="arm", control="control"))


@pytest.fixture(scope="module")
def spec():
    return als.two_phase("alsfrs_r", arm="arm", random="slope")


@pytest.fixture(scope="module")
def fit(spec, cohort):
    return als.fit_lmm(spec, cohort)


@pytest.fixture(scope="module")
def asked(spec, fit):
    return als.estimands_for(spec, fit.design)


@pytest.fixture(scope="module")
def post(fit):
    priors = als.alsfrs_r_priors(fit.design)
    return als.sample_lmm(fit.design, priors=priors, method="importance", seed=1, draws=600)


def test_every_column_knows_its_arm(fit):
    assert set(fit.design.arms) == set(ARMS)
    assert [term.arm for term in fit.design.fixed_terms if term.arm] == 3 * list(fit.design.arms[1:])
    priors = als.alsfrs_r_priors(fit.design)
    assert {prior.source for prior in priors.fixed.values()} == {"HEALEY M-SAP 3.0", "assumption"}


def test_estimates_are_those_of_plain_names(frame, cohort, spec, fit, asked):
    """The same numbers as of arms called a, b, c, in the order of the cohort's arms."""
    plain = dict(zip(fit.design.arms, ["control", *"abcdefghijkl"], strict=True))
    renamed = als.Cohort.from_frame(frame.replace({"arm": plain}), als.Roles("subject", "week", "arm"))
    other = als.fit_lmm(spec, renamed)
    table = als.estimate(fit, asked)
    expected = als.estimate(other, als.estimands_for(spec, other.design))
    pd.testing.assert_frame_equal(pd.DataFrame(table.iloc[:, 2:]), pd.DataFrame(expected.iloc[:, 2:]))
    assert table["unit"].tolist() == expected["unit"].tolist()
    for arm in ARMS:
        assert f"slope, phase 1, {arm} (per month)" in table["estimand"].tolist()
    assert all(html.escape(arm) in table._repr_html_() for arm in ODD)


def test_fits_and_posteriors_show_themselves(fit, post):
    for shown in (fit, post):
        text, page = repr(shown), shown._repr_html_()
        assert all(arm in text for arm in ODD)
        assert "<b>bold</b>" not in page


def test_engines_are_compared(fit, post, asked, spec, cohort):
    second = als.fit_lmm(spec, cohort, engine="statsmodels")
    table = als.compare({"$ours$": fit, "their:s": second, "Bayes": post}, asked)
    assert table["estimand"].nunique() == len(asked)
    assert not table["estimate"].isna().any()


def test_figures_show_every_name_as_it_is(fit, post, asked, tmp_path):
    drawn = als.add_predictive(post, seed=1)
    predicted = als.prior_predictive(fit.design, post.priors)
    figures = [
        als.plot_trajectories(fit),
        als.plot_estimates({"$ours$": fit, "$theirs$": post}, asked[:30]),
        als.plot_densities({"$ours$": fit, "$theirs$": post}, als.slope_difference("$5 {x} $6", "control", phase=1)),
        als.plot_priors(post.priors),
        als.plot_prior_posterior(post, parameters=["beta"]),
        als.plot_predictive(drawn),
        als.plot_prior_predictive(predicted),
    ]
    for number, figure in enumerate(figures):
        figure.savefig(tmp_path / f"{number}.svg", dpi=40)
    titles = [ax.get_title("left") for ax in figures[0].axes]
    assert sum(arm in title for arm in ODD for title in titles) == len(ODD)
    assert figures[2].axes[0].get_title("left") == "slope difference, phase 1, $5 {x} $6 − control"
    titles = [ax.get_title("left") for ax in figures[4].axes]
    assert "arm drug:10mg × phase 1" in titles


def test_a_report_has_every_name(fit, asked, cohort, tmp_path):
    other = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", random="intercept"), cohort)
    paths = als.write_report({"実薬": fit, "対照": other}, asked[:26], tmp_path / "report", cohort=cohort)
    assert len(set(paths)) == len(paths)
    assert {path.name for path in paths} >= {"spec-実薬.json", "spec-対照.json"}
    rows = json.loads((tmp_path / "report" / "estimates.json").read_text(encoding="utf-8"))["rows"]
    assert {row["estimand"] for row in rows} == {question.label for question in asked[:26]}
    back = pd.read_csv(tmp_path / "report" / "coefficients.csv")
    assert set(back["term"]) == set(fit.design.fixed_names)


def test_names_of_fits_that_would_be_one_file_are_numbered(fit, asked, cohort, tmp_path):
    other = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", random="intercept"), cohort)
    paths = als.write_report({"a b": fit, "a/b": other}, asked[:1], tmp_path / "report", cohort=cohort)
    specs = [path for path in paths if path.name.startswith("spec")]
    assert [als.ModelSpec.from_json(path.read_text("utf-8")) for path in specs] == [fit.spec, other.spec]


def test_cohorts_and_posteriors_come_back(cohort, post, tmp_path):
    cohort.save(tmp_path / "cohort")
    assert als.read_cohort(tmp_path / "cohort").arms == cohort.arms
    for name in ("post.nc", "post.zarr"):
        als.save_posterior(post, tmp_path / name)
        again = als.load_posterior(tmp_path / name)
        assert again.design.fixed_terms == post.design.fixed_terms
        assert again.notes == post.notes
        assert [note.kind for note in again.notes] == [note.kind for note in post.notes]
        pd.testing.assert_frame_equal(again.coefficients, post.coefficients)


def test_rows_are_predicted(post, fit):
    new = pd.DataFrame({"subject": [f"new {arm}" for arm in ARMS], "week": 12.0, "arm": ARMS})
    told = als.predict(post, new, of="population", seed=1)
    means = als.mean_trajectories(post, weeks=[12]).set_index("arm")["estimate"]
    np.testing.assert_allclose(told["estimate"], means[list(ARMS)], rtol=1e-9)
    assert set(als.mean_trajectories(fit)["arm"]) == set(ARMS)


def test_many_fits_and_posteriors(frame, fit):
    spec = als.linear_decline("alsfrs_r", arm="arm")
    twice = pd.concat([frame.assign(replicate=number) for number in (0, 1)], ignore_index=True)
    twice["arm"] = pd.Categorical(twice["arm"], fit.design.arms)
    asked = [als.slope_difference(arm, "control") for arm in ODD]
    many = als.fit_many(spec, twice, estimands=asked)
    one = als.fit_lmm(spec, twice[twice["replicate"] == 0])
    np.testing.assert_allclose(many["estimate"].sel(replicate=1), als.estimate(one, asked)["estimate"], rtol=1e-6)
    assert many["estimand"].values.tolist() == [question.label for question in asked]
    drawn = als.sample_many(spec, twice, estimands=asked[:3], draws=100, seed=1)
    assert drawn["estimand"].values.tolist() == [question.label for question in asked[:3]]


def test_an_unknown_knot_finds_its_columns(fit):
    """Columns of a phase are found whatever stands in the names of arms, `phase(week, 24)[1]` among them."""
    from alsmodels.bayes.knots import split_phases

    split = split_phases(fit.design)
    kinds = [2 if "phase 2" in term.title.split(" × ")[-1] else len(term.phases) for term in fit.design.fixed_terms]
    assert split.x_kind.tolist() == kinds


def test_a_simulated_trial_keeps_names():
    truth = als.truths.gaussian()
    named = replace(truth, arms=(replace(truth.arms[0], n=20), replace(truth.arms[1], name="drug:10mg", n=20)))
    cohort = als.simulate_cohort(named, seed=1)
    assert cohort.arms == ("control", "drug:10mg")
    card = als.design_card(named, controls="randomised", n_replicates=0)
    assert "drug:10mg - control" in card.table["estimand"].iloc[0]


def test_the_command_answers(frame, tmp_path, capsys):
    frame.to_csv(tmp_path / "trial.csv", index=False)
    columns = ["--subject", "subject", "--time", "week", "--arm", "arm", "--control", "control"]
    model = ["--outcome", "alsfrs_r", "--random", "slope"]
    status = main(["fit", str(tmp_path / "trial.csv"), *columns, *model, "--out", str(tmp_path / "out")])
    told = capsys.readouterr()
    assert status == 0, told.err
    assert "drug:10mg" in told.out
    rows = pd.read_csv(tmp_path / "out" / "estimates.csv")
    assert {f"slope, phase 2, {arm} (per month)" for arm in ARMS} <= set(rows["estimand"])


def test_several_outcomes_together(cohort, fit):
    models = [als.linear_decline(name, arm="arm", random="intercept") for name in ("alsfrs_r", "log(nfl)")]
    joint = als.sample_joint(models, cohort, method="importance", draws=400, seed=1, on_failure="return")
    for post in joint.fits.values():
        assert set(post.design.arms) == set(ARMS)
        table = als.estimate(post, [als.slope_difference(arm, fit.design.arms[0]) for arm in fit.design.arms[1:]])
        assert all(any(arm in label for label in table["estimand"]) for arm in ODD)


def test_data_in_parts(frame, fit, spec, asked, tmp_path):
    frame.sort_values("subject").to_parquet(tmp_path / "visits.parquet", row_group_size=100)
    parts = als.fit_parts(spec, str(tmp_path / "visits.parquet"))
    assert set(parts.design.arms) == set(ARMS)
    one, other = parts.design.arms[0], "arm[T.x]:phase(week, 24)[1]"
    question = als.slope_difference(other, one, phase=2)
    np.testing.assert_allclose(
        als.estimate(parts, question)["estimate"], als.estimate(fit, question)["estimate"], rtol=1e-6
    )


def test_studies_keep_names(tmp_path):
    truth = als.truths.gaussian()
    control, active = truth.arms
    tables = []
    for number, name in enumerate(("active", *ODD)):
        named = replace(truth, arms=(replace(control, n=8), replace(active, name=name, n=8)))
        question = als.slope_difference(name, "control")
        analysis = als.reml_analysis("alsfrs_r ~ arm * week + (week | subject)", question)
        study = als.Study(named, als.TrialDesign("as planned"), analysis, n_replicates=3, seed=1)
        als.run_study(study, tmp_path / str(number))
        results = als.load_results(tmp_path / str(number))
        assert results.record == study.to_dict()
        table = als.operating_characteristics(results)
        assert table["estimand"].tolist() == [question.label]
        tables.append(pd.DataFrame(table.drop(columns="estimand")))
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])


def test_priors_calibration_and_graphs(post, fit, cohort):
    question = als.slope_difference("$5 {x} $6", "control", phase=1)
    moved = als.prior_sensitivity(post, question)
    assert moved["estimand"].unique().tolist() == [question.label]
    model = als.linear_decline("alsfrs_r", arm="arm", random="intercept")
    linear = als.slope_difference("drug:10mg", "control")
    ranks = als.calibrate(model, cohort, replicates=4, draws=19, asked=linear, seed=1, progress=False)
    assert any(linear.label in name for name in ranks.ranks.columns)
    graph = als.build_model(fit.design, post.priors)
    assert list(graph.coords["term"]) == list(fit.design.fixed_names)
