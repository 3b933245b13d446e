"""Random data sets for the kernels: arrays of a two-phase model, ragged, tiny or balanced."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Arrays:
    """y, X, Z and the first row of each subject."""

    y: np.ndarray
    X: np.ndarray
    Z: np.ndarray
    starts: np.ndarray


def two_phase_arrays(seed, *, n_subjects=24, visits=(3, 9), sd=(5.0, 0.2, 0.15), sigma=1.8, unit=1.0):
    """Random intercepts and two slopes in two arms; `visits` is the range of a subject's number of visits."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(*visits, n_subjects)
    starts = np.r_[0, np.cumsum(counts)]
    week = np.concatenate([np.sort(np.r_[0.0, rng.uniform(0, 52, k - 1)]) for k in counts])
    arm = np.repeat(np.arange(n_subjects) % 2, counts)
    p1, p2 = np.minimum(week, 24), np.maximum(week - 24, 0)
    ones = np.ones_like(week)
    X = np.column_stack([ones, arm, p1, p2, arm * p1, arm * p2])
    Z = np.column_stack([ones, p1, p2])
    b = rng.normal(size=(n_subjects, 3)) * sd
    noise = rng.normal(0, sigma, len(week))
    y = 37 - 0.2 * week + (Z * np.repeat(b, counts, axis=0)).sum(axis=1) + noise
    return Arrays(y=y * unit, X=X, Z=Z, starts=starts)
