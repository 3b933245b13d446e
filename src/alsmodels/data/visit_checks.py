"""Checks of subjects, times, arms and the pattern of visits."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.alike_checks import cores
from alsmodels.data.breaches import breach
from alsmodels.data.columns import as_names
from alsmodels.data.dates import name_format
from alsmodels.data.draft import Draft
from alsmodels.data.findings import Finding
from alsmodels.data.numbering import is_among, number_levels
from alsmodels.data.texts import missing_text

__all__ = [
    "check_arm_changes",
    "check_arm_missing",
    "check_baseline_date",
    "check_before_baseline",
    "check_date_unreadable",
    "check_no_visit",
    "check_single_visit",
    "check_subject_missing",
    "check_subject_repeated",
    "check_subject_unknown",
    "check_time_impossible",
    "check_time_infinite",
    "check_time_missing",
    "check_time_not_numeric",
    "tell_dates",
    "written",
]

MOST_WEEKS = 36_525 / 7
"""No time is further than this from baseline: 100 years."""


def written(column: pd.Series) -> pd.Series:
    """Say where the user wrote something."""
    if isinstance(column.dtype, pd.StringDtype):
        return ~missing_text(column)
    if column.dtype == "object" or isinstance(column.dtype, pd.CategoricalDtype):
        return ~missing_text(column.astype("object").map(str, na_action="ignore").astype("str"))
    return column.notna()


def check_subject_missing(draft: Draft) -> list[Finding]:
    """Find rows without a subject."""
    remedy = "Give each row its subject, or leave these rows out."
    missing = draft.numbering.codes < 0
    return breach(draft, "subject-missing", missing, column="subject", says="no subject", remedy=remedy)


def check_subject_unknown(draft: Draft) -> list[Finding]:
    """Find visits of subjects whom the subjects table does not list."""
    if draft.subjects is None:
        return []
    unknown = draft.numbering.rows_of(~is_among(draft.numbering.labels, pd.Index(draft.subjects["subject"].unique())))
    remedy = "Add these subjects to the subjects table, or leave their visits out."
    says = "the subject is not in the subjects table"
    return breach(draft, "subject-unknown", unknown, column="subject", says=says, remedy=remedy)


def check_time_missing(draft: Draft) -> list[Finding]:
    """Find rows without a time."""
    missing = ~written(draft.as_written("week")).to_numpy()
    what = "time since baseline" if draft.day_count is None else "date"
    remedy = f"Give each visit its {what}, or leave these rows out."
    says = "no time" if draft.day_count is None else "no date"
    return breach(draft, "time-missing", missing, column="week", says=says, remedy=remedy)


def check_time_not_numeric(draft: Draft) -> list[Finding]:
    """Find times that are no numbers, such as dates or "week 4"."""
    wrong = np.isnan(_weeks(draft))
    if draft.day_count is not None or not wrong.any():
        return []
    wrong &= written(draft.as_written("week")).to_numpy()
    remedy = (
        f"Write the time since baseline as a number of {draft.roles.time_unit}s: 4, not 'week 4' or a date. "
        "If the column holds dates, say Roles(..., time_unit='date')."
    )
    says = "the time is no number"
    return breach(draft, "time-not-numeric", wrong, column="week", says=says, remedy=remedy)


def check_date_unreadable(draft: Draft) -> list[Finding]:
    """Find dates that are none, or not of the calendar."""
    if draft.day_count is None:
        return []
    wrong = draft.day_count.unreadable[_rows(draft)]
    form = name_format(draft.day_count.forms[draft.roles.time])
    remedy = (
        "Write each date in full, with four digits of the year, as 2021-01-25 "
        f"(others are read as {form}), or leave these rows out."
    )
    says = "the date cannot be read, or is none of the calendar"
    return breach(draft, "date-unreadable", wrong, column="week", says=says, remedy=remedy)


def check_baseline_date(draft: Draft) -> list[Finding]:
    """Find visits of subjects without one date to count weeks from."""
    if draft.day_count is None:
        return []
    wrong = draft.day_count.uncounted[_rows(draft)]
    remedy = f"Give each subject one date in {draft.roles.baseline!r}, or leave these rows out."
    says = "the subject has no baseline date that can be read, or more than one"
    return breach(draft, "baseline-date", wrong, column=draft.roles.baseline, says=says, remedy=remedy)


def tell_dates(draft: Draft) -> list[Finding]:
    """Tell from which date weeks are counted."""
    if draft.day_count is None:
        return []
    remedy = "To count from another date, name its column: Roles(..., baseline='randomisation_date')."
    return [Finding("weeks-from-dates", "note", draft.roles.time, (), draft.day_count.describe(draft.roles), remedy)]


def check_time_infinite(draft: Draft) -> list[Finding]:
    """Find infinite times."""
    infinite = np.isinf(_weeks(draft))
    remedy = "Give the time at which the visit took place, or leave these rows out."
    return breach(draft, "time-infinite", infinite, column="week", says="the time is infinite", remedy=remedy)


def check_time_impossible(draft: Draft) -> list[Finding]:
    """Find times more than a lifetime from baseline, such as dates that a spreadsheet keeps as numbers of days."""
    far = np.isfinite(_weeks(draft)) & (np.abs(_weeks(draft)) > MOST_WEEKS)
    if draft.day_count is None:
        remedy = (
            f"Write the {draft.roles.time_unit}s since baseline; a number such as 43831 is a date of a spreadsheet."
        )
    else:
        remedy = "Correct the date of the visit, or that of week 0."
    says = "the time is more than 100 years from baseline"
    return breach(draft, "time-impossible", far, column="week", says=says, remedy=remedy)


def check_arm_missing(draft: Draft) -> list[Finding]:
    """Find rows without an arm."""
    if "arm" not in draft.visits.columns:
        return []
    missing = draft.visits["arm"].isna().to_numpy()
    remedy = "Give every row of a subject the subject's arm, or leave these rows out."
    return breach(draft, "arm-missing", missing, column="arm", says="no arm", remedy=remedy)


def check_arm_changes(draft: Draft) -> list[Finding]:
    """Find subjects with more than one arm, in the visits or in the visits and the subjects table."""
    if "arm" not in draft.visits.columns:
        return []
    arms, names = number_levels(draft.visits["arm"])
    there = pd.Index(names)
    inside = changes = draft.numbering.rows_of(draft.numbering.varying(arms))
    if draft.subjects is not None and "arm" in draft.subjects.columns:
        planned = _planned_arms(draft.subjects, draft.numbering.labels)
        place = np.append(pd.Index(there).get_indexer(planned), -1)[draft.numbering.codes]
        changes = changes | draft.numbering.rows_of(planned.notna().to_numpy()) & (arms >= 0) & (place != arms)
    remedy = "Give each subject one arm: the one planned at baseline. A change of treatment is an event."
    says = "the subject has more than one arm"
    if changes.any() and (changes == inside).all() and not draft.numbering.varying(_folded(arms, there)).any():
        says = "the subject's arm is spelt in more than one way"
        remedy = f"Write each arm in one way; there are {as_names(pd.unique(draft.visits['arm'][changes].dropna()))}."
    return breach(draft, "arm-changes", changes, column="arm", says=says, remedy=remedy)


def check_before_baseline(draft: Draft) -> list[Finding]:
    """Find visits before week 0."""
    before = (_weeks(draft) < 0) & np.isfinite(_weeks(draft))
    remedy = "Kept as they are. If time 0 is not the baseline, shift the times; else leave these rows out."
    says = "the visit is before week 0"
    return breach(draft, "visit-before-baseline", before, column="week", says=says, remedy=remedy)


def check_single_visit(draft: Draft) -> list[Finding]:
    """Find subjects with one visit only."""
    single = draft.numbering.rows_of(draft.numbering.count() == 1)
    remedy = "Kept: they inform the level at that visit, not the slope."
    says = "the only visit of the subject"
    return breach(draft, "single-visit", single, column=None, says=says, remedy=remedy)


def check_subject_repeated(draft: Draft) -> list[Finding]:
    """Find second rows of one subject in the subjects table."""
    if draft.subjects is None:
        return []
    again = draft.subjects["subject"].duplicated().to_numpy()
    remedy = "Keep one row for each subject in the subjects table."
    says = "the subject already has a row in the subjects table"
    return breach(draft, "subject-repeated", again, column="subject", says=says, remedy=remedy)


def check_no_visit(draft: Draft) -> list[Finding]:
    """Find subjects of the subjects table without a visit."""
    if draft.subjects is None:
        return []
    there = draft.numbering.labels[draft.numbering.count() > 0]
    absent = ~is_among(draft.subjects["subject"], there)
    remedy = "Kept among the subjects; no fit can use them."
    says = "the subject has no visit"
    return breach(draft, "no-visit", absent, column="subject", says=says, remedy=remedy)


def _rows(draft: Draft) -> NDArray[np.intp]:
    """The places of the visits that remain among all rows."""
    return draft.visits.index.to_numpy() - 1


def _weeks(draft: Draft) -> NDArray[np.float64]:
    return draft.visits["week"].to_numpy()


def _folded(arms: NDArray[np.intp], there: pd.Index) -> NDArray[np.intp]:
    """The number of each row's arm, where arms that look alike are one."""
    names = cores(pd.Series(np.asarray(there, dtype=object), dtype="str"))
    return np.append(pd.factorize(names)[0], -1)[arms]


def _planned_arms(subjects: pd.DataFrame, labels: pd.Index) -> pd.Series:
    return subjects.drop_duplicates("subject").set_index("subject")["arm"].reindex(labels)
