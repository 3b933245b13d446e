"""Priors: what the rules propose, what the presets say of their sources, and what is refused."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

import alsmodels as als
from alsmodels.model.distributions import distribution_from_dict
from alsmodels.model.priors import check_priors
from alsmodels.model.timescale import WEEKS_PER_MONTH

DISTRIBUTIONS = [
    (als.Normal(1, 2), stats.norm(1, 2)),
    (als.HalfNormal(2), stats.halfnorm(scale=2)),
    (als.Gamma(2, 0.1), stats.gamma(2, scale=10)),
]


@pytest.fixture(scope="module")
def design():
    return als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=24), als.load_example())


@pytest.mark.parametrize(("ours", "theirs"), DISTRIBUTIONS, ids=lambda one: str(one)[:12])
def test_distributions_are_scipys(ours, theirs):
    grid = np.array([0.1, 1.0, 5.0])
    assert_allclose(ours.density(grid), theirs.pdf(grid))
    assert_allclose([ours.below(x) for x in grid], theirs.cdf(grid))
    assert stats.kstest(ours.draw(np.random.default_rng(1), 4000), theirs.cdf).pvalue > 1e-3
    assert (
        distribution_from_dict({"kind": type(ours).__name__, **{k: getattr(ours, k) for k in ours.__slots__}}) == ours
    )


def test_half_t_and_truncated_gamma():
    grid = np.array([0.1, 1.0, 5.0])
    half, cut = als.HalfT(3, 2), als.Gamma(2, 0.1, lower=1)
    assert_allclose(half.density(grid), 2 * stats.t(3, scale=2).pdf(grid))
    assert_allclose(half.below(1.0), 2 * stats.t(3, scale=2).cdf(1.0) - 1)
    whole = stats.gamma(2, scale=10)
    assert_allclose(cut.density([0.5, 3.0]), [0, whole.pdf(3.0) / whole.sf(1.0)])
    assert cut.draw(np.random.default_rng(1), 2000).min() >= 1
    assert_allclose(cut.below(3.0), (whole.cdf(3.0) - whole.cdf(1.0)) / whole.sf(1.0))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_lkj_draws_have_its_marginal(n):
    factors = als.LKJ(2.0).draw(np.random.default_rng(2), 6000, n=n)
    R = factors @ factors.transpose(0, 2, 1)
    assert_allclose(R[:, np.arange(n), np.arange(n)], 1)
    a = 2.0 + (n - 2) / 2
    assert stats.kstest((1 + R[:, n - 1, 0]) / 2, stats.beta(a, a).cdf).pvalue > 1e-3
    grid = np.array([-0.5, 0.2])
    assert_allclose(als.LKJ(2.0).marginal_density(grid, n=n), stats.beta(a, a).pdf((1 + grid) / 2) / 2)


def test_default_rule_follows_the_scale_of_the_data(design):
    priors = als.default_priors(design)
    frame = als.load_example().to_frame()
    tenfold = als.default_priors(als.build_design(design.spec, frame.assign(alsfrs_r=frame["alsfrs_r"] * 10)))
    for name, prior in priors.fixed.items():
        assert_allclose([tenfold.fixed[name].mean, tenfold.fixed[name].sd], [10 * prior.mean, 10 * prior.sd])
    assert_allclose(priors.fixed["(Intercept)"].mean, np.median(design.y))
    assert_allclose(priors.fixed["phase(week, 24)[1]"].sd, 2.5 * design.y.std() / design.X[:, 2].std())
    assert_allclose(priors.residual.scale, design.y.std())


def test_alsfrs_r_preset_is_per_month_and_names_its_sources(design):
    priors = als.alsfrs_r_priors(design)
    slope = priors.fixed["phase(week, 24)[1]"]
    assert_allclose([slope.mean * WEEKS_PER_MONTH, slope.sd * WEEKS_PER_MONTH], [-1, 1])
    assert (priors.fixed["(Intercept)"].mean, priors.fixed["(Intercept)"].sd) == (38, 10)
    table = priors.table()
    assert set(table["source"]) == {"HEALEY M-SAP 3.0", "assumption"}
    assert table.loc[table["term"] == "phase(week, 24)[1]", "per_month"].iloc[0] == "Normal(-1, 1)"


def test_presets_refuse_other_outcomes(design):
    marker = als.build_design("log(il6) ~ week + (week | subject)", als.load_example())
    assert als.nfl_priors(marker).fixed["(Intercept)"].mean == np.log(65)
    with pytest.raises(als.SpecError, match=r"not for 'log\(il6\)'"):
        als.alsfrs_r_priors(marker)
    with pytest.raises(als.SpecError, match=r"priors are for log\(nfl\)"):
        als.nfl_priors(design)


def test_replace_keeps_the_rest_and_knows_names(design):
    priors = als.default_priors(design)
    other = priors.replace(fixed={"(Intercept)": als.Normal(30, 1)}, correlation=als.LKJ(1))
    assert other.fixed["(Intercept)"] == als.Normal(30, 1)
    assert other.fixed["arm[T.anakinra]"] == priors.fixed["arm[T.anakinra]"]
    assert priors.fixed["(Intercept)"].sd != 1
    with pytest.raises(als.SpecError, match=r"no fixed effect 'Intercept'; did you mean '\(Intercept\)'"):
        priors.replace(fixed={"Intercept": als.Normal(30, 1)})
    with pytest.raises(als.SpecError, match="is a HalfNormal or HalfT"):
        priors.replace(sds={"(Intercept)": als.Normal(0, 1)})


def test_json_round_trip_is_exact(design):
    priors = als.alsfrs_r_priors(design)
    again = als.Priors.from_dict(json.loads(priors.to_json()))
    assert (again.fixed, again.sds, again.residual, again.correlation) == (
        priors.fixed,
        priors.sds,
        priors.residual,
        priors.correlation,
    )


@pytest.mark.parametrize("given", [{"week": als.Normal(0, 1)}, [als.Normal(0, 1)], als.HalfNormal(1), 2.5, "default"])
def test_what_is_no_priors_is_told_what_to_write(design, given):
    formula, frame = design.spec.formula, design.rows
    for ask in (
        lambda: als.sample_lmm(design, priors=given, method="importance", seed=1),
        lambda: als.sample_many(formula, [frame, frame], priors=given, seed=1, progress=False),
        lambda: als.prior_predictive(design, given, seed=1),
    ):
        with pytest.raises(als.SpecError, match=r"priors are a Priors, not .*default_priors\(design\).*\.replace\("):
            ask()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"fixed": {"week": 0.2}}, r"'week' is a Normal, not 0\.2; write Normal\(0\.2, sd\)"),
        ({"fixed": {"week": als.HalfNormal(1)}}, r"write Normal\(mean, sd\)"),
        ({"fixed": als.Normal(0, 1)}, "as a dict by name"),
        ({"sds": {"week": 0.3}}, r"not 0\.3; write HalfNormal\(0\.3\)"),
        ({"sds": {"weeks": als.HalfNormal(1)}}, "did you mean 'week'"),
        ({"residual": 2.0}, r"such as HalfNormal\(3\).* not 2\.0"),
    ],
)
def test_a_number_or_a_wrong_name_in_place_of_a_prior(change, sentence):
    design = als.build_design("alsfrs_r ~ week + (week | subject)", als.load_example())
    with pytest.raises(als.SpecError, match=sentence):
        als.default_priors(design).replace(**change)


def test_a_misspelt_name_among_priors_written_by_hand():
    design = als.build_design("alsfrs_r ~ week + (1 | subject)", als.load_example())
    given = als.default_priors(design)
    fixed = {name.replace("week", "weeks"): prior for name, prior in given.fixed.items()}
    with pytest.raises(
        als.SpecError, match=r"lack the fixed effect 'week' .*They have 'weeks', which the model has not"
    ):
        check_priors(als.Priors(fixed, given.sds, given.residual), design)


def test_an_outcome_that_never_changes_has_no_scale_for_priors():
    frame = als.load_example().to_frame().assign(score=17.0)
    design = als.build_design("score ~ week + (1 | subject)", frame)
    with pytest.raises(als.DesignError, match=r"explain 'score' exactly in all 672 rows .a constant outcome"):
        als.default_priors(design)


def test_priors_of_another_model_are_found_out(design):
    other = als.build_design("alsfrs_r ~ week + (1 | subject)", als.load_example())
    with pytest.raises(als.SpecError, match="lack the fixed effect 'week'"):
        check_priors(als.default_priors(design), other)


@pytest.mark.parametrize(
    "make",
    [
        lambda: als.Normal(0, 0),
        lambda: als.Normal(float("nan"), 1),
        lambda: als.HalfT(3, -1),
        lambda: als.HalfNormal(True),
        lambda: als.LKJ("2"),
        lambda: distribution_from_dict({"kind": "Cauchy"}),
        lambda: distribution_from_dict({"kind": "Normal", "mu": 0, "sd": 1}),
        lambda: als.ResponseModel(tails="cauchy"),
        lambda: als.ResponseModel(knot=24),
    ],
)
def test_numbers_that_are_no_prior_get_a_sentence(make):
    with pytest.raises(als.SpecError, match=r"\.$"):
        make()
