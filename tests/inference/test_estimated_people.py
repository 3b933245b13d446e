"""Predictions of a REML fit against Henderson's equations, and of both engines for odd tables."""

import dask.dataframe
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm

import alsmodels as als

SPEC = als.two_phase("alsfrs_r", arm="arm", knot=24)
NUMBERS = ["estimate", "std_error", "lower", "upper", "predictive_lower", "predictive_upper"]


@pytest.fixture(scope="module")
def frame():
    return als.load_example().to_frame().dropna(subset=["alsfrs_r"]).reset_index(drop=True)


@pytest.fixture(scope="module")
def fit(frame):
    return als.fit_lmm(SPEC, frame)


@pytest.fixture(scope="module")
def post(frame):
    return als.sample_lmm(SPEC, frame, method="importance", seed=1)


def henderson(fit, weights=None):
    """Solution and inverse of the mixed model equations of all subjects at once: beta, then each subject's effects."""
    design, m, q = fit.design, fit.design.n_subjects, fit.design.Z.shape[1]
    wide = np.zeros((design.n_obs, m * q))
    for row, code in enumerate(design.codes):
        wide[row, code * q : (code + 1) * q] = design.Z[row]
    T = np.hstack([design.X, wide])
    W = np.diag((np.ones(design.n_obs) if weights is None else weights) / fit.sigma**2)
    C = T.T @ W @ T
    p = design.X.shape[1]
    C[p:, p:] += np.kron(np.eye(m), np.linalg.inv(fit.covariance.to_numpy()))
    inverse = np.linalg.inv(C)
    return inverse @ T.T @ W @ design.y, inverse


def by_henderson(fit, x, z, number, weights=None):
    solution, inverse = henderson(fit, weights)
    row = np.zeros(len(solution))
    row[: len(x)] = x
    row[len(x) + number * len(z) : len(x) + (number + 1) * len(z)] = z
    return row @ solution, np.sqrt(row @ inverse @ row)


@pytest.mark.parametrize("number", [0, 30, 63])
def test_a_subject_of_the_trial_by_hendersons_equations(fit, frame, number):
    subject = fit.design.subjects[number]
    rows = frame[frame["subject"] == subject].head(1).assign(week=[40.0])
    found, new = als.predict(fit, rows, level=0.9).iloc[0], fit.design.at(rows)
    estimate, error = by_henderson(fit, new.X[0], new.Z[0], number)
    assert_allclose([found["estimate"], found["std_error"]], [estimate, error], rtol=1e-7)
    z = norm.ppf(0.95)
    assert_allclose([found["lower"], found["upper"]], [estimate - z * error, estimate + z * error])
    total = np.hypot(error, fit.sigma)
    assert_allclose(found["predictive_upper"] - found["predictive_lower"], 2 * z * total)


def test_weights_of_rows_count(frame):
    frame = frame.assign(w=1.0 + np.arange(len(frame)) % 3)
    fit = als.fit_lmm("alsfrs_r ~ arm * week + (week | subject)", frame, weights="w")
    rows = frame[frame["subject"] == fit.design.subjects[5]].head(1).assign(week=[30.0])
    found, new = als.predict(fit, rows).iloc[0], fit.design.at(rows)
    expected = by_henderson(fit, new.X[0], new.Z[0], 5, fit.design.weights)
    assert_allclose([found["estimate"], found["std_error"]], expected, rtol=1e-7)
    with pytest.raises(als.EstimandError, match="fit by weights of rows"):
        als.predict(fit, rows.assign(subject="new"), history=frame.head(2).assign(subject="new"))


def test_fitted_values_are_predictions(fit, frame):
    assert_allclose(als.predict(fit, fit.design.rows)["estimate"], fit.fittedvalues, rtol=1e-9)


def test_the_population_is_that_of_the_trajectories(fit):
    rows = pd.DataFrame({"arm": ["control", "anakinra"], "week": [24.0, 24.0]})
    found = als.predict(fit, rows, of="population")
    means = als.mean_trajectories(fit, weeks=[24])
    assert_allclose(found[NUMBERS[:4]], means[NUMBERS[:4]])
    z = fit.design.at(rows).Z[0]
    total = np.sqrt(found["std_error"][0] ** 2 + z @ fit.covariance.to_numpy() @ z + fit.sigma**2)
    assert_allclose(found["predictive_upper"][0] - found["estimate"][0], norm.ppf(0.975) * total)


