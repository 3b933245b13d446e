"""The corpus of bad input: every case gets its sentence, or is kept with every row counted.

tests/corpus/cases.toml says what must come of each file; what cannot be a committed file is made here.
"""

import os
import re
import sys

import pytest
from corpus_cases import OVERLAID, ROOT, lay_out, read_case, read_cases
from flows import assert_adds_up

import alsmodels as als
from alsmodels.data.columns import MOST_COLUMNS
from alsmodels.data.findings import RULES
from alsmodels.errors import AlsModelsError

CASES = read_cases()
ROLES = als.Roles("id", "week", "arm")
HEADER = "id,week,arm,alsfrs_r\n"
# Beside the cases: the table, the program that wrote the binary files, and what keeps git from changing line ends.
APART = {"cases.toml", "make_corpus.py", ".gitattributes"}
RAW_NAMES = re.compile(r"\b[A-Z]\w*(Error|Exception|Warning)\b|Traceback|Errno|object at 0x|<class|codec can't")


def assert_readable(message):
    """One paragraph for a reader: no names of Python's errors, no unprintable signs, an end."""
    assert message.replace("\n", "").isprintable()
    assert RAW_NAMES.search(message) is None, message
    assert 20 < len(message) < 3_000
    assert message[-1] in ".?)" or message.splitlines()[-1].split()[0] == "kept"  # a table of the flow


@pytest.mark.parametrize("case", [case for case in CASES if case.refused], ids=lambda case: case.name)
def test_refused_with_its_sentence(case, tmp_path):
    with pytest.raises(AlsModelsError) as refusal:
        read_case(case, lay_out(case, tmp_path / "study"))
    message = str(refusal.value)
    assert [part for part in case.refused if part not in message] == [], message
    assert_readable(message)


@pytest.mark.parametrize("case", [case for case in CASES if case.kept], ids=lambda case: case.name)
def test_kept_with_every_row_counted(case, tmp_path):
    cohort = read_case(case, lay_out(case, tmp_path / "study"))
    assert [cohort.n_visits, cohort.n_subjects] == case.kept
    assert sorted({finding.rule for finding in cohort.findings}) == sorted(case.warns)
    assert left_out(cohort, "visits") == case.left_out
    assert left_out(cohort, "events") == case.events_left_out
    assert len(cohort.events) == case.events_kept
    assert_adds_up(cohort)


def left_out(cohort, of):
    """Step of the flow to rows and subjects."""
    steps = cohort.flow(of=of).set_index("step")
    taken = steps[steps.index.str.startswith("left out: ")]
    return {step.removeprefix("left out: "): list(row) for step, row in zip(taken.index, taken.to_numpy(), strict=True)}


def test_every_case_says_what_must_come_of_it():
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 400
    assert [case.name for case in CASES if bool(case.refused) == bool(case.kept)] == []


def test_every_file_is_in_the_table():
    named = {case.file for case in CASES} | {case.subjects for case in CASES} | {"csv/good.csv"}
    files = {str(path.relative_to(ROOT).as_posix()) for path in ROOT.rglob("*") if path.is_file()} - APART
    files = {name for name in files if "__pycache__" not in name}
    places = {"/".join(name.split("/")[:2]) if name.split("/")[0] in OVERLAID else name for name in files}
    assert places == named - {""}


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_broken_by_a_case(rule):
    broken = [case for case in CASES if any(part.split(" ")[0] == rule for part in case.refused)]
    kept = [case for case in CASES if rule in {*case.warns, *case.left_out, *case.events_left_out}]
    assert broken or kept
    assert broken if RULES[rule].severity == "error" else kept


@pytest.mark.parametrize("rule", [name for name in RULES if RULES[name].severity == "error" and name != "scale-older"])
def test_rows_of_every_error_can_be_left_out_and_are_counted(rule):
    assert any(rule in {*case.left_out, *case.events_left_out} for case in CASES)


def csv(folder, content):
    path = folder / "trial.csv"
    path.write_text(content, encoding="utf-8")
    return path


def many_columns(folder, count=50_000):
    names = [f"c{number}" for number in range(count)]
    return csv(folder, f"id,week,arm,{','.join(names)}\na,0,control,{','.join(['1'] * count)}\n")


def a_folder(folder):
    (folder / "trial.csv").mkdir()
    return folder / "trial.csv"


def a_loop(folder):
    (folder / "trial.csv").symlink_to(folder / "trial.csv")
    return folder / "trial.csv"


def a_link_to_nothing(folder):
    (folder / "trial.csv").symlink_to(folder / "nowhere.csv")
    return folder / "trial.csv"


def a_pipe(folder):
    os.mkfifo(folder / "trial.csv")
    return folder / "trial.csv"


def deep(folder, name):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("[" * 100_000)
    return folder / name


def wide_workbook(folder):
    """A sheet of two cells, as far apart as Excel allows."""
    import openpyxl

    book = openpyxl.Workbook()
    book.active["A1"], book.active["XFD1048576"] = "id", 1
    book.save(folder / "trial.xlsx")
    return folder / "trial.xlsx"


def ending(name):
    def make(folder):
        (folder / name).write_text(HEADER + "a,0,control,40\n")
        return folder / name

    return make


