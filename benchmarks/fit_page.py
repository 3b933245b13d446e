"""From the numbers of fit_times.py to the page and the figure of the documentation.

Run ``python benchmarks/fit_page.py`` to make both again from ``benchmarks/results/fit_times.json``.
"""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fit_data import MODELS, WAYS
from fit_figure import draw_times
from fit_peers import NOT_INSTALLED, OURS

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "fit_times.json"
PAGE = ROOT / "docs" / "explanation" / "benchmarks.md"
FIGURE = ROOT / "docs" / "images" / "fit_times.png"

Row = dict[str, Any]
Record = dict[str, Any]

HEAD = """\
# Benchmarks

One REML fit by this package and by its peers, timed in one run by `make bench`. This page is written by
`benchmarks/fit_page.py` from `benchmarks/results/fit_times.json`; only its words are typed by hand.

The data are simulated trials in two arms with {visits} visits over 52 weeks, a tenth of those after baseline missed.
*Slope* has a random intercept and slope, `{slope}`; *phases* has random slopes in two phases,
`{phases}`. All packages fit the same rows in turns, with a pause between, and each
number is the median of the rounds, on {processors} processors ({machine}). Where a package was left out, the end of the
page says why.
"""

RATIOS = """\
## Ratios

Time over that of this package in the same cell; above 1 a package takes longer. The first column is our own time.
"""

ANSWERS = """\
## Answers

How far each answer from a frame lies above the lowest `-2 log` restricted likelihood that a package reached, by a
criterion written from the textbook for this purpose (`benchmarks/fit_criterion.py`); in brackets the digits of fixed
effects / of variances that agree with the best answer of another package. A criterion of a large trial is itself
rounded at about 1e-7, so what is below that is 0 here.
"""

COLD = """\
## First fits

In a process of its own, {subjects} subjects from a frame by the model of two phases, after pandas is imported. What a
package loads on demand is in its first fit. Kernels of this package are compiled once on a machine.
"""

MEMORY = """\
## Memory

{subjects:,} subjects by the model of two phases, from the file to the fit, in a process of its own. By `cohort` is
`read_cohort`, which checks the table against every rule; by `pandas` the frame is taken as it is.
"""

NOTES = """\
## What is compared

- A fit here ends with fixed effects, their covariance, what Satterthwaite's degrees of freedom need, and the random
  effects of every subject with their covariances; peers compute less or more of that within their fit. None was asked
  for a summary.
- *Arrays*: this package from a ready design; `mixedlm-rs` and `statsmodels` from contiguous arrays with integer groups;
  `mixedlm` and `lme4` from their parsed formula on; `lme-python` from `prepare_lmer`, which has its cross-products
  formed before the clock starts.
- *Frame*: from a data frame with a formula, arms and subjects as text, as trials are kept. *Numbers*: the same with
  arms as 0 and 1 and subjects as integers, which spares some packages a long look at text. `lme-python` is given a
  polars frame, the others of Python a pandas frame, R its own. The columns of both phases are in the frame for all but
  this package, which makes them of the week.
- Each package is as its documentation has it. `lme4` is there twice: as it is, and without the derivatives at the end,
  as its vignette on performance advises; without them its `max|grad|` message cannot appear.
- *Least squares* is `X'X`, `X'y` and one Cholesky solve over the same design: what a pass over the rows costs,
  whatever is fitted.
- R takes its own time, inside its process. Two settings of threads are shown: what packages take by default, and one
  thread for each, as when many fits run side by side.
"""


def ratio_tables(record: Record) -> str:
    """Times over ours."""
    return _tables(record, _ratio, first="alsmodels, ms")


def time_tables(record: Record) -> str:
    """Medians in milliseconds, the least in brackets."""
    return _tables(record, _milliseconds, first=None)


def agreement_table(record: Record) -> str:
    """The criterion above the lowest, and digits of fixed effects and variances, from frames."""
    threads = _unique(record["cells"], "threads")[0]
    rows = [row for row in record["cells"] if row["threads"] == threads and row["way"] == "frame"]
    return _wide(rows, _agreement, first=None)


def complaint_list(record: Record) -> str:
    """How many fits packages do not call converged, and what they say of the first."""
    judged = [row for row in record["cells"] if "said" in row]
    lines = []
    for engine in _unique(judged, "engine"):
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
            _short(1e3 * row["second_s"]),
        ]
        for row in rows
    ]
    return _table(["engine", "import, s", "first fit, s", "second fit, ms"], cells)


