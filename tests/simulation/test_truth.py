"""A truth is a value: every number has a source, JSON keeps it, and contradictions are refused in sentences."""

import copy
import json
import pickle
from dataclasses import replace

import pytest
from simulated import simulate

import alsmodels as als
from alsmodels.data.examples import anakinra_like as program
from alsmodels.errors import SpecError
from alsmodels.simulation import truths
from alsmodels.simulation.numbers import Sourced, source_of
from alsmodels.simulation.truth import Truth
from alsmodels.simulation.truths import (
    Arm,
    Correlation,
    Covariate,
    CovariateShift,
    Decline,
    Group,
    Marker,
    MarkerEffect,
    Residual,
    Schedule,
    ScoreScale,
    Slope,
)

PRESETS = [
    *truths.PRESETS.values(),
    lambda: truths.realistic(ratio=(0.7, 0.9), items=True),
    lambda: truths.healey_like(shared=80, drift=0.9),
]


@pytest.mark.parametrize("preset", PRESETS)
def test_json_keeps_every_number_and_its_source(preset):
    truth = preset()
    again = Truth.from_json(truth.to_json())
    assert again == truth
    assert again.table().equals(truth.table())
    assert again.to_json() == truth.to_json()


@pytest.mark.parametrize("preset", truths.PRESETS.values(), ids=truths.PRESETS)
def test_every_number_of_a_ready_truth_has_a_source(preset):
    table = preset().table()
    assert list(table.columns) == ["part", "quantity", "value", "unit", "source"]
    assert not (table["source"] == "given").any(), table[table["source"] == "given"]
    assert (table["source"].str.len() > 3).all()


def test_the_table_names_part_quantity_unit_and_source():
    table = truths.realistic().table().set_index(["part", "quantity"])
    assert table.loc[("decline, slope 1", "mean")].tolist()[:2] == ["-1.19", "points a month"]
    assert table.loc[("residual", "sds"), "value"] == "2.7, 2.5, 2.35, 1.6, 1.4, 1"
    assert table.loc[("schedule", "weeks"), "source"] == "HEALEY"
    assert table.loc[("marker nfl", "typical"), "unit"] == "pg/mL"
    assert table.loc[("marker nfl", "between"), "unit"] == "ln"
    assert table.loc[("correlation of slope 1 and nfl", "value"), "source"] == "assumption"


def test_what_a_user_changes_is_called_given():
    truth = truths.realistic()
    changed = replace(truth, withdrawal=replace(truth.withdrawal, monthly=0.06)).vary_arm("treated", slope_ratio=0.7)
    table = changed.table().set_index(["part", "quantity"])["source"]
    assert table["withdrawal", "monthly"] == "given"
    assert table["withdrawal", "centre"] == "assumption"
    assert table["arm treated", "slope ratio"] == "given"


def test_tuples_with_several_sources_have_a_row_each():
    residual = Residual((Sourced(2.5, "a"), Sourced(1.5, "b")), edges=(32.0,))
    table = replace(truths.gaussian(), residual=residual).table().set_index(["part", "quantity"])
    assert table.loc[("residual", "sds 1"), "source"] == "a"
    assert table.loc[("residual", "sds 2"), "value"] == "1.5"


def test_a_sourced_number_is_a_number():
    number = Sourced(-1.03, "HEALEY")
    assert number == -1.03
    assert hash(number) == hash(-1.03)
    assert source_of(number) == "HEALEY"
    assert source_of(number + 0) == "given"
    for again in (copy.deepcopy(number), copy.copy(number), pickle.loads(pickle.dumps(number))):  # noqa: S301 - our own
        assert again == number
        assert again.source == "HEALEY"


def test_a_truth_can_be_pickled_and_prints_itself():
    truth = truths.anakinra_like()
    assert pickle.loads(pickle.dumps(truth)) == truth  # noqa: S301 - our own
    assert "control 47, anakinra 17" in repr(truth)
    assert "Maier et al. 2015" in repr(truth)
    assert "<table" in truth._repr_html_()


