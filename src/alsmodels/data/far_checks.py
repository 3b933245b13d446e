"""Suspecting that a time was mistyped, since it lies alone and far from all others: 1200 for 12, or 2012 for 2021.

One such time carries the slopes of a whole trial. What is looked at is the gap between it and the other visits of its
subject, beside the follow-up of the other subjects: late visits that come at regular gaps, and those that several
subjects have, are honest.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from alsmodels.data.breaches import breach
from alsmodels.data.code_checks import check_time_codes
from alsmodels.data.draft import Draft
from alsmodels.data.findings import Finding
from alsmodels.data.numbering import Codes, Mask

__all__ = ["check_far"]

Vector = NDArray[np.float64]

_TIMES = 3.0
_FEWEST_OTHERS = 5
_SUBJECTS_FOR_EACH, _MOST = 20, 3
_ALIKE = 0.25
# Weeks of a year, and how many a visit may be early or late.
_YEAR, _WEEKS_EARLY = 365.25 / 7, 1.5


@final
@dataclass(frozen=True, slots=True)
class _Gaps:
    """The largest gap of each of m subjects, and how much of the follow-up lies on either side of it.

    Parameters
    ----------
    subjects : Codes
        Shape (m,), their numbers.
    largest : Vector
        Shape (m,), the largest gap; 0 of a subject with one visit.
    spans : Vector
        Shape (m,), from the first visit to the last.
    lone : Codes
        Shape (m,), the place of the row that is alone on its side of the gap; -1 if there are more on both.
    """

    subjects: Codes
    largest: Vector
    spans: Vector
    lone: Codes


def check_far(draft: Draft) -> list[Finding]:
    """Find single times far from all others.

    A time is far where it is alone on its side of the largest gap of its subject, and that gap is more than three
    times the longest follow-up of the other subjects, of whom there are five or more. Once that follow-up is enough
    where a tenth or a hundredth of the time is one that most others have and the subject lacks. Where times are dates,
    it is enough that the subject is followed for longer than all others, and that with another year the time would be
    one that most others have and the subject lacks. Of 40 subjects two may have such a time, of 60 or more three, if
    these are more than a quarter apart: times that are alike are a visit.
    """
    weeks, numbering = draft.visits["week"].to_numpy(dtype=np.float64), draft.numbering
    rows = np.arange(len(weeks)) if numbering.order is None else numbering.order
    rows = rows[(numbering.codes[rows] >= 0) & np.isfinite(weeks[rows])]
    gaps = _gaps(rows, numbering.codes, weeks)
    far = np.zeros(len(weeks), dtype=bool)
    far[_lone_rows(gaps, numbering.codes, weeks, is_dated=draft.day_count is not None)] = True
    if not far.any():
        return []
    far[np.isin(draft.visits.index, [row for finding in check_time_codes(draft) for row in finding.rows])] = False
    says = "the time is alone and far from all others, as if it were mistyped"
    return breach(draft, "time-far", far, column="week", says=says, remedy=_remedy(draft))


def _remedy(draft: Draft) -> str:
    if draft.day_count is None:
        return (
            "Kept as it is, though one such time can change every rate. Correct it; or leave_out=['time-far'] leaves "
            "these rows out."
        )
    return (
        "Kept as it is, though one such date can change every rate. Correct it: where weeks are counted from it, all "
        "visits of the subject are moved, and to leave the row out would not move them back."
    )


def _gaps(rows: Codes, codes: Codes, weeks: Vector) -> _Gaps:
    """The gaps of the subjects, whose rows are in order by subject and time."""
    subjects, first, count = np.unique(codes[rows], return_index=True, return_counts=True)
    if not len(subjects):
        return _Gaps(subjects, np.empty(0), np.empty(0), np.empty(0, dtype=np.intp))
    times, last = weeks[rows], first + count - 1
    step = np.diff(times, append=times[-1])
    step[last] = 0.0
    largest = np.maximum.reduceat(step, first)
    ends = np.stack([last, last - 1, first])  # the last row alone, and the first one alone
    after, before = step[np.maximum(ends[1], first)] == largest, step[first] == largest
    lone = np.where(after, rows[ends[0]], np.where(before, rows[ends[2]], -1))
    return _Gaps(subjects, largest, times[last] - times[first], np.where(count > 1, lone, -1))


def _lone_rows(gaps: _Gaps, codes: Codes, weeks: Vector, *, is_dated: bool) -> Codes:
    """The rows that are far; as many as there may be, if more than one is."""
    order = np.argsort(-gaps.largest, kind="stable")
    most = min(_MOST, max(1, len(order) // _SUBJECTS_FOR_EACH))
    for count in range(most, 0, -1):
        those, others = order[:count], order[count:]
        if len(others) < _FEWEST_OTHERS or not _are_apart(weeks[gaps.lone[those]]):
            continue
        longest = float(gaps.spans[others].max())
        if longest > 0 and all(_is_far(gaps, n, others, codes, weeks, is_dated=is_dated) for n in those):
            return gaps.lone[those]
    return np.empty(0, dtype=np.intp)


def _is_far(gaps: _Gaps, n: int, others: Codes, codes: Codes, weeks: Vector, *, is_dated: bool) -> bool:
    row, gap, longest = gaps.lone[n], gaps.largest[n], float(gaps.spans[others].max())
    may_be_year = is_dated and gaps.spans[n] > longest
    if row < 0 or not (gap > longest or may_be_year):
        return False
    if gap > _TIMES * longest:
        return True
    own = weeks[(codes == gaps.subjects[n]) & np.isfinite(weeks)]
    other = np.isin(codes, gaps.subjects[others])
    codes, known = codes[other], weeks[other]
    slips = weeks[row] / 10, weeks[row] / 100
    if gap > longest and any(_is_lacked(meant, own, codes, known, within=1e-9) for meant in slips):
        return True
    if not may_be_year:
        return False
    is_first = weeks[row] == own.min()
    rest = own[own != weeks[row]]
    meant = weeks[row] + (_YEAR if is_first else -_YEAR)
    zero = min(meant, rest.min()) if is_first and weeks[row] == 0 else 0.0
    return _is_lacked(meant - zero, rest - zero, codes, known, within=_WEEKS_EARLY)


def _is_lacked(time: float, own: Vector, codes: Codes, weeks: Vector, *, within: float) -> bool:
    """Whether a time is that of a visit which most others have, and which is not among a subject's own times."""

    def is_there(times: Vector) -> Mask:
        return np.isclose(times, time, rtol=1e-9, atol=within)

    return bool(not is_there(own).any() and 2 * len(np.unique(codes[is_there(weeks)])) > len(np.unique(codes)))


def _are_apart(times: Vector) -> bool:
    """Whether no two times are within a quarter of each other."""
    size = np.sort(np.abs(times))
    return bool((size[:-1] < (1 - _ALIKE) * size[1:]).all())
