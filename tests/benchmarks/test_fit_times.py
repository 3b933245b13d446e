"""The benchmark of fits: its judge against the engine, its readers of foreign answers, and one small run of it."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import alsmodels as als
from alsmodels.frequentist.lmm import fit_lmm

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def case():
    from fit_data import MODELS, Case, simulate

    return Case(MODELS["phases"], simulate(30))


def judged(case, fit, **changes):
    from fit_criterion import Answer, restricted_criterion

    values = {"beta": fit.beta, "covariance": fit.covariance.to_numpy(), "sigma2": fit.sigma**2} | changes
    return restricted_criterion(Answer(**values, said=""), y=case.y, X=case.X, Z=case.Z, codes=case.codes)


def test_criterion_is_the_engine_s_at_the_optimum(case):
    fit = fit_lmm(case.design)
    assert judged(case, fit) == pytest.approx(fit.criterion, abs=1e-9)


def test_criterion_counts_an_error_in_each_part_of_an_answer(case):
    fit = fit_lmm(case.design)
    least = judged(case, fit)
    step = 0.1 * fit.bse.to_numpy()
    cost = step @ np.linalg.solve(fit.beta_cov, step)
    assert judged(case, fit, beta=fit.beta + step) - least == pytest.approx(cost, rel=1e-6)
    assert judged(case, fit, covariance=1.05 * fit.covariance.to_numpy()) > least + 1e-3
    assert judged(case, fit, sigma2=1.05 * fit.sigma**2) > least + 1e-3


def test_theta_is_read_column_by_column(case):
    from fit_criterion import covariance_from_theta

    fit = fit_lmm(case.design)
    np.testing.assert_allclose(covariance_from_theta(fit.theta, fit.sigma**2, 3), fit.covariance, rtol=1e-12)


def test_digits_are_of_the_worst_element():
    from fit_criterion import digits

    assert digits(np.array([1.0, 2.002]), np.array([1.0, 2.0])) == pytest.approx(3.0)
    assert digits(np.array([5.0]), np.array([5.0])) == 16.0
    assert digits(np.array([np.nan, 2.0]), np.array([1.0, 2.0])) == 0.0


def data_of(case):
    return {"y": case.y, "X": case.X, "Z": case.Z, "codes": case.codes}


def test_optimum_is_where_the_criterion_is_least(case):
    from fit_optimum import find_optimum
    from fit_peers import PEERS

    fit = fit_lmm(case.design)
    found = find_optimum(PEERS[0].read(fit, case), **data_of(case))
    least = found.criterion
    assert found.last_step < 1e-9
    np.testing.assert_allclose(fit.bse, found.answer.std_errors, rtol=1e-8)
    for place in np.ndindex(2, 3):
        sign, k = (-1, 1)[place[0]], place[1]
        G = found.answer.covariance.copy()
        G[k, k] *= 1 + sign * 1e-3
        assert judged(case, fit, beta=found.answer.beta, covariance=G, sigma2=found.answer.sigma2) > least


def test_optimum_does_not_hang_on_where_it_begins(case):
    from fit_criterion import Answer
    from fit_optimum import find_optimum

    fit = fit_lmm(case.design)
    near = Answer(fit.beta, fit.covariance.to_numpy(), fit.sigma**2, "")
    far = Answer(fit.beta, 1.1 * fit.covariance.to_numpy(), 0.95 * fit.sigma**2, "")
    first, second = (find_optimum(start, **data_of(case)).answer for start in (near, far))
    np.testing.assert_allclose(second.covariance, first.covariance, rtol=1e-9)
    np.testing.assert_allclose(second.sigma2, first.sigma2, rtol=1e-10)


def test_optimum_refuses_a_boundary():
    from fit_criterion import Answer
    from fit_optimum import find_optimum

    codes = np.repeat(np.arange(4), 3)
    y = np.tile([1.0, 2.0, 4.0], 4) + 0.01 * codes
    ones = np.ones((12, 1))
    with pytest.raises(ValueError, match="on the boundary"):
        find_optimum(Answer(np.zeros(1), np.eye(1), 1.0, ""), y=y, X=ones, Z=ones, codes=codes)


def test_fixed_effects_are_put_in_our_order(case):
    from fit_peer import in_our_order

    patsy = ["Intercept", "arm[T.b]", "p1", "arm[T.b]:p1", "p2", "arm[T.b]:p2"]
    lme = ["(Intercept)", "armb", "p1", "p2", "arm:p1b:", "arm:p2b:"]
    fixed = case.model.fixed
    np.testing.assert_array_equal(in_our_order(np.arange(6), patsy, fixed), [0, 1, 2, 4, 3, 5])
    np.testing.assert_array_equal(in_our_order(np.arange(6), lme, fixed), np.arange(6))
    np.testing.assert_array_equal(in_our_order(np.arange(6), ["const", *"abcde"], fixed), np.arange(6))
    assert in_our_order([1, 2, 3], ["(Intercept)", "months2", "months"], "months + months2").tolist() == [1, 3, 2]


def test_numbers_give_the_fit_of_the_text(case):
    text, numbers = (als.fit_lmm(case.model.formula, case.table(way)) for way in ("frame", "numbers"))
    np.testing.assert_allclose(numbers.beta, text.beta, rtol=1e-9)


def test_rows_of_the_case_are_those_of_the_frame(case):
    np.testing.assert_array_equal(case.y, case.frame["y"])
    np.testing.assert_array_equal(case.X[:, 2], case.frame["p1"])
    np.testing.assert_array_equal(case.codes, case.numbers["subject"])


def test_a_small_run(tmp_path):
    written = tmp_path / "times.json"
    asked = ["--subjects", "12", "--rounds", "1", "--threads", "1", "--no-r", "--no-alone", "--json", str(written)]
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "fit_times.py"), *asked], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    rows = json.loads(written.read_text(encoding="utf-8"))["cells"]
    ours = [row for row in rows if row["engine"] == "alsmodels"]
    assert len(ours) == 6
    assert all(row["ratio"] == 1.0 and row["above"] < 1e-6 and row["median_s"] > 0 for row in ours)
    inside = [row for row in ours if row["model"] == "slope"]
    assert all(min(row["digits"].values()) > 6 for row in inside)
    assert all("boundary" in row["no_digits"] for row in ours if row not in inside)
    assert {row["engine"] for row in rows} >= {"statsmodels", "least squares", "mixedlm-rs"}
    assert "| phases | 12 |" in done.stdout


def test_labels_are_spread_as_little_as_they_must_be():
    from fit_figure import spread

    np.testing.assert_allclose(spread(np.array([0.0, 0.5, 0.5, 0.9]), apart=0.1), [0.0, 0.45, 0.55, 0.9])


def test_the_covariance_of_glmm_is_read_column_by_column(case):
    from fit_peers import PEERS

    fit = fit_lmm(case.design)
    V = fit.covariance.to_numpy()
    names = ["(Intercept)", "armb", "p1", "p2", "armb:p1", "armb:p2"]
    found = {"varcorr": [[V[0, 0], V[1, 0], V[2, 0], V[1, 1], V[2, 1], V[2, 2]]], "dispersion": fit.sigma**2}
    theirs = SimpleNamespace(**found, names=names, beta=fit.beta, se=fit.bse.to_numpy(), converged=True)
    read = next(peer for peer in PEERS if peer.name == "glmm").read(theirs, case)
    np.testing.assert_allclose(read.covariance, V, rtol=1e-14)
    np.testing.assert_array_equal(read.beta, fit.beta)
    assert (read.sigma2, read.said) == (fit.sigma**2, "converged")
