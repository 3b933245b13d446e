"""What the page of the benchmarks says of many trials, from the numbers of many_times.py."""

from pathlib import Path

from tables import Record, Row, as_ratio, in_short, make_table

RESULT = Path(__file__).parent / "results" / "many_times.json"
OURS = "fit_many, from a table"

RATIOS = """\
### Many trials

{trials:,} simulated trials of 64 subjects by the model of two phases: time a trial over that of `fit_many` from a
table, which took {ms} ms. An engine too slow for all of them has fewer, in brackets.
"""

HEAD = """\
## Many trials

All at once by `fit_many`, from one table and from a ready stack of arrays; one by one from ready arrays, or frames
where a package takes no arrays. *Above* is how far the worst answer lies above that of `fit_many` in the REML criterion
that is written from the textbook; *beside* counts answers more than 1e-4 above. `sample_many` with {draws:,} draws took
{posterior} ms a trial.
"""


def ratio_text(record: Record) -> str:
    """What the ratios are of."""
    return RATIOS.format(trials=record["trials"], ms=in_short(_ours(record)["ms"]))


def ratio_table(record: Record) -> str:
    """One row of ratios to ours, the quickest first."""
    ours = _ours(record)["ms"]
    rows = sorted(record["engines"], key=lambda row: row["ms"])
    cells = [[_named(row, record), as_ratio(row["ms"] / ours)] for row in rows if row["engine"] != OURS]
    return make_table(["engine", "times as long"], cells)


def time_table(record: Record) -> str:
    """Times a trial, and judgements."""
    cells = [
        [
            row["engine"],
            f"{row['trials']:,}",
            in_short(row["ms"]) if row["ms"] >= 1 else f"{row['ms']:.2f}",
            _above(row),
            f"{row['beside']:,}" if "beside" in row else "not judged",
        ]
        for row in record["engines"]
    ]
    return make_table(["engine", "trials", "ms a trial", "above", "beside"], cells)


def head_text(record: Record) -> str:
    """What was timed."""
    posteriors = record["posteriors"]
    return HEAD.format(draws=posteriors["draws"], posterior=in_short(posteriors["ms"]))


def _ours(record: Record) -> Row:
    return next(row for row in record["engines"] if row["engine"] == OURS)


def _named(row: Row, record: Record) -> str:
    return row["engine"] if row["trials"] == record["trials"] else f"{row['engine']} ({row['trials']:,})"


def _above(row: Row) -> str:
    if "highest" not in row:
        return "not judged"
    return f"{row['highest']:.0e}" if row["highest"] >= 1e-7 else "0"
