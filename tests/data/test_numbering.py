"""Numbers in place of subjects: every answer is that of the same question put to pandas."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alsmodels.data.numbering import changes, is_among, is_missing, number_visits, places

ROWS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b", "B", "10", "é", None]),
        st.sampled_from([0.0, 1.0, 2.0, np.nan]),
        st.integers(-1, 2),
        st.booleans(),
    ),
    min_size=1,
    max_size=12,
)


def table(rows):
    frame = pd.DataFrame(rows, columns=["subject", "week", "value", "kept"])
    return frame.astype({"subject": "str", "week": "float64"})


def number(frame):
    return number_visits(frame["subject"], frame["week"])


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_subjects_and_rows(rows):
    frame = table(rows)
    numbering = number(frame)
    labels, by_subject = numbering.labels.tolist(), frame.groupby("subject")
    assert labels == sorted(frame["subject"].dropna().unique())
    assert [labels[code] if code >= 0 else None for code in numbering.codes] == [row[0] for row in rows]
    assert numbering.count().tolist() == by_subject.size().tolist()
    values = frame["value"].where(frame["value"] >= 0)
    assert numbering.varying(frame["value"].to_numpy()).tolist() == (
        values.groupby(frame["subject"]).nunique().gt(1).tolist()
    )
    any_kept = numbering.subjects_of(frame["kept"].to_numpy())
    assert any_kept.tolist() == by_subject["kept"].any().tolist()
    expected = frame["subject"].isin(numbering.labels[any_kept])
    assert numbering.rows_of(any_kept).tolist() == expected.tolist()


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_order_is_that_of_a_stable_sort(rows):
    frame = table(rows).assign(row=range(len(rows)))
    numbering = number(frame)
    expected = frame.sort_values(["subject", "week"], kind="stable", na_position="last")["row"]
    of_known = [row for row in numbering.in_order(frame["row"].to_numpy()) if numbering.codes[row] >= 0]
    assert of_known == expected[frame["subject"].notna().reindex(expected.index)].tolist()
    assert numbering.as_given(numbering.in_order(frame["row"].to_numpy())).tolist() == list(range(len(rows)))


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_some_of_the_rows_are_numbered_as_if_they_were_alone(rows):
    frame = table(rows)
    kept = frame["kept"].to_numpy()
    some = number(frame).only(kept)
    expected = number(frame[kept]) if kept.any() else some
    assert some.labels[some.count() > 0].tolist() == expected.labels[expected.count() > 0].tolist()
    rows_kept = np.arange(kept.sum())
    assert some.in_order(rows_kept).tolist() == expected.in_order(rows_kept).tolist()


def test_rows_that_stand_in_order_are_not_sorted():
    frame = table([("a", 0.0, 0, True), ("a", 1.0, 0, True), ("b", 0.0, 0, True)])
    assert number(frame).order is None
    assert number(frame[::-1]).order.tolist() == [2, 1, 0]
    assert number(frame.assign(week=[0.0, np.nan, 0.0])).order is not None


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["a", "a", None, None, "b"], dtype="str"),
        pd.Series([1.0, 1, np.nan, np.nan, 2]),
        pd.Series(pd.Categorical(["a", "a", None, None, "b"])),
        pd.Series(pd.to_datetime(["2020-01-01", "2020-01-01", None, None, "2020-01-02"])),
    ],
)
def test_changes_of_every_kind_of_column(column):
    assert changes(column).tolist() == [False, True, False, True]


def test_is_among():
    labels = pd.Index(["a", "b"], dtype="str")
    assert is_among(pd.Series(["b", None, "c", "b"], dtype="str"), labels).tolist() == [True, False, False, True]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["a", "b", "B", "10", None]), min_size=1), st.sets(st.sampled_from(["a", "B", "10"])))
def test_places(subjects, labels):
    index = pd.Index(sorted(labels), dtype="str")
    found = places(pd.Series(subjects, dtype="str"), index)
    assert found.tolist() == [sorted(labels).index(name) if name in labels else -1 for name in subjects]


@pytest.mark.parametrize(
    "kind", ["object", "str", "category", "float64", "Int64", "boolean", "datetime64[ns]", "Sparse"]
)
def test_what_is_missing_is_what_pandas_says(kind):
    values = {"object": ["a", None, np.nan], "str": ["a", None, "b"], "category": ["a", None, "b"]}
    column = pd.Series(values.get(kind, [1, None, 0])).astype("Sparse[float64]" if kind == "Sparse" else kind)
    found = is_missing(column)
    assert type(found) is np.ndarray
    assert found.dtype == bool
    assert found.tolist() == column.isna().tolist()
