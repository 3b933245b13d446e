"""What is said of ratios of slopes: a slowing is of a decline, and a ratio to a slope near zero says little."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from alsmodels.bayes.joint import JointFit
from alsmodels.errors import EstimandError
from alsmodels.inference.answers import AnyFit, Fit
from alsmodels.model.design import Design
from alsmodels.model.estimand import Contrast, Estimand, words_of
from alsmodels.model.notes import Note, NoteKind
from alsmodels.model.registry import Registry
from alsmodels.model.slopes import Slowing

__all__ = ["caution", "check_slowing", "has_no_decline", "note_no_slowing"]

# Standard errors from zero at which a slope may be divided by.
FAR: Final = 3.0


def has_no_decline(fit: AnyFit, question: Estimand, contrast: Contrast | None) -> bool:
    """Whether a slowing is asked for of a reference that does not decline."""
    if isinstance(fit, JointFit) or not isinstance(question, Slowing) or contrast is None or contrast.over is None:
        return False
    return bool(contrast.over @ fit.beta >= 0)


def caution(fit: Fit, question: Estimand, contrast: Contrast | None) -> list[Note]:
    """A note where an answer is a ratio that says little, or is not given for that reason."""
    if contrast is None or contrast.over is None:
        return []
    if isinstance(question, Slowing) and has_no_decline(fit, question, contrast):
        why = f"has no answer: {question.reference} does not decline, and only a decline can be slowed"
    elif abs(contrast.over @ fit.beta) < FAR * np.sqrt(contrast.over @ fit.beta_cov @ contrast.over):
        why = "is a ratio to a slope that is not clearly different from zero"
    else:
        return []
    return [Note(NoteKind.RATIO, f"'{words_of(question)}' {why}; read the slope difference instead.")]


def note_no_slowing(design: Design | Registry) -> list[Note]:
    """A note that the standard questions leave slowing out, of arms whose slopes are compared."""
    outcome = design.outcome
    compared = len(design.arms) > 1 and "arm" in design.encoding.fixed_columns and design.spec.has_time
    if not compared or (outcome is not None and outcome.declines):
        return []
    name = design.spec.columns[0] if outcome is None else outcome.title
    why = (
        "rises as the disease goes on" if outcome is not None and outcome.rises else "is not known to decline by nature"
    )
    text = f"Slowing is left out: {name} {why}; Outcome(..., direction='higher is better') declares a decline."
    return [Note(NoteKind.RATIO, text)]


def check_slowing(fit: Fit, questions: Sequence[Estimand]) -> None:
    """Refuse the slowing of an outcome that rises by nature."""
    outcome = fit.design.outcome
    if outcome is None or not outcome.rises:
        return
    for question in questions:
        if isinstance(question, Slowing):
            msg = (
                f"'{words_of(question)}' is about a decline, and {outcome.title} is declared as '{outcome.direction}', "
                "so it rises as the disease goes on. Ask for the slope difference; of a logarithm, with scale='ratio'."
            )
            raise EstimandError(msg)
