"""Many data sets at once: each gets the answer it would get alone, and none stops another."""

import numpy as np
import pandas as pd
import polars as pl
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from trials import FORMULA, beyond_fitting, stacked, trial

import alsmodels as als
from alsmodels.frequentist import many
from alsmodels.kernels import ranges

ASKED = [
    als.slope_difference("drug", "control", phase=1),
    als.slope(phase=2, arm="drug"),
    als.change(arm="drug", reference="control"),
    als.difference("drug", "control", week=48),
    als.slowing("drug", "control", phase=1),
]
ONE_PHASE = [
    als.slope_difference("drug", "control"),
    als.slope(arm="control"),
    als.difference("drug", "control", week=20),
]
MODELS = {
    "correlated": (FORMULA, ASKED),
    "independent": ("y ~ arm * phase(week, 24) + (phase(week, 24) || subject)", ASKED),
    "slope": ("y ~ arm * week + (week | subject)", ONE_PHASE),
    "intercept": ("y ~ arm + week + arm:week + (1 | subject)", ONE_PHASE),
    "curved": ("y ~ arm * week + arm * I(week^2) + (week | subject)", ONE_PHASE),
    "covariates": ("y ~ arm * week + age * week + site + dose * week + (week | subject)", ONE_PHASE),
    "factor": ("log(y + 100) ~ arm * week + C(site) + (1 + week | subject)", ONE_PHASE),
}


def assert_as_alone(found, formula, frames, asked, method="REML"):
    """Every replicate against `fit_lmm` and `estimate` of its own table."""
    for number, frame in enumerate(frames):
        here = found.sel(replicate=number)
        fit = als.fit_lmm(formula, frame, method=method, on_failure="return")
        assert here["status"].item() == fit.status.kind.value
        assert_allclose(here["loglik"], fit.loglik, rtol=1e-12)
        assert_allclose(here["beta"], fit.beta, atol=1e-8 * fit.bse.max(), rtol=1e-9)
        assert_allclose(here["beta_std_error"], fit.bse, rtol=1e-8)
        assert_allclose(here["beta_df"], fit.coefficients["df"], rtol=1e-5)
        assert_allclose(here["sigma"], fit.sigma, rtol=1e-9)
        sd = np.sqrt(np.diagonal(fit.covariance))
        assert_allclose(here["sd"], sd, rtol=1e-7, atol=1e-9 * fit.sigma)
        assert here["score"] < 1e-6
        answers = als.estimate(fit, asked)
        assert_array_equal(found["estimand"], answers["estimand"])
        for name in ("estimate", "std_error", "lower", "upper"):
            assert_allclose(here[name], answers[name], rtol=1e-7, atol=1e-8 * answers["std_error"].max())
        for name in ("df", "p_value"):
            assert_allclose(here[name], answers[name], rtol=1e-5)


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("model", MODELS)
def test_each_replicate_has_the_answer_it_has_alone(model, method):
    formula, asked = MODELS[model]
    frames = [trial(seed, shared=seed == 2) for seed in range(5)]
    found = als.fit_many(formula, stacked(frames), method=method, estimands=asked)
    assert_as_alone(found, formula, frames, asked, method)
    assert found.attrs["method"] == method
    assert found.attrs["formula"] == str(als.ModelSpec(formula))


def test_singular_fits_are_found_and_said():
    """No variation between slopes: some estimates lie on the boundary, and they are the single fit's."""
    frames = [trial(seed, sd=(5.0, 0.0, 0.0)) for seed in range(8)]
    found = als.fit_many(FORMULA, stacked(frames), estimands=ASKED)
    assert {"on the boundary", "converged"} >= set(found["status"].values.tolist())
    assert "on the boundary" in found["status"].values
    assert_as_alone(found, FORMULA, frames, ASKED)


def test_correlations_are_those_of_the_fit():
    frames = [trial(seed) for seed in range(2)]
    found = als.fit_many(FORMULA, stacked(frames))
    for number, frame in enumerate(frames):
        wanted = als.fit_lmm(FORMULA, frame).correlation
        for pair in found["pair"].values:
            row, col = pair.split(" ~ ")
            assert_allclose(found["correlation"].sel(replicate=number, pair=pair), wanted.loc[row, col], rtol=1e-7)


