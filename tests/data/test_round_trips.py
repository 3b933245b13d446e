"""A cohort saved, gridded, pickled to netCDF and read back is the same cohort."""

import json
import string

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from hypothesis import given, settings
from hypothesis import strategies as st

from alsmodels.data.cohort import Cohort
from alsmodels.data.outcomes import Outcome
from alsmodels.data.readers.tables import read_cohort
from alsmodels.data.roles import Roles
from alsmodels.errors import ReadError

TEXT = st.text(string.ascii_letters + "é /<>'\"", max_size=6)
NUMBER = st.floats(-1e300, 1e300) | st.just(float("nan"))
MARKER = st.sampled_from(["<0.5", ">9", "0.7", "3", "", "1e-3"])


@st.composite
def cohorts(draw):
    ids = draw(st.lists(st.text(string.digits + "ab", min_size=1, max_size=3), min_size=1, max_size=4, unique=True))
    weeks = {i: draw(st.lists(st.integers(-3, 60), min_size=1, max_size=4, unique=True)) for i in ids}
    rows = [(subject, week) for subject in ids for week in weeks[subject]]
    n = len(rows)
    columns = {
        "alsfrs_r": st.integers(0, 48),
        "il6": MARKER,
        "visit": st.integers(0, 2**60),
        "note": TEXT,
        "number": NUMBER,
        "seen": st.booleans(),
        "date": st.dates().map(pd.Timestamp),
    }
    frame = pd.DataFrame(rows, columns=["id", "week"])
    for name, values in columns.items():
        frame[name] = draw(st.lists(values, min_size=n, max_size=n))
    arms = {subject: draw(st.sampled_from(["control", "drug", "sham"])) for subject in ids}
    sites = {subject: draw(st.integers(1, 9)) for subject in ids}
    grade = pd.Categorical(
        draw(st.lists(st.sampled_from("xyz"), min_size=n, max_size=n)), ["z", "y", "x"], ordered=True
    )
    frame = frame.assign(arm=frame["id"].map(arms), site=frame["id"].map(sites), grade=grade)
    events = pd.DataFrame(
        {
            "id": draw(st.lists(st.sampled_from(ids), max_size=3)),
            "event": "withdrawal",
            "week": 1 / 3,
            "why": "a",
        }
    )
    outcomes = [Outcome("il6", unit="pg/mL", lloq=0.25), "number"]
    return Cohort.from_frame(frame, Roles("id", "week", "arm"), outcomes=outcomes, events=events)


def assert_same(one, other):
    for name in ("subjects", "visits", "events"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), check_exact=True)
    assert (one.roles, one.outcomes, one.findings) == (other.roles, other.outcomes, other.findings)
    assert one.arms == other.arms
    for of in ("visits", "events"):
        pd.testing.assert_frame_equal(one.flow(of=of), other.flow(of=of))


@settings(max_examples=25, deadline=None)
@given(cohorts())
def test_xarray_round_trip(cohort):
    assert_same(Cohort.from_xarray(cohort.to_xarray()), cohort)


@settings(max_examples=15, deadline=None)
@given(cohorts())
def test_folder_round_trip(tmp_path_factory, cohort):
    folder = tmp_path_factory.mktemp("saved") / "cohort"
    cohort.save(folder)
    assert_same(read_cohort(folder), cohort)


@pytest.fixture
def cohort():
    frame = pd.DataFrame(
        {
            "id": ["a", "a", "b"],
            "week": [0, 4, 0],
            "arm": ["drug", "drug", "control"],
            "alsfrs_r": [40, 39, 38],
            "il6": ["<0.5", "2", ""],
            "age": [50, 50, 60],
        }
    )
    events = pd.DataFrame({"id": ["a"], "event": ["death"], "week": [30]})
    return Cohort.from_frame(frame, Roles("id", "week", "arm"), events=events)


def test_the_grid_has_the_promised_shape(cohort):
    dataset = cohort.to_xarray()
    assert dict(dataset.sizes) == {"subject": 2, "visit": 2}
    assert dataset["week"].dims == ("subject", "visit")
    assert "week" in dataset.coords
    assert np.isnan(dataset["week"].sel(subject="b").values[1])
    assert dataset["age"].sel(subject="b").item() == 60
    assert dataset["alsfrs_r"].sel(subject="a").values.tolist() == [40, 39]


def test_netcdf_round_trip(cohort, tmp_path):
    cohort.to_xarray().to_netcdf(tmp_path / "cohort.nc", engine="h5netcdf")
    with xr.open_dataset(tmp_path / "cohort.nc", engine="h5netcdf") as dataset:
        assert_same(Cohort.from_xarray(dataset), cohort)


def test_saving_twice_replaces_and_other_files_are_safe(cohort, tmp_path):
    cohort.save(tmp_path / "here")
    cohort.save(tmp_path / "here")
    assert_same(read_cohort(tmp_path / "here"), cohort)
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(ReadError, match="new or empty folder"):
        cohort.save(tmp_path)
    with pytest.raises(ReadError, match="is a file"):
        cohort.save(tmp_path / "mine.txt")


