"""Which of several posteriors foretells best what it has not seen: leave-one-out of fits of the same values."""

import warnings
from collections.abc import Mapping

import numpy as np
import pandas as pd

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.errors import EstimandError
from alsmodels.inference.answers import check_named
from alsmodels.inference.display import ResultTable
from alsmodels.model.notes import Note, NoteKind

__all__ = ["compare_loo"]


def compare_loo(fits: Mapping[str, PosteriorFit], *others: PosteriorFit) -> pd.DataFrame:
    """Leave-one-out of several posteriors of the same values, the best first, with the weights of stacking.

    Parameters
    ----------
    fits : mapping of str to PosteriorFit
        The posteriors of `sample_lmm`, by name.
    *others : PosteriorFit
        Nothing; fits outside of the mapping are refused, with what to write.

    Returns
    -------
    pandas.DataFrame
        A row a fit: ``fit``, ``elpd`` (expected log predictive density, by Pareto-smoothed importance sampling),
        ``se``, ``p_loo`` (effective number of parameters), ``elpd_diff`` (how much worse than the best), ``diff_se``,
        ``weight`` (of stacking), ``k_hat`` (the worst Pareto shape), ``bad`` (how many are above what the draws can
        bear), ``rows`` and ``subjects``. ``attrs["notes"]`` say what was left out at a time.

    Raises
    ------
    EstimandError
        If there are fewer than two fits, one has no likelihood, or they are not of the same values: other rows, another
        response, or a likelihood by subject beside one by row.

    Notes
    -----
    A difference is to be read against its standard error. Pointwise values are ArviZ's (`arviz_stats.loo`), differences
    and weights too (`arviz_stats.compare`; Vehtari, Gelman & Gabry 2017; Yao, Vehtari, Simpson & Gelman 2018). ArviZ
    itself is given draws without their data, and ranks fits of different rows without a word.
    """
    check_named(fits, others, "compare_loo")
    _check_fits(fits)
    import arviz_stats  # noqa: PLC0415 - a second or two that nothing else needs

    with warnings.catch_warnings():
        # Of large Pareto shapes, which the table and its notes have, and of how ArviZ calls pandas.
        warnings.simplefilter("ignore", UserWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        parts = {name: arviz_stats.loo(fit.draws, pointwise=True) for name, fit in fits.items()}
        found = arviz_stats.compare(parts, method="stacking")
    shapes = {name: np.asarray(part.pareto_k).ravel() for name, part in parts.items()}
    rows = [_row(name, found.loc[name], shapes[name], parts[name].good_k, fits[name]) for name in found.index]
    table = pd.DataFrame(rows)
    return ResultTable.of(table, notes=_notes(table, next(iter(fits.values()))), questions={})


def _row(name: str, found: pd.Series, shapes: np.ndarray, bearable: float, fit: PosteriorFit) -> dict[str, object]:
    return {
        "fit": name,
        "elpd": float(found["elpd"]),
        "se": float(found["se"]),
        "p_loo": float(found["p"]),
        "elpd_diff": float(found["elpd_diff"]),
        "diff_se": float(found["dse"]),
        "weight": float(found["weight"]),
        "k_hat": float(shapes.max()),
        "bad": int((shapes > bearable).sum()),
        "rows": fit.design.n_obs,
        "subjects": fit.design.n_subjects,
    }


def _notes(table: pd.DataFrame, fit: PosteriorFit) -> list[Note]:
    one = "a subject with all visits" if _unit(fit) == "subject" else "a row, its subject's random effects known"
    said = [Note(NoteKind.LEAVE_ONE_OUT, f"Left out at a time is {one}, of {fit.design.n_obs} rows in every fit.")]
    for row in table[table["bad"] > 0].itertuples():
        text = (
            f"Of {row.fit} {row.bad} are so influential when left out that its number cannot be relied on (Pareto "
            f"shape up to {row.k_hat:.2f})."
        )
        said.append(Note(NoteKind.INFLUENTIAL, text))
    return said


def _check_fits(fits: Mapping[str, PosteriorFit]) -> None:
    if len(fits) < 2:
        msg = f"compare_loo takes two posteriors or more, by name; it was given {len(fits)}."
        raise EstimandError(msg)
    for name, fit in fits.items():
        given: object = fit
        if not isinstance(given, PosteriorFit) or "log_likelihood" not in given.draws.children:
            msg = f"Leave-one-out is of posteriors by sample_lmm, which have a likelihood; '{name}' has none."
            raise EstimandError(msg)
    (first, one), *others = fits.items()
    for name, other in others:
        _check_pair(first, one, name, other)


def _check_pair(first: str, one: PosteriorFit, name: str, other: PosteriorFit) -> None:
    if one.spec.response != other.spec.response:
        msg = (
            f"'{first}' is of {one.spec.response} and '{name}' of {other.spec.response}: densities of different "
            "quantities cannot be compared."
        )
        raise EstimandError(msg)
    if not _values(one).equals(_values(other)):
        raise EstimandError(_other_rows(first, one, name, other))
    if _unit(one) != _unit(other):
        msg = (
            f"'{first}' has a likelihood for each {_unit(one)} and '{name}' for each {_unit(other)}; compare what "
            "row_log_likelihood gives of each instead."
        )
        raise EstimandError(msg)


def _other_rows(first: str, one: PosteriorFit, name: str, other: PosteriorFit) -> str:
    """The sentence about fits of different rows, which of them lack what the other has, and what to do."""
    ours, theirs = _values(one).index, _values(other).index
    alone = [(first, len(ours.difference(theirs))), (name, len(theirs.difference(ours)))]
    lost = "; ".join(f"{count} rows are in '{which}' alone" for which, count in alone if count)
    return (
        f"'{first}' was fitted to {one.design.n_obs} rows of {one.design.n_subjects} subjects and '{name}' to "
        f"{other.design.n_obs} rows of {other.design.n_subjects} ({lost or 'the same visits with other values'}), so "
        "that they do not foretell the same values and cannot be ranked. Fit both to the rows that both can use: drop "
        "those without a value of a covariate beforehand."
    )


def _values(fit: PosteriorFit) -> pd.Series:
    """The response by subject and week, or by subject and number of the row, in their order."""
    rows = fit.design.rows
    place = rows["week"] if "week" in rows.columns else rows.groupby("subject", observed=True).cumcount()
    index = pd.MultiIndex.from_arrays([rows["subject"].astype(str), place])
    return pd.Series(fit.design.y, index=index).sort_index(kind="stable")


def _unit(fit: PosteriorFit) -> str:
    return "subject" if "subject" in fit.draws["log_likelihood"]["y"].dims else "row"
