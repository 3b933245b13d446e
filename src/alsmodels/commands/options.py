"""What the command line can be asked, as values.

Only the standard library is imported here, so that the command line starts without the rest of the package.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, final

__all__ = ["FitOptions", "ModelOptions", "TableOptions"]


@final
@dataclass(frozen=True, slots=True)
class TableOptions:
    """Which columns of the table are what; a saved cohort folder knows them.

    Parameters
    ----------
    subject : str or None
        Column that identifies a subject. By default "subject", or else "id".
    time : str or None
        Column with the time since baseline. By default "week".
    arm : str or None
        Column with the treatment arm. By default "arm", if there is one.
    control : str or None
        The reference arm. By default the one whose label says so by a word, such as placebo, sham or control.
    time_unit : {"week", "day", "month", "date"}, default "week"
        Unit of the time column, or date if it holds dates.
    baseline_date : str or None
        Column with the date that weeks are counted from. By default each subject's first visit is week 0.
    date_format : {"ymd", "dmy", "mdy", "excel", "sas", "r"} or None
        How dates that can be read in two ways are written, or whose days numbers are.
    sheet : str or None
        Sheet of an .xlsx file. It must be said if several hold something.
    events : Path or None
        Table of deaths, withdrawals and other events: subject, event, time.
    events_sheet : str or None
        Sheet of an .xlsx file of events.
    delimiter : str or None
        Sign between the cells of a text table, such as ";", or tab. By default it is found in the first line.
    decimal : str or None
        Decimal sign of a text table, "." or ",". By default it is found where only one can be meant.
    encoding : str or None
        Encoding of a text table, such as cp1252. By default UTF-8, or what a byte order mark says.
    alsfrs_r : str or None
        Column that is the ALSFRS-R total under another name, such as TOTAL.
    leave_out : tuple of str
        Leave out, and count, the rows that break this rule; may be repeated.
    missing : tuple of str
        Word or number that stands for no value, such as ND or -99, in any column but those of subject, time and arm;
        such cells are emptied and counted; may be repeated.
    empty : tuple of str
        Empty, and count, the cells that break this rule, such as value-not-numeric; may be repeated.
    """

    subject: str | None = None
    time: str | None = None
    arm: str | None = None
    control: str | None = None
    time_unit: Literal["week", "day", "month", "date"] = "week"
    baseline_date: str | None = None
    date_format: Literal["ymd", "dmy", "mdy", "excel", "sas", "r"] | None = None
    sheet: str | None = None
    events: Path | None = None
    events_sheet: str | None = None
    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    alsfrs_r: str | None = None
    leave_out: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()


@final
@dataclass(frozen=True, slots=True)
class ModelOptions:
    """The model: an outcome and choices, or a formula, or a file with one.

    Parameters
    ----------
    outcome : str or None
        Outcome to model, such as alsfrs_r or "log(il6)".
    knot : float or None
        Week in which the second phase begins, by default 24; the month if the times are months.
    one_phase : bool, default False
        One slope over the whole time instead of two phases.
    random : {"phases", "slope", "intercept", "independent"} or None
        Random effects. By default an intercept and a slope for each phase, correlated.
    baseline : {"separate", "shared"} or None
        Whether arms have separate intercepts, or share one, for randomised arms only. By default separate.
    no_arm : bool, default False
        Leave the arms out of the model.
    covariate : tuple of str
        Column added as a main effect; may be repeated.
    formula : str or None
        The whole model in lme4's manner, instead of the choices above.
    spec : Path or None
        File with a specification that --out wrote, instead of the choices above.
    """

    outcome: str | None = None
    knot: float | None = None
    one_phase: bool = False
    random: Literal["phases", "slope", "intercept", "independent"] | None = None
    baseline: Literal["separate", "shared"] | None = None
    no_arm: bool = False
    covariate: tuple[str, ...] = ()
    formula: str | None = None
    spec: Path | None = None


@final
@dataclass(frozen=True, slots=True)
class FitOptions:
    """How to fit, and what to do with the answer.

    Parameters
    ----------
    engine : {"alsmodels", "statsmodels", "both"}, default "alsmodels"
        The package's own engine, statsmodels as a second road, or both side by side.
    method : {"REML", "ML"}, default "REML"
        Restricted or full maximum likelihood.
    level : float, default 0.95
        Level of the intervals.
    scale : {"model", "ratio"}, default "model"
        Scale of the estimates of a model of a logarithm, such as "log(il6)": that of the model, or ratios of geometric
        means and per cent a month.
    out : Path or None
        Folder for tables (CSV, JSON) and figures (PNG).
    """

    engine: Literal["alsmodels", "statsmodels", "both"] = "alsmodels"
    method: Literal["REML", "ML"] = "REML"
    level: float = 0.95
    scale: Literal["model", "ratio"] = "model"
    out: Path | None = None
