"""What the commands do, step by step: each yields what is to be shown as soon as it is known."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import RenderableType
from rich.text import Text

from alsmodels.commands.options import FitOptions, ModelOptions, TableOptions
from alsmodels.commands.request import check_options, choose_spec, open_cohort, response_column
from alsmodels.data.cohort import Cohort
from alsmodels.data.examples import load_example
from alsmodels.errors import ConvergenceError
from alsmodels.frequentist.fit import Engine, LMMFit
from alsmodels.frequentist.lmm import fit_lmm
from alsmodels.inference.cautions import note_no_slowing
from alsmodels.inference.comparisons import compare
from alsmodels.inference.estimates import estimands_for, estimate
from alsmodels.model.design import Design, build_design
from alsmodels.model.spec import two_phase
from alsmodels.report.export import write_report
from alsmodels.report.terminal import (
    view_agreement,
    view_cohort,
    view_estimates,
    view_fit,
    view_heading,
    view_notes,
    view_text,
    view_warnings,
)

__all__ = ["check_file", "compile_and_tell", "fit_file", "show_demo"]

DEMO_NOTICE = (
    "This cohort is synthetic: 17 patients on anakinra and 47 historical controls over 52 weeks, simulated on "
    "published numbers of ALS trials, with no effect of anakinra on the ALSFRS-R. No patient is in it."
)
NO_TIME = "The model has no time in it, so it has no slopes and no trajectories."


def check_file(file: Path, options: TableOptions, outcomes: Sequence[str]) -> Iterator[RenderableType]:
    """Read and check a table, and show what is in it."""
    yield view_cohort(open_cohort(file, options, outcomes=outcomes))


def fit_file(file: Path, table: TableOptions, model: ModelOptions, how: FitOptions) -> Iterator[RenderableType]:
    """Read a table, fit a model to it, and show, and write if asked, what it says."""
    check_options(how)
    column = response_column(model)
    cohort = open_cohort(file, table, outcomes=() if file.is_dir() else (column,))
    design = build_design(choose_spec(model, cohort), cohort)
    if cohort.findings:
        yield view_warnings(cohort)
        yield Text("")
    fits, failures = _fit_engines(design, how)
    yield from _show_answers(fits, failures, how, cohort)


def compile_and_tell() -> Iterator[RenderableType]:
    """Compile every kernel, and say how long it took."""
    from alsmodels.inference.ahead import compile_kernels  # noqa: PLC0415 - loads the samplers, which a fit does not need

    taken = sum(compile_kernels().values())
    yield Text(f"Every kernel is compiled and kept; it took {taken:.0f} seconds.")


def show_demo(out: Path) -> Iterator[RenderableType]:
    """Run the main job on the bundled synthetic cohort."""
    check_options(FitOptions(out=out))
    cohort = load_example()
    yield view_text(DEMO_NOTICE, "bold")
    yield Text("")
    yield view_cohort(cohort)
    yield view_heading("Does the ALSFRS-R fall more slowly on anakinra, before and after week 24?")
    how = FitOptions(engine="both", out=out / "alsfrs_r")
    design = build_design(two_phase("alsfrs_r", arm="arm", knot=24), cohort)
    yield from _show_answers(*_fit_engines(design, how), how, cohort)
    yield view_heading("The same of fibrinogen, where the fit ends on the boundary of what variances can be")
    how = FitOptions(out=out / "fibrinogen")
    design = build_design(two_phase("fibrinogen", arm="arm", knot=24), cohort)
    yield from _show_answers(*_fit_engines(design, how), how, cohort)


def _fit_engines(design: Design, how: FitOptions) -> tuple[dict[str, LMMFit], list[str]]:
    """Fit with the engines asked for; where both are, the second may fail and the reason is told."""
    if how.engine != "both":
        return {how.engine: fit_lmm(design, engine=how.engine, method=how.method)}, []
    fits = {"alsmodels": fit_lmm(design, method=how.method)}
    second: Engine = "statsmodels"
    try:
        fits[second] = fit_lmm(design, engine=second, method=how.method)
    except ConvergenceError as reason:
        return fits, [f"There is no second opinion: {reason}"]
    return fits, []


def _show_answers(
    fits: Mapping[str, LMMFit], failures: Sequence[str], how: FitOptions, cohort: Cohort
) -> Iterator[RenderableType]:
    first = next(iter(fits.values()))
    asked = estimands_for(first.spec, first.design)
    yield view_fit(first)
    yield from map(view_text, failures)
    if asked:
        answers = estimate(first, asked, level=how.level, scale=how.scale)
        yield view_heading("Estimates")
        yield view_estimates(answers)
        notes = [*answers.attrs["notes"], *note_no_slowing(first.design)]
        yield view_notes([note for note in notes if note not in first.design.notes])
    else:
        yield view_notes([NO_TIME])
    if len(fits) > 1 and asked:
        yield view_agreement(compare(fits, asked, level=how.level, scale=how.scale))
    if how.out is not None:
        paths = write_report(_named(fits), asked, how.out, cohort=cohort, level=how.level, scale=how.scale)
        yield view_text(_told(paths, how.out))


def _told(paths: Sequence[Path], folder: Path) -> str:
    """Say what was written, tables once for both of their files."""
    tables = [path.stem for path in paths if path.suffix == ".csv"]
    twins = {f"{name}.{ending}" for name in tables for ending in ("csv", "json")}
    others = [path.name for path in paths if path.name not in twins]
    return f"\nWritten to {folder}: {', '.join(others)}; and as .csv and .json: {', '.join(tables)}."


def _named(fits: Mapping[str, LMMFit]) -> LMMFit | Mapping[str, LMMFit]:
    """One fit needs no name."""
    return fits if len(fits) > 1 else next(iter(fits.values()))
