"""SAS transport files cut at every place: refused, but for those that nobody can tell from whole ones."""

import numpy as np
import pandas as pd
import pyreadstat
import pytest

from alsmodels.data.readers.transport import read_xpt
from alsmodels.errors import ReadError

RECORD = 80
START = b"HEADER RECORD*******OBS"


@pytest.fixture
def write(tmp_path):
    """Write a table as a transport file, and give its path, its bytes and where its observations begin."""

    def write(table, version):
        path = tmp_path / "table.xpt"
        pyreadstat.write_xport(table, str(path), file_format_version=version)
        content = path.read_bytes()
        return path, content, content.rindex(START) + RECORD

    return write


def table(n, length):
    """Observations of ``length + 8`` bytes without a blank."""
    return pd.DataFrame({"ID": ["i" * length] * n, "AVAL": np.arange(1.0, n + 1)})


def rows_of(path, content):
    """How many observations are read of some bytes; None if they are refused."""
    path.write_bytes(content)
    try:
        return len(read_xpt(path))
    except ReadError:
        return None


@pytest.mark.parametrize("length", [2, 24, 32, 72, 140])
def test_a_cut_is_refused_unless_a_record_and_an_observation_end_together(write, length):
    path, content, start = write(table(30, length), 5)
    ends = [*range(0, len(content), RECORD), *range(start - 7, start + 300, 11)]
    read = {end: rows_of(path, content[:end]) for end in ends}
    width = length + 8
    together = {end for end in ends if end > start and end % RECORD == 0 and (end - start) % width == 0}
    assert {end for end, rows in read.items() if rows is not None} == together
    assert all(read[end] == (end - start) // width for end in together)
    assert rows_of(path, content) == 30


@pytest.mark.parametrize("length", [2, 24, 72])
def test_version_8_is_refused_wherever_it_is_cut(write, length):
    path, content, _ = write(table(30, length), 8)
    assert {rows_of(path, content[:end]) for end in range(0, len(content), RECORD)} == {None}
    assert rows_of(path, content) == 30


def test_an_observation_of_which_only_blanks_are_left_is_a_cut(write):
    path, content, start = write(pd.DataFrame({"TEXT": ["t" * 232, "", "t"], "AVAL": [1.0, 2.0, 3.0]}), 5)
    assert rows_of(path, content) == 3
    # Three records are the first observation; one or two of the second hold blanks alone.
    assert rows_of(path, content[: start + 240]) == 1
    assert rows_of(path, content[: start + 320]) is None
    assert rows_of(path, content[: start + 400]) is None


def test_what_ends_with_its_header_is_refused_unless_it_says_that_it_is_empty(write):
    path, content, start = write(table(3, 24), 5)
    path.write_bytes(content[:start])
    with pytest.raises(ReadError, match=r"ends with its header: there are no observations, and it may have been cut"):
        read_xpt(path)
    empty, _, _ = write(table(0, 24).astype({"ID": "str", "AVAL": "float64"}), 8)
    assert len(read_xpt(empty)) == 0
    lost, content, start = write(table(3, 24), 8)
    assert rows_of(lost, content[:start]) is None
