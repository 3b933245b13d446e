"""Long names of arms stay within their panels, and the legend has them whole."""

import numpy as np
import pandas as pd
import pytest

import alsmodels as als
from alsmodels.report.wording import wrap_title

OLD = "historical controls of the registries of Berlin, Jena and Ulm 2006-2012"
NEW = "anakinra 100 mg {daily} s.c. $add-on$ to riluzole 50 mg twice a day"


@pytest.fixture(scope="module")
def fit():
    rng = np.random.default_rng(3)
    rows = [
        (f"{arm[0]}{number}", week, arm, 38 - 0.2 * week + rng.normal(0, 3))
        for arm in (OLD, NEW)
        for number in range(10)
        for week in range(0, 37, 6)
    ]
    frame = pd.DataFrame(rows, columns=["id", "week", "arm", "alsfrs_r"])
    cohort = als.Cohort.from_frame(frame, als.Roles("id", "week", "arm", control=OLD))
    return als.fit_lmm("alsfrs_r ~ arm * week + (1 | subject)", cohort)


def spans(figure, texts):
    figure.canvas.draw()
    return [text.get_window_extent() for text in texts if text.get_text()]


def test_titles_of_panels_do_not_meet(fit):
    figure = als.plot_trajectories(fit)
    first, second = spans(figure, [ax.title if ax.title.get_text() else ax._left_title for ax in figure.axes])
    assert first.x1 <= second.x0
    assert second.x1 <= figure.bbox.x1
    told = " ".join(" ".join(text.get_text().split()) for text in figure.legends[0].get_texts())
    assert f"{OLD} (n = 10)" in told
    assert f"{NEW} (n = 10)" in told


def test_the_title_of_densities_stays_in_the_figure(fit):
    figure = als.plot_densities(fit, als.slope_difference(NEW, OLD))
    (title,) = spans(figure, [figure.axes[0]._left_title])
    assert title.x1 <= figure.bbox.x1
    assert " ".join(figure.axes[0].get_title(loc="left").split()) == f"slope difference, {NEW} − {OLD}"


def test_a_count_is_not_torn():
    assert wrap_title("a name of thirty letters or so (n = 15)", 36).splitlines()[-1] == "(n = 15)"
    assert len(wrap_title("x " * 200, 30).splitlines()) == 3
