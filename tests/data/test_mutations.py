"""Good files with something wrong done to them: reading gives a cohort whose rows are counted, or a sentence.

Never another exception, never a warning, which is an error in these tests, and never a long wait.
"""

import io
import json
import shutil
import time
import zipfile

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from corpus_cases import ROOT, WIDE
from flows import assert_adds_up
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import alsmodels as als
from alsmodels.data.findings import RULES
from alsmodels.errors import AlsModelsError

LONGEST = 5.0
"""Seconds of the processor that no file of a few rows may take."""

ROLES = als.Roles("id", "week", "arm")
SETTINGS = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.function_scoped_fixture]}
RULE_NAMES = [name for name, rule in RULES.items() if name not in {"items-incomplete", "time-in-days"}]
LEFT = st.lists(
    st.sampled_from(sorted(set(RULE_NAMES) - {"scale-older", "scale-doubtful", "decline-steep"})), max_size=4
)

CELLS = ["", " ", "NA", "nan", "inf", "-inf", "1e999", "-1", "49", "99", "4.7", "0", "<5", ">48", "<", "1,5", "1.234,5"]
CELLS += [
    "ill",
    "2020-01-01",
    "12w",
    "43831",
    "0x1F",
    "1_0",
    "007",
    "'",
    '"',
    '""',
    "=A1",
    "a",
    "A",
    "b ",
    "control",
    "drug",
]
CELLS += [
    "true",
    "\u00e9",
    "\u200b",
    "\ufeff",
    "\x00",
    "\x1b[0m",
    "\u2028",
    "9" * 30,
    "1e-320",
    ";",
    "\t",
    "\n",
    "\\",
    "{}",
    "None",
]
CODECS = ["utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1", "cp1252"]


def outcome_of(read, *arguments, **given):
    """A cohort whose rows balance with its flow, or a sentence; anything else fails the test."""
    start = time.process_time()
    try:
        cohort = read(*arguments, **given)
    except AlsModelsError as refusal:
        told = str(refusal)
        assert told
        assert "Traceback" not in told
        return told
    finally:
        assert time.process_time() - start < LONGEST
    assert_adds_up(cohort)
    assert repr(cohort)
    assert str(cohort.summary())
    return cohort


def cell_of(line, place, value):
    cells = line.split(",")
    cells[place % len(cells)] = value
    return ",".join(cells)


def swapped(line, one, other):
    cells = line.split(",")
    one, other = one % len(cells), other % len(cells)
    cells[one], cells[other] = cells[other], cells[one]
    return ",".join(cells)


PLACE = st.integers(0, 40)
LINE_CHANGES = st.one_of(
    st.tuples(st.just("cell"), PLACE, PLACE, st.sampled_from(CELLS)),
    st.tuples(st.just("cell"), PLACE, PLACE, st.text(max_size=4)),
    st.tuples(st.just("delete"), PLACE),
    st.tuples(st.just("double"), PLACE),
    st.tuples(st.just("cut"), PLACE, PLACE),
    st.tuples(st.just("swap"), PLACE, PLACE, PLACE),
    st.tuples(st.just("swap all"), PLACE, PLACE),
    st.tuples(st.just("move"), PLACE, PLACE),
)


def change_lines(lines, change):
    """Do one thing to the lines of a text table."""
    kind, *given = change
    place = given[0] % len(lines) if lines else 0
    if not lines:
        return lines
    before, line, after = lines[:place], lines[place], lines[place + 1 :]
    match kind:
        case "cell":
            return [*before, cell_of(line, given[1], given[2]), *after]
        case "delete":
            return [*before, *after]
        case "double":
            return [*before, line, line, *after]
        case "cut":
            return [*before, line[: given[1]], *after]
        case "swap":
            return [*before, swapped(line, given[1], given[2]), *after]
        case "swap all":
            return [swapped(one, given[0], given[1]) for one in lines]
    return [*(others := [*before, *after])[: given[1] % len(lines)], line, *others[given[1] % len(lines) :]]


BYTE_CHANGES = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=3)


def change_bytes(content, changes):
    """Overwrite some bytes, at places that are parts of the length."""
    found = bytearray(content)
    for place, byte in changes:
        if found:
            found[min(int(place * len(found)), len(found) - 1)] = byte
    return bytes(found)