def save_as_before(cohort, folder):
    """As versions without a manifest did: what is changed then is found by the checks alone."""
    cohort.save(folder)
    (folder / "SHA256SUMS").unlink()


def edited(**changes):
    return lambda record: record | changes


HOSTILE = [
    (edited(version=2), "format version 2"),
    (edited(format="x"), "no saved cohort"),
    (edited(extra=1), "not as they were"),
    (edited(outcomes={}), "not as they were"),
    (edited(outcomes=[{"name": "alsfrs_r", "upper": 30}]), "value-outside-bounds"),
    (edited(outcomes=[{"name": "__class__"}]), "no column '__class__'"),
    (edited(outcomes=["alsfrs_r"]), "does not hold"),
    (edited(outcomes=[{"name": ["a"]}]), "name of a column"),
    (edited(roles=None), "Roles"),
    (edited(roles={"subject": "id"}), "at least a subject and a time"),
    (edited(roles={"subject": "id", "time": "week", "arm": "arm", "control": ["x"]}), "control"),
    (edited(roles={"subject": "id", "time": "week", "arm": "arm", "control": "sham"}), "not an arm"),
    (edited(roles={"subject": "id", "time": "week"}), "no arm"),
    (edited(roles={"subject": "id", "time": "week", "time_unit": ["day"]}), "time_unit"),
    (edited(findings=[{"rule": 1}]), "Finding"),
    (edited(findings=[3]), "Finding"),
    (edited(flow={"rows": 1, "subjects": 1, "steps": []}), "number of rows"),
    (edited(flow={"rows": "9" * 9, "subjects": 1, "steps": []}), "Flow"),
    (
        edited(flow={"rows": 1, "subjects": 1, "steps": [{"name": "x", "rows": 5, "subjects": 0}]}),
        "more is left",
    ),
    (edited(flow=[]), "Flow"),
    (lambda record: [record], "no saved cohort"),
    (lambda record: None, "no saved cohort"),
]


@pytest.mark.parametrize(("tamper", "words"), HOSTILE)
def test_hostile_descriptions_are_refused(cohort, tmp_path, tamper, words):
    save_as_before(cohort, tmp_path / "c")
    place = tmp_path / "c" / "cohort.json"
    place.write_text(json.dumps(tamper(json.loads(place.read_text("utf-8")))), "utf-8")
    with pytest.raises(ReadError) as refusal:
        read_cohort(tmp_path / "c")
    assert words in str(refusal.value)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "\x00", "NaN", '"pickle"'])
def test_descriptions_that_are_no_json_object_are_refused(cohort, tmp_path, text):
    save_as_before(cohort, tmp_path / "c")
    (tmp_path / "c" / "cohort.json").write_text(text)
    with pytest.raises(ReadError, match="cohort"):
        read_cohort(tmp_path / "c")


def spoiled(name, change):
    def spoil(folder):
        table = pd.read_parquet(folder / f"{name}.parquet")
        change(table).to_parquet(folder / f"{name}.parquet", index=False)

    return spoil


SPOILED = [
    (lambda folder: (folder / "visits.parquet").unlink(), "is not there"),
    (lambda folder: (folder / "visits.parquet").write_bytes(b"PAR1 no"), "cannot be read as Parquet"),
    (spoiled("visits", lambda table: table.iloc[1:]), "number of rows"),
    (spoiled("visits", lambda table: table.assign(alsfrs_r=99.0)), "value-outside-bounds"),
    (spoiled("visits", lambda table: table.assign(subject="zz")), "subject-unknown"),
    (spoiled("visits", lambda table: table.drop(columns="week")), "no column 'week'"),
    (spoiled("visits", lambda table: table.assign(week=0.0)), "duplicate-visit"),
    (spoiled("subjects", lambda table: table.drop(columns="arm")), "no column 'arm'"),
    (spoiled("subjects", lambda table: table.assign(subject=[1, 2])), "text"),
    (spoiled("events", lambda table: table.assign(week=1.0)), "visit-after-death"),
    (spoiled("events", lambda table: table.drop(columns="event")), "no column 'event'"),
]


@pytest.mark.parametrize(("spoil", "words"), SPOILED)
def test_spoiled_tables_are_refused(cohort, tmp_path, spoil, words):
    save_as_before(cohort, tmp_path / "c")
    spoil(tmp_path / "c")
    with pytest.raises(ReadError) as refusal:
        read_cohort(tmp_path / "c")
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    "attrs",
    [
        {},
        {"alsmodels": "{"},
        {"alsmodels": "[]"},
        {"alsmodels": "{}"},
        {"alsmodels": 3},
        {"alsmodels": '{"subjects": [{"name": 1}], "visits": [], "events": [], "description": {}}'},
        {"alsmodels": '{"subjects": 3, "visits": [], "events": [], "description": {}}'},
    ],
)
def test_foreign_datasets_are_refused(cohort, attrs):
    dataset = cohort.to_xarray()
    dataset.attrs = attrs
    with pytest.raises(ReadError, match="The dataset"):
        Cohort.from_xarray(dataset)