def test_someone_unknown_has_the_spread_of_the_population(fit):
    rows = pd.DataFrame({"subject": ["stranger"], "arm": ["control"], "week": [24.0]})
    own, mean = als.predict(fit, rows).iloc[0], als.predict(fit, rows, of="population").iloc[0]
    assert own["estimate"] == mean["estimate"]
    assert_allclose(own["predictive_upper"], mean["predictive_upper"])
    assert own["std_error"] > 3 * mean["std_error"]


def test_a_history_is_conditioned_on(fit, frame):
    """Against the joint normal distribution of the visits and the later value, beta apart."""
    past = frame[frame["subject"] == fit.design.subjects[0]].head(4).assign(subject="new")
    later = past.tail(1).assign(week=40.0)
    seen, ahead = fit.design.at(past), fit.design.at(later)
    S, beta = fit.covariance.to_numpy(), fit.beta
    V = seen.Z @ S @ seen.Z.T + fit.sigma**2 * np.eye(len(past))
    gain = ahead.Z @ S @ seen.Z.T @ np.linalg.inv(V)
    mean = ahead.X @ beta + gain @ (past["alsfrs_r"].to_numpy() - seen.X @ beta)
    x = ahead.X - gain @ seen.X
    variance = ahead.Z @ S @ ahead.Z.T - gain @ seen.Z @ S @ ahead.Z.T + x @ fit.beta_cov @ x.T
    found = als.predict(fit, later, history=past).iloc[0]
    assert_allclose([found["estimate"], found["std_error"]], [mean.item(), np.sqrt(variance.item())], rtol=1e-8)


def test_both_engines_agree_where_priors_say_little(fit, post, frame):
    past = frame[frame["subject"] == fit.design.subjects[20]].head(3).assign(subject="new")
    people = pd.DataFrame({"subject": [fit.design.subjects[2], "new"], "week": [30.0, 30.0]})
    people["arm"] = [frame.loc[frame["subject"] == fit.design.subjects[2], "arm"].iloc[0], past["arm"].iloc[0]]
    ours, theirs = (als.predict(one, people, history=past) for one in (fit, post))
    assert_allclose(ours["estimate"], theirs["estimate"], atol=0.25 * theirs["std_error"].min())
    assert_allclose(ours["std_error"], theirs["std_error"], rtol=0.15)


def test_intervals_hold_what_they_say(frame):
    people = frame["subject"].unique()
    fit = als.fit_lmm(SPEC, frame[frame["subject"].isin(people[::2])])
    others = frame[frame["subject"].isin(people[1::2])]
    order = others.groupby("subject", observed=True).cumcount()
    later = als.predict(fit, others[order >= 3], history=others[order < 3], level=0.9)
    inside = (later["alsfrs_r"] >= later["predictive_lower"]) & (later["alsfrs_r"] <= later["predictive_upper"])
    assert len(later) > 200
    assert 0.8 < inside.mean() < 0.97


def test_a_fit_in_parts_predicts_from_histories(fit, frame):
    parts = als.fit_parts(SPEC, dask.dataframe.from_pandas(frame, npartitions=3))
    own = frame[frame["subject"] == fit.design.subjects[4]]
    ahead = own.head(1).assign(week=50.0)
    expected = als.predict(fit, ahead)[NUMBERS]
    assert_allclose(als.predict(parts, ahead, history=own)[NUMBERS], expected, rtol=1e-6)
    with pytest.raises(als.EstimandError, match="give them as history"):
        als.predict(parts, ahead)


def test_subjects_are_compared_as_text(frame):
    numbered = frame.assign(subject=frame["subject"].astype("category").cat.codes)
    fit = als.fit_lmm(SPEC, numbered)
    as_number = numbered[numbered["subject"] == 7].head(1).assign(week=30.0)
    as_words = als.predict(fit, as_number.assign(subject="7"))
    assert_allclose(as_words[NUMBERS], als.predict(fit, as_number)[NUMBERS])
    assert as_words["std_error"].item() < als.predict(fit, as_number.assign(subject="x"))["std_error"].item() / 2