@st.composite
def mutated_text(draw, good):
    """A text table with lines, cells, encoding or bytes changed."""
    lines = good.splitlines()
    for change in draw(st.lists(LINE_CHANGES, min_size=1, max_size=3)):
        lines = change_lines(lines, change)
    end = draw(st.sampled_from(["\n", "\n", "\r\n", "\r"]))
    separator = draw(st.sampled_from([",", ",", ";", "\t", "|"]))
    text = (end.join(lines) + draw(st.sampled_from([end, ""]))).replace(",", separator)
    content = text.encode(draw(st.sampled_from(CODECS)), errors="replace")
    return change_bytes(content[: draw(st.just(len(content)) | st.integers(0, len(content)))], draw(BYTE_CHANGES))


ITEMS = ",".join(f"q{number}" for number in range(1, 13))
TRIAL = f"id,week,arm,alsfrs_r,il6,seen,{ITEMS}\n" + "".join(
    f"{subject},{week},{arm},{total},{il6},2020-01-0{week + 1},{','.join([str(total // 12)] * 12)}\n"
    for subject, arm in (("a", "control"), ("b", "drug"))
    for week, total, il6 in ((0, 36, "1.5"), (4, 36, "<0.5"), (8, 24, "2"))
)
CLINIC = "id;week;arm;form;alsfrs_r;nfl\n" + "".join(
    f"{subject};{day}.02.2021;{arm};score;{total};\n{subject};{day}.02.2021;;blood;;{nfl}\n"
    for subject, arm in (("Käthe", "control"), ("b", "drug"))
    for day, total, nfl in (("01", "36,5", "61,25"), ("15", "35,0", "ND"), ("22", "24", "<0,5"))
)
EVENTS = "id,event,week\na,death,9\nb,withdrawal,8\n"
PEOPLE = "id,age,sex\na,60,f\nb,50,m\n"


@settings(max_examples=90, **SETTINGS)
@given(content=mutated_text(TRIAL), leave_out=LEFT)
def test_text_tables(tmp_path, content, leave_out):
    path = tmp_path / "trial.csv"
    path.write_bytes(content)
    outcome_of(als.read_cohort, path, ROLES, leave_out=leave_out)


@settings(max_examples=90, **SETTINGS)
@given(
    content=mutated_text(CLINIC), said=st.sampled_from([{}, {"decimal": ","}, {"decimal": ",", "encoding": "cp1252"}])
)
def test_european_tables_with_dates_and_a_row_for_each_form(tmp_path, content, said):
    path = tmp_path / "trial.csv"
    path.write_bytes(content)
    roles = als.Roles("id", "week", "arm", time_unit="date")
    outcome_of(als.read_cohort, path, roles, outcomes=["nfl"], missing=["ND"], **said)


@settings(max_examples=45, **SETTINGS)
@given(events=mutated_text(EVENTS), people=mutated_text(PEOPLE), leave_out=LEFT)
def test_tables_of_events_and_subjects(tmp_path, events, people, leave_out):
    (tmp_path / "events.csv").write_bytes(events)
    (tmp_path / "people.csv").write_bytes(people)
    for others in ({"events": tmp_path / "events.csv"}, {"subjects": tmp_path / "people.csv"}):
        outcome_of(als.read_cohort, ROOT / "csv" / "good.csv", ROLES, leave_out=leave_out, **others)


WIDE_TABLE = "id,arm,age,als_w0,als_w4,als_w12\na,control,60,40,39,36\nb,drug,50,41,,38\n"


@settings(max_examples=60, **SETTINGS)
@given(content=mutated_text(WIDE_TABLE), leave_out=LEFT)
def test_wide_tables(tmp_path, content, leave_out):
    path = tmp_path / "trial.csv"
    path.write_bytes(content)
    outcome_of(als.read_wide, path, leave_out=leave_out, **WIDE)


