"""What PRO-ACT says of each subject at enrolment: one row from tables that may have several.

Of several values the first that is there counts, but for the onset and the diagnosis, of which the earliest
counts, and riluzole, of which "yes" counts; where rows disagree, a warning says for how many subjects.
"""

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType

import pandas as pd

from alsmodels.data.alsfrsr import MAXIMUM, delta_frs, months_between
from alsmodels.data.breaches import counted
from alsmodels.data.columns import as_text
from alsmodels.data.findings import Finding
from alsmodels.data.readers.proact_columns import ProactTable, first_of_each, note, read_numbers, yes_or_no

__all__ = ["read_subjects"]

_DAYS_PER_YEAR = 365.25
_SEXES: Mapping[str, str] = MappingProxyType({"m": "male", "male": "male", "f": "female", "female": "female"})
_SITES = ("bulbar", "limb", "spine", "other")
_FLAG = "site_of_onset_"

Column = tuple[pd.Series, list[Finding]]


def read_subjects(
    tables: Mapping[str, ProactTable], scores: pd.DataFrame, *, kept: Collection[str]
) -> tuple[pd.DataFrame, tuple[Finding, ...]]:
    """Read treatment, demographics, history and riluzole.

    Parameters
    ----------
    tables : mapping of str to ProactTable
        The tables of the archive by name; those that are absent give no column.
    scores : pandas.DataFrame
        Subject, day and alsfrs_r of the records that are kept, for delta_frs.
    kept : collection of str
        The subjects of the cohort.

    Returns
    -------
    pandas.DataFrame
        subject, and as the tables allow: age (years), sex, onset ("limb", "bulbar", "limb and bulbar", "spine",
        "other"), months_since_onset (at enrolment), diagnosis_delay (months from onset to diagnosis), delta_frs
        (points a month from onset to the last ALSFRS-R total at or before enrolment), riluzole, study_arm.
    tuple of Finding
        Rows that disagree and values that cannot be.
    """
    columns: dict[str, pd.Series] = {}
    findings: list[Finding] = []
    for name, read in _READERS.items():
        if name in tables:
            read_columns, found = read(tables[name])
            columns |= read_columns
            findings += found
    subjects = pd.DataFrame({"subject": pd.Series(sorted(kept), dtype="str")})
    for name, column in columns.items():
        # Without the type a text that nobody has would be a column of numbers.
        subjects[name] = subjects["subject"].map(column).astype(column.dtype)
    return _with_delta_frs(subjects, scores), tuple(findings)


def _read_demographics(table: ProactTable) -> tuple[dict[str, pd.Series], list[Finding]]:
    numbers, texts = read_numbers(table, ["Age", "Date_of_Birth"])
    findings = list(texts)
    # The date of birth is given in days since enrolment, so it is negative.
    born = numbers["Date_of_Birth"].where(numbers["Date_of_Birth"] < 0) / -_DAYS_PER_YEAR
    made = numbers["Age"].isna() & born.notna()
    if made.any():
        message = f"{counted(int(made.sum()), 'row')} with Date_of_Birth, but without Age."
        findings.append(note("age-made", "Age", message, "The age is that at enrolment, by the date of birth."))
    sex = as_text(table.frame["sex"]).str.casefold()
    age, of_ages = _first(table, "Age", numbers["Age"].fillna(born))
    sexes, of_sexes = _first(table, "Sex", sex.map(_SEXES).astype("str").fillna(sex))
    return {"age": age, "sex": sexes}, [*findings, *of_ages, *of_sexes]


def _read_history(table: ProactTable) -> tuple[dict[str, pd.Series], list[Finding]]:
    numbers, texts = read_numbers(table, ["Onset_Delta", "Diagnosis_Delta"])
    onset, of_onsets = _earliest(table, "Onset_Delta", numbers["Onset_Delta"])
    diagnosis, of_diagnoses = _earliest(table, "Diagnosis_Delta", numbers["Diagnosis_Delta"])
    late = onset > 0
    findings = [*texts, *of_onsets, *of_diagnoses]
    if late.any():
        message = f"{counted(int(late.sum()), 'subject')} with an onset after enrolment."
        findings.append(note("onset-after-enrolment", "Onset_Delta", message, "Taken as missing."))
    onset = onset.mask(late)
    delay = months_between(diagnosis - onset.reindex(diagnosis.index))
    if (delay < 0).any():
        message = f"{counted(int((delay < 0).sum()), 'subject')} with a diagnosis before the onset."
        findings.append(note("diagnosis-before-onset", "Diagnosis_Delta", message, "The delay is missing."))
    site, of_sites = _read_sites(table)
    columns = {"onset": site, "months_since_onset": months_between(-onset), "diagnosis_delay": delay.mask(delay < 0)}
    return columns, [*findings, *of_sites]


