"""The table LABS: the tests that are asked for, by name and unit, with results that are text.

Names are compared without regard to case and spaces. A test in several units is refused until the unit is named:
nothing is converted and nothing mixed.
"""

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import final

import pandas as pd

from alsmodels.data.breaches import counted
from alsmodels.data.censoring import read_values
from alsmodels.data.columns import as_names, as_text
from alsmodels.data.findings import Finding
from alsmodels.data.outcomes import Outcome
from alsmodels.data.readers.proact_columns import ProactTable, fold, note, quoted_texts, read_numbers
from alsmodels.data.readers.proact_records import Records, leave_records
from alsmodels.data.texts import missing_text
from alsmodels.errors import DataError, shown

__all__ = ["LabTest", "choose_labs", "find_tests", "lab_outcomes", "read_labs"]

_NEAREST = 3
_ASKED = re.compile(r"(?P<test>[^\[\]]*?)\s*(?:\[(?P<unit>[^\[\]]*)\])?\s*")


@final
@dataclass(frozen=True, slots=True)
class LabTest:
    """A test that is asked for.

    Parameters
    ----------
    name : str
        The name it gets.
    label : str
        The name of the test in the archive.
    unit : str
        The unit of the test in the archive; empty if it has none.
    key, unit_key : str
        Both, as they are compared.
    """

    name: str
    label: str
    unit: str
    key: str
    unit_key: str


