"""Recentred coordinates: the same posterior, whatever the weights, in which Gaussian effects are independent."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import alsmodels as als
from alsmodels.bayes.hierarchy import build_hierarchical
from alsmodels.bayes.marginal_draws import build_marginal
from alsmodels.bayes.proposal import posterior_mode
from alsmodels.bayes.recentred import build_recentring, start_recentred
from alsmodels.kernels.hierarchical import evaluate_hierarchical
from alsmodels.kernels.recentring import evaluate_recentred, place_effects

FORMULA = "alsfrs_r ~ arm * phase(week, 24) + (phase(week, 24) | subject)"
RESPONSES = {
    "gaussian": als.ResponseModel(),
    "student": als.ResponseModel(tails="student_t"),
    "censored": als.ResponseModel(censored=True),
    "by arm and level": als.ResponseModel(sd_by_arm=True, sd_by_level=True),
    "knot": als.ResponseModel(knot=als.Normal(23, 3)),
    "all": als.ResponseModel("student_t", censored=True, sd_by_arm=True, sd_by_level=True, knot=als.Normal(24, 3)),
}


@pytest.fixture(scope="module")
def design():
    frame = als.load_example().to_frame()
    kept = frame[frame["subject"].isin(frame["subject"].unique()[::6])]
    return als.build_design(FORMULA, kept.assign(alsfrs_r=(kept["alsfrs_r"] + 9).clip(upper=48)))


@pytest.fixture(scope="module", params=RESPONSES)
def parts(request, design):
    priors = als.default_priors(design)
    target, gaussian = build_hierarchical(design, priors, RESPONSES[request.param]), build_marginal(design, priors)
    mode = posterior_mode(gaussian.target)
    x = start_recentred(design, target, mode)
    fixed = build_recentring(design, target, gaussian, mode, x)
    rng = np.random.default_rng(8)
    return request.param, x + 0.1 * rng.standard_normal(len(x)), target, fixed


def test_density_is_the_hierarchical_one_times_the_jacobian(parts):
    _, x, target, fixed = parts
    step = 1e-6
    first = len(x) - fixed.h.size
    jacobian = np.array(
        [
            (place_effects(x + move, target, fixed) - place_effects(x - move, target, fixed))[first:] / (2 * step)
            for move in step * np.eye(len(x))[first:]
        ]
    )
    expected = evaluate_hierarchical(place_effects(x, target, fixed), target)[0] + np.linalg.slogdet(jacobian)[1]
    assert_allclose(evaluate_recentred(x, target, fixed)[0], expected, rtol=1e-7)


def test_gradient_is_that_of_differences(parts):
    _, x, target, fixed = parts
    slope, step = evaluate_recentred(x, target, fixed)[1], 1e-5
    for place, move in enumerate(step * np.eye(len(x))):
        up, down = (evaluate_recentred(x + sign * move, target, fixed)[0] for sign in (1, -1))
        assert_allclose(slope[place], (up - down) / (2 * step), rtol=2e-6, atol=1e-4)


def test_gaussian_effects_are_standard_normal_whatever_the_rest(parts):
    """The density falls with e as a standard normal's does, wherever the other parameters are."""
    name, x, target, fixed = parts
    if name != "gaussian":
        return
    first = len(x) - fixed.h.size
    slope = evaluate_recentred(x, target, fixed)[1]
    assert_allclose(slope[first:], -x[first:], atol=1e-8)