@pytest.fixture(scope="module")
def mixed():
    """Sound trials with those between them that cannot be fitted."""
    sound, broken = [trial(seed) for seed in range(9)], beyond_fitting()
    frames, names = [sound[0]], ["sound"]
    for number, (name, frame) in enumerate(broken.items(), start=1):
        frames += [frame, sound[number]]
        names += [name, "sound"]
    return frames, np.array(names), als.fit_many(FORMULA, stacked(frames), estimands=ASKED)


def test_what_cannot_be_fitted_says_so_and_has_no_numbers(mixed):
    _, names, found = mixed
    status = dict(zip(names, found["status"].values, strict=True))
    assert status.pop("sound") == "converged"
    assert status.pop("one visit each") == status.pop("no residual") == "not identified"
    assert set(status.values()) == {"not fitted"}
    assert_array_equal(found["estimate"].notnull().all("estimand"), names == "sound")
    for name in ("beta", "beta_std_error", "beta_df", "sd", "sigma", "loglik", "p_value", "lower"):
        there = found[name].notnull()
        assert_array_equal(there.all([dim for dim in there.dims if dim != "replicate"]), names == "sound")


def test_the_reason_is_what_the_single_fit_says(mixed):
    frames, names, found = mixed
    for number, (name, frame) in enumerate(zip(names, frames, strict=True)):
        reason = found["reason"].values[number]
        if name == "sound":
            assert reason == ""
        elif name == "an arm without visits":  # alone it has no arms at all; among the others it has an empty column
            assert "'arm[T.drug]' is a combination of '(Intercept)'" in reason
        else:
            with pytest.raises(als.AlsModelsError) as refused:
                als.fit_lmm(FORMULA, frame)
            if name in ("a phase without visits", "too few rows"):  # alone the mean is without columns that others have
                assert "fixed effects are not independent" in reason
                continue
            assert reason in str(refused.value)
            assert len(reason) > 20


def test_others_are_the_same_to_the_last_bit_whatever_stands_beside_them(mixed):
    frames, names, found = mixed
    sound = np.flatnonzero(names == "sound")
    apart = als.fit_many(FORMULA, stacked([frames[number] for number in sound]), estimands=ASKED)
    again = found.isel(replicate=sound).assign_coords(replicate=apart["replicate"])
    assert apart.identical(again)


@pytest.mark.parametrize("rows", [1, 700, 10**9])
@pytest.mark.parametrize("cores", [1, 3])
def test_neither_chunks_nor_threads_change_a_bit(monkeypatch, mixed, rows, cores):
    frames, _, found = mixed
    monkeypatch.setattr(many, "ROWS", rows)
    monkeypatch.setattr(ranges, "n_threads", lambda: cores)
    assert als.fit_many(FORMULA, stacked(frames), estimands=ASKED).identical(found)


def test_transforms_do_not_depend_on_chunks(monkeypatch):
    formula = "log(y + 100) ~ arm * sqrt(week) + exp(dose) + (week | subject)"
    table = stacked([trial(seed) for seed in range(6)])
    whole = als.fit_many(formula, table)
    monkeypatch.setattr(many, "ROWS", 1)
    assert als.fit_many(formula, table).identical(whole)


def test_a_breakdown_stays_with_its_replicate(monkeypatch):
    """What no check foresaw may raise inside the compiled loop; the others have to be fitted all the same."""
    table = stacked([trial(seed) for seed in range(5)])
    whole, search = als.fit_many(FORMULA, table, estimands=ASKED), many.search_sets
    rows = int((table["replicate"] == 3).sum())

    def break_down(shelf, task):
        if rows in shelf.sizes[:, 0]:
            raise np.linalg.LinAlgError
        return search(shelf, task)

    monkeypatch.setattr(many, "search_sets", break_down)
    found = als.fit_many(FORMULA, table, estimands=ASKED)
    assert found["status"].values[3] == "not fitted"
    assert "too large, too small or too nearly dependent" in found["reason"].values[3]
    kept = [0, 1, 2, 4]
    assert found.isel(replicate=kept).identical(whole.isel(replicate=kept))
    assert found["estimate"].sel(replicate=3).isnull().all()


