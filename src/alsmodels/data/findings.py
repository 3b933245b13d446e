"""What the checks found: which rule, where, and what to do about it.

Rows are numbered from 1, the header not counted.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any, Literal, cast, final, get_args

from alsmodels.errors import DataError

__all__ = ["RULES", "Finding", "Rule", "Severity", "TableName", "report"]

Severity = Literal["error", "warning", "note"]
TableName = Literal["visits", "events", "subjects"]

_MOST_ROWS = 10


@final
@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that a table must keep.

    Parameters
    ----------
    name : str
        The name of the rule, as `leave_out` and the report use it.
    severity : {"error", "warning", "note"}
        "error" stops; "warning" is kept on the cohort, and so is "note", which says how something was read.
    table : {"visits", "events", "subjects"}
        The table whose rows break it.
    says : str
        The sentence that says what breaks the rule.
    """

    name: str
    severity: Severity
    table: TableName
    says: str


RULES: Mapping[str, Rule] = MappingProxyType(
    {
        name: Rule(name, severity, table, says)
        for name, severity, table, says in cast(
            "tuple[tuple[str, Severity, TableName, str], ...]",
            (
                ("subject-missing", "error", "visits", "a row without a subject"),
                ("subject-unknown", "error", "visits", "a visit of a subject who is not in the subjects table"),
                ("time-missing", "error", "visits", "a row without a time"),
                ("time-not-numeric", "error", "visits", "a time that is no number"),
                ("date-unreadable", "error", "visits", "a visit date that cannot be read, or is none of the calendar"),
                ("baseline-date", "error", "visits", "a subject without one date that weeks are counted from"),
                ("time-infinite", "error", "visits", "a time that is infinite"),
                ("time-impossible", "error", "visits", "a time more than 100 years from baseline"),
                ("arm-missing", "error", "visits", "a row without an arm"),
                ("arm-changes", "error", "visits", "a subject with more than one arm"),
                ("value-not-numeric", "error", "visits", "text in an outcome or item that is no number"),
                ("value-infinite", "error", "visits", "an infinite outcome or item"),
                ("value-outside-bounds", "error", "visits", "an outcome outside its bounds"),
                ("value-not-positive", "error", "visits", "a value of 0 or less of an outcome on the log scale"),
                ("item-outside-0-4", "error", "visits", "an ALSFRS-R item outside 0-4"),
                ("q5-both", "error", "visits", "ALSFRS-R items 5a and 5b both answered"),
                ("total-not-sum", "error", "visits", "an ALSFRS-R total or domain that is not the sum of its items"),
                ("scale-older", "error", "visits", "the older ALSFRS (ten items, 0-40) called ALSFRS-R"),
                (
                    "line-break",
                    "error",
                    "visits",
                    "a line break in the name of a subject or an arm",
                ),
                ("duplicate-visit", "error", "visits", "a second row of one subject at one time"),
                ("visit-after-death", "error", "visits", "a visit after the subject's death"),
                ("subject-repeated", "error", "subjects", "a second row of one subject in the subjects table"),
                ("event-subject-unknown", "error", "events", "an event of a subject who has no visit"),
                ("event-missing", "error", "events", "an event without a kind"),
                ("event-time-not-numeric", "error", "events", "an event at a time that is no finite number"),
                ("event-time-impossible", "error", "events", "an event more than 100 years from baseline"),
                ("event-time-missing", "warning", "events", "an event without a time"),
                ("event-kind-unknown", "warning", "events", "a kind of event that is not one of the known ones"),
                ("event-alike", "warning", "events", "kinds of event that differ in case, blanks or zeros alone"),
                ("subject-alike", "warning", "visits", "subjects whose names differ in case, spaces or zeros alone"),
                ("word-among-numbers", "warning", "visits", "a word in a column of numbers that is no outcome"),
                (
                    "reference-by-alphabet",
                    "warning",
                    "visits",
                    "a reference arm that the alphabet chose, as no word did",
                ),
                ("arm-alike", "warning", "visits", "arms that differ in case, blanks or zeros alone"),
                ("level-alike", "warning", "visits", "levels of a text that differ in case, blanks or zeros alone"),
                ("missing-code", "warning", "visits", "a number that is a usual code for missing, far from all others"),
                ("time-code", "warning", "visits", "a time that is a usual code for missing, far from all others"),
                ("time-far", "warning", "visits", "a time alone and far from all others, as if mistyped"),
                ("value-negative", "warning", "visits", "a concentration below 0"),
                ("item-not-whole", "warning", "visits", "an ALSFRS-R item between two whole numbers"),
                ("q5-neither", "warning", "visits", "ALSFRS-R items 5a and 5b both missing, the others answered"),
                ("items-incomplete", "warning", "visits", "most, but not all, columns of the ALSFRS-R items"),
                ("scale-doubtful", "warning", "visits", "an ALSFRS-R total that looks like the older ALSFRS"),
                ("rise-over-6", "warning", "visits", "an ALSFRS-R total more than 6 points above the visit before"),
                ("visit-before-baseline", "warning", "visits", "a visit before week 0"),
                ("time-in-days", "warning", "visits", "times that look like days taken for weeks"),
                ("decline-steep", "warning", "visits", "a decline so steep that times may be in a longer unit"),
                ("no-observed-outcome", "warning", "visits", "a subject without any observed outcome"),
                ("single-visit", "warning", "visits", "a subject with one visit only"),
                ("no-visit", "warning", "subjects", "a subject in the subjects table without a visit"),
                ("weeks-from-dates", "note", "visits", "the date that weeks were counted from"),
                ("rows-joined", "note", "visits", "rows of one subject and time that complete each other"),
                (
                    "filled-by-subject",
                    "note",
                    "visits",
                    "a value given on some rows of a subject, taken for all of them",
                ),
                ("cells-emptied", "note", "visits", "cells that were emptied because missing= or empty= says so"),
            ),
        )
    }
)
"""Every rule, in the order in which they are applied."""


