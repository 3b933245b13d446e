"""From what the command line was asked to the package's own values: roles, cohort, specification."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alsmodels.commands.options import FitOptions, ModelOptions, TableOptions
from alsmodels.data.cohort import Cohort
from alsmodels.data.findings import RULES
from alsmodels.data.outcomes import Outcome
from alsmodels.data.paths import as_path
from alsmodels.data.readers.tables import read_cohort, read_column_names
from alsmodels.data.readers.text_form import TextForm
from alsmodels.data.roles import Roles
from alsmodels.errors import DataError, EstimandError, ReadError, SpecError, shown
from alsmodels.files.reading import read_text
from alsmodels.model.formula import read_formula, spell_response
from alsmodels.model.spec import ModelSpec, linear_decline, two_phase
from alsmodels.model.table_names import read_model

__all__ = ["check_options", "choose_spec", "open_cohort", "response_column"]

_SUBJECTS = ("subject", "id")


def check_options(options: FitOptions) -> None:
    """Refuse, before any work is done, a level or a folder that cannot be used."""
    if not 0 < options.level < 1:
        msg = f"The level of an interval is between 0 and 1, not {options.level:g}."
        raise EstimandError(msg)
    if options.out is not None and as_path(options.out).exists() and not options.out.is_dir():
        msg = f"{options.out} is a file; give --out a folder."
        raise ReadError(msg)


def open_cohort(file: Path, options: TableOptions, *, outcomes: Sequence[str] = ()) -> Cohort:
    """Read a table, or a saved cohort, as the options say.

    Parameters
    ----------
    file : Path
        A .csv, .parquet, .xlsx, .json or .ndjson file, or the folder of a saved cohort.
    options : TableOptions
        Which columns are what.
    outcomes : sequence of str, default ()
        Columns that are outcomes besides those known by name.
    """
    if file.is_dir():
        if options != TableOptions():
            msg = f"{file} is a saved cohort, which knows its columns; give no options about them."
            raise ReadError(msg)
        return read_cohort(file)
    _check_rules(options.leave_out)
    form = TextForm(options.delimiter, options.decimal, options.encoding)
    roles = _choose_roles(read_column_names(file, sheet=options.sheet, form=form), options, file)
    return read_cohort(
        file,
        roles,
        outcomes=_outcomes(outcomes, options),
        events=_events(options),
        leave_out=options.leave_out,
        missing=options.missing,
        empty=options.empty,
        sheet=options.sheet,
        delimiter=options.delimiter,
        decimal=options.decimal,
        encoding=options.encoding,
    )


def response_column(options: ModelOptions) -> str:
    """Return the column that is modelled; raises where the options contradict each other or name no outcome."""
    if options.formula is not None:
        _check_choices(options)
        return read_formula(options.formula).columns[0]
    return _stated_spec(options).columns[0]


def choose_spec(options: ModelOptions, cohort: Cohort) -> ModelSpec:
    """Write the model that the options ask for; arms are in it if the cohort has two or more and it may."""
    if options.formula is not None:
        _check_choices(options)
        return read_model(options.formula, cohort)
    stated = _stated_spec(options)
    if options.spec is not None:
        return stated
    arm = "arm" if len(cohort.arms) > 1 and not options.no_arm else None
    baseline, random = options.baseline or "separate", options.random or "phases"
    given: dict[str, Any] = {"arm": arm, "baseline": baseline, "random": random, "covariates": options.covariate}
    in_months = cohort.roles.time_unit == "month"
    if options.one_phase:
        return linear_decline(stated.response, time="month" if in_months else "week", **given)
    if options.knot is not None and in_months:
        return two_phase(stated.response, knot=options.knot, time="month", **given)
    return two_phase(stated.response, knot=24.0 if options.knot is None else options.knot, **given)


def _stated_spec(options: ModelOptions) -> ModelSpec:
    """The model as far as the options alone state it: in full, or its response."""
    _check_choices(options)
    if options.spec is not None:
        return _read_spec(options.spec)
    if options.outcome is None:
        msg = "Say what to model: --outcome NAME, or --formula, or --spec FILE."
        raise SpecError(msg)
    return ModelSpec(f"{spell_response(options.outcome)} ~ (1 | subject)")


def _outcomes(columns: Sequence[str], options: TableOptions) -> list[str | Outcome]:
    """The outcomes that are named, and the total that goes by another name."""
    if options.alsfrs_r is None:
        return list(columns)
    return [*(name for name in columns if name != options.alsfrs_r), Outcome.alsfrs_r(options.alsfrs_r)]


def _events(options: TableOptions) -> object | None:
    """The path of the events, with its sheet if one is named."""
    if options.events_sheet is None:
        return options.events
    if options.events is None:
        msg = "--events-sheet names a sheet of a file of events; give --events FILE."
        raise ReadError(msg)
    return options.events, options.events_sheet


def _check_choices(options: ModelOptions) -> None:
    chosen = {
        "--outcome": options.outcome,
        "--knot": options.knot,
        "--one-phase": options.one_phase or None,
        "--random": options.random,
        "--baseline": options.baseline,
        "--no-arm": options.no_arm or None,
        "--covariate": options.covariate or None,
    }
    given = [name for name, value in chosen.items() if value is not None]
    whole = [name for name, value in (("--formula", options.formula), ("--spec", options.spec)) if value is not None]
    if len(whole) > 1 or (whole and given):
        msg = f"{whole[0]} states the whole model; leave out {', '.join([*whole[1:], *given])}."
        raise SpecError(msg)
    if options.one_phase and options.knot is not None:
        msg = "--one-phase has no knot; leave out --knot or --one-phase."
        raise SpecError(msg)


def _read_spec(file: Path) -> ModelSpec:
    return ModelSpec.from_json(read_text(file, what="a specification"))


def _check_rules(names: Sequence[str]) -> None:
    unknown = [name for name in names if name not in RULES]
    if unknown:
        rules = ", ".join(name for name, rule in RULES.items() if rule.severity == "error")
        msg = f"There is no rule {shown(unknown[0])} to leave rows out by; the rules are {rules}."
        raise DataError(msg)


def _choose_roles(columns: Sequence[str], options: TableOptions, file: Path) -> Roles:
    arm = options.arm if options.arm is not None else next((name for name in columns if name == "arm"), None)
    return Roles(
        subject=_find(options.subject, _SUBJECTS, columns, option="--subject", file=file),
        time=_find(options.time, ("week",), columns, option="--time", file=file),
        arm=arm,
        control=options.control,
        time_unit=options.time_unit,
        baseline=options.baseline_date,
        date_format=options.date_format,
    )


def _find(given: str | None, defaults: Sequence[str], columns: Sequence[str], *, option: str, file: Path) -> str:
    found = given if given is not None else next((name for name in defaults if name in columns), None)
    if found is None:
        wanted = " or ".join(repr(name) for name in defaults)
        msg = f"{file} has no column {wanted}; give {option} NAME. Its columns are {', '.join(columns)}."
        raise ReadError(msg)
    return found
