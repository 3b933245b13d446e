"""Specifications: equal when they mean the same, written by makers, stored as JSON."""

import pickle

import numpy as np
import pytest

import alsmodels as als


def test_two_ways_to_write_one_specification():
    made = als.two_phase("alsfrs_r", arm="arm", knot=24)
    written = als.ModelSpec("alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)")
    assert made == written
    assert hash(made) == hash(written)
    assert pickle.loads(pickle.dumps(made)) == made  # noqa: S301 - our own value


@pytest.mark.parametrize(
    ("spec", "formula"),
    [
        (
            als.two_phase("alsfrs_r", arm="arm", baseline="shared"),
            "alsfrs_r ~ phase(week, 24) + phase(week, 24):arm + (phase(week, 24) | subject)",
        ),
        (als.linear_decline("ALSFRS-R"), "`ALSFRS-R` ~ week + (week | subject)"),
        (
            als.linear_decline("NfL pg/mL", covariates=["Site no."]),
            "`NfL pg/mL` ~ week + `Site no.` + (week | subject)",
        ),
        (als.two_phase("y", knot=12.5), "y ~ phase(week, 12.5) + (phase(week, 12.5) | subject)"),
        (als.two_phase("y", random="intercept"), "y ~ phase(week, 24) + (1 | subject)"),
        (als.two_phase("y", random="independent"), "y ~ phase(week, 24) + (phase(week, 24) || subject)"),
        (als.linear_decline("y", arm="arm", baseline="shared"), "y ~ week + week:arm + (week | subject)"),
        (als.linear_decline("y", covariates="age"), "y ~ week + age + (week | subject)"),
        (als.linear_decline("log(nfl)", covariates=["age"]), "log(nfl) ~ week + age + (week | subject)"),
        (als.two_phase("y", knot=6, time="month"), "y ~ phase(month, 6) + (phase(month, 6) | subject)"),
        (als.two_phase("y", knot=6, time="month", random="slope"), "y ~ phase(month, 6) + (month | subject)"),
        (als.linear_decline("y", arm="arm", time="day"), "y ~ arm + day + arm:day + (day | subject)"),
        (als.several_phases("y", knots=[8, 16.5]), "y ~ phase(week, 8, 16.5) + (phase(week, 8, 16.5) | subject)"),
        (als.linear_decline("NfL (pg/mL)"), "`NfL (pg/mL)` ~ week + (week | subject)"),
        (als.linear_decline("log(CRP [mg/L])"), "log(`CRP [mg/L]`) ~ week + (week | subject)"),
        (als.linear_decline("log10(c-reactive protein)"), "log10(`c-reactive protein`) ~ week + (week | subject)"),
        (als.linear_decline("y", covariates=["CRP [mg/L]"]), "y ~ week + `CRP [mg/L]` + (week | subject)"),
    ],
)
def test_makers_write_formulas(spec, formula):
    assert spec.formula == formula
    assert als.ModelSpec.from_json(spec.to_json()) == spec


