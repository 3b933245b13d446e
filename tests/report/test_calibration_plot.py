"""The figure of a calibration: a panel a quantity, the curve of its ranks, the band, and the verdict in words."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from alsmodels.bayes.calibration import Calibration
from alsmodels.errors import EstimandError
from alsmodels.kernels.uniformity import ecdf_band
from alsmodels.report.calibration_plot import plot_calibration


@pytest.fixture
def calibration():
    rng = np.random.default_rng(1)
    ranks = {
        "beta[arm[T.drug]:phase(week, 24)[2]]": rng.integers(0, 20, 200),
        "sd[(Intercept)]": (20 * rng.beta(3, 1, 200)).astype(int),
        "correlation[phase(week, 24)[1] ~ (Intercept)]": rng.integers(0, 20, 200),
        "sigma": rng.integers(0, 20, 200),
        "slope difference, phase 1, drug - control (per month)": rng.integers(0, 20, 200),
    }
    titles = (
        "arm drug × phase 2",
        "SD of intercept",
        "correlation of phase 1 and intercept",
        "residual SD",
        "slope difference, phase 1, drug − control",
    )
    zeros = np.zeros(200, dtype=int)
    return Calibration("y ~ x", "importance", pd.DataFrame(ranks), 19, zeros.astype(float), zeros, 1, titles)


def test_each_quantity_has_a_panel_with_its_curve_and_band(calibration):
    figure = plot_calibration(calibration, level=0.9)
    assert [ax.get_title("left").replace("\n", " ") for ax in figure.axes] == [
        "Arm drug × phase 2",
        "SD of intercept",
        "Correlation of phase 1 and intercept",
        "Residual SD",
        "Slope difference, phase 1, drug − control",
    ]
    place = np.arange(21) / 20
    for ax, ranks in zip(figure.axes, calibration.ranks.to_numpy().T, strict=True):
        lower, upper, _, curve = (line.get_ydata() for line in ax.lines)
        expected = [(ranks < number).mean() - number / 20 for number in range(21)]
        np.testing.assert_allclose(curve, expected, atol=1e-12)
        band = ecdf_band(200, 20, 0.9)
        np.testing.assert_allclose([lower, upper], [one - place for one in band])


def test_what_is_not_uniform_is_coloured_and_said(calibration):
    figure = plot_calibration(calibration)
    words = [ax.texts[0].get_text() for ax in figure.axes]
    assert [": " in one for one in words] == [False, True, False, False, False]
    assert words[1] == "p < 0.001: draws too low"
    colours = [ax.lines[-1].get_color() for ax in figure.axes]
    assert colours[1] != colours[0] == colours[2]
    assert "200 data sets" in figure.get_suptitle()


def test_words_stand_clear_of_the_curves(calibration):
    for ax in plot_calibration(calibration).axes:
        low = min(np.min(line.get_ydata()) for line in ax.lines)
        bottom, top = ax.get_ylim()
        assert (low - bottom) / (top - bottom) > 0.12


def test_axes_can_be_given_and_are_counted(calibration):
    axes = Figure().subplots(1, 5)
    assert plot_calibration(calibration, axes=list(axes)) is axes[0].figure
    with pytest.raises(EstimandError, match="5 panels"):
        plot_calibration(calibration, axes=list(axes[:2]))
