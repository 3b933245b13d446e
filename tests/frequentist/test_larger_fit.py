"""Random effects that a fit lacks: the numbers are those of the larger fit, and notes say so where the data do."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import alsmodels as als
from alsmodels.frequentist.larger_fit import find_shortfall
from alsmodels.model.notes import NoteKind
from alsmodels.model.random_part import RandomPartKind, find_random_part

KINDS = ["slope", "independent", "intercept"]


def trial(seed, *, sds, correlation=0.3, m=64):
    """Both arms decline alike; level, slope and its change of a subject have these SDs."""
    rng = np.random.default_rng(seed)
    week = np.arange(0, 49, 4.0)
    R = np.full((3, 3), correlation) + (1 - correlation) * np.eye(3)
    level, first, second = (rng.normal(size=(m, 3)) @ np.linalg.cholesky(R).T * np.array(sds)).T
    if not sds[2]:
        second = first
    before = np.minimum(week, 24)
    y = 38 + level[:, None] + (first[:, None] - 0.23) * before + (second[:, None] - 0.23) * (week - before)
    y += rng.normal(0, 1.5, y.shape)
    subject = np.repeat([f"s{i:03d}" for i in range(m)], len(week))
    arm = np.repeat(np.where(np.arange(m) % 2, "drug", "control"), len(week))
    return pd.DataFrame({"subject": subject, "week": np.tile(week, m), "arm": arm, "y": y.ravel()})


@pytest.mark.parametrize("method", ["REML", "ML"])
@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_are_those_of_the_larger_fit(kind, method):
    frame = trial(1, sds=(6, 0.16, 0.16))
    small = als.fit_lmm(als.two_phase("y", arm="arm", random=kind), frame, method=method)
    large = als.fit_lmm(als.two_phase("y", arm="arm"), frame, method=method)
    found = find_shortfall(small.design, criterion=small.criterion, reml=method == "REML")
    assert found.part.kind is RandomPartKind(kind)
    assert_allclose(found.difference, small.criterion - large.criterion, rtol=1e-8)
    assert found.n_more == large.n_parameters - small.n_parameters
    chi2 = [stats.chi2.sf(found.difference, df) for df in (2, 3, 5)]
    right = {"slope": (chi2[0] + chi2[1]) / 2, "independent": chi2[1], "intercept": chi2[2]}[kind]
    assert_allclose(found.p_value, right, rtol=1e-9)


def test_months_and_one_phase_have_their_larger_fits():
    frame = trial(2, sds=(6, 0.16, 0.16))
    for small, large in (
        (als.linear_decline("y", random="intercept"), als.linear_decline("y")),
        (als.two_phase("y", knot=6, time="month", random="slope"), als.two_phase("y", knot=6, time="month")),
    ):
        fit = als.fit_lmm(small, frame)
        found = find_shortfall(fit.design, criterion=fit.criterion, reml=True)
        assert_allclose(found.difference, fit.criterion - als.fit_lmm(large, frame).criterion, rtol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_tables_say_what_is_assumed_and_what_the_data_tell(kind):
    fit = als.fit_lmm(als.two_phase("y", arm="arm", random=kind), trial(3, sds=(6, 0.2, 0.2)))
    table = als.estimate(fit, als.slope_difference("drug", "control", phase=1))
    told = [note for note in table.attrs["notes"] if note.kind is NoteKind.RANDOM_PART]
    assert len(told) == 2
    assert fit.design.spec.parsed.random[0].group == "subject"
    assert str(fit.spec.parsed.random[0]) in told[0]
    assert "The data tell of more: with (phase(week, 24) | subject) the REML criterion falls by" in told[1]
    assert "(p < 0.001)" in told[1] or kind == "independent"


def test_nothing_is_said_where_the_random_part_is_whole_or_enough():
    whole = als.fit_lmm(als.two_phase("y", arm="arm"), trial(3, sds=(6, 0.2, 0.2)))
    assert not [note for note in whole.notes if note.kind is NoteKind.RANDOM_PART]
    enough = als.fit_lmm(als.two_phase("y", arm="arm", random="slope"), trial(5, sds=(6, 0.16, 0.0)))
    assert [note.kind for note in enough.notes] == [NoteKind.RANDOM_PART]
    post = als.sample_lmm(
        als.two_phase("y", random="intercept"), trial(3, sds=(6, 0.2, 0.2)), method="importance", seed=1
    )
    assert any("subjects differ in level alone" in note for note in post.notes)


def test_it_seldom_speaks_where_one_slope_is_all_there_is():
    """The larger part's p-value is below 0.05 in about one of twenty trials: 300 at once, within Monte Carlo error."""
    frames = pd.concat([trial(n, sds=(6, 0.16, 0.0), m=40).assign(replicate=n) for n in range(300)])
    small, large = (
        als.fit_many(als.two_phase("y", arm="arm", random=random), frames)["loglik"].to_numpy()
        for random in ("slope", "phases")
    )
    difference = 2 * np.maximum(large - small, 0)
    p = (stats.chi2.sf(difference, 2) + stats.chi2.sf(difference, 3)) / 2
    assert 0.015 < np.mean(p < 0.05) < 0.09


@pytest.mark.parametrize(
    ("formula", "kind"),
    [
        ("y ~ arm * week + (1 | subject)", RandomPartKind.INTERCEPT),
        ("y ~ arm * week + (week | subject)", None),
        ("y ~ arm * week + (week || subject)", RandomPartKind.INDEPENDENT),
        ("y ~ arm * phase(week, 24) + (1 | subject) + (0 + phase(week, 24) | subject)", RandomPartKind.INDEPENDENT),
        ("y ~ arm * phase(week, 12, 24) + (phase(week, 24) | subject)", None),
        ("y ~ arm + (1 | subject)", None),
        ("y ~ arm * C(week) + (1 | subject)", None),
        ("y ~ arm * week + (age | subject)", None),
    ],
)
def test_what_is_smaller_than_it_could_be(formula, kind):
    part = find_random_part(als.ModelSpec(formula))
    assert (None if part is None else part.kind) == kind
