"""What the page of the benchmarks says of memory, from the numbers of fit_memory.py."""

from pathlib import Path

from fit_peer import NOT_INSTALLED, OURS
from tables import Record, Row, as_ratio, in_short, make_table, make_wide_table

RESULT = Path(__file__).parent / "results" / "fit_memory.json"
LEAST_MB = 1.0
"""Less than this is a matter of pages and pools, and has no ratio."""

RATIOS = """\
### Memory of one fit

What a fit of the model of two phases adds to the resident memory at most, over what this package adds; the first column
is our own in MB. There is no ratio where ours adds less than 1 MB.
"""

HELD = """\
## Memory

MB that one fit of the model of two phases adds at most to what a process holds when the package has fitted a small
trial and the data are loaded as the package takes them; in brackets what the process holds then. Each number is of a
process of its own, {ways}. R holds its data and its parsed formula.
"""

READ = """\
From the file to the fit, {subjects:,} subjects: the most memory of the whole process. By `cohort` is `read_cohort`,
which checks the table against every rule; by `pandas` the frame is taken as it is.
"""


def ratio_table(record: Record) -> str:
    """Added memory over ours."""
    ours = {row["subjects"]: row["added_mb"] for row in record["held"] if row["engine"] == OURS and "added_mb" in row}
    rows = [row | {"own": f"{ours[row['subjects']]:.1f}"} for row in record["held"] if row["subjects"] in ours]
    rows = [{"alsmodels, MB": row.pop("own"), **row} for row in rows if row["engine"] != OURS]

    def show(row: Row) -> str:
        own = ours.get(row.get("subjects", 0), 0.0)
        return as_ratio(row["added_mb"] / own) if "added_mb" in row and own >= LEAST_MB else ""

    return make_wide_table(rows, show, first=None, keys=("subjects", "alsmodels, MB"))


def held_table(record: Record) -> str:
    """Added memory, and in brackets what is held before."""

    def show(row: Row) -> str:
        return f"{_megabytes(row['added_mb'])} ({in_short(row['before_mb'])})" if "added_mb" in row else ""

    return make_wide_table(record["held"], show, first=None, keys=("subjects",))


def _megabytes(value: float) -> str:
    return in_short(value) if value >= 1 else f"{max(value, 0.0):.1f}"


def read_table(record: Record) -> str:
    """Most memory of reading and fitting the largest trial."""
    cells = [
        [
            row["engine"],
            f"{row['file']} by {row['route']}",
            *(f"{row[key]:.0f}" for key in ("import_mb", "peak_mb")),
            *(f"{row[key]:.1f}" for key in ("read_s", "fit_s")),
        ]
        for row in record["read"]
        if "peak_mb" in row
    ]
    return make_table(["engine", "read", "after imports, MB", "most, MB", "reading, s", "fit, s"], cells)


def held_text(record: Record) -> str:
    """What the table of added memory is of."""
    arrays = sorted({row["engine"] for row in record["held"] if row["way"] == "arrays"})
    ways = (
        f"from a frame with a formula ({', '.join(arrays)}: from arrays)" if arrays else "from a frame with a formula"
    )
    return HELD.format(ways=ways)


def read_text(record: Record) -> str:
    """What the table of whole processes is of."""
    return READ.format(subjects=record["read"][0]["subjects"])


def absence_list(record: Record) -> str:
    """What has no memory measured, and why."""
    lines = [
        f"- `{row['engine']}`, memory, {row['subjects']:,} subjects: a fit would take {row['foreseen_s']:.0f} s."
        if "foreseen_s" in row
        else f"- `{row['engine']}`, memory, {row['subjects']:,} subjects: {row['left_out']}."
        for row in record["held"]
        if row.get("left_out", NOT_INSTALLED) != NOT_INSTALLED
    ]
    return "\n".join(lines)