def test_numbers_in_json_need_no_source_and_defaults_may_be_left_out():
    record = {
        "name": "mine",
        "arms": [{"name": "a", "n": 10}],
        "decline": {"baseline_mean": 37, "baseline_sd": 5.5, "slopes": [{"mean": -1, "sd": 0.7}]},
        "residual": {"sds": [1.8]},
        "schedule": {"weeks": [0, 4, 8]},
    }
    truth = Truth.from_json(json.dumps(record))
    assert truth == Truth(
        "mine", (Arm("a", 10),), Decline(37.0, 5.5, (Slope(-1.0, 0.7),)), Residual((1.8,)), Schedule((0.0, 4.0, 8.0))
    )
    assert truth.table()["source"].unique().tolist() == ["given"]
    assert als.simulate_cohort(truth, seed=1).n_subjects == 10


def record(**changes):
    return truths.gaussian().to_dict() | changes


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Truth.from_json("{"), "The truth is no JSON"),
        (lambda: Truth.from_json("[" * 100_000), "The truth is no JSON"),
        (lambda: Truth.from_json("9" * 5_000), "The truth is no JSON"),
        (lambda: Truth.from_json(None), "The truth is no JSON"),
        (lambda: Truth.from_json("[1]"), r"The truth is a record of fields, not \[1\]"),
        (lambda: Truth.from_dict(record(hazard=1)), "The truth has no field 'hazard'; its fields are name, arms"),
        (lambda: Truth.from_dict({"name": "x"}), "The truth lacks the field 'arms'"),
        (lambda: Truth.from_dict(record(name=3)), r"The truth.name is text, not 3"),
        (lambda: Truth.from_dict(record(arms="all")), r"The truth.arms is a list, not 'all'"),
        (lambda: Truth.from_dict(record(arms=[{"name": "a", "n": 1.5}])), r"arms\[0\].n is a whole number, not 1.5"),
        (lambda: Truth.from_dict(record(residual={"sds": ["big"]})), r"residual.sds\[0\] is a number, not 'big'"),
        (lambda: Truth.from_dict(record(residual={"sds": [True]})), r"residual.sds\[0\] is a number, not True"),
        (
            lambda: Truth.from_dict(record(residual={"sds": [{"value": 1.8, "source": 5}]})),
            r"residual.sds\[0\].source is text, not 5",
        ),
        (lambda: Truth.from_dict(record(scale={"whole": "yes"})), "scale.whole is true or false, not 'yes'"),
        (
            lambda: Truth.from_dict(
                record(markers=[{"name": "x", "typical": 1, "between": 1, "within": 1, "scale": "ln"}])
            ),
            r"markers\[0\].scale is one of 'identity', 'log', not 'ln'",
        ),
        (lambda: Truth.from_dict(record(residual={"sds": [-1.8]})), r"Residual: sds\[0\] is 0 or more, not -1.8"),
    ],
)
def test_records_that_are_no_truth_are_refused_by_place(made, words):
    with pytest.raises(SpecError, match=words):
        made()


def change(**changes):
    return lambda: replace(truths.realistic(), **changes)


