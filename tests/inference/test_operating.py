"""Operating characteristics against closed forms, and the failures that must not be lost."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from scipy.special import ndtr, ndtri
from studies import TWO_SIDED, NormalTest

import alsmodels as als
from alsmodels.errors import SpecError
from alsmodels.inference.analyses import importance_analysis, reml_analysis
from alsmodels.inference.effects import _crossing, minimum_detectable_effect
from alsmodels.inference.operating import _averaged, assurance, count_statuses, operating_characteristics
from alsmodels.inference.sizing import find_sample_size
from alsmodels.inference.targets import true_value
from alsmodels.model.status import StatusKind
from alsmodels.simulation.designs import TrialDesign
from alsmodels.simulation.results import STATUSES
from alsmodels.simulation.rules import Rule
from alsmodels.simulation.runs import run_study
from alsmodels.simulation.studies import Study

TRUTH = als.truths.healey_like()
TINY = TrialDesign("tiny", arms={"placebo": 10, "active": 10}, weeks=(0, 24), dropout=False)
ERRORS = 4.0  # Monte Carlo errors; a right figure is farther off in one of 16,000


def known_study(*effects, n_replicates=2000, **more):
    """Truths that stand for the effects of `NormalTest`, each its own analysis."""
    return Study(
        TRUTH, TINY, tuple(NormalTest(e, f"at {e:g}") for e in effects), n_replicates=n_replicates, seed=3, **more
    )


@dataclass(frozen=True)
class ByArmSlope:
    """A z-test of the true slope of the active arm, so that truths differ in their effect; standard error 0.1."""

    name: str = "z"
    labels: tuple[str, ...] = ("effect",)
    level: float = 0.95
    rule: Rule = TWO_SIDED

    def targets(self, truth):
        return (float(truth.slopes().query("arm == 'active'")["difference"].iloc[0]),)

    def run(self, replicates, *, seed):
        effect = self.targets(replicates.truth)[0]
        return NormalTest(effect).run(replicates, seed=seed)

    def to_dict(self):
        return {"kind": "by arm"}


def effects_study(*shifts, **more):
    truths = {f"{s:g}": TRUTH.vary_arm("active", slope_shift=s) for s in shifts}
    return Study(truths, replace(TINY, arms={"placebo": 50, "active": 50}), ByArmSlope(), seed=4, **more)


def power_of(effect, error):
    z = ndtri(0.975)
    return ndtr(effect / error - z) + ndtr(-effect / error - z)


def test_every_figure_is_within_its_error_of_the_closed_form():
    table = operating_characteristics(run_study(known_study(0.0, 0.9, 1.5))).set_index("target")
    error = 2 / np.sqrt(20)
    for effect, row in table.iterrows():
        known = {
            "power": power_of(effect, error),
            "bias": 0.0,
            "coverage": 0.95,
            "empirical_se": error,
            "se_ratio": 1.0,
        }
        for name, value in known.items():
            assert abs(row[name] - value) < ERRORS * row[f"{name}_mcse"], (effect, name, row[name])
        assert row["model_se"] == pytest.approx(error)
        assert row["failed"] == 0.0
        assert row["n_replicates"] == 2000


def test_another_rule_may_be_asked_of_the_same_results():
    results = run_study(known_study(0.5))
    one_sided = operating_characteristics(results, rule=Rule(level=0.9, direction="above")).iloc[0]
    expected = ndtr(0.5 / (2 / np.sqrt(20)) - ndtri(0.9))
    assert abs(one_sided["power"] - expected) < ERRORS * one_sided["power_mcse"]
    with pytest.raises(SpecError, match=r"margin of 0, not of 0\.3"):
        operating_characteristics(results, rule=Rule(margin=0.3))


@dataclass(frozen=True)
class Unsure(NormalTest):
    """Every fourth replicate fails, with numbers that must not be used."""

    def run(self, replicates, *, seed):
        found = super().run(replicates, seed=seed)
        bad = np.arange(replicates.n_replicates) % 4 == 0
        for name in ("estimate", "lower", "upper"):
            found[name][bad] = 1e6
        found["support"][bad] = 1.0
        found["status"][bad] = STATUSES.index("not converged")
        return found


def test_failures_are_counted_are_no_success_and_distort_nothing():
    results = run_study(replace(known_study(5.0, n_replicates=40), analyses=(Unsure(5.0),)))
    row = operating_characteristics(results).iloc[0]
    assert row["failed"] == 0.25
    assert row["power"] == 0.75
    assert abs(row["bias"]) < 1.0
    statuses = count_statuses(results).set_index("status")["n"]
    assert statuses.to_dict() == {"converged": 30, "not converged": 10}


def test_a_study_that_is_not_finished_counts_what_is_there(tmp_path):
    from alsmodels.simulation.store import opened_store

    study = known_study(0.5, n_replicates=20, chunk=10)
    with opened_store(study, tmp_path / "s") as store:
        from alsmodels.simulation.runners import run_piece

        piece = store.pending()[0]
        store.write(piece, run_piece(piece))
    assert operating_characteristics(tmp_path / "s")["n_replicates"].tolist() == [10]
    assert count_statuses(tmp_path / "s")["n"].tolist() == [10]
    with pytest.raises(SpecError, match="complete study; 10 of 20"):
        assurance(tmp_path / "s")


def test_assurance_is_the_mean_power_and_knows_what_is_drawn():
    study = effects_study(0.0, 0.4, 0.8, n_replicates=500)
    results = run_study(study)
    powers = [power_of(effect, 0.2) for effect in (0.0, 0.4, 0.8)]
    fixed = assurance(results, weights={"0": 0.5, "0.4": 0.25, "0.8": 0.25}).iloc[0]
    assert abs(fixed["assurance"] - np.dot([0.5, 0.25, 0.25], powers)) < ERRORS * fixed["assurance_mcse"]
    assert fixed["assurance_mcse"] < 0.02
    drawn = assurance(results).iloc[0]
    assert drawn["assurance"] == pytest.approx(operating_characteristics(results)["power"].mean())
    assert drawn["assurance_mcse"] == pytest.approx(np.std(powers, ddof=1) / np.sqrt(3), rel=0.1)


@pytest.mark.parametrize("paired", [True, False])
def test_the_error_of_assurance_is_its_spread_over_studies(paired):
    """Truths drawn from a distribution, with random numbers shared between them or not."""
    rng, n_studies, n_truths, n = np.random.default_rng(8), 2000, 8, 15
    found = []
    for _ in range(n_studies):
        effects = rng.normal(2.0, 1.0, n_truths)
        noise = np.tile(rng.normal(size=n), (n_truths, 1)) if paired else rng.normal(size=(n_truths, n))
        figure = _averaged((effects[:, None] + noise > 1.96)[:, None, :, None], None)
        found.append((figure.value.item(), figure.mcse.item()))
    values, errors = np.array(found).T
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(np.std(values), rel=0.08)


@pytest.mark.parametrize(
    "weights", [{"0": 1.0}, {"0": 0.5, "1": 0.5, "x": 0.0}, {"0": 0.6, "1": 0.6}, {"0": 2.0, "1": -1.0}]
)
def test_weights_that_are_no_probabilities_are_refused(weights):
    results = run_study(effects_study(0.0, 1.0, n_replicates=2))
    with pytest.raises(SpecError, match="weights are probabilities"):
        assurance(results, weights=weights)


def test_the_detectable_effect_is_the_known_one():
    results = run_study(effects_study(0.3, 0.5, 0.6, 0.9, n_replicates=2000))
    row = minimum_detectable_effect(results).iloc[0]
    known = (ndtri(0.975) + ndtri(0.8)) * 0.2
    assert (row["below"], row["above"]) == (0.5, 0.6)
    assert abs(row["effect"] - known) < ERRORS * row["effect_mcse"]
    assert row["effect_mcse"] < 0.02


@pytest.mark.parametrize("paired", [True, False])
def test_the_error_of_the_detectable_effect_is_its_spread_over_studies(paired):
    rng, found = np.random.default_rng(9), []
    sizes = np.array([2.0, 3.5])
    for _ in range(2000):
        noise = np.tile(rng.normal(size=200), (2, 1)) if paired else rng.normal(size=(2, 200))
        hits = (sizes[:, None] + noise > 1.96).astype(float)
        found.append(_crossing(sizes, (hits.sum(axis=1) + 1) / 202, hits, 0.8))
    values, errors = np.array(found).T
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(np.std(values), rel=0.08)
    assert np.mean(values) == pytest.approx(1.96 + ndtri(0.8), abs=0.02)


def test_effects_that_do_not_enclose_the_power_have_no_answer():
    row = minimum_detectable_effect(run_study(effects_study(0.0, 0.1, n_replicates=50))).iloc[0]
    assert row[["effect", "effect_mcse", "below", "above"]].isna().all()
    with pytest.raises(SpecError, match="between 0 and 1"):
        minimum_detectable_effect(run_study(effects_study(0.0, n_replicates=2)), power=80)


def test_the_search_finds_the_known_size_within_its_error():
    known = ((ndtri(0.975) + ndtri(0.9)) * 2 / 0.5) ** 2  # 168.1
    ratio = replace(TINY, arms={"placebo": 4, "active": 8})
    found = find_sample_size(TRUTH, ratio, NormalTest(0.5), power=0.9, n_replicates=500, seed=3)
    assert abs(found.n - known) < ERRORS * found.n_mcse + 3  # rounded up to whole blocks of 3
    assert found.n_mcse < 0.05 * known
    assert found.arms == {"placebo": found.n // 3, "active": found.n * 2 // 3}
    assert abs(found.power - power_of(0.5, 2 / np.sqrt(found.n))) < ERRORS * found.power_mcse


def test_a_search_without_an_end_is_refused():
    with pytest.raises(SpecError, match=r"No trial of 200 subjects has a power of 0\.8"):
        find_sample_size(TRUTH, TINY, NormalTest(0.0), most=200, n_replicates=200, rounds=3, seed=1)
    with pytest.raises(SpecError, match="No trial of 60 subjects"):
        find_sample_size(TRUTH, TINY, NormalTest(0.3), most=60, n_replicates=200, rounds=3, seed=1)


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        (als.slope(phase=1, arm="control"), -1.19),
        (als.slope(phase=2, arm="treated"), -0.85 * 0.9),
        (als.slope_difference("treated", "control", phase=1), 1.19 * 0.3),
        (als.slowing("treated", "control", phase=1), 0.3),
        (als.change(arm="treated", reference="control"), 0.85 * 0.1 - 1.19 * 0.3),
        (als.change(arm="control"), 1.19 - 0.85),
        (als.difference("treated", "control", week=24), 1.19 * 0.3 * 24 * 7 * 12 / 365.25),
        (als.difference("treated", "control", week=36), (1.19 * 0.3 * 24 + 0.85 * 0.1 * 12) * 7 * 12 / 365.25),
        (als.slope(phase=1), np.nan),
        (als.effect_correlation("week", "intercept"), np.nan),
    ],
)
def test_true_values(question, expected):
    truth = als.truths.realistic(ratio=(0.7, 0.9))
    spec = als.two_phase("alsfrs_r", arm="arm", knot=24)
    assert true_value(question, truth, spec) == pytest.approx(expected, nan_ok=True)


def test_true_values_where_the_model_has_other_phases_than_the_truth():
    bent, straight = als.truths.realistic(ratio=(0.7, 0.9)), als.truths.healey_like(ratio=0.5)
    asked = als.slope_difference("treated", "control", phase=1)
    one, early = als.linear_decline("alsfrs_r", arm="arm"), als.two_phase("alsfrs_r", arm="arm", knot=12)
    assert np.isnan(true_value(asked, bent, one))  # one slope over a bend
    assert true_value(asked, bent, early) == pytest.approx(1.19 * 0.3)  # its first phase ends before the bend
    assert np.isnan(true_value(als.slope_difference("treated", "control", phase=2), bent, early))
    assert true_value(als.slowing("active", "placebo", phase=2), straight, early) == pytest.approx(0.5)
    assert np.isnan(true_value(asked, bent, als.linear_decline("log(nfl)", arm="arm")))


def test_means_are_those_of_noiseless_trajectories():
    """Against the simulator itself: nearly everyone alike, hardly any scatter."""
    truth = als.truths.gaussian(shift=(0.4, -0.2))
    spec = als.two_phase("alsfrs_r", arm="arm", knot=24)
    asked = [als.slope_difference("treated", "control", phase=k) for k in (1, 2)]
    asked += [als.difference("treated", "control", week=40)]
    many = als.simulate_many(truth, arms={"control": 2000, "treated": 2000}, n_replicates=1, seed=1)
    found = als.estimate(als.fit_lmm(spec, many.table()), asked)
    for question, row in zip(asked, found.to_dict("records"), strict=True):
        assert abs(row["estimate"] - true_value(question, truth, spec)) < ERRORS * row["std_error"]


def test_both_engines_answer_the_same_trials_as_they_do_alone():
    """The road of a study against a fit of each cohort with all its checks."""
    design = TrialDesign("small", arms={"placebo": 12, "active": 12}, weeks=(0, 8, 16, 24))
    formula = "alsfrs_r ~ arm * week + (week | subject)"
    asked = [als.slope_difference("active", "placebo"), als.slowing("active", "placebo")]
    analyses = (reml_analysis(formula, asked), importance_analysis(formula, asked, draws=400))
    study = Study(als.truths.healey_like(ratio=0.5), design, analyses, n_replicates=3, seed=5)
    results = run_study(study).datasets
    many = als.simulate_many(design.apply(study.truths[0]), n_replicates=3, seed=5)
    for number in range(3):
        alone = als.estimate(als.fit_lmm(formula, many.cohort(number)), asked)
        found = results["REML"].isel(truth=0, design=0, replicate=number)
        for name in ("estimate", "std_error", "df", "lower", "upper"):
            np.testing.assert_allclose(found[name], alone[name], rtol=1e-6)
        two_sided = 2 * np.minimum(found["support"], 1 - found["support"])
        np.testing.assert_allclose(two_sided, alone["p_value"], rtol=1e-5)
        posterior = results["importance"].isel(truth=0, design=0, replicate=number)
        np.testing.assert_allclose(posterior["estimate"][0], alone["estimate"][0], atol=0.5 * alone["std_error"][0])


def check_against_formula(n_replicates):
    """No effect and one, under the truth that the model is true of; the closed form takes variances as known."""
    truths = {f"{shift:g}": als.truths.gaussian(shift=(shift,)) for shift in (0.0, 0.4)}
    sizes = {"control": 40, "treated": 40}
    design = TrialDesign("24 weeks", arms=sizes, weeks=(0, 4, 8, 12, 16, 20, 24))
    asked = als.slope_difference("treated", "control")
    analysis = reml_analysis("alsfrs_r ~ arm * week + (week | subject)", asked)
    study = Study(truths, design, analysis, n_replicates=n_replicates, seed=12)
    table = operating_characteristics(run_study(study)).set_index("target")
    known = als.expected_precision(study.truths[1], arms=sizes, weeks=24).iloc[0]
    power = als.power_for([0.0, 0.4], known["std_error"], df=known["df"])
    for (target, row), wanted in zip(table.iterrows(), power, strict=True):
        assert abs(row["power"] - wanted) < ERRORS * row["power_mcse"], (target, row["power"], wanted)
        assert abs(row["bias"]) < ERRORS * row["bias_mcse"]
        assert abs(row["coverage"] - 0.95) < ERRORS * row["coverage_mcse"]
        for name in ("empirical_se", "model_se"):
            assert abs(row[name] - known["std_error"]) < ERRORS * row[f"{name}_mcse"], (name, row[name])


def test_size_and_power_of_random_slopes_are_those_of_the_formula():
    check_against_formula(150)


@pytest.mark.slow
def test_size_and_power_are_those_of_the_formula_in_many_trials():
    check_against_formula(2000)


def test_a_trial_that_cannot_be_fitted_is_counted_and_a_model_that_cannot_be_is_refused():
    """With three patients an arm and most visits missed; a column that is not there is in no trial."""
    truth = als.truths.healey_like()
    design = TrialDesign("tiny", arms={"placebo": 3, "active": 3}, weeks=(0, 4), missed=0.7)
    asked = als.slope_difference("active", "placebo")
    analysis = reml_analysis("alsfrs_r ~ arm * week + (1 | subject)", asked)
    study = Study(truth, design, analysis, n_replicates=12, seed=2)
    counts = count_statuses(run_study(study)).set_index("status")["n"]
    assert 0 < counts["not fitted"] < 12
    assert operating_characteristics(run_study(study))["failed"].item() >= counts["not fitted"] / 12
    with pytest.raises(als.DesignError, match="height"):
        run_study(replace(study, analyses=(reml_analysis("alsfrs_r ~ height + week + (1 | subject)", asked),)))


def test_every_kind_of_status_has_a_number():
    assert {kind.value for kind in StatusKind} < set(STATUSES)
    assert STATUSES[0] == "not run"


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: reml_analysis("alsfrs_r ~ week + (week | subject)", als.effect_correlation("a", "b")),
            "asks for slope",
        ),
        (lambda: reml_analysis("alsfrs_r ~ week + (week | subject)", als.slope(), level=2.0), "between 0 and 1"),
        (lambda: reml_analysis("alsfrs_r ~ week + (week | subject)", als.slope(), rule=0.975), "a Rule"),
        (lambda: importance_analysis("alsfrs_r ~ week + (week | subject)", als.slope(), draws=5), "100 or more"),
    ],
)
def test_analyses_that_cannot_be_are_refused(make, words):
    with pytest.raises(als.AlsModelsError, match=words):
        make()


def test_missing_figures_have_their_reason():
    asked = [als.slope_difference("active", "placebo"), als.mean("active", week=12)]
    formula = "alsfrs_r ~ arm * week + (week | subject)"
    design = replace(TINY, weeks=(0, 8, 16, 24))
    study = Study(TRUTH, design, reml_analysis(formula, asked), n_replicates=4, seed=3)
    table = operating_characteristics(run_study(study)).set_index("estimand")
    assert table["note"].iloc[0] == ""
    assert np.isnan(table[["target", "bias", "coverage"]].iloc[1].astype(float)).all()
    assert table["note"].iloc[1].startswith("No bias or coverage: Bounds of the score cut baselines")
    figures = table.drop(columns=["truth", "design", "analysis", "note"])
    assert not figures.isna().any(axis=1)[table["note"] == ""].any()


def test_a_study_of_one_replicate_and_of_an_unknown_analysis_says_why():
    table = operating_characteristics(run_study(known_study(0.4, n_replicates=1)))
    assert table["note"].tolist() == ["No errors: one replicate has an answer, and one has no spread."]
    unknown = run_study(known_study(float("nan"), n_replicates=4))
    assert operating_characteristics(unknown)["note"].str.contains("the analysis gives no true value").all()
