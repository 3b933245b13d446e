"""The graphs' log-densities against densities written with SciPy, one feature at a time."""

import graphs
import numpy as np
import pytensor.tensor as pt
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import alsmodels as als
from alsmodels.bayes.graph import build_model
from alsmodels.errors import SpecError
from alsmodels.model.distributions import LKJ, Gamma, HalfNormal, HalfT, Normal
from alsmodels.model.priors import default_priors
from alsmodels.model.response import ResponseModel

pytestmark = pytest.mark.filterwarnings(
    "ignore:PyTensor could not link to a BLAS", "ignore:np.dot.. is faster on contiguous arrays"
)

WIDE = ResponseModel(
    tails="student_t",
    censored=True,
    sd_by_arm=True,
    sd_by_level=True,
    knot=Normal(24.0, 4.0),
    level_effect=Normal(0, 2),
)
RESPONSES = {
    "gaussian": ResponseModel(),
    "student_t": ResponseModel(tails="student_t"),
    "censored": ResponseModel(censored=True),
    "censored_t": ResponseModel(tails="student_t", censored=True),
    "sd_by_arm": ResponseModel(sd_by_arm=True),
    "sd_by_level": ResponseModel(sd_by_level=True),
    "knot": ResponseModel(knot=Normal(24.0, 4.0)),
    "everything": WIDE,
}


@pytest.fixture(scope="module")
def design():
    return graphs.two_phase_design()


@pytest.fixture(scope="module")
def marked():
    """A design with values censored on either side and in intervals."""
    return graphs.two_phase_design(n_subjects=24, marks=True)


@pytest.fixture(scope="module")
def point(design):
    return graphs.point_of(design)


def _logp(model, point, *, names=None):
    """Log density of the named variables, or of all and the potentials, without the Jacobians of the transforms."""
    these = None if names is None else [model[name] for name in names]
    compiled = model.compile_logp(vars=these, jacobian=False, mode=graphs.QUICK)
    return float(compiled(graphs.on_sampler_scale(model, point)))


def test_names_and_dimensions_of_the_marginal_form(design):
    model = build_model(design)
    assert [one.name for one in model.free_RVs] == ["beta", "sd", "partial", "sigma"]
    assert [one.name for one in model.potentials] == ["marginal"]
    dims = {name: model.named_vars_to_dims[name] for name in ("beta", "sd", "partial", "correlation")}
    assert dims == {"beta": ("term",), "sd": ("effect",), "partial": ("pair",), "correlation": ("pair",)}
    assert model.coords["term"] == design.fixed_names


def test_names_and_dimensions_of_the_hierarchical_form(design):
    model = build_model(design, form="hierarchical", response=WIDE)
    names = {one.name for one in model.free_RVs}
    assert names == {"beta", "sd", "partial", "sigma", "knot", "z", "level_effect", "df"}
    assert [one.name for one in model.observed_RVs] == ["y"]
    dims = {name: model.named_vars_to_dims[name] for name in ("y", "b", "z", "sigma")}
    assert dims == {"y": ("row",), "b": ("subject", "effect"), "z": ("subject", "effect"), "sigma": ("arm",)}


def test_one_random_effect_has_no_correlation():
    model = build_model(graphs.two_phase_design("y ~ week + (1 | subject)"))
    assert [one.name for one in model.free_RVs] == ["beta", "sd", "sigma"]


@pytest.mark.parametrize("random", ["(phase(week, 24) | subject)", "(1 | subject) + (0 + phase(week, 24) | subject)"])
def test_marginal_density_is_the_dense_one(random):
    design = graphs.two_phase_design(f"y ~ arm + phase(week, 24) + {random}")
    point = graphs.point_of(design)
    factor = graphs.factor_of(design, point)
    covariance = point["sigma"] ** 2 * np.eye(design.n_obs)
    same = design.codes[:, None] == design.codes
    covariance += same * (design.Z @ factor @ factor.T @ design.Z.T)
    expected = stats.multivariate_normal(design.X @ point["beta"], covariance).logpdf(design.y)
    model = build_model(design)
    priors = _logp(model, point, names=["beta", "sd", "sigma", "partial"])
    assert_allclose(_logp(model, point) - priors, expected, rtol=1e-10)


