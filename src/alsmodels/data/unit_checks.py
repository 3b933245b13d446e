"""Suspecting that times are in another unit than was said, from the visits and from how fast the score falls.

A schedule alone seldom proves anything: visits 28 apart are four-weekly in days and half-yearly in weeks. Where
there is a total of the ALSFRS-R, or of the ALSFRS, its decline tells more, since groups of patients differ little in
it: about 1 point a month (-1.02 in Atassi et al., Neurology 2014;83:1719-1725). A line is laid through the visits of
each subject; that the group falls faster than some rate is said if more than half of the slopes are below it, beyond
chance by a sign test at 1%.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc

from alsmodels.data.breaches import counted
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.roles import DAYS_PER_MONTH

__all__ = ["check_days", "check_decline"]

Vector = NDArray[np.float64]

_WEEKS_PER_MONTH = DAYS_PER_MONTH / 7
# Spacings of visits in days that are none in weeks: four-weekly or monthly, twelve-weekly or quarterly.
_DAY_SPACINGS = ((27.0, 32.0), (83.0, 93.0))
# Half-yearly and yearly visits in weeks.
_WEEK_SPACINGS = ((24.0, 28.0), (48.0, 56.0))
_SHORTEST_IN_DAYS, _FIVE_YEARS, _WIDE = 80.0, 260.0, 20.0
_FEWEST_SLOPES = 10
_USUAL_DECLINE, _STEEP_DECLINE = -0.4, -2.0
_LEVEL = 0.01


@final
@dataclass(frozen=True, slots=True)
class _Decline:
    """The slopes of the subjects in a total, in points a month."""

    outcome: str
    slopes: Vector

    @property
    def median(self) -> float:
        """The median slope."""
        return float(np.median(self.slopes))

    def is_below(self, limit: float) -> bool:
        """Whether the group falls faster, by a sign test: P(at least so many of n below by chance) < 1%."""
        below = int((self.slopes < limit).sum())
        return bool(bdtrc(below - 1, len(self.slopes), 0.5) < _LEVEL) if below else False


def check_days(draft: Draft) -> list[Finding]:
    """Suspect that days were taken for weeks.

    Suspected, if the times were said to be weeks, where the median gap between visits is that of four-weekly, monthly
    or quarterly visits in days and follow-up goes beyond 80; or nine times in ten are multiples of 7, the gap is 6 or
    more, and follow-up goes beyond 80; or follow-up goes beyond 260, five years in weeks, with a gap of 20 or more
    that is neither half-yearly nor yearly. Not suspected where the score falls by more than 0.4 points a month, as it
    does if they are weeks.
    """
    longest = _longest(draft)
    if draft.roles.time_unit != "week" or not longest >= _SHORTEST_IN_DAYS:
        return []
    weeks, gap = _times(draft)
    if not _like_days(weeks, gap, longest):
        return []
    decline = _decline(draft)
    if decline and decline.is_below(_USUAL_DECLINE):
        return []
    message = f"visits are typically {gap:g} apart and go on to {longest:g}, which looks like days, not weeks."
    if decline:
        message += (
            f" If they are weeks, {decline.outcome!r} changes by {decline.median:.2f} points a month; if they are "
            f"days, by {7 * decline.median:.2f}."
        )
    return [_finding(draft, "time-in-days", message, 'If they are days, say Roles(..., time_unit="day").')]


def check_decline(draft: Draft) -> list[Finding]:
    """Suspect that times are in a longer unit than was said, since the score falls several times as fast as usual.

    Suspected where it falls by more than 2 points a month in ten subjects or more with three visits or more: months
    taken for weeks make 4.3 of 1 point a month, weeks taken for days 7.
    """
    unit = draft.roles.time_unit
    decline = _decline(draft)
    if unit in {"month", "date"} or decline is None or not decline.is_below(_STEEP_DECLINE):
        return []
    message = (
        f"{decline.outcome!r} falls by {-decline.median:.1f} points a month if the times are {unit}s (median of "
        f"{counted(len(decline.slopes), 'subject')}), where about 1 is usual."
    )
    remedy = {
        "week": 'If they are months, say Roles(..., time_unit="month").',
        "day": 'If they are weeks or months, say Roles(..., time_unit="week") or "month".',
    }
    return [_finding(draft, "decline-steep", message, remedy[unit])]


def _finding(draft: Draft, rule: str, message: str, remedy: str) -> Finding:
    return Finding(rule, RULES[rule].severity, draft.roles.time, (), message, remedy)


def _like_days(weeks: Vector, gap: float, longest: float) -> bool:
    sevens = gap >= 6 and _are_multiples_of_7(weeks)
    endless = longest > _FIVE_YEARS and gap >= _WIDE and not _within(gap, _WEEK_SPACINGS)
    return _within(gap, _DAY_SPACINGS) or sevens or endless


def _within(gap: float, spacings: tuple[tuple[float, float], ...]) -> bool:
    return any(low <= gap <= high for low, high in spacings)


def _are_multiples_of_7(weeks: Vector) -> bool:
    later = weeks[weeks > 0]
    return len(later) > 0 and bool(((later % 7) == 0).mean() >= 0.9)


def _longest(draft: Draft) -> float:
    weeks = draft.visits["week"].to_numpy()
    return float(weeks.max(initial=-np.inf, where=np.isfinite(weeks) & (draft.numbering.codes >= 0)))


def _times(draft: Draft) -> tuple[Vector, float]:
    """Return the times, shape (n,), and the median gap between those of a subject."""
    numbering = draft.numbering
    codes, weeks = numbering.in_order(numbering.codes), numbering.in_order(draft.visits["week"].to_numpy())
    known = (codes >= 0) & np.isfinite(weeks)
    codes, weeks = codes[known], weeks[known]
    gaps = np.diff(weeks)[codes[1:] == codes[:-1]]
    return weeks, float(np.median(gaps)) if len(gaps) else np.nan


def _decline(draft: Draft) -> _Decline | None:
    """Return the slopes in the times as they were said; None if no total has enough subjects."""
    totals = [name for name, outcome in draft.outcomes.items() if outcome.known_as in {"alsfrs_r", "alsfrs"}]
    with np.errstate(over="ignore", invalid="ignore"):  # times and totals that other rules refuse
        each = {name: _slopes(draft, name) for name in totals}
    name = max(each, key=lambda name: len(each[name]), default=None)
    if name is None or len(each[name]) < _FEWEST_SLOPES:
        return None
    return _Decline(name, each[name])


def _slopes(draft: Draft, name: str) -> Vector:
    """Return the least-squares slope of each subject with three visits or more, in points a month."""
    codes, weeks, values = draft.numbering.codes, draft.visits["week"].to_numpy(), draft.visits[name].to_numpy()
    seen = (codes >= 0) & np.isfinite(weeks) & np.isfinite(values)
    codes, weeks, values = codes[seen], weeks[seen], values[seen]
    counts = np.bincount(codes)
    months = (weeks - (np.bincount(codes, weeks) / np.maximum(counts, 1))[codes]) / _WEEKS_PER_MONTH
    xx, xy = np.bincount(codes, months**2), np.bincount(codes, months * values)
    usable = (counts >= 3) & (xx > 0)
    return np.asarray(xy[usable] / xx[usable])
