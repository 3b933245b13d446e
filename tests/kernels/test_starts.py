"""Where one search is not trusted: more starts, the lowest end, and the status says that there were others."""

import numpy as np
import pytest
from cohorts import two_phase_arrays
from hard_cohorts import hard_cohort

import alsmodels as als
from alsmodels.kernels import optimum, state
from alsmodels.kernels.blocks import build_blocks
from alsmodels.kernels.covariance import covariance_template
from alsmodels.model.reduction import reduce_design


def _hard_blocks(seed):
    hard = hard_cohort(seed)
    design = als.build_design(hard.formula, hard.frame, weights=hard.weights)
    return design, reduce_design(design), hard.method == "REML"


def _n_searches(n_subjects, layout, *, weights=None):
    data = two_phase_arrays(1, n_subjects=n_subjects)
    Z = np.ascontiguousarray(np.random.default_rng(1).normal(size=(len(data.y), sum(layout))))
    template = covariance_template(layout)
    weights = None if weights is None else np.full(len(data.y), weights)
    return optimum._guide(build_blocks(data.y, data.X, Z, data.starts, template, weights=weights), reml=True).n_searches


@pytest.mark.parametrize(
    ("n_subjects", "layout", "weights", "n_searches"),
    [
        (10, (3,), None, 1),
        (9, (1,), None, state.SEVERAL),
        (64, (3,), 2.0, state.SEVERAL),
        (99, (4,), None, state.SEVERAL),
        (100, (4,), None, state.A_FEW),
        (39, (1, 2), None, state.SEVERAL),
        (40, (1, 2), None, state.A_FEW),
    ],
)
def test_models_that_may_have_several_optima_are_searched_more_than_once(n_subjects, layout, weights, n_searches):
    assert _n_searches(n_subjects, layout, weights=weights) == n_searches


@pytest.mark.parametrize("seed", [434, 3392, 3774, 4494, 4667])
def test_several_searches_end_lower_than_one(monkeypatch, seed):
    _, blocks, reml = _hard_blocks(seed)
    several = optimum.find_optimum(blocks, reml=reml)
    guide = optimum._guide(blocks, reml=reml)._replace(n_searches=1)
    monkeypatch.setattr(optimum, "_guide", lambda _blocks, *, reml: guide)
    one = optimum.find_optimum(blocks, reml=reml)
    assert one.converged
    assert several.converged
    assert several.profile.criterion < one.profile.criterion - 0.1
    assert (one.n_searches, several.n_searches) == (1, 4 * state.SEVERAL)
    assert several.is_split


def test_over_threads_the_end_is_the_same(monkeypatch):
    _, blocks, reml = _hard_blocks(4667)
    here = optimum.find_optimum(blocks, reml=reml)
    monkeypatch.setattr(optimum, "RANGE", 1)
    there = optimum.find_optimum(blocks, reml=reml)
    assert there.profile.criterion == pytest.approx(here.profile.criterion, abs=1e-9)
    assert there.n_searches == here.n_searches


def test_the_status_tells_of_several_peaks():
    hard = hard_cohort(4667)
    fit = als.fit_lmm(hard.formula, hard.frame, method=hard.method, weights=hard.weights)
    assert "The likelihood has several peaks, which 40 searches from different starts found" in fit.status.message
    assert "this is the highest" in fit.status.message
