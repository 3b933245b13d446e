"""Predictions for people, against the draws, against lme4-like modes, and against visits held back."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import alsmodels as als

SPEC = als.two_phase("alsfrs_r", arm="arm", knot=24)


@pytest.fixture(scope="module")
def frame():
    return als.load_example().to_frame()


@pytest.fixture(scope="module")
def post(frame):
    return als.sample_lmm(SPEC, frame, method="importance", seed=1)


def test_a_subject_of_the_trial_gets_its_own_trajectory(post, frame):
    rows = frame[frame["subject"] == post.design.subjects[3]]
    table = als.predict(post, rows)
    here = post.design.codes == 3
    draws = post.stacked("beta") @ post.design.X[here].T + post.stacked("b")[:, 3] @ post.design.Z[here].T
    assert_allclose(table["estimate"], draws.mean(axis=0))
    assert_allclose(table["lower"], np.quantile(draws, 0.025, axis=0))
    assert (table["predictive_lower"] < table["lower"]).all()


def test_population_means_are_those_of_the_fixed_effects(post, frame):
    rows = frame.head(5).drop(columns="subject")
    table = als.predict(post, rows, of="population")
    X = post.design.at(rows).X
    assert_allclose(table["estimate"], (post.stacked("beta") @ X.T).mean(axis=0))
    spread = np.sqrt(np.einsum("nq,qr,nr->n", *[post.design.at(rows).Z, post.covariance, post.design.at(rows).Z]))
    assert ((table["predictive_upper"] - table["predictive_lower"]) > 3 * spread).all()


def test_a_new_subject_with_the_visits_of_an_old_one_is_like_it(post, frame):
    """Known by all its visits, its effects are those it had in the trial, but for its small say in the parameters."""
    rows = frame[frame["subject"] == post.design.subjects[10]]
    known, new = (
        als.predict(post, rows),
        als.predict(post, rows.assign(subject="new"), history=rows.assign(subject="new")),
    )
    assert np.abs(known["estimate"] - new["estimate"]).max() < 0.25 * known["std_error"].max()
    assert_allclose(new["std_error"], known["std_error"], rtol=0.15)


def test_history_is_the_exact_conditional_at_each_draw(post, frame):
    """Against the marginal covariance of the visits: E(b | y) = S Z'V^-1 (y - X beta), averaged over the draws."""
    rows = frame[frame["subject"] == post.design.subjects[0]].head(4).assign(subject="new")
    later = rows.tail(1).assign(week=40.0)
    new, target = post.design.at(rows), post.design.at(later)
    expected = []
    for beta, S, sigma in zip(post.stacked("beta"), post.covariance_draws(), post.stacked("sigma"), strict=True):
        V = new.Z @ S @ new.Z.T + sigma**2 * np.eye(len(rows))
        b = S @ new.Z.T @ np.linalg.solve(V, rows["alsfrs_r"].to_numpy() - new.X @ beta)
        expected.append(target.X @ beta + target.Z @ b)
    found = als.predict(post, later, history=rows)
    assert_allclose(found["estimate"], np.mean(expected), atol=4 * found["std_error"].iloc[0] / np.sqrt(post.n_draws))


def test_someone_unknown_is_anyone(post, frame):
    rows = frame.head(3).assign(subject="stranger")
    own, mean = als.predict(post, rows), als.predict(post, rows, of="population")
    assert (own["std_error"] > 3 * mean["std_error"]).all()
    assert_allclose(own["predictive_upper"], mean["predictive_upper"], atol=1.5)


def test_intervals_hold_what_they_say():
    """Half of the subjects fitted, the later visits of the others foretold from their first three: 672 rows in all."""
    frame = als.load_example().to_frame()
    people = frame["subject"].unique()
    post = als.sample_lmm(SPEC, frame[frame["subject"].isin(people[::2])], method="importance", seed=4)
    others = frame[frame["subject"].isin(people[1::2])]
    order = others.groupby("subject", observed=True).cumcount()
    later = als.predict(post, others[order >= 3], history=others[order < 3], level=0.9)
    inside = (later["alsfrs_r"] >= later["predictive_lower"]) & (later["alsfrs_r"] <= later["predictive_upper"])
    assert 0.8 < inside.mean() < 0.97
    assert len(later) > 200


def test_the_same_seed_gives_the_same_table(post, frame):
    rows = frame.head(4).assign(subject="stranger")
    one, two, other = (als.predict(post, rows, seed=seed) for seed in (1, 1, 2))
    assert one.equals(two)
    assert not one.equals(other)


def test_refusals(post, frame):
    rows = frame.head(2)
    with pytest.raises(als.EstimandError, match="need a column 'subject'"):
        als.predict(post, rows.drop(columns="subject"))
    with pytest.raises(als.EstimandError, match="'subjects' or of the 'population'"):
        als.predict(post, rows, of="arms")
    with pytest.raises(als.EstimandError, match="history needs a column 'alsfrs_r'"):
        als.predict(post, rows, history=rows.drop(columns="alsfrs_r"))
