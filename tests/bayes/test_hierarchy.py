"""The hierarchical posterior of a design: against the marginal one, against SciPy in user units, and its refusals."""

import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from scipy.stats import norm, t

import alsmodels as als
from alsmodels.bayes.hierarchy import build_hierarchical, pointwise, start, unpack
from alsmodels.bayes.naming import DIMS
from alsmodels.bayes.target import build_target
from alsmodels.kernels.hierarchical import evaluate_hierarchical
from alsmodels.kernels.posterior import evaluate
from alsmodels.model.distributions import Gamma, HalfNormal, Normal
from alsmodels.model.priors import default_priors
from alsmodels.model.reduction import reduce_design
from alsmodels.model.response import ResponseModel

EVERYTHING = ResponseModel(
    tails="student_t",
    censored=True,
    sd_by_arm=True,
    sd_by_level=True,
    knot=Normal(22, 3),
    df=Gamma(2.0, 0.1, lower=1.0),
)
RESPONSES = {
    "gaussian": ResponseModel(),
    "student": ResponseModel(tails="student_t", df=Gamma(3.0, 0.2)),
    "censored": ResponseModel(censored=True),
    "by arm": ResponseModel(sd_by_arm=True),
    "by level": ResponseModel(sd_by_level=True, level_effect=Normal(0.01, 0.02)),
    "knot": ResponseModel(knot=Normal(26, 3)),
    "everything": EVERYTHING,
}


def _table(n_subjects=12, seed=0):
    rng = np.random.default_rng(seed)
    week = np.tile([0.0, 6.0, 12.0, 20.0, 30.0, 42.0, 52.0], n_subjects)
    codes = np.repeat(np.arange(n_subjects), 7)
    before = np.minimum(week, 24)
    b = rng.normal(size=(n_subjects, 3)) * [5, 0.15, 0.15]
    y = 37 - 0.2 * week + b[codes, 0] + b[codes, 1] * before + b[codes, 2] * (week - before)
    y = y + rng.normal(0, 1.5, len(week))
    inside = np.arange(len(y)) % 9 == 4
    marks = np.where(y < 22, "left", np.where(y > 44, "right", np.where(inside, "interval", "none")))
    return pd.DataFrame(
        {
            "subject": codes,
            "week": week,
            "arm": np.where(codes % 2 == 0, "placebo", "active"),
            "y": np.clip(y, 22, 44),
            "y_censored": marks,
            "y_upper": np.clip(y, 22, 44) + 2.0,
        }
    )


@pytest.fixture(scope="module")
def table():
    return _table()


def _design(table, random="(0 + phase(week, 24) | subject)", knot="24"):
    return als.build_design(f"y ~ arm * phase(week, {knot}) + {random.replace('24', knot)}", table)


def _somewhere(target, seed=1):
    return start(target) + 0.3 * np.random.default_rng(seed).normal(size=target.n_parameters)


def _integrate(theta, target):
    """Log of the integral over beta~ and z, exact since both enter as a quadratic."""
    p, d = target.X.shape[1], target.n_parameters
    free = np.r_[np.arange(p), np.arange(p + len(theta), d)]
    x = np.zeros(d)
    x[p : p + len(theta)] = theta
    at_zero = evaluate_hierarchical(x, target)[1][free]
    hessian = np.empty((len(free), len(free)))
    for column, place in enumerate(free):
        moved = x.copy()
        moved[place] = 1.0
        hessian[:, column] = evaluate_hierarchical(moved, target)[1][free] - at_zero
    x[free] = np.linalg.solve(-hessian, at_zero)
    value, slope = evaluate_hierarchical(x, target)
    assert_allclose(slope[free], 0, atol=1e-6)
    return value + 0.5 * len(free) * np.log(2 * np.pi) - 0.5 * np.linalg.slogdet(-hessian)[1]


