"""Excel workbooks: what is read as a CSV file is, and what is refused, with the cell."""

import importlib
from datetime import date, time

import openpyxl
import pandas as pd
import pytest
from openpyxl.styles import Font

from alsmodels.data.readers import workbook as workbook_reader
from alsmodels.data.readers.tables import read_cohort, read_column_names, read_table
from alsmodels.data.roles import Roles
from alsmodels.errors import DataError, ReadError

ROLES = Roles("id", "week", "arm")
HEADER = ("id", "week", "arm", "alsfrs_r", "il6")
ROWS = (
    ("007", 0, "control", 40, "<0.5"),
    ("007", 4, "control", 39.5, "NA"),
    ("b", 0, "drug", None, 1.5),
)


def workbook(path, *rows, **sheets):
    book = openpyxl.Workbook()
    for row in rows or (HEADER, *ROWS):
        book.active.append(row)
    for name, lines in sheets.items():
        sheet = book.create_sheet(name)
        for line in lines:
            sheet.append(line)
    book.save(path)
    return path


def changed(path, change):
    """The workbook of `workbook`, with something done to its sheet."""
    workbook(path)
    book = openpyxl.load_workbook(path)
    change(book.active)
    book.save(path)
    return path


def test_a_workbook_is_read_as_the_same_table_in_csv(tmp_path):
    (tmp_path / "a.csv").write_text(
        "id,week,arm,alsfrs_r,il6\n007,0,control,40,<0.5\n007,4,control,39.5,NA\nb,0,drug,,1.5\n"
    )
    expected = read_cohort(tmp_path / "a.csv", ROLES)
    found = read_cohort(workbook(tmp_path / "a.xlsx"), ROLES)
    pd.testing.assert_frame_equal(found.to_frame(), expected.to_frame())
    assert found.visits["il6_censored"].tolist() == ["left", "none", "none"]
    assert read_column_names(tmp_path / "a.xlsx") == list(HEADER)


def test_numbers_stored_as_text_are_numbers(tmp_path):
    rows = [("id", "week", "score", "code"), (7, "0", "40", "01"), (7.0, 4, 39.5, 2)]
    table = read_table(workbook(tmp_path / "a.xlsx", *rows), text=["id"])
    assert table["week"].tolist() == [0, 4]
    assert table["week"].dtype == "int64"
    assert table["score"].tolist() == [40, 39.5]
    assert table["code"].tolist() == ["01", "2"]
    assert table["id"].tolist() == [7, 7]


def test_kinds_of_columns(tmp_path):
    rows = [
        ("whole", "gaps", "text", "truth", "some truth", "day", "empty", 2024),
        (1, 1, " a ", True, True, date(2024, 2, 1), None, 1),
        (2, None, "b", False, None, None, None, 2),
        (3, 2.5, None, True, False, pd.Timestamp("2024-03-01 12:00").to_pydatetime(), None, 3),
    ]
    table = read_table(workbook(tmp_path / "a.xlsx", *rows))
    kinds = ["int64", "float64", "str", "bool", "str", "datetime64[us]", "float64", "int64"]
    assert [str(dtype) for dtype in table.dtypes] == kinds
    assert table["day"].tolist()[2] == pd.Timestamp("2024-03-01 12:00")
    assert table["some truth"].tolist()[::2] == ["True", "False"]
    assert list(table.columns)[-1] == "2024"


def test_what_is_empty_at_the_end_is_not_read_and_what_is_hidden_is(tmp_path):
    def change(sheet):
        for place in ("A9", "K2", "K40"):
            sheet[place].font = Font(bold=True)
        sheet["B20"] = "  "
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["D"].hidden = True

    table = read_table(changed(tmp_path / "a.xlsx", change))
    assert table.shape == (3, 5)
    assert table["alsfrs_r"].tolist()[:2] == [40, 39.5]


def test_a_table_may_begin_elsewhere_and_have_empty_columns_between(tmp_path):
    rows = [(None,) * 4, (None, "id", None, "week"), (None, "a", None, 0), (None, "a", None, 4)]
    table = read_table(workbook(tmp_path / "a.xlsx", *rows))
    assert table.to_dict("list") == {"id": ["a", "a"], "week": [0, 4]}


REFUSED = [
    (lambda sheet: sheet.merge_cells("D1:E1"), "the cells D1:E1 are merged"),
    (lambda sheet: sheet.merge_cells("A2:A3"), "the cells A2:A3 are merged"),
    (lambda sheet: sheet.__setitem__("D3", "#N/A"), r"row 2 \(cell D3\) #N/A"),
    (lambda sheet: sheet.__setitem__("B4", "#DIV/0!"), r"row 3 \(cell B4\) #DIV/0!"),
    (lambda sheet: sheet.__setitem__("D3", date(2024, 2, 1)), r"'alsfrs_r' .* row 2 \(cell D3\) is 2024-02-01"),
    (lambda sheet: sheet.__setitem__("E3", date(2024, 2, 1)), r"'il6' holds a date among other values"),
    (lambda sheet: sheet.__setitem__("B3", time(12, 30)), r"a time of day: row 2 \(cell B3\) is 12:30"),
    (lambda sheet: sheet.__setitem__("D4", "=D2-1"), "the formulas in D4 have no value"),
    (lambda sheet: sheet.insert_rows(3), "line 3 is empty, with others below"),
    (lambda sheet: sheet.insert_rows(1), None),
    (lambda sheet: sheet.__setitem__("F3", 7), "column F has no name in line 1"),
    (lambda sheet: sheet.__setitem__("E1", "week"), "'week' is there more than once"),
    (lambda sheet: sheet.__setitem__("E1", date(2024, 2, 1)), "name of column E is 2024-02-01"),
    (lambda sheet: sheet.__setitem__("D3", "39,5"), "is written with decimal commas"),
    (lambda sheet: sheet.__setitem__("A1048576", 1), "reaches to E1048576, most of it empty"),
]