MADE = {
    "a cell of 10 MB": (
        lambda at: csv(at, HEADER + "a,0,control," + "4" * 10_000_000),
        "row 1 has a cell of more than",
    ),
    "a line of 5 million cells": (
        lambda at: csv(at, HEADER + "a,0,control,40" + ",4" * 5_000_000),
        "has 5000004 values",
    ),
    "a header of 10 MB": (lambda at: csv(at, "x" * 10_000_000 + "\na\n"), "the first line has a cell of more than"),
    "50,000 columns": (many_columns, f"has 50003 columns; at most {MOST_COLUMNS} are read"),
    "a column 50,000 times": (lambda at: csv(at, ",".join(["week"] * 50_000) + "\n"), "has 50000 columns"),
    "a column twice of 9,000": (lambda at: csv(at, ",".join(f"c{n % 8_999}" for n in range(9_000))), "more than once"),
    "a folder called csv": (a_folder, "is no saved cohort: it has no cohort.json"),
    "a link to itself": (a_loop, "cannot be opened: Too many levels of symbolic links"),
    "a link to nothing": (a_link_to_nothing, "is not there; give a"),
    "a pipe": (a_pipe, "is no ordinary file, not a table"),
    "a device": (lambda _: "/dev/null", "is no ordinary file"),
    "no file": (lambda at: at / "trial.csv", "is not there; give a"),
    "a file as a folder": (lambda at: csv(at, HEADER) / "trial.csv", "cannot be opened: Not a directory"),
    "an empty folder": (lambda at: at, "is no saved cohort: it has no cohort.json"),
    "a path with a zero byte": (lambda _: "a\0.csv", "embedded null"),
    "a path with half a character": (lambda _: "\ud800.csv", "cannot be opened: it holds half a character"),
    "a path of 5,000 signs": (lambda _: "a" * 5_000 + ".csv", "cannot be opened: File name too long"),
    "a number for a path": (lambda _: 3, "A path is text or a Path, not int"),
    "nothing for a path": (lambda _: None, "A path is text or a Path, not NoneType"),
    "bytes for a path": (lambda _: b"trial.csv", "A path is text or a Path, not bytes"),
    "a table for a path": (lambda _: {"id": [1]}, "A path is text or a Path, not dict"),
    "an address of the web": (lambda _: "https://example.org/trial.csv", "is not there; give a"),
    "deep JSON": (lambda at: deep(at, "trial.json"), "cannot be read as JSON"),
    "deep JSON by lines": (lambda at: deep(at, "trial.ndjson"), "cannot be read as JSON"),
    "a sheet of 17 thousand million cells": (wide_workbook, "reaches to XFD1048576, most of it empty"),
    "an ending of text": (ending("trial.txt"), "the ending .txt is not one that can be read"),
    "an ending of SAS": (ending("trial.sas7bdat"), "the ending .sas7bdat is not one that can be read"),
    "an ending of old Excel": (ending("trial.xls"), "the ending .xls is not one that can be read"),
    "a packed table": (ending("trial.csv.gz"), "the ending .gz is not one that can be read"),
    "no ending": (ending("trial"), "the ending (none) is not one that can be read"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links are made")
@pytest.mark.parametrize("name", MADE)
def test_what_cannot_be_committed_is_refused_too(name, tmp_path):
    make, words = MADE[name]
    place = make(tmp_path)
    with pytest.raises(AlsModelsError) as refusal:
        als.read_cohort(place, ROLES)
    assert words in str(refusal.value)
    assert_readable(str(refusal.value))


def test_a_deep_description_is_refused(tmp_path):
    deep(tmp_path / "saved", "cohort.json")
    with pytest.raises(AlsModelsError, match=r"cohort\.json cannot be read as JSON") as refusal:
        als.read_cohort(tmp_path / "saved")
    assert_readable(str(refusal.value))


@pytest.mark.parametrize("role", ["events", "subjects"])
@pytest.mark.parametrize("name", ["a folder called csv", "a link to itself", "no file", "an ending of text", "a pipe"])
def test_other_tables_are_refused_as_the_visits_are(role, name, tmp_path):
    place = MADE[name][0](tmp_path)
    words = "is a folder, not a table" if name.startswith("a folder") else MADE[name][1]
    with pytest.raises(AlsModelsError) as refusal:
        als.read_cohort(ROOT / "csv" / "good.csv", ROLES, **{role: place})
    assert words in str(refusal.value)
    assert_readable(str(refusal.value))


WRONG = [
    ({"roles": 3}, "roles must be Roles"),
    ({"roles": {"subject": "id"}}, "roles must be Roles"),
    ({"roles": None}, "roles=Roles"),
    ({"outcomes": 3}, "outcomes is a list"),
    ({"outcomes": [3]}, "An outcome is an Outcome or the name of a column, not 3"),
    ({"leave_out": 3}, "leave_out is a list of names of rules, not 3"),
    ({"leave_out": [3]}, "'3' is no rule with rows"),
    ({"events": 3}, "The events table must be a table"),
    ({"subjects": [1]}, "The subjects table must be a table"),
    ({"sheet": 3}, "has no sheets"),
]


@pytest.mark.parametrize(("given", "words"), WRONG, ids=[str(given) for given, _ in WRONG])
def test_wrong_arguments_are_refused(given, words):
    with pytest.raises(AlsModelsError) as refusal:
        als.read_cohort(ROOT / "csv" / "good.csv", **({"roles": ROLES} | given))
    assert words in str(refusal.value)
    assert_readable(str(refusal.value))
