"""One trial in every dialect that spreadsheets write gives one cohort, and what was found is said."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import alsmodels as als
from alsmodels.data.readers.delimited import read_delimited
from alsmodels.data.readers.text_form import TextForm
from alsmodels.errors import ReadError

ROLES = als.Roles("id", "week", "arm")
FRAME = pd.DataFrame(
    {
        "id": ["a", "a", "b", "b"],
        "week": [0, 4, 0, 4],
        "arm": ["Plazebo"] * 2 + ["Präparat"] * 2,
        "site": ["Köln", "Köln", "Orléans", "Orléans"],
        "weight": [70.5, 71.25, 80.0, 0.125],
        "alsfrs_r": [40, 39, 41, 40],
    }
)
COMMAS = {",": ".", ";": ",", "\t": ",", "|": ","}


def written(path, *, delimiter, decimal, encoding, first=""):
    text = FRAME.to_csv(index=False, sep=delimiter, decimal=decimal, lineterminator="\r\n")
    path.write_bytes((first + text).encode(encoding))
    return path


def rules(cohort):
    return {finding.rule for finding in cohort.findings}


@pytest.mark.parametrize(
    ("delimiter", "decimal", "encoding"),
    [
        (delimiter, decimal, encoding)
        for delimiter, decimal, encoding in product(",;\t|", ".,", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
        if delimiter != decimal
    ],
)
def test_every_dialect_is_the_same_trial(delimiter, decimal, encoding, tmp_path):
    path = written(tmp_path / "trial.csv", delimiter=delimiter, decimal=decimal, encoding=encoding)
    said = {"delimiter": delimiter, "decimal": decimal, "encoding": encoding}
    found, told = als.read_cohort(path, ROLES), als.read_cohort(path, ROLES, **said)
    expected = als.Cohort.from_frame(FRAME, ROLES)
    for cohort in (found, told):
        pd.testing.assert_frame_equal(cohort.to_frame(), expected.to_frame())
    read_as = decimal == "," or delimiter == "|" or encoding == "utf-16"
    assumed = {"encoding-assumed"} if encoding == "cp1252" else set()
    assert rules(found) - rules(expected) == ({"read-as"} if read_as else set()) | assumed
    assert rules(told) == rules(expected)


def test_what_was_found_is_said_where_and_how_to_say_it(tmp_path):
    path = written(tmp_path / "trial.csv", delimiter=";", decimal=",", encoding="cp1252", first="sep=;\r\n")
    assumed, note = als.read_cohort(path, ROLES).findings[:2]
    assert (assumed.severity, note.severity) == ("warning", "note")
    assert "read as cp1252" in str(assumed)
    assert "'Köln', 'Präparat', 'Orléans'" in str(assumed)
    assert "with semicolons between cells, with decimal commas, as in the column 'weight' (row 1: '70,5')" in str(note)
    assert "give delimiter=';', decimal=','." in str(note)


def test_other_tables_are_read_as_the_visits_are(tmp_path):
    path = written(tmp_path / "trial.csv", delimiter=";", decimal=",", encoding="cp1252")
    (tmp_path / "events.csv").write_bytes("id;event;week\nb;withdrawal;5,5\n".encode("cp1252"))
    (tmp_path / "subjects.csv").write_bytes("id;height;town\na;1,82;Köln\nb;1,75;Zürich\n".encode("cp1252"))
    given = {"events": tmp_path / "events.csv", "subjects": tmp_path / "subjects.csv"}
    said = als.read_cohort(path, ROLES, delimiter=";", decimal=",", encoding="cp1252", **given)
    assert said.events["week"].tolist() == [5.5]
    assert said.subjects["height"].tolist() == [1.82, 1.75]
    found = als.read_cohort(path, ROLES, **given)
    assert found.subjects.equals(said.subjects)
    told = " ".join(str(finding) for finding in found.findings)
    assert all(name in told for name in ("trial.csv", "events.csv was read", "subjects.csv was read", "'Zürich'"))


def test_wide_tables_are_read_in_dialects_too(tmp_path):
    (tmp_path / "wide.csv").write_text("id;nfl_w0;nfl_w12\na;40,5;41\nb;60;61,25\n", encoding="utf-8")
    cohort = als.read_wide(tmp_path / "wide.csv", {"nfl": "nfl_w{week}"}, subject="id")
    assert cohort.visits["nfl"].tolist() == [40.5, 41, 60, 61.25]
    assert rules(cohort) == {"read-as"}
    said = als.read_wide(tmp_path / "wide.csv", {"nfl": "nfl_w{week}"}, subject="id", decimal=",")
    assert rules(said) == set()


def test_forms_are_of_text_tables_alone(tmp_path):
    FRAME.to_parquet(tmp_path / "trial.parquet")
    with pytest.raises(ReadError, match=r"is no text table.*leave out decimal=','"):
        als.read_cohort(tmp_path / "trial.parquet", ROLES, decimal=",")
    with pytest.raises(ReadError, match="a table is given, not a path"):
        als.read_wide(FRAME, {"alsfrs_r": "w{week}"}, subject="id", encoding="cp1252")
    als.Cohort.from_frame(FRAME, ROLES).save(tmp_path / "saved")
    with pytest.raises(ReadError, match="give the path alone"):
        als.read_cohort(tmp_path / "saved", decimal=",")


NUMBERS = st.decimals(-10_000, 10_000, places=3, allow_nan=False).map(lambda number: str(number.normalize()))


@settings(max_examples=200, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=6), st.lists(NUMBERS, min_size=6, max_size=6))
def test_a_table_with_commas_is_never_read_wrongly(tmp_path_factory, first, second):
    """Whatever the numbers, the table is read as it was meant, or a sentence asks."""
    values = [float(text) for text in first]
    path = tmp_path_factory.getbasetemp() / "commas.csv"
    rows = zip([text.replace(".", ",") for text in first], [text.replace(".", ",") for text in second], strict=False)
    path.write_text("a;b\n" + "".join(f"{a};{b}\n" for a, b in rows), encoding="utf-8")
    said = read_delimited(path, form=TextForm(decimal=",")).frame
    assert np.asarray(said["a"], dtype=float).tolist() == values
    try:
        found = read_delimited(path).frame
    except ReadError as refusal:
        found, asked = said, "say decimal=','" in str(refusal)
    else:
        asked = False
    assert asked or np.asarray(found["a"], dtype=float).tolist() == values


@pytest.mark.parametrize("text", ["knee, left", "1,2,3", "A,1"])
def test_texts_with_commas_stay_as_they_are(text, tmp_path):
    path = tmp_path / "a.csv"
    path.write_text(f"x;y;z\n{text};1,5;b\nhip;2;c\narm, right;3,5;d\n", encoding="utf-8")
    table = read_delimited(path).frame
    assert table["x"].tolist()[0] == text
    assert table["y"].tolist() == [1.5, 2.0, 3.5]


def test_a_quote_that_swallows_rows_is_found_at_every_place(tmp_path):
    """Whichever cell a stray quote opens, and whichever later one closes it, no row goes without a word."""
    lines = [["id", "week", "arm", "alsfrs_r"]] + [[who, str(week), "drug", "40"] for who in "ab" for week in (0, 4)]
    path = tmp_path / "trial.csv"
    for first, last in ((1, 2), (1, 3), (2, 4)):
        for opens, closes in product(range(4), repeat=2):
            cells = [list(line) for line in lines]
            cells[first][opens] = '"' + cells[first][opens]
            cells[last][closes] += '"'
            path.write_text("".join(",".join(line) + "\n" for line in cells), encoding="utf-8")
            with pytest.raises(als.AlsModelsError, match="row"):
                als.read_cohort(path, ROLES)