def _read_sites(table: ProactTable) -> Column:
    """Read the site of onset: a text such as "Onset: Limb" where there is one, else columns of 0 and 1."""
    frame = table.frame
    text = (
        as_text(frame["site_of_onset"])
        if "site_of_onset" in frame.columns
        else pd.Series(index=frame.index, dtype="str")
    )
    said = text.str.casefold().str.removeprefix("onset:").str.replace(r"[\s_]+", " ", regex=True).str.strip()
    flagged, unclear = _flagged_sites(frame)
    sites, findings = _first(table, "Site_of_Onset", said.fillna(flagged))
    unclear &= said.isna()
    if unclear.any():
        message = f"{counted(int(unclear.sum()), 'row')} with several sites of onset that are not limb and bulbar."
        findings.append(note("onset-unclear", "Site_of_Onset", message, "The site is missing there."))
    return sites, findings


def _flagged_sites(frame: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """The site by the columns of 0 and 1, and whether they say several that have no name together."""
    flags = pd.DataFrame({site: _flag(frame, site) for site in (*_SITES, "limb_and_bulbar")}, index=frame.index)
    both = flags["limb_and_bulbar"] | (flags["limb"] & flags["bulbar"])
    limbs_or_bulbar = both | flags["limb"] | flags["bulbar"]
    several = limbs_or_bulbar.astype("int64") + flags["spine"] + flags["other"] > 1
    sites = pd.Series(index=frame.index, dtype="str")
    for site in _SITES:
        sites = sites.mask(flags[site], site)
    return sites.mask(both, "limb and bulbar").mask(several), several


def _flag(frame: pd.DataFrame, site: str) -> pd.Series:
    name = _FLAG + site
    if name not in frame.columns:
        return pd.Series(data=False, index=frame.index)
    return yes_or_no(frame[name]) == "yes"


def _read_riluzole(table: ProactTable) -> tuple[dict[str, pd.Series], list[Finding]]:
    said = yes_or_no(table.frame["subject_used_riluzole"])
    _, findings = _first(table, "Subject_used_Riluzole", said, counts="yes")
    used = pd.DataFrame({"subject": table.frame["subject"], "said": said}).dropna()
    # "yes" is the later of the two in the alphabet.
    return {"riluzole": used.groupby("subject")["said"].max()}, findings


def _read_treatment(table: ProactTable) -> tuple[dict[str, pd.Series], list[Finding]]:
    arms, findings = _first(table, "Study_Arm", as_text(table.frame["study_arm"]))
    return {"study_arm": arms}, findings


_READERS = MappingProxyType(
    {
        "DEMOGRAPHICS": _read_demographics,
        "ALSHISTORY": _read_history,
        "RILUZOLE": _read_riluzole,
        "TREATMENT": _read_treatment,
    }
)


def _first(table: ProactTable, name: str, values: pd.Series, *, counts: str = "the first") -> Column:
    first, disagreeing = first_of_each(table.frame["subject"], values)
    return first, list(_disagreement(table, name, disagreeing, counts))


def _earliest(table: ProactTable, name: str, days: pd.Series) -> Column:
    _, disagreeing = first_of_each(table.frame["subject"], days)
    earliest = days.groupby(table.frame["subject"]).min()
    return earliest, list(_disagreement(table, name, disagreeing, "the earliest"))


def _disagreement(table: ProactTable, name: str, disagreeing: int, counts: str) -> Iterator[Finding]:
    if disagreeing:
        message = f"{table.file}: {counted(disagreeing, 'subject')} with several rows that do not agree on {name}."
        yield note("rows-disagree", name, message, f"Of their values {counts} counts.")


def _with_delta_frs(subjects: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """Add the rate of decline from onset to the last total at or before enrolment."""
    if "months_since_onset" not in subjects.columns:
        return subjects
    before = scores[(scores["day"] <= 0) & scores["alsfrs_r"].between(0, MAXIMUM)].sort_values("day", kind="stable")
    baseline = before.drop_duplicates("subject", keep="last").set_index("subject")
    total = subjects["subject"].map(baseline["alsfrs_r"])
    months = subjects["months_since_onset"] + months_between(subjects["subject"].map(baseline["day"]))
    there = total.notna() & (months > 0)
    return subjects.assign(delta_frs=delta_frs(total[there], months[there]).reindex(subjects.index))
