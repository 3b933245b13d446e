"""Writes the synthetic anakinra-like cohort: no patient is in it.

Run ``python -m alsmodels.data.examples.anakinra_like`` to write ``anakinra_like_visits.csv`` and
``anakinra_like_events.csv`` beside this file. The cohort has the size and the kind of controls of the study
of Maier et al. (PLoS ONE 2015;10(10):e0139684): 17 patients on anakinra and 47 historical controls over 52
weeks. Its numbers come from other published trials, named beside each constant, or are assumptions and say
so; nothing in it was measured in that study. Anakinra does nothing to the ALSFRS-R here; it moves the two
serum markers.

The model, with p1 and p2 the months before and after week 24, and b_i the subject's own effects:

    alsfrs_r    = round(37 + b_i0 + (-0.8 + b_i1) p1 + (-0.8 + b_i1 + b_i2) p2 + e), kept within 0 and 48
    fibrinogen  = 3.5 + b_i3 + [anakinra] effect(week) + e
    log(il6)    = log(1.7) + b_i4 + drift month + [anakinra] effect(week) + e, below 1.5 pg/mL written "<1.5"
"""

from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from alsmodels.data.roles import DAYS_PER_MONTH

__all__ = ["EVENTS_FILE", "VISITS_FILE", "simulate", "write"]

VISITS_FILE: Final = "anakinra_like_visits.csv"
EVENTS_FILE: Final = "anakinra_like_events.csv"

# Chosen among 36 seeds to show a typical cohort: no rise of more than 6 points between visits, 9 deaths (the
# number expected), arms alike at week 0, slopes near the truth. It shows the methods; it is no finding.
SEED: Final = 2023
WEEKS_PER_MONTH: Final = DAYS_PER_MONTH / 7

N_ANAKINRA, N_CONTROL, N_ANTIBODY = 17, 47, 16  # Maier et al. 2015
KNOT, LAST_WEEK = 24, 52  # Maier et al. 2015: first 24 weeks against the rest of the year
VISIT_EVERY, JITTER_DAYS = 4, 7  # HEALEY
P_MISSED_VISIT, P_NO_SAMPLE = 0.08, 0.03  # assumption

BASELINE_MEAN, BASELINE_SD, TOTAL_MAX = 37.0, 5.5, 48  # CENTAUR 36.0 (5.5), HEALEY 34.3-36.1, valproate 39.8
SLOPE_MEAN = -0.8  # points a month, lower-motor-neuron dominant: assumption
SLOPE_SD = 0.70  # HEALEY 0.76, valproate 0.66
SLOPE_CORRELATION = 0.2  # valproate 0.22
SLOPE_CHANGE_SD = 0.50  # of the slope after week 24 against before, mean 0: assumption (valproate 0.90)
RESIDUAL_SD = 1.8  # HEALEY 1.77

AGE_MEAN, AGE_SD, AGE_RANGE = 57.5, 9.5, (18, 80)  # CENTAUR, PRO-ACT; range: registry entry of the study
P_MALE = 0.67  # CENTAUR, PRO-ACT: 65-70%
P_BULBAR = 0.10  # lower-motor-neuron dominant, so mostly limb: assumption (25% in CENTAUR and PRO-ACT)
ONSET_MEAN, ONSET_SD, ONSET_RANGE = (
    13.5,
    3.8,
    (6.0, 48.0),
)  # months; CENTAUR; range: registry entry of the study

DEATH_24_WEEKS, DEATH_12_MONTHS = 0.05, 0.14  # HEALEY; a Weibull curve through both has shape 1.4
LOG_HAZARD_PER_POINT = -0.085  # valproate
WITHDRAWAL_PER_MONTH = 0.02  # HEALEY

FIBRINOGEN_MEAN, FIBRINOGEN_BETWEEN_SD, FIBRINOGEN_WITHIN_SD = (
    3.5,
    0.7,
    0.4,
)  # N(3.5, 0.8) g/L; split: assumption
FIBRINOGEN_EFFECT = (
    -0.8,
    -0.1,
)  # g/L at weeks 24 and 52, direction Maier et al. 2015: sizes are an assumption
IL6_LLOQ, IL6_MEDIAN, IL6_BETWEEN_SD, IL6_WITHIN_SD = 1.5, 1.7, 0.55, 0.4  # pg/mL, SD(ln): assumption
IL6_DRIFT = 0.01  # ln a month: it rises late (Lu 2016), the size is an assumption
IL6_EFFECT = (-0.5, 0.0)  # ln at weeks 24 and 52, direction Maier et al. 2015: sizes are an assumption
ANTIBODY_WEEKS = (12.0, 24.0)  # assumption

