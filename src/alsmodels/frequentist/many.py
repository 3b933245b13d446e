"""Fitting one model to many data sets at once, and the answers as one dataset."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from alsmodels.frequentist.fit import Method
from alsmodels.frequentist.intervals import check_level, infer_all
from alsmodels.frequentist.lmm import check_method, fit_lmm
from alsmodels.frequentist.verdict import judge_all
from alsmodels.kernels.batch import BROKEN, make_task, reduce_sets, search_sets
from alsmodels.kernels.outcomes import Contrasts, Outcomes, answer_sets, make_outcomes
from alsmodels.kernels.ranges import over_ranges
from alsmodels.model.compilation import compilation_notice
from alsmodels.model.estimand import Contrast, Estimand, as_questions, find_extrapolated, resolve_all
from alsmodels.model.pairs import pair_labels, pair_places
from alsmodels.model.reduction import explain_fault
from alsmodels.model.spec import ModelSpec
from alsmodels.model.stack import Stack, as_stack
from alsmodels.model.status import StatusKind

__all__ = ["fit_many"]

Matrix = NDArray[np.float64]

# Rows of data that a thread takes at a time: their matrices stay in the cache.
ROWS = 20_000
# What a compiled loop may raise for numbers that no check foresaw.
BREAKDOWNS = (ArithmeticError, ValueError, np.linalg.LinAlgError)


def fit_many(
    spec: ModelSpec | str | Stack,
    replicates: object = None,
    *,
    method: Method = "REML",
    estimands: Sequence[Estimand] | Estimand = (),
    level: float = 0.95,
) -> xr.Dataset:
    """Fit one model to many data sets.

    Each gets the answer that `fit_lmm` and `estimate` would give it, to rounding, but nothing of Python is paid for
    each: thousands of trials are fitted in a second or so, in all processors.

    Parameters
    ----------
    spec : ModelSpec or str
        The model specification, or its formula.
    replicates : Replicates, DataFrame, or sequence of Cohort or DataFrame, optional
        The data sets: the result of `simulate_many`; a table (pandas, polars, pyarrow) with the columns ``replicate``
        and ``subject``; or a sequence of cohorts, or of tables with ``subject``, which are numbered from 0.
    method : {"REML", "ML"}, default "REML"
        The criterion: restricted or full maximum likelihood.
    estimands : Estimand or sequence of Estimand, default ()
        The questions to each fit, such as ``slope_difference("anakinra", "control", phase=1)``.
    level : float, default 0.95
        The level of the intervals.

    Returns
    -------
    xarray.Dataset
        Along ``replicate``: ``status`` (a kind of `Status`), ``reason`` (why there is no answer, else empty),
        ``loglik``, ``score``, ``sigma``, ``n_steps``, ``n_obs``, ``n_subjects``. Along ``estimand`` too:
        ``estimate``, ``std_error``, ``df`` (Satterthwaite), ``statistic``, ``p_value``, ``lower``, ``upper``, and
        ``extrapolated``, whether the question is about weeks that an arm's visits do not reach. Along ``term``:
        ``beta``, ``beta_std_error``, ``beta_df``. Along ``effect`` and ``pair``: ``sd`` and ``correlation`` of the
        random effects. ``attrs`` say what was fitted.

    Raises
    ------
    DataError, DesignError
        If the replicates are none, lack a column, or the formula looks at a column as a whole.
    EstimandError
        If the model cannot answer a question.

    Notes
    -----
    A replicate that cannot be fitted never stops the others. Its status is "not fitted" where `fit_lmm` would raise
    ``DesignError`` (an arm without visits, dependent columns), "not identified" or "not converged" where it would raise
    for that, and its numbers are NaN. Statistics over replicates are over those that have an answer: look at ``status``
    before. All replicates have the columns that the data of all ask for. The answers do not depend on the number of
    threads, nor on which replicates are fitted together.

    Examples
    --------
    >>> import pandas as pd
    >>> from alsmodels.data.examples import load_example
    >>> frame = load_example().to_frame()
    >>> twice = pd.concat([frame.assign(replicate=1), frame.assign(replicate=2, alsfrs_r=frame["alsfrs_r"] + 1)])
    >>> found = fit_many("alsfrs_r ~ week + (week | subject)", twice)
    >>> found["status"].values.tolist(), found["beta"].sel(term="(Intercept)").diff("replicate").round(6).item()
    (['converged', 'converged'], 1.0)
    """
    check_method(method)
    check_level(level)
    stack = as_stack(spec, replicates, verb="fit_many")
    questions = as_questions(estimands, stack.spec, terms=stack.encoding.fixed_terms)
    contrasts = _gather(stack, resolve_all(questions, stack))
    with compilation_notice("fit_many"):
        found = _fit(stack, contrasts, reml=method == "REML")
    kinds = judge_all(found, stack.template)
    reasons = [_explain(stack, number, kind, method) for number, kind in enumerate(kinds)]
    labels = [question.label for question in questions]
    table = _as_dataset(stack, found, kinds, reasons, labels, method=method, level=level)
    return table.assign(extrapolated=(("replicate", "estimand"), find_extrapolated(questions, stack)))


def _explain(stack: Stack, number: int, kind: StatusKind, method: Method) -> str:
    """Why a data set has no answer, in the words that it would get alone; empty if it has one."""
    if kind in (StatusKind.CONVERGED, StatusKind.BOUNDARY):
        return ""
    if kind is StatusKind.NOT_FITTED:
        return explain_fault(stack, number)
    return fit_lmm(stack.design(number), method=method, on_failure="return").status.message


def _gather(stack: Stack, asked: Sequence[Contrast]) -> Contrasts:
    """The fixed effects themselves, and what is asked for."""
    r, p = stack.n_replicates, len(stack.encoding.fixed_names)
    weights, over = np.zeros((r, p + len(asked), p)), np.zeros((r, p + len(asked), p))
    weights[:, :p] = np.eye(p)
    for place, contrast in enumerate(asked, start=p):
        weights[:, place] = contrast.weights
        over[:, place] = 0.0 if contrast.over is None else contrast.over
    is_ratio = np.array([False] * p + [contrast.over is not None for contrast in asked])
    return Contrasts(weights, over, is_ratio)


def _fit(stack: Stack, contrasts: Contrasts, *, reml: bool) -> Outcomes:
    """Fit all data sets, a stretch of them after the other, in threads."""
    r, p, q = stack.n_replicates, len(stack.encoding.fixed_names), stack.template.n_effects
    out = make_outcomes(r, q, len(contrasts.is_ratio))
    longest = int(np.diff(stack.starts).max())
    task = make_task(stack.template, most_numbers=longest * (p + q), reml=reml)

    def fit_stretch(first: int, last: int) -> None:
        here = slice(first, last)
        asked = Contrasts(contrasts.weights[here], contrasts.over[here], contrasts.is_ratio)
        own = Outcomes._make(array[here] for array in out)
        try:
            shelf = reduce_sets(stack.sets(first, last), task)
            answer_sets(shelf, search_sets(shelf, task), task, asked, own)
        except BREAKDOWNS:
            fit_alone(first, last)

    def fit_alone(first: int, last: int) -> None:
        """Find the data set whose numbers break down, so that it does not stop the others."""
        if last - first == 1:
            out.fault[first] = BROKEN
            return
        for number in range(first, last):
            fit_stretch(number, number + 1)

    over_ranges(fit_stretch, r, max(1, ROWS * r // stack.n_obs))
    return out


def _as_dataset(
    stack: Stack,
    found: Outcomes,
    kinds: Sequence[StatusKind],
    reasons: Sequence[str],
    labels: Sequence[str],
    *,
    method: Method,
    level: float,
) -> xr.Dataset:
    encoding, places = stack.encoding, pair_places(stack.template)
    answered = np.array([kind in (StatusKind.CONVERGED, StatusKind.BOUNDARY) for kind in kinds])
    value, error, df = (_only(array, answered) for array in (found.value, found.std_error, found.df))
    p, covariance = len(encoding.fixed_names), _only(found.covariance, answered)
    asked = {"estimate": value[:, p:], "std_error": error[:, p:], "df": df[:, p:]}
    asked |= infer_all(value[:, p:], error[:, p:], df[:, p:], level=level)
    fixed = {"beta": value[:, :p], "beta_std_error": error[:, :p], "beta_df": df[:, :p]}
    sd = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
    whole = {
        "status": np.array([kind.value for kind in kinds]),
        "reason": np.array(reasons, dtype=object),
        "loglik": _only(-0.5 * found.criterion, answered),
        "score": found.score,
        "sigma": _only(found.sigma, answered),
        **{name: getattr(found, name) for name in ("n_steps", "n_obs", "n_subjects")},
    }
    groups: dict[tuple[str, ...], dict[str, Any]] = {("estimand",): asked, ("term",): fixed, ("effect",): {"sd": sd}}
    if places:
        groups["pair",] = {"correlation": _correlations(covariance, sd, places)}
    variables: dict[str, Any] = {
        name: (("replicate", *dims), array) for dims, group in groups.items() for name, array in group.items()
    }
    coords: dict[str, Any] = {"replicate": stack.replicates, "estimand": list(labels)}
    coords |= {"term": list(encoding.fixed_names), "effect": list(encoding.random_names)}
    if places:
        coords["pair"] = pair_labels(encoding.random_names, stack.template)
    variables |= {name: ("replicate", array) for name, array in whole.items()}
    attrs = {"made_by": "alsmodels", "formula": stack.spec.formula, "method": method, "level": level}
    return xr.Dataset(variables, coords, attrs | {"notes": [note.text for note in stack.notes]})


def _only(array: Matrix, answered: NDArray[np.bool_]) -> Matrix:
    """NaN where there is no answer."""
    return np.where(answered.reshape(-1, *[1] * (array.ndim - 1)), array, np.nan)


def _correlations(covariance: Matrix, sd: Matrix, places: Sequence[tuple[int, int]]) -> Matrix:
    """Shape (R, k); NaN where a variance is zero."""
    with np.errstate(invalid="ignore", divide="ignore"):
        found = [covariance[:, row, col] / (sd[:, row] * sd[:, col]) for row, col in places]
    return np.clip(np.stack(found, axis=1), -1.0, 1.0)
