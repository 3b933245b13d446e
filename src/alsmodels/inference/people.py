"""Who the rows to predict are of, and whether the trial speaks of their weeks."""

from collections.abc import Callable
from typing import Final, cast

import numpy as np
import pandas as pd

from alsmodels.data.alike_checks import cores
from alsmodels.data.breaches import counted
from alsmodels.data.columns import as_text
from alsmodels.errors import EstimandError
from alsmodels.inference.answers import Fit
from alsmodels.model.design import Design
from alsmodels.model.followup import Gap, Look, Stray, find_gaps
from alsmodels.model.notes import Note, NoteKind

__all__ = [
    "IN_HISTORY",
    "IN_TRIAL",
    "NOWHERE",
    "check_own_arm",
    "find_known",
    "find_row_gaps",
    "note_gaps",
    "note_unknown",
]

IN_TRIAL: Final = "trial"
IN_HISTORY: Final = "history"
NOWHERE: Final = "nothing"


def find_known(fit: Fit, rows: pd.DataFrame, past: pd.DataFrame | None) -> pd.Series:
    """What each row's person is known by: ``"history"``, ``"trial"`` or ``"nothing"``.

    Raises
    ------
    EstimandError
        If a name that is nowhere is that of a known person but for case, blanks or zeros, as after a way through a
        file of text, in which 001 has become 1.
    """
    names = as_text(rows["subject"])
    own = _names(fit)
    told = pd.Series(dtype="str") if past is None else past["subject"]
    by = np.select([names.isin(told), names.isin(own)], [IN_HISTORY, IN_TRIAL], NOWHERE)
    known = pd.Series(by, index=rows.index, dtype="str")
    _refuse_alike(names[known == NOWHERE], pd.concat([own, told]).drop_duplicates(), _in_rows)
    if past is not None:
        _refuse_alike(told[~told.isin(own)], own, _in_history)
    return known


def check_own_arm(fit: Fit, rows: pd.DataFrame, where: str) -> None:
    """Refuse rows that put a subject of the trial into another arm than its own; of data in parts no arms are kept."""
    design = fit.design
    if "arm" not in design.encoding.fixed_columns or "arm" not in rows.columns or not isinstance(design, Design):
        return
    own = _own_arms(design)
    names, arms = as_text(rows["subject"]), as_text(rows["arm"])
    asked = pd.MultiIndex.from_arrays([names, arms])
    other = names.isin(own["subject"]) & arms.notna() & ~asked.isin(pd.MultiIndex.from_frame(own))
    if not other.any():
        return
    place = int(np.flatnonzero(other)[0])
    name, arm = names.iloc[place], arms.iloc[place]
    was = own.loc[own["subject"] == name, "arm"].iloc[0]
    msg = (
        f"'{name}' was in the arm '{was}' in the trial, and is in '{arm}' in row {place + 1} of {where}. What "
        f"'{name}' would have done in another arm is not predicted, for no visit tells it: write '{was}'; or, for a "
        f"person of '{arm}' about whom nothing is known, give a name that is not in the trial; the mean of '{arm}' is "
        "of='population'."
    )
    raise EstimandError(msg)


def find_row_gaps(fit: Fit, rows: pd.DataFrame) -> list[tuple[Gap | Stray, ...]]:
    """The ends of the visits of its arm that each row's week lies beyond."""
    if "week" not in rows.columns or not pd.api.types.is_numeric_dtype(rows["week"]):
        return [()] * len(rows)
    by_arm = "arm" in fit.design.encoding.fixed_columns and "arm" in rows.columns
    arms = as_text(rows["arm"]) if by_arm else [None] * len(rows)
    looks = list(zip(arms, rows["week"].astype(float), strict=True))
    found = {(arm, week): find_gaps(fit.design, [Look(arm, week, week)]) for arm, week in dict.fromkeys(looks)}
    return [found[look] for look in looks]


def note_gaps(gaps: list[tuple[Gap | Stray, ...]]) -> list[Note]:
    """A sentence for each end of visits that rows look beyond."""
    ends = dict.fromkeys(gap for own in gaps for gap in own)
    counts = {end: sum(end in own for own in gaps) for end in ends}
    return [
        Note(
            NoteKind.EXTRAPOLATED,
            f"{counted(count, 'row')}, marked in 'extrapolated', {_is(count)} extrapolated: {end.sentence}.",
        )
        for end, count in counts.items()
    ]


def note_unknown(rows: pd.DataFrame, known: pd.Series) -> list[Note]:
    """A sentence about people who are neither in the trial nor in the history."""
    names = as_text(rows["subject"])[known == NOWHERE].unique()
    if not len(names):
        return []
    listed = ", ".join(f"'{name}'" for name in names[:5]) + (", ..." if len(names) > 5 else "")
    text = (
        f"{listed} {_is(len(names))} neither in the trial nor in a history ('{NOWHERE}' in 'known_by'): the rows are "
        "of a person about whom nothing is known but the covariates."
    )
    return [Note(NoteKind.STRANGERS, text)]


def _refuse_alike(names: pd.Series, known: pd.Series, tell: Callable[[str, int], str]) -> None:
    if names.empty or known.empty:
        return
    folded = dict(zip(cores(known), known, strict=True))
    meant = cores(names).map(folded)
    if not meant.notna().any():
        return
    label = meant.first_valid_index()
    name = cast("str", names[label])
    msg = (
        f"{tell(name, int(cast('int', label)) + 1)}; did you mean '{meant[label]}'? Names that passed through a file "
        "may have lost their zeros: read it with the subject as text, such as dtype={'subject': str}. If this is "
        "another person, give another name."
    )
    raise EstimandError(msg)


def _in_rows(name: str, row: int) -> str:
    return f"'{name}', in row {row} of the rows to predict, is no subject of the trial and not in the history"


def _in_history(name: str, _: int) -> str:
    return f"'{name}', in the history, is no subject of the trial"


def _names(fit: Fit) -> pd.Series:
    return as_text(pd.Series(fit.design.subjects)).astype("str")


def _own_arms(design: Design) -> pd.DataFrame:
    """Subjects of the trial and the arms they were in, columns subject and arm."""
    names = as_text(pd.Series(design.subjects)).to_numpy()
    return pd.DataFrame({"subject": names[design.codes], "arm": as_text(design.rows["arm"])}).drop_duplicates()


def _is(count: int) -> str:
    return "is" if count == 1 else "are"
