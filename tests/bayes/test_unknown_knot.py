"""A Gaussian model with an unknown knot: by importance, by NUTS, on a grid, and by the hierarchical density."""

import numpy as np
import pytest
from knots import knot_design, knot_frame
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.bayes.diagnostics import diagnose
from alsmodels.bayes.hierarchical_draws import draw_hierarchical
from alsmodels.bayes.importance import sample_importance
from alsmodels.bayes.marginal_draws import build_moving
from alsmodels.bayes.parallel import at_once
from alsmodels.bayes.proposal import adapt, bent_density
from alsmodels.kernels.knots import evaluate_knot_range

PRIOR = als.Normal(24.0, 4.0)
UNKNOWN = als.ResponseModel(knot=PRIOR)
INTERCEPTS = "y ~ phase(week, 24) + (1 | subject)"
QUIET = als.NutsOptions(progress=False)


def on_a_grid(target, centres, sds, *, size=49, reach=6.5):
    """Log evidence, and mean and SD of each of three parameters, summed over a box; the knot is the last."""
    axes = [centre + sd * np.linspace(-reach, reach, size) for centre, sd in zip(centres, sds, strict=True)]
    xs = np.ascontiguousarray(np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3))
    logs = np.empty(len(xs))
    evaluate_knot_range(xs, target, logs, 0, len(xs))
    weights = np.exp(logs - logs.max())
    cell = np.prod([axis[1] - axis[0] for axis in axes])
    mean = weights @ xs / weights.sum()
    return logs.max() + np.log(weights.sum() * cell), mean, np.sqrt(weights @ (xs - mean) ** 2 / weights.sum())


@pytest.fixture(scope="module")
def two_modes():
    """A decline that stops and begins again, of which a model with one knot can have either bend."""
    frame, rng = knot_frame(5, n_subjects=16), np.random.default_rng(5)
    week, subject = frame["week"].to_numpy(), frame["subject"].str[1:].astype(int).to_numpy()
    y = 38 + rng.normal(0, 4, 16)[subject] + rng.normal(0, 1, len(frame))
    frame = frame.assign(y=y - 0.1 * np.minimum(week, 14) - 0.1 * np.maximum(week - 38, 0))
    design = als.build_design(INTERCEPTS, frame)
    return build_moving(design, als.default_priors(design), als.Normal(26.0, 8.0)).target


def count_modes(knots):
    """Stretches of half an SD of the prior that hold more draws than their neighbours, and more than 2% of all."""
    share = np.histogram(knots, bins=np.arange(-4, 4.01, 0.5))[0] / len(knots)
    inner = share[1:-1]
    return int(((inner > share[:-2]) & (inner > share[2:]) & (inner > 0.02)).sum())


@pytest.mark.parametrize("which", ["one mode", "two modes"])
def test_moments_and_evidence_are_those_of_a_grid(which, two_modes):
    design = knot_design(7, INTERCEPTS, n_subjects=20)
    one_mode = build_moving(design, als.default_priors(design), PRIOR).target
    target = two_modes if which == "two modes" else one_mode
    sample = sample_importance(target, draws=8000, rng=np.random.default_rng(2))
    assert count_modes(sample.xs[:, -1]) == (2 if which == "two modes" else 1)
    evidence, mean, sd = on_a_grid(target, sample.xs.mean(axis=0), sample.xs.std(axis=0))
    assert sample.k_hat < 0.7
    assert sample.ess > 4000
    assert np.abs((sample.xs.mean(axis=0) - mean) / sd).max() < 4 / np.sqrt(sample.ess)
    assert_allclose(sample.xs.std(axis=0), sd, rtol=4 / np.sqrt(sample.ess))
    assert_allclose(sample.log_evidence, evidence, atol=4 / np.sqrt(sample.ess) + 1e-3)


@pytest.fixture(scope="module")
def design():
    return knot_design(3)


@pytest.fixture(scope="module")
def by_importance(design):
    return als.sample_lmm(design, response=UNKNOWN, method="importance", seed=1)


