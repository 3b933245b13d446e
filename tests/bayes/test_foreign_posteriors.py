"""Importance and NUTS against brms: same data, same priors, means within Monte Carlo error and SDs within 5%."""

import numpy as np
import posteriors
import pytest

import alsmodels as als
from alsmodels.bayes.diagnostics import diagnose

GAUSSIAN = (
    "bayes_sleepstudy",
    "bayes_cohort_balanced",
    "bayes_cohort_ragged",
    "bayes_cohort_biomarker",
    "bayes_cohort_shared_baseline",
)
BEYOND = {
    "bayes_heavy_tails": als.ResponseModel(tails="student_t"),
    "bayes_below_lloq": als.ResponseModel(censored=True),
}
# Monte Carlo errors of a mean, ours and theirs together. Three are what one number may be off; here are sixty by each
# method, and of theirs one (an SD of slopes) lies 2.5 of its errors from 200,000 draws by importance.
ERRORS = 5.0
SD_SHARE = 0.05


def priors_of(fit, design):
    means, sds = fit.fixed_priors(design.fixed_names)
    scales = fit.sd_scales(design.random_names)
    return als.Priors(
        fixed={n: als.Normal(m, s) for n, m, s in zip(design.fixed_names, means, sds, strict=True)},
        sds={n: als.HalfT(3, s) for n, s in zip(design.random_names, scales, strict=True)},
        residual=als.HalfT(3, fit.priors["sigma"][1]),
        correlation=als.LKJ(fit.content["priors"].get("lkj", 2.0)),
    )


def design_of(fit):
    table = posteriors.posterior_table(fit.source)
    if "p1" in fit.formula:
        table = table.assign(p1=table["week"].clip(upper=24), p2=(table["week"] - 24).clip(lower=0))
    return als.build_design(fit.formula, table)


def expected(fit, design):
    """Their moments in our order: beta, sd, correlation, sigma, nu."""
    blocks = [fit.beta_of(design.fixed_names), fit.sd_of(design.random_names)]
    if fit.cor["pairs"]:
        blocks.append(fit.cor_of(design.random_names))
    blocks += [fit.content[name] for name in ("sigma", "nu") if name in fit.content]
    return {key: np.concatenate([np.atleast_1d(block[key]) for block in blocks]) for key in ("mean", "sd", "mcse_mean")}


def check(post, fit):
    ours, theirs = diagnose(post.posterior), expected(fit, post.design)
    error = ours["mcse_mean"].to_numpy()
    if post.effective is not None:
        error = ours["sd"].to_numpy() / np.sqrt(post.effective)
    apart = np.abs(ours["mean"].to_numpy() - theirs["mean"]) / np.hypot(error, theirs["mcse_mean"])
    assert apart.max() < ERRORS, dict(zip(ours["parameter"], apart.round(2), strict=True))
    assert np.sqrt(np.mean(apart**2)) < 2.0
    assert np.median(apart) < 1.5
    assert np.abs(ours["sd"].to_numpy() / theirs["sd"] - 1).max() < SD_SHARE


@pytest.mark.parametrize("fit", posteriors.posterior_fits(*GAUSSIAN), ids=str)
@pytest.mark.parametrize("method", ["importance", "nuts"])
def test_posterior_is_that_of_brms(fit, method):
    design = design_of(fit)
    post = als.sample_lmm(design, priors=priors_of(fit, design), method=method, draws=8000, seed=11)
    check(post, fit)


@pytest.mark.parametrize("fit", posteriors.posterior_fits(*BEYOND), ids=str)
def test_posterior_beyond_the_gaussian_is_that_of_brms(fit):
    design = design_of(fit)
    post = als.sample_lmm(design, priors=priors_of(fit, design), response=BEYOND[fit.source], draws=8000, seed=12)
    check(post, fit)
