"""One question, one row: estimates of named quantities with their uncertainty, whichever engine made the fit."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from alsmodels.data.cohort import Cohort
from alsmodels.errors import EstimandError
from alsmodels.frequentist.fit import LMMFit
from alsmodels.frequentist.intervals import infer
from alsmodels.inference.display import ResultTable
from alsmodels.model.design import Design, build_design
from alsmodels.model.estimand import (
    Contrast,
    Difference,
    Estimand,
    change,
    difference,
    slope,
    slope_difference,
    slowing,
)
from alsmodels.model.spec import ModelSpec

__all__ = ["COLUMNS", "estimands_for", "estimate"]

# Standard errors from zero at which a slope may be divided by.
FAR = 3.0

COLUMNS = (
    "estimand",
    "estimate",
    "std_error",
    "df",
    "lower",
    "upper",
    "level",
    "p_value",
    "probability",
    "engine",
)


def estimate(fit: LMMFit, asked: Sequence[Estimand] | Estimand, *, level: float = 0.95) -> pd.DataFrame:
    """Answer questions of a fit.

    Parameters
    ----------
    fit : a fitted model
    asked : one question or several, such as ``slope_difference("anakinra", "control", phase=1)``
    level : of the intervals

    Returns
    -------
    pandas.DataFrame
        A row a question: estimand, estimate, std_error, df (Satterthwaite; infinite for z-tests), lower, upper, level,
        p_value (two-sided, of zero), probability (that the quantity is above zero; Bayesian fits only), engine.
        It prints itself rounded; the values keep every digit. ``attrs["notes"]`` has what a reader must know about
        the data, and about ratios to a slope near zero.

    Raises
    ------
    EstimandError
        If the model cannot answer a question: an unknown arm, or a phase it does not have; or it is no question.

    Notes
    -----
    A linear contrast ``l'beta`` has standard error ``sqrt(l'Var(beta) l)``. A ratio of slopes has that of its gradient
    (delta method), and a symmetric interval; where the denominator is not far from zero, prefer a difference.

    Examples
    --------
    >>> from alsmodels.data.examples import load_example
    >>> from alsmodels.frequentist.lmm import fit_lmm
    >>> fit = fit_lmm("alsfrs_r ~ week + (week | subject)", load_example())
    >>> estimate(fit, slope())[["estimand", "df"]].round(1).to_dict("records")
    [{'estimand': 'slope, phase 1 (per month)', 'df': 59.4}]
    """
    questions = list(asked) if isinstance(asked, Sequence) else [asked]
    _check_questions(questions)
    resolved = [(question.label, question.contrast(fit.design)) for question in questions]
    rows = [_answer(fit, label, contrast, level=level) for label, contrast in resolved]
    notes = [*fit.design.notes, *_cautions(fit, resolved), *_beyond(fit, questions)]
    return ResultTable.of(pd.DataFrame(rows, columns=list(COLUMNS)), notes=notes)


def estimands_for(spec: ModelSpec | str, data: Cohort | Design) -> list[Estimand]:
    """The standard questions of a longitudinal trial with these arms, as far as the model answers them.

    For each arm the slope in every phase, and its change between them; for each arm against the reference arm the
    difference and the ratio of slopes in every phase, the difference of the changes, and the difference of means at
    the knot and at the end of the last whole phase.

    Parameters
    ----------
    spec : the model, or its formula
    data : the cohort it is fitted to, or a ready design of it

    Returns
    -------
    list of estimands
        Without those that the model sets to zero, such as a difference of slopes without an interaction of arm and
        time; none for a model without time.
    """
    design = data if isinstance(data, Design) else build_design(spec, data)
    if "week" not in design.spec.columns:
        return []
    return [question for question in _standard(design) if _is_estimated(question.contrast(design))]


def _standard(design: Design) -> list[Estimand]:
    timescale = design.spec.timescale
    phases = range(1, timescale.n_phases + 1)
    arms: Sequence[str | None] = design.arms if "arm" in design.encoding.fixed_columns else (None,)
    asked: list[Estimand] = [slope(phase=number, arm=arm) for number in phases for arm in arms]
    if timescale.n_phases == 2:
        asked += [change(arm=arm) for arm in arms]
    if None in arms:
        return asked
    reference, *others = design.arms
    asked += [slope_difference(arm, reference, phase=number) for arm in others for number in phases]
    if timescale.n_phases == 2:
        asked += [change(arm=arm, reference=reference) for arm in others]
    asked += [slowing(arm, reference, phase=number) for arm in others for number in phases]
    asked += [difference(arm, reference, week=week) for arm in others for week in _landmarks(design)]
    return asked


def _landmarks(design: Design) -> list[float]:
    """The knot, and the week as far behind it as it is behind baseline or else the last; or the last week alone."""
    last = np.floor(design.last_week)
    if design.spec.timescale.n_phases == 1:
        return [float(last)]
    knot = design.spec.timescale.interval(1, design.last_week)[1]
    return [knot, float(min(2 * knot, last))]


def _answer(fit: LMMFit, label: str, contrast: Contrast, *, level: float) -> dict[str, object]:
    if not _is_estimated(contrast):
        msg = f"'{label}' is not estimated: the model sets it to a constant, whatever the data."
        raise EstimandError(msg)
    gradient = contrast.gradient(fit.beta)
    std_error = float(np.sqrt(gradient @ fit.beta_cov @ gradient))
    result = infer(float(contrast.value(fit.beta)), std_error, fit.df(gradient), level=level)
    return {
        "estimand": label,
        "estimate": result.estimate,
        "std_error": result.std_error,
        "df": result.df,
        "lower": result.lower,
        "upper": result.upper,
        "level": level,
        "p_value": result.p_value,
        "probability": np.nan,
        "engine": f"{fit.engine} {fit.method}",
    }


def _cautions(fit: LMMFit, resolved: Sequence[tuple[str, Contrast]]) -> list[str]:
    """A ratio says little where its denominator is not far from zero."""
    notes = []
    for label, contrast in resolved:
        below = contrast.over
        if below is not None and abs(below @ fit.beta) < FAR * np.sqrt(below @ fit.beta_cov @ below):
            name = label.removesuffix(" (share)")
            notes.append(
                f"'{name}' is a ratio to a slope that is not clearly different from zero; read the slope difference "
                "instead."
            )
    return notes


def _check_questions(questions: Sequence[object]) -> None:
    for question in questions:
        if not hasattr(question, "contrast"):
            msg = f"A question is made by slope, slope_difference, change, difference or slowing; {question!r} is none."
            raise EstimandError(msg)


def _beyond(fit: LMMFit, questions: Sequence[Estimand]) -> list[str]:
    """Say which means are asked for after the last visit."""
    last = fit.design.last_week
    late = [question for question in questions if isinstance(question, Difference) and question.week > last]
    return [f"'{question.label}' is extrapolated: the last visit is in week {last:g}." for question in late]


def _is_estimated(contrast: Contrast) -> bool:
    """Whether the data have a say: a contrast of zeros, such as a difference at a shared baseline, is a constant."""
    if contrast.over is None:
        return bool(np.any(contrast.weights))
    return bool(np.any(contrast.over)) and not np.array_equal(contrast.weights, contrast.over)
