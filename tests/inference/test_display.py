"""Tables of answers, statuses, findings and errors as notebooks show them."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.lib.pretty import pretty

import alsmodels as als
from alsmodels.inference.display import ResultTable


@pytest.fixture(scope="module")
def fit():
    return als.fit_lmm(als.two_phase("alsfrs_r", arm="arm"), als.load_example())


@pytest.fixture
def table(fit):
    return als.estimate(fit, als.estimands_for(fit.spec, fit.design))


def lines_of(table):
    return [" ".join(line.split()) for line in repr(table).splitlines()]


def test_a_table_has_sections_by_unit_and_one_column_for_an_interval(table):
    lines = lines_of(table)
    assert lines[0] == "question estimate std. error df 95% interval p"
    assert [line for line in lines if line in ("points per month", "share", "points")] == [
        "points per month",
        "share",
        "points",
    ]
    assert "slope, phase 1, control -0.956 0.115 59.5 -1.186 to -0.726 <0.0001" in lines
    assert "Intervals at 95%, engine alsmodels REML." in lines
    assert max(map(len, repr(table).splitlines())) <= 100


def test_the_page_says_the_same(table):
    page = table._repr_html_()
    assert page.count("<table") == 1
    assert page.count("<tbody>") == 3
    assert "<em>points per month</em>" in page
    assert '<td style="text-align: right">-1.186 to -0.726</td>' in page
    assert "<em>Note: 9 subjects died." in page


@pytest.mark.parametrize(
    "derive",
    [
        lambda table: table.head(),
        lambda table: table.round(2),
        lambda table: table[["estimand", "estimate", "lower", "upper"]],
        lambda table: table.drop(columns=["unit", "p_value"]),
        lambda table: table[table["estimate"] < 0],
        lambda table: table.sort_values("estimate"),
        lambda table: table.iloc[:2],
        lambda table: table.reset_index(drop=True),
        lambda table: table.copy(),
        copy.deepcopy,
        lambda table: pickle.loads(pickle.dumps(table)),  # noqa: S301 - our own value
        lambda table: pd.concat([table, table]),
        lambda table: table.assign(doubled=2 * table["estimate"]),
    ],
)
def test_what_is_taken_from_a_table_shows_itself_alike(table, derive):
    derived = derive(table)
    assert type(derived) is ResultTable
    lines = lines_of(derived)
    assert "points per month" in lines
    assert "95% interval" in lines[0]
    assert any(line.startswith(("slope, phase 1, control -0.96", "slope, phase 1, control -0.956")) for line in lines)


def test_rounding_shows_no_digits_that_are_not_there(table):
    assert "slope, phase 1, control -0.96 0.12 59.5 -1.19 to -0.73 0.0000" not in lines_of(table)
    assert any(
        line.startswith("slope, phase 1, control -0.96 0.12 59.5 -1.19 to -0.73") for line in lines_of(table.round(2))
    )


def test_a_merge_keeps_the_sections_and_loses_the_notes(table):
    merged = table.merge(pd.DataFrame({"estimand": table["estimand"], "rank": range(len(table))}), on="estimand")
    assert "points per month" in lines_of(merged)
    assert not any(line.startswith("Note:") for line in lines_of(merged))


@pytest.mark.parametrize(
    "derive",
    [
        lambda table: table.set_index("estimand"),
        lambda table: table.describe(),
        lambda table: table.T,
        lambda table: table[:0],
    ],
)
def test_what_has_an_index_of_its_own_is_shown_as_pandas_shows_it(table, derive):
    derived = derive(table)
    assert repr(derived) == repr(pd.DataFrame(derived))
    assert derived._repr_html_() == pd.DataFrame(derived)._repr_html_()


def test_values_keep_every_digit(table):
    assert table["p_value"].iloc[0] < 1e-9
    assert table["estimate"].iloc[0] == pytest.approx(-0.95617, abs=1e-5)
    assert isinstance(table["estimate"], pd.Series)


def test_several_fits_are_asked_once(fit):
    other = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", random="slope"), als.load_example())
    asked = [als.slope(phase=1, arm="control"), als.difference("anakinra", "control", week=24)]
    lines = lines_of(als.compare({"ours": fit, "one slope": other}, asked))
    assert sum(line.startswith("slope, phase 1") for line in lines) == 1
    assert sum("one slope" in line and "Note" not in line for line in lines) == 2


def test_fixed_effects_say_that_slopes_are_per_week(fit):
    assert "Fixed effects (per week where they are slopes)" in repr(fit)
    assert "<p>Fixed effects (per week where they are slopes)</p>" in fit._repr_html_()


def test_statuses_and_findings_show_their_sentence(fit):
    assert fit.status._repr_html_().startswith("<p>converged: the score is zero")
    assert pretty([fit.status]).startswith("[converged: the score is zero")
    frame = pd.DataFrame({"subject": ["a", "a", "b"], "week": [0, 4, 0], "alsfrs_r": [40, 39, 38]})
    (finding, *_) = als.Cohort.from_frame(frame, als.Roles("subject", "week")).findings
    assert str(finding) in pretty((finding,))
    assert "<br>" in finding._repr_html_()


@pytest.fixture
def shell(monkeypatch):
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)  # IPython warns of an environment that is not its own
    return InteractiveShell()


def test_an_error_in_a_notebook_is_its_sentence(fit, shell, capsys):
    shell.push({"als": als, "fit": fit})
    shell.run_cell("def ask():\n    return als.estimate(fit, als.slope(phase=7, arm='control'))\nask()")
    said = capsys.readouterr().out
    assert "EstimandError: " in said
    assert "phase 7" in said
    assert "trajectory.py" not in said
    assert "ask()" in said
    assert len(said.splitlines()) <= 8


def test_other_errors_keep_their_traceback(shell, capsys):
    shell.run_cell("1 / 0")
    assert "Traceback" in capsys.readouterr().out


def test_a_table_without_errors_has_four_digits(fit):
    table = als.estimate(fit, als.slope(phase=1, arm="control"))[["estimand", "estimate"]]
    assert lines_of(table)[2] == "slope, phase 1, control -0.9562"
    assert not np.isclose(table["estimate"].iloc[0], -0.9562, atol=1e-7)
