"""Subjects of one pattern are found, and sharing their products changes nothing."""

import itertools

import numpy as np
import pytest
from cohorts import two_phase_arrays
from numpy.testing import assert_allclose, assert_array_equal

from alsmodels.kernels import blocks as blocks_module
from alsmodels.kernels import patterns
from alsmodels.kernels.blocks import build_blocks
from alsmodels.kernels.covariance import covariance_template
from alsmodels.kernels.effects import conditional_effects
from alsmodels.kernels.optimum import evaluate, find_optimum
from alsmodels.kernels.patterns import find_patterns


def _scheduled(seed, n_subjects=60):
    """A visit every 8 weeks, some missed, so that subjects share patterns; y, X, Z, starts."""
    rng = np.random.default_rng(seed)
    week = np.tile(np.arange(0.0, 41.0, 8.0), n_subjects)
    subject = np.repeat(np.arange(n_subjects), 6)
    kept = (week == 0) | (rng.random(len(week)) > 0.15)
    week, subject = week[kept], subject[kept]
    arm, ones = (subject % 2).astype(float), np.ones(len(week))
    X = np.column_stack([ones, arm, week, arm * week])
    Z = np.column_stack([ones, week])
    b = rng.normal(size=(n_subjects, 2)) * [4, 0.15]
    y = 38 - 0.2 * week + (Z * b[subject]).sum(axis=1) + rng.normal(0, 1.5, len(week))
    return y, X, Z, np.r_[0, np.flatnonzero(np.diff(subject)) + 1, len(week)]


def test_patterns_are_the_distinct_stretches_of_rows():
    _, X, Z, starts = _scheduled(1)
    found = find_patterns(X, Z, starts)
    rows = np.column_stack([X, Z])
    seen = {}
    expected = [seen.setdefault(rows[a:b].tobytes(), len(seen)) for a, b in itertools.pairwise(starts)]
    assert_array_equal(found.codes, expected)
    assert_array_equal(found.counts, np.bincount(expected))
    assert len(found.counts) < 40
    for code in range(len(found.counts)):
        i = expected.index(code)
        stretch = slice(found.starts[code], found.starts[code + 1])
        assert_array_equal(found.take(rows)[stretch], rows[starts[i] : starts[i + 1]])


def test_subjects_without_company_keep_their_own_rows():
    data = two_phase_arrays(2)
    found = find_patterns(data.X, data.Z, data.starts)
    assert found.rows is None
    assert_array_equal(found.codes, np.arange(24))


def test_one_bit_makes_another_pattern():
    _, X, Z, starts = _scheduled(1)
    before = len(find_patterns(X, Z, starts).counts)
    i = int(np.argmax(np.bincount(find_patterns(X, Z, starts).codes) > 2))
    X[starts[i], 2] = np.nextafter(X[starts[i], 2], 1.0)
    assert len(find_patterns(X, Z, starts).counts) == before + 1


def test_equal_hashes_alone_are_not_believed(monkeypatch):
    """Were all hashes equal, the comparison of rows would keep the subjects apart."""
    _, X, Z, starts = _scheduled(1)
    monkeypatch.setattr(patterns, "_hash_subjects", lambda *arguments: arguments[-1].fill(7))
    found = find_patterns(X, Z, starts)
    assert found.rows is None
    assert_array_equal(found.codes, np.arange(len(starts) - 1))


@pytest.mark.parametrize("reml", [True, False], ids=["REML", "ML"])
def test_sharing_changes_nothing(monkeypatch, reml):
    arrays = _scheduled(3)
    template = covariance_template([2])
    shared = build_blocks(*arrays, template)
    monkeypatch.setattr(blocks_module, "SMALL", 0)  # the road in threads, on which sharing can be forbidden
    monkeypatch.setattr(patterns, "WORTH", -1.0)
    alone = build_blocks(*arrays, template)
    assert len(shared.counts) < 40 < len(alone.counts) == 60
    for one, other in zip(shared.by_subject(), alone.by_subject(), strict=True):
        assert_allclose(one, other, atol=1e-10)
    root = np.array([[0.9, 0.2], [0.2, 0.4]])
    one, other = (evaluate(root, blocks, reml=reml) for blocks in (shared, alone))
    assert_allclose(one.criterion, other.criterion, rtol=1e-13)
    for field in ("logdet_S", "rss_S", "pairs", "crosses"):
        size = np.abs(getattr(other.sums, field)).max()
        assert_allclose(getattr(one.sums, field), getattr(other.sums, field), atol=1e-11 * size)
    ends = [find_optimum(blocks, reml=reml).profile for blocks in (shared, alone)]
    assert_allclose(ends[0].root, ends[1].root, rtol=1e-8)
    modes = [conditional_effects(at, blocks).modes for at, blocks in zip(ends, (shared, alone), strict=True)]
    assert_allclose(modes[0], modes[1], rtol=1e-7, atol=1e-9)
