"""The benchmark of the first answer: three ways to the same answer."""

import pytest


def test_a_first_fit_has_the_same_answer_all_ways_and_compiles_in_one(tmp_path):
    from first_answer import run

    table, cache = tmp_path / "trial.csv", tmp_path / "cache"
    first, interpreted = (run("fit", table, cache, mode) for mode in ("auto", "interpreted"))
    assert first["kernels compiled in it"] == interpreted["kernels compiled in it"] == 0
    assert first["answer"] == pytest.approx(interpreted["answer"], rel=1e-12)
    assert 0.0 < first["processor after import"] < first["processor"]


def test_the_least_of_every_number_is_taken():
    from first_answer import least

    assert least([{"a": 2.0, "b": 1.0}, {"a": 1.0, "b": 3.0}]) == {"a": 1.0, "b": 1.0}
