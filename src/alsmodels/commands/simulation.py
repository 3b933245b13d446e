"""What ``alsmodels simulate`` does: from the name of a truth to files of a cohort."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import RenderableType
from rich.text import Text

from alsmodels.data.cohort import Cohort
from alsmodels.data.paths import as_path
from alsmodels.errors import ReadError, SpecError, shown
from alsmodels.files.folders import replaced_files
from alsmodels.files.reading import read_text
from alsmodels.report.terminal import view_cohort, view_frame, view_heading, view_text
from alsmodels.simulation.generation import simulate_cohort
from alsmodels.simulation.truth import Truth
from alsmodels.simulation.truths import PRESETS

__all__ = ["open_truth", "read_sizes", "simulate_file", "write_cohort"]

NOTICE = "This cohort is simulated: no patient is in it."


def simulate_file(truth: str, *, seed: int, out: Path, arms: Sequence[str]) -> Iterator[RenderableType]:
    """Simulate a cohort, write its files, and show the truth and what came of it."""
    _check_file(out)
    model = open_truth(truth)
    cohort = simulate_cohort(model, arms=read_sizes(arms), seed=seed)
    with replaced_files(out.parent, manifest=False) as stage:
        made = write_cohort(cohort, stage / out.name)
        made.append(stage / f"{out.stem}_truth.json")
        made[-1].write_text(model.to_json() + "\n", encoding="utf-8")
    paths = [out.with_name(path.name) for path in made]
    yield view_text(f"{NOTICE} {model.note}".strip(), "bold")
    yield view_heading(f"The truth, {model.name!r}")
    yield view_frame(model.table())
    yield Text("")
    yield view_cohort(cohort)
    yield view_text(f"\nWritten: {', '.join(str(path) for path in paths)}.")


def open_truth(text: str) -> Truth:
    """A ready truth by its name, or one from a JSON file.

    Raises
    ------
    ReadError
        If it is neither.
    SpecError
        If the file holds no truth.
    """
    name = text.replace("-", "_").replace(" ", "_")
    if name in PRESETS:
        return PRESETS[name]()
    file = Path(text)
    if not file.is_file():
        near = get_close_matches(name, list(PRESETS), n=1)
        hint = f"Did you mean {near[0]}?" if near else f"The ready ones are {', '.join(PRESETS)}."
        msg = f"There is no truth called {shown(text)}, and no such file. {hint}"
        raise ReadError(msg)
    return Truth.from_json(read_text(file, what="a truth"))


def write_cohort(cohort: Cohort, file: Path) -> list[Path]:
    """Write visits with what is known of their subjects, and the events beside them; `read_cohort` reads both.

    Parameters
    ----------
    cohort : Cohort
        The cohort to write.
    file : Path
        The file of the visits; the events go to a file with ``_events`` in its name, also where there are none.

    Returns
    -------
    list of Path
        What was written.
    """
    _plain(cohort).to_csv(file, index=False, lineterminator="\n", encoding="utf-8")
    events = file.with_name(f"{file.stem}_events{file.suffix}")
    cohort.events.to_csv(events, index=False, lineterminator="\n", encoding="utf-8")
    return [file, events]


def _plain(cohort: Cohort) -> pd.DataFrame:
    """One row a visit; values below a limit as ``<limit``, whole numbers without a point."""
    frame = cohort.to_frame()
    for name, outcome in cohort.outcomes.items():
        values = frame[name]
        whole = bool((values.dropna() == np.floor(values.dropna())).all())
        text = values.astype("Int64").astype("str") if whole else values.map(repr, na_action="ignore").astype("str")
        text = text.mask(values.isna(), "")
        if outcome.censored_column in frame.columns:
            text = text.mask(frame[outcome.censored_column] == "left", f"<{outcome.lloq:g}")
            frame = frame.drop(columns=outcome.censored_column)
        frame[name] = text
    return frame


_MOST_DIGITS = 9


def read_sizes(words: Sequence[str], *, option: str = "--arm") -> dict[str, int] | None:
    """Read ``control=47 drug=17``; None if nothing is said."""
    sizes: dict[str, int] = {}
    for word in words:
        name, sign, number = word.rpartition("=")
        if not sign or not number.strip().isdecimal() or len(number) > _MOST_DIGITS:
            msg = f"{option} takes a name and a number of subjects, such as control=47; not {shown(word)}."
            raise SpecError(msg)
        if name in sizes:
            msg = f"{option} {name} is given twice; give it once."
            raise SpecError(msg)
        sizes[name] = int(number)
    return sizes or None


def _check_file(out: Path) -> None:
    as_path(out)
    if out.suffix.lower() != ".csv":
        msg = f"--out is a file that ends in .csv; not {out}."
        raise ReadError(msg)
    if out.is_dir() or not out.parent.is_dir():
        msg = f"{out} is a folder." if out.is_dir() else f"There is no folder {out.parent} to write {out.name} into."
        raise ReadError(msg)
