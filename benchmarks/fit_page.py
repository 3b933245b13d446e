"""What the page of the benchmarks says of one fit, from the numbers of fit_times.py."""

from collections.abc import Callable
from pathlib import Path

from fit_data import MODELS, WAYS
from fit_peer import NOT_INSTALLED
from tables import Record, Row, as_ratio, in_short, make_table, make_wide_table, unique

KEYS = ("model", "subjects")
RESULT = Path(__file__).parent / "results" / "fit_times.json"

DATA = """\
The data are simulated trials in two arms with {visits} visits over 52 weeks, a tenth of those after baseline missed.
*Slope* has a random intercept and slope, `{slope}`; *phases* has random slopes in two phases,
`{phases}`. All packages fit the same rows in turns, with a pause between, and each
number is the median of up to {rounds} rounds. Where a package was left out, the end of the page says why.
"""

RATIOS = """\
### One fit

Time over that of this package in the same cell; above 1 a package takes longer. The first column is our own time.
"""

ANSWERS = """\
## Answers

How far each answer from a frame lies above the lowest `-2 log` restricted likelihood, by a criterion written from the
textbook for this purpose (`benchmarks/fit_criterion.py`), whose optimum is found by scoring on each subject's own
covariance matrix (`benchmarks/fit_optimum.py`); in brackets the digits of fixed effects / of variances / of standard
errors that are those of the optimum. A criterion of a large trial is itself rounded at about 1e-7, so what is below
that is 0 here.
"""

COLD = """\
## First fits

In a process of its own, {subjects} subjects from a frame by the model of two phases, after pandas is imported. What a
package loads on demand is in its first fit. Kernels of this package are compiled once on a machine; from CSV to table,
with and without them, is on [](first-answer.md).
"""

NOTES = """\
## What is compared

- A fit here ends with fixed effects, their covariance, what Satterthwaite's degrees of freedom need, and the random
  effects of every subject with their covariances; peers compute less or more of that within their fit. None was asked
  for a summary.
- *Arrays*: this package from a ready design; `mixedlm-rs`, `statsmodels` and `gpboost` from contiguous arrays with
  integer groups; `mixedlm` and `lme4` from their parsed formula on; `lme-python` from `prepare_lmer`, which has its
  cross-products formed before the clock starts; `glmm`, which has no road without a formula, from contiguous columns
  of numbers with the formula.
- *Frame*: from a data frame with a formula, arms and subjects as text, as trials are kept. *Numbers*: the same with
  arms as 0 and 1 and subjects as integers, which spares some packages a long look at text; those to which it makes no
  difference are not asked. `lme-python` is given a polars frame, the others of Python a pandas frame, R its own. The
  columns of both phases are in the frame for all but this package, which makes them of the week.
- Each package is as its documentation has it. `lme4` is there twice: as it is, and without the derivatives at the end,
  as its vignette on performance advises; without them its `max|grad|` message cannot appear.
- *Least squares* is `X'X`, `X'y` and one Cholesky solve over the same design: what a pass over the rows costs,
  whatever is fitted.
- bambi, PyMC, brms and rstanarm have no REML; they are among the posteriors.
- R takes its own time, inside its process. Threads are what packages take by default; from arrays also one thread for
  each of Python's, as when many fits run side by side.
"""


def data_text(record: Record) -> str:
    """What was fitted."""
    return DATA.format(
        visits=record["visits"], rounds=record["rounds"], **{name: model.formula for name, model in MODELS.items()}
    )


def notes_text(record: Record) -> str:
    """What is compared, and what is fitted instead by what cannot express the models."""
    return NOTES + "".join(f"- `{name}` {why}\n" for name, why in record.get("instead", {}).items())


def ratio_tables(record: Record) -> str:
    """Times over ours."""
    return _tables(record, _ratio, first="alsmodels, ms")


def time_tables(record: Record) -> str:
    """Medians in milliseconds, the least in brackets."""
    return _tables(record, _milliseconds, first=None)


