"""Studies as values: what they refuse, what their pieces are, and that chance belongs to replicates alone."""

from dataclasses import replace

import numpy as np
import pytest
from studies import MeanScore, small_study

import alsmodels as als
from alsmodels.errors import SpecError
from alsmodels.simulation.designs import TrialDesign
from alsmodels.simulation.rules import Rule
from alsmodels.simulation.runs import run_study
from alsmodels.simulation.studies import Study


def test_pieces_cover_every_replicate_of_every_cell_once():
    study = small_study()
    pieces = list(study.pieces())
    assert len(pieces) == study.n_pieces == 12
    covered = [(p.place[:2], k) for p in pieces for k in range(p.first, p.first + p.size)]
    assert len(covered) == len(set(covered)) == 4 * 25


def test_the_first_pieces_are_of_all_cells():
    assert {piece.place[:2] for piece in list(small_study().pieces())[:4]} == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_paired_cells_share_their_seed_and_others_do_not():
    assert len({piece.seed for piece in small_study().pieces()}) == 1
    assert len({piece.seed for piece in small_study(paired=False).pieces()}) == 4


def test_the_chance_of_an_analysis_is_that_of_no_replicate_and_no_other_piece():
    study = small_study()
    keys = [(p.seed, *p.analysis_seed(number).spawn_key) for p in study.pieces() for number in range(2)]
    assert all(len(key) == 3 for key in keys)  # replicates have keys of one number
    unpaired = [(p.seed, p.first, number) for p in small_study(paired=False).pieces() for number in range(2)]
    assert len(set(unpaired)) == len(unpaired)


def test_a_longer_study_begins_with_the_shorter_one():
    short, long = (run_study(small_study(n_replicates=n)).datasets["mean"] for n in (10, 20))
    np.testing.assert_array_equal(long["estimate"].to_numpy()[:, :, :10], short["estimate"].to_numpy())


def test_data_do_not_depend_on_the_chunks():
    study = small_study()
    other = replace(study, chunk=7)
    first, second = (run_study(one).datasets["mean"]["estimate"].sel(estimand="twice") for one in (study, other))
    np.testing.assert_array_equal(first.to_numpy(), second.to_numpy())


def test_designs_change_what_they_name_and_nothing_else():
    truth = als.truths.realistic()
    design = TrialDesign("d", arms={"treated": 7, "control": 9}, weeks=(0, 12, 24), missed=0.0, dropout=False)
    seen = design.apply(truth)
    assert seen.sizes == {"control": 9, "treated": 7}
    assert seen.schedule == replace(truth.schedule, weeks=(0.0, 12.0, 24.0), missed=0.0)
    assert (seen.death, seen.withdrawal) == (None, None)
    assert (
        replace(seen, arms=truth.arms, schedule=truth.schedule, death=truth.death, withdrawal=truth.withdrawal) == truth
    )
    assert TrialDesign("as it is").apply(truth) == truth


def test_arms_that_a_design_leaves_out_are_out_and_own_schedules_follow():
    truth = als.truths.healey_like(shared=40)
    pool = als.truths.Schedule.every(12, until=48)
    truth = truth.vary_arm("shared placebo", schedule=pool)
    assert TrialDesign("d", arms={"placebo": 3, "active": 3}).apply(truth).sizes == {"placebo": 3, "active": 3}
    assert TrialDesign("d", weeks=(0, 8)).apply(truth).arms[2].schedule.weeks == (0.0, 8.0)


@pytest.mark.parametrize(
    "design", [TrialDesign("a"), TrialDesign("b", arms={"x": 3, "y": 4}, weeks=(0, 4), jitter_days=2.0, dropout=False)]
)
def test_designs_come_back_from_their_records(design):
    assert TrialDesign.from_dict(design.to_dict()) == design


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"truths": ()}, "there is no truth"),
        ({"truths": (als.truths.gaussian(), als.truths.gaussian())}, "the truth 'gaussian' is there twice"),
        ({"truths": ("gaussian",)}, "truths are such as truths.realistic()"),
        ({"designs": ()}, "there is no design"),
        ({"designs": (TrialDesign("a"), TrialDesign("a"))}, "the design 'a' is there twice"),
        ({"designs": (TrialDesign("a", arms={"nobody": 3}),)}, "no arm 'nobody'"),
        ({"analyses": ()}, "there is no analysis"),
        ({"analyses": (MeanScore("a/b"),)}, "an analysis has a name"),
        ({"analyses": (MeanScore("../a"),)}, "an analysis has a name"),
        ({"analyses": (MeanScore(labels=()),)}, "needs questions"),
        ({"n_replicates": 0}, "n_replicates is a whole number"),
        ({"chunk": 2.5}, "chunk is a whole number"),
        ({"seed": True}, "seed is a whole number"),
        ({"paired": 1}, "paired is true or false"),
    ],
)
def test_what_is_no_study_is_refused(changes, words):
    with pytest.raises(SpecError, match=words):
        replace(small_study(), **changes)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"arms": [3, 4]}, "arms are names with numbers"),
        ({"weeks": (4, 8)}, "first visit is in week 0"),
        ({"weeks": ("a",)}, "finite number"),
        ({"weeks": (0, 1), "jitter_days": 4.0}, "jitter"),
        ({"missed": 2.0}, "share"),
        ({"dropout": "no"}, "dropout is true or false"),
    ],
)
def test_what_is_no_design_is_refused(fields, words):
    with pytest.raises(SpecError, match=words):
        TrialDesign("d", **fields)


def test_rules_meet_what_they_say():
    support = np.array([0.99, 0.975, 0.5, 0.02, np.nan])
    assert Rule(direction="above").is_met(support).tolist() == [True, False, False, False, False]
    assert Rule(direction="below").is_met(support).tolist() == [False, False, False, True, False]
    assert Rule().is_met(support).tolist() == [True, False, False, True, False]


@pytest.mark.parametrize("fields", [{"level": 1.0}, {"level": 0.4}, {"margin": np.nan}, {"direction": "up"}])
def test_what_is_no_rule_is_refused(fields):
    with pytest.raises(SpecError, match="Rule"):
        Rule(**fields)


def test_the_fingerprint_is_of_all_that_matters():
    study = small_study()
    others = [replace(study, seed=8), replace(study, chunk=11), replace(study, paired=False), small_study(seconds=1.0)]
    assert len({one.fingerprint for one in (study, *others)}) == 5
    assert small_study().fingerprint == study.fingerprint


def test_an_analysis_of_another_shape_is_refused():
    class Short(MeanScore):
        def run(self, replicates, *, seed):
            return super().run(replicates, seed=seed).drop_vars("support")

    class Long(MeanScore):
        def run(self, replicates, *, seed):
            return super().run(replicates, seed=seed).isel(replicate=slice(1, None))

    for kind, words in ((Short, "gave no 'support'"), (Long, "has shape")):
        with pytest.raises(SpecError, match=words):
            run_study(replace(small_study(), analyses=(kind(),)))


def test_one_of_each_need_not_be_in_a_tuple():
    study = Study(als.truths.gaussian(), TrialDesign("a"), MeanScore(), n_replicates=3, seed=1)
    assert run_study(study).is_complete
