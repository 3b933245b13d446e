"""Sampling the graphs: names and reproducibility, and the two forms of one model against each other."""

import graphs
import numpy as np
import pytest
from numpy.testing import assert_array_equal

from alsmodels.bayes.graph import build_model
from alsmodels.bayes.graph_sampling import sample_graph
from alsmodels.model.distributions import Normal
from alsmodels.model.response import ResponseModel

QUANTITIES = ("beta", "sd", "correlation", "sigma")


@pytest.fixture(scope="module")
def design():
    return graphs.two_phase_design("y ~ arm + week + (week | subject)", n_subjects=24)


def test_draws_have_the_packages_names(design):
    tree = sample_graph(build_model(design), draws=20, tune=100, chains=2, seed=1, sampler="nutpie")
    posterior = tree["posterior"].to_dataset()
    assert set(posterior.data_vars) == set(QUANTITIES)
    assert posterior["beta"].dims == ("chain", "draw", "term")
    assert dict(posterior.sizes) == {"chain": 2, "draw": 20, "term": 3, "effect": 2, "pair": 1}
    assert posterior["pair"].to_numpy().tolist() == ["week ~ (Intercept)"]
    assert bool(np.isfinite(posterior.to_array("name").to_numpy()).all())
    assert {"posterior", "sample_stats"} <= set(tree.children)
    assert not any(name.startswith("warmup") for name in tree.children)


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["nutpie", "pymc"])
def test_the_same_seed_gives_the_same_draws(design, sampler):
    model = build_model(design)
    first, again, other = (
        sample_graph(model, draws=10, tune=50, chains=2, seed=seed, sampler=sampler)["posterior"]["beta"]
        for seed in (1, 1, 2)
    )
    assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_both_forms_and_both_samplers_have_one_posterior(design):
    """Means within five standard errors of their difference, at about 400 effective draws each."""
    roads = {("marginal", "nutpie"), ("hierarchical", "nutpie"), ("marginal", "pymc")}
    found = [
        sample_graph(build_model(design, form=form), draws=1000, tune=1000, chains=2, seed=3, sampler=sampler)
        for form, sampler in sorted(roads)
    ]
    means = [{name: tree["posterior"][name].mean(("chain", "draw")) for name in QUANTITIES} for tree in found]
    spread = {name: found[0]["posterior"][name].std(("chain", "draw")) for name in QUANTITIES}
    for other in means[1:]:
        for name in QUANTITIES:
            assert (np.abs(other[name] - means[0][name]) < 5 * spread[name] * np.sqrt(2 / 400)).all()


@pytest.mark.slow
@pytest.mark.parametrize("sampler", ["nutpie", "pymc"])
def test_every_feature_can_be_sampled(sampler):
    response = ResponseModel(tails="student_t", censored=True, sd_by_arm=True, sd_by_level=True, knot=Normal(24.0, 4.0))
    design = graphs.two_phase_design("y ~ arm + phase(week, 24) + (1 | subject)", n_subjects=24, marks=True)
    model = build_model(design, form="hierarchical", response=response)
    posterior = sample_graph(model, draws=20, tune=100, chains=1, seed=1, sampler=sampler)["posterior"].to_dataset()
    assert set(posterior.data_vars) == {"beta", "sd", "sigma", "df", "level_effect", "knot", "b"}
    assert posterior["b"].dims == ("chain", "draw", "subject", "effect")
    assert posterior["sigma"].dims == ("chain", "draw", "arm")