def agreement_table(record: Record) -> str:
    """The criterion above the lowest, and digits of fixed effects, variances and standard errors, from frames."""
    threads = unique(record["cells"], "threads")[0]
    rows = [row for row in record["cells"] if row["threads"] == threads and row["way"] == "frame"]
    return make_wide_table(rows, _agreement, first=None, keys=KEYS)


def complaint_list(record: Record) -> str:
    """How many fits packages do not call converged, and what they say of the first."""
    judged = [row for row in record["cells"] if "said" in row]
    lines = []
    for engine in unique(judged, "engine"):
        rows = [row for row in judged if row["engine"] == engine]
        told = [" ".join(row["said"].split()) for row in rows if row["said"] != "converged"]
        if told:
            lines.append(
                f"- `{engine}` does not call {len(told)} of {len(rows)} fits converged; of the first: {told[0]}"
            )
    return "\n".join(lines) or "Every package calls every fit converged."


def cold_table(record: Record) -> str:
    """First fits after the import."""
    rows = [row for row in record.get("cold", []) if "first_s" in row]
    cells = [
        [
            _name(row["engine"], row["cache"]),
            *(f"{row[key]:.2f}" for key in ("import_s", "first_s")),
            in_short(1e3 * row["second_s"]),
        ]
        for row in rows
    ]
    return make_table(["engine", "import, s", "first fit, s", "second fit, ms"], cells)


def absence_list(record: Record) -> str:
    """What was left out, and why; of what would take too long, the least of what was foreseen."""
    absent = [row for row in record["cells"] if "left_out" in row]
    lines = {f"- `{row['engine']}` was {row['left_out']}." for row in absent if row["left_out"] == NOT_INSTALLED}
    lines |= {f"- `{name}` was {NOT_INSTALLED}." for name in record["not_asked"]}
    for row in absent:
        where = f"{MODELS[row['model']].name}, {row['subjects']:,} subjects"
        if "foreseen_s" in row:
            same = [one for one in absent if all(one[key] == row[key] for key in ("engine", "model", "subjects"))]
            least = min(one["foreseen_s"] for one in same if "foreseen_s" in one)
            lines.add(f"- `{row['engine']}`, {where}: a fit would take {least:.0f} s or more, as foreseen from fewer.")
        elif row["left_out"] != NOT_INSTALLED:
            lines.add(f"- `{row['engine']}`, {where}, {row['way']}: {row['left_out']}.")
    return "\n".join(sorted(lines)) or "Nothing was left out."


def _tables(record: Record, show: Callable[[Row], str], *, first: str | None) -> str:
    """A table for each number of threads and way."""
    parts = []
    for threads in unique(record["cells"], "threads"):
        for way in WAYS:
            rows = [row for row in record["cells"] if row["threads"] == threads and row["way"] == way]
            if rows:
                parts.append(f"{_heading(threads, way)}\n\n{make_wide_table(rows, show, first=first, keys=KEYS)}")
    return "\n\n".join(parts)


def _ratio(row: Row) -> str:
    return as_ratio(row["ratio"]) if "ratio" in row else ""


def _milliseconds(row: Row) -> str:
    return f"{in_short(1e3 * row['median_s'])} ({in_short(1e3 * row['least_s'])})" if "median_s" in row else ""


def _agreement(row: Row) -> str:
    if "above" not in row:
        return ""
    counted = [f"{max(count, 0):.0f}" for count in row.get("digits", {}).values()]
    digits = f" ({'/'.join(counted)})" if counted else ""
    return f"{row['above']:.0e}{digits}" if row["above"] >= 1e-7 else f"0{digits}"


def _heading(threads: str, way: str) -> str:
    count = "threads as packages take them" if threads == "default" else f"{threads} thread"
    return f"**{way.capitalize()}** ({WAYS[way]}); {count}."


def _name(engine: str, cache: str) -> str:
    return f"{engine}, {cache}" if cache else engine