@final
@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule.

    Parameters
    ----------
    rule : str
        The name of the rule.
    severity : {"error", "warning", "note"}
        "error", "warning" or "note".
    column : str or None
        The column it is about, as the user's table calls it; None if it is about none in particular.
    rows : tuple of int
        The numbers of the rows that break the rule, counted from 1 without the header.
    message : str
        What was found, in a sentence.
    remedy : str
        What to do about it, in a sentence.
    offenders : tuple of str
        The first five: row, subject, week and value.
    """

    rule: str
    severity: Severity
    column: str | None
    rows: tuple[int, ...]
    message: str
    remedy: str
    offenders: tuple[str, ...] = ()

    def __str__(self) -> str:
        where = f" in column {self.column!r}" if self.column else ""
        lines = [f"{self.rule}{where}: {self.message}"]
        if len(self.rows) > len(self.offenders):
            lines.append(f"    {_rows(self.rows)}")
        lines.extend(f"      {offender}" for offender in self.offenders)
        return "\n".join([*lines, f"    {self.remedy}"])

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self)).replace(chr(10), '<br>')}</p>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print the sentences in IPython, alone and in a list."""
        printer.text("..." if cycle else str(self))

    def to_dict(self) -> dict[str, Any]:
        """Return the finding as a dictionary that JSON can hold."""
        return asdict(self) | {"rows": list(self.rows), "offenders": list(self.offenders)}

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> "Finding":
        """Build a finding from what `to_dict` gave."""
        if not isinstance(record, Mapping) or set(record) != set(Finding.__slots__):
            raise DataError("Finding: the record does not hold exactly the fields of a finding.")
        if not _well_typed(record):
            raise DataError("Finding: a field of the record is not of the right kind.")
        return Finding(**{**record, "rows": tuple(record["rows"]), "offenders": tuple(record["offenders"])})


def report(findings: Sequence[Finding]) -> str:
    """Write the findings as one text, errors before warnings.

    Examples
    --------
    >>> found = Finding("time-missing", "error", "week", (3,), "1 row has no time.", "Give its time.")
    >>> print(report([found]))
    The table breaks 1 rule; rows are counted from 1 without the header.
    1. time-missing in column 'week': 1 row has no time.
        row 3
        Give its time.
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    warnings = [finding for finding in findings if finding.severity == "warning"]
    notes = [finding for finding in findings if finding.severity == "note"]
    rules = len({finding.rule for finding in errors})
    besides = f" ({len(warnings)} warning{'s' * (len(warnings) != 1)} besides)" if warnings else ""
    head = f"The table breaks {rules} rule{'s' * (rules != 1)}{besides}; "
    lines = [f"{head}rows are counted from 1 without the header."]
    lines += [f"{number}. {finding}" for number, finding in enumerate(errors, 1)]
    lines += [f"{finding.severity.capitalize()}, {finding}" for finding in (*warnings, *notes)]
    return "\n".join(lines)


def _rows(rows: Sequence[int]) -> str:
    shown = ", ".join(str(row) for row in rows[:_MOST_ROWS])
    more = f" and {len(rows) - _MOST_ROWS} more" if len(rows) > _MOST_ROWS else ""
    return f"row{'s' * (len(rows) != 1)} {shown}{more}"


def _well_typed(record: Mapping[str, Any]) -> bool:
    texts = all(isinstance(record[name], str) for name in ("rule", "message", "remedy"))
    column = record["column"] is None or isinstance(record["column"], str)
    rows, offenders = record["rows"], record["offenders"]
    listed = isinstance(rows, (list, tuple)) and all(type(row) is int for row in rows)
    named = isinstance(offenders, (list, tuple)) and all(isinstance(text, str) for text in offenders)
    return texts and column and listed and named and record["severity"] in get_args(Severity)
