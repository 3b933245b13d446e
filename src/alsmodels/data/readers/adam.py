"""Reading a CDISC ADaM study: ADSL, one or several BDS tables, and ADTTE.

Week = (ADY - (ADY > 0)) / 7, since ADY has no day 0. No record disappears uncounted: `Cohort.flow` tells how
many each rule left out. The ALSFRS-R codes (`ALSFRSR`, `ALSFR01` to `ALSFR12`, `ALSFRBUL`, `ALSFRFIN`,
`ALSFRGRO`, `ALSFRRES`) are this package's own, as CDISC has none.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from alsmodels.data.alsfrsr import ITEMS
from alsmodels.data.cohort import Cohort
from alsmodels.data.columns import as_names, as_text, require_columns
from alsmodels.data.draft import OutcomeLike
from alsmodels.data.findings import Finding
from alsmodels.data.missing import MissingLike
from alsmodels.data.outcomes import Outcome
from alsmodels.data.readers.adam_days import with_study_days
from alsmodels.data.readers.adam_events import read_events
from alsmodels.data.readers.adam_records import (
    RECORD_RULES,
    Records,
    check_records,
    join_visits,
    leave_records,
    leave_subjects_without,
    stack_tables,
)
from alsmodels.data.readers.adam_tables import AdamTables, open_tables
from alsmodels.data.roles import Roles
from alsmodels.errors import DataError, shown

__all__ = ["ALSFRS_R_CODES", "read_adam"]

ALSFRS_R_CODES: Mapping[str, str] = MappingProxyType(
    {
        "ALSFRSR": "alsfrs_r",
        "ALSFRBUL": "bulbar",
        "ALSFRFIN": "fine_motor",
        "ALSFRGRO": "gross_motor",
        "ALSFRRES": "respiratory",
        **{f"ALSFR{int(number):02d}": name for number, name in ITEMS.items() if number.isdigit()},
    }
)
"""Code of the parameter (PARAMCD) to the name inside a cohort."""

_COVARIATES = ("AGE", "SEX", "RACE", "SITEGR1")
_DEFAULT_FLAG = "ANL01FL"
_END_OF_TREATMENT = 99
_TAKEN = frozenset({"subject", "week", "arm", "AVISITN", "AVISIT"})


def read_adam(
    source: str | Path | Mapping[str, object],
    *,
    parameters: Mapping[str, str] | Sequence[str] | None = None,
    outcomes: Sequence[Outcome] = (),
    arm: str | None = "TRT01P",
    control: str | None = None,
    population: str | None = None,
    covariates: Sequence[str] | None = None,
    analysis_flag: str | None = _DEFAULT_FLAG,
    scheduled_only: bool = False,
    event_kinds: Mapping[str, str] | None = None,
    leave_out: Collection[str] = (),
    missing: MissingLike = (),
    empty: Collection[str] = (),
) -> Cohort:
    """Read a cohort from ADaM tables.

    Parameters
    ----------
    source : str, Path or mapping of str to DataFrame
        A folder with .xpt, .parquet and Dataset-JSON (.json, .ndjson) files named after their tables, or a mapping of
        names to tables of pandas, polars or pyarrow. ADSL must be there; ADTTE gives the events; every table with
        PARAMCD, AVAL and ADY is a BDS table. Where a table has no ADY, study days are counted from ADT or ADTM and the
        first day of treatment (TRTSDT), and a note says so.
    parameters : mapping of str to str or sequence of str, optional
        The parameters (PARAMCD) to read, with the names they get, or a sequence of them: a known ALSFRS-R code gets its
        name, another keeps its own. None reads the ALSFRS-R codes there are.
    outcomes : sequence of Outcome, default ()
        The descriptions of the outcomes, by the names they get.
    arm : str or None, default "TRT01P"
        The column of ADSL with the arm; None for a cohort without arms.
    control : str, optional
        The reference arm.
    population : str, optional
        A flag of ADSL, such as "EFFFL": only subjects with "Y" are kept.
    covariates : sequence of str, optional
        The columns of ADSL to keep; None keeps AGE, SEX, RACE and SITEGR1 where they are there.
    analysis_flag : str or None, default "ANL01FL"
        A flag of the BDS tables: where a table has it, only records with "Y" are kept. None ignores it; so read the
        pilot study's ADLBC, which flags one record a subject for another purpose.
    scheduled_only : bool, default False
        Whether records without AVISITN, the unscheduled visits, are left out.
    event_kinds : mapping of str to str, optional
        The kind of event for each PARAMCD of ADTTE; a parameter that is not here keeps its code as the kind.
    leave_out : collection of str, default ()
        Names of rules whose offending rows are left out and counted; "duplicate-visit" here concerns two records of one
        parameter, subject and day.
    missing : collection of str or float, or mapping of str to such a collection, default ()
        Words and numbers that stand for no value, as in `read_cohort`.
    empty : collection of str, default ()
        Names of rules about values whose offending cells are emptied, as in `read_cohort`.

    Returns
    -------
    Cohort
        The checked cohort, with one visit for each subject and day; AVISITN and AVISIT stay with the visits. Subjects
        of ADSL without a kept record are left out and counted.
    """
    tables, told = with_study_days(open_tables(source))
    everyone = as_text(tables.adsl["USUBJID"])
    records = stack_tables(tables.bds, flag=_flag(analysis_flag, tables), subjects=everyone)
    records = leave_subjects_without(records, everyone)
    records = _of_population(records, tables.adsl, population)
    names = _parameter_names(parameters, records.frame["PARAMCD"])
    records = leave_records(records, "parameter not asked for", ~records.frame["PARAMCD"].isin(list(names)))
    chosen = _of_analysis(records, analysis_flag, scheduled_only=scheduled_only)
    visits = join_visits(check_records(chosen, _as_set(leave_out)), names)
    kept = set(visits.frame["subject"])
    events, events_flow = read_events(tables.adtte, event_kinds or {}, subjects=kept)
    cohort = _checked(
        visits.frame,
        Roles("subject", "week", "arm" if arm else None, control=control),
        outcomes=_declared(outcomes, names),
        events=events,
        subjects=_subjects(tables.adsl[everyone.isin(list(kept))], arm, covariates),
        leave_out=_as_set(leave_out) - RECORD_RULES,
        missing=missing,
        empty=empty,
    )
    findings = (*told, *_flag_findings(records, chosen, analysis_flag))
    return cohort.after(visits.flow, events_flow, findings)


def _as_set(leave_out: Collection[str]) -> set[str]:
    return {leave_out} if isinstance(leave_out, str) else set(leave_out)


def _flag(flag: str | None, tables: AdamTables) -> str | None:
    if flag is not None and flag != _DEFAULT_FLAG and not any(flag in table for table in tables.bds.values()):
        raise DataError(f"analysis_flag: no BDS table has the column {shown(flag)}.")
    return flag


def _of_population(records: Records, adsl: pd.DataFrame, population: str | None) -> Records:
    if population is None:
        return records
    require_columns(adsl, [population], "ADSL")
    members = as_text(adsl["USUBJID"])[as_text(adsl[population]) == "Y"]
    kept = leave_records(records, f"not in population {population}", ~records.frame["USUBJID"].isin(list(members)))
    if kept.frame.empty:
        raise DataError(f'No subject has {population} == "Y" and a record.')
    return kept


def _of_analysis(records: Records, flag: str | None, *, scheduled_only: bool) -> Records:
    records = leave_records(records, "imputed (DTYPE)", records.frame["DTYPE"].notna())
    records = leave_records(records, "visit 99 (AVISITN)", records.frame["AVISITN"] == _END_OF_TREATMENT)
    if scheduled_only:
        records = leave_records(records, "unscheduled (no AVISITN)", records.frame["AVISITN"].isna())
    return leave_records(records, f"not flagged ({flag})", records.frame["FLAG"] != "Y")


def _parameter_names(parameters: Mapping[str, str] | Sequence[str] | None, codes: pd.Series) -> dict[str, str]:
    there = sorted(codes.dropna().unique())
    if parameters is None:
        known = {code: name for code, name in ALSFRS_R_CODES.items() if code in there}
        if not known:
            raise DataError(f"No ALSFRS-R parameter is there; say parameters=[...]; there are {as_names(there)}.")
        return known
    listed = [parameters] if isinstance(parameters, str) else parameters
    if not isinstance(listed, (Mapping, Sequence, Set)):
        raise DataError(f"parameters are codes (PARAMCD), or a mapping of codes to names, not {shown(listed)}.")
    names = dict(listed) if isinstance(listed, Mapping) else {c: ALSFRS_R_CODES.get(c, c) for c in listed}
    absent = [code for code in names if code not in there]
    if absent or not names:
        raise DataError(f"parameters: {as_names(absent)} not among the PARAMCD there are: {as_names(there)}.")
    taken = [name for name in names.values() if not isinstance(name, str) or name in _TAKEN]
    if taken:
        raise DataError(f"parameters: {shown(taken[0])} cannot be the name of a parameter; give it another.")
    if len(set(names.values())) < len(names):
        raise DataError(f"parameters: two of them get one name ({as_names(names.values())}).")
    return names


def _declared(outcomes: Sequence[Outcome], names: Mapping[str, str]) -> list[OutcomeLike]:
    given = {outcome.name if isinstance(outcome, Outcome) else outcome for outcome in outcomes}
    others = [name for name in names.values() if name not in given and name not in ITEMS.values()]
    return [*outcomes, *others]


def _subjects(adsl: pd.DataFrame, arm: str | None, covariates: Sequence[str] | None) -> pd.DataFrame:
    wanted = [c for c in _COVARIATES if c in adsl.columns] if covariates is None else list(covariates)
    require_columns(adsl, [*([arm] if arm else []), *wanted], "ADSL")
    arms = {"arm": adsl[arm]} if arm else {}
    return pd.DataFrame({"subject": adsl["USUBJID"], **arms, **{name: adsl[name] for name in wanted}})


def _checked(frame: pd.DataFrame, roles: Roles, **given: Any) -> Cohort:
    try:
        return Cohort.from_frame(frame, roles, **given)
    except DataError as reason:
        rows = "\n(Rows are those of the joined visits, one for each subject and day.)"
        raise DataError(f"{reason}{rows if str(reason).startswith('The table breaks') else ''}") from reason


def _flag_findings(before: Records, after: Records, flag: str | None) -> tuple[Finding, ...]:
    """Warn when the flag leaves less than half: it then marks something other than the records to analyse."""
    unflagged = int((before.frame["FLAG"] != "Y").sum())
    if 2 * unflagged <= len(before.frame):
        return ()
    message = f"{unflagged} of {len(before.frame)} records do not have the flag; {len(after.frame)} are kept."
    remedy = "If the flag marks something other than the records to analyse, say analysis_flag=None."
    return (Finding("analysis-flag", "warning", flag, (), message, remedy),)