def test_marginal_slopes_are_those_of_the_dense_twin(design, point):
    model = build_model(design)
    factor = model["sd"][:, None] * _symbolic_correlation_factor(model["partial"])
    twin = graphs.dense_marginal(design, model["beta"], factor, model["sigma"])
    both = model.replace_rvs_by_values([model["marginal"], twin])
    slopes = [slope for one in both for slope in pt.grad(one, model.value_vars)]
    compiled = model.compile_fn([*both, *slopes], mode=graphs.QUICK, inputs=model.value_vars)
    value, dense, *found = compiled(graphs.on_sampler_scale(model, point))
    assert_allclose(value, dense, rtol=1e-11)
    for ours, theirs in zip(found[:4], found[4:], strict=True):
        assert_allclose(ours, theirs, rtol=1e-8, atol=1e-8)


def test_priors_are_in_the_users_units(design, point):
    priors = default_priors(design)
    beta, sd = [priors.fixed[name] for name in design.fixed_names], [priors.sds[name] for name in design.random_names]
    expected = sum(np.log(prior.density(value)) for prior, value in zip(beta, point["beta"], strict=True))
    expected += sum(np.log(prior.density(value)) for prior, value in zip(sd, point["sd"], strict=True))
    expected += np.log(priors.residual.density(point["sigma"]))
    assert_allclose(_logp(build_model(design), point, names=["beta", "sd", "sigma"]), expected, rtol=1e-8)


def test_half_normals_and_half_ts_side_by_side(design, point):
    sds = dict(zip(design.random_names, (HalfNormal(5.0), HalfT(3.0, 0.4), HalfNormal(0.3)), strict=True))
    model = build_model(design, default_priors(design).replace(sds=sds, residual=HalfNormal(2.0)))
    expected = sum(np.log(prior.density(value)) for prior, value in zip(sds.values(), point["sd"], strict=True))
    expected += np.log(HalfNormal(2.0).density(point["sigma"]))
    assert_allclose(_logp(model, point, names=["sd", "sigma"]), expected, rtol=1e-8)


def test_partial_correlations_make_an_lkj_correlation_matrix(design):
    """Carried over to correlations, their density differs between two points as ``|C|^(eta - 1)`` does."""
    eta = 3.5
    model = build_model(design, default_priors(design).replace(correlation=LKJ(eta)))
    found = []
    for seed in (1, 2):
        point = graphs.point_of(design, seed)
        steps = [_correlations(design, point, step) for step in 1e-6 * np.vstack([np.eye(3), -np.eye(3)])]
        jacobian = (np.array(steps[:3]) - np.array(steps[3:])) / 2e-6
        C = np.eye(3)
        C[np.tril_indices(3, -1)] = _correlations(design, point, np.zeros(3))
        C = np.tril(C) + np.tril(C, -1).T
        density = _logp(model, point, names=["partial"]) - np.linalg.slogdet(jacobian)[1]
        found.append(density - (eta - 1) * np.linalg.slogdet(C)[1])
    assert_allclose(found[0], found[1], rtol=1e-8)


def test_correlations_are_those_of_the_factor(design, point):
    model = build_model(design)
    compiled = model.compile_fn(model["correlation"], mode=graphs.QUICK, inputs=[model["partial"]])
    assert_allclose(compiled({"partial": point["partial"]}), _correlations(design, point, np.zeros(3)), rtol=1e-12)


