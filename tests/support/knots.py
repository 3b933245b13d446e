"""Cohorts of a two-phase trial whose knot is known to the test and not to the model."""

import numpy as np
import pandas as pd

import alsmodels as als

WEEKS = np.arange(0.0, 53.0, 4.0)
FORMULA = "y ~ arm * phase(week, 24) + (phase(week, 24) | subject)"


def knot_frame(seed, *, knot=24.0, n_subjects=64, slopes=(-0.25, -0.12), missed=0.07):
    """Visits every four weeks, of which some are missed, in two arms of which the second declines less."""
    rng = np.random.default_rng(seed)
    subject, week = np.repeat(np.arange(n_subjects), len(WEEKS)), np.tile(WEEKS, n_subjects)
    arm, before = subject % 2, np.minimum(week, knot)
    b = rng.normal(size=(n_subjects, 3)) * [5.0, 0.12, 0.10]
    y = 38 + b[subject, 0] + before * (slopes[0] + b[subject, 1] + 0.05 * arm)
    y += (week - before) * (slopes[1] + b[subject, 2] + 0.03 * arm) + rng.normal(0, 2, len(week))
    frame = pd.DataFrame(
        {
            "subject": [f"S{number:02d}" for number in subject],
            "week": week,
            "arm": pd.Categorical(np.array(["control", "drug"])[arm], categories=["control", "drug"]),
            "y": y,
        }
    )
    return frame[rng.random(len(frame)) >= missed].reset_index(drop=True)


def knot_design(seed, formula=FORMULA, **options):
    return als.build_design(formula, knot_frame(seed, **options))
