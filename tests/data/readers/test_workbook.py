"""What a workbook has beside its cells is no matter: absent, odd or broken, the same table is read."""

import zipfile

import openpyxl
import pytest

import alsmodels as als
from alsmodels.data.readers.tables import open_table, read_table
from alsmodels.errors import ReadError

ROWS = [("id", "week", "arm", "alsfrs_r"), ("a", 0, "control", 40), ("a", 4, "control", 39), ("b", 0, "drug", 41)]
SHEET = "xl/worksheets/sheet1.xml"
RELATIONS = "xl/worksheets/_rels/sheet1.xml.rels"
KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DRAWING = (
    '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    f'<Relationship Id="rId1" Type="{KINDS}/{{kind}}" Target="{{target}}"/></Relationships>'
)


@pytest.fixture
def book(tmp_path):
    """A workbook of one sheet."""
    made = openpyxl.Workbook()
    for row in ROWS:
        made.active.append(row)
    made.save(tmp_path / "trial.xlsx")
    return tmp_path / "trial.xlsx"


def rewrite(path, *, without=(), parts=None, change=None):
    """Write a workbook again, without some parts, with others, and with changes in the text of some."""
    with zipfile.ZipFile(path) as old:
        kept = {name: old.read(name) for name in old.namelist() if name not in without}
    for name, (before, after) in (change or {}).items():
        assert before in kept[name].decode()
        kept[name] = kept[name].decode().replace(before, after).encode()
    with zipfile.ZipFile(path, "w") as new:
        for name, content in (kept | (parts or {})).items():
            new.writestr(name, content)
    return path


def relation(kind, target):
    return {RELATIONS: DRAWING.format(kind=kind, target=target).encode()}


ODD = {
    "a drawing that is not there": {"parts": relation("drawing", "../drawings/drawing1.xml")},
    "a drawing that is broken": {
        "parts": relation("drawing", "../drawings/drawing1.xml") | {"xl/drawings/drawing1.xml": b"<broken"}
    },
    "comments that are not there": {"parts": relation("comments", "../comments1.xml")},
    "comments that are broken": {"parts": relation("comments", "../comments1.xml") | {"xl/comments1.xml": b"<x>"}},
    "a pivot table that is not there": {"parts": relation("pivotTable", "../pivotTables/p1.xml")},
    "relations that are none": {"parts": {RELATIONS: b"no XML"}},
    "a table of Excel that is not there": {
        "parts": relation("table", "../tables/table1.xml"),
        "change": {
            SHEET: (
                "</worksheet>",
                '<tableParts count="1"><tablePart xmlns:r="' + KINDS + '" r:id="rId1"/></tableParts></worksheet>',
            )
        },
    },
    "no theme": {"without": ["xl/theme/theme1.xml"]},
    "a broken theme": {"parts": {"xl/theme/theme1.xml": b"<broken"}},
    "no formats": {"without": ["xl/styles.xml"]},
    "no properties": {"without": ["docProps/core.xml", "docProps/app.xml"]},
    "broken properties": {"parts": {"docProps/core.xml": b"<broken"}},
    "a name of no range": {
        "change": {
            "xl/workbook.xml": (
                "</sheets>",
                '</sheets><definedNames><definedName name="_xlnm.Print_Titles" localSheetId="0">#REF!</definedName>'
                '<definedName name="other" localSheetId="7">nowhere!$A$1</definedName></definedNames>',
            )
        }
    },
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_not_needed_for_cells_is_not_read(name, book):
    expected = read_table(book)
    assert read_table(rewrite(book, **ODD[name])).equals(expected)


TEXTS = (
    "</Types>",
    '<Override PartName="/xl/sharedStrings.xml" '
    'ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"/></Types>',
)


def test_shared_texts_that_are_announced_and_not_used(book):
    expected = read_table(book)
    assert read_table(rewrite(book, change={"[Content_Types].xml": TEXTS})).equals(expected)


def test_shared_texts_that_are_used_and_not_there_are_refused(book):
    shared = ('<c r="A2" t="inlineStr"><is><t>a</t></is></c>', '<c r="A2" t="s"><v>0</v></c>')
    path = rewrite(book, change={"[Content_Types].xml": TEXTS, SHEET: shared})
    with pytest.raises(ReadError, match="a part is missing or damaged"):
        read_table(path)


def test_sheets_of_charts_are_none(tmp_path, book):
    made = openpyxl.load_workbook(book)
    made.create_chartsheet("figure")
    made.save(tmp_path / "charts.xlsx")
    expected = read_table(book)
    assert read_table(tmp_path / "charts.xlsx").equals(expected)
    assert read_table(rewrite(tmp_path / "charts.xlsx", parts={"xl/chartsheets/sheet1.xml": b"<x>"})).equals(expected)


def test_a_hidden_sheet_is_read_and_said(tmp_path, book):
    made = openpyxl.load_workbook(book)
    made.active.title = "visits"
    made.create_sheet("cover")["A1"] = "Trial X"
    made["visits"].sheet_state = "hidden"
    made.active = 1
    made.save(tmp_path / "hidden.xlsx")
    with pytest.raises(ReadError, match=r"has 2 sheets, 'visits' \(hidden\), 'cover'; say which"):
        read_table(tmp_path / "hidden.xlsx")
    opened = open_table(tmp_path / "hidden.xlsx", sheet="visits")
    assert opened.frame.equals(read_table(book))
    (told,) = opened.findings
    assert "sheet 'visits' is hidden in the workbook" in str(told)
    cohort = als.read_cohort(tmp_path / "hidden.xlsx", als.Roles("id", "week", "arm"), sheet="visits")
    assert told in cohort.findings


def test_a_part_that_is_needed_and_broken_is_refused(book):
    for part in (SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/styles.xml"):
        with pytest.raises(ReadError, match="cannot be read as an Excel workbook"):
            read_table(rewrite(book, parts={part: b"<broken"}))