NASTY = [None, float("nan"), float("inf"), -1.0, 49.0, 4.7, 43831.0, 0.0, 1e300]
COLUMNS = {
    "floats": pa.array(NASTY[:6], pa.float64()),
    "far": pa.array(NASTY[3:], pa.float64()),
    "texts": pa.array(["", "NA", "ill", "<5", "40", None]),
    "whole": pa.array([2**62, -1, 0, 1, 2, 3]),
    "unsigned": pa.array([2**64 - 1, 0, 1, 2, 3, 4], pa.uint64()),
    "small": pa.array(np.float16([1, 2, 3, 4, 5, 6])),
    "truths": pa.array([True, False, None, True, True, False]),
    "dates": pa.array([10**6, 0, 1, 2, 3, None], pa.date32()),
    "times": pa.array([10**15, 0, 1, 2, 3, None], pa.timestamp("s")),
    "zoned": pa.array([0, 1, 2, 3, 4, 5], pa.timestamp("us", "Europe/Berlin")),
    "spans": pa.array([0, 1, 2, 3, 4, 5], pa.duration("s")),
    "bytes": pa.array([b"a", b"\xff", b"", None, b"b", b"c"]),
    "lists": pa.array([[1], [], None, [2, 3], [4], [5]]),
    "structs": pa.array([{"x": 1}] * 6),
    "words": pa.array(["x", "y", "x", None, "y", "x"]).dictionary_encode(),
    "nulls": pa.nulls(6),
    "decimals": pa.array([1, 2, 3, 4, 5, None], pa.decimal128(30, 4)),
    "twice": pa.array(["a", "a", "a", "b", "b", "b"]),
}
TABLE = pa.table(
    {
        "id": ["a"] * 3 + ["b"] * 3,
        "week": [0, 4, 8] * 2,
        "arm": ["control"] * 3 + ["drug"] * 3,
        "alsfrs_r": [40.0, 39, 38, 42, 40, 39],
        "il6": ["1.5", "<0.5", "2"] * 2,
    }
)
COLUMN_CHANGES = st.tuples(st.sampled_from([*TABLE.column_names, "more", " ", "q1"]), st.sampled_from(sorted(COLUMNS)))


def parquet(table):
    stream = io.BytesIO()
    pq.write_table(table, stream)
    return stream.getvalue()


@settings(max_examples=60, **SETTINGS)
@given(changes=st.lists(COLUMN_CHANGES, min_size=1, max_size=3), dropped=st.none() | st.integers(0, 4), leave_out=LEFT)
def test_parquet_tables(tmp_path, changes, dropped, leave_out):
    table = TABLE
    for name, column in changes:
        table = table.append_column(name, COLUMNS[column]) if name not in TABLE.column_names else table
        if name in TABLE.column_names:
            table = table.set_column(TABLE.column_names.index(name), name, COLUMNS[column])
    (tmp_path / "trial.parquet").write_bytes(parquet(table if dropped is None else table.remove_column(dropped)))
    outcome_of(als.read_cohort, tmp_path / "trial.parquet", ROLES, leave_out=leave_out)


@settings(max_examples=80, **SETTINGS)
@given(changes=BYTE_CHANGES, end=st.just(1.0) | st.floats(0, 1))
def test_parquet_bytes(tmp_path, changes, end):
    content = (ROOT / "parquet" / "good.parquet").read_bytes()
    (tmp_path / "trial.parquet").write_bytes(change_bytes(content[: int(end * len(content))], changes))
    outcome_of(als.read_cohort, tmp_path / "trial.parquet", ROLES)


DELETED = object()
VALUES = [
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    10**400,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\ud800",
    "../../etc/passwd",
    "week",
]
VALUES += [
    "1.1",
    "integer",
    "__class__",
    [],
    {},
    [None],
    ["alsfrs_r"],
    {"name": "x"},
    [[[[]]]],
    "9" * 5000,
    DELETED,
    DELETED,
]


def places(tree, path=()):
    """Every place in a tree of JSON."""
    yield path
    inside = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in inside:
        yield from places(value, (*path, key))


def with_value(tree, path, value):
    """The tree with another value at a place, or none."""
    if not path:
        return None if value is DELETED else value
    here = dict(tree) if isinstance(tree, dict) else list(tree)
    if len(path) == 1 and value is DELETED:
        del here[path[0]]
    else:
        here[path[0]] = with_value(here[path[0]], path[1:], value) if len(path) > 1 else value
    return here


