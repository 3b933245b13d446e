"""Several fits, the same questions, side by side, with a word on where they differ."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from alsmodels.errors import EstimandError
from alsmodels.inference.answers import Fit, check_named, check_single
from alsmodels.inference.display import ResultTable
from alsmodels.inference.estimates import estimate
from alsmodels.inference.likelihood_ratios import compare_likelihoods, note_rows
from alsmodels.model.estimand import Estimand
from alsmodels.model.intervals import Interval
from alsmodels.model.notes import Note, NoteKind
from alsmodels.model.ratios import Scale

__all__ = ["compare"]

# In standard errors of the first fit: no reader of a rounded table would see less.
TOLERANCE = 0.01
_ERROR_ALONE = "SE differs"


def compare(
    fits: Mapping[str, Fit],
    asked: Sequence[Estimand] | Estimand | None = None,
    *others: Fit,
    level: float = 0.95,
    tolerance: float = TOLERANCE,
    interval: Interval = "eti",
    scale: Scale = "model",
) -> pd.DataFrame:
    """Answer the same questions of several fits.

    Parameters
    ----------
    fits : mapping of str to LMMFit, RegistryFit or PosteriorFit
        The fits by name; the first is the one that the others are compared with.
    asked : Estimand or sequence of Estimand, optional
        The question or questions to ask of each fit; None compares the fits as wholes, by likelihood.
    *others : LMMFit, RegistryFit or PosteriorFit
        Nothing; fits outside of the mapping are refused, with what to write.
    level : float, default 0.95
        The level of the intervals.
    tolerance : float, default 0.01
        The tolerated difference of an estimate, in the first fit's standard errors, and of a standard error, as a
        share; for posteriors three Monte Carlo errors are added.
    interval : {"eti", "hdi"}, default "eti"
        The type of interval of a posterior: equal-tailed or of highest density.
    scale : {"model", "ratio"}, default "model"
        The scale of the answers, as in `estimate`.

    Returns
    -------
    pandas.DataFrame
        The columns of `estimate`, with ``fit`` before them, and after them ``shift``, the difference from the first
        fit's estimate in its standard errors, ``se_ratio``, and ``verdict``: "first", "agrees", "differs" where the
        estimate does, or "SE differs" where the standard error alone does.
        ``attrs["notes"]`` says in sentences where fits differ, and whether they are of different rows.

        Without questions a row a fit, the smallest first: fit, method, n_parameters, loglik, aic, bic, and, against the
        row before where that is nested in it, chi_square, df and p_value of the likelihood-ratio test, and note.

    Raises
    ------
    EstimandError
        If fits have no names, there are fewer than two, or they were fitted to different responses; and without
        questions if they are posteriors, of different rows, or by REML with different fixed effects, whose likelihoods
        are not comparable.

    Notes
    -----
    The test takes twice the difference of log-likelihoods as chi-square with as many degrees of freedom as there are
    parameters more. Where a variance is zero under the smaller model it lies on the boundary of its range, and the
    p-value is too large, about twice as large for a single variance (Self & Liang 1987; Stram & Lee 1994): ``note``
    says so, and gives the p-value of the mixture of two chi-squares where one block of random effects gains one effect.

    Examples
    --------
    >>> from alsmodels.data.examples import load_example
    >>> from alsmodels.frequentist.lmm import fit_lmm
    >>> means = {"additive": "arm + week", "slopes": "arm * week"}
    >>> formulas = {name: f"alsfrs_r ~ {one} + (1 | subject)" for name, one in means.items()}
    >>> fits = {name: fit_lmm(formula, load_example(), method="ML") for name, formula in formulas.items()}
    >>> compare(fits)[["fit", "chi_square", "df", "p_value"]].round(2).tail(1).to_dict("records")
    [{'fit': 'slopes', 'chi_square': 7.71, 'df': 1.0, 'p_value': 0.01}]
    """
    check_named(fits, others, "compare")
    if len(fits) < 2:
        msg = f"compare takes two fits or more, by name; it was given {len(fits)}."
        raise EstimandError(msg)
    for fit in fits.values():
        check_single(fit)
    responses = sorted({fit.spec.response for fit in fits.values()})
    if len(responses) > 1:
        msg = f"The fits have different responses, {' and '.join(responses)}, so their estimates are not comparable."
        raise EstimandError(msg)
    _check_units(fits)
    rows = note_rows(fits)
    if asked is None:
        return compare_likelihoods(fits)
    tables = {name: estimate(fit, asked, level=level, interval=interval, scale=scale) for name, fit in fits.items()}
    first = next(iter(tables.values()))
    tables = {name: table.assign(estimand=first["estimand"]) for name, table in tables.items()}
    compared = [_against(first, table, name, tolerance) for name, table in tables.items()]
    compared[0]["verdict"] = "first"
    result = pd.concat(compared, ignore_index=True)
    order = result.groupby("estimand", sort=False).ngroup()
    result = result.iloc[np.argsort(order.to_numpy(), kind="stable")].reset_index(drop=True)
    notes = [*first.attrs["notes"], *rows, *_sentences(result, next(iter(fits)))]
    return ResultTable.of(result, notes=notes, questions=first.attrs["questions"])


def _check_units(fits: Mapping[str, Fit]) -> None:
    """Refuse outcomes of one name that are known to be in different units."""
    units = {fit.design.outcome.unit for fit in fits.values() if fit.design.outcome is not None} - {None}
    if len(units) > 1:
        told = " and ".join(sorted(map(str, units)))
        msg = f"The fits have outcomes in different units, {told}, so their estimates are not comparable."
        raise EstimandError(msg)


def _against(first: pd.DataFrame, table: pd.DataFrame, name: str, tolerance: float) -> pd.DataFrame:
    shift = (table["estimate"] - first["estimate"]) / first["std_error"]
    ratio = table["std_error"] / first["std_error"]
    noise = 3 * np.hypot(table["mcse"], first["mcse"]) / first["std_error"]
    # A standard deviation from k effective draws is off by about 1 / sqrt(2 k): the mean's error over sqrt 2.
    same, sure = shift.abs() <= tolerance + noise, (ratio - 1).abs() <= tolerance + noise / np.sqrt(2)
    verdict = np.select([same & sure, same & ~sure], ["agrees", _ERROR_ALONE], "differs")
    compared = table.assign(shift=shift, se_ratio=ratio, verdict=verdict)
    compared.insert(0, "fit", name)
    return compared


def _sentences(result: pd.DataFrame, first: str) -> list[Note]:
    differing = result[result["verdict"].isin(["differs", _ERROR_ALONE])]
    if differing.empty:
        return [Note(NoteKind.AGREES, f"Every fit agrees with {first} on every question.")]
    texts = [
        f"{row['fit']} differs from {first} on {row['estimand']}"
        f"{_difference(first, row['shift'], row['se_ratio'], alone=row['verdict'] == _ERROR_ALONE)}."
        for row in differing.to_dict("records")
    ]
    return [Note(NoteKind.DIFFERS, text) for text in texts]


def _difference(first: str, shift: float, ratio: float, *, alone: bool) -> str:
    """The end of a sentence: what differs from the first fit, and by how much.

    Examples
    --------
    >>> _difference("REML", 0.0, 0.986, alone=True)
    ' only in the standard error, which is 1.4% smaller'
    >>> _difference("REML", -0.52, 1.31, alone=False)
    ": the estimate is 0.52 of REML's standard errors lower, and its standard error is 31% larger"
    """
    if np.isnan(shift) or np.isnan(ratio):
        return ": one of the two has no estimate"
    change = f"{100 * abs(ratio - 1):.2g}% {'larger' if ratio > 1 else 'smaller'}"
    if alone:
        return f" only in the standard error, which is {change}"
    way = "higher" if shift > 0 else "lower"
    return f": the estimate is {abs(shift):.2g} of {first}'s standard errors {way}, and its standard error is {change}"
