"""A folder with everything a fit has to say: tables as CSV and JSON, figures as PNG, the specification."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, TypeVar, final

import numpy as np
import pandas as pd

from alsmodels.bayes.posterior import PosteriorFit
from alsmodels.data.cohort import Cohort
from alsmodels.data.paths import as_path
from alsmodels.errors import EstimandError
from alsmodels.files.folders import replaced_files
from alsmodels.files.manifest import MANIFEST
from alsmodels.frequentist.fit import LMMFit, RegistryFit
from alsmodels.inference.comparisons import compare
from alsmodels.inference.estimates import estimate
from alsmodels.inference.predictions import mean_trajectories
from alsmodels.model.estimand import Estimand
from alsmodels.model.ratios import Scale
from alsmodels.model.registry import no_rows
from alsmodels.report.fit_tables import flow, overview, parameters, variance_components
from alsmodels.report.panels import OutcomeFit
from alsmodels.report.plots import plot_estimates, plot_trajectories

__all__ = ["write_report", "write_table"]

AnyFit = TypeVar("AnyFit", bound=LMMFit | PosteriorFit)
Answers = TypeVar("Answers")

_DPI = 150


@final
@dataclass(frozen=True, slots=True)
class _Manner:
    """How answers are given: the level of intervals, and the scale."""

    level: float
    scale: Scale

    def of(self, ask: Callable[..., Answers], *given: Any, **more: Any) -> Answers:
        """What a function answers at this level and on this scale."""
        return ask(*given, level=self.level, scale=self.scale, **more)


def write_report(
    fits: OutcomeFit | Mapping[str, OutcomeFit],
    asked: Sequence[Estimand],
    folder: str | Path,
    *,
    cohort: Cohort | None = None,
    level: float = 0.95,
    scale: Scale = "model",
) -> tuple[Path, ...]:
    """Write tables, figures and the specification of one or several fits.

    Parameters
    ----------
    fits : OutcomeFit or mapping of str to OutcomeFit
        A fitted model or a posterior, or several of one response by name; tables of several have a column ``fit``. Of a
        posterior there is a table of its parameters in place of coefficients and variance components, and its priors.
    asked : sequence of Estimand
        The questions to answer; an empty sequence leaves the estimates out.
    folder : str or Path
        The folder to write to; it is made if it is not there. Files of the same names are replaced, and those of an
        earlier report that this one does not have are removed, unless they were changed since; all other files stay.
        This is done in one step: where it is interrupted, the earlier report is whole, or the folder says that it is
        not.
    cohort : Cohort, optional
        The cohort of the data, for the flow of the rows and for what is known of the response.
    level : float, default 0.95
        The level of the intervals.
    scale : {"model", "ratio"}, default "model"
        The scale of estimates and mean trajectories; ``"ratio"`` says what a model of a logarithm says as ratios,
        geometric means and per cent. Coefficients and variances are those of the model.

    Returns
    -------
    tuple of pathlib.Path
        The files, in the order in which they were written; the last, ``SHA256SUMS``, has the hash of each.

    Raises
    ------
    ReadError
        If the folder is a file, or cannot be written to.
    EstimandError
        If a model cannot answer a question, the fits have different responses, or one is of several outcomes, as those
        of `sample_joint`.
    SpecError
        If a fit has no rows, as those of `fit_parts`.
    """
    named = dict(fits) if isinstance(fits, Mapping) else {"": fits}
    _check_reportable(named)
    reading = _Manner(level, scale)
    target, paths = as_path(folder), []
    with replaced_files(target, manifest=True) as stage:
        for name, (table, notes) in _tables(named, asked, cohort=cohort, reading=reading).items():
            paths += write_table(table, stage / name, notes=notes)
        paths += _write_figures(named, asked, stage, cohort=cohort, reading=reading)
        paths += _write_specs(named, stage)
    return (*(target / path.name for path in paths), target / MANIFEST)


def write_table(table: pd.DataFrame, stem: Path, *, notes: Sequence[str] = ()) -> list[Path]:
    """Write a table as ``stem.csv`` and ``stem.json``, numbers with all their digits.

    JSON has no word for infinite or missing numbers: they are null there, and a note counts the infinite ones.

    Parameters
    ----------
    table : pandas.DataFrame
        The table; its index is left out.
    stem : Path
        The path without an ending.
    notes : sequence of str, default ()
        Sentences for the JSON file.
    """
    csv, text = stem.with_name(f"{stem.name}.csv"), stem.with_name(f"{stem.name}.json")
    table.to_csv(csv, index=False)
    infinite = {str(name): _count_infinite(table[name]) for name in table.columns}
    told = [f"{count} infinite values of {name} are null here." for name, count in infinite.items() if count]
    rows = [{str(name): _plain(value) for name, value in row.items()} for row in table.to_dict("records")]
    content = {"table": stem.name, "columns": [*map(str, table.columns)], "notes": [*notes, *told], "rows": rows}
    text.write_text(json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")
    return [csv, text]


def _check_reportable(fits: Mapping[str, object]) -> None:
    """Refuse what has no report: fits without rows, of several outcomes, and what is no fit."""
    if not fits:
        msg = "There is nothing to report: give at least one fit."
        raise EstimandError(msg)
    for fit in fits.values():
        if isinstance(fit, RegistryFit):
            raise no_rows("Rows for figures and tables of a report are")
        if not isinstance(fit, (LMMFit, PosteriorFit)):
            msg = (
                "A report is of fits of one outcome, from fit_lmm or sample_lmm, and of several as a dict of names and "
                f"fits; not of {type(fit).__name__}. Save its tables by to_csv."
            )
            raise EstimandError(msg)


def _tables(
    fits: Mapping[str, OutcomeFit], asked: Sequence[Estimand], *, cohort: Cohort | None, reading: _Manner
) -> dict[str, tuple[pd.DataFrame, Sequence[str]]]:
    """Each table by the name of its files, with its notes."""
    first = next(iter(fits.values()))
    notes = first.notes
    tables: dict[str, tuple[pd.DataFrame, Sequence[str]]] = {}
    if asked:
        answers = reading.of(compare, fits, asked) if len(fits) > 1 else reading.of(estimate, first, asked)
        tables["estimates"] = (answers, answers.attrs["notes"])
    optima = {name: fit for name, fit in fits.items() if isinstance(fit, LMMFit)}
    posteriors = {name: fit for name, fit in fits.items() if isinstance(fit, PosteriorFit)}
    named = len(fits) > 1
    if optima:
        tables["coefficients"] = (_stack(optima, lambda fit: fit.coefficients, named=named), notes)
        tables["variance_components"] = (_stack(optima, variance_components, named=named), ())
    if posteriors:
        tables["parameters"] = (_stack(posteriors, partial(parameters, level=reading.level), named=named), notes)
        tables["priors"] = (_stack(posteriors, lambda fit: fit.priors.table(), named=named), ())
    tables["random_effects"] = (_stack(fits, lambda fit: fit.random_effects().reset_index(), named=named), ())
    told = [f"{name or 'fit'}: {fit.status}" for name, fit in fits.items()]
    tables["fits"] = (_stack(fits, overview, named=named), told)
    tables["flow"] = (_stack(fits, partial(flow, cohort=cohort), named=named), ())
    if first.spec.has_time:
        tables["trajectories"] = (_stack(fits, partial(reading.of, mean_trajectories), named=named), notes)
    return tables


def _stack(fits: Mapping[str, AnyFit], make: Callable[[AnyFit], pd.DataFrame], *, named: bool) -> pd.DataFrame:
    """One table of all fits; with a column ``fit`` if they are named."""
    if not named:
        return make(next(iter(fits.values())))
    parts = {name: make(fit) for name, fit in fits.items()}
    told = [table.assign(fit=name)[["fit", *table.columns]] for name, table in parts.items()]
    return pd.concat(told, ignore_index=True)


def _write_figures(
    fits: Mapping[str, OutcomeFit],
    asked: Sequence[Estimand],
    folder: Path,
    *,
    cohort: Cohort | None,
    reading: _Manner,
) -> list[Path]:
    first = next(iter(fits.values()))
    outcome = None if cohort is None else cohort.outcomes.get(first.spec.columns[0])
    figures = {}
    if first.spec.has_time:
        figures["trajectories.png"] = plot_trajectories(first, level=reading.level, outcome=outcome)
    if asked:
        figures["estimates.png"] = reading.of(plot_estimates, fits, asked, outcome=outcome)
    for name, figure in figures.items():
        figure.savefig(folder / name, dpi=_DPI)
    return [folder / name for name in figures]


def _write_specs(fits: Mapping[str, OutcomeFit], folder: Path) -> list[Path]:
    """``spec.json`` if all fits have one specification, else ``spec-NAME.json`` each."""
    if len({fit.spec for fit in fits.values()}) == 1:
        specs = {"spec.json": next(iter(fits.values())).spec}
    else:
        files = _file_names([f"spec-{name}" for name in fits])
        specs = {f"{file}.json": fit.spec for file, fit in zip(files, fits.values(), strict=True)}
    for name, spec in specs.items():
        (folder / name).write_text(spec.to_json() + "\n", encoding="utf-8")
    return [folder / name for name in specs]


def _is_plain(sign: str) -> bool:
    return sign.isalnum() or sign in "_.-"


def _file_names(names: Sequence[str]) -> list[str]:
    """Names as files can be called: other signs are underscores; numbered if some would be alike."""
    plain = ["".join("".join(run) if kept else "_" for kept, run in groupby(name, key=_is_plain)) for name in names]
    if len({name.casefold() for name in plain}) == len(plain):
        return plain
    return [f"{name}-{number}" for number, name in enumerate(plain, start=1)]


def _count_infinite(column: "pd.Series[Any]") -> int:
    return int(np.isinf(column).sum()) if pd.api.types.is_float_dtype(column) else 0


def _plain(value: object) -> object:
    """A value as JSON can hold it."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value if isinstance(value, bool | int | float | str) else str(value)