@pytest.mark.parametrize(("change", "words"), REFUSED)
def test_what_is_no_plain_table_is_refused_with_the_cell(tmp_path, change, words):
    path = changed(tmp_path / "a.xlsx", change)
    if words is None:
        assert read_table(path).shape == (3, 5)
        return
    with pytest.raises(ReadError, match=words) as refusal:
        read_table(path)
    assert "a.xlsx" in str(refusal.value)


def test_a_title_above_the_names_is_refused(tmp_path):
    with pytest.raises(ReadError, match="delete what stands above the names"):
        read_table(workbook(tmp_path / "a.xlsx", ("Trial X",), HEADER, *ROWS))


def test_merged_cells_outside_the_table_do_not_matter(tmp_path):
    path = changed(tmp_path / "a.xlsx", lambda sheet: sheet.merge_cells("H1:J9"))
    assert read_table(path).shape == (3, 5)


def test_the_first_errors_are_told_and_the_rest_counted(tmp_path):
    rows = [HEADER, *[("a", week, "drug", "#REF!", 1) for week in range(8)]]
    with pytest.raises(ReadError, match=r"row 5 \(cell D6\) #REF! and 3 more"):
        read_table(workbook(tmp_path / "a.xlsx", *rows))


def test_values_of_formulas_are_read(tmp_path):
    """A formula that Excel has computed has its value beside it in the file."""
    path = workbook(tmp_path / "a.xlsx", ("id", "week"), ("a", 0), ("a", None))
    book = openpyxl.load_workbook(path)
    book.active["B3"] = "=B2+4"
    book.save(path)
    with pytest.raises(ReadError, match="the formulas in B3 have no value"):
        read_table(path)
    fill_formula(path, "<v></v>", "<v>4</v>")
    assert read_table(path)["week"].tolist() == [0, 4]


def fill_formula(path, empty, value):
    from zipfile import ZipFile

    with ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    text = parts[name].decode()
    assert "<f>B2+4</f>" in text
    tail = text.split("<f>B2+4</f>")[1]
    present = next(form for form in (empty, "<v />", "<v/>") if tail.startswith(form))
    parts[name] = text.replace(f"<f>B2+4</f>{present}", f"<f>B2+4</f>{value}").encode()
    with ZipFile(path, "w") as book:
        for part, content in parts.items():
            book.writestr(part, content)


EVENTS = [("id", "event", "week"), ("007", "death", 9)]


def test_several_sheets_need_a_name(tmp_path):
    path = workbook(tmp_path / "a.xlsx", events=EVENTS, notes=[(None, " ")])
    with pytest.raises(ReadError, match="has 2 sheets, 'Sheet', 'events'; say which: sheet='Sheet'"):
        read_table(path)
    with pytest.raises(ReadError, match="no sheet 'visits'; its sheets are 'Sheet', 'events', 'notes'"):
        read_table(path, sheet="visits")
    with pytest.raises(ReadError, match="sheet 'notes' is empty"):
        read_table(path, sheet="notes")
    cohort = read_cohort(path, ROLES, sheet="Sheet", events=(path, "events"))
    assert cohort.events["event"].tolist() == ["death"]
    assert read_column_names(path, sheet="events") == ["id", "event", "week"]


def test_empty_sheets_need_no_name(tmp_path):
    assert read_table(workbook(tmp_path / "a.xlsx", notes=[])).shape == (3, 5)


def test_a_workbook_without_anything_is_empty(tmp_path):
    with pytest.raises(ReadError, match="is empty"):
        read_table(workbook(tmp_path / "a.xlsx", (None,)))


def test_a_table_without_rows_is_refused_as_such(tmp_path):
    with pytest.raises(DataError, match="no rows"):
        read_cohort(workbook(tmp_path / "a.xlsx", HEADER), ROLES)


def test_only_workbooks_have_sheets(tmp_path):
    (tmp_path / "a.csv").write_text("id,week\na,0\n")
    with pytest.raises(ReadError, match="no sheets, as only"):
        read_table(tmp_path / "a.csv", sheet="visits")


def test_without_openpyxl_it_is_said_what_to_install(tmp_path, monkeypatch):
    path = workbook(tmp_path / "a.xlsx")
    found = importlib.import_module

    def absent(name, *given):
        if name.startswith("openpyxl"):
            raise ModuleNotFoundError(name)
        return found(name, *given)

    monkeypatch.setattr(workbook_reader.importlib, "import_module", absent)
    with pytest.raises(ReadError, match=r"pip install 'alsmodels\[excel\]'"):
        read_table(path)
