"""The older ALSFRS under the name of the ALSFRS-R: refused where it is certain, suspected where it is likely."""

import numpy as np
import pandas as pd
import pytest

from alsmodels.data.cohort import Cohort
from alsmodels.data.outcomes import Outcome
from alsmodels.data.roles import Roles
from alsmodels.errors import DataError

ROLES = Roles("id", "week")
NINE = [f"q{number}" for number in range(1, 10)]
SCALE = {"scale-older", "scale-doubtful"}


def answered(subjects=6, visits=3, *, seed=5):
    """Items 1 to 12 of the revised scale, the three respiratory ones seldom below 2; and the older one's tenth."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {"id": np.repeat(np.arange(subjects), visits), "week": np.tile(np.arange(visits) * 12, subjects)}
    )
    items = {name: rng.integers(1, 5, len(frame)) for name in NINE}
    respiratory = {f"q{number}": rng.integers(2, 5, len(frame)) for number in (10, 11, 12)}
    return frame.assign(**items, **respiratory, q10_respiratory=respiratory["q10"])


def rules(frame, **given):
    return [finding.rule for finding in Cohort.from_frame(frame, ROLES, **given).findings if finding.rule in SCALE]


def older(tenth, total="alsfrs_r", **changes):
    """A table of the older scale whose total is called as the revised one's."""
    frame = answered(**changes)
    frame[total] = frame[[*NINE, "q10"]].sum(axis=1)
    drop = {"q10": ["q11", "q12", "q10_respiratory"], "q10_respiratory": ["q10", "q11", "q12"]}
    return frame.drop(columns=drop[tenth])


@pytest.mark.parametrize("tenth", ["q10", "q10_respiratory"])
@pytest.mark.parametrize("total", ["alsfrs_r", "ALSFRS-R total"])
def test_a_total_of_ten_items_is_refused(tenth, total):
    with pytest.raises(DataError) as refusal:
        Cohort.from_frame(older(tenth, total), ROLES)
    assert f"scale-older in column '{total}': the total is the sum of ten items" in str(refusal.value)
    assert "call the column 'alsfrs'" in str(refusal.value)


def test_the_same_table_is_taken_under_its_own_name():
    cohort = Cohort.from_frame(older("q10_respiratory", "alsfrs"), ROLES)
    assert list(cohort.outcomes) == ["alsfrs"]
    assert not SCALE & {finding.rule for finding in cohort.findings}


@pytest.mark.parametrize("cutting", [{"q5a": 3, "q5b": np.nan}, {"q5a": np.nan, "q5b": 3}])
def test_either_cutting_item_counts_among_the_ten(cutting):
    frame = older("q10").drop(columns="q5").assign(**cutting)
    frame["alsfrs_r"] = frame[[*(name for name in NINE if name != "q5"), "q5a", "q5b", "q10"]].sum(axis=1)
    with pytest.raises(DataError, match="scale-older"):
        Cohort.from_frame(frame, ROLES)


def test_one_visit_that_is_not_the_sum_of_ten_is_enough_to_doubt_that():
    frame = older("q10")
    frame.loc[4, "alsfrs_r"] += 3
    assert rules(frame) == []


def test_two_visits_are_too_few():
    assert rules(older("q10", subjects=1, visits=2)) == []


def test_missing_items_do_not_hide_it():
    frame = older("q10").astype("float64")
    frame.loc[[0, 7], "q3"] = np.nan
    with pytest.raises(DataError, match="scale-older"):
        Cohort.from_frame(frame, ROLES)


def test_a_revised_total_without_its_last_items_is_none_of_it():
    frame = answered()
    frame["alsfrs_r"] = frame[[*NINE, "q10", "q11", "q12"]].sum(axis=1)
    assert rules(frame.drop(columns=["q11", "q12", "q10_respiratory"])) == []
    assert rules(frame.drop(columns=["q10", "q11", "q12"])) == []
    assert rules(frame.drop(columns=["q10", "q11", "q12", "q10_respiratory"])) == []


