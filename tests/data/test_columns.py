"""Tables of pandas, polars and pyarrow: one kind of column whatever it was called there."""

from datetime import date, datetime, time
from decimal import Decimal

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from alsmodels.data.cohort import Cohort
from alsmodels.data.columns import as_pandas
from alsmodels.data.readers.adam import read_adam
from alsmodels.data.roles import Roles
from alsmodels.errors import DataError

DECIMALS = [Decimal("1.5"), None, Decimal("2.25")]
DATES = [date(2024, 1, 1), None, date(2024, 1, 3)]
STAMPS = pd.to_datetime(["2024-01-01", None, "2024-01-03"]).to_series().astype("datetime64[us]")


def polars(values, kind=None):
    return pl.DataFrame({"x": pl.Series(values, dtype=kind, strict=False)})


def arrow(values, kind=None):
    return pa.table({"x": pa.array(values, type=kind)})


def arrow_in_pandas(values, kind=None):
    return arrow(values, kind).to_pandas(types_mapper=pd.ArrowDtype)


COLUMNS = [
    (polars(["a", "b", None], pl.Categorical), "category", ["a", "b", None]),
    (polars(["a", "b", None], pl.Enum(["b", "a"])), "category", ["a", "b", None]),
    (polars(DECIMALS), "float64", [1.5, None, 2.25]),
    (polars(DATES), "datetime64[us]", STAMPS),
    (polars([1, None, 3], pl.Int16), "float64", [1, None, 3]),
    (polars([1, 2, 3], pl.UInt64), "int64", [1, 2, 3]),
    (polars([1.0, None, np.nan]), "float64", [1, None, None]),
    (polars([True, True, False]), "bool", [True, True, False]),
    (polars([True, None, False]), "str", ["True", None, "False"]),
    (polars(["x", None, " "]), "str", ["x", None, None]),
    (polars([None, None]), "str", [None, None]),
    (pa.table({"x": pa.array(["a", "b", None]).dictionary_encode()}), "category", ["a", "b", None]),
    (pa.table({"x": pa.array([5, 6, None]).dictionary_encode()}), "category", ["5", "6", None]),
    (arrow(DECIMALS), "float64", [1.5, None, 2.25]),
    (arrow(DECIMALS, pa.decimal256(40, 2)), "float64", [1.5, None, 2.25]),
    (arrow(DATES, pa.date32()), "datetime64[us]", STAMPS),
    (arrow(DATES, pa.date64()), "datetime64[us]", STAMPS),
    (arrow([1, None, 3], pa.int8()), "float64", [1, None, 3]),
    (arrow([1.0, None, np.nan]), "float64", [1, None, None]),
    (arrow(["x", None, ""], pa.large_string()), "str", ["x", None, None]),
    (arrow(["x", None, ""], pa.string_view()), "str", ["x", None, None]),
    (arrow_in_pandas(DECIMALS), "float64", [1.5, None, 2.25]),
    (arrow_in_pandas(DATES), "datetime64[us]", STAMPS),
    (arrow_in_pandas([1, None, 3], pa.int8()), "float64", [1, None, 3]),
    (arrow_in_pandas([True, None, False]), "str", ["True", None, "False"]),
    (arrow_in_pandas(["x", None, ""], pa.string_view()), "str", ["x", None, None]),
    (pd.DataFrame({"x": DATES}), "datetime64[us]", STAMPS),
    (pd.DataFrame({"x": [date(1, 1, 1), date(9999, 12, 31)]}), "datetime64[us]", None),
    (pd.DataFrame({"x": [date(2024, 1, 1), "2 May"]}), "str", ["2024-01-01", "2 May"]),
    (pd.DataFrame({"x": [time(12), None]}), "str", ["12:00:00", None]),
    (pd.DataFrame({"x": DECIMALS}), "float64", [1.5, None, 2.25]),
]


@pytest.mark.parametrize(("table", "dtype", "values"), COLUMNS)
def test_kinds_of_columns(table, dtype, values):
    column = as_pandas(table, "The table")["x"]
    assert column.dtype == dtype
    if values is None:
        return
    expected = [None if pd.isna(value) else value for value in values]
    assert [None if pd.isna(value) else value for value in column] == expected


def test_a_record_batch_and_any_table_of_arrow_are_taken():
    class Exported:
        def __arrow_c_stream__(self, requested_schema=None):
            return arrow([1, 2]).__arrow_c_stream__(requested_schema)

    for table in (arrow([1, 2]).to_batches()[0], Exported()):
        assert as_pandas(table, "The table")["x"].tolist() == [1, 2]


REFUSED = [
    (polars([1, 2]).lazy(), "a polars LazyFrame, a plan that has not been carried out; give frame.collect()"),
    (pl.Series([1, 2]), "not Series"),
    (pa.chunked_array([[1, 2]]), "not ChunkedArray"),
    (np.zeros((2, 2)), "not ndarray"),
    (arrow([[1], [2]]), "holds lists or other collections"),
    (arrow([{"a": 1}]), "holds lists or other collections"),
    (arrow([b"x"]), "'x' holds bytes, not text"),
    (polars([1, None], pl.Int128), "of a type that pandas does not know"),
]


@pytest.mark.parametrize(("table", "words"), REFUSED)
def test_what_is_no_table_of_values_is_refused(table, words):
    with pytest.raises(DataError) as refusal:
        as_pandas(table, "The table")
    assert str(refusal.value).startswith("The table")
    assert words in str(refusal.value)


def test_dates_for_times_are_refused_alike():
    for values in (polars(DATES), arrow(DATES), pd.DataFrame({"x": DATES})):
        frame = as_pandas(values, "The table").assign(id="a").dropna()
        with pytest.raises(DataError, match="time-not-numeric"):
            Cohort.from_frame(frame, Roles("id", "x"))


VISITS = pd.DataFrame({"id": ["a", "a", "b", "b"], "week": [0, 4, 0, 4], "alsfrs_r": [40.0, np.nan, 44, 41]})
SUBJECTS = pd.DataFrame({"id": ["a", "b"], "arm": ["drug", "placebo"], "seen": [datetime(2024, 1, 1)] * 2})  # noqa: DTZ001
EVENTS = pd.DataFrame({"id": ["b"], "event": ["death"], "week": [9]})


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas, pd.DataFrame.convert_dtypes])
def test_every_table_of_a_cohort_may_be_of_any_kind(convert):
    roles = Roles("id", "week", "arm")
    found = Cohort.from_frame(convert(VISITS), roles, events=convert(EVENTS), subjects=convert(SUBJECTS))
    expected = Cohort.from_frame(VISITS, roles, events=EVENTS, subjects=SUBJECTS)
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())
    pd.testing.assert_frame_equal(found.events, expected.events)


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_tables_of_adam_may_be_of_any_kind(convert):
    adsl = pd.DataFrame({"USUBJID": ["a", "b"], "TRT01P": ["Placebo", "Drug"]})
    adqs = pd.DataFrame({"USUBJID": ["a", "b"], "PARAMCD": "ALSFRSR", "AVAL": [40.0, 42.0], "ADY": [1, 1]})
    found = read_adam({"adsl": convert(adsl), "adqs": convert(adqs)})
    pd.testing.assert_frame_equal(found.to_frame(), read_adam({"adsl": adsl, "adqs": adqs}).to_frame())
