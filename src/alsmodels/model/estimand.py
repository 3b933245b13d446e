"""What a question is, and what is done with any of them.

A question is a function of the design and never of names of coefficients: it knows how to turn a design into a
`Contrast`, rows of weights on the fixed effects and what to do with their products. Both engines answer it: one from an
estimate and its covariance, one from draws. The questions themselves are in `slopes`, `means` and `combinations`.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Protocol, final

import numpy as np
from numpy.typing import NDArray

from alsmodels.data.spelling import suggest
from alsmodels.errors import EstimandError, shown
from alsmodels.model.followup import Look, find_gaps, is_beyond
from alsmodels.model.spec import ModelSpec
from alsmodels.model.stack import AnyDesign, Stack
from alsmodels.model.terms import Term
from alsmodels.model.trajectory import settle_rows
from alsmodels.model.units import RESPONSE, Unit

__all__ = [
    "MAKERS",
    "Contrast",
    "Estimand",
    "Named",
    "as_questions",
    "find_extrapolated",
    "label_of",
    "looks_of",
    "put_to",
    "resolve_all",
    "resolve_contrast",
    "unit_of",
    "words_of",
]

Vector = NDArray[np.float64]

MAKERS: Final = (
    "slope",
    "slope_difference",
    "change",
    "slowing",
    "mean",
    "difference",
    "change_from_baseline",
    "contrast",
    "effect_correlation",
)
"""The functions that make questions, for sentences that name them."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """A function of the fixed effects: ``weights @ beta``, or one minus a ratio of two such.

    Attributes
    ----------
    weights : ndarray of shape (p,)
        The linear contrast, or the numerator; shape (R, p) of the R data sets of a stack.
    over : ndarray or None
        The denominator, of the same shape; None for a linear contrast.
    """

    weights: Vector
    over: Vector | None = None

    def of(self, number: int) -> "Contrast":
        """That of one data set of a stack."""
        return Contrast(self.weights[number], None if self.over is None else self.over[number])

    def value(self, beta: Vector) -> Vector:
        """The value at beta, shape (p,), or at each of many draws, shape (..., p)."""
        top = np.asarray(beta @ self.weights)
        return top if self.over is None else 1.0 - top / (beta @ self.over)

    def gradient(self, beta: Vector) -> Vector:
        """Derivative in beta, shape (p,)."""
        if self.over is None:
            return self.weights
        top, bottom = beta @ self.weights, beta @ self.over
        return np.asarray((top / bottom**2) * self.over - self.weights / bottom)


class Estimand(Protocol):
    """A question that a fitted longitudinal model can answer."""

    def words(self, minus: str = "-") -> str:
        """The question without its unit; what is between two arms is ``minus``, as it is printed."""
        ...

    @property
    def unit(self) -> Unit:
        """The unit of the answer."""
        ...

    @property
    def label(self) -> str:
        """The question with its unit, as the tables name it."""
        ...

    def contrast(self, design: AnyDesign) -> Contrast:
        """The function of the fixed effects that answers it."""
        ...

    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The weeks of arms that it rests on; a question without this is never called extrapolated."""
        ...


class Named(ABC):
    """What questions about arms have in common: a name, and what is told after it."""

    __slots__ = ()
    name: ClassVar[str]
    unit: ClassVar[Unit]

    @abstractmethod
    def rest(self, sign: str = "-") -> str:
        """Phase or week, arms with ``sign`` between them, and what is held, as in ``, week 24, anakinra - control``."""

    def words(self, minus: str = "-") -> str:
        """The question without its unit, as in ``difference, week 24, anakinra - control``."""
        return f"{self.name}{self.rest(minus)}"

    @property
    def label(self) -> str:
        """The question with its unit."""
        return label_of(self)

    @abstractmethod
    def contrast(self, design: AnyDesign) -> Contrast:
        """The function of the fixed effects that answers it."""

    @abstractmethod
    def looks(self, design: AnyDesign) -> tuple[Look, ...]:
        """The weeks of arms that it rests on."""