@pytest.mark.parametrize("of", ["subjects", "population"])
@pytest.mark.parametrize("engine", ["fit", "post"])
def test_no_rows_give_an_empty_table(request, engine, of, frame):
    answer = als.predict(request.getfixturevalue(engine), frame.query("week > 900"), of=of)
    assert len(answer) == 0
    marks = ["extrapolated", *(["known_by"] if of == "subjects" else [])]
    assert list(answer.columns) == [*frame.columns, *NUMBERS, *marks]
    assert {kind.kind for kind in answer[NUMBERS].dtypes} == {"f"}


def test_no_rows_without_a_column_are_refused(fit):
    with pytest.raises(als.DesignError, match="no column 'arm'"):
        als.predict(fit, pd.DataFrame({"subject": [], "week": []}))


PAST = pd.DataFrame(
    {"subject": "new", "arm": "anakinra", "week": [0.0, 6.0, 12.0], "alsfrs_r": [40.0, 39.0, 37.0]}, index=[5, 6, 7]
)
AHEAD = pd.DataFrame({"subject": ["new"], "arm": ["anakinra"], "week": [24.0]})


@pytest.mark.parametrize("engine", ["fit", "post"])
@pytest.mark.parametrize(
    ("past", "error", "words"),
    [
        (PAST.assign(alsfrs_r=[40.0, 49.0, 37.0]), als.DataError, "value-outside-bounds in column 'alsfrs_r'"),
        (PAST.assign(week=[0.0, 6.0, 6.0]), als.DataError, "duplicate-visit"),
        (PAST.assign(alsfrs_r=[40.0, np.inf, 37.0]), als.DataError, "value-infinite"),
        (PAST.assign(week=[0.0, np.nan, 6.0]), als.DataError, "time-missing"),
        (PAST.assign(arm=["anakinra", "control", "anakinra"]), als.DataError, "arm-changes"),
        (PAST.assign(arm="control"), als.EstimandError, "'control' in the history, and in 'anakinra' in row 1"),
        (PAST.assign(arm="Anakinra"), als.EstimandError, "in row 1 the arm 'Anakinra'.* did you mean 'anakinra'"),
        (PAST.assign(subject="SYN-C02"), als.EstimandError, "'SYN-C02', a subject of the trial"),
        (PAST.drop(columns="arm"), als.DesignError, "no column 'arm'"),
        (PAST.drop(columns="week"), als.DesignError, "no column 'week'"),
    ],
)
def test_a_history_is_checked_as_every_table(request, engine, past, error, words):
    with pytest.raises(error, match=words):
        als.predict(request.getfixturevalue(engine), AHEAD, history=past)


def test_the_row_that_breaks_a_rule_is_named(fit):
    with pytest.raises(als.DataError, match="row 2: subject") as caught:
        als.predict(fit, AHEAD, history=PAST.assign(alsfrs_r=[40.0, 99.0, 37.0]))
    assert str(caught.value).startswith("The history is refused.")


def test_rows_of_an_unknown_arm_are_refused(fit):
    with pytest.raises(als.EstimandError, match=r"row 1 the arm 'anakinara'.* did you mean 'anakinra'"):
        als.predict(fit, AHEAD.assign(arm="anakinara"))


def test_visits_without_a_response_are_left_out(fit):
    some = pd.concat([PAST, PAST.tail(1).assign(week=18.0, alsfrs_r=np.nan)])
    pd.testing.assert_frame_equal(als.predict(fit, AHEAD, history=some), als.predict(fit, AHEAD, history=PAST))


def test_a_response_whose_logarithm_does_not_exist():
    cohort = als.load_example()
    fit = als.fit_lmm("log(il6) ~ week + (1 | subject)", cohort)
    past = pd.DataFrame({"subject": "new", "week": [0.0, 6.0], "il6": [3.0, 0.0]})
    with pytest.raises(als.DesignError, match=r"log\(il6\) is not a finite number in 1 rows; the first is subject new"):
        als.predict(fit, AHEAD, history=past)
    found = als.predict(fit, AHEAD, history=past.assign(il6=[30.0, 40.0]))
    assert found["estimate"].item() > als.predict(fit, AHEAD, of="population")["estimate"].item()


def test_a_level_is_a_share(fit):
    with pytest.raises(als.EstimandError, match="level of an interval"):
        als.predict(fit, AHEAD, level=2)
