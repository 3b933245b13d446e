"""One posterior by each method, for the tests that only need one."""

import pytest

import alsmodels as als


@pytest.fixture(scope="session")
def two_phase_design():
    return als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=24), als.load_example())


@pytest.fixture(scope="session")
def by_importance(two_phase_design):
    return als.sample_lmm(two_phase_design, method="importance", seed=1)


@pytest.fixture(scope="session")
def by_nuts(two_phase_design):
    return als.sample_lmm(two_phase_design, method="nuts", seed=1)
