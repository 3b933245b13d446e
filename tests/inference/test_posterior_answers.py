"""Questions to a posterior: the same table as of an optimum, from draws; and what compare says of the two."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.inference.estimates import COLUMNS


@pytest.fixture(scope="module")
def design():
    return als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=24), als.load_example())


@pytest.fixture(scope="module")
def post(design):
    return als.sample_lmm(design, method="importance", seed=1)


@pytest.fixture(scope="module")
def fit(design):
    return als.fit_lmm(design)


DIFFERENCE = als.slope_difference("anakinra", "control", phase=1)


def test_the_table_has_the_same_columns(post, fit, design):
    asked = als.estimands_for(design.spec, design)
    ours, theirs = als.estimate(post, asked), als.estimate(fit, asked)
    assert list(ours.columns) == list(theirs.columns) == list(COLUMNS)
    assert ours["estimand"].tolist() == theirs["estimand"].tolist()
    assert ours[["df", "p_value"]].isna().all(axis=None)
    assert theirs["probability"].isna().all()
    assert theirs["mcse"].tolist() == [0.0] * len(theirs)


def test_a_linear_question_is_a_product_with_the_draws(post, design):
    draws = post.stacked("beta") @ DIFFERENCE.contrast(design).weights
    row = als.estimate(post, DIFFERENCE, level=0.9).iloc[0]
    assert_allclose([row["estimate"], row["std_error"]], [draws.mean(), draws.std(ddof=1)])
    assert_allclose([row["lower"], row["upper"]], np.quantile(draws, [0.05, 0.95]))
    assert row["probability"] == np.mean(draws > 0)
    assert_allclose(row["mcse"], draws.std(ddof=1) / np.sqrt(post.effective))


def test_a_ratio_is_the_ratio_in_every_draw(post, design):
    contrast = als.slowing("anakinra", "control", phase=1).contrast(design)
    draws = 1 - (post.stacked("beta") @ contrast.weights) / (post.stacked("beta") @ contrast.over)
    row = als.estimate(post, als.slowing("anakinra", "control", phase=1)).iloc[0]
    assert_allclose(row["estimate"], draws.mean())
    assert row["probability"] == np.mean(draws > 0)


def test_margin_rope_and_highest_density(post, design):
    draws = post.stacked("beta") @ DIFFERENCE.contrast(design).weights
    row = als.estimate(post, DIFFERENCE, margin=0.2, rope=(-0.2, 0.2), interval="hdi").iloc[0]
    assert row["probability"] == np.mean(draws > 0.2)
    assert row["in_rope"] == np.mean(np.abs(draws) <= 0.2)
    assert row["upper"] - row["lower"] <= np.ptp(np.quantile(draws, [0.025, 0.975]))
    with pytest.raises(als.EstimandError, match="lower limit before its upper"):
        als.estimate(post, DIFFERENCE, rope=(0.2, -0.2))
    with pytest.raises(als.EstimandError, match=r"'eti'.*'hdi'"):
        als.estimate(post, DIFFERENCE, interval="widest")


def test_correlation_of_random_effects(post, fit):
    question = als.effect_correlation("phase(week, 24)[1]", "phase(week, 24)[2]")
    row = als.estimate(post, question).iloc[0]
    assert_allclose(row["estimate"], post.stacked("correlation")[:, 2].mean())
    with pytest.raises(als.EstimandError, match="question to a posterior"):
        als.estimate(fit, question)
    with pytest.raises(als.EstimandError, match="No correlation of"):
        als.estimate(post, als.effect_correlation("week", "phase(week, 24)[2]"))


def test_compare_puts_both_side_by_side(post, fit):
    table = als.compare({"REML": fit, "Bayes": post}, [DIFFERENCE, als.slope(arm="control")])
    assert table["fit"].tolist() == ["REML", "Bayes"] * 2
    assert table["verdict"].tolist()[0] == "first"
    assert (table["shift"].abs() < 0.1).all()


def test_compare_forgives_monte_carlo_error_and_no_more(post, design):
    """Another seed agrees; the same draws moved by a tenth of a posterior SD do not."""
    other = als.sample_lmm(design, method="importance", seed=2)
    told = als.compare({"one": post, "two": other}, DIFFERENCE)
    assert told["verdict"].tolist() == ["first", "agrees"]
    moved = post.posterior.copy(deep=True)
    moved["beta"] = moved["beta"] + 0.1 * moved["beta"].std()
    told = als.compare(
        {"one": post, "moved": post.with_groups(posterior=moved)}, als.difference("anakinra", "control", week=24)
    )
    assert told["verdict"].tolist() == ["first", "differs"]
    assert "moved differs from one" in told.attrs["notes"][-1]


def test_trajectories_are_those_of_the_draws(post, design):
    from alsmodels.model.trajectory import mean_rows

    table = als.mean_trajectories(post, weeks=[0, 30], level=0.8)
    draws = post.stacked("beta") @ mean_rows(design, "anakinra", np.array([0.0, 30.0])).T
    mine = table[table["arm"] == "anakinra"]
    assert_allclose(mine["estimate"], draws.mean(axis=0))
    assert_allclose(mine[["lower", "upper"]].to_numpy().T, np.quantile(draws, [0.1, 0.9], axis=0))


def test_the_table_shows_what_it_knows(post, fit):
    text = repr(als.estimate(post, DIFFERENCE))
    assert "probability" in text
    assert "p_value" not in text
    assert "mcse" in text
    assert "mcse" not in repr(als.estimate(fit, DIFFERENCE))


@pytest.fixture(scope="module")
def joint():
    models = ("alsfrs_r ~ week + (week | subject)", "log(fibrinogen) ~ week + (1 | subject)")
    return als.sample_joint(models, als.load_example(), method="importance", seed=1, on_failure="return")


def test_a_joint_fit_is_asked_by_outcome(joint, tmp_path):
    one = joint.fits["alsfrs_r"]
    with pytest.raises(als.EstimandError, match=r"fits of one outcome: joint\.fits"):
        als.compare({"a": joint, "b": joint}, als.slope())
    with pytest.raises(als.EstimandError, match=r"fits of one outcome: joint\.fits"):
        als.mean_trajectories(joint)
    with pytest.raises(als.EstimandError, match="no likelihood of its own"):
        als.prior_sensitivity(one, als.slope())
    for fit in (joint, one):
        with pytest.raises(als.SpecError, match="saved whole"):
            als.save_posterior(fit, tmp_path / "one.nc")
    assert als.estimate(one, als.slope())["engine"][0] == "joint importance"


def test_notes_say_how_values_at_a_limit_were_taken():
    design = als.build_design("log(il6) ~ week + (1 | subject)", als.load_example())
    biased = als.sample_lmm(design, method="importance", seed=1)
    told = als.sample_lmm(
        design,
        response=als.ResponseModel(censored=True),
        draws=200,
        seed=1,
        on_failure="return",
        nuts=als.NutsOptions(tune=100),
    )
    assert "which biases means and slopes" in str(biased)
    assert "biases" not in " ".join(als.estimate(told, als.slope()).attrs["notes"])
    assert "takes values at a limit as beyond it: of 656 values, censored: 274 on the left." in told.notes[-1]


def test_sensitivity_is_of_the_quantity_that_is_estimated(post):
    table = als.prior_sensitivity(
        post, [DIFFERENCE, als.effect_correlation("phase(week, 24)[1]", "phase(week, 24)[2]")]
    )
    assert (table[["prior", "likelihood"]] >= 0).all(axis=None)
    assert table["prior"][1] > table["prior"][0]  # a correlation leans on its prior more than a slope does