def test_a_bound_of_40_contradicts_the_name():
    frame = pd.DataFrame({"id": [1, 1], "week": [0, 4], "alsfrs_r": [38, 37]})
    with pytest.raises(DataError, match=r"scale-older .* but an upper bound of 40 is declared"):
        Cohort.from_frame(frame, ROLES, outcomes=[Outcome("alsfrs_r", lower=0, upper=40)])
    assert rules(frame, outcomes=[Outcome("alsfrs_r", lower=0, upper=48)]) == []
    assert rules(frame.rename(columns={"alsfrs_r": "alsfrs"}), outcomes=[Outcome("alsfrs", upper=40)]) == []


def test_a_copy_of_the_older_total_is_suspected():
    frame = answered()
    frame["alsfrs"] = frame["alsfrs_r"] = frame[[*NINE, "q10"]].sum(axis=1)
    frame = frame.drop(columns=["q10", "q11", "q12", *NINE, "q10_respiratory"])
    assert rules(frame) == ["scale-doubtful"]
    assert rules(frame[frame["id"] < 3]) == []
    frame.loc[2, "alsfrs_r"] += 1
    assert rules(frame) == []


def test_a_remainder_of_one_item_is_suspected():
    frame = older("q10")
    assert rules(frame.drop(columns="q10")) == ["scale-doubtful"]
    assert rules(frame[frame["id"] < 3].drop(columns="q10")) == []


def baselines(mean, subjects, seed=1, sd=5.5, most=48):
    rng = np.random.default_rng(seed)
    scores = np.clip(np.round(rng.normal(mean, sd, subjects)), 0, most)
    return pd.DataFrame({"id": np.arange(subjects), "week": 0, "alsfrs_r": scores})


def test_no_value_above_40_in_many_subjects_is_suspected():
    frame = baselines(31, 60, most=40)
    assert frame["alsfrs_r"].max() >= 36
    assert rules(frame) == ["scale-doubtful"]
    (finding,) = [finding for finding in Cohort.from_frame(frame, ROLES).findings if finding.rule == "scale-doubtful"]
    assert "no value of 60 subjects is above 40" in finding.message
    assert rules(frame.head(49)) == []
    assert rules(frame.rename(columns={"alsfrs_r": "alsfrs"})) == []


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("mean", [34.3, 36, 39.8])
def test_baselines_of_trials_are_not_suspected(mean, seed):
    """HEALEY, CENTAUR and valproate."""
    assert rules(baselines(mean, 60, seed)) == []


def test_a_group_in_a_late_stage_is_not_suspected():
    assert rules(baselines(20, 60, sd=4)) == []


def test_twelve_items_that_add_up_are_beyond_doubt():
    frame = answered(subjects=60, visits=1)
    frame["q8"] = 0
    frame["alsfrs_r"] = frame[[*NINE, "q10", "q11", "q12"]].sum(axis=1)
    frame = frame.drop(columns="q10_respiratory")
    assert 36 <= frame["alsfrs_r"].max() <= 40
    assert rules(frame) == []
    assert rules(frame.drop(columns=[*NINE, "q10", "q11", "q12"])) == ["scale-doubtful"]


def test_the_older_scale_beyond_40_is_told_of_the_revised():
    frame = pd.DataFrame({"id": [1, 1], "week": [0, 4], "alsfrs": [44, 37]})
    with pytest.raises(DataError, match="call the column 'alsfrs_r'"):
        Cohort.from_frame(frame, ROLES)


@pytest.mark.parametrize("rule", sorted(SCALE | {"decline-steep"}))
def test_suspicions_have_no_rows_to_leave_out(rule):
    with pytest.raises(DataError, match="no rule with rows"):
        Cohort.from_frame(baselines(36, 5), ROLES, leave_out=[rule])
