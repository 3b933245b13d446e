"""What a reader of the results has to know about the model and the data.

A note is a text that knows its kind: it prints, joins and is stored as the text, and code goes by the kind.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import final

import pandas as pd

from alsmodels.data.arm_checks import doubt_reference
from alsmodels.data.breaches import counted
from alsmodels.data.cohort import Cohort
from alsmodels.data.findings import Finding
from alsmodels.data.reference import find_reference
from alsmodels.model.limits import Limits
from alsmodels.model.losses import missing_reason
from alsmodels.model.random_part import find_random_part
from alsmodels.model.spec import ModelSpec

__all__ = [
    "Note",
    "NoteKind",
    "name_reference",
    "note_single_subjects",
    "restate_limits",
    "restore_notes",
    "take_notes",
]


class NoteKind(StrEnum):
    """What notes are about."""

    LEFT_OUT = "left out"
    REFERENCE = "reference"
    SHARED_BASELINE = "shared baseline"
    OFFSET = "offset"
    OMITTED = "left out of the model"
    COVARIATE_IN_TIME = "covariate in time"
    RANDOM_PART = "random part"
    SUSPICION = "suspicion"
    RAW_SCALE = "raw scale"
    AT_LIMIT = "at a limit"
    BEYOND_LIMIT = "beyond a limit"
    DEATH = "death"
    RATIO = "ratio"
    EXTRAPOLATED = "extrapolated"
    ROWS = "rows"
    AGREES = "agrees"
    DIFFERS = "differs"
    SINGLE_SUBJECTS = "single subjects"
    LEAVE_ONE_OUT = "leave one out"
    INFLUENTIAL = "influential"
    STRANGERS = "strangers"
    LIKELIHOODS = "likelihoods"
    UNKNOWN = "unknown"
    """Of a note in a file of an older version, which kept texts alone."""


@final
class Note(str):
    """A sentence that a reader of results has to know.

    It is the text itself wherever a text is wanted.

    Attributes
    ----------
    kind : NoteKind
        What it is about.
    brief : str
        Its first sentences, for a figure; all of it if there is no shorter word.

    Examples
    --------
    >>> note = Note(NoteKind.DEATH, "3 subjects died.")
    >>> str(note), note.kind.value
    ('3 subjects died.', 'death')
    """

    __slots__ = ("_brief", "_kind")
    _kind: NoteKind
    _brief: str

    def __new__(cls, kind: NoteKind, text: str, brief: str | None = None) -> "Note":
        """A note of a kind."""
        note = super().__new__(cls, text)
        object.__setattr__(note, "_kind", NoteKind(kind))
        object.__setattr__(note, "_brief", text if brief is None else brief)
        return note

    @property
    def kind(self) -> NoteKind:
        """What it is about."""
        return self._kind

    @property
    def brief(self) -> str:
        """The note in fewer words, for a figure."""
        return self._brief

    @property
    def text(self) -> str:
        """The sentence alone."""
        return str(self)

    def __setattr__(self, name: str, value: object) -> None:
        """Refuse: a note is never edited."""
        msg = f"A note is never edited; make another with {name}."
        raise AttributeError(msg)

    def __getnewargs__(self) -> tuple[NoteKind, str, str]:  # type: ignore[override]  # a str has one argument
        """What a copy is made of."""
        return self._kind, str(self), self._brief

    def __getstate__(self) -> None:
        """Nothing beyond that."""


def restore_notes(
    texts: Sequence[str], kinds: Sequence[str] | None, briefs: Sequence[str] | None = None
) -> tuple[Note, ...]:
    """Notes from a file; files of older versions have the texts alone."""
    told = [NoteKind.UNKNOWN] * len(texts) if kinds is None else [NoteKind(kind) for kind in kinds]
    parts = zip(told, texts, texts if briefs is None else briefs, strict=True)
    return tuple(Note(kind, str(text), str(brief)) for kind, text, brief in parts)


def take_notes(
    spec: ModelSpec,
    cohort: Cohort | None,
    *,
    n_rows: int,
    left_out: pd.DataFrame | None = None,
    arms: Sequence[str] = (),
) -> tuple[Note, ...]:
    """Sentences on rows that a covariate cost, a guessed reference, a shared baseline, suspect data, limits and death.

    Parameters
    ----------
    spec : ModelSpec
        The model.
    cohort : Cohort or None
        What it is fitted to; None for a bare table, of which less is known.
    n_rows : int
        Rows of the design.
    left_out : pandas.DataFrame or None
        The rows that are not in it, by reason.
    arms : sequence of str, default ()
        The arms of a bare table, whose order nobody has given.
    """
    found = [] if left_out is None else _on_losses(spec, left_out, n_rows)
    found += _on_baseline(spec) + _on_offsets(spec) + _on_random_part(spec)
    if cohort is not None:
        found += _on_suspicions(spec, cohort) + _on_scale(spec, cohort)
        found += _on_censoring(spec.columns[0], cohort, n_rows) + _on_death(cohort)
    elif "arm" in spec.columns:
        found += [_reference_note(finding) for finding in doubt_reference(find_reference(arms), "arm")]
    return tuple(found)


def name_reference(spec: ModelSpec, arms: Sequence[str]) -> tuple[str, ...]:
    """The line of a summary that says which arm the coefficients of other arms are against; none without arms."""
    return (f"Reference arm: {arms[0]}",) if "arm" in spec.columns and len(arms) > 1 else ()


def restate_limits(notes: tuple[Note, ...], limits: Limits) -> tuple[Note, ...]:
    """The notes of a fit whose likelihood knows of limits: what is said is how many values are taken as beyond one."""
    kept = tuple(note for note in notes if note.kind is not NoteKind.AT_LIMIT)
    text = f"The likelihood takes values at a limit as beyond it: {limits.describe()}."
    return (*kept, Note(NoteKind.BEYOND_LIMIT, text))


def note_single_subjects(rows: pd.DataFrame, spec: ModelSpec) -> tuple[Note, ...]:
    """What a posterior has to say where arms have one subject each; a likelihood refuses them."""
    if "arm" not in spec.columns or rows.groupby("arm", observed=True)["subject"].nunique().max() > 1:
        return ()
    text = (
        "Every arm has one subject, so that what an arm does and what a subject does are told apart by the priors "
        "alone. It takes more subjects in an arm."
    )
    return (Note(NoteKind.SINGLE_SUBJECTS, text),)


def _on_baseline(spec: ModelSpec) -> list[Note]:
    products = spec.parsed.fixed.products
    if ("arm",) in products or not any("arm" in product for product in products):
        return []
    text = (
        "The arms share one mean at baseline. That is right for randomised arms alone; against historical controls "
        "give each arm its own (baseline='separate')."
    )
    return [Note(NoteKind.SHARED_BASELINE, text)]


def _on_random_part(spec: ModelSpec) -> list[Note]:
    part = find_random_part(spec)
    return [] if part is None else [Note(NoteKind.RANDOM_PART, part.describe())]


def _on_offsets(spec: ModelSpec) -> list[Note]:
    if not spec.parsed.offsets:
        return []
    less = " - ".join(spec.parsed.offsets)
    text = f"The offset is taken off the response: means, predictions and residuals are of {spec.response} - {less}."
    return [Note(NoteKind.OFFSET, text)]


def _on_losses(spec: ModelSpec, left_out: pd.DataFrame, n_rows: int) -> list[Note]:
    """What covariates cost, the greatest loss first."""
    if not len(left_out):
        return []
    response = missing_reason(spec.columns[0])
    lost = left_out[left_out["reason"] != response].sort_values("rows", ascending=False, kind="stable")
    of = n_rows + int(lost["rows"].sum())
    notes = []
    for reason, rows, subjects in lost.itertuples(index=False):
        with_them = f", and with them every row of {counted(int(subjects), 'subject')}" if subjects else ""
        text = f"{reason} in {int(rows)} of {counted(of, 'row')}, which are left out{with_them}."
        notes.append(Note(NoteKind.LEFT_OUT, text))
    return notes


def _reference_note(finding: Finding) -> Note:
    said = finding.message[:1].upper() + finding.message[1:]
    return Note(NoteKind.REFERENCE, f"{said} {finding.remedy}", brief=said)


# Suspicions that make every rate wrong; those on arms, which count where the model has arms; and on single columns.
_OF_TIMES = frozenset({"time-in-days", "decline-steep", "time-code", "time-far"})
_OF_COLUMNS = frozenset({"missing-code", "word-among-numbers", "level-alike", "value-negative", "filled-by-subject"})


def _on_suspicions(spec: ModelSpec, cohort: Cohort) -> list[Note]:
    """What is suspect in the columns of a model stays with its results."""
    notes = []
    for finding in cohort.findings:
        if finding.rule in _OF_TIMES or (finding.rule == "scale-doubtful" and finding.column == spec.columns[0]):
            notes.append(Note(NoteKind.SUSPICION, f"In the data, {finding.message} {finding.remedy}"))
        elif finding.rule == "reference-by-alphabet" and "arm" in spec.columns:
            notes.append(_reference_note(finding))
        elif finding.rule == "arm-alike" and "arm" in spec.columns:
            notes.append(Note(NoteKind.SUSPICION, f"In the data, {finding.message} {finding.remedy}"))
        elif finding.rule in _OF_COLUMNS and finding.column in spec.columns:
            text = f"In the data, column {finding.column!r}: {finding.message} {finding.remedy}"
            notes.append(Note(NoteKind.SUSPICION, text))
    return notes


def _on_scale(spec: ModelSpec, cohort: Cohort) -> list[Note]:
    outcome = cohort.outcomes.get(spec.columns[0])
    if outcome is None or outcome.scale != "log" or not spec.transform.is_raw:
        return []
    text = f"{outcome.name} is declared on the log scale but modelled as it is; log({spec.response}) may be meant."
    return [Note(NoteKind.RAW_SCALE, text)]


def _on_censoring(name: str, cohort: Cohort, n_rows: int) -> list[Note]:
    visits, marks = cohort.visits, f"{name}_censored"
    if marks not in visits.columns:
        return []
    censored = int((visits.loc[visits[name].notna(), marks] != "none").sum())
    if not censored:
        return []
    text = (
        f"{censored} of {n_rows} values of {name} are beyond a limit of quantification and are taken at the limit, "
        "which biases means and slopes."
    )
    return [Note(NoteKind.AT_LIMIT, text)]


def _on_death(cohort: Cohort) -> list[Note]:
    deaths = int((cohort.events["event"] == "death").sum())
    if not deaths:
        return []
    text = (
        f"{deaths} {'subject' if deaths == 1 else 'subjects'} died. The mixed model speaks of the hypothetical "
        "trajectory had no one died, and takes what is missing as missing at random (ICH E9(R1))."
    )
    return [Note(NoteKind.DEATH, text)]
