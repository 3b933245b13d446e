"""How a fit ended: one kind, one sentence, and the number that proves it."""

import html
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, final

__all__ = ["Status", "StatusKind"]


class StatusKind(StrEnum):
    """The ends a fit can have: four of a search, two of sampling, and one of data that no fit was made of."""

    CONVERGED = "converged"
    BOUNDARY = "on the boundary"
    NOT_IDENTIFIED = "not identified"
    NOT_CONVERGED = "not converged"
    SAMPLED = "sampled"
    UNRELIABLE = "not to be relied on"
    NOT_FITTED = "not fitted"


@final
@dataclass(frozen=True, slots=True)
class Status:
    """How a fit ended.

    Attributes
    ----------
    kind : StatusKind
        The kind of ending, such as converged.
    message : str
        A sentence that says what the status means and what to do.
    score : float
        The distance from an optimum at which a search ended, in standard errors of the covariance parameters; of a
        posterior, the largest Monte Carlo error of a mean in posterior standard deviations; free of units.
    """

    kind: StatusKind
    message: str
    score: float

    @property
    def is_optimum(self) -> bool:
        """Whether the estimates maximise the likelihood; true on the boundary too."""
        return self.kind in (StatusKind.CONVERGED, StatusKind.BOUNDARY)

    @property
    def is_reliable(self) -> bool:
        """Whether the numbers are an answer: an optimum, or draws that passed their checks."""
        return self.is_optimum or self.kind is StatusKind.SAMPLED

    def __str__(self) -> str:
        """The kind and the sentence."""
        return f"{self.kind.value}: {self.message}"

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(str(self))}</p>"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """Print the sentence in IPython, alone and in a list."""
        printer.text("..." if cycle else str(self))