def memory_table(record: Record) -> str:
    """Most memory of reading and fitting the largest trial."""
    cells = [
        [
            row["engine"],
            f"{row['file']} by {row['route']}",
            *(f"{row[key]:.0f}" for key in ("import_mb", "peak_mb")),
            *(f"{row[key]:.1f}" for key in ("read_s", "fit_s")),
        ]
        for row in record.get("memory", [])
        if "peak_mb" in row
    ]
    return _table(["engine", "read", "after imports, MB", "most, MB", "reading, s", "fit, s"], cells)


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


def page_text(record: Record) -> str:
    """The whole page."""
    formulas = {name: model.formula for name, model in MODELS.items()}
    versions = ", ".join(f"{name} {number}" for name, number in record["versions"].items() if number != "not installed")
    sizes = [row["subjects"] for row in record["cells"]]
    parts = [
        HEAD.format(**formulas, **{key: record[key] for key in ("visits", "processors", "machine")}),
        RATIOS,
        ratio_tables(record),
        "![Time of one fit against subjects, by package](../images/fit_times.png)",
        ANSWERS,
        agreement_table(record),
        complaint_list(record),
        COLD.format(subjects=min(sizes)),
        cold_table(record),
        MEMORY.format(subjects=max(sizes)),
        memory_table(record),
        NOTES,
        "## Times\n\nMedians in milliseconds, the least in brackets.",
        time_tables(record),
        f"## Left out\n\n{absence_list(record)}",
        f"## Versions\n\n{versions}.",
    ]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def write_page(record: Record) -> None:
    """Write the page and draw the figure."""
    PAGE.write_text(page_text(record), encoding="utf-8")
    draw_times(record).savefig(FIGURE, dpi=110, metadata={"Software": None})


def _tables(record: Record, show: Callable[[Row], str], *, first: str | None) -> str:
    """A table for each number of threads and way."""
    parts = []
    for threads in _unique(record["cells"], "threads"):
        for way in WAYS:
            rows = [row for row in record["cells"] if row["threads"] == threads and row["way"] == way]
            if rows:
                parts.append(f"{_heading(threads, way)}\n\n{_wide(rows, show, first=first)}")
    return "\n\n".join(parts)


def _wide(rows: list[Row], show: Callable[[Row], str], *, first: str | None) -> str:
    """A row for each model and size, a column for each package; ours is the first column where it is named."""
    engines = [name for name in _unique(rows, "engine") if any(show(row) for row in rows if row["engine"] == name)]
    engines = [name for name in engines if first is None or name != OURS]
    cells = []
    for model in _unique(rows, "model"):
        for subjects in _unique(rows, "subjects"):
            here = {row["engine"]: row for row in rows if row["model"] == model and row["subjects"] == subjects}
            ours = [] if first is None else [_own_time(here.get(OURS, {}))]
            cells.append([model, f"{subjects:,}", *ours, *(show(here.get(name, {})) or "–" for name in engines)])
    return _table(["model", "subjects", *([] if first is None else [first]), *engines], cells)


def _own_time(row: Row) -> str:
    return _short(1e3 * row["median_s"]) if "median_s" in row else "–"


def _ratio(row: Row) -> str:
    if "ratio" not in row:
        return ""
    return f"{row['ratio']:.2f}" if 0.095 <= row["ratio"] < 1.95 else _short(row["ratio"])


def _milliseconds(row: Row) -> str:
    return f"{_short(1e3 * row['median_s'])} ({_short(1e3 * row['least_s'])})" if "median_s" in row else ""


def _agreement(row: Row) -> str:
    if "above" not in row:
        return ""
    shared = [f"{max(row[key], 0):.0f}" for key in ("digits_fixed", "digits_variances") if key in row]
    digits = f" ({'/'.join(shared)})" if shared else ""
    return f"{row['above']:.0e}{digits}" if row["above"] >= 1e-7 else f"0{digits}"


def _short(value: float) -> str:
    """Two digits, three from 100 on."""
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.2g}"


def _heading(threads: str, way: str) -> str:
    count = "threads as packages take them" if threads == "default" else f"{threads} thread"
    return f"**{way.capitalize()}** ({WAYS[way]}); {count}."


def _name(engine: str, cache: str) -> str:
    return f"{engine}, {cache}" if cache else engine


def _unique(rows: Sequence[Row], key: str) -> list[Any]:
    return list(dict.fromkeys(row[key] for row in rows))


def _table(head: list[str], cells: list[list[str]]) -> str:
    rule = ["---" if place == 0 else "---:" for place in range(len(head))]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *cells))


if __name__ == "__main__":
    write_page(json.loads(RESULT.read_text(encoding="utf-8")))
