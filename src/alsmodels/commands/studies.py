"""What ``alsmodels study`` does: run a study from its file, and show what it has found."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import RenderableType

from alsmodels.errors import ReadError
from alsmodels.inference.operating import count_statuses, operating_characteristics
from alsmodels.inference.study_files import read_study
from alsmodels.report.terminal import view_frame, view_heading, view_text
from alsmodels.simulation.results import StudyResults
from alsmodels.simulation.runs import run_study
from alsmodels.simulation.store import is_study, load_results

__all__ = ["run_file", "show_folder"]

_FIGURES = ("power", "bias", "coverage", "empirical_se", "model_se")


def run_file(
    file: Path, *, out: Path | None, resume: bool, workers: int, scheduler: str | None
) -> Iterator[RenderableType]:
    """Run a study, or with ``resume`` the rest of it, and show its operating characteristics."""
    study = read_study(file)
    folder = file.with_suffix("") if out is None else out
    if is_study(folder) and not resume:
        msg = f"{folder} holds results of a study; say --resume to go on with it, or --out another folder."
        raise ReadError(msg)
    results = run_study(study, folder, workers=workers, scheduler=scheduler)
    yield from _show(results)
    yield view_text(f"\nWritten: {folder}.")


def show_folder(folder: Path) -> Iterator[RenderableType]:
    """Show what a study has found so far."""
    yield from _show(load_results(folder))


def _show(results: StudyResults) -> Iterator[RenderableType]:
    yield view_text(repr(results), "bold")
    table = operating_characteristics(results)
    for (analysis, estimand), rows in table.groupby(["analysis", "estimand"], sort=False):
        yield view_heading(f"{analysis}: {estimand}")
        yield view_frame(_readable(rows))
    yield view_text("\nAfter each figure, in brackets, its Monte Carlo error.", "italic")
    yield view_heading("How the analyses ended")
    yield view_frame(count_statuses(results).drop(columns="share_mcse"))


def _readable(rows: pd.DataFrame) -> pd.DataFrame:
    """Each figure with its error in brackets."""
    told = rows[["truth", "design", "target", "n_replicates"]].rename(columns={"n_replicates": "n"})
    figures = {
        name: [_figure(a, b) for a, b in zip(rows[name], rows[f"{name}_mcse"], strict=True)] for name in _FIGURES
    }
    return told.assign(**figures)


def _figure(value: float, error: float) -> str:
    """The figure to the second digit of its error, as in ``0.812 (0.012)``."""
    if np.isnan(value):
        return ""
    digits = 3 if np.isnan(error) or error == 0 else max(0, min(6, 1 - int(f"{error:e}".split("e")[1])))
    return f"{value:.{digits}f} ({error:.{digits}f})"
