"""What the terminal shows: plain words, 100 columns at most."""

import io

import pandas as pd
import pytest
from rich.console import Console

import alsmodels as als
from alsmodels.report.terminal import view_agreement, view_cohort, view_estimates, view_fit, view_text


def shown(view):
    console = Console(file=io.StringIO(), width=100)
    console.print(view)
    return console.file.getvalue()


def test_estimates_are_grouped_by_unit_and_rounded_by_their_error(fit, asked):
    text = shown(view_estimates(als.estimate(fit, asked)))
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "slope, phase 1, control -0.956 0.115 59.5 -1.186 to -0.726 <0.0001" in lines
    assert "difference, week 24, anakinra - control 0.39 2.27 60.6 -4.16 to 4.93 0.8657" in lines
    assert [line for line in lines if line in ("points per month", "share", "points")] == [
        "points per month",
        "share",
        "points",
    ]
    assert max(map(len, text.splitlines())) <= 100


def test_a_z_test_says_so(second, asked):
    assert "∞ (z)" in shown(view_estimates(als.estimate(second, asked)))


def test_the_level_heads_the_interval(fit, asked):
    assert "90% interval" in shown(view_estimates(als.estimate(fit, asked, level=0.9)))


def test_a_fit_tells_its_status_and_notes(fit):
    text = shown(view_fit(fit))
    for words in ("arm[T.anakinra]:phase(week, 24)[1]", "Status: converged", "Note: 9 subjects died", "Satterthwaite"):
        assert words in text
    assert max(map(len, text.splitlines())) <= 100


def test_agreement_is_told_in_words(fit, second, asked, cohort):
    table = als.compare({"ours": fit, "theirs": second}, asked)
    assert shown(view_agreement(table)).startswith("theirs agrees with ours: estimates are within")
    other = als.fit_lmm(als.two_phase("alsfrs_r", arm="arm", random="slope"), cohort)
    text = shown(view_agreement(als.compare({"ours": fit, "one slope": other}, asked)))
    assert "of 13 questions from ours" in text
    assert "one slope differs from ours on slope, phase 1, control" in text


def test_a_cohort_tells_its_flow_and_its_warnings(cohort):
    text = shown(view_cohort(cohort))
    for words in ("Cohort of 64 subjects", "read   672        64", "Warning, single-visit", "pg/mL"):
        assert words in text
    table = pd.DataFrame({"subject": ["a", "a"], "week": [0, 4], "alsfrs_r": [40, 38]})
    quiet = als.Cohort.from_frame(table, als.Roles("subject", "week"))
    assert "The checks found nothing to warn of." in shown(view_cohort(quiet))


@pytest.mark.parametrize("text", ["phase(week, 24)[1]", "[bold]x[/bold]", "[/nothing]"])
def test_brackets_are_no_markup(text):
    assert shown(view_text(text)) == f"{text}\n"


def test_what_steers_a_terminal_is_taken_out():
    assert "\x1b" not in shown(view_text("red \x1b[31m arm"))
