"""CDISC Dataset-JSON 1.1, as one JSON document and line by line."""

import json

import pandas as pd
import pytest

from alsmodels.data.readers.adam import read_adam
from alsmodels.data.readers.tables import read_cohort, read_column_names, read_table
from alsmodels.data.roles import Roles
from alsmodels.errors import ReadError

COLUMNS = {
    "USUBJID": "string",
    "VISIT": "integer",
    "AVAL": "float",
    "DOSE": "decimal",
    "FLAG": "boolean",
    "ADT": "date",
}
ROWS = [
    ["s1", 0, 40, "1,250.5", True, "2024-02-01"],
    ["s1", 4, 39.5, None, False, None],
    ["s2", 0, None, "-.5", True, ""],
]


def described(columns=COLUMNS, **changes):
    listed = [
        {"itemOID": f"IT.{name}", "name": name, "label": name, "dataType": kind} for name, kind in columns.items()
    ]
    return {
        "datasetJSONCreationDateTime": "2024-12-05T00:00:00",
        "datasetJSONVersion": "1.1.0",
        "itemGroupOID": "IG.X",
        "records": len(ROWS),
        "name": "X",
        "label": "X",
        "columns": listed,
    } | changes


def written(path, description, rows=ROWS):
    if path.suffix == ".ndjson":
        path.write_text("".join(json.dumps(line) + "\r\n" for line in [description, *rows]), encoding="utf-8")
    else:
        path.write_text(json.dumps(description | {"rows": rows}), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["x.json", "x.ndjson", "x.NDJSON"])
def test_values_have_the_kinds_that_the_columns_say(tmp_path, name):
    path = written(tmp_path / name.lower(), described()).rename(tmp_path / name)
    table = read_table(path)
    assert table["USUBJID"].tolist() == ["s1", "s1", "s2"]
    assert table["VISIT"].tolist() == [0, 4, 0]
    assert table["VISIT"].dtype == "int64"
    assert table["AVAL"].tolist()[:2] == [40.0, 39.5]
    assert table["DOSE"].tolist()[::2] == [1250.5, -0.5]
    assert table["FLAG"].dtype == "bool"
    assert table["ADT"].tolist()[0] == "2024-02-01"
    assert table[["AVAL", "DOSE", "ADT"]].isna().sum().tolist() == [1, 1, 1]
    assert read_column_names(path) == list(COLUMNS)


def test_missing_integers_and_truths(tmp_path):
    rows = [[None, 1, 1, None, None, None], ["a", None, 1, None, True, None], ["b", 2.0, 1, None, False, None]]
    table = read_table(written(tmp_path / "x.json", described(), rows))
    assert table["VISIT"].dtype == "float64"
    assert table["FLAG"].tolist() == [None, True, False]
    assert table["USUBJID"].isna().tolist() == [True, False, False]


def test_a_cohort_from_dataset_json(tmp_path):
    rows = [["s1", 0, 40.0], ["s1", 4, 39.0], ["s2", 0, 44.0], ["s2", 4, 41.0]]
    description = described({"id": "string", "week": "integer", "alsfrs_r": "float"}, records=4)
    cohort = read_cohort(written(tmp_path / "x.json", description, rows), Roles("id", "week"))
    assert cohort.visits["alsfrs_r"].tolist() == [40.0, 39.0, 44.0, 41.0]


@pytest.mark.parametrize("version", ["1.1", "1.1.0", "1.1.12"])
def test_versions_that_are_read(tmp_path, version):
    assert len(read_table(written(tmp_path / "x.json", described(datasetJSONVersion=version)))) == 3


def without(key):
    description = described()
    del description[key]
    return description


def column(**changes):
    description = described(records=1)
    return description | {"columns": [description["columns"][0] | changes]}