@pytest.mark.parametrize("response", RESPONSES.values(), ids=RESPONSES)
def test_density_of_the_response(marked, response):
    point = graphs.point_of(marked)
    if response.sd_by_arm:
        point |= {"sigma": np.array([1.4, 2.3])}
    assert set(marked.rows["y_censored"]) == {"left", "right", "interval", "none"}
    model = build_model(marked, form="hierarchical", response=response)
    assert_allclose(_logp(model, point, names=["y"]), _response_density(marked, response, point), rtol=1e-9)


def test_density_where_values_are_censored_on_one_side_only():
    """As markers below a limit of quantification are: no row is of the other kinds."""
    frame = graphs.two_phase_frame(n_subjects=24)
    low = frame["y"].quantile(0.3)
    left = frame["y"] < low
    frame = frame.assign(y=frame["y"].clip(lower=low), y_censored=np.where(left, "left", "none"))
    design = graphs.build_design(graphs.FORMULA, frame)
    point = graphs.point_of(design)
    model = build_model(design, form="hierarchical", response=RESPONSES["censored"])
    assert_allclose(
        _logp(model, point, names=["y"]), _response_density(design, RESPONSES["censored"], point), rtol=1e-9
    )
    slope = model.compile_dlogp(mode=graphs.QUICK)(graphs.on_sampler_scale(model, point))
    assert np.isfinite(slope).all()


def test_priors_of_the_response_model(marked):
    point = graphs.point_of(marked) | {"sigma": np.array([1.4, 2.3])}
    model = build_model(marked, form="hierarchical", response=WIDE)
    expected = np.log(Gamma(2.0, 0.1, lower=1.0).density(point["df"])) + stats.norm(0, 2).logpdf(point["level_effect"])
    expected += stats.norm(24, 4).logpdf(point["knot"]) + stats.norm.logpdf(point["z"]).sum()
    expected += np.log(default_priors(marked).residual.density(point["sigma"])).sum()
    names = ["df", "level_effect", "knot", "z", "sigma"]
    assert_allclose(_logp(model, point, names=names), expected, rtol=1e-8)


def test_effect_of_the_level_has_a_prior_by_default(marked):
    model = build_model(marked, form="hierarchical", response=ResponseModel(sd_by_level=True))
    expected = stats.norm(0, 1 / np.std(marked.y)).logpdf(0.03)
    assert_allclose(_logp(model, graphs.point_of(marked), names=["level_effect"]), expected, rtol=1e-10)


@pytest.mark.parametrize("name", ["censored", pytest.param("everything", marks=pytest.mark.slow)])
def test_slopes_of_the_response(marked, name):
    response = RESPONSES[name]
    point = graphs.point_of(marked)
    if response.sd_by_arm:
        point |= {"sigma": np.array([1.4, 2.3])}
    model = build_model(marked, form="hierarchical", response=response)
    at = graphs.on_sampler_scale(model, point)
    value, slope = (make(mode=graphs.QUICK) for make in (model.compile_logp, model.compile_dlogp))
    direction = {key: np.random.default_rng(3).normal(size=np.shape(held)) for key, held in at.items()}
    ends = [value({key: at[key] + step * direction[key] for key in at}) for step in (1e-6, -1e-6)]
    flat = np.concatenate([direction[variable.name].ravel() for variable in model.value_vars])
    assert_allclose(slope(at) @ flat, (ends[0] - ends[1]) / 2e-6, rtol=1e-5)


@pytest.mark.parametrize("name", ["censored", pytest.param("censored_t", marks=pytest.mark.slow)])
def test_slopes_far_from_the_data_are_finite(marked, name):
    """A trajectory far from every limit leaves probabilities that underflow unless they are kept as logarithms."""
    model = build_model(marked, form="hierarchical", response=RESPONSES[name])
    slope = model.compile_dlogp(mode=graphs.QUICK)
    for intercept in (-60.0, 140.0):
        point = graphs.point_of(marked)
        point["beta"][0], point["sigma"] = intercept, 0.8
        assert np.isfinite(slope(graphs.on_sampler_scale(model, point))).all()


