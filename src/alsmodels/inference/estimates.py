"""One question, one row: estimates of named quantities with their uncertainty, whichever engine made the fit."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd

from alsmodels.bayes.joint import JointFit
from alsmodels.data.cohort import Cohort
from alsmodels.errors import EstimandError, SpecError
from alsmodels.inference.answers import NOTHING, AnyFit, Reading, answer, engine_name, resolve_for
from alsmodels.inference.cautions import caution, check_slowing, has_no_decline
from alsmodels.inference.display import ResultTable
from alsmodels.model.design import Design, build_design
from alsmodels.model.estimand import (
    Contrast,
    Estimand,
    as_questions,
    looks_of,
    resolve_contrast,
    unit_of,
    words_of,
)
from alsmodels.model.followup import Gap, Stray, describe_gaps, find_gaps
from alsmodels.model.intervals import Interval
from alsmodels.model.means import Difference
from alsmodels.model.notes import Note
from alsmodels.model.ratios import Scale, put_on_scale
from alsmodels.model.registry import Registry
from alsmodels.model.slopes import change, slope, slope_difference, slowing
from alsmodels.model.spec import ModelSpec
from alsmodels.model.timescale import WEEKS_PER_UNIT, from_weeks

__all__ = ["COLUMNS", "estimands_for", "estimate"]

COLUMNS = (
    "estimand",
    "unit",
    "estimate",
    "std_error",
    "df",
    "lower",
    "upper",
    "level",
    "p_value",
    "probability",
    "mcse",
    "extrapolated",
    "engine",
)


def estimate(
    fit: AnyFit,
    asked: Sequence[Estimand] | Estimand,
    *,
    level: float = 0.95,
    interval: Interval = "eti",
    margin: float | None = None,
    rope: tuple[float, float] | None = None,
    scale: Scale = "model",
) -> pd.DataFrame:
    """Answer questions of a fit.

    Parameters
    ----------
    fit : LMMFit, RegistryFit, PosteriorFit or JointFit
        A fitted model, or the posterior of one.
    asked : Estimand or sequence of Estimand
        The question or questions, such as ``slope_difference("anakinra", "control", phase=1)``.
    level : float, default 0.95
        The level of the intervals.
    interval : {"eti", "hdi"}, default "eti"
        The type of interval of a posterior: ``"eti"`` is equal-tailed, ``"hdi"`` is of highest density.
    margin : float, optional
        The value that the quantity is compared with for its probability, in the units of the questions; by default 0,
        and of a ratio 1.
    rope : tuple of (float, float), optional
        The limits of the region of practical equivalence, in the units of the questions; they add a column ``in_rope``.
    scale : {"model", "ratio"}, default "model"
        The scale of the answers. ``"ratio"`` is for a model of a logarithm: means become geometric means in the units
        of the outcome, differences ratios of them, rates per cent per month. Ends of intervals are back-transformed;
        the standard error is by the delta method, and p_value and df stay.

    Returns
    -------
    pandas.DataFrame
        A row a question: estimand, unit, estimate, std_error, df (Satterthwaite; infinite for z-tests), lower, upper,
        level, p_value (two-sided, of zero), probability (that the quantity is above ``margin``), mcse (Monte Carlo
        error of the estimate; zero for an optimum), extrapolated (the arms whose visits end before, or begin after, the
        weeks that the question is about, such as "control after week 24"; empty if there are none), engine. A posterior
        gives its mean, SD and probability, and leaves df and p_value empty; an optimum leaves the probability empty.
        It prints itself rounded; the values keep every digit.
        ``attrs["notes"]`` has what a reader must know about the data, and about ratios to a slope near zero.

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
    [{'estimand': 'slope (per month)', 'df': 59.4}]
    """
    questions = _questions(fit, asked, scale)
    resolved = [(question, resolve_for(fit, question)) for question in questions]
    reading = Reading(level=level, interval=interval, margin=margin, rope=rope)
    rows = [_row(fit, question, contrast, reading) for question, contrast in resolved]
    gaps = [_gaps(fit, question) for question in questions]
    rows = [row | {"extrapolated": "; ".join(map(str, own))} for row, own in zip(rows, gaps, strict=True)]
    columns = [*COLUMNS[:-2], *(("in_rope",) if rope is not None else ()), *COLUMNS[-2:]]
    beyond = describe_gaps({question.label: own for question, own in zip(questions, gaps, strict=True)})
    if isinstance(fit, JointFit):
        notes = _joint_notes(fit)
    else:
        notes = [*fit.notes, *(note for one in resolved for note in caution(fit, *one)), *beyond]
    asked_in_words = {question.label: words_of(question) for question in questions}
    return ResultTable.of(pd.DataFrame(rows, columns=columns), notes=notes, questions=asked_in_words)


def _joint_notes(fit: JointFit) -> list[Note]:
    return list(dict.fromkeys(note for one in fit.fits.values() for note in one.notes))


def estimands_for(spec: ModelSpec | str, data: Cohort | Design | Registry) -> list[Estimand]:
    """The standard questions of a longitudinal trial with these arms, as far as the model answers them.

    For each arm the slope in every phase, and its change between them; for each arm against the reference arm the
    difference of slopes in every phase, the slowing, the difference of the changes, and the difference of means at
    the knot and at the end of the last whole phase. Slowing is asked of outcomes alone that decline by nature.

    Parameters
    ----------
    spec : ModelSpec or str
        The model specification, or its formula.
    data : Cohort or Design
        The cohort that the model is fitted to, or a design of it, or the ``design`` of a fit in parts.

    Returns
    -------
    list of Estimand
        The questions, without those that the model sets to zero, such as a difference of slopes without an interaction
        of arm and time, and those that the data do not tell, such as a slope in a phase in which the arm has no visits;
        none for a model without time.
    """
    design = data if isinstance(data, (Design, Registry)) else build_design(spec, data)
    if not design.spec.has_time:
        return []
    return [question for question in _standard(design) if _is_answered(question, design)]


def _is_answered(question: Estimand, design: Design | Registry) -> bool:
    """Whether the data have a say, and say it: not where a phase has no visits, or where a covariate hides the time."""
    try:
        return _is_estimated(resolve_contrast(question, design))
    except (EstimandError, SpecError):
        return False


def _standard(design: Design | Registry) -> list[Estimand]:
    timescale = design.spec.timescale
    phases = range(1, timescale.n_phases + 1) if timescale.n_phases > 1 else [None]
    arms: Sequence[str | None] = design.arms if "arm" in design.encoding.fixed_columns else (None,)
    asked: list[Estimand] = [slope(phase=number, arm=arm) for number in phases for arm in arms]
    later = range(2, timescale.n_phases + 1)
    asked += [change(arm=arm, phase=number) for arm in arms for number in later]
    if None in arms:
        return asked
    reference, *others = design.arms
    asked += [slope_difference(arm, reference, phase=number) for arm in others for number in phases]
    asked += [change(arm=arm, reference=reference, phase=number) for arm in others for number in later]
    if design.outcome is not None and design.outcome.declines:
        asked += [slowing(arm, reference, phase=number) for arm in others for number in phases]
    unit = timescale.unit
    asked += [Difference(arm, reference, week, unit) for arm in others for week in _landmarks(design)]
    return asked


def _landmarks(design: Design | Registry) -> list[float]:
    """The knots, and the week as far behind the last as that is behind the one before, or else the last visit's.

    The last visit's is taken to be at a whole week, month or day.
    """
    scale = design.spec.timescale
    last = float(np.floor(from_weeks(np.array(design.last_week), scale.unit))) * WEEKS_PER_UNIT[scale.unit]
    if scale.n_phases == 1:
        return [last]
    before, knot = (0.0, *scale.knot_weeks)[-2:]
    return [*scale.knot_weeks, min(2 * knot - before, last)]


def _row(fit: AnyFit, question: Estimand, contrast: Contrast | None, reading: Reading) -> dict[str, object]:
    if contrast is not None and not _is_estimated(contrast):
        msg = f"'{question.label}' is not estimated: the model sets it to a constant, whatever the data."
        raise EstimandError(msg)
    found = asdict(NOTHING if has_no_decline(fit, question, contrast) else answer(fit, question, contrast, reading))
    unit = unit_of(question)
    own = str(unit) if isinstance(fit, JointFit) else unit.describe(fit.spec, fit.design.outcome)
    return {"estimand": question.label, "unit": own, "level": reading.level, "engine": engine_name(fit), **found}


def _questions(fit: AnyFit, asked: Sequence[Estimand] | Estimand, scale: Scale) -> list[Estimand]:
    """The questions as the model puts them, on the scale that is asked for."""
    if isinstance(fit, JointFit):
        return as_questions(asked)
    questions = put_on_scale(as_questions(asked, fit.spec, terms=fit.design.encoding.fixed_terms), scale, fit.spec)
    check_slowing(fit, questions)
    return questions


def _gaps(fit: AnyFit, question: Estimand) -> tuple[Gap | Stray, ...]:
    """The ends of arms' visits, and of covariates, that a question looks beyond."""
    return () if isinstance(fit, JointFit) else find_gaps(fit.design, looks_of(question, fit.design))


def _is_estimated(contrast: Contrast) -> bool:
    """Whether the data have a say: a contrast of zeros, such as a difference at a shared baseline, is a constant."""
    if contrast.over is None:
        return bool(np.any(contrast.weights))
    return bool(np.any(contrast.over)) and not np.array_equal(contrast.weights, contrast.over)
