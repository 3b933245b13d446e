"""Every function that takes a seed refuses what is none, and what is accepted can be saved and gives the same again."""

import json

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.bayes.predictive import prior_predictive
from alsmodels.errors import SpecError
from alsmodels.model.seeds import check_seed, generator_of, settle_seed

FORMULA = "alsfrs_r ~ arm * week + (week | subject)"
WRONG = [-1, 1.0, 1.5, True, "1", 2**64, 10**5000, np.float64(1), np.array([1, 2]), [1], float("nan"), object()]
LARGEST = 2**64 - 1


@pytest.fixture(scope="module")
def cohort():
    return als.load_example()


@pytest.fixture(scope="module")
def post(cohort):
    return als.sample_lmm(FORMULA, cohort, method="importance", draws=400, seed=1)


@pytest.fixture(scope="module")
def calls(cohort, post):
    design = als.build_design(FORMULA, cohort)
    rows = pd.DataFrame({"subject": ["new"], "arm": ["control"], "week": [3.0]})
    truth, trial = als.truths.healey_like(), als.TrialDesign("as planned")
    asked = als.reml_analysis("alsfrs_r ~ arm * week + (week | subject)", [als.slope_difference("active", "placebo")])
    frame = cohort.to_frame()
    return {
        "importance": lambda seed: als.sample_lmm(design, method="importance", draws=400, seed=seed),
        "nuts": lambda seed: als.sample_lmm(design, draws=80, seed=seed, on_failure="return"),
        "many": lambda seed: als.sample_many("alsfrs_r ~ week + (1 | subject)", [frame], draws=400, seed=seed),
        "joint": lambda seed: als.sample_joint(
            ["alsfrs_r ~ week + (1 | subject)", "fibrinogen ~ week + (1 | subject)"],
            cohort, method="importance", draws=400, seed=seed, on_failure="return",
        ),
        "predict": lambda seed: als.predict(post, rows, seed=seed),
        "add_predictive": lambda seed: als.add_predictive(post, seed=seed),
        "prior_predictive": lambda seed: prior_predictive(design, post.priors, draws=20, seed=seed),
        "calibrate": lambda seed: als.calibrate(
            "alsfrs_r ~ week + (1 | subject)", cohort, replicates=10, draws=19, seed=seed
        ),
        "simulate_cohort": lambda seed: als.simulate_cohort(truth, seed=seed),
        "simulate_many": lambda seed: als.simulate_many(truth, n_replicates=1, seed=seed),
        "Study": lambda seed: als.Study(truth, trial, asked, n_replicates=2, seed=seed),
        "design_card": lambda seed: als.design_card(
            als.truths.anakinra_like(), controls="historical", weeks=24, n_replicates=0, seed=seed
        ),
        "find_sample_size": lambda seed: als.find_sample_size(truth, trial, asked, n_replicates=4, rounds=1, seed=seed),
    }  # fmt: skip


NAMES = (
    "importance", "nuts", "many", "joint", "predict", "add_predictive", "prior_predictive", "calibrate",
    "simulate_cohort", "simulate_many", "Study", "design_card", "find_sample_size",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_is_no_seed_is_refused_in_a_sentence(calls, name):
    for seed in WRONG:
        with pytest.raises(SpecError, match=r"The seed is a whole number of 0 or more") as caught:
            calls[name](seed)
        assert len(str(caught.value)) < 250


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"find_sample_size"}))
def test_the_largest_seed_is_accepted(calls, name):
    assert calls[name](np.uint64(LARGEST)) is not None


def test_what_is_accepted_can_be_saved(calls, cohort, tmp_path):
    post = calls["importance"](LARGEST)
    for name in ("a.nc", "a.zarr"):
        als.save_posterior(post, tmp_path / name)
        assert als.load_posterior(tmp_path / name).draws.attrs["seed"] == LARGEST
    study = calls["Study"](np.int64(5))
    assert json.loads(study.to_json())["seed"] == 5
    assert type(study.seed) is int
    card = calls["design_card"](np.int64(5))
    assert json.loads(json.dumps(card.to_dict()))["seed"] == 5
    found = calls["many"](LARGEST)
    found.to_netcdf(tmp_path / "many.nc", engine="h5netcdf")


def test_a_seed_of_none_comes_from_the_machine_and_is_said(cohort):
    first, second = (als.sample_lmm(FORMULA, cohort, method="importance", draws=400) for _ in range(2))
    assert first.draws.attrs["seed"] != second.draws.attrs["seed"]
    again = als.sample_lmm(FORMULA, cohort, method="importance", draws=400, seed=first.draws.attrs["seed"])
    np.testing.assert_array_equal(again.stacked("beta"), first.stacked("beta"))
    assert 0 <= settle_seed(None) < 2**32


def test_cohorts_take_generators_and_sequences_too():
    truth = als.truths.gaussian()
    one = als.simulate_cohort(truth, seed=3)
    for seed in (np.int8(3), np.random.SeedSequence(3), np.random.default_rng(3)):
        assert als.simulate_cohort(truth, seed=seed).visits.equals(one.visits)
    with pytest.raises(SpecError, match="a SeedSequence or a Generator; not 'x'"):
        generator_of("x")


def test_a_long_seed_is_not_printed():
    with pytest.raises(SpecError, match="not one that is larger"):
        check_seed(10**5000)