ARMS = (Arm("a", 5), Arm("a", 5))


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (change(arms=()), "there is no arm"),
        (change(arms=ARMS), "the arm 'a' is there twice"),
        (
            change(arms=(Arm("a", 5, shifts=(CovariateShift("agee", 1.0),)),)),
            "covariate 'agee' is not in the truth; did you mean 'age'",
        ),
        (
            change(arms=(Arm("a", 5, marker_effects=(MarkerEffect("crp", 1.0, 4.0, 4.0),)),)),
            "marker 'crp' is not in the truth; there are 'nfl', 'il6'",
        ),
        (change(covariates=(Covariate("nfl", 1.0, 1.0),), correlations=()), "the column 'nfl' is there twice"),
        (
            change(covariates=(Covariate("arm", 1.0, 1.0),), correlations=()),
            "the column 'arm' is made by the simulator",
        ),
        (change(groups=(Group("q1_speech", "a", "b", 0.5),)), "the column 'q1_speech' is made by the simulator"),
        (
            change(correlations=(Correlation("slope", "baseline", 0.1),)),
            "trait 'slope' is not in the truth; did you mean 'slope",
        ),
        (
            change(correlations=(Correlation("slope 1", "baseline", 0.1), Correlation("baseline", "slope 1", 0.2))),
            "correlation of 'baseline and slope 1' is there twice",
        ),
        (
            change(
                correlations=(
                    Correlation("slope 1", "baseline", 0.9),
                    Correlation("baseline", "slope 2", 0.9),
                    Correlation("slope 1", "slope 2", -0.5),
                )
            ),
            "contradict each other",
        ),
        (
            lambda: replace(truths.healey_like(), arms=(Arm("a", 5, slope_ratio=(0.7, 0.8)),)),
            "slope_ratio has two numbers, but the decline has one phase",
        ),
        (lambda: replace(truths.realistic(), name=" "), "the name is text"),
        (lambda: Arm("a", 0), "n is a whole number of subjects, 1 or more; not 0"),
        (lambda: Arm("a", 2.5), "n is a whole number"),
        (lambda: Arm("a", 5, hazard_ratio=0.0), "Arm 'a': hazard_ratio is above 0"),
        (lambda: Arm("a", 5, slope_ratio=(1.0, 1.0, 1.0)), "slope_ratio is one number, or one for each of two phases"),
        (lambda: Arm("a", 5, slope_shift="fast"), "slope_shift is a finite number, not 'fast'"),
        (lambda: Slope(-1.0, -0.7), "Slope: sd is 0 or more, not -0.7"),
        (lambda: Slope(float("nan"), 0.7), "Slope: mean is a finite number"),
        (lambda: Slope(-1.0, 0.7, 0.0), "gamma_shape is above 0"),
        (lambda: Decline(37.0, 5.5, ()), "one slope, or one for each of two phases; not 0"),
        (lambda: Decline(37.0, 5.5, (Slope(-1.0, 0.7),), knot=24.0), "one slope has no knot"),
        (lambda: Decline(37.0, 5.5, (Slope(-1.0, 0.7),) * 2), "need the week of the knot"),
        (
            lambda: Decline(37.0, 5.5, (Slope(-1.0, 0.7),), baseline_range=(48.0, 0.0)),
            "lower limit 48 is not below the upper limit 0",
        ),
        (lambda: Decline(37.0, 5.5, (Slope(-1.0, 0.7),), baseline_range=(48.0,)), "a lower and an upper limit"),
        (lambda: Residual((1.8, 2.0)), "0 edges part 1 levels, but there are 2 standard deviations"),
        (lambda: Residual((1.8, 2.0, 2.2), edges=(40.0, 30.0)), "the edges ascend"),
        (lambda: Residual((1.8,), serial_share=0.5), "needs serial_range, in weeks"),
        (lambda: Residual((1.8,), serial_share=0.5, serial_range=0.0), "serial_range is above 0"),
        (lambda: ScoreScale(lower=48.0, upper=0.0), "lower 48 is not below upper 0"),
        (lambda: Marker("week", 1.0, 1.0, 1.0), "kept for the cohort's own columns"),
        (lambda: truths.realistic().vary_arm("treatd", n=5), "no arm 'treatd'; did you mean 'treated'"),
        (
            lambda: truths.realistic().vary_arm("treated", hazard=0.7),
            "An arm has no 'hazard'; did you mean 'hazard_ratio'",
        ),
    ],
)
def test_truths_that_cannot_be_are_refused(made, words):
    with pytest.raises(als.AlsModelsError, match=words):
        made()


