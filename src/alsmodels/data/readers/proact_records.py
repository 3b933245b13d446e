"""Records of PRO-ACT on their way to visits: left out with a count, then joined by subject and day.

Every measured table gives records with a subject, a day since enrolment and values. One subject has at most one
record a day in each table (and laboratory test): copies go; of records that differ, the one with most values
counts, and among equals the first in the file.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, final

import pandas as pd

from alsmodels.data.breaches import counted
from alsmodels.data.columns import as_names
from alsmodels.data.findings import RULES, Finding, report
from alsmodels.data.flow import Flow
from alsmodels.errors import DataError

__all__ = ["KEYS", "RECORD_RULES", "Records", "apply_rules", "join_days", "leave_records", "start_records"]

KEYS = ("subject", "day")
_BOOKKEEPING = frozenset({"file", "row", "test", "contradictory"})


@final
@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Records that remain, and the count so far.

    Parameters
    ----------
    tables : mapping of str to pandas.DataFrame
        Name to records: subject, day, file, row, and the values; LABS has a test as well. ALSFRS has `contradictory`,
        true where a total is not the sum of its items.
    flow : Flow
        What was read and left out; a subject counts at the step that took the last record of all tables.
    """

    tables: Mapping[str, pd.DataFrame]
    flow: Flow


def start_records(tables: Mapping[str, pd.DataFrame], everyone: Collection[str]) -> Records:
    """Begin the count, and take away the subjects who are in no measured table."""
    measured = {subject for table in tables.values() for subject in table["subject"].dropna().unique()}
    known = measured | set(everyone)
    flow = Flow(sum(len(table) for table in tables.values()), len(known))
    without = len(known - measured)
    if without:
        flow = flow.without("left out: subject without a record", rows=0, subjects=without)
    return Records(tables, flow)


def leave_records(records: Records, name: str, step: str, left: pd.Series) -> Records:
    """Leave records of one table out and count them; a step that leaves nothing out is not noted."""
    if not left.any():
        return records
    table = records.tables[name]
    tables = {**records.tables, name: table[~left]}
    gone = set(table.loc[left, "subject"].dropna())
    gone -= {subject for kept in tables.values() for subject in kept["subject"].dropna().unique()}
    flow = records.flow.without(f"left out: {step} ({name})", rows=int(left.sum()), subjects=len(gone))
    return Records(tables, flow)


def apply_rules(records: Records, leave_out: Collection[str]) -> Records:
    """Apply the rules of records: leave out and count those that are named, refuse all others together.

    Raises
    ------
    DataError
        If a rule is broken that `leave_out` does not name, or no record is left.
    """
    findings: list[Finding] = []
    for rule, check in RECORD_RULES.items():
        for name in records.tables:
            records = _without_copies(records, name) if rule == "duplicate-visit" else records
            broken = check.broken(records.tables[name])
            if rule in leave_out:
                records = leave_records(records, name, rule, broken)
            elif broken.any():
                findings.append(_finding(records.tables[name][broken], rule, check))
    if findings:
        raise DataError(report(findings))
    if all(table.empty for table in records.tables.values()):
        raise DataError(f"There is no record left:\n{records.flow.table().to_string(index=False)}")
    return records


def join_days(records: Records) -> tuple[pd.DataFrame, Flow]:
    """Make one row of all records of a subject and day: subject, day, and one column of each value."""
    wide = [_wide(table) for table in records.tables.values() if len(table)]
    _refuse_shared_names(wide)
    visits = pd.concat(wide, axis=1).sort_index().reset_index()
    joined = records.flow.kept.rows - len(visits)
    if not joined:
        return visits, records.flow
    return visits, records.flow.without("joined: same subject and day", rows=joined, subjects=0)


def _wide(table: pd.DataFrame) -> pd.DataFrame:
    keys = list(KEYS)
    if "test" in table.columns:
        return table.pivot(index=keys, columns="test", values="value").rename_axis(columns=None)
    return table.set_index(keys).drop(columns=[name for name in table.columns if name in _BOOKKEEPING])


def _refuse_shared_names(wide: Iterable[pd.DataFrame]) -> None:
    names = [name for table in wide for name in table.columns]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"labs: the name {as_names(twice)} is that of another column of the visits; choose others.")


@final
@dataclass(frozen=True, slots=True)
class _Check:
    """A rule of records: which break it, what the error says of them and advises, and the column it is about."""

    broken: Callable[[pd.DataFrame], pd.Series]
    column: str
    says: str
    remedy: str


def _identity(table: pd.DataFrame) -> list[str]:
    return [*KEYS, "test"] if "test" in table.columns else list(KEYS)


def _repeated(table: pd.DataFrame) -> pd.Series:
    """Mark all but the fullest record of a subject and day, among equals all but the first."""
    keys = _identity(table)
    fullest_first = table.assign(filled=table.notna().sum(axis=1)).sort_values("filled", ascending=False, kind="stable")
    return fullest_first.duplicated(keys).reindex(table.index) & table[keys].notna().all(axis=1)


def _without_copies(records: Records, name: str) -> Records:
    table = records.tables[name]
    values = [column for column in table.columns if column not in {"file", "row"}]
    copies = table.duplicated(values) & table[_identity(table)].notna().all(axis=1)
    return leave_records(records, name, "copy of a record of the same day", copies)


def _contradictory(table: pd.DataFrame) -> pd.Series:
    return table.get("contradictory", pd.Series(data=False, index=table.index)).astype("bool")


RECORD_RULES: Mapping[str, _Check] = MappingProxyType(
    {
        "subject-missing": _Check(
            lambda table: table["subject"].isna(), "subject_id", "no subject", "Name the rule in leave_out."
        ),
        "time-missing": _Check(
            lambda table: table["day"].isna(), "day", "no day since enrolment", "Name the rule in leave_out."
        ),
        "total-not-sum": _Check(
            _contradictory,
            "ALSFRS_R_Total",
            "a total is not the sum of its items",
            "Name the rule in leave_out, as nobody can say which of the two is wrong.",
        ),
        "duplicate-visit": _Check(
            _repeated,
            "day",
            "another record of the subject and day differs and counts",
            "Name the rule in leave_out to keep the record with most values, among equals the first.",
        ),
    }
)
"""The rules that are applied to records, before they are joined into visits."""


def _finding(broken: pd.DataFrame, rule: str, check: _Check) -> Finding:
    shown = broken.head(5)[["file", "row", "subject", "day"]].itertuples(index=False)
    told = tuple(
        f"{file} row {row}: subject {_told(subject)}, day {_told(day, 'g')}" for file, row, subject, day in shown
    )
    message = f"{counted(len(broken), 'record')} of {broken['file'].iloc[0]}: {check.says}."
    rows = tuple(int(row) for row in broken["row"])
    return Finding(rule, RULES[rule].severity, check.column, rows, message, check.remedy, told)


def _told(value: Any, form: str = "") -> str:
    return "missing" if pd.isna(value) else format(value, form)
