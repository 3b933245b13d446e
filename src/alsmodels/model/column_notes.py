"""What a reader has to know about columns: those that are left out, and covariates that change within subjects."""

from collections.abc import Mapping

from numpy import int64
from numpy.typing import NDArray

from alsmodels.data.lookup import Table, frame_of
from alsmodels.model.clock import Pace, Untold, Varying, find_paces
from alsmodels.model.encoding import Encoding
from alsmodels.model.notes import Note, NoteKind
from alsmodels.model.spec import ModelSpec

__all__ = ["note_columns", "note_omission", "note_paces"]


def note_columns(spec: ModelSpec, encoding: Encoding, rows: Table, starts: NDArray[int64]) -> tuple[Note, ...]:
    """Sentences on columns of X that are left out, and on covariates that go with time or are held.

    Parameters
    ----------
    spec, encoding : ModelSpec, Encoding
        The model.
    rows : Table
        Shape (n, ...), those of a subject adjacent.
    starts : ndarray of int of shape (m + 1,)
        The first row of each subject, then n.
    """
    found = note_omission(encoding)
    paces = find_paces(frame_of(rows), starts, encoding.covariates) if encoding.covariates else {}
    if spec.has_time or not all(isinstance(pace, Varying) for pace in paces.values()):
        found += note_paces(paces)
    return tuple(found)


def note_omission(encoding: Encoding) -> list[Note]:
    """A sentence on each column of X that is left out."""
    told = [] if encoding.omission is None else encoding.omission.describe()
    return [Note(NoteKind.OMITTED, text) for text in told]


def note_paces(paces: Mapping[str, Pace]) -> list[Note]:
    """A sentence on each covariate that changes within subjects."""
    return [Note(NoteKind.COVARIATE_IN_TIME, _describe(pace)) for pace in paces.values()]


def _describe(pace: Pace) -> str:
    if isinstance(pace, Varying):
        return (
            f"{pace}: means and slopes are at its mean over all visits, {pace.mean:.4g}, and what time or treatment do "
            "by way of it is not in them."
        )
    if isinstance(pace, Untold):
        return f"{pace}: questions about means and slopes are refused."
    return f"{pace}, and means and slopes take it along."