def test_anakinra_like_has_the_numbers_of_the_bundled_cohort():
    """The program that wrote the bundled cohort states its constants; the truth is held against them."""
    truth = truths.anakinra_like()
    first, second = truth.decline.slopes
    assert truth.sizes == {"control": program.N_CONTROL, "anakinra": program.N_ANAKINRA}
    assert truth.decline.knot == program.KNOT
    assert truth.schedule == Schedule.every(
        program.VISIT_EVERY, until=program.LAST_WEEK, jitter_days=program.JITTER_DAYS, missed=program.P_MISSED_VISIT
    )
    assert (truth.decline.baseline_mean, truth.decline.baseline_sd) == (program.BASELINE_MEAN, program.BASELINE_SD)
    assert truth.decline.baseline_range == (0, program.TOTAL_MAX)
    assert first.mean == second.mean == program.SLOPE_MEAN
    assert first.sd == program.SLOPE_SD
    variance = program.SLOPE_SD**2 + program.SLOPE_CHANGE_SD**2
    assert second.sd == pytest.approx(variance**0.5, abs=5e-4)
    stated = {(one.first, one.second): one.value for one in truth.correlations}
    assert stated["baseline", "slope 1"] == program.SLOPE_CORRELATION
    assert stated["slope 1", "slope 2"] == pytest.approx(program.SLOPE_SD / variance**0.5, abs=5e-4)
    assert stated["baseline", "slope 2"] == pytest.approx(
        program.SLOPE_CORRELATION * program.SLOPE_SD / variance**0.5, abs=5e-4
    )
    assert truth.residual.sds == (program.RESIDUAL_SD,)
    assert truth.death.per_point == program.LOG_HAZARD_PER_POINT
    assert truth.withdrawal.monthly == program.WITHDRAWAL_PER_MONTH


def test_anakinra_like_has_the_people_and_markers_of_the_bundled_cohort():
    truth = truths.anakinra_like()
    age, onset = truth.covariates
    assert (age.mean, age.sd, age.lower, age.upper) == (program.AGE_MEAN, program.AGE_SD, *program.AGE_RANGE)
    assert (onset.mean, onset.sd, onset.lower, onset.upper) == (
        program.ONSET_MEAN,
        program.ONSET_SD,
        *program.ONSET_RANGE,
    )
    assert [group.share for group in truth.groups] == [program.P_MALE, program.P_BULBAR]
    fibrinogen, il6 = truth.markers
    assert (fibrinogen.typical, fibrinogen.between, fibrinogen.within) == (
        program.FIBRINOGEN_MEAN,
        program.FIBRINOGEN_BETWEEN_SD,
        program.FIBRINOGEN_WITHIN_SD,
    )
    assert (il6.typical, il6.between, il6.within, il6.drift, il6.lloq) == (
        program.IL6_MEDIAN,
        program.IL6_BETWEEN_SD,
        program.IL6_WITHIN_SD,
        program.IL6_DRIFT,
        program.IL6_LLOQ,
    )
    assert fibrinogen.absent == il6.absent == program.P_NO_SAMPLE
    antibodies = truth.arms[1].antibodies
    assert antibodies.share == program.N_ANTIBODY / program.N_ANAKINRA
    assert (antibodies.first_week, antibodies.last_week) == program.ANTIBODY_WEEKS


@pytest.mark.parametrize(("at", "week", "effect"), [(0, 24, -0.8), (0, 52, -0.1), (1, 24, -0.5), (1, 52, 0.0)])
def test_the_effect_on_markers_is_about_that_of_the_bundled_cohort(at, week, effect):
    """Its mean over subjects at weeks 24 and 52, to 0.1: there it is a path laid down, here antibodies end it."""
    calm = {
        "between": 0.0,
        "within": 0.0,
        "drift": 0.0,
        "lloq": None,
        "absent": 0.0,
        "decimals": 8,
        "scale": "identity",
    }
    truth = truths.anakinra_like()
    truth = replace(
        truth, death=None, withdrawal=None, markers=tuple(replace(one, **calm, lower=None) for one in truth.markers)
    )
    visits = simulate(truth, {"anakinra": 2000}).visits
    values = visits.markers[abs(visits.week - week) < 1, at] - truth.markers[at].typical
    assert values.mean() == pytest.approx(effect, abs=0.1)
    assert effect in (*program.FIBRINOGEN_EFFECT, *program.IL6_EFFECT)
