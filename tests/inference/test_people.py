"""Whom a prediction is of, and whether the trial speaks of its weeks: the same words of either engine."""

import dask.dataframe
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose

import alsmodels as als

SPEC = als.two_phase("alsfrs_r", arm="arm", knot=24)


@pytest.fixture(scope="module")
def frame():
    """The example with subjects that are numbers with zeros before them."""
    table = als.load_example().to_frame()
    return table.assign(subject=[f"{code + 1:03d}" for code in pd.factorize(table["subject"])[0]])


@pytest.fixture(scope="module")
def fits(frame):
    return {"REML": als.fit_lmm(SPEC, frame), "draws": als.sample_lmm(SPEC, frame, method="importance", seed=1)}


@pytest.fixture(params=["REML", "draws"])
def fit(request, fits):
    return fits[request.param]


@pytest.fixture(scope="module")
def arms(frame):
    """The arm of subject 001, and the other."""
    own = str(frame["arm"].iloc[0])
    return own, next(arm for arm in frame["arm"].astype(str).unique() if arm != own)


def at(arm, *, week=12.0, subject="001"):
    return pd.DataFrame({"subject": [subject], "arm": [arm], "week": [week]})


def past(arm, subject):
    return at(arm, week=0.0, subject=subject).assign(alsfrs_r=40.0)


@pytest.mark.parametrize("name", [1, 1.0, "1", "0001", " 1 "])
def test_a_subject_whose_name_lost_its_zeros_is_refused(fit, arms, name):
    with pytest.raises(als.EstimandError, match=r"'0*1', in row 1 of the rows.*did you mean '001'\?"):
        als.predict(fit, at(arms[0], subject=name))


def test_so_is_one_in_the_history_and_one_that_the_history_has_in_another_way(fit, arms):
    with pytest.raises(als.EstimandError, match=r"'1', in the history, is no subject.*did you mean '001'\?"):
        als.predict(fit, at(arms[0], subject=1), history=past(arms[0], 1))
    with pytest.raises(als.EstimandError, match=r"'7000', in row 1.*did you mean '07000'\?"):
        als.predict(fit, at(arms[0], subject=7000), history=past(arms[0], "07000"))


def test_rows_say_what_their_person_is_known_by(fit, arms):
    rows = pd.concat([at(arms[0], subject=name) for name in ("stranger", "001", "new")])
    found = als.predict(fit, rows, history=past(arms[0], "new"))
    assert found["known_by"].tolist() == ["nothing", "trial", "history"]
    (note,) = found.attrs["notes"]
    assert note.startswith("'stranger' is neither in the trial nor in a history")
    assert "known_by" not in als.predict(fit, rows, of="population")


def test_a_subject_has_no_other_arm_than_its_own(fit, arms):
    own, other = arms
    rows = pd.concat([at(own), at(other)])
    with pytest.raises(
        als.EstimandError, match=f"'001' was in the arm '{own}' in the trial, and is in '{other}' in row 2"
    ):
        als.predict(fit, rows)
    assert len(als.predict(fit, rows, of="population")) == 2


def test_an_arm_that_is_not_in_the_model_is_nobodys_matter(frame, arms):
    fit = als.fit_lmm("alsfrs_r ~ week + (1 | subject)", frame)
    assert als.predict(fit, at(arms[1]))["known_by"].tolist() == ["trial"]


def test_people_of_data_in_parts(frame, arms):
    fit = als.fit_parts(SPEC, dask.dataframe.from_pandas(frame, npartitions=2))
    with pytest.raises(als.EstimandError, match=r"did you mean '001'\?"):
        als.predict(fit, at(arms[0], subject=1))
    assert als.predict(fit, at(arms[0]), history=past(arms[0], "001"))["known_by"].tolist() == ["history"]


def test_weeks_beyond_the_visits_are_marked_as_in_trajectories(fit, frame, arms):
    rows = pd.concat([at(arms[0], week=week, subject=name) for week in (12.0, 90.0) for name in ("001", "new")])
    found = als.predict(fit, rows, history=past(arms[0], "new"))
    told = als.mean_trajectories(fit, weeks=[12.0, 90.0]).set_index(["arm", "week"])["extrapolated"]
    assert found["extrapolated"].tolist() == [told[arms[0], week] for week in rows["week"]]
    assert set(found["extrapolated"][found["week"] == 12]) == {""}
    (note,) = found.attrs["notes"]
    assert note.startswith("2 rows, marked in 'extrapolated', are extrapolated: ")
    mean = als.predict(fit, at(arms[0], week=9000.0).drop(columns="subject"), of="population")
    assert mean["extrapolated"].iloc[0].startswith(f"{arms[0]} after week")


def test_months_are_marked_in_months(frame, arms):
    fit = als.fit_lmm("alsfrs_r ~ month * arm + (month | subject)", frame)
    rows = pd.DataFrame({"arm": [arms[0]] * 2, "month": [6.0, 40.0]})
    found = als.predict(fit, rows, of="population")["extrapolated"].tolist()
    assert found[0] == ""
    assert found[1].startswith(f"{arms[0]} after month 1")


@pytest.mark.parametrize(("function", "base"), [("log", np.e), ("log2", 2.0)])
def test_a_logarithm_is_turned_back(frame, arms, function, base):
    fit = als.fit_lmm(f"{function}(alsfrs_r) ~ week * arm + (week | subject)", frame[frame["alsfrs_r"] > 0])
    rows = at(arms[0])
    for of in ("subjects", "population"):
        plain, turned = als.predict(fit, rows, of=of), als.predict(fit, rows, of=of, scale="ratio")
        for name in ("estimate", "lower", "upper", "predictive_lower", "predictive_upper"):
            assert_allclose(turned[name], base ** plain[name])
        assert_allclose(turned["std_error"], turned["estimate"] * np.log(base) * plain["std_error"])
    mean = als.mean_trajectories(fit, weeks=[12.0], scale="ratio").set_index("arm").loc[arms[0]]
    for name in ("estimate", "std_error", "lower", "upper"):
        assert_allclose(turned[name], mean[name])


def test_other_responses_are_not_turned_back(fit, arms):
    with pytest.raises(als.EstimandError, match=r"a model of log\(alsfrs_r\) has such answers"):
        als.predict(fit, at(arms[0]), scale="ratio")
    with pytest.raises(als.EstimandError, match="scale is 'model' or 'ratio', not 'response'"):
        als.predict(fit, at(arms[0]), scale="response")
