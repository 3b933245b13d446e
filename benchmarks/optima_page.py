"""From the numbers of false_optima.py to the page of the documentation.

Run ``python benchmarks/optima_page.py`` to make it again from ``benchmarks/results/false_optima.json``.
"""

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "false_optima.json"
LME4_RESULT = ROOT / "benchmarks" / "results" / "false_optima_lme4.json"
PAGE = ROOT / "docs" / "explanation" / "false-optima.md"
OFF = 0.01

Row = dict[str, Any]
Record = dict[str, Any]

HEAD = """\
# False optima

An optimiser can stop where the likelihood still rises, and a package can call that converged. Here are three models
that an analyst of an ALS trial would fit, with time in months as it was recorded, and what packages make of them. This
page is written by `benchmarks/false_optima.py`; only its words are typed by hand.

Each of {n_seeds} simulated trials has 154 patients and 701 visits at months 0 to 20, with numbers near those of a trial
of valproate (`benchmarks/optima_data.py` names them, and the assumptions). `m1` and `m2` are months before and after
month 6, `months2` is the square of `months`:

{formulas}

Every answer, its fixed effects, covariance and residual variance, is put into the same `-2 log` restricted likelihood,
written from the textbook with each patient's covariance matrix in full (`benchmarks/fit_criterion.py`). It is *off*
when it lies more than {off} above the lowest that any package reached: as far as one parameter does that is a tenth of
its standard error beside its best value.
"""

FIRST = """\
## The first trial

Errors are against the best answer: the largest of a fixed effect in standard errors, and the largest of an SD.
"""

SHARES = """\
## All trials

How often each package is off the optimum in {n_seeds} trials, how often it then says that it has converged, how far
above the best it ends at worst; and how often it says that it has not converged, off or not.
"""

NOTES = """\
## How to read it

- statsmodels tries BFGS, then L-BFGS, then conjugate gradients, and takes the first that says it has converged. Where
  all fail it says `converged=False`, which is honest, and leaves no answer to report. Where one stops early and says
  otherwise, nothing in the result shows it.
- `method="lbfgs"` and `method="powell"` are what one tries next; the second table says how they fare.
- Columns of very different size make these criteria hard: a square of 20 months is 400. This package scales columns
  before the search, its derivatives are exact, and its status rests on the score at the end and not on why the search
  stopped ([Optimum](mathematics/optimum.md)).
- Where statsmodels ends hangs on the last digits of its arithmetic; on another machine some counts will differ.
"""


def first_table(record: Record) -> str:
    """Every package on the first trial, with its share of all trials."""
    rows = [row for row in record["rows"] if row["seed"] == record["seeds"][0]]
    cells = [
        [
            row["model"],
            _code(row["engine"]),
            f"{row['criterion']:,.3f}",
            _above(row["above"]),
            _brief(row["said"]),
            _small(row["fixed_off"], "{:.1g}"),
            f"{_small(100 * row['sd_off'], '{:.2g}')}%",
            _share(_of(record, row["model"], row["engine"])),
        ]
        for row in rows
    ]
    n = len(record["seeds"])
    head = [
        "model",
        "package",
        "-2 log REML",
        "above best",
        "it says",
        "fixed effects off, SE",
        "SD off",
        f"off in {n} trials (and says converged)",
    ]
    return _table(head, cells, left=(0, 1, 4))


def share_table(record: Record) -> str:
    """How often each package is off, and how often it says otherwise."""
    cells = []
    for model in record["models"]:
        for engine in dict.fromkeys(row["engine"] for row in record["rows"]):
            off = [row for row in _of(record, model, engine) if row["above"] > OFF]
            sure = sum(row["said"] == "converged" for row in off)
            worst = max((row["above"] for row in off), default=0.0)
            said = sum(row["said"] != "converged" for row in _of(record, model, engine))
            cells.append([model, _code(engine), *map(str, (len(off), sure)), _above(worst) if off else "–", str(said)])
    head = ["model", "package", "off", "off, and says converged", "above best at worst", "says not converged"]
    return _table(head, cells, left=(0, 1))


def page_text(record: Record) -> str:
    """The whole page."""
    formulas = "\n".join(f"- {name}: `{formula}`" for name, formula in record["models"].items())
    n_seeds = len(record["seeds"])
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items())
    parts = [
        HEAD.format(n_seeds=n_seeds, formulas=formulas, off=OFF),
        FIRST,
        first_table(record),
        SHARES.format(n_seeds=n_seeds),
        share_table(record),
        NOTES,
        f"Versions: {versions}.",
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def write_page(record: Record) -> None:
    """Write the page."""
    PAGE.write_text(page_text(record), encoding="utf-8")


def _of(record: Record, model: str, engine: str) -> list[Row]:
    return [row for row in record["rows"] if row["model"] == model and row["engine"] == engine]


def _share(rows: list[Row]) -> str:
    off = [row for row in rows if row["above"] > OFF]
    sure = sum(row["said"] == "converged" for row in off)
    return f"{len(off)} ({sure})" if off else "0"


def _above(value: float) -> str:
    """Two digits; below 1e-7 it is the rounding of the criterion."""
    if value < 1e-7:
        return "0"
    return f"{value:.1e}" if value < OFF else f"{value:,.0f}" if value >= 100 else f"{value:.2g}"


def _small(value: float, form: str) -> str:
    return "0" if value < 1e-3 else form.format(value) if value < 10 else f"{value:,.0f}"


def _brief(said: str) -> str:
    """lme4's sentences are long; the first number of one is what matters."""
    found = re.search(r"max\|grad\| = ([\d.]+)", said)
    return f"max\\|grad\\| = {float(found[1]):.2g}" if found else said.replace("|", "\\|")


def _code(engine: str) -> str:
    return engine.replace(", ", ", `", 1) + "`" if ", " in engine else engine


def _table(head: list[str], cells: list[list[str]], *, left: tuple[int, ...]) -> str:
    rule = ["---" if place in left else "---:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *cells))


if __name__ == "__main__":
    write_page(json.loads(RESULT.read_text(encoding="utf-8")))
