"""How a fit ended: one kind, one sentence, and the number that proves it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import final

__all__ = ["Status", "StatusKind"]


class StatusKind(StrEnum):
    """The four ends a fit can have."""

    CONVERGED = "converged"
    BOUNDARY = "on the boundary"
    NOT_IDENTIFIED = "not identified"
    NOT_CONVERGED = "not converged"


@final
@dataclass(frozen=True, slots=True)
class Status:
    """How a fit ended.

    Attributes
    ----------
    kind : one of four
    message : what it means and what to do, in a sentence
    score : how far from an optimum the fit ended, in standard errors of the covariance parameters; free of units
    """

    kind: StatusKind
    message: str
    score: float

    @property
    def is_optimum(self) -> bool:
        """Whether the estimates maximise the likelihood; true on the boundary too."""
        return self.kind in (StatusKind.CONVERGED, StatusKind.BOUNDARY)

    def __str__(self) -> str:
        """The kind and the sentence."""
        return f"{self.kind.value}: {self.message}"
