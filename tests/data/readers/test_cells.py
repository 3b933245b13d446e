"""Both roads through a text table give the same cells, whatever is in them."""

from itertools import product

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alsmodels.data.readers import cells
from alsmodels.data.readers.cells import read_cells, read_names
from alsmodels.data.readers.delimited import read_delimited
from alsmodels.data.readers.numbers import _read_distinct, as_numbers
from alsmodels.data.texts import plain_numbers
from alsmodels.errors import ReadError

TIDY = [
    b"a,b\n1,x\n,y\n",
    b"\xef\xbb\xbfa;b\r\n1;x\r\n2;y",
    b'"a"\tb\r1\t"x\ty"\r\r2\t""\r',
    b'a,b\n"x ""y"" z",1\n"two\r\nlines",2\n',
    b" a , b \n1,x\n,\n \t, \n2,y\n\n",
]


def careful(content, path):
    """What the careful road makes of a file, or what it says."""
    try:
        return cells._gather(content, path)
    except ReadError as refusal:
        return str(refusal)


def same(content, path):
    """Whether the quick road was gone to its end; that it ends where the careful one does is asserted."""
    quick = cells._parse(content)
    if quick is None:
        return False
    expected = careful(content, path)
    assert isinstance(expected, pa.Table), (content, expected)
    assert quick.to_pydict() == expected.to_pydict(), content
    assert quick.column_names == expected.column_names, content
    return True


@pytest.mark.parametrize("content", TIDY)
def test_tidy_files_take_the_quick_road(content, tmp_path):
    assert same(content, tmp_path / "a.csv")


@pytest.mark.parametrize("alphabet", ['x,"\n', 'x"\n\r ', ',"\r\n'])
def test_roads_agree_on_every_short_file(alphabet, tmp_path):
    bodies = ("".join(signs).encode() for length in range(6) for signs in product(alphabet, repeat=length))
    taken = [same(head + body, tmp_path / "a.csv") for body in bodies for head in (b"a,b\n", b"a\n", b"")]
    assert 0.1 < np.mean(taken) < 1


CELL = st.one_of(
    st.sampled_from(["", "NA", "1", "-2.5", "007", "1,5", "<0.5", "true", " x ", "\u00a0", "é", '"', "\n", "\u2028"]),
    st.text(st.characters(codec="utf-8"), max_size=4),
)


@st.composite
def files(draw):
    """A text table, most of them tidy but for one sign somewhere."""
    delimiter, end = draw(st.sampled_from(",;\t")), draw(st.sampled_from(["\n", "\r\n", "\r"]))
    width = draw(st.integers(1, 3))
    rows = draw(st.lists(st.lists(CELL, min_size=width, max_size=width), max_size=5))
    quoted = draw(st.booleans())
    lines = [[f"c{column}" for column in range(width)], *rows]
    content = end.join(delimiter.join(_quote(cell) if quoted else cell for cell in line) for line in lines)
    place = draw(st.integers(0, len(content)))
    return (content[:place] + draw(st.sampled_from(["", "", '"', end, delimiter, "\x00"])) + content[place:]).encode()


def _quote(cell):
    return '"' + cell.replace('"', '""') + '"'


@settings(max_examples=400, deadline=None)
@given(files())
def test_roads_agree_on_odd_files(tmp_path_factory, content):
    same(content, tmp_path_factory.getbasetemp() / "a.csv")


def test_roads_agree_beyond_one_block_of_the_parser(tmp_path):
    line = b'"%d","several\nlines ""and"" more","' + b"x" * 90 + b'"\r\n'
    content = b"a,b,c\n" + b"".join(line % row for row in range(20_000))
    assert len(content) > 2 * 2**20
    assert same(content, tmp_path / "a.csv")


def test_the_careful_road_counts_rows_through_its_batches(tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "_BATCH", 2)
    path = tmp_path / "a.csv"
    content = b"a,b\n" + b"1,2\n\n" * 5
    assert cells._gather(content, path).to_pydict() == {"a": ["1"] * 5, "b": ["2"] * 5}
    path.write_bytes(content + b"3\n4,5\n6,7,8\n")
    with pytest.raises(ReadError, match="row 6 has 1 value, but the first line names 2 columns"):
        read_cells(path)


def test_what_is_no_text_is_said_before_what_is_no_table(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,a\n1\n" + b"x" * (cells.csv.field_size_limit() + 1))
    with pytest.raises(ReadError, match="cannot be read as a table of text"):
        read_cells(path)
    with pytest.raises(ReadError, match="cannot be opened"):
        read_names(tmp_path)


def test_a_cell_too_long_for_the_careful_road_is_refused_on_both(tmp_path):
    content = b"a,b\n1," + b"x" * (cells.csv.field_size_limit() + 1) + b"\n"
    assert cells._parse(content) is None
    assert "row 1 has a cell of more than" in careful(content, tmp_path / "a.csv")


NUMBER = st.one_of(
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(repr),
    st.sampled_from(
        ["", " ", ".", "NA", "nan", "007", "-00", "+5", "5.0", "1e5", "0x1F", "1_0", "inf", " 3", "x", "true"]
    ),
    st.from_regex(r"[+-]?[0-9]{1,3}(\.[0-9]{0,3})?([eE][+-]?[0-9]{1,2})?", fullmatch=True),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(NUMBER, min_size=1, max_size=6))
def test_plain_numbers_are_those_of_the_careful_reading(texts):
    column = pd.Series(texts, dtype="str")
    quick, expected = plain_numbers(column), _read_distinct(column, keep=False)
    if quick is not None:
        pd.testing.assert_series_equal(pd.Series(quick), expected, check_exact=True)
    pd.testing.assert_series_equal(as_numbers(column, keep=False), expected, check_exact=True)


@pytest.mark.parametrize(
    ("texts", "dtype"),
    [
        (["1", "-20", "0"], "int64"),
        (["1.5", "NA", " 2 "], "float64"),
        (["1", "", "2"], "float64"),
        (["-0.25", "1E3", "7.5e-3"], "float64"),
    ],
)
def test_plain_numbers_take_the_quick_road(texts, dtype):
    assert plain_numbers(pd.Series(texts, dtype="str")).dtype == dtype


@pytest.mark.parametrize("texts", [["007", "1"], ["-01"], ["+5", "2"], ["5.0"], ["1" * 19], ["NA", ""], ["<1", "2"]])
def test_what_is_not_plainly_a_number_does_not(texts):
    assert plain_numbers(pd.Series(texts, dtype="str")) is None


def test_numbers_are_the_nearest_there_are(tmp_path):
    values = np.random.default_rng(1).normal(size=2_000) * 10.0 ** np.random.default_rng(2).integers(-300, 300, 2_000)
    path = tmp_path / "a.csv"
    pd.DataFrame({"a": values}).to_csv(path, index=False)
    assert (read_delimited(path).frame["a"].to_numpy() == values).all()
