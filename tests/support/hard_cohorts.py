"""Cohorts that are hard to fit, at random: each seed is one data set, a formula, a method and, for some, weights."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

FIXED = ("1", "week", "arm * week", "arm * phase(week, 24)", "week + I(week ^ 2)", "arm * week + x1 + x2")
WIDE = "arm * phase(week, 24) + x1 + x2 + x3 + x4 + x5 + x6"
RANDOM = (
    "(1 | subject)",
    "(week | subject)",
    "(week || subject)",
    "(phase(week, 24) | subject)",
    "(phase(week, 24) || subject)",
    "(1 | subject) + (0 + phase(week, 24) | subject)",
    "(week + I(week ^ 2) | subject)",
    "(x1 | subject)",
    "(0 + week | subject)",
    "(phase(week, 24) + x1 | subject)",
    "(week | subject) + (0 + x1 + x2 | subject)",
    "(phase(week, 24) + x1 + x2 | subject)",
)


@dataclass(frozen=True)
class Hard:
    """One data set and what is asked of it; `twists` says what is wrong with it."""

    formula: str
    frame: pd.DataFrame
    method: str
    weights: str | None
    twists: tuple[str, ...]


def hard_cohort(seed):
    """The data set of a seed."""
    rng = np.random.default_rng([2026, seed])
    frame = _regular(rng)
    twists = tuple(rng.choice(list(TWISTS), size=rng.choice([0, 1, 2], p=[0.15, 0.5, 0.35]), replace=False).tolist())
    for twist in twists:
        frame = TWISTS[twist](rng, frame)
    fixed = WIDE if rng.random() < 0.1 else rng.choice(FIXED)
    return Hard(
        formula=f"y ~ {fixed} + {rng.choice(RANDOM)}",
        frame=frame,
        method=str(rng.choice(["REML", "ML"])),
        weights="w" if rng.random() < 0.2 or "uneven weights" in twists else None,
        twists=twists,
    )


def _regular(rng):
    """Visits of a cohort without a twist: balanced, ragged or tiny."""
    kind = rng.choice(["schedule", "ragged", "tiny", "one visit"], p=[0.4, 0.35, 0.2, 0.05])
    m = int(rng.integers(2, 7)) if kind == "tiny" else int(rng.integers(8, 50))
    n_visits = {"tiny": (1, 4), "one visit": (1, 2), "ragged": (1, 10), "schedule": (6, 7)}[kind]
    counts = rng.integers(*n_visits, m)
    week = np.concatenate([np.sort(np.r_[0.0, rng.uniform(0, 52, n - 1)]) for n in counts])
    subject = np.repeat(np.arange(m), counts)
    if kind == "schedule":
        week = np.tile(np.arange(0.0, 48.0, 8.0), m)
        if rng.random() < 0.5:
            kept = (week == 0) | (rng.random(len(week)) > 0.2)
            week, subject = week[kept], subject[kept]
    n = len(week)
    xs = {f"x{j}": rng.normal(size=n) for j in range(1, 7)}
    xs["x1"] = xs["x1"] if rng.random() < 0.5 else rng.normal(size=m)[subject]
    b = rng.normal(size=(m, 3)) * rng.choice([0.1, 1.0, 10.0]) * [3.0, 0.1, 0.1]
    mean = 37 - 0.2 * week + b[subject, 0] + b[subject, 1] * np.minimum(week, 24) + b[subject, 2] * week
    y = mean + rng.choice([0.3, 2.0, 8.0]) * rng.normal(size=n)
    arm = np.where(subject % 2 == 0, "control", "drug")
    return pd.DataFrame({"subject": subject, "week": week, "arm": arm, "y": y, "w": rng.uniform(0.2, 5, n), **xs})


def _near_collinear(rng, frame):
    """x2 is x1 but for a correlation of 1 - 1e-6 to 1 - 1e-12."""
    apart = np.sqrt(2 * 10.0 ** rng.uniform(-12, -6))
    return frame.assign(x2=frame["x1"] + apart * frame["x2"])


def _outlier(rng, frame):
    y = frame["y"].to_numpy(copy=True)
    y[rng.integers(len(y))] += 1e6 * y.std()
    return frame.assign(y=y)


def _singular(rng, frame):
    """The slope of a subject is a multiple of its intercept."""
    m = frame["subject"].max() + 1
    b = 3 * rng.normal(size=m)[frame["subject"]]
    y = 37 + b * (1 + rng.choice([-0.02, 0.02]) * frame["week"]) + rng.normal(size=len(frame))
    return frame.assign(y=y)


def _opposed(rng, frame):
    """Within a subject the values oppose each other, so that subjects differ by less than chance."""
    place = frame.groupby("subject").cumcount()
    return frame.assign(y=np.where(place % 2 == 0, 1.0, -1.0) + 0.1 * rng.normal(size=len(frame)))


TWISTS: dict[str, Callable] = {
    "near collinear": _near_collinear,
    "constant": lambda rng, frame: frame.assign(y=float(rng.choice([0.0, 3.0, 1e9]))),
    "constant within subjects": lambda rng, frame: frame.assign(y=frame.groupby("subject")["y"].transform("first")),
    "unit of the outcome": lambda rng, frame: frame.assign(y=frame["y"] * 10.0 ** rng.uniform(-12, 12)),
    "unit of time": lambda rng, frame: frame.assign(week=frame["week"] * 10.0 ** rng.uniform(-12, 12)),
    "far origin of time": lambda rng, frame: frame.assign(week=frame["week"] + 10.0 ** rng.uniform(3, 9)),
    "far origin of the outcome": lambda rng, frame: frame.assign(y=frame["y"] + 10.0 ** rng.uniform(3, 8)),
    "no random effects": lambda rng, frame: frame.assign(y=rng.normal(size=len(frame))),
    "singular": _singular,
    "opposed": _opposed,
    "outlier": _outlier,
    "duplicated weeks": lambda rng, frame: frame.assign(week=np.round(frame["week"] / 16) * 16),
    "one pattern": lambda rng, frame: frame.assign(week=8.0 * frame.groupby("subject").cumcount(), arm="control"),
    "no residual": lambda rng, frame: frame.assign(
        y=rng.normal(size=frame["subject"].max() + 1)[frame["subject"]] * (1 + frame["week"])
    ),
    "rounded": lambda rng, frame: frame.assign(y=np.round(frame["y"] / 5)),
    "uneven weights": lambda rng, frame: frame.assign(w=10.0 ** rng.uniform(-6, 6, len(frame))),
}
