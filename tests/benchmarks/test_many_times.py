"""The benchmark of many fits: what it times is judged as it should be."""

import dataclasses
import time

import numpy as np
import pytest

import alsmodels as als


@pytest.fixture(scope="module")
def trials():
    from many_times import make_trials

    return make_trials(3)


def all_at_once(table, cases):
    from many_times import engines

    engine = engines(table, cases, [], seconds=1.0)["fit_many, from a table"]
    return engine.read(engine.run()[0])


def test_answers_of_many_fits_are_those_of_single_fits(trials):
    table, cases = trials
    for answer, case in zip(all_at_once(table, cases), cases, strict=True):
        fit = als.fit_lmm(case.design)
        np.testing.assert_allclose(answer.beta, fit.beta, rtol=1e-8)
        np.testing.assert_allclose(answer.covariance, fit.covariance, rtol=1e-7)
        np.testing.assert_allclose(answer.sigma2, fit.sigma**2, rtol=1e-9)
        assert answer.said == "converged"


def test_criteria_are_the_engine_s_and_missing_answers_have_none(trials):
    from fit_criterion import Answer
    from many_times import MODEL, criteria

    table, cases = trials
    found = als.fit_many(MODEL.formula, table)
    answers = all_at_once(table, cases)
    np.testing.assert_allclose(criteria(answers, cases), -2 * found.loglik, atol=1e-7)
    lost = Answer(np.full(6, np.nan), answers[0].covariance, 1.0, "not fitted")
    assert np.isnan(criteria([None, lost], cases)).all()


@dataclasses.dataclass
class Slow:
    """A package that takes 20 ms over anything."""

    name: str = "slow"
    is_here: bool = True

    @property
    def ways(self):
        return {"frame": lambda _case, _way: lambda: time.sleep(0.02)}

    def read(self, _result, _case):
        return None


@pytest.mark.parametrize(("seconds", "trials_asked", "is_slow"), [(0.05, 2, True), (60.0, 3, False)])
def test_slow_packages_have_fewer_trials(trials, monkeypatch, seconds, trials_asked, is_slow):
    import many_times

    monkeypatch.setattr(many_times, "FEWEST", 2)
    engine = many_times.engines(*trials, [Slow()], seconds=seconds)["slow, one by one"]
    assert (engine.trials, engine.is_slow) == (trials_asked, is_slow)
    results, elapsed = engine.run()
    assert len(results) == engine.trials
    assert elapsed >= 0.02 * engine.trials
    assert engine.read(results) == [None] * engine.trials


def test_engines_are_judged_against_ours():
    from many_times import REFERENCE, judge

    rows = [{"engine": "fit_many, from a table", "trials": 3, "ms": 1.0}, {"engine": REFERENCE, "trials": 2, "ms": 4.0}]
    rows += [{"engine": "of another model", "trials": 2, "ms": 8.0}]
    criteria = {rows[0]["engine"]: np.array([5.0, 6.0, 7.0]), REFERENCE: np.array([5.5, np.nan])}
    judge(rows, criteria | {"of another model": np.full(2, np.nan)})
    assert [row["times the reference"] for row in rows] == [4.0, 1.0, 0.5]
    assert [rows[1][key] for key in ("lowest", "highest", "beside", "without")] == [0.5, 0.5, 1, 1]
    assert "highest" not in rows[2]
