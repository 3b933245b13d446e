"""Checks of names that look alike: subjects, arms, events and levels that one hand wrote in two ways.

Two names are alike if they differ in case, blanks, unseen signs, composed and decomposed letters, zeros before a number
or ``.0`` after one alone.
"""

import unicodedata
from collections.abc import Iterator

import numpy as np
import pandas as pd

from alsmodels.data.breaches import breach, counted
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.numbering import Mask, number_levels

__all__ = ["check_arm_alike", "check_event_alike", "check_level_alike", "check_subject_alike", "cores", "has_levels"]

_MOST_LEVELS = 1_000
_SHOWN = 5
_DIFFERENCE = "in case, blanks, unseen signs or zeros alone"


def check_subject_alike(draft: Draft) -> list[Finding]:
    """Find subjects whose names look alike."""
    names, counts = pd.Series(draft.numbering.labels, dtype="str"), draft.numbering.count()
    if _are_plain(names):
        return []
    folded = cores(names)
    if folded.is_unique:
        return []
    folded = folded.where(counts > 0)
    among = (folded.duplicated(keep=False) & folded.notna()).to_numpy()
    if not among.any():
        return []
    listed = _listed(names[among], counts[among], folded[among])
    remedy = "Kept as subjects of their own. If they are one, write the name in one way, in all rows."
    says = f"the subject's name differs from another's {_DIFFERENCE}: {listed}"
    return breach(draft, "subject-alike", draft.numbering.rows_of(among), column="subject", says=says, remedy=remedy)


def check_arm_alike(draft: Draft) -> list[Finding]:
    """Find arms that look alike, which split an arm in two."""
    if "arm" not in draft.visits.columns:
        return []
    remedy = "Kept as arms of their own, which splits the arm. If they are one:"
    return _in_column(draft, "arm-alike", draft.visits, "arm", "arms", remedy)


def check_level_alike(draft: Draft) -> list[Finding]:
    """Find levels of text covariates that look alike, in the visits and in the table of subjects."""
    found: list[Finding] = []
    remedy = "Kept as levels of their own. If they are one:"
    for table in (draft.visits, draft.subjects):
        for name in () if table is None else _levelled(draft, table):
            found += _in_column(draft, "level-alike", table, name, "levels", remedy)
    return found


def check_event_alike(draft: Draft) -> list[Finding]:
    """Find kinds of event that look alike."""
    remedy = "Kept as kinds of their own. If they are one:"
    return _in_column(draft, "event-alike", draft.events, "event", "kinds of event", remedy)


def cores(names: pd.Series) -> pd.Series:
    """Return names without what is not seen in them, zeros before and ``.0`` after numbers, and case.

    Examples
    --------
    >>> cores(pd.Series(["Site 01", "site1", "1001.0", "00", "1.05"], dtype="str")).tolist()
    ['site1', 'site1', '1001', '0', '1.05']
    """
    if names.str.isascii().all():
        seen = names.str.replace(r"[\x00-\x20\x7f]", "", regex=True).str.lower()
    else:
        seen = names.map(_seen)
    if not seen.str.contains("0", regex=False).any():
        return seen
    return seen.str.replace(r"(^|[^0-9.,])0+([0-9])", r"\1\2", regex=True).str.replace(
        r"([0-9])\.0+($|[^0-9.])", r"\1\2", regex=True
    )


def has_levels(column: pd.Series) -> bool:
    """Whether a column is text or categories, and so may be a factor of a model."""
    return isinstance(column.dtype, (pd.StringDtype, pd.CategoricalDtype))


def _are_plain(names: pd.Series) -> bool:
    """Whether different names are of one length and differ in more than case: none is like another then."""
    if len(names) < _MOST_LEVELS or names.str.len().nunique() > 1 or not names.str.isalnum().all():
        return False
    return bool(names.str.isascii().all()) and names.str.lower().is_unique


def _levelled(draft: Draft, table: pd.DataFrame) -> Iterator[str]:
    companions = {outcome.censored_column for outcome in draft.outcomes.values()}
    known = {"subject", "week", "arm", *draft.measured, *companions}
    return (name for name in table.columns if name not in known and has_levels(table[name]))


def _in_column(draft: Draft, rule: str, table: pd.DataFrame | None, name: str, what: str, remedy: str) -> list[Finding]:
    if table is None or table.empty:
        return []
    codes, names = number_levels(table[name])
    if len(names) > _MOST_LEVELS:
        return []
    counts = np.bincount(codes[codes >= 0], minlength=len(names))
    folded = cores(names).where(counts > 0)  # a category may have no row
    among = (folded.duplicated(keep=False) & folded.notna()).to_numpy()
    if not among.any():
        return []
    odd = among & ~_is_usual(counts, folded)
    rows = tuple(table.index[np.append(odd, False)[codes]].tolist())
    listed = _listed(names[among], counts[among], folded[among])
    where = " of the table of subjects" if table is draft.subjects else ""
    message = f"{what}{where} that differ {_DIFFERENCE}: {listed}."
    mend = ", ".join(f"{old!r}: {new!r}" for old, new in _pairs(names, counts, folded, odd))
    column = draft.roles.columns.get(name, name)
    told = (
        f"cohort.relabel({name}={{{mend}}})" if name.isidentifier() else f"cohort.relabel(**{{{name!r}: {{{mend}}}}})"
    )
    return [Finding(rule, RULES[rule].severity, column, rows, message, f"{remedy} {told}.")]


def _is_usual(counts: np.ndarray, folded: pd.Series) -> Mask:
    """Whether a name is the most frequent of those that are alike; the first of several."""
    order = np.argsort(-counts, kind="stable")
    usual = np.zeros(len(counts), dtype=bool)
    usual[order[~folded.iloc[order].duplicated().to_numpy()]] = True
    return usual


def _pairs(names: pd.Series, counts: np.ndarray, folded: pd.Series, odd: Mask) -> list[tuple[str, str]]:
    usual = dict(zip(folded[_is_usual(counts, folded)], names[_is_usual(counts, folded)], strict=True))
    return [(names[n], usual[folded[n]]) for n in np.flatnonzero(odd)[:_SHOWN]]


def _listed(names: pd.Series, counts: np.ndarray, folded: pd.Series) -> str:
    """Write the spellings of each name with their rows, the most frequent first."""
    table = pd.DataFrame({"name": names, "rows": counts, "core": folded}).sort_values("rows", ascending=False)
    groups = [
        " and ".join(
            f"{name!r} ({counted(int(rows), 'row')})" for name, rows in zip(part["name"], part["rows"], strict=True)
        )
        for _, part in table.groupby("core", sort=False)
    ]
    more = f" and {len(groups) - _SHOWN} more" if len(groups) > _SHOWN else ""
    return "; ".join(groups[:_SHOWN]) + more


def _seen(name: str) -> str:
    folded = unicodedata.normalize("NFKC", name)
    return "".join(sign for sign in folded if unicodedata.category(sign)[0] not in "CZ").casefold()
