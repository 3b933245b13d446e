"""What the page of the benchmarks says of posteriors, from the numbers of posterior_times.py."""

from pathlib import Path

from tables import Record, Row, as_ratio, in_short, make_table

RESULT = Path(__file__).parent / "results" / "posterior_times.json"

RATIOS = """\
### Posteriors

Effective draws a second over those of a hand-written non-centred PyMC model that nutpie samples; above 1 an engine is
quicker. Compiling counts, with caches on disk as an earlier run left them; *first run* starts with empty caches, and is
over PyMC's first run; *with import* counts the loading of libraries too.
"""

HEAD = """\
## Posteriors

{subjects} subjects with {rows:,} rows, `{formula}`, {chains} chains of {draws:,} draws, each engine in a process of its
own. Effective draws are the least bulk effective size of all population parameters. *Compiling* is what an engine
compiles in each run: nutpie's model, or brms's program; rstanarm comes compiled. Kernels of this package are compiled
once on a machine, which is in its *first run*. *Sampling* leaves compiling out.

Priors are the same everywhere, but for engines that cannot have them:
"""

INSTEAD = {
    "bambi, nutpie": "has no correlated group effects; it samples the model without correlations, with its own priors.",
    "rstanarm": "has its own prior of the SDs (`decov`) in `stan_lmer`; being the slowest, it has half the draws, "
    "after half the warm-up.",
}
"""What engines sample that cannot express the model or its priors."""

AGREEMENT = """\
Posterior means against those by importance, in Monte Carlo errors of both: the most of any parameter, and the mean of
the squares, which is near 1 where nothing but chance differs. Priors of an engine's own show here.
"""


def ratio_table(record: Record) -> str:
    """Rates over the reference's, the best first."""
    pairs = _pairs(record)
    warm, cold = pairs.get(record["reference"], ({}, {}))
    cells = []
    for engine, (row, first) in pairs.items():
        over = [
            _over(row, warm, "ess_per_s"),
            _over(first or row, cold, "ess_per_s"),
            _over(row, warm, "ess_per_s_with_import"),
        ]
        cells.append([engine, *over])
    return make_table(["engine", "effective draws a second", "first run", "with import"], cells)


def time_table(record: Record) -> str:
    """Draws and seconds of each engine, with caches and without."""
    cells = []
    for engine, (row, first) in _pairs(record).items():
        compiling = row.get("compile_s")
        cells.append(
            [
                engine,
                f"{row['min_ess']:,.0f}",
                "–" if compiling is None else in_short(compiling) if compiling else "0",
                in_short(row["fit_s"] - (compiling or 0.0)),
                in_short(row.get("ess_per_s_of_sampling", row["ess_per_s"])),
                in_short(row["ess_per_s"]),
                in_short((first or row)["fit_s"]),
                in_short((first or row)["ess_per_s"]),
            ]
        )
    head = ["engine", "effective draws", "compiling, s", "sampling, s", "a second of sampling", "a second of both"]
    return make_table([*head, "first run, s", "a second of that"], cells)


def agreement_table(record: Record) -> str:
    """How far apart the means are."""
    cells = [
        [row["engine"], f"{row['most']:.1f}", row["of"], f"{row['mean_square']:.2f}"] for row in record["agreement"]
    ]
    return make_table(["engine", "most", "of", "mean square"], cells)


def absence_list(record: Record) -> str:
    """Engines without draws, and why."""
    absent = {row["engine"]: row["said"] for row in record["engines"] if "ess_per_s" not in row}
    return "\n".join(f"- `{engine}`, posterior: {' '.join(said.split())}." for engine, said in absent.items())


def head_text(record: Record) -> str:
    """What was sampled."""
    shown = {key: record[key] for key in ("subjects", "rows", "formula", "chains")}
    here = {row["engine"] for row in record["engines"]}
    told = "".join(f"\n- `{engine}` {why}" for engine, why in INSTEAD.items() if engine in here)
    return HEAD.format(draws=record["draws_per_chain"], **shown) + told


def sampling_tables(record: Record) -> str:
    """All tables, for the terminal."""
    return "\n\n".join([ratio_table(record), time_table(record), agreement_table(record)])


def _pairs(record: Record) -> dict[str, tuple[Row, Row]]:
    """By engine its run with warm caches, or its only run, and its first run, empty if there is no other."""
    done = [row for row in record["engines"] if "ess_per_s" in row]
    runs = {(row["engine"], row["cache"]): row for row in done}
    pairs = {engine: (row, runs.get((engine, "cold"), {})) for (engine, cache), row in runs.items() if cache != "cold"}
    return dict(sorted(pairs.items(), key=lambda pair: -pair[1][0]["ess_per_s"]))


def _over(row: Row, reference: Row, key: str) -> str:
    return as_ratio(row[key] / reference[key]) if key in row and key in reference else "–"
