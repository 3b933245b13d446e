"""Many small trials as one table, ragged and of different sizes, some of them beyond fitting."""

import numpy as np
import pandas as pd

FORMULA = "y ~ arm * phase(week, 24) + (phase(week, 24) | subject)"


def trial(seed, *, n_subjects=None, sd=(5.0, 0.2, 0.15), sigma=1.8, shared=False):
    """One trial with visits of its own, a covariate, a site and a value that changes from visit to visit."""
    rng = np.random.default_rng([11, seed])
    n = n_subjects or int(rng.integers(14, 40))
    counts = np.full(n, 6) if shared else rng.integers(4, 9, n)
    weeks = [
        np.arange(6) * 10.0 if shared else np.sort(np.r_[0.0, rng.uniform(1, 52, k - 2), rng.uniform(30, 52)])
        for k in counts
    ]
    subject, week = np.repeat(np.arange(n), counts), np.concatenate(weeks)
    b = rng.normal(size=(n, 3)) * sd
    p1, p2 = np.minimum(week, 24), np.maximum(week - 24, 0)
    y = 38 - 0.2 * week + b[subject, 0] + b[subject, 1] * p1 + b[subject, 2] * p2 + rng.normal(0, sigma, len(week))
    age = np.round(rng.normal(60, 10, n), 1)
    return pd.DataFrame(
        {
            "subject": subject,
            "week": week,
            "arm": pd.Categorical(np.where(subject % 2, "drug", "control"), categories=["control", "drug"]),
            "age": age[subject],
            "site": np.array(["A", "B", "C"])[subject % 3],
            "dose": np.round(rng.uniform(0, 1, len(week)), 2),
            "y": y,
        }
    )


def stacked(trials):
    """Trials below each other, numbered from 0."""
    return pd.concat([frame.assign(replicate=number) for number, frame in enumerate(trials)], ignore_index=True)


def beyond_fitting():
    """Trials that fit_lmm refuses or does not believe, by why."""
    whole = trial(0)
    return {
        "an arm without visits": whole[whole["arm"] == "drug"],
        "a phase without visits": whole[whole["week"] < 24],
        "not finite": whole.assign(y=np.where(whole.index == 5, np.inf, whole["y"])),
        "too few rows": whole.groupby("arm", observed=True).head(3),
        "no rows": whole.assign(y=np.nan),
        "constant": whole.assign(y=7.0),
        "one visit each": trial(1, n_subjects=60).groupby("subject").sample(1, random_state=3),
        "no residual": whole.assign(y=whole["age"] * 1.0),
    }
