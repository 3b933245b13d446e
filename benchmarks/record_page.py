"""From the numbers of the benchmarks of record to their page and figures.

Run ``python benchmarks/record_page.py`` to make them again from the JSON in ``benchmarks/results``: one file for each
part of `record.py`. A part that has not been run has no place on the page.
"""

import json
from pathlib import Path

import fit_page
import many_page
import memory_page
import posterior_page
from fit_figure import draw_memory, draw_times
from fit_peer import NOT_INSTALLED
from tables import Record

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "explanation" / "benchmarks.md"
TIMES = DOCS / "images" / "fit_times.png"
MEMORY = DOCS / "images" / "fit_memory.png"
PARTS = {
    "fits": fit_page.RESULT,
    "memory": memory_page.RESULT,
    "many": many_page.RESULT,
    "posterior": posterior_page.RESULT,
}

HEAD = """\
# Benchmarks

This package beside its peers, measured by `make bench`: one REML fit, its memory, many simulated trials, posteriors.
This page is written by `benchmarks/record_page.py` from `benchmarks/results`; only its words are typed by hand.
"""

RATIOS = "## Ratios\n\nTimes on a shared machine mean little; ratios within a run do."


def page_text(parts: dict[str, Record]) -> str:
    """The whole page, ratios first."""
    fits, memory, many, posterior = (parts.get(name) for name in PARTS)
    sections = [HEAD, run_text(parts), *([fit_page.data_text(fits)] if fits else []), RATIOS]
    if fits:
        sections += [fit_page.RATIOS, fit_page.ratio_tables(fits)]
    if many:
        sections += [many_page.ratio_text(many), many_page.ratio_table(many)]
    if posterior:
        sections += [posterior_page.RATIOS, posterior_page.ratio_table(posterior)]
    if memory:
        sections += [memory_page.RATIOS, memory_page.ratio_table(memory)]
    if fits:
        sections += ["## Cost against size", f"![Time of one fit against subjects, by package](../images/{TIMES.name})"]
    if memory:
        sections += [f"![Memory of one fit against subjects, by package](../images/{MEMORY.name})"]
    sections += [
        *_fit_sections(fits),
        *_memory_sections(memory),
        *_many_sections(many),
        *_posterior_sections(posterior),
    ]
    sections += [f"## Left out\n\n{absence_list(parts)}", f"## Versions\n\n{versions_text(parts)}."]
    return "\n\n".join(section.strip("\n") for section in sections) + "\n"


def _fit_sections(record: Record | None) -> list[str]:
    if record is None:
        return []
    smallest = min(row["subjects"] for row in record["cells"])
    cold = [fit_page.COLD.format(subjects=smallest), fit_page.cold_table(record)] if record.get("cold") else []
    answers = [fit_page.ANSWERS, fit_page.agreement_table(record), fit_page.complaint_list(record)]
    times = ["## Times\n\nMedians in milliseconds, the least in brackets.", fit_page.time_tables(record)]
    return [*answers, fit_page.notes_text(record), *times, *cold]


def _memory_sections(record: Record | None) -> list[str]:
    if record is None:
        return []
    held = [memory_page.held_text(record), memory_page.held_table(record)]
    return [*held, memory_page.read_text(record), memory_page.read_table(record)]


def _many_sections(record: Record | None) -> list[str]:
    return [] if record is None else [many_page.head_text(record), many_page.time_table(record)]


def _posterior_sections(record: Record | None) -> list[str]:
    if record is None:
        return []
    tables = [posterior_page.head_text(record), posterior_page.time_table(record)]
    return [*tables, posterior_page.AGREEMENT, posterior_page.agreement_table(record)]


def run_text(parts: dict[str, Record]) -> str:
    """On what machine and in which run the parts were measured."""
    runs: dict[str, list[str]] = {}
    machines = {}
    for name, record in parts.items():
        began = record.get("run", {}).get("began", "before runs were stamped")
        runs.setdefault(began, []).append(name)
        if "run" in record:
            machines[began] = record["run"]["machine"]
    told = []
    for began, names in runs.items():
        what = "All parts" if len(runs) == 1 else f"The part{'s' * (len(names) > 1)} {' and '.join(names)}"
        machine = machines.get(began)
        where = "" if machine is None else ", on {processor}, {cores} cores, {memory_gb} GB, {system}".format(**machine)
        told.append(f"{what}: {began}{where}." if machine is None else f"{what}: run of {began}{where}.")
    return "\n".join(told)


def absence_list(parts: dict[str, Record]) -> str:
    """What was left out of each part, and why."""
    pages = {"fits": fit_page, "memory": memory_page, "posterior": posterior_page}
    lists = [pages[name].absence_list(record) for name, record in parts.items() if name in pages]
    return "\n".join(found for found in lists if found) or "Nothing was left out."


def versions_text(parts: dict[str, Record]) -> str:
    """Versions of everything that was there."""
    found: dict[str, str] = {}
    for record in parts.values():
        found |= record["versions"]
    for row in parts.get("posterior", {}).get("engines", []):
        found |= {name: row[name] for name in ("brms", "rstanarm", "rstan") if name in row}
    return ", ".join(f"{name} {number}" for name, number in found.items() if number != NOT_INSTALLED)


def read_parts() -> dict[str, Record]:
    """The parts that have been run."""
    return {name: json.loads(file.read_text(encoding="utf-8")) for name, file in PARTS.items() if file.exists()}


def write_page() -> None:
    """Write the page and draw the figures."""
    parts = read_parts()
    PAGE.write_text(page_text(parts), encoding="utf-8")
    if "fits" in parts:
        draw_times(parts["fits"]).savefig(TIMES, dpi=110, metadata={"Software": None})
    if "memory" in parts:
        draw_memory(parts["memory"]).savefig(MEMORY, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    write_page()
