"""Foreign truth: the JSON that the R programs under tests/reference wrote, as tables and fits."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

FOLDER = Path(__file__).parents[1] / "reference"
WITH_DATA = (
    "sleepstudy",
    "orthodont",
    "cohort_balanced",
    "cohort_ragged",
    "cohort_singular",
    "cohort_trap",
    "cohort_covariates",
    "cohort_shared_baseline",
    "cohort_biomarker",
    "weights",
    "blocks",
)


@dataclass(frozen=True)
class ForeignFit:
    """One fit by lme4 and lmerTest; `content` is its JSON."""

    source: str
    name: str
    content: dict

    @property
    def reml(self):
        return self.content["method"] == "REML"

    @property
    def weights(self):
        """The column of weights, or None."""
        return self.content.get("weights")

    def __getattr__(self, key):
        return self.content[key]

    def __str__(self):
        return f"{self.source}-{self.name.replace(' ', '-')}"


@cache
def read(source):
    return json.loads((FOLDER / f"{source}.json").read_text())


def table(source):
    """The data of a source, factors in R's order of levels."""
    content = read(source)
    frame = pd.DataFrame(content["data"])
    for name, levels in content["levels"].items():
        frame[name] = pd.Categorical(frame[name], categories=levels)
    return frame


def fits(*sources):
    """Every fit of the sources."""
    return [ForeignFit(s, name, content) for s in sources for name, content in read(s)["fits"].items()]


def matched(names, terms):
    """For each of our columns, the place of R's; products are matched whatever the order of their factors."""
    ours = [_factors(name) for name in names]
    theirs = [_factors(term) for term in terms]
    return np.array([theirs.index(name) for name in ours])


def _factors(name):
    for ours, plain in (
        ("phase(week, 24)[1]", "p1"),
        ("phase(week, 24)[2]", "p2"),
        ("phase(week, 12)[1]", "p1"),
        ("phase(week, 12)[2]", "p2"),
        ("[T.", ""),
        ("]", ""),
        ("I(week ** 2)", "I(week^2)"),
    ):
        name = name.replace(ours, plain)
    return frozenset(name.split(":"))
