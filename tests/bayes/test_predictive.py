"""What priors and posteriors predict: against closed forms, and against trajectories written out draw by draw."""

import numpy as np
import pytest
from made_posteriors import made_posterior

import alsmodels as als
from alsmodels.bayes.knots import columns_at, split_phases
from alsmodels.bayes.predictive import PriorPredictive, add_predictive, draw_prior, prior_predictive
from alsmodels.bayes.replication import censor_values, subject_trajectories
from alsmodels.model.distributions import LKJ, Gamma, HalfNormal, Normal
from alsmodels.model.priors import Priors, default_priors
from alsmodels.model.response import ResponseModel

EVERYTHING = ResponseModel(tails="student_t", sd_by_arm=True, sd_by_level=True, knot=Normal(24, 4), censored=True)


@pytest.fixture(scope="module")
def frame():
    return als.load_example().to_frame()


@pytest.fixture(scope="module")
def design():
    return als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=24), als.load_example())


@pytest.fixture(scope="module")
def post(design):
    return als.sample_lmm(design, method="importance", seed=1)


@pytest.fixture(scope="module")
def full(post):
    return add_predictive(post, seed=3)


def replicated(fit):
    return fit.draws["posterior_predictive"]["y"].to_numpy().reshape(fit.n_draws, -1)


def test_the_variance_of_prior_values_is_that_of_the_priors(frame):
    some = frame[frame["subject"].isin(frame["subject"].unique()[:6])]
    small = als.build_design("alsfrs_r ~ week + (week | subject)", some)
    priors = Priors(
        fixed={"(Intercept)": Normal(38, 6), "week": Normal(-0.2, 0.1)},
        sds={"(Intercept)": HalfNormal(4), "week": HalfNormal(0.2)},
        residual=HalfNormal(2),
    )
    found = prior_predictive(small, priors, draws=40_000, seed=1)
    # The mean square of a half-normal is its scale's square, and correlations are zero on average.
    trajectory = small.X**2 @ np.array([6, 0.1]) ** 2 + small.Z**2 @ np.array([4, 0.2]) ** 2
    np.testing.assert_allclose(found.mu.mean(axis=0), small.X @ [38, -0.2], atol=0.25)
    np.testing.assert_allclose(found.mu.var(axis=0), trajectory, rtol=0.05)
    np.testing.assert_allclose(found.y.var(axis=0), trajectory + 4, rtol=0.05)
    # Two visits of a subject share its random effects, visits of two subjects share beta alone.
    first, last, other = 0, small.starts[1] - 1, small.starts[1]
    shared = small.X[first] * small.X[last] @ np.array([6, 0.1]) ** 2
    own = shared + small.Z[first] * small.Z[last] @ np.array([4, 0.2]) ** 2
    assert np.cov(found.y[:, first], found.y[:, last])[0, 1] == pytest.approx(own, rel=0.06)
    assert np.cov(found.y[:, first], found.y[:, other])[0, 1] == pytest.approx(36, rel=0.06)


def test_prior_draws_have_the_priors_distributions(design):
    draws = draw_prior(design, default_priors(design), EVERYTHING, draws=20_000, seed=2)
    assert dict(draws.sizes) == {"chain": 1, "draw": 20_000, "term": 6, "effect": 3, "pair": 3, "arm": 2}
    for name, prior in default_priors(design).fixed.items():
        values = draws["beta"].sel(term=name).to_numpy()
        assert values.mean() == pytest.approx(prior.mean, abs=4 * prior.sd / np.sqrt(20_000))
        assert values.std() == pytest.approx(prior.sd, rel=0.03)
    # A correlation under LKJ(2) of three effects is 2 Beta(2.5, 2.5) - 1, of variance 1/6.
    assert draws["correlation"].var(("chain", "draw")).to_numpy() == pytest.approx(np.full(3, 1 / 6), rel=0.05)
    assert float((draws["sigma"] < 8.745).mean()) == pytest.approx(0.609, abs=0.01)  # half-t(3) below its scale
    assert float(draws["df"].min()) >= 1
    assert float(draws["level_effect"].std()) == pytest.approx(1 / np.std(design.y), rel=0.03)
    assert float(draws["knot"].mean()) == pytest.approx(24, abs=0.15)


def test_uncorrelated_effects_have_no_correlations(frame):
    apart = als.build_design("alsfrs_r ~ week + (1 | subject) + (0 + week | subject)", frame)
    assert "correlation" not in draw_prior(apart, default_priors(apart), ResponseModel(), draws=10, seed=1)