def test_forms_of_replicates():
    """A shuffled table, another library's, tables one by one, and cohorts give the same fits."""
    frames = [trial(seed) for seed in range(4)]
    table = stacked(frames)
    whole = als.fit_many(FORMULA, table, estimands=ASKED)
    shuffled = table.sample(frac=1, random_state=1)
    named = table.assign(subject=["s" + str(number) for number in table["subject"]])
    cohorts = [
        als.Cohort.from_frame(frame, als.Roles("subject", "week", arm="arm", control="control")) for frame in frames
    ]
    for given in (shuffled, named, pl.from_pandas(table), frames, tuple(cohorts)):
        found = als.fit_many(FORMULA, given, estimands=ASKED)
        assert_allclose(found["estimate"], whole["estimate"], rtol=1e-8)
        assert_allclose(found["df"], whole["df"], rtol=1e-6)
        assert_array_equal(found["n_subjects"], whole["n_subjects"])


def test_simulated_replicates_are_taken_as_they_are():
    simulated = als.simulate_many(als.truths.anakinra_like(), n_replicates=4, seed=1)
    spec = als.two_phase("alsfrs_r", arm="arm", knot=24)
    asked = als.slope_difference("anakinra", "control", phase=1)
    found = als.fit_many(spec, simulated, estimands=asked)
    for number in simulated.numbers:
        fit = als.fit_lmm(spec, simulated.cohort(number))
        assert_allclose(found["estimate"].sel(replicate=number), als.estimate(fit, asked)["estimate"], rtol=1e-8)
        assert found["status"].sel(replicate=number) == fit.status.kind.value


def test_names_of_replicates_are_kept():
    table = stacked([trial(0), trial(1)])
    table["replicate"] = table["replicate"].map({0: "first", 1: "second"})
    found = als.fit_many(FORMULA, table)
    assert found["replicate"].values.tolist() == ["first", "second"]


def test_the_user_s_table_is_left_alone():
    table = stacked([trial(0), trial(1)]).sample(frac=1, random_state=2)
    before = table.copy()
    als.fit_many(FORMULA, table)
    pd.testing.assert_frame_equal(table, before)


def test_refusals():
    table = stacked([trial(0), trial(1)])
    with pytest.raises(als.DesignError, match="no column 'replicate'"):
        als.fit_many(FORMULA, table.drop(columns="replicate"))
    with pytest.raises(als.DesignError, match="'replicate' is missing in row 3"):
        als.fit_many(FORMULA, table.assign(replicate=table["replicate"].where(table.index != 2)))
    with pytest.raises(als.DesignError, match=r"'poly\(week, 2\)' looks at a column as a whole"):
        als.fit_many("y ~ arm + poly(week, 2) + (1 | subject)", table)
    with pytest.raises(als.DesignError, match="No row of the data"):
        als.fit_many(FORMULA, table.assign(y=np.nan))
    with pytest.raises(als.SpecError, match="method is 'REML' or 'ML'"):
        als.fit_many(FORMULA, table, method="reml")
    with pytest.raises(als.SpecError, match="a specification with replicates"):
        als.fit_many(FORMULA)
    with pytest.raises(als.DataError, match="not Cohort"):
        als.fit_many("alsfrs_r ~ week + (1 | subject)", als.load_example())
    with pytest.raises(als.EstimandError, match="is none"):
        als.fit_many(FORMULA, table, estimands=["slope"])
    with pytest.raises(als.EstimandError, match="no arm 'placebo'"):
        als.fit_many(FORMULA, table, estimands=als.slope(arm="placebo"))
    with pytest.raises(als.EstimandError, match="not estimated"):
        als.fit_many("y ~ arm + week + (1 | subject)", table, estimands=als.slope_difference("drug", "control"))
    with pytest.raises(als.EstimandError, match="between 0 and 1"):
        als.fit_many(FORMULA, table, level=95)


@pytest.mark.slow
def test_two_thousand_trials_end_where_single_fits_end():
    """Trials of every kind: no optimum is worse than the single fit's, and no status differs."""
    rng = np.random.default_rng(5)
    frames = [
        trial(seed, sd=rng.choice([0.0, 0.05, 1.0, 5.0], 3) * [1, 0.1, 0.1], sigma=rng.choice([0.5, 2.0, 8.0]))
        for seed in range(2000)
    ]
    found = als.fit_many(FORMULA, stacked(frames))
    for number, frame in enumerate(frames):
        fit = als.fit_lmm(FORMULA, frame, on_failure="return")
        assert found["status"].values[number] == fit.status.kind.value
        if fit.status.is_optimum:
            assert_allclose(found["loglik"].values[number], fit.loglik, atol=1e-8)