@st.composite
def mutated_json(draw, good):
    """A text of JSON with values exchanged or deleted, or bytes changed."""
    tree = good
    for _ in range(draw(st.integers(0, 2))):
        tree = with_value(tree, draw(st.sampled_from(list(places(tree)))), draw(st.sampled_from(VALUES)))
    content = json.dumps(tree).encode()
    changes = draw(BYTE_CHANGES) if tree is good or draw(st.booleans()) else []
    return change_bytes(content[: draw(st.just(len(content)) | st.integers(0, len(content)))], changes)


DATASET = json.loads((ROOT / "json" / "good.json").read_text())
DESCRIPTION = json.loads((ROOT / "saved" / "good" / "cohort.json").read_text())


@settings(max_examples=120, **SETTINGS)
@given(content=mutated_json(DATASET), leave_out=LEFT)
def test_dataset_json(tmp_path, content, leave_out):
    (tmp_path / "trial.json").write_bytes(content)
    outcome_of(als.read_cohort, tmp_path / "trial.json", ROLES, leave_out=leave_out)


@pytest.fixture(scope="module")
def good_folders(tmp_path_factory):
    """Folders of a saved cohort, of ADaM and of PRO-ACT, to be spoilt one file at a time."""
    folder = tmp_path_factory.mktemp("good")
    for name in ("saved", "adam", "proact"):
        shutil.copytree(ROOT / name / "good", folder / name)
    return folder


def with_file(folder, name, content, read, **given):
    """Read a folder in which one file is another."""
    kept = (folder / name).read_bytes()
    (folder / name).write_bytes(content)
    try:
        return outcome_of(read, folder, **given)
    finally:
        (folder / name).write_bytes(kept)


@settings(max_examples=100, **SETTINGS)
@given(content=mutated_json(DESCRIPTION))
def test_descriptions_of_saved_cohorts(good_folders, content):
    with_file(good_folders / "saved", "cohort.json", content, als.read_cohort)


@settings(max_examples=30, **SETTINGS)
@given(data=st.data())
def test_records_of_datasets(data):
    dataset = als.read_cohort(ROOT / "saved" / "good").to_xarray()
    record = data.draw(mutated_json(json.loads(dataset.attrs["alsmodels"])))
    outcome_of(als.Cohort.from_xarray, dataset.assign_attrs(alsmodels=record.decode("utf-8", errors="replace")))


@settings(max_examples=40, **SETTINGS)
@given(
    name=st.sampled_from(["visits", "subjects", "events"]),
    column=st.sampled_from(["subject", "week", "arm", "alsfrs_r", "event", "il6_censored", "il6", "more"]),
    kind=st.sampled_from(sorted(COLUMNS)),
    rows=st.sampled_from([None, 0, 1]),
)
def test_tables_of_saved_cohorts(good_folders, name, column, kind, rows):
    folder = good_folders / "saved"
    table = pq.read_table(folder / f"{name}.parquet").replace_schema_metadata(None)
    values = COLUMNS[kind].slice(0, len(table))
    if column in table.column_names:
        table = table.set_column(table.column_names.index(column), column, values)
    else:
        table = table.append_column(column, values)
    spoilt = parquet(table if rows is None else table.slice(0, rows))
    with_file(folder, f"{name}.parquet", spoilt, als.read_cohort)


@settings(max_examples=40, **SETTINGS)
@given(name=st.sampled_from(["adsl", "adqs", "adtte"]), changes=BYTE_CHANGES, end=st.just(1.0) | st.floats(0, 1))
def test_transport_files(good_folders, name, changes, end):
    folder = good_folders / "adam"
    content = (folder / f"{name}.xpt").read_bytes()
    spoilt = change_bytes(content[: int(end * len(content))], changes)
    with_file(folder, f"{name}.xpt", spoilt, als.read_adam)


ADAM = {
    "ADSL": pa.table({"USUBJID": ["a", "b"], "TRT01P": ["control", "drug"], "AGE": [60.0, 50]}),
    "ADQS": pa.table(
        {
            "USUBJID": ["a"] * 3 + ["b"] * 3,
            "PARAMCD": ["ALSFRSR"] * 6,
            "AVAL": [40.0, 39, 38, 42, 40, 39],
            "AVALC": [None] * 6,
            "ADY": [1.0, 29, 57] * 2,
            "AVISITN": [0.0, 4, 8] * 2,
            "DTYPE": [None] * 6,
        }
    ),
    "ADTTE": pa.table({"USUBJID": ["a"], "PARAMCD": ["DEATH"], "AVAL": [99.0], "CNSR": [0.0], "ADY": [99.0]}),
}


