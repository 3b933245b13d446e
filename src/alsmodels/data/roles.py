"""Which columns of a table name the subject, the time and the arm.

Time inside a cohort is weeks since baseline, whatever it was outside: a day is 1/7 week and a month is
365.25/12 days, so 365.25/84 weeks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, final, get_args

import pandas as pd

from alsmodels.data.dates import DateFormat
from alsmodels.data.reference import find_reference
from alsmodels.errors import DataError, shown

__all__ = ["DAYS_PER_MONTH", "RoleUnit", "Roles", "TimeUnit", "order_arms", "to_weeks"]

TimeUnit = Literal["week", "day", "month"]
RoleUnit = Literal["week", "day", "month", "date"]
"""What a time column may hold: numbers of a unit, or dates from which weeks are counted."""

DAYS_PER_MONTH = 365.25 / 12
"""Days in a month, as every rate of the package counts them."""


def to_weeks(times: pd.Series, unit: RoleUnit) -> pd.Series:
    """Return times in weeks; whole weeks of days stay whole.

    Examples
    --------
    >>> to_weeks(pd.Series([0, 21]), "day").tolist()
    [0.0, 3.0]
    """
    if unit == "day":
        return times / 7
    return times * (DAYS_PER_MONTH / 7) if unit == "month" else times


@final
@dataclass(frozen=True, slots=True)
class Roles:
    """The columns that name the subject, the time and the arm.

    Inside a cohort they are called ``subject``, ``week`` and ``arm``.

    Parameters
    ----------
    subject : str
        The column that identifies a subject.
    time : str
        The column with the time since baseline, in `time_unit`.
    arm : str, optional
        The column with the treatment arm; None for a cohort without arms.
    control : str, optional
        The reference arm. By default the one whose label says so by a word, such as placebo, sham, control, usual care,
        untreated or historical, in any of several languages; else the first in the alphabet, with a warning.
    time_unit : {"week", "day", "month", "date"}, default "week"
        The unit of `time`: "week", "day" or "month" (365.25/12 days); or "date" where the column holds dates.
    baseline : str, optional
        The column with the date that weeks are counted from, where the times are dates; it is in the visits or in the
        table of subjects. By default each subject's first visit is week 0.
    date_format : {"ymd", "dmy", "mdy", "excel", "sas", "r"}, optional
        The order of day and month in dates such as 03/04/2021, where they do not tell by themselves: "dmy" or "mdy"
        ("ymd" takes none but 2021-04-03); or whose days numbers are: "excel", "sas" (since 1960-01-01) or "r" (since
        1970-01-01).

    Examples
    --------
    >>> Roles("id", "visit_day", "group", time_unit="day").time
    'visit_day'
    """

    subject: str
    time: str
    arm: str | None = None
    control: str | None = field(default=None, kw_only=True)
    time_unit: RoleUnit = field(default="week", kw_only=True)
    baseline: str | None = field(default=None, kw_only=True)
    date_format: DateFormat | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        _require_text(self)
        if self.time_unit not in get_args(RoleUnit):
            raise DataError(
                f"Roles: time_unit is {shown(self.time_unit)}; it must be 'week', 'day', 'month' or 'date'."
            )
        _check_dates(self)
        if len(set(self.columns.values())) < len(self.columns):
            raise DataError(f"Roles: one column cannot play two roles ({_listed(self.columns)}).")
        if self.control is not None and self.arm is None:
            raise DataError(f"Roles: control={shown(self.control)} names an arm, but there is no arm column.")

    @property
    def columns(self) -> dict[str, str]:
        """The names inside a cohort and the columns outside that they stand for."""
        inside = {"subject": self.subject, "week": self.time}
        return inside if self.arm is None else inside | {"arm": self.arm}

    def to_dict(self) -> dict[str, Any]:
        """Return the roles as a dictionary that JSON can hold."""
        return asdict(self)

    @staticmethod
    def from_dict(record: Mapping[str, Any]) -> "Roles":
        """Build the roles from what `to_dict` gave.

        Examples
        --------
        >>> roles = Roles("id", "week", "arm")
        >>> Roles.from_dict(roles.to_dict()) == roles
        True
        """
        if not isinstance(record, Mapping) or not set(record) <= set(Roles.__slots__):
            raise DataError("Roles: the record does not hold exactly the fields of Roles.")
        try:
            return Roles(**record)
        except TypeError as reason:
            raise DataError("Roles: the record needs at least a subject and a time.") from reason


def order_arms(levels: Sequence[str], control: str | None = None) -> tuple[str, ...]:
    """Put the reference arm first and the rest in alphabetical order.

    Parameters
    ----------
    levels : sequence of str
        The arms that occur.
    control : str or None
        The reference arm, or None to find it by the words in its label.

    Examples
    --------
    >>> order_arms(["anakinra", "control"])
    ('control', 'anakinra')
    >>> order_arms(["low", "high"])
    ('high', 'low')
    """
    found = find_reference(levels, control)
    others = (level for level in sorted(set(levels)) if found is None or level != found.arm)
    return () if found is None else (found.arm, *others)


def _require_text(roles: Roles) -> None:
    for name in ("subject", "time", "arm", "control", "baseline"):
        value = getattr(roles, name)
        optional = name in {"arm", "control", "baseline"} and value is None
        if not optional and not (isinstance(value, str) and value.strip()):
            raise DataError(f"Roles: {name} must be the name of a column or an arm, not {shown(value)}.")


def _check_dates(roles: Roles) -> None:
    if roles.date_format not in {None, *get_args(DateFormat)}:
        raise DataError(
            f"Roles: date_format is {shown(roles.date_format)}; it must be one of {_quoted(get_args(DateFormat))}."
        )
    for name in ("baseline", "date_format"):
        if getattr(roles, name) is not None and roles.time_unit != "date":
            raise DataError(f"Roles: {name}={shown(getattr(roles, name))} is for dates; say time_unit='date' as well.")
    if roles.baseline in roles.columns.values():
        raise DataError(
            f"Roles: baseline is {shown(roles.baseline)}, which plays another role. Leave it out to count weeks from "
            "each subject's first visit."
        )


def _listed(columns: Mapping[str, str]) -> str:
    return ", ".join(f"{role} is {column!r}" for role, column in columns.items())


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
