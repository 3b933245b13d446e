"""Reading PRO-ACT, the pooled archive of ALS trials, from the folder of files that it is handed out as.

Weeks are days since enrolment / 7. No record disappears uncounted: `Cohort.flow` tells how many each rule left
out, and the cohort's warnings tell how the archive's own ambiguities were taken.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import final

import pandas as pd

from alsmodels.data.cohort import Cohort
from alsmodels.data.columns import as_names, as_text, with_columns
from alsmodels.data.draft import OutcomeLike
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.missing import MissingLike, read_missing
from alsmodels.data.outcomes import Outcome
from alsmodels.data.paths import as_path
from alsmodels.data.readers.proact_breath import breath_outcomes, read_breath
from alsmodels.data.readers.proact_events import Deaths, contact_notes, last_contacts, read_deaths
from alsmodels.data.readers.proact_files import Archive, open_archive
from alsmodels.data.readers.proact_labs import choose_labs, find_tests, lab_outcomes, read_labs
from alsmodels.data.readers.proact_records import (
    RECORD_RULES,
    Records,
    apply_rules,
    join_days,
    leave_records,
    start_records,
)
from alsmodels.data.readers.proact_scores import OLDER_RESPIRATORY, read_scores, scale_notes
from alsmodels.data.readers.proact_subjects import read_subjects
from alsmodels.data.roles import Roles
from alsmodels.errors import DataError, shown

__all__ = ["PROACT_LEAVES_OUT", "read_proact"]

PROACT_LEAVES_OUT = ("time-missing", "total-not-sum", "duplicate-visit", "visit-after-death")
"""The rules that the archive itself breaks, and whose offending records go by default."""

_ABOUT_SUBJECTS = ("TREATMENT", "ALSHISTORY", "DEMOGRAPHICS", "RILUZOLE", "DEATHDATA")


@final
@dataclass(frozen=True, slots=True)
class _Wish:
    """What the user asks of the archive."""

    labs: Mapping[str, str] | Sequence[str]
    outcomes: Sequence[OutcomeLike]
    arms: bool
    vital_capacity: bool
    leave_out: frozenset[str]

    @property
    def used(self) -> tuple[str, ...]:
        breath = ("FVC", "SVC") if self.vital_capacity else ()
        return ("ALSFRS", *breath, *(("LABS",) if self.labs else ()), *_ABOUT_SUBJECTS)

    @property
    def required(self) -> tuple[str, ...]:
        return ("ALSFRS", *(("LABS",) if self.labs else ()), *(("TREATMENT",) if self.arms else ()))


@final
@dataclass(frozen=True, slots=True, eq=False)
class _Measured:
    """The records of all tables, the outcomes they hold, and what was met on the way."""

    records: Records
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]


def read_proact(
    folder: str | Path,
    *,
    labs: Mapping[str, str] | Sequence[str] = (),
    outcomes: Sequence[OutcomeLike] = (),
    arms: bool = False,
    vital_capacity: bool = True,
    leave_out: Collection[str] = PROACT_LEAVES_OUT,
    missing: MissingLike = (),
) -> Cohort:
    """Read a cohort from the files of PRO-ACT.

    Parameters
    ----------
    folder : str or Path
        The folder with the files of one release, named as in any of the three: ``alsfrs.csv``, ``PROACT_ALSFRS.csv``,
        ``F_PROACT_ALSFRS.csv``. Only ALSFRS must be there. Every table is read, since any may hold a subject's last
        day.
    labs : mapping of str to str or sequence of str, default ()
        The laboratory tests to read, by their names in the archive without regard to case and spaces, such as ``["CK",
        "Bilirubin (Total)"]``. A test in several units needs the one that is meant in square brackets, ``"Creatinine
        [umol/L]"``; nothing is converted. An outcome is called after test and unit, as ``creatinine_umol_l``; a mapping
        gives other names.
    outcomes : sequence of Outcome or str, default ()
        The further descriptions of the outcomes, such as limits of quantification, by the names they get.
    arms : bool, default False
        Whether the arms are those of TREATMENT (Active, Placebo); subjects without one are then left out and counted.
        By default the cohort has no arms and keeps everybody, as historical controls need it, and Study_Arm is the
        covariate study_arm.
    vital_capacity : bool, default True
        Whether to read FVC and SVC.
    leave_out : collection of str, optional
        Names of rules whose offending records or visits are left out and counted. The default is what the archive
        itself breaks: records without a day, totals that are not the sum of their items, records of one day that differ
        (the one with most values stays, among equals the first) and visits after death. ``()`` refuses them all.
    missing : collection of str or float, or mapping of str to such a collection, default ()
        Words and numbers that stand for no value, such as ``["ND", -99]``, in every column that is read but those of
        subjects and days; or by column, as the archive names it. Their cells are emptied and counted.

    Returns
    -------
    Cohort
        One visit for each subject and day on which anything was measured. Visits have the ALSFRS-R items, item
        5 being 5a or else 5b, and gastrostomy ("yes" where 5b alone is answered, "no" where 5a alone is);
        alsfrs_r (0-48), and alsfrs with q10_respiratory (the older scale, 0-40), never one for the other;
        fvc_litres, fvc_percent, svc_litres, svc_percent; and the tests asked for. Subjects have age, sex, onset,
        months_since_onset, diagnosis_delay (months), delta_frs, riluzole, study_arm, died, last_contact_week
        (the week of death, or the largest day in any table) and last_contact_table. Deaths are events, without
        a week where the day is unknown.

    Raises
    ------
    ReadError
        If the folder does not hold PRO-ACT: no ALSFRS, a table twice, columns missing or no rows; or if a file
        cannot be read as what its ending says.
    DataError
        If a test is not there or its unit is unclear, or if a rule is broken that `leave_out` does not name.

    Notes
    -----
    Subjects of tables without a record that is kept are left out and counted. The names and meanings of the
    tables are those of the Pooled Resource Open-Access ALS Clinical Trials database (Atassi et al. 2014,
    Neurology 83:1719-1725). Age is at enrolment; months are of 365.25/12 days.
    """
    declared = (outcomes,) if isinstance(outcomes, (str, Outcome)) else tuple(outcomes)
    wish = _Wish(labs, declared, arms, vital_capacity, _known_rules(leave_out))
    words = read_missing(missing)
    archive = open_archive(as_path(folder), used=wish.used, required=wish.required, missing=words)
    measured = _measure(archive, wish)
    records = apply_rules(_with_arms_alone(measured.records, archive) if arms else measured.records, wish.leave_out)
    visits, flow = join_days(records)
    visits = _tidy(visits, measured.outcomes)
    deaths = read_deaths(archive.tables.get("DEATHDATA"), kept=set(visits["subject"]))
    subjects, about_subjects = _subjects(archive, records, deaths, visits)
    cohort = _checked(visits, subjects.rename(columns={"study_arm": "arm"} if arms else {}), deaths, measured, wish)
    findings = [*archive.findings, *measured.findings, *scale_notes(records.tables["ALSFRS"]), *about_subjects]
    return cohort.after(flow, deaths.flow, findings)


def _known_rules(leave_out: Collection[str]) -> frozenset[str]:
    """The rules as a set; what is none is refused here already, as the archive takes long to read."""
    if not isinstance(leave_out, Collection):
        raise DataError(f"leave_out is a list of names of rules, not {shown(leave_out)}.")
    names = [leave_out] if isinstance(leave_out, str) else list(leave_out)
    unknown = [str(name) for name in names if name not in tuple(RULES)]
    if unknown:
        raise DataError(f"leave_out: {as_names(unknown)} is no rule; the rules are {as_names(RULES)}.")
    return frozenset(names)


def _measure(archive: Archive, wish: _Wish) -> _Measured:
    """Read the measured tables, and of LABS choose the tests."""
    scores, findings = read_scores(archive.tables["ALSFRS"])
    frames, outcomes, met = {"ALSFRS": scores}, [OLDER_RESPIRATORY], list(findings)
    for name in (name for name in ("FVC", "SVC") if name in archive.tables):
        frames[name], findings = read_breath(archive.tables[name])
        outcomes += breath_outcomes(name)
        met += findings
    if not wish.labs:
        return _Measured(start_records(frames, archive.subjects), tuple(outcomes), tuple(met))
    frames["LABS"], findings = read_labs(archive.tables["LABS"])
    tests = find_tests(wish.labs, frames["LABS"])
    records, about_results = choose_labs(start_records(frames, archive.subjects), tests)
    return _Measured(records, (*outcomes, *lab_outcomes(tests)), (*met, *findings, *about_results))


def _with_arms_alone(records: Records, archive: Archive) -> Records:
    treatment = archive.tables["TREATMENT"].frame
    allocated = treatment["subject"][as_text(treatment["study_arm"]).notna()]
    for name, table in records.tables.items():
        records = leave_records(records, name, "no Study_Arm", ~table["subject"].isin(allocated))
    return records


def _tidy(visits: pd.DataFrame, outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """Add outcomes of which no value is left, and drop what is neither outcome nor item, if nobody has it."""
    lost = [outcome.name for outcome in outcomes if outcome.name not in visits]
    visits = with_columns(visits, dict.fromkeys(lost, float("nan")))
    optional = [name for name in (OLDER_RESPIRATORY.name, "gastrostomy") if name in visits]
    return visits.drop(columns=[name for name in optional if visits[name].isna().all()])


def _subjects(
    archive: Archive, records: Records, deaths: Deaths, visits: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    subjects, findings = read_subjects(archive.tables, records.tables["ALSFRS"], kept=set(visits["subject"]))
    if "DEATHDATA" in archive.tables:
        subjects = subjects.assign(died=subjects["subject"].map(deaths.died).astype("str"))
    subjects = subjects.join(last_contacts(archive.contacts, deaths), on="subject")
    return subjects, (*findings, *deaths.findings, *contact_notes(subjects, visits))


def _checked(visits: pd.DataFrame, subjects: pd.DataFrame, deaths: Deaths, measured: _Measured, wish: _Wish) -> Cohort:
    given = {outcome.name if isinstance(outcome, Outcome) else outcome for outcome in wish.outcomes}
    known = [outcome for outcome in measured.outcomes if outcome.name in visits and outcome.name not in given]
    try:
        return Cohort.from_frame(
            visits,
            Roles("subject", "day", "arm" if wish.arms else None, time_unit="day"),
            outcomes=[*wish.outcomes, *known],
            events=deaths.events,
            subjects=subjects,
            leave_out=wish.leave_out - set(RECORD_RULES),
        )
    except DataError as reason:
        told = "Rows are those of the joined visits, one for each subject and day."
        raise DataError(f"{reason}\n({told})") from reason
