"""Reading CSV and Parquet files: what is understood, and what is refused with which sentence."""

import pandas as pd
import pytest

from alsmodels.data.cohort import Cohort
from alsmodels.data.readers.tables import read_cohort, read_column_names, read_table
from alsmodels.data.roles import Roles
from alsmodels.errors import ReadError

ROLES = Roles("id", "week", "arm")
CSV = "id,week,arm,alsfrs_r,il6,code\n007,0,control,40,<0.5,01\n007,4,control,39,NA,02\nb,0,drug,,1.5,03\n"


def written(path, content, encoding="utf-8"):
    path.write_bytes(content.encode(encoding) if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("content", ["", "\n \n", ",,,\n", ";;\n;;\n"])
def test_nothing_but_delimiters_is_empty(tmp_path, content):
    path = written(tmp_path / "trial.csv", content)
    for read in (read_table, read_column_names):
        with pytest.raises(ReadError, match="is empty"):
            read(path)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_names_of_columns_are_those_of_the_table(tmp_path, ending):
    path = written(tmp_path / "trial.csv", CSV)
    if ending == "parquet":
        frame, path = read_table(path), tmp_path / "trial.parquet"
        frame.to_parquet(path)
    assert read_column_names(path) == list(read_table(path).columns)


def test_csv(tmp_path):
    cohort = read_cohort(written(tmp_path / "trial.csv", CSV), ROLES)
    assert cohort.subjects["subject"].tolist() == ["007", "b"]
    assert cohort.visits["il6"].tolist()[0] == 0.5
    assert cohort.visits["il6_censored"].tolist() == ["left", "none", "none"]
    assert cohort.visits["alsfrs_r"].isna().sum() == 1
    assert cohort.visits["code"].tolist() == ["01", "02", "03"]


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (CSV, "utf-8-sig"),
        (CSV.replace(",", ";"), "utf-8"),
        (CSV.replace(",", "\t"), "utf-8"),
        (CSV.replace("\n", "\r\n") + "\r\n\r\n", "utf-8"),
        (CSV.replace("id,week", '"id" , week'), "utf-8"),
    ],
)
def test_other_manners_of_csv_give_the_same(tmp_path, content, encoding):
    expected = read_cohort(written(tmp_path / "a.csv", CSV), ROLES)
    found = read_cohort(written(tmp_path / "b.CSV", content, encoding), ROLES)
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())


def test_parquet_and_paths_of_events_and_subjects(tmp_path):
    pd.DataFrame({"id": [1, 1], "week": [0, 4], "alsfrs_r": [40, 39]}).to_parquet(tmp_path / "v.parquet")
    events = written(tmp_path / "e.csv", "id,event,week\n1,death,9\n")
    subjects = written(tmp_path / "s.csv", "id,arm,age\n1,placebo,60\n")
    cohort = read_cohort(str(tmp_path / "v.parquet"), ROLES, events=str(events), subjects=subjects)
    assert cohort.events["event"].tolist() == ["death"]
    assert cohort.to_frame()["arm"].tolist() == ["placebo", "placebo"]
    assert cohort.subjects["age"].tolist() == [60]


BAD_FILES = [
    ("a.csv", "", "is empty"),
    ("a.csv", "\n \n", "is empty"),
    ("a.csv", b"\xff\xfe\x00", "not text in utf-16"),
    ("a.csv", "id,week\n\u00e9,1\n".encode("latin-1"), "not UTF-8"),
    ("a.csv", b"id,week\n\x00,1\n", "binary"),
    ("a.csv", "id,week,arm\na,0\n", "row 1 has 2 values"),
    ("a.csv", "id,week,arm\na,0,x\nb,0,x,y\n", "row 2 has 4 values"),
    ("a.csv", "id,,arm\na,0,x\n", "column 2 has no name"),
    ("a.csv", "id,week,week\na,0,x\n", "more than once"),
    ("a.csv", "id;week;arm;alsfrs_r\na;0;x;3,951\n", "the comma may be decimal"),
    ("a.csv", 'id,week,arm,nfl\na,0,x,"<0,5"\na,1,x,7\n', "decimal commas"),
    ("a.csv", "id,week,arm\n" + 'a,0,"' + "x" * 200_000, "cannot be read as a table"),
    ("a.parquet", b"not parquet", "cannot be read as Parquet"),
    ("a.xlsx", b"PK", "cannot be read as an Excel workbook"),
    ("a.xls", b"PK", "ending .xls is not one"),
    ("a", b"id", "(none)"),
]


@pytest.mark.parametrize(("name", "content", "words"), BAD_FILES)
def test_files_that_cannot_be_read(tmp_path, name, content, words):
    with pytest.raises(ReadError) as refusal:
        read_cohort(written(tmp_path / name, content), ROLES)
    assert any(word in str(refusal.value) for word in words.split("|"))
    assert name in str(refusal.value)


def test_places_that_hold_no_cohort(tmp_path):
    with pytest.raises(ReadError, match="is not there"):
        read_cohort(tmp_path / "no.csv", ROLES)
    with pytest.raises(ReadError, match=r"has no cohort\.json"):
        read_cohort(tmp_path)
    with pytest.raises(ReadError, match="roles=Roles"):
        read_cohort(written(tmp_path / "a.csv", CSV))


def test_a_saved_folder_takes_no_roles(tmp_path):
    cohort = read_cohort(written(tmp_path / "a.csv", CSV), ROLES)
    cohort.save(tmp_path / "saved")
    assert isinstance(read_cohort(tmp_path / "saved"), Cohort)
    with pytest.raises(ReadError, match="give the path alone"):
        read_cohort(tmp_path / "saved", ROLES)