Floats = NDArray[np.float64]


def simulate(seed: int = SEED) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Simulate the cohort.

    Parameters
    ----------
    seed : int
        Seed of the generator; the committed files have the default.

    Returns
    -------
    tuple of DataFrame
        Visits, one row a subject and visit, and events, one row an event.

    Examples
    --------
    >>> visits, events = simulate()
    >>> visits.groupby("arm")["id"].nunique().to_dict()
    {'anakinra': 17, 'control': 47}
    >>> int((events["event"] == "antibody-positive").sum())
    16
    """
    rng = np.random.default_rng(seed)
    people = _draw_people(rng)
    departures = _draw_departures(rng, people)
    visits = _draw_visits(rng, people, departures)
    antibodies = _find_antibodies(rng, visits)
    left = departures.loc[departures["week"] < LAST_WEEK, ["id", "event", "week"]]
    events = pd.concat([left, antibodies]).sort_values(["id", "week"], kind="stable", ignore_index=True)
    return visits, events


def write(folder: Path) -> None:
    """Write both tables into a folder, as UTF-8 CSV with line feeds, the same bytes everywhere.

    Parameters
    ----------
    folder : Path
        An existing folder.
    """
    for name, table in zip((VISITS_FILE, EVENTS_FILE), simulate(), strict=True):
        table.to_csv(folder / name, index=False, lineterminator="\n", encoding="utf-8")


def _draw_people(rng: np.random.Generator) -> pd.DataFrame:
    n = N_ANAKINRA + N_CONTROL
    return pd.DataFrame(
        {
            "id": [f"SYN-A{i + 1:02d}" for i in range(N_ANAKINRA)] + [f"SYN-C{i + 1:02d}" for i in range(N_CONTROL)],
            "arm": ["anakinra"] * N_ANAKINRA + ["control"] * N_CONTROL,
            "age": rng.normal(AGE_MEAN, AGE_SD, n).clip(*AGE_RANGE).round().astype(int),
            "sex": np.where(rng.random(n) < P_MALE, "male", "female"),
            "onset": np.where(rng.random(n) < P_BULBAR, "bulbar", "limb"),
            "months_since_onset": rng.normal(ONSET_MEAN, ONSET_SD, n).clip(*ONSET_RANGE).round(1),
            **_draw_effects(rng, n),
        }
    )


def _draw_effects(rng: np.random.Generator, n: int) -> dict[str, Floats]:
    level, rate = rng.standard_normal((2, n))
    rate = SLOPE_CORRELATION * level + np.sqrt(1 - SLOPE_CORRELATION**2) * rate
    return {
        "b_level": np.minimum(BASELINE_SD * level, TOTAL_MAX - BASELINE_MEAN),
        "b_slope": SLOPE_SD * rate,
        "b_change": rng.normal(0.0, SLOPE_CHANGE_SD, n),
        "b_fibrinogen": rng.normal(0.0, FIBRINOGEN_BETWEEN_SD, n),
        "b_il6": rng.normal(0.0, IL6_BETWEEN_SD, n),
    }


def _draw_departures(rng: np.random.Generator, people: pd.DataFrame) -> pd.DataFrame:
    """Return for each subject whichever comes first, death or withdrawal, and its week."""
    year = 12 * WEEKS_PER_MONTH
    at_24, at_year = -np.log1p(-DEATH_24_WEEKS), -np.log1p(-DEATH_12_MONTHS)
    shape = np.log(at_year / at_24) / np.log(year / 24)
    hazard_ratio = np.exp(LOG_HAZARD_PER_POINT * people["b_level"].to_numpy())
    death = year * (rng.standard_exponential(len(people)) / (at_year * hazard_ratio)) ** (1 / shape)
    monthly = -np.log1p(-WITHDRAWAL_PER_MONTH)
    withdrawal = rng.standard_exponential(len(people)) / monthly * WEEKS_PER_MONTH
    return pd.DataFrame(
        {
            "id": people["id"],
            "event": np.where(death <= withdrawal, "death", "withdrawal"),
            "week": np.minimum(death, withdrawal).clip(min=0.1).round(1),
        }
    )


def _draw_visits(rng: np.random.Generator, people: pd.DataFrame, departures: pd.DataFrame) -> pd.DataFrame:
    plan = _draw_plan(rng, people["id"])
    seen = plan.merge(departures.rename(columns={"week": "left"})[["id", "left"]], on="id")
    seen = seen[(seen["week"] < seen["left"]) | (seen["week"] == 0)]
    rows = seen.merge(people, on="id", validate="many_to_one")
    rows = rows.assign(alsfrs_r=_totals(rng, rows), fibrinogen=_fibrinogen(rng, rows), il6=_il6(rng, rows))
    kept = ["id", "week", "arm", "age", "sex", "onset", "months_since_onset", "alsfrs_r", "fibrinogen", "il6"]
    return rows[kept].reset_index(drop=True)


def _draw_plan(rng: np.random.Generator, ids: pd.Series) -> pd.DataFrame:
    """Return the visits that take place if nobody leaves: week 0 always, the others late, early or missed."""
    targets = np.arange(0, LAST_WEEK + 1, VISIT_EVERY)
    days = rng.integers(-JITTER_DAYS, JITTER_DAYS, (len(ids), len(targets)), endpoint=True)
    weeks = np.round(targets + days * (targets > 0) / 7, 1)
    held = (rng.random(weeks.shape) >= P_MISSED_VISIT) | (targets == 0)
    return pd.DataFrame({"id": np.repeat(ids.to_numpy(), held.sum(axis=1)), "week": weeks[held]})


def _totals(rng: np.random.Generator, rows: pd.DataFrame) -> NDArray[np.int64]:
    week = rows["week"].to_numpy()
    first = np.minimum(week, KNOT) / WEEKS_PER_MONTH
    second = np.maximum(week - KNOT, 0) / WEEKS_PER_MONTH
    slope = SLOPE_MEAN + rows["b_slope"].to_numpy()
    expected = BASELINE_MEAN + rows["b_level"].to_numpy() + slope * (first + second)
    expected += rows["b_change"].to_numpy() * second
    observed: Floats = expected + rng.normal(0.0, RESIDUAL_SD, len(rows))
    return np.rint(observed).clip(0, TOTAL_MAX).astype(np.int64)


def _effect(rows: pd.DataFrame, sizes: tuple[float, float]) -> Floats:
    """Return anakinra's effect on a marker: straight lines from 0 to its sizes at weeks 24 and 52."""
    path = np.interp(rows["week"].to_numpy(), [0, KNOT, LAST_WEEK], [0.0, *sizes])
    return np.where(rows["arm"] == "anakinra", path, 0.0)


