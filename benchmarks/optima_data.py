"""What false_optima.py fits: trials of 154 patients with 701 visits in months, and three models of them.

The numbers are those of an ALS trial of valproate where there is one: ALSFRS-R 39.8 (SD 5.5) at baseline; -1.19 points
a month before month 6 and -0.85 after it; SD 0.93 of the first slope and 0.90 of the change, correlation -0.84;
correlation of baseline and slope 0.2; residual SD 1.8. Assumptions: baseline and change are not correlated;
treatment takes a quarter off both slopes; patients leave at random with a constant hazard, which is set such that 701
visits are left; the scale is rounded and kept within 0 and 48.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

MONTHS = np.array([0.0, 2.0, 4.0, 8.0, 12.0, 16.0, 20.0])
N_PATIENTS, N_VISITS, KNOT = 154, 701, 6.0
SD = np.array([5.5, 0.93, 0.90])
CORRELATION = np.array([[1.0, 0.2, 0.0], [0.2, 1.0, -0.84], [0.0, -0.84, 1.0]])
SLOPES, TREATED, RESIDUAL = (-1.19, -0.85), 0.75, 1.8


@dataclass(frozen=True, slots=True)
class Model:
    """One model in columns of the frame; `m1` and `m2` are months before and after the knot, `months2` is squared.

    Attributes
    ----------
    name : as tables call it
    fixed, random : columns of the fixed effects, term by term, and of the random effects
    """

    name: str
    fixed: str
    random: str

    @property
    def formula(self) -> str:
        """In the words of lme4 and of this package."""
        return f"y ~ {self.fixed} + ({self.random} | subject)"


MODELS = {
    "two phases": Model("two phases", "arm + m1 + m2 + arm:m1 + arm:m2", "m1 + m2"),
    "quadratic": Model("quadratic", "arm + months + months2 + arm:months + arm:months2", "months + months2"),
    "shared baseline": Model("shared baseline", "months + arm:months", "months"),
}


def simulate(seed: int) -> pd.DataFrame:
    """One trial: 154 patients, 701 visits, those of a patient adjacent and in order."""
    rng = np.random.default_rng(seed)
    patient, months = np.repeat(np.arange(N_PATIENTS), len(MONTHS)), np.tile(MONTHS, N_PATIENTS)
    b = rng.multivariate_normal(np.zeros(3), SD[:, None] * CORRELATION * SD, N_PATIENTS)[patient]
    treated = patient % 2 == 1
    m1 = np.minimum(months, KNOT)
    m2 = months - m1
    slopes = np.where(treated, TREATED, 1.0)[:, None] * np.array(SLOPES)
    y = 39.8 + b[:, 0] + (slopes[:, 0] + b[:, 1]) * m1 + (slopes[:, 1] + b[:, 1] + b[:, 2]) * m2
    y = np.clip(np.round(y + rng.normal(0, RESIDUAL, len(y))), 0, 48)
    stay = rng.exponential(size=N_PATIENTS)[patient]
    kept = np.sort(np.argsort(months / stay, kind="stable")[:N_VISITS])
    frame = pd.DataFrame(
        {
            "subject": [f"P{number:03d}" for number in patient],
            "arm": np.where(treated, "treated", "control"),
            "months": months,
            "months2": months**2,
            "m1": m1,
            "m2": m2,
            "y": y,
        }
    )
    return frame.iloc[kept].reset_index(drop=True)
