"""The corpus of bad input: its table, and the call that reads each case."""

import shutil
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

import alsmodels as als

ROOT = Path(__file__).parents[1] / "corpus"
OVERLAID = ("adam", "proact", "saved")
"""Readers of folders: a case's folder holds what differs from the folder called good."""

WIDE = {"columns": {"alsfrs_r": "als_w{week}"}, "subject": "id", "arm": "arm"}


@dataclass(frozen=True)
class Case:
    """One row of the table; cases.toml says at its head what each field is."""

    file: str
    variant: str = ""
    role: str = "visits"
    roles: dict = field(default_factory=dict)
    outcomes: tuple = ()
    log: str = ""
    subjects: str = ""
    leave_out: tuple = ()
    options: dict = field(default_factory=dict)
    without: tuple = ()
    refused: tuple = ()
    kept: tuple = ()
    warns: tuple = ()
    left_out: dict = field(default_factory=dict)
    events_kept: int = 0
    events_left_out: dict = field(default_factory=dict)

    @property
    def name(self):
        """The file, with the variant if it has one."""
        return f"{self.file}#{self.variant}" if self.variant else self.file

    @property
    def reader(self):
        """The folder, which says what reads the case."""
        return self.file.split("/")[0]


def read_cases():
    """Every case of the table."""
    return [Case(**row) for row in tomllib.loads((ROOT / "cases.toml").read_text(encoding="utf-8"))["case"]]


def lay_out(case, folder):
    """Return the place of a case; of a folder, the good one in which its files are laid."""
    if case.reader not in OVERLAID:
        return ROOT / case.file
    shutil.copytree(ROOT / case.reader / "good", folder, dirs_exist_ok=True)
    shutil.copytree(ROOT / case.file, folder, dirs_exist_ok=True)
    for name in case.without:
        (folder / name).unlink()
    return folder


def read_case(case, place):
    """Read a case as its folder says."""
    given = {"leave_out": case.leave_out} if case.leave_out else {}
    if case.reader == "saved":
        return als.read_cohort(place)
    if case.reader == "adam":
        return als.read_adam(place, **given, **case.options)
    if case.reader == "wide":
        return als.read_wide(place, **(WIDE | given | case.options))
    if case.reader == "proact":
        return als.read_proact(place, **given, **case.options)
    return _read_table(case, place, given)


def _read_table(case, place, given):
    roles = als.Roles(**({"subject": "id", "time": "week", "arm": "arm"} | _roles(case)))
    given |= {case.role: place} if case.role != "visits" else {}
    given |= {"subjects": ROOT / case.subjects} if case.subjects else {}
    outcomes = [*case.outcomes, *([als.Outcome(case.log, scale="log")] if case.log else [])]
    visits = place if case.role == "visits" else ROOT / "csv" / "good.csv"
    return als.read_cohort(visits, roles, outcomes=outcomes, **given, **case.options)


def _roles(case):
    """TOML has no null; an arm that is not said is an empty text there."""
    return {name: value or None for name, value in case.roles.items()}