def _fibrinogen(rng: np.random.Generator, rows: pd.DataFrame) -> Floats:
    level = FIBRINOGEN_MEAN + rows["b_fibrinogen"].to_numpy() + _effect(rows, FIBRINOGEN_EFFECT)
    values = (level + rng.normal(0.0, FIBRINOGEN_WITHIN_SD, len(rows))).clip(min=0.5).round(2)
    return np.where(rng.random(len(rows)) < P_NO_SAMPLE, np.nan, values)


def _il6(rng: np.random.Generator, rows: pd.DataFrame) -> list[str]:
    month = rows["week"].to_numpy() / WEEKS_PER_MONTH
    level = np.log(IL6_MEDIAN) + rows["b_il6"].to_numpy() + IL6_DRIFT * month + _effect(rows, IL6_EFFECT)
    values = np.exp(level + rng.normal(0.0, IL6_WITHIN_SD, len(rows))).round(2)
    absent = rng.random(len(rows)) < P_NO_SAMPLE
    return ["" if gone else _as_reported(value) for value, gone in zip(values, absent, strict=True)]


def _as_reported(value: float) -> str:
    return f"<{IL6_LLOQ:g}" if value < IL6_LLOQ else f"{value:.2f}"


def _find_antibodies(rng: np.random.Generator, visits: pd.DataFrame) -> pd.DataFrame:
    """Return the visit at which antibodies are found: the first after their onset, or else the last.

    The patient who stays negative is the one with the shortest time in the study (an assumption).
    """
    weeks = visits.loc[visits["arm"] == "anakinra"].groupby("id")["week"]
    positive = weeks.max().sort_values(ascending=False, kind="stable").index[:N_ANTIBODY].sort_values()
    onset = rng.uniform(*ANTIBODY_WEEKS, len(positive))
    found = [
        _first_from(weeks.get_group(patient).to_numpy(), start) for patient, start in zip(positive, onset, strict=True)
    ]
    return pd.DataFrame({"id": positive, "event": "antibody-positive", "week": found})


def _first_from(weeks: Floats, start: float) -> float:
    later = weeks[weeks >= start]
    return float(later.min() if len(later) else weeks.max())


if __name__ == "__main__":
    write(Path(__file__).parent)
