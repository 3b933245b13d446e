"""A simulated cohort is a cohort like any other, the same for a seed in every process."""

import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.errors import SpecError
from alsmodels.simulation import truths


@pytest.mark.parametrize("name", truths.PRESETS)
def test_ready_truths_make_cohorts_that_pass_the_checks(name):
    truth = truths.PRESETS[name]()
    cohort = als.simulate_cohort(truth, arms=dict.fromkeys(truth.sizes, 25), seed=1)
    assert cohort.control == truth.arms[0].name
    assert set(cohort.arms) == set(truth.sizes)
    assert set(cohort.outcomes) == {"alsfrs_r", *(marker.name for marker in truth.markers)}
    assert cohort.flow()["rows"].tolist() == [cohort.n_visits] * 2
    assert {finding.severity for finding in cohort.findings} <= {"warning"}


def test_the_cohort_holds_what_was_simulated():
    cohort = als.simulate_cohort(truths.anakinra_like(), seed=4)
    assert cohort.subjects.columns.tolist() == [
        "subject", "arm", "age", "months_since_onset", "sex", "onset", "delta_frs"
    ]  # fmt: skip
    assert cohort.subjects["subject"].tolist() == [f"S{number:02d}" for number in range(1, 65)]
    assert cohort.subjects["arm"].tolist() == ["control"] * 47 + ["anakinra"] * 17
    assert cohort.outcomes["il6"].lloq == 1.5
    assert set(cohort.visits["il6_censored"]) == {"left", "none"}
    assert set(cohort.events["event"]) == {"death", "withdrawal", "antibody-positive"}


def test_events_end_visits_at_the_end_of_their_day():
    cohort = als.simulate_cohort(truths.realistic(), arms={"control": 200}, seed=2)
    left = cohort.events[cohort.events["event"] != "antibody-positive"].set_index("subject")["week"]
    last = cohort.visits.groupby("subject")["week"].max()
    assert left.index.is_unique
    assert (last[left.index] < left + 1e-9).all()
    days = 7 * left
    np.testing.assert_allclose(days, np.rint(days), atol=1e-9)
    assert (days >= 1).all()


def test_an_event_stands_at_the_end_of_the_day_in_which_it_came():
    many = als.simulate_many(truths.realistic(), arms={"control": 300}, n_replicates=1, seed=2)
    events = many.events()
    left = many.people.left[events["subject"]]
    lag = 7 * (events["week"] - left)
    assert lag.between(0, 1).all()
    assert lag.mean() == pytest.approx(0.5, abs=0.12)  # 4 standard errors of about 100 uniforms


SCRIPT = """
import alsmodels as als
cohort = als.simulate_cohort(als.truths.realistic(items=True), arms={"control": 20, "treated": 20}, seed=11)
frames = (cohort.visits, cohort.subjects, cohort.events)
import hashlib, sys
sys.stdout.write(hashlib.sha256("".join(frame.to_csv() for frame in frames).encode()).hexdigest())
"""


def test_the_same_seed_gives_the_same_cohort_in_another_process(capsys):
    exec(SCRIPT, {})  # noqa: S102 - the very text that the other process runs
    here = capsys.readouterr().out
    there = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True).stdout
    assert len(here) == 64
    assert here == there


def test_the_first_patient_of_a_seed_is_who_it_was():
    """Who changes the order of the draws changes every cohort that was ever reported; so may a new NumPy."""
    cohort = als.simulate_cohort(truths.realistic(items=True), arms={"control": 20, "treated": 20}, seed=11)
    visits = cohort.visits[cohort.visits["subject"] == "S01"]
    assert np.rint(7 * visits["week"]).tolist() == [0, 21, 61, 78, 119, 136, 197, 221, 250, 274, 306, 329, 360]
    assert visits["alsfrs_r"].tolist() == [36, 36, 38, 38, 36, 37, 32, 32, 30, 31, 29, 26, 28]
    assert visits["nfl"].dropna().tolist() == [68.6, 56.7, 48.7, 76.7]


def test_another_seed_gives_another_cohort_and_a_generator_moves_on():
    truth = truths.gaussian()
    one, same, other = (als.simulate_cohort(truth, seed=seed).visits["alsfrs_r"] for seed in (1, 1, 2))
    assert one.equals(same)
    assert not one.equals(other)
    rng = np.random.default_rng(1)
    first, second = (als.simulate_cohort(truth, seed=rng).visits["alsfrs_r"] for _ in range(2))
    assert first.equals(one)
    assert not second.equals(first)


