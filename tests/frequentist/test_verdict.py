"""The status of a fit: what it says where an optimum is, where none is, and of what."""

import re
import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.frequentist.verdict import judge
from alsmodels.kernels.optimum import find_optimum
from alsmodels.model.reduction import reduce_design


def _visits(seed, *, n_subjects=40, n_visits=6, sd=(3.0, 0.1), sigma=1.0):
    """Visits every 8 weeks with random intercepts and slopes."""
    rng = np.random.default_rng(seed)
    subject = np.repeat(np.arange(n_subjects), n_visits)
    week = np.tile(8.0 * np.arange(n_visits), n_subjects)
    b = rng.normal(size=(n_subjects, 2)) * sd
    y = 30 + b[subject, 0] + (b[subject, 1] - 0.2) * week + rng.normal(0, sigma, len(week))
    arm = np.where(subject % 2 == 0, "control", "drug")
    return pd.DataFrame({"subject": subject, "week": week, "arm": arm, "y": y})


def _status(formula, frame, **options):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return als.fit_lmm(formula, frame, on_failure="return", **options).status


def test_an_optimum_is_proven_by_its_score_and_hessian():
    status = _status("y ~ week + (week | subject)", _visits(1))
    assert status.kind.value == "converged"
    assert status.score < 1e-9
    assert "Hessian is positive definite" in status.message


@pytest.mark.parametrize(
    ("formula", "n_visits", "sentence"),
    [
        ("y ~ week + (1 | subject)", 1, r"the variance of \(Intercept\) from that of the residual"),
        # V is s11 + sigma^2 + 2 s12 week + s22 week^2: only the first two are confounded.
        ("y ~ week + (week | subject)", 1, r"the variance of \(Intercept\) from that of the residual"),
        ("y ~ week + (week || subject)", 1, r"the variance of \(Intercept\) from that of the residual"),
        ("y ~ week + (week | subject)", 2, r"the variances of \(Intercept\) and week from that of the residual"),
        (
            "y ~ week + (week + I(week^2) | subject)",
            3,
            r"the variances of \(Intercept\), week and I\(week \*\* 2\) from that of the residual",
        ),
        # Of s11 in one arm and s11 + 2 s12 + s22 in the other, the latter is seen as a whole.
        ("y ~ arm + (arm | subject)", 6, r"the variance of arm\[T.drug\] from its covariance with \(Intercept\)"),
        ("y ~ arm + (0 + arm | subject)", 6, r"nothing of the covariance of arm\[control\] and arm\[drug\]"),
        ("y ~ week + (week | subject) + (0 + week | subject)", 6, "the variances of week and week apart"),
    ],
)
def test_what_is_not_identified_is_named(formula, n_visits, sentence):
    frame = _visits(2, n_visits=n_visits)
    if n_visits == 1:
        frame["week"] = np.random.default_rng(3).uniform(0, 48, len(frame))
    with pytest.raises(als.IdentificationError, match=sentence):
        als.fit_lmm(formula, frame)


@pytest.mark.parametrize("formula", ["y ~ arm + (arm || subject)", "y ~ arm + (0 + arm || subject)"])
def test_the_advice_to_leave_out_correlations_is_good(formula):
    assert _status(formula, _visits(2)).is_optimum


def test_a_slope_without_an_intercept_needs_one_visit():
    frame = _visits(2, n_subjects=60, n_visits=1)
    frame["week"] = np.random.default_rng(3).uniform(0, 48, len(frame))
    assert _status("y ~ week + (0 + week | subject)", frame).is_optimum


@pytest.mark.parametrize("formula", ["level ~ week + (1 | subject)", "level ~ week + (week | subject)"])
def test_a_response_that_is_constant_within_subjects(formula):
    frame = _visits(4)
    frame["level"] = frame.groupby("subject")["y"].transform("first")
    with pytest.raises(als.IdentificationError, match=r"residual variance goes to zero.*constant within subjects"):
        als.fit_lmm(formula, frame)


@pytest.mark.parametrize("formula", ["level ~ week + (week | subject)", "level ~ arm * week + (week + x | subject)"])
@pytest.mark.parametrize("method", ["REML", "ML"])
def test_a_residual_that_vanishes_leaves_finite_numbers(formula, method):
    """The search used to follow the likelihood without bound, into rounding, and to end in NaN."""
    frame = _visits(4).assign(x=np.random.default_rng(5).normal(size=240))
    frame["level"] = 1e9 + frame.groupby("subject")["y"].transform("first")
    fit = als.fit_lmm(formula, frame, method=method, on_failure="return")
    assert "the residual variance goes to zero" in fit.status.message
    assert np.isfinite(fit.covariance.to_numpy()).all()
    assert "Status: not identified" in str(fit)