@pytest.mark.parametrize("random", ["(phase(week, 24) | subject)", "(phase(week, 24) || subject)", "(1 | subject)"])
def test_integrated_it_is_the_marginal_posterior(table, random):
    """Two roads: beta and z integrated out here by a Gaussian integral, there by the subjects' blocks."""
    design = _design(table, random)
    priors = default_priors(design)
    priors = priors.replace(sds={design.random_names[0]: HalfNormal(4.0)})
    target, marginal = (
        build_hierarchical(design, priors, ResponseModel()),
        build_target(design, priors, reduce_design(design)),
    )
    size, p = marginal.n_parameters, target.X.shape[1]
    for seed in range(3):
        theta = start(target)[p : p + size] + 0.5 * np.random.default_rng(seed).normal(size=size)
        assert_allclose(_integrate(theta, target), evaluate(theta, marginal)[0], rtol=1e-10)


@pytest.mark.parametrize("name", RESPONSES)
def test_in_user_units_it_is_the_model_as_written(table, name):
    """Draws that `unpack` gives, put into SciPy's densities, give the density of x again but for the Jacobian."""
    response, design = RESPONSES[name], _design(table)
    priors = default_priors(design)
    target = build_hierarchical(design, priors, response)
    x = _somewhere(target)
    draw = {key: value[0] for key, value in unpack(x[None], target).items()}
    rows = _log_rows(table, draw, response)
    assert_allclose(pointwise(x[None], target)[0], rows, rtol=1e-8, atol=1e-10)
    expected = rows.sum() + _log_priors(draw, priors, response, design) + _log_jacobian(x, draw, target, response)
    assert_allclose(evaluate_hierarchical(x, target)[0], expected, rtol=1e-10)


def _log_rows(table, draw, response):
    design = _design(table, knot=repr(float(draw.get("knot", 24.0))))
    mean = design.X @ draw["beta"] + np.sum(design.Z * draw["b"][design.codes], axis=1)
    sd = draw["sigma"]
    if response.sd_by_arm:
        sd = sd[[design.arms.index(arm) for arm in design.rows["arm"]]]
    if response.sd_by_level:
        sd = sd * np.exp(draw["level_effect"] * (mean - design.y.mean()))
    error = t(draw["df"], mean, sd) if "df" in draw else norm(mean, sd)
    if not response.censored:
        return error.logpdf(design.y)
    lower, upper = design.limits.lower, design.limits.upper
    assert {"left", "right", "interval"} <= set(table["y_censored"])
    with np.errstate(all="ignore"):
        below = error.logcdf(upper) + np.log(-np.expm1(error.logcdf(lower) - error.logcdf(upper)))
        above = error.logsf(lower) + np.log(-np.expm1(error.logsf(upper) - error.logsf(lower)))
    return np.where(lower == upper, error.logpdf(design.y), np.where(mean > lower, below, above))


def _log_priors(draw, priors, response, design):
    given = [priors.fixed[name].density(value) for name, value in zip(design.fixed_names, draw["beta"], strict=True)]
    given += [priors.sds[name].density(value) for name, value in zip(design.random_names, draw["sd"], strict=True)]
    given += [priors.residual.density(value) for value in np.atleast_1d(draw["sigma"])]
    given += [priors.correlation.marginal_density(draw["correlation"][0], n=2)]
    if "df" in draw:
        given += [response.df.density(draw["df"])]
    if "level_effect" in draw:
        prior = response.level_effect or Normal(0, 1 / np.std(design.y))
        given += [prior.density(draw["level_effect"])]
    if "knot" in draw:
        given += [response.knot.density(draw["knot"])]
    correlation = np.array([[1, draw["correlation"][0]], [draw["correlation"][0], 1]])
    factor = draw["sd"][:, None] * np.linalg.cholesky(correlation)
    z = np.linalg.solve(factor, draw["b"].T)
    return np.log(given).sum() + norm.logpdf(z).sum()


def _log_jacobian(x, draw, target, response):
    value = np.linalg.slogdet(target.beta_map)[1] + np.log(draw["sd"]).sum() + np.log(draw["sigma"]).sum()
    value += np.log(1 - draw["correlation"][0] ** 2)
    if "df" in draw:
        value += np.log(draw["df"] - response.df.lower)
    for name, prior in (("level_effect", target.level_prior), ("knot", target.knot_prior)):
        if name in draw:
            value += np.log(prior[1])
    return value