def test_time_scale_is_read_from_the_formula():
    assert als.two_phase("y", knot=6, time="month").timescale == als.TwoPhase(6, "month")
    assert repr(als.TwoPhase(6, "month")) == "TwoPhase(knot=6, unit='month')"
    assert als.several_phases("y", knots=(24, 48)).timescale == als.Phases((24, 48))
    assert als.Phases((24, 48)).interval(2, 60.0) == (24, 48)
    assert als.Phases((24, 48)).interval(3, 60.0) == (48, 60.0)
    assert als.TwoPhase(6, "month").knot_weeks == pytest.approx((26.0892857,))
    with pytest.raises(als.SpecError, match=r"no third phase: .* week 40, the knot of phase 3 in week 48"):
        als.Phases((24, 48)).interval(3, 40.0)
    assert als.two_phase("y", knot=12).timescale == als.TwoPhase(12)
    assert als.linear_decline("y").timescale == als.OnePhase()
    assert als.TwoPhase(np.int64(24)) == als.TwoPhase(24.0)
    assert als.TwoPhase(24).interval(2, 52.0) == (24, 52.0)
    with pytest.raises(als.SpecError, match="no second phase"):
        als.TwoPhase(24).interval(2, 20.0)
    with pytest.raises(als.SpecError, match="no phase 3"):
        als.TwoPhase(24).interval(3, 52.0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: als.two_phase("y", knot=0), "after baseline"),
        (lambda: als.two_phase("y", knot=float("nan")), "after baseline"),
        (lambda: als.two_phase("y", knot="24"), "not '24'"),
        (lambda: als.two_phase("y", random="all"), "random is one of"),
        (lambda: als.two_phase("y", arm="arm", baseline="none"), "'separate' or 'shared'"),
        (lambda: als.two_phase("y", baseline="shared"), "shared by arms"),
        (lambda: als.ModelSpec("y ~ week"), "no random effects"),
        (lambda: als.ModelSpec("y ~ week + (1 | site)"), "not by 'site'"),
        (
            lambda: als.ModelSpec("y ~ phase(week, 12) + (phase(week, 24) | subject)"),
            "one time scale; the knots 12, 24",
        ),
        (lambda: als.ModelSpec("y ~ phase(week, 24, 12) + (1 | subject)"), "in order"),
        (lambda: als.ModelSpec("y ~ phase(week, 24) + (phase(month, 6) | subject)"), "in one unit of time"),
        (lambda: als.ModelSpec("y ~ week + (week | id)"), r"write \(week \| subject\)"),
        (lambda: als.two_phase("y", time="month"), "Say the knot in months"),
        (lambda: als.linear_decline("y", time="year"), "one of 'week', 'month', 'day'"),
        (lambda: als.several_phases("y", knots=()), "in order, such as"),
        (lambda: als.ModelSpec(None), "a text, not NoneType"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(als.AlsModelsError, match=words):
        make()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[",
        "[]",
        "null",
        "{}",
        '{"formula": "y ~ week + (1 | subject)"}',
        '{"format": "alsmodels-spec-1", "formula": 3}',
        '{"format": "alsmodels-spec-1", "formula": "y ~ __import__(\'os\') + (1 | subject)"}',
        '{"format": "alsmodels-spec-1", "formula": "y ~ week + (1 | subject)", "eval": "1"}',
        "[" * 100_000,
    ],
)
def test_a_specification_file_is_never_trusted(text):
    with pytest.raises(als.AlsModelsError):
        als.ModelSpec.from_json(text)


SPEC = als.two_phase("alsfrs_r", arm="arm", knot=24, covariates=["age", "Site no."])


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, SPEC),
        ({"knot": 16}, als.two_phase("alsfrs_r", arm="arm", knot=16, covariates=["age", "Site no."])),
        ({"knot": (12, 24)}, als.several_phases("alsfrs_r", knots=(12, 24), arm="arm", covariates=["age", "Site no."])),
        ({"knot": ()}, als.linear_decline("alsfrs_r", arm="arm", covariates=["age", "Site no."])),
        ({"arm": None}, als.two_phase("alsfrs_r", knot=24, covariates=["age", "Site no."])),
        ({"outcome": "log(nfl)"}, als.two_phase("log(nfl)", arm="arm", covariates=["age", "Site no."])),
        ({"covariates": ()}, als.two_phase("alsfrs_r", arm="arm")),
        (
            {"random": "slope", "baseline": "shared", "covariates": "sex"},
            als.two_phase("alsfrs_r", arm="arm", random="slope", baseline="shared", covariates="sex"),
        ),
        (
            {"time": "month", "knot": 6},
            als.two_phase("alsfrs_r", arm="arm", knot=6, time="month", covariates=["age", "Site no."]),
        ),
    ],
)
def test_something_of_a_specification_is_replaced(changes, same):
    assert SPEC.replace(**changes) == same


def test_every_maker_is_known_again():
    for random in ("phases", "slope", "intercept", "independent"):
        for baseline in ("separate", "shared"):
            spec = als.several_phases("y", knots=(8, 20), arm="dose group", random=random, baseline=baseline)
            assert spec.replace() == spec
            assert spec.replace(outcome="z").replace(outcome="y") == spec
    assert als.linear_decline("y", random="intercept").replace(knot=24).formula == "y ~ phase(week, 24) + (1 | subject)"


def test_what_no_maker_writes_has_its_outcome_replaced_alone():
    own = als.ModelSpec("y ~ arm * week * age + (week | subject)")
    assert own.replace(outcome="log(il6)").formula.startswith("log(il6) ~ arm + week + age")
    with pytest.raises(als.SpecError, match="No maker writes"):
        own.replace(knot=24)
    with pytest.raises(als.SpecError, match="No maker writes"):
        als.ModelSpec("y ~ week + offset(x) + (week | subject)").replace(random="intercept")
