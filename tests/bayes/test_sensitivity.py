"""Power-scaling: against a conjugate closed form and against weights made here; the prior's density against SciPy's."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from scipy import integrate, stats

import alsmodels as als
from alsmodels.bayes.lmm import sample_lmm
from alsmodels.bayes.sensitivity import log_prior, prior_sensitivity
from alsmodels.errors import EstimandError
from alsmodels.kernels.covariance import covariance_template
from alsmodels.model.distributions import LKJ, Gamma, HalfNormal, HalfT, Normal
from alsmodels.model.estimand import Contrast
from alsmodels.model.presets import alsfrs_r_priors
from alsmodels.model.priors import Priors
from alsmodels.model.response import ResponseModel


@dataclasses.dataclass(frozen=True)
class Coefficient:
    """A question that asks for a coefficient."""

    place: int = 0
    label: str = "coefficient"

    def contrast(self, design):
        return Contrast(np.eye(design.X.shape[1])[self.place])


@pytest.fixture(scope="module")
def post():
    design = als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=24), als.load_example())
    return sample_lmm(design, priors=alsfrs_r_priors(design), method="importance", seed=1)


def distance(P, Q, low, high):
    """Cumulative Jensen-Shannon distance of two distribution functions between two ends (Kallioinen et al.)."""

    def divergence(a, b):
        area = integrate.trapezoid(a * np.log2(np.maximum(2 * a / (a + b), 1e-300)), x)
        return area + integrate.trapezoid(b - a, x) / (2 * np.log(2))

    x = np.linspace(low, high, 40_001)
    p, q = np.maximum(P(x), 1e-300), np.maximum(Q(x), 1e-300)
    return np.sqrt((divergence(p, q) + divergence(q, p)) / integrate.trapezoid(p + q, x))


def conjugate_fit(*, prior, data, size=40_000):
    """A posterior of one mean given the rest: prior N(m, s), likelihood N(m, s) in the mean; each is (m, s)."""
    rng = np.random.default_rng(5)
    table = {"subject": np.repeat(np.arange(8), 2), "y": rng.normal(size=16)}
    design = als.build_design("y ~ 1 + (1 | subject)", als.load_example().to_frame().head(16).assign(**table))
    mean, sd = scaled(prior, data, 1.0, 1.0)
    beta = rng.normal(mean, sd, (4, size // 4, 1))
    constant = np.ones(beta.shape[:2])
    posterior = xr.Dataset(
        {
            "beta": (("chain", "draw", "term"), beta),
            "sd": (("chain", "draw", "effect"), constant[..., None]),
            "sigma": (("chain", "draw"), constant),
        },
        coords={"term": ["(Intercept)"], "effect": ["(Intercept)"]},
    )
    halves = stats.norm(data[0], data[1] * np.sqrt(2)).logpdf(beta).repeat(2, axis=2)
    made = sample_lmm(design, method="importance", draws=400, seed=1, on_failure="return")
    priors = Priors(fixed={"(Intercept)": Normal(*prior)}, sds={"(Intercept)": HalfT(3, 1)}, residual=HalfT(3, 1))
    groups = {"posterior": posterior, "log_likelihood": xr.Dataset({"y": (("chain", "draw", "subject"), halves)})}
    return dataclasses.replace(made.with_groups(**groups), priors=priors)


def scaled(prior, data, prior_power, data_power):
    weights = np.array([prior_power / prior[1] ** 2, data_power / data[1] ** 2])
    return weights @ [prior[0], data[0]] / weights.sum(), weights.sum() ** -0.5


@pytest.mark.parametrize(
    ("prior", "data", "diagnosis"),
    [
        ((0.0, 1.0), (4.0, 1.0), "potential prior-data conflict"),
        ((0.0, 10.0), (1.0, 0.5), "-"),
        ((0.0, 0.3), (0.1, 6.0), "potential strong prior / weak likelihood"),
    ],
)
def test_a_conjugate_posterior_has_the_sensitivity_of_the_closed_form(prior, data, diagnosis):
    post = conjugate_fit(prior=prior, data=data)
    found = prior_sensitivity(post, Coefficient()).iloc[0]
    draws = post.stacked("beta")[:, 0]
    base = stats.norm(*scaled(prior, data, 1, 1))
    for name, powers in (("prior", lambda a: (a, 1.0)), ("likelihood", lambda a: (1.0, a))):
        slopes = []
        for alpha in (0.99, 1.01):
            moved = stats.norm(*scaled(prior, data, *powers(alpha)))
            apart = max(
                distance(base.cdf, moved.cdf, draws.min(), draws.max()),
                distance(lambda x: base.sf(-x), lambda x, m=moved: m.sf(-x), -draws.max(), -draws.min()),
            )
            slopes.append(apart / abs(np.log2(alpha)))
        assert found[name] == pytest.approx(np.mean(slopes), rel=0.06, abs=0.004)
    assert found["diagnosis"] == diagnosis


def test_estimands_have_the_sensitivity_of_draws_weighted_here(post):
    asked = [als.slope_difference("anakinra", "control", phase=1), als.difference("anakinra", "control", week=24)]
    table = prior_sensitivity(post, asked)
    assert list(table.columns) == ["estimand", "prior", "likelihood", "diagnosis"]
    assert table["estimand"].to_list() == [one.label for one in asked]
    logs = {
        "prior": log_prior(post.posterior, post.priors, post.response, post.design.template).to_numpy().ravel(),
        "likelihood": post.draws["log_likelihood"]["y"].sum("subject").to_numpy().ravel(),
    }
    for row, one in enumerate(asked):
        values = one.contrast(post.design).value(post.stacked("beta"))
        for name, log in logs.items():
            assert table[name][row] == pytest.approx(by_weights(values, log), rel=0.05, abs=0.003)


def by_weights(values, log):
    """The same by plain importance weights, without smoothing."""
    slopes = []
    for alpha in (0.99, 1.01):
        weights = np.exp((alpha - 1) * (log - log.max()))
        weights /= weights.sum()
        apart = [weighted_distance(sign * values, weights) for sign in (1, -1)]
        slopes.append(max(apart) / abs(np.log2(alpha)))
    return np.mean(slopes)


def weighted_distance(values, weights):
    order = np.argsort(values)
    width = np.diff(values[order])
    p = np.arange(1, len(values)) / len(values)
    q = np.cumsum(weights[order])[:-1]
    middle = np.log2((p + q) / 2)
    both = width @ (p * (np.log2(p) - middle) + q * (np.log2(q) - middle))
    return np.sqrt(max(both, 0) / (width @ (p + q)))


def test_a_tight_prior_beside_the_data_is_found(post):
    name = "arm[T.anakinra]:phase(week, 24)[1]"
    asked = als.slope_difference("anakinra", "control", phase=1)
    assert prior_sensitivity(post, asked)["diagnosis"].to_list() == ["-"]
    tight = post.priors.replace(fixed={name: Normal(0.25, 0.03)})
    again = sample_lmm(post.design, priors=tight, method="importance", seed=1)
    assert prior_sensitivity(again, asked)["diagnosis"].to_list() == ["potential prior-data conflict"]


def test_nothing_asked_is_refused(post):
    with pytest.raises(EstimandError, match="Nothing is asked"):
        prior_sensitivity(post, [])


def draws(**values):
    dims = {"beta": ("term",), "sd": ("effect",), "correlation": ("pair",), "sigma": ("arm",)}
    found = {name: np.asarray(value, dtype=float) for name, value in values.items()}
    variables = {
        name: (("chain", "draw", *dims.get(name, ())[: value.ndim - 1]), value[None]) for name, value in found.items()
    }
    return xr.Dataset(variables, coords={"term": ["a", "b"], "effect": ["a", "b", "c"][: found["sd"].shape[1]]})


def test_the_prior_density_is_the_sum_of_scipys():
    rng = np.random.default_rng(1)
    priors = Priors(
        fixed={"b": Normal(1, 2), "a": Normal(-1, 0.5)},
        sds={"b": HalfNormal(0.7), "a": HalfT(4, 1.5)},
        residual=HalfT(3, 2),
        correlation=LKJ(1.7),
    )
    response = ResponseModel(
        tails="student_t", sd_by_level=True, knot=Normal(24, 4), df=Gamma(2, 0.1, lower=1), level_effect=Normal(0, 0.1)
    )
    beta, sd, sigma = rng.normal(size=(5, 2)), rng.gamma(1, 1, (5, 2)), rng.gamma(1, 1, (5, 2))
    r, df, effect, knot = rng.uniform(-1, 1, (5, 1)), rng.uniform(1, 40, 5), rng.normal(size=5), rng.normal(24, 4, 5)
    posterior = draws(beta=beta, sd=sd, sigma=sigma, correlation=r, df=df, level_effect=effect, knot=knot)
    found = log_prior(posterior, priors, response, covariance_template([2]))
    gamma = stats.gamma(2, scale=10)
    expected = (
        stats.norm(-1, 0.5).logpdf(beta[:, 0])
        + stats.norm(1, 2).logpdf(beta[:, 1])
        + np.log(2)
        + stats.t(4, scale=1.5).logpdf(sd[:, 0])
        + stats.halfnorm(scale=0.7).logpdf(sd[:, 1])
        + (np.log(2) + stats.t(3, scale=2).logpdf(sigma)).sum(axis=1)
        + stats.beta(1.7, 1.7, loc=-1, scale=2).logpdf(r[:, 0])
        + gamma.logpdf(df)
        - gamma.logsf(1)
        + stats.norm(0, 0.1).logpdf(effect)
        + stats.norm(24, 4).logpdf(knot)
    )
    np.testing.assert_allclose(found.to_numpy()[0], expected, rtol=1e-12)


def test_the_density_of_three_correlations_is_that_of_their_partial_ones():
    rng, eta = np.random.default_rng(2), 2.5
    p12, p13, p23 = rng.uniform(-1, 1, (3, 6))
    left = np.sqrt((1 - p12**2) * (1 - p13**2))
    correlation = np.column_stack([p12, p13, p12 * p13 + p23 * left])
    outer, inner = (stats.beta(a, a, loc=-1, scale=2) for a in (eta + 0.5, eta))
    expected = outer.logpdf(p12) + outer.logpdf(p13) + inner.logpdf(p23) - np.log(left)
    sizes = {"a": HalfNormal(1), "b": HalfNormal(1), "c": HalfNormal(1)}
    priors = Priors(
        fixed={"a": Normal(0, 1), "b": Normal(0, 1)}, sds=sizes, residual=HalfNormal(1), correlation=LKJ(eta)
    )
    with_them = draws(beta=np.zeros((6, 2)), sd=np.ones((6, 3)), sigma=np.ones(6), correlation=correlation)
    parts = [
        log_prior(one, priors, ResponseModel(), covariance_template([3]))
        for one in (with_them, with_them.drop_vars("correlation"))
    ]
    np.testing.assert_allclose((parts[0] - parts[1]).to_numpy()[0], expected, rtol=1e-10)
