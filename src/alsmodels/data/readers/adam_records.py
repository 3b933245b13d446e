"""Records of BDS tables: stacking, leaving out with a count, and joining into visits."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import pandas as pd

from alsmodels.data.censoring import read_values
from alsmodels.data.columns import as_text
from alsmodels.data.findings import RULES, Finding, report
from alsmodels.data.flow import Flow
from alsmodels.errors import DataError, shown

__all__ = [
    "RECORD_RULES",
    "Records",
    "adam_weeks",
    "check_records",
    "join_visits",
    "leave_records",
    "leave_subjects_without",
    "read_numbers",
    "stack_tables",
]

_OPTIONAL = ("AVALC", "AVISITN", "AVISIT", "DTYPE")
_VISIT = ("AVISITN", "AVISIT")


@final
@dataclass(frozen=True, slots=True)
class Records:
    """Records that remain, and the count so far.

    Parameters
    ----------
    frame : pandas.DataFrame
        USUBJID, PARAMCD, VALUE, ADY, AVISITN, AVISIT, DTYPE, FLAG, TABLE, ROW; one row a record.
    flow : Flow
        What was read and left out.
    """

    frame: pd.DataFrame
    flow: Flow


def adam_weeks(days: pd.Series) -> pd.Series:
    """Return weeks since baseline; study days have no day 0, so day 1 is week 0.

    Examples
    --------
    >>> adam_weeks(pd.Series([-7, 1, 15])).tolist()
    [-1.0, 0.0, 2.0]
    """
    return (days - (days > 0)) / 7


def stack_tables(bds: Mapping[str, pd.DataFrame], *, flag: str | None, subjects: Collection[str]) -> Records:
    """Put the records of all tables below each other; `FLAG` is "Y" where there is no such flag."""
    frame = pd.concat([_plain(table, name, flag) for name, table in bds.items()], ignore_index=True)
    everyone = set(subjects) | set(frame["USUBJID"].dropna())
    return Records(frame, Flow(len(frame), len(everyone)))


def leave_records(records: Records, step: str, left: pd.Series) -> Records:
    """Leave records out and count them; a step that leaves nothing out is not noted."""
    if not left.any():
        return records
    kept = records.frame[~left]
    lost = records.frame["USUBJID"].nunique() - kept["USUBJID"].nunique()
    return Records(kept, records.flow.without(f"left out: {step}", rows=int(left.sum()), subjects=lost))


def leave_subjects_without(records: Records, subjects: Collection[str]) -> Records:
    """Count the subjects of ADSL who have no record at all."""
    without = len(set(subjects) - set(records.frame["USUBJID"]))
    if not without:
        return records
    return replace(records, flow=records.flow.without("left out: subject without a record", rows=0, subjects=without))


def check_records(records: Records, leave_out: Collection[str]) -> Records:
    """Leave out, or refuse, records without a subject or day and second records of one subject and day."""
    findings: list[Finding] = []
    for rule, column, says, remedy in _CHECKS:
        broken = _broken(records.frame, rule)
        if rule in leave_out:
            records = leave_records(records, rule, broken)
        elif broken.any():
            findings.append(_finding(records.frame[broken], rule, column, says, remedy))
    if findings:
        raise DataError(report(findings))
    if records.frame.empty:
        raise DataError(f"There is no record left:\n{records.flow.table().to_string(index=False)}")
    return records


def join_visits(records: Records, names: Mapping[str, str]) -> Records:
    """Make one row of all records of a subject and day, one column of each parameter."""
    frame = records.frame.assign(NAME=records.frame["PARAMCD"].map(dict(names)))
    keys = ["USUBJID", "ADY"]
    wide = frame.pivot(index=keys, columns="NAME", values="VALUE").reindex(columns=list(names.values()))
    visits = frame.groupby(keys)[list(_VISIT)].first().join(wide).reset_index()
    visits = visits.drop(columns=[name for name in _VISIT if visits[name].isna().all()])
    visits = visits.rename(columns={"USUBJID": "subject"}).assign(week=adam_weeks(visits["ADY"])).drop(columns="ADY")
    joined = len(frame) - len(visits)
    if not joined:
        return Records(visits, records.flow)
    return Records(visits, records.flow.without("joined: same subject and day", rows=joined, subjects=0))


def _plain(table: pd.DataFrame, name: str, flag: str | None) -> pd.DataFrame:
    optional = {column: table.get(column, pd.Series(pd.NA, index=table.index)) for column in _OPTIONAL}
    flags = table[flag] if flag is not None and flag in table.columns else pd.Series("Y", index=table.index)
    return pd.DataFrame(
        {
            "USUBJID": as_text(table["USUBJID"]),
            "PARAMCD": as_text(table["PARAMCD"]),
            "VALUE": _values(table["AVAL"], optional["AVALC"]),
            "ADY": read_numbers(table["ADY"], name, "ADY"),
            "AVISITN": read_numbers(optional["AVISITN"], name, "AVISITN"),
            "AVISIT": as_text(optional["AVISIT"]),
            "DTYPE": as_text(optional["DTYPE"]),
            "FLAG": as_text(flags),
            "TABLE": name,
            "ROW": table.index,
        }
    )


def _values(aval: pd.Series, avalc: pd.Series) -> pd.Series:
    """Take AVALC where it is a censored value such as <0.5, whatever number stands for it in AVAL."""
    text = as_text(avalc)
    censored = read_values(text).marks != "none"
    return aval.astype("object").mask(censored, text.astype("object"))


def read_numbers(column: pd.Series, table: str, name: str) -> pd.Series:
    """Read a column that must hold numbers, or name the first row that holds none."""
    readings = read_values(column)
    wrong = readings.unreadable | (readings.marks != "none")
    if wrong.any():
        place = int(wrong.to_numpy().argmax())
        written = str(column.iloc[place])
        raise DataError(f"{table}: {name} is no number in row {column.index[place]}: {shown(written)}.")
    return readings.values


_CHECKS = (
    ("subject-missing", "USUBJID", "no subject", "Give each record its subject, or leave these out."),
    ("time-missing", "ADY", "no study day", "Give each record its ADY, or leave these out."),
    (
        "duplicate-visit",
        "ADY",
        "the subject already has a record of this parameter on this day",
        "Say which counts by an analysis flag, or leave_out=['duplicate-visit'] to keep the first.",
    ),
)

RECORD_RULES = frozenset(check[0] for check in _CHECKS)
"""The rules that are applied to records, before they are joined into visits."""


def _broken(frame: pd.DataFrame, rule: str) -> pd.Series:
    if rule == "duplicate-visit":
        keys = frame[["USUBJID", "PARAMCD", "ADY"]]
        return keys.duplicated() & keys.notna().all(axis=1)
    return frame["USUBJID" if rule == "subject-missing" else "ADY"].isna()


def _finding(broken: pd.DataFrame, rule: str, column: str, says: str, remedy: str) -> Finding:
    shown = broken.head(5)[["TABLE", "ROW", "USUBJID", "PARAMCD", "ADY", "VALUE"]].itertuples(index=False)
    told = tuple(
        f"{place} row {row}: {_told(subject)}, {_told(code)}, ADY {_told(day, 'g')}, {_told(value)}"
        for place, row, subject, code, day, value in shown
    )
    rows = tuple(int(row) for row in broken["ROW"])
    message = f"{len(rows)} record{'s' * (len(rows) != 1)}: {says}."
    return Finding(rule, RULES[rule].severity, column, rows, message, remedy, told)


def _told(value: Any, form: str = "") -> str:
    return "missing" if pd.isna(value) else format(value, form)
