"""Two outcomes at once: against one large normal density, against fits apart, and against the truth."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import alsmodels as als
from alsmodels.bayes.joint_target import all_subjects, join_targets
from alsmodels.kernels.posterior import evaluate, fill_factors

MODELS = ("alsfrs_r ~ week + (week | subject)", "log(nfl) ~ week + (week | subject)")
CORRELATION = 0.7


@pytest.fixture(scope="module")
def frame():
    """Synthetic: 80 subjects, slopes of the two outcomes correlated by -0.7; visits of the marker are fewer."""
    rng = np.random.default_rng(9)
    weeks, n = np.arange(0, 49, 6.0), 80
    sd = np.array([5.0, 0.15, 0.5, 0.01])
    R = np.eye(4)
    R[1, 3] = R[3, 1] = -CORRELATION
    b = rng.multivariate_normal(np.zeros(4), R * np.outer(sd, sd), n)
    subject, week = np.repeat(np.arange(n), len(weeks)), np.tile(weeks, n)
    own = b[subject]
    score = 37 - 0.23 * week + own[:, 0] + own[:, 1] * week + rng.normal(0, 1.5, len(week))
    marker = 4.2 + 0.005 * week + own[:, 2] + own[:, 3] * week + rng.normal(0, 0.15, len(week))
    import pandas as pd

    marker[(week % 12 != 0) | (subject < 5)] = np.nan
    return pd.DataFrame(
        {"subject": [f"S{i:02}" for i in subject], "week": week, "alsfrs_r": score, "nfl": np.exp(marker)}
    )


@pytest.fixture(scope="module")
def joint(frame):
    return als.sample_joint(MODELS, frame, method="nuts", seed=2)


def test_density_is_that_of_all_rows_together(frame):
    few = frame[frame["subject"].isin([f"S{i:02}" for i in range(3, 9)])]
    designs = [als.build_design(model, few) for model in MODELS]
    priors = [als.default_priors(design) for design in designs]
    target, _ = join_targets(designs, priors, als.LKJ(2.0))
    x = np.r_[np.log([5, 0.2, 0.4, 0.02]), np.random.default_rng(1).normal(0, 0.3, 6), np.log([1.4, 0.2])]
    L = fill_factors(x, 4, target.pair_row, target.pair_col, target.pair_start)[1]
    subjects = all_subjects(designs)
    effects = np.zeros((sum(d.n_obs for d in designs), 4 * len(subjects)))
    mean, cov, row = [], [], 0
    for number, (design, given) in enumerate(zip(designs, priors, strict=True)):
        for place, own in zip(subjects.get_indexer(design.subjects)[design.codes], design.Z, strict=True):
            effects[row, 4 * place + 2 * number : 4 * place + 2 * number + 2] = own
            row += 1
        m, s = np.array([(one.mean, one.sd) for one in given.fixed.values()]).T
        mean.append(design.X @ m)
        cov.append(design.X @ np.diag(s**2) @ design.X.T + np.exp(2 * x[10 + number]) * np.eye(design.n_obs))
    from scipy.linalg import block_diag

    whole = block_diag(*cov) + effects @ np.kron(np.eye(len(subjects)), L @ L.T) @ effects.T
    expected = stats.multivariate_normal(np.concatenate(mean), whole).logpdf(np.concatenate([d.y for d in designs]))
    for value, prior in zip(
        np.exp(x[[0, 1, 2, 3, 10, 11]]),
        [*priors[0].sds.values(), *priors[1].sds.values(), *(one.residual for one in priors)],
        strict=True,
    ):
        expected += np.log(2) + stats.t(3, scale=prior.scale).logpdf(value) + np.log(value)
    for u, a in zip(x[4:10], target.pair_shape, strict=True):
        expected += stats.beta(a, a).logpdf((1 + np.tanh(u)) / 2) - np.log(2) + np.log1p(-(np.tanh(u) ** 2))
    found, slope = evaluate(x, target)
    assert_allclose(found, expected, rtol=1e-9)
    steps = 1e-5 * np.eye(len(x))
    numeric = [(evaluate(x + s, target)[0] - evaluate(x - s, target)[0]) / 2e-5 for s in steps]
    assert_allclose(slope, numeric, rtol=1e-5, atol=1e-4)


def test_correlation_of_slopes_is_a_question(joint):
    answer = als.estimate(joint, als.effect_correlation("alsfrs_r: week", "log(nfl): week")).iloc[0]
    assert answer["estimand"] == "correlation, alsfrs_r: week and log(nfl): week"
    assert answer["lower"] < -CORRELATION < answer["upper"]
    assert answer["upper"] < 0
    assert answer["probability"] < 0.01


def test_subjects_without_one_outcome_are_kept(joint, frame):
    assert joint.draws["posterior"].sizes["subject"] == 80
    assert joint.fits["log(nfl)"].design.n_subjects == 75
    assert joint.fits["log(nfl)"].stacked("b").shape[1] == 75
    assert joint.draws["log_likelihood"]["y"].sizes["subject"] == 80


def test_each_outcome_answers_for_itself(joint, frame):
    """An outcome with all its visits is told little more by the other: answers are those of its own fit."""
    apart = als.sample_lmm(MODELS[0], frame, method="nuts", seed=2)
    ours = als.estimate(joint.fits["alsfrs_r"], als.slope())
    theirs = als.estimate(apart, als.slope())
    assert abs(ours["estimate"][0] - theirs["estimate"][0]) < 0.2 * theirs["std_error"][0]
    assert_allclose(ours["std_error"], theirs["std_error"], rtol=0.1)


def test_importance_agrees(joint, frame):
    other = als.sample_joint(MODELS, frame, method="importance", seed=2)
    ours, theirs = other.diagnostics, joint.diagnostics
    error = np.hypot(ours["sd"] / np.sqrt(other.effective), theirs["mcse_mean"])
    assert (np.abs(ours["mean"] - theirs["mean"]) / error).max() < 4.5


def test_refusals(joint, frame):
    with pytest.raises(als.SpecError, match="two outcomes or more"):
        als.sample_joint(MODELS[:1], frame)
    with pytest.raises(als.SpecError, match="different ones"):
        als.sample_joint([MODELS[0], MODELS[0]], frame)
    with pytest.raises(als.SpecError, match="all random effects are correlated"):
        als.sample_joint([MODELS[1], "alsfrs_r ~ week + (1 | subject) + (0 + week | subject)"], frame)
    with pytest.raises(als.EstimandError, match=r"ask it of joint\.fits"):
        als.estimate(joint, als.slope())
    with pytest.raises(als.EstimandError, match="a correlation is of two of them"):
        als.estimate(joint, als.effect_correlation("week", "log(nfl): week"))
    assert "Status: sampled" in repr(joint)