@pytest.mark.parametrize("seed", range(6))
def test_variances_of_zero_are_named_and_are_zero(seed):
    rng = np.random.default_rng(seed)
    frame = _visits(seed).assign(y=lambda one: rng.normal(size=len(one)))
    fit = als.fit_lmm("y ~ week + (week || subject)", frame)
    for name, variance in zip(("(Intercept)", "week"), np.diagonal(fit.covariance), strict=True):
        assert (f"the variance of {name} is estimated as zero" in fit.status.message) == (variance == 0)
    assert fit.status.is_optimum


@pytest.mark.parametrize(("sign", "seed"), [(-1, 0), (1, 1)])
def test_a_correlation_of_one_is_named_with_its_sign(sign, seed):
    rng = np.random.default_rng(seed)
    frame = _visits(seed)
    b = rng.normal(size=40)[frame["subject"]]
    frame["y"] = 30 + b * (3 + sign * 0.1 * frame["week"]) + rng.normal(size=len(frame))
    fit = als.fit_lmm("y ~ week + (week | subject)", frame)
    assert fit.status.kind.value == "on the boundary"
    assert f"the correlation of (Intercept) and week is estimated as {sign}. " in fit.status.message
    assert "the maximum of the likelihood, not a failure" in fit.status.message
    assert fit.correlation.iloc[0, 1] == pytest.approx(sign, abs=1e-8)


def test_what_is_singular_beyond_pairs_is_said_so():
    """Of three effects two span all the variation: no variance is zero and no correlation one."""
    rng = np.random.default_rng(7)
    frame = _visits(7, n_subjects=200, n_visits=8)
    b = rng.normal(size=(200, 2))[frame["subject"]]
    time = frame["week"] / 28 - 1
    frame = frame.assign(
        t=time, y=3 * (b[:, 0] + b[:, 1] * time + (b[:, 0] + b[:, 1]) * time**2) + rng.normal(size=1600)
    )
    status = _status("y ~ t + I(t^2) + (t + I(t^2) | subject)", frame)
    assert status.message.startswith("the covariance of (Intercept), t and I(t ** 2) is singular: one combination")


@pytest.mark.parametrize(
    ("formula", "weights", "advice"),
    [
        ("y ~ week + (1 | subject)", None, "outliers."),
        ("y ~ week + (1 | subject)", "w", "outliers and the weights for gross differences."),
        ("y ~ week + (week || subject)", None, "outliers, or take a random effect out."),
        ("y ~ week + (week | subject)", None, r"a random effect out, or take the correlations out with '\|\|'."),
    ],
)
def test_a_search_that_did_not_end_says_what_to_try(formula, weights, advice):
    frame = _visits(6).assign(w=np.tile([1.0, 2.0], 120))
    design = als.build_design(formula, frame, weights=weights)
    blocks = reduce_design(design)
    stopped = replace(find_optimum(blocks, reml=True), converged=False, score=0.03, n_steps=200)
    status = judge(stopped, blocks, design.random_names)
    assert status.kind.value == "not converged"
    assert not status.is_optimum
    assert re.fullmatch(rf"the search stopped 0.03 standard errors .* 200 steps. Look at .*{advice}", status.message)


@pytest.mark.parametrize("seed", [1, 2, 3, 7])
def test_independent_blocks_share_the_variation_in_the_better_way(seed):
    """Six years from the origin of time intercepts and slopes look alike; one search ended above a model within."""
    rng = np.random.default_rng(seed)
    n_visits = rng.integers(1, 8, 30)
    subject = np.repeat(np.arange(30), n_visits)
    week = np.concatenate([np.sort(rng.uniform(0, 48, n)) for n in n_visits])
    b = rng.normal(size=(30, 2)) * [3, 0.1]
    y = 30 + b[subject, 0] + b[subject, 1] * week + rng.normal(0, 0.5, len(week))
    frame = pd.DataFrame({"subject": subject, "week": week + 300, "y": y})
    both = als.fit_lmm("y ~ week + (week || subject)", frame)
    for part in ("(1 | subject)", "(0 + week | subject)"):
        assert both.criterion <= als.fit_lmm(f"y ~ week + {part}", frame).criterion + 1e-8


@pytest.mark.parametrize(
    "formula",
    ["y ~ week + (week | subject) + (1 | site)", "y ~ week + (week | site)", "y ~ week + (1 | site) + (1 | subject)"],
)
def test_a_second_grouping_is_refused_with_what_to_do(formula):
    frame = _visits(8).assign(site=lambda one: np.array(["a", "b", "c"])[one["subject"] % 3])
    with pytest.raises(als.FormulaError, match=r"not by 'site'.*into the mean, as '\+ site' or '\+ site \* week'"):
        als.fit_lmm(formula, frame)
    assert als.fit_lmm("y ~ week + site + (week | subject)", frame).status.is_optimum
    assert als.fit_lmm("y ~ week * site + (week | subject)", frame).status.is_optimum
