"""Cohorts that are hard to fit, at random, through the public door: an optimum, or a sentence on what is wrong.

What is called an optimum is held against the criterion from dense matrices (`tests/support/extended.py`, here in double
precision): it must have its value, and no covariance around it, near or far, may have a lower one.
"""

import warnings
from collections import Counter

import extended
import numpy as np
import pytest
from hard_cohorts import hard_cohort

import alsmodels as als

OPTIMA = {"converged", "on the boundary"}
NO_OPTIMA = {"not identified", "not converged"}
# What the criterion from raw columns is rounded to, and what a difference must exceed to be one.
ROUNDING = 1e-7


def _around(root, sizes, rng):
    """Roots of covariances around one, at several scales, along coordinates and at random; shape (b, q, q)."""
    block = np.repeat(np.arange(len(sizes)), sizes)
    same = block[:, None] == block
    moved = [root * factor for factor in (0.0, 0.5, 0.9, 1.1, 2.0)]
    for scale in 1e-4, 1e-2, 1.0:
        size = scale * (1 + np.abs(root).max())
        moved += [root + size * rng.normal(size=root.shape) * same for _ in range(4)]
        moved += [root + sign * size * np.diag(row) for row in np.eye(len(root)) for sign in (-1, 1)]
    return np.array(moved)


def _fault(seed):
    """How a data set ended, and what is wrong with that, if anything is."""
    hard = hard_cohort(seed)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            fit = als.fit_lmm(hard.formula, hard.frame, method=hard.method, weights=hard.weights, on_failure="return")
    except als.AlsModelsError as refusal:
        return "refused", None if len(str(refusal)) > 30 else f"a poor sentence: {refusal}"
    kind = fit.status.kind.value
    if kind not in OPTIMA:
        return kind, None if kind in NO_OPTIMA and len(str(fit.status)) > 60 else f"a poor status: {fit.status}"
    if not fit.status.score < 1e-5:
        return kind, f"a score of {fit.status.score}"
    data = extended.pad(fit.design, reml=hard.method == "REML", dtype=np.float64)
    root = data.to_z @ fit.factor
    with np.errstate(all="ignore"):
        values = extended.criterion(np.array([root, *_around(root, data.sizes, np.random.default_rng(seed))]), data)
    here, lowest = values[0], np.nanmin(values[1:])
    if not abs(here - fit.criterion) <= ROUNDING * max(1.0, abs(here)):
        return kind, f"a criterion of {fit.criterion} where it is {here}"
    if lowest < here - ROUNDING * max(1.0, abs(here)):
        return kind, f"a lower criterion nearby, by {here - lowest}"
    return kind, None


def _run(seeds):
    ends = {seed: _fault(seed) for seed in seeds}
    faults = {seed: (*end, hard_cohort(seed).twists, hard_cohort(seed).formula) for seed, end in ends.items() if end[1]}
    assert not faults
    return Counter(kind for kind, _ in ends.values())


@pytest.mark.parametrize("chunk", range(10))
def test_hard_cohorts_end_at_an_optimum_or_say_why_not(chunk):
    assert sum(_run(range(chunk, 300, 10)).values()) == 30


@pytest.mark.slow
def test_thousands_of_hard_cohorts_end_at_an_optimum_or_say_why_not():
    ends = _run(range(300, 5300))
    assert ends["converged"] > 1500
    assert ends["on the boundary"] > 500
    assert ends["not identified"] > 100
    assert ends["refused"] > 200
