"""Wide tables: the same cohort as from a long one; and every way in which a column can be mistaken."""

import numpy as np
import openpyxl
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from flows import assert_adds_up

import alsmodels as als
from alsmodels.data.alsfrsr import ITEMS
from alsmodels.data.cohort import Cohort
from alsmodels.data.outcomes import Outcome
from alsmodels.data.readers.wide import read_wide
from alsmodels.data.roles import Roles
from alsmodels.errors import DataError, ReadError

MISSED = "left out: missed visit (empty cells)"


def table(**columns):
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "group": ["drug", "placebo", "placebo"],
            "age": [61, 55, 70],
            "als_w0": [40, 38, 44],
            "als_w4": [39, np.nan, 43],
            "als_w12": [37, 35, np.nan],
            "nfl_w0": ["<5", "12.5", "20"],
            "nfl_w12": ["7", "", "NA"],
        }
    )
    return frame.assign(**columns)


ALS = {"alsfrs_r": "als_w{week}"}
BOTH = ALS | {"nfl": "nfl_w{week}"}


def read(frame=None, columns=BOTH, **given):
    return read_wide(table() if frame is None else frame, columns, **{"subject": "id", "arm": "group"} | given)


def test_a_wide_table_is_the_same_cohort_as_a_long_one():
    long = pd.DataFrame(
        [
            ("a", 0, 40, "<5"),
            ("a", 4, 39, ""),
            ("a", 12, 37, "7"),
            ("b", 0, 38, "12.5"),
            ("b", 12, 35, ""),
            ("c", 0, 44, "20"),
            ("c", 4, 43, ""),
        ],
        columns=["id", "week", "alsfrs_r", "nfl"],
    )
    subjects = table()[["id", "group", "age"]]
    expected = Cohort.from_frame(long, Roles("id", "week", "group"), subjects=subjects)
    found = read()
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())
    assert found.roles == expected.roles
    assert dict(found.outcomes) == dict(expected.outcomes)


