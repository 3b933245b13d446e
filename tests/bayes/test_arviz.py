"""ArviZ's own plots and measures take the draws as they are."""

import arviz_plots
import arviz_stats
import pytest

import alsmodels as als

POPULATION = ["beta", "sd", "sigma"]


@pytest.fixture(scope="module")
def tree(by_nuts):
    return als.add_predictive(by_nuts, seed=1).draws


@pytest.mark.parametrize("name", ["plot_forest", "plot_trace_dist", "plot_rank", "plot_dist", "plot_prior_posterior"])
def test_plots_of_parameters(tree, name):
    assert getattr(arviz_plots, name)(tree, var_names=POPULATION, backend="none") is not None


@pytest.mark.parametrize("name", ["plot_energy", "plot_ppc_dist"])
def test_plots_of_the_whole(tree, name):
    assert getattr(arviz_plots, name)(tree, backend="none") is not None


def test_measures(tree, by_nuts):
    assert set(arviz_stats.rhat(tree, var_names=["sigma"]).data_vars) == {"sigma"}
    assert arviz_stats.loo(tree).kind == "loo"
    pointwise = by_nuts.with_groups(log_likelihood=als.row_log_likelihood(by_nuts))
    with pytest.warns(UserWarning, match="shape parameter"):  # single visits carry much of their subject's effects
        assert arviz_stats.loo(pointwise.draws).n_data_points == by_nuts.design.n_obs