def read_labs(table: ProactTable) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read all records.

    Parameters
    ----------
    table : ProactTable
        The table LABS.

    Returns
    -------
    pandas.DataFrame
        subject, day, file, row; test_name, unit, test_key, unit_key; value, the result as it is written.
    tuple of Finding
        Days that are no numbers.
    """
    numbers, findings = read_numbers(table, ["Laboratory_Delta"])
    names, units = as_text(table.frame["test_name"]), as_text(table.frame["test_unit"]).fillna("")
    frame = pd.DataFrame(
        {
            "subject": table.frame["subject"],
            "day": numbers["Laboratory_Delta"],
            "file": table.file,
            "row": table.frame.index,
            "test_name": names,
            "unit": units,
            "test_key": _keys(names),
            "unit_key": _keys(units),
            "value": as_text(table.frame["test_result"]),
        }
    )
    return frame, findings


def find_tests(labs: Mapping[str, str] | Sequence[str], records: pd.DataFrame) -> tuple[LabTest, ...]:
    """Find the tests that are asked for.

    Parameters
    ----------
    labs : mapping of str to str or sequence of str
        Names of tests, with the unit in square brackets where there are several: "CK", "Creatinine [umol/L]". A mapping
        gives the names they get.
    records : pandas.DataFrame
        What `read_labs` returned.

    Raises
    ------
    DataError
        If a test or unit is not there, a test has several units and none is named, or two get one name.
    """
    listed = [labs] if isinstance(labs, str) else labs
    named = dict(listed) if isinstance(listed, Mapping) else dict.fromkeys(listed)
    asked = [_Asked.parse(text, name) for text, name in named.items()]
    names = records[["test_key", "test_name"]].dropna().drop_duplicates("test_key").set_index("test_key")["test_name"]
    units = _units(records[records["test_key"].isin([one.key for one in asked])])
    tests = tuple(_find_test(one, names, units[units["test_key"] == one.key]) for one in asked)
    _refuse_twice(tests)
    return tests


def choose_labs(records: Records, tests: Sequence[LabTest]) -> tuple[Records, tuple[Finding, ...]]:
    """Keep the records of the tests in their units that have a result, and count what goes."""
    keys = [test.key for test in tests]
    records = leave_records(records, "LABS", "test not asked for", ~records.tables["LABS"]["test_key"].isin(keys))
    records = leave_records(records, "LABS", "no result", missing_text(records.tables["LABS"]["value"]))
    words = read_values(records.tables["LABS"]["value"]).unreadable
    findings = tuple(_word_notes(records.tables["LABS"].loc[words, "value"]))
    records = leave_records(records, "LABS", "result is a word", words)
    table = records.tables["LABS"]
    names = {f"{test.key}\n{test.unit_key}": test.name for test in tests}
    named = table.assign(test=(table["test_key"] + "\n" + table["unit_key"]).map(names).astype("str"))
    kept = named[["subject", "day", "file", "row", "test", "value"]]
    records = Records({**records.tables, "LABS": kept}, records.flow)
    return leave_records(records, "LABS", "unit not asked for", kept["test"].isna()), findings


def lab_outcomes(tests: Sequence[LabTest]) -> list[Outcome]:
    """Return the outcomes of the tests: their names and units in the archive."""
    return [Outcome(test.name, label=test.label, unit=test.unit or None) for test in tests]


@final
@dataclass(frozen=True, slots=True)
class _Asked:
    """What the user wrote: a test, perhaps its unit, perhaps the name it gets."""

    test: str
    unit: str | None
    name: str | None

    @staticmethod
    def parse(text: str, name: str | None) -> "_Asked":
        parts = _ASKED.fullmatch(text) if isinstance(text, str) else None
        if parts is None:
            raise DataError(f"labs: {shown(text)} is no name of a test, with its unit in square brackets if need be.")
        return _Asked(parts["test"], parts["unit"], name)

    @property
    def key(self) -> str:
        return _key(self.test)


def _units(records: pd.DataFrame) -> pd.DataFrame:
    """The units of each test with how many results are numbers, the commonest first."""
    numbers = records[read_values(records["value"]).values.notna()]
    counts = numbers.groupby(["test_key", "unit_key"]).agg(unit=("unit", "first"), records=("unit", "size"))
    return counts.reset_index().sort_values("records", ascending=False, kind="stable")


def _find_test(asked: _Asked, names: pd.Series, units: pd.DataFrame) -> LabTest:
    if asked.key not in names.index:
        raise DataError(f"labs: there is no test {shown(asked.test)}; the nearest are {_nearest(asked.key, names)}.")
    if units.empty:
        raise DataError(f"labs: no result of {shown(asked.test)} is a number.")
    if asked.unit is None and len(units) > 1:
        choice = f"labs=['{asked.test} [{units['unit'].iloc[0]}]']"
        raise DataError(
            f"labs: {shown(asked.test)} is in several units: {_listed(units)}. Name the unit, as in {choice}; "
            "two units of one test are two outcomes, as nothing is converted."
        )
    row = units if asked.unit is None else units[units["unit_key"] == _key(asked.unit)]
    if row.empty:
        raise DataError(f"labs: {shown(asked.test)} is not there in {shown(asked.unit)}; it is in {_listed(units)}.")
    label, unit, unit_key = str(names[asked.key]), str(row["unit"].iloc[0]), str(row["unit_key"].iloc[0])
    name = asked.name or fold(_plain(label if asked.unit is None else f"{label} {unit}"))
    return LabTest(name, label, unit, asked.key, unit_key)


def _word_notes(words: pd.Series) -> Iterator[Finding]:
    if len(words):
        message = f"{counted(len(words), 'result')} of the tests asked for in words: {quoted_texts(words)}."
        yield note("lab-words", "Test_Result", message, "Left out, and counted in the flow.")


def _nearest(key: str, names: pd.Series) -> str:
    keys = list(names.index)
    holding = [other for other in keys if key and key in other]
    close = difflib.get_close_matches(key, keys, n=_NEAREST, cutoff=0.0)
    return as_names(names[other] for other in list(dict.fromkeys([*holding, *close]))[:_NEAREST])


def _listed(units: pd.DataFrame) -> str:
    counts = zip(units["unit"], units["records"], strict=True)
    return ", ".join(f"{unit or 'no unit'} ({count})" for unit, count in counts)


def _refuse_twice(tests: Sequence[LabTest]) -> None:
    names = [test.name for test in tests]
    pairs = [(test.key, test.unit_key) for test in tests]
    if len(set(pairs)) < len(pairs):
        raise DataError(f"labs: a test is asked for twice ({as_names(test.label for test in tests)}).")
    if len(set(names)) < len(names):
        raise DataError(f"labs: two tests get one name ({as_names(names)}); give a mapping of tests to names.")


def _keys(texts: pd.Series) -> pd.Series:
    distinct = {text: _key(text) for text in texts.dropna().unique()}
    return texts.map(distinct).astype("str")


def _key(text: str) -> str:
    return "".join(_plain(text).split())


def _plain(text: str) -> str:
    """Small letters, and the sign for micro, of which there are two, as u."""
    return text.casefold().replace("\N{GREEK SMALL LETTER MU}", "u")