def as_questions(
    asked: Sequence[Estimand] | Estimand, spec: ModelSpec | None = None, *, terms: Sequence[Term] = ()
) -> list[Estimand]:
    """One question or several as a list, each as a model puts it if that is given, with the terms of its fit if known.

    Raises
    ------
    EstimandError
        If one is no question.
    """
    single = isinstance(asked, str) or not isinstance(asked, Sequence)
    questions: list[Estimand] = [asked] if single else list(asked)  # type: ignore[list-item, arg-type]
    for question in questions:
        if not hasattr(question, "contrast"):
            raise EstimandError(_no_question(question))
    return questions if spec is None else [put_to(question, spec, terms=terms) for question in questions]


def put_to(question: Estimand, spec: ModelSpec, *, terms: Sequence[Term] = ()) -> Estimand:
    """A question as a model puts it: a phase that was left out is the first, and of one phase nothing is said."""
    put: Estimand = question.put_to(spec) if hasattr(question, "put_to") else question
    return put.with_terms(terms) if terms and hasattr(put, "with_terms") else put


def looks_of(question: Estimand, design: AnyDesign) -> tuple[Look, ...]:
    """The weeks of arms that a question rests on, as far as it says so."""
    return question.looks(design) if hasattr(question, "looks") else ()


def resolve_all(questions: Sequence[Estimand], stack: Stack) -> list[Contrast]:
    """The contrasts that questions ask for of every data set of a stack.

    Raises
    ------
    EstimandError
        If the model cannot answer one, or sets it to a constant.
    """
    found = []
    for question in questions:
        contrast = resolve_contrast(question, stack)
        over = contrast.weights if contrast.over is None else contrast.over
        if not np.nansum(np.abs(over)) > 0 or _are_same(contrast):
            msg = f"'{question.label}' is not estimated: the model sets it to a constant, whatever the data."
            raise EstimandError(msg)
        found.append(contrast)
    return found


def resolve_contrast(question: Estimand, design: AnyDesign) -> Contrast:
    """The contrast that a question asks for, on the columns of the fit.

    Raises
    ------
    EstimandError
        If the data do not tell the answer, for want of a column that was left out.
    """
    found = question.contrast(design)
    omission = design.encoding.omission
    if omission is None:
        return found
    parts = [found.weights] if found.over is None else [found.weights, found.over]
    settled = []
    for part in parts:
        rows, told = settle_rows(design, part)
        if not told.all():
            gaps = () if isinstance(design, Stack) else find_gaps(design, looks_of(question, design))
            why = "".join(f"{gap.sentence}; " for gap in gaps)
            msg = (
                f"'{question.label}' is not answered by these data: {why}it needs {omission.needed(part)}, which no "
                "visit informs and which is left out of the model."
            )
            raise EstimandError(msg)
        settled.append(rows)
    return Contrast(*settled)


def find_extrapolated(questions: Sequence[Estimand], stack: Stack) -> NDArray[np.bool_]:
    """Which questions look beyond an arm's visits, shape (R, questions)."""
    found = np.zeros((stack.n_replicates, len(questions)), dtype=bool)
    for place, question in enumerate(questions):
        found[:, place] = is_beyond(stack, looks_of(question, stack))
    return found


def unit_of(asked: Estimand) -> Unit:
    """The unit of a question; of one that says none it is that of the response."""
    return getattr(asked, "unit", RESPONSE)


def words_of(asked: Estimand, minus: str = "-") -> str:
    """A question without its unit; of one that knows no other words it is the label."""
    return asked.words(minus) if hasattr(asked, "words") else asked.label


def label_of(asked: Estimand) -> str:
    """A question with its unit in brackets, if it has another than the response."""
    unit = str(asked.unit)
    return f"{asked.words()} ({unit})" if unit else asked.words()


def _are_same(contrast: Contrast) -> bool:
    """Whether a ratio is of one and the same."""
    return contrast.over is not None and np.array_equal(contrast.weights, contrast.over, equal_nan=True)


def _no_question(given: object) -> str:
    listed = f"{', '.join(MAKERS[:-1])} or {MAKERS[-1]}"
    hint = ""
    if isinstance(given, str) and given in MAKERS:
        hint = f" A text is no question: call the function {given}(...). See the questions' page for what it takes."
    elif isinstance(given, str):
        hint = (
            f" For a text {suggest(given.strip().replace(' ', '_'), MAKERS)} See the questions' page for what it takes."
        )
    elif callable(given):
        hint = " It is a function: call it, as in slope(phase=1)."
    return f"A question is made by {listed}; {shown(given)} is none.{hint}"
