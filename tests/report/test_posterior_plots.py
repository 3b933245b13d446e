"""The Bayesian figures: what is drawn is what was computed."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from made_posteriors import made_posterior
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from scipy.stats import beta as beta_distribution
from scipy.stats import norm, t

import alsmodels as als
from alsmodels.bayes.predictive import add_predictive, prior_predictive
from alsmodels.bayes.quantities import draws_of
from alsmodels.model.combinations import EffectCorrelation
from alsmodels.model.distributions import LKJ, Gamma, HalfNormal, HalfT, Normal
from alsmodels.model.presets import alsfrs_r_priors
from alsmodels.model.priors import default_priors
from alsmodels.model.response import ResponseModel
from alsmodels.report.densities import curve_of_draws, prior_interval
from alsmodels.report.posterior_plots import plot_densities, plot_prior_posterior, plot_priors
from alsmodels.report.predictive_panels import LEAVING, nominal_visits
from alsmodels.report.predictive_plots import plot_predictive, plot_prior_predictive

QUESTION = als.slope_difference("anakinra", "control", phase=1)


@pytest.fixture(scope="module")
def design(cohort):
    return als.build_design(als.two_phase("alsfrs_r", arm="arm", knot=24), cohort)


@pytest.fixture(scope="module")
def priors(design):
    return alsfrs_r_priors(design)


@pytest.fixture(scope="module")
def post(design, priors):
    return add_predictive(als.sample_lmm(design, priors=priors, method="importance", seed=1), seed=2, prior=False)


@pytest.fixture(scope="module")
def predicted(post):
    return post.draws["posterior_predictive"]["y"].to_numpy().reshape(post.n_draws, -1)


def line(ax, label):
    (found,) = [one for one in ax.lines if one.get_label() == label]
    return found


def band(ax, label):
    """Lowest and highest value of a band, and the weeks or values at its ends."""
    (found,) = [one for one in ax.collections if one.get_label() == label]
    return found.get_paths()[0].vertices


def words(ax):
    return [text.get_text() for text in ax.texts]


def title(ax):
    return ax.get_title(loc="left")


def test_a_curve_of_draws_is_their_density():
    draws = np.random.default_rng(1).normal(2, 3, 40_000)
    curve = curve_of_draws(draws)
    assert np.trapezoid(curve.height, curve.x) == pytest.approx(1, abs=3e-3)
    np.testing.assert_allclose(curve.height, norm(2, 3).pdf(curve.x), atol=0.004)
    folded = curve_of_draws(np.abs(draws - 2), (0, np.inf))
    assert folded.x.min() == pytest.approx(0, abs=0.02)
    assert folded.height[0] == pytest.approx(2 * norm(0, 3).pdf(0), rel=0.06)


def test_a_few_far_draws_do_not_flatten_the_rest():
    draws = np.random.default_rng(1).standard_cauchy(20_000)
    assert curve_of_draws(draws).x.max() < draws.max() / 3


@pytest.mark.parametrize("prior", [Normal(-1, 2), HalfNormal(3), HalfT(3, 2), Gamma(2, 0.1, lower=1)])
def test_prior_intervals_hold_their_share(prior):
    low, high = prior_interval(prior, level=0.9)
    assert prior.below(high) - prior.below(low) == pytest.approx(0.9, abs=1e-9)
    assert prior.below(low) == pytest.approx(0 if isinstance(prior, HalfNormal | HalfT) else 0.05)


def test_the_interval_of_a_correlation_is_that_of_its_beta():
    low, high = prior_interval(LKJ(2.0), n=3)
    assert [low, high] == pytest.approx([2 * beta_distribution(2.5, 2.5).ppf(share) - 1 for share in (0.025, 0.975)])


def test_each_prior_has_a_panel_with_its_density_interval_and_source(priors):
    panels = plot_priors(priors).axes
    assert [title(ax) for ax in panels] == [
        "intercept",
        "arm anakinra",
        "phase 1",
        "phase 2",
        "arm anakinra × phase 1",
        "arm anakinra × phase 2",
        "SD of intercept",
        "SD of phase 1",
        "SD of phase 2",
        "each correlation of 3 random effects",
        "residual SD",
    ]
    x, height = panels[0].lines[0].get_data()
    np.testing.assert_allclose(height, norm(38, 10).pdf(x))
    shaded = band(panels[0], "interval")[:, 0]
    assert [shaded.min(), shaded.max()] == pytest.approx(norm(38, 10).ppf([0.025, 0.975]))
    assert words(panels[2]) == ["Normal(−0.23, 0.23), HEALEY M-SAP 3.0"]
    assert panels[2].get_xlabel() == "95%: −0.681 to 0.221 a week,\n−2.96 to 0.96 a month"
    assert panels[6].get_xlabel() == "95%: below 9.8"
    assert list(panels[9].get_lines()[0].get_xdata()[[0, -1]]) == [-1, 1]


def test_a_response_models_priors_are_drawn_when_asked_for(priors):
    response = ResponseModel(tails="student_t", knot=Normal(24, 4))
    assert [title(ax) for ax in plot_priors(priors, response=response).axes[-2:]] == [
        "degrees of freedom",
        "week of the knot",
    ]
    assert plot_priors(priors, response=response).axes[-1].get_xlabel() == "95%: 16.2 to 31.8"


def test_densities_stand_above_their_intervals(fit, post):
    figure = plot_densities({"REML": fit, "Bayes": post}, QUESTION, rope=(-0.2, 0.2))
    (ax,) = figure.axes
    assert title(ax) == "slope difference, phase 1, anakinra − control"
    assert ax.get_xlabel() == "ALSFRS-R total, points per month"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["REML", "Bayes"]
    for number, one in enumerate((fit, post)):
        (row,) = als.estimate(one, QUESTION, rope=(-0.2, 0.2)).to_dict("records")
        rows = [
            segment for part in ax.collections if isinstance(part, LineCollection) for segment in part.get_segments()
        ]
        flat = [segment for segment in rows if segment[0, 1] == segment[1, 1] == ax.get_yticks()[number]]
        np.testing.assert_allclose(flat[0][:, 0], [row["lower"], row["upper"]])
        dots = [one.get_xdata()[0] for one in ax.lines if one.get_marker() == "o"]
        assert dots[number] == pytest.approx(row["estimate"])
    probability, inside = (f"{row[name]:.2f}" for name in ("probability", "in_rope"))
    assert words(ax)[-6:] == [
        words(ax)[-6],
        probability,
        inside,
        "mean (95% interval)",
        "P(> 0)",
        "P(region)",
    ]
    assert "practical equivalence, −0.2 to 0.2" in words(ax)
    (region,) = [patch for patch in ax.patches if patch.get_label() == "practical equivalence"]
    assert [region.get_x(), region.get_x() + region.get_width()] == pytest.approx([-0.2, 0.2])


def test_an_estimate_is_drawn_as_its_t_distribution(fit, post):
    (ax,) = plot_densities({"REML": fit, "Bayes": post}, QUESTION).axes
    (row,) = als.estimate(fit, QUESTION).to_dict("records")
    x, height = line(ax, "REML").get_data()
    np.testing.assert_allclose(height, t(row["df"], row["estimate"], row["std_error"]).pdf(x))
    assert line(ax, "REML").is_dashed()
    assert not line(ax, "Bayes").is_dashed()
    x, height = line(ax, "Bayes").get_data()
    draws = draws_of(post, QUESTION)
    assert np.trapezoid(height * x, x) == pytest.approx(draws.mean(), abs=0.05 * draws.std())


def test_one_posterior_has_its_interval_shaded(post):
    (ax,) = plot_densities(post, QUESTION, level=0.5, interval="hdi").axes
    (row,) = als.estimate(post, QUESTION, level=0.5, interval="hdi").to_dict("records")
    shaded = band(ax, "interval")[:, 0]
    assert [shaded.min(), shaded.max()] == pytest.approx([row["lower"], row["upper"]])
    assert "mean (50% interval)" in words(ax)


def test_an_estimate_alone_has_no_probabilities(fit):
    (ax,) = plot_densities({"REML": fit}, QUESTION).axes
    assert not any("P(" in word for word in words(ax))
    assert any(word.startswith("0.16 (") for word in words(ax))


def test_a_correlation_ends_at_one(post):
    (ax,) = plot_densities(post, EffectCorrelation("phase(week, 24)[1]", "phase(week, 24)[2]")).axes
    assert ax.get_xlabel() == "Correlation"
    assert line(ax, "posterior").get_xdata().max() <= 1


def test_densities_of_nothing_or_of_two_responses_are_refused(fit, post, cohort):
    with pytest.raises(als.EstimandError, match="give at least one fit"):
        plot_densities({}, QUESTION)
    other = als.fit_lmm(als.two_phase("log(il6)", arm="arm"), cohort)
    with pytest.raises(als.EstimandError, match="different responses, alsfrs_r and log"):
        plot_densities({"a": post, "b": other}, QUESTION)
    with pytest.raises(als.EstimandError, match="no arm 'placebo'"):
        plot_densities(post, als.slope(arm="placebo"))


def test_prior_and_posterior_are_drawn_over_each_other(post, priors):
    panels = plot_prior_posterior(post).axes
    assert len(panels) == len(post.diagnostics)
    ax = panels[0]
    x, height = line(ax, "prior").get_data()
    np.testing.assert_allclose(height, norm(38, 10).pdf(x))
    x, height = line(ax, "posterior").get_data()
    assert x[np.argmax(height)] == pytest.approx(post.beta[0], abs=0.3)
    limits = post.coefficients.loc[0, ["lower", "upper"]].to_numpy(dtype=float)
    shaded = band(ax, "interval")[:, 0]
    assert [shaded.min(), shaded.max()] == pytest.approx(limits)
    assert words(panels[2]) == [f"{post.beta[2]:.3f} ({limits_of(post, 2)}) a week".replace("-", "−")]
    correlation = next(ax for ax in panels if title(ax) == "correlation of phase 1 and phase 2")
    assert correlation.get_xlim()[1] == 1
    x, height = line(correlation, "prior").get_data()
    np.testing.assert_allclose(height, beta_distribution(2.5, 2.5, -1, 2).pdf(x), atol=1e-12)
    for ax in panels:
        low, high = ax.get_xlim()
        x, height = line(ax, "posterior").get_data()
        assert np.trapezoid(np.where((x >= low) & (x <= high), height, 0), x) > 0.98


def limits_of(post, number):
    lower, upper = post.coefficients.loc[number, ["lower", "upper"]]
    return f"{lower:.3f} to {upper:.3f}".replace("-", "−")


def test_parameters_are_asked_for_by_name_or_by_variable(post):
    assert len(plot_prior_posterior(post, parameters=["beta"]).axes) == 6
    named = plot_prior_posterior(post, parameters=["sigma", "sd[(Intercept)]"])
    assert [title(ax) for ax in named.axes] == ["SD of intercept", "residual SD"]
    with pytest.raises(als.EstimandError, match="no parameter 'sigmma'; did you mean 'sigma'"):
        plot_prior_posterior(post, parameters=["sigmma"])


def test_the_parameters_of_a_response_model_are_drawn(design):
    response = ResponseModel(tails="student_t", sd_by_arm=True, sd_by_level=True, knot=Normal(24, 4))
    noise = {name: lambda rng, shape: rng.uniform(2, 3, shape) for name in ("sd", "sigma", "df", "knot")}
    noise |= {name: lambda rng, shape: rng.normal(0, 0.1, shape) for name in ("beta", "correlation", "level_effect")}
    panels = plot_prior_posterior(made_posterior(design, response, **noise)).axes
    assert [title(ax) for ax in panels[-5:]] == [
        "residual SD, control",
        "residual SD, anakinra",
        "degrees of freedom",
        "effect of the level on log SD",
        "week of the knot",
    ]
    x, height = line(panels[-2], "prior").get_data()
    np.testing.assert_allclose(height, norm(0, 1 / np.std(design.y)).pdf(x))


def test_a_predictive_check_holds_means_and_values_against_their_bands(post, predicted):
    design, visits = post.design, list(range(0, 53, 4))
    figure = plot_predictive(post, visits=visits)
    upper, lower = figure.axes[:2], figure.axes[2:]
    assert [title(ax) for ax in upper] == ["control (n = 47)", "anakinra (n = 17)"]
    visit = nominal_visits(design.rows["week"].to_numpy(), visits)
    for arm, means, values in zip(design.arms, upper, lower, strict=True):
        mine = design.rows["arm"] == arm
        observed = pd.Series(design.y[mine]).groupby(visit[mine]).mean()
        np.testing.assert_allclose(line(means, "observed").get_ydata(), observed)
        by_visit = [predicted[:, mine & (visit == code)] for code in observed.index]
        for ax, groups in ((means, [one.mean(axis=1) for one in by_visit]), (values, by_visit)):
            for label, share in (("95% band", 0.025), ("50% band", 0.25)):
                ends = [np.quantile(group, [share, 1 - share]) for group in groups]
                drawn = band(ax, label)[:, 1]
                assert [drawn.min(), drawn.max()] == pytest.approx([np.min(ends), np.max(ends)])
        (dots,) = [one for one in values.collections if one.get_label() == "observed"]
        np.testing.assert_allclose(dots.get_offsets(), np.column_stack([design.rows["week"], design.y])[mine])
        ends = np.quantile(predicted[:, mine], [0.025, 0.975], axis=0)
        inside = np.mean((design.y[mine] >= ends[0]) & (design.y[mine] <= ends[1]))
        assert words(values)[0].endswith(f"95% intervals {inside:.0%}")
        assert words(means)[0].endswith("of 14 means are in their 95% band")


def test_a_check_finds_an_outlying_visit(post):
    y = post.draws["posterior_predictive"].to_dataset()
    shifted = post.with_groups(posterior_predictive=y + 3.0 * (post.design.rows["week"].to_numpy() > 50))
    assert words(plot_predictive(post).axes[0]) == ["14 of 14 means are in their 95% band"]
    assert words(plot_predictive(shifted).axes[0]) == ["13 of 14 means are in their 95% band"]


def test_predictions_are_made_if_there_are_none(design, priors):
    bare = als.sample_lmm(design, priors=priors, method="importance", draws=2000, seed=1)
    one, same, other = (plot_predictive(bare, seed=seed).axes[0] for seed in (1, 1, 2))
    np.testing.assert_array_equal(band(one, "95% band"), band(same, "95% band"))
    assert not np.array_equal(band(one, "95% band"), band(other, "95% band"))
    assert "posterior_predictive" not in bare.draws.children


def test_weeks_become_visits():
    assert nominal_visits(np.array([0.0, 4, 4, 8])).tolist() == [0, 1, 1, 2]
    rng = np.random.default_rng(1)
    planned = np.repeat(np.arange(0, 53, 4.0), 30)
    codes = nominal_visits(np.abs(planned + rng.uniform(-1.5, 1.5, len(planned))))
    np.testing.assert_array_equal(codes, planned / 4)
    assert nominal_visits(np.linspace(0, 3000, 500)).max() <= 15


def test_a_logarithm_is_checked_in_its_own_units_at_its_limit(cohort):
    design = als.build_design("log(il6) ~ week * arm + (week | subject)", cohort)
    fit = made_posterior(design, ResponseModel(censored=True), beta=np.array([0.4, 0, 0, 0]), sigma=0.5)
    figure = plot_predictive(fit)
    assert figure.axes[0].get_yscale() == "log"
    assert figure.axes[0].get_ylabel() == "IL-6 (pg/mL), log scale\nmean of a visit"
    # Predictions under the limit of quantification are put to it, as the data are.
    assert band(figure.axes[2], "95% band")[:, 1].min() == pytest.approx(1.5)
    first = design.rows["arm"].eq("control") & design.rows["week"].eq(0)
    assert line(figure.axes[0], "observed").get_ydata()[0] == pytest.approx(np.exp(design.y[first].mean()))


def test_prior_courses_are_held_against_the_bounds(design, priors):
    predictive = prior_predictive(design, priors, draws=300, seed=1)
    figure = plot_prior_predictive(predictive, lines=40)
    assert figure.get_suptitle().replace("\n", " ").endswith(str(predictive.outside))
    assert [title(ax) for ax in figure.axes] == ["control", "anakinra"]
    for ax in figure.axes:
        assert words(ax) == ["bound, 0", "bound, 48"]
        assert [list(one.get_ydata()) for one in ax.lines] == [[0, 0], [48, 48]]
        inside, leaving = (
            next(one for one in ax.collections if one.get_label() == name) for name in ("inside", "leaving")
        )
        assert len(inside.get_segments()) + len(leaving.get_segments()) == 40
        assert all(part[:, 1].min() >= 0 and part[:, 1].max() <= 48 for part in inside.get_segments())
        assert all(part[:, 1].min() < 0 or part[:, 1].max() > 48 for part in leaving.get_segments())
        low, high = ax.get_ylim()
        assert low < 0 < 48 < high
    assert [text.get_text() for text in figure.legends[0].get_texts()][-1] == "the same, leaving the bounds"
    assert figure.legends[0].legend_handles[1].get_color() == LEAVING


def test_without_bounds_or_arms_there_is_one_panel_of_one_colour(cohort):
    frame = cohort.to_frame().drop(columns="arm")
    design = als.build_design("log(il6) ~ week + (week | subject)", frame)
    figure = plot_prior_predictive(prior_predictive(design, default_priors(design), draws=50, seed=1))
    (ax,) = figure.axes
    assert title(ax) == "all subjects"
    assert words(ax) == []
    assert ax.get_yscale() == "log"
    assert len(figure.legends[0].get_texts()) == 1


def test_a_model_without_time_has_no_checks_over_weeks(cohort):
    design = als.build_design("alsfrs_r ~ arm + (1 | subject)", cohort)
    with pytest.raises(als.EstimandError, match="no time in it"):
        plot_predictive(made_posterior(design))
    with pytest.raises(als.EstimandError, match="no time in it"):
        plot_prior_predictive(prior_predictive(design, default_priors(design), draws=5, seed=1))


def test_given_axes_are_used_and_counted(post, priors):
    ax = Figure().subplots()
    assert plot_densities(post, QUESTION, axes=ax) is ax.figure
    grid = Figure().subplots(2, 3).ravel()
    assert plot_prior_posterior(post, parameters=["beta"], axes=list(grid)) is grid[0].figure
    with pytest.raises(als.EstimandError, match="has 11 panels, but 6 axes were given"):
        plot_priors(priors, axes=list(grid))


def test_a_posterior_has_trajectories_and_estimates_too(post, fit):
    figure = als.plot_trajectories(post)
    assert figure.legends[0].get_texts()[0].get_text() == "control (n = 47), posterior mean and 95% band"
    means = als.mean_trajectories(post).query("arm == 'control'")
    np.testing.assert_allclose(line(figure.axes[0], "control (n = 47)").get_ydata(), means["estimate"])
    (ax,) = als.plot_estimates({"REML": fit, "Bayes": post}, QUESTION, interval="hdi").axes
    rows = [bars[:, 0] for one in ax.collections if isinstance(one, LineCollection) for bars in one.get_segments()]
    expected = als.estimate(post, QUESTION, interval="hdi").loc[0, ["lower", "upper"]].to_numpy(dtype=float)
    assert any(np.allclose(row, expected) for row in rows)


def test_an_unknown_knot_is_drawn_with_its_interval(design):
    fit = made_posterior(design, ResponseModel(knot=Normal(24, 4)), knot=lambda rng, shape: rng.normal(20, 2, shape))
    ax = als.plot_trajectories(fit).axes[0]
    low, high = np.quantile(fit.stacked("knot"), [0.025, 0.975])
    assert words(ax) == [f"knot, week {fit.stacked('knot').mean():.0f}\n({low:.0f} to {high:.0f})"]
    (span,) = ax.patches
    assert [span.get_x(), span.get_x() + span.get_width()] == pytest.approx([low, high])


def test_the_figures_are_drawn_without_pyplot(post, priors):
    for figure in (plot_priors(priors), plot_densities(post, QUESTION), plot_predictive(post)):
        assert figure._repr_png_().startswith(b"\x89PNG")
    modules = "alsmodels.report.posterior_plots, alsmodels.report.predictive_plots"
    program = f"import sys, {modules}; sys.exit('matplotlib.pyplot' in sys.modules or 'pymc' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
