"""What is written to a table after a cohort was made of it does not reach the cohort, nor the other way round."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from alsmodels.data.cohort import Cohort
from alsmodels.data.roles import Roles

ROLES = Roles("id", "week")


def test_arrays_under_a_frame():
    weeks, scores = np.array([0.0, 4, 8]), np.array([40.0, 39, 38])
    frame = pd.DataFrame({"week": weeks, "alsfrs_r": scores}, copy=False).assign(id="a")
    cohort = Cohort.from_frame(frame, ROLES)
    weeks[:], scores[:] = -1, -1
    assert cohort.visits["week"].tolist() == [0, 4, 8]
    assert cohort.visits["alsfrs_r"].tolist() == [40, 39, 38]


def test_arrays_under_an_arrow_table():
    scores = np.array([40.0, 39, 38])
    table = pa.table({"id": ["a"] * 3, "week": [0, 4, 8], "alsfrs_r": pa.array(scores)})
    cohort = Cohort.from_frame(table, ROLES)
    scores[:] = -1
    assert cohort.visits["alsfrs_r"].tolist() == [40, 39, 38]


@pytest.mark.parametrize("give", [Cohort.to_frame, lambda cohort: cohort.visits, lambda cohort: cohort.subjects])
def test_tables_that_a_cohort_gave(give):
    cohort = Cohort.from_frame(pd.DataFrame({"id": list("aab"), "week": [0, 4, 0], "nfl": 1.5, "sex": "f"}), ROLES)
    before = give(cohort)
    given = give(cohort)
    for name in given.columns:
        given.loc[:, name] = given[name].iloc[-1]
    given["new"] = 1
    pd.testing.assert_frame_equal(give(cohort), before)


def test_no_events_are_nobody_elses():
    frame = pd.DataFrame({"id": ["a"], "week": [0], "nfl": [1.5]})
    first, second = Cohort.from_frame(frame, ROLES), Cohort.from_frame(frame, ROLES)
    given = first.events
    given.loc[0] = ["a", "death", 1.0]
    assert second.events.empty
    assert first.events.empty