@pytest.mark.parametrize("name", RESPONSES)
def test_draws_have_the_names_and_shapes_of_the_posterior(table, name):
    response, design = RESPONSES[name], _design(table)
    target = build_hierarchical(design, default_priors(design), response)
    xs = np.stack([_somewhere(target, seed) for seed in range(4)])
    draws = unpack(xs, target)
    sizes = {"term": 6, "effect": 2, "pair": 1, "subject": 12}
    for key, value in draws.items():
        dims = ("arm",) if key == "sigma" and response.sd_by_arm else DIMS[key]
        assert value.shape == (4, *({**sizes, "arm": 2}[dim] for dim in dims))
    assert ("df" in draws, "level_effect" in draws, "knot" in draws) == (
        response.tails == "student_t",
        response.sd_by_level,
        response.knot is not None,
    )
    assert pointwise(xs, target).shape == (4, design.n_obs)


def test_the_start_is_near_the_maximum_likelihood_fit(table):
    design = _design(table, "(phase(week, 24) | subject)")
    target = build_hierarchical(design, default_priors(design), ResponseModel())
    begun = unpack(start(target)[None], target)
    fit = als.fit_lmm(design, method="ML")
    errors = fit.coefficients["std_error"].to_numpy()
    assert_allclose(begun["beta"][0], fit.coefficients["estimate"], atol=0.1 * errors.min(), rtol=0.05)
    assert_allclose(begun["sigma"][0], fit.sigma, rtol=0.1)
    assert_allclose(np.sqrt(np.diagonal(target.beta_map @ target.beta_map.T)), errors, rtol=0.15)
    assert np.all(begun["b"] == 0)
    assert np.isfinite(evaluate_hierarchical(start(target), target)[0])


def test_the_start_is_not_handed_out_to_be_changed(table):
    design = _design(table)
    target = build_hierarchical(design, default_priors(design), ResponseModel())
    start(target)[:] = np.nan
    assert np.isfinite(start(target)).all()


def test_every_design_goes_to_one_compiled_kernel(table):
    for response in RESPONSES.values():
        for random in ("(1 | subject)", "(phase(week, 24) | subject)"):
            design = _design(table, random)
            target = build_hierarchical(design, default_priors(design), response)
            evaluate_hierarchical(start(target), target)
    assert len(evaluate_hierarchical.signatures) == 1


@pytest.mark.parametrize(
    ("formula", "response", "words"),
    [
        ("y ~ week + (1 | subject)", ResponseModel(knot=Normal(24, 3)), "has no knot"),
        ("y ~ phase(week, 24) + (1 | subject)", ResponseModel(knot=Normal(80, 3)), "no visits"),
        ("y ~ week:phase(week, 24) + (1 | subject)", ResponseModel(knot=Normal(24, 3)), "another function of the week"),
        ("y ~ week + (1 | subject)", ResponseModel(sd_by_arm=True), "no arms"),
    ],
)
def test_what_has_no_meaning_is_refused(table, formula, response, words):
    data = table.drop(columns="arm") if response.sd_by_arm else table
    design = als.build_design(formula, data)
    with pytest.raises(als.SpecError, match=words):
        build_hierarchical(design, default_priors(design), response)


def test_one_arm_has_its_own_sd(table):
    """As in a study of one arm: the SD still stands under the arm's name."""
    design = als.build_design("y ~ week + (1 | subject)", table[table["arm"] == "active"])
    target = build_hierarchical(design, default_priors(design), ResponseModel(sd_by_arm=True))
    assert unpack(start(target)[None], target)["sigma"].shape == (1, 1)
    assert np.isfinite(evaluate_hierarchical(start(target), target)[0])


def test_rows_without_an_arm_have_no_sd_by_arm(table):
    data = table.assign(arm=table["arm"].where(table["subject"] != 3))
    design = als.build_design("y ~ week + (1 | subject)", data)
    with pytest.raises(als.SpecError, match="7 have none"):
        build_hierarchical(design, default_priors(design), ResponseModel(sd_by_arm=True))