def compare_with(fit, table):
    ours = fit.diagnostics.set_index("parameter")
    theirs = table.set_index("parameter").loc[ours.index]
    error = np.hypot(ours["sd"] / np.sqrt(fit.effective), theirs["mcse_mean"])
    assert (np.abs(ours["mean"] - theirs["mean"]) / error).max() < 4
    enough = np.minimum(theirs["ess_bulk"], fit.effective)
    assert (np.abs(np.log(ours["sd"] / theirs["sd"])) * np.sqrt(enough)).max() < 5


def test_importance_and_nuts_agree(design, by_importance):
    chains = als.sample_lmm(design, response=UNKNOWN, seed=1, nuts=QUIET)
    assert chains.diagnostics.set_index("parameter").loc["knot", "ess_bulk"] > 1000
    compare_with(by_importance, chains.diagnostics)


@pytest.mark.slow
def test_the_hierarchical_density_agrees(design, by_importance):
    """The second road: every random effect sampled, the knot in the columns of each row."""
    options = als.NutsOptions(progress=False, tune=1000)
    chains = draw_hierarchical(design, by_importance.priors, UNKNOWN, draws=12_000, options=options, seed=2)
    compare_with(by_importance, diagnose(chains.posterior))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:PyTensor could not link to a BLAS")
def test_the_graph_of_pymc_agrees():
    """The third road, which shares no kernel with the first; a smaller trial, since a graph has to be compiled."""
    design = knot_design(11, INTERCEPTS, n_subjects=24)
    ours = als.sample_lmm(design, response=UNKNOWN, method="importance", seed=1)
    options = als.NutsOptions(sampler="pymc", progress=False, tune=1000)
    graph = als.sample_lmm(design, response=UNKNOWN, seed=2, draws=8000, nuts=options, on_failure="return")
    compare_with(ours, graph.diagnostics)


@pytest.mark.parametrize("seed", range(6))
def test_ordinary_cohorts_can_be_relied_on(seed):
    """A short version of ``benchmarks/unknown_knot.py``, which has a hundred."""
    fit = als.sample_lmm(
        knot_design(100 + seed, knot=20.0 + seed), response=UNKNOWN, method="importance", seed=seed, draws=1000
    )
    assert fit.status.is_reliable
    assert fit.effective > 0.9 * 1000
    assert abs(fit.stacked("knot").mean() - (20 + seed)) < 4 * fit.stacked("knot").std()


def test_slopes_in_bent_coordinates_are_those_of_differences(design):
    target = build_moving(design, als.default_priors(design), PRIOR).target
    proposal = adapt(target, np.random.default_rng(1), at_once)
    density, v = bent_density(target, proposal.bends), proposal.centre + 0.3
    assert target.n_parameters - 1 in proposal.bends
    moves = 1e-6 * np.eye(len(v))
    expected = [(density(v + move)[0] - density(v - move)[0]) / 2e-6 for move in moves]
    assert_allclose(density(v)[1], expected, rtol=1e-4, atol=1e-4)


def test_draws_have_the_knot_and_a_likelihood_for_each_subject(design, by_importance):
    posterior = by_importance.posterior
    assert posterior["knot"].dims == ("chain", "draw")
    assert by_importance.draws["log_likelihood"]["y"].sizes["subject"] == design.n_subjects
    assert np.isfinite(by_importance.draws.attrs["log_evidence"])
    rows = als.row_log_likelihood(by_importance)["y"]
    assert rows.sizes["row"] == design.n_obs
    assert np.isfinite(rows.to_numpy()).all()


def test_questions_move_with_the_knot(by_importance):
    apart = als.difference("drug", "control", week=40)
    found = als.estimate(by_importance, apart).iloc[0]
    knots, beta = by_importance.stacked("knot"), by_importance.stacked("beta")
    names = list(by_importance.design.fixed_names)
    own = [beta[:, place] for place, name in enumerate(names) if name.startswith("arm")]
    expected = own[0] + own[1] * np.minimum(40, knots) + own[2] * (40 - np.minimum(40, knots))
    assert_allclose(found["estimate"], expected.mean(), rtol=1e-9)


def test_a_prior_beyond_the_visits_is_refused():
    with pytest.raises(als.SpecError, match="where one of the phases has no visits"):
        als.sample_lmm(knot_design(1), response=als.ResponseModel(knot=als.Normal(80, 3)), method="importance", seed=1)
