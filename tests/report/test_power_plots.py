"""Figures of operating characteristics: what is in them, not how they look."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from matplotlib.patches import Rectangle

import alsmodels as als
from alsmodels.errors import EstimandError


@pytest.fixture
def table():
    rows = [
        {"arms": arms, "effect": effect, "power": power, "power_mcse": 0.02, "coverage": 0.95, "coverage_mcse": 0.01}
        for arms, curve in (("30 v 30", (0.05, 0.3, 1.0)), ("60 v 60", (0.06, 0.6, 0.99)))
        for effect, power in zip((0.0, 0.3, 0.6), curve, strict=True)
    ]
    return pd.DataFrame(rows)


def test_a_curve_goes_through_the_values_and_its_band_is_two_errors_wide(table):
    (ax,) = als.plot_power(table.iloc[[2, 0, 1]]).axes
    np.testing.assert_allclose(ax.lines[0].get_xydata(), [[0, 0.05], [0.3, 0.3], [0.6, 1.0]])
    corners = ax.collections[0].get_paths()[0].vertices
    at = corners[np.isclose(corners[:, 0], 0.3), 1]
    assert (at.min(), at.max()) == pytest.approx((0.3 - 1.96 * 0.02, 0.3 + 1.96 * 0.02), abs=1e-4)
    assert ax.get_xlabel() == "Assumed effect (points a month)"


def test_texts_keep_their_order(table):
    named = table.assign(size=table["arms"]).query("effect == 0.3")
    turned = named.iloc[::-1]
    for one, order in ((named, ["30 v 30", "60 v 60"]), (turned, ["60 v 60", "30 v 30"])):
        (ax,) = als.plot_power(one, x="size").axes
        assert [label.get_text() for label in ax.get_xticklabels()] == order
        assert list(ax.lines[0].get_ydata()) == list(one["power"])
    sizes = pd.DataFrame({"design": ["9", "10", "100"], "power": [0.1, 0.2, 0.9], "power_mcse": 0.01})
    (ax,) = als.plot_power(sizes, x="design").axes
    assert [label.get_text() for label in ax.get_xticklabels()] == ["9", "10", "100"]
    assert list(ax.lines[0].get_ydata()) == [0.1, 0.2, 0.9]


def test_the_table_of_a_study_is_drawn_as_it_is():
    asked = als.slope_difference("treated", "control")
    analysis = als.reml_analysis("alsfrs_r ~ arm * week + (week | subject)", asked)
    designs = [als.TrialDesign(f"{n} each", arms={"control": n, "treated": n}) for n in (12, 8)]
    effects = [replace(als.truths.gaussian(shift=(shift,)), name=f"shift {shift}") for shift in (0.0, 0.4)]
    study = als.Study(effects, designs, analysis, n_replicates=10, seed=1)
    table = als.operating_characteristics(als.run_study(study))
    (ax,) = als.plot_power(table).axes
    assert ax.get_xlabel() == "Assumed effect (points a month)"
    assert [line.get_label() for line in ax.lines] == ["12 each", "8 each"]
    np.testing.assert_allclose(ax.lines[0].get_xdata(), [0.0, 0.4], atol=1e-12)
    (by_design,) = als.plot_power(table, x="design", by="truth").axes
    assert [label.get_text() for label in by_design.get_xticklabels()] == ["12 each", "8 each"]


def test_a_share_of_a_known_number_has_limits_by_wilson(table):
    """200 of 200: the limits are 200 / (200 + z^2) and 1, not a band of no width."""
    (ax,) = als.plot_power(table.assign(n_replicates=200), by="arms").axes
    corners = ax.collections[0].get_paths()[0].vertices
    at = corners[np.isclose(corners[:, 0], 0.6), 1]
    assert (at.min(), at.max()) == pytest.approx((200 / (200 + 1.959964**2), 1.0), abs=1e-6)


def test_a_formula_draws_the_line_and_the_simulation_the_points(table):
    effects = np.linspace(0, 0.6, 7)
    exact = pd.concat(
        pd.DataFrame({"arms": arms, "effect": effects, "power": als.power_for(effects, error)})
        for arms, error in (("30 v 30", 0.25), ("60 v 60", 0.15))
    )
    (ax,) = als.plot_power(table, by="arms", formula=exact, target=0.8).axes
    lines = {line.get_label(): line for line in ax.lines}
    assert lines["60 v 60"].get_linestyle() == "None"
    formulas = [line.get_ydata() for line in ax.lines if line.get_label() == "by formula"]
    np.testing.assert_allclose(np.concatenate(formulas), exact["power"])
    assert [text.get_text() for text in ax.get_legend().get_texts()][-1] == "by formula"
    assert any(np.allclose(line.get_ydata(), 0.8) for line in ax.lines)


def test_a_grid_has_a_cell_for_each_row_and_frames_what_is_off(table):
    off = table.assign(coverage=np.where(table.index == 4, 0.90, 0.95))
    (ax,) = als.plot_operating(off, rows="arms", columns="effect", measure="coverage", nominal=0.95).axes
    cells = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert len(cells) == 6
    framed = [cell for cell in cells if cell.get_linewidth() == 2.0]
    assert [(round(cell.get_x() + 0.47), round(cell.get_y() + 0.47)) for cell in framed] == [(1, 1)]
    words = {(text.get_position()): text.get_text() for text in ax.texts}
    assert words[1, 1] == "0.900\n± 0.010"


def test_grids_by_a_column_are_panels(table):
    both = pd.concat([table.assign(truth="gaussian"), table.assign(truth="realistic")])
    figure = als.plot_operating(both, rows="arms", columns="effect", by="truth")
    assert [ax.get_title(loc="left") for ax in figure.axes] == ["gaussian", "realistic"]


def test_tables_that_do_not_say_enough_are_refused(table):
    with pytest.raises(EstimandError, match="two values at effect = 0"):
        als.plot_power(table)
    with pytest.raises(EstimandError, match="no column 'n'"):
        als.plot_power(table, x="n")
    with pytest.raises(EstimandError, match="no rows"):
        als.plot_power(table.iloc[:0])
    with pytest.raises(EstimandError, match="two values; tell them apart"):
        als.plot_operating(pd.concat([table, table]), rows="arms", columns="effect")


@pytest.fixture
def intervals():
    rng = np.random.default_rng(1)
    estimate = rng.normal(0.5, 0.2, size=400)
    return pd.DataFrame(
        {"estimate": estimate, "std_error": 0.2, "lower": estimate - 0.392, "upper": estimate + 0.392, "target": 0.5}
    )


def drawn_intervals(ax):
    covering, missing = ax.collections
    return np.array(covering.get_segments()), np.array(missing.get_segments())


def test_a_zip_is_sorted_by_the_distance_to_the_truth(intervals):
    (ax,) = als.plot_zip(intervals).axes
    covering, missing = drawn_intervals(ax)
    outside = (intervals["estimate"] - 0.5).abs() > 0.392
    assert (len(covering), len(missing)) == (int((~outside).sum()), int(outside.sum()))
    # All that miss are above all that cover, where all standard errors are alike.
    assert missing[:, 0, 1].min() > covering[:, 0, 1].max()
    middles = np.abs(covering[:, :, 0].mean(axis=1) - 0.5)
    assert (np.diff(middles[np.argsort(covering[:, 0, 1])]) >= 0).all()
    share = 100 * (~outside).mean()
    assert f"{share:.1f}%" in ax.get_title(loc="left")


def test_panels_of_a_zip_have_their_own_truths(intervals):
    two = pd.concat(
        [
            intervals.assign(estimand="slope difference, phase 1, a - b (per month)", unit="points per month"),
            intervals.assign(estimand="other", unit="points", target=0.0),
        ]
    )
    figure = als.plot_zip(two)
    truths = [ax.lines[0].get_xdata()[0] for ax in figure.axes]
    assert truths == [0.5, 0.0]
    assert figure.axes[0].get_xlabel() == "points per month"
    (ax,) = als.plot_zip(intervals, truth=0.1, tail=0.8).axes
    assert sum(map(len, drawn_intervals(ax))) == 80
    assert ax.get_ylim() == (80, 100)


def test_a_dataset_of_a_study_is_a_zip(intervals):
    dataset = intervals.drop(columns="target").rename_axis("replicate").to_xarray()
    dataset = dataset.expand_dims(estimand=["one"]).assign(target=("estimand", [0.5]))
    (ax,) = als.plot_zip(dataset).axes
    assert sum(map(len, drawn_intervals(ax))) == 400


def test_other_dimensions_of_a_dataset_repeat_no_interval(intervals):
    dataset = intervals.drop(columns="target").rename_axis("replicate").to_xarray()
    dataset = dataset.assign(beta=(("replicate", "term"), np.zeros((400, 3))))
    (ax,) = als.plot_zip(dataset, truth=0.5).axes
    assert sum(map(len, drawn_intervals(ax))) == 400
    assert "of 400 cover" in ax.get_title(loc="left")


def test_intervals_that_are_not_there_are_refused(intervals):
    with pytest.raises(EstimandError, match="have no 'upper'"):
        als.plot_zip(intervals.drop(columns="upper"))
    with pytest.raises(EstimandError, match="No replicate"):
        als.plot_zip(intervals.assign(lower=np.nan))