REFUSED = [
    (without("datasetJSONVersion"), ROWS, "not CDISC Dataset-JSON"),
    (described(datasetJSONVersion="1.0.0"), ROWS, r"Dataset-JSON 1\.0\.0; only version 1\.1"),
    (described(datasetJSONVersion="1.10"), ROWS, "only version"),
    (described(datasetJSONVersion=1.1), ROWS, "only version"),
    (without("columns"), ROWS, "does not list the columns"),
    (described(records=4), ROWS, "says that it has 4 records, but it has 3"),
    (described(), [*ROWS[:2], ROWS[2][:5]], "row 3 has 5 values, but there are 6 columns"),
    (described(), [*ROWS[:2], {"USUBJID": "s2"}], "row 3 has no list of values"),
    (described(), [*ROWS[:2], ["s2", "0", 1.0, None, True, None]], "'0' in row 3, column 'VISIT', is no integer"),
    (described(), [*ROWS[:2], ["s2", 0.5, 1.0, None, True, None]], "0.5 in row 3, column 'VISIT', is no integer"),
    (described(), [*ROWS[:2], [5, 0, 1.0, None, True, None]], "5 in row 3, column 'USUBJID', is no string"),
    (described(), [*ROWS[:2], ["s2", 0, True, None, True, None]], "True in row 3, column 'AVAL', is no float"),
    (described(), [*ROWS[:2], ["s2", 0, 1, "e5", True, None]], "'e5' in row 3, column 'DOSE', is no decimal"),
    (described(), [*ROWS[:2], ["s2", 0, 1, "1,2", True, None]], "'1,2' in row 3, column 'DOSE', is no decimal"),
    (described(), [*ROWS[:2], ["s2", 0, 1, None, 1, None]], "1 in row 3, column 'FLAG', is no boolean"),
    (described({**COLUMNS, "ADT": "duration"}), ROWS, "dataType of column 'ADT' is 'duration'; it must be one of"),
    (column(name=" "), [["a"]], "column 1 has no name"),
]


@pytest.mark.parametrize("ending", ["json", "ndjson"])
@pytest.mark.parametrize(("description", "rows", "words"), REFUSED)
def test_what_is_not_the_standard_is_refused(tmp_path, ending, description, rows, words):
    with pytest.raises(ReadError, match=words) as refusal:
        read_table(written(tmp_path / f"x.{ending}", description, rows))
    assert f"x.{ending}" in str(refusal.value)


def test_a_column_twice_is_refused(tmp_path):
    description = described()
    description["columns"][1] = description["columns"][0]
    with pytest.raises(ReadError, match="'USUBJID' is there more than once"):
        read_table(written(tmp_path / "x.json", description))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("x.json", b"", "cannot be read as JSON"),
        ("x.json", b'{"datasetJSONVersion": "1.1.0"', "cannot be read as JSON"),
        ("x.json", b"[1, 2]", "not CDISC Dataset-JSON"),
        ("x.json", b'{"a": NaN}', "NaN is no value of JSON"),
        ("x.json", b"[" * 100_000, "cannot be read as JSON"),
        ("x.json", b'"\xff"', "is not UTF-8 text"),
        ("x.ndjson", b"", "not CDISC Dataset-JSON"),
        ("x.ndjson", b'{"datasetJSONVersion": "1.1.0"}\n[1,', "cannot be read as JSON"),
    ],
)
def test_what_is_no_json_is_refused(tmp_path, name, content, words):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ReadError, match=words):
        read_table(tmp_path / name)


def test_rows_may_be_absent(tmp_path):
    (tmp_path / "x.json").write_text(json.dumps(described(records=0)))
    assert read_table(tmp_path / "x.json").shape == (0, 6)
    (tmp_path / "x.json").write_text(json.dumps(described(records=0, rows={})))
    with pytest.raises(ReadError, match="'rows' is no list"):
        read_table(tmp_path / "x.json")


def test_adam_in_dataset_json_is_the_same_as_in_pandas(tmp_path):
    adsl = pd.DataFrame({"USUBJID": ["s1", "s2"], "TRT01P": ["Placebo", "Drug"], "AGE": [60, 50]})
    adqs = pd.DataFrame(
        {"USUBJID": ["s1", "s1", "s2"], "PARAMCD": "ALSFRSR", "AVAL": [40.0, 39.5, 42.0], "ADY": [1, 29, 1]}
    )
    kinds = {"USUBJID": "string", "TRT01P": "string", "PARAMCD": "string", "AVAL": "float"}
    for name, table in (("adsl.json", adsl), ("adqs.ndjson", adqs)):
        columns = {column: kinds.get(column, "integer") for column in table}
        rows = json.loads(table.to_json(orient="values"))
        written(tmp_path / name, described(columns, records=len(rows)), rows)
    found, expected = read_adam(tmp_path), read_adam({"adsl": adsl, "adqs": adqs})
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())
