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
import pandas as pd
from scipy.special import bdtrc

from alsmodels.data.breaches import counted
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.outcomes import is_alsfrs_r
from alsmodels.data.roles import DAYS_PER_MONTH

__all__ = ["check_days", "check_decline"]

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
    slopes: pd.Series

    @property
    def median(self) -> float:
        """The median slope."""
        return float(self.slopes.median())

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
    if draft.roles.time_unit != "week":
        return []
    times = _times(draft)
    gap, longest = times.groupby("subject")["week"].diff().median(), times["week"].max()
    decline = _decline(draft)
    if not _like_days(times["week"], gap, longest) or (decline and decline.is_below(_USUAL_DECLINE)):
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
    if unit == "month" or decline is None or not decline.is_below(_STEEP_DECLINE):
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


def _like_days(weeks: pd.Series, gap: float, longest: float) -> bool:
    if not longest >= _SHORTEST_IN_DAYS:
        return False
    sevens = gap >= 6 and _are_multiples_of_7(weeks)
    endless = longest > _FIVE_YEARS and gap >= _WIDE and not _within(gap, _WEEK_SPACINGS)
    return _within(gap, _DAY_SPACINGS) or sevens or endless


def _within(gap: float, spacings: tuple[tuple[float, float], ...]) -> bool:
    return any(low <= gap <= high for low, high in spacings)


def _are_multiples_of_7(weeks: pd.Series) -> bool:
    later = weeks[weeks > 0]
    return bool(((later % 7) == 0).mean() >= 0.9)


def _times(draft: Draft) -> pd.DataFrame:
    times = draft.visits[["subject", "week"]].replace([np.inf, -np.inf], np.nan).dropna()
    return times.sort_values(["subject", "week"])


def _decline(draft: Draft) -> _Decline | None:
    """Return the slopes in the times as they were said; None if no total has enough subjects."""
    totals = [name for name in draft.outcomes if is_alsfrs_r(name) or name == "alsfrs"]
    each = {name: _slopes(draft.visits, name) for name in totals}
    name = max(each, key=lambda name: len(each[name]), default=None)
    if name is None or len(each[name]) < _FEWEST_SLOPES:
        return None
    return _Decline(name, each[name])


def _slopes(visits: pd.DataFrame, name: str) -> pd.Series:
    """Return the least-squares slope of each subject with three visits or more, in points a month."""
    observed = visits[["subject", "week", name]].replace([np.inf, -np.inf], np.nan).dropna()
    by_subject = observed.groupby("subject")
    months = (observed["week"] - by_subject["week"].transform("mean")) / _WEEKS_PER_MONTH
    sums = pd.DataFrame({"xx": months**2, "xy": months * observed[name]}).groupby(observed["subject"]).sum()
    usable = (by_subject.size() >= 3) & (sums["xx"] > 0)
    return sums["xy"][usable] / sums["xx"][usable]