def test_truths_that_differ_in_an_effect_have_the_same_patients():
    """Common random numbers: all but what the effect does is the same, subject by subject."""
    plain = als.simulate_cohort(truths.realistic(), seed=3)
    better = als.simulate_cohort(truths.realistic(ratio=(0.5, 0.5), hazard_ratio=0.5), seed=3)
    assert plain.subjects.drop(columns="delta_frs").equals(better.subjects.drop(columns="delta_frs"))
    control = plain.subjects.loc[plain.subjects["arm"] == "control", "subject"]
    visits = [cohort.visits[cohort.visits["subject"].isin(control)] for cohort in (plain, better)]
    pd.testing.assert_frame_equal(*visits)
    treated = plain.to_frame().merge(better.to_frame(), on=["subject", "week"])
    treated = treated[treated["arm_x"] == "treated"]
    assert (treated["alsfrs_r_y"] - treated["alsfrs_r_x"]).mean() > 2


def test_arms_may_have_other_sizes_and_be_left_out():
    truth = truths.healey_like(shared=80)
    cohort = als.simulate_cohort(truth, arms={"shared placebo": 7, "active": np.int64(5)}, seed=1)
    assert cohort.subjects["arm"].value_counts().to_dict() == {"shared placebo": 7, "active": 5}
    assert cohort.control == "active"  # the first of those that take part


@pytest.mark.parametrize(
    ("arms", "words"),
    [
        ({"contrl": 5}, "no arm 'contrl'; did you mean 'control'"),
        ({"xyz": 5}, "no arm 'xyz'; there are 'control', 'treated'"),
        ({"control": 0}, "Arm 'control' needs a whole number of subjects, 1 or more; not 0"),
        ({"control": 2.5}, "not 2.5"),
        ({"control": True}, "not True"),
        ({}, "There is no arm to simulate"),
    ],
)
def test_arms_that_cannot_be_are_refused(arms, words):
    with pytest.raises(SpecError, match=words):
        als.simulate_cohort(truths.realistic(), arms=arms, seed=1)


@pytest.mark.parametrize("seed", [-1, 1.5, None, True, "one"])
def test_what_is_no_seed_is_refused(seed):
    with pytest.raises(SpecError, match="The seed is a whole number of 0 or more"):
        als.simulate_cohort(truths.gaussian(), seed=seed)


def test_what_is_no_truth_is_refused():
    with pytest.raises(SpecError, match=r"takes a Truth, such as truths.realistic\(\); not function"):
        als.simulate_cohort(truths.realistic, seed=1)


def test_a_simulated_cohort_is_saved_and_read_back(tmp_path):
    cohort = als.simulate_cohort(truths.gaussian(), arms={"control": 5, "treated": 5}, seed=1)
    cohort.save(tmp_path / "saved")
    again = als.read_cohort(tmp_path / "saved")
    pd.testing.assert_frame_equal(again.visits, cohort.visits)


def test_the_mixed_model_finds_the_gaussian_truth():
    """600 subjects: fixed effects within four standard errors of the truth, SDs of slopes within 15%."""
    cohort = als.simulate_cohort(truths.gaussian(shift=(0.3, 0.0)), arms={"control": 300, "treated": 300}, seed=6)
    fit = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", knot=24), cohort)
    asked = [als.slope(phase=p, arm="control") for p in (1, 2)]
    asked += [als.slope_difference("treated", "control", phase=p) for p in (1, 2)]
    answers = als.estimate(fit, asked)
    assert (abs(answers["estimate"] - [-1.0, -1.0, 0.3, 0.0]) < 4 * answers["std_error"]).all()
    assert (answers["std_error"] < 0.1).all()
    month = 365.25 / 12 / 7
    sds = np.sqrt(np.diag(fit.covariance)) * [1.0, month, month]
    np.testing.assert_allclose(sds, [5.5, 0.7, 0.7], rtol=0.15)
    assert fit.sigma == pytest.approx(1.8, rel=0.03)


def test_ten_thousand_subjects_take_less_than_a_second():
    """Of the processor's time; the least of three, since other work slows it."""
    truth, taken = truths.realistic(), []
    for seed in range(3):
        start = time.process_time()
        cohort = als.simulate_cohort(truth, arms={"control": 5000, "treated": 5000}, seed=seed)
        taken.append(time.process_time() - start)
        assert cohort.n_subjects == 10_000
    assert min(taken) < 1.0
