"""Leave-one-out of several posteriors: ArviZ's numbers, and no ranking of fits of different values."""

import arviz_stats
import numpy as np
import pytest
from numpy.testing import assert_allclose

import alsmodels as als

LINE, BENT = "alsfrs_r ~ arm * week + (week | subject)", "alsfrs_r ~ arm * phase(week, 24) + (1 | subject)"


def draw(formula, table, **options):
    return als.sample_lmm(formula, table, method="importance", draws=1000, seed=1, on_failure="return", **options)


@pytest.fixture(scope="module")
def table():
    """The example's visits, with a covariate that is missing late in the trial, in all subjects."""
    frame = als.load_example().to_frame()
    breath = 80 - 0.3 * frame["week"] + np.random.default_rng(1).normal(0, 3, len(frame))
    return frame.assign(breath=breath.where(frame["week"] <= 30))


@pytest.fixture(scope="module")
def fits(table):
    return {"bent": draw(BENT, table), "line": draw(LINE, table)}


@pytest.mark.filterwarnings("ignore:The inplace keyword")
def test_numbers_are_arvizs(fits):
    found = als.compare_loo(fits).set_index("fit")
    theirs = arviz_stats.compare({name: fit.draws for name, fit in fits.items()})
    assert list(found.index) == list(theirs.index)
    for ours, name in (("elpd_diff", "elpd_diff"), ("diff_se", "dse"), ("weight", "weight"), ("se", "se")):
        assert_allclose(found[ours], theirs[name].to_numpy(dtype=float), rtol=0.02, atol=0.06)
    assert (found["rows"] == fits["line"].design.n_obs).all()
    assert_allclose(found["weight"].sum(), 1.0, atol=1e-6)
    assert found["elpd"].is_monotonic_decreasing


def test_the_table_says_what_was_left_out(fits):
    first = als.compare_loo(fits).attrs["notes"][0]
    assert f"a subject with all visits, of {fits['line'].design.n_obs} rows" in first


def test_fits_of_other_rows_are_refused_with_both_counts(fits, table):
    adjusted = draw("alsfrs_r ~ breath + arm * week + (week | subject)", table)
    assert adjusted.design.n_subjects == fits["line"].design.n_subjects
    ours, theirs = fits["line"].design.n_obs, adjusted.design.n_obs
    sentence = rf"'line' was fitted to {ours} rows of \d+ subjects and 'adjusted' to {theirs} rows .*" + (
        rf"{ours - theirs} rows are in 'line' alone.*cannot be ranked"
    )
    with pytest.raises(als.EstimandError, match=sentence):
        als.compare_loo({"line": fits["line"], "adjusted": adjusted})


def test_fits_of_the_same_visits_in_another_order_are_ranked(fits, table):
    shuffled = draw(LINE, table.sample(frac=1, random_state=3))
    assert set(als.compare_loo({"line": fits["line"], "shuffled": shuffled})["fit"]) == {"line", "shuffled"}


def test_the_same_visits_with_other_values_are_refused(fits, table):
    other = draw(LINE, table.assign(alsfrs_r=table["alsfrs_r"] + 0.5))
    with pytest.raises(als.EstimandError, match="the same visits with other values"):
        als.compare_loo({"line": fits["line"], "other": other})


def test_another_response_is_refused(fits, table):
    logs = draw("log(alsfrs_r) ~ arm * week + (week | subject)", table[table["alsfrs_r"] > 0])
    with pytest.raises(als.EstimandError, match=r"of alsfrs_r and 'logs' of log\(alsfrs_r\)"):
        als.compare_loo({"line": fits["line"], "logs": logs})


def test_a_likelihood_by_row_beside_one_by_subject_is_refused(fits):
    by_row = fits["line"].with_groups(log_likelihood=als.row_log_likelihood(fits["line"]))
    with pytest.raises(als.EstimandError, match="for each subject and 'by row' for each row"):
        als.compare_loo({"line": fits["line"], "by row": by_row})


@pytest.mark.parametrize("which", ["one", "reml"])
def test_what_is_no_pair_of_posteriors_is_refused(fits, table, which):
    given = {"line": fits["line"]} | ({"reml": als.fit_lmm(LINE, table)} if which == "reml" else {})
    with pytest.raises(als.EstimandError, match="'reml' has none" if which == "reml" else "it was given 1"):
        als.compare_loo(given)