@settings(max_examples=35, **SETTINGS)
@given(data=st.data(), leave_out=LEFT)
def test_adam_tables(data, leave_out):
    tables = dict(ADAM)
    for _ in range(data.draw(st.integers(1, 2))):
        name = data.draw(st.sampled_from(sorted(ADAM)))
        place = data.draw(st.integers(0, len(ADAM[name].column_names) - 1))
        values = COLUMNS[data.draw(st.sampled_from(sorted(COLUMNS)))].slice(0, len(ADAM[name]))
        tables[name] = tables[name].set_column(place, ADAM[name].column_names[place], values)
    outcome_of(als.read_adam, tables, leave_out=leave_out)


WORKBOOK = ROOT / "excel" / "good.xlsx"
PARTS = {name: zipfile.ZipFile(WORKBOOK).read(name) for name in zipfile.ZipFile(WORKBOOK).namelist()}
PIECES = st.sampled_from([b"", b"<", b">", b'"', b"9", b"A", b"&", b"\xff", b"-1", b"99999999999", b"ZZZZ1", b"</c>"])


def zipped(parts):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    return stream.getvalue()


@settings(max_examples=50, **SETTINGS)
@given(part=st.sampled_from(sorted(PARTS)), place=st.floats(0, 1), piece=st.none() | PIECES, changes=BYTE_CHANGES)
def test_workbooks(tmp_path, part, place, piece, changes):
    at = int(place * len(PARTS[part]))
    inside = PARTS[part] if piece is None else PARTS[part][:at] + piece + PARTS[part][at + 1 :]
    content = zipped(PARTS | {part: inside})
    (tmp_path / "trial.xlsx").write_bytes(change_bytes(content, changes if piece is None else []))
    outcome_of(als.read_cohort, tmp_path / "trial.xlsx", ROLES)


SCORES = (ROOT / "proact" / "good" / "alsfrs.csv").read_text()
PROACT = {
    name: (ROOT / "proact" / "good" / f"{name}.csv").read_text()
    for name in ("alsfrs", "deathdata", "labs", "treatment")
}


@settings(max_examples=25, **SETTINGS)
@given(data=st.data(), arms=st.booleans(), leave_out=st.none() | LEFT)
def test_proact_folders(good_folders, data, arms, leave_out):
    name = data.draw(st.sampled_from(sorted(PROACT)))
    given = {"labs": ["CK"], "arms": arms} | ({} if leave_out is None else {"leave_out": leave_out})
    with_file(good_folders / "proact", f"{name}.csv", data.draw(mutated_text(PROACT[name])), als.read_proact, **given)


def test_the_good_clinic_is_read(tmp_path):
    (tmp_path / "trial.csv").write_text(CLINIC, encoding="cp1252")
    roles = als.Roles("id", "week", "arm", time_unit="date")
    cohort = als.read_cohort(tmp_path / "trial.csv", roles, outcomes=["nfl"], missing=["ND"])
    assert cohort.visits["week"].tolist() == [0, 2, 3, 0, 2, 3]
    assert cohort.visits["alsfrs_r"].tolist() == [36.5, 35, 24] * 2
    assert cohort.visits["nfl"].dropna().tolist() == [61.25, 0.5] * 2


def test_the_good_files_are_read():
    """Else the rest would test nothing."""
    for name, text in (("trial", TRIAL), ("wide", WIDE_TABLE)):
        assert len(text.splitlines()) > 2, name
    assert isinstance(outcome_of(als.Cohort.from_frame, TABLE, ROLES), als.Cohort)
    assert isinstance(outcome_of(als.read_adam, ADAM), als.Cohort)
    assert isinstance(outcome_of(als.read_proact, ROOT / "proact" / "good", labs=["CK"]), als.Cohort)
    assert pd.read_csv(io.StringIO(TRIAL)).shape == (6, 18)
