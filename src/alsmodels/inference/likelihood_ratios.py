"""Nested fits by their likelihoods, and what may be compared at all.

Twice the difference of two maximised log-likelihoods is chi-square under the smaller model, with as many degrees of
freedom as it has fewer parameters. Where it sets variances to zero it lies on the boundary, and the distribution is a
mixture: of chi-squares with q and q + 1 degrees of freedom, half and half, where a block of q effects gains one more
(Stram & Lee 1994, Biometrics 50, 1171-1177, case 3).
"""

import itertools
from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import chdtrc

from alsmodels.errors import EstimandError
from alsmodels.frequentist.fit import LMMFit, MixedFit
from alsmodels.inference.answers import Fit
from alsmodels.inference.display import ResultTable
from alsmodels.model.notes import Note, NoteKind

__all__ = ["compare_likelihoods", "note_rows"]

# A likelihood that is so much lower in a larger model is that of a search that ended too early.
SLACK = 1e-6


def note_rows(fits: Mapping[str, Fit]) -> list[Note]:
    """A note where fits are of different rows, with the counts."""
    first, *others = fits.items()
    return [
        Note(
            NoteKind.ROWS, f"{first[0]} and {name} are fits of different rows: {_counts(first[1])}, and {_counts(fit)}."
        )
        for name, fit in others
        if not _same_rows(first[1], fit)
    ]


def compare_likelihoods(fits: Mapping[str, Fit]) -> pd.DataFrame:
    """A row a fit, the smallest first, each against the one before if that is nested in it.

    Raises
    ------
    EstimandError
        If the likelihoods are not comparable.
    """
    _check(fits)
    known = {name: fit for name, fit in fits.items() if isinstance(fit, MixedFit)}
    ordered = sorted(known.items(), key=lambda one: one[1].n_parameters)
    tests = [{}, *(_test(smaller, larger) for (_, smaller), (_, larger) in itertools.pairwise(ordered))]
    rows = [{**_overview(name, fit), **test} for (name, fit), test in zip(ordered, tests, strict=True)]
    table = pd.DataFrame(rows, columns=[*_COLUMNS])
    notes = [
        Note(NoteKind.LIKELIHOODS, f"{name}: {text}.")
        for name, text in zip(table["fit"], table["note"], strict=True)
        if text
    ]
    return ResultTable.of(table, notes=notes, questions={})


_COLUMNS = ("fit", "method", "n_parameters", "loglik", "aic", "bic", "chi_square", "df", "p_value", "note")


def _overview(name: str, fit: MixedFit) -> dict[str, object]:
    known = {"fit": name, "method": fit.method, "n_parameters": fit.n_parameters, "loglik": fit.loglik}
    nothing = dict.fromkeys(("chi_square", "df", "p_value"), np.nan)
    return {**known, "aic": fit.aic, "bic": fit.bic, **nothing, "note": ""}


def _test(smaller: MixedFit, larger: MixedFit) -> dict[str, object]:
    df = larger.n_parameters - smaller.n_parameters
    why = _why_not_nested(smaller, larger)
    if why:
        return {"note": f"not tested: {why}"}
    chi_square = smaller.criterion - larger.criterion
    if chi_square < -SLACK * max(1.0, abs(larger.criterion)):
        return {"note": "not tested: the larger model has the smaller likelihood, so a search has ended too early"}
    chi_square = max(chi_square, 0.0)
    told = {"chi_square": chi_square, "df": float(df), "p_value": float(chdtrc(df, chi_square))}
    return {**told, "note": _on_boundary(smaller, larger, chi_square)}


def _on_boundary(smaller: MixedFit, larger: MixedFit, chi_square: float) -> str:
    """What is said where the smaller model sets variances to zero."""
    sizes = [fit.design.encoding.block_sizes for fit in (smaller, larger)]
    gained = larger.design.template.n_effects - smaller.design.template.n_effects
    if not gained:
        return ""
    said = "a variance is zero under the smaller model, so that the p-value is too large"
    same_mean = smaller.design.fixed_names == larger.design.fixed_names
    if same_mean and gained == 1 and len(sizes[0]) == len(sizes[1]) == 1:
        q = sizes[0][0]
        mixed = 0.5 * (chdtrc(q, chi_square) + chdtrc(q + 1, chi_square))
        return f"{said}; by the mixture of chi-squares with {q} and {q + 1} df it is {mixed:.3g}"
    return said


def _why_not_nested(smaller: MixedFit, larger: MixedFit) -> str:
    """Why a model is not within another, or empty; the columns of each must lie in the space of the other's."""
    if larger.n_parameters == smaller.n_parameters:
        return "both have as many parameters"
    names = [(fit.design.encoding.fixed_names, fit.design.encoding.random_names) for fit in (smaller, larger)]
    if set(names[0][0]) <= set(names[1][0]) and set(names[0][1]) <= set(names[1][1]):
        return ""
    if isinstance(smaller, LMMFit) and isinstance(larger, LMMFit):
        pairs = [(smaller.design.X, larger.design.X), (smaller.design.Z, larger.design.Z)]
        free = all(len(fit.design.encoding.block_sizes) == 1 for fit in (smaller, larger))
        if free and all(_is_within(*pair) for pair in pairs):
            return ""
    return "it is not nested in the row before"


def _is_within(narrow: np.ndarray, wide: np.ndarray) -> bool:
    """Whether every column is a combination of others."""
    left = narrow - wide @ np.linalg.lstsq(wide, narrow, rcond=None)[0]
    return bool((np.linalg.norm(left, axis=0) <= 1e-8 * np.linalg.norm(narrow, axis=0)).all())


def _check(fits: Mapping[str, Fit]) -> None:
    for name, fit in fits.items():
        if not isinstance(fit, MixedFit):
            msg = (
                f"'{name}' is a posterior, which has no maximised likelihood; ask questions of the fits, or compare "
                "posteriors by leave-one-out."
            )
            raise EstimandError(msg)
    first, *others = fits.items()
    for name, fit in others:
        _check_pair(first, (name, fit))


def _check_pair(first: tuple[str, Fit], other: tuple[str, Fit]) -> None:
    (name, one), (called, two) = first, other
    if not isinstance(one, MixedFit) or not isinstance(two, MixedFit):
        return
    if not _same_rows(one, two):
        msg = (
            f"The likelihoods of '{name}' and '{called}' are of different rows, {_counts(one)} and {_counts(two)}, and "
            "are not comparable. Fit both to the rows that are complete for the larger model."
        )
        raise EstimandError(msg)
    if one.method != two.method:
        msg = f"'{name}' is by {one.method} and '{called}' by {two.method}; likelihoods are compared of one method."
        raise EstimandError(msg)
    if one.method == "REML" and one.design.fixed_names != two.design.fixed_names:
        msg = (
            f"'{name}' and '{called}' are REML fits with different fixed effects, whose likelihoods are of different "
            "data. Fit both with method='ML' to compare them."
        )
        raise EstimandError(msg)


def _same_rows(one: Fit, two: Fit) -> bool:
    if one.design.n_obs != two.design.n_obs or not one.design.subjects.equals(two.design.subjects):
        return False
    if not isinstance(one, MixedFit) or not isinstance(two, MixedFit):
        return np.array_equal(one.design.y, two.design.y)
    if isinstance(one, LMMFit) and isinstance(two, LMMFit):
        return np.array_equal(one.design.y, two.design.y)
    return True


def _counts(fit: Fit) -> str:
    return f"{fit.design.n_obs} rows of {fit.design.n_subjects} subjects"