def test_a_seed_fixes_the_draws(design, post):
    priors = default_priors(design)
    one, same, other = (prior_predictive(design, priors, EVERYTHING, draws=20, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.y, same.y)
    assert not np.any(one.y == other.y)
    assert one.draws.identical(draw_prior(design, priors, EVERYTHING, draws=20, seed=1))
    two = add_predictive(post, seed=3, prior=False)
    assert "prior" not in two.draws.children
    np.testing.assert_array_equal(replicated(two), replicated(add_predictive(post, seed=3, prior=False)))
    assert not np.any(replicated(two) == replicated(add_predictive(post, seed=4, prior=False)))


def test_replicates_scatter_about_the_subjects_own_trajectories(design, post, full):
    y, sigma2 = replicated(full), post.stacked("sigma") ** 2
    b = post.stacked("b")[:, design.codes]
    mu = post.stacked("beta") @ design.X.T + np.einsum("snq,nq->sn", b, design.Z)
    error = np.sqrt(sigma2.mean() / post.n_draws)
    np.testing.assert_allclose(y.mean(axis=0), mu.mean(axis=0), atol=5 * error)
    np.testing.assert_allclose(y.mean(axis=0), post.fittedvalues, atol=5 * error)
    np.testing.assert_allclose(y.var(axis=0), sigma2.mean() + mu.var(axis=0), rtol=0.15)
    np.testing.assert_allclose(((y - mu) ** 2).mean(axis=1), sigma2, rtol=0.35)


def test_the_groups_have_arviz_names_and_leave_the_fit_as_it_was(design, post, full):
    assert {"posterior_predictive", "prior", "prior_predictive"} <= set(full.draws.children)
    assert not {"posterior_predictive", "prior"} & set(post.draws.children)
    assert full.draws["posterior_predictive"]["y"].dims == ("chain", "draw", "row")
    assert full.draws["posterior_predictive"]["row"].to_numpy().tolist() == list(range(design.n_obs))
    assert full.draws["prior_predictive"]["y"].shape == (1, 1000, design.n_obs)
    assert set(full.draws["prior"].data_vars) == {"beta", "sd", "correlation", "sigma"}
    assert full.posterior.identical(post.posterior)
    assert full.draws.attrs == post.draws.attrs


def test_a_knot_moves_the_phases_of_each_draw(design):
    response = ResponseModel(knot=Normal(24, 4))
    noise = {name: lambda rng, shape: rng.normal(size=shape) for name in ("beta", "b")}
    fit = made_posterior(design, response, size=6, knot=lambda rng, shape: rng.uniform(8, 40, shape), **noise)
    draws = {name: fit.stacked(name) for name in ("beta", "b", "knot")}
    split, expected = split_phases(design), []
    for beta, b, knot in zip(*draws.values(), strict=True):
        X, Z = (
            columns_at(knot, other, kind, split.week)
            for other, kind in ((split.x_other, split.x_kind), (split.z_other, split.z_kind))
        )
        expected.append(X @ beta + (Z * b[design.codes]).sum(axis=1))
    np.testing.assert_allclose(subject_trajectories(design, response, draws), expected, rtol=1e-10, atol=1e-9)
    y = replicated(add_predictive(made_posterior(design, response, size=6, knot=24.0, sigma=1e-9, beta=1.0), seed=1))
    np.testing.assert_allclose(y, np.tile(design.X.sum(axis=1), (6, 1)), atol=1e-6)


def test_students_residuals_have_students_variance_and_tails(design):
    response = ResponseModel(tails="student_t")
    y = replicated(add_predictive(made_posterior(design, response, df=6.0, sigma=2.0), seed=1, prior=False))
    assert y.var() == pytest.approx(4 * 6 / (6 - 2), rel=0.03)
    assert np.mean(np.abs(y) > 2 * 3.707) == pytest.approx(0.01, rel=0.1)  # the 0.995 quantile of t(6)


def test_each_arm_has_its_own_spread(design):
    sigma = np.array([1.0, 3.0])
    fit = made_posterior(design, ResponseModel(sd_by_arm=True), sigma=sigma)
    y = replicated(add_predictive(fit, seed=1))
    for arm, expected in zip(design.arms, sigma, strict=True):
        assert y[:, design.rows["arm"] == arm].std() == pytest.approx(expected, rel=0.03)


def test_the_spread_follows_the_level(design):
    beta = np.array([30.0, 0, -0.2, -0.3, 0, 0])
    fit = made_posterior(design, ResponseModel(sd_by_level=True), size=4000, beta=beta, sigma=1.5, level_effect=0.05)
    y, mu = replicated(add_predictive(fit, seed=1, prior=False)), design.X @ beta
    np.testing.assert_allclose(y.std(axis=0), 1.5 * np.exp(0.05 * (mu - design.y.mean())), rtol=0.07)


def test_every_feature_at_once_stays_finite(design):
    found = prior_predictive(design, default_priors(design), EVERYTHING, draws=2000, seed=5)
    assert np.isfinite(found.mu).all()
    assert np.isfinite(found.y).all()
    absurd = ResponseModel(sd_by_level=True, level_effect=Normal(0, 100))
    assert np.isfinite(prior_predictive(design, default_priors(design), absurd, draws=200, seed=5).y).all()


def test_the_shares_outside_are_counted(frame):
    two = frame[frame["subject"].isin(frame["subject"].unique()[:2])].groupby("subject").head(2)
    design = als.build_design("alsfrs_r ~ 1 + (1 | subject)", two)
    mu = np.array([[10.0, 20, 30, 40], [10, -1, 30, 40], [49, 50, -2, 40], [48, 0, 48, 0]])
    y = np.array([[10.0, 20, 30, 40], [10, -1, 30, 40], [10, 20, 30, 40], [10, 20, 50, 60]])
    predicted = PriorPredictive(
        design, draw_prior(design, default_priors(design), ResponseModel(), draws=4, seed=1), mu, y
    )
    assert predicted.bounds == (0, 48)
    assert (predicted.outside.values, predicted.outside.trajectories) == (3 / 16, 3 / 8)
    assert str(predicted.outside) == "19% of the values and 38% of the trajectories leave the range 0 to 48."
    assert str(predicted.share_outside(upper=45)).endswith("are above 45.")
    assert predicted.share_outside(lower=15).values == 5 / 16
    assert str(predicted).startswith(
        "4 draws from the priors of alsfrs_r ~ 1 + (1 | subject), each with 2 new subjects:"
    )
    assert str(predicted).endswith(str(predicted.outside))
    with pytest.raises(als.EstimandError, match="48 is not below 0"):
        predicted.share_outside(48, 0)


def test_bounds_are_on_the_scale_of_the_response(frame):
    rooted = als.build_design("sqrt(alsfrs_r) ~ week + (1 | subject)", frame)
    assert prior_predictive(rooted, default_priors(rooted), draws=2, seed=1).bounds == (0, np.sqrt(48))
    marker = als.build_design("log(il6) ~ week + (1 | subject)", frame)
    unknown = prior_predictive(marker, default_priors(marker), draws=2, seed=1)
    assert unknown.bounds is None
    assert "leave" not in str(unknown)
    with pytest.raises(als.EstimandError, match="The bounds of 'il6' are not known"):
        _ = unknown.outside


def test_predictions_are_put_to_the_limits_of_the_data(frame):
    design = als.build_design("log(il6) ~ week + (1 | subject)", als.load_example())
    put = censor_values(np.full((2, design.n_obs), -5.0), design)
    np.testing.assert_allclose(put, np.log(1.5))
    high = np.full((2, design.n_obs), 9.0)
    np.testing.assert_array_equal(censor_values(high, design), high)
    total = als.build_design("alsfrs_r ~ week + (1 | subject)", als.load_example())
    assert censor_values(np.full(total.n_obs, 60.0), total).max() == 48
    y = replicated(add_predictive(made_posterior(total, ResponseModel(censored=True), beta=50.0), seed=1, prior=False))
    assert y.max() > 48  # as drawn, before any censoring


def test_what_makes_no_sense_is_refused(design, frame):
    without = als.build_design("alsfrs_r ~ week + (week | subject)", frame.drop(columns="arm"))
    with pytest.raises(als.SpecError, match="needs the arm of every row"):
        prior_predictive(without, default_priors(without), ResponseModel(sd_by_arm=True), seed=1)
    with pytest.raises(als.SpecError, match="has no knot"):
        prior_predictive(without, default_priors(without), ResponseModel(knot=Normal(24, 4)), seed=1)
    with pytest.raises(als.SpecError, match="at least one draw, not 0"):
        prior_predictive(design, default_priors(design), draws=0)
    with pytest.raises(als.SpecError, match="The priors lack the fixed effect"):
        prior_predictive(design, default_priors(without), seed=1)


def test_heavy_priors_of_the_degrees_of_freedom_are_drawn(design):
    response = ResponseModel(tails="student_t", df=Gamma(2.0, 0.1))
    priors = default_priors(design).replace(correlation=LKJ(1.0))
    assert prior_predictive(design, priors, response, draws=50, seed=1).y.shape == (50, design.n_obs)
