"""The scale: which columns are items, how they add up, and the rate before baseline."""

import numpy as np
import pandas as pd
import pytest

from alsmodels.data.alsfrsr import DOMAINS, ITEMS, delta_frs, find_items, months_between
from alsmodels.data.cohort import Cohort
from alsmodels.data.outcomes import KNOWN_OUTCOMES, Outcome
from alsmodels.data.roles import Roles
from alsmodels.errors import DataError

LONG = [name for number, name in ITEMS.items() if number not in {"5a", "5b"}]
SHORT = [f"q{number}" for number in range(1, 13)]


def table(names, values):
    return pd.DataFrame({"id": "a", "week": [0, 4], **dict(zip(names, np.transpose(values), strict=True))})


@pytest.mark.parametrize(
    "names",
    [
        SHORT,
        LONG,
        [name.upper() for name in SHORT],
        [f"alsfrs_{n}" for n in SHORT],
        [f"ALSFRS_R_{n}" for n in SHORT],
    ],
)
def test_items_give_total_and_domains(names):
    first, second = [4, 4, 3, 3, 3, 2, 2, 2, 1, 4, 4, 4], [3] * 12
    cohort = Cohort.from_frame(table(names, [first, second]), Roles("id", "week"))
    assert cohort.visits["alsfrs_r"].tolist() == [36, 36]
    domains = cohort.visits.loc[0, list(DOMAINS)].tolist()
    assert domains == [11, 8, 5, 12]
    assert list(cohort.outcomes) == ["alsfrs_r", *DOMAINS]
    assert set(names) <= set(cohort.visits)


def test_a_missing_item_makes_domain_and_total_missing_but_not_the_others():
    values = np.full((2, 12), 3.0)
    values[1, 0] = np.nan
    visits = Cohort.from_frame(table(SHORT, values), Roles("id", "week")).visits
    assert visits["alsfrs_r"].isna().tolist() == [False, True]
    assert visits["bulbar"].isna().tolist() == [False, True]
    assert visits["respiratory"].tolist() == [9, 9]


def test_of_5a_and_5b_the_one_answered_counts():
    frame = table(SHORT, np.full((2, 12), 3)).drop(columns="q5").assign(q5a=[1, None], q5b=[None, 2])
    assert Cohort.from_frame(frame, Roles("id", "week")).visits["fine_motor"].tolist() == [7, 8]


def test_half_points_are_allowed():
    visits = Cohort.from_frame(table(SHORT, np.full((2, 12), 2.5)), Roles("id", "week")).visits
    assert visits["alsfrs_r"].tolist() == [30, 30]


def test_another_questionnaire_is_left_alone():
    frame = pd.DataFrame({"id": "a", "week": [0, 4], "q1": [70, 80], "q2": [1, 9]})
    cohort = Cohort.from_frame(frame, Roles("id", "week"))
    assert not cohort.outcomes
    assert cohort.findings == ()


def test_a_yes_no_column_called_bulbar_is_a_covariate():
    frame = pd.DataFrame({"id": ["a", "a", "b"], "week": [0, 4, 0], "alsfrs_r": 40, "bulbar": [1, 1, 0]})
    cohort = Cohort.from_frame(frame, Roles("id", "week"))
    assert "bulbar" in cohort.subjects
    assert list(cohort.outcomes) == ["alsfrs_r"]


def test_revised_and_older_scale_are_two_outcomes():
    assert (KNOWN_OUTCOMES["alsfrs_r"].upper, KNOWN_OUTCOMES["alsfrs"].upper) == (48, 40)


def test_absent_items_are_named():
    assert find_items(["q1", "q5b"]).absent == ("2", "3", "4", "6", "7", "8", "9", "10", "11", "12")


def test_delta_frs():
    onset = months_between(pd.Series([365.25, 730.5]))
    assert delta_frs(pd.Series([36, 42]), onset).tolist() == pytest.approx([1.0, 0.25])


@pytest.mark.parametrize(("total", "months"), [(40, 0), (40, -3), (49, 10), (-1, 10)])
def test_delta_frs_refuses_what_has_no_meaning(total, months):
    with pytest.raises(DataError, match="delta-FRS needs"):
        delta_frs(total, months)


@pytest.mark.parametrize("outcome", [*KNOWN_OUTCOMES.values(), Outcome("nfl", scale="log", lloq=1, uloq=9)])
def test_outcomes_survive_json(outcome):
    assert Outcome.from_dict(outcome.to_dict()) == outcome


@pytest.mark.parametrize("record", [{}, {"name": "a", "evil": 1}, [], None, {"name": 3}])
def test_bad_outcome_records_are_refused(record):
    with pytest.raises(DataError, match="Outcome"):
        Outcome.from_dict(record)


@pytest.mark.parametrize("name", ["ALSFRS-R", "ALSFRSR", "alsfrs_r_total", "ALSFRS R Total Score"])
def test_the_total_is_known_in_other_spellings(name):
    """Bounds and the rise are checked under the name that the table gives it."""
    roles = Roles("id", "week")
    frame = pd.DataFrame({"id": ["a", "a"], "week": [0, 4], name: [30, 40]})
    cohort = Cohort.from_frame(frame, roles)
    assert cohort.outcomes[name].upper == 48
    assert [finding.rule for finding in cohort.findings] == ["rise-over-6"]
    with pytest.raises(DataError, match="outside 0 to 48"):
        Cohort.from_frame(frame.assign(**{name: [30, 49]}), roles)


def test_items_are_added_up_to_a_total_in_another_spelling():
    items = {f"q{number}": [3, 3] for number in range(1, 13)}
    frame = pd.DataFrame({"id": ["a", "a"], "week": [0, 4], "ALSFRS-R": [36, 35], **items})
    with pytest.raises(DataError, match="total-not-sum in column 'ALSFRS-R'"):
        Cohort.from_frame(frame, Roles("id", "week"))
    good = Cohort.from_frame(frame.assign(**{"ALSFRS-R": 36}), Roles("id", "week"))
    assert "alsfrs_r" not in good.outcomes
    assert "bulbar" in good.outcomes