def test_every_example_survives_the_way_to_wide_and_back():
    cohort = als.load_example()
    long = cohort.to_frame()
    wide = long.pivot(index="subject", columns="week", values="fibrinogen")
    names = {f"at {week!r}": week for week in wide.columns}
    wide = wide.set_axis(list(names), axis="columns").reset_index()
    again = read_wide(wide, {"fibrinogen": names}, subject="subject")
    expected = long.dropna(subset="fibrinogen")[["subject", "week", "fibrinogen"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(again.visits, expected)


def test_missed_visits_are_counted_and_no_rows():
    cohort = read()
    flow = cohort.flow().set_index("step")
    assert flow["rows"].tolist() == [9, 2, 7]
    assert flow.loc[MISSED].tolist() == [2, 0]
    assert_adds_up(cohort)
    assert_adds_up(read(table(), ALS, leave_out=["duplicate-visit"]))


def test_rows_that_rules_leave_out_follow_the_missed_visits():
    cohort = read(table(als_w4=[99, None, 43]), leave_out=["value-outside-bounds"])
    assert cohort.flow()["step"].tolist() == ["read", MISSED, "left out: value-outside-bounds", "kept"]
    assert_adds_up(cohort)


def test_a_subject_without_any_value_stays_among_the_subjects():
    empty = table(**{name: [1, 1, None] for name in ("als_w0", "als_w4", "als_w12")})
    cohort = read(empty, ALS)
    assert cohort.n_subjects == 3
    assert [finding.rule for finding in cohort.findings] == ["no-visit"]
    assert_adds_up(cohort)


def test_nothing_is_missed_where_every_cell_is_full():
    cohort = read(table(als_w4=1, als_w12=1), ALS)
    assert cohort.flow()["step"].tolist() == ["read", "kept"]


def test_other_columns_stay_with_the_subjects():
    assert list(read(columns=ALS).subjects) == ["subject", "arm", "age", "nfl_w0", "nfl_w12"]
    assert list(read(columns=ALS, covariates=["age"]).subjects) == ["subject", "arm", "age"]
    assert list(read(columns=ALS, covariates=[]).subjects) == ["subject", "arm"]
    assert list(read(columns=ALS, arm=None).subjects)[:2] == ["subject", "group"]


def test_columns_may_be_named_one_by_one():
    named = {"als_w0": -1, "als_w4": np.float64(4), "als_w12": 13}
    cohort = read(columns={"alsfrs_r": named, "nfl": "nfl_w{week}"})
    assert sorted(set(cohort.visits["week"])) == [-1, 0, 4, 12, 13]


@pytest.mark.parametrize(
    ("columns", "unit", "weeks"),
    [
        ({"alsfrs_r": "als_w{day}"}, None, [0, 4 / 7, 12 / 7]),
        ({"alsfrs_r": "als_w{day}"}, "day", [0, 4 / 7, 12 / 7]),
        ({"alsfrs_r": "als_w{month}"}, None, [0, 4 * 365.25 / 84, 365.25 / 7]),
        ({"alsfrs_r": {"als_w0": 0, "als_w12": 3}}, "month", [0, 3 * 365.25 / 84]),
        ({"alsfrs_r": {"als_w0": 0, "als_w12": 3}}, None, [0, 3]),
    ],
)
def test_units_of_time(columns, unit, weeks):
    assert sorted(set(read(columns=columns, time_unit=unit).visits["week"])) == pytest.approx(weeks)


@pytest.mark.parametrize(
    ("names", "pattern", "weeks"),
    [
        (["ALS_W0", "als_w4", "Als_W12"], "als_w{week}", [0, 4, 12]),
        (["w00", "w04", "w12"], "W{week}", [0, 4, 12]),
        (["0", "4", "12.5"], "{week}", [0, 4, 12.5]),
        (["als-0", "als-4", "als-12"], "als-{week}", [0, 4, 12]),
        (["week 0 (als)", "week 4 (als)", "week 12 (als)"], "week {week} (als)", [0, 4, 12]),
        (["als_w0_x", "als_w4_x", "als_w12_x"], "als_w{week}_x", [0, 4, 12]),
    ],
)
def test_patterns(names, pattern, weeks):
    frame = (
        table().drop(columns=["nfl_w0", "nfl_w12"]).rename(columns=dict(zip(list(table())[3:6], names, strict=True)))
    )
    assert sorted(set(read(frame, {"alsfrs_r": pattern}).visits["week"])) == weeks


def test_one_pattern_may_go_on_where_another_ends():
    frame = table().rename(columns={"nfl_w0": "als_w0_nfl", "nfl_w12": "als_w12_nfl"})
    found = read(frame, {"alsfrs_r": "als_w{week}", "nfl": "als_w{week}_nfl"})
    pd.testing.assert_frame_equal(found.to_frame(), read().to_frame())


def test_items_make_totals():
    numbers = [number for number in ITEMS if number.isdigit()]
    frame = pd.DataFrame({"id": ["a", "b"]} | {f"Q{n} month {m}": [4, 3] for n in numbers for m in (0, 3)})
    cohort = read_wide(frame, {ITEMS[n]: f"q{n} month {{month}}" for n in numbers}, subject="id")
    assert cohort.visits["alsfrs_r"].tolist() == [48, 48, 36, 36]
    assert set(cohort.outcomes) == {"alsfrs_r", "bulbar", "fine_motor", "gross_motor", "respiratory"}


def test_outcomes_can_be_told_of():
    cohort = read(outcomes=[Outcome("nfl", unit="pg/mL", scale="log", lloq=10)])
    assert cohort.outcomes["nfl"].unit == "pg/mL"
    assert (cohort.visits["nfl_censored"] == "left").sum() == 2
    assert list(read(columns={"fvc": "als_w{week}"}).outcomes) == ["fvc"]


def test_events_come_from_a_table_or_a_path(tmp_path):
    events = pd.DataFrame({"id": ["b"], "event": ["death"], "day": [140]})
    events.to_csv(tmp_path / "e.csv", index=False)
    for given in (events, tmp_path / "e.csv"):
        cohort = read(events=given)
        assert cohort.events["week"].tolist() == [20]
        assert_adds_up(cohort)


@pytest.mark.parametrize("convert", [pl.from_pandas, pa.Table.from_pandas])
def test_tables_of_any_kind(convert):
    pd.testing.assert_frame_equal(read(convert(table())).to_frame(), read().to_frame())


def test_files(tmp_path):
    table().to_csv(tmp_path / "t.csv", index=False)
    book = openpyxl.Workbook()
    book.create_sheet("wide")
    for row in [list(table()), *table().astype(object).where(table().notna(), None).to_numpy().tolist()]:
        book["wide"].append(row)
    book.active.append(["notes"])
    book.save(tmp_path / "t.xlsx")
    for found in (read(tmp_path / "t.csv"), read(str(tmp_path / "t.xlsx"), sheet="wide")):
        pd.testing.assert_frame_equal(found.to_frame(), read().to_frame())
    with pytest.raises(ReadError, match="but a table is given, not a path"):
        read(sheet="wide")


REFUSED = [
    (table(), {}, {}, "say where each outcome is"),
    (table(), "als_w{week}", {}, "say where each outcome is"),
    (table(), {"alsfrs_r": "als_v{week}"}, {}, "no column is like 'als_v{week}'; the columns are 'age', 'als_w0'"),
    (table(), {"alsfrs_r": {"als_w0": 0, "als_w5": 5}}, {}, "there is no column 'als_w5'"),
    (table(), {"alsfrs_r": {}}, {}, "no column is given for 'alsfrs_r'"),
    (table(), {"alsfrs_r": ["als_w0"]}, {}, "is in ['als_w0']; give a pattern"),
    (table(), {"alsfrs_r": "als_w*"}, {}, "must hold one of {week}, {day} and {month}, once"),
    (table(), {"alsfrs_r": "als_w{time}"}, {}, "must hold one of"),
    (table(), {"alsfrs_r": "als_{week}{week}"}, {}, "must hold one of"),
    (table(), {"alsfrs_r": "als_w1{week}"}, {}, "a digit or a point stands beside the number"),
    (table(), {"alsfrs_r": "als_w{week}2"}, {}, "a digit or a point stands beside the number"),
    (table(), {"alsfrs_r": "als_w{week}"}, {"time_unit": "day"}, "says weeks, but time_unit says days"),
    (table(), ALS, {"time_unit": "year"}, "must be 'week', 'day' or 'month'"),
    (table(als_wEOT=1), ALS, {}, "'als_wEOT' is like 'als_w{week}', but 'EOT' is no number"),
    (table(**{"als_w-4": 1}), ALS, {}, "'-4' is no number without a sign"),
    (table(als_w=1), ALS, {}, "'' is no number"),
    (table(als_w04=1), ALS, {}, "'als_w4' and 'als_w04' are both 'alsfrs_r' at week 4"),
    (table(), {"alsfrs_r": {"als_w0": 0, "als_w4": 0.0}}, {}, "'als_w0' and 'als_w4' are both 'alsfrs_r' at week 0"),
    (table(), {"alsfrs_r": {"als_w0": "base"}}, {}, "the time of 'als_w0' is 'base'; it must be a number of weeks"),
    (table(), {"alsfrs_r": {"als_w0": True}}, {}, "the time of 'als_w0' is True"),
    (table(), {"alsfrs_r": {"als_w0": np.nan}}, {"time_unit": "day"}, "it must be a number of days"),
    (table(), {"alsfrs_r": "als_w{week}", "fvc": "ALS_w{week}"}, {}, "'als_w0' fits the patterns of 'alsfrs_r', 'fvc'"),
    (table(), {"alsfrs_r": {"als_w0": 0}, "fvc": {"als_w0": 0}}, {}, "given for 'alsfrs_r' and for 'fvc'"),
    (table(), {"alsfrs_r": {"age": 0}}, {"covariates": ["age"]}, "given for the subject, the arm or a covariate and"),
    (table(), {"alsfrs_r": {"id": 0}}, {}, "given for the subject"),
    (table(alsfrs_r=1), ALS, {}, "has a column 'alsfrs_r' of its own"),
    (table(week=1), ALS, {}, "has a column 'week' of its own"),
    (table(), {"week": "als_w{week}"}, {}, "an outcome cannot be called 'week'"),
    (table(), {"group": "als_w{week}"}, {}, "an outcome cannot be called 'group'"),
    (table(id=["a", "b", "a"]), ALS, {}, "row 3 is a second one of subject 'a'"),
    (table(id=["a", None, "b"]), ALS, {}, "row 2 has no subject"),
    (table(), ALS, {"subject": "ID"}, "no column 'ID'"),
    (table(), ALS, {"covariates": ["agee"]}, "Did you mean 'age'"),
    (table().iloc[:0], ALS, {}, "The wide table has no rows"),
    (table(als_w0=None, als_w4=" ", als_w12="NA"), ALS, {}, "no column of 'alsfrs_r' holds a value"),
    (table(als_w4=[99, 1, 1]), ALS, {}, "value-outside-bounds"),
    (table(als_w4=[99, 1, 1]), ALS, {}, "Rows are those of the long table"),
    ([1, 2], ALS, {}, "The wide table must be a table"),
]


@pytest.mark.parametrize(("frame", "columns", "given", "words"), REFUSED)
def test_what_can_be_mistaken_is_refused(frame, columns, given, words):
    with pytest.raises(DataError) as refusal:
        read(frame, columns, **given)
    assert words in str(refusal.value)


def test_a_column_like_a_pattern_may_be_a_covariate():
    cohort = read(table(als_wife=["yes", "no", "no"]), ALS, covariates=["age", "als_wife"])
    assert cohort.subjects["als_wife"].tolist() == ["yes", "no", "no"]


def test_the_table_is_not_touched():
    frame = table()
    read(frame)
    pd.testing.assert_frame_equal(frame, table())


def named(**columns):
    frame = table().rename(columns={"als_w0": "x", "nfl_w0": "y"})
    return frame.rename(columns={"x": columns.get("als", "als_w0"), "y": columns.get("nfl", "nfl_w0")})


NAMES = [
    "als_BL",
    "als_base",
    "ALS Baseline",
    "als",
    "baseline",
    "BL",
    "V0",
    "als_v0",
    "Screening",
    "als_scr",
    "als-day 1",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_baseline_of_another_name_is_asked_for_and_named(name):
    frame = named(als=name)
    with pytest.raises(
        DataError, match=rf"no column like 'als_w{{week}}' is of time 0, and '{name}' may be the baseline"
    ):
        read(frame)
    expected = read()
    found = read(frame, baseline={"alsfrs_r": name})
    assert found.visits[expected.visits.columns.tolist()].equals(expected.visits)
    assert found.subjects.equals(expected.subjects)
    kept = read(frame, covariates=[name])
    assert name in kept.subjects.columns
    assert kept.visits["alsfrs_r"].notna().sum() == expected.visits["alsfrs_r"].notna().sum() - 3


def test_two_baselines_and_one_by_its_name():
    frame = named(als="als_BL", nfl="nfl_BL")
    found = read(frame, baseline={"alsfrs_r": "als_BL", "nfl": "nfl_BL"})
    assert found.visits.equals(read().visits)
    alone = read(frame.drop(columns=["nfl_BL", "nfl_w12"]), ALS, baseline="als_BL")
    assert alone.visits["week"].min() == 0


def test_what_is_no_baseline_is_not_asked_for():
    read(named(als="als_slope").assign(als_visits=["x", "y", "z"]))
    read(table(als_BL=[40, 38, 44]))  # week 0 is there
    read(named(als="baseline").assign(baseline=["yes", "no", "no"]))


def test_columns_that_begin_as_an_outcome_are_told():
    (told,) = read(table(als_slope=[1.0, 2, 3], als_BL=[40, 38, 44], alsatian=1)).findings[:1]
    assert (told.rule, told.severity) == ("column-alike", "warning")
    assert "'als_slope', 'als_BL' begin as the columns of 'alsfrs_r' do, and are no visits" in str(told)
    assert [finding.rule for finding in read().findings] == []


@pytest.mark.parametrize(
    ("baseline", "words"),
    [
        ("als_BL", "name the column of the baseline of each outcome"),
        ({"il6": "als_BL"}, "name the column of the baseline of each outcome"),
        ({"alsfrs_r": "als_bl"}, "no column 'als_bl'.*Did you mean 'als_BL'"),
        ({"alsfrs_r": "id"}, "is given for the subject"),
        ({"alsfrs_r": "als_BL", "nfl": "als_BL"}, "is given for 'alsfrs_r' and for 'nfl'"),
        (3, "not 3"),
    ],
)
def test_baselines_that_are_none_are_refused(baseline, words):
    with pytest.raises(DataError, match=words):
        read(named(als="als_BL"), baseline=baseline)


def test_two_columns_of_time_0_are_refused():
    with pytest.raises(DataError, match=r"'als_w0', which is like 'als_w\{week\}', and baseline='als_BL' are both"):
        read(table(als_BL=[40, 38, 44]), baseline={"alsfrs_r": "als_BL"})


def test_words_for_missing_are_emptied_in_wide_tables_too():
    frame = table(nfl_w12=["7", "ND", "hemolysed"])
    with pytest.raises(DataError, match="value-not-numeric"):
        read(frame)
    found = read(frame, missing=["ND", "hemolysed"])
    assert found.visits["nfl"].notna().sum() == 4
    assert found.visits["alsfrs_r"].notna().sum() == read().visits["alsfrs_r"].notna().sum()