@pytest.mark.parametrize(
    ("formula", "form", "response", "sentence"),
    [
        (graphs.FORMULA, "marginal", ResponseModel(tails="student_t"), 'use form="hierarchical"'),
        (graphs.FORMULA, "centred", ResponseModel(), "form is 'marginal' or 'hierarchical'"),
        ("y ~ week + (1 | subject)", "hierarchical", ResponseModel(knot=Normal(24, 4)), "has no knot"),
    ],
)
def test_what_a_form_cannot_do_is_refused(formula, form, response, sentence):
    with pytest.raises(SpecError, match=sentence):
        build_model(graphs.two_phase_design(formula), form=form, response=response)


def test_residual_sd_by_arm_needs_arms():
    table = graphs.two_phase_frame().drop(columns="arm")
    with pytest.raises(SpecError, match="no arms"):
        build_model(
            graphs.build_design("y ~ week + (1 | subject)", table),
            form="hierarchical",
            response=ResponseModel(sd_by_arm=True),
        )


def test_priors_of_another_model_are_refused(design):
    other = default_priors(graphs.two_phase_design("y ~ week + (1 | subject)"))
    with pytest.raises(SpecError, match="The priors lack"):
        build_model(design, other)


def _symbolic_correlation_factor(partial):
    """The factor of one block of three, element by element; pairs are (1, 0), (2, 0), (2, 1)."""
    a, b, c = partial[0], partial[1], partial[2]
    rest = pt.sqrt(1 - b**2)
    rows = [[1.0, 0.0, 0.0], [a, pt.sqrt(1 - a**2), 0.0], [b, c * rest, rest * pt.sqrt(1 - c**2)]]
    return pt.stack([pt.stack(row) for row in rows])


def _correlations(design, point, move):
    factor = graphs.factor_of(design, point | {"partial": point["partial"] + move})
    C = factor / point["sd"][:, None]
    return (C @ C.T)[np.tril_indices(3, -1)]


def _response_density(design, response, point):
    """Row by row, as the class's docstring says it."""
    week = design.rows["week"].to_numpy()
    knot = point["knot"] if response.knot else 24.0
    drug = (design.rows["arm"] == "drug").to_numpy()
    before = np.minimum(week, knot)
    ones = np.ones_like(week)
    X = np.column_stack([ones, drug, before, week - before, drug * before, drug * (week - before)])
    Z = np.column_stack([ones, before, week - before])
    b = point["z"] @ graphs.factor_of(design, point).T
    mu = X @ point["beta"] + (Z * b[design.codes]).sum(axis=1)
    sd = point["sigma"][drug.astype(int)] if response.sd_by_arm else point["sigma"] * ones
    if response.sd_by_level:
        sd = sd * np.exp(point["level_effect"] * (mu - design.y.mean()))
    law = stats.t(point["df"], mu, sd) if response.tails == "student_t" else stats.norm(mu, sd)
    if not response.censored:
        return law.logpdf(design.y).sum()
    lower, upper = design.limits.lower, design.limits.upper
    with np.errstate(divide="ignore", invalid="ignore"):
        either_side = [law.logcdf(upper), law.logsf(lower), np.log(law.cdf(upper) - law.cdf(lower))]
    kinds = [np.isinf(lower), np.isinf(upper), design.limits.is_censored]
    return np.select(kinds, either_side, law.logpdf(design.y)).sum()


def test_a_row_without_an_arm_is_refused_with_a_sentence():
    frame = als.load_example().to_frame()
    frame["arm"] = frame["arm"].astype(object).where(frame["subject"] != frame["subject"].iloc[0])
    design = als.build_design("alsfrs_r ~ week + (1 | subject)", frame)
    with pytest.raises(als.SpecError, match=r"needs the arm of every row; \d+ have none"):
        als.build_model(design, form="hierarchical", response=als.ResponseModel(sd_by_arm=True))
