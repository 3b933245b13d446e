"""The check of the reference arm: whether a word in its label says so, or the alphabet had to choose."""

from alsmodels.data.columns import as_names
from alsmodels.data.draft import Draft
from alsmodels.data.findings import RULES, Finding
from alsmodels.data.numbering import number_levels
from alsmodels.data.reference import Reference, find_reference

__all__ = ["check_reference", "doubt_reference"]

_SHOWN = 6
_BY_ALPHABET = {
    "words": "several arms are called a control",
    "alphabet": "no word in the labels of the arms says which one is the control",
}


def check_reference(draft: Draft) -> list[Finding]:
    """Find a reference arm that nobody named and no word says."""
    if "arm" not in draft.visits.columns:
        return []
    tables = [table["arm"] for table in (draft.visits, draft.subjects) if table is not None and "arm" in table.columns]
    if draft.roles.control is not None:
        return []
    levels = {str(level) for arms in tables for level in number_levels(arms)[1]}
    if len(levels) < 2:
        return []
    return doubt_reference(find_reference(levels), str(draft.roles.arm))


def doubt_reference(reference: Reference | None, column: str) -> list[Finding]:
    """The warning of a reference that the alphabet chose; nothing for any other."""
    if reference is None or reference.by not in _BY_ALPHABET or len(reference.among) < 2:
        return []
    listed = as_names(reference.among[:_SHOWN]) + (", ..." if len(reference.among) > _SHOWN else "")
    message = (
        f"{_BY_ALPHABET[reference.by]} ({listed}). {reference.arm!r} is taken as the reference, as the first in the "
        "alphabet, and every difference is against it."
    )
    other = next(arm for arm in reference.among if arm != reference.arm)
    remedy = (
        f"If it is another, say so: Roles(..., control={other!r}), cohort.relabel(control={other!r}), or --control on "
        "the command. If it is right, naming it ends this warning."
    )
    if reference.by == "words":
        remedy += f" If they are one arm, cohort.relabel(arm={{{reference.arm!r}: {other!r}}}) makes one of them."
    return [Finding("reference-by-alphabet", RULES["reference-by-alphabet"].severity, column, (), message, remedy)]
